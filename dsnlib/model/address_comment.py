"""The comment behind an address in a field of a report (RFC 3464 s2.1.1, s2.3.2).

    Final-Recipient: rfc822; bob@example.org (Bob)

"Text in parentheses is a comment", but an address may end in parentheses of its
own: ORCPT carries any text, and what is not of the Internet's types has its own
grammar.  This module is the one place that knows which is which, for those who
read fields and those who write them.

Rules.
- Behind an address of the types rfc822 and utf-8 parentheses are a comment, as
  RFC 822 s3.4.3 has it.  Behind another they are one where white space stands
  before them; `x;bob(sales)` is an address.
- Where there is a quote in the text, its parentheses may be quoted: it stays whole.
- What would be taken for a comment and is part of the address is followed by an
  empty comment where it is written, so it reads back as it was.
"""

from __future__ import annotations

from dsnlib.model.text import split_comment

__all__ = ["INTERNET_TYPES", "guard_comment", "strip_comment"]

INTERNET_TYPES = frozenset({"rfc822", "utf-8"})
_EMPTY_COMMENT = " ()"


def strip_comment(type_: str, text: str) -> str:
    """Return the text of an address's field without the comment at its end.  Never raises.

    >>> strip_comment("rfc822", "bob@example.org (Bob)"), strip_comment("x", "bob(sales)")
    ('bob@example.org', 'bob(sales)')

    Args:
        type_: The address type, in any case.
        text: What stands behind the semicolon, without white space round it.
    """
    if text[-1:] != ")" or '"' in text:
        return text
    address, comment = split_comment(text)
    # Parentheses that nothing stands before are all that there is of an address.
    if comment is None or not address:
        return text
    is_apart = text[len(address)] != "("
    return address if is_apart or type_.lower() in INTERNET_TYPES else text


def guard_comment(type_: str, text: str) -> str:
    """Return the text that `strip_comment` makes `text` of.  Never raises.

    >>> guard_comment("rfc822", "bob (sales)"), guard_comment("rfc822", "bob@example.org")
    ('bob (sales) ()', 'bob@example.org')

    Args:
        type_: As there.
        text: An address as a field is to give it.
    """
    return text if strip_comment(type_, text) == text else text + _EMPTY_COMMENT
