"""From a `[[listen]]` table to the `Listener` that sessions are held by."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import attrs

from dsnlib.adapters.config.listen import Listen
from dsnlib.adapters.milters.macros import MacroStage
from dsnlib.adapters.server.data import BareNewlines
from dsnlib.adapters.server.listener import Listener, ServerLimits, TlsLevel
from dsnlib.adapters.server.rates import ClientRates, RateLimits
from dsnlib.adapters.service.certificates import Certificate
from dsnlib.adapters.service.counting import CountingRates
from dsnlib.adapters.service.policies import AskedService, build_policy, build_resolver
from dsnlib.adapters.service.tables import Networks
from dsnlib.errors import ConfigurationError, DsnError, InvalidValue
from dsnlib.replies.capabilities import Capabilities, SessionLimits
from dsnlib.replies.check_tables import ContentChecks, check_body_value, check_value
from dsnlib.replies.content import ContentLimits
from dsnlib.replies.discard import DiscardRules, parse_discards
from dsnlib.replies.rewrite import RewriteRules

if TYPE_CHECKING:
    from dsnlib.adapters.config.server import Server
    from dsnlib.adapters.config.settings import Settings
    from dsnlib.adapters.intake import Intake
    from dsnlib.adapters.login.authenticator import Authenticator
    from dsnlib.adapters.milters.settings import Milter
    from dsnlib.adapters.policy_service import PolicyClient
    from dsnlib.adapters.service.metrics import Meter
    from dsnlib.adapters.service.tables import Tables
    from dsnlib.replies.site import Directory
    from dsnlib.replies.table import Table

__all__ = ["AccountSource", "BuiltListener", "build_listener"]

_NEWLINES = {"reject": BareNewlines.REFUSE, "normalize": BareNewlines.NORMALIZE}
_SMTP_PORT = 25
# field of `Server` -> field of `RateLimits`
_RATES = {
    "smtpd_client_connection_count_limit": "connections",
    "smtpd_client_connection_rate_limit": "connection_rate",
    "smtpd_client_message_rate_limit": "messages",
    "smtpd_client_recipient_rate_limit": "recipients",
    "smtpd_client_new_tls_session_rate_limit": "tls_sessions",
    "smtpd_client_auth_rate_limit": "logins",
}


# stage -> field of `Server`
_MACROS = {
    MacroStage.CONNECT: "milter_connect_macros",
    MacroStage.HELO: "milter_helo_macros",
    MacroStage.MAIL: "milter_mail_macros",
    MacroStage.RCPT: "milter_rcpt_macros",
    MacroStage.DATA: "milter_data_macros",
    MacroStage.END_OF_HEADER: "milter_end_of_header_macros",
    MacroStage.END_OF_MESSAGE: "milter_end_of_data_macros",
    MacroStage.UNKNOWN: "milter_unknown_command_macros",
}
# field of `Milter` -> the key for all filters, and a filter's own
_OF_MILTERS = {
    "default_action": ("milter_default_action", "default_action"),
    "connect_seconds": ("milter_connect_timeout", "connect_timeout"),
    "command_seconds": ("milter_command_timeout", "command_timeout"),
    "content_seconds": ("milter_content_timeout", "content_timeout"),
    "protocol": ("milter_protocol", "protocol"),
}
# What a proxy may say of its client.
_XCLIENT = ("NAME", "ADDR", "HELO", "LOGIN")


@attrs.frozen(kw_only=True, eq=False)
class BuiltListener:
    """A listener, and what of it has to be looked after.

    Args:
        listen: Its settings.
        listener: What sessions are held by.
        certificate: What SIGHUP reads again, or `None`.
    """

    listen: Listen
    listener: Listener
    certificate: Certificate | None


class AccountSource(NamedTuple):
    """Where accounts are, and whether passwords may come in clear."""

    type: str
    path: str
    allows_plaintext: bool


def _open_accounts(source: AccountSource) -> Authenticator:
    # Most listeners have no accounts.
    if source.type == "dovecot":
        from dsnlib.adapters.login.dovecot import DovecotAuthenticator

        return DovecotAuthenticator(source.path, allow_plaintext=source.allows_plaintext)
    from dsnlib.adapters.login.mechanisms import PasswordAuthenticator
    from dsnlib.adapters.login.password_file import PasswordFile

    store = PasswordFile(Path(source.path))
    return PasswordAuthenticator(store, allow_plaintext=source.allows_plaintext)


class _Builder:
    """Makes the parts of one listener."""

    def __init__(
        self,
        settings: Settings,
        listen: Listen,
        tables: Tables,
        authenticators: dict[AccountSource, Authenticator],
        meter: Meter | None,
    ) -> None:
        self._authenticators = authenticators
        self._meter = meter
        self._settings = settings
        self._listen = listen
        self._server: Server = listen.server
        self._tables = tables

    def fail(self, name: str, error: Exception | str) -> None:
        self._tables.fail(name, str(error), line=self._line(name))

    def _line(self, name: str) -> int:
        is_own = getattr(self._settings.server, name, None) != getattr(self._server, name, None)
        lines = self._settings.lines
        return self._listen.line if is_own or name not in lines else lines[name]

    def discards(self) -> DiscardRules:
        name = "smtpd_discard_ehlo_keyword_address_maps"
        specs = getattr(self._server, name)
        general = parse_discards(" ".join(self._server.smtpd_discard_ehlo_keywords))
        return DiscardRules(general, self._tables.open_all(name, specs, line=self._line(name)))

    def checks(self) -> ContentChecks:
        server, opened = self._server, self._open_checks
        return ContentChecks(
            headers=opened("header_checks", server.header_checks) or (),
            mime_headers=opened("mime_header_checks", server.mime_header_checks),
            nested_headers=opened("nested_header_checks", server.nested_header_checks),
            body=opened("body_checks", server.body_checks) or (),
        )

    def _open_checks(self, name: str, specs: tuple[str, ...] | None) -> tuple[Table, ...] | None:
        if specs is None:
            return None
        check = check_body_value if name == "body_checks" else check_value
        return self._tables.open_all(name, specs, check=check, line=self._line(name))

    def rules(self) -> RewriteRules:
        name = "smtpd_reply_filter"
        return RewriteRules(
            reply_filters=self._tables.open_all(
                name, self._server.smtpd_reply_filter, line=self._line(name)
            ),
            # As Postfix has it: who writes a table may make a refusal one for good.
            may_harden=True,
            soft_bounce=self._settings.system.soft_bounce,
        )

    def limits(self) -> ServerLimits:
        server = self._server
        return ServerLimits(
            command_octets=server.line_length_limit,
            recipients=server.smtpd_recipient_limit,
            hops=self._settings.delivery.hopcount_limit,
            sessions=server.smtpd_session_limit,
            soft_errors=server.smtpd_soft_error_limit,
            hard_errors=server.smtpd_hard_error_limit,
            tarpit_seconds=server.smtpd_error_sleep_time.total_seconds(),
            command_seconds=server.smtpd_timeout.total_seconds(),
        )

    def check_limits(self) -> ContentLimits:
        server = self._server
        try:
            return ContentLimits(
                header_octets=server.header_size_limit,
                line_octets=server.line_length_limit,
                body_octets=server.body_checks_size_limit,
                nesting=server.mime_nesting_limit,
            )
        except InvalidValue as error:
            name = "header_size_limit" if not server.header_size_limit else "body_checks_size_limit"
            self.fail(name, error)
            return ContentLimits()

    def rates(self) -> ClientRates:
        server = self._server
        networks = server.smtpd_client_event_limit_exceptions
        exempt = self._settings.system.mynetworks if networks is None else networks
        limits = RateLimits(
            unit_seconds=server.anvil_rate_time_unit.total_seconds(),
            exempt=Networks(exempt, name="smtpd_client_event_limit_exceptions"),
            **{name: getattr(server, field) for field, name in _RATES.items()},
        )
        if self._meter is None:
            return ClientRates(limits)
        return CountingRates(limits, listener=self._listen.profile, meter=self._meter)

    def capabilities(self) -> Capabilities:
        system, server = self._settings.system, self._server
        by_time = server.smtpd_deliverby_minimum
        return Capabilities(
            pipelining=True,
            size=server.message_size_limit,
            vrfy=not server.disable_vrfy_command,
            etrn=True,
            enhanced_status_codes=True,
            eight_bit_mime=True,
            dsn=True,
            smtputf8=system.smtputf8_enable,
            chunking=True,
            requiretls=server.requiretls_enable,
            deliver_by=None if by_time is None else int(by_time.total_seconds()),
            xclient=_XCLIENT if server.smtpd_authorized_xclient_hosts else (),
            limits=SessionLimits(most_recipients=min(server.smtpd_recipient_limit, 999_999)),
        )

    def proxies(self) -> Table | None:
        name = "smtpd_authorized_xclient_hosts"
        networks = self._server.smtpd_authorized_xclient_hosts
        return Networks(networks, name=name) if networks else None

    def proxy_seconds(self) -> float | None:
        server = self._server
        if not server.smtpd_upstream_proxy_protocol:
            return None
        return server.smtpd_upstream_proxy_timeout.total_seconds()

    def certificate(self) -> Certificate | None:
        server = self._server
        if server.smtpd_tls_cert_file is None:
            return None
        try:
            return Certificate(
                server.smtpd_tls_cert_file,
                server.smtpd_tls_key_file,
                authorities=server.smtpd_tls_cafile,
                asks_client=server.smtpd_tls_ask_ccert,
            )
        except ConfigurationError as error:
            self.fail(error.origin or "smtpd_tls_cert_file", str(error.args[0]))
            return None

    def authenticator(self) -> Authenticator | None:
        server = self._server
        if not server.smtpd_sasl_auth_enable:
            return None
        source = AccountSource(
            server.smtpd_sasl_type, server.smtpd_sasl_path, not server.smtpd_tls_auth_only
        )
        if source not in self._authenticators:
            try:
                self._authenticators[source] = _open_accounts(source)
            except (DsnError, OSError, ImportError) as error:
                self.fail("smtpd_sasl_path", error)
        return self._authenticators.get(source)

    def milters(self) -> tuple[Milter, ...]:
        server = self._server
        if not server.smtpd_milters:
            return ()
        from dsnlib.adapters.milters.settings import DefaultAction, Milter

        macros = {stage: getattr(server, name) for stage, name in _MACROS.items()}
        found = []
        for each in server.smtpd_milters:
            given = {
                field: each.own.get(own, getattr(server, name))
                for field, (name, own) in _OF_MILTERS.items()
            }
            values: dict[str, Any] = {
                name: value.total_seconds() if isinstance(value, dt.timedelta) else value
                for name, value in given.items()
            }
            values["default_action"] = DefaultAction(values["default_action"])
            try:
                found.append(Milter(where=each.where, macros=macros, **values))
            except DsnError as error:
                self.fail("smtpd_milters", error)
        return tuple(found)


def build_listener(
    settings: Settings,
    listen: Listen,
    tables: Tables,
    *,
    directory: Directory,
    intake: Intake,
    authenticators: dict[AccountSource, Authenticator],
    services: dict[AskedService, PolicyClient],
    meter: Meter | None = None,
) -> BuiltListener:
    """Return a listener; what is wrong with its settings is kept by `tables`.

    Args:
        settings: All settings.
        listen: Its own.
        tables: Opens tables.
        directory: The domains and mailboxes of the site.
        intake: Who takes its messages.
        authenticators: Who knows accounts, as far as other listeners have them.
        services: The policy services, as far as other listeners have them.
        meter: Who counts, or `None`.
    """
    builder = _Builder(settings, listen, tables, authenticators, meter)
    server, system = listen.server, settings.system
    certificate = builder.certificate()
    # Without the certificate that is missing there is no listener, but other errors.
    level = server.smtpd_tls_security_level if certificate is not None else "none"
    name, _, rest = server.smtpd_banner.partition(" ")
    if name.lower() != system.myhostname:
        builder.fail("smtpd_banner", f"{name!r} is not myhostname, {system.myhostname}")
    is_lmtp = listen.profile == "lmtp"
    if is_lmtp and listen.port == _SMTP_PORT:
        builder.fail("port", "port 25 is for SMTP, and never for LMTP (RFC 2033 s5)")
    resolver = build_resolver(listen, tables) if server.smtpd_peername_lookup else None
    listener = Listener(
        hostname=system.myhostname,
        intake=intake,
        greeting=rest.strip() or "ESMTP",
        policy=build_policy(
            settings, listen, tables, directory=directory, services=services, resolver=resolver
        ),
        capabilities=builder.capabilities(),
        discards=builder.discards(),
        checks=builder.checks(),
        check_limits=builder.check_limits(),
        rules=builder.rules(),
        footer=listen.server.smtpd_reject_footer,
        limits=builder.limits(),
        rates=builder.rates(),
        least_free_octets=system.queue_minfree,
        tls=None if certificate is None else certificate.context,
        tls_level=TlsLevel(level),
        is_tls_implicit=listen.tls == "implicit" and certificate is not None,
        is_lmtp=is_lmtp,
        authenticator=builder.authenticator(),
        resolver=resolver,
        needs_helo=server.smtpd_helo_required,
        is_strict=server.strict_rfc821_envelopes,
        bare_newlines=_NEWLINES[server.smtpd_forbid_bare_newline],
        milters=builder.milters(),
        xclient=builder.proxies(),
        proxy_seconds=builder.proxy_seconds(),
        log_name=listen.profile,
    )
    return BuiltListener(listen=listen, listener=listener, certificate=certificate)
