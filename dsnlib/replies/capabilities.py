"""What a server does of SMTP's extensions, and which keyword stands for each.

A server says once, in `Capabilities`, what it really carries out.  What it
announces and what it accepts both come from there, so they cannot differ.

Rules.
- All is off unless said: a server that announces what it does not do loses the
  mail of those who rely on it.
- What an extension cannot be without has to be there too: `Capabilities`
  refuses to be made otherwise.
- `EXTENSIONS` has one row for each extension, in the order of the reply to
  EHLO, which is Postfix's and then ours.

Sources: RFC 5321 s4.1.1.1 for the reply to EHLO, and for each extension the
RFC in its row; XVERP, XCLIENT and XFORWARD are Postfix's.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

import attrs

from dsnlib.errors import InvalidValue
from dsnlib.model.number import require_whole
from dsnlib.model.texts import texts, upper_texts

__all__ = [
    "EXTENSIONS",
    "Capabilities",
    "Discarding",
    "Extension",
    "OtherExtension",
    "SessionLimits",
]

# ehlo-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")        RFC 5321 s4.1.1.1
_KEYWORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")
# ehlo-line    = ehlo-keyword *( SP ehlo-param )               RFC 5321 s4.1.1.1
# ehlo-param   = 1*(%d33-126)
_ARGUMENT = re.compile(r"(?:[!-~]+(?: [!-~]+)*)?")
# sasl-mech    = 1*20mech-char                                     RFC 4422 s3.1
# mech-char    = UPPER-ALPHA / DIGIT / HYPHEN / UNDERSCORE
_MECHANISM = re.compile(r"[A-Z0-9_-]{1,20}")
# The names of XCLIENT's and XFORWARD's attributes.
_ATTRIBUTE = re.compile(r"[A-Z]+")
# size-value   = 1*20DIGIT                                           RFC 1870 s4
_LARGEST_SIZE = 10**20 - 1
# min-by-time  = [1*9DIGIT]                                          RFC 2852 s2
_LARGEST_BY_TIME = 999_999_999
# The values of the limits have at most six digits, the first not 0: RFC 9422 s4.
_LARGEST_LIMIT = 999_999
# 512 octets for a line, of which four are the code and two the line end:
# RFC 5321 s4.5.3.1.5.
_LONGEST_LINE = 506


class Discarding(enum.Enum):
    """What it does to an extension that its keyword is discarded."""

    HIDES = "hides"
    """It is not announced, and works for whoever uses it all the same."""
    DISABLES = "disables"
    """It is not announced, and refused."""


@attrs.frozen(kw_only=True)
class SessionLimits:
    """How much one session may do (RFC 9422 s4); `None` for what is not limited.

    >>> str(SessionLimits(most_recipients=100))
    'RCPTMAX=100'

    Args:
        most_transactions: MAIL commands in one session.
        most_recipients: RCPT commands in one transaction.
        most_recipient_domains: Domains of recipients in one session.

    Raises:
        InvalidValue: A limit is not 1..999999, or there is none.
    """

    most_transactions: int | None = None
    most_recipients: int | None = None
    most_recipient_domains: int | None = None

    def __attrs_post_init__(self) -> None:
        given = [(field.name, getattr(self, field.name)) for field in attrs.fields(type(self))]
        for name, value in given:
            _check_number(value, f"limits: {name}", least=1, largest=_LARGEST_LIMIT)
        if all(value is None for _, value in given):
            message = "limits: there is none; leave them out instead"
            raise InvalidValue(message, value=self)

    def __str__(self) -> str:
        named = (
            ("MAILMAX", self.most_transactions),
            ("RCPTMAX", self.most_recipients),
            ("RCPTDOMAINMAX", self.most_recipient_domains),
        )
        return " ".join(f"{name}={value}" for name, value in named if value is not None)


@attrs.frozen(kw_only=True)
class OtherExtension:
    """An extension that we know nothing of but what its server says.

    >>> str(OtherExtension(keyword="MT-PRIORITY", argument="MIXER", mail=["MT-PRIORITY"]))
    'MT-PRIORITY MIXER'

    Args:
        keyword: As it is announced.
        argument: What stands behind the keyword, words with one space between.
        mail: The keywords of its parameters of MAIL; made upper case.
        rcpt: The same of RCPT.

    Raises:
        InvalidValue: Something that RFC 5321 s4.1.1.1 or s4.1.2 does not allow.
    """

    keyword: str
    argument: str = ""
    mail: tuple[str, ...] = attrs.field(default=(), converter=upper_texts)
    rcpt: tuple[str, ...] = attrs.field(default=(), converter=upper_texts)

    def __attrs_post_init__(self) -> None:
        for keyword in (self.keyword, *self.mail, *self.rcpt):
            if _KEYWORD.fullmatch(keyword) is None:
                message = f"EHLO: {keyword!r} is not a keyword"
                raise InvalidValue(message, value=keyword)
        if _ARGUMENT.fullmatch(self.argument) is None:
            message = f"EHLO: {self.argument!r} is not words with one space between"
            raise InvalidValue(message, value=self.argument)
        _check_line(str(self))

    def __str__(self) -> str:
        return f"{self.keyword} {self.argument}".rstrip(" ")


def _others(values: Iterable[OtherExtension]) -> tuple[OtherExtension, ...]:
    return tuple(values)


@attrs.frozen(kw_only=True)
class Extension:
    """One row of `EXTENSIONS`.

    Args:
        word: How a list of discarded keywords calls it.
        keyword: How it is announced.
        attribute: The field of `Capabilities` that says whether it is done.
        discarding: What becomes of it when its keyword is discarded.
        parameters: Keywords of its parameters, by the command that takes them.
        verb: The command that is its own, or `None`.
        needs: The word of another that it cannot be without, or `None`.
        under_tls: `True` if it is there only when the session is encrypted,
            `False` if only before, `None` if that does not matter.
    """

    word: str
    keyword: str
    attribute: str
    discarding: Discarding
    parameters: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    verb: str | None = None
    needs: str | None = None
    under_tls: bool | None = None

    def argument(self, capabilities: Capabilities) -> str | None:
        """Return what is announced behind the keyword, or `None` if it is not done.

        Never raises.
        """
        value = getattr(capabilities, self.attribute)
        # 0 is a size and a time: to be without one is None.
        if value is None or value is False or value == ():
            return None
        if value is True:
            return ""
        return " ".join(value) if isinstance(value, tuple) else str(value)


_HIDES, _DISABLES = Discarding.HIDES, Discarding.DISABLES
_DSN = MappingProxyType({"MAIL": ("RET", "ENVID"), "RCPT": ("NOTIFY", "ORCPT")})
_SMTPUTF8 = MappingProxyType(dict.fromkeys(("MAIL", "VRFY", "EXPN"), ("SMTPUTF8",)))


def _of_mail(*keywords: str) -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType({"MAIL": keywords})


EXTENSIONS = (
    # word, keyword, field of Capabilities, what discarding does, what belongs to it
    Extension(  # RFC 2920
        word="pipelining", keyword="PIPELINING", attribute="pipelining", discarding=_HIDES,
    ),
    Extension(  # RFC 1870
        word="size", keyword="SIZE", attribute="size", discarding=_HIDES,
        parameters=_of_mail("SIZE"),
    ),
    Extension(  # RFC 5321 s3.5.2
        word="vrfy", keyword="VRFY", attribute="vrfy", discarding=_HIDES, verb="VRFY",
    ),
    Extension(  # RFC 1985
        word="etrn", keyword="ETRN", attribute="etrn", discarding=_HIDES, verb="ETRN",
    ),
    Extension(  # RFC 3207; s4.2 forbids it where the session is encrypted
        word="starttls", keyword="STARTTLS", attribute="starttls", discarding=_DISABLES,
        verb="STARTTLS", under_tls=False,
    ),
    Extension(  # RFC 4954
        word="auth", keyword="AUTH", attribute="auth", discarding=_DISABLES,
        parameters=_of_mail("AUTH"), verb="AUTH",
    ),
    Extension(
        word="verp", keyword="XVERP", attribute="verp", discarding=_HIDES,
        parameters=_of_mail("XVERP"),
    ),
    Extension(
        word="xclient", keyword="XCLIENT", attribute="xclient", discarding=_HIDES,
        verb="XCLIENT",
    ),
    Extension(
        word="xforward", keyword="XFORWARD", attribute="xforward", discarding=_HIDES,
        verb="XFORWARD",
    ),
    Extension(  # RFC 2034; the codes themselves stay in the replies
        word="enhancedstatuscodes", keyword="ENHANCEDSTATUSCODES",
        attribute="enhanced_status_codes", discarding=_HIDES,
    ),
    Extension(  # RFC 6152
        word="8bitmime", keyword="8BITMIME", attribute="eight_bit_mime", discarding=_HIDES,
        parameters=_of_mail("BODY"),
    ),
    Extension(  # RFC 3461
        word="dsn", keyword="DSN", attribute="dsn", discarding=_DISABLES, parameters=_DSN,
    ),
    Extension(  # RFC 6531
        word="smtputf8", keyword="SMTPUTF8", attribute="smtputf8", discarding=_DISABLES,
        parameters=_SMTPUTF8,
    ),
    Extension(  # RFC 3030 s2
        word="chunking", keyword="CHUNKING", attribute="chunking", discarding=_DISABLES,
        verb="BDAT",
    ),
    # From here on ours; Postfix knows only the second, and only its later versions.
    Extension(  # RFC 3030 s3: only with CHUNKING
        word="binarymime", keyword="BINARYMIME", attribute="binary_mime",
        discarding=_DISABLES, parameters=_of_mail("BODY"), needs="chunking",
    ),
    Extension(  # RFC 8689 s2: only where the session is encrypted
        word="requiretls", keyword="REQUIRETLS", attribute="requiretls",
        discarding=_DISABLES, parameters=_of_mail("REQUIRETLS"), under_tls=True,
    ),
    Extension(  # RFC 2852
        word="deliverby", keyword="DELIVERBY", attribute="deliver_by", discarding=_DISABLES,
        parameters=_of_mail("BY"),
    ),
    Extension(  # RFC 9422; what is not announced is still enforced
        word="limits", keyword="LIMITS", attribute="limits", discarding=_HIDES,
    ),
)  # fmt: skip

_KEYWORDS = frozenset(row.keyword for row in EXTENSIONS)
_PARAMETERS = frozenset(
    keyword for row in EXTENSIONS for keywords in row.parameters.values() for keyword in keywords
)
# What needs what, by the name of the field, and which RFC says so.
_NEEDS = (
    ("binary_mime", "chunking", "RFC 3030 s3"),
    ("smtputf8", "eight_bit_mime", "RFC 6531 s3.1"),
)


@attrs.frozen(kw_only=True)
class Capabilities:
    """What the server does, in one session.

    Args:
        pipelining: Takes commands before it has answered those before them.
        size: The most octets that it takes, 0 for any number (RFC 1870 s4);
            `None` if it does not look at SIZE.
        vrfy: Does VRFY.
        etrn: Does ETRN.
        starttls: Does STARTTLS.  It is offered until the session is encrypted.
        auth: The SASL mechanisms, upper case.  Those that send a password in
            clear belong here only if the session is encrypted (RFC 4954 s4).
        verp: Does Postfix's XVERP.
        xclient: Attributes that this client may set with XCLIENT.
        xforward: The same of XFORWARD.
        enhanced_status_codes: Its replies have enhanced status codes.
        eight_bit_mime: Takes 8-bit text.
        binary_mime: Takes binary content; needs `chunking`.
        dsn: Does what RFC 3461 asks for.
        smtputf8: Takes UTF-8 in addresses and header; needs `eight_bit_mime`.
        chunking: Does BDAT.
        requiretls: Does what RFC 8689 asks for.  It is offered only where the
            session is encrypted.
        deliver_by: The shortest time in seconds that it promises, 0 for any;
            `None` if it does not look at BY.
        limits: How much one session may do.
        other: Extensions beside these, no keyword twice.

    Raises:
        InvalidValue: A value out of range, a name that its grammar forbids, a
            keyword twice, one extension without another that it needs, or more
            than a line of the reply can hold.
    """

    pipelining: bool = False
    size: int | None = None
    vrfy: bool = False
    etrn: bool = False
    starttls: bool = False
    auth: tuple[str, ...] = attrs.field(default=(), converter=texts)
    verp: bool = False
    xclient: tuple[str, ...] = attrs.field(default=(), converter=texts)
    xforward: tuple[str, ...] = attrs.field(default=(), converter=texts)
    enhanced_status_codes: bool = False
    eight_bit_mime: bool = False
    binary_mime: bool = False
    dsn: bool = False
    smtputf8: bool = False
    chunking: bool = False
    requiretls: bool = False
    deliver_by: int | None = None
    limits: SessionLimits | None = None
    other: tuple[OtherExtension, ...] = attrs.field(default=(), converter=_others)

    def __attrs_post_init__(self) -> None:
        _check_number(self.size, "SIZE", least=0, largest=_LARGEST_SIZE)
        _check_number(self.deliver_by, "DELIVERBY", least=0, largest=_LARGEST_BY_TIME)
        _check_names("AUTH", self.auth, _MECHANISM, "a SASL mechanism in upper case")
        _check_names("XCLIENT", self.xclient, _ATTRIBUTE, "an attribute in upper case")
        _check_names("XFORWARD", self.xforward, _ATTRIBUTE, "an attribute in upper case")
        for name, needed, source in _NEEDS:
            if getattr(self, name) and not getattr(self, needed):
                message = f"capabilities: {name} needs {needed} ({source})"
                raise InvalidValue(message, value=self)
        seen = set(_KEYWORDS)
        for each in self.other:
            if each.keyword.upper() in seen:
                message = f"EHLO: {each.keyword} stands there already"
                raise InvalidValue(message, value=each)
            seen.add(each.keyword.upper())
            for parameter in _PARAMETERS.intersection((*each.mail, *each.rcpt)):
                message = f"EHLO: {parameter} is no parameter of {each.keyword}"
                raise InvalidValue(message, value=each)


def _check_number(value: int | None, what: str, *, least: int, largest: int) -> None:
    if value is not None:
        require_whole(value, what, least=least, most=largest)


def _check_names(keyword: str, names: tuple[str, ...], pattern: re.Pattern[str], what: str) -> None:
    for name in names:
        if pattern.fullmatch(name) is None:
            message = f"{keyword}: {name!r} is not {what}"
            raise InvalidValue(message, value=name)
    if len(set(names)) < len(names):
        message = f"{keyword}: a name stands twice in {' '.join(names)!r}"
        raise InvalidValue(message, value=names)
    _check_line(f"{keyword} {' '.join(names)}")


def _check_line(line: str) -> None:
    if len(line) > _LONGEST_LINE:
        message = f"EHLO: {line[:40]!r}... does not fit into a line of 512 octets"
        raise InvalidValue(message, value=line)
