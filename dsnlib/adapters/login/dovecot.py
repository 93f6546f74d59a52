"""Log-ins that a Dovecot checks: a client of its authentication socket.

The first four lines stand in Dovecot's configuration::

    service auth {
      unix_listener /var/spool/dsnlib/auth {
        mode = 0660
      }
    }

    DovecotAuthenticator("/var/spool/dsnlib/auth")

All mechanisms that it offers can be used, whatever they are: octets go to and fro.

Rules.
- One that shows a password is for TLS only, unless that is allowed; one that lets
  anybody in, or that the server keeps to itself, is not offered.  EXTERNAL is not
  either: whether it can be used depends on the certificate of each client.
- An account that Dovecot only passes on to another server (`proxy`) is refused: the
  password may not have been looked at.  One that may not log in (`nologin`) as well.
- When Dovecot is away, a log-in is refused for now, and the next one connects again.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import attrs

from dsnlib.adapters.login.authenticator import (
    Accepted,
    Challenge,
    LoginPeer,
    LoginReply,
    refuse_unoffered,
)
from dsnlib.adapters.login.dovecot_connection import ConnectionLost
from dsnlib.adapters.login.dovecot_lines import (
    LONGEST_LINE_OCTETS,
    Continued,
    Offered,
    format_auth,
    format_continue,
)
from dsnlib.adapters.login.dovecot_server import Server
from dsnlib.errors import InvalidValue, LookupFailed

if TYPE_CHECKING:
    from dsnlib.adapters.login.authenticator import Exchange, Refused, Step
    from dsnlib.adapters.login.dovecot_connection import Connection
    from dsnlib.adapters.login.dovecot_lines import Ended

__all__ = ["DovecotAuthenticator"]

_LOG = logging.getLogger("dsnlib.login")
# Dovecot makes whoever has guessed wrong wait for up to 15 seconds.
_ANSWER_SECONDS = 30.0
_CONNECT_SECONDS = 10.0
_MOST_EXCHANGES = 1_000

# By what Dovecot says of a mechanism
_SHOWS_PASSWORD = frozenset({"plaintext"})
_NEVER_OFFERED = frozenset({"anonymous", "private"})
_OF_CERTIFICATES = frozenset({"EXTERNAL"})

# What a FAIL says -> what the client is told.  Since Dovecot 2.3 it is the value of
# "code", before it was a parameter of its own.  The first row that fits counts.
_FAILURES = {
    "temp_fail": LoginReply.TEMPORARY,
    "temp": LoginReply.TEMPORARY,
    "user_disabled": LoginReply.DISABLED,
    "login_disabled": LoginReply.DISABLED,
    "pass_expired": LoginReply.EXPIRED,
    "invalid_base64": LoginReply.MALFORMED,
    "authz_fail": LoginReply.CREDENTIALS,
    "authz": LoginReply.CREDENTIALS,
}


class DovecotAuthenticator:
    """Log-ins that a Dovecot checks.

    It belongs to one event loop.

    Args:
        address: The path of the socket, with `unix:` in front or not; or
            `inet:host:port`.
        service: The name by which Dovecot's settings know us.
        allow_plaintext: Whether passwords may come over a connection that is not
            encrypted; Dovecot's `disable_plaintext_auth` is asked besides.
        accept_proxied: Whether accounts may log in that Dovecot passes on to another
            server: only where it checks their passwords all the same.
        expected: The mechanisms that are offered until Dovecot has told its own;
            each counts as one that shows a password.
        answer_seconds: How long Dovecot may take for an answer.
        connect_seconds: How long it may take for a greeting.
        most_exchanges: How many may go on at once.
    """

    def __init__(
        self,
        address: str,
        *,
        service: str = "smtp",
        allow_plaintext: bool = False,
        accept_proxied: bool = False,
        expected: tuple[str, ...] = ("PLAIN", "LOGIN"),
        answer_seconds: float = _ANSWER_SECONDS,
        connect_seconds: float = _CONNECT_SECONDS,
        most_exchanges: int = _MOST_EXCHANGES,
    ) -> None:
        self._allow_plaintext = allow_plaintext
        self._service = service
        self._accept_proxied = accept_proxied
        self._answer_seconds = answer_seconds
        self._server = Server(
            address,
            offered=tuple(Offered(name, _SHOWS_PASSWORD) for name in expected),
            connect_seconds=connect_seconds,
            most_exchanges=most_exchanges,
        )

    def mechanisms(self, *, is_tls: bool) -> tuple[str, ...]:
        """Return the names of what a client may use, as Dovecot told last.  Never raises."""
        passed_over = _NEVER_OFFERED
        if not is_tls and not self._allow_plaintext:
            passed_over |= _SHOWS_PASSWORD
        return tuple(
            each.name
            for each in self._server.offered
            if passed_over.isdisjoint(each.properties) and each.name not in _OF_CERTIFICATES
        )

    def start(self, mechanism: str, *, peer: LoginPeer) -> Exchange:
        """Return a new exchange.

        Raises:
            InvalidValue: The mechanism is none of those for this peer.
        """
        refuse_unoffered(mechanism, self.mechanisms(is_tls=peer.is_tls), peer=peer)
        return _Exchange(
            self._server,
            _Request(mechanism=mechanism, service=self._service, peer=peer),
            answer_seconds=self._answer_seconds,
            accept_proxied=self._accept_proxied,
        )

    async def open(self) -> None:
        """Connect, to have the mechanisms before the first client asks for them.

        Raises:
            LookupFailed: Dovecot cannot be reached, or is none; each log-in tries again.
        """
        await self._server.connect()

    async def close(self) -> None:
        """Close the connection; exchanges that go on are refused.  Never raises."""
        await self._server.close()


@attrs.frozen(kw_only=True)
class _Request:
    mechanism: str
    service: str
    peer: LoginPeer

    def line(self, number: int, response: bytes | None) -> bytes:
        return format_auth(
            number, self.mechanism, service=self.service, peer=self.peer, response=response
        )


class _Exchange:
    """One attempt to log in: a request on a connection."""

    def __init__(
        self, server: Server, request: _Request, *, answer_seconds: float, accept_proxied: bool
    ) -> None:
        self._server = server
        self._request = request
        self._answer_seconds = answer_seconds
        self._accept_proxied = accept_proxied
        self._place: tuple[Connection, int] | None = None

    async def step(self, response: bytes | None) -> Step:
        """Pass on the response, and return what Dovecot makes of it."""
        try:
            if self._place is None:
                answer = await self._begin(response)
            else:
                connection, number = self._place
                answer = await self._ask(
                    connection, number, format_continue(number, response or b"")
                )
        except _LineTooLong:
            return LoginReply.TOO_LONG.refused()
        except LookupFailed as error:
            _LOG.warning("%s", error)
            return LoginReply.TEMPORARY.refused()
        except ConnectionLost as error:
            _LOG.warning("%s", self._server.failed(str(error)))
            return LoginReply.TEMPORARY.refused()
        if isinstance(answer, Continued):
            return Challenge(answer.octets)
        return self._accept(answer) if answer.is_success else _refuse(answer)

    def close(self) -> None:
        """Tell Dovecot that the client has gone, if it does not know the end."""
        if self._place is not None:
            connection, number = self._place
            connection.end(number)

    async def _begin(self, response: bytes | None) -> Continued | Ended:
        connection = await self._server.connect()
        try:
            return await self._begin_on(connection, response)
        except ConnectionLost:
            # Dovecot may have started anew while the connection was idle.
            return await self._begin_on(await self._server.connect(), response)

    async def _begin_on(self, connection: Connection, response: bytes | None) -> Continued | Ended:
        # Dovecot closes the connection, and so ends the exchanges of others, when it
        # is asked for a mechanism that it does not have.
        if self._request.mechanism not in {each.name for each in connection.offered}:
            raise self._server.failed(f"{self._request.mechanism} is not offered any more")
        number = connection.begin()
        self._place = connection, number
        return await self._ask(connection, number, self._request.line(number, response))

    async def _ask(self, connection: Connection, number: int, line: bytes) -> Continued | Ended:
        if len(line) > LONGEST_LINE_OCTETS:
            raise _LineTooLong
        try:
            async with asyncio.timeout(self._answer_seconds):
                return await connection.ask(number, line)
        except TimeoutError:
            self._server.retire(connection)
            raise self._server.failed("the server did not answer in time") from None

    def _accept(self, answer: Ended) -> Step:
        fields = answer.fields
        if "nologin" in fields:
            return LoginReply.DISABLED.refused(fields.get("reason", ""))
        if "proxy" in fields and not self._accept_proxied:
            why = "the password may not have been looked at: the account is of another server"
            _LOG.warning("%s", self._server.failed(why))
            return LoginReply.CREDENTIALS.refused()
        try:
            return Accepted(fields.get("user", ""))
        except InvalidValue as error:
            _LOG.warning("%s", self._server.failed(str(error)))
            return LoginReply.TEMPORARY.refused()


class _LineTooLong(Exception):
    """What the client sent does not go into a line to Dovecot."""


def _refuse(answer: Ended) -> Refused:
    words = {*answer.fields, answer.fields.get("code", "")}
    found = [reply for word, reply in _FAILURES.items() if word in words]
    return [*found, LoginReply.CREDENTIALS][0].refused(answer.fields.get("reason", ""))
