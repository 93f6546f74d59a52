"""Tests of dsnlib.adapters.client.sasl.policy."""

from __future__ import annotations

import pytest

from dsnlib.adapters.client.sasl.policy import SaslPolicy
from dsnlib.errors import InvalidValue

ALL = ("XOAUTH2", "SCRAM-SHA-256", "CRAM-MD5", "PLAIN", "LOGIN")


def allowed(policy: SaslPolicy, *, is_tls: bool = True) -> tuple[str, ...]:
    """Return what a policy allows."""
    return tuple([name for name in ALL if policy.allows(name, is_tls=is_tls)])


def test_default() -> None:
    """What shows a password to whoever reads along is for TLS."""
    assert ALL == allowed(SaslPolicy())
    assert ("SCRAM-SHA-256", "CRAM-MD5") == allowed(SaslPolicy(), is_tls=False)


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ([], ALL),
        (["noanonymous"], ALL),
        (["noplaintext"], ("SCRAM-SHA-256", "CRAM-MD5")),
        (["NoPlaintext", "noactive"], ("SCRAM-SHA-256",)),
        (["mutual_auth"], ("SCRAM-SHA-256",)),
        (["nodictionary"], ()),
        (["forward_secrecy"], ()),
    ],
)
def test_options(options: list[str], names: tuple[str, ...]) -> None:
    """A mechanism has to be all of what is wanted."""
    assert names == allowed(SaslPolicy(tls_options=options))
    assert names == allowed(SaslPolicy(options=options), is_tls=False)


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["plain", "login"], ("PLAIN", "LOGIN")),
        (["xoauth2"], ("XOAUTH2",)),
        (["!plain", "!login"], ()),
        (["!plain", "static:rest"], ("XOAUTH2", "SCRAM-SHA-256", "CRAM-MD5", "LOGIN")),
        (["!plain", "STATIC:ALL", "plain"], ("XOAUTH2", "SCRAM-SHA-256", "CRAM-MD5", "LOGIN")),
        (["plain", "!plain"], ("PLAIN",)),
        (["gssapi"], ()),
    ],
)
def test_filter(words: list[str], names: tuple[str, ...]) -> None:
    """The first word that fits a mechanism says whether it may be used."""
    assert names == allowed(SaslPolicy(mechanisms=words))


def test_unknown_mechanisms() -> None:
    """Of what is not known nothing is known to be good."""
    assert not SaslPolicy().allows("GSSAPI", is_tls=True)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"options": ["noplain"]}, "'noplain' is none of noplaintext"),
        ({"tls_options": [""]}, "'' is none of"),
        ({"mechanisms": ["pla in"]}, "'PLA IN' is no name of a mechanism"),
        ({"mechanisms": ["hash:/etc/mechanisms"]}, "is no name of a mechanism"),
        ({"mechanisms": ["x" * 21]}, "is no name of a mechanism"),
        ({"mechanisms": [""]}, "is no name of a mechanism"),
    ],
)
def test_words_that_are_none(fields: dict[str, list[str]], why: str) -> None:
    """One line says which."""
    with pytest.raises(InvalidValue, match=why):
        SaslPolicy(**fields)  # type: ignore[arg-type]  # the fields take lists


def test_policies_are_keys() -> None:
    """They are part of what sessions that are shared have in common."""
    assert 1 == len({SaslPolicy(), SaslPolicy(options=["noanonymous", "noplaintext"])})
