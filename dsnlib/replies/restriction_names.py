"""The names of the restrictions, and what stands behind each.

The names are Postfix's, those of today and those before them.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, NamedTuple

from dsnlib.replies.rules import addresses, block_lists, connection, names, tables
from dsnlib.replies.stage import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from dsnlib.replies.finding import Finding, Inquiry

    Rule = Callable[[Inquiry], Coroutine[object, object, Finding | None]]

__all__ = [
    "LIST_ARGUMENT",
    "OLD_NAMES",
    "RESTRICTIONS",
    "SECONDS_ARGUMENT",
    "SERVICE_ARGUMENT",
    "TABLE_ARGUMENT",
    "Kind",
]

# What stands behind a name.
TABLE_ARGUMENT = "a table"
LIST_ARGUMENT = "a block list"
SERVICE_ARGUMENT = "a service"
SECONDS_ARGUMENT = "a number of seconds"


class Kind(NamedTuple):
    """What a restriction's name stands for.

    Args:
        rule: What it does; `None` for `warn_if_reject` and `sleep`, which whoever
            walks the list does.
        argument: What it takes, or `""`.
        needs: Which fields of a `Site` it cannot do without.
    """

    rule: Rule | None
    argument: str = ""
    needs: tuple[str, ...] = ()


def _access(stage: Stage) -> Kind:
    return Kind(functools.partial(tables.check_access, stage=stage), TABLE_ARGUMENT)


def _hosts(stage: Stage, kind: str) -> Kind:
    rule = functools.partial(tables.check_hosts, stage=stage, kind=kind)
    return Kind(rule, TABLE_ARGUMENT, ("resolver",))


def _listed(subject: str, *, permits: bool = False) -> Kind:
    rule = functools.partial(block_lists.list_restriction, subject=subject, permits=permits)
    return Kind(rule, LIST_ARGUMENT, ("resolver",))


_SUBJECTS = {
    "client": Stage.CLIENT,
    "reverse_client_hostname": Stage.OTHER,
    "helo": Stage.HELO,
    "sender": Stage.SENDER,
    "recipient": Stage.RECIPIENT,
}
_HOSTS = {"a": "addresses", "mx": "mail_exchangers", "ns": "name_servers"}

RESTRICTIONS: dict[str, Kind] = {
    # Whatever the list is about
    "permit": Kind(connection.permit),
    "reject": Kind(connection.reject),
    "defer": Kind(connection.defer),
    "defer_if_permit": Kind(connection.defer_if_permit),
    "defer_if_reject": Kind(connection.defer_if_reject),
    "warn_if_reject": Kind(None),
    "sleep": Kind(None, SECONDS_ARGUMENT),
    "check_policy_service": Kind(tables.check_policy, SERVICE_ARGUMENT),
    "reject_plaintext_session": Kind(connection.refuse_plaintext),
    "reject_unauth_pipelining": Kind(connection.refuse_early_talkers),
    # The client
    "permit_inet_interfaces": Kind(connection.permit_own_addresses, needs=("addresses",)),
    "permit_mynetworks": Kind(connection.permit_networks, needs=("networks",)),
    "permit_sasl_authenticated": Kind(connection.permit_login),
    "permit_tls_clientcerts": Kind(connection.permit_certificates, needs=("certificates",)),
    "permit_tls_all_clientcerts": Kind(connection.permit_trusted_certificates),
    "reject_unknown_client_hostname": Kind(connection.refuse_hostname_unknown),
    "reject_unknown_reverse_client_hostname": Kind(connection.refuse_reverse_unknown),
    "check_ccert_access": _access(Stage.CERTIFICATE),
    "check_sasl_access": _access(Stage.LOGIN),
    "check_etrn_access": _access(Stage.ETRN),
    # The name in HELO
    "reject_invalid_helo_hostname": Kind(names.refuse_helo_invalid),
    "reject_non_fqdn_helo_hostname": Kind(names.refuse_helo_not_full),
    "reject_unknown_helo_hostname": Kind(names.refuse_helo_unknown, needs=("resolver",)),
    # The sender
    "reject_non_fqdn_sender": Kind(names.refuse_sender_not_full),
    "reject_unknown_sender_domain": Kind(names.refuse_sender_domain_unknown, needs=("resolver",)),
    "reject_unlisted_sender": Kind(addresses.refuse_unlisted_sender, needs=("directory",)),
    "reject_unverified_sender": Kind(addresses.refuse_unverified_sender, needs=("prober",)),
    "reject_sender_login_mismatch": Kind(addresses.refuse_login_mismatch, needs=("login_owners",)),
    "reject_authenticated_sender_login_mismatch": Kind(
        addresses.refuse_login_mismatch_with_login, needs=("login_owners",)
    ),
    "reject_unauthenticated_sender_login_mismatch": Kind(
        addresses.refuse_login_mismatch_without, needs=("login_owners",)
    ),
    "reject_known_sender_login_mismatch": Kind(
        addresses.refuse_login_mismatch_known, needs=("login_owners",)
    ),
    # The recipient
    "reject_non_fqdn_recipient": Kind(names.refuse_recipient_not_full),
    "reject_unknown_recipient_domain": Kind(
        names.refuse_recipient_domain_unknown, needs=("resolver",)
    ),
    "reject_unlisted_recipient": Kind(addresses.refuse_unlisted_recipient, needs=("directory",)),
    "reject_unverified_recipient": Kind(addresses.refuse_unverified_recipient, needs=("prober",)),
    "permit_auth_destination": Kind(addresses.permit_own_destination, needs=("directory",)),
    "reject_unauth_destination": Kind(addresses.refuse_foreign_destination, needs=("directory",)),
    "defer_unauth_destination": Kind(addresses.defer_foreign_destination, needs=("directory",)),
    "check_relay_domains": Kind(addresses.settle_destination, needs=("directory",)),
    "permit_mx_backup": Kind(addresses.permit_backup, needs=("resolver", "hostname")),
    # The message
    "reject_multi_recipient_bounce": Kind(addresses.refuse_several_recipients),
    # Tables about each, and about the hosts that each leads to
    **{f"check_{name}_access": _access(stage) for name, stage in _SUBJECTS.items()},
    **{
        f"check_{name}_{host}_access": _hosts(stage, kind)
        for name, stage in _SUBJECTS.items()
        for host, kind in _HOSTS.items()
    },
    # Lists in the DNS
    "reject_rbl_client": _listed("address"),
    "reject_rhsbl_client": _listed("hostname"),
    "reject_rhsbl_reverse_client": _listed("reverse"),
    "reject_rhsbl_helo": _listed("helo"),
    "reject_rhsbl_sender": _listed("sender"),
    "reject_rhsbl_recipient": _listed("recipient"),
    "permit_dnswl_client": _listed("address", permits=True),
    "permit_rhswl_client": _listed("hostname", permits=True),
    "reject_maps_rbl": Kind(
        block_lists.reject_listed_everywhere, needs=("resolver", "block_lists")
    ),
}
"""The restrictions that exist, by the name that stands in a list of them.

:meta hide-value:
"""

# What they were called before Postfix 2.3.
OLD_NAMES = {
    "reject_unknown_client": "reject_unknown_client_hostname",
    "reject_invalid_hostname": "reject_invalid_helo_hostname",
    "reject_non_fqdn_hostname": "reject_non_fqdn_helo_hostname",
    "reject_unknown_hostname": "reject_unknown_helo_hostname",
    "reject_unknown_address": "reject_unknown_sender_domain",
}
