"""A message described in JSON -> what the engine decides from.

The keys are the names of the values: an envelope's, an outcome's, those of
`MessageFacts` and `NextHop`.  What a command carries is given as the text of the
command's parameters.

Rules.
- Every error names its place: `outcomes[1].status: '5.1' is no code`.
- What became of a recipient is said; only the class of a code tells a failure
  from a delay.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from dsnlib.cli.json_object import JsonObject, at_place, read_json, read_mta
from dsnlib.model.address import DiagnosticCode, TypedAddress
from dsnlib.model.envelope import Envelope, Recipient
from dsnlib.model.esmtp import (
    MailParameters,
    Notify,
    RcptParameters,
    parse_mail_parameters,
    parse_rcpt_parameters,
)
from dsnlib.model.outcome import DeliveryOutcome, Disposition
from dsnlib.model.reply import SmtpReply
from dsnlib.model.status import EnhancedStatusCode, StatusClass
from dsnlib.policy.expansion import Expansion, ExpansionKind
from dsnlib.policy.facts import MessageFacts, SpfResult
from dsnlib.policy.hop import NextHop

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsnlib.policy.relay import RelayPlan

__all__ = ["MessageDescription", "outcome_from", "read_message_description"]

_KEYS = frozenset(
    {
        "sender", "mail", "smtputf8", "arrival", "received_from", "recipients",
        "outcomes", "facts", "profile", "reporting_mta", "hop", "aliases",
        "languages", "is_delay_due",
    }
)  # fmt: skip
_RECIPIENT_KEYS = frozenset({"address", "rcpt", "notify", "orcpt", "expanded_from"})
_OUTCOME_KEYS = frozenset(
    {
        "recipient", "disposition", "status", "reply", "diagnostic", "diagnostic_type",
        "remote_mta", "final_recipient", "attempted", "retry_until", "log_id", "is_traced",
        "is_delay_reported",
        "is_late",
    }
)  # fmt: skip
# How each fact is read.
_FACTS: dict[str, Callable[[JsonObject, str], Any]] = {
    "queue_id": JsonObject.text,
    "is_authenticated": JsonObject.flag,
    "source": JsonObject.text,
    "is_spam": JsonObject.flag,
    "spf": lambda facts, key: facts.choice(key, SpfResult),
    "auto_submitted": lambda facts, key: facts.read(key, str.lower),
    "is_bulk": JsonObject.flag,
    "suppressed": lambda facts, key: frozenset(each.lower() for each in facts.texts(key)),
    "is_report": JsonObject.flag,
    "is_notice": JsonObject.flag,
    "hops": JsonObject.number,
}
_FACT_KEYS = frozenset({*_FACTS, "header"})
_HOP_KEYS = frozenset({"name", "ehlo", "is_tls", "is_lmtp", "is_final", "most_recipients"})
_ALIAS_KEYS = frozenset({"kind", "targets", "owner", "mail", "notify", "names_members"})
_NULL_PATHS = frozenset({"", "<>"})
_CLASSES = {
    StatusClass.TRANSIENT: Disposition.DELAYED,
    StatusClass.PERMANENT: Disposition.FAILED,
}
_ONWARD = frozenset({Disposition.RELAYED, Disposition.HANDED_ON})


@attrs.frozen(kw_only=True)
class MessageDescription:
    """What is known of a message, and of what became of it.

    Args:
        envelope: Its own.
        outcomes: Not read yet: whose they are is known after aliases are
            followed.
        facts: What is known besides.
        is_header_ascii: Whether its header was given and is US-ASCII.
        profile: The name of the settings, if given.
        reporting_mta: Who decides, if given.
        hop: The next system, if given.
        aliases: What addresses lead to, in lower case; `None` if not given.
        languages: What to write in.
        is_delay_due: Whether this is the time to tell of delays.
    """

    envelope: Envelope
    outcomes: tuple[JsonObject, ...]
    facts: MessageFacts
    is_header_ascii: bool
    profile: str | None
    reporting_mta: str | None
    hop: NextHop | None
    aliases: Mapping[str, Expansion] | None
    languages: tuple[str, ...]
    is_delay_due: bool


def read_message_description(text: str) -> MessageDescription:
    """Return the description in a JSON text.

    Raises:
        InvalidValue: With the place of what cannot be used.
    """
    whole = read_json(text).allow(_KEYS)
    facts = whole.object("facts")
    header = None if facts is None else facts.text("header")
    return MessageDescription(
        envelope=_envelope(whole),
        outcomes=tuple(whole.objects("outcomes")),
        facts=MessageFacts() if facts is None else _facts(facts, header),
        is_header_ascii=header is not None and header.isascii(),
        profile=whole.text("profile"),
        reporting_mta=whole.text("reporting_mta"),
        hop=_hop(whole.object("hop")),
        aliases=_aliases(whole.object("aliases")),
        languages=whole.texts("languages"),
        is_delay_due=whole.flag("is_delay_due") is not False,
    )


def _envelope(whole: JsonObject) -> Envelope:
    sender = whole.text("sender")
    if sender is None:
        raise whole.fault("sender", "missing; the null sender is given as '<>'")
    smtputf8 = bool(whole.flag("smtputf8"))
    values: dict[str, Any] = {
        "mail": _mail(whole, smtputf8=smtputf8),
        "recipients": _recipients(whole, smtputf8=smtputf8),
        "arrival": whole.time("arrival"),
        "received_from": whole.read("received_from", read_mta),
    }
    null = sender in _NULL_PATHS
    return at_place(
        "", lambda: Envelope(sender="" if null else sender, smtputf8=smtputf8, **values)
    )


def _mail(group: JsonObject, *, smtputf8: bool) -> MailParameters:
    found = group.read("mail", lambda text: parse_mail_parameters(text, smtputf8=smtputf8))
    return MailParameters() if found is None else found


def _recipients(whole: JsonObject, *, smtputf8: bool) -> tuple[Recipient, ...]:
    given = whole.members.get("recipients")
    if isinstance(given, list):
        # An address alone is a recipient without parameters.
        listed = [{"address": each} if isinstance(each, str) else each for each in given]
        whole = attrs.evolve(whole, members={**whole.members, "recipients": listed})
    groups = whole.objects("recipients")
    if not groups:
        raise whole.fault("recipients", "there must be a list of at least one")
    return tuple([_recipient(each, smtputf8=smtputf8) for each in groups])


def _recipient(group: JsonObject, *, smtputf8: bool) -> Recipient:
    group.allow(_RECIPIENT_KEYS)
    address, expanded_from = group.required("address"), group.text("expanded_from")
    params = group.read("rcpt", lambda text: parse_rcpt_parameters(text, smtputf8=smtputf8))
    notify = group.read("notify", Notify.parse)
    orcpt = group.read("orcpt", TypedAddress.from_address)
    if params is None:
        params = at_place(group.place, lambda: RcptParameters(notify=notify, orcpt=orcpt))
    elif notify is not None or orcpt is not None:
        raise group.fault("rcpt", "give this, or notify and orcpt", params)
    made = params
    return at_place(group.place, lambda: Recipient(address, made, expanded_from=expanded_from))


def _facts(group: JsonObject, header: str | None) -> MessageFacts:
    group.allow(_FACT_KEYS)
    # What is said goes over what the header says.
    given = {
        name: read(group, name)
        for name, read in _FACTS.items()
        if group.members.get(name) is not None
    }
    octets = b"" if header is None else header.encode("utf-8", "surrogatepass")
    return attrs.evolve(MessageFacts.from_header(octets), **given)


def _hop(group: JsonObject | None) -> NextHop | None:
    if group is None:
        return None
    group.allow(_HOP_KEYS)
    name = group.required("name")
    most = group.number("most_recipients")
    flags = {key: bool(group.flag(key)) for key in ("is_tls", "is_lmtp", "is_final")}
    keywords = _keywords(group)
    return at_place(
        group.place,
        lambda: NextHop.from_ehlo(name, keywords, most_recipients=most, **flags),
    )


def _keywords(group: JsonObject) -> tuple[str, ...]:
    """Return the lines of a reply to EHLO: as a list, or as the server sent them."""
    if not isinstance(group.members.get("ehlo"), str):
        return group.texts("ehlo")
    reply = group.read_required("ehlo", SmtpReply.read)
    return reply.lines[1:]


def _aliases(group: JsonObject | None) -> dict[str, Expansion] | None:
    if group is None:
        return None
    return {address.lower(): _alias(group, address) for address in group.members}


def _alias(table: JsonObject, address: str) -> Expansion:
    if not isinstance(table.members[address], dict):
        targets = table.texts(address)
        return at_place(table.place_of(address), lambda: Expansion.alias(*targets))
    group = JsonObject(table.members[address], table.place_of(address)).allow(_ALIAS_KEYS)
    kind = group.choice("kind", ExpansionKind) or ExpansionKind.ALIAS
    owner = group.text("owner")
    values: dict[str, Any] = {
        "targets": group.texts("targets"),
        "mail": _mail(group, smtputf8=True),
        "notify": group.read("notify", Notify.parse),
        "names_members": group.flag("names_members") is not False,
    }
    if kind is ExpansionKind.CONFIDENTIAL:
        # As `Expansion.confidential` has it: without an owner nobody hears of it.
        owner = owner or ""
        values |= {"names_members": False}
        if not owner:
            values |= {"notify": Notify.NEVER}
    elif kind is ExpansionKind.LIST and not owner:
        raise group.fault("owner", "missing; somebody must hear of failures")
    return at_place(group.place, lambda: Expansion(kind=kind, owner=owner, **values))


def outcome_from(
    group: JsonObject, recipient: Recipient, relay: RelayPlan | None
) -> DeliveryOutcome:
    """Return what became of a recipient.

    Args:
        group: One of `MessageDescription.outcomes`.
        recipient: Whose it is.
        relay: How it went to the system that a reply came from, if that is known.

    Raises:
        InvalidValue: With the place of what cannot be used.
    """
    group.allow(_OUTCOME_KEYS)
    reply = group.read("reply", SmtpReply.read)
    status = group.read("status", EnhancedStatusCode.parse)
    remote_mta = group.read("remote_mta", read_mta)
    diagnostic = group.text("diagnostic")
    type_ = group.text("diagnostic_type") or "smtp"
    is_traced = group.flag("is_traced")
    said = relay if reply is not None else None
    if said is not None and remote_mta not in (None, said.hop.name):
        said = None
    if reply is not None:
        if diagnostic is not None:
            raise group.fault("diagnostic", "give this, or reply", diagnostic)
        status = status or reply.effective_status
    if status is None:
        what = "missing" if reply is None else f"{str(reply)!r} decides nothing"
        raise group.fault("status" if reply is None else "reply", what)
    disposition = group.choice("disposition", Disposition)
    if disposition is None:
        disposition = _disposition(group, status.class_, None if said is None else said.hop)
    if said is not None:
        # The reply is that of the next hop.
        remote_mta = remote_mta or said.hop.name
        if is_traced is None:
            is_traced = said.is_traced and disposition in _ONWARD
    values: dict[str, Any] = {
        "disposition": disposition,
        "status": status,
        "remote_mta": remote_mta,
        "final_recipient": group.read("final_recipient", TypedAddress.from_address),
        "attempted": group.time("attempted"),
        "retry_until": group.time("retry_until"),
        "log_id": group.text("log_id"),
        "is_traced": bool(is_traced),
        "is_delay_reported": bool(group.flag("is_delay_reported")),
        "is_late": bool(group.flag("is_late")),
    }

    def make() -> DeliveryOutcome:
        code = None if diagnostic is None else DiagnosticCode(type_, diagnostic)
        if reply is not None:
            code = DiagnosticCode.from_reply(reply)
        return DeliveryOutcome(recipient=recipient, diagnostic=code, **values)

    return at_place(group.place, make)


def _disposition(group: JsonObject, class_: StatusClass, hop: NextHop | None) -> Disposition:
    if class_ in _CLASSES:
        return _CLASSES[class_]
    if hop is None:
        what = "missing; a success is delivered, relayed, handed-on or expanded"
        raise group.fault("disposition", what)
    if hop.dsn:
        return Disposition.HANDED_ON
    return Disposition.DELIVERED if hop.is_final else Disposition.RELAYED
