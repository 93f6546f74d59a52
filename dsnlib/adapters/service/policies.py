"""From the settings of a listener to the lists that are asked of its clients."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, NamedTuple

import attrs

from dsnlib.adapters.config.check import RESTRICTION_LISTS, restriction_texts
from dsnlib.adapters.config.endpoints import find_services, read_service
from dsnlib.adapters.policy_service import PolicyClient
from dsnlib.adapters.service.tables import FirstOf, Networks
from dsnlib.errors import ConfigurationError, LookupFailed
from dsnlib.replies.judge import AccessPolicy
from dsnlib.replies.restrictions import (
    check_access_value,
    needs_of,
    parse_classes,
    parse_restrictions,
)
from dsnlib.replies.site import ReplyCodes, Site

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dsnlib.adapters.config.listen import Listen
    from dsnlib.adapters.config.server import Server
    from dsnlib.adapters.config.settings import Settings
    from dsnlib.adapters.service.tables import Tables
    from dsnlib.replies.resolver import Resolver
    from dsnlib.replies.restrictions import Restriction
    from dsnlib.replies.site import Directory, PolicyService
    from dsnlib.replies.table import Table

__all__ = ["AskedService", "build_policy", "build_resolver"]

_LOOPBACK = ("127.0.0.1", "::1")


class AskedService(NamedTuple):
    """A policy service, and how it is asked: listeners share those that are the same."""

    where: str
    default_action: str | None
    context: str
    timeout_seconds: float
    idle_seconds: float


def build_policy(
    settings: Settings,
    listen: Listen,
    tables: Tables,
    *,
    directory: Directory,
    services: dict[AskedService, PolicyClient],
    resolver: Resolver | None = None,
) -> AccessPolicy:
    """Return the lists of a listener; what is wrong with them is kept by `tables`.

    Args:
        settings: All settings.
        listen: The listener.
        tables: Opens tables.
        directory: The domains and mailboxes of the site.
        services: The policy services that other listeners have; more are added.
        resolver: The domain name system, if it is asked for names anyway.
    """
    server = listen.server
    policies = _services(server, services)
    check = _access_check(frozenset(server.smtpd_restriction_classes), frozenset(policies))

    def opener(name: str) -> Callable[[str], Table]:
        return functools.partial(tables.open, name, check=check, line=_line(settings, listen, name))

    classes: dict[str, tuple[Restriction, ...]] = {}
    name = "smtpd_restriction_classes"
    try:
        classes = parse_classes(
            server.smtpd_restriction_classes, open_table=opener(name), services=policies
        )
    except ConfigurationError as error:
        tables.fail(name, str(error), line=_line(settings, listen, name))
    lists: dict[str, tuple[Restriction, ...]] = {}
    for name in RESTRICTION_LISTS:
        try:
            lists[name] = parse_restrictions(
                getattr(server, name), open_table=opener(name), classes=classes, services=policies
            )
        except ConfigurationError as error:
            tables.fail(name, str(error), line=_line(settings, listen, name))
    needed = {field for each in lists.values() for field, _ in needs_of(each)}
    if resolver is None and "resolver" in needed:
        resolver = build_resolver(listen, tables)
    site = _site(settings, listen, tables, directory, resolver, policies)
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
def _access_check(classes: frozenset[str], services: frozenset[str]) -> Callable[[str], None]:
    """Return what checks the values of access tables: the same for the same names."""
    return functools.partial(check_access_value, classes=classes, services=services)


def _site(
    settings: Settings,
    listen: Listen,
    tables: Tables,
    directory: Directory,
    resolver: Resolver | None,
    policies: Mapping[str, PolicyService],
) -> Site:
    system, server = settings.system, listen.server
    backup = server.permit_mx_backup_networks
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
        codes=ReplyCodes(**attrs.asdict(settings.codes)),
        block_lists=server.maps_rbl_domains,
        backup_networks=None
        if backup is None
        else Networks(backup, name="permit_mx_backup_networks"),
        policies=policies,
    )


def _services(server: Server, shared: dict[AskedService, PolicyClient]) -> dict[str, PolicyService]:
    """Return the policy services that a listener names, as its lists write them."""
    found: dict[str, PolicyService] = {}
    for text in find_services(restriction_texts(server)):
        endpoint = read_service(text)
        timeout = endpoint.own.get("timeout", server.smtpd_policy_service_timeout)
        idle = endpoint.own.get("max_idle", server.smtpd_policy_service_max_idle)
        asked = AskedService(
            endpoint.where,
            endpoint.own.get("default_action", server.smtpd_policy_service_default_action),
            endpoint.own.get("policy_context", server.smtpd_policy_service_policy_context),
            timeout.total_seconds(),
            idle.total_seconds(),
        )
        if asked not in shared:
            shared[asked] = PolicyClient(**asked._asdict())
        found[text] = shared[asked]
    return found


# field of a `Site` -> what a restriction lacks without it
_LACKING = {
    "block_lists": "maps_rbl_domains",
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
    from dsnlib.adapters.dns import DnsResolver

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
