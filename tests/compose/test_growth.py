"""No template takes longer than its size: twice the size, under three times the time.

The measure is that of `tests/growth.py`.  Shapes stay below the size
that a template file may have, so none is refused for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dsnlib.compose.heredoc import LARGEST_OCTETS
from dsnlib.compose.postfix.ace import decode_domain
from dsnlib.compose.postfix.macro import DEEPEST_NESTING, parse_macros
from dsnlib.compose.postfix.parameters import Parameters
from dsnlib.compose.postfix.segments import Segments
from dsnlib.compose.template import load_templates_or_builtin
from tests.growth import BOUND, DOUBLINGS, growth

if TYPE_CHECKING:
    from collections.abc import Callable

# Where measuring begins; that times 8 has to be a file that is not too large.
LARGEST_FIRST = (LARGEST_OCTETS >> DOUBLINGS) - 256


def _in_text(unit: str, before: str = "", after: str = "") -> Callable[[int], str]:
    """Return a shape that repeats `unit` in the text of a template."""
    start = f"failure_template = <<EOF\nCharset: utf-8\n\n{before}"
    return lambda count: f"{start}{unit * count}{after}\nEOF\n"


def _in_file(unit: str, before: str = "", after: str = "") -> Callable[[int], str]:
    return lambda count: before + unit * count + after


FILES: dict[str, Callable[[int], str]] = {
    "documents": _in_file("failure_template = x\n"),
    "unknown documents": _in_file("a = b\n"),
    "empty documents": _in_file("failure_template = <<E\nE\n"),
    "comments": _in_file("# c\n"),
    "blank lines": _in_file(" \t\n"),
    "NULs": _in_file("\0", "failure_template = "),
    "lines with NULs": _in_file("\0\n", "failure_template = <<E\n"),
    "blanks before a name": _in_file(" ", after="x"),
    "blanks behind a name": _in_file(" ", "x", "y"),
    "equals signs": _in_file("="),
    "a long name": _in_file("a", after=" = b"),
    "a long marker": _in_file("E", "failure_template = <<"),
    "nearly markers": _in_text("EOF \n"),
    "markers that a dump has to pass by": _in_file("EOF\n", "failure_template = <<X\n", "X\n"),
    "headers": _in_file("Subject: x\n", "failure_template = <<E\n", "\nx\nE\n"),
    "colons of a header": _in_file(":", "failure_template = <<E\nSubject", "\n\nx\nE\n"),
    "blanks of a header": _in_file(" ", "failure_template = <<E\nSubject", "\n\nx\nE\n"),
    "a long label": _in_file("S", "failure_template = <<E\n", ": x\n\nx\nE\n"),
    "blank lines before a text": _in_file(" \n", "failure_template = <<E\n", "x\nE\n"),
    "lines": _in_text("text\n"),
    "lines that are not what the charset says": _in_text("\udcff\n"),
    "names": _in_text("$myhostname "),
    "lines with names": _in_text("$myhostname\n"),
    "names of units": _in_text("$delay_warning_time_hours "),
    "conditionals": _in_text("${myhostname?{x}:{y}}"),
    "comparisons": _in_text("${{$myhostname}=={x}?{x}:{y}}"),
    "dollar signs": _in_text("$$"),
    "dollar signs, odd": _in_text("$$", after="$"),
    "a long name in a text": _in_text("a", "$"),
    "braces": _in_text("{", "${myhostname?", "}"),
    "pairs of braces": _in_text("{}", "${myhostname?", "}"),
    "nested braces": lambda count: _in_text("{" * count + "}" * count, "${myhostname?", "}")(1),
    "nested conditionals": lambda count: _in_text("${myhostname?" * count + "x" + "}" * count)(1),
    "unclosed conditionals": _in_text("${myhostname?"),
    "unclosed parentheses": _in_text("$(myhostname?"),
    "unclosed comparisons": _in_text("${{"),
    "text in the deepest conditional": _in_text(
        "x", "${myhostname?" * DEEPEST_NESTING, "}" * DEEPEST_NESTING
    ),
    "names in the deepest conditional": _in_text(
        "$myhostname", "${myhostname?" * DEEPEST_NESTING, "}" * DEEPEST_NESTING
    ),
    "blanks in a conditional": _in_text(" ", "${myhostname", "?x}"),
    "blanks behind a brace": _in_text(" ", "${myhostname?{x}", ":{y}}"),
    "digits compared": _in_text("9", "${{1}<{", "}}"),
    "names in a block": _in_file("$recipient\n", "recipient_template = <<E\n", "E\n"),
}

TEXTS: dict[str, tuple[Callable[[str], object], Callable[[int], str]]] = {
    "settings": (Parameters.parse, lambda count: "a = b\n" * count),
    "continued lines": (Parameters.parse, lambda count: "a = b\n" + "  c\n" * count),
    "comments in a setting": (Parameters.parse, lambda count: "a = b\n" + "# c\n" * count),
    "a chain of names": (
        lambda text: Parameters.parse(text)["a0"],
        lambda count: "".join([f"a{each} = $a{each + 1}\n" for each in range(count)]),
    ),
    "names of one value": (
        lambda text: Parameters.parse(text)["a"],
        lambda count: "b =\na = " + "$b" * count,
    ),
    "values that double": (
        lambda text: Parameters.parse(text)["a0"],
        lambda count: "".join([f"a{each} = $a{each + 1}x$a{each + 1}\n" for each in range(count)]),
    ),
    "encoded labels": (decode_domain, lambda count: "xn--mller-kva." * count),
    "a long label": (decode_domain, lambda count: "xn--mller-" + "kva" * count),
    "zeros compared": (
        lambda text: Segments(parse_macros(text)).render(lambda _: None),
        lambda count: "${{" + "0" * count + "1}<{1}}",
    ),
}


@pytest.mark.parametrize("shape", FILES)
def test_a_file_is_read_in_linear_time(shape: str) -> None:
    """Reading, checking, rendering and dumping keep to the bound for every shape."""
    make = FILES[shape]
    octets_of_one = max(1, len(make(2)) - len(make(1)))

    def prepare(count: int) -> Callable[[], object]:
        data = make(count)

        def read() -> None:
            templates = load_templates_or_builtin(data, origin="bounce.cf")
            templates.failure.render({"myhostname": "x"})
            templates.dump()

        return read

    assert BOUND > growth(prepare, LARGEST_FIRST // octets_of_one)


@pytest.mark.parametrize("shape", TEXTS)
def test_a_text_is_read_in_linear_time(shape: str) -> None:
    """Settings, their values and names of hosts keep to the bound."""
    read, make = TEXTS[shape]

    def prepare(count: int) -> Callable[[], object]:
        text = make(count)
        return lambda: read(text)

    assert BOUND > growth(prepare, 1 << 16)
