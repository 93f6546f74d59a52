"""The man pages that `make man` has written, read by groff.

Skipped where there are no pages or no groff; DSNLIB_MAN names another folder of pages.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(os.environ.get("DSNLIB_MAN", ROOT / "build" / "man"))
PAGES = sorted(FOLDER.glob("*.1"))
SECTIONS = ["NAME", "SYNOPSIS", "DESCRIPTION", "EXIT STATUS", "EXAMPLES", "SEE ALSO"]


def show(page: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Have groff set a page, with the preprocessors that man takes."""
    command = ["groff", "-k", "-t", "-man", "-ww", "-Tutf8", "-P-c", *options, str(page)]
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=False, timeout=60)


@pytest.mark.skipif(not PAGES, reason="`make man` has not written pages")
def test_each_command_has_a_page() -> None:
    """Each page of a command in the documentation is a man page."""
    sources = (ROOT / "docs" / "reference" / "commands").glob("[a-z]*.md")
    names = {path.stem for path in sources} - {"index"}

    assert {"dsnlib" if name == "dsnlib" else f"dsnlib-{name}" for name in names} == {
        page.stem for page in PAGES
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page(page: Path) -> None:
    """Groff has no complaint, NAME is one that apropos finds, and the sections are in order."""
    if shutil.which("groff") is None:
        pytest.skip("there is no groff")
    checked = show(page, "-z")
    text = re.sub(r".\x08", "", show(page).stdout)

    assert (0, "") == (checked.returncode, checked.stderr)
    assert re.search(rf"^NAME\n +{page.stem}\s+-\s+[a-z]", text, re.MULTILINE)
    headings = re.findall(r"^[A-Z][A-Z ]+$", text, re.MULTILINE)
    assert SECTIONS == [each for each in headings if each in SECTIONS]
    assert r"\%<>" not in page.read_text("utf-8")  # a link that has lost its end
