"""Measure the reading of bounces in any form against what is in use."""

from __future__ import annotations

import email
import functools
from typing import TYPE_CHECKING

from dsnlib.bounces.read import read_bounces
from tests.bench.figure import Figure, take_turns

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# The bounds: what was set.  The first two are missed; docs/decisions/0012 tells why.
BOUNCE_TO_FLUFL = 6.0
BOUNCE_TO_PARSE = 3.0
ORDINARY_TO_FLUFL = 10.0
LARGE_SECONDS = 0.010

_LARGE_OCTETS = 3_000_000


def large_mail(octets: int) -> bytes:
    """Return an ordinary mail of about so many octets, with addresses and codes in it."""
    line = b"She wrote to bob@example.org, and 550 5.1.1 was the answer: user unknown.\n"
    header = b"From: ada@example.org\nTo: eve@example.com\nSubject: Minutes\n\n"
    return header + line * (octets // len(line))


def measure_bounces(
    bounces: Sequence[bytes],
    ordinary: Sequence[bytes],
    read_with_flufl: Callable[[bytes], object],
    rounds: int,
) -> list[Figure]:
    """Return the time that bounces and other mail take, bytes to events.

    Args:
        bounces: Of any form.
        ordinary: Mail that is none.
        read_with_flufl: flufl.bounce, bytes to addresses; raises nothing.
        rounds: How often each has its turn; the least counts.
    """
    readers = (read_bounces, email.message_from_bytes, read_with_flufl)

    def turns(messages: Sequence[bytes]) -> list[float]:
        return take_turns([functools.partial(_all, read, messages) for read in readers], rounds)

    ours, parsed, flufl = turns(bounces)
    declined, _, flufl_declined = turns(ordinary)
    (large,) = take_turns([functools.partial(read_bounces, large_mail(_LARGE_OCTETS))], rounds)
    rows = (
        ("bounces read, against flufl.bounce", ours, flufl, len(bounces), BOUNCE_TO_FLUFL),
        ("bounces read, against parsing them", ours, parsed, len(bounces), BOUNCE_TO_PARSE),
        (
            "other mail declined, against flufl.bounce",
            *(declined, flufl_declined, len(ordinary), ORDINARY_TO_FLUFL),
        ),
    )
    return [
        *(
            Figure(
                name=name,
                ours=f"{mine / count * 1e6:.0f} us",
                theirs=f"{theirs / count * 1e6:.0f} us",
                value=theirs / mine,
                bound=bound,
                at_least=True,
                note=f"{count} mails",
            )
            for name, mine, theirs, count, bound in rows
        ),
        Figure(
            name="3 MB that are no bounce",
            ours=f"{large * 1e3:.1f} ms",
            theirs="",
            value=large,
            bound=LARGE_SECONDS,
        ),
    ]


def _all(read: Callable[[bytes], object], messages: Sequence[bytes]) -> None:
    for data in messages:
        read(data)
