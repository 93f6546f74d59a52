"""We decide and write what a running Postfix decided and wrote.

The vectors are not ours to publish; what each label means is in
docs/decisions/0010.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.interop.postfix_choices import CHOSEN, DISAGREEMENTS, Difference
from tests.interop.postfix_vectors import Result, compare_folder, main

DECISION = (
    Path(__file__)
    .resolve()
    .parents[2]
    .joinpath("docs", "decisions", "0010-where-we-differ-from-postfix.md")
)
# The cases of the vectors that do not agree, and why.
DISAGREEING = {
    "access_bcc_failing": {"blind-copy-named"},
    "pm_smtpd_transcript": {"transcript"},
    "pm_trace_null_sender": {"success-of-null-path"},
    "template_bad_macro": {"template-stops"},
}
LEAST = 0.95


@pytest.fixture(scope="module")
def folder(shared_corpus: Path) -> Path:
    """Where the vectors are."""
    found = shared_corpus.parent.parent / "postfix" / "golden" / "dsn"
    if not found.is_dir():
        pytest.skip(f"{found} is not there")
    return found


@pytest.fixture(scope="module")
def results(folder: Path) -> list[Result]:
    """How each case went."""
    return [*compare_folder(folder)]


@pytest.mark.shared
def test_most_agree(results: list[Result]) -> None:
    """Of a hundred cases 95 agree in number, recipients, actions and status."""
    assert results
    assert LEAST <= sum(each.agrees for each in results) / len(results)


@pytest.mark.shared
def test_who_disagrees(results: list[Result]) -> None:
    """Those that are known disagree, for the reasons that are known, and no others."""
    assert DISAGREEING == {each.name: each.labels for each in results if not each.agrees}


@pytest.mark.shared
def test_program(folder: Path, results: list[Result], capsys: pytest.CaptureFixture[str]) -> None:
    """The program has a line a case and one with the number; it fails if too many miss."""
    assert [1, 0] == [main([str(folder), "--misses", str(len(DISAGREEING) - n)]) for n in (1, 0)]

    lines = capsys.readouterr().out.splitlines()
    agreeing = len(results) - len(DISAGREEING)
    assert 2 * (len(results) + 1) == len(lines)
    assert f"{agreeing} of {len(results)} agree" == lines[-1]


def test_labels_are_explained() -> None:
    """Each label of the tables has a row on the page of decisions, and none is left over."""
    labels = {row.label for row in CHOSEN} | {label for label, _ in DISAGREEMENTS}

    page = DECISION.read_text("utf-8")
    assert labels == set(re.findall(r"^\| `([a-z0-9-]+)` \|", page, re.MULTILINE))


CHOSEN_DIFFERENCE = Difference("auto-submitted", "a", "b", label="auto-replied")
MISS = Difference("remote-mta", "", "dns; mx.example")
NUMBER = Difference("number", "0", "1", is_grave=True)
KNOWN = Difference("notification", "none", "to x", label="transcript", is_grave=True)


@pytest.mark.parametrize(
    ("differences", "line"),
    [
        ((), "x: agree"),
        (
            (CHOSEN_DIFFERENCE,),
            "x: chosen difference: auto-submitted ours='a' theirs='b' (auto-replied)",
        ),
        ((CHOSEN_DIFFERENCE, MISS), "x: DIFFERS: remote-mta ours='' theirs='dns; mx.example'"),
        (
            (NUMBER,),
            "x: DIFFERS: number ours='0' theirs='1'",
        ),
    ],
    ids=["agrees", "chosen", "not chosen", "told otherwise"],
)
def test_lines(differences: tuple[Difference, ...], line: str) -> None:
    """A line says how a case went; where it differs, only by what."""
    assert line == str(Result("x", differences))


@pytest.mark.parametrize(
    ("differences", "labels"),
    [((CHOSEN_DIFFERENCE,), set()), ((MISS,), {None}), ((NUMBER, KNOWN), {"transcript"})],
    ids=["agrees", "nobody knows", "known"],
)
def test_reasons(differences: tuple[Difference, ...], labels: set[str | None]) -> None:
    """Why a case does not agree; that the number is another says nothing more."""
    assert labels == Result("x", differences).labels
