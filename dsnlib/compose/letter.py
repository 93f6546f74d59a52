"""The human-readable part of a notification in one language (RFC 6522 s3).

A template says how the letter is built, `values` what its `$names` stand for.

Rules.
- A template without `Language:` is a Postfix template: its text comes out as
  Postfix prints it, and the recipients follow it.
- A postmaster's copy is the recipients alone.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

import attrs

from dsnlib.compose.entries import format_entries
from dsnlib.compose.fields import escape_text
from dsnlib.compose.fill import fill
from dsnlib.compose.mime import encode_phrase
from dsnlib.compose.values import MessageValues
from dsnlib.model.charset import find_codec
from dsnlib.model.text import encode_wire, is_utf8
from dsnlib.policy.plan import Audience

if TYPE_CHECKING:
    from dsnlib.compose.block import Template
    from dsnlib.compose.occasion import Occasion
    from dsnlib.compose.template import TemplateSet
    from dsnlib.compose.wording import Wording

__all__ = ["Letter", "write_letter"]

# What the recipients can be written in whatever they are; a text in US-ASCII
# becomes UTF-8.
_UNIVERSAL = frozenset({"us-ascii", "utf-8"})
# A display name and an address; the name may be a quoted string.
_MAILBOX = re.compile(r"\s*([^<>]*?)\s*<([^<>]*)>\s*")


@attrs.frozen(kw_only=True)
class Letter:
    """The text of one language.

    Args:
        language: Its tag, or `None` if the template does not say.
        is_right_to_left: How it is written.
        from_: The text of its From field.
        subject: The subject, decoded.
        charset: The character set of `text`.
        paragraphs: The text with a line for each paragraph.
    """

    language: str | None
    is_right_to_left: bool = False
    from_: str
    subject: str
    charset: str
    paragraphs: str

    @property
    def characters(self) -> str:
        """The paragraphs with every octet decoded, for a form that has no other than UTF-8."""
        if is_utf8(self.paragraphs):
            return self.paragraphs
        # Not every codec of Python is a character set, and some raise all the same.
        codec = find_codec(self.charset.strip()) or "ascii"
        return encode_wire(self.paragraphs).decode(codec, "replace")

    @property
    def text(self) -> str:
        """The text for a screen of 72 columns, with LF line ends.

        That of a Postfix template is as wide as its writer made it.
        """
        return self.paragraphs if self.language is None else fill(self.paragraphs)


def write_letter(
    occasion: Occasion, template: Template, templates: TemplateSet, wording: Wording
) -> Letter:
    """Return the letter that a template makes of an occasion.

    Args:
        occasion: What to tell.
        template: The template of its kind.
        templates: The set it is from, for the blocks of a recipient.
        wording: The words of the template's language.

    Raises:
        TemplateError: The template has a fault, or names a parameter whose value
            has one.
    """
    plan = occasion.plan
    values = MessageValues(occasion, templates, wording)
    is_copy = plan.audience is Audience.POSTMASTER
    subject_text = template.postmaster_subject if is_copy else None
    look_up = values.parameter if template.is_postfix else values.__getitem__
    text = "" if is_copy else template.render(look_up)
    if template.language is None or is_copy:
        entries = format_entries(plan.report, is_unclickable=occasion.is_unclickable)
        if template.charset.strip().lower() not in _UNIVERSAL:
            entries = escape_text(entries)
        text = f"{text}{entries}" if text else entries.lstrip("\n")
    else:
        text = text.strip("\n") + "\n"
    return Letter(
        language=template.language,
        is_right_to_left=template.language is not None and wording.is_right_to_left,
        from_=_qualified(template.from_, occasion.reporter.domain),
        subject=subject_text or template.subject,
        charset=template.charset,
        paragraphs=text,
    )


@functools.lru_cache(maxsize=256)
def _qualified(from_: str, domain: str) -> str:
    """Return a template's From with its name encoded and its address complete."""
    found = _MAILBOX.fullmatch(from_)
    name, address = ("", from_.strip()) if found is None else (found[1], found[2])
    if "@" not in address:
        address = f"{address or 'MAILER-DAEMON'}@{domain}"
    if name[:1] == name[-1:] == '"' and len(name) > 1:
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    return f"{encode_phrase(name)} <{address}>" if name else f"<{address}>"
