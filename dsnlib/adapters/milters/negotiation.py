"""What we offer a filter, and what it takes of that: version, actions, steps, macros.

    version   what is offered first in it
    2         all actions but those below; it may do without connect, helo, mail, rcpt,
              header, end of header, body
    3         unknown commands
    4         DATA
    6         answers left out, SKIP, rejected recipients, white space of fields as it
              is, macros by name; changing the sender, recipients with arguments

Rules.
- A filter that takes more than is offered cannot be used: that is a mistake of
  whoever set it up, and is told as one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import attrs
from kilter.protocol import messages
from kilter.protocol.messages import ActionFlags, ProtocolFlags

from dsnlib.adapters.milters.macros import MacroStage, macro_name
from dsnlib.adapters.milters.packets import MilterFault, pack_message, unpack

if TYPE_CHECKING:
    from dsnlib.adapters.milters.connection import FilterConnection
    from dsnlib.adapters.milters.settings import Milter

__all__ = ["EVENTS", "Agreement", "Event", "negotiate"]

_OLD_ACTIONS = (
    ActionFlags.ADD_HEADERS
    | ActionFlags.CHANGE_BODY
    | ActionFlags.ADD_RECIPIENT
    | ActionFlags.DELETE_RECIPIENT
    | ActionFlags.CHANGE_HEADERS
    | ActionFlags.QUARANTINE
)
_STEPS = (
    (
        2,
        ProtocolFlags.NO_CONNECT
        | ProtocolFlags.NO_HELO
        | ProtocolFlags.NO_MAIL
        | ProtocolFlags.NO_RCPT
        | ProtocolFlags.NO_BODY
        | ProtocolFlags.NO_HEADERS
        | ProtocolFlags.NO_EOH,
    ),
    (3, ProtocolFlags.NO_UNKNOWN),
    (4, ProtocolFlags.NO_DATA),
    (
        6,
        ProtocolFlags.SKIP
        | ProtocolFlags.RCPT_REJ
        | ProtocolFlags.NR_CONN
        | ProtocolFlags.NR_HELO
        | ProtocolFlags.NR_MAIL
        | ProtocolFlags.NR_RCPT
        | ProtocolFlags.NR_DATA
        | ProtocolFlags.NR_UNKN
        | ProtocolFlags.NR_HDR
        | ProtocolFlags.NR_EOH
        | ProtocolFlags.NR_BODY
        | ProtocolFlags.HDR_LEADSPC,
    ),
)
_SIZES = (
    (ProtocolFlags.MDS_1M, 1_048_575),
    (ProtocolFlags.MDS_256K, 262_143),
    (ProtocolFlags.NONE, 65_535),
)
_OLDEST_VERSION = 2
_NEWEST_VERSION = 6
# Chosen by us; Sendmail knows fewer than a hundred.
_MOST_MACROS = 256


@attrs.frozen
class Event:
    """A step of a session that a filter is told of.

    Args:
        name: For the log.
        ident: The letter of its packet.
        stage: Which macros go before it.
        without: The flag of a filter that does not want to know, if there is one.
        unanswered: The flag of a filter that does not answer.
        since: The version that has it.
        is_of_session: Whether what is said to it holds for the whole session.
        is_of_content: Whether it is a piece of a message.
    """

    name: str
    ident: int
    stage: MacroStage | None
    without: ProtocolFlags
    unanswered: ProtocolFlags
    since: int = _OLDEST_VERSION
    is_of_session: bool = False
    is_of_content: bool = False


_NONE = ProtocolFlags.NONE
# name, letter, macros, not wanted, not answered, since, of the session, of content
EVENTS: Mapping[str, Event] = {
    row[0]: Event(*row)
    for row in (
        ("connect", messages.Connect.ident, MacroStage.CONNECT,
         ProtocolFlags.NO_CONNECT, ProtocolFlags.NR_CONN, 2, True),
        ("helo", messages.Helo.ident, MacroStage.HELO,
         ProtocolFlags.NO_HELO, ProtocolFlags.NR_HELO, 2, True),
        ("mail", messages.EnvelopeFrom.ident, MacroStage.MAIL,
         ProtocolFlags.NO_MAIL, ProtocolFlags.NR_MAIL),
        ("rcpt", messages.EnvelopeRecipient.ident, MacroStage.RCPT,
         ProtocolFlags.NO_RCPT, ProtocolFlags.NR_RCPT),
        ("data", messages.Data.ident, MacroStage.DATA,
         ProtocolFlags.NO_DATA, ProtocolFlags.NR_DATA, 4),
        ("unknown", messages.Unknown.ident, MacroStage.UNKNOWN,
         ProtocolFlags.NO_UNKNOWN, ProtocolFlags.NR_UNKN, 3),
        ("header", messages.Header.ident, None,
         ProtocolFlags.NO_HEADERS, ProtocolFlags.NR_HDR, 2, False, True),
        ("end of header", messages.EndOfHeaders.ident, MacroStage.END_OF_HEADER,
         ProtocolFlags.NO_EOH, ProtocolFlags.NR_EOH, 2, False, True),
        ("body", messages.Body.ident, None,
         ProtocolFlags.NO_BODY, ProtocolFlags.NR_BODY, 2, False, True),
        ("end of message", messages.EndOfMessage.ident, MacroStage.END_OF_MESSAGE,
         _NONE, _NONE, 2, False, True),
    )
}  # fmt: skip


@attrs.frozen(kw_only=True)
class Agreement:
    """What a filter and we have agreed on.

    Args:
        version: Of the protocol.
        actions: What it may do to a message.
        flags: What it wants and does not want.
        macros: The names of those that it is told, by stage.
        data_octets: What a packet to it may hold.
    """

    version: int
    actions: ActionFlags
    flags: ProtocolFlags
    macros: Mapping[MacroStage, tuple[str, ...]]
    data_octets: int

    @property
    def keeps_space(self) -> bool:
        """Whether the white space behind the colon is part of a field's value."""
        return ProtocolFlags.HDR_LEADSPC in self.flags

    def wants(self, event: Event) -> bool:
        """Tell whether the filter is to be told of an event."""
        return self.version >= event.since and not event.without & self.flags

    def is_answered(self, event: Event) -> bool:
        """Tell whether the filter says something to an event."""
        return not event.unanswered & self.flags


async def negotiate(connection: FilterConnection, milter: Milter) -> Agreement:
    """Offer what we do, and return what the filter takes of it.

    Raises:
        MilterFault: It does not answer as it should, or wants more than is offered.
    """
    offer = _offer(milter)
    await connection.send(pack_message(offer), seconds=milter.connect_seconds)
    ident, data = await connection.receive(seconds=milter.connect_seconds)
    answer = unpack(ident, data)
    if not isinstance(answer, messages.Negotiate):
        message = f"it negotiates with a packet {chr(ident)!r}"
        raise MilterFault(message)
    return _agree(offer, answer, milter)


def _offer(milter: Milter) -> messages.Negotiate:
    version = milter.protocol
    flags = _NONE
    for since, added in _STEPS:
        if version >= since:
            flags |= added
    if version >= _NEWEST_VERSION:
        for flag, octets in _SIZES:
            if octets <= milter.data_octets:
                flags |= flag
    actions = ActionFlags.ALL if version >= _NEWEST_VERSION else _OLD_ACTIONS
    return messages.Negotiate(version, ActionFlags(actions), flags)


def _agree(offer: messages.Negotiate, answer: messages.Negotiate, milter: Milter) -> Agreement:
    if not _OLDEST_VERSION <= answer.version <= offer.version:
        message = f"it speaks version {answer.version}; offered are 2 to {offer.version}"
        raise MilterFault(message, is_misfit=True)
    for what, wanted, offered in (
        ("actions", int(answer.action_flags), int(offer.action_flags)),
        ("protocol steps", int(answer.protocol_flags), int(offer.protocol_flags)),
    ):
        if wanted & ~offered:
            message = f"it wants {what} {wanted & ~offered:#x}, which are not offered"
            raise MilterFault(message, is_misfit=True)
    macros = dict(milter.macros)
    if ActionFlags.SETSYMLIST in answer.action_flags:
        macros |= {
            MacroStage(stage): tuple([macro_name(name) for name in [*names][:_MOST_MACROS]])
            for stage, names in answer.macros.items()
        }
    return Agreement(
        version=answer.version,
        actions=answer.action_flags,
        flags=answer.protocol_flags,
        macros=macros,
        data_octets=next(octets for flag, octets in _SIZES if flag in answer.protocol_flags),
    )
