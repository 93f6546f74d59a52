"""The `$name` language: what each form expands to, and what is refused.

The rows are what Postfix 3.7 printed or refused for these lines, but for those
under "Ours".
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.compose.postfix.macro import DEEPEST_NESTING, parse_macros
from dsnlib.compose.postfix.segments import Segments
from dsnlib.errors import TemplateError

VALUES = {"word": "plain", "empty": "", "count": "4", "host": "mail.example.org"}


def expand(text: str) -> str:
    """Return what a text expands to with VALUES."""
    return Segments(parse_macros(text)).render(VALUES.get)


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("", ""),
        ("text", "text"),
        # Names
        ("$word", "plain"),
        ("${word}", "plain"),
        ("$(word)", "plain"),
        ("[${ word }]", "[plain]"),
        ("[${\tword\t}]", "[plain]"),
        ("$host.$word-x", "mail.example.org.plain-x"),
        ("$wordé", "plainé"),
        ("$word?x", "plain?x"),
        ("$word{y}", "plain{y}"),
        ("$nosuch", ""),
        # The dollar sign
        ("5$$", "5$"),
        ("$$$$", "$$"),
        ("$$word", "$word"),
        ("$$$word", "$plain"),
        # If it is set, if it is empty
        ("${word?x}", "x"),
        ("${word? x }", " x "),
        ("${empty?x}", ""),
        ("${nosuch?x}", ""),
        ("${word:x}", ""),
        ("${empty:x}", "x"),
        ("${nosuch:x}", "x"),
        ("${empty :x}", "x"),
        ("${empty : x}", " x"),
        ("${word?}", ""),
        ("${word?{}}", ""),
        ("${word:}", ""),
        ("${word?$$}", "$"),
        ("${word?é}", "é"),
        ("${word?a\tb}", "a\tb"),
        ("${?x}", ""),
        ("${:x}", "x"),
        # Both
        ("${word?{x}:{y}}", "x"),
        ("${empty?{x}:{y}}", "y"),
        ("${word?{ x }:{ y }}", " x "),
        ("${word ? { x } : { y } }", " x "),
        ("${empty? {x} : { y } }", " y "),
        ("${word?{x}:z}", "x"),
        ("${empty?{x}:z}", "z"),
        ("${empty?{x}: z }", " z "),
        # Without braces the rest is text
        ("${word?x:y}", "x:y"),
        ("${empty?x:y}", ""),
        ("${empty:y?z}", "y?z"),
        ("${word?a{b}c}", "a{b}c"),
        ("${word?a}b}", "ab}"),
        ("${word?(a}", "(a"),
        # Parentheses nest apart from braces
        ("$(word?a)", "a"),
        ("$(word?{a}:{b})", "a"),
        ("$(word?${word})", "plain"),
        ("$(word?a{b)", "a{b"),
        ("$({a}=={a}?{x}:{y})", "x"),
        # Nested
        ("${word?$host}", "mail.example.org"),
        ("${word?${word?${word?deep}}}", "deep"),
        ("${empty:${empty:${nosuch:deep}}}", "deep"),
        # Comparisons
        ("${{a}=={a}?{x}:{y}}", "x"),
        ("${{a} == {a} ? x}", " x"),
        ("${{a} == {a} ?x:y}", "x:y"),
        ("${{a} == {a} ? yes : no}", " yes : no"),
        ("${{a} == {b} ? yes : no}", ""),
        ("${{a}=={a}}", "true"),
        ("${{a}=={b}}", ""),
        ("${{a}=={a}?}", ""),
        ("${{a}=={b}:y}", "y"),
        ("${{a}=={a}:y}", ""),
        ("${{a}=={b} : {y} }", "y"),
        ("${ {1} == {1} ? {a}:{b}}", "a"),
        ("${{1}  ==  {1}  ?  {yes}  :  {no}  }", "yes"),
        ("${{ a }=={a}?{x}:{y}}", "y"),
        ("${{}=={}?{x}:{y}}", "x"),
        ("${{$word} == {plain} ? {same} : {different}}", "same"),
        ("${{$count} > {3} ? {many} : {few}}", "many"),
        ("${{${nosuch:q}}=={q}?{x}:{y}}", "x"),
        ("${{$$}=={$$}?{x$$}:{y}}", "x$"),
        ("${{a}!={b}}", "true"),
        ("${{a}!={a}}", ""),
        ("${{a}<{b}}${{b}<{b}}", "true"),
        ("${{a}<={b}}${{b}<={a}}", "true"),
        ("${{b}>={b}}${{a}>={b}}", "true"),
        ("${{b}>{a}}${{b}>{b}}", "true"),
        # Digits are numbers, everything else is not
        ("${{10}<{9}}", ""),
        ("${{2}<{10}}", "true"),
        ("${{10}<{9a}}", "true"),
        ("${{010}=={10}}", "true"),
        ("${{1}=={01}}", "true"),
        ("${{000000000000000000000010}=={10}}", "true"),
        ("${{10 }=={10}}", ""),
        ("${{-1}<{0}}", "true"),
        ("${{-1}<{-2}}", "true"),
        ("${{}<{0}}", "true"),
        ("${{\u0663}=={3}}", ""),
        ("${{Z}<{a}}", "true"),
        ("${{é}<{z}}", ""),
        ("${{a}=={A}}", ""),
        # Levels
        ("${{3.6} <=level {3.10}}", "true"),
        ("${{3}==level{3.0.0}}", "true"),
        ("${{3.6.1} >level {3}}", "true"),
        ("${{3.10} <level {3.6}}", ""),
        # Ours: Postfix gives up on a number that its machine does not hold
        ("${{9223372036854775808}<{9223372036854775809}}", "true"),
        # Ours: and on a value that is no level
        ("${{$word} <level {3}}", "true"),
    ],
)
def test_expansion(text: str, expanded: str) -> None:
    """Each form of the language comes out as Postfix prints it."""
    assert expanded == expand(text)


@pytest.mark.parametrize(
    "text",
    [
        "$",
        "ends with $",
        "[$]",
        "$-",
        "$ word",
        "$$$",
        "${}",
        "$()",
        "${word",
        "$(word",
        "${word?{${}:{b}}",
        "${my-host}",
        "${word!}",
        "${$word}",
        "${word$word}",
        "${two words}",
        "${wordé}",
        "${a.b?x}",
        "${word?{x}z}",
        "${word?{x}?z}",
        "${word:{x}z}",
        "${word:{y}?{x}}",
        "${word?{a}b}}",
        "$(word?{a)",
        "$(word?{a)b}:{c})",
        "${{a}}",
        "${{a}?{x}:{y}}",
        "${{a}{b}}",
        "${{a}={a}}",
        "${{a}==={a}}",
        "${{a}<>{a}}",
        "${{a}==}",
        "${{a} == a}",
        "${{a}=={b} z}",
        "${{a}=={a}?{x}:{y} z}",
        "${{a}=={$}}",
        "${{x} <level {2}}",
        "${{3.6.1.1} !=level {3}}",
        # Ours: Postfix finds these on the day when the branch is taken
        "${empty?{$}:{b}}",
        "${word?{a}:{${my-host}}}",
    ],
)
def test_refusal(text: str) -> None:
    """What is malformed is an error, in every branch."""
    with pytest.raises(TemplateError):
        parse_macros(text)


@pytest.mark.parametrize("brackets", ["{}", "()"])
def test_nesting_has_a_bound(brackets: str) -> None:
    """Conditionals nest so deep and no deeper, and no input is too deep to be refused."""
    opening, closing = brackets[0], brackets[1]

    def nested(depth: int) -> str:
        return f"${opening}word?" * depth + "x" + closing * depth

    assert "x" == expand(nested(DEEPEST_NESTING))
    with pytest.raises(TemplateError, match="deeper than"):
        parse_macros(nested(DEEPEST_NESTING + 1))
    with pytest.raises(TemplateError):
        parse_macros(nested(100_000))
    with pytest.raises(TemplateError):
        parse_macros(f"${opening}word?" * 100_000)
    with pytest.raises(TemplateError):
        parse_macros("${{" * 100_000 + "}}" * 100_000)


@given(st.text())
def test_text_without_dollars_is_itself(text: str) -> None:
    """Only the dollar sign means anything; doubled it stands for itself."""
    assert text == expand(text.replace("$", "$$"))


@given(st.text("${}()?:=<>! aword", max_size=40))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    """Whatever stands in a line: parts that expand, or the documented error."""
    try:
        parts = parse_macros(text)
    except TemplateError:
        return

    assert isinstance(Segments(parts).render(VALUES.get), str)
