r"""Policy services: programs that decide about a command, as Postfix asks them.

    request=smtpd_access_policy\n           action=450 4.7.1 come back later\n
    protocol_state=RCPT\n                   \n
    sender=ann@example.net\n
    \n

    service = PolicyClient("inet:127.0.0.1:10023")
    await service.decide({"request": "smtpd_access_policy", ...})

`dsnlib.replies.site.PolicyService` is what it is for `check_policy_service`.

Rules.
- What is sent is one line for each attribute: no value can end it.
- A connection has one question at a time, and is kept for the next one.  What comes
  unasked, or behind an answer, ends it: it might be taken for the next answer.
- A kept connection that turns out to be closed is replaced, once.
- A service that does not answer, or talks nonsense, is a failed look-up; or the
  default action, if the site has one.

Source: Postfix's SMTPD_POLICY_README, and the `smtpd_policy_service_` parameters.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, cast

from dsnlib.adapters.socket_address import parse_socket_address
from dsnlib.errors import LookupFailed, ParseError
from dsnlib.model.text import encode_wire, replace_controls
from dsnlib.replies.access import parse_action

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PolicyClient", "PolicyConnection", "format_request", "read_answer"]

_LOG = logging.getLogger("dsnlib.policy")
# Chosen by us: an action is a line, and few services say more than that.
_LONGEST_ANSWER_OCTETS = 8192
_ACTION = b"action="
_STOPPED = "the server stops"


def format_request(attributes: Mapping[str, str]) -> bytes:
    r"""Return the octets of a question.

    >>> format_request({"request": "smtpd_access_policy", "sender": "a\nb"})
    b'request=smtpd_access_policy\nsender=a\xef\xbf\xbdb\n\n'

    Args:
        attributes: The names are ours; a value may be a stranger's.
    """
    lines = [
        b"%b=%b\n" % (encode_wire(name), encode_wire(replace_controls(value)))
        for name, value in attributes.items()
    ]
    return b"".join([*lines, b"\n"])


def read_answer(octets: bytes) -> str:
    r"""Return the action that a service answers.

    >>> read_answer(b"action=DUNNO\n")
    'DUNNO'

    Args:
        octets: Lines, without the empty one that ends them.

    Raises:
        ParseError: There is not one action, or a line is none.
    """
    actions = []
    for line in octets.removesuffix(b"\n").split(b"\n"):
        if b"=" not in line:
            raise ParseError(f"{line[:80]!r} is no attribute")
        if line.startswith(_ACTION):
            actions.append(line.removeprefix(_ACTION).strip(b" "))
    if len(actions) != 1 or not actions[0]:
        raise ParseError("there is no action" if len(actions) < 2 else "there are two actions")
    try:
        text = actions[0].decode("utf-8")
    except UnicodeDecodeError:
        raise ParseError(f"{actions[0][:80]!r} is not UTF-8") from None
    if replace_controls(text) != text:
        raise ParseError(f"{text[:80]!r} has a control character")
    return text


class PolicyClient:
    """Asks one service.

    It belongs to one event loop.

    Args:
        where: `inet:host:port`, or `unix:/path`.
        default_action: What holds while the service cannot be asked; a failed look-up
            if not given.
        context: What it is told in `policy_context`.
        timeout_seconds: How long an answer may take, and the connection with it.
        idle_seconds: How long a connection is kept without use.
        most_connections: How many questions are asked at once; others wait.

    Raises:
        InvalidValue: The address is none, or the default action.
    """

    def __init__(
        self,
        where: str,
        *,
        default_action: str | None = None,
        context: str = "",
        timeout_seconds: float = 100.0,
        idle_seconds: float = 300.0,
        most_connections: int = 20,
    ) -> None:
        self.name = where
        self._address = parse_socket_address(where)
        if default_action is not None:
            parse_action(default_action)
        self._default_action = default_action
        self._context = context
        self._timeout_seconds = timeout_seconds
        self._idle_seconds = idle_seconds
        self._turns = asyncio.Semaphore(most_connections)
        self._idle: list[PolicyConnection] = []
        self._busy: set[PolicyConnection] = set()
        self._is_closed = False

    async def decide(self, attributes: Mapping[str, str]) -> str:
        """Return an action, as an access table would have it.

        Raises:
            LookupFailed: The service does not answer, and there is no default action.
        """
        request = format_request({**attributes, "policy_context": self._context})
        try:
            async with asyncio.timeout(self._timeout_seconds), self._turns:
                return read_answer(await self._ask(request))
        except (OSError, ParseError, UnicodeError) as error:  # the last: no name of a host
            why = "no answer in time" if isinstance(error, TimeoutError) else _why(error)
        message = f"policy service {self.name}: {why}"
        if self._default_action is None:
            raise LookupFailed(message, source=self.name)
        _LOG.warning("%s; the default action holds", message)
        return self._default_action

    async def close(self) -> None:
        """Close all connections; whoever waits is told.  Never raises."""
        self._is_closed = True
        for connection in (*self._idle, *self._busy):
            connection.end(_STOPPED)
        # A transport that was closed ends with the next turn of the loop.
        await asyncio.sleep(0)

    async def _ask(self, request: bytes) -> bytes:
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open:
                # It was closed while nobody looked: a new one is asked below.
                with contextlib.suppress(_Lost):
                    return await self._ask_on(connection, request)
                break
        return await self._ask_on(await self._connect(), request)

    async def _ask_on(self, connection: PolicyConnection, request: bytes) -> bytes:
        self._busy.add(connection)
        try:
            answer = await connection.ask(request)
        except BaseException:
            connection.end("it was given up")
            raise
        finally:
            self._busy.discard(connection)
        if connection.is_open:
            self._idle.append(connection)
            connection.rest(self._idle_seconds)
        return answer

    async def _connect(self) -> PolicyConnection:
        if self._is_closed:
            raise _Lost(_STOPPED)
        loop = asyncio.get_running_loop()
        if isinstance(self._address, str):
            _, connection = await loop.create_unix_connection(PolicyConnection, self._address)
        else:
            _, connection = await loop.create_connection(PolicyConnection, *self._address)
        return connection


class _Lost(ConnectionError):
    """The connection was closed before there was any answer."""


class PolicyConnection(asyncio.Protocol):
    """One connection: questions one after the other."""

    def __init__(self) -> None:
        self.is_open = True
        self._octets = b""
        self._answer: asyncio.Future[bytes] | None = None
        self._transport: asyncio.Transport | None = None
        self._resting: asyncio.TimerHandle | None = None

    async def ask(self, request: bytes) -> bytes:
        """Return the answer to a question.

        Raises:
            ParseError: It is none.
            ConnectionError: There is none.
        """
        if self._resting is not None:
            self._resting.cancel()
        if self._transport is None:
            raise _Lost("the connection was closed")
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        try:
            return await self._answer
        finally:
            self._answer = None
            self._octets = b""

    def rest(self, seconds: float) -> None:
        """Close the connection, unless it is asked something within that time."""
        loop = asyncio.get_running_loop()
        self._resting = loop.call_later(seconds, self.end, "it was not used")

    def end(self, why: str) -> None:
        """Close the connection; whoever waits is told."""
        self._fail(_Lost(why))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        # Not all transports that are one say so: those of other loops do not.
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Take note that the service has gone."""
        text = "the connection was closed" if error is None else str(error)
        self._fail(ConnectionError(text) if self._octets else _Lost(text))

    def data_received(self, data: bytes) -> None:
        """Take what has come; it is an answer, whole or in part, or nonsense."""
        if self._answer is None or self._answer.done():
            self._fail(_Lost("it talks without being asked"))
            return
        self._octets += data
        # Few octets: the whole is looked at again.
        end = self._octets.find(b"\n\n")
        if len(self._octets) > _LONGEST_ANSWER_OCTETS:
            self._fail(ParseError("the answer is too long"))
        elif self._octets.startswith(b"\n"):
            self._fail(ParseError("the answer is empty"))
        elif 0 <= end < len(self._octets) - 2:
            self._fail(ParseError("more came than one answer"))
        elif end >= 0:
            self._answer.set_result(self._octets[: end + 1])

    def _fail(self, error: Exception) -> None:
        self.is_open = False
        if self._resting is not None:
            self._resting.cancel()
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)
        if self._transport is not None:
            self._transport.abort()


def _why(error: Exception) -> str:
    text = error.strerror if isinstance(error, OSError) else None
    return text or str(error) or type(error).__name__
