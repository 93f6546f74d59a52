"""What may become of each recipient where one reply of a dialogue is another one, or none.

Rules.
- What decides is the first refusal on the way of the recipient: the session's, MAIL's, its
  own, DATA's, that after the message.
- What is lost behind a reply is lost for those who were not refused before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.adapters.client.faults import GARBLED, LOST, RIGHT

if TYPE_CHECKING:
    from tests.adapters.client.faults import Kind

__all__ = ["RECIPIENTS", "REPLIES", "TAKEN", "expected", "right_of"]

TAKEN = "taken"
A, B, C, D, E = RECIPIENTS = tuple([f"{letter}@there.example" for letter in "abcde"])
REPLIES = {
    B: b"550 5.1.1 no b here\r\n",
    D: b"451 4.7.1 d later\r\n",
    f"end {E}": b"552 5.2.2 e is full\r\n",
}
_ACCEPTED = (A, C, E)
# Nothing comes any more behind these.
_LAST = frozenset({LOST, GARBLED})


def right_of(address: str, *, is_lmtp: bool) -> str:
    """Return what decides of a recipient where nothing goes wrong."""
    reply = REPLIES.get(address) or (REPLIES.get(f"end {address}") if is_lmtp else None)
    return TAKEN if reply is None else reply[:3].decode()


def expected(kind: Kind, step: str, *, is_lmtp: bool) -> dict[str, frozenset[str]]:
    """Return what may decide of each recipient.

    Args:
        kind: What goes wrong.
        step: Where.
        is_lmtp: Whether each recipient has its reply after the message.
    """
    rights = {each: right_of(each, is_lmtp=is_lmtp) for each in RECIPIENTS}
    changed = _changed(kind, step, is_lmtp=is_lmtp)
    found = {each: changed.get(each, frozenset({rights[each]})) for each in RECIPIENTS}
    if kind.shifts or not kind.strict:
        found = {each: found[each] | {LOST, GARBLED, rights[each]} for each in RECIPIENTS}
    return found


def _changed(kind: Kind, step: str, *, is_lmtp: bool) -> dict[str, frozenset[str]]:
    """Return what decides of those whom the fault concerns."""
    heard = kind.heard
    # HELO is the way out where EHLO is not known.
    is_way_out = step == "EHLO" and heard == {"554"} and not is_lmtp
    if RIGHT in heard or is_way_out:
        return {}
    is_last = not heard.isdisjoint(_LAST)
    verb, _, number = step.partition(" ")
    index = int(number or 0)
    if verb == "RCPT":
        others = [*_ACCEPTED, *RECIPIENTS[index:]] if is_last else []
        return dict.fromkeys([RECIPIENTS[index], *others], heard)
    if verb == "end" and is_lmtp:
        return dict.fromkeys(_ACCEPTED[index : None if is_last else index + 1], heard)
    if verb in ("DATA", "end", "message"):
        return dict.fromkeys(_ACCEPTED, heard)
    return dict.fromkeys(RECIPIENTS, heard)
