"""Every shipped language says everything, as its grammar wants it.

A new language joins by its row in LANGUAGES.
"""

import io
from pathlib import Path
from unittest.mock import Mock

import pytest
from babel.messages.catalog import Catalog
from babel.messages.plurals import get_plural
from babel.messages.pofile import read_po

from dsnlib.compose import texts
from dsnlib.compose.language.catalogue import Catalogue
from dsnlib.compose.language.plural import PluralForms
from dsnlib.compose.locale import build_hook, update
from dsnlib.compose.shipped import shipped_catalogue, shipped_languages, shipped_template
from dsnlib.errors import CatalogueError
from dsnlib.model.registry import entries

LANGUAGES = (
    "ar", "cs", "da", "de", "en", "es", "fi", "fr", "he", "it", "ja", "ko", "nl", "pl", "pt_BR",
    "ru", "sv", "tr", "uk", "zh_Hans",
)  # fmt: skip
TRANSLATED = [language for language in LANGUAGES if language != "en"]

LOCALE = Path(update.__file__).parent
ENGLISH = shipped_catalogue("en")


def source(language: str) -> str:
    """Return the text of a catalogue."""
    return (LOCALE / language / "LC_MESSAGES" / "dsnlib.po").read_text(encoding="utf-8")


def read(language: str) -> Catalog:
    """Return a catalogue as Babel reads it: with all that is not used."""
    return read_po(io.StringIO(source(language)), abort_invalid=True)


def test_languages() -> None:
    """The languages that are shipped are those that are tested."""
    assert LANGUAGES == shipped_languages()


def test_template_is_up_to_date() -> None:
    """`dsnlib.pot` is what `make locale` makes of `texts`."""
    assert update.template() == (LOCALE / "dsnlib.pot").read_text(encoding="utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
def test_is_complete(language: str) -> None:
    """No message is missing, and no placeholder: such a catalogue is not read at all."""
    catalogue = shipped_catalogue(language)

    assert language == catalogue.language
    assert () == catalogue.missing(ENGLISH)
    assert () == ENGLISH.missing(catalogue)
    assert set(ENGLISH.plurals) == set(catalogue.plurals)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_is_told(language: str) -> None:
    """Every registered code has a title and an advice in each language."""
    catalogue = shipped_catalogue(language)
    codes = [str(entry) for entry in entries()]
    titles = {context for context, _ in catalogue.texts if context.endswith(" title")}
    advice = {context for context, _ in catalogue.texts if context.endswith(" advice")}

    assert {f"{code} title" for code in codes} == titles
    assert {f"{code} advice" for code in codes} == advice


@pytest.mark.parametrize("language", TRANSLATED)
def test_nothing_is_left_to_check(language: str) -> None:
    """No message is fuzzy, none is obsolete."""
    catalog = read(language)

    assert [] == [message.context for message in catalog if message.id and message.fuzzy]
    assert {} == catalog.obsolete


@pytest.mark.parametrize("language", TRANSLATED)
def test_is_translated(language: str) -> None:
    """No sentence was left in English."""
    catalogue = shipped_catalogue(language)

    assert [] == [key for key, text in catalogue.texts.items() if text == key[1]]


@pytest.mark.parametrize("language", TRANSLATED)
def test_plural_forms(language: str) -> None:
    """Each number has the form that the grammar of the language wants."""
    count, formula = get_plural(language)
    expected = PluralForms.parse(f"nplurals={count}; plural={formula};")
    rules = {rule for _, rule in shipped_catalogue(language).plurals.values()}

    assert [(expected.count, expected.forms)] == [(rule.count, rule.forms) for rule in rules]


@pytest.mark.parametrize("language", TRANSLATED)
def test_nothing_is_lost(language: str) -> None:
    """A catalogue that is brought up to date, or compiled, says the same."""
    catalogue = shipped_catalogue(language)
    again = update.updated(language, source(language))

    assert catalogue == Catalogue.from_po(again.encode())
    assert catalogue == Catalogue.from_mo(build_hook.compiled(source(language)))
    assert again == update.updated(language, again)


@pytest.mark.parametrize("language", LANGUAGES)
def test_has_a_letter(language: str) -> None:
    """Each language has its letter."""
    assert f"Language: {language.replace('_', '-')}\n" in shipped_template(language).decode()


def test_a_new_language() -> None:
    """A language that is added has every message, its plural forms, and no text."""
    text = update.updated("sl", None)
    catalog = read_po(io.StringIO(text), abort_invalid=True)

    assert (4, len(ENGLISH)) == (catalog.num_plurals, len(catalog))
    assert 0 == len(Catalogue.from_po(text.encode()))
    assert "sl" == Catalogue.from_po(text.encode()).language


def test_a_catalogue_without_header() -> None:
    """What a header lacks is put into it."""
    text = update.updated("sl", '# Ours.\nmsgctxt "c"\nmsgid "gone"\nmsgstr "x"\n')

    assert "# Ours." == text.partition("\n")[0]
    assert update.updated("sl", None).partition("\n")[2] == text.partition("\n")[2]
    assert "sl" == Catalogue.from_po(text.encode()).language


def test_plural_forms_are_the_translators() -> None:
    """A header that counts plural forms in another way than CLDR is left as it is."""
    rule = '"Plural-Forms: nplurals=3; plural=n%3;\\n"\n'
    text = update.updated("sl", f'msgid ""\nmsgstr ""\n{rule}')

    assert rule in text
    assert "msgstr[2]" in text
    assert "msgstr[3]" not in text


def test_notes() -> None:
    """A translator is told what the source of a message says about it."""
    notes = {str(message.context): message.auto_comments for message in update.messages()}
    phrases = [context for context in notes if context.startswith("phrase ")]

    assert notes["X.2.2 title"][0].startswith("Mailbox full. Per-mailbox quota")
    assert "%(recipients)s" in " ".join(notes["phrase failed"])
    assert notes["phrase failed"] == notes["phrase failed-count"]
    assert [] == [context for context in phrases if not notes[context]]


def test_a_changed_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """A translation whose text changed is kept for its translator, and not used."""
    old = source("de").replace('msgctxt "X.1.2 title"', '# a note\nmsgctxt "X.1.2 title"')
    monkeypatch.setitem(texts.TITLES, "X.1.2", "Another text.")
    monkeypatch.setitem(texts.PHRASES, "failed-count", ("%(count)s failure", "%(count)s failures"))
    monkeypatch.setitem(texts.PHRASES, "delayed-count", "no plural any more")
    monkeypatch.delitem(texts.PHRASES, "reason-4")
    new = update.updated("de", old)
    catalogue = Catalogue.from_po(new.encode())

    assert len(ENGLISH) - 4 == len(catalogue)
    assert "Another text." == catalogue.message("X.1.2 title", "Another text.")
    assert "\n# a note\n" in new
    assert '\n#| msgid_plural "Your message was not delivered to %(count)s recipients."\n' in new
    assert 'msgctxt "phrase reason-4"' not in new


def test_main(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`make locale` updates each file, adds what is asked for, and tells what is broken."""
    monkeypatch.setattr(update, "LOCALE", tmp_path)
    monkeypatch.setattr(update, "TEMPLATE", tmp_path / "dsnlib.pot")

    assert 0 == update.main(["nb"])
    assert f"nb: 0 of {len(ENGLISH)} translated\n" == capsys.readouterr().out
    assert update.template() == (tmp_path / "dsnlib.pot").read_text(encoding="utf-8")

    path = tmp_path / "nb" / "LC_MESSAGES" / "dsnlib.po"
    text = path.read_text(encoding="utf-8") + "rubbish\n"
    path.write_text(text, encoding="utf-8")

    assert 1 == update.main([])
    assert f"{path}:{len(text.splitlines())}: " in capsys.readouterr().out
    assert text == path.read_text(encoding="utf-8")


def test_build_hook(tmp_path: Path) -> None:
    """A wheel gets every catalogue compiled, and nothing stays behind."""
    root = LOCALE.parents[2]
    hook = build_hook.CatalogueHook(str(root), {}, None, Mock(), str(tmp_path), "wheel")
    data: dict[str, dict[str, str]] = {"force_include": {}}
    hook.initialize("standard", data)
    files = {place: Path(file) for file, place in data["force_include"].items()}

    assert [
        f"dsnlib/compose/locale/{language}/LC_MESSAGES/dsnlib.mo" for language in TRANSLATED
    ] == list(files)
    for place, file in files.items():
        assert build_hook.compiled(source(Path(place).parts[3])) == file.read_bytes()
    hook.finalize("standard", data, "")
    assert [] == [file for file in files.values() if file.exists()]


def test_build_hook_of_a_working_copy(tmp_path: Path) -> None:
    """An editable wheel reads the text where it is: nothing is compiled."""
    hook = build_hook.CatalogueHook(
        str(LOCALE.parents[2]), {}, None, Mock(), str(tmp_path), "wheel"
    )
    data: dict[str, dict[str, str]] = {"force_include": {}}
    hook.initialize("editable", data)
    hook.finalize("editable", data, "")

    assert {} == data["force_include"]


def test_a_broken_catalogue_is_not_updated() -> None:
    """What cannot be read is not guessed at."""
    with pytest.raises(CatalogueError):
        update.updated("de", source("de") + "rubbish\n")
