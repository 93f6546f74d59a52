"""What is shipped is found in a working copy and in an installed wheel alike."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from dsnlib.compose import report_texts, shipped, texts
from dsnlib.compose.language.catalogue import Catalogue
from dsnlib.compose.locale.build_hook import compiled
from dsnlib.compose.shipped import shipped_catalogue, shipped_languages, shipped_template

FUNCTIONS = (shipped_languages, shipped_catalogue, shipped_template)


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package with German alone, in place of ours."""
    messages = tmp_path / "locale" / "de" / "LC_MESSAGES"
    messages.mkdir(parents=True)
    (tmp_path / "locale" / "empty").mkdir()
    (tmp_path / "locale" / "update.py").touch()
    (tmp_path / "builtin").mkdir()
    source = Path(shipped.__file__).parent / "locale" / "de" / "LC_MESSAGES" / "dsnlib.po"
    shutil.copy(source, messages)
    monkeypatch.setattr(shipped, "_package", tmp_path.joinpath)
    for function in FUNCTIONS:
        function.cache_clear()
    yield messages
    for function in FUNCTIONS:
        function.cache_clear()


def test_languages() -> None:
    """The languages are named as their directories, sorted, English among them."""
    languages = shipped_languages()

    assert tuple(sorted(languages)) == languages
    assert {"en", "de", "pt_BR", "zh_Hans"} <= set(languages)


def test_english() -> None:
    """In English every message is itself, and every text is there."""
    english = shipped_catalogue("en")
    phrase = texts.PHRASES["failed-count"]

    assert all(text == message for (_, message), text in english.texts.items())
    assert phrase[1] == english.plural("phrase failed-count", phrase[0], "?", 2)
    count = len(texts.TITLES) + len(texts.ADVICE) + len(texts.PHRASES) + len(report_texts.REPORT)
    assert count == len(english)


def test_catalogue() -> None:
    """A catalogue is read once, and has the name of its language."""
    german = shipped_catalogue("de")

    assert "de" == german.language
    assert german is shipped_catalogue("de")
    assert texts.TITLES["X.1.1"] != german.message("X.1.1 title", texts.TITLES["X.1.1"])


def test_template() -> None:
    """A template is the file that Postfix would read."""
    assert b"failure_template" in shipped_template("en")


@pytest.mark.parametrize("name", ["", "..", "../builtin", "de/LC_MESSAGES", "tlh", "DE", "a\0b"])
def test_no_such_language(name: str) -> None:
    """A name that is not listed is no language, and never a part of a path."""
    for function in (shipped_catalogue, shipped_template):
        with pytest.raises(LookupError, match="no such language"):
            function(name)


def test_compiled_first(installed: Path) -> None:
    """Where both are, the compiled catalogue is read; a folder without either is none."""
    from_text = shipped_catalogue("de")
    text = (installed / "dsnlib.po").read_text(encoding="utf-8")
    (installed / "dsnlib.mo").write_bytes(compiled(text))
    (installed / "dsnlib.po").write_bytes(b"rubbish")
    shipped_catalogue.cache_clear()

    assert ("de", "en") == shipped_languages()
    assert from_text == shipped_catalogue("de") != Catalogue()


def test_a_language_without_template(installed: Path) -> None:
    """A missing template is told as such."""
    with pytest.raises(LookupError, match="no template for 'de'"):
        shipped_template("de")


def test_a_catalogue_that_went_away(installed: Path) -> None:
    """A catalogue that was listed and is gone is told as such."""
    assert ("de", "en") == shipped_languages()
    (installed / "dsnlib.po").unlink()

    with pytest.raises(LookupError, match="no catalogue for 'de'"):
        shipped_catalogue("de")
