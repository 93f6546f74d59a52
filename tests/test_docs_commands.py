"""The pages of the commands, which are man pages too, say what the command takes.

A page has the sections that readers of man pages look for.  The options stand in
definition lists: those of a verb below `## Options`, those of a verb below a verb (`dsnlib
queue show`) below a heading of its name or, where they are common, below `## Options`.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import NamedTuple

import pytest

from dsnlib.cli import build_parser
from dsnlib.cli.sendmail import options as sendmail_options

PAGES = Path(__file__).resolve().parent.parent / "docs" / "reference" / "commands"
FIRST = ("Synopsis", "Description")
LAST = ("Exit status", "Examples", "See also")
WITHOUT_EXAMPLE = {"completion"}  # whose output is long, and needs an extra
# A term of a definition list: a line, and behind it one that begins with a colon.
TERM = re.compile(r"^(`-.*)\n: ", re.MULTILINE)
OPTION = re.compile(r"(?<![\w-])--?[A-Za-z][\w-]*")


class Page(NamedTuple):
    """A page by its sections, and those below them."""

    text: str
    sections: dict[str, str]
    verbs: dict[str, str]


def read_page(verb: str) -> Page:
    """Return the page of a verb, with what it includes."""
    text = re.sub(
        r"```\{include\} (\S+)\n```",
        lambda found: (PAGES / found[1]).read_text("utf-8"),
        (PAGES / f"{verb}.md").read_text("utf-8"),
    )
    sections = split(text, "## ")
    return Page(text, sections, split(sections.get("Verbs", ""), "### "))


def split(text: str, mark: str) -> dict[str, str]:
    """Return what stands below each heading of a level."""
    _, *parts = re.split(rf"^{mark}(.*)\n", text, flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def options_on(text: str) -> set[str]:
    """Return the options that a text defines."""
    return {
        option
        for term in TERM.findall(text)
        for quoted in re.findall(r"`([^`]*)`", term)
        for option in OPTION.findall(quoted)
    }


def options_of(parser: argparse.ArgumentParser) -> set[str]:
    """Return the options that a parser takes, without --help."""
    found = {option for action in parser._actions for option in action.option_strings}
    return found - {"-h", "--help"}


def verbs_of(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    """Return the parsers below a parser."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


VERBS = verbs_of(build_parser())
BELOW = [(verb, name) for verb, parser in VERBS.items() for name in verbs_of(parser)]


def test_each_verb_has_a_page() -> None:
    """There is a page for each verb and for the command, and no other."""
    assert {*VERBS, "dsnlib", "index"} == {path.stem for path in PAGES.glob("[a-z]*.md")}


def test_each_page_is_in_the_list() -> None:
    """The table of commands and the page of the command lead to each verb."""
    for page in ("index", "dsnlib"):
        links = re.findall(r"\[\]\(([a-z-]+)\.md\)", (PAGES / f"{page}.md").read_text("utf-8"))

        assert set(VERBS) == set(links) - {"dsnlib"}


@pytest.mark.parametrize("verb", ["dsnlib", *VERBS])
def test_sections(verb: str) -> None:
    """A page begins and ends as man pages do, and its first paragraph is one line for NAME."""
    page = read_page(verb)
    names = tuple(page.sections)
    title, purpose, *_ = page.text.split("\n\n")

    assert ("# dsnlib" if verb == "dsnlib" else f"# dsnlib {verb}") == title
    assert re.fullmatch(r"[A-Z][^\n]*\.", purpose)
    assert FIRST == names[:2]
    assert LAST == names[-3:]
    assert "**dsnlib" in page.sections["Synopsis"]


@pytest.mark.parametrize("verb", sorted(set(VERBS) - WITHOUT_EXAMPLE))
def test_example(verb: str) -> None:
    """A page shows the command at work."""
    assert re.search(rf"(?m)^(?:\$ )?(?:.*\| )?dsnlib[ -]{verb}\b", read_page(verb).text)


@pytest.mark.parametrize("verb", sorted(set(VERBS) - {"sendmail"} - {verb for verb, _ in BELOW}))
def test_options(verb: str) -> None:
    """Each option of a verb stands on its page, and none that does not exist."""
    assert options_of(VERBS[verb]) == options_on(read_page(verb).text)


@pytest.mark.parametrize(("verb", "name"), BELOW)
def test_options_below(verb: str, name: str) -> None:
    """Each option of a verb below a verb stands in its section, or with the common ones."""
    page = read_page(verb)
    taken = options_of(verbs_of(VERBS[verb])[name])
    own = options_on(page.verbs.get(name, ""))

    assert own <= taken
    assert taken <= own | options_on(page.sections.get("Options", ""))


@pytest.mark.parametrize("verb", sorted({verb for verb, _ in BELOW}))
def test_common_options(verb: str) -> None:
    """No option stands on a page that no verb below it takes; each of them is named there."""
    page = read_page(verb)
    below = verbs_of(VERBS[verb])

    assert options_on(page.text) <= set().union(*map(options_of, below.values()))
    assert set(page.verbs) in (set(), set(below))
    assert {name for name in below if f"`{name}`" in page.text} | set(page.verbs) == set(below)


def test_letters_of_sendmail() -> None:
    """Each letter of the sendmail command stands on its page, and no other."""
    letters = (
        sendmail_options._WITH_VALUE | sendmail_options._WITH_OWN_VALUE | sendmail_options._ALONE
    )
    shown = options_on(read_page("sendmail").text)

    assert letters == {option[1] for option in shown}
    assert set(sendmail_options.MODES) - {"D", "I", "i"} <= {
        option[2] for option in shown if option.startswith("-b") and len(option) > 2
    }
