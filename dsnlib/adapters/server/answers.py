"""Replies that sessions give often: their texts are read once.

What only this server says stands here beside `StandardReply`.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from dsnlib.model.reply import SmtpReply

if TYPE_CHECKING:
    from dsnlib.replies.standard import StandardReply

__all__ = [
    "ALREADY_LOGGED_IN",
    "BAD_BASE64",
    "BAD_CHUNK_ORDER",
    "BINARY_DATA",
    "BY_TOO_SHORT",
    "CANNOT_BEGIN",
    "DENIED",
    "HELP",
    "LHLO_NEEDED",
    "LOGGED_IN",
    "LOGIN_CANCELLED",
    "LOGIN_IN_MAIL",
    "LOGIN_NEEDS_TLS",
    "LOGIN_TOO_LONG",
    "NOT_A_COMMAND",
    "NULL_PATH_VERP",
    "RCPT_BEHIND_CHUNK",
    "TLS_RATE",
    "TLS_RATE_BEHIND",
    "TOO_MANY_LOGINS",
    "TOO_MANY_SESSIONS",
    "TOO_MUCH_MAIL",
    "TOO_MUCH_RCPT",
    "UNKNOWN_MECHANISM",
    "standard",
]

# In place of a greeting: RFC 5321 s4.3.2 has 554 and 421 there.
CANNOT_BEGIN = SmtpReply.parse("421 4.3.0 No session can begin here now; come back later")
TOO_MANY_SESSIONS = SmtpReply.parse("421 4.3.2 There are too many sessions now; come back later")
LHLO_NEEDED = SmtpReply.parse("503 5.5.1 Send LHLO first")
NOT_A_COMMAND = SmtpReply.parse("500 5.5.2 A command is a line of text that ends with CR and LF")
DENIED = SmtpReply.parse("503 5.7.0 Nothing is taken from you in this session")
NULL_PATH_VERP = SmtpReply.parse("503 5.5.4 The null path has no VERP")
BAD_CHUNK_ORDER = SmtpReply.parse("503 5.5.1 DATA and BDAT do not go together")
RCPT_BEHIND_CHUNK = SmtpReply.parse("503 5.5.1 The message has begun; RCPT is too late")
# "...will be rejected with a permanent failure (55z) reply code"    RFC 2852 s4.1
BY_TOO_SHORT = SmtpReply.parse("555 5.4.7 BY is shorter than what this server promises")
# RFC 3030 s3: what is binary has no lines, so it has no dot to end it.
BINARY_DATA = SmtpReply.parse("503 5.5.1 What is binary has to come by BDAT")
HELP = SmtpReply.parse("214 2.0.0 RFC 5321 tells of the commands, and EHLO of what there is")
# Rates: the codes are Postfix's.
TOO_MUCH_MAIL = SmtpReply.parse("450 4.7.1 There is too much mail from your address; wait a while")
TOO_MUCH_RCPT = SmtpReply.parse(
    "450 4.7.1 There are too many recipients from your address; wait a while"
)
TLS_RATE = SmtpReply.parse("454 4.7.0 There are too many new TLS sessions from your address")
TLS_RATE_BEHIND = SmtpReply.parse("421 4.7.0 There are too many new TLS sessions from your address")
TOO_MANY_LOGINS = SmtpReply.parse("421 4.7.0 There are too many log-ins from your address")
# AUTH                                                          RFC 4954 s4, s6
LOGGED_IN = SmtpReply.parse("235 2.7.0 You are logged in")
ALREADY_LOGGED_IN = SmtpReply.parse("503 5.5.1 You are logged in already")
LOGIN_IN_MAIL = SmtpReply.parse("503 5.5.1 AUTH has no place within a transaction")
LOGIN_NEEDS_TLS = SmtpReply.parse("538 5.7.11 This mechanism needs an encrypted connection")
UNKNOWN_MECHANISM = SmtpReply.parse("504 5.5.4 This mechanism is not offered")
LOGIN_CANCELLED = SmtpReply.parse("501 5.7.0 The log-in was cancelled")
LOGIN_TOO_LONG = SmtpReply.parse("500 5.5.6 This response is too long")
BAD_BASE64 = SmtpReply.parse("501 5.5.2 This is not base64")


@functools.cache
def standard(reply: StandardReply) -> SmtpReply:
    """Return a standard reply.  Never raises."""
    return reply.reply
