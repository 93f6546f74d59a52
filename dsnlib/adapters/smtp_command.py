r"""MAIL and RCPT as a server gets them: a path, and the parameters behind it.

    FROM:<ann@example.org> RET=HDRS ENVID=QQ314159      RFC 5321 s4.1.1.2
    TO:<bob@example.org> NOTIFY=SUCCESS,FAILURE         RFC 5321 s4.1.1.3

>>> split_path("TO:<@relay.example:bob@example.org> NOTIFY=NEVER", "RCPT")
('bob@example.org', 'NOTIFY=NEVER')

Rules.
- The path ends at its bracket, which is no bracket within quotes.  Nothing is
  decoded, and no letter changes its case.
- A source route is read and left out (RFC 5321 s3.6.1, appendix C).
- What is refused is an `InvalidCommand` or an `InvalidParameter`, with the reply
  for the client.
- Strictly, a path is in brackets, without blanks in front, and a `Mailbox`, or
  `postmaster` as a recipient.  Otherwise it is what can stand in brackets.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import attrs

from dsnlib.errors import InvalidAddress, InvalidValue
from dsnlib.model.address import Mailbox, check_path
from dsnlib.model.envelope import Body
from dsnlib.model.esmtp import MailParameters, RcptParameters
from dsnlib.model.parameter import make_fault
from dsnlib.model.text import is_utf8
from dsnlib.replies.standard import StandardReply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dsnlib.model.reply import SmtpReply

__all__ = ["InvalidCommand", "MailCommand", "RcptCommand", "read_mail", "read_rcpt", "split_path"]

# Reverse-path = Path / "<>"                                     RFC 5321 s4.1.2
# Path         = "<" [ A-d-l ":" ] Mailbox ">"
# A-d-l        = At-domain *( "," At-domain )
# No octet fits in two ways and none is given back, so time is linear.
_QUOTED = r'"[^"\\]*+(?>(?:\\.[^"\\]*+)*)"'
# The null path has no route.
_ROUTE = r'(?>(?:@[^ ",:<>@]++(?>(?:,@[^ ",:<>@]++)*):(?!>))?)'
_MAILBOX = rf'(?!@)([^ <>"]*+(?>(?:{_QUOTED}[^ <>"]*+)*))'
_STRICT = re.compile(rf"<{_ROUTE}{_MAILBOX}>(?: ++(.*))?", re.DOTALL)
# TOLERANT: blanks behind the colon, which many scripts send.  RFC 5321 s4.1.1.2
# forbids them and wants servers to bear with them.
_TOLERANT = re.compile(rf" *+<{_ROUTE}{_MAILBOX}>(?: ++(.*))?", re.DOTALL)
# TOLERANT: a path without its brackets, as people type it.
_BARE = re.compile(rf" *+{_MAILBOX}(?: ++(.*))?", re.DOTALL)

# command -> what stands before its path, and the reply to what is no path
_PATHS = {
    "MAIL": ("FROM:", StandardReply.BAD_SENDER_SYNTAX),
    "RCPT": ("TO:", StandardReply.BAD_RECIPIENT_SYNTAX),
}
_POSTMASTER = "postmaster"

# Parameters whose values a server has to understand; "" is none at all.
_VALUES = {
    "SIZE": re.compile(r"[0-9]{1,20}"),  # RFC 1870 s4
    "BODY": re.compile("7BIT|8BITMIME|BINARYMIME", re.IGNORECASE),  # RFC 6152 s2, RFC 3030 s3
    "SMTPUTF8": re.compile(""),  # RFC 6531 s3.1
    "REQUIRETLS": re.compile(""),  # RFC 8689 s2
    "AUTH": re.compile(r"<>|(?:[!-*,-<>-~]|\+[0-9A-F]{2})+"),  # RFC 4954 s5
}


class InvalidCommand(InvalidValue):
    """A command that a server must refuse.

    Attributes:
        reply: The reply to send to the client.
    """

    # The reply has no default that could be right; None only while unpickling.
    reply: SmtpReply

    def __init__(
        self, message: str, *, value: object = None, reply: SmtpReply | None = None
    ) -> None:
        super().__init__(message, value=value)
        if reply is not None:
            self.reply = reply


@attrs.frozen(kw_only=True)
class MailCommand:
    """A MAIL command that can be carried out.

    Args:
        sender: The reverse-path; `""` is the null path.
        parameters: What came behind it.
        size: What SIZE says in octets, or `None`.
        body: What BODY says.
        smtputf8: Whether SMTPUTF8 was there.
    """

    sender: str
    parameters: MailParameters = attrs.field(factory=MailParameters)
    size: int | None = None
    body: Body = Body.SEVEN_BIT
    smtputf8: bool = False

    @property
    def options(self) -> list[str]:
        """The words behind the path, as hooks of aiosmtpd take them."""
        return _options(self.parameters.as_received)


@attrs.frozen(kw_only=True)
class RcptCommand:
    """A RCPT command that can be carried out.

    Args:
        recipient: The forward-path.
        parameters: What came behind it.
    """

    recipient: str
    parameters: RcptParameters = attrs.field(factory=RcptParameters)

    @property
    def options(self) -> list[str]:
        """The words behind the path, as hooks of aiosmtpd take them."""
        return _options(self.parameters.as_received)


_NO_MAIL_PARAMETERS = MailParameters()
_NO_RCPT_PARAMETERS = RcptParameters()


def read_mail(
    argument: str | None,
    *,
    parse: Callable[[str], MailParameters],
    is_strict: bool = False,
) -> MailCommand:
    """Return what a MAIL command asks for.

    Args:
        argument: What stands behind the verb.
        parse: Reads the parameters: `parse_mail_parameters` or `Offer.parse_mail`.
        is_strict: Whether the path has to keep to the grammar.

    Raises:
        InvalidCommand: There is no path.
        InvalidParameter: A parameter is wrong, or what `parse` raises.
    """
    path, words = split_path(argument, "MAIL", is_strict=is_strict)
    if not words:
        return MailCommand(sender=path, parameters=_NO_MAIL_PARAMETERS)
    parameters = parse(words)
    values: dict[str, str] = {}
    for each in parameters.other:
        keyword = each.keyword.upper()
        pattern = _VALUES.get(keyword)
        if pattern is not None:
            value = each.value or ""
            if pattern.fullmatch(value) is None:
                raise make_fault(keyword, f"{value!r} is not its value", str(each), None)
            values[keyword] = value
    size = values.get("SIZE")
    return MailCommand(
        sender=path,
        parameters=parameters,
        size=None if size is None else int(size),
        body=Body(values["BODY"].upper()) if "BODY" in values else Body.SEVEN_BIT,
        smtputf8="SMTPUTF8" in values,
    )


def read_rcpt(
    argument: str | None,
    *,
    parse: Callable[[str], RcptParameters],
    is_strict: bool = False,
) -> RcptCommand:
    """Return what a RCPT command asks for.

    Args:
        argument: What stands behind the verb.
        parse: Reads the parameters: `parse_rcpt_parameters` or `Offer.parse_rcpt`.
        is_strict: Whether the path has to keep to the grammar.

    Raises:
        InvalidCommand: There is no path, or it is the null path.
        InvalidParameter: What `parse` raises.
    """
    path, words = split_path(argument, "RCPT", is_strict=is_strict)
    parameters = parse(words) if words else _NO_RCPT_PARAMETERS
    return RcptCommand(recipient=path, parameters=parameters)


def split_path(argument: str | None, verb: str, *, is_strict: bool = False) -> tuple[str, str]:
    """Return the path of a command, without brackets, and the text behind it.

    Args:
        argument: What stands behind the verb.
        verb: MAIL or RCPT.
        is_strict: Whether the path has to keep to the grammar.

    Raises:
        InvalidCommand: There is no path; in RCPT, the null path.
    """
    keyword, bad_path = _PATHS[verb]
    if argument is None or argument[: len(keyword)].upper() != keyword:
        raise _refusal(verb, argument, StandardReply.BAD_ARGUMENT)
    if not argument.isascii() and not is_utf8(argument):
        raise _refusal(verb, argument, StandardReply.NOT_UTF8)
    text = argument[len(keyword) :]
    found = (_STRICT if is_strict else _TOLERANT).fullmatch(text)
    if found is None and not is_strict:
        found = _BARE.fullmatch(text)
        if found is not None and "@" not in found[1] and found[1].lower() != _POSTMASTER:
            found = None
    # Mailbox = Local-part "@" ( Domain / address-literal )          RFC 5321 s4.1.2
    if found is None or (not found[1] and verb == "RCPT") or found[1].endswith("@"):
        raise _refusal(verb, argument, bad_path)
    path = found[1]
    try:
        _check(path, verb, is_strict=is_strict)
    except InvalidAddress as error:
        raise _refusal(verb, argument, bad_path) from error
    return path, found[2] or ""


def _check(path: str, verb: str, *, is_strict: bool) -> None:
    # A printable path was matched against all that `check_path` asks.
    if is_strict and path and (verb, path.lower()) != ("RCPT", _POSTMASTER):
        Mailbox.parse(path)
    elif path and not path.isprintable():
        check_path(path, "path")


def _refusal(verb: str, argument: str | None, reply: StandardReply) -> InvalidCommand:
    message = f"{verb}: {argument!r} cannot be carried out: {reply.value}"
    return InvalidCommand(message, value=argument, reply=reply.reply)


def _options(words: Iterable[str]) -> list[str]:
    """Write keywords in upper case, as aiosmtpd does; values stay as they are."""
    options = []
    for word in words:
        keyword, equals, value = word.partition("=")
        options.append(f"{keyword.upper()}{equals}{value}")
    return options
