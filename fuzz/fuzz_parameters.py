"""Fuzz `parse_mail_parameters` and `parse_rcpt_parameters`.

Invariant.
- Any text gives a value, or `InvalidParameter` with the reply 501 5.5.4 or 555
  5.5.4, which can go over the wire.
- Options written again are those received, octet for octet, and read back as
  the equal value; so do options written afresh.
- Options for a server without SMTPUTF8 are US-ASCII and can be read.
- What is taken strictly is taken leniently, as the same value.
- The value of BY reads back as it was written, and leaves time where it has to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from dsnlib import InvalidParameter, SmtpReply, parse_mail_parameters, parse_rcpt_parameters
from dsnlib.model.deliver_by import ByMode, DeliverBy
from fuzz.alphabet import COMMAND, expand, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsnlib import MailParameters, RcptParameters

    Parse = Callable[..., MailParameters | RcptParameters]

__all__ = ["READS", "check"]

READS = (
    "dsnlib.model.esmtp",
    "dsnlib.model.parameter",
    "dsnlib.model.deliver_by",
    "dsnlib.model.xtext",
)

_REPLIES = ("501 5.5.4", "555 5.5.4")


def check(data: bytes) -> None:
    """Read one input as the parameters of each command and assert the invariant."""
    octets = expand(data, COMMAND)
    for parse in (parse_mail_parameters, parse_rcpt_parameters):
        for smtputf8 in (False, True):
            strict = _check_one(parse, octets, smtputf8=smtputf8, lenient=False)
            lenient = _check_one(parse, octets, smtputf8=smtputf8, lenient=True)
            assert strict is None or strict == lenient
    _check_by(text_of(octets).rpartition("BY=")[2])


def _check_by(text: str) -> None:
    try:
        by = DeliverBy.parse(text)
    except InvalidParameter as error:
        _check_refusal(error.reply)
        return
    assert by == DeliverBy.parse(str(by))
    assert by.seconds > 0 or by.mode is ByMode.NOTIFY


def _check_refusal(reply: SmtpReply) -> None:
    assert str(reply)[:9] in _REPLIES
    assert reply == SmtpReply.parse(reply.format())


def _check_one(
    parse: Parse, octets: bytes, *, smtputf8: bool, lenient: bool
) -> MailParameters | RcptParameters | None:
    try:
        value = parse(octets, smtputf8=smtputf8, lenient=lenient)
    except InvalidParameter as error:
        _check_refusal(error.reply)
        return None
    assert value == parse(text_of(octets), smtputf8=smtputf8, lenient=lenient)
    received = [word for word in text_of(octets).split(" ") if word]
    written = value.to_options(smtputf8=True)
    assert lenient or received == written  # what was taken leniently is written by the rules
    assert value == parse(written, smtputf8=True)
    afresh = attrs.evolve(value, as_received=())
    assert value == parse(afresh.to_options(smtputf8=True), smtputf8=True)
    for each in (value, afresh):
        try:
            ascii_only = each.to_options()
        except InvalidParameter:  # escaped, ORCPT is longer than RFC 3461 s5.4 allows
            continue
        assert all(option.isascii() for option in ascii_only)
        parse(ascii_only)
    return value
