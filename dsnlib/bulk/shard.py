"""A piece of the work: some files, or a part of one, that a worker reads by itself.

A shard is small, whatever the size of what it names: no message goes from one process to
another.  Its identity follows from what it names and from nothing else, so the same inputs
give the same shards, and a part that a shard has written is known again.
"""

from __future__ import annotations

import hashlib
import json
from typing import NamedTuple, Self

import attrs

__all__ = ["Extent", "Form", "Shard"]

_DIGITS = 12


class Form:
    """How the octets of an extent are to be read: names that stand in a plan."""

    FILE = "file"
    """The whole file, as whatever it turns out to be."""
    MBOX = "mbox"
    """The messages whose separators begin in these octets of an mbox."""
    TAR = "tar"
    """The members whose headers begin in these octets of a tar archive."""
    PARQUET = "parquet"
    """These row groups of a Parquet file."""


class Extent(NamedTuple):
    """A file, or a part of one.

    Args:
        file: Its name.
        form: One of `Form`.
        start: Where the part begins: an octet, or a row group.
        end: Where the next one begins.
        octets: How much there is to read, about.
        changed: When the file was changed last, in nanoseconds of the epoch.
    """

    file: str
    form: str
    start: int
    end: int
    octets: int
    changed: int


def _extents(values: object) -> tuple[Extent, ...]:
    return tuple(Extent(*each) for each in values)  # type: ignore[attr-defined]  # from JSON


@attrs.frozen(kw_only=True)
class Shard:
    """Extents that are read in one go, and give one part of the result.

    Args:
        number: Its place in the plan, from 0.
        extents: What to read.
    """

    number: int
    extents: tuple[Extent, ...] = attrs.field(converter=_extents)

    @property
    def identity(self) -> str:
        """The name of the shard, which is the same for the same extents at the same place."""
        digest = hashlib.sha256(json.dumps(self.extents).encode("ascii")).hexdigest()
        return f"{self.number:06d}-{digest[:_DIGITS]}"

    @property
    def octets(self) -> int:
        """How much there is to read, about."""
        return sum(extent.octets for extent in self.extents)

    def format(self) -> str:
        """Return the shard as one line of JSON.  Never raises."""
        return json.dumps({"number": self.number, "extents": self.extents})

    @classmethod
    def parse(cls, line: str) -> Self:
        """Return the shard that a line is of.

        Raises:
            ValueError: It is none.
        """
        try:
            return cls(**json.loads(line))
        except TypeError as error:
            message = f"shard: {line[:80]!r} is none"
            raise ValueError(message) from error
