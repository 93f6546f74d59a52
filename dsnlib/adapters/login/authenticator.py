"""What a server asks of whoever knows accounts, and what it is told (RFC 4422 s3, RFC 4954).

    authenticator.mechanisms(is_tls=True)            for the EHLO reply, and to check AUTH
    exchange = authenticator.start("PLAIN", peer=peer)
    await exchange.step(response)                    until it is no `Challenge`
    exchange.close()                                 however it ended

The server has the lines: base64, `*` for a client that gives up, lengths, AUTH
that comes at the wrong time, log-ins that fail too often.

Rules.
- A step is octets: base64 is undone.  `None` is "no initial response", which is not
  `b""`, the empty one that AUTH spells `=` (RFC 4954 s4).
- SMTP has no data along with success (RFC 4954 s4): a mechanism that has some sends
  it as a last challenge, and takes the empty response to that.
- A step raises for nothing that a client, a file or another server does.
- What cannot be checked now is refused for now, 454 4.7.0: it is no wrong password.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Protocol

import attrs

from dsnlib.errors import InvalidValue
from dsnlib.model.reply import SmtpReply
from dsnlib.model.text import cut_octets, encode_wire, refuse_controls, replace_controls

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = [
    "LONGEST_NAME_OCTETS",
    "Accepted",
    "Authenticator",
    "Challenge",
    "Exchange",
    "LoginPeer",
    "LoginReply",
    "Refused",
    "Step",
    "refuse_unoffered",
]

# "up to 255 octets" of authcid and password: RFC 2595 s6, which RFC 4616 has replaced
# without a bound.
LONGEST_NAME_OCTETS = 255
# What is left of 512 octets when code, status and line end are written (RFC 5321 s4.5.3.1.5).
_LONGEST_REASON_OCTETS = 400


class LoginReply(enum.Enum):
    """Why a log-in is refused; the value is the reply (RFC 4954 s6, RFC 5248 s2.4)."""

    CREDENTIALS = "535 5.7.8 The name or the password is wrong"
    DISABLED = "525 5.7.13 This account is disabled"
    EXPIRED = "535 5.7.8 The password of this account has expired"
    MALFORMED = "501 5.5.2 This response is not what the mechanism asks for"
    TOO_LONG = "500 5.5.6 This response is too long"
    TEMPORARY = "454 4.7.0 Log-ins cannot be checked now; try again later"

    @property
    def reply(self) -> SmtpReply:
        """The reply.  Never raises."""
        return SmtpReply.parse(self.value)

    def refused(self, reason: str = "") -> Refused:
        """Return the end of an exchange with this reply.  Never raises.

        Args:
            reason: The text of the reply, if it is to be another; what has no place
                in a reply is replaced, and the end is cut off.
        """
        reply = self.reply
        text = cut_octets(replace_controls(reason), _LONGEST_REASON_OCTETS).strip(" \t")
        return Refused(attrs.evolve(reply, lines=(text,)) if text else reply)


@attrs.frozen(kw_only=True)
class LoginPeer:
    """Who wants to log in.

    Args:
        client_address: The IP address of the client, in text.
        local_address: The IP address that it has connected to, in text.
        is_tls: Whether the connection is encrypted.
        client_port: The port of the client, or `None`.
        local_port: The port that it has connected to, or `None`.
        hostname: The verified name of the client, or `None`.
        certificate_name: The name in the client's certificate, where an authority
            vouches for it; or `None`.

    Raises:
        InvalidValue: A text has a control character.
    """

    client_address: str
    local_address: str
    is_tls: bool
    client_port: int | None = None
    local_port: int | None = None
    hostname: str | None = None
    certificate_name: str | None = None

    def __attrs_post_init__(self) -> None:
        for name in ("client_address", "local_address", "hostname", "certificate_name"):
            value = getattr(self, name)
            if value is not None:
                refuse_controls(value, f"login peer {name}")


@attrs.frozen
class Challenge:
    """The exchange goes on: the client is asked for another response.

    Args:
        octets: What it is shown, before base64; often nothing.
    """

    octets: bytes


@attrs.frozen
class Accepted:
    """The client is who it says.

    Args:
        login: The name of the account, as rules and the log are to know it.

    Raises:
        InvalidValue: The name is empty, longer than `LONGEST_NAME_OCTETS`, or has a
            control character.
    """

    login: str

    def __attrs_post_init__(self) -> None:
        refuse_controls(self.login, "login")
        if not 0 < len(encode_wire(self.login)) <= LONGEST_NAME_OCTETS:
            message = f"login: {self.login[:80]!r} is not 1 to {LONGEST_NAME_OCTETS} octets long"
            raise InvalidValue(message, value=self.login)


@attrs.frozen
class Refused:
    """The client is not let in.

    Args:
        reply: Why.
    """

    reply: SmtpReply


Step = Challenge | Accepted | Refused


class Exchange(Protocol):
    """One attempt to log in, which one task goes through."""

    async def step(self, response: bytes | None) -> Step:
        """Take the client's response and return what follows.

        May be cancelled; then the exchange is over.  Never raises for what it meets.

        Args:
            response: Its octets; `None`, the first time only, if AUTH had none.
        """

    def close(self) -> None:
        """End the exchange, whether or not it is over; may be called again.  Never raises."""


def refuse_unoffered(mechanism: str, offered: Collection[str], *, peer: LoginPeer) -> None:
    """Raise unless a mechanism is one of those that a client is offered.

    Args:
        mechanism: What it asks for.
        offered: The names of what it may use.
        peer: The client.

    Raises:
        InvalidValue: It is not offered.
    """
    if mechanism not in offered:
        message = f"login: {mechanism[:80]!r} is not offered to {peer.client_address}"
        raise InvalidValue(message, value=mechanism)


class Authenticator(Protocol):
    """Whoever knows accounts."""

    def mechanisms(self, *, is_tls: bool) -> tuple[str, ...]:
        """Return the names of what a client may use, in upper case.  Never raises.

        Args:
            is_tls: Whether the connection is encrypted.
        """

    def start(self, mechanism: str, *, peer: LoginPeer) -> Exchange:
        """Return a new exchange.

        Args:
            mechanism: In upper case.
            peer: Who wants to log in.

        Raises:
            InvalidValue: It is none of those that `mechanisms` has for this peer.
        """

    async def close(self) -> None:
        """Let go of threads and connections; exchanges that go on are refused.  Never raises."""
