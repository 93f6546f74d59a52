"""The quick starts and the front page, as a stranger has them."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
START = ROOT / "docs/start"
EXAMPLES = ROOT / "docs/examples"
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
def test_program_runs_alone(tmp_path: Path, name: str, program: str) -> None:
    """Copied into an empty directory, a program prints what its page shows."""
    shutil.copy(EXAMPLES / program, tmp_path)
    shown = re.search(
        rf"^\$ python docs/examples/{program}[^\n]*\n(.*?)^```$",
        page(f"start/{name}"),
        re.MULTILINE | re.DOTALL,
    )

    done = subprocess.run(
        [sys.executable, "-W", "error", program],
        cwd=tmp_path,
        # Nothing of the project's directory, and the same text everywhere.
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )

    assert (0, "") == (done.returncode, done.stderr)
    assert shown is not None
    assert shown[1].strip() == "\n".join(map(str.rstrip, done.stdout.splitlines())).strip()


@pytest.mark.parametrize(("name", "program"), PROGRAMS.items(), ids=PROGRAMS)
def test_page_has_the_program_whole(name: str, program: str) -> None:
    """A page includes its program without leaving anything out, and offers it as a file."""
    included = re.findall(
        r"^```\{literalinclude\} (\S+)\n(.*?)^```$", page(f"start/{name}"), re.MULTILINE | re.DOTALL
    )

    assert [(f"../examples/{program}", ":language: python\n")] == included
    assert f"{{download}}`download it <../examples/{program}>`" in page(f"start/{name}")


def test_every_page_has_a_program() -> None:
    """Each quick start is tested here, and is one of the three on the front page."""
    names = {each.stem for each in START.glob("*.md")} - {"index"}

    assert set(PROGRAMS) == names
    assert names == set(re.findall(r"\(start/([\w-]+)\.md\)", page("index")))


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
    assert f"Of {features} features in the field, {here} are here" in front
