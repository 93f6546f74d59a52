"""One parameter of MAIL or RCPT, `keyword=value`, and a list of them in text.

RFC 5321 s4.1.2 gives the grammar, RFC 6531 s3.3 widens values to UTF-8.  What
the parameters of RFC 3461 mean is told in `esmtp`; here they are words.

Rules.
- A parameter that is not ours, `SIZE=1000` or `BODY=8BITMIME`, is carried as it
  came.
- A fault carries the reply for the client.  The reply names the keyword, if it
  is of a length that a line of 512 octets can hold, and no value but one of a
  list of ours, to say that this one is not offered.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import attrs

from dsnlib.errors import InvalidParameter, InvalidValue
from dsnlib.model.reply import SmtpReply
from dsnlib.model.status import EnhancedStatusCode
from dsnlib.model.text import decode_wire, is_utf8

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

__all__ = [
    "PLACES",
    "EsmtpParameter",
    "check_keywords",
    "find_parameter",
    "is_value",
    "make_fault",
    "read_tokens",
    "split_words",
    "write_again",
]

# esmtp-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")         RFC 5321 s4.1.2
_KEYWORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")
# esmtp-value   = 1*(%d33-60 / %d62-126)                         RFC 5321 s4.1.2
_VALUE = re.compile(r"[!-<>-~]+")
# esmtp-value   =/ UTF8-non-ascii                                RFC 6531 s3.3
# Named by the US-ASCII that it leaves out; lone surrogates are looked for apart.
_VALUE_UTF8 = re.compile(r"[^\x00-\x20=\x7f]+")
# TOLERANT: a raw "=", which some clients write in ENVID and ORCPT.
_LENIENT_VALUE = re.compile(r"[^\x00-\x20\x7f]+")

# The command that each parameter of ours belongs to                 RFC 3461 s4
PLACES = {"RET": "MAIL", "ENVID": "MAIL", "NOTIFY": "RCPT", "ORCPT": "RCPT"}

_SYNTAX = EnhancedStatusCode.parse("5.5.4")
# Chosen by us: the longest keyword that is registered has 16.
_LONGEST_SHOWN_KEYWORD = 64


@attrs.frozen
class EsmtpParameter:
    """A parameter of another extension, carried as it came.

    Args:
        keyword: Compared without regard to case; hyphens are legal.
        value: The text after `=`, or `None` for a keyword alone.

    Raises:
        InvalidParameter: Either breaks RFC 5321 s4.1.2.
    """

    keyword: str = attrs.field(eq=str.upper)
    value: str | None = None

    def __attrs_post_init__(self) -> None:
        if _KEYWORD.fullmatch(self.keyword) is None:
            raise make_fault(None, f"{self.keyword!r} is not a keyword", self.keyword, "3461-4-01")
        if self.value is not None and not is_value(self.value):
            keyword = self.keyword.upper()
            raise make_fault(keyword, f"{self.value!r} is not a value", self.value, "3461-4-03")

    def __str__(self) -> str:
        return self.keyword if self.value is None else f"{self.keyword}={self.value}"


def is_value(text: str) -> bool:
    """Tell whether `text` can be a value where the server has SMTPUTF8.  Never raises."""
    return _VALUE_UTF8.fullmatch(text) is not None and is_utf8(text)


def find_parameter(others: Iterable[EsmtpParameter], keyword: str) -> EsmtpParameter | None:
    """Return the first parameter with that keyword, given in upper case, or `None`."""
    return next((each for each in others if each.keyword.upper() == keyword), None)


def check_keywords(keywords: Iterable[str], argument: str) -> None:
    """Refuse a text where keywords are asked for: its letters would be taken for them.

    Args:
        keywords: What was given.
        argument: Where, for the message.

    Raises:
        InvalidValue: It is a text, or octets.
    """
    if isinstance(keywords, str | bytes):
        message = f"{argument}: keywords are wanted, such as {{'SIZE'}}, and not {keywords!r}"
        raise InvalidValue(message, value=keywords)


def split_words(args: str | bytes | Iterable[str]) -> tuple[str, ...]:
    """Return the words of a command's parameters; only spaces separate them."""
    if isinstance(args, bytes):
        args = decode_wire(args)
    if isinstance(args, str):
        args = args.split(" ")
    return tuple([word for word in args if word])


def read_tokens(
    words: Iterable[str],
    *,
    smtputf8: bool,
    known: Collection[str] | None,
    lenient: bool,
    verb: str,
) -> dict[str, tuple[str, str | None]]:
    """Take the words apart and refuse what no value could excuse.

    Args:
        words: From `split_words`.
        smtputf8: Whether values may hold UTF-8 (RFC 6531 s3.3).
        known: Keywords of other extensions that the server carries out, upper
            case; `None` lets all pass.
        lenient: Whether a value may hold a `=`, and UTF-8 without SMTPUTF8.
        verb: MAIL or RCPT, whose parameters they are.

    Returns:
        Keyword as written and value, by upper-case keyword, in order.

    Raises:
        InvalidParameter: With the reply to send.
        InvalidValue: `known` is a text.
    """
    if known is not None:
        check_keywords(known, "known")
    value_pattern = _LENIENT_VALUE if lenient else _VALUE_UTF8 if smtputf8 else _VALUE
    tokens: dict[str, tuple[str, str | None]] = {}
    for word in words:
        keyword, equals, value = word.partition("=")
        if _KEYWORD.fullmatch(keyword) is None:
            raise make_fault(None, f"{word!r} does not begin with a keyword", word, "3461-4-01")
        upper = keyword.upper()
        if PLACES.get(upper, verb) != verb or (
            known is not None and upper not in PLACES and upper not in known
        ):
            raise make_fault(upper, f"has no place on {verb}", word, "5321-4.1.1.11-01", code=555)
        if upper in tokens:
            rule = "3461-4.5-02" if verb == "MAIL" else "3461-4.5-04"
            raise make_fault(upper, "is given twice", word, rule)
        if (equals or upper in PLACES) and not (
            value_pattern.fullmatch(value) is not None and is_utf8(value)
        ):
            raise make_fault(upper, f"{value!r} is not a value", word, "3461-4-03")
        tokens[upper] = (keyword, value if equals else None)
    return tokens


def write_again(
    received: Iterable[str],
    ours: Mapping[str, str],
    others: Iterable[EsmtpParameter],
    *,
    is_same: Callable[[str, str], bool],
) -> list[str]:
    """Write what was received again where it still holds, the rest afresh.

    Ours stand where they were received.  Others stand where others were, in the
    order in which they are given now; what is new comes behind.  Linear in the
    number of words.

    Args:
        received: The words that once came.
        ours: What our parameters are to say now, by upper-case keyword.
        others: The parameters of other extensions, as they are now.
        is_same: Whether a word of ours that came still says what it should.
    """
    places: list[str] = []
    spelt = dict(ours)
    other_by_keyword = {each.keyword.upper(): each for each in others}
    spelt |= {keyword: str(each) for keyword, each in other_by_keyword.items()}
    for word in received:
        written, equals, value = word.partition("=")
        keyword = written.upper()
        other = other_by_keyword.get(keyword)
        if keyword in ours:
            holds = is_same(word, ours[keyword])
        elif other is not None:
            holds = written.isascii() and other.value == (value if equals else None)
        else:
            continue
        places.append(keyword)
        if holds:
            spelt[keyword] = word
    in_order = iter(other_by_keyword)
    options: dict[str, str] = {}
    for place in places:
        keyword = place if place in ours else next(in_order, place)
        options[keyword] = spelt[keyword]
    # What has its place already keeps it.
    return [*(options | {keyword: spelt[keyword] for keyword in (*ours, *in_order)}).values()]


def make_fault(
    keyword: str | None,
    what: str,
    value: object,
    requirement: str | None,
    *,
    code: int = 501,
    lacking: str | None = None,
) -> InvalidParameter:
    """Return the error for a parameter; its reply never echoes a value that a client made up.

    Args:
        keyword: In upper case, or `None` if there is none to name.
        what: What is wrong, for our side.
        value: What was given.
        requirement: The catalogue id of the rule, or `None`.
        code: 501 for a syntax error, 555 for a parameter that has no place, 504 for
            one whose value is not offered.
        lacking: The value that is not offered, with 504; one that an RFC names.
    """
    shown = keyword if keyword and len(keyword) <= _LONGEST_SHOWN_KEYWORD else None
    if code == 501:
        line = f"Syntax error in {shown} parameter" if shown else "Syntax error in parameters"
    elif lacking:
        line = f"{keyword}={lacking} is not offered here"
    else:
        line = f"Parameter {shown} is not supported here" if shown else "Parameter not supported"
    return InvalidParameter(
        f"{keyword or 'parameter'}: {what}",
        value=value,
        requirement=requirement,
        keyword=keyword,
        reply=SmtpReply(code, _SYNTAX, (line,)),
    )
