"""The page that compares us with others names what is there, and counts right."""

import ast
import functools
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/comparison.md"
TEXT = PAGE.read_text(encoding="utf-8")

# How many features the survey has, and the three words for what became of one.
FEATURES = 151
STATUSES = ("done", "partial", "not meant")
# As many features are to work; chosen when the page was begun.
LEAST_DONE = 120

_ROW = re.compile(r"\| (\d+) \| ([^|]+) \| \*\*([a-z ]+)\*\*([^|]*) \| ([^|]+) \|")
_SUMMARY = re.compile(r"\| ([^|]+) \| (\d+) \| (\d+) \| (\d+) \|")
_LINK = re.compile(r"\]\(([^)]+)\)")
_PROOF = re.compile(r"^- (\d+): (.+)$", re.MULTILINE)
_TEST = re.compile(r"`(tests/[^`]+)`")
# What MyST leaves out of a heading when it makes an anchor of it.
_NO_ANCHOR = re.compile(r"[^\w\- ]")


def sections() -> Iterator[tuple[str, str]]:
    """Yield each group of features with its text."""
    for part in TEXT.split("\n## ")[1:]:
        heading, _, text = part.partition("\n")
        if _ROW.search(text):
            yield heading, text


def rows(text: str) -> list[tuple[int, str, str, str, str]]:
    """Return number, feature, status, what is said of it, and who else has it."""
    found = [line for line in text.splitlines() if re.match(r"\| \d+ \|", line)]
    matches = [_ROW.fullmatch(line) for line in found]
    assert [] == [line for line, match in zip(found, matches, strict=True) if match is None]
    return [(int(match[1]), *match.groups()[1:]) for match in matches if match is not None]  # type: ignore[misc]  # the groups are those of the pattern


ROWS = rows(TEXT)
PROOFS = {int(number): _TEST.findall(tests) for number, tests in _PROOF.findall(TEXT)}
LINKS = sorted(set(_LINK.findall(TEXT)))
TESTS = sorted({test for tests in PROOFS.values() for test in tests})


@functools.cache
def anchors(page: Path) -> frozenset[str]:
    """Return what links to a page can name: headings of three levels, and labels."""
    found = set()
    is_code = False
    for line in page.read_text(encoding="utf-8").splitlines():
        is_code ^= line.startswith("```")
        heading = None if is_code else re.match(r"#{1,3} (.+)", line)
        if heading is not None:
            found.add(_NO_ANCHOR.sub("", heading[1].lower()).strip().replace(" ", "-"))
        label = re.fullmatch(r"\(([\w-]+)\)=", line)
        if label is not None:
            found.add(label[1])
    return frozenset(found)


@functools.cache
def functions(module: Path) -> frozenset[str]:
    """Return the functions of a module."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    return frozenset(each.name for each in tree.body if isinstance(each, ast.FunctionDef))


def test_every_feature_has_a_row() -> None:
    """Each number of the survey is there once, in order, with one of three words."""
    assert list(range(1, FEATURES + 1)) == [number for number, *_ in ROWS]
    assert set() == {status for _, _, status, *_ in ROWS} - set(STATUSES)


def test_done_is_shown() -> None:
    """What is done has a test that shows it; what is not says why, and claims none."""
    assert [] == [
        number for number, _, status, *_ in ROWS if status == "done" and not PROOFS.get(number)
    ]
    assert [] == [
        number
        for number, _, status, said, _ in ROWS
        if status != "done" and (number in PROOFS or not said.startswith(": "))
    ]


def test_counts() -> None:
    """The summary has each group with what stands in it, and the sum of them."""
    told = {name: tuple(map(int, counts)) for name, *counts in _SUMMARY.findall(TEXT)}
    groups = {
        heading: Counter(status for _, _, status, *_ in rows(text)) for heading, text in sections()
    }
    expected = {
        heading: tuple(counts[status] for status in STATUSES) for heading, counts in groups.items()
    }
    expected[f"all {FEATURES}"] = tuple(map(sum, zip(*expected.values(), strict=True)))
    assert expected == told
    assert LEAST_DONE <= told[f"all {FEATURES}"][0]


@pytest.mark.parametrize("link", LINKS)
def test_link(link: str) -> None:
    """A link leads to a page, and to a heading or label of it."""
    path, _, anchor = link.partition("#")
    page = PAGE.parent / path
    assert page.is_file()
    assert not anchor or anchor in anchors(page)


@pytest.mark.parametrize("test", TESTS)
def test_proof(test: str) -> None:
    """A test that is named is there."""
    module, _, function = test.partition("::")
    assert (ROOT / module).is_file()
    assert function in functions(ROOT / module)


def test_who_has_it() -> None:
    """Names are those of the table at the top, and nobody has a feature in whole and in part."""
    known = set(
        re.split(r", ", ", ".join(re.findall(r"^\| ([^|#]+) \| [^|]+ \|$", TEXT, re.MULTILINE)))
    )
    for number, *_, cell in ROWS:
        names = [] if cell == "none" else re.split(r", |; ", cell.replace("partly ", ""))
        assert (number, set()) == (number, set(names) - known)
        assert (number, len(names)) == (number, len(set(names)))


def test_numbers_are_those_of_the_survey(shared_corpus: Path) -> None:
    """The survey that the page was made of has the same numbers, and the same names for each."""
    survey = (shared_corpus.parents[1] / "field/FEATURES.md").read_text(encoding="utf-8")
    lines = [line for line in survey.splitlines() if re.match(r"\| \d+ \|", line)]
    cells = {
        int(line.split("|")[1]): [each.strip() for each in line.split("|")[3:17]] for line in lines
    }
    assert [number for number, *_ in ROWS] == sorted(cells)
    for number, *_, cell in ROWS:
        whole, _, part = cell.partition("partly ")
        counts = [
            0 if text in ("", "none") else len(re.findall(r"[\w-]+", text))
            for text in (whole, part)
        ]
        assert (number, [cells[number].count("y"), cells[number].count("p")]) == (number, counts)
