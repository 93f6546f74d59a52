"""The text of `dsnlib.toml` -> `Settings`, or everything that is wrong with it at once.

Rules.
- An unknown key is an error; so is a value that its kind does not take.
- What `$myhostname`, `$mydomain` and `$myorigin` stand for is put in; no other name is.
- A listener has what its own table says, else what the top of the file says, else what
  its profile says.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Any

import attrs

from dsnlib.adapters.config.check import check_settings
from dsnlib.adapters.config.keys import KEYS, LISTENER_KEYS, OLD_NAMES, PARTS
from dsnlib.adapters.config.listen import LISTENER_PROFILES, Listen
from dsnlib.adapters.config.near import meant
from dsnlib.adapters.config.places import key_lines
from dsnlib.adapters.config.server import Server
from dsnlib.adapters.config.settings import InvalidSettings, Settings
from dsnlib.errors import ConfigurationError, InvalidValue
from dsnlib.model.toml_text import parse_toml

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from dsnlib.adapters.config.key import Key

    Lines = Mapping[tuple[str, int, str], int]

__all__ = ["read_file", "read_settings"]

# Chosen by us: nobody writes so much by hand.
_LARGEST_OCTETS = 1 << 20
_LISTEN = "listen"
_PLACE = re.compile(r" \(at line ([0-9]+), column ([0-9]+)\)$")
_NAME = re.compile(r"\$(?:(my[a-z]+)|\{(my[a-z]+)\})")


def read_file(path: Path, *, hostname: str = "") -> Settings:
    """Return the settings of a file.

    Args:
        path: The file.
        hostname: What `myhostname` is if the file does not say.

    Raises:
        InvalidSettings: It cannot be used.
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        octets = file.read(_LARGEST_OCTETS + 1)
    origin = str(path)
    if len(octets) > _LARGEST_OCTETS:
        message = f"the file is larger than {_LARGEST_OCTETS} octets"
        raise InvalidSettings([ConfigurationError(message, origin=origin)])
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        message = "an octet that is no UTF-8"
        raise InvalidSettings([ConfigurationError(message, origin=origin, line=line)]) from error
    return read_settings(text, origin=origin, hostname=hostname)


def read_settings(text: str, *, origin: str = "dsnlib.toml", hostname: str = "") -> Settings:
    r"""Return the settings of a text.

    >>> settings = read_settings('myhostname = "mail.example.org"\n[[listen]]\nport = 2525\n')
    >>> settings.system.mydestination, settings.listeners[0].port
    (('mail.example.org', 'localhost'), 2525)

    Args:
        text: TOML.
        origin: The name of the file, for errors.
        hostname: What `myhostname` is if the text does not say.

    Raises:
        InvalidSettings: It cannot be used; every error is in it.
    """
    text = text.replace("\r\n", "\n").removeprefix("\ufeff")
    try:
        document = parse_toml(text, origin=origin)
    except tomllib.TOMLDecodeError as error:
        raise InvalidSettings([_syntax_error(str(error), text, origin)]) from error
    except ConfigurationError as error:
        raise InvalidSettings([error]) from error
    reader = _Reader(origin, key_lines(text))
    settings = reader.read(document, hostname)
    errors = [*reader.errors, *check_settings(settings, reader.failed)]
    if errors:
        raise InvalidSettings(errors)
    return settings


def _syntax_error(message: str, text: str, origin: str) -> ConfigurationError:
    found = _PLACE.search(message)
    if found is None:  # "at end of document"
        line = text.count("\n") + 1
        return ConfigurationError(f"no TOML: {message}", origin=origin, line=line)
    said = message[: found.start()]
    message = f"no TOML: {said}, column {found[2]}"
    return ConfigurationError(message, origin=origin, line=int(found[1]))


class _Reader:
    """Reads one document, and collects what is wrong with it."""

    def __init__(self, origin: str, lines: Lines) -> None:
        self._origin = origin
        self._lines = lines
        self.errors: list[ConfigurationError] = []
        self.notes: list[str] = []
        # Keys that were given and have no value: nothing follows from what they lack.
        self.failed: set[str] = set()

    def read(self, document: dict[str, Any], hostname: str) -> Settings:
        tables = document.pop(_LISTEN, [])
        top = self._values(document, KEYS, "", 0)
        names = _names(top, hostname)
        names |= self._read_again(top, {name: names[name] for name in names if name in top}, "", 0)
        filled = _with_names(top, names)
        filled |= self._read_again(top, filled, "", 0)
        parts = [_make(part, filled) for part in PARTS]
        lines = {name: line for (table, _, name), line in self._lines.items() if not table}
        listeners = self._listeners(tables, top, names)
        system, server, codes, delivery, smtp, lmtp, notification = parts
        system = attrs.evolve(system, **names)
        return Settings(
            system=system,
            server=server,
            codes=codes,
            delivery=delivery,
            smtp=smtp,
            lmtp=lmtp,
            notification=notification,
            listeners=listeners,
            origin=self._origin,
            lines=self._current(lines),
            notes=tuple(self.notes),
        )

    def _listeners(
        self, tables: object, top: dict[str, Any], names: Mapping[str, str]
    ) -> tuple[Listen, ...]:
        if not isinstance(tables, list) or not all(isinstance(each, dict) for each in tables):
            line = self._lines.get((_LISTEN, 0, "")) or self._lines.get(("", 0, _LISTEN), 0)
            self.failed.add(_LISTEN)
            self._complain("listen: a listener is a table of its own, [[listen]]", line)
            return ()
        found = []
        for index, table in enumerate(tables):
            own = self._values(table, LISTENER_KEYS, _LISTEN, index)
            profile = own.get("profile", "plain")
            values = {
                name: LISTENER_KEYS[name].kind.read(value)
                for name, value in LISTENER_PROFILES[profile].items()
            }
            values |= {name: value for name, value in top.items() if name in LISTENER_KEYS}
            values |= own
            values = _with_names(values, names)
            values |= self._read_again(own, values, _LISTEN, index)
            line = self._lines.get((_LISTEN, index, ""), 0)
            listen = _make(Listen, values)
            found.append(attrs.evolve(listen, server=_make(Server, values), line=line))
        return tuple(found)

    def _values(
        self, table: dict[str, Any], known: Mapping[str, Key], place: str, index: int
    ) -> dict[str, Any]:
        """Return the values of a table by the names of today."""
        values: dict[str, Any] = {}
        for written, given in table.items():
            line = self._lines.get((place, index, written)) or self._lines.get((written, 0, ""), 0)
            name, value = self._today(written, given, line)
            key = known.get(name)
            if key is None:
                self._complain(_unknown(written, known, place), line)
                continue
            if name in values:
                self._complain(f"{written}: {name} is there too", line)
                continue
            try:
                values[name] = key.kind.read(value)
            except InvalidValue as error:
                self.failed.add(name)
                self._complain(f"{written}: {error}{_meant_word(value, key)}", line)
        return values

    def _read_again(
        self, given: Mapping[str, Any], filled: Mapping[str, Any], place: str, index: int
    ) -> dict[str, Any]:
        """Return what is to be read of values once names were put in: `"/$myhostname"` is none."""
        known = LISTENER_KEYS if place else KEYS
        values: dict[str, Any] = {}
        for name in given.keys() & filled.keys() - self.failed:
            value = filled[name]
            if value == given[name]:
                continue
            try:
                values[name] = known[name].kind.read(
                    [*value] if isinstance(value, tuple) else value
                )
            except InvalidValue as error:
                self.failed.add(name)
                self._complain(f"{name}: {error}", self._lines.get((place, index, name), 0))
        return values

    def _today(self, written: str, value: object, line: int) -> tuple[str, object]:
        """Return the name and value of today for what may be those of old."""
        old = OLD_NAMES.get(written)
        if old is None:
            return written, value
        if old.values:
            flag = KEYS["soft_bounce"].kind
            try:
                value = old.values[flag.read(value)]
            except InvalidValue:
                return old.name, value
        place = ":".join(str(each) for each in (self._origin, line) if each)
        self.notes.append(f"{place}: {written} is called {old.name} now")
        return old.name, value

    @staticmethod
    def _current(lines: dict[str, int]) -> dict[str, int]:
        today = {OLD_NAMES[name].name: line for name, line in lines.items() if name in OLD_NAMES}
        return today | {name: line for name, line in lines.items() if name in KEYS}

    def _complain(self, message: str, line: int) -> None:
        self.errors.append(ConfigurationError(message, origin=self._origin, line=line))


def _unknown(written: str, known: Mapping[str, Key], place: str) -> str:
    if place and written in KEYS:
        return f"{written}: it stands at the top of the file, not in [[{place}]]"
    if not place and written in LISTENER_KEYS:
        return f"{written}: it stands in [[{_LISTEN}]], not at the top of the file"
    where = f" of [[{place}]]" if place else ""
    return f"{written}: there is no such key{where}{meant(written, (*known, *OLD_NAMES))}"


def _meant_word(value: object, key: Key) -> str:
    return meant(value, key.kind.allowed) if isinstance(value, str) else ""


def _names(top: Mapping[str, Any], hostname: str) -> dict[str, str]:
    """Return what the names that may be put into values stand for."""
    host = (top.get("myhostname") or hostname or "localhost").replace("$", "")
    domain = top.get("mydomain") or host.partition(".")[2] or host
    names = {"myhostname": host, "mydomain": _put_in(domain, {"myhostname": host})}
    names["myorigin"] = _put_in(top.get("myorigin") or host, names)
    return names


def _put_in(text: str, names: Mapping[str, str]) -> str:
    return _NAME.sub(lambda found: names.get(found[1] or found[2], found[0]), text)


def _with_names(values: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Return the values, and the defaults that need it, with names put in."""
    defaults = {
        key.name: key.default
        for key in (*KEYS.values(), *LISTENER_KEYS.values())
        if "$" in str(key.default)
    }
    done: dict[str, Any] = {}
    for name, value in {**defaults, **values}.items():
        if isinstance(value, str):
            done[name] = _put_in(value, names)
        elif isinstance(value, tuple) and all(isinstance(each, str) for each in value):
            done[name] = tuple([_put_in(each, names) for each in value])
        else:
            done[name] = value
    return done


def _make(part: Any, values: Mapping[str, Any]) -> Any:  # noqa: ANN401  any part of the settings
    keys = {**KEYS, **LISTENER_KEYS}
    given = {keys[name].field: value for name, value in values.items() if keys[name].part is part}
    return part(**given)
