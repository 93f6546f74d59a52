"""The DSN parameters of MAIL and RCPT: RET, ENVID, NOTIFY, ORCPT (RFC 3461 s4).

Rules.
- An absent parameter is `None`, and is not its default: absent NOTIFY is not
  FAILURE, and `Notify.NEVER` is not absent.  Compare with `is None`.
- What is not ours, `SIZE=1000` or `BODY=8BITMIME`, is kept in order in `other`.
- What a relay received it sends on octet for octet (RFC 3461 s5.2.1), so the
  values remember the text they were read from and write it again as long as it
  still says the same.  What only a lenient reader takes is written afresh.
- A fault is an `InvalidParameter` with the reply for the client: 501 5.5.4 for
  bad syntax, 555 5.5.4 for a parameter that has no place there.

Facts.
- RFC 3461 s5.4 counts `ENVID=` in its 100 characters and RFC 3885 s2 does not.
  We take values of 100 and 500 characters.
- NOTIFY's list may hold a word twice (the `#` rule of RFC 822); an empty
  element is refused unless `lenient`, as Postfix and others write none.
- RFC 3461 s4.2 forbids to check an ORCPT address by its type, and RFC 6533 s3
  wants a `utf-8` address that is malformed copied as it is.
"""

from __future__ import annotations

import enum
import re
from typing import TYPE_CHECKING, Self

import attrs

from dsnlib.errors import InvalidAddress, InvalidParameter, InvalidXtext
from dsnlib.model.address import TypedAddress
from dsnlib.model.parameter import (
    PLACES,
    EsmtpParameter,
    is_value,
    make_fault,
    read_tokens,
    split_words,
    write_again,
)
from dsnlib.model.texts import texts
from dsnlib.model.xtext import decode_xtext, encode_utf8_address, encode_xtext

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

__all__ = [
    "EsmtpParameter",
    "MailParameters",
    "Notify",
    "RcptParameters",
    "Ret",
    "parse_mail_parameters",
    "parse_rcpt_parameters",
]

_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")

# Characters of the value, without the keyword: see "Facts".     RFC 3461 s5.4
_ENVID_LIMIT = 100
_ORCPT_LIMIT = 500


class Ret(enum.Enum):
    """How much of the message a report of failure returns (RFC 3461 s4.3)."""

    FULL = "FULL"
    HDRS = "HDRS"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return what `FULL` or `HDRS` means, in any case.

        Raises:
            InvalidParameter: `text` is neither.
        """
        try:
            return cls(text.upper() if text.isascii() else text)
        except ValueError:
            raise make_fault(
                "RET", f"{text!r} is neither FULL nor HDRS", text, "3461-4.3-01"
            ) from None

    def __str__(self) -> str:
        return self.value


class Notify(enum.Flag):
    """When a sender wants to hear about a recipient (RFC 3461 s4.1).

    NEVER is the empty set of conditions and so can stand only alone.
    """

    NEVER = 0
    SUCCESS = 1
    FAILURE = 2
    DELAY = 4

    @classmethod
    def parse(cls, text: str, *, lenient: bool = False) -> Self:
        """Return the conditions of `SUCCESS,FAILURE`, in any case and order.

        Args:
            text: `NEVER`, or words separated by commas.
            lenient: Pass over empty elements.

        Raises:
            InvalidParameter: An unknown word, NEVER beside another, no word.
        """
        # Beyond US-ASCII there are letters whose capital is "S" or "I".
        upper = text.upper() if text.isascii() else text
        words = [word for word in upper.split(",") if word or not lenient]
        conditions = cls.NEVER
        for word in words:
            if word not in cls.__members__:
                raise make_fault("NOTIFY", f"{text!r} has the word {word!r}", text, "3461-4.1-03")
            conditions |= cls[word]
        if not words:
            raise make_fault("NOTIFY", f"{text!r} has no word", text, "3461-4.1-02")
        if "NEVER" in words and len(words) > 1:  # beside itself neither
            what = f"{text!r} mixes NEVER with other keywords"
            raise make_fault("NOTIFY", what, text, "3461-4.1-06")
        return conditions

    def __str__(self) -> str:
        return ",".join(each.name or "" for each in self) or "NEVER"


def _others(values: Iterable[EsmtpParameter]) -> tuple[EsmtpParameter, ...]:
    return tuple(values)


@attrs.frozen(kw_only=True)
class MailParameters:
    """The parameters of a MAIL command (RFC 3461 s4.3, s4.4).

    >>> MailParameters(ret=Ret.HDRS, envid="QQ+31").to_options()
    ['RET=HDRS', 'ENVID=QQ+2B31']

    Args:
        ret: How much to return, or `None` if not said.
        envid: The envelope identifier, decoded: printable US-ASCII, not empty,
            at most 100 characters once encoded.
        other: Parameters of other extensions, no keyword twice.
        as_received: The options this was read from; `to_options` repeats them
            as far as they still hold.  Not part of the value.

    Raises:
        InvalidParameter: The identifier cannot be sent, or a keyword is twice
            or ours.
        InvalidValue: `as_received` is one text.
    """

    ret: Ret | None = None
    envid: str | None = None
    other: tuple[EsmtpParameter, ...] = attrs.field(default=(), converter=_others)
    as_received: tuple[str, ...] = attrs.field(default=(), eq=False, repr=False, converter=texts)

    def __attrs_post_init__(self) -> None:
        _check_other(self.other)
        if self.envid is not None and len(_write_envid(self.envid)) > _ENVID_LIMIT:
            what = f"{self.envid!r} takes more than {_ENVID_LIMIT} characters"
            raise make_fault("ENVID", what, self.envid, "3461-4.4-04")

    def to_options(self, *, smtputf8: bool = False) -> list[str]:
        """Return the parameters as smtplib and aiosmtplib take `mail_options`.

        Args:
            smtputf8: Whether the server takes UTF-8 in parameters.

        Raises:
            InvalidParameter: Without SMTPUTF8, `other` has a value that cannot
                be sent: only ORCPT has another form for what is not US-ASCII.
        """
        ours: dict[str, str] = {}
        if self.ret is not None:
            ours["RET"] = f"RET={self.ret}"
        if self.envid is not None:
            ours["ENVID"] = f"ENVID={_write_envid(self.envid)}"
        return _options(self, ours, parse_mail_parameters, smtputf8=smtputf8)

    def __str__(self) -> str:
        return " ".join(self.to_options(smtputf8=True))


@attrs.frozen(kw_only=True)
class RcptParameters:
    r"""The parameters of a RCPT command (RFC 3461 s4.1, s4.2).

    >>> orcpt = TypedAddress("rfc822", "a+b@example.org")
    >>> RcptParameters(notify=Notify.DELAY | Notify.FAILURE, orcpt=orcpt).to_options()
    ['NOTIFY=FAILURE,DELAY', 'ORCPT=rfc822;a+2Bb@example.org']

    Args:
        notify: When to notify, or `None` if not said, which is not NEVER.
        orcpt: The original recipient, xtext undone.  Of type `utf-8` the value
            is as written, with its `\x{..}`; `orcpt.address` undoes those too.
        other: Parameters of other extensions, no keyword twice.
        as_received: As in `MailParameters`.

    Raises:
        InvalidParameter: The original recipient cannot be sent, or a keyword is
            twice or ours.
        InvalidValue: `as_received` is one text.
    """

    notify: Notify | None = None
    orcpt: TypedAddress | None = None
    other: tuple[EsmtpParameter, ...] = attrs.field(default=(), converter=_others)
    as_received: tuple[str, ...] = attrs.field(default=(), eq=False, repr=False, converter=texts)

    def __attrs_post_init__(self) -> None:
        _check_other(self.other)
        if self.orcpt is not None and len(_write_orcpt(self.orcpt)) > _ORCPT_LIMIT:
            what = f"{str(self.orcpt)!r} takes more than {_ORCPT_LIMIT} characters"
            raise make_fault("ORCPT", what, self.orcpt, "3461-4.2-04")

    def to_options(self, *, smtputf8: bool = False) -> list[str]:
        r"""Return the parameters as smtplib and aiosmtplib take `rcpt_options`.

        Args:
            smtputf8: Whether the server takes UTF-8 in ORCPT; otherwise
                characters beyond US-ASCII become `\x{..}` (RFC 6533 s3).

        Raises:
            InvalidParameter: Without SMTPUTF8, ORCPT takes more than 500
                characters in that form, or `other` has a value beyond US-ASCII.
        """
        ours: dict[str, str] = {}
        if self.notify is not None:
            ours["NOTIFY"] = f"NOTIFY={self.notify}"
        if self.orcpt is not None:
            ours["ORCPT"] = f"ORCPT={_write_orcpt(self.orcpt)}"
        return _options(self, ours, parse_rcpt_parameters, smtputf8=smtputf8)

    def __str__(self) -> str:
        return " ".join(self.to_options(smtputf8=True))


def parse_mail_parameters(
    args: str | bytes | Iterable[str],
    *,
    smtputf8: bool = False,
    known: Collection[str] | None = None,
    lenient: bool = False,
) -> MailParameters:
    """Return the parameters that follow the path in a MAIL command.

    >>> parse_mail_parameters("SIZE=1000 RET=HDRS ENVID=QQ314159").envid
    'QQ314159'

    Args:
        args: The text after the path, or its words.
        smtputf8: Whether values may hold UTF-8 (RFC 6531 s3.3).
        known: Keywords of other extensions that the server carries out, upper
            case; others are answered 555.  `None` keeps all; a text is an `InvalidValue`.
        lenient: Take what some clients write against the grammar: lower-case
            hexadecimal digits, raw `=`, empty list elements.

    Raises:
        InvalidParameter: With the reply to send.
    """
    words = split_words(args)
    tokens = read_tokens(words, smtputf8=smtputf8, known=known, lenient=lenient, verb="MAIL")
    _, ret = tokens.pop("RET", _ABSENT)
    _, envid = tokens.pop("ENVID", _ABSENT)
    return MailParameters(
        ret=None if ret is None else Ret.parse(ret),
        envid=None if envid is None else _read_envid(envid, lenient=lenient),
        other=tuple(EsmtpParameter(*token) for token in tokens.values()),
        as_received=words,
    )


def parse_rcpt_parameters(
    args: str | bytes | Iterable[str],
    *,
    smtputf8: bool = False,
    known: Collection[str] | None = None,
    lenient: bool = False,
) -> RcptParameters:
    """Return the parameters that follow the path in a RCPT command.

    >>> parse_rcpt_parameters("NOTIFY=NEVER").notify
    <Notify.NEVER: 0>

    Args:
        args: The text after the path, or its words.
        smtputf8: Whether ORCPT may hold raw UTF-8 (RFC 6533 s3).
        known: As for `parse_mail_parameters`.
        lenient: As for `parse_mail_parameters`.

    Raises:
        InvalidParameter: With the reply to send.
    """
    words = split_words(args)
    tokens = read_tokens(words, smtputf8=smtputf8, known=known, lenient=lenient, verb="RCPT")
    _, notify = tokens.pop("NOTIFY", _ABSENT)
    _, orcpt = tokens.pop("ORCPT", _ABSENT)
    return RcptParameters(
        notify=None if notify is None else Notify.parse(notify, lenient=lenient),
        orcpt=None if orcpt is None else _read_orcpt(orcpt, lenient=lenient),
        other=tuple(EsmtpParameter(*token) for token in tokens.values()),
        as_received=words,
    )


_ABSENT = ("", None)


def _read_envid(value: str, *, lenient: bool) -> str:
    if len(value) > _ENVID_LIMIT:
        raise make_fault("ENVID", f"is longer than {_ENVID_LIMIT} characters", value, "3461-4.4-04")
    try:
        return decode_xtext(value, lenient=lenient)
    except InvalidXtext as error:
        raise make_fault("ENVID", str(error), value, error.requirement) from error


def _write_envid(envid: str) -> str:
    if not envid:
        raise make_fault("ENVID", "is empty", envid, "3461-4.4-02")
    try:
        return encode_xtext(envid)
    except InvalidXtext as error:
        raise make_fault("ENVID", str(error), envid, error.requirement) from error


def _read_orcpt(value: str, *, lenient: bool) -> TypedAddress:
    if len(value) > _ORCPT_LIMIT:
        raise make_fault("ORCPT", f"is longer than {_ORCPT_LIMIT} characters", value, "3461-4.2-04")
    type_, semicolon, address = value.partition(";")
    if not semicolon:
        raise make_fault("ORCPT", f"{value!r} has no 'type;'", value, "3461-4.2-02")
    try:
        if type_.lower() == "utf-8":
            return TypedAddress(type_, address)
        # A space at an end, `+20`, is legal and no part of any address; it
        # would not survive the report field either (RFC 3464 s2.1.2).
        return TypedAddress(type_, decode_xtext(address, lenient=lenient).strip(" "))
    except (InvalidXtext, InvalidAddress) as error:
        raise make_fault("ORCPT", str(error), value, error.requirement) from error


def _write_orcpt(orcpt: TypedAddress) -> str:
    if "=" in orcpt.type:  # the only character of an atom that no value may have
        raise make_fault("ORCPT", f"type {orcpt.type!r} has a '='", orcpt, "3461-4-03")
    if orcpt.type.lower() != "utf-8":
        try:
            return f"{orcpt.type};{encode_xtext(orcpt.value)}"
        except InvalidXtext as error:
            raise make_fault("ORCPT", str(error), orcpt, error.requirement) from error
    if orcpt.value and not is_value(orcpt.value):
        what = f"{orcpt.value!r} must be escaped; see TypedAddress.from_address"
        raise make_fault("ORCPT", what, orcpt, "6533-3-09")
    return f"{orcpt.type};{orcpt.value}"


def _check_other(other: Iterable[EsmtpParameter]) -> None:
    seen: set[str] = set()
    for parameter in other:
        keyword = parameter.keyword.upper()
        if keyword in PLACES:
            raise make_fault(keyword, "is a field of its own, not another", parameter, None)
        if keyword in seen:
            raise make_fault(keyword, "is given twice", parameter, "5321-4.1.1.11-01")
        seen.add(keyword)


def _options(
    parameters: MailParameters | RcptParameters,
    ours: dict[str, str],
    parse: Callable[..., MailParameters | RcptParameters],
    *,
    smtputf8: bool,
) -> list[str]:
    def is_same(word: str, now: str) -> bool:
        # Strictly: what was taken leniently is not sent on as it came.
        try:
            return parse([word], smtputf8=True) == parse([now], smtputf8=True)
        except InvalidParameter:
            return False

    options = write_again(parameters.as_received, ours, parameters.other, is_same=is_same)
    return options if smtputf8 else [_in_ascii(option) for option in options]


def _in_ascii(option: str) -> str:
    if option.isascii():
        return option
    keyword, _, value = option.partition("=")
    if keyword.upper() != "ORCPT":
        raise make_fault(keyword.upper(), f"{value!r} needs SMTPUTF8", value, "3461-4-03")
    escaped = _NOT_ASCII.sub(lambda found: encode_utf8_address(found[0]), value)
    if len(escaped) > _ORCPT_LIMIT:
        what = f"{value!r} takes more than {_ORCPT_LIMIT} characters without SMTPUTF8"
        raise make_fault("ORCPT", what, value, "3461-4.2-04")
    return f"{keyword}={escaped}"
