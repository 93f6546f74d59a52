"""From the settings of a listener to the lists that are asked of its clients."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from dsnlib.adapters.config.check import RESTRICTION_LISTS
from dsnlib.adapters.service.tables import FirstOf, Networks
from dsnlib.errors import ConfigurationError, LookupFailed
from dsnlib.replies.judge import AccessPolicy
from dsnlib.replies.restrictions import (
    check_access_value,
    needs_of,
    parse_classes,
    parse_restrictions,
)
from dsnlib.replies.site import Site

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dsnlib.adapters.config.listen import Listen
    from dsnlib.adapters.config.settings import Settings
    from dsnlib.adapters.service.tables import Tables
    from dsnlib.replies.resolver import Resolver
    from dsnlib.replies.restrictions import Restriction
    from dsnlib.replies.site import Directory
    from dsnlib.replies.table import Table

__all__ = ["build_policy", "build_resolver"]

_LOOPBACK = ("127.0.0.1", "::1")


def build_policy(
    settings: Settings,
    listen: Listen,
    tables: Tables,
    *,
    directory: Directory,
    resolver: Resolver | None = None,
) -> AccessPolicy:
    """Return the lists of a listener; what is wrong with them is kept by `tables`.

    Args:
        settings: All settings.
        listen: The listener.
        tables: Opens tables.
        directory: The domains and mailboxes of the site.
        resolver: The domain name system, if it is asked for names anyway.
    """
    server = listen.server
    check = _access_check(frozenset(server.smtpd_restriction_classes))

    def opener(name: str) -> Callable[[str], Table]:
        return functools.partial(tables.open, name, check=check, line=_line(settings, listen, name))

    classes: dict[str, tuple[Restriction, ...]] = {}
    name = "smtpd_restriction_classes"
    try:
        classes = parse_classes(server.smtpd_restriction_classes, open_table=opener(name))
    except ConfigurationError as error:
        tables.fail(name, str(error), line=_line(settings, listen, name))
    lists: dict[str, tuple[Restriction, ...]] = {}
    for name in RESTRICTION_LISTS:
        try:
            lists[name] = parse_restrictions(
                getattr(server, name), open_table=opener(name), classes=classes
            )
        except ConfigurationError as error:
            tables.fail(name, str(error), line=_line(settings, listen, name))
    needed = {field for each in lists.values() for field, _ in needs_of(each)}
    if resolver is None and "resolver" in needed:
        resolver = build_resolver(listen, tables)
    site = _site(settings, listen, tables, directory, resolver)
    if _tell_missing(settings, listen, tables, lists, site):
        return AccessPolicy()
    return AccessPolicy(
        site=site,
        delays_refusals=server.smtpd_delay_reject,
        refuses_unlisted=server.smtpd_reject_unlisted_recipient,
        classes=classes,
        **{RESTRICTION_LISTS[name]: each for name, each in lists.items()},
    )


@functools.cache
def _access_check(classes: frozenset[str]) -> Callable[[str], None]:
    """Return what checks the values of access tables: the same for the same classes."""
    return functools.partial(check_access_value, classes=classes)


def _site(
    settings: Settings,
    listen: Listen,
    tables: Tables,
    directory: Directory,
    resolver: Resolver | None,
) -> Site:
    system, server = settings.system, listen.server
    owners, certificates = "smtpd_sender_login_maps", "relay_clientcerts"
    return Site(
        hostname=system.myhostname,
        addresses=frozenset({*_LOOPBACK, *(each.address for each in settings.listeners)}),
        networks=Networks(system.mynetworks, name="mynetworks"),
        delimiter=system.recipient_delimiter,
        parents_match=system.parent_domain_matches_subdomains,
        directory=directory,
        resolver=resolver,
        login_owners=_chained(owners, server.smtpd_sender_login_maps, settings, listen, tables),
        certificates=_chained(certificates, server.relay_clientcerts, settings, listen, tables),
    )


# field of a `Site` -> what a restriction lacks without it
_LACKING = {
    "backup_networks": "a table of backup networks, which this server has not",
    "block_lists": "lists of its own: write reject_rbl_client with the name of one",
    "certificates": "relay_clientcerts",
    "login_owners": "smtpd_sender_login_maps",
    "prober": "somebody who asks other systems for addresses, which this server does not",
    "resolver": "the domain name system",
}


def _tell_missing(
    settings: Settings,
    listen: Listen,
    tables: Tables,
    lists: Mapping[str, tuple[Restriction, ...]],
    site: Site,
) -> bool:
    """Tell which restrictions need what is not there, and whether there are any."""
    missing = [
        (name, restriction, field)
        for name, each in lists.items()
        for field, restriction in needs_of(each)
        if field in _LACKING and not getattr(site, field)
    ]
    for name, restriction, field in missing:
        line = _line(settings, listen, name)
        tables.fail(name, f"{restriction} needs {_LACKING[field]}", line=line)
    return bool(missing)


def build_resolver(listen: Listen, tables: Tables) -> Resolver | None:
    """Return who asks the domain name system; `None` if this host has no name server."""
    # Who asks no names is not to wait for dnspython.
    from dsnlib.adapters.server.dns import DnsResolver

    try:
        return DnsResolver()
    except LookupFailed as error:
        tables.fail("smtpd_peername_lookup", str(error), line=listen.line)
    except ImportError:
        message = "the domain name system needs dnspython: install dsnlib[smtp]"
        tables.fail("smtpd_peername_lookup", message, line=listen.line)
    return None


def _chained(
    name: str, specs: tuple[str, ...], settings: Settings, listen: Listen, tables: Tables
) -> Table | None:
    found = tables.open_all(name, specs, line=_line(settings, listen, name))
    return FirstOf(found) if len(found) > 1 else next(iter(found), None)


def _line(settings: Settings, listen: Listen, name: str) -> int:
    """Return the line of a key that may stand at the top or in the listener's table."""
    is_own = getattr(settings.server, name, None) != getattr(listen.server, name, None)
    return listen.line if is_own or name not in settings.lines else settings.lines[name]
