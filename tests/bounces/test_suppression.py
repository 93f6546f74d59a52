"""When a suppression stops mail, and which ones there cannot be."""

from __future__ import annotations

import datetime as dt
import re

import attrs
import pytest

from dsnlib.bounces.address_key import address_key
from dsnlib.bounces.suppression import Suppression, SuppressionSource, digest_address
from dsnlib.errors import InvalidValue
from tests.bounces.scoring import DAY, NOON

_SECOND = dt.timedelta(seconds=1)


def suppression(
    *, expires: dt.datetime | None = None, released: dt.datetime | None = None
) -> Suppression:
    """Return one of Bob, made at noon."""
    return Suppression(
        address="bob@example.org",
        source=SuppressionSource.BOUNCE,
        created=NOON,
        expires=expires,
        released=released,
    )


@pytest.mark.parametrize(
    ("entry", "now", "active"),
    [
        pytest.param(suppression(), NOON + 9999 * DAY, True, id="without-an-end"),
        pytest.param(suppression(expires=NOON + DAY), NOON + DAY - _SECOND, True, id="until-then"),
        pytest.param(suppression(expires=NOON + DAY), NOON + DAY, False, id="from-then-on"),
        pytest.param(suppression(released=NOON + DAY), NOON + DAY, False, id="released"),
        pytest.param(
            suppression(expires=NOON + 2 * DAY, released=NOON + DAY), NOON + DAY, False,
            id="released-before-its-end",
        ),
    ],
)  # fmt: skip
def test_active(entry: Suppression, now: dt.datetime, *, active: bool) -> None:
    """It stops mail until it expires, the instant itself not included, or is released."""
    assert active is entry.is_active(now)


@pytest.mark.parametrize("after", [dt.timedelta(0), -_SECOND])
def test_it_ends_after_it_began(after: dt.timedelta) -> None:
    """One that never was in force is a mistake of whoever wrote it."""
    with pytest.raises(InvalidValue, match="expires"):
        suppression(expires=NOON + after)


@pytest.mark.parametrize("address", ["Bob@Example.org", "bob@example.org.", "bob@example.org..."])
def test_key_of_a_key(address: str) -> None:
    """The key of an address is its own key: what is written is read as equal."""
    entry = attrs.evolve(suppression(), address=address)

    assert "bob@example.org" == entry.address
    assert entry == attrs.evolve(entry, address=entry.address)


def test_the_digest_of_an_erased_address() -> None:
    """It stands for every spelling of the address, names nobody, and is its own key."""
    digest = digest_address("Bob@example.org")

    assert digest == digest_address("bob@EXAMPLE.org")
    assert digest != digest_address("bob@example.com")
    assert re.fullmatch("sha256:[0-9a-f]{64}", digest)
    assert digest == address_key(digest)
