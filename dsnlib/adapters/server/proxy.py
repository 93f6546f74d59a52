"""The PROXY protocol of HAProxy: a proxy in front says first where its client is.

    PROXY TCP4 192.0.2.1 198.51.100.1 56324 25 CR LF        version 1
    PROXY UNKNOWN CR LF
    CR LF CR LF NUL CR LF "QUIT" LF, and octets             version 2

By "The PROXY protocol", versions 1 and 2.

Rules.
- Where it is spoken each connection begins with a header: whoever sends none is no proxy
  of ours, and is not served.  There is no guessing whether one comes.
- `UNKNOWN` and the command LOCAL are the proxy itself, such as its look whether we live:
  the address of the connection counts.
- The same for a client that has no IP address.
- What is behind addresses in version 2 (TLV) is passed over.
"""

from __future__ import annotations

import ipaddress
import re
import struct
from typing import TYPE_CHECKING, NamedTuple

from dsnlib.errors import ParseError

if TYPE_CHECKING:
    from dsnlib.adapters.server.input import ClientInput

__all__ = ["ProxyHeader", "parse_proxy_header", "read_proxy_header"]

# "the 107-byte maximum", CRLF included
_LONGEST_LINE = 107
# PROXY TCP4 source destination port port CRLF
_LINE = re.compile(
    rb"PROXY (?:UNKNOWN(?: [^\r\n]*)?"
    rb"|TCP([46]) ([0-9A-Fa-f.:]+) [0-9A-Fa-f.:]+ ([0-9]{1,5}) [0-9]{1,5})\r\n"
)
_LINE_MARK = b"PROXY "
_BLOCK_MARK = b"\r\n\r\n\0\r\nQUIT\n"
# version and command, family and protocol, octets that follow
_BLOCK = struct.Struct("!BBH")
_LOCAL, _PROXIED = 0x20, 0x21
# TCP over IPv4 and over IPv6 -> source, destination and their ports
_ADDRESSES = {0x11: struct.Struct("!4s4sHH"), 0x21: struct.Struct("!16s16sHH")}
# Chosen by us: a certificate may be in it, and no more than that.
_LONGEST_BLOCK = 8192
_LAST_PORT = 65_535


class ProxyHeader(NamedTuple):
    """What a proxy has said.

    Args:
        octets: How long the header is.
        peer: Address and port of the client; `None` for the proxy itself.
    """

    octets: int
    peer: tuple[str, int] | None = None


def parse_proxy_header(octets: bytes) -> ProxyHeader | None:
    r"""Return the header that octets begin with; `None` if it is not whole yet.

    >>> parse_proxy_header(b"PROXY TCP4 192.0.2.1 198.51.100.1 56324 25\r\nEHLO x\r\n")
    ProxyHeader(octets=44, peer=('192.0.2.1', 56324))

    Raises:
        ParseError: It is none.
    """
    if octets.startswith(_BLOCK_MARK):
        return _read_block(octets)
    if octets.startswith(_LINE_MARK):
        return _read_line(octets)
    if _BLOCK_MARK.startswith(octets) or _LINE_MARK.startswith(octets):
        return None
    message = f"proxy: {octets[:20]!r} begins no header"
    raise ParseError(message)


def _read_line(octets: bytes) -> ProxyHeader | None:
    end = octets.find(b"\n", 0, _LONGEST_LINE)
    if end < 0 and len(octets) < _LONGEST_LINE:
        return None
    line = octets[: end + 1]
    match = _LINE.fullmatch(line)
    if match is None:
        message = f"proxy: {octets[:_LONGEST_LINE]!r} is no header of version 1"
        raise ParseError(message)
    version, address, port = match.groups()
    if version is None:
        return ProxyHeader(len(line))
    try:
        found = ipaddress.ip_address(address.decode("ascii"))
    except ValueError as error:
        message = f"proxy: {error}"
        raise ParseError(message) from error
    if found.version != int(version) or int(port) > _LAST_PORT:
        message = f"proxy: {line!r} contradicts itself"
        raise ParseError(message)
    return ProxyHeader(len(line), (str(found), int(port)))


def _read_block(octets: bytes) -> ProxyHeader | None:
    start = len(_BLOCK_MARK) + _BLOCK.size
    if len(octets) < start:
        return None
    command, family, length = _BLOCK.unpack_from(octets, len(_BLOCK_MARK))
    if command not in (_LOCAL, _PROXIED) or length > _LONGEST_BLOCK:
        message = f"proxy: a header of version 2 has command {command:#04x} and {length} octets"
        raise ParseError(message)
    if len(octets) < start + length:
        return None
    layout = _ADDRESSES.get(family)
    if command == _LOCAL or layout is None:
        return ProxyHeader(start + length)
    if length < layout.size:
        message = f"proxy: {length} octets hold no addresses"
        raise ParseError(message)
    source, _, port, _ = layout.unpack_from(octets, start)
    return ProxyHeader(start + length, (str(ipaddress.ip_address(source)), port))


async def read_proxy_header(source: ClientInput) -> ProxyHeader:
    """Return the header that a connection begins with; what follows it stays.

    Args:
        source: The input of the connection.

    Raises:
        ParseError: There is another beginning.
        InputEnded: The connection has ended before.
    """
    octets = b""
    while (found := parse_proxy_header(octets)) is None:
        octets += await source.octets()
    source.put_back(octets[found.octets :])
    return found
