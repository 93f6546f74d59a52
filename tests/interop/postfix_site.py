"""The configuration files of a Postfix -> what a replay of its mail has to know of it.

    main.cf            the settings; those of a case come on top
    aliases            local part: targets
    virtual            address  targets
    transport          domain  service:next hop
    master.cf.extra    service type ... command, its options on lines with a blank first

Rules.  A file that is not there is an empty one.  Includes, and tables that are
not text, are not read.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from dsnlib.compose.postfix.parameters import Parameters
from dsnlib.model.text import decode_wire

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Site", "read_site"]

_TIME = re.compile(r"(\d+)([smhdw]?)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_TARGETS = re.compile(r'"[^"]*"|[^,\s]+')
_FINAL = re.compile(r"\bflags=\w*X")


@attrs.frozen(kw_only=True)
class Site:
    """What is known of a site.

    Args:
        folder: Where its files are.
        parameters: The settings.
        aliases: The targets of local aliases, by local part in lower case.
        virtual: The targets of virtual aliases, by address in lower case.
        transports: The service of a domain.
        final: The services whose acceptance is the delivery: `flags=X`.
    """

    folder: Path | None = None
    parameters: Parameters = attrs.field(factory=Parameters)
    aliases: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict)
    virtual: Mapping[str, tuple[str, ...]] = attrs.field(factory=dict)
    transports: Mapping[str, str] = attrs.field(factory=dict)
    final: frozenset[str] = frozenset()

    def with_settings(self, text: str) -> Site:
        """Return the same with the settings of a case."""
        settings = Parameters.parse(text, origin="settings.txt").settings
        return attrs.evolve(self, parameters=self.parameters.override(dict(settings)))

    def get(self, name: str, default: str) -> str:
        """Return a setting."""
        return self.parameters.get(name) or default

    @property
    def host(self) -> str:
        """The name of the host as it is written, ACE and all."""
        return dict(self.parameters.settings).get("myhostname", "localhost.localdomain")

    def is_on(self, name: str) -> bool:
        """Return a setting that is yes or no, and no if it is not there."""
        return self.get(name, "no") == "yes"

    def words(self, name: str, default: str = "") -> frozenset[str]:
        """Return the words of a setting, in lower case."""
        return frozenset(re.split(r"[,\s]+", self.get(name, default).lower())) - {""}

    def seconds(self, name: str, default: str) -> int:
        """Return a time; `default` has its unit and gives it to a number without."""
        given = _TIME.fullmatch(self.get(name, default)) or _TIME.fullmatch(default)
        if given is None:
            return 0
        return int(given[1]) * _SECONDS[given[2] or default[-1]]

    def lifetime(self, name: str) -> dt.timedelta:
        """Return how long mail is kept; what must not be zero is a second."""
        return dt.timedelta(seconds=max(1, self.seconds(name, "5d")))

    def is_local(self, domain: str) -> bool:
        """Tell whether a domain is delivered here."""
        return not domain or domain.lower() in self.words("mydestination")

    def alias_of(self, address: str) -> tuple[str, ...]:
        """Return the targets of a local alias; none if it is not one."""
        local_part, at, domain = address.lower().rpartition("@")
        if not at:
            local_part, domain = domain, ""
        if not self.is_local(domain):
            return ()
        bare = local_part.partition(self.get("recipient_delimiter", "\0"))[0]
        return self.aliases.get(local_part) or self.aliases.get(bare, ())

    def virtual_of(self, address: str) -> tuple[str, ...]:
        """Return the targets of a virtual alias; none if it is not one."""
        domain = address.lower().rpartition("@")[2]
        return self.virtual.get(address.lower()) or self.virtual.get(f"@{domain}", ())

    def qualified(self, address: str) -> str:
        """Return an address with the domain that Postfix gives to one without."""
        if "@" in address:
            return address
        return f"{address}@{self.get('myorigin', self.host)}"

    def is_final(self, address: str) -> bool:
        """Tell whether the service of an address's domain is its mailbox."""
        service = self.transports.get(address.lower().rpartition("@")[2], "")
        return service in self.final

    def template_file(self) -> Path | None:
        """Return the file with the letters, if a setting names one that is there."""
        name = self.parameters.get("bounce_template_file")
        if not name or self.folder is None:
            return None
        tails = (name.lstrip("/"), *(f"{each}/{name.rpartition('/')[2]}" for each in (".", "cfg")))
        return next((path for tail in tails if (path := self.folder / tail).is_file()), None)


def read_site(folder: Path | None) -> Site:
    """Return the site of a folder of configuration files; an empty one without it."""
    if folder is None or not folder.is_dir():
        return Site()
    return Site(
        folder=folder,
        parameters=Parameters.parse(_text(folder / "main.cf")),
        aliases=dict(_aliases(_text(folder / "aliases"))),
        virtual=dict(_table(_text(folder / "virtual"))),
        transports={
            domain: targets[0].partition(":")[0]
            for domain, targets in _table(_text(folder / "transport"))
        },
        final=frozenset(_final(_text(folder / "master.cf.extra"))),
    )


def _text(path: Path) -> str:
    return decode_wire(path.read_bytes()) if path.is_file() else ""


def _logical_lines(text: str) -> Iterator[str]:
    """Yield lines with those that begin with a blank behind the one before."""
    line = ""
    for each in text.splitlines():
        if each[:1] in (" ", "\t"):
            line += f" {each.strip()}"
            continue
        yield from _worth(line)
        line = each
    yield from _worth(line)


def _worth(line: str) -> Iterable[str]:
    return () if not line.strip() or line.startswith("#") else (line,)


def _aliases(text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    for line in _logical_lines(text):
        name, _, targets = line.partition(":")
        yield name.strip().lower(), tuple(each.strip('"') for each in _TARGETS.findall(targets))


def _table(text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    for line in _logical_lines(text):
        key, *targets = line.replace(",", " ").split()
        if targets:
            yield key.lower(), tuple(targets)


def _final(text: str) -> Iterator[str]:
    for line in _logical_lines(text):
        if _FINAL.search(line):
            yield line.split()[0]
