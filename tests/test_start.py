"""The quick starts and the front page, as a stranger has them."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.test_docs import ENVIRONMENT, commands, matches

ROOT = Path(__file__).resolve().parent.parent
START = ROOT / "docs/start"
EXAMPLES = ROOT / "docs/examples"
BLOCK = re.MULTILINE | re.DOTALL
# page -> its program
PROGRAMS = {
    "embed-in-an-mta": "start_mta.py",
    "bounces-people-can-read": "start_letters.py",
    "bounces-for-a-list": "start_list.py",
}


def page(name: str) -> str:
    """Return the text of a page below docs."""
    return (ROOT / "docs" / name).with_suffix(".md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "program"), PROGRAMS.items(), ids=PROGRAMS)
def test_page_alone(tmp_path: Path, name: str, program: str) -> None:
    """In an empty directory with a copy of the program each command prints what the page shows."""
    shutil.copy(EXAMPLES / program, tmp_path)
    shown = [
        each
        for block in re.findall(r"^```shell-session\n(.*?)^```$", page(f"start/{name}"), BLOCK)
        for each in commands(block)
    ]

    assert f"python {program}" == shown[0][0]
    for command, expected in shown:
        done = subprocess.run(  # noqa: S602  the shell is what the reader types into
            command,
            shell=True,
            cwd=tmp_path,
            # Nothing of the project's directory, and the same text everywhere.
            env={"PATH": ENVIRONMENT["PATH"], "LC_ALL": "C.UTF-8", "PYTHONWARNINGS": "error"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=60,
            check=True,
        )
        assert matches(expected, done.stdout), f"$ {command}\n{done.stdout}"


@pytest.mark.parametrize(("name", "program"), PROGRAMS.items(), ids=PROGRAMS)
def test_page_has_the_program_whole(name: str, program: str) -> None:
    """A page includes its program without leaving anything out, and offers it as a file."""
    included = re.findall(r"^```\{literalinclude\} (\S+)\n(.*?)^```$", page(f"start/{name}"), BLOCK)

    assert [(f"../examples/{program}", ":language: python\n")] == included
    assert f"{{download}}`{program} <../examples/{program}>`" in page(f"start/{name}")


def test_every_page_has_a_program() -> None:
    """Each quick start is tested here, and is one of the three on the front page."""
    names = {each.stem for each in START.glob("*.md")} - {"index"}

    assert set(PROGRAMS) == names
    assert names == set(re.findall(r"\(start/([\w-]+)\.md\)", page("index")))


def test_no_session_is_shown_and_not_run() -> None:
    """A `shell-session` is run here and nowhere else, so it stands in these pages alone."""
    pages = {each for each in (ROOT / "docs").rglob("*.md") if "_build" not in each.parts}

    assert {START / f"{name}.md" for name in PROGRAMS} == {
        each for each in pages if "```shell-session" in each.read_text(encoding="utf-8")
    }


def test_numbers_of_the_front_page() -> None:
    """What the front page counts is what the pages that it links to have counted."""
    front = " ".join(page("index").split())
    done, foreign, broken, _, demands = re.findall(
        r"^\| all \| (\d+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$",
        page("conformance"),
        re.MULTILINE,
    )[0]
    standards = re.findall(r"^\| RFC [^|]+ \|(?: \d+ \|){5}$", page("conformance"), re.MULTILINE)
    ((features, here),) = re.findall(r"^\| all (\d+) \| (\d+) \|", page("comparison"), re.MULTILINE)

    assert f"Of {demands} demands of {len(standards)} standards, {done} have a test" in front
    assert f"{foreign} are not for a library, {broken} we break knowingly" in front
    ((ours, theirs),) = re.findall(
        r"^\| with exactly the right recipients \| ([\d.]+) \| ([\d.]+) \|$",
        page("measurements").partition("without any")[0],
        re.MULTILINE,
    )

    assert f"Of {features} features in the field, {here} are here" in front
    assert f"Of 100 bounces {ours} with exactly the right recipients" in front
    assert f"where flufl.bounce has {theirs}:" in front
