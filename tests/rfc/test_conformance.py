"""`rfc/conformance.py` reads marks and catalogue, and every requirement is decided."""

from __future__ import annotations

import functools
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from rfc import conformance
from rfc.conformance import (
    BINDING,
    LEVELS,
    Requirement,
    UnusableInput,
    collect_marks,
    find_faults,
    format_page,
    read_requirements,
    read_tests,
)

if TYPE_CHECKING:
    from pathlib import Path

MARKED = '@pytest.mark.requirement("1-1-01")\n'
TEST = "def test_it() -> None: ...\n"
MAKER = "def row(value, id_):\n    mark = pytest.mark.requirement(id_)\n    return mark\n"

ENTRY = """\
[[requirement]]
id = "{id}"
rfc = {rfc}
section = "1"
level = "{level}"
text = "It *is* so | or not."
"""


def requirement(
    level: str = "MUST",
    *tests: str,
    not_applicable: str | None = None,
    deviation: str | None = None,
) -> Requirement:
    """Return an entry of a catalogue."""
    return Requirement(
        id="1-1-01",
        rfc=1,
        section="1",
        level=level,
        text="It is so.",
        not_applicable=not_applicable,
        deviation=deviation,
        tests=tests,
    )


@functools.cache
def proofs() -> dict[str, tuple[str, ...]]:
    """Return the marks of this repository; not at import, which every worker does."""
    return read_tests(conformance.TESTS)


@functools.cache
def requirements() -> tuple[Requirement, ...]:
    """Return the catalogue of this repository."""
    return read_requirements(conformance.CATALOGUE, proofs())


def faults(*entries: Requirement) -> tuple[str, ...]:
    """Return the faults of a catalogue without foreign marks."""
    return find_faults(entries, {})


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of one requirement and the test that proves it."""
    for name, folder in {"TESTS": "tests", "CATALOGUE": "catalogue"}.items():
        (tmp_path / folder).mkdir()
        monkeypatch.setattr(conformance, name, tmp_path / folder)
    monkeypatch.setattr(conformance, "TARGET", tmp_path / "conformance.md")
    (tmp_path / "tests" / "test_a.py").write_text(MARKED + TEST, encoding="utf-8")
    (tmp_path / "catalogue" / "rfc1.toml").write_text(
        ENTRY.format(id="1-1-01", rfc=1, level="MUST"), encoding="utf-8"
    )
    return tmp_path


def test_the_page_is_what_the_sources_say() -> None:
    """The page in the repository equals what is written now."""
    assert format_page(requirements()) == conformance.TARGET.read_text(encoding="utf-8")


def test_no_requirement_is_undecided() -> None:
    """Each entry has a test or a reason."""
    assert [] == [each.id for each in requirements() if each.verdict == conformance.UNDECIDED]


def test_what_binds_is_tested() -> None:
    """Each MUST, MUST NOT and production that binds this library has a test."""
    assert [] == [
        each.id
        for each in requirements()
        if each.level in BINDING and each.not_applicable is None and not each.tests
    ]


def test_marks_name_requirements() -> None:
    """No test is marked with an id that the catalogue does not have."""
    assert set() == proofs().keys() - {each.id for each in requirements()}


def test_a_decision_is_one() -> None:
    """No entry is both not applicable and a deviation; what does not apply has no test."""
    assert [] == [
        each.id
        for each in requirements()
        if each.not_applicable is not None and (each.deviation is not None or each.tests)
    ]


def test_a_reason_is_one_sentence() -> None:
    """A reason starts with a capital, ends with its only full stop, and is on one line."""
    sentence = re.compile(r"[A-Z0-9](?:(?![.!?]\s+[A-Z])[^\n])*\.")

    assert [] == [
        each.id for each in requirements() if each.reason and not sentence.fullmatch(each.reason)
    ]


@pytest.mark.parametrize(
    "source",
    [
        f"{MARKED}{TEST}",
        f"@pytest.mark.parametrize('x', [pytest.param(1, {MARKED.strip()[1:]})])\n{TEST}",
        f"ROWS = [{MARKED.strip()[1:]}]\n@pytest.mark.parametrize('x', ROWS)\n{TEST}",
        f"OLD = [{MARKED.strip()[1:]}]\nROWS: X = [*OLD]\n@parametrize('x', ROWS)\n{TEST}",
        f"pytestmark = {MARKED.strip()[1:]}\n{TEST}",
        f"pytestmark = [pytest.mark.shared, {MARKED.strip()[1:]}]\n{TEST}",
        f"{MAKER}@pytest.mark.parametrize('x', [row(1, '1-1-01'), row(2, '1-1-01')])\n{TEST}",
    ],
    ids=["decorator", "param", "table", "table of a table", "module", "modules", "maker"],
)
def test_where_marks_stand(source: str) -> None:
    """Every place from which pytest takes a mark is read, and each mark counts once."""
    assert (("1-1-01", "tests/test_a.py::test_it"),) == collect_marks(source, "tests/test_a.py")


@pytest.mark.parametrize(
    "source",
    [
        TEST,
        f"def pytest_mark(): ...\n{TEST}",
        f"@pytest.mark.other('1-1-01')\n{TEST}",
        f"NAME = '1-1-01'\n@pytest.mark.requirement(NAME)\n{TEST}",
        f"{MAKER}@pytest.mark.parametrize('x', [row(1, each) for each in ROWS])\n{TEST}",
        f'"""{MARKED}"""\n{TEST}',
    ],
    ids=["none", "a function", "another mark", "a name", "computed", "a string"],
)
def test_what_is_no_mark(source: str) -> None:
    """What only looks like a mark counts for nothing; nor does an id that is computed."""
    assert () == collect_marks(source, "tests/test_a.py")


def test_ids_and_tests_of_a_module() -> None:
    """Each test has its own marks and those of the module."""
    source = (
        'pytestmark = pytest.mark.requirement("1-1-01")\n'
        "def test_a() -> None: ...\n"
        '@pytest.mark.requirement("1-1-03")\n@pytest.mark.requirement("1-1-02")\n'
        "def test_b() -> None: ...\n"
    )

    assert {
        ("1-1-01", "t.py::test_a"),
        ("1-1-01", "t.py::test_b"),
        ("1-1-02", "t.py::test_b"),
        ("1-1-03", "t.py::test_b"),
    } == set(collect_marks(source, "t.py"))


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("x = 1\ndef test_(:\n", "t.py:2: invalid syntax"),
        (f"{MARKED}def helper() -> None: ...\n", "t.py:1: no test bears this mark"),
        (f"{TEST}ROWS = [{MARKED.strip()[1:]}]\n", "t.py:2: no test bears this mark"),
        (MARKED.strip()[1:], "t.py:1: no test bears this mark"),
    ],
    ids=["no Python", "not a test", "an unused table", "a bare mark"],
)
def test_marks_that_prove_nothing(source: str, fault: str) -> None:
    """A module is refused when it is no Python, or when a mark is on no test."""
    with pytest.raises(UnusableInput, match=f"^{re.escape(fault)}$"):
        collect_marks(source, "t.py")


@pytest.mark.parametrize(
    ("entry", "verdict", "reason"),
    [
        (requirement("MUST", "t.py::test_a"), "done", ""),
        (requirement("MUST"), "undecided", ""),
        (requirement("MUST", not_applicable="No."), "not applicable", "No."),
        (requirement("MUST", deviation="Yet."), "deviation", "Yet."),
        (requirement("MUST", "t.py::test_a", deviation="Yet."), "deviation", "Yet."),
    ],
    ids=["tested", "nothing", "not applicable", "deviation", "tested deviation"],
)
def test_verdict(entry: Requirement, verdict: str, reason: str) -> None:
    """A reason outweighs a test, and neither means undecided."""
    assert (verdict, reason) == (entry.verdict, entry.reason)


@pytest.mark.parametrize("level", LEVELS)
def test_a_reason_in_place_of_a_test(level: str) -> None:
    """A binding entry that deviates needs a test; other entries do with the reason."""
    wanted = [f"1-1-01: {level} deviates, and no test shows what is done"]

    assert (wanted if level in BINDING else []) == list(faults(requirement(level, deviation="So.")))
    assert () == faults(requirement(level, "t.py::test_a", deviation="So."))
    assert () == faults(requirement(level, not_applicable="So."))
    assert (f"1-1-01: {level} is undecided: no test and no reason",) == faults(requirement(level))


def test_contradictions_are_faults() -> None:
    """Two reasons contradict each other, and so do a test and `not_applicable`."""
    assert ("1-1-01: both not applicable and a deviation",) == faults(
        requirement("MUST", not_applicable="No.", deviation="No.")
    )
    assert ("1-1-01: not applicable, but marked at t.py::test_a",) == faults(
        requirement("MAY", "t.py::test_a", not_applicable="No.")
    )


def test_marks_without_an_entry_are_faults() -> None:
    """A mark with an id that is not in the catalogue is told with its place."""
    assert ("2-1-01: not in the catalogue, but marked at t.py::test_a",) == find_faults(
        (requirement("MUST", "t.py::test_b"),), {"2-1-01": ("t.py::test_a",)}
    )


def test_write_then_check(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A missing or stale page makes `--check` exit 1; a written one makes it exit 0."""
    stale = f"{conformance.TARGET}: stale; run `python rfc/conformance.py`\n"

    assert (1, stale) == (conformance.main(["--check"]), capsys.readouterr().err)
    assert 0 == conformance.main([])
    assert (0, "") == (conformance.main(["--check"]), capsys.readouterr().err)
    conformance.TARGET.write_text("# Conformance\n", encoding="utf-8")
    assert (1, stale) == (conformance.main(["--check"]), capsys.readouterr().err)


def test_check_tells_faults(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--check` exits 1 and tells each fault on a line, though the page is up to date."""
    (project / "tests" / "test_a.py").write_text(TEST, encoding="utf-8")

    assert 0 == conformance.main([])
    assert 1 == conformance.main(["--check"])
    assert "1-1-01: MUST is undecided: no test and no reason\n" == capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("catalogue/rfc1.toml", b"[[requirement]]\n", "rfc1.toml: no key 'id'"),
        ("catalogue/rfc1.toml", b"[[", "rfc1.toml: "),
        ("catalogue/rfc1.toml", b"\xff", "rfc1.toml: "),
        ("tests/test_a.py", b"\xff", "tests/test_a.py: "),
        ("tests/test_a.py", b"def requirement", "tests/test_a.py:1: "),
    ],
    ids=["no key", "no TOML", "no text", "no source", "no Python"],
)
def test_unusable_input(
    name: str, text: bytes, told: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An input that cannot be used is told in one line; nothing is written."""
    (project / name).write_bytes(text)

    assert 2 == conformance.main([])
    assert capsys.readouterr().err.startswith(told)
    assert not conformance.TARGET.exists()


def test_the_page(project: Path) -> None:
    """RFCs have the order of the documents, levels descend, three tests are shown."""
    catalogue = project / "catalogue" / "rfc1.toml"
    entries = [("9-1-01", 9, "MUST"), ("8-1-01", 8, "MAY"), ("8-1-02", 8, "MUST")]
    entries += [("6522-1-01", 6522, "MAY"), ("3461-1-01", 3461, "MAY")]
    texts = [ENTRY.format(id=id_, rfc=rfc, level=level) for id_, rfc, level in entries]
    texts[-1] += 'deviation = "We [do] otherwise."\n'
    catalogue.write_text("".join(texts), encoding="utf-8")
    marks = MARKED.replace("1-1-01", "9-1-01")
    tests = "".join(f"{marks}def test_{name}() -> None: ...\n" for name in "dcba")
    (project / "tests" / "test_a.py").write_text(tests, encoding="utf-8")

    assert 0 == conformance.main([])
    page = conformance.TARGET.read_text(encoding="utf-8")

    headings = [line for line in page.splitlines() if line.startswith("## ")]
    assert [
        "## RFC 3461: the SMTP extension",
        "## RFC 3462 and RFC 6522: multipart/report",
        "## RFC 8",
        "## RFC 9",
    ] == headings
    assert "| all | 1 | 0 | 1 | 3 | 5 |" in page
    sections = {
        rfc: f"[1](https://www.rfc-editor.org/rfc/rfc{rfc}#section-1)" for rfc in (8, 9, 3461, 6522)
    }
    text = r"It \*is\* so \| or not."
    tests = " ".join(f"`tests/test_a.py::test_{name}`" for name in "abc")
    assert [
        f"| 3461-1-01 | {sections[3461]} | MAY | {text} | deviation |  | We \\[do\\] otherwise. |",
        f"| 6522-1-01 | {sections[6522]} | MAY | {text} | undecided |  |  |",
        f"| 8-1-02 | {sections[8]} | MUST | {text} | undecided |  |  |",
        f"| 8-1-01 | {sections[8]} | MAY | {text} | undecided |  |  |",
        f"| 9-1-01 | {sections[9]} | MUST | {text} | done | {tests} +1 |  |",
    ] == [line for line in page.splitlines() if re.match(r"\| \d+-", line)]


def test_check_as_a_program() -> None:
    """`python rfc/conformance.py --check` is silent and exits 0 when all is sound."""
    done = subprocess.run(
        [sys.executable, conformance.ROOT / "rfc" / "conformance.py", "--check"],
        capture_output=True,
        check=False,
        text=True,
    )

    assert (0, "", "") == (done.returncode, done.stdout, done.stderr)
