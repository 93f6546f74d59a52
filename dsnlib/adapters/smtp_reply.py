r"""The octets of a reply, whatever a handler answered.

>>> ReplyWriter().write("250 OK", "MAIL")
b'250 2.1.0 OK\r\n'

Rules.
- The first reply code counts: what stands behind a line end in a handler's text,
  `550 no such user ann\r\n250 OK`, may be a client's, and is text.
- An enhanced status has the class of the reply code, and is on every line where
  RFC 2034 s4 wants one.
- What is no reply at all is answered 451 4.3.0, and logged: no mail is lost.
- A line has 512 octets at most (RFC 5321 s4.5.3.1.5).
- Usual replies are made once.  With tables in the rules each is made anew,
  because tables change.
"""

from __future__ import annotations

import functools
import logging
import re

from dsnlib.errors import InvalidReply
from dsnlib.model.reply import SmtpReply
from dsnlib.model.text import cut_octets, decode_wire, encode_wire
from dsnlib.replies.rewrite import RewriteRules, RewrittenReply, rewrite_reply
from dsnlib.replies.standard import StandardReply

__all__ = ["ReplyWriter"]

_LOG = logging.getLogger("dsnlib.smtp")

# Chosen by us: a server has some dozens of replies; a client can cause any number.
_REMEMBERED = 512
_LONGEST_REMEMBERED = 512
# With the line end: RFC 5321 s4.5.3.1.5.
_LINE_OCTETS = 512
_NO_CODE = -1
_LINE_END = re.compile(r"\r\n|\r|\n")


class ReplyWriter:
    """Writes replies under one set of rules.  One will do for all sessions of a server.

    Args:
        rules: What becomes of a reply on its way out.
    """

    def __init__(self, rules: RewriteRules | None = None) -> None:
        self.rules = RewriteRules() if rules is None else rules
        has_tables = bool(self.rules.reply_filters or self.rules.status_filters)
        self._remembered = (
            self._write if has_tables else functools.lru_cache(_REMEMBERED)(self._write)
        )

    def write(self, status: object, verb: str, *, is_utf8: bool = False) -> bytes:
        """Return the lines of a reply, each with its end.  Never raises.

        Args:
            status: Text, octets, an `SmtpReply`, or a `RewrittenReply`, which no
                rule is asked about again.
            verb: The command that is answered, as `rewrite_reply` takes it.
            is_utf8: Whether the client can read more than US-ASCII.
        """
        if isinstance(status, (str, bytes)):
            if len(status) > _LONGEST_REMEMBERED:
                return self._write(status, verb, is_utf8)
        elif not isinstance(status, (SmtpReply, RewrittenReply)):
            _LOG.error("%s: the handler answered %r, which is no reply", verb, status)
            status = StandardReply.LOCAL_ERROR.reply
        return self._remembered(status, verb, is_utf8)

    def _write(
        self,
        status: str | bytes | SmtpReply | RewrittenReply,
        verb: str,
        is_utf8: bool,  # noqa: FBT001  lru_cache is faster so
    ) -> bytes:
        reply = _read(status, verb) if isinstance(status, (str, bytes)) else status
        done = rewrite_reply(reply, verb=verb, rules=self.rules)
        lines = [_cut(line) for line in str(done.reply).split("\n")]
        text = "\r\n".join([*lines, ""])
        return encode_wire(text) if is_utf8 else text.encode("ascii", "replace")


def _cut(line: str) -> str:
    # A 334 challenge has to arrive whole: RFC 4954 s4 allows 12288 octets.
    return line if line.startswith("3") else cut_octets(line, _LINE_OCTETS - 2)


def _read(status: str | bytes, verb: str) -> SmtpReply:
    text = decode_wire(status) if isinstance(status, bytes) else status
    code, lines = text[:3], []
    # Line ends at the end are of nobody's text.
    for line in _LINE_END.split(text.rstrip("\r\n")):
        # A line of its own, as a handler writes a reply of several.
        has_code = line.startswith(code) and line[3:4] in ("", " ", "-")
        lines.append(line[4:] if has_code else line)
    try:
        return SmtpReply.from_pair(
            int(code) if code.isascii() and code.isdecimal() else _NO_CODE, "\n".join(lines)
        )
    except InvalidReply:
        _LOG.error("%s: the handler answered %r, which is no reply", verb, status)
        return StandardReply.LOCAL_ERROR.reply
