"""Restrictions that ask tables and policy services, and what their actions mean.

    check_sender_access TABLE        the sender's address, domain, user@
    check_client_access TABLE        the client's name, then its address
    check_helo_mx_access TABLE       the mail exchangers of a name, by name and address
    check_policy_service NAME        whoever decides by all that is known

Rules.
- A refusal of a table's has the code and the status that the table gives it,
  fitted to what was asked about.
- What others say about themselves permits nothing: an OK for somebody's MX or
  name server is an error of the site, as a table that answers what is no action.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsnlib.errors import InvalidValue
from dsnlib.model.local_part import domain_of
from dsnlib.model.status import EnhancedStatusCode
from dsnlib.replies.access import AccessAction, ActionKind, parse_action
from dsnlib.replies.finding import Finding, Inquiry, Ruling
from dsnlib.replies.refusal import refuse
from dsnlib.replies.resolver import resolve
from dsnlib.replies.search import address_keys, find, host_keys, network_keys
from dsnlib.replies.stage import Stage
from dsnlib.replies.table import settle

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator

    from dsnlib.replies.resolver import Resolver

__all__ = ["apply_value", "check_access", "check_hosts", "check_policy"]

_UNKNOWN = "unknown"
# Chosen by us: a stranger's zone may name any number of hosts.
_HOSTS_ASKED = 50
_LONGEST_NAME = 255  # RFC 1035 s2.3.4
_LOCAL_POLICY = "the rules of this site do not allow it"
_LATER = "please come back later"

# action -> (ruling, which reply code, status, text)
_REFUSALS = {
    ActionKind.REJECT: (Ruling.REFUSE, "access_map_reject", "5.7.1", _LOCAL_POLICY),
    ActionKind.DEFER: (Ruling.REFUSE, "access_map_defer", "4.7.1", _LOCAL_POLICY),
    ActionKind.DEFER_IF_PERMIT: (Ruling.DEFER_IF_PERMIT, "access_map_defer", "4.7.1", _LATER),
    ActionKind.DEFER_IF_REJECT: (Ruling.DEFER_IF_REJECT, "access_map_defer", "4.7.1", _LATER),
}


async def check_access(inquiry: Inquiry, *, stage: Stage | None = None) -> Finding | None:
    """Ask the table about what a stage is about, and do as it says.

    Args:
        inquiry: Its `table` is asked.
        stage: About what; the stage of the list if not given.  `Stage.OTHER` is
            the client's name that is not verified.
    """
    stage = inquiry.stage if stage is None else stage
    shown = Stage.CLIENT if stage is Stage.OTHER else stage
    for keys in _questions(inquiry, stage):
        found = None if inquiry.table is None else await find(inquiry.table, keys)
        if found is not None:
            source = f"{found.table} {found.key}"
            return apply_value(inquiry, found.value, stage=shown, source=source)
    return None


def _questions(inquiry: Inquiry, stage: Stage) -> Iterator[Iterable[str]]:
    """Yield what a table is asked about a stage, one search after the other."""
    session, parents = inquiry.session, inquiry.site.parents_match
    if stage is Stage.CLIENT:
        yield host_keys(session.client.hostname or _UNKNOWN, parents=parents)
        yield network_keys(session.client.address)
    elif stage in (Stage.SENDER, Stage.RECIPIENT):
        address = session.sender if stage is Stage.SENDER else session.recipient
        if address is not None:
            yield address_keys(address, delimiter=inquiry.site.delimiter, parents=parents)
    elif stage is Stage.CERTIFICATE:
        yield from ([each] for each in session.client.certificates)
    elif stage is Stage.LOGIN:
        yield [] if session.login is None else [session.login]
    else:
        names = {Stage.HELO: session.helo, Stage.ETRN: session.etrn}
        name = names.get(stage, session.client.reverse_hostname)
        yield [] if name is None else host_keys(name, parents=parents)


async def check_hosts(inquiry: Inquiry, *, stage: Stage, kind: str) -> Finding | None:
    """Ask the table about the hosts that a name leads to, by their names and addresses.

    Args:
        inquiry: Its `table` is asked.
        stage: Whose name; `Stage.OTHER` is the client's name that is not verified.
        kind: Which hosts: `addresses`, `mail_exchangers` or `name_servers`.

    Raises:
        LookupFailed: The DNS, or the table, could not answer.
    """
    name = _host_of(inquiry, stage)
    resolver, parents = inquiry.site.resolver, inquiry.site.parents_match
    if inquiry.table is None or resolver is None or not name:
        return None
    shown = Stage.CLIENT if stage is Stage.OTHER else stage
    async for keys in _host_questions(resolver, name, kind, parents=parents):
        found = await find(inquiry.table, keys)
        if found is None:
            continue
        source = f"{found.table} {found.key}"
        finding = apply_value(inquiry, found.value, stage=shown, source=source)
        if finding is not None and finding.ruling is Ruling.PERMIT:
            message = f"{source}: OK for a host that strangers name; use DUNNO"
            raise InvalidValue(message, value=found.value)
        return finding
    return None


async def _host_questions(
    resolver: Resolver, name: str, kind: str, *, parents: bool
) -> AsyncIterator[Iterable[str]]:
    """Yield what a table is asked about the hosts of a name, one search after the other."""
    hosts: tuple[str, ...] = (name,)
    if name.startswith("["):  # an address literal is its own host
        hosts = ()
        yield network_keys(name[1:-1].lower().removeprefix("ipv6:"))
    elif kind == "mail_exchangers":
        hosts = await resolve(resolver, kind, name) or hosts
    elif kind == "name_servers":
        hosts = await _name_servers(resolver, name)
    for host in hosts[:_HOSTS_ASKED]:
        if not host:  # a null MX
            continue
        if kind != "addresses":
            yield host_keys(host, parents=parents)
        for address in await resolve(resolver, "addresses", host):
            yield network_keys(address)


async def _name_servers(resolver: Resolver, name: str) -> tuple[str, ...]:
    """Return the name servers of the nearest domain that has any."""
    while "." in name:
        hosts = await resolve(resolver, "name_servers", name)
        if hosts:
            return hosts
        name = name.partition(".")[2]
    return ()


def _host_of(inquiry: Inquiry, stage: Stage) -> str:
    session = inquiry.session
    name = {
        Stage.CLIENT: session.client.hostname,
        Stage.OTHER: session.client.reverse_hostname,
        Stage.HELO: session.helo,
        Stage.SENDER: domain_of(session.sender or ""),
        Stage.RECIPIENT: domain_of(session.recipient or ""),
    }[stage]
    # A name of so many labels is no name, and each would be looked up.
    is_name = name is not None and len(name) <= _LONGEST_NAME
    return name.removesuffix(".").lower() if name is not None and is_name else ""


async def check_policy(inquiry: Inquiry) -> Finding | None:
    """Ask a policy service, and do as it says.

    Raises:
        InvalidValue: What it says is no action.
        LookupFailed: It does not answer.
    """
    service = inquiry.site.policies[inquiry.argument]
    attributes = _attributes(inquiry)
    value = await settle(
        lambda: service.decide(attributes),
        str,
        source=inquiry.argument,
        key=inquiry.stage.name,
    )
    return apply_value(inquiry, value, stage=inquiry.stage, source=inquiry.argument)


# What such services call the command that is answered
_STATES = {
    Stage.CLIENT: "CONNECT",
    Stage.HELO: "EHLO",
    Stage.SENDER: "MAIL",
    Stage.RECIPIENT: "RCPT",
    Stage.DATA: "DATA",
    Stage.END_OF_DATA: "END-OF-MESSAGE",
    Stage.ETRN: "ETRN",
}


def _attributes(inquiry: Inquiry) -> dict[str, str]:
    """Return what a policy service is told, by the names that such services know."""
    session = inquiry.session
    client = session.client
    has_all = inquiry.command in (Stage.DATA, Stage.END_OF_DATA)
    return {
        **session.details,
        "request": "smtpd_access_policy",
        "protocol_state": _STATES[inquiry.command],
        "helo_name": session.helo or "",
        "sender": session.sender or "",
        "recipient": session.recipient or "",
        # Before all are known there is no number: SMTPD_POLICY_README of Postfix.
        "recipient_count": str(session.recipients if has_all else 0),
        "client_address": client.address,
        "client_name": client.hostname or "unknown",
        "reverse_client_name": client.reverse_hostname or "unknown",
        "sasl_username": session.login or "",
        "size": str(session.octets or 0),
        "ccert_fingerprint": next(iter(client.certificates), ""),
        "etrn_domain": session.etrn or "",
    }


def apply_value(inquiry: Inquiry, value: str, *, stage: Stage, source: str) -> Finding | None:
    """Return what the value of a table means for mail, `None` if it says nothing.

    Raises:
        InvalidValue: Neither an action nor, by its look, restrictions.
    """
    try:
        action = parse_action(value)
    except InvalidValue:
        # It may name restrictions: whoever knows them decides.
        return Finding(ruling=Ruling.APPLY, stage=stage, applied=value, source=source)
    if action.kind is ActionKind.DUNNO:
        return None
    if action.kind is ActionKind.OK:
        return Finding(ruling=Ruling.PERMIT, stage=stage, action=action, source=source)
    if action.kind in _REFUSALS:
        return _refusal(inquiry, action, stage, source)
    return Finding(ruling=Ruling.ACT, stage=stage, action=action, source=source)


def _refusal(inquiry: Inquiry, action: AccessAction, stage: Stage, source: str) -> Finding:
    ruling, field, status, text = _REFUSALS[action.kind]
    code: int = getattr(inquiry.site.codes, field) if action.code is None else action.code
    reply = refuse(
        code,
        action.status or EnhancedStatusCode.parse(status),
        stage=stage,
        name=inquiry.session.name_of(stage),
        text=action.text or text,
    )
    return Finding(ruling=ruling, stage=stage, reply=reply, action=action, source=source)
