"""Addresses and names as DSN fields and SMTP commands carry them.

`Mailbox` is the grammar of RFC 5321 s4.1.2, widened by RFC 6531 s3.3 on
request.  `TypedAddress`, `MtaName` and `DiagnosticCode` are the three typed
fields of RFC 3464 s2.1.2: a type, a semicolon, a text.  They have one shape
and three meanings, so they are three types.

Rules.
- What a peer sent is carried, not judged: an envelope address or an ORCPT need
  not be a valid `Mailbox`, and RFC 3464 s2.3.2 forbids to force it into one.
- Types compare without regard to case and keep the case they came in.
- An MTA name's comment, `dns; mx.example ([192.0.2.1])`, is not part of the
  name (RFC 3464 s2.1.1); parentheses in a diagnostic are, because replies
  have them too.
"""

from __future__ import annotations

import contextlib
import functools
import re
from typing import Self

import attrs

from dsnlib.errors import InvalidAddress, InvalidReply, InvalidXtext
from dsnlib.model.reply import SmtpReply
from dsnlib.model.text import (
    encode_wire,
    is_atom,
    is_utf8,
    refuse_controls,
    refuse_edges,
    split_comment,
)
from dsnlib.model.xtext import decode_utf8_address, encode_utf8_address

__all__ = [
    "DiagnosticCode",
    "Mailbox",
    "MtaName",
    "TypedAddress",
    "check_path",
]

_EDGE = " \t"
# A value of one of these types and of printable text needs no closer look.
_USUAL_TYPES = frozenset(
    {"rfc822", "RFC822", "utf-8", "dns", "DNS", "smtp", "SMTP", "x-unix", "X-Postfix", "x400"}
)

# Octets.  RFC 5321 s4.5.3.1.1, s4.5.3.1.2, s4.5.3.1.3 (path with its brackets).
_LOCAL_PART_OCTETS = 64
_DOMAIN_OCTETS = 255
_PATH_OCTETS = 256 - len("<>")
_LABEL_OCTETS = 63
_LARGEST_SNUM = 255

# The grammar of `Mailbox` is compiled when the first one is made, and its sets
# are named by the US-ASCII that they leave out: to name the rest of Unicode
# would cost every program that imports us 30 milliseconds.

# atext, UTF8-non-ascii                             RFC 5322 s3.2.3, RFC 6531 s3.3
_ATEXT = r'[^\x00-\x20"(),.:;<>@\[\\\]\x7f]'
# Dot-string    = Atom *("."  Atom)                             RFC 5321 s4.1.2
# Quoted-string = DQUOTE *QcontentSMTP DQUOTE
#   qtextSMTP       = %d32-33 / %d35-91 / %d93-126 / UTF8-non-ascii
#   quoted-pairSMTP = %d92 %d32-126
_LOCAL_PART = rf'{_ATEXT}+(?:\.{_ATEXT}+)*|"(?:[^\x00-\x1f"\\\x7f]|\\[ -~])*"'
# sub-domain = Let-dig [Ldh-str]                                RFC 5321 s4.1.2
# sub-domain =/ U-label                                         RFC 6531 s3.3
_LET_DIG = r"[^\x00-/:-@\[-`{-\x7f]"
_LDH = r"[^\x00-,./:-@\[-`{-\x7f]"
_SUB_DOMAIN = rf"{_LET_DIG}(?:{_LDH}*{_LET_DIG})?"
_DOMAIN = rf"{_SUB_DOMAIN}(?:\.{_SUB_DOMAIN})*"
# General-address-literal = Standardized-tag ":" 1*dcontent     RFC 5321 s4.1.3
#   dcontent = %d33-90 / %d94-126
# No tag is registered that needs `"`, `<`, `>` or `@`, and a path that had one
# of them there could not be told apart again; we refuse these four.
_GENERAL_LITERAL = r"[A-Za-z0-9-]*[A-Za-z0-9]:[!#-;=?A-Z^-~]+"
# Snum = 1*3DIGIT, leading zeros included                       RFC 5321 s4.1.3
_IPV4 = r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}"

_fullmatch_of = functools.cache(lambda pattern: re.compile(pattern).fullmatch)

# What can stand between < and >: anything in quotes, and outside them whatever does
# not end the path.  No octet fits in two ways and none is given back, so time and
# memory are linear.
_PATH = re.compile(r'[^ <>"]*+(?>(?:"[^"\\]*+(?>(?:\\.[^"\\]*+)*)"[^ <>"]*+)*)').fullmatch


@attrs.frozen
class Mailbox:
    """`local-part@domain` as RFC 5321 s4.1.2 writes it, RFC 6531 included.

    Args:
        local_part: A dot-string, or a quoted-string with its quotes.
        domain: A domain, or an address literal with its brackets.  A literal
            of a general tag has none of `"`, `<`, `>`, `@`.

    Raises:
        InvalidAddress: A part breaks the grammar, or is longer than RFC 5321
            s4.5.3.1 allows.
    """

    local_part: str
    domain: str

    def __attrs_post_init__(self) -> None:
        refuse_controls(str(self), "address", error=InvalidAddress)
        # First, because a pattern keeps notes of all that it has matched.
        local_part, domain = len(encode_wire(self.local_part)), len(encode_wire(self.domain))
        if (
            local_part > _LOCAL_PART_OCTETS
            or domain > _DOMAIN_OCTETS
            or local_part + len("@") + domain > _PATH_OCTETS
        ):
            message = f"address: {str(self)!r} is longer than RFC 5321 s4.5.3.1 allows"
            raise InvalidAddress(message, value=str(self))
        if not is_utf8(self.local_part) or _fullmatch_of(_LOCAL_PART)(self.local_part) is None:
            self._fail("local part", self.local_part)
        if not is_utf8(self.domain) or not _is_domain(self.domain):
            self._fail("domain", self.domain)

    def _fail(self, part: str, text: str) -> None:
        message = f"address: {part} {text!r} of {str(self)!r} breaks RFC 5321 s4.1.2"
        raise InvalidAddress(message, value=str(self))

    @classmethod
    def parse(cls, text: str, *, smtputf8: bool = True) -> Self:
        """Return the mailbox that `text` spells: no brackets, no name.

        Args:
            text: Such as `Bob@example.org` or `"a b"@[192.0.2.1]`.
            smtputf8: Whether characters beyond US-ASCII are allowed.

        Raises:
            InvalidAddress: `text` is not a mailbox.
        """
        local_part, at, domain = text.rpartition("@")
        if not at:
            message = f"address: {text!r} has no '@'"
            raise InvalidAddress(message, value=text)
        if not smtputf8 and not text.isascii():
            message = f"address: {text!r} needs SMTPUTF8"
            raise InvalidAddress(message, value=text)
        return cls(local_part, domain)

    @property
    def needs_smtputf8(self) -> bool:
        """Whether only an SMTPUTF8 server can take the address."""
        return not str(self).isascii()

    def __str__(self) -> str:
        return f"{self.local_part}@{self.domain}"


def check_path(address: str, what: str) -> None:
    """Raise unless `address` can stand between `<` and `>` in a command.

    The rule is wider than `Mailbox` on purpose: real mailboxes have two dots in
    a row, real servers take `postmaster` alone, and RFC 3464 s2.3.2 wants all
    of them carried as they are.

    Args:
        address: A forward-path without its brackets; not empty.
        what: How the message names it.

    Raises:
        InvalidAddress: A control character, or a space, bracket or quote that
            would end the path early.
    """
    refuse_controls(address, what, error=InvalidAddress)
    if not address or _PATH(address) is None:
        message = f"{what}: {address!r} cannot stand between '<' and '>'"
        raise InvalidAddress(message, value=address)


@attrs.frozen
class TypedAddress:
    """An address with the type that says how to read it (RFC 3464 s2.1.2).

    Used for ORCPT, Original-Recipient and Final-Recipient.

    Args:
        type: An RFC 822 atom such as `rfc822`, `utf-8` or `x400`.
        value: The address as the field has it, without white space round it;
            may be empty.

    Raises:
        InvalidAddress: The type is no atom, or the value has controls.
    """

    type: str = attrs.field(eq=str.lower)
    value: str

    def __attrs_post_init__(self) -> None:
        value = self.value
        if self.type in _USUAL_TYPES and value.isprintable() and value[:1] != " " != value[-1:]:
            return
        _check_typed(self.type, value, "address", "3464-2.1.2-01")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the typed address of `rfc822; Bob@example.org`.

        Raises:
            InvalidAddress: No semicolon, or a type that is no atom.
        """
        return cls(*_split(text, "address", "3464-2.3.2-02"))

    @classmethod
    def from_address(cls, address: str) -> Self:
        """Return an Internet address with the type it needs.

        The type is `rfc822` for US-ASCII, else `utf-8` in the form that an
        SMTPUTF8 server and a message/global-delivery-status take.  An address
        with octets that are no UTF-8 has no such form: it is carried as it is,
        under `rfc822` (RFC 3464 s2.3.2).

        Raises:
            InvalidAddress: The address has a control character, or white space
                at an end.
        """
        refuse_controls(address, "address", error=InvalidAddress)
        if address.isascii() or not is_utf8(address):
            return cls("rfc822", address)
        return cls("utf-8", encode_utf8_address(address, smtputf8=True))

    @property
    def address(self) -> str:
        r"""The address for people and for look-ups, in which `\x{3B4}` is `δ`.

        An address of type `utf-8` that does not keep to RFC 6533 is given
        unaltered, as is one of any other type.
        """
        if "\\" in self.value and self.type.lower() == "utf-8":
            # "MUST be copied without alteration" if it does not conform:
            # RFC 6533 s3.
            with contextlib.suppress(InvalidXtext):
                return decode_utf8_address(self.value)
        return self.value

    def __str__(self) -> str:
        return f"{self.type};{self.value}"


@attrs.frozen
class MtaName:
    """The name of a mail system with its type (RFC 3464 s2.2.2, s2.3.5).

    Args:
        type: An RFC 822 atom: `dns`, `x400`, `x-local-hostname`.
        name: The name as the field has it; case is kept and counts.
        comment: What stood in parentheses after it, often the IP address.

    Raises:
        InvalidAddress: The type is no atom, or a text has controls.
    """

    type: str = attrs.field(eq=str.lower)
    name: str
    comment: str | None = attrs.field(default=None, kw_only=True)

    def __attrs_post_init__(self) -> None:
        _check_typed(self.type, self.name, "MTA name", "3464-2.2.2-02", tab=True)
        whole = self.name if self.comment is None else f"{self.name} ({self.comment})"
        refuse_controls(whole, "MTA name", tab=True, error=InvalidAddress)
        if split_comment(whole) != (self.name, self.comment):
            message = f"MTA name: {whole!r} would not read back as name and comment"
            raise InvalidAddress(message, value=whole, requirement="3464-2.1.1-02")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the name of `dns; relay.example ([192.0.2.7])`.

        Raises:
            InvalidAddress: No semicolon, or a type that is no atom.
        """
        type_, name = _split(text, "MTA name", "3464-2.2.2-02")
        if name[-1:] != ")":
            return cls(type_, name)
        name, comment = split_comment(name)
        return cls(type_, name, comment=comment)

    def __str__(self) -> str:
        name = f"{self.type}; {self.name}".rstrip(_EDGE)
        return name if self.comment is None else f"{name} ({self.comment})"


@attrs.frozen
class DiagnosticCode:
    """What a transport said, with the type of transport (RFC 3464 s2.3.6).

    Args:
        type: An RFC 822 atom: `smtp`, `x400`, `x-unix`.
        text: The diagnostic, unfolded; parentheses are part of it.

    Raises:
        InvalidAddress: The type is no atom, or the text has controls.
    """

    type: str = attrs.field(eq=str.lower)
    text: str

    def __attrs_post_init__(self) -> None:
        text = self.text
        if self.type in _USUAL_TYPES and text.isprintable() and text[:1] != " " != text[-1:]:
            return
        _check_typed(self.type, text, "diagnostic code", "3464-2.3.6-01", tab=True)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the diagnostic of `smtp; 550 5.1.1 no such user`.

        Raises:
            InvalidAddress: No semicolon, or a type that is no atom.
        """
        return cls(*_split(text, "diagnostic code", "3464-2.3.6-01"))

    @classmethod
    def from_reply(cls, reply: SmtpReply) -> Self:
        """Return the transcript of a reply, each line with its codes (RFC 3461 s9.2)."""
        return cls("smtp", str(reply).replace("\n", " ").rstrip(_EDGE))

    @property
    def reply(self) -> SmtpReply | None:
        """The reply that is transcribed, or `None` if the text is not one.

        Only for type smtp; what `SmtpReply.read` repairs is in its `defects`.
        """
        if self.type.lower() != "smtp":
            return None
        try:
            return SmtpReply.from_diagnostic(self.text)
        except InvalidReply:
            return None

    def __str__(self) -> str:
        return f"{self.type}; {self.text}".rstrip(_EDGE)


def _split(text: str, what: str, requirement: str) -> tuple[str, str]:
    type_, semicolon, value = text.partition(";")
    if not semicolon:
        message = f"{what}: {text!r} has no 'type;'"
        raise InvalidAddress(message, value=text, requirement=requirement)
    return type_.strip(_EDGE), value.strip(_EDGE)


def _check_typed(type_: str, value: str, what: str, requirement: str, *, tab: bool = False) -> None:
    if not is_atom(type_):
        message = f"{what}: type {type_!r} is not an atom"
        raise InvalidAddress(message, value=type_, requirement=requirement)
    refuse_controls(value, what, tab=tab, error=InvalidAddress, requirement=requirement)
    refuse_edges(value, what, error=InvalidAddress, requirement=requirement)


def _is_domain(text: str) -> bool:
    if text.startswith("["):
        return text.endswith("]") and _is_literal(text[1:-1])
    if _fullmatch_of(_DOMAIN)(text) is None:
        return False
    # RFC 1035 s2.3.4; a U-label's octets are counted after IDNA by whoever
    # resolves the name.
    return all(len(label) <= _LABEL_OCTETS for label in text.split(".") if label.isascii())


def _is_literal(text: str) -> bool:
    if _fullmatch_of(_IPV4)(text):
        return _is_ipv4(text)
    if text[:5].lower() != "ipv6:":
        return _fullmatch_of(_GENERAL_LITERAL)(text) is not None
    import ipaddress

    address = text[5:]
    head, colon, tail = address.rpartition(":")
    if _fullmatch_of(_IPV4)(tail):
        # IPv6v4-full, whose last numbers `ipaddress` takes no zeros before.
        if not _is_ipv4(tail):
            return False
        address = f"{head}{colon}1.1.1.1"
    try:
        ipaddress.IPv6Address(address)
    except ValueError:
        return False
    # A scope id is a matter of one host; RFC 5321 s4.1.3 has none.
    return "%" not in address


def _is_ipv4(text: str) -> bool:
    return all(int(number) <= _LARGEST_SNUM for number in text.split("."))
