"""A site's own templates come before ours, and what cannot be used is told."""

import datetime as dt
from pathlib import Path

import pytest

from dsnlib.adapters.templates import read_template_directory, read_template_file
from dsnlib.compose.library import shipped_templates
from dsnlib.model.status import EnhancedStatusCode

OWN = "failure_template = <<EOF\nLanguage: de\nSubject: Unser Text\n\n$summary\nEOF\n"
PO = (
    'msgid ""\nmsgstr ""\n"Language: de\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
    'msgctxt "X.1.1 title"\nmsgid "There is no mailbox with this address."\n'
    'msgstr "Diese Adresse kennen wir nicht."\n'
)
CODE = EnhancedStatusCode.parse("5.1.1")


def test_letters_and_words_of_a_language(tmp_path: Path) -> None:
    """What the site has replaces ours, the rest stays."""
    (tmp_path / "de.cf").write_text(OWN, "utf-8")
    (tmp_path / "de.po").write_text(PO, "utf-8")

    library, defects = read_template_directory(tmp_path)
    templates, wording = library.find("de-AT")

    assert () == defects
    assert "Unser Text" == templates.failure.subject
    assert shipped_templates("de").delay == templates.delay
    assert "Diese Adresse kennen wir nicht." == wording.title(CODE)
    assert wording.advice(CODE).startswith("Bitte prüfen")


def test_a_domain_has_its_own(tmp_path: Path) -> None:
    """A directory is named after a sender domain."""
    (tmp_path / "example.org").mkdir()
    (tmp_path / "example.org" / "de.cf").write_text(OWN, "utf-8")

    library, _ = read_template_directory(tmp_path)

    own, _ = library.for_sender("ann@Example.ORG").find("de")
    assert "Unser Text" == own.failure.subject
    assert "Unser Text" != library.for_sender("ann@example.net").find("de")[0].failure.subject


def test_a_postfix_file_is_used_whatever_the_language(tmp_path: Path) -> None:
    """As Postfix does."""
    (tmp_path / "bounce.cf").write_text("failure_template = Lost\n", "utf-8")

    library, defects = read_template_directory(tmp_path)

    assert () == defects
    assert "Lost" == library.find("ja")[0].failure.text


@pytest.mark.parametrize(
    ("name", "octets", "code"),
    [
        ("de.cf", b"failure_template <<EOF\n", "template-file"),
        ("de.cf", b"failure_template = <<EOF\nLanguage: de\n\n$nonsense\nEOF\n", "template-name"),
        (
            "de.po",
            b'msgctxt "phrase failed"\nmsgid "%(recipients)s"\nmsgstr "%(reci)s"\n',
            "catalogue-file",
        ),
        ("de.po", b"\xff\xfe", "catalogue-file"),
        ("de.mo", b"not compiled", "catalogue-file"),
        ("notes 1.cf", b"", "template-language"),
    ],
)
def test_what_cannot_be_used_is_told_and_ours_is_there(
    tmp_path: Path, name: str, octets: bytes, code: str
) -> None:
    """A bounce leaves all the same."""
    (tmp_path / name).write_bytes(octets)

    library, defects = read_template_directory(tmp_path)

    assert [code] == [defect.code for defect in defects]
    assert str(tmp_path) in defects[0].message
    templates, wording = library.find("de")
    assert shipped_templates("de").failure == templates.failure
    assert wording.title(CODE).startswith("Es gibt kein Postfach")


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    """A missing file, or a directory in its place, is a defect with the path."""
    for path in (tmp_path / "missing.cf", tmp_path):
        templates = read_template_file(path, language="fr")

        assert ["template-unreadable"] == [defect.code for defect in templates.defects]
        assert str(path) in templates.defects[0].message
        assert shipped_templates("fr").failure == templates.failure


def test_a_directory_that_is_missing(tmp_path: Path) -> None:
    """Who names a directory that is not there has made a mistake."""
    with pytest.raises(OSError, match="missing"):
        read_template_directory(tmp_path / "missing")


def test_what_is_no_template_is_passed_over(tmp_path: Path) -> None:
    """A note, and a directory in that of a domain, are nobody's language."""
    (tmp_path / "README").write_text("ours", "utf-8")
    (tmp_path / "example.org" / "old").mkdir(parents=True)

    library, defects = read_template_directory(tmp_path)

    assert () == defects
    assert ["example.org"] == list(library.domains)


def test_a_catalogue_that_is_gone(tmp_path: Path) -> None:
    """A link that leads nowhere is told with its path."""
    (tmp_path / "de.po").symlink_to(tmp_path / "missing.po")

    library, defects = read_template_directory(tmp_path)

    assert ["template-unreadable"] == [defect.code for defect in defects]
    assert str(tmp_path / "de.po") in defects[0].message
    assert {} == dict(library.wordings)


@pytest.mark.parametrize("name", ["tlh.po", "de-AT.po", "zz.po"])
def test_a_language_in_any_spelling(tmp_path: Path, name: str) -> None:
    """Also one whose dates nobody knows: they are as in English."""
    (tmp_path / name).write_text(PO, "utf-8")

    library, defects = read_template_directory(tmp_path)

    assert () == defects
    (wording,) = library.wordings.values()
    assert "Diese Adresse kennen wir nicht." == wording.title(CODE)
    assert "2026" in wording.date(dt.datetime(2026, 1, 2, tzinfo=dt.UTC))


def test_a_region_has_its_language_below(tmp_path: Path) -> None:
    """What a letter or catalogue of Austria leaves out is German, not English."""
    (tmp_path / "de_AT.cf").write_text(OWN, "utf-8")
    (tmp_path / "de_AT.po").write_text(PO, "utf-8")

    library, defects = read_template_directory(tmp_path)
    templates, wording = library.find("de-AT")

    assert () == defects
    assert shipped_templates("de").delay == templates.delay
    assert wording.advice(CODE).startswith("Bitte prüfen")
