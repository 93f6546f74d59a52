"""One text of a template file: a template, or the block of a recipient.

A text is laid out when the value is made; a fault in it shows in `layout`, and
is raised when the text is rendered.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

import attrs

from dsnlib.compose.layout import Layout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["Block", "Template", "TemplateClass"]


class TemplateClass(enum.Enum):
    """What a template is for."""

    FAILURE = "failure"
    DELAY = "delay"
    SUCCESS = "success"
    VERIFY = "verify"

    @property
    def document(self) -> str:
        """The name of its document in a file."""
        return f"{self.value}_template"

    @property
    def has_copy(self) -> bool:
        """Whether the postmaster may get a copy, under a subject of its own."""
        return self in (TemplateClass.FAILURE, TemplateClass.DELAY)


@attrs.frozen(kw_only=True)
class Block:
    """What is said of each recipient, to stand in the text of a template.

    A line that names something and comes out blank is left out.

    Args:
        text: Lines joined by LF.
        origin: The file it is from.
        line: The line on which the text begins.
    """

    text: str
    origin: str = attrs.field(default="", eq=False)
    line: int = attrs.field(default=1, eq=False)
    layout: Layout = attrs.field(init=False, eq=False, repr=False)
    """The text with its names found."""

    @layout.default
    def _default_layout(self) -> Layout:
        return Layout(self.text, drops_blank=True)

    def render(self, values: Mapping[str, str] | Callable[[str], str | None]) -> str:
        """Return the text with values in it, each line ended by LF.

        Args:
            values: Of names.  One without a value is empty.

        Raises:
            TemplateError: The text has a fault.
        """
        return self.layout.render(values if callable(values) else values.get)


@attrs.frozen(kw_only=True)
class Template(Block):
    """The text of one kind of notification, and what stands in its header.

    Args:
        class_: What it is for.
        charset: The character set of the text.
        from_: The From field, without a domain in it.
        subject: The Subject field.
        postmaster_subject: The same for a copy to the postmaster, if there can
            be one.
        language: The tag of its language; `None` if it is a template of
            Postfix's kind.
        is_postfix: Whether it was loaded as Postfix would: what only we have a name
            for does not exist.
    """

    class_: TemplateClass
    charset: str
    from_: str
    subject: str
    postmaster_subject: str | None = None
    language: str | None = None
    is_postfix: bool = False
    layout: Layout = attrs.field(init=False, eq=False, repr=False)

    @layout.default
    def _default_layout(self) -> Layout:
        return Layout(self.text, drops_blank=self.language is not None)

    def headers(self) -> Iterator[tuple[str, str]]:
        """Yield label and value of each header, in the order of `postconf -t`.  Never raises."""
        headers = {
            "Language": self.language,
            "Charset": self.charset,
            "From": self.from_,
            "Subject": self.subject,
            "Postmaster-Subject": self.postmaster_subject,
        }
        for label, value in headers.items():
            # What a template of Postfix's kind cannot say it has from the built-in.
            if value is not None and (self.language is not None or value.isascii()):
                yield label, value
