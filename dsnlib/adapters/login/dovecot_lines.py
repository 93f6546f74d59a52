r"""The lines of Dovecot's authentication protocol, version 1.x: the client's and the server's.

A line is a command and parameters, between them TAB, at its end LF:

    C: VERSION 1 2              S: VERSION 1 2
    C: CPID 4711                S: MECH PLAIN plaintext
                                S: SPID 12, CUID 34, COOKIE 0123...
                                S: DONE
    C: AUTH 1 PLAIN service=smtp secured resp=AGFubgBzZWNyZXQ=
                                S: OK 1 user=ann
    C: AUTH 2 LOGIN service=smtp
                                S: CONT 2 VXNlcm5hbWU6
    C: CONT 2 YW5u              S: FAIL 2 user=ann reason=... code=temp_fail

>>> read_line(b"FAIL\t2\tuser=ann\treason=Not\x01tnow\ttemp")
Ended(request=2, is_success=False, fields={'user': 'ann', 'reason': 'Not\tnow', 'temp': ''})

Rules.
- What a client sent is base64 in a line of ours, and what else comes from outside
  is escaped: nothing can end a parameter or a line.
- `resp=` is last: the server ignores what is behind it.
- What the server says that we do not know is passed over, as the protocol has it.
- No line of the server's is logged, and no password in one is kept.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import attrs

from dsnlib.errors import ParseError
from dsnlib.model.text import decode_wire, encode_wire

if TYPE_CHECKING:
    from dsnlib.adapters.login.authenticator import LoginPeer

__all__ = [
    "LONGEST_LINE_OCTETS",
    "Continued",
    "Done",
    "Ended",
    "Offered",
    "ServerLine",
    "Version",
    "format_auth",
    "format_cancel",
    "format_continue",
    "format_handshake",
    "read_line",
]

# Dovecot 2.3 closes a connection that has a longer line on it, and with it the
# exchanges of everybody else.  We take no longer ones from it either.
LONGEST_LINE_OCTETS = 16_384
# The version of Dovecot 2.1 to 2.3.  Servers of another minor version understand it.
_MAJOR, _MINOR = 1, 2
_LARGEST_REQUEST = 0xFFFF_FFFF

# sasl-mech = 1*20mech-char                                     RFC 4422 s3.1
_MECHANISM = re.compile(rb"[A-Z0-9_-]{1,20}")
_NUMBER = re.compile(rb"[0-9]{1,10}")

# octet -> what stands for it; the first row comes first, or it would escape the others
_ESCAPES = {
    b"\x01": b"\x011",
    b"\0": b"\x010",
    b"\t": b"\x01t",
    b"\r": b"\x01r",
    b"\n": b"\x01n",
}
# With "proxy" comes the password itself, for the other server.
_NOT_KEPT = frozenset({b"pass"})
_UNESCAPES = {written: octet for octet, written in _ESCAPES.items()}
_ESCAPED = re.compile(rb"\x01[01trn]")


@attrs.frozen
class Version:
    """The version of the server's protocol; another major version is another protocol."""

    major: int

    @property
    def is_known(self) -> bool:
        """Whether it is the one that this module has."""
        return self.major == _MAJOR


@attrs.frozen
class Offered:
    """A mechanism of the server.

    Args:
        name: In upper case.
        properties: What is told of it: `plaintext`, `anonymous`, `private`, ...
    """

    name: str
    properties: frozenset[str] = frozenset()


@attrs.frozen
class Done:
    """The end of the server's greeting."""


@attrs.frozen
class Continued:
    """The server asks for more.

    Args:
        request: The number of the exchange.
        octets: What the client is shown.
    """

    request: int
    octets: bytes


@attrs.frozen
class Ended:
    """An exchange is over.

    Args:
        request: Its number.
        is_success: Whether the client is who it says.
        fields: What the server tells of it; `""` for a parameter without a value.
    """

    request: int
    is_success: bool
    fields: Mapping[str, str] = attrs.field(factory=dict)


ServerLine = Version | Offered | Done | Continued | Ended


def format_handshake(client: int) -> bytes:
    """Return what a client begins with.

    Args:
        client: A number that no other connection to the server has, above 0.
    """
    return b"VERSION\t%d\t%d\nCPID\t%d\n" % (_MAJOR, _MINOR, client)


def format_auth(
    request: int, mechanism: str, *, service: str, peer: LoginPeer, response: bytes | None
) -> bytes:
    """Return the command that begins an exchange.

    Args:
        request: A number that no other exchange of the connection has.
        mechanism: One that the server has offered.
        service: The name under which its settings are.
        peer: Who wants to log in.
        response: The initial response, or `None`.
    """
    parameters: list[tuple[str, str | None]] = [
        ("service", service),
        # Nobody will fetch the account afterwards, so it is not kept for that.
        ("nologin", None),
        ("lip", peer.local_address),
        ("rip", peer.client_address),
    ]
    if peer.local_port is not None:
        parameters.append(("lport", str(peer.local_port)))
    if peer.client_port is not None:
        parameters.append(("rport", str(peer.client_port)))
    if peer.is_tls:
        parameters.append(("secured", None))
    if peer.certificate_name is not None:
        parameters += [("valid-client-cert", None), ("cert_username", peer.certificate_name)]
    # There is no "final-resp-ok": what a mechanism has to say with success is to be a
    # challenge, as SMTP has it.
    words = [b"AUTH", b"%d" % request, _escape(mechanism)]
    words += [
        _escape(name) if value is None else _escape(f"{name}={value}") for name, value in parameters
    ]
    if response is not None:
        words.append(b"resp=" + _encode(response))
    return b"\t".join(words) + b"\n"


def format_continue(request: int, response: bytes) -> bytes:
    """Return the command that carries another response.

    Args:
        request: The number of the exchange.
        response: The octets of the client.
    """
    return b"CONT\t%d\t%s\n" % (request, _encode(response))


def format_cancel(request: int) -> bytes:
    """Return the command that gives up an exchange.

    Args:
        request: Its number.
    """
    return b"CANCEL\t%d\n" % request


def read_line(line: bytes) -> ServerLine | None:
    """Return what a line of the server's says, or `None` if that does not concern us.

    Args:
        line: Without its LF.

    Raises:
        ParseError: The line is not what its command is to look like; the message
            does not show the parameters.
    """
    command, *words = line.split(b"\t")
    read = _READERS.get(command)
    if read is None:
        return None
    try:
        return read(words)
    except (ValueError, IndexError):
        message = f"the line {decode_wire(command)!r} of the server is malformed"
        raise ParseError(message) from None


def _read_version(words: list[bytes]) -> Version:
    return Version(_number(words[0]))


def _read_mechanism(words: list[bytes]) -> Offered | None:
    name = words[0].upper()
    if _MECHANISM.fullmatch(name) is None:
        return None
    return Offered(name.decode(), frozenset(decode_wire(word) for word in words[1:]))


def _read_done(_words: list[bytes]) -> Done:
    return Done()


def _read_continued(words: list[bytes]) -> Continued:
    # Nothing to show may be no parameter at all.
    octets = words[1] if len(words) > 1 else b""
    return Continued(_number(words[0]), binascii.a2b_base64(octets, strict_mode=True))


def _read_success(words: list[bytes]) -> Ended:
    return Ended(_number(words[0]), is_success=True, fields=_fields(words[1:]))


def _read_failure(words: list[bytes]) -> Ended:
    return Ended(_number(words[0]), is_success=False, fields=_fields(words[1:]))


_READERS = {
    b"VERSION": _read_version,
    b"MECH": _read_mechanism,
    b"DONE": _read_done,
    b"CONT": _read_continued,
    b"OK": _read_success,
    b"FAIL": _read_failure,
}


def _fields(words: list[bytes]) -> dict[str, str]:
    fields: dict[str, str] = {}
    for word in words:
        name, _, value = word.partition(b"=")
        # Of two, the first: what an account's data add comes behind it.
        if name not in _NOT_KEPT:
            fields.setdefault(decode_wire(_unescape(name)), decode_wire(_unescape(value)))
    return fields


def _number(word: bytes) -> int:
    if _NUMBER.fullmatch(word) is None or int(word) > _LARGEST_REQUEST:
        raise ValueError(word)
    return int(word)


def _encode(octets: bytes) -> bytes:
    return binascii.b2a_base64(octets, newline=False)


def _escape(text: str) -> bytes:
    octets = encode_wire(text)
    for octet, written in _ESCAPES.items():
        octets = octets.replace(octet, written)
    return octets


def _unescape(octets: bytes) -> bytes:
    return _ESCAPED.sub(lambda found: _UNESCAPES[found[0]], octets)
