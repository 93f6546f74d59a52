"""`dsnlib languages`: list the languages of notifications, or choose one.

Rules.
- The list has every language that is shipped, with how much of it is there.
- `--choose` and its companions tell which language somebody would be written to
  in, and who decided; each stands for one thing that may be known about them.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

from dsnlib.cli import output
from dsnlib.cli.columns import in_columns
from dsnlib.cli.exits import Exit
from dsnlib.cli.text import json_text, printable
from dsnlib.compose.language.choose import choose_language, is_right_to_left, language_name
from dsnlib.compose.shipped import ENGLISH, shipped_catalogue, shipped_languages
from dsnlib.errors import CatalogueError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from dsnlib.compose.language.choose import LanguageChoice

__all__ = ["ShippedLanguage", "add_arguments", "list_languages", "run"]

_HEADINGS = ("LANGUAGE", "NAME", "OWN NAME", "DIRECTION", "COMPLETE")


class ShippedLanguage(NamedTuple):
    """A language, and how much there is of it.

    Args:
        language: As its files are named.
        name: In English.
        own_name: In itself.
        direction: `ltr` or `rtl`.
        translated: How many messages are there.
        messages: How many there are in English.
    """

    language: str
    name: str
    own_name: str
    direction: str
    translated: int
    messages: int


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the verb takes."""
    parser.add_argument("--json", action="store_true", help="one JSON array, or one object")
    group = parser.add_argument_group("choosing", "with any of these, tell which is chosen and why")
    group.add_argument(
        "--choose", metavar="TAGS", help="what Accept-Language says: 'de-AT, fr;q=0.5'"
    )
    group.add_argument("--explicit", metavar="TAG", help="what is insisted on")
    group.add_argument("--account", metavar="TAG", help="what the account is set to")
    group.add_argument("--content-language", metavar="TAGS", help="what Content-Language says")
    group.add_argument("--domain", help="the domain of whoever is written to")
    group.add_argument(
        "--domain-language",
        action="append",
        default=[],
        metavar="DOMAIN=TAG",
        help="an entry for a domain, or with a dot before it for all below it; may be repeated",
    )
    group.add_argument("--default", metavar="TAG", help=f"when nobody knows ({ENGLISH})")


def run(args: argparse.Namespace) -> int:
    """List the languages or choose one, return the exit code."""
    if args.json:
        output.use_utf8()
    asked = (args.choose, args.explicit, args.account, args.content_language, args.domain)
    if any(each is not None for each in (*asked, args.default)) or args.domain_language:
        return _choose(args)
    languages, is_broken = list_languages()
    if args.json:
        sink = output.JsonArray()
        for each in languages:
            sink.add(each._asdict())
        sink.close()
    else:
        output.write(_table(languages))
    return Exit.PROBLEMS if is_broken else Exit.FINE


def list_languages() -> tuple[list[ShippedLanguage], bool]:
    """Return every shipped language, and whether a catalogue could not be used.

    Says on standard error which, and why.
    """
    english = shipped_catalogue(ENGLISH)
    languages = []
    is_broken = False
    for language in shipped_languages():
        try:
            missing = len(shipped_catalogue(language).missing(english))
        except CatalogueError as error:
            output.complain(f"{error.origin}:{error.line}", None, error.args[0], "catalogue")
            missing, is_broken = len(english), True
        languages.append(
            ShippedLanguage(
                language,
                language_name(language),
                language_name(language, language),
                "rtl" if is_right_to_left(language) else "ltr",
                len(english) - missing,
                len(english),
            )
        )
    return languages, is_broken


def _choose(args: argparse.Namespace) -> int:
    domains: dict[str, str] = {}
    for entry in args.domain_language:
        domain, equals, tag = entry.partition("=")
        if not (domain and equals and tag):
            args.usage_error(f"--domain-language {printable(repr(entry))} is not DOMAIN=TAG")
        domains[domain.lower()] = tag
    choice = choose_language(
        shipped_languages(),
        explicit=args.explicit,
        account=args.account,
        accept_language=args.choose,
        content_language=args.content_language,
        domain=args.domain,
        domain_languages=domains,
        default=args.default or ENGLISH,
    )
    if args.json:
        sys.stdout.write(json_text(_record(choice)) + "\n")
    else:
        output.write(f"{printable(str(choice))}\n")
    return Exit.FINE


def _record(choice: LanguageChoice) -> output.Record:
    return {"language": choice.language, "source": choice.source.value, "asked": choice.asked}


def _table(languages: Sequence[ShippedLanguage]) -> str:
    return "".join(f"{line}\n" for line in in_columns(map(_row, languages), headings=_HEADINGS))


def _row(each: ShippedLanguage) -> tuple[str, ...]:
    percent = 100 * each.translated // each.messages
    return (each.language, each.name, each.own_name, each.direction, f"{percent} %")
