"""BATV and SRS are undone, whoever made them, and verified where a key is known."""

from __future__ import annotations

import base64
import hashlib
import hmac

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dsnlib.bounces.links.return_path import (
    LIFETIME_DAYS,
    PathScheme,
    SignedPath,
    read_return_path,
    sign_return_path,
    undo_return_path,
)
from dsnlib.errors import InvalidAddress, InvalidValue
from dsnlib.model.local_part import bare_local_part, quote_local_part
from tests.strategies import mailboxes

KEY = b"secret"
DAY = 20_000
BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def srs_hash(*parts: str) -> str:
    """Return the hash of SRS, as Mail::SRS makes it."""
    digest = hmac.new(KEY, "".join(parts).lower().encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()[:4]


def srs0(address: str, forwarder: str, day: int = DAY) -> str:
    """Return an address as the first forwarder writes it."""
    user, host = address.rsplit("@", 1)
    stamp = BASE32[day >> 5 & 31] + BASE32[day & 31]
    return f"SRS0={srs_hash(stamp, host, user)}={stamp}={host}={user}@{forwarder}"


def srs1(address: str, forwarder: str) -> str:
    """Return an SRS0 address as the second forwarder writes it."""
    rest, host = address.removeprefix("SRS0").rsplit("@", 1)
    return f"SRS1={srs_hash(host, rest)}={host}={rest}@{forwarder}"


# ------------------------------------------------------------------- BATV


@given(mailboxes(smtputf8=False).map(str), st.integers(0, 99_999), st.integers(0, 9))
def test_batv_round_trip(address: str, day: int, number: int) -> None:
    """What was signed is undone and verifies, until its time is over."""
    local_part, _, domain = address.rpartition("@")
    # Without quotes that say nothing.
    plain = f"{quote_local_part(bare_local_part(local_part))}@{domain}"
    assume('""' != local_part)
    signed = sign_return_path(address, key=KEY, day=day, key_number=number)
    expected = SignedPath(scheme=PathScheme.BATV, address=plain, verified=True, is_expired=False)
    after = day + LIFETIME_DAYS + 1

    assert expected == read_return_path(signed, batv_keys=[b"x", KEY], day=day)
    late = read_return_path(signed, batv_keys=[KEY], day=after)
    assert late is not None
    assert (True, True) == (late.verified, late.is_expired)


def test_batv_form() -> None:
    """The tag has the number of the key, three digits of the last day and a hash."""
    signed = sign_return_path("bob@example.org", key=KEY, day=19_995, key_number=3)

    assert signed.startswith("prvs=3002")
    assert len("prvs=3002A1B2C3=bob@example.org") == len(signed)
    assert '"prvs=' == sign_return_path('"a b"@example.org', key=KEY, day=1)[:6]


@pytest.mark.parametrize("position", range(len("prvs=3002")))
def test_batv_tampering(position: int) -> None:
    """With a digit of the tag or the address changed, it does not verify."""
    signed = sign_return_path("bob@example.org", key=KEY, day=DAY)
    at = len("prvs=") + position
    digit = "1" if signed[at] == "0" else "0"

    for changed in (signed[:at] + digit + signed[at + 1 :], signed.replace("bob", "eve")):
        found = read_return_path(changed, batv_keys=[KEY])
        assert found is not None
        assert found.verified is False


def test_batv_case() -> None:
    """A gateway may change the case of a lower-case address: it still verifies."""
    signed = sign_return_path("bob@example.org", key=KEY, day=DAY)

    for folded in (signed.lower(), signed.upper()):
        found = read_return_path(folded, batv_keys=[KEY])
        assert found is not None
        assert found.verified is True


@pytest.mark.parametrize(
    "local_part",
    [
        "prvs=0007A1B2C3=bob",
        "PRVS=0007a1b2c3=bob",
        "prvs=bob=0007A1B2C3",
        "prvs=bob/0007A1B2C3",
        "prvs=12a4b6c78=bob",
        "btv1==0123456789a==bob",
        "msprvs1=17abcDEF_-xyz=bob",
        '"prvs=0007A1B2C3=bob"',
    ],
)
def test_batv_in_the_wild(local_part: str) -> None:
    """The local part is found in every form that is known, with no key at all."""
    found = read_return_path(f"{local_part}@example.org")

    assert SignedPath(scheme=PathScheme.BATV, address="bob@example.org") == found


def test_batv_of_another_maker() -> None:
    """A tag of another form is not judged by our keys."""
    found = read_return_path("btv1==0123456789a==bob@example.org", batv_keys=[KEY], day=DAY)

    assert SignedPath(scheme=PathScheme.BATV, address="bob@example.org") == found


@pytest.mark.parametrize(
    "address", ["bob", "", '""@example.org', "@example.org", "b\nb@example.org"]
)
def test_batv_without_a_domain(address: str) -> None:
    """What is no address is not signed."""
    with pytest.raises(InvalidAddress):
        sign_return_path(address, key=KEY, day=DAY)


@pytest.mark.parametrize(
    "settings",
    [
        {"key": b"", "day": 1},
        {"key": KEY, "day": -1},
        {"key": KEY, "day": 1, "key_number": 10},
        {"key": KEY, "day": 1, "lifetime_days": 1000},
        {"key": KEY, "day": 1, "lifetime_days": -1},
    ],
    ids=["key", "day", "number", "long", "short"],
)
def test_batv_out_of_range(settings: dict[str, object]) -> None:
    """A number that has no place in a tag is refused."""
    with pytest.raises(InvalidValue, match=r"^BATV: "):
        sign_return_path("bob@example.org", **settings)  # type: ignore[arg-type]  # a table


# -------------------------------------------------------------------- SRS


@given(
    # No host has a "=" in it, but an address literal may.
    mailboxes(smtputf8=False)
    .filter(lambda mailbox: '"' not in mailbox.local_part and "=" not in mailbox.domain)
    .map(str),
    st.integers(0, 21),
)
def test_srs_round_trip(address: str, age: int) -> None:
    """What a forwarder has made is undone and verifies for three weeks."""
    path = srs0(address, "forward.example")
    expected = SignedPath(scheme=PathScheme.SRS0, address=address, verified=True, is_expired=False)

    assert expected == read_return_path(path, srs_keys=[b"x", KEY], day=DAY + age)
    late = read_return_path(path, srs_keys=[KEY], day=DAY + 22)
    assert late is not None
    assert late.is_expired is True


@pytest.mark.parametrize("separator", "=+-")
@pytest.mark.parametrize("fold", [str, str.lower, str.upper], ids=["kept", "lower", "upper"])
def test_srs_folded(separator: str, fold: type[str]) -> None:
    """The delimiter may be any of three, and the case any."""
    path = fold(srs0("bob@example.org", "forward.example")).replace("=", separator, 1)
    found = read_return_path(path, srs_keys=[KEY])

    assert found is not None
    assert ("bob@example.org", True) == (found.address.lower(), found.verified)


def test_srs_tampering() -> None:
    """With the address changed it does not verify, and a shortened hash never does."""
    path = srs0("bob@example.org", "forward.example")
    digest = path.split("=")[1]

    for changed in (path.replace("bob", "eve"), path.replace(digest, digest[:3])):
        found = read_return_path(changed, srs_keys=[KEY])
        assert found is not None
        assert found.verified is False


def test_srs_twice() -> None:
    """The address of a second forwarder leads to that of the first, and on to the sender's."""
    path = srs1(srs0("bob@example.org", "first.example"), "second.example")
    layers = undo_return_path(path, srs_keys=[KEY], day=DAY)

    assert [PathScheme.SRS1, PathScheme.SRS0] == [layer.scheme for layer in layers]
    assert [True, True] == [layer.verified for layer in layers]
    assert srs0("bob@example.org", "first.example") == layers[0].address
    assert "bob@example.org" == layers[1].address


def test_inner_layers_are_of_others() -> None:
    """What another system has signed is not held against it."""
    inner = srs0("prvs=0007A1B2C3=bob@example.org", "first.example").replace("=", "=x", 1)
    layers = undo_return_path(srs1(inner, "b.example"), srs_keys=[KEY], batv_keys=[KEY])

    assert [True, None, None] == [layer.verified for layer in layers]
    assert "bob@example.org" == layers[-1].address
    assert (False,) == tuple(
        layer.verified for layer in undo_return_path(inner, srs_keys=[KEY])[:1]
    )


def test_layers_are_counted() -> None:
    """However often an address was wrapped, only a few layers are undone."""
    address = "prvs=0007A1B2C3=" * 50 + "bob@example.org"

    assert 4 == len(undo_return_path(address))


@pytest.mark.parametrize(
    "address",
    [
        "bob@example.org",
        "prvs=bob@example.org",
        "prvs=0007A1B2C3=@example.org",
        "SRS0=abcd=TT=example.org@forward.example",
        "SRS0=abcd=T1=example.org=bob@forward.example",
        "SRS0=abcd=T\u017f=example.org=bob@forward.example",
        "SRS1=abcd=example.org@forward.example",
        "prvs=0007A1B2C3=bob",
        "prvs=0007A1B2C3=bob@",
        "prvs=0007A1B2C3=b\ud800b@example.org",
        "",
    ],
)
def test_nothing_to_undo(address: str) -> None:
    """An address that is nothing of the kind gives nothing."""
    assert read_return_path(address, batv_keys=[KEY], srs_keys=[KEY], day=DAY) is None


@given(st.text())
def test_any_text(text: str) -> None:
    """No text raises."""
    for address in (text, f"prvs={text}@b", f"SRS0={text}@b", f"SRS0=abcd=TT={text}@b"):
        undo_return_path(address, batv_keys=[KEY], srs_keys=[KEY], day=DAY)
