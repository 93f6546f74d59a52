"""Every exception of the library, and the `Defect`: a fault told without raising.

One root, `DsnError`, and two branches that say who is at fault: `InvalidValue`
when we or our caller tried to make a bad value, `ParseError` when the octets
that a peer sent are bad.

Rules.  An error carries the value, the place and the requirement it breaks; if
a peer is waiting, also the reply to send.  Every error pickles, so it can cross
a process boundary.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dsnlib.model.reply import SmtpReply

__all__ = [
    "CatalogueError",
    "ConfigurationError",
    "Defect",
    "DsnError",
    "InvalidAddress",
    "InvalidParameter",
    "InvalidReply",
    "InvalidStatusCode",
    "InvalidValue",
    "InvalidXtext",
    "LimitExceeded",
    "LookupFailed",
    "MalformedReport",
    "NotADeliveryReport",
    "ParseError",
    "RestrictionError",
    "StoreError",
    "StoreUnavailable",
    "TableError",
    "TemplateError",
]


@attrs.frozen(kw_only=True)
class Defect:
    """A breach of a rule, found while reading, beside the best value there was.

    Args:
        code: A stable name for the kind of breach, such as `field-space`.
        message: One sentence for a person; shows what was found.
        offset: Octets from the start of the input to the place, or `None` if
            there is no single place.
        requirement: The catalogue id of the rule (`3464-2.1.1-01`), or `None`
            for a rule that no RFC states.
    """

    code: str
    message: str
    offset: int | None = None
    requirement: str | None = None

    def __str__(self) -> str:
        place = "" if self.offset is None else f" at octet {self.offset}"
        rule = "" if self.requirement is None else f" [{self.requirement}]"
        return f"{self.code}{place}: {self.message}{rule}"


class DsnError(Exception):
    """The root of every error that this library raises on purpose."""


class InvalidValue(DsnError, ValueError):
    """A value that the rules of its type forbid was about to be made.

    Attributes:
        value: What was given.
        requirement: The catalogue id of the rule, or `None`.
    """

    def __init__(
        self, message: str, *, value: object = None, requirement: str | None = None
    ) -> None:
        super().__init__(message)
        self.value = value
        self.requirement = requirement


class InvalidStatusCode(InvalidValue):
    """An enhanced status code that RFC 3463 s2 does not allow."""


class InvalidXtext(InvalidValue):
    """Text that is not xtext, or cannot be written as xtext (RFC 3461 s4)."""


class InvalidAddress(InvalidValue):
    """An address, MTA name or type that its grammar does not allow."""


class InvalidReply(InvalidValue):
    """An SMTP reply that RFC 5321 s4.2 or RFC 2034 s4 does not allow."""


class InvalidParameter(InvalidValue):
    """An ESMTP parameter that a server must refuse.

    Attributes:
        keyword: The parameter's keyword, upper case, or `None` when the text
            could not be taken apart that far.
        reply: The reply to send to the client: 501 5.5.4 or 555 5.5.4.
    """

    # The reply has no default that could be right; None only while unpickling.
    reply: SmtpReply

    def __init__(
        self,
        message: str,
        *,
        value: object = None,
        requirement: str | None = None,
        keyword: str | None = None,
        reply: SmtpReply | None = None,
    ) -> None:
        super().__init__(message, value=value, requirement=requirement)
        self.keyword = keyword
        if reply is not None:
            self.reply = reply


class ParseError(DsnError):
    """The octets that we were given cannot be read as what they should be."""


class NotADeliveryReport(ParseError):
    """There is no delivery status notification in the message."""


class MalformedReport(ParseError):
    """A report was found and breaks the rules.

    Attributes:
        defects: Every breach, in the order of the input.
    """

    def __init__(self, message: str, *, defects: Sequence[Defect] = ()) -> None:
        super().__init__(message)
        self.defects = tuple(defects)


class LimitExceeded(ParseError):
    """The message is larger, in some way, than the reader is willing to take.

    Attributes:
        limit: The name of the limit, a field of `Limits`.
        value: The bound that was in force.
    """

    def __init__(self, message: str, *, limit: str = "", value: int = 0) -> None:
        super().__init__(message)
        self.limit = limit
        self.value = value


class TemplateError(DsnError):
    """A bounce template that cannot be used.

    Attributes:
        origin: The name of the file, as the caller gave it.
        line: The line, counted from 1.
    """

    def __init__(self, message: str, *, origin: str = "", line: int = 0) -> None:
        super().__init__(message)
        self.origin = origin
        self.line = line


class ConfigurationError(DsnError):
    """A file or setting of the site that cannot be used.

    Attributes:
        origin: The name of the file or setting, as the caller gave it.
        line: The line, counted from 1; 0 where there are no lines.
    """

    def __init__(self, message: str, *, origin: str = "", line: int = 0) -> None:
        super().__init__(message)
        self.origin = origin
        self.line = line

    def __str__(self) -> str:
        """Return the place, as far as it is known, and the message."""
        place = ":".join(str(part) for part in (self.origin, self.line) if part)
        return f"{place}: {self.args[0]}" if place else str(self.args[0])


class CatalogueError(ConfigurationError):
    """A catalogue of translations that cannot be used; a compiled one has no lines."""


class TableError(ConfigurationError):
    """A look-up table that cannot be used: a bad key, network, expression or action."""


class RestrictionError(ConfigurationError):
    """A list of restrictions that cannot be used: an unknown name, a missing argument."""


class LookupFailed(DsnError):
    """A table, or the domain name system, could not answer: that is not "not found".

    Attributes:
        source: What was asked, as messages name it: `texthash:/etc/mail/access`.
        key: For what.
    """

    def __init__(self, message: str, *, source: str = "", key: str = "") -> None:
        super().__init__(message)
        self.source = source
        self.key = key


class StoreError(DsnError):
    """A history that cannot be used: damaged, of a later version, or full.

    Attributes:
        place: Which history, as messages name it; no password is in it.
    """

    def __init__(self, message: str, *, place: str = "") -> None:
        super().__init__(message)
        self.place = place


class StoreUnavailable(StoreError):
    """A history that cannot be reached, or is too busy: the same call may succeed later."""
