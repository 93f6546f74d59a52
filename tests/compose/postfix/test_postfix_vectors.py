"""What Postfix prints for template files, `postconf -b` and `-t`, we write octet for octet.

Each file was given to Postfix; kept are what it printed, what it complained of
and whether it gave up.  Where we differ on purpose there is a row in DIFFERENCES,
and a paragraph in docs/decisions/0006.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import pytest

from dsnlib.compose.postfix.parameters import Parameters
from dsnlib.compose.template import load_templates
from dsnlib.errors import TemplateError

if TYPE_CHECKING:
    from pathlib import Path

    from dsnlib.compose.template import TemplateSet

pytestmark = pytest.mark.shared

# Vector -> what is otherwise, and why.
DIFFERENCES = {
    "crlf_file": "a line may end with CRLF",
    "empty_after_nonempty": "a template without a text does not get that of the one before",
    "nul_byte": "a NUL is left out, and what follows it in its line is not",
    "param_bounce_registered": "queue_directory is the directory, not where the daemon stands",
}
# Postfix says nothing, but there is something to say.
SAID_BESIDES = {
    "empty_after_nonempty": "template-missing-text",
    "invalid_utf8_text": "template-undecodable-text",
    "nul_byte": "template-nul",
    "ok_charset_unchecked": "template-unknown-charset",
}
# Postfix complains, and has no reason to.
NOT_SAID = {"crlf_file"}

# What Postfix says when it gives up on a file, or on a $name.
BAD_LINE = re.compile(r"fatal: \S+, line (\d+): ")
BAD_NAME = re.compile(r"fatal: \S+: (?:bad|undefined|unrecognized) ")


class Vector(NamedTuple):
    """A file and what Postfix made of it; `None` is nothing."""

    name: str
    data: bytes
    parameters: Parameters
    expanded: bytes | None
    dump: bytes | None
    said: str


@pytest.fixture(scope="module")
def folder(shared_corpus: Path) -> Path:
    """Where the files are."""
    found = shared_corpus.parent.parent / "postfix" / "golden" / "templates"
    if not found.is_dir():
        pytest.skip(f"{found} is not there")
    return found


@pytest.fixture(scope="module")
def builtin(folder: Path) -> TemplateSet:
    """The templates that Postfix falls back to."""
    return load_templates((folder / "builtin.dump").read_bytes(), origin="built-in", postfix=True)


@pytest.fixture(scope="module")
def vectors(folder: Path) -> list[Vector]:
    """Every file and what Postfix made of it."""

    def read(name: str) -> bytes | None:
        path = folder / name
        return path.read_bytes() if path.is_file() else None

    base = (folder / "BASE.maincf").read_bytes()
    return [
        Vector(
            name=path.stem,
            data=path.read_bytes(),
            parameters=Parameters.parse(base + b"\n" + (read(f"{path.stem}.maincf") or b"")),
            expanded=read(f"{path.stem}.expanded"),
            dump=read(f"{path.stem}.dump"),
            said=(read(f"{path.stem}.stderr") or b"").decode(errors="replace"),
        )
        for path in sorted(folder.glob("*.cf"))
    ]


def test_builtin_dump(folder: Path, builtin: TemplateSet) -> None:
    """The dump of Postfix's own templates is read and written as it is."""
    assert () == builtin.defects
    assert (folder / "builtin.dump").read_bytes() == builtin.dump()


def test_dumps(vectors: list[Vector], builtin: TemplateSet) -> None:
    """What `postconf -t` prints, or nothing where it prints nothing."""
    differing = set()
    for vector in vectors:
        try:
            dump = load_templates(
                vector.data, origin="x", builtin=builtin, postfix=True, check_names=False
            ).dump()
        except TemplateError:
            dump = None
        if vector.dump != dump:
            differing.add(vector.name)

    assert vectors
    assert DIFFERENCES.keys() - {"param_bounce_registered"} == differing


def test_expansions(vectors: list[Vector], builtin: TemplateSet) -> None:
    """What `postconf -b` prints, or nothing where it prints nothing."""
    differing = set()
    for vector in vectors:
        try:
            expanded = _load(vector, builtin).expand(vector.parameters).octets
        except TemplateError:
            expanded = None
        if vector.expanded != expanded:
            differing.add(vector.name)

    assert DIFFERENCES.keys() == differing


def test_lines_of_errors(vectors: list[Vector], builtin: TemplateSet) -> None:
    """An error has the line on which the fault is; Postfix counts one more."""
    count = 0
    for vector in vectors:
        found = BAD_LINE.search(vector.said)
        if found is None:
            continue
        with pytest.raises(TemplateError) as caught:
            _load(vector, builtin)
        assert int(found[1]) - 1 == caught.value.line, vector.name
        count += 1

    assert count


def test_names_are_found_when_the_file_is_loaded(
    vectors: list[Vector], builtin: TemplateSet
) -> None:
    """What Postfix finds when a bounce should leave is found before, with its line."""
    count = 0
    for vector in vectors:
        if BAD_NAME.search(vector.said) is None:
            continue
        with pytest.raises(TemplateError) as caught:
            _load(vector, builtin)
        line = vector.data.splitlines()[caught.value.line - 1]
        assert b"$" in line, vector.name
        count += 1

    assert count


def test_warnings_are_defects(vectors: list[Vector], builtin: TemplateSet) -> None:
    """Where Postfix warns there is a defect, where it is silent there is none."""
    for vector in vectors:
        if "fatal: " in vector.said:
            continue
        templates = _load(vector, builtin)
        defects = templates.defects + templates.expand(vector.parameters).defects
        besides = SAID_BESIDES.get(vector.name)
        is_warned = "warning: " in vector.said and vector.name not in NOT_SAID

        assert (is_warned or besides is not None) == bool(defects), vector.name
        assert besides is None or [besides] == [each.code for each in defects]


def _load(vector: Vector, builtin: TemplateSet) -> TemplateSet:
    return load_templates(
        vector.data,
        origin=f"{vector.name}.cf",
        parameters=vector.parameters,
        builtin=builtin,
        postfix=True,
    )
