"""Small faults, put into a module one at a time: what `tests/mutation/run.py` tries.

A fault is made in the syntax tree and taken out again before the next one, so
the tree that a `Mutant` comes with is good until the next is asked for.

What is left alone, because no test could tell: docstrings, annotations,
`__all__`, imports, what only a type checker sees, the sizes of caches.  A text
of several words is a message: it is replaced whole, not word by word, because
its words are for people.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, NamedTuple, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Mutant", "make_mutants"]


class Mutant(NamedTuple):
    """One fault: where it is and what was done."""

    line: int
    column: int
    kind: str
    what: str

    def __str__(self) -> str:
        return f"{self.line}:{self.column} {self.kind}: {self.what}"


# A node that takes the place of another, and how the change is told.
Change = tuple[str, str, ast.AST]

_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
_METHODS = {
    "find": "rfind",
    "rfind": "find",
    "lower": "upper",
    "upper": "lower",
    "lstrip": "rstrip",
    "rstrip": "lstrip",
    "strip": "rstrip",
    "partition": "rpartition",
    "rpartition": "partition",
    "startswith": "endswith",
    "endswith": "startswith",
    "fullmatch": "match",
    "match": "search",
}
# "two words", "a word {value}", "name: {value}"
_WORDS = re.compile(r"[A-Za-z']{2,} (?:[A-Za-z]{2,}|\{X\})|: $|: \{")

# What a pattern is made of, as far as faults are put into it.
_PIECE = re.compile(
    r"(?P<group>\(\?)|(?P<escape>\\.)|\[(?P<negated>\^?)(?P<set>\]?(?:\\.|[^\]\\])*)\]"
    r"|(?P<quantifier>\{[0-9]+(?:,[0-9]*)?\}|[*+?])[+?]?",
    re.DOTALL,
)
_END = r"\\x[0-9a-f]{2}|\\.|[^\\]"
_SET_ITEM = re.compile(rf"({_END})-({_END})|({_END})", re.DOTALL)


def make_mutants(tree: ast.Module) -> Iterator[Mutant]:
    """Yield a fault at a time; `tree` has it until the next is asked for."""
    yield from _visit(tree, in_function=False)


def _visit(node: ast.AST, *, in_function: bool) -> Iterator[Mutant]:
    for name, value in _visible_fields(node):
        if isinstance(value, list):
            for index, child in enumerate(value):
                if isinstance(child, ast.AST):
                    yield from _mutate(node, name, index, child, in_function=in_function)
        elif isinstance(value, ast.AST):
            yield from _mutate(node, name, None, value, in_function=in_function)


def _visible_fields(node: ast.AST) -> Iterator[tuple[str, object]]:
    hidden = {"annotation", "returns", "ctx", "op", "ops", "format_spec"}
    if isinstance(node, ast.If) and _is_type_checking(node.test):
        hidden |= {"test", "body"}
    for name, value in ast.iter_fields(node):
        if name not in hidden:
            yield name, value


def _mutate(
    parent: ast.AST, field: str, index: int | None, node: ast.AST, *, in_function: bool
) -> Iterator[Mutant]:
    if _is_left_alone(node, field):
        return
    inside = in_function or isinstance(node, (ast.FunctionDef, ast.Lambda))
    for kind, what, other in _changes(parent, node, field, in_function=inside):
        ast.copy_location(other, node)
        ast.fix_missing_locations(other)
        _put(parent, field, index, other)
        yield Mutant(getattr(node, "lineno", 0), getattr(node, "col_offset", 0), kind, what)
        _put(parent, field, index, node)
    if not _is_message(node, in_function=inside):
        yield from _visit(node, in_function=inside)


def _put(parent: ast.AST, field: str, index: int | None, node: ast.AST) -> None:
    if index is None:
        setattr(parent, field, node)
    else:
        getattr(parent, field)[index] = node


def _is_type_checking(test: ast.expr) -> bool:
    return isinstance(test, ast.Name) and test.id == "TYPE_CHECKING"


def _is_left_alone(node: ast.AST, field: str) -> bool:
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return True
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
        return True
    if isinstance(node, ast.If) and ast.unparse(node.test) == "not TYPE_CHECKING":
        return False
    return field == "decorator_list" and ast.unparse(cast("ast.expr", node)).startswith("functools")


def _literal(node: ast.AST) -> str | None:
    """Return the text of a string, with `{}` for what is put into it."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(
            str(part.value) if isinstance(part, ast.Constant) else "{X}" for part in node.values
        )
    return None


def _is_message(node: ast.AST, *, in_function: bool) -> bool:
    text = _literal(node)
    return in_function and text is not None and _WORDS.search(text) is not None


def _changes(parent: ast.AST, node: ast.AST, field: str, *, in_function: bool) -> Iterator[Change]:
    text = _literal(node)
    if text is not None and _is_message(node, in_function=in_function):
        yield "message", repr(text), ast.Constant("mutant")
    elif isinstance(node, ast.Constant):
        yield from _constants(node, in_function=in_function)
    elif isinstance(node, ast.stmt):
        yield from _statements(node)
    else:
        yield from _expressions(node)
    if isinstance(node, (ast.Dict, ast.Tuple, ast.Set, ast.List)) and (
        not in_function or isinstance(parent, (ast.Compare, ast.ExceptHandler))
    ):
        yield from _rows(node)
    if field in ("test", "ifs") and isinstance(node, ast.expr):
        for value in (True, False):
            yield "condition", f"{ast.unparse(node)} -> {value}", ast.Constant(value)


def _expressions(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.Compare):
        yield from _comparisons(node)
    elif isinstance(node, ast.BoolOp):
        yield from _booleans(node)
    elif isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        op = _ARITHMETIC[type(node.op)]
        yield "arithmetic", _told(node.op, op), ast.BinOp(node.left, op(), node.right)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.Not, ast.USub)):
        yield "unary", f"{ast.unparse(node)} -> {ast.unparse(node.operand)}", node.operand
    elif isinstance(node, ast.Call):
        yield from _calls(node)


def _told(old: ast.AST, new: type[ast.AST]) -> str:
    return f"{type(old).__name__} -> {new.__name__}"


def _constants(node: ast.Constant, *, in_function: bool) -> Iterator[Change]:
    value = node.value
    if isinstance(value, bool):
        yield "constant", f"{value} -> {not value}", ast.Constant(not value)
    elif isinstance(value, int):
        for other in (value + 1, value - 1):
            yield "constant", f"{value} -> {other}", ast.Constant(other)
    elif isinstance(value, (str, bytes)):
        text = value if isinstance(value, str) else value.decode("latin-1")
        is_pattern = not in_function and ("[" in text or "(" in text)
        for what, each in _patterns(text) if is_pattern else [(f"XX{text!r}", f"XX{text}")]:
            new = each if isinstance(value, str) else each.encode("latin-1")
            yield "pattern" if is_pattern else "constant", what, ast.Constant(new)


def _patterns(text: str) -> Iterator[tuple[str, str]]:
    """Yield the pattern with other bounds, repetitions and members of sets."""
    for piece in _PIECE.finditer(text):
        if piece["quantifier"] is not None:
            start, end = piece.span("quantifier")
            changed = _quantifiers(piece["quantifier"])
        elif piece["set"] is not None:
            start, end = piece.start("negated"), piece.end("set")
            changed = _sets(piece["negated"], piece["set"])
        else:
            continue
        for each in changed:
            what = f"character {start} of {text!r}: {text[start:end]!r} -> {each!r}"
            yield what, text[:start] + each + text[end:]


def _quantifiers(text: str) -> list[str]:
    if text in "*+?":
        return [{"*": "+", "+": "*", "?": ""}[text]]
    least, comma, most = text[1:-1].partition(",")
    if not comma:
        return [f"{{{int(least) - 1},{least}}}", f"{{{least},{int(least) + 1}}}"]
    low, high = int(least), int(most)
    bounds = [(low - 1, high), (low + 1, high), (low, high - 1), (low, high + 1)]
    return [f"{{{first},{last}}}" for first, last in bounds if 0 <= first <= last]


def _sets(negated: str, members: str) -> list[str]:
    found = list(_SET_ITEM.finditer(members))
    changed = ["" if negated else "^"]
    for item in found:
        before, after = members[: item.start()], members[item.end() :]
        low, high, single = item.groups()
        if single is None:
            first, last = _point(low), _point(high)
            changed += [
                f"{negated}{before}\\x{first + 1:02x}-{high}{after}",
                f"{negated}{before}{low}-\\x{last - 1:02x}{after}",
            ]
        elif len(found) > 1:
            changed.append(f"{negated}{before}{after}")
    return [each if each != changed[0] else f"{each}{members}" for each in changed]


def _point(end: str) -> int:
    return bytes.fromhex(end[2:])[0] if end.startswith(r"\x") else ord(end[-1])


def _comparisons(node: ast.Compare) -> Iterator[Change]:
    for index, old in enumerate(node.ops):
        for new in _COMPARISONS[type(old)]:
            ops = [*node.ops[:index], new(), *node.ops[index + 1 :]]
            yield "comparison", _told(old, new), ast.Compare(node.left, ops, node.comparators)


def _booleans(node: ast.BoolOp) -> Iterator[Change]:
    new = ast.Or if isinstance(node.op, ast.And) else ast.And
    yield "boolean", _told(node.op, new), ast.BoolOp(new(), node.values)
    for index, each in enumerate(node.values):
        rest = [*node.values[:index], *node.values[index + 1 :]]
        other = rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
        yield "boolean", f"without {ast.unparse(each)}", other


def _calls(node: ast.Call) -> Iterator[Change]:
    for index, each in enumerate(node.keywords):
        if each.arg == "maxsize":
            continue
        rest = [*node.keywords[:index], *node.keywords[index + 1 :]]
        what = f"without {ast.unparse(each)}"
        yield "argument", what, ast.Call(node.func, node.args, rest)
    if isinstance(node.func, ast.Attribute) and node.func.attr in _METHODS:
        other = _METHODS[node.func.attr]
        method = ast.Attribute(node.func.value, other, ast.Load())
        yield (
            "method",
            f"{node.func.attr} -> {other}",
            ast.Call(ast.copy_location(method, node.func), node.args, node.keywords),
        )


def _statements(node: ast.stmt) -> Iterator[Change]:
    shown = ast.unparse(node).partition("\n")[0]
    if isinstance(node, ast.Return):
        if node.value is not None and ast.unparse(node.value) != "None":
            yield "return", f"{shown} -> None", ast.Return(ast.Constant(None))
    elif isinstance(node, ast.AugAssign):
        if type(node.op) in _ARITHMETIC:
            op = _ARITHMETIC[type(node.op)]
            yield "arithmetic", _told(node.op, op), ast.AugAssign(node.target, op(), node.value)
    elif isinstance(node, ast.Continue):
        yield "statement", "continue -> break", ast.Break()
    elif isinstance(node, ast.Break):
        yield "statement", "break -> continue", ast.Continue()
    elif _can_go(node):
        yield "statement", f"without {shown}", ast.Pass()


def _can_go(node: ast.stmt) -> bool:
    """Tell whether the module can run at all without the statement."""
    if isinstance(node, ast.Assign):
        return not isinstance(node.targets[0], (ast.Name, ast.Tuple))
    return isinstance(node, (ast.Expr, ast.Raise, ast.Delete, ast.Assert))


def _rows(node: ast.Dict | ast.Tuple | ast.Set | ast.List) -> Iterator[Change]:
    if isinstance(node, ast.Dict):
        for index, key in enumerate(node.keys):
            keys = [*node.keys[:index], *node.keys[index + 1 :]]
            values = [*node.values[:index], *node.values[index + 1 :]]
            shown = "**" if key is None else ast.unparse(key)
            yield "row", f"without {shown}", ast.Dict(keys, values)
    elif len(node.elts) > 1:
        for index, each in enumerate(node.elts):
            elements = [*node.elts[:index], *node.elts[index + 1 :]]
            other = (
                ast.Set(elements) if isinstance(node, ast.Set) else type(node)(elements, node.ctx)
            )
            yield "row", f"without {ast.unparse(each)}", other
