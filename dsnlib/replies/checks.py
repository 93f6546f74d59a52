"""Look at a message's header fields and lines with tables, and do what they say.

What Postfix has as header_checks, mime_header_checks, nested_header_checks and
body_checks: a site's own rules against a flood, not a filter against spam.

Rules.
- Fields and lines are looked at in order, each once, and what the tables put in
  is not looked at again.
- REJECT, DISCARD and PASS end it; of several REJECTs the first decides.  HOLD
  is kept, BCC adds up, and of several REDIRECT or FILTER the last counts.
- A refusal of class 4 is a 451, any other a 550.  Its status is the site's own:
  an address status may stand there.
- What could not be looked at is not let through: a table that fails, an action
  that nobody knows, and multiparts nested too deeply for the structure to be
  followed, give a reply.
- An edit that would break the message is not made, and told as a Defect.

Nothing raises, whatever the octets.  The work is in proportion to them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from dsnlib.errors import Defect, InvalidValue, LookupFailed
from dsnlib.model.header import one_line
from dsnlib.model.reply import SmtpReply
from dsnlib.model.status import EnhancedStatusCode, StatusClass
from dsnlib.model.text import cut_octets, encode_wire
from dsnlib.model.texts import texts
from dsnlib.replies.access import ActionKind
from dsnlib.replies.check_tables import ContentChecks, InvalidEdit, read_value
from dsnlib.replies.content import ContentLimits, PieceKind, Walk
from dsnlib.replies.drive import run
from dsnlib.replies.refusal import LINE_OCTETS
from dsnlib.replies.standard import StandardReply
from dsnlib.replies.table import ask

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dsnlib.replies.access import AccessAction
    from dsnlib.replies.content import Piece
    from dsnlib.replies.table import Table

__all__ = ["CheckMatch", "ContentVerdict", "check_content", "check_content_sync"]

_LIMITS = ContentLimits()

_DEFAULT_STATUS = EnhancedStatusCode.parse("5.7.1")
_DEFAULT_TEXT = "The content of this message is not accepted"
_CODES = {StatusClass.TRANSIENT: 451, StatusClass.PERMANENT: 550}

# Chosen by us for a line of a log; Postfix shows as many.
_LONGEST_SHOWN = 200
_NOTES = frozenset({ActionKind.WARN, ActionKind.INFO})
# After these nothing more is looked at.
_LAST = frozenset({ActionKind.REJECT, ActionKind.DISCARD, ActionKind.PASS})
_DROPS = frozenset({ActionKind.IGNORE, ActionKind.STRIP})


@attrs.frozen(kw_only=True)
class CheckMatch:
    """An answer of a table.

    Args:
        table: Which one.
        rule: What it answered, as one line.
        kind: The action; `None` if it is none that could be carried out.
        text: What the action says, as one line.
        piece: What kind of piece it was about.
        matched: The beginning of the piece, as one line for a log.
        offset: Where in the message it stands.
    """

    table: str
    rule: str
    kind: ActionKind | None
    text: str
    piece: PieceKind
    matched: str
    offset: int


def _matches(values: Iterable[CheckMatch]) -> tuple[CheckMatch, ...]:
    return tuple(values)


def _defects(values: Iterable[Defect]) -> tuple[Defect, ...]:
    return tuple(values)


@attrs.frozen(kw_only=True)
class ContentVerdict:
    """What is to be done with a message.

    Args:
        content: The message with the edits in it; the very object that was
            looked at if there are none, or if it is refused or discarded.
        reply: The refusal, or `None` if it is taken.
        is_held: It is to be kept back until the postmaster lets it go.
        is_discarded: It is to be dropped, and its sender told that it is taken.
        redirect: The address that it goes to instead of all recipients.
        bcc: Addresses that it goes to besides.
        content_filter: The transport and next hop that it is to pass.
        matches: What the tables answered, in order.
        defects: What whoever wrote the tables, or sent the message, did wrong.
        failure: Why a table could not answer, where that refused it.

    Raises:
        InvalidValue: One text is given where several are wanted.
    """

    content: bytes = attrs.field(repr=False)
    reply: SmtpReply | None = None
    is_held: bool = False
    is_discarded: bool = False
    redirect: str | None = None
    bcc: tuple[str, ...] = attrs.field(default=(), converter=texts)
    content_filter: str | None = None
    matches: tuple[CheckMatch, ...] = attrs.field(default=(), converter=_matches)
    defects: tuple[Defect, ...] = attrs.field(default=(), converter=_defects)
    failure: LookupFailed | None = attrs.field(default=None, eq=False)

    @property
    def notes(self) -> tuple[CheckMatch, ...]:
        """The matches that only say something, by WARN and INFO."""
        return tuple(match for match in self.matches if match.kind in _NOTES)


async def check_content(
    data: bytes, checks: ContentChecks, *, limits: ContentLimits = _LIMITS
) -> ContentVerdict:
    """Return what the tables say of a message.

    Args:
        data: The message, without dots doubled for SMTP; lines end with LF or
            CRLF, and what is put in ends as what stands there.
        checks: The tables.
        limits: How much is looked at.

    Never raises: a table that fails refuses the message for now.
    """
    tables = checks.by_kind()
    if not any(tables.values()):
        return ContentVerdict(content=data)
    walk = Walk(data, limits, wants_body=bool(checks.body))
    progress = _Progress(data)
    for piece in walk.pieces():
        if not tables[piece.kind]:
            continue
        text = walk.text(piece)
        try:
            found = await _first(tables[piece.kind], text)
        except LookupFailed as error:
            progress.failure = error
            progress.reply = StandardReply.LOCAL_ERROR.reply
            break
        if found is not None and progress.act(piece, text, *found):
            break
    else:
        if walk.is_too_deep:
            progress.reply = StandardReply.NESTED_TOO_DEEPLY.reply
    return progress.verdict(walk.defects)


def check_content_sync(
    data: bytes, checks: ContentChecks, *, limits: ContentLimits = _LIMITS
) -> ContentVerdict:
    """Return the same of tables that answer at once.

    Raises:
        TypeError: A table answers later.
    """
    return run(check_content(data, checks, limits=limits))


async def _first(tables: Iterable[Table], text: str) -> tuple[Table, str] | None:
    for table in tables:
        value = await ask(table, text)
        if value is not None:
            return table, value
    return None


class _Progress:
    """What has come together so far."""

    __slots__ = ("_data", "_defects", "_edits", "_line_end", "_matches", "failure", "reply")

    def __init__(self, data: bytes) -> None:
        self._data = data
        # Where, whether it takes something away, its number, where what it takes
        # ends, what it puts there: sorted, what goes in front comes first.
        self._edits: list[tuple[int, bool, int, int, bytes]] = []
        self._line_end = _line_end_of(data)
        self._matches: list[CheckMatch] = []
        self._defects: list[Defect] = []
        self.reply: SmtpReply | None = None
        self.failure: LookupFailed | None = None

    def act(self, piece: Piece, text: str, table: Table, value: str) -> bool:
        """Do what a table says of a piece; tell whether that was the last."""
        action = None
        try:
            action = read_value(value, is_body=piece.kind is PieceKind.BODY)
        except InvalidEdit as error:
            self._tell("check-edit", f"{table.name}: {error}", piece)
        except InvalidValue as error:
            self._tell("check-action", f"{table.name}: {error}", piece)
            self.reply = StandardReply.NOT_SET_UP.reply
        kind = None if action is None else action.kind
        if kind is ActionKind.DUNNO:
            return False
        self._matches.append(
            CheckMatch(
                table=table.name,
                rule=one_line(value),
                kind=kind,
                text="" if action is None else one_line(action.text),
                piece=piece.kind,
                matched=one_line(text[:_LONGEST_SHOWN]),
                offset=piece.start,
            )
        )
        if action is not None:
            self._defects += action.defects
            self._carry_out(action, piece)
        return self.reply is not None or kind in _LAST

    def _carry_out(self, action: AccessAction, piece: Piece) -> None:
        """Do what an action does to the message; the rest is told by the matches."""
        kind, start, line_end = action.kind, piece.start, self._data[piece.stop : piece.end]
        text = encode_wire(action.text).replace(b"\n", line_end or self._line_end)
        if kind is ActionKind.REJECT:
            self.reply = self._refusal(action, piece)
        elif kind is ActionKind.REPLACE:
            self._edit(start, piece.stop, text)
        elif kind is ActionKind.PREPEND:
            self._edit(piece.line, piece.line, text + (line_end or self._line_end))
        elif kind in _DROPS:
            self._edit(start, piece.end, b"")

    def _edit(self, start: int, end: int, octets: bytes) -> None:
        self._edits.append((start, end > start, len(self._edits), end, octets))

    def _refusal(self, action: AccessAction, piece: Piece) -> SmtpReply:
        status = action.status or _DEFAULT_STATUS
        if status.class_ not in _CODES:
            self._tell("check-class", f"{status} refuses nothing; class 4 is taken", piece)
            status = status.with_class(StatusClass.TRANSIENT)
        code = _CODES[status.class_]
        room = LINE_OCTETS - len(f"{code} {status} ")
        return SmtpReply(code, status, (cut_octets(action.text or _DEFAULT_TEXT, room),))

    def _tell(self, code: str, what: str, piece: Piece) -> None:
        self._defects.append(Defect(code=code, message=f"checks: {what}", offset=piece.start))

    def verdict(self, defects: Iterable[Defect]) -> ContentVerdict:
        """Return what has come together, with the defects of the message."""
        texts: dict[ActionKind | None, list[str]] = {}
        for match in self._matches:
            texts.setdefault(match.kind, []).append(match.text)
        is_discarded = ActionKind.DISCARD in texts
        return ContentVerdict(
            content=self._data if self.reply or is_discarded else self._content(),
            reply=self.reply,
            is_held=ActionKind.HOLD in texts,
            is_discarded=is_discarded,
            redirect=texts.get(ActionKind.REDIRECT, [None])[-1],
            bcc=texts.get(ActionKind.BCC, ()),
            content_filter=texts.get(ActionKind.FILTER, [None])[-1],
            matches=self._matches,
            defects=[*defects, *self._defects],
            failure=self.failure,
        )

    def _content(self) -> bytes:
        if not self._edits:
            return self._data
        pieces: list[bytes] = []
        position = 0
        for start, _, _, end, octets in sorted(self._edits):
            pieces += (self._data[position:start], octets)
            position = end
        return b"".join([*pieces, self._data[position:]])


def _line_end_of(data: bytes) -> bytes:
    """Return the first line end of a message; that of the wire if it has none."""
    found = data.find(b"\n")
    return b"\n" if found >= 0 and not data.endswith(b"\r", 0, found) else b"\r\n"
