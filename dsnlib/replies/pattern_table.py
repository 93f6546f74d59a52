r"""Tables of expressions: the first rule whose pattern is found in the key answers.

The form is that of Postfix's `regexp` and `pcre` tables::

    /^Subject: .*lottery/       REJECT 5.7.1 no lotteries
    !/^(List-|X-)/              DUNNO
    if /^From:/i
    /@([a-z]+)\.example$/       WARN from $1
    endif

Rules.
- The expressions are an admin's, what they are tried on is a stranger's.  So RE2
  does it, in time in proportion to the key.  What RE2 has not, look-around and
  back references, is refused, or left to `re` where the caller allows it: there a
  stranger may choose a key that takes hours.
- `regexp` is the extended syntax of POSIX, of all matches at one place the
  longest; `\d`, `\s`, `\w` and `\b` mean what they mean elsewhere, in brackets too.
  `pcre` is Perl's syntax.
- A character is an octet, as in Postfix, so that what is no UTF-8 is found too;
  a `pcre` expression that begins with `(*UTF8)` sees characters.
- `$` is the very end of the key, not the place before a last line end.
- Flags turn round what is usual: letters of any case are equal (`i`), `.` is a line
  end too (`s`).
- A text found is put in the place of `$1`, `${1}` or `$(1)` once; a `$` in it means
  nothing.  `$$` is a dollar.  A group that took no part is empty.
"""

from __future__ import annotations

import functools
import re
import string
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from dsnlib.errors import Defect, TableError
from dsnlib.model.text import decode_wire, encode_wire
from dsnlib.replies.table_text import (
    Blocks,
    Template,
    ValueCheck,
    expression_pieces,
    extra_text,
    fill_template,
    logical_lines,
    read_statement,
    read_template,
    table_name,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


__all__ = ["PatternTable", "parse_pattern_table"]

# What one expression may take, in its program and in the states RE2 remembers while
# it matches: a thousand expressions stay below one gigabyte.  What needs more states
# is matched without memory of them, slower and still in linear time.
_MOST_OCTETS = 1 << 20
# PCRE's own bound on a compiled expression.  RE2's parser takes time that grows with
# the square of what stands behind an open class.
_LONGEST = 65_535

# "!" turns a rule round, and a backslash hides what follows.
_DELIMITERS = frozenset(string.punctuation) - {"!", "\\"}
# PCRE's way to ask for characters.
_UTF8 = re.compile(r"\(\*UTF8?\)")

_WORD = re.compile(r"[^ \t\r\v\f]+")

# kind -> its flags.  E and X change nothing: `$` is the end anyway, and an escape
# without a meaning an error.
_FLAGS = {"regexp": "imx", "pcre": "imsxAEUX"}
# What is on unless a flag turns it round: case does not count, "." is a line end
# too, and the syntax is the extended one of POSIX.
_USUAL = {"regexp": frozenset("ix"), "pcre": frozenset("is")}

# How RE2's errors begin -> what it does not have.
_LACKING = {
    "invalid perl operator: (?=": "look-ahead",
    "invalid perl operator: (?!": "look-ahead",
    "invalid perl operator: (?<": "look-behind",
    "invalid perl operator: (?>": "atomic groups",
    "invalid perl operator: (?(": "conditions",
    "invalid perl operator: (?|": "alternatives that share a number",
    "invalid perl operator: (?#": "comments",
    "invalid perl operator: (?P": "back references",
    "invalid perl operator: (?R": "recursion",
    "invalid perl operator: (?x": "the flag x inside an expression",
    "bad repetition operator: ": "repetition of a repetition",
    "invalid escape sequence: \\g": "back references",
    "invalid escape sequence: \\k": "back references",
    **{f"invalid escape sequence: \\{digit}": "back references" for digit in "123456789"},
}

# Escapes of PCRE that an engine lacks -> the same outside a class, and inside.
_ESCAPES_RE2 = {
    r"\h": (r"[ \t]", r" \t"),
    r"\R": (r"(?:\r\n|[\n\v\f\r])", r"\R"),
    r"\Z": (r"\z", r"\Z"),
    r"\e": (r"\x1b", r"\x1b"),
}
_ESCAPES_RE = {**_ESCAPES_RE2, r"\Z": (r"\Z", r"\Z"), r"\z": (r"\Z", r"\z")}
# Classes with a name, which `re` lacks.
_CLASSES_RE = {
    "[:alnum:]": "0-9A-Za-z", "[:alpha:]": "A-Za-z", "[:blank:]": r"\t ",
    "[:cntrl:]": r"\x00-\x1f\x7f", "[:digit:]": "0-9", "[:graph:]": "!-~", "[:lower:]": "a-z",
    "[:print:]": " -~", "[:punct:]": r"!-/:-@\[-`{-~", "[:space:]": r"\t-\r ",
    "[:upper:]": "A-Z", "[:word:]": "0-9A-Z_a-z", "[:xdigit:]": "0-9A-Fa-f",
}  # fmt: skip
# What C libraries read as a place or a number and RE2 as the characters themselves.
_AMBIGUOUS = {r"\<": r"\b", r"\>": r"\b", r"\`": "^", r"\'": "$"}


@attrs.frozen(kw_only=True, eq=False)
class _Rule:
    """A pattern and what follows from it: `value` is `None` for an `if`.

    `otherwise` is the rule to go on with if this one does not apply.
    """

    find: Callable[[bytes], Any]
    is_negated: bool
    value: str | Template | None
    otherwise: int


@attrs.frozen(kw_only=True, eq=False)
class PatternTable:
    """Values by expression.

    Args:
        name: How messages name it.
        rules: What is asked, in order.
        defects: What was passed over while reading.
    """

    has_fixed_keys: ClassVar[bool] = False

    name: str
    rules: Sequence[_Rule] = attrs.field(repr=False)
    defects: tuple[Defect, ...] = ()

    def lookup(self, key: str) -> str | None:
        """Return the value of the first rule that applies, or `None`.  Never raises."""
        try:
            subject = encode_wire(key)
        except UnicodeEncodeError:  # it has no octets, so no rule is about it
            return None
        place = 0
        while place < len(self.rules):
            rule = self.rules[place]
            place += 1
            match = rule.find(subject)
            if (match is None) != rule.is_negated:
                place = rule.otherwise
            elif rule.value is not None:
                return fill_template(rule.value, match)
        return None


def parse_pattern_table(
    text: str,
    *,
    kind: str,
    origin: str,
    check: Callable[[str], object] | None = None,
    allow_backtracking: bool = False,
) -> PatternTable:
    """Return the table of a text with a pattern and a value in each line.

    Args:
        text: What is in the file.
        kind: `regexp` or `pcre`.
        origin: Its name, for the errors.
        check: Raises `InvalidValue` for a value that cannot be used; it is not asked
            of one whose first word depends on what is found.
        allow_backtracking: Whether an expression that RE2 cannot do is left to the
            standard library's `re`.  Dangerous: a stranger who knows such an
            expression can often write a key that keeps `re` busy for hours.

    Raises:
        TableError: A bad pattern, flag or `$`, a pattern without a value, an `if`
            or `endif` without the other, a value that `check` refuses; or the
            library `re2` is not installed.
    """
    return _Reader(kind, origin, check, allow_backtracking=allow_backtracking).read(text)


class _Reader:
    """Makes the rules while going through the lines."""

    def __init__(
        self,
        kind: str,
        origin: str,
        check: Callable[[str], object] | None,
        *,
        allow_backtracking: bool,
    ) -> None:
        self._re2 = _load_re2(origin)
        self._kind = kind
        self._origin = origin
        self._check = ValueCheck(check, origin=origin)
        self._allow_backtracking = allow_backtracking
        self._blocks = Blocks(origin)
        self._rules: list[_Rule] = []
        self._defects: list[Defect] = []
        self._line = 0

    def read(self, text: str) -> PatternTable:
        try:
            encode_wire(text)
        except UnicodeEncodeError as error:
            self._line = text.count("\n", 0, error.start) + 1
            raise self._fault(f"{text[error.start]!r} has no octets") from error
        for line, content in logical_lines(text, origin=self._origin):
            self._line = line
            word, is_negated, rest = read_statement(content)
            if word == "endif":
                self._blocks.close(len(self._rules), line=line)
                extra = "!" * is_negated + rest
            else:
                extra = self._rule(word, rest, is_negated=is_negated)
            self._defects += extra_text(extra, origin=self._origin, line=line)
        self._blocks.finish()
        ends = self._blocks.ends
        rules = tuple(
            attrs.evolve(rule, otherwise=ends[number]) if number in ends else rule
            for number, rule in enumerate(self._rules)
        )
        name = table_name(self._kind, self._origin)
        return PatternTable(name=name, rules=rules, defects=tuple(self._defects))

    def _rule(self, word: str, rest: str, *, is_negated: bool) -> str:
        """Read a rule, and return what of it has no meaning."""
        if rest[:1] not in _DELIMITERS:
            raise self._fault(f"{rest[:80]!r} does not begin a pattern, as / does")
        match = _pattern_in(rest[0]).match(rest)
        if match is None:
            raise self._fault(f"the pattern {rest[:80]!r} has no second {rest[0]}")
        expression, flags, value = match.groups()
        if len(expression) > _LONGEST:
            raise self._fault(f"the pattern has more than {_LONGEST:,} characters")
        template: str | Template | None = None
        if word == "if":
            self._blocks.open(len(self._rules), line=self._line)
        elif not value:
            raise self._fault(f"the pattern {rest[:80]!r} has no value")
        else:
            if "$" not in _WORD.match(value)[0]:  # type: ignore[index]  # a value begins with one
                self._check(value, self._line)
            template = read_template(value, origin=self._origin, line=self._line)
        most = _most_group(template)
        if most and is_negated:
            raise self._fault(f"${most}: a pattern that must not be found has no groups")
        find, groups = self._compile(expression, self._read_flags(flags), captures=bool(most))
        if most > groups:
            raise self._fault(f"${most}: the pattern has {groups} groups")
        rule = _Rule(
            find=find, is_negated=is_negated, value=template, otherwise=len(self._rules) + 1
        )
        self._rules.append(rule)
        return value if word else ""

    def _read_flags(self, text: str) -> frozenset[str]:
        flags = _USUAL[self._kind]
        for flag in text:
            if flag not in _FLAGS[self._kind]:
                known = ", ".join(_FLAGS[self._kind])
                raise self._fault(f"unknown flag {flag!r}; {self._kind} has {known}")
            flags ^= {flag}
        if self._kind == "regexp" and "x" not in flags:
            what = "flag x: there is only the extended syntax of POSIX, no basic one"
            raise self._fault(what)
        return flags

    def _compile(
        self, expression: str, flags: frozenset[str], *, captures: bool
    ) -> tuple[Callable[[bytes], Any], int]:
        """Return what finds an expression in octets, and how many groups it has."""
        if self._kind == "regexp":
            self._refuse_ambiguous(expression)
        try:
            regex = self._compile_re2(expression, flags, captures=captures)
        except self._re2.error as error:
            reason = decode_wire(error.args[0])
            lacking = next((_LACKING[how] for how in _LACKING if reason.startswith(how)), None)
            if lacking is None:
                raise self._fault(f"{expression[:80]!r}: {reason[:80]}") from error
            if not self._allow_backtracking:
                what = f"{expression[:80]!r}: RE2 has no {lacking}"
                raise self._fault(f"{what}; only allow_backtracking leaves it to re") from error
            regex = self._compile_re(expression, flags)
        return regex.match if "A" in flags else regex.search, regex.groups

    def _compile_re2(self, expression: str, flags: frozenset[str], *, captures: bool) -> Any:  # noqa: ANN401  a type of a library without types
        options = self._re2.Options()
        options.log_errors = False
        options.max_mem = _MOST_OCTETS
        options.encoding = options.Encoding.LATIN1  # octets
        options.never_capture = not captures
        options.case_sensitive = "i" not in flags
        if self._kind == "regexp":
            options.posix_syntax = options.longest_match = True
            options.perl_classes = options.word_boundary = True
            options.one_line = options.dot_nl = "m" not in flags
        else:
            options.dot_nl = "s" in flags
            asked = _UTF8.match(expression)
            if asked:
                options.encoding = options.Encoding.UTF8
                expression = expression[asked.end() :]
            expression = _translate(expression, _ESCAPES_RE2, {}, has_blanks="x" in flags)
            letters = "m" * ("m" in flags) + "U" * ("U" in flags)
            expression = f"(?{letters}){expression}" if letters else expression
        return self._re2.compile(encode_wire(expression), options)

    def _compile_re(self, expression: str, flags: frozenset[str]) -> re.Pattern[bytes]:
        if "U" in flags:
            raise self._fault("flag U: re has none, and RE2 cannot do this expression")
        expression = _translate(
            expression, _ESCAPES_RE, _CLASSES_RE, has_blanks=self._kind == "pcre" and "x" in flags
        )
        dot = "s" in flags if self._kind == "pcre" else "m" not in flags
        bits = re.IGNORECASE * ("i" in flags) | re.MULTILINE * ("m" in flags) | re.DOTALL * dot
        try:
            with warnings.catch_warnings():
                # Of brackets in a class, which mean what they mean in PCRE.
                warnings.simplefilter("ignore", FutureWarning)
                return re.compile(encode_wire(expression), bits)
        except (re.error, OverflowError, RecursionError) as error:
            raise self._fault(f"{expression[:80]!r}: {error}") from error

    def _refuse_ambiguous(self, expression: str) -> None:
        before = ""
        for piece, in_class in expression_pieces(expression):
            if not in_class:
                if piece in _AMBIGUOUS:
                    what = f"{piece} is not {piece[1]} everywhere; write {_AMBIGUOUS[piece]}"
                    raise self._fault(f"{expression[:80]!r}: {what} or {piece[1]}")
                if before + piece == "{,":
                    raise self._fault(f"{expression[:80]!r}: write {{0, for {{,")
            before = piece

    def _fault(self, message: str) -> TableError:
        return TableError(message, origin=self._origin, line=self._line)


@functools.cache
def _pattern_in(delimiter: str) -> re.Pattern[str]:
    end = re.escape(delimiter)
    return re.compile(
        rf"{end}((?>(?:[^\\{end}]++|\\.)*)){end}([^ \t\r\v\f]*+)[ \t\r\v\f]*+(.*+)", re.DOTALL
    )


def _most_group(template: str | Template | None) -> int:
    if template is None or isinstance(template, str):
        return 0
    return max(part for part in template if isinstance(part, int))


def _translate(
    expression: str,
    escapes: Mapping[str, tuple[str, str]],
    classes: Mapping[str, str],
    *,
    has_blanks: bool,
) -> str:
    """Return a Perl expression in an engine's words, without the blanks of flag x."""
    parts = []
    in_comment = False
    for piece, in_class in expression_pieces(expression):
        if in_comment:
            in_comment = piece != "\n"
        elif has_blanks and not in_class and piece in "# \t\n\r\v\f":
            in_comment = piece == "#"
        elif piece[:2] == "\\Q":
            parts.append(re.escape(piece[2:].removesuffix("\\E")))
        elif piece in escapes:
            parts.append(escapes[piece][in_class])
        else:
            parts.append(classes.get(piece, piece) if in_class else piece)
    return "".join(parts)


def _load_re2(origin: str) -> Any:  # noqa: ANN401  a library without types
    try:
        import re2
    except ImportError as error:
        message = "patterns need the library google-re2: pip install 'dsnlib[tables]'"
        raise TableError(message, origin=origin) from error
    return re2
