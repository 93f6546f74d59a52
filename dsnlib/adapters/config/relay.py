"""The keys of what mail is sent with: the same for SMTP and for LMTP, each with its prefix.

    smtp_connect_timeout = "30s"      lmtp_connect_timeout = "5s"

Rules.
- `smtp:` and `relay:` heed the keys with `smtp_`, `lmtp:` those with `lmtp_`.
- LMTP has LHLO, and so its keys do (RFC 2033 s4.1).
- What cannot be with LMTP has no key there: it has no MX, and who delivers logs in as
  itself, not as the sender.
"""

# ruff: noqa: RUF009, FBT003  a row is a key, whose default stands second; attrs makes the field
from __future__ import annotations

import datetime as dt
from pathlib import Path

import attrs

from dsnlib.adapters.client.tls.policy import GRADES
from dsnlib.adapters.config.hops import (
    ADDRESS_OF,
    CIPHERS,
    HOST_LOOKUPS,
    MATCHES,
    MECHANISMS,
    NEXTHOPS,
    PLACES,
    PROTOCOLS,
    SERVER_NAME,
)
from dsnlib.adapters.config.key import key
from dsnlib.adapters.config.kinds import (
    DISCARD_LIST,
    DOMAIN,
    FLAG,
    PATH,
    TABLES,
    choice,
    choices,
    count,
    maybe,
    time,
)

__all__ = ["LmtpKeys", "RelayKeys", "SmtpKeys"]

_OPTIONS = choices("mutual_auth", "noactive", "noanonymous", "nodictionary", "noplaintext")
_GRADE = choice(*GRADES)
_PORT = count(1, 65_535)


def _wait(seconds: int, doc: str) -> dt.timedelta:
    """Make the key of how long something may take."""
    return key(time("s", least=1), dt.timedelta(seconds=seconds), doc)


@attrs.frozen(kw_only=True)
class RelayKeys:
    """What mail is sent with."""

    # Where
    tcp_port: int = key(_PORT, 25, "The port where a next hop names none.")
    host_lookup: tuple[str, ...] = key(
        HOST_LOOKUPS, ("dns",), "How hosts are looked up: `dns`, `native` as this system does."
    )
    address_preference: str = key(
        choice("any", "ipv4", "ipv6"), "any", "Which addresses of a host come first."
    )
    mx_address_limit: int = key(
        count(0, 1000), 5, "How many addresses of a next hop are looked at; 0 for all."
    )
    mx_session_limit: int = key(
        count(0, 1000), 2, "With how many of them a session is begun for one attempt; 0 for all."
    )
    fallback_relay: tuple[str, ...] = key(
        NEXTHOPS, (), "Next hops that are tried when all others cannot be reached."
    )
    bind_address: str = key(ADDRESS_OF[4], "", "The IPv4 address that connections come from.")
    bind_address6: str = key(ADDRESS_OF[6], "", "The IPv6 address that connections come from.")

    # How much
    destination_concurrency_limit: int | None = key(
        maybe(count(1, 1000)),
        None,
        "How many attempts are under way at once to one destination.",
        unset="`default_destination_concurrency_limit`",
    )
    destination_recipient_limit: int | None = key(
        maybe(count(1, 1000)),
        None,
        "How many recipients go to a destination in one transaction.",
        unset="`default_destination_recipient_limit`",
    )
    delivery_status_filter: tuple[str, ...] | None = key(
        maybe(TABLES),
        None,
        "Tables that change the status and text of an outcome.",
        unset="`default_delivery_status_filter`",
    )

    reply_filter: tuple[str, ...] = key(
        TABLES, (), "Tables that change the lines of what servers answer, before it counts."
    )

    # What is said
    helo_name: str = key(DOMAIN, "$myhostname", "What this system calls itself.")
    discard_ehlo_keywords: tuple[str, ...] = key(
        DISCARD_LIST, (), "Extensions that servers announce and that are not used."
    )
    discard_ehlo_keyword_address_maps: tuple[str, ...] = key(
        TABLES, (), "The same for single servers, by their IP address."
    )

    # How long; RFC 5321 s4.5.3.2
    connect_timeout: dt.timedelta = _wait(30, "How long a connection to one address may take.")
    helo_timeout: dt.timedelta = _wait(
        300, "How long the greeting may take, and the reply to the first command and to AUTH."
    )
    starttls_timeout: dt.timedelta = _wait(300, "The same for STARTTLS and the handshake.")
    mail_timeout: dt.timedelta = _wait(300, "The same for the reply to MAIL.")
    rcpt_timeout: dt.timedelta = _wait(300, "The same for the reply to RCPT.")
    data_init_timeout: dt.timedelta = _wait(120, "The same for the reply to DATA.")
    data_xfer_timeout: dt.timedelta = _wait(180, "The same for each piece of a message.")
    data_done_timeout: dt.timedelta = _wait(600, "The same for the reply behind the message.")
    rset_timeout: dt.timedelta = _wait(20, "The same for the reply to RSET.")
    quit_timeout: dt.timedelta = _wait(2, "The same for the reply to QUIT.")
    command_timeout: dt.timedelta | None = key(
        maybe(time("s", least=1)),
        None,
        "The longest that any reply may take, whatever the keys for each of them say.",
        unset="no limit but theirs",
    )

    # Connections that are kept
    connection_cache_on_demand: bool = key(
        FLAG, True, "Whether connections are kept while more mail waits for the same destination."
    )
    connection_cache_destinations: tuple[str, ...] = key(
        PLACES, (), "Next hops to which connections are kept in any case."
    )
    connection_cache_time_limit: dt.timedelta = _wait(
        2, "How long a connection is kept without use; see `connection_cache_ttl_limit`."
    )
    connection_reuse_time_limit: dt.timedelta = _wait(
        300, "How long after its beginning a connection is used again."
    )
    connection_reuse_count_limit: int = key(
        count(), 0, "How often a connection is used again; 0 for as often as one likes."
    )

    # TLS
    tls_security_level: str = key(
        choice("none", "may", "encrypt", "verify", "secure"),
        "may",
        "Whether mail is sent encrypted; `verify` and `secure` look who is there, too.",
    )
    tls_policy_maps: tuple[str, ...] = key(
        TABLES, (), "The same for single next hops: a level, and what goes with it."
    )
    tls_wrappermode: bool = key(
        FLAG, False, "Whether TLS begins with the connection, as on port 465 (RFC 8314)."
    )
    tls_cafile: Path | None = key(
        PATH, None, "Who vouches for servers, in PEM form.", name="tls_CAfile", unset="the system's"
    )
    tls_capath: Path | None = key(
        PATH, None, "A directory with the same, by hash.", name="tls_CApath", unset="the system's"
    )
    tls_cert_file: Path | None = key(
        PATH, None, "Our own certificate with its chain, where servers ask for one.", unset="none"
    )
    tls_key_file: Path | None = key(
        PATH, None, "Its private key, in PEM form.", unset="in the file of the certificate"
    )
    tls_protocols: str = key(
        PROTOCOLS, ">=TLSv1.2", "The versions of TLS at `may`, such as `>=TLSv1.2` or `!TLSv1.3`."
    )
    tls_mandatory_protocols: str = key(PROTOCOLS, ">=TLSv1.2", "The same at the levels above.")
    tls_ciphers: str = key(_GRADE, "medium", "The grade of the ciphers at `may`, up to TLS 1.2.")
    tls_mandatory_ciphers: str = key(_GRADE, "medium", "The same at the levels above.")
    tls_exclude_ciphers: tuple[str, ...] = key(
        CIPHERS, (), "Ciphers that are not used at any level, by OpenSSL's names."
    )
    tls_mandatory_exclude_ciphers: tuple[str, ...] = key(
        CIPHERS, (), "More of them at the levels above `may`."
    )
    tls_servername: str = key(
        SERVER_NAME,
        "hostname",
        "Whom the server is told we want (SNI): `hostname`, `nexthop`, a name.",
    )
    tls_note_starttls_offer: bool = key(
        FLAG, False, "Whether the log tells of servers that offer TLS which is not used."
    )
    tls_verify_cert_match: tuple[str, ...] = key(
        MATCHES, ("hostname",), "Whom a certificate has to be for at `verify`."
    )
    tls_secure_cert_match: tuple[str, ...] = key(
        MATCHES, ("nexthop", "dot-nexthop"), "The same at `secure`."
    )

    # Logins
    sasl_auth_enable: bool | None = key(
        maybe(FLAG),
        None,
        "Whether this system logs in at servers that it has a login for.",
        unset="if there are password tables",
    )
    sasl_password_maps: tuple[str, ...] = key(
        TABLES, (), "The logins: `user:password` by the name of the host or the next hop."
    )
    sasl_mechanism_filter: tuple[str, ...] = key(
        MECHANISMS, (), "Mechanisms that may be used, or with `!` not; all if it is empty."
    )
    sasl_security_options: tuple[str, ...] = key(
        _OPTIONS,
        ("noplaintext", "noanonymous"),
        "Which mechanisms are not used in clear: `noplaintext` are those that show the password.",
    )
    sasl_tls_security_options: tuple[str, ...] = key(
        _OPTIONS, ("noanonymous",), "The same under TLS."
    )
    sasl_auth_soft_bounce: bool = key(
        FLAG, True, "Whether mail waits, and is not returned, when a server refuses a login."
    )


@attrs.frozen(kw_only=True)
class SmtpKeys(RelayKeys):
    """What `smtp:` and `relay:` send mail with."""

    sender_dependent_authentication: bool = key(
        FLAG, False, "Whether logins are looked up by the sender of a message first."
    )

    @staticmethod
    def spell(name: str) -> str:
        """Return what the file calls a key."""
        return f"smtp_{name}"


@attrs.frozen(kw_only=True)
class LmtpKeys(RelayKeys):
    """What `lmtp:` sends mail with."""

    # Assigned to LMTP by IANA (RFC 2033 s5 says only: not 25).
    tcp_port: int = key(_PORT, 24, "The port where a next hop names none.")

    @staticmethod
    def spell(name: str) -> str:
        """Return what the file calls a key."""
        return f"lmtp_{name.replace('ehlo', 'lhlo').replace('helo', 'lhlo')}"
