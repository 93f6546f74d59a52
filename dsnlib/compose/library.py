"""The templates to write with: one set a language, ours and those of the site.

What a site has of its own comes before ours: a set for a language, a catalogue
that says some sentences otherwise, a Postfix template file that is used whatever
the language, and all of that for one sender domain alone.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import attrs

from dsnlib.compose.language.choose import look_up_language
from dsnlib.compose.shipped import shipped_languages, shipped_template
from dsnlib.compose.template import TemplateSet, load_templates_or_builtin
from dsnlib.compose.wording import Wording, shipped_wording
from dsnlib.errors import CatalogueError
from dsnlib.model.local_part import domain_of

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["TemplateLibrary", "nearest_shipped", "shipped_templates"]

_ENGLISH = "en"


def _frozen(values: Mapping[str, object]) -> Mapping[str, object]:
    return MappingProxyType(dict(values))


@attrs.frozen(kw_only=True)
class TemplateLibrary:
    """Templates and words by language.

    Args:
        plain: A Postfix template file; where there is one it is used for every
            language, as Postfix does.
        templates: The site's own sets, by language.
        wordings: The site's own words, by language.
        domains: Libraries for the mail of one sender domain; a name that begins
            with a dot stands for everything below it.
    """

    plain: TemplateSet | None = None
    templates: Mapping[str, TemplateSet] = attrs.field(factory=dict, converter=_frozen)
    wordings: Mapping[str, Wording] = attrs.field(factory=dict, converter=_frozen)
    domains: Mapping[str, TemplateLibrary] = attrs.field(factory=dict, converter=_frozen)

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that there are templates for, ours first."""
        own = [each for each in self.templates if each not in shipped_languages()]
        return (*shipped_languages(), *own)

    def for_sender(self, sender: str) -> TemplateLibrary:
        """Return the library for the mail of a sender: that of their domain, or this.

        Never raises.
        """
        if not self.domains:
            return self
        domain = domain_of(sender)
        return next((self.domains[name] for name in _names(domain) if name in self.domains), self)

    def find(self, language: str) -> tuple[TemplateSet, Wording]:
        """Return templates and words for a language: the nearest there is, or English.

        Never raises.

        Args:
            language: A tag in any spelling.
        """
        if not self.templates and not self.wordings:
            wording = _shipped_words(nearest_shipped(language))
            return self.plain or shipped_templates(wording.language), wording
        name = look_up_language(language, self.languages) or _ENGLISH
        own = self.plain or self.templates.get(name)
        templates = own or shipped_templates(nearest_shipped(name))
        return templates, self._words(language, name)

    def _words(self, language: str, name: str) -> Wording:
        """Return the words for a letter: the site's, or the nearest of ours."""
        own = look_up_language(language, tuple(self.wordings))
        # A letter and its sentences are in one language, whatever was asked for.
        if own is not None and _primary(own) == _primary(name):
            return self.wordings[own]
        return _shipped_words(nearest_shipped(name))


def _primary(name: str) -> str:
    return name.replace("-", "_").partition("_")[0].lower()


@functools.lru_cache(maxsize=256)
def nearest_shipped(language: str) -> str:
    """Return the one of our languages that is nearest to a tag, or English.  Never raises."""
    return look_up_language(language, shipped_languages()) or _ENGLISH


@functools.cache
def shipped_templates(language: str) -> TemplateSet:
    """Return the templates of one of the languages that come with the library.

    Raises:
        LookupError: It is none of them.
    """
    return load_templates_or_builtin(shipped_template(language), origin=f"[built-in {language}]")


@functools.cache
def _shipped_words(language: str) -> Wording:
    try:
        return shipped_wording(language)
    except CatalogueError:
        # A file of an installation was damaged, and a bounce must leave.
        return shipped_wording(_ENGLISH)


def _names(domain: str) -> Iterator[str]:
    """Yield a domain, then the names of what it is below, the nearest first."""
    yield domain
    # RFC 1035 s2.3.4: no name has more labels.
    for _ in range(127):
        _, dot, domain = domain.partition(".")
        if not dot:
            return
        yield f".{domain}"
