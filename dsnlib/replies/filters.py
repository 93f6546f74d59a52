"""Tables that change a reply or a status: "550 5.1.1 no such user" -> other text.

A filter is a table, most often of patterns, asked with the text of a reply or
of a status; what it answers takes the place.

Rules.
- A filter never makes a success of a failure, nor a failure of a success: the
  client, or the queue, would lose mail or send it twice.
- It makes nothing worse: no hard failure of a soft one, unless the site says
  so (`may_harden`).
- What a filter answers must read as what it was asked with.  If not, or if the
  filter cannot answer, the text stays and a Defect tells.
- A filter answers at once: it stands where every reply passes.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

import attrs

from dsnlib.errors import Defect, DsnError, InvalidReply, InvalidStatusCode
from dsnlib.model.reply import SmtpReply
from dsnlib.model.status import EnhancedStatusCode
from dsnlib.model.text import replace_controls

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dsnlib.replies.table import Table

__all__ = ["Filtered", "filter_reply", "filter_status"]

_REFUSALS = frozenset({4, 5})


@attrs.frozen
class Filtered:
    """What a filter made of a text.

    Args:
        text: What it is now.
        table: The name of the table that changed it, or of those that did, or
            `None`.
        defects: Why something a table answered was not taken.
    """

    text: str
    table: str | None = None
    defects: tuple[Defect, ...] = ()


def filter_status(
    status: EnhancedStatusCode, text: str, tables: Iterable[Table], *, may_harden: bool = False
) -> Filtered:
    """Return what filters make of a status and the text with it, `5.1.1 no such user`.

    The first table that has an answer decides.  Never raises.

    Args:
        status: The status of a delivery or of a refusal.
        text: What goes with it, for people.
        tables: Asked in order with both, one blank between them.
        may_harden: Whether class 4 may become 5.
    """
    whole = f"{status} {text}".rstrip()
    answer, table, defects = _first(whole, tables)
    if answer is None:
        return Filtered(whole, defects=defects)
    word, _, _ = answer.partition(" ")
    try:
        now = EnhancedStatusCode.parse(word)
    except InvalidStatusCode:
        fault: str | None = f"{answer!r} does not begin with a status"
    else:
        fault = _fault(status.class_, now.class_, may_harden=may_harden)
    if fault is not None:
        return Filtered(whole, defects=(*defects, _defect(table, whole, fault)))
    return Filtered(answer, None if answer == whole else table, defects)


def filter_reply(
    reply: SmtpReply, tables: Iterable[Table], *, may_harden: bool = False
) -> tuple[SmtpReply, Filtered]:
    """Return what filters make of a reply, whose lines are asked for one by one.

    A line that no table has stays as it is; the reply is taken only if its
    lines still make one reply.  Never raises.

    Args:
        reply: The reply.
        tables: Asked in order with each line as on the wire, `550-5.1.1 no`.
        may_harden: Whether a 4yz reply may become 5yz.
    """
    tables = tuple(tables)
    before = str(reply)
    lines: list[str] = []
    names: list[str] = []
    defects: list[Defect] = []
    for line in before.split("\n"):
        answer, table, found = _first(line, tables)
        defects += found
        lines.append(line if answer is None else answer)
        if answer not in (None, line):
            names.append(table)
    if not names:
        return reply, Filtered(before, defects=tuple(defects))
    after = "\n".join(lines)
    try:
        now = SmtpReply.parse(after)
    except InvalidReply as error:
        fault: str | None = str(error)
    else:
        fault = _fault(reply.code // 100, now.code // 100, may_harden=may_harden)
        if len(now.lines) != len(lines):  # an answer of "" for the last is the end of the others
            fault = "a line is gone"
        if fault is None:
            return now, Filtered(after, ", ".join(dict.fromkeys(names)), tuple(defects))
    return reply, Filtered(before, defects=(*defects, _defect(names[0], before, fault)))


def _first(text: str, tables: Iterable[Table]) -> tuple[str | None, str, tuple[Defect, ...]]:
    """Ask tables in order; a text taken from the subject may have control characters."""
    defects: list[Defect] = []
    for table in tables:
        try:
            answer = table.lookup(text)
        except Exception as error:  # noqa: BLE001  a table of the caller's may raise anything
            told = str(error) if isinstance(error, DsnError) else f"{type(error).__name__}: {error}"
            defects.append(_defect(table.name, text, told))
            continue
        if isinstance(answer, str):
            return replace_controls(answer).strip(" \t"), table.name, tuple(defects)
        if answer is not None:
            defects.append(_defect(table.name, text, _put_away(answer)))
    return None, "", tuple(defects)


def _put_away(answer: object) -> str:
    """Return why an answer cannot be used."""
    if not inspect.isawaitable(answer):
        return f"it answers {type(answer).__name__}, not text"
    if inspect.iscoroutine(answer):
        answer.close()  # one that is never awaited would complain
    return "it does not answer at once"


def _fault(before: int, after: int, *, may_harden: bool) -> str | None:
    # 354, too, tells a client that it may go on.
    if before != after and not {before, after} <= _REFUSALS:
        return f"class {before} may not become {after}"
    if after > before and not may_harden:
        return f"class {before} may not become {after}, which is worse"
    return None


def _defect(table: str, text: str, what: str | None) -> Defect:
    return Defect(code="filter", message=f"{table}: {text!r}: {what}")
