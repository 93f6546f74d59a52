"""Files of rules: TOML that says which words tell which reason.

    version = 1                      # of the rules that do not say theirs

    [[rule]]
    id = "blocked/our-partner"
    reason = "blocked-host"          # a value of `Reason`
    needles = ["not on our guest list", "ask..to be let in"]

    [[rule]]
    id = "limits/our-partner"
    reason = "rate-limited"
    permanence = "soft"              # optional, as are fault and all below
    fault = "sender"
    codes = ["450", "x.7.1", "5.7.606-649"]
    providers = ["partner"]
    needles = ["too eager"]
    mark = true                      # the words alone tell who speaks
    prose = true                     # a telling code counts for more
    version = 2
    source = "https://partner.example/postmaster"

    [[provider]]
    name = "partner"
    hosts = ["mx.partner.example"]
    marks = ["partner mail gate"]

Rules.  A file is read whole or not at all: a key that nobody knows, a reason
that there is none of, and an id that is given twice are errors, told with the
line at which the entry begins.
"""

from __future__ import annotations

import enum
import re
import tomllib
from typing import TYPE_CHECKING, Any, TypeVar

from dsnlib.bounces.rules.rule import Code, Provider, Rule
from dsnlib.bounces.rules.rule_set import RuleSet
from dsnlib.bounces.taxonomy import Fault, Permanence, Reason
from dsnlib.errors import ConfigurationError, InvalidValue
from dsnlib.model.toml_text import parse_toml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["load_rules"]

_Member = TypeVar("_Member", bound=enum.Enum)
_TOML_LINE = re.compile(r"at line ([0-9]+)")


class _Refused(Exception):
    """What is wrong with an entry; its place is added by whoever reads it."""


def load_rules(text: str | bytes, *, origin: str) -> RuleSet:
    """Return the rules of a file.

    Args:
        text: The file: TOML, in UTF-8.
        origin: Its name, for errors.

    Raises:
        ConfigurationError: It is no such file; with `origin`, and the line as
            far as it is known.
    """
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError as error:
            line = error.object.count(b"\n", 0, error.start) + 1
            message = "it is not in UTF-8"
            raise ConfigurationError(message, origin=origin, line=line) from error
    try:
        table = parse_toml(text, origin=origin)
    except tomllib.TOMLDecodeError as error:
        found = _TOML_LINE.search(str(error))
        line = int(found[1]) if found else 0
        raise ConfigurationError(str(error), origin=origin, line=line) from error
    return _Reader(text, origin).read(table)


class _Reader:
    """One file while it is read."""

    def __init__(self, text: str, origin: str) -> None:
        self._text = text
        self._origin = origin
        self._version = 1

    def read(self, table: dict[str, Any]) -> RuleSet:
        try:
            _refuse_unknown(table, ("version", "rule", "provider"))
            self._version = _number(table.get("version", 1), "version")
        except _Refused as error:
            raise ConfigurationError(str(error), origin=self._origin) from error
        providers = tuple(self._each(table, "provider", self._provider))
        rules = tuple(self._each(table, "rule", self._rule))
        ids: dict[str, int] = {}
        for index, rule in enumerate(rules):
            if rule.id in ids:
                message = f"rule {rule.id}: it is there twice"
                raise ConfigurationError(
                    message, origin=self._origin, line=self._line("rule", index)
                )
            ids[rule.id] = index
        return RuleSet(rules, providers)

    def _each(
        self, table: dict[str, Any], name: str, make: Callable[[dict[str, Any]], Any]
    ) -> Iterable[Any]:
        entries = table.get(name, [])
        if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
            message = f"{name}: it is written [[{name}]]"
            raise ConfigurationError(message, origin=self._origin)
        for index, entry in enumerate(entries):
            try:
                yield make(entry)
            except (_Refused, InvalidValue) as error:
                line = self._line(name, index)
                raise ConfigurationError(str(error), origin=self._origin, line=line) from error

    def _line(self, name: str, index: int) -> int:
        """Return the line of the entry, or 0 where it is not written as `[[name]]`."""
        heading = f"[[{name}]]"
        for number, line in enumerate(self._text.split("\n"), 1):
            if line.strip().startswith(heading):
                if not index:
                    return number
                index -= 1
        return 0

    def _rule(self, entry: dict[str, Any]) -> Rule:
        _refuse_unknown(entry, _RULE_KEYS)
        id_ = _string(entry.get("id"), "rule: id")
        place = f"rule {id_}"
        return Rule(
            id=id_,
            reason=_member(Reason, _string(entry.get("reason"), f"{place}: reason"), place),
            version=_number(entry.get("version", self._version), f"{place}: version"),
            permanence=_optional(Permanence, entry, "permanence", place),
            fault=_optional(Fault, entry, "fault", place),
            needles=_strings(entry, "needles", place),
            codes=tuple(map(Code.parse, _strings(entry, "codes", place))),
            providers=_strings(entry, "providers", place),
            is_mark=_truth(entry, "mark", place),
            is_prose=_truth(entry, "prose", place),
            source=_string(entry["source"], f"{place}: source") if "source" in entry else None,
        )

    def _provider(self, entry: dict[str, Any]) -> Provider:
        _refuse_unknown(entry, ("name", "hosts", "marks"))
        name = _string(entry.get("name"), "provider: name")
        found = Provider(
            name=name,
            hosts=_strings(entry, "hosts", f"provider {name}"),
            marks=_strings(entry, "marks", f"provider {name}"),
        )
        RuleSet((), (found,))  # refuses marks that cannot be searched for
        return found


_RULE_KEYS = (
    "id", "reason", "version", "permanence", "fault", "needles", "codes", "providers", "mark",
    "prose", "source",
)  # fmt: skip


def _refuse_unknown(table: dict[str, Any], known: Iterable[str]) -> None:
    for key in table:
        if key not in known:
            message = f"there is no key {key!r}; there are {', '.join(known)}"
            raise _Refused(message)


def _string(value: object, place: str) -> str:
    if not isinstance(value, str) or not value:
        message = f"{place} is {value!r}, not some text"
        raise _Refused(message)
    return value


def _strings(table: dict[str, Any], key: str, place: str) -> tuple[str, ...]:
    values = table.get(key, [])
    if not isinstance(values, list):
        message = f"{place}: {key} is {values!r}, not a list"
        raise _Refused(message)
    return tuple([_string(value, f"{place}: {key}") for value in values])


def _number(value: object, place: str) -> int:
    if type(value) is not int or value < 1:
        message = f"{place} is {value!r}, not a number from 1"
        raise _Refused(message)
    return value


def _truth(table: dict[str, Any], key: str, place: str) -> bool:
    value = table.get(key, False)
    if not isinstance(value, bool):
        message = f"{place}: {key} is {value!r}, not true or false"
        raise _Refused(message)
    return value


def _member(kind: type[_Member], value: str, place: str) -> _Member:
    try:
        return kind(value)
    except ValueError:
        known = ", ".join(str(each.value) for each in kind)
        message = f"{place}: there is no {kind.__name__.lower()} {value!r}; there are {known}"
        raise _Refused(message) from None


def _optional(kind: type[_Member], table: dict[str, Any], key: str, place: str) -> _Member | None:
    return _member(kind, _string(table[key], f"{place}: {key}"), place) if key in table else None
