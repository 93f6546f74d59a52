"""The keys of a listener: what its clients may do, and how much of it.

Each of them may stand at the top of the file, for all listeners, and in a `[[listen]]`
table, for one.
"""

# ruff: noqa: RUF009, FBT003  a row is a key, whose default stands second; attrs makes the field
from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

import attrs

from dsnlib.adapters.config.endpoints import (
    DEFAULT_ACTION,
    FILTER_ACTION,
    FILTERS,
    MACROS,
    PROTOCOL,
    WAIT,
    Endpoint,
)
from dsnlib.adapters.config.key import key
from dsnlib.adapters.config.kinds import (
    BLOCK_LISTS,
    CLASSES,
    DISCARD_LIST,
    FLAG,
    FOOTER,
    NETWORKS,
    OCTETS,
    PATH,
    RESTRICTIONS,
    TABLES,
    TEXT,
    Network,
    choice,
    count,
    maybe,
    time,
)
from dsnlib.adapters.milters.macros import DEFAULT_MACROS, MacroStage
from dsnlib.replies.footer import ReplyFooter

__all__ = ["Server"]

_SECOND = dt.timedelta(seconds=1)
_NO_LIMIT = " 0 for any number."


def _macros(stage: MacroStage, what: str) -> tuple[str, ...]:
    return key(MACROS, DEFAULT_MACROS[stage], f"What filters are told {what}, as macros.")


@attrs.frozen(kw_only=True)
class Server:
    """What a listener does for its clients: in `[[listen]]`, or at the top for all."""

    smtpd_banner: str = key(
        TEXT, "$myhostname ESMTP", "What the greeting says behind its code; begins with a name."
    )

    # Who may do what
    smtpd_client_restrictions: str = key(RESTRICTIONS, "", "Asked about the client.")
    smtpd_helo_restrictions: str = key(RESTRICTIONS, "", "Asked about the name in EHLO.")
    smtpd_sender_restrictions: str = key(RESTRICTIONS, "", "Asked about the sender.")
    smtpd_relay_restrictions: str = key(
        RESTRICTIONS,
        "permit_mynetworks, permit_sasl_authenticated, defer_unauth_destination",
        "Asked about each recipient: whether it may be reached through us.",
    )
    smtpd_recipient_restrictions: str = key(RESTRICTIONS, "", "Asked about each recipient.")
    smtpd_data_restrictions: str = key(RESTRICTIONS, "", "Asked at DATA.")
    smtpd_end_of_data_restrictions: str = key(RESTRICTIONS, "", "Asked before a message is taken.")
    smtpd_etrn_restrictions: str = key(RESTRICTIONS, "", "Asked at ETRN.")
    smtpd_restriction_classes: Mapping[str, str] = key(
        CLASSES, {}, "A table: lists of restrictions by names of your own."
    )
    smtpd_delay_reject: bool = key(
        FLAG, True, "Whether client, HELO and sender are refused at RCPT, not before."
    )
    smtpd_reject_unlisted_recipient: bool = key(
        FLAG, True, "Whether mailboxes that are not there are refused."
    )
    smtpd_peername_lookup: bool = key(
        FLAG, True, "Whether the names of clients are looked up in the DNS."
    )
    smtpd_helo_required: bool = key(FLAG, False, "Whether EHLO or HELO has to come first.")
    disable_vrfy_command: bool = key(FLAG, False, "Whether VRFY is refused.")
    strict_rfc821_envelopes: bool = key(
        FLAG, False, "Whether paths without brackets, and others against the grammar, are refused."
    )
    smtpd_forbid_bare_newline: str = key(
        choice("reject", "normalize"),
        "reject",
        "A bare LF or CR in a message: refuse it, or make it a line end.",
    )
    smtpd_sender_login_maps: tuple[str, ...] = key(
        TABLES, (), "Which logins may use a sender address."
    )
    relay_clientcerts: tuple[str, ...] = key(
        TABLES, (), "The certificates of trusted clients, by fingerprint."
    )
    maps_rbl_domains: tuple[str, ...] = key(
        BLOCK_LISTS, (), "The block lists that `reject_maps_rbl` asks."
    )
    permit_mx_backup_networks: tuple[Network, ...] | None = key(
        maybe(NETWORKS),
        None,
        "Where the first MX of a domain has to be for `permit_mx_backup`.",
        unset="anywhere",
    )
    smtpd_authorized_xclient_hosts: tuple[Network, ...] = key(
        NETWORKS, (), "Networks of proxies that may say who their client is (XCLIENT)."
    )
    smtpd_upstream_proxy_protocol: str | None = key(
        maybe(choice("haproxy")),
        None,
        "By which protocol a proxy in front says where its client is.",
        unset="no proxy",
    )
    smtpd_upstream_proxy_timeout: dt.timedelta = key(
        WAIT, dt.timedelta(seconds=5), "How long it may take to say so."
    )
    smtpd_policy_service_default_action: str | None = key(
        maybe(DEFAULT_ACTION),
        None,
        "What holds while a service of `check_policy_service` is away.",
        unset="451 4.3.0",
    )
    smtpd_policy_service_timeout: dt.timedelta = key(
        WAIT, dt.timedelta(seconds=100), "How long a policy service may take."
    )
    smtpd_policy_service_max_idle: dt.timedelta = key(
        WAIT, dt.timedelta(seconds=300), "How long a connection to it is kept without use."
    )
    smtpd_policy_service_policy_context: str = key(TEXT, "", "What it is told in `policy_context`.")

    # Extensions
    smtpd_discard_ehlo_keywords: tuple[str, ...] = key(
        DISCARD_LIST, (), "Extensions that are not announced."
    )
    smtpd_discard_ehlo_keyword_address_maps: tuple[str, ...] = key(
        TABLES, (), "The same for single clients, by their IP address."
    )
    smtpd_deliverby_minimum: dt.timedelta | None = key(
        maybe(time("s")),
        None,
        "The shortest time that a sender may ask for with DELIVERBY (RFC 2852).",
        unset="not announced",
    )
    requiretls_enable: bool = key(
        FLAG, False, "Whether REQUIRETLS is announced under TLS (RFC 8689)."
    )

    # How much
    message_size_limit: int = key(OCTETS, 10_240_000, "The largest message; 0 for any size.")
    smtpd_recipient_limit: int = key(
        count(1, 1_000_000), 1000, "Recipients of one message (RFC 5321 s4.5.3.1.8: 100 or more)."
    )
    smtpd_soft_error_limit: int = key(
        count(), 10, "After so many errors in a session each one costs `smtpd_error_sleep_time`."
    )
    smtpd_session_limit: int = key(count(), 1000, "Sessions of this listener at once." + _NO_LIMIT)
    smtpd_hard_error_limit: int = key(count(1), 20, "After so many errors the session is closed.")
    smtpd_error_sleep_time: dt.timedelta = key(
        time("s"), _SECOND, "How late the reply to an error is."
    )
    smtpd_timeout: dt.timedelta = key(
        time("s", least=1),
        dt.timedelta(seconds=300),
        "How long a client may be silent (RFC 5321 s4.5.3.2.7: 5 minutes or more).",
    )
    line_length_limit: int = key(
        count(512, 1_000_000), 2048, "The longest command, and piece of a line of a body."
    )
    header_size_limit: int = key(OCTETS, 102_400, "How much of one header field is looked at.")
    smtpd_client_connection_count_limit: int = key(
        count(), 50, "Connections of one client at once." + _NO_LIMIT
    )
    smtpd_client_connection_rate_limit: int = key(
        count(), 0, "Connections of one client in `anvil_rate_time_unit`." + _NO_LIMIT
    )
    smtpd_client_message_rate_limit: int = key(count(), 0, "The same of messages." + _NO_LIMIT)
    smtpd_client_recipient_rate_limit: int = key(count(), 0, "The same of recipients." + _NO_LIMIT)
    smtpd_client_new_tls_session_rate_limit: int = key(
        count(), 0, "The same of TLS sessions that are not resumed." + _NO_LIMIT
    )
    smtpd_client_auth_rate_limit: int = key(count(), 0, "The same of log-ins." + _NO_LIMIT)
    smtpd_client_event_limit_exceptions: tuple[Network, ...] | None = key(
        maybe(NETWORKS), None, "Networks without these limits.", unset="`mynetworks`"
    )
    anvil_rate_time_unit: dt.timedelta = key(
        time("s", least=1), dt.timedelta(seconds=60), "The time in which clients are counted."
    )

    # TLS and logins
    smtpd_tls_security_level: str = key(
        choice("none", "may", "encrypt"), "none", "Whether STARTTLS is offered, or has to be used."
    )
    smtpd_tls_cert_file: Path | None = key(
        PATH, None, "The certificate with its chain, in PEM form."
    )
    smtpd_tls_key_file: Path | None = key(
        PATH, None, "The private key, in PEM form.", unset="`smtpd_tls_cert_file`"
    )
    smtpd_tls_cafile: Path | None = key(
        PATH, None, "Who vouches for the certificates of clients.", name="smtpd_tls_CAfile"
    )
    smtpd_tls_ask_ccert: bool = key(FLAG, False, "Whether clients are asked for a certificate.")
    smtpd_tls_auth_only: bool = key(FLAG, True, "Whether AUTH needs TLS.")
    smtpd_sasl_auth_enable: bool = key(FLAG, False, "Whether clients can log in.")
    smtpd_sasl_type: str = key(
        choice("file", "dovecot"), "file", "Who knows the passwords: a file, or Dovecot."
    )
    smtpd_sasl_path: str = key(
        TEXT, "", "The password file, or Dovecot's socket: a path, or `inet:host:port`."
    )

    # Content
    header_checks: tuple[str, ...] = key(TABLES, (), "Asked about each header field.")
    mime_header_checks: tuple[str, ...] | None = key(
        maybe(TABLES), None, "Asked about the fields of MIME parts.", unset="`header_checks`"
    )
    nested_header_checks: tuple[str, ...] | None = key(
        maybe(TABLES), None, "Asked about attached messages' fields.", unset="`header_checks`"
    )
    body_checks: tuple[str, ...] = key(TABLES, (), "Asked about each line of a body.")
    body_checks_size_limit: int = key(
        OCTETS, 51_200, "How much of one part of a body is looked at."
    )
    mime_nesting_limit: int = key(count(1, 1000), 100, "How deep parts may be in parts.")
    smtpd_reply_filter: tuple[str, ...] = key(
        TABLES, (), "Tables that change replies, a line each."
    )

    smtpd_reject_footer: ReplyFooter | None = key(
        FOOTER,
        None,
        "What stands behind every refusal, such as `\\c; ask postmaster@$server_name`.",
    )

    # Filters
    content_filter: str = key(
        TEXT, "", "Where all mail of this listener goes instead, `transport:nexthop`: `discard:`."
    )
    smtpd_milters: tuple[Endpoint, ...] = key(
        FILTERS,
        (),
        "Mail filters, in order; `{ inet:host:port, default_action=accept }` is one, too.",
    )
    milter_default_action: str = key(
        FILTER_ACTION, "tempfail", "What is done if a filter is away or makes no sense."
    )
    milter_connect_timeout: dt.timedelta = key(
        WAIT, dt.timedelta(seconds=30), "How long a filter may take to be reached."
    )
    milter_command_timeout: dt.timedelta = key(
        WAIT, dt.timedelta(seconds=30), "The same to answer a command."
    )
    milter_content_timeout: dt.timedelta = key(
        WAIT, dt.timedelta(seconds=300), "The same to answer at the end of a message."
    )
    milter_protocol: int = key(PROTOCOL, 6, "The newest version of the protocol to use.")
    milter_connect_macros: tuple[str, ...] = _macros(MacroStage.CONNECT, "with the connection")
    milter_helo_macros: tuple[str, ...] = _macros(MacroStage.HELO, "with EHLO and HELO")
    milter_mail_macros: tuple[str, ...] = _macros(MacroStage.MAIL, "with MAIL")
    milter_rcpt_macros: tuple[str, ...] = _macros(MacroStage.RCPT, "with RCPT")
    milter_data_macros: tuple[str, ...] = _macros(MacroStage.DATA, "with DATA")
    milter_end_of_header_macros: tuple[str, ...] = _macros(
        MacroStage.END_OF_HEADER, "behind the header"
    )
    milter_end_of_data_macros: tuple[str, ...] = _macros(
        MacroStage.END_OF_MESSAGE, "behind the message"
    )
    milter_unknown_command_macros: tuple[str, ...] = _macros(
        MacroStage.UNKNOWN, "with a command that is none"
    )
