"""One mail filter as the site has set it up: where it is, how long it may take.

    inet:127.0.0.1:8891    inet:[::1]:8891    inet:filter.example:8891
    unix:/run/opendkim/opendkim.sock

Rules.
- The numbers are those of Postfix's parameters where it has one.
- What is wrong is said when the settings are read, not when mail comes.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import TYPE_CHECKING

import attrs

from dsnlib.adapters.milters.macros import DEFAULT_MACROS, MacroStage
from dsnlib.adapters.socket_address import SocketAddress, parse_socket_address
from dsnlib.errors import InvalidValue
from dsnlib.model.number import require_number, require_whole
from dsnlib.model.texts import texts

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["DefaultAction", "Milter"]

_VERSIONS = range(2, 7)
# What a packet may hold besides its letter: the protocol's own bound, and the two
# that version 6 lets filter and server agree on.
_DATA_OCTETS = (65_535, 262_143, 1_048_575)


class DefaultAction(enum.Enum):
    """What becomes of mail while a filter cannot be asked: `milter_default_action`."""

    ACCEPT = "accept"
    """Go on as if there were no such filter."""
    TEMPFAIL = "tempfail"
    """451 4.7.1."""
    REJECT = "reject"
    """550 5.5.0."""
    QUARANTINE = "quarantine"
    """Accept the mail, and keep it for a person to look at."""
    SHUTDOWN = "shutdown"
    """421 4.7.1, and the session ends."""


def _macros(
    values: Mapping[MacroStage, Iterable[str]],
) -> Mapping[MacroStage, tuple[str, ...]]:
    return {stage: texts(names) for stage, names in values.items()}


@attrs.frozen(kw_only=True)
class Milter:
    """A mail filter.

    >>> str(Milter(where="inet:[::1]:8891", name="dkim"))
    'dkim'

    Args:
        where: `inet:HOST:PORT`, with an IPv6 address in brackets, or `unix:PATH`.
        name: What the log calls it; `where` if not given.
        default_action: What becomes of mail when it does not answer as it should.
        connect_seconds: For the connection and the first packets:
            `milter_connect_timeout`.
        command_seconds: For each answer to a command: `milter_command_timeout`.
        content_seconds: For each answer to a piece of the message:
            `milter_content_timeout`.
        message_seconds: For the whole of a message's content, however often it says
            that it goes on.  RFC 5321 s4.5.3.2.6 has clients wait ten minutes.
        protocol: The highest version offered, 2..6: `milter_protocol`.
        data_octets: The largest packet offered: 65535, or 262143 or 1048575, which
            few filters know.
        body_octets: The largest body it may put in place of a message's own.
        macros: The names of the macros sent at each stage, as long as the filter
            asks for no others; names of one letter are without braces.

    Raises:
        InvalidValue: A setting is out of range or cannot be read.
    """

    where: str
    name: str = attrs.field()
    default_action: DefaultAction = DefaultAction.TEMPFAIL
    connect_seconds: float = 30
    command_seconds: float = 30
    content_seconds: float = 300
    message_seconds: float = 600
    protocol: int = 6
    data_octets: int = _DATA_OCTETS[0]
    body_octets: int = 104_857_600
    macros: Mapping[MacroStage, tuple[str, ...]] = attrs.field(
        default=DEFAULT_MACROS, converter=_macros, repr=False
    )

    @name.default
    def _name(self) -> str:
        return self.where

    def __attrs_post_init__(self) -> None:
        if self.endpoint is None:
            message = f"milter: {self.where!r} is neither inet:HOST:PORT nor unix:PATH"
            raise InvalidValue(message, value=self.where)
        for field in ("connect_seconds", "command_seconds", "content_seconds", "message_seconds"):
            require_number(getattr(self, field), f"milter: {field}", least=0, above=True)
        require_whole(self.body_octets, "milter: body_octets", least=0)
        if self.protocol not in _VERSIONS:
            message = f"milter: protocol {self.protocol!r} is not one of 2 to 6"
            raise InvalidValue(message, value=self.protocol)
        if self.data_octets not in _DATA_OCTETS:
            message = f"milter: data_octets {self.data_octets!r} is not one of {_DATA_OCTETS}"
            raise InvalidValue(message, value=self.data_octets)

    @property
    def endpoint(self) -> SocketAddress | None:
        """Host and port, or the path of a socket; `None` for what no filter can have."""
        try:
            return parse_socket_address(self.where)
        except InvalidValue:
            return None

    def __str__(self) -> str:
        return self.name
