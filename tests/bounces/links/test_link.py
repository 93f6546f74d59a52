"""What links a bounce to a mail is a value; keys are checked and do not show."""

from __future__ import annotations

import pytest

from dsnlib.bounces.event import Evidence
from dsnlib.bounces.links.link import Correlation, Issuer, Link, LinkKind
from dsnlib.errors import InvalidValue

KEY = b"a key of sixteen"


def link(kind: LinkKind, value: str = "x") -> Link:
    """Return a link of a kind."""
    return Link(kind=kind, value=value, evidence=Evidence(field="x", rule="x"))


def test_keys_do_not_show() -> None:
    """A key does not get into a log."""
    issuer = Issuer(keys=[KEY], senders=["list@example.org"], batv_keys=[b"b"], srs_keys=[b"s"])

    assert "Issuer(senders=('list@example.org',))" == repr(issuer)
    assert (KEY,) == issuer.keys


@pytest.mark.parametrize(
    "keys", [{"keys": [KEY[:-1]]}, {"batv_keys": [b""]}, {"srs_keys": [b"s", b""]}]
)
def test_bad_keys(keys: dict[str, list[bytes]]) -> None:
    """A key of ours that is short, and an empty one of another scheme, is refused."""
    with pytest.raises(InvalidValue, match=r"^issuer: "):
        Issuer(**keys)  # type: ignore[arg-type]  # a table


def test_best() -> None:
    """The surest link that names a mail is the best; without one, the surest of the others."""
    verp, message_id = link(LinkKind.VERP), link(LinkKind.MESSAGE_ID)

    assert message_id == Correlation(links=[verp, message_id]).best
    assert verp == Correlation(links=[verp, link(LinkKind.SRS)]).best
    assert Correlation().best is None


def test_of_kind() -> None:
    """Links are asked for by their kinds, in the order they have."""
    links = [link(LinkKind.VERP, "a"), link(LinkKind.BATV, "b"), link(LinkKind.VERP, "c")]
    found = Correlation(links=links).of_kind(LinkKind.VERP, LinkKind.MESSAGE_ID)

    assert ["a", "c"] == [each.value for each in found]


def test_kinds_that_name_a_mail() -> None:
    """An address is no mail."""
    assert {"verp", "batv", "srs", "failed-recipient"} == {
        kind.value for kind in LinkKind if not link(kind).names_a_mail
    }
