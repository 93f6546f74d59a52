"""The nearest templates and words there are; a bounce leaves whatever is broken."""

import pytest

from dsnlib.compose import library as module
from dsnlib.compose.language.catalogue import Catalogue
from dsnlib.compose.library import TemplateLibrary, shipped_templates
from dsnlib.compose.shipped import shipped_languages
from dsnlib.compose.template import load_templates
from dsnlib.compose.wording import Wording, shipped_wording
from dsnlib.errors import CatalogueError


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("de-AT", "de"),
        ("pt-PT", "pt_BR"),
        ("zh-CN", "zh_Hans"),
        ("zh-TW", "en"),
        ("tlh", "en"),
        ("", "en"),
    ],
)
def test_the_nearest_language(asked: str, found: str) -> None:
    """A tag in any spelling; English where there is nothing near."""
    templates, wording = TemplateLibrary().find(asked)

    assert found == wording.language
    assert shipped_templates(found) == templates


@pytest.mark.parametrize("language", shipped_languages())
def test_what_is_shipped_has_no_defect(language: str) -> None:
    """Every letter of ours is used as it is."""
    templates = shipped_templates(language)

    assert () == templates.defects
    assert language.replace("_", "-") == templates.language
    for each in (templates.failure, templates.delay, templates.success, templates.verify):
        assert language.replace("_", "-") == each.language


def test_a_language_of_the_site_alone() -> None:
    """A letter in a language that we have not; its sentences are English."""
    templates = load_templates(
        "failure_template = <<EOF\nLanguage: nb\nSubject: Ikke levert\n\n$summary\nEOF\n",
        origin="nb.cf",
    )
    library = TemplateLibrary(templates={"nb": templates})

    found, wording = library.find("nb-NO")

    assert (templates, "en") == (found, wording.language)
    assert (*shipped_languages(), "nb") == library.languages


def test_a_region_of_the_site() -> None:
    """A letter of one region has the sentences of its language, not English ones."""
    templates = load_templates(
        "failure_template = <<EOF\nLanguage: de_AT\nSubject: x\n\n$summary\nEOF\n", origin="x.cf"
    )

    found, wording = TemplateLibrary(templates={"de_AT": templates}).find("de-AT")

    assert (templates, "de") == (found, wording.language)
    assert "de-AT" == found.language


def test_words_of_a_region_alone() -> None:
    """A catalogue of one region goes with our letter of the language."""
    words = Wording("de_AT", Catalogue(language="de_AT"))
    library = TemplateLibrary(wordings={"de_AT": words})

    assert (shipped_templates("de"), words) == library.find("de-AT")
    assert shipped_wording("de") is TemplateLibrary(wordings={"nb": words}).find("de")[1]


def test_words_without_a_letter_are_not_mixed_with_another() -> None:
    """An English letter has English sentences, also for who asked for Norwegian."""
    library = TemplateLibrary(wordings={"nb": Wording("nb", Catalogue(language="nb"))})

    assert "en" == library.find("nb")[1].language


def test_words_of_the_site() -> None:
    """A catalogue over ours, with our letter."""
    words = Wording("de", Catalogue(language="de"))
    library = TemplateLibrary(wordings={"de": words})

    assert (shipped_templates("de"), words) == library.find("de")


def test_a_damaged_catalogue_is_english(monkeypatch: pytest.MonkeyPatch) -> None:
    """The installation is at fault, and the bounce leaves."""

    def broken(language: str) -> Wording:
        if language == "fr":
            raise CatalogueError("damaged", origin="dsnlib.mo")
        return words(language)

    words = shipped_wording
    monkeypatch.setattr("dsnlib.compose.library.shipped_wording", broken)
    module._shipped_words.cache_clear()
    try:
        templates, wording = TemplateLibrary().find("fr")
    finally:
        module._shipped_words.cache_clear()

    assert ("en", "en") == (templates.language, wording.language)


def test_a_domain_of_many_labels() -> None:
    """What no name server knows has no library, and takes no time."""
    library = TemplateLibrary(domains={".example": TemplateLibrary()})

    assert library is library.for_sender("a@" + "b." * 5000 + "example")
    assert library is not library.for_sender("a@b.example")
