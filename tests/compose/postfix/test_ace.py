"""Domains in their ASCII form are shown as what they stand for, if that is sound."""

from __future__ import annotations

import pytest

from dsnlib.compose.postfix.ace import decode_domain


@pytest.mark.parametrize(
    ("domain", "decoded"),
    [
        ("mail.xn--mller-kva.example", "mail.müller.example"),
        ("Mail.XN--MLLER-KVA.Example", "mail.müller.example"),
        ("xn--strae-oqa.de", "straße.de"),
        ("xn--hxajbheg2az3al.xn--jxalpdlp", "παράδειγμα.δοκιμή"),
        ("xn--fsqu00a.xn--0zwm56d", "例子.测试"),
        ("mail.example.org", "mail.example.org"),
        ("", ""),
    ],
)
def test_decoding(domain: str, decoded: str) -> None:
    """Each label that begins with xn-- is decoded, and the name is in lower case."""
    assert decoded == decode_domain(domain)


@pytest.mark.parametrize(
    "label",
    [
        "xn--",
        "xn--a",
        "xn--abc-",  # US-ASCII, encoded for nothing
        "xn--mller-kvaqqq",  # no Punycode
        "xn--\udcff",  # no US-ASCII
        "xn--Mller-kva\u00e9",
        "xn--a-ecp.ru",  # overlong
        "xn--" + "ab" * 40,  # longer than a label may be
        "xn--" + "\u202e".encode("punycode").decode(),  # would turn the name round
        "xn--" + "a\u2044b".encode("punycode").decode(),  # looks like a slash
        "xn--" + "Ü".encode("punycode").decode(),  # an upper case letter
        "xn--" + "e\u0301".encode("punycode").decode(),  # not composed
        "xn--99999999999",
    ],
)
def test_unsound(label: str) -> None:
    """A label that encodes nothing, or what may not stand in a domain, is left alone."""
    assert decode_domain(f"mail.{label}.example") is None
