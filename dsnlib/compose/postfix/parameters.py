"""main.cf -> the parameters that a bounce template may name.

A template says `$myhostname` or `$delay_warning_time_hours`, and the value is
what Postfix's bounce(8) has for it: from main.cf, or the default of a parameter
that the daemon knows.

Rules.
- Values are expanded when they are asked for: `$name` and the conditionals of
  `macro`.  In them a name without a value is empty.
- `delay_warning_time` and `maximal_queue_lifetime` can be asked for in a unit:
  `_seconds`, `_minutes`, `_hours`, `_days`, `_weeks`, rounded down.
- What is no printable character becomes `_`, octet by octet; with
  `smtputf8_enable = no` that is everything beyond US-ASCII.
- With `smtputf8_enable` the ACE labels of `myhostname` and `mydomain` are
  written as what they stand for.
- Nothing is looked up in the system: who knows the host's name sets it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import attrs

from dsnlib.compose.postfix.ace import decode_domain
from dsnlib.compose.postfix.defaults import DEFAULTS
from dsnlib.compose.postfix.macro import parse_macros
from dsnlib.compose.postfix.segments import Name, Segments, every_name
from dsnlib.errors import TemplateError
from dsnlib.model.text import decode_wire, encode_wire

__all__ = ["LONGEST_VALUE", "TIME_UNITS", "Parameters"]

# Chosen here: values that name others cannot grow beyond it, in characters.
LONGEST_VALUE = 1 << 16

# The suffix of a name, and how many seconds it counts.               bounce(5)
TIME_UNITS = {
    "seconds": 1,
    "minutes": 60,
    "hours": 60 * 60,
    "days": 24 * 60 * 60,
    "weeks": 7 * 24 * 60 * 60,
}
# The parameters that have them, and the unit of a number that has none.
_TIMES = {"delay_warning_time": "h", "maximal_queue_lifetime": "d"}
_TIME = re.compile(r"0*([0-9]{1,10})([smhdw]?)")
_SECONDS = {unit[0]: seconds for unit, seconds in TIME_UNITS.items()}
_LARGEST_SECONDS = (1 << 31) - 1
# In a larger number of a smaller unit nobody sees how long it is.   bounce(5)
_EXCESSIVE = 999

_DOMAINS = ("myhostname", "mydomain")
_BLANKS = " \t\n\v\f\r"
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\udc80-\udcff]")
_BEYOND_ASCII = re.compile(r"[^\x20-\x7e]")


def _settings(values: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(values.items()))


@attrs.frozen(eq=False)
class Parameters(Mapping[str, str]):
    """What `$names` stand for; a mapping from a name to its expanded value.

    Its length and its names are those of the parameters; beyond them it has
    those that end in a unit of time.

    Args:
        settings: Names and values as in main.cf, not expanded.
    """

    settings: tuple[tuple[str, str], ...] = attrs.field(default={}, converter=_settings)
    _raw: dict[str, str] = attrs.field(init=False, repr=False)
    _values: dict[str, str] = attrs.field(init=False, repr=False, factory=dict)

    @_raw.default
    def _default_raw(self) -> dict[str, str]:
        return {**DEFAULTS, **dict(self.settings)}

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Parameters):
            return NotImplemented
        return self.settings == other.settings

    def __hash__(self) -> int:
        return hash(self.settings)

    @classmethod
    def parse(cls, main_cf: bytes | str, *, origin: str = "main.cf") -> Parameters:
        r"""Return the parameters of a main.cf file.

        >>> parameters = Parameters.parse("myhostname = mail.example.org\nmydomain = $myhostname")
        >>> parameters["mydomain"]
        'mail.example.org'

        Args:
            main_cf: The text of the file.
            origin: What errors call the file.

        Raises:
            TemplateError: A line is no setting.
        """
        text = main_cf if isinstance(main_cf, str) else decode_wire(main_cf)
        settings: dict[str, str] = {}
        for number, line in _logical_lines(text):
            name, equals, value = line.partition("=")
            name = name.strip(_BLANKS)
            if not equals or not name or any(blank in name for blank in _BLANKS):
                message = f"{origin}:{number}: not 'name = value': {line[:60]!r}"
                raise TemplateError(message, origin=origin, line=number)
            settings[name] = value.strip(_BLANKS)
        return cls(settings)

    def override(self, settings: Mapping[str, str]) -> Parameters:
        """Return these parameters with some set otherwise.  Never raises."""
        return Parameters({**dict(self.settings), **settings})

    def __iter__(self) -> Iterator[str]:
        yield from self._raw
        yield from (name for name in _COMPUTED if name not in self._raw)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    def __getitem__(self, name: str) -> str:
        """Return the value of a parameter as a template shows it.

        Raises:
            KeyError: There is no such parameter.
            TemplateError: Its value cannot be expanded, or the unit behind it
                is none.
        """
        parameter, unit = _split_unit(name)
        if unit is not None:
            return str(self._seconds(parameter) // _unit_seconds(name, unit))
        value = self._value(name)
        if value.isascii() and value.isprintable():
            if name in _DOMAINS and self._has_utf8:
                return decode_domain(value) or value
            return value
        pattern = _UNPRINTABLE if self._has_utf8 else _BEYOND_ASCII
        return pattern.sub(lambda found: "_" * len(encode_wire(found[0])), value)

    def warning(self, name: str) -> str | None:
        """Return what is odd about the value of a name, if anything is.

        Raises:
            TemplateError: As for the value.
        """
        parameter, unit = _split_unit(name)
        if unit is not None:
            seconds, count = self._seconds(parameter), _unit_seconds(name, unit)
            if seconds // count > _EXCESSIVE and count < TIME_UNITS["days"]:
                return f"${name} comes out as {seconds // count}; use a longer unit"
            if seconds and not seconds // count:
                return f"${name} comes out as 0; use a shorter unit"
        elif name in _DOMAINS and name in self and self._has_utf8:
            value = self._value(name)
            if value.isascii() and decode_domain(value) is None:
                return f"${name} has a label that cannot be decoded: {value!r}"
        return None

    @property
    def _has_utf8(self) -> bool:
        value = self._value("smtputf8_enable").lower()
        if value not in ("yes", "no"):
            raise TemplateError(f"smtputf8_enable is neither yes nor no: {value!r}")
        return value == "yes"

    def _seconds(self, name: str) -> int:
        value = self._value(name)
        found = _TIME.fullmatch(value)
        seconds = -1
        if found is not None:
            seconds = int(found[1]) * _SECONDS[found[2] or _TIMES[name]]
        if not 0 <= seconds <= _LARGEST_SECONDS:
            raise TemplateError(f"{name} is no time: {value!r}")
        return seconds

    def _value(self, name: str) -> str:
        """Return the expanded value.  Each is made once, whoever asks for it.

        Raises:
            KeyError: There is no such parameter.
            TemplateError: Its value cannot be expanded.
        """
        parsed: dict[str, Segments] = {}
        wanted = [name]
        while wanted:  # no recursion: a chain of names may be long
            current = wanted[-1]
            if current in self._values:
                wanted.pop()
                continue
            if current not in parsed:
                parsed[current] = self._segments(current)
                needed = [each for each in every_name(parsed[current]) if self._is_set(each)]
                if any(each in parsed and each not in self._values for each in needed):
                    raise TemplateError(f"the value of {current} names itself")
                wanted.extend(needed)
            else:
                self._values[current] = self._expand(current, parsed[current])
        return self._values[name]

    def _is_set(self, name: str) -> bool:
        return name in self._raw or name in _COMPUTED

    def _segments(self, name: str) -> Segments:
        raw = self._raw.get(name)
        if raw is None:
            return Segments([Name(_COMPUTED[name][0])])
        try:
            return Segments(parse_macros(raw))
        except TemplateError as error:
            raise TemplateError(f"the value of {name}: {error}") from error

    def _expand(self, name: str, segments: Segments) -> str:
        length = 0

        def look_up(other: str) -> str | None:
            nonlocal length
            value = self._values.get(other)
            length += 0 if value is None else len(value)
            if length > LONGEST_VALUE:
                message = f"the value of {name} is longer than {LONGEST_VALUE} characters"
                raise TemplateError(message)
            return value

        value = segments.render(look_up)
        return value if name in self._raw else _COMPUTED[name][1](value)


# The parameter that Postfix computes: the domain is the host without its first label.
def _domain_of(host: str) -> str:
    return host.partition(".")[2] or "localdomain"


# Name -> what it is computed from, and how.
_COMPUTED = {"mydomain": ("myhostname", _domain_of)}


def _split_unit(name: str) -> tuple[str, str | None]:
    for parameter in _TIMES:
        if name.startswith(f"{parameter}_"):
            return parameter, name[len(parameter) + 1 :]
    return name, None


def _unit_seconds(name: str, unit: str) -> int:
    if unit not in TIME_UNITS:
        units = ", ".join(TIME_UNITS)
        raise TemplateError(f"${name}: {unit!r} is no unit of time; there are {units}")
    return TIME_UNITS[unit]


# postconf(5): a line that begins with a space goes on with the one before.
def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield the settings of a file, and the line on which each begins."""
    begun = 0
    pieces: list[str] = []
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        start = line.lstrip(_BLANKS)
        if not start or start.startswith("#"):
            continue
        if pieces and line[0] in _BLANKS:
            pieces.append(line)
            continue
        if pieces:
            yield begun, "".join(pieces)
        begun, pieces = number, [line]
    if pieces:
        yield begun, "".join(pieces)
