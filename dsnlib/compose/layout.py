"""The text of a template, laid out to be filled in.

Text is parsed line by line, as Postfix does: a `${` closes on its own line.
What a notification costs is one pass over the lines that name something, so
everything else is joined here, once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from dsnlib.compose.postfix.macro import parse_macros
from dsnlib.compose.postfix.segments import Segments, every_name, unknown_name
from dsnlib.errors import TemplateError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dsnlib.compose.postfix.segments import Part

__all__ = ["Layout"]


@attrs.frozen(init=False)
class Layout:
    """The lines of a text.

    Args:
        text: Lines joined by LF.
        drops_blank: Whether a line that names something and comes out blank
            is left out.

    Attributes:
        lines: What each line says.
        fault: Why the text cannot be laid out, and the number of the line,
            counted from 0; `None` if it can.
    """

    lines: tuple[Segments, ...]
    fault: tuple[int, TemplateError] | None
    _whole: Segments
    _runs: tuple[tuple[Segments | str, bool], ...]

    def __init__(self, text: str, *, drops_blank: bool) -> None:
        parsed: list[tuple[Part, ...]] = []
        fault = None
        for number, line in enumerate(text.split("\n")):
            try:
                parsed.append(parse_macros(line))
            except TemplateError as error:
                fault = number, error
                break
        lines = tuple([Segments(parts) for parts in parsed])
        whole = Segments([part for parts in parsed for part in (*parts, "\n")])
        runs = tuple(_runs(parsed)) if drops_blank else ()
        self.__attrs_init__(lines, fault, whole, runs)

    def names(self) -> frozenset[str]:
        """Return every name in the text.  Never raises."""
        return frozenset(name for line in self.lines for name in every_name(line))

    def unknown_name(self, is_known: Callable[[str], bool]) -> tuple[int, str] | None:
        """Return the first name that does not exist and the number of its line.

        Args:
            is_known: Tells whether a name exists.  A `TemplateError` of it
                counts as a name that does not; what it says stands for the name.
        """
        for number, line in enumerate(self.lines):
            try:
                name = unknown_name(line, is_known)
            except TemplateError as error:
                return number, str(error)
            if name is not None:
                return number, f"${name} is not defined"
        return None

    def render(self, look_up: Callable[[str], str | None]) -> str:
        """Return the text with values in it, each line ended by LF.

        Args:
            look_up: Returns the value of a name; `None` is an empty one.

        Raises:
            TemplateError: The text has a fault.
        """
        if self.fault is not None:
            raise self.fault[1]
        if not self._runs:
            return self._whole.render(look_up)
        kept: list[str] = []
        for run, can_be_blank in self._runs:
            if isinstance(run, str):
                kept.append(run)
                continue
            text = run.render(look_up)
            if not can_be_blank:
                kept.append(text)
            elif text and not text.isspace():
                kept.append(text)
                kept.append("\n")
        return "".join(kept)


def _runs(lines: list[tuple[Part, ...]]) -> Iterator[tuple[Segments | str, bool]]:
    """Yield the lines that may come out blank one by one, and what is between them."""
    between: list[Part] = []
    for parts in lines:
        has_variables = any(not isinstance(part, str) for part in parts)
        if has_variables and all(not isinstance(part, str) or part.isspace() for part in parts):
            yield _run(between), False
            between = []
            yield Segments(parts), True
        else:
            between += [*parts, "\n"]
    yield _run(between), False


def _run(parts: list[Part]) -> Segments | str:
    segments = Segments(parts)
    return segments if segments.has_variables else segments.render(_nothing)


def _nothing(_: str) -> None:
    """Return no value."""
