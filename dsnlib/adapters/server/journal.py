"""What the log says of sessions: one line for an event, and the same as an object.

    refused: RCPT from mx.example[192.0.2.1]: 550 5.1.1 <bob@example.org>: ...;
        from=<ann@example.net> to=<bob@example.org> proto=ESMTP helo=<mx.example>

The object is in the record's attribute `event`, a dictionary of texts, numbers and
`None`, for logs in JSON.

Rules.
- What a stranger said is one line, bounded, without control characters.
- No secret is in it: not the lines of AUTH, nor what is no command and may be one of
  those, from a client that goes on after its log-in was refused.
- Nothing is put together that nobody wants to read.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from dsnlib.model.text import cut_octets, replace_controls

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dsnlib.adapters.server.dialogue import Dialogue
    from dsnlib.model.reply import SmtpReply
    from dsnlib.replies.checks import ContentVerdict
    from dsnlib.replies.judge import Verdict

__all__ = ["Journal"]

_LOG = logging.getLogger("dsnlib.server")
_LONGEST = 400
# The registered commands, and what programs say that take us for another server.
_VERBS = frozenset({
    "EHLO", "HELO", "LHLO", "MAIL", "RCPT", "DATA", "BDAT", "BURL", ".", "RSET", "NOOP", "QUIT",
    "VRFY", "EXPN", "HELP", "ETRN", "ATRN", "TURN", "SEND", "SOML", "SAML", "STARTTLS", "AUTH",
    "XCLIENT", "XFORWARD", "CONNECT", "GET", "HEAD", "POST", "PUT", "OPTIONS",
})  # fmt: skip
# What follows is a secret, may be one, or is a message.
_WITHOUT_ARGUMENT = frozenset({"AUTH", ".", "*"})


class Journal:
    """Writes the log of one session."""

    def __init__(self, session: Dialogue) -> None:
        self._session = session

    def tell(self, what: str, text: str = "", *, level: int = logging.INFO) -> None:
        """Log an event.

        Args:
            what: Its kind, one word or two.
            text: What there is to say.
            level: How much it matters.
        """
        if not _LOG.isEnabledFor(level):
            return
        session = self._session
        line = _clean(f"{what}: {session.client}{': ' if text else ''}{text}")
        _LOG.log(level, "%s", line, extra={"event": {**self._facts(what), "text": _clean(text)}})

    def refused(self, verb: str, reply: SmtpReply, argument: str = "") -> None:
        """Log that a command was refused."""
        if not _LOG.isEnabledFor(logging.INFO):
            return
        verb = _verb(verb)
        shown = _clean(str(reply).replace("\n", " / "))
        facts = {
            **self._facts("refused"),
            "verb": verb,
            "code": reply.code,
            "status": None if reply.status is None else str(reply.status),
            "text": shown,
        }
        if verb not in _WITHOUT_ARGUMENT:
            facts["argument"] = _clean(argument)
        names = (("from", "sender"), ("to", "recipient"), ("proto", "protocol"), ("helo", "helo"))
        rest = " ".join(
            f"{name}={facts[key]}" if name == "proto" else f"{name}=<{facts[key]}>"
            for name, key in names
            if facts[key] is not None
        )
        line = f"refused: {verb} from {self._session.client}: {shown}; {rest}"
        _LOG.info("%s", line, extra={"event": facts})

    def judged(self, verdict: Verdict) -> None:
        """Log what restrictions said besides the reply."""
        for failure in verdict.failures:
            self.tell("lookup failed", str(failure), level=logging.WARNING)
        for finding in verdict.warnings:
            self.tell("warning", str(finding))
        for finding in verdict.actions:
            self.tell("action", str(finding))

    def checked(self, verdict: ContentVerdict) -> None:
        """Log what the checks of the content said."""
        for match in verdict.matches:
            kind = "error" if match.kind is None else match.kind.value.lower()
            self.tell(f"content {kind}", f"{match.table}: {match.matched}: {match.text}")
        self.faults(str(each) for each in verdict.defects)
        if verdict.failure is not None:
            self.tell("lookup failed", str(verdict.failure), level=logging.WARNING)

    def faults(self, texts: Iterable[str]) -> None:
        """Log what is wrong with settings, or was wrong with a message."""
        for text in texts:
            self.tell("fault", text, level=logging.WARNING)

    def ended(self, what: str, verb: str) -> None:
        """Log the end of the session, behind a command or before the first."""
        self.tell(what, f"after {_verb(verb) if verb else 'connecting'}")

    def broken(self, verb: str, error: BaseException) -> None:
        """Log a fault of ours."""
        _LOG.error("failed: %s from %s", _verb(verb), self._session.client, exc_info=error)

    def _facts(self, what: str) -> dict[str, object]:
        session = self._session
        transaction = session.transaction
        return {
            "event": what,
            "service": session.listener.log_name,
            "client": session.client.address,
            "hostname": session.client.hostname,
            "helo": None if session.helo is None else _clean(session.helo),
            "protocol": session.protocol,
            "login": session.login,
            "sender": None if transaction is None else _clean(transaction.mail.sender),
            "recipient": None if session.recipient is None else _clean(session.recipient),
        }


def _verb(verb: str) -> str:
    """Return a verb as the log has it: `*` for what is none."""
    return verb if verb in _VERBS else "*"


def _clean(text: str) -> str:
    return cut_octets(replace_controls(text), _LONGEST).encode("utf-8", "replace").decode()
