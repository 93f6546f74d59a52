"""Tests of dsnlib.adapters.client.tls.policy."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dsnlib.adapters.client.tls.context import context_of
from dsnlib.adapters.client.tls.policy import ClientTlsLevel, TlsPolicy, parse_versions
from dsnlib.errors import InvalidValue


@pytest.mark.parametrize(
    ("level", "is_required", "is_verified"),
    [
        ("none", False, False),
        ("may", False, False),
        ("encrypt", True, False),
        ("verify", True, True),
        ("secure", True, True),
    ],
)
def test_levels(level: str, is_required: bool, is_verified: bool) -> None:  # noqa: FBT001  columns of the table
    """From `encrypt` on there is no mail without TLS, from `verify` on none to strangers."""
    found = ClientTlsLevel(level)

    assert (is_required, is_verified) == (found.is_required, found.is_verified)


@pytest.mark.parametrize(
    ("text", "versions"),
    [
        ("", ("TLSv1.2", "TLSv1.3")),
        (">=TLSv1", ("TLSv1.2", "TLSv1.3")),
        (">=TLSv1.2", ("TLSv1.2", "TLSv1.3")),
        (">=TLSv1.3", ("TLSv1.3",)),
        (">=tlsv1, <=TLSv1.2", ("TLSv1.2",)),
        ("!SSLv2, !SSLv3", ("TLSv1.2", "TLSv1.3")),
        ("!SSLv2 !TLSv1.2", ("TLSv1.3",)),
        ("TLSv1.1:TLSv1.2", ("TLSv1.2",)),
        ("TLSv1.2 TLSv1.3 !TLSv1.3", ("TLSv1.2",)),
    ],
)
def test_versions(text: str, versions: tuple[str, ...]) -> None:
    """Settings of old are understood; below TLS 1.2 nothing is used."""
    assert versions == parse_versions(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("TLSv1", "allows neither TLSv1.2 nor TLSv1.3"),
        ("<=TLSv1.1", "allows neither"),
        ("TLSv2", "'TLSv2' is no version of TLS"),
        (">TLSv1.2", "'>TLSv1.2' is no version"),
        ("TLSv1.2\0", "is no version"),
        ("x" * 10_000, "is no version"),
    ],
)
def test_versions_that_are_none(text: str, why: str) -> None:
    """One line says which word it is."""
    with pytest.raises(InvalidValue, match=why) as caught:
        parse_versions(text)

    assert len(str(caught.value)) < 250


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"level": ClientTlsLevel.VERIFY, "names": ()}, "level verify needs a name"),
        ({"names": ("",)}, "a name to match is empty"),
        ({"names": (".",)}, "a name to match is empty"),
        ({"names": ("a\nb",)}, "TLS: the name"),
        ({"server_name": "a\0b"}, "TLS: the name"),
        ({"versions": ()}, "the versions"),
        ({"versions": ("TLSv1.1",)}, "the versions"),
        ({"ciphers": "best"}, "'best' is not of high, medium"),
        ({"excluded_ciphers": ("a:b",)}, "'a:b' is no name of a cipher"),
        ({"excluded_ciphers": ("@SECLEVEL=0",)}, "no name of a cipher"),
        ({"key_file": Path("/key")}, "the key of no certificate"),
        ({"is_implicit": True}, "encrypt or more, not may"),
        ({"is_implicit": True, "level": ClientTlsLevel.NONE}, "encrypt or more, not none"),
    ],
)
def test_policies_that_contradict_themselves(fields: dict[str, Any], why: str) -> None:
    """Nothing is begun with them."""
    with pytest.raises(InvalidValue, match=why):
        TlsPolicy(**fields)


def test_policies_are_keys() -> None:
    """Sessions are shared by those with the same policy, and no others."""
    assert 1 == len({TlsPolicy(), TlsPolicy(names=["hostname"])})
    assert TlsPolicy() != TlsPolicy(level=ClientTlsLevel.ENCRYPT)


def test_a_context_is_made_once() -> None:
    """The same policy has the same one."""
    assert context_of(TlsPolicy()) is context_of(TlsPolicy())


def test_policies_need_no_openssl() -> None:
    """What knows no TLS does not wait for it to be loaded."""
    code = (
        "import sys; import dsnlib.adapters.client.tls.policy, dsnlib.adapters.client.sasl.auth,"
        " dsnlib.adapters.client.logins, dsnlib.adapters.client.tls.policies;"
        "print(sorted({'ssl', 'asyncio', 'aiosmtplib', 'scramp'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)

    assert "[]" == found.stdout.strip()
