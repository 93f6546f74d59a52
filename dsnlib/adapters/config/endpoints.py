"""Programs that are asked about mail: where each is, and what it has of its own.

    inet:127.0.0.1:8891
    unix:/run/filter.sock
    { inet:127.0.0.1:8891, default_action=accept, command_timeout=5s }

What Prometheus asks is the other way round: an address and a port of ours.

Filters stand in a list of their own, policy services behind `check_policy_service` in
lists of restrictions; in both, what braces have goes before the keys for all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import attrs

from dsnlib.adapters.config.key import Kind
from dsnlib.adapters.config.kinds import TEXT, choice, count, list_of, time
from dsnlib.errors import ConfigurationError, InvalidValue
from dsnlib.replies.words import split_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = [
    "DEFAULT_ACTION", "FILTERS", "FILTER_ACTION", "MACROS", "PLACE", "PROTOCOL", "WAIT",
    "Endpoint", "find_services", "read_service",
]  # fmt: skip

_CHECK = "check_policy_service"
# An address and a port: 127.0.0.1:9154, [::1]:9154
_PLACE = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\s:\[\]]+)):([0-9]{1,5})")
_INET = re.compile(r"inet:(?:\[[0-9A-Fa-f:.]+\]|[^\s:\[\],{}]+):([0-9]{1,5})")
_UNIX = re.compile(r"unix:/[^\s,{}]+")
_PORTS = range(1, 65_536)
# A comma, or a blank before the next name.
_BETWEEN = re.compile(r",| (?=[a-z_]{1,40} ?=)")
# A macro of the milter protocol: one letter, or a name in braces.
_MACRO = re.compile(r"\{[A-Za-z_][A-Za-z0-9_]{0,60}\}|[A-Za-z_][A-Za-z0-9_]{0,60}")


@attrs.frozen(kw_only=True)
class Endpoint:
    """A program that is asked.

    Args:
        where: `inet:host:port`, or `unix:/path`.
        own: Settings of its own, by name.
        text: As the file has it.
    """

    where: str
    own: Mapping[str, Any] = MappingProxyType({})
    text: str = attrs.field(eq=False)

    def __str__(self) -> str:
        return self.text


def _action(value: object) -> str:
    """Read what an access table may say."""
    from dsnlib.replies.access import parse_action

    text = TEXT.read(value)
    parse_action(text)
    return text


FILTER_ACTION = choice("accept", "tempfail", "reject", "quarantine", "shutdown")
PROTOCOL = count(2, 6)
WAIT = time("s", least=1)
DEFAULT_ACTION = Kind(name="action", form='"DUNNO"', read=_action, write=TEXT.write)

_OF_FILTERS: Mapping[str, Kind[Any]] = {
    "default_action": FILTER_ACTION,
    "connect_timeout": WAIT,
    "command_timeout": WAIT,
    "content_timeout": WAIT,
    "protocol": PROTOCOL,
}
_OF_SERVICES: Mapping[str, Kind[Any]] = {
    "default_action": DEFAULT_ACTION,
    "timeout": WAIT,
    "max_idle": WAIT,
    "policy_context": TEXT,
}


def _read(text: str, known: Mapping[str, Kind[Any]], what: str) -> Endpoint:
    inner = text[1:-1] if text.startswith("{") and text.endswith("}") else text
    where, *rest = [each.strip() for each in _BETWEEN.split(" ".join(inner.split()))]
    found = _INET.fullmatch(where)
    is_port = found is not None and int(found[1]) in _PORTS
    if not is_port and _UNIX.fullmatch(where) is None:
        message = f"{where[:80]!r} is not {what} such as inet:127.0.0.1:8891 or unix:/run/socket"
        raise InvalidValue(message, value=text)
    own: dict[str, Any] = {}
    for each in filter(None, rest):
        name, equals, value = (part.strip() for part in each.partition("="))
        if not equals or name not in known:
            message = f"{each[:80]!r} is no setting of {what}; there are {', '.join(known)}"
            raise InvalidValue(message, value=text)
        try:
            own[name] = known[name].read(value)
        except InvalidValue as error:
            raise InvalidValue(f"{name}: {error}", value=text) from error
    return Endpoint(where=where, own=own, text=text)


def _read_place(value: object) -> tuple[str, int] | None:
    text = TEXT.read(value)
    if not text:
        return None
    found = _PLACE.fullmatch(text)
    if found is None or int(found[3]) > _PORTS[-1]:
        message = f"{text[:80]!r} is not an address and a port such as 127.0.0.1:9154"
        raise InvalidValue(message, value=value)
    return found[1] or found[2], int(found[3])


def _write_place(value: tuple[str, int] | None) -> str:
    if value is None:
        return TEXT.write("")
    host, port = value
    return TEXT.write(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")


def _filter(text: str) -> Endpoint:
    return _read(text, _OF_FILTERS, "a filter")


def _macro(text: str) -> str:
    if _MACRO.fullmatch(text) is None:
        message = f"{text[:80]!r} is not the name of a macro such as i or {{client_addr}}"
        raise InvalidValue(message, value=text)
    return text


def read_service(text: str) -> Endpoint:
    """Return the policy service that a list of restrictions names.

    >>> read_service("{ inet:127.0.0.1:9998, timeout=10s }").own["timeout"]
    datetime.timedelta(seconds=10)

    Args:
        text: As it stands there, with its braces.

    Raises:
        InvalidValue: It is none.
    """
    return _read(text, _OF_SERVICES, "a policy service")


def find_services(texts: Iterable[str]) -> Iterator[str]:
    """Yield each policy service that lists of restrictions name, as it stands there.

    A list that cannot be read has none: whoever reads it tells.
    """
    for text in texts:
        if _CHECK not in text.lower():
            continue
        is_next = False
        try:
            for word in split_words(text):
                if is_next:
                    yield word.text
                is_next = word.text.lower() == _CHECK
        except ConfigurationError:
            continue


PLACE: Kind[tuple[str, int] | None] = Kind(
    name="address and port", form='"127.0.0.1:9154"', read=_read_place, write=_write_place
)
FILTERS = list_of(_filter, "a filter", name="filters", form='["inet:127.0.0.1:8891"]')
MACROS = list_of(_macro, "a macro", name="macros", form='["j", "{client_addr}"]')
