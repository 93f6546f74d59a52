"""The keys of delivery: where mail goes, how often it is tried, and who is told."""

# ruff: noqa: RUF009, FBT003  a row is a key, whose default stands second; attrs makes the field
from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

import attrs

from dsnlib.adapters.config.hops import ADDRESSES
from dsnlib.adapters.config.key import key
from dsnlib.adapters.config.kinds import (
    ADDRESS,
    FLAG,
    LANGUAGES,
    NEXTHOP,
    OCTETS,
    PATH,
    TABLES,
    TEXT,
    TEXTS,
    choice,
    choices,
    count,
    maybe,
    time,
)

__all__ = ["Delivery", "Notification"]

_AS_PROFILE = "as `notify_profile` has it"
_AS_LISTENER = "`mx` if a listener has that profile, else `submission`"


@attrs.frozen(kw_only=True)
class Delivery:
    """Where mail goes, and how it is tried."""

    # Where to
    alias_maps: tuple[str, ...] = key(
        TABLES, (), "Aliases of local mailboxes, in the form of aliases(5)."
    )
    virtual_alias_maps: tuple[str, ...] = key(
        TABLES, (), "Aliases of whole addresses: `user@domain`, `user`, `@domain`."
    )
    transport_maps: tuple[str, ...] = key(
        TABLES, (), "Ways for addresses and domains: `transport:nexthop`."
    )
    relayhost: str = key(
        NEXTHOP, "", "Where mail for other systems is sent. If empty, to the domain itself."
    )
    sender_dependent_relayhost_maps: tuple[str, ...] = key(
        TABLES, (), "The same by the sender: `user@domain`, `@domain`, `<>`; `DUNNO` is no answer."
    )
    sender_dependent_default_transport_maps: tuple[str, ...] = key(
        TABLES, (), "The transport of mail for other systems by the sender, as `transport:nexthop`."
    )
    confidential_alias_maps: tuple[str, ...] = key(
        TABLES, (), "Forwards that senders must not learn of (RFC 3461 s5.2.7.4)."
    )
    mail_spool_directory: Path | None = key(
        PATH, Path("/var/mail/dsnlib"), "The Maildirs of `mydestination`: `user/`."
    )
    local_recipient_maps: tuple[str, ...] = key(
        TABLES, (), "Tables with the names of local users. Without any, every name is one."
    )
    virtual_mailbox_base: Path | None = key(
        PATH,
        None,
        "The Maildirs of `virtual_mailbox_domains`: `domain/user/`.",
        unset="`mail_spool_directory`",
    )
    virtual_mailbox_maps: tuple[str, ...] = key(
        TABLES, (), "Tables with their Maildirs, below the base. Without any, every name has one."
    )
    relay_recipient_maps: tuple[str, ...] = key(
        TABLES, (), "Tables with the addresses of `relay_domains`. Without any, all are taken."
    )
    proxy_interfaces: tuple[str, ...] = key(
        ADDRESSES, (), "Addresses where others take mail in for this system, such as NAT's."
    )
    inet_protocols: tuple[str, ...] = key(
        choices("all", "ipv4", "ipv6"), ("all",), "The versions of IP that mail is sent over."
    )
    hopcount_limit: int = key(
        count(1, 1000), 100, "How many systems a message may have passed (RFC 5321 s6.3)."
    )

    # How
    default_process_limit: int = key(
        count(1, 10_000), 100, "How many attempts are under way at once, in all."
    )
    default_destination_concurrency_limit: int = key(
        count(1, 1000), 20, "The same to one destination."
    )
    default_destination_recipient_limit: int = key(
        count(1, 1000), 50, "How many recipients go to a destination in one transaction."
    )
    default_delivery_status_filter: tuple[str, ...] = key(
        TABLES, (), "Tables that change the status and text of an outcome."
    )
    connection_cache_ttl_limit: dt.timedelta = key(
        time("s", least=1),
        dt.timedelta(seconds=2),
        "The longest that any connection is kept without use.",
    )
    connection_cache_status_update_time: dt.timedelta = key(
        time("s", least=1),
        dt.timedelta(seconds=600),
        "How often the log says how well keeping connections went.",
    )
    delay_logging_resolution_limit: int = key(
        count(0, 6), 2, "The most decimals of a time in `delay=` and `delays=`."
    )

    # How long.  A number alone counts what Postfix counts.
    minimal_backoff_time: dt.timedelta | None = key(
        maybe(time("s", least=1)), None, "The wait before the second attempt.", unset=_AS_PROFILE
    )
    maximal_backoff_time: dt.timedelta | None = key(
        maybe(time("s", least=1)), None, "The longest wait between two attempts.", unset=_AS_PROFILE
    )
    maximal_queue_lifetime: dt.timedelta | None = key(
        maybe(time("d")), None, "How long mail is tried before it is returned.", unset=_AS_PROFILE
    )
    bounce_queue_lifetime: dt.timedelta | None = key(
        maybe(time("d")), None, "The same for mail with the null return path.", unset=_AS_PROFILE
    )


@attrs.frozen(kw_only=True)
class Notification:
    """Who is told of what became of mail, and in which words."""

    notify_profile: str | None = key(
        maybe(choice("default", "submission", "mx", "postfix")),
        None,
        "What RFC 3461 leaves to a system: one of the sets of `dsnlib.PROFILES`.",
        unset=_AS_LISTENER,
    )
    delay_warning_time: dt.timedelta | None = key(
        maybe(time("h")), None, "When a sender is told of a delay; 0 for never.", unset=_AS_PROFILE
    )
    confirm_delay_cleared: bool = key(
        FLAG, False, "Whether who was told of a delay is told of the delivery too."
    )
    notify_classes: tuple[str, ...] | None = key(
        maybe(choices("bounce", "delay", "2bounce", "unreported")),
        None,
        "What the postmaster gets a copy of.",
        unset=_AS_PROFILE,
    )
    bounce_notice_recipient: str | None = key(
        ADDRESS, None, "Who gets the copies of `bounce`.", unset="`postmaster`"
    )
    delay_notice_recipient: str | None = key(
        ADDRESS, None, "Who gets the copies of `delay`.", unset="`postmaster`"
    )
    double_bounce_notice_recipient: str | None = key(
        ADDRESS,
        None,
        "Who gets the copies of `2bounce`.",
        name="2bounce_notice_recipient",
        unset="`postmaster`",
    )
    double_bounce_sender: str = key(
        TEXT, "double-bounce", "A return path of which nothing is ever reported."
    )
    bounce_size_limit: int | None = key(
        maybe(OCTETS), None, "The largest message that is returned whole.", unset="any size"
    )
    bounce_template_file: Path | None = key(
        PATH, None, "A template file of Postfix's form, for every language.", unset="ours"
    )
    bounce_template_directory: Path | None = key(
        PATH, None, "A directory of templates by language and domain.", unset="ours"
    )
    bounce_language: str = key(
        TEXT, "en", "The language of a notification whose reader nobody knows."
    )
    bounce_languages: Mapping[str, str] = key(
        LANGUAGES,
        {},
        "A table: languages by the domain that is written to; `.example` is all below it.",
    )
    internal_domains: tuple[str, ...] = key(TEXTS, (), "Domains whose hosts no notification names.")
