"""From a next hop to a session that mail can be sent in, or to what stands against it.

Rules.
- Names that do not exist fail; all else that the network does is for now.
- A server that calls itself what we call ourselves is us: the mail would come round
  again (RFC 5321 s6.3).
- Where TLS fails that nobody insists on, the mail goes without it, in a new connection.
"""

from __future__ import annotations

import enum
import smtplib
import socket
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

from dsnlib.adapters.agents.smtp_session import SmtpSession, code_class
from dsnlib.adapters.agents.verdict import one_line
from dsnlib.model.address import MtaName
from dsnlib.model.status import EnhancedStatusCode
from dsnlib.policy.hop import NextHop
from dsnlib.policy.settle import TransactionReplies
from dsnlib.replies.discard import Discards, discard_offered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dsnlib.adapters.agents.next_hop import HopAddress

__all__ = ["Connected", "Connector", "RelayTlsLevel", "Trouble"]

# A name may have hundreds of addresses; Postfix's `smtp_mx_address_limit` is the precedent.
_MOST_ADDRESSES = 5
_NO_SUCH_NAME = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})


class RelayTlsLevel(enum.Enum):
    """How a session is encrypted; the names are Postfix's."""

    NONE = "none"
    MAY = "may"
    """Where it is offered, with whoever is there."""
    ENCRYPT = "encrypt"
    """Always, with whoever is there."""
    VERIFY = "verify"
    """Always, with the server of that name."""


class Trouble(Exception):
    """Why there is no session.

    Attributes:
        replies: As `settle_relay` takes it.
        relay: Who it was, for the log; `none` if nobody answered.
    """

    def __init__(self, replies: TransactionReplies, relay: str = "none") -> None:
        super().__init__(replies.lost)
        self.replies = replies
        self.relay = relay


def _lost(status: str, text: str, relay: str = "none") -> Trouble:
    code = EnhancedStatusCode.parse(status)
    return Trouble(TransactionReplies(lost=one_line(text), lost_status=code), relay)


@attrs.frozen(kw_only=True)
class Connected:
    """A session, ready for MAIL.

    Args:
        session: The session.
        hop: What the server announced in it.
        relay: Who it is, for the log.
        keywords: What it announced, by keyword in upper case.
    """

    session: SmtpSession
    hop: NextHop
    relay: str
    keywords: dict[str, str]


@attrs.frozen(kw_only=True)
class _Place:
    """One address of a next hop."""

    address: tuple[str, int] | str
    shown: str


@attrs.frozen(kw_only=True)
class Connector:
    """Opens sessions.

    Args:
        hello: What we call ourselves.
        is_lmtp: Whether the servers speak LMTP.
        is_final: Whether what they take is in the mailbox then.
        level: How sessions are encrypted.
        context: For TLS; one of the system's authorities if not given.
        credentials: Returns user and password for a next hop's host, or `None`.
        discards: What is passed over of what servers announce.
        most_recipients: The most in one transaction.
        connect_seconds: How long a connection may take.
        command_seconds: How long each reply may take; RFC 5321 s4.5.3.2 has 5 minutes.
    """

    hello: str
    is_lmtp: bool = False
    is_final: bool = False
    level: RelayTlsLevel = RelayTlsLevel.MAY
    context: ssl.SSLContext | None = None
    credentials: Callable[[str], tuple[str, str] | None] | None = None
    discards: Discards = attrs.field(factory=Discards)
    most_recipients: int | None = None
    connect_seconds: float = 30.0
    command_seconds: float = 300.0

    def connect(self, target: HopAddress, watch: Callable[[SmtpSession], None]) -> Connected:
        """Return a session with a next hop.

        Args:
            target: The next hop.
            watch: Is told of each session that is begun, so that it can be ended.

        Raises:
            Trouble: There is none.
        """
        trouble = _lost("5.4.4", f"{target.host} has no address")
        for place in _places(target):
            try:
                return self._begin(target, place, watch)
            except Trouble as met:
                trouble = met
                if code_class(met.replies.session) is None and met.relay != "none":
                    # It was reached, and something else was wrong than the greeting.
                    raise
        raise trouble

    def _begin(
        self, target: HopAddress, place: _Place, watch: Callable[[SmtpSession], None]
    ) -> Connected:
        session = self._greet(target, place, watch)
        try:
            is_tls = False
            self._hello(session, place)
            if self.level is not RelayTlsLevel.NONE:
                try:
                    is_tls = self._start_tls(session, place)
                except _NoTls:
                    session.close()
                    session = self._greet(target, place, watch)
                    self._hello(session, place)
            self._log_in(session, target, place, is_tls=is_tls)
        except smtplib.SMTPException as error:
            session.close()
            raise _lost("4.4.2", f"{place.shown} was lost: {error}", place.shown) from error
        except Trouble:
            session.leave()
            raise
        return self._connected(session, target, place, is_tls=is_tls)

    def _greet(
        self, target: HopAddress, place: _Place, watch: Callable[[SmtpSession], None]
    ) -> SmtpSession:
        session = SmtpSession(
            target.host, hello=self.hello, is_lmtp=self.is_lmtp,
            timeout_seconds=self.connect_seconds,
        )  # fmt: skip
        try:
            watch(session)
            greeting = session.open(place.address)
        except smtplib.SMTPException as error:
            session.close()
            raise _lost("4.4.2", f"{place.shown} did not greet: {error}") from error
        except OSError as error:
            session.close()
            raise _lost("4.4.1", f"{place.shown}: {_why(error)}") from error
        if code_class(greeting) != 2:
            session.leave()
            raise Trouble(TransactionReplies(session=greeting), place.shown)
        if session.sock is not None:
            session.sock.settimeout(self.command_seconds)
        return session

    def _hello(self, session: SmtpSession, place: _Place) -> None:
        answer = session.hello()
        if code_class(answer) != 2:
            raise Trouble(TransactionReplies(session=answer), place.shown)
        name = "" if isinstance(answer, str) else answer.lines[0].partition(" ")[0]
        if name.lower() == self.hello.lower():
            raise _lost("5.4.6", f"{place.shown} is this system itself", place.shown)

    def _start_tls(self, session: SmtpSession, place: _Place) -> bool:
        """Encrypt the session, and tell whether it is.

        Raises:
            _NoTls: It failed, and the connection with it.
        """
        is_needed = self.level is not RelayTlsLevel.MAY
        if not session.has_extn("starttls"):
            if is_needed:
                text = f"{place.shown} offers no TLS, and it is required"
                raise _lost("4.7.4", text, place.shown)
            return False
        try:
            answer = session.start_tls(self._context())
        except OSError as error:
            if is_needed:
                text = f"TLS with {place.shown} has failed: {_why(error)}"
                raise _lost("4.7.5", text, place.shown) from error
            raise _NoTls from error
        if code_class(answer) == 2:
            return True
        if is_needed:
            raise _lost("4.7.4", f"{place.shown} does not begin TLS: {answer}", place.shown)
        return False

    def _context(self) -> ssl.SSLContext:
        if self.context is not None:
            return self.context
        context = ssl.create_default_context()
        if self.level is not RelayTlsLevel.VERIFY:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context

    def _log_in(
        self, session: SmtpSession, target: HopAddress, place: _Place, *, is_tls: bool
    ) -> None:
        known = None if self.credentials is None else self.credentials(target.host)
        if known is None:
            return
        if not is_tls:
            text = f"the password for {place.shown} goes out under TLS alone"
            raise _lost("4.7.11", text, place.shown)
        try:
            session.login(*known)
        except smtplib.SMTPServerDisconnected:
            raise
        except smtplib.SMTPException as error:
            # For now: a password can be put right, and mail must not bounce for it.
            raise _lost("4.7.8", f"{place.shown} refuses the login", place.shown) from error

    def _connected(
        self, session: SmtpSession, target: HopAddress, place: _Place, *, is_tls: bool
    ) -> Connected:
        lines = discard_offered(session.keywords, self.discards)
        hop = NextHop.from_ehlo(
            _mta_name(target),
            lines,
            # Whoever answers may be anybody, unless the certificate was looked at.
            is_tls=is_tls and self.level is RelayTlsLevel.VERIFY,
            is_lmtp=self.is_lmtp,
            is_final=self.is_final,
            most_recipients=self.most_recipients,
        )
        words = [line.partition(" ") for line in lines]
        keywords = {word.upper(): rest for word, _, rest in words}
        return Connected(session=session, hop=hop, relay=place.shown, keywords=keywords)

    def name_of(self, target: HopAddress) -> MtaName:
        """Return what a report calls the next hop."""
        return MtaName("dns", _mta_name(target))


class _NoTls(Exception):
    """TLS has failed, and it was not needed."""


def _places(target: HopAddress) -> Iterator[_Place]:
    if target.port is None:
        yield _Place(address=target.host, shown=f"localhost[{target.host}]")
        return
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        if error.errno in _NO_SUCH_NAME:
            raise _lost("5.4.4", f"{target.host} is no name of a system") from error
        raise _lost("4.4.3", f"{target.host} cannot be looked up now") from error
    except (OSError, UnicodeError) as error:
        # A label that no domain can have.
        raise _lost("5.1.2", f"{target.host[:255]} is no domain name") from error
    addresses = dict.fromkeys(str(entry[4][0]) for entry in found)
    for address in list(addresses)[:_MOST_ADDRESSES]:
        shown = f"{target.host}[{address}]:{target.port}"
        yield _Place(address=(address, target.port), shown=shown)


def _mta_name(target: HopAddress) -> str:
    if target.port is None:
        return "localhost"
    is_address = ":" in target.host or target.host.replace(".", "").isdigit()
    return f"[{target.host}]" if is_address else target.host


def _why(error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return error.strerror or type(error).__name__
