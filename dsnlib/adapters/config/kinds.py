"""The kinds of values that a configuration has, as people write them and as programs want them.

    flag     true, false, "yes", "no"          time    "30s", "5m", "2h", "1d", "1w"
    octets   10240000, "10M"                   list    ["a", "b"], "a, b"

Rules.
- What TOML has a type for may also be a string, as in main.cf: `"10"`, `"yes"`.
- A list may be a string, with commas or blanks between; braces keep together.
- No value has a control character, except the line ends of a long list.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from dsnlib.adapters.config.key import Kind
from dsnlib.errors import ConfigurationError, InvalidValue
from dsnlib.model.text import refuse_controls
from dsnlib.replies.footer import ReplyFooter
from dsnlib.replies.words import split_words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = [
    "ADDRESS", "BLOCK_LISTS", "CLASSES", "DISCARD_LIST", "DOMAIN", "FLAG", "FOOTER", "LANGUAGES",
    "NAMES", "NETWORKS", "NEXTHOP", "OCTETS", "PATH", "RESTRICTIONS", "TABLES", "TEXT", "TEXTS",
    "Network", "choice", "choices", "count", "list_of", "maybe", "time",
]  # fmt: skip

_T = TypeVar("_T")
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_LONGEST_SHOWN = 80
_NUMBER = re.compile(r"[0-9]{1,18}")
_TIME = re.compile(r"([0-9]{1,10})([smhdw]?)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_UNIT_NAMES = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_OCTETS = re.compile(r"([0-9]{1,15})([kKmMgG]?)")
_FACTORS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
# Domain     = sub-domain *("." sub-domain)                    RFC 5321 s4.1.2
# sub-domain = Let-dig [Ldh-str], and U-labels as in RFC 6531 s3.3; TOLERANT: "_"
_LABEL = r"[^\W_](?:[\w-]{0,61}[\w])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
# relayhost: domain, [host], [address], each with ":port" or ":service"    postconf(5)
_NEXTHOP = re.compile(r"(?:\[[^\[\]\s]+\]|[^\s\[\]:,]+)(?::[\w-]+)?")
_CLASS = re.compile(r"[A-Za-z]\w{0,63}", re.ASCII)
_TABLE = re.compile(r"[a-z][a-z0-9_]*:.*", re.ASCII | re.DOTALL)
# What BCP 47 and POSIX have in common, as far as that is checked here.
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:[-_.@][A-Za-z0-9-]{1,12}){0,5}")


def _show(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def _refused(value: object, wanted: str) -> InvalidValue:
    return InvalidValue(f"{_show(value)} is not {wanted}", value=value)


def _quote(text: str) -> str:
    # JSON's strings are basic strings of TOML, but for this one: TOML forbids it bare.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _quote_all(values: tuple[Any, ...]) -> str:
    return f"[{', '.join(_quote(str(value)) for value in values)}]"


def _read_text(value: object) -> str:
    if not isinstance(value, str):
        raise _refused(value, "a text in quotes")
    refuse_controls(value, "the text")
    return value.strip()


def _read_footer(value: object) -> ReplyFooter | None:
    text = _read_text(value)
    try:
        return ReplyFooter(text) if text else None
    except ConfigurationError as error:
        raise InvalidValue(str(error), value=value) from error


def _read_flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    found = _FLAGS.get(value.strip().lower()) if isinstance(value, str) else None
    if found is None:
        raise _refused(value, "true or false")
    return found


_FLAGS = {"yes": True, "true": True, "no": False, "false": False}


def count(least: int = 0, most: int = 1_000_000_000) -> Kind[int]:
    """Return the kind of whole numbers from `least` to `most`."""

    def read(value: object) -> int:
        if isinstance(value, str) and _NUMBER.fullmatch(value.strip()) is not None:
            value = int(value)
        if type(value) is not int or not least <= value <= most:
            raise _refused(value, f"a number from {least} to {most}")
        return value

    return Kind(name="number", form=f"{least} to {most}", read=read, write=str)


def time(unit: str = "s", *, least: int = 0) -> Kind[dt.timedelta]:
    """Return the kind of times.

    Args:
        unit: What a number alone counts: one of `s`, `m`, `h`, `d`, `w`, as Postfix has it
            for the parameter.
        least: The least number of seconds.
    """
    wanted = f"a time such as 30s, 5m, 2h, 1d or 1w; a number alone is {_UNIT_NAMES[unit]}"

    def read(value: object) -> dt.timedelta:
        text = str(value) if type(value) is int else value
        found = _TIME.fullmatch(text.strip()) if isinstance(text, str) else None
        if found is None:
            raise _refused(value, wanted)
        seconds = int(found[1]) * _SECONDS[found[2] or unit]
        # A century; Postfix ends at 68 years.
        if not least <= seconds <= 36_500 * _SECONDS["d"]:
            raise _refused(value, f"a time of {least}s or more, up to 36500d")
        return dt.timedelta(seconds=seconds)

    return Kind(name="time", form=wanted, read=read, write=_write_time)


def _write_time(value: dt.timedelta) -> str:
    seconds = int(value.total_seconds())
    units = sorted(_SECONDS.items(), key=lambda each: -each[1])
    unit = next((unit for unit, size in units if seconds and not seconds % size), "s")
    return _quote(f"{seconds // _SECONDS[unit]}{unit}")


def _read_octets(value: object) -> int:
    text = str(value) if type(value) is int else value
    found = _OCTETS.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is None:
        raise _refused(value, "a number of octets such as 10240000, 100k, 10M or 1G")
    return int(found[1]) * _FACTORS[found[2].lower()]


def _words(value: object, wanted: str) -> tuple[str, ...]:
    """Split what is a list, or a string that is one."""
    parts = value if isinstance(value, list) else [value]
    found: list[str] = []
    for part in parts:
        if not isinstance(part, str):
            raise _refused(part, wanted)
        refuse_controls(" ".join(part.split()), "the text")
        try:
            found += [word.text for word in split_words(part, error=ConfigurationError)]
        except ConfigurationError as error:
            raise InvalidValue(str(error), value=value) from error
    return tuple(found)


def list_of(
    check: Callable[[str], _T], wanted: str, *, name: str, form: str
) -> Kind[tuple[_T, ...]]:
    """Return the kind of lists of something.

    Args:
        check: Makes a value of a word, or raises `InvalidValue`.
        wanted: What a word should be, for errors.
        name: The name of the kind.
        form: How lists are written.
    """

    def read(value: object) -> tuple[_T, ...]:
        return tuple([check(word) for word in _words(value, wanted)])

    return Kind(name=name, form=form, read=read, write=_quote_all, is_list=True)


def _check_domain(text: str) -> str:
    # $myhostname and the like are put in later.
    name = text.removeprefix(".")  # ".example.org": all names below it
    is_name = len(text) <= 255 and _DOMAIN.fullmatch(name) is not None
    if not is_name and "$" not in text:
        raise _refused(text, "a domain name")
    return text if "$" in text else text.lower()


def _read_domain(value: object) -> str:
    text = _read_text(value)
    return _check_domain(text) if text else text


def _check_network(text: str) -> Network:
    bare = text.replace("[", "").replace("]", "")
    try:
        return ipaddress.ip_network(bare)
    except ValueError:
        pass
    try:
        meant = f"; did you mean {ipaddress.ip_network(bare, strict=False)}?"
    except ValueError:
        meant = ""
    wanted = f"a network such as 192.0.2.0/24 or 2001:db8::/32{meant}"
    raise _refused(text, wanted)


def _check_table(text: str) -> str:
    from dsnlib.replies.tables import FILE_KINDS, SPEC_KINDS

    kind, _, rest = text.partition(":")
    if _TABLE.fullmatch(text) is None or not rest:
        raise _refused(text, "a table: a kind, a colon and a path, as in texthash:/etc/mail/access")
    kinds = FILE_KINDS | SPEC_KINDS
    if kind not in kinds:
        raise _refused(kind, f"a kind of table; there are {', '.join(sorted(kinds))}")
    return text


def _read_path(value: object) -> Path | None:
    text = _read_text(value)
    return Path(text) if text else None


def _read_address(value: object) -> str | None:
    """Read an address that a person has typed."""
    text = _read_text(value)
    if not text:
        return None
    # A local name is completed with $myorigin later.
    address = text if "@" in text else f"{text}@example.org"
    from email_validator import EmailNotValidError, validate_email

    try:
        validate_email(
            address.replace("$my", "my"),
            check_deliverability=False,
            allow_smtputf8=True,
            globally_deliverable=False,
        )
    except EmailNotValidError as error:
        raise InvalidValue(f"{_show(text)} is not a mail address: {error}", value=value) from error
    return text


def _read_nexthop(value: object) -> str:
    text = _read_text(value)
    if text and _NEXTHOP.fullmatch(text) is None:
        raise _refused(text, "a next hop such as example.org, [mail.example.org]:587 or [::1]")
    return text


def _read_restrictions(value: object) -> str:
    """Read a list of restrictions as text; that it means something is seen by `read`."""
    texts = []
    for part in value if isinstance(value, list) else [value]:
        if not isinstance(part, str):
            raise _refused(part, "a list of restrictions")
        texts.append(" ".join(part.split()))
        refuse_controls(texts[-1], "the text")
    return ", ".join(filter(None, texts))


def _block_list(text: str) -> str:
    from dsnlib.replies.rules.block_lists import parse_block_list

    parse_block_list(text)
    return text


def _check_class(text: str) -> str:
    if _CLASS.fullmatch(text) is None:
        raise _refused(text, "a name of letters, digits and _")
    return text


def _read_language(value: object) -> str:
    text = _read_text(value)
    if _LANGUAGE.fullmatch(text) is None:
        raise _refused(text, "a language such as de or pt-BR")
    return text


def _table_of(
    check: Callable[[str], str], read: Callable[[object], str], wanted: str, form: str
) -> Kind[Mapping[str, str]]:
    """Return the kind of tables: a text for each name."""

    def read_all(value: object) -> Mapping[str, str]:
        if not isinstance(value, dict):
            raise _refused(value, f"a table with {wanted}")
        return {check(name): read(each) for name, each in value.items()}

    def write(value: Mapping[str, str]) -> str:
        rows = [f"{_quote(name)} = {_quote(each)}" for name, each in value.items()]
        return f"{{ {', '.join(rows)} }}" if rows else "{}"

    return Kind(name="table", form=form, read=read_all, write=write)


def choice(*allowed: str) -> Kind[str]:
    """Return the kind of one word of several."""

    def read(value: object) -> str:
        # A word may be "yes" or "no", and TOML's own spelling of them is as good.
        text = ("no", "yes")[value] if isinstance(value, bool) else value
        word = str(text).strip().lower()
        if word not in allowed:
            raise _refused(value, f"one of {', '.join(allowed)}")
        return word

    return Kind(name="word", form=" or ".join(allowed), read=read, write=_quote, allowed=allowed)


def choices(*allowed: str) -> Kind[tuple[str, ...]]:
    """Return the kind of lists of some words."""

    def check(text: str) -> str:
        if text.lower() not in allowed:
            raise _refused(text, f"one of {', '.join(allowed)}")
        return text.lower()

    wanted = f"words of {', '.join(allowed)}"
    made = list_of(check, wanted, name="words", form=wanted)
    return attrs.evolve(made, allowed=allowed)


def maybe(kind: Kind[_T]) -> Kind[_T | None]:
    """Return the kind of the same values, or none: an empty text."""

    def read(value: object) -> _T | None:
        return None if value == "" else kind.read(value)

    def write(value: _T | None) -> str:
        return _quote("") if value is None else kind.write(value)

    return Kind(name=kind.name, form=kind.form, read=read, write=write,
                allowed=kind.allowed, is_list=kind.is_list)  # fmt: skip


def _discard_list() -> Kind[tuple[str, ...]]:
    from dsnlib.replies.discard import DISCARD_WORDS, SILENT

    return choices(*DISCARD_WORDS, SILENT)


def _write_path(value: Path | None) -> str:
    return _quote("" if value is None else str(value))


def _write_flag(value: bool) -> str:  # noqa: FBT001  what a kind writes is its one argument
    return "true" if value else "false"


TEXT = Kind(name="text", form='"..."', read=_read_text, write=_quote)
FOOTER: Kind[ReplyFooter | None] = Kind(
    name="text",
    form='"..."',
    read=_read_footer,
    write=lambda footer: _quote("" if footer is None else footer.text),
)
FLAG = Kind(name="flag", form="true or false", read=_read_flag, write=_write_flag)
OCTETS = Kind(name="octets", form='10240000, "100k", "10M"', read=_read_octets, write=str)
DOMAIN = Kind(name="domain", form='"mail.example.org"', read=_read_domain, write=_quote)
PATH: Kind[Path | None] = Kind(name="path", form='"/etc/..."', read=_read_path, write=_write_path)
ADDRESS: Kind[str | None] = Kind(
    name="address",
    form='"postmaster@example.org"',
    read=_read_address,
    write=lambda value: _quote(value or ""),
)
NEXTHOP = Kind(name="next hop", form='"[mail.example.org]:587"', read=_read_nexthop, write=_quote)
RESTRICTIONS = Kind(
    name="restrictions",
    form='["permit_mynetworks", "reject"]',
    read=_read_restrictions,
    write=_quote,
)
CLASSES = _table_of(
    _check_class, _read_restrictions, "a list of restrictions for each name", '{ name = "reject" }'
)
LANGUAGES = _table_of(
    _check_domain, _read_language, "a language for each domain", '{ "example.org" = "de" }'
)
NAMES = list_of(_check_domain, "a domain name", name="domains", form='["example.org"]')
NETWORKS = list_of(_check_network, "a network", name="networks", form='["192.0.2.0/24"]')
TABLES = list_of(_check_table, "a table", name="tables", form='["texthash:/etc/mail/access"]')
TEXTS = list_of(str, "a text in quotes", name="words", form='["a", "b"]')
BLOCK_LISTS = list_of(_block_list, "a block list", name="block lists", form='["list.example"]')
DISCARD_LIST = _discard_list()
