"""An event: one recipient, what happened, why we think so."""

import pytest

from dsnlib.bounces.event import BounceEvent, EventKind, kind_of
from dsnlib.errors import InvalidValue
from dsnlib.model.report import Action


def test_no_recipient() -> None:
    """An event is about somebody."""
    with pytest.raises(InvalidValue, match="there is no recipient"):
        BounceEvent(recipient="", kind=EventKind.FAILURE)


def test_every_action_is_a_kind() -> None:
    """Each action of RFC 3464 s2.3.3 is a kind of event, and no other kind is one."""
    kinds = [kind_of(action) for action in Action]

    assert len(set(kinds)) == len(kinds)
    assert {EventKind.COMPLAINT} == set(EventKind) - set(kinds)
