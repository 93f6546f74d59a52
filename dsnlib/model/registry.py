"""The registry of enhanced status codes: what a code means (RFC 3463, RFC 5248).

A registered code is a subject and a detail; its class is open, so `4.2.2` and
`5.2.2` are one entry, `X.2.2`.  What an unregistered code tells is told by the
theory of the codes (RFC 3463 s2): the class always, the subject if known.

Rules.  Being unknown here is no error: the registry grows, and the list of
replies of an entry is open too (RFC 5248 s2.1).  The facts come from
`rfc/registry/`, by way of the generated `_registry_data`; they are loaded on
the first question, not on import.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import attrs

from dsnlib.model.status import EnhancedStatusCode, StatusClass

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "ACTIONS",
    "ADDRESS_TYPES",
    "DIAGNOSTIC_TYPES",
    "MESSAGE_FIELDS",
    "MTA_NAME_TYPES",
    "RECIPIENT_FIELDS",
    "REPORT_TYPES",
    "RegistryEntry",
    "StatusDescription",
    "class_title",
    "describe",
    "entries",
    "entries_for_reply",
    "look_up",
    "subject_title",
]

# Filled on first use by __getattr__, from the generated tables.
ADDRESS_TYPES: frozenset[str]
"""Registered address types in lower case; `unknown` and `x-` names are not."""
DIAGNOSTIC_TYPES: frozenset[str]
"""Registered diagnostic types in lower case."""
MTA_NAME_TYPES: frozenset[str]
"""Registered MTA-name types in lower case."""
MESSAGE_FIELDS: tuple[str, ...]
"""Per-message fields of a DSN as RFC 3464 s2.2 orders them, extensions last."""
RECIPIENT_FIELDS: tuple[str, ...]
"""Per-recipient fields of a DSN as RFC 3464 s2.3 orders them, with extensions."""
ACTIONS: tuple[str, ...]
"""Values of the Action field of a DSN (RFC 3464 s2.3.3)."""
REPORT_TYPES: tuple[tuple[str, str], ...]
"""Each report-type with the media type of the second part (RFC 6522)."""

_SETS = frozenset({"ADDRESS_TYPES", "DIAGNOSTIC_TYPES", "MTA_NAME_TYPES"})
_TUPLES = frozenset({"ACTIONS", "MESSAGE_FIELDS", "RECIPIENT_FIELDS", "REPORT_TYPES"})


@attrs.frozen(kw_only=True)
class RegistryEntry:
    """One enumerated status code, whatever its class (RFC 5248 s2.1).

    Args:
        subject: The second number of the code, 0..999.
        detail: The third number, 0..999.
        title: The registered sample text, `Mailbox full`; in parentheses where
            none is registered.
        meaning: One sentence in our words.
        classes: The classes that suit the code.
        classes_stated: Whether the defining RFC states those classes; if not,
            they are our reading, and another class is no fault.
        replies: Basic reply codes it usually goes with; not exclusive.
        reply_text: The same as registered: `Any`, `Not given`, or more than
            numbers, such as `5XX`.
        reference: The defining documents, `RFC 7505, RFC 7504`.
        deprecated: Whether it is read but never generated.
    """

    subject: int
    detail: int
    title: str
    meaning: str
    classes: tuple[StatusClass, ...]
    classes_stated: bool = False
    replies: tuple[int, ...] = ()
    reply_text: str = "Not given"
    reference: str
    deprecated: bool = False

    def __str__(self) -> str:
        """Return the code in registry notation, such as `X.2.2`."""
        return f"X.{self.subject}.{self.detail}"


@attrs.frozen(kw_only=True)
class StatusDescription:
    """What a code tells, down to the last number that is known (RFC 3463 s2).

    Args:
        class_title: What the class is called.
        subject_title: What the subject is called, or `None` if unknown.
        entry: The registered code, or `None` if unknown.
    """

    class_title: str
    subject_title: str | None = None
    entry: RegistryEntry | None = None

    @property
    def title(self) -> str:
        """The most precise title known, of the entry, else subject, else class.

        A deprecated entry has no registered title, so its subject speaks for it.
        """
        if self.entry is not None and not self.entry.deprecated:
            return self.entry.title
        return self.class_title if self.subject_title is None else self.subject_title

    def __str__(self) -> str:
        """Return class and title, such as `Permanent Failure: Mailbox Status`."""
        if self.title == self.class_title:
            return self.title
        return f"{self.class_title}: {self.title}"


def look_up(code: EnhancedStatusCode) -> RegistryEntry | None:
    """Return the entry of `code`, or `None` if it is not registered.

    The class of `code` plays no part: an entry is registered for every class.
    Whether it suits the entry is told by `classes`.  Never raises.

    >>> entry = look_up(EnhancedStatusCode.parse("4.2.2"))
    >>> f"{entry}: {entry.title}"
    'X.2.2: Mailbox full'
    """
    return _entries_by_number().get((code.subject, code.detail))


def describe(code: EnhancedStatusCode) -> StatusDescription:
    """Return what is known of `code`, registered or not (RFC 3463 s2).

    An unknown detail leaves the general title of the subject, an unknown
    subject leaves the class.  Never raises.

    >>> str(describe(EnhancedStatusCode.parse("5.1.1")))
    'Permanent Failure: Bad destination mailbox address'
    >>> str(describe(EnhancedStatusCode.parse("4.2.99")))
    'Persistent Transient Failure: Mailbox Status'
    >>> str(describe(EnhancedStatusCode.parse("5.42.1")))
    'Permanent Failure'
    """
    return StatusDescription(
        class_title=class_title(code.class_),
        subject_title=subject_title(code.subject),
        entry=look_up(code),
    )


def entries() -> tuple[RegistryEntry, ...]:
    """Return every registered code in ascending order.  Never raises."""
    return tuple(_entries_by_number().values())


def entries_for_reply(code: int) -> tuple[RegistryEntry, ...]:
    """Return the entries that name a basic reply code, in ascending order.

    Only numbers count: `X.7.17` is registered with `5XX` and names none.  An
    entry that is missing here may still go with the reply.  Never raises.

    >>> [str(entry) for entry in entries_for_reply(552)]
    ['X.2.2', 'X.2.3', 'X.3.4', 'X.7.16']

    Args:
        code: Three digits, such as 552 (RFC 5321 s4.2).
    """
    return _entries_by_reply().get(code, ())


def class_title(class_: StatusClass) -> str:
    """Return what a class is called, such as `Permanent Failure`.  Never raises."""
    return _class_titles()[class_]


def subject_title(subject: int) -> str | None:
    """Return what a subject is called, or `None` if unknown.  Never raises.

    Args:
        subject: The second number of a code; 0..7 are known.
    """
    return _subject_titles().get(subject)


@functools.cache
def _class_titles() -> Mapping[int, str]:
    from dsnlib.model import _registry_data

    return {number: title for number, title, _ in _registry_data.CLASSES}


@functools.cache
def _subject_titles() -> Mapping[int, str]:
    from dsnlib.model import _registry_data

    return {number: title for number, title, _ in _registry_data.SUBJECTS}


@functools.cache
def _entries_by_number() -> Mapping[tuple[int, int], RegistryEntry]:
    from dsnlib.model import _registry_data

    return {
        (subject, detail): RegistryEntry(
            subject=subject,
            detail=detail,
            title=title,
            meaning=meaning,
            classes=tuple(map(StatusClass, classes)),
            classes_stated=stated,
            replies=replies,
            reply_text=reply_text,
            reference=reference,
            deprecated=deprecated,
        )
        for (
            subject,
            detail,
            title,
            meaning,
            classes,
            stated,
            replies,
            reply_text,
            reference,
            deprecated,
        ) in _registry_data.ENTRIES
    }


@functools.cache
def _entries_by_reply() -> Mapping[int, tuple[RegistryEntry, ...]]:
    found: dict[int, list[RegistryEntry]] = {}
    for entry in entries():
        for reply in entry.replies:
            found.setdefault(reply, []).append(entry)
    return {reply: tuple(named) for reply, named in found.items()}


# Hidden from the type checker, which would believe in every misspelt name.
if not TYPE_CHECKING:  # pragma: no branch  no test runs as a type checker

    def __getattr__(name: str) -> object:
        if name not in _SETS | _TUPLES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from dsnlib.model import _registry_data

        table = getattr(_registry_data, name)
        value = frozenset(table) if name in _SETS else table
        globals()[name] = value  # the next access does not come here
        return value
