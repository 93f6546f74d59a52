"""From the settings of delivery to the routes, mailboxes and transports of the queue runner."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from dsnlib.adapters.agents.directory import SiteDirectory
from dsnlib.adapters.agents.discard import DiscardTransport
from dsnlib.adapters.agents.domains import Domains
from dsnlib.adapters.agents.error import ErrorTransport
from dsnlib.adapters.agents.expansions import Expansions
from dsnlib.adapters.agents.limits import DeliveryLimits
from dsnlib.adapters.agents.local import LocalTransport
from dsnlib.adapters.agents.mailboxes import Mailboxes
from dsnlib.adapters.agents.router import Router
from dsnlib.adapters.service.filtering import FilteredTransport
from dsnlib.adapters.service.relaying import Relays, build_relays
from dsnlib.adapters.transport import Transport
from dsnlib.replies.rewrite import RewriteRules

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dsnlib.adapters.config.settings import Settings
    from dsnlib.adapters.service.tables import Tables
    from dsnlib.policy.profile import Profile
    from dsnlib.policy.reporter import Reporter
    from dsnlib.replies.table import Table

__all__ = ["Ways", "build_ways"]

# Where nothing says where mailboxes are there are no local domains either.
_NOWHERE = Path("/nonexistent")


@attrs.frozen(kw_only=True, eq=False)
class Ways:
    """Where mail can go.

    Args:
        domains: The domains of the site.
        expansions: Where addresses lead.
        mailboxes: Which have a mailbox.
        router: Which transport an address has.
        directory: All of that, for those who refuse.
        transports: By name.
        relays: Those of them that take mail out of the system.
        limits: How much is done at a time.
        rules: Soft bounce, and filters of statuses.
    """

    domains: Domains
    expansions: Expansions
    mailboxes: Mailboxes
    router: Router
    directory: SiteDirectory
    transports: Mapping[str, Transport]
    relays: Relays
    limits: DeliveryLimits
    rules: RewriteRules


def build_ways(settings: Settings, profile: Profile, reporter: Reporter, tables: Tables) -> Ways:
    """Return the ways of mail; what is wrong with settings is kept by `tables`.

    Args:
        settings: All settings.
        profile: What a relay does where the RFCs leave it open.
        reporter: Whose words diagnostics are.
        tables: Opens tables.
    """
    system, delivery = settings.system, settings.delivery
    delimiter = system.recipient_delimiter
    domains = Domains(
        origin=system.myorigin,
        local=system.mydestination,
        alias=system.virtual_alias_domains,
        mailbox=system.virtual_mailbox_domains,
        relay=system.relay_domains,
    )
    if delivery.mail_spool_directory is None and (domains.local or domains.mailbox):
        tables.fail("mail_spool_directory", "there are local domains, and no place for their mail")
    expansions = Expansions(
        domains,
        virtual=tables.open_all("virtual_alias_maps", delivery.virtual_alias_maps),
        local=tables.open_aliases("alias_maps", delivery.alias_maps),
        confidential=tables.open_all("confidential_alias_maps", delivery.confidential_alias_maps),
        delimiter=delimiter,
    )
    mailboxes = Mailboxes(
        domains,
        delivery.mail_spool_directory or _NOWHERE,
        base=delivery.virtual_mailbox_base,
        local=tables.open_all("local_recipient_maps", delivery.local_recipient_maps),
        virtual=tables.open_all("virtual_mailbox_maps", delivery.virtual_mailbox_maps),
        delimiter=delimiter,
    )
    router = Router(
        domains=domains,
        tables=tables.open_all("transport_maps", delivery.transport_maps),
        relayhost=delivery.relayhost,
        delimiter=delimiter,
        transports_by_sender=tables.open_all(
            "sender_dependent_default_transport_maps",
            delivery.sender_dependent_default_transport_maps,
        ),
        relayhosts_by_sender=tables.open_all(
            "sender_dependent_relayhost_maps", delivery.sender_dependent_relayhost_maps
        ),
    )
    policy = attrs.evolve(profile.relay, diagnostic_type=reporter.diagnostic_type)
    relays = build_relays(settings, policy, tables)
    transports = {**_transports(settings, reporter, mailboxes), **relays.transports}
    general = tables.open_all(
        "default_delivery_status_filter", delivery.default_delivery_status_filter
    )
    filters = _own_filters(settings, tables)
    if filters:
        transports = {
            name: _filtered(each, filters.get(name, general)) for name, each in transports.items()
        }
        general = ()
    return Ways(
        domains=domains,
        expansions=expansions,
        mailboxes=mailboxes,
        router=router,
        directory=SiteDirectory(
            domains,
            expansions=expansions,
            mailboxes=mailboxes,
            router=router,
            relay_recipients=tables.open_all("relay_recipient_maps", delivery.relay_recipient_maps),
        ),
        transports=transports,
        relays=relays,
        limits=DeliveryLimits(
            most_jobs=delivery.default_process_limit,
            most_messages=delivery.default_process_limit * 5,
            most_per_destination=delivery.default_destination_concurrency_limit,
            recipients_per_job=delivery.default_destination_recipient_limit,
            transports=relays.limits,
        ),
        # As Postfix has it: who writes a table may make a delay a failure.
        rules=RewriteRules(status_filters=general, may_harden=True, soft_bounce=system.soft_bounce),
    )


def _own_filters(settings: Settings, tables: Tables) -> dict[str, Sequence[Table]]:
    """Return the filters of statuses that transports have of their own, by their names."""
    found: dict[str, Sequence[Table]] = {}
    for keys, names in ((settings.smtp, ("smtp", "relay")), (settings.lmtp, ("lmtp",))):
        if keys.delivery_status_filter is not None:
            name = keys.spell("delivery_status_filter")
            opened = tables.open_all(name, keys.delivery_status_filter)
            found |= dict.fromkeys(names, opened)
    return found


def _filtered(transport: Transport, tables: Sequence[Table]) -> Transport:
    return FilteredTransport(transport, tables) if tables else transport


def _transports(
    settings: Settings, reporter: Reporter, mailboxes: Mailboxes
) -> dict[str, Transport]:
    type_ = reporter.diagnostic_type
    host = settings.system.myhostname
    found: dict[str, Transport] = {
        name: LocalTransport(mailboxes, host=host, name=name, diagnostic_type=type_)
        for name in ("local", "virtual")
    }
    found["discard"] = DiscardTransport()
    found["error"] = ErrorTransport(diagnostic_type=type_)
    found["retry"] = ErrorTransport(is_temporary=True, diagnostic_type=type_)
    return found
