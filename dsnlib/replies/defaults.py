"""The enhanced status code for a reply that has none (RFC 2034 s4, RFC 5248).

A handler answers `550 no such user`; a server that announces
ENHANCEDSTATUSCODES owes a status before that text.

Rules.
- A status is made up only of what reply code and command leave no doubt about.
  What 550 means at RCPT, an unknown user or a refused client, is not for us to
  guess, and a list would drop a member for it: X.0.0.
- A 3yz reply, the greeting, and answers to EHLO, HELO and LHLO have none (RFC
  2034 s4).  ETRN's have none either: RFC 1985 has no such replies.
"""

from __future__ import annotations

from dsnlib.model.status import EnhancedStatusCode

__all__ = ["GREETING", "default_status"]

GREETING = ""

_BARE = frozenset({GREETING, "EHLO", "HELO", "LHLO", "ETRN"})
_ANY = "*"

# reply code -> the status by command; "." is the end of the message's text.
_STATUSES: dict[int, dict[str, str]] = {
    235: {_ANY: "2.7.0"},  # RFC 4954 s6
    250: {
        "MAIL": "2.1.0",  # these two as in the example of RFC 2034 s6
        "RCPT": "2.1.5",
        "VRFY": "2.1.5",
        _ANY: "2.0.0",
    },
    251: {"RCPT": "2.1.5", "VRFY": "2.1.5", _ANY: "2.0.0"},
    421: {_ANY: "4.3.0"},  # RFC 5321 s3.8: this service is not available
    432: {_ANY: "4.7.12"},  # RFC 4954 s6
    451: {_ANY: "4.3.0"},  # RFC 5321 s4.2.2: local error in processing
    452: {"RCPT": "4.5.3", _ANY: "4.3.1"},  # RFC 5321 s4.5.3.1.10, s4.2.2
    453: {_ANY: "4.3.2"},
    454: {"AUTH": "4.7.0", "STARTTLS": "4.7.0", _ANY: "4.0.0"},  # RFC 4954 s6, RFC 3207 s4
    455: {_ANY: "4.5.4"},  # RFC 5321 s4.1.1.11: the parameters cannot be met now
    500: {_ANY: "5.5.2"},  # the command or its syntax is not known
    501: {_ANY: "5.5.4"},
    502: {_ANY: "5.5.1"},  # RFC 3463 s3.6: the command is unsupported
    503: {_ANY: "5.5.1"},
    504: {_ANY: "5.5.4"},
    521: {_ANY: "5.3.2"},  # RFC 7504 s3
    523: {_ANY: "5.7.10"},
    530: {_ANY: "5.7.0"},  # RFC 4954 s6, RFC 3207 s4
    534: {_ANY: "5.7.9"},  # RFC 4954 s6, as the next two
    535: {_ANY: "5.7.8"},
    538: {_ANY: "5.7.11"},
    552: {"MAIL": "5.3.4", "DATA": "5.3.4", "BDAT": "5.3.4", ".": "5.3.4"},  # RFC 1870 s6.1
    553: {"MAIL": "5.1.7", "RCPT": "5.1.3"},  # RFC 5321 s4.2.2: mailbox name not allowed
    555: {_ANY: "5.5.4"},
    556: {"RCPT": "5.1.10"},  # RFC 7504 s4
}
_INTERMEDIATE = 3


def default_status(code: int, verb: str) -> EnhancedStatusCode | None:
    """Return the status of a bare reply, or `None` if it has to have none.

    >>> str(default_status(250, "RCPT")), str(default_status(550, "RCPT"))
    ('2.1.5', '5.0.0')

    Args:
        code: The reply code, 200..599.
        verb: The command that is answered, in any case; `GREETING` before the
            first, `"."` for the end of the message's text.

    Raises:
        InvalidStatusCode: `code` is out of range.
    """
    verb = verb.upper()
    if code // 100 == _INTERMEDIATE or verb in _BARE:
        return None
    by_verb = _STATUSES.get(code, {})
    text = by_verb.get(verb) or by_verb.get(_ANY)
    if text is None:
        return EnhancedStatusCode(code // 100, 0, 0)
    return EnhancedStatusCode.parse(text)
