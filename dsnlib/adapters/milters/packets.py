"""Packets of the milter protocol: what we send as octets, and what a filter sends as values.

    packet = length letter data        length: four octets, of letter and data

`kilter.protocol` has the letters and the layouts.  What it would encode by IDNA or
as US-ASCII is laid out here, because a client may say anything in EHLO, and a
message may have any octet in the name of a field.

Rules.
- What a filter sends is what the protocol has for filters, whole, and nothing behind.
- No text of ours has a NUL: it ends a string.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from kilter.protocol import messages
from kilter.protocol.buffer import SimpleBuffer

from dsnlib.errors import DsnError
from dsnlib.model.text import decode_wire, encode_wire, replace_controls

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dsnlib.replies.session import Client

__all__ = [
    "MilterFault",
    "pack_connect",
    "pack_envelope",
    "pack_header",
    "pack_macros",
    "pack_message",
    "pack_octets",
    "string",
    "unpack",
]

# mfdef.h has them, kilter has not: SMFIR_SHUTDOWN, SMFIR_CONN_FAIL.  Both end the session.
_ENDS = frozenset(b"4f")

# length and letter, and the lengths of other things that are no data
_OVERHEAD_OCTETS = 64
_HEAD = struct.Struct("!LB")
_PORT = struct.Struct("!H")
_FAMILY_BY_VERSION = {4: messages.Family.INET.value, 6: messages.Family.INET6.value}

_EMPTY: Mapping[int, type[messages.Message]] = {
    each.ident: each
    for each in (
        messages.Continue,
        messages.Accept,
        messages.Reject,
        messages.Discard,
        messages.TemporaryFailure,
        messages.Skip,
        messages.Progress,
    )
}
_WITH_DATA: Mapping[int, type[messages.Message]] = {
    each.ident: each
    for each in (
        messages.Negotiate,
        messages.ReplyCode,
        messages.AddHeader,
        messages.ChangeHeader,
        messages.InsertHeader,
        messages.ChangeSender,
        messages.AddRecipient,
        messages.AddRecipientPar,
        messages.RemoveRecipient,
        messages.ReplaceBody,
    )
}


class MilterFault(DsnError):
    """A filter that cannot be reached, does not answer, or says what makes no sense.

    Attributes:
        is_misfit: Whether it wants what this server does not do.
    """

    def __init__(self, message: str, *, is_misfit: bool = False) -> None:
        super().__init__(message)
        self.is_misfit = is_misfit


def pack_message(message: messages.Message, *, octets: int = 0) -> bytes:
    """Return a packet of kilter's.

    Args:
        message: What it says.
        octets: How much data it has at most.
    """
    buffer = SimpleBuffer(octets + _OVERHEAD_OCTETS)
    message.pack(buffer)
    return bytes(buffer.buffer[: buffer.filled])


def pack_octets(ident: int, data: bytes) -> bytes:
    """Return a packet of this letter with these octets in it."""
    return _HEAD.pack(len(data) + 1, ident) + data


def pack_envelope(ident: int, path: str, params: Iterable[str]) -> bytes:
    """Return the packet of MAIL or RCPT: the path in brackets, and the ESMTP arguments."""
    return pack_octets(ident, b"".join([string(f"<{path}>"), *map(string, params)]))


def pack_connect(client: Client, port: int) -> bytes:
    """Return the packet that tells of a client; without a name it is its address in brackets."""
    import ipaddress

    name = string(client.hostname or f"[{client.address}]")
    try:
        address = ipaddress.ip_address(client.address)
    except ValueError:
        data = name + messages.Family.UNKNOWN.value
    else:
        family = _FAMILY_BY_VERSION[address.version]
        data = name + family + _PORT.pack(port) + string(str(address))
    return pack_octets(messages.Connect.ident, data)


def pack_header(name: bytes, value: bytes) -> bytes:
    """Return the packet of a header field."""
    return pack_octets(messages.Header.ident, b"%b\0%b\0" % (name, value))


def pack_macros(ident: int, macros: bytes) -> bytes:
    """Return the packet of macros for the packet that follows."""
    return pack_octets(messages.Macro.ident, bytes((ident,)) + macros)


def string(text: str) -> bytes:
    """Return text as a packet has it, with a NUL behind."""
    return encode_wire(text).replace(b"\0", b"") + b"\0"


def unpack(ident: int, data: bytes) -> messages.Message | int:
    """Return what a filter has sent, or the letter alone if it ends the session.

    Args:
        ident: The letter.
        data: The rest.

    Raises:
        MilterFault: No filter may send that, or its data are not laid out as they
            should be.
    """
    if ident in _ENDS:
        return ident
    if ident == messages.Quarantine.ident:
        # Not kilter's: a reason in another charset than UTF-8 is a reason all the same.
        return messages.Quarantine(replace_controls(decode_wire(data.partition(b"\0")[0])))
    letter = repr(chr(ident))
    if ident in _EMPTY:
        if data:
            message = f"a packet {letter} has data"
            raise MilterFault(message)
        return _EMPTY[ident].from_buffer(memoryview(data))
    kind = _WITH_DATA.get(ident)
    if kind is None:
        message = f"a packet {letter} is none of a filter's"
        raise MilterFault(message)
    try:
        found = kind.from_buffer(memoryview(data))
    except (ValueError, AssertionError, struct.error) as error:
        message = f"a packet {letter} is malformed: {error}"
        raise MilterFault(message) from error
    found.freeze()
    return found
