"""Our notifications beside Postfix's: what is not the same.

Rules.
- Number, whom they go to, and of each recipient address, action and status have
  to be the same; every other field the same or a row of `postfix_choices`.
- Notifications and recipients have no order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from tests.interop.postfix_choices import Difference, Mark, label_field, label_notice
from tests.interop.postfix_notice import Notice

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.interop.postfix_notice import Group

__all__ = ["Sent", "compare_notices"]

_ABSENT = ""


@attrs.frozen
class Sent:
    """A notification of ours.

    Args:
        notice: What is compared of it.
        marks: What kind of message it is about.
    """

    notice: Notice
    marks: Mark = Mark.NONE


def compare_notices(
    ours: Sequence[Sent], theirs: Sequence[Notice], marks: Mark
) -> tuple[Difference, ...]:
    """Return what is not the same between two sets of notifications.

    Args:
        ours: What we would have sent.
        theirs: What Postfix sent.
        marks: What kind of message the case is about, for what only they send.
    """
    found: list[Difference] = []
    is_same_number = len(ours) == len(theirs)
    if not is_same_number:
        found.append(Difference("number", str(len(ours)), str(len(theirs)), is_grave=True))
    my_left, their_left = dict(enumerate(ours)), dict(enumerate(theirs))
    # The surest pairs first.
    for is_grave, _, mine, other in sorted(
        (*_distance(sent, notice), mine, other)
        for mine, sent in my_left.items()
        for other, notice in their_left.items()
    ):
        # What is told otherwise is no pair where one of us tells more.
        if mine in my_left and other in their_left and (is_same_number or not is_grave):
            found += _differences(my_left.pop(mine), their_left.pop(other))
    alone: list[tuple[Notice | None, Notice | None, Mark]] = []
    alone += [(None, each, marks) for each in their_left.values()]
    alone += [(each.notice, None, marks | each.marks) for each in my_left.values()]
    for single, their_single, known in alone:
        label = label_notice(single, their_single, known)
        texts = _shown(single), _shown(their_single)
        found.append(Difference("notification", *texts, label=label, is_grave=True))
    return tuple(found)


def _distance(sent: Sent, theirs: Notice) -> tuple[bool, int]:
    differences = [*_differences(sent, theirs)]
    return any(each.is_grave for each in differences), len(differences)


def _shown(notice: Notice | None) -> str:
    if notice is None:
        return "none"
    groups = ", ".join(" ".join(group.key) for group in notice.groups) or "no report"
    return f"to {notice.recipient}: {groups}"


def _differences(sent: Sent, theirs: Notice) -> Iterator[Difference]:
    ours, marks = sent.notice, sent.marks
    if ours.recipient != theirs.recipient:
        yield Difference("RCPT TO", ours.recipient, theirs.recipient, is_grave=True)
    mine, others = [sorted(group.key for group in each.groups) for each in (ours, theirs)]
    if mine != others:
        yield Difference("recipients", str(mine), str(others), is_grave=True)
    pairs = [
        ("MAIL FROM", ours.sender, theirs.sender),
        ("MAIL parameters", " ".join(ours.mail_options), " ".join(theirs.mail_options)),
        ("RCPT parameters", " ".join(ours.rcpt_options), " ".join(theirs.rcpt_options)),
        ("auto-submitted", ours.auto_submitted, theirs.auto_submitted),
        ("part two", ours.report_type or _ABSENT, theirs.report_type or _ABSENT),
        ("part three", ours.returned_type or _ABSENT, theirs.returned_type or _ABSENT),
        *_pairs(ours.message, theirs.message),
    ]
    for group, other in _same_recipients(ours.groups, theirs.groups):
        pairs += _pairs(group.fields, other.fields)
    for field, mine_value, their_value in pairs:
        if mine_value != their_value:
            yield label_field(Difference(field, mine_value, their_value), marks)


def _pairs(ours: dict[str, str], theirs: dict[str, str]) -> list[tuple[str, str, str]]:
    names = [*theirs, *(name for name in ours if name not in theirs)]
    return [(name, ours.get(name, _ABSENT), theirs.get(name, _ABSENT)) for name in names]


def _same_recipients(
    ours: Sequence[Group], theirs: Sequence[Group]
) -> Iterator[tuple[Group, Group]]:
    """Yield what is said of the same recipient, once each."""
    left = [*ours]
    for other in theirs:
        same = [group for group in left if group.key == other.key]
        if same:
            original = other.fields.get("original-recipient")
            best = next(
                (each for each in same if each.fields.get("original-recipient") == original),
                same[0],
            )
            left.remove(best)
            yield best, other
