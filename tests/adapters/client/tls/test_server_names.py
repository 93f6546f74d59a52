"""Tests of dsnlib.adapters.client.tls.server_names, with OpenSSL as the judge."""

from __future__ import annotations

import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.client.tls.server_names import ascii_name, bare_nexthop, has_name
from tests.adapters.client.certified import authority, shake_hands, showing

# wanted, in the certificate, whether that is enough
CASES = [
    ("mx.example.org", "mx.example.org", True),
    ("MX.example.org", "mx.EXAMPLE.org", True),
    ("mx.example.org", "example.org", False),
    ("mx.example.org", "*.example.org", True),
    ("a.mx.example.org", "*.example.org", False),
    ("example.org", "*.example.org", False),
    ("mx.example.org", "*.mx.example.org", False),
    ("example.org", "*.org", False),
    ("mx.example.org", "m*.example.org", False),
    ("mx.example.org", "mx.*.org", False),
    ("mx.example.org", "*", False),
    ("mx.example.org", "evil.example", False),
    ("mx.example.org.evil.example", "mx.example.org", False),
    ("192.0.2.1", "192.0.2.1", True),
    ("192.0.2.1", "192.0.2.2", False),
    ("192.0.2.1", "*.0.2.1", False),
    ("2001:db8::1", "2001:db8:0:0::1", True),
]


def alternatives(*names: str) -> list[tuple[str, str]]:
    """Return a subjectAltName, as ssl shows it."""
    return [("IP Address" if each[:1].isdigit() else "DNS", each) for each in names]


@pytest.mark.parametrize(("wanted", "name", "is_enough"), CASES)
def test_one_name(wanted: str, name: str, is_enough: bool) -> None:  # noqa: FBT001  a column of the table
    """RFC 9525 s6.3: a star is for the first label, and for one."""
    assert is_enough == has_name([wanted], alternatives(name))


@pytest.mark.parametrize(
    ("wanted", "name", "is_enough"),
    # What trustme makes no certificate of is left out.
    [case for case in CASES if case[1] not in {"m*.example.org", "mx.*.org", "*", "*.0.2.1"}],
)
def test_openssl_says_the_same(wanted: str, name: str, is_enough: bool) -> None:  # noqa: FBT001  a column of the table
    """Where there is one name to compare with, OpenSSL could do it too."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority().configure_trust(context)
    try:
        shake_hands(context, showing(name), wanted)
    except ssl.SSLCertVerificationError:
        said = False
    else:
        said = True

    assert is_enough == said


@pytest.mark.parametrize(
    ("name", "is_enough"),
    [
        ("mx.example.org", True),
        ("a.b.example.org", True),
        ("*.example.org", True),
        ("*.b.example.org", True),
        ("a*.example.org", False),
        ("example.org", False),
        (".example.org", False),
        ("badexample.org", False),
        ("example.org.evil.example", False),
    ],
)
def test_names_below_a_domain(name: str, is_enough: bool) -> None:  # noqa: FBT001  a column of the table
    """`.example.org` is every name below it, and not the domain itself."""
    assert is_enough == has_name([".example.org"], alternatives(name))


def test_what_else_is_in_certificates() -> None:
    """Other kinds of names are passed over, and so are addresses that are none."""
    found = [("URI", "mx.example.org"), ("IP Address", "<invalid>"), ("DNS", "mx.example.org\0.x")]

    assert not has_name(["mx.example.org", "192.0.2.1"], found)
    assert not has_name(["mx.example.org"], [])
    assert not has_name([], [("DNS", "mx.example.org")])


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("MX.Example.ORG.", "mx.example.org"),
        ("b\u00fccher.example", "xn--bcher-kva.example"),
        (".b\u00fccher.example", ".xn--bcher-kva.example"),
        # What name servers are asked, and not strasse.example: another's domain.
        ("stra\u00dfe.example", "xn--strae-oqa.example"),
        ("\u00fc" * 100, "\u00fc" * 100),
        ("", ""),
    ],
)
def test_names_as_certificates_have_them(name: str, found: str) -> None:
    """In lower case, in A-labels."""
    assert found == ascii_name(name)


@pytest.mark.parametrize(
    ("nexthop", "name"),
    [
        ("example.org", "example.org"),
        ("example.org:25", "example.org"),
        ("[mail.example.org]", "mail.example.org"),
        ("[mail.example.org]:587", "mail.example.org"),
        ("[2001:db8::1]:25", "2001:db8::1"),
        ("[IPv6:2001:db8::1]", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("inet:[mail.example.org]:587", "mail.example.org"),
        ("unix:/run/lmtp", ""),
        ("", ""),
    ],
)
def test_names_of_next_hops(nexthop: str, name: str) -> None:
    """Without brackets and port."""
    assert name == bare_nexthop(nexthop)


LABELS = st.lists(st.text("ab-1", min_size=1, max_size=3), min_size=1, max_size=4)


@given(LABELS, LABELS)
def test_a_star_is_one_label(wanted: list[str], parent: list[str]) -> None:
    """And what is behind it the rest, of two labels or more."""
    is_enough = has_name([".".join(wanted)], [("DNS", ".".join(["*", *parent]))])

    assert is_enough == (wanted[1:] == parent and len(parent) > 1)


@given(LABELS, LABELS)
def test_below_is_below(domain: list[str], name: list[str]) -> None:
    """`.domain` is every name that ends with the domain and has a label more."""
    is_enough = has_name([f".{'.'.join(domain)}"], [("DNS", ".".join(name))])

    assert is_enough == (len(name) > len(domain) and name[-len(domain) :] == domain)


@given(st.text(), st.text(), st.sampled_from(["DNS", "IP Address", "URI"]))
def test_whatever_a_certificate_says(wanted: str, name: str, kind: str) -> None:
    """Nothing raises."""
    assert has_name([wanted], [(kind, name)]) in {True, False}
