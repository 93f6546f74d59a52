"""What one listening socket is: everything that a session has to know of its server.

It is made once, from settings, and shared by all sessions; so it is a value, but for
the counts in `ClientRates` and the services behind protocols.

Rules.
- What is announced is what `capabilities` says, less what `discards` keeps from the
  client, and what a session cannot do: STARTTLS without a context, AUTH without an
  authenticator.
- A limit of 0 is none.
"""

from __future__ import annotations

import enum
import ssl
from collections.abc import Callable, Iterable
from pathlib import Path

import attrs

from dsnlib.adapters.intake import Intake
from dsnlib.adapters.login.authenticator import Authenticator
from dsnlib.adapters.milters.settings import Milter
from dsnlib.adapters.server.data import BareNewlines
from dsnlib.adapters.server.rates import ClientRates
from dsnlib.errors import InvalidValue
from dsnlib.model.number import require_number, require_whole
from dsnlib.replies.capabilities import Capabilities
from dsnlib.replies.check_tables import ContentChecks
from dsnlib.replies.content import ContentLimits
from dsnlib.replies.discard import DiscardRules
from dsnlib.replies.footer import ReplyFooter
from dsnlib.replies.judge import AccessPolicy
from dsnlib.replies.resolver import Resolver
from dsnlib.replies.rewrite import RewriteRules
from dsnlib.replies.table import Table

__all__ = ["Listener", "ServerLimits", "TlsLevel"]


class TlsLevel(enum.Enum):
    """Whether sessions are encrypted; the words are Postfix's."""

    NONE = "none"
    MAY = "may"
    ENCRYPT = "encrypt"
    """Nothing but EHLO, NOOP, STARTTLS and QUIT before (RFC 3207 s4)."""


@attrs.frozen(kw_only=True)
class ServerLimits:
    """How much one session may do, and how long it may take; 0 is no limit.

    Args:
        sessions: How many there may be at once; whoever comes then hears 421 4.3.2.
        command_octets: A command without its line end; RFC 3461 s5.4 and others
            add up to less than the default.
        login_octets: A line of AUTH and of a response to it (RFC 4954 s4).
        text_line_octets: A line of a message without its line end.
        memory_octets: What is kept in memory of one message before it is a file.
        recipients: Recipients of one message.
        hops: Received fields of a message.
        soft_errors: Refused commands before each further one has to wait.
        hard_errors: Refused commands before the session is ended.
        tarpit_seconds: How long an answer waits once there are too many errors.
        junk_commands: NOOP, RSET, VRFY and the like before each counts as an error.
        command_seconds: How long a command may take to come, and a reply to go
            (RFC 5321 s4.5.3.2.7 has five minutes).
        handshake_seconds: How long a TLS handshake may take.
        greeting_seconds: How long the greeting waits; whoever talks before has
            talked early.
        data_octets_per_second: Slower than that a message may not come for longer
            than `command_seconds`.
        farewell_seconds: How long the last reply may take to go.
        checked_at_once: How many messages that are too large for memory are read
            whole for checks at the same time.

    Raises:
        InvalidValue: A limit is negative or no number, one that counts is not whole, or
            one that has to be there is 0.
    """

    sessions: int = 1000
    command_octets: int = 2048
    login_octets: int = 12_288
    text_line_octets: int = 0
    memory_octets: int = 262_144
    recipients: int = 1000
    hops: int = 50
    soft_errors: int = 10
    hard_errors: int = 20
    tarpit_seconds: float = 1.0
    junk_commands: int = 100
    command_seconds: float = 300.0
    handshake_seconds: float = 60.0
    greeting_seconds: float = 0.0
    data_octets_per_second: int = 500
    farewell_seconds: float = 10.0
    checked_at_once: int = 2

    def __attrs_post_init__(self) -> None:
        for field in attrs.fields(type(self)):
            value, what = getattr(self, field.name), f"limits: {field.name}"
            is_needed = field.name in _NEEDED
            if field.name.endswith("_seconds"):
                require_number(value, what, least=0, above=is_needed)
            else:
                require_whole(value, what, least=int(is_needed))


# Without these a stranger could have all memory and all time.
_NEEDED = frozenset(
    {
        "checked_at_once",
        "command_octets",
        "command_seconds",
        "data_octets_per_second",
        "farewell_seconds",
        "handshake_seconds",
        "login_octets",
        "memory_octets",
    }
)


def _milters(values: Iterable[Milter]) -> tuple[Milter, ...]:
    return tuple(values)


@attrs.frozen(kw_only=True, eq=False)
class Listener:
    """What one listening socket is.

    Args:
        hostname: Our name, in the greeting and in trace fields.
        intake: Who takes responsibility for messages.
        greeting: What stands behind the name in the greeting.
        policy: The lists about clients, addresses and messages.
        capabilities: What the server does.  `starttls` and `auth` are found by
            `tls` and `authenticator`.
        discards: What is kept from clients at EHLO.
        checks: What is looked for in the content.
        check_limits: How much of the content is looked at.
        rules: How replies are rewritten.
        footer: What stands behind refusals, or `None`.
        limits: How much a session may do.
        rates: How much a client may do; shared with other listeners, or `None`.
        folder: Where messages that are large are written; in the file system of
            the queue.  Without one all are in memory.
        free_octets: Tells how much room the queue has, or `None`.
        least_free_octets: How much room has to stay.
        tls: The certificates, or `None`; the same context that is announced.
        tls_level: Whether sessions have to be encrypted.
        is_tls_implicit: Whether the handshake comes before the greeting.
        is_lmtp: Whether it speaks LMTP (RFC 2033): the reply to a message is one for each
            recipient, from an intake that is a `RecipientIntake`, or the same for all.
        authenticator: Who knows accounts, or `None`; it says too which mechanisms are
            for encrypted sessions alone (RFC 4954 s4).
        needs_login: Whether mail is taken only from accounts.
        milters: The filters that are asked, in order.
        resolver: The domain name system for the names of clients; `None` if they
            are not looked for.
        xclient: A table of the networks whose XCLIENT is believed, or `None`.
        proxy_seconds: How long a proxy in front may take to say where its client is
            (`proxy`); `None` if there is no proxy.
        needs_helo: Whether EHLO or HELO has to come first.
        has_help: Whether HELP is answered.
        is_strict: Whether a path has to have its brackets.
        bare_newlines: What becomes of a message with a lone CR or LF.
        log_name: What the log calls it, such as `smtpd` or `submission`.

    Raises:
        InvalidValue: TLS is asked for and there is no context, or it would come before
            what a proxy says; LMTP lacks an extension that it must have.
    """

    hostname: str
    intake: Intake
    greeting: str = "ESMTP"
    policy: AccessPolicy = attrs.field(factory=AccessPolicy)
    capabilities: Capabilities = attrs.field(
        factory=lambda: Capabilities(
            pipelining=True,
            size=10_240_000,
            vrfy=True,
            etrn=True,
            enhanced_status_codes=True,
            eight_bit_mime=True,
            dsn=True,
            smtputf8=True,
            chunking=True,
        )
    )
    discards: DiscardRules = attrs.field(factory=DiscardRules)
    checks: ContentChecks = attrs.field(factory=ContentChecks)
    check_limits: ContentLimits = attrs.field(factory=ContentLimits)
    rules: RewriteRules = attrs.field(factory=RewriteRules)
    footer: ReplyFooter | None = None
    limits: ServerLimits = attrs.field(factory=ServerLimits)
    rates: ClientRates | None = None
    folder: Path | None = None
    free_octets: Callable[[], int] | None = None
    least_free_octets: int = 0
    tls: ssl.SSLContext | None = None
    tls_level: TlsLevel = TlsLevel.NONE
    is_tls_implicit: bool = False
    is_lmtp: bool = False
    authenticator: Authenticator | None = None
    needs_login: bool = False
    milters: tuple[Milter, ...] = attrs.field(default=(), converter=_milters)
    resolver: Resolver | None = None
    xclient: Table | None = None
    proxy_seconds: float | None = None
    needs_helo: bool = True
    has_help: bool = True
    is_strict: bool = False
    bare_newlines: BareNewlines = BareNewlines.REFUSE
    log_name: str = "smtpd"

    def __attrs_post_init__(self) -> None:
        wants_tls = self.is_tls_implicit or self.tls_level is not TlsLevel.NONE
        if wants_tls and self.tls is None:
            message = "listener: there is no certificate, so there is no TLS"
            raise InvalidValue(message, value=self.tls_level)
        if self.is_tls_implicit and self.proxy_seconds is not None:
            message = "listener: TLS cannot begin with a connection that begins with a proxy"
            raise InvalidValue(message, value=self.proxy_seconds)
        # RFC 2033 s5
        has_all = self.capabilities.pipelining and self.capabilities.enhanced_status_codes
        if self.is_lmtp and not has_all:
            message = "listener: LMTP cannot be without PIPELINING and ENHANCEDSTATUSCODES"
            raise InvalidValue(message, value=self.capabilities)
        if self.needs_login and self.authenticator is None:
            message = "listener: nobody knows accounts, so there are no log-ins"
            raise InvalidValue(message, value=self.needs_login)

    @property
    def size_octets(self) -> int | None:
        """The largest message, `None` for any."""
        return self.capabilities.size or None

    def has_room(self, octets: int) -> bool:
        """Tell whether the queue has room for so many octets.  Never raises."""
        if self.free_octets is None:
            return True
        try:
            free = self.free_octets()
        except OSError:
            return False
        return free >= self.least_free_octets + octets
