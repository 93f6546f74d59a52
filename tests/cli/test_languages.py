"""`dsnlib languages` lists what is shipped, and tells which language is chosen and why."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from dsnlib.cli.exits import Exit
from dsnlib.cli.verbs import languages
from dsnlib.compose.language.catalogue import Catalogue
from dsnlib.compose.shipped import shipped_catalogue, shipped_languages
from dsnlib.errors import CatalogueError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.run import Run

VERB = "languages"


def test_list(run: Callable[..., Run]) -> None:
    """Each language has a row: its names, its direction, how much there is of it."""
    code, out, err = run()
    heading, *rows = (line.split() for line in out.splitlines())

    assert (Exit.FINE, "") == (code, err)
    assert ["LANGUAGE", "NAME", "OWN", "NAME", "DIRECTION", "COMPLETE"] == heading
    assert shipped_languages() == tuple(row[0] for row in rows)
    assert ["en", "English", "English", "ltr", "100", "%"] in rows
    assert ["he", "Hebrew", "עברית", "rtl"] in [row[:4] for row in rows]


def test_json(run: Callable[..., Run]) -> None:
    """`--json` gives an object for each language, with the same facts."""
    code, out, _ = run("--json")
    records: dict[str, dict[str, Any]] = {each["language"]: each for each in json.loads(out)}
    total = len(shipped_catalogue("en"))

    assert Exit.FINE == code
    assert shipped_languages() == tuple(records)
    assert {
        "language": "en",
        "name": "English",
        "own_name": "English",
        "direction": "ltr",
        "translated": total,
        "messages": total,
    } == records["en"]
    assert ("português (Brasil)", "rtl") == (
        records["pt_BR"]["own_name"],
        records["ar"]["direction"],
    )


def test_unfinished_and_broken(run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missing is counted; a catalogue that is refused is told and counts as none."""

    def catalogue(language: str) -> Catalogue:
        if language == "de":
            raise CatalogueError("lacks\x1b %(x)s", origin="de/dsnlib.po", line=7)
        return shipped_catalogue(language) if language == "en" else Catalogue()

    monkeypatch.setattr(languages, "shipped_catalogue", catalogue)
    code, out, err = run()

    assert Exit.PROBLEMS == code
    assert "dsnlib: de/dsnlib.po:7: lacks\ufffd %(x)s [catalogue]\n" == err
    assert {"0", "100"} == {line.split()[-2] for line in out.splitlines()[1:]}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--choose", "de-AT,fr;q=0.5"], "de (accept-language: de-AT)"),
        (["--choose", "zh-TW"], "en (default: en)"),
        (["--choose", ""], "en (default: en)"),
        (["--choose", "de", "--explicit", "fr"], "fr (explicit: fr)"),
        (["--choose", "de", "--account", "pt-PT"], "pt_BR (account: pt-PT)"),
        (["--content-language", "nb, da"], "da (content-language: da)"),
        (["--domain", "a.example", "--domain-language", ".Example=pl"], "pl (domain: pl)"),
        (["--domain", "example", "--domain-language", ".example=pl"], "en (default: en)"),
        (["--default", "uk-UA"], "uk (default: uk-UA)"),
        (["--explicit", "\x1b[31m", "--default", "\x1bx"], "\ufffdx (default: \ufffdx)"),
    ],
)
def test_choice(run: Callable[..., Run], arguments: list[str], said: str) -> None:
    """What is known about somebody decides, and who decided is told, harmlessly."""
    assert (Exit.FINE, f"{said}\n", "") == run(*arguments)


def test_choice_as_json(run: Callable[..., Run]) -> None:
    """`--json` gives one object for a choice."""
    _, out, _ = run("--choose", "de-AT", "--json")

    assert {"language": "de", "source": "accept-language", "asked": "de-AT"} == json.loads(out)


@pytest.mark.parametrize("entry", ["x", "=de", "x=", "", "="])
def test_no_entry(run: Callable[..., Run], entry: str) -> None:
    """An entry for a domain that has no tag is a mistake of who typed it."""
    code, out, err = run("--domain-language", entry)

    assert (Exit.USAGE, "") == (code, out)
    assert "is not DOMAIN=TAG" in err
