"""How long to wait before the next try: longer each time, never for ever.

Rules.
- The waits grow by a factor up to a bound.  A part of each is left to chance, so that many
  who lost the same server do not come back at one moment.
"""

from __future__ import annotations

import attrs

from dsnlib.errors import InvalidValue

__all__ = ["Backoff"]

# 2 ** 64 seconds are over any bound, and a float can still be that large.
_MOST_STEPS = 64


@attrs.frozen(kw_only=True)
class Backoff:
    """The waits between tries.

    Args:
        first_seconds: The wait behind the first failure.
        longest_seconds: The longest wait, also if a server asks for a longer one.
        factor: How much longer each is than the one before.
        jitter: The part of a wait that chance may take off, 0..1.

    Raises:
        InvalidValue: A number is out of range.
    """

    first_seconds: float = 1.0
    longest_seconds: float = 300.0
    factor: float = 2.0
    jitter: float = 0.3

    def __attrs_post_init__(self) -> None:
        for name, is_right, rule in (
            ("first_seconds", self.first_seconds > 0, "more than 0"),
            ("longest_seconds", self.longest_seconds >= self.first_seconds, "at least the first"),
            ("factor", 1 <= self.factor <= 10, "1..10"),
            ("jitter", 0 <= self.jitter <= 1, "0..1"),
        ):
            if not is_right:
                value = getattr(self, name)
                message = f"{name}: {value!r} is not {rule}"
                raise InvalidValue(message, value=value)

    def wait_seconds(
        self, failures: int, *, chance: float, asked_seconds: float | None = None
    ) -> float:
        """Return how long to wait.  Never raises.

        >>> Backoff().wait_seconds(4, chance=0.0)
        8.0

        Args:
            failures: How many tries in a row failed, 1 or more.
            chance: A random number, 0..1.
            asked_seconds: What the other side asked for (Retry-After).
        """
        steps = min(max(failures - 1, 0), _MOST_STEPS)
        wait = min(self.first_seconds * self.factor**steps, self.longest_seconds)
        wait *= 1 - self.jitter * chance
        return min(max(wait, asked_seconds or 0.0), self.longest_seconds)
