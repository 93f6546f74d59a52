"""Where we differ from Postfix on purpose; docs/decisions/0010 says why of each label.

`CHOSEN` are differences in a field: a notification with one of them agrees.
`DISAGREEMENTS` are names for those in what is told at all: number, recipients,
actions, status.  A case with one of them does not agree, but it is known why.

Rules.  A row looks at values and at what kind of message it was, never at which.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from tests.interop.postfix_notice import Notice

__all__ = [
    "CHOSEN",
    "DISAGREEMENTS",
    "Choice",
    "Difference",
    "Mark",
    "label_field",
    "label_notice",
    "undo_xtext",
]

_HEX = re.compile(r"\+([0-9A-Fa-f]{2})")
_UNICODE = re.compile(r"\\x\{([0-9A-Fa-f]{2,6})\}")
_PLAIN = {
    "message/global": "message/rfc822",
    "message/global-headers": "text/rfc822-headers",
    "message/global-delivery-status": "message/delivery-status",
}
_VIA = re.compile(r"delivery via [^ ]+: ")


class Mark(enum.Flag):
    """What kind of message a notification is about, and whom it is for."""

    NONE = 0
    POSTMASTER = enum.auto()
    """It is a copy for the postmaster."""
    LIST = enum.auto()
    """The message is a copy that a list made."""
    VERP = enum.auto()
    """Each recipient has a return path of its own."""
    NULL = enum.auto()
    """The message has the null return path."""
    UTF8 = enum.auto()
    """SMTPUTF8 was asked for."""
    REFUSED = enum.auto()
    """We would have refused one of its parameters."""
    STUCK = enum.auto()
    """Postfix could not write the notification."""
    VERIFICATION = enum.auto()
    """It was not to be delivered, only to be tried: `sendmail -bv`."""
    MIXED = enum.auto()
    """A server gave different statuses in one reply."""
    REJECTED = enum.auto()
    """It was refused for its content after it had been taken from sendmail(1)."""
    BLIND = enum.auto()
    """This system has added recipients."""
    RECORD = enum.auto()
    """All that becomes of it was to be told: `sendmail -v`."""


@attrs.frozen
class Difference:
    """One value that is not the same.

    Args:
        field: What it is of.
        ours: What we say.
        theirs: What Postfix says.
        label: Its row of the tables.
        is_grave: Whether it is of number, recipients, actions or status.
    """

    field: str
    ours: str
    theirs: str
    label: str | None = attrs.field(default=None, kw_only=True)
    is_grave: bool = attrs.field(default=False, kw_only=True)

    @property
    def is_miss(self) -> bool:
        """Whether the case does not agree for it."""
        return self.is_grave or self.label is None

    def __str__(self) -> str:
        label = "" if self.label is None else f" ({self.label})"
        return f"{self.field} ours={self.ours!r} theirs={self.theirs!r}{label}"


@attrs.frozen
class Choice:
    """One row.

    Args:
        label: Its name on the page of decisions.
        field: A pattern for the names of fields.
        mark: What kind of message it is for; any if `NONE`.
        holds: Whether values differ in this way.
    """

    label: str
    field: str
    mark: Mark
    holds: Callable[[str, str], bool]


def undo_xtext(text: str) -> str:
    """Return a parameter with what was encoded in it decoded, leniently."""
    return _HEX.sub(lambda found: chr(int(found[1], 16)), text)


def _is_reencoded(ours: str, theirs: str) -> bool:
    return undo_xtext(ours) == undo_xtext(theirs)


def _is_unquoted(ours: str, theirs: str) -> bool:
    return undo_xtext(ours).replace('"', "") == undo_xtext(theirs)


def _unescaped(text: str) -> str:
    return _UNICODE.sub(lambda found: chr(int(found[1], 16)), text)


def _is_escaped(ours: str, theirs: str) -> bool:
    return _unescaped(ours) == _unescaped(theirs)


def _is_other_type(ours: str, theirs: str) -> bool:
    return _unescaped(ours).removeprefix("utf-8; ") == theirs.removeprefix("rfc822; ")


def _is_prefixed(ours: str, theirs: str) -> bool:
    return _VIA.sub("", theirs, count=1) == ours


def _is_wordless(ours: str, theirs: str) -> bool:
    return not ours and theirs.endswith("alias expanded")


def _is_headers(ours: str, _: str) -> bool:
    return ours in {"text/rfc822-headers", "message/global-headers"}


def _is_whole(ours: str, _: str) -> bool:
    return ours in {"message/rfc822", "message/global"}


def _is_other_form(ours: str, theirs: str) -> bool:
    return _plain(ours) == _plain(theirs)


def _plain(text: str) -> str:
    """Return what there would be if nobody had heard of UTF-8."""
    if text in _PLAIN:
        return _PLAIN[text]
    return " ".join(word for word in text.split() if word != "SMTPUTF8")


def _is_marked_otherwise(ours: str, theirs: str) -> bool:
    return re.sub(r"[\ufffd\t]", "?", ours) == theirs


def _any(_: str, __: str) -> bool:
    return True


CHOSEN = (
    # label, field, kind of message, how the values differ
    Choice("null-return-path", "MAIL FROM", Mark.POSTMASTER, lambda ours, _: not ours),
    Choice("auto-replied", "auto-submitted", Mark.POSTMASTER, _any),
    Choice("postmaster-headers", "part three", Mark.POSTMASTER, _is_headers),
    Choice("rejected-headers", "part three", Mark.REJECTED, _is_whole),
    Choice("list-settings", "original-envelope-id|part three|relayed .*", Mark.LIST, _any),
    Choice("verp-return-path", "x-.*-sender", Mark.VERP, _any),
    Choice("null-sender-name", "x-.*-sender", Mark.NULL, lambda ours, _: "@" not in ours),
    Choice("refused-parameter", "original-(envelope-id|recipient)", Mark.REFUSED, _any),
    Choice("refused-parameter", "relayed .*", Mark.REFUSED, _any),
    Choice("form-by-data", "part (two|three)|.*MAIL parameters", Mark.NONE, _is_other_form),
    Choice("utf8-type", "original-recipient", Mark.NONE, _is_other_type),
    Choice("utf8-escapes", "(final|original)-recipient|diagnostic-code", Mark.NONE, _is_escaped),
    Choice("utf8-escapes", ".*RCPT parameters", Mark.NONE, _is_escaped),
    Choice("utf8-code", "settled status", Mark.UTF8, lambda ours, _: ours == "5.6.9"),
    Choice("utf8-sender", "x-.*-sender", Mark.UTF8, lambda ours, _: ours.startswith("utf-8; ")),
    Choice("quoted-orcpt", ".*RCPT parameters", Mark.NONE, _is_unquoted),
    Choice("as-received", "relayed .*", Mark.NONE, _is_reencoded),
    Choice("via-agent", "diagnostic-code", Mark.NONE, _is_prefixed),
    Choice("alias-words", "diagnostic-code", Mark.NONE, _is_wordless),
    Choice("one-status", "settled (status|diagnostic)", Mark.MIXED, _any),
    Choice("control-mark", "settled diagnostic", Mark.NONE, _is_marked_otherwise),
)


def label_field(difference: Difference, marks: Mark) -> Difference:
    """Return a difference in a field with the label of the first row that fits."""
    for row in CHOSEN:
        if (
            re.fullmatch(row.field, difference.field) is not None
            and row.mark in marks
            and row.holds(difference.ours, difference.theirs)
        ):
            return attrs.evolve(difference, label=row.label)
    return difference


# What only one of us sends, or tells of: ours, theirs, marks of the message.
_Told = Callable[["Notice | None", "Notice | None", Mark], bool]


def _is_transcript(_: Notice | None, theirs: Notice | None, __: Mark) -> bool:
    return theirs is not None and theirs.report_type is None


def _is_verification(_: Notice | None, theirs: Notice | None, marks: Mark) -> bool:
    words = {"deliverable", "undeliverable"}
    return Mark.VERIFICATION in marks or (
        theirs is not None and not theirs.actions.isdisjoint(words)
    )


def _is_success_of_null(_: Notice | None, theirs: Notice | None, marks: Mark) -> bool:
    successes = {"delivered", "relayed", "expanded"}
    return Mark.NULL in marks and theirs is not None and theirs.actions <= successes


def _names_copy(_: Notice | None, theirs: Notice | None, marks: Mark) -> bool:
    """Tell whether Postfix made up the original recipient of an address it added."""
    return (
        Mark.BLIND in marks
        and theirs is not None
        and all(
            group.fields.get("original-recipient") == f"rfc822; {group.recipient}"
            for group in theirs.groups
        )
    )


DISAGREEMENTS: tuple[tuple[str, _Told], ...] = (
    # label, how to know it
    ("transcript", _is_transcript),
    ("verification", _is_verification),
    ("record", lambda _, __, marks: Mark.RECORD in marks),
    ("success-of-null-path", _is_success_of_null),
    ("template-stops", lambda ours, _, marks: ours is not None and Mark.STUCK in marks),
    ("blind-copy-named", _names_copy),
)


def label_notice(ours: Notice | None, theirs: Notice | None, marks: Mark) -> str | None:
    """Return the name of a disagreement over a notification that only one sends."""
    return next((label for label, test in DISAGREEMENTS if test(ours, theirs, marks)), None)
