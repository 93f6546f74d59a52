"""The next system on the way: what it announced, and so what it can be asked for.

What a server can do is known for one session and from its reply to EHLO alone
(RFC 3461 s3): the next session may end at another machine.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Self

import attrs

from dsnlib.model.address import MtaName
from dsnlib.model.number import require_whole

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["NextHop"]

# min-by-time = [1*9digit]                                            RFC 2852 s2
_BY_TIME = re.compile(r"[0-9]{1,9}")
_LARGEST_BY_TIME = 999_999_999


@attrs.frozen(kw_only=True)
class NextHop:
    """A server that is about to be sent a message.

    Args:
        name: Its name, for Remote-MTA.
        dsn: Whether it announced DSN.
        smtputf8: Whether it announced SMTPUTF8.
        requiretls: Whether it announced REQUIRETLS.
        is_tls: Whether the session is encrypted, and the server is the right one.
        shortest_seconds: The smallest by-time that it takes, 0 for any; `None`
            if it did not announce DELIVERBY (RFC 2852 s2).
        is_lmtp: Whether it answers for each recipient after the data.
        is_final: Whether what it accepts is in the mailbox then, as with an LMTP
            server that is the mail store.
        most_recipients: The most in one transaction; `None` for any number.

    Raises:
        InvalidValue: `shortest_seconds` is not a whole number from 0 to 999999999, or
            `most_recipients` not one from 1.
    """

    name: MtaName
    dsn: bool = False
    smtputf8: bool = False
    requiretls: bool = False
    is_tls: bool = False
    shortest_seconds: int | None = None
    is_lmtp: bool = False
    is_final: bool = False
    most_recipients: int | None = None

    def __attrs_post_init__(self) -> None:
        if self.shortest_seconds is not None:
            what = "hop: shortest_seconds"
            require_whole(self.shortest_seconds, what, least=0, most=_LARGEST_BY_TIME)
        if self.most_recipients is not None:
            require_whole(self.most_recipients, "hop: most_recipients", least=1)

    @classmethod
    def from_ehlo(
        cls,
        name: str,
        keywords: str | Iterable[str],
        *,
        is_tls: bool = False,
        is_lmtp: bool = False,
        is_final: bool = False,
        most_recipients: int | None = None,
    ) -> Self:
        """Return what the lines of a reply to EHLO say; never raises for what they say.

        >>> hop = NextHop.from_ehlo("mx.example", ["SIZE 1000", "dsn", "DELIVERBY 240"])
        >>> hop.dsn, hop.smtputf8, hop.shortest_seconds
        (True, False, 240)

        Args:
            name: The server's host name.
            keywords: The lines, or their text, without their codes and without
                the first, which is the greeting; none after HELO.
            is_tls: As the field.
            is_lmtp: As the field.
            is_final: As the field.
            most_recipients: As the field.

        Raises:
            InvalidAddress: The name has controls.
            InvalidValue: `most_recipients` is not a whole number, 1 or more.
        """
        lines = keywords.splitlines() if isinstance(keywords, str) else keywords
        words = {keyword.upper(): rest for keyword, *rest in filter(None, map(str.split, lines))}
        shortest = None
        if "DELIVERBY" in words:
            # deliverby-param = min-by-time *( ',' extension-token )     RFC 2852 s2
            first = (words["DELIVERBY"] or ["0"])[0].partition(",")[0]
            shortest = int(first) if _BY_TIME.fullmatch(first) else 0
        return cls(
            name=MtaName("dns", name),
            dsn="DSN" in words,
            smtputf8="SMTPUTF8" in words,
            requiretls="REQUIRETLS" in words,
            is_tls=is_tls,
            shortest_seconds=shortest,
            is_lmtp=is_lmtp,
            is_final=is_final,
            most_recipients=most_recipients,
        )
