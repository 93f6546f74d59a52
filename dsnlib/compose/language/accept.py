"""The language fields of a message: Accept-Language and Content-Language.

The grammar::

    Accept-Language  = 1#( language-range [ ";" "q=" qvalue ] )   RFC 9110 s12.5.4
    Content-Language = 1#Language-Tag                              RFC 3282 s2

Rules.  In mail, either may have comments (RFC 3282).  Nothing raises; no more
than 32 tags in 4096 characters are looked at.
"""

from __future__ import annotations

import itertools
import re

__all__ = ["parse_accept_language", "parse_content_language", "refused_languages"]

# Chosen by us: browsers send up to ten tags.
_MOST_TAGS = 32
_LONGEST_HEADER = 4_096
# TOLERANT: a weight is "0" to "1" with up to three decimals (RFC 9110 s12.4.2);
# ".8" and "1.5" are seen, and read as what was meant.
_WEIGHT = re.compile(r"[0-9]{0,3}(?:\.[0-9]{0,6})?", re.ASCII)
_UNREADABLE_WEIGHT = 0.0005


def parse_accept_language(text: str) -> tuple[str, ...]:
    """Return the tags of an Accept-Language field, the most wanted first.

    Tags of one weight keep their order; those with `q=0` are left out.  A
    weight that cannot be read counts as the least.  Never raises.

    >>> parse_accept_language("da, en;q=0.7, en-GB;q=0.8, fr;q=0")
    ('da', 'en-GB', 'en')
    """
    wanted = [each for each in _weighed(text) if each[1] > 0]
    return tuple(tag for tag, _ in sorted(wanted, key=lambda each: -each[1]))


def refused_languages(text: str) -> tuple[str, ...]:
    """Return the tags of an Accept-Language field that have `q=0`.  Never raises.

    >>> refused_languages("da, fr;q=0")
    ('fr',)
    """
    return tuple(tag for tag, weight in _weighed(text) if not weight)


def parse_content_language(text: str) -> tuple[str, ...]:
    """Return the tags of a Content-Language field.  Never raises.

    >>> parse_content_language("da (Danish), sv")
    ('da', 'sv')
    """
    return tuple(_listed(text))


def _weighed(text: str) -> list[tuple[str, float]]:
    weighed = []
    for element in _listed(text):
        tag, *parameters = element.split(";")
        if tag := tag.strip():
            weighed.append((tag, _weight(parameters)))
    return weighed


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            number = value.strip()
            is_number = _WEIGHT.fullmatch(number) and any(map(str.isdigit, number))
            return min(float(number), 1.0) if is_number else _UNREADABLE_WEIGHT
    return 1.0


def _listed(text: str) -> list[str]:
    """Return the elements of a list, without comments."""
    text = text[:_LONGEST_HEADER]
    if "(" in text:
        text = _without_comments(text)
    elements = filter(None, map(str.strip, text.split(",")))
    return list(itertools.islice(elements, _MOST_TAGS))


def _without_comments(text: str) -> str:
    depth = 0
    kept = []
    for piece in re.split(r"([()])", text):
        if piece == "(":
            depth += 1
        elif piece == ")":
            depth = max(0, depth - 1)
        elif not depth:
            kept.append(piece)
    return " ".join(kept)
