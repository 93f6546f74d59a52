"""What a server announced: the keywords of its reply to EHLO or LHLO (RFC 5321 s4.1.1.1).

Rules.
- Keywords are known for one session, and after STARTTLS for what follows it alone.
- What cannot be read is not there; nothing a server says raises.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Self

import attrs

from dsnlib.model.texts import refuse_one_text

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["PeerFeatures"]

# size-value = 1*20DIGIT                                              RFC 1870 s3
_LONGEST_DIGITS = 20


def _mapping(values: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType(dict(values))


@attrs.frozen
class PeerFeatures:
    """What one server can do in one session.

    >>> features = PeerFeatures.from_ehlo(["SIZE 1000", "8BITMIME", "auth=login", "AUTH PLAIN"])
    >>> features.size, features.has("8bitmime"), features.auth
    (1000, True, ('LOGIN', 'PLAIN'))

    Args:
        keywords: What stands behind each keyword, by keyword in upper case.
    """

    keywords: Mapping[str, str] = attrs.field(factory=dict, converter=_mapping, hash=False)

    @classmethod
    def from_ehlo(cls, lines: Iterable[str]) -> Self:
        """Return what the lines of a reply say; never raises for what they say.

        Args:
            lines: Without codes and without the first, which is the greeting.

        Raises:
            InvalidValue: They are one text.
        """
        refuse_one_text(lines, "lines")
        keywords: dict[str, str] = {}
        for line in lines:
            keyword, _, rest = line.strip().partition(" ")
            # TOLERANT: "AUTH=LOGIN", as servers wrote before RFC 2554 and for its
            # clients some still do.
            word, _, old = keyword.upper().partition("=")
            if word != "AUTH":
                keywords[keyword.upper()] = rest.strip()
                continue
            keywords[word] = " ".join(
                [*keywords.get(word, "").split(), *old.split(), *rest.split()]
            )
        return cls(keywords)

    def has(self, keyword: str) -> bool:
        """Tell whether it announced a keyword, in any case."""
        return keyword.upper() in self.keywords

    @cached_property
    def size(self) -> int | None:
        """The largest message in octets; `None` if it did not say so (RFC 1870 s3)."""
        digits = self.keywords.get("SIZE", "")
        is_number = digits.isascii() and digits.isdigit() and len(digits) <= _LONGEST_DIGITS
        # "A value of 0 (zero) indicates that no fixed maximum message size is in force."
        return (int(digits) or None) if is_number else None

    @property
    def auth(self) -> tuple[str, ...]:
        """The mechanisms of AUTH, in upper case and in its order."""
        return tuple(dict.fromkeys(self.keywords.get("AUTH", "").upper().split()))
