"""The keys of the system as a whole: its names, its domains, its files, its rights."""

# ruff: noqa: RUF009, FBT003  a row is a key, whose default stands second; attrs makes the field
from __future__ import annotations

import datetime as dt
import ipaddress
from pathlib import Path

import attrs

from dsnlib.adapters.config.endpoints import PLACE
from dsnlib.adapters.config.hops import HOP
from dsnlib.adapters.config.key import key
from dsnlib.adapters.config.kinds import (
    ADDRESS,
    DOMAIN,
    FLAG,
    NAMES,
    NETWORKS,
    OCTETS,
    PATH,
    TEXT,
    Network,
    choice,
    time,
)

__all__ = ["System"]

_LOOPBACK: tuple[Network, ...] = (
    ipaddress.ip_network("127.0.0.0/8"),
    ipaddress.ip_network("::1/128"),
)


@attrs.frozen(kw_only=True)
class System:
    """What the whole system is, and with which rights it runs."""

    # Names
    myhostname: str = key(
        DOMAIN, "", "The full name of this system. If empty, the one that the host knows of itself."
    )
    mydomain: str = key(
        DOMAIN, "", "The domain of this system. If empty, `myhostname` without its first label."
    )
    myorigin: str = key(
        DOMAIN, "$myhostname", "What an address without a domain is completed with."
    )
    postmaster: str | None = key(
        ADDRESS, "postmaster", "Whom people may ask, and who hears of double bounces."
    )

    # Domains and networks
    mydestination: tuple[str, ...] = key(
        NAMES, ("$myhostname", "localhost"), "The domains whose mailboxes are here."
    )
    relay_domains: tuple[str, ...] = key(
        NAMES, (), "Domains whose mail is taken from anybody and sent on."
    )
    virtual_alias_domains: tuple[str, ...] = key(
        NAMES, (), "Domains whose addresses all lead to others, by `virtual_alias_maps`."
    )
    virtual_mailbox_domains: tuple[str, ...] = key(
        NAMES, (), "Domains with mailboxes of their own, in `virtual_mailbox_base`."
    )
    mynetworks: tuple[Network, ...] = key(
        NETWORKS, _LOOPBACK, "The networks whose clients are trusted: they may relay."
    )
    parent_domain_matches_subdomains: bool = key(
        FLAG, True, "Whether `example.org` in an access table stands for the domains below it too."
    )
    recipient_delimiter: str = key(
        TEXT, "", "The characters that can begin an extension of a local part: `+`."
    )
    smtputf8_enable: bool = key(
        FLAG, True, "Whether addresses and headers may be in UTF-8 (RFC 6531)."
    )
    soft_bounce: bool = key(
        FLAG, False, "Whether every refusal is one for now, so that nothing bounces; for trials."
    )

    # The queue
    queue_directory: Path | None = key(
        PATH, Path("/var/spool/dsnlib"), "Where mail waits; made with mode 0700."
    )
    queue_minfree: int = key(
        OCTETS, 15_360_000, "How much of the file system of the queue has to stay free."
    )
    queue_type: str = key(
        choice("disk", "memory"), "disk", "Where the queue is kept; `memory` loses mail: for tests."
    )
    sendmail_relay: str = key(
        HOP,
        "",
        "Who takes the mail of `dsnlib sendmail`. If empty, the queue; "
        "`[127.0.0.1]:25` where that cannot be written.",
    )

    # Rights and signs of life
    mail_owner: str = key(
        TEXT,
        "",
        "The user that the server becomes, once it has its ports; needed if root starts it.",
    )
    log_format: str = key(
        choice("text", "json"), "text", "Lines for people, as Postfix has them, or JSON objects."
    )
    log_level: str = key(
        choice("debug", "info", "warning", "error"), "info", "What is worth a line."
    )
    maillog_file: Path | None = key(
        PATH, None, "The file of the log. If empty, standard error.", unset="standard error"
    )
    metrics_address: tuple[str, int] | None = key(
        PLACE, None, "Where Prometheus may ask, such as `127.0.0.1:9154`.", unset="nowhere"
    )
    opentelemetry: bool = key(
        FLAG, False, "Whether OpenTelemetry is told of each attempt at a delivery."
    )
    shutdown_timeout: dt.timedelta = key(
        time("s", least=1), dt.timedelta(seconds=15), "How long a stop waits for what is under way."
    )
