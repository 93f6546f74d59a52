"""What the sendmail command has to know of the site: its names, and where letters go.

    dsnlib.toml -> names, the queue's directory, the relay

Rules.
- Only a few keys are looked at, and those are read as the server reads them; what is
  wrong with others is the server's to tell.
- Without a configuration the host's name stands for all names, and letters go to the
  server of this host.
"""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from dsnlib.adapters.submission.fault import SubmissionFault

__all__ = ["DEFAULT_RELAY", "Site", "find_site", "read_site"]

DEFAULT_RELAY = "[127.0.0.1]:25"
"""Where letters go if nobody says anything else."""

_VARIABLE = "DSNLIB_CONFIG"
_USUAL = "/etc/dsnlib/dsnlib.toml"
_LARGEST_OCTETS = 1 << 20
_NAME = re.compile(r"\$(?:(my[a-z]+)|\{(my[a-z]+)\})")
_OCTETS = re.compile(r"([0-9]{1,15})([kKmMgG]?)")
_FACTORS = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_QUEUE = "/var/spool/dsnlib"


class Site(NamedTuple):
    """The names of a site, and its ways.

    Args:
        hostname: The name of this system.
        origin: What an address without a domain is completed with.
        queue: The directory of the queue; `""` if there is none.
        relay: Who takes letters instead, as `[host]:port`, `host:port`, `unix:/path`; or `""`.
        most_octets: The largest message; 0 for any size.
        config: The file that says so, or `""`.
    """

    hostname: str
    origin: str
    queue: str = ""
    relay: str = ""
    most_octets: int = 0
    config: str = ""


def find_site(config: str | None = None) -> Site:
    """Return the site that a configuration describes, or what the host knows of itself.

    Args:
        config: The file, if the command line has one; else the environment may say it.

    Raises:
        SubmissionFault: The file cannot be read or used.
    """
    named = config or os.environ.get(_VARIABLE)
    if named:
        return read_site(named)
    if os.path.exists(_USUAL):  # noqa: PTH110  pathlib is slow to load
        return read_site(_USUAL)
    host = os.uname().nodename
    return Site(hostname=host, origin=host)


def read_site(file: str) -> Site:
    """Return the site of a configuration.

    Args:
        file: Its name.

    Raises:
        SubmissionFault: It cannot be read or used.
    """
    # Without a configuration nobody waits for it.
    import tomllib

    from dsnlib.model.toml_text import find_long_key

    try:
        with open(file, "rb") as stream:  # noqa: PTH123  pathlib is slow to load
            octets = stream.read(_LARGEST_OCTETS)
        text = octets.decode().replace("\r\n", "\n").removeprefix("\ufeff")
        if line := find_long_key(text):
            raise SubmissionFault(os.EX_CONFIG, f"{file}: line {line}: a key has too many parts")
        values = tomllib.loads(text)
    except OSError as error:
        code = os.EX_NOINPUT if isinstance(error, FileNotFoundError) else os.EX_CONFIG
        raise SubmissionFault(code, f"{file}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise SubmissionFault(os.EX_CONFIG, f"{file}: no TOML: {error}") from error
    return _Reader(file, values).site()


class _Reader:
    def __init__(self, file: str, values: dict[str, object]) -> None:
        self._file = file
        self._values = values

    def site(self) -> Site:
        host = (self._text("myhostname") or os.uname().nodename or "localhost").replace("$", "")
        domain = self._text("mydomain") or host.partition(".")[2] or host
        names = {"myhostname": host}
        names["mydomain"] = _put_in(domain, names)
        origin = _put_in(self._text("myorigin") or host, names)
        is_kept = self._text("queue_type") != "memory"
        return Site(
            hostname=host,
            origin=origin,
            queue=self._text("queue_directory", _QUEUE) if is_kept else "",
            relay=_put_in(self._text("sendmail_relay"), names | {"myorigin": origin}),
            most_octets=self._octets("message_size_limit", 10_240_000),
            config=self._file,
        )

    def _text(self, name: str, otherwise: str = "") -> str:
        value = self._values.get(name, otherwise)
        if not isinstance(value, str) or not value.isprintable():
            raise self._fault(name, value, "a text in quotes")
        return value.strip()

    def _octets(self, name: str, otherwise: int) -> int:
        value = self._values.get(name, otherwise)
        found = _OCTETS.fullmatch(str(value).strip())
        if found is None or isinstance(value, bool):
            raise self._fault(name, value, "a size such as 10240000 or 10M")
        return int(found[1]) * _FACTORS[found[2].lower()]

    def _fault(self, name: str, value: object, wanted: str) -> SubmissionFault:
        return SubmissionFault(os.EX_CONFIG, f"{self._file}: {name}: {value!r} is not {wanted}")


def _put_in(text: str, names: dict[str, str]) -> str:
    return _NAME.sub(lambda found: names.get(found[1] or found[2], found[0]), text)
