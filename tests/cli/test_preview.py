"""`dsnlib template preview` shows a whole notification."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dsnlib import cli
from dsnlib.cli.exits import Exit
from dsnlib.compose.block import TemplateClass
from dsnlib.compose.shipped import shipped_languages
from dsnlib.parse.report import parse_report

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Run = tuple[int, str, str]


@pytest.fixture
def run(capfd: pytest.CaptureFixture[str]) -> Callable[..., Run]:
    """Return a function that runs the verb: exit code, output and complaints."""

    def run_verb(*arguments: str) -> Run:
        code = cli.main(["template", "preview", "--set", "myhostname=mail.example.org", *arguments])
        said = capfd.readouterr()
        return code, said.out, said.err

    return run_verb


@pytest.mark.parametrize("kind", [each.value for each in TemplateClass])
@pytest.mark.parametrize("language", shipped_languages())
def test_every_kind_in_every_language(run: Callable[..., Run], kind: str, language: str) -> None:
    """A message that the strict reader takes, in that language."""
    code, out, err = run("--lang", language, "--kind", kind, "--several", "--no-english")

    assert (Exit.FINE, "") == (code, err)
    assert 3 == len(parse_report(out.encode()).recipients)
    assert f"Content-Language: {language.replace('_', '-')}\n" in out


def test_the_sites_own_template(run: Callable[..., Run], tmp_path: Path) -> None:
    """What is wrong with it is told, with file and line."""
    path = tmp_path / "bounce.cf"
    path.write_text(
        "failure_template = <<EOF\nSubject: Lost\n\nLost at $myhostname.\nEOF\n", "utf-8"
    )
    code, out, err = run("--templates", str(path))
    assert (Exit.FINE, "") == (code, err)
    assert "\nLost at mail.example.org.\n" in out

    path.write_text("failure_template = <<EOF\nBogus: Lost\n\nLost\nEOF\n", "utf-8")
    code, out, err = run("--templates", str(path))
    assert Exit.PROBLEMS == code
    assert f"{path}:2: " in err
    assert "Your message to bob@example.com was not delivered." in out


def test_the_html_form_goes_to_a_file(run: Callable[..., Run], tmp_path: Path) -> None:
    """To be looked at in a browser."""
    path = tmp_path / "preview.html"

    code, out, _ = run("--lang", "he", "--html", str(path))

    assert (Exit.FINE, "") == (code, out)
    html = path.read_text("utf-8")
    assert html.startswith("<!doctype html>")
    assert 'dir="rtl"' in html


def test_files_that_are_not_there(run: Callable[..., Run], tmp_path: Path) -> None:
    """A template that is missing is told, and ours is shown; a place to write is needed."""
    code, out, err = run("--templates", str(tmp_path / "missing.cf"))
    assert Exit.PROBLEMS == code
    assert "missing.cf: No such file" in err
    assert "Your message" in out

    code, _, err = run("--html", str(tmp_path / "missing" / "x.html"))
    assert Exit.IO_ERROR == code
    assert "No such file" in err
