"""A network that breaks a law, made smaller for as long as it breaks it.

What was picked is kept as numbers; to leave a number out, or to take a smaller
one, gives a simpler network, because the first of every sequence is the
simplest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.simulation.generate import make_network

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator, Sequence

    from tests.simulation.network import Network

__all__ = ["replay", "shrink"]


class _Recorder:
    """Picks by chance, and keeps the numbers of what was picked."""

    def __init__(self, chance: random.Random) -> None:
        self.numbers: list[int] = []
        self._chance = chance

    def __call__(self, options: Sequence[Any]) -> Any:  # noqa: ANN401  one of the options
        number = self._chance.randrange(len(options))
        self.numbers.append(number)
        return options[number]


def replay(numbers: Sequence[int]) -> Network:
    """Return the network of these numbers; the simplest is picked when they are used up."""
    left = iter(numbers)

    def pick(options: Sequence[Any]) -> Any:  # noqa: ANN401  one of the options
        return options[min(next(left, 0), len(options) - 1)]

    return make_network(pick)


def shrink(chance: random.Random, is_broken: Callable[[Network], bool]) -> Network:
    """Return a smaller network that is still broken.

    Args:
        chance: What made the network; at its start.
        is_broken: Tells whether a network is.
    """
    recorder = _Recorder(chance)
    make_network(recorder)
    numbers = recorder.numbers
    is_smaller = True
    while is_smaller:
        is_smaller = False
        for simpler in _simpler(numbers):
            if simpler != numbers and is_broken(replay(simpler)):
                numbers, is_smaller = simpler, True
                break
    return replay(numbers)


def _simpler(numbers: Sequence[int]) -> Iterator[list[int]]:
    """Yield simpler numbers, the boldest first."""
    size = len(numbers)
    while size:
        for start in range(0, len(numbers), size):
            rest = numbers[start + size :]
            yield [*numbers[:start], *rest]
            yield [*numbers[:start], *[0] * len(numbers[start : start + size]), *rest]
        size //= 2
    for place, number in enumerate(numbers):
        for less in range(1, number):
            yield [*numbers[:place], less, *numbers[place + 1 :]]
