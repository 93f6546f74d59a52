"""Hashes of passwords: what is written verifies, what is malformed or too costly is refused."""

from __future__ import annotations

import contextlib
import sys

import argon2
import argon2.low_level
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dsnlib.adapters.login.hashes import SCHEMES, make_hash, parse_hash
from dsnlib.errors import InvalidValue

SALT = "c2FsdHNhbHRzYWx0"
HASH = "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh"
# RFC 7914 s12, third vector, the first 32 octets: N = 16384, r = 8, p = 1
RFC7914 = (
    "{SCRYPT}$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofI"
)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_what_is_made_verifies(scheme: str) -> None:
    """The password, and nothing else, fits its hash; two hashes of it differ."""
    text = make_hash("sword fish", scheme=scheme)
    hash_ = parse_hash(text)

    assert hash_.verify("sword fish")
    assert not hash_.verify("swordfish")
    assert text != make_hash("sword fish", scheme=scheme)
    assert text.startswith(f"{{{scheme}}}$")


def test_scrypt_is_that_of_the_rfc() -> None:
    """The vector of RFC 7914 s12 verifies."""
    assert parse_hash(RFC7914).verify("pleaseletmein")


def test_argon2id_is_that_of_others() -> None:
    """What the command `argon2` writes verifies."""
    # A vector of the reference implementation's own tests
    text = (
        "{argon2id}$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ"
        "$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
    )

    assert parse_hash(text).verify("password")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_decoy_costs_the_same_and_fits_nothing(scheme: str) -> None:
    """It has the numbers of the hash that it stands in for."""
    hash_ = parse_hash(make_hash("x", scheme=scheme))
    decoy = hash_.decoy()

    assert hash_.cost == decoy.cost
    assert not decoy.verify("x")


def test_plain_is_refused_unless_allowed() -> None:
    """A password that is not hashed needs a word of the administrator."""
    with pytest.raises(InvalidValue, match="not allowed"):
        parse_hash("{PLAIN}secret")
    hash_ = parse_hash("{plain}secret", allow_plain=True)

    assert hash_.verify("secret")
    assert not hash_.verify("secre")
    assert not hash_.decoy().verify("secret")
    assert ("PLAIN", 0, 0, 0) == hash_.cost


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no {SCHEME}"),
        ("secret", "no {SCHEME}"),
        ("{}secret", "no {SCHEME}"),
        ("{CRAM-MD5}0123", "{CRAM-MD5} is none of the schemes ARGON2ID, SCRYPT"),
        ("{ARGON2ID.B64}0123", "none of the schemes"),
        ("{PLAIN}", "not allowed"),
        ("{ARGON2ID}", "not a hash of that scheme"),
        (f"{{ARGON2ID}}$argon2i$v=19$m=64,t=1,p=1${SALT}${HASH}", "not a hash"),
        (f"{{ARGON2ID}}$argon2id$v=16$m=64,t=1,p=1${SALT}${HASH}", "not a hash"),
        (f"{{ARGON2ID}}$argon2id$v=19$m=64,t=0,p=1${SALT}${HASH}", "not a hash"),
        (f"{{ARGON2ID}}$argon2id$v=19$m=64,t=1,p=9${SALT}${HASH}", "not a hash"),
        (f"{{ARGON2ID}}$argon2id$v=19$m=64,t=1,p=1${SALT}${HASH}\n", "not a hash"),
        (f"{{ARGON2ID}}$argon2id$v=19$m=64,t=1,p=1${SALT}a${HASH}", "not a hash"),
        (f"{{ARGON2ID}}$argon2id$v=19$m=999999,t=1,p=1${SALT}${HASH}", "more than 256 MiB"),
        (f"{{ARGON2ID}}$argon2id$v=19$m=99999,t=999,p=1${SALT}${HASH}", "more work"),
        (f"{{ARGON2ID}}$argon2id$v=19$m=9999,t=1,p=99${SALT}${HASH}", "more work"),
        ("{SCRYPT}", "not a hash of that scheme"),
        (f"{{SCRYPT}}$scrypt$ln=99,r=8,p=1${SALT}${HASH}", "more than 256 MiB"),
        (f"{{SCRYPT}}$scrypt$ln=20,r=2,p=9${SALT}${HASH}", "more work"),
        (f"{{SCRYPT}}$scrypt$ln=14,r=8,p=1${SALT}a${HASH}", "not a hash"),
    ],
)
def test_what_is_refused(text: str, why: str) -> None:
    """Each has its reason, which shows nothing of the hash."""
    with pytest.raises(InvalidValue) as caught:
        parse_hash(text)

    assert why in str(caught.value)
    assert HASH not in str(caught.value)
    assert "secret" not in str(caught.value)


def test_plain_has_a_password_behind_it() -> None:
    """An account without a password is none."""
    with pytest.raises(InvalidValue, match="empty"):
        parse_hash("{PLAIN}", allow_plain=True)


def test_a_scheme_that_there_is_not_is_not_made() -> None:
    """Only what can be read is written."""
    with pytest.raises(InvalidValue, match="'MD5' is none"):
        make_hash("x", scheme="MD5")


@pytest.mark.parametrize(
    "text", [make_hash("x", scheme=each) for each in SCHEMES], ids=["argon2id", "scrypt"]
)
def test_nothing_shows_in_a_repr(text: str) -> None:
    """A hash in a log would be a password for whoever has time."""
    shown = repr(parse_hash(text))

    assert text.rsplit("$", 1)[1] not in shown


def test_a_missing_library_is_told_when_the_file_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """And not at the first log-in."""
    text = make_hash("x")
    monkeypatch.setitem(sys.modules, "argon2", None)

    with pytest.raises(InvalidValue, match=r"pip install 'dsnlib\[smtp\]'"):
        parse_hash(text)
    with pytest.raises(InvalidValue, match="argon2-cffi"):
        make_hash("x")


def test_too_little_memory_is_no_wrong_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library says that verifying has failed, not that the password is wrong."""
    hash_ = parse_hash(make_hash("x"))

    def fail(*_: object) -> None:
        raise argon2.exceptions.VerificationError("Memory allocation error")

    monkeypatch.setattr(argon2.low_level, "verify_secret", fail)
    with pytest.raises(MemoryError, match="allocation"):
        hash_.verify("x")


@given(st.text(max_size=100) | st.from_regex(r"\{(ARGON2ID|SCRYPT|PLAIN)\}.{0,80}", fullmatch=True))
@example("{PLAIN}a\nb")
def test_any_text_is_a_hash_or_refused(text: str) -> None:
    """Nothing but `InvalidValue` comes of a bad one, at once."""
    with contextlib.suppress(InvalidValue):  # one of the two
        parse_hash(text, allow_plain=True)
