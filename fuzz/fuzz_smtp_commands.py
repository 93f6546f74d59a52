"""Fuzz the reader of MAIL and RCPT commands, and the writer of replies.

Invariant.
- Any argument gives a path and parameters, or an error with a reply that can go over
  the wire; so it is with each set of parameters that a server can know.
- A path that is read can stand in brackets again, and is read as itself then; what is
  taken strictly is taken tolerantly, as the same.
- The words that hooks are given have no space in them, and give the same parameters.
- Whatever a handler answers goes out as one reply, with the code that it began with.
"""

from __future__ import annotations

import functools
import logging
from typing import TYPE_CHECKING

from dsnlib import (
    InvalidParameter,
    InvalidReply,
    SmtpReply,
    parse_mail_parameters,
    parse_rcpt_parameters,
)
from dsnlib.adapters.smtp_command import InvalidCommand, read_mail, read_rcpt, split_path
from dsnlib.adapters.smtp_reply import ReplyWriter
from fuzz.alphabet import PATH, expand, text_of

if TYPE_CHECKING:
    from dsnlib.adapters.smtp_command import MailCommand, RcptCommand

__all__ = ["READS", "check"]

READS = (
    "dsnlib.adapters.smtp_command",
    "dsnlib.adapters.smtp_reply",
)

_CODES = (500, 501, 555)
_KNOWN = (None, frozenset({"SIZE", "BODY", "SMTPUTF8", "AUTH"}), frozenset[str]())
_VERBS = ("", "EHLO", "MAIL", "RCPT", "AUTH", "*")
# It says what a handler did wrong, and here every handler does.
logging.getLogger("dsnlib.smtp").setLevel(logging.CRITICAL + 1)


def check(data: bytes) -> None:
    """Read one input as the argument of both commands and as a reply."""
    octets = expand(data, PATH)
    argument = text_of(octets)
    for verb, keyword in (("MAIL", "FROM:"), ("RCPT", "TO:")):
        for text in (argument, keyword + argument):
            _check_path(verb, keyword, text)
            for known in _KNOWN:
                strict = _read(verb, text, known, is_strict=True)
                tolerant = _read(verb, text, known, is_strict=False)
                assert strict is None or strict == tolerant
    writer = ReplyWriter()
    for verb in _VERBS:
        _check_reply(writer.write(octets, verb), octets[:3])
        _check_reply(writer.write(b"550 5.1.1 " + octets, verb), b"550")


def _read(
    verb: str, text: str, known: frozenset[str] | None, *, is_strict: bool
) -> MailCommand | RcptCommand | None:
    parse_mail = functools.partial(
        parse_mail_parameters, known=known, smtputf8=True, lenient=not is_strict
    )
    parse_rcpt = functools.partial(
        parse_rcpt_parameters, known=known, smtputf8=True, lenient=not is_strict
    )
    command: MailCommand | RcptCommand
    try:
        if verb == "MAIL":
            command = mail = read_mail(text, parse=parse_mail, is_strict=is_strict)
            assert mail.parameters == parse_mail(mail.options)
        else:
            command = rcpt = read_rcpt(text, parse=parse_rcpt, is_strict=is_strict)
            assert rcpt.parameters == parse_rcpt(rcpt.options)
    except (InvalidCommand, InvalidParameter) as error:
        _check_refusal(error.reply)
        return None
    assert not any(" " in word for word in command.options)
    return command


def _check_refusal(reply: SmtpReply) -> None:
    assert reply.code in _CODES
    assert reply == SmtpReply.parse(reply.format())


def _check_path(verb: str, keyword: str, text: str) -> None:
    try:
        path, rest = split_path(text, verb)
    except InvalidCommand:
        return
    assert text.endswith(rest)
    assert not any(control in path for control in "\r\n\0")
    assert (path, "RET=FULL") == split_path(f"{keyword}<{path}> RET=FULL", verb)


def _check_reply(reply: bytes, code: bytes) -> None:
    lines = reply.split(b"\r\n")
    assert lines.pop() == b""
    assert {line[:3] for line in lines} == {reply[:3]}
    assert [line[3:4] for line in lines] == [b"-"] * (len(lines) - 1) + [b" "]
    assert not any(control in b"".join(lines) for control in b"\r\n\0")
    if reply[:3] != code:
        # It was none, so it is our own.
        assert reply.startswith(b"451 ")
        try:
            SmtpReply(int(code))
        except (InvalidReply, ValueError):
            return
        raise AssertionError(reply)
