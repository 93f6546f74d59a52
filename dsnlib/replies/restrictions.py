"""The named restrictions, and lists of them as configuration files have them.

    check_client_access cidr:/etc/mail/clients, permit_mynetworks,
    warn_if_reject reject_unknown_helo_hostname,
    reject_unauth_destination

The names are Postfix's, those of today and those before them, so a list can be
moved as it is.

Rules.
- A list is read once.  An unknown name, a missing argument or a table that
  cannot be opened is an error that names the file and the line.
- What stands without a name, `hash:/etc/mail/access`, is the table of its
  list's own stage.
- A name of the site's own stands for a list: a restriction class.  Classes lead
  to each other at most 100 deep.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import attrs

from dsnlib.errors import InvalidValue, RestrictionError
from dsnlib.replies.access import parse_action
from dsnlib.replies.nesting import Nesting
from dsnlib.replies.rules import addresses, block_lists, connection, names, tables
from dsnlib.replies.stage import Stage
from dsnlib.replies.table import Table
from dsnlib.replies.words import Word, split_words

if TYPE_CHECKING:
    from collections.abc import Collection, Coroutine, Iterable, Iterator, Mapping

    from dsnlib.replies.finding import Finding, Inquiry

    Rule = Callable[[Inquiry], Coroutine[object, object, Finding | None]]

__all__ = [
    "OLD_NAMES",
    "RESTRICTIONS",
    "Kind",
    "Restriction",
    "check_access_value",
    "needs_of",
    "parse_classes",
    "parse_restrictions",
]

# What stands behind a name.
_TABLE, _LIST, _SERVICE, _SECONDS = "a table", "a block list", "a service", "a number of seconds"


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
    return Kind(functools.partial(tables.check_access, stage=stage), _TABLE)


def _hosts(stage: Stage, kind: str) -> Kind:
    rule = functools.partial(tables.check_hosts, stage=stage, kind=kind)
    return Kind(rule, _TABLE, ("resolver",))


def _listed(subject: str, *, permits: bool = False) -> Kind:
    rule = functools.partial(block_lists.list_restriction, subject=subject, permits=permits)
    return Kind(rule, _LIST, ("resolver",))


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
    "sleep": Kind(None, _SECONDS),
    "check_policy_service": Kind(tables.check_policy, _SERVICE),
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


@attrs.frozen(kw_only=True)
class Restriction:
    """One restriction of a list.

    Args:
        name: As the list has it: an old name is kept.
        kind: What it stands for; `None` for a table alone and for a class.
        table: The table it asks.
        argument: What else it takes.
        applied: The list that a class stands for.
        warns: Whether it only warns: `warn_if_reject` stands before it.
    """

    name: str
    kind: Kind | None = attrs.field(default=None, repr=False)
    table: Table | None = None
    argument: str = ""
    applied: tuple[Restriction, ...] = ()
    warns: bool = False

    def __str__(self) -> str:
        argument = self.argument if self.table is None else self.table.name
        words = ("warn_if_reject" if self.warns else "", self.name, argument)
        return " ".join(dict.fromkeys(word for word in words if word))


_TABLE_LIKE = re.compile(r"[a-z][a-z0-9_]*:\S", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,4}")


def parse_restrictions(
    text: str,
    *,
    open_table: Callable[[str], Table] | None = None,
    classes: Mapping[str, tuple[Restriction, ...]] | None = None,
    services: Collection[str] = (),
    origin: str = "",
    line: int = 1,
) -> tuple[Restriction, ...]:
    """Return the restrictions of a list.

    >>> found = parse_restrictions("warn_if_reject reject_unknown_client, permit")
    >>> [str(each) for each in found]
    ['warn_if_reject reject_unknown_client', 'permit']

    Args:
        text: Names and their arguments, between which are commas or white
            space; `{...}` keeps what is in it together.
        open_table: Makes a table of `texthash:/etc/mail/access`; its errors
            pass through.  Without it a list has no tables.
        classes: What names of the site's own stand for: see `parse_classes`.
        services: The policy services that there are.
        origin: The name of the file or setting, for errors.
        line: The line on which the text begins.

    Raises:
        RestrictionError: An unknown name, a name without its argument, or a
            brace that has no partner.
        TableError: A table cannot be used.
    """
    known = {} if classes is None else classes
    return _Reader(open_table, known.get, frozenset(services), origin).read(text, line)


def parse_classes(
    texts: Mapping[str, str],
    *,
    open_table: Callable[[str], Table] | None = None,
    services: Collection[str] = (),
    origin: str = "",
) -> dict[str, tuple[Restriction, ...]]:
    """Return the lists that names of the site's own stand for.

    Args:
        texts: A list for each name; a class may name others.
        open_table: As for `parse_restrictions`.
        services: As there.
        origin: As there; the name of the class is put behind it.

    Raises:
        RestrictionError: As there; also a class that leads to itself, or on to
            others more than 100 deep.
        TableError: A table cannot be used.
    """
    classes: dict[str, tuple[Restriction, ...]] = {}
    nesting = Nesting(origin)

    def read(name: str) -> tuple[Restriction, ...] | None:
        if name not in texts or name in classes:
            return classes.get(name)
        place = nesting.enter(name)
        classes[name] = _Reader(open_table, read, frozenset(services), place).read(texts[name], 1)
        nesting.leave(each.name for each in classes[name] if each.kind is None)
        return classes[name]

    for name in texts:
        read(name)
    return classes


def check_access_value(
    value: str, *, classes: Collection[str] = (), services: Collection[str] = ()
) -> None:
    """Refuse a value that an access table may not have, for `parse_table(check=...)`.

    Args:
        value: An action, or names of restrictions that take no table.
        classes: The names of the site's own.
        services: The policy services that there are.

    Raises:
        InvalidValue: It is neither.
    """
    try:
        parse_action(value)
    except InvalidValue as error:
        known: dict[str, tuple[Restriction, ...]] = dict.fromkeys(classes, ())
        try:
            found = parse_restrictions(value, classes=known, services=services)
        except RestrictionError as not_restrictions:
            # What begins with a name of theirs was meant for restrictions.
            first = value.replace(",", " ").split()[:1]
            is_meant = any(each.lower() in {**RESTRICTIONS, **OLD_NAMES} for each in first)
            message = str(not_restrictions.args[0]) if is_meant else str(error)
            raise InvalidValue(message, value=value) from not_restrictions
        if not found:
            raise


def needs_of(restrictions: Iterable[Restriction]) -> Iterator[tuple[str, str]]:
    """Yield each field of a site that restrictions cannot do without, and for which one.

    Never raises.
    """
    for each in restrictions:
        if each.kind is not None:
            for field in each.kind.needs:
                yield field, each.name
        yield from needs_of(each.applied)


@attrs.frozen
class _Reader:
    """Reads lists of one place."""

    open_table: Callable[[str], Table] | None
    class_of: Callable[[str], tuple[Restriction, ...] | None]
    services: frozenset[str]
    origin: str

    def read(self, text: str, line: int) -> tuple[Restriction, ...]:
        words = split_words(text, line=line, origin=self.origin, error=RestrictionError)
        found: list[Restriction] = []
        warning: Word | None = None
        for word in words:
            if word.text.lower() == "warn_if_reject":
                warning = word
                continue
            restriction = self._restriction(word, words)
            found.append(attrs.evolve(restriction, warns=warning is not None))
            warning = None
        if warning is not None:
            raise self._error(warning, "warn_if_reject has nothing behind it")
        return tuple(found)

    def _restriction(self, word: Word, words: Iterator[Word]) -> Restriction:
        name = word.text.lower()
        kind = RESTRICTIONS.get(OLD_NAMES.get(name, name))
        if kind is not None:
            return self._with_argument(word, kind, words)
        if _TABLE_LIKE.match(word.text):
            return Restriction(name=word.text, table=self._table(word))
        applied = self.class_of(word.text)
        if applied is None:
            raise self._error(word, f"{word.text!r} is not a restriction")
        return Restriction(name=word.text, applied=applied)

    def _with_argument(self, word: Word, kind: Kind, words: Iterator[Word]) -> Restriction:
        restriction = Restriction(name=word.text, kind=kind)
        if not kind.argument:
            return restriction
        argument = next(words, None)
        if argument is None:
            raise self._error(word, f"{word.text} needs {kind.argument} behind it")
        text = argument.text
        fault = ""
        if kind.argument == _TABLE:
            if _TABLE_LIKE.match(text):
                return attrs.evolve(restriction, table=self._table(argument))
            fault = f"{word.text} needs a table, not {text!r}"
        elif kind.argument == _LIST:
            try:
                block_lists.parse_block_list(text)
            except InvalidValue as error:
                fault = str(error)
        elif kind.argument == _SECONDS and _NUMBER.fullmatch(text) is None:
            fault = f"{word.text} needs a number of seconds, not {text!r}"
        elif kind.argument == _SERVICE and text not in self.services:
            fault = f"{text!r} is not a policy service of this site"
        if fault:
            raise self._error(argument, fault)
        return attrs.evolve(restriction, argument=text)

    def _table(self, word: Word) -> Table:
        if self.open_table is None:
            raise self._error(word, f"a table has no place here: {word.text!r}")
        return self.open_table(word.text)

    def _error(self, word: Word, what: str) -> RestrictionError:
        return RestrictionError(f"restrictions: {what}", origin=self.origin, line=word.line)
