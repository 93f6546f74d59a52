"""Lines of Postfix's log -> outcomes, as a delivery agent of ours would tell them.

    host NAME[ADDRESS] said: REPLY (in reply to RCPT TO command)
    host NAME[ADDRESS] refused to talk to me: REPLY
    REPLY                                           of what smtp and lmtp have sent
    anything else is Postfix's own words, or those of a command

Rules.  Who took it says what that is: a server that announced DSN has it from
now on; one that did not, and a pipe, have had it relayed; a mailbox has it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dsnlib.model.address import DiagnosticCode, MtaName
from dsnlib.model.outcome import DeliveryOutcome, Disposition
from dsnlib.model.status import EnhancedStatusCode, StatusClass
from dsnlib.policy.hop import NextHop
from tests.interop.postfix_log import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dsnlib.model.envelope import Recipient
    from dsnlib.policy.reporter import Reporter
    from tests.interop.postfix_case import Case
    from tests.interop.postfix_log import Attempt, QueueFile

__all__ = ["NO_SMTPUTF8", "Outcomes"]

_SAID = re.compile(
    r"host (?P<host>[^\[\s]+)\[[^\]]*\](?::\d+)? (?:said|refused to talk to me): "
    r"(?P<reply>.*?)(?: ?\(in reply to [^()]*\))?$"
)
_OUTPUT = re.compile(r".*?\. Command output: (.*)", re.DOTALL)
NO_SMTPUTF8 = "SMTPUTF8 is required, but was not offered"
_CLIENTS = frozenset({"smtp", "lmtp"})
_WORDS = {
    "sent": None,
    "bounced": Disposition.FAILED,
    "deferred": Disposition.DELAYED,
    "SOFTBOUNCE": Disposition.DELAYED,
}
# The listeners of the vectors that announce DSN, for what went there unseen.
_DSN_PORTS = frozenset({"2600", "2601"})


class Outcomes:
    """Reads the outcomes of one run of a queue file.

    Args:
        case: The case.
        attempts: The lines of the run.
        reporter: Who reports.
    """

    def __init__(self, case: Case, attempts: Sequence[Attempt], reporter: Reporter) -> None:
        self.pairs: list[tuple[Attempt, DeliveryOutcome]] = []
        self._case = case
        self._attempts = attempts
        self.reporter = reporter

    @staticmethod
    def are_in(file: QueueFile, recipient: Recipient) -> bool:
        """Tell whether a queue file has a line of a recipient that is not an alias's."""
        return any(_is_of(each, recipient) for each in file.attempts)

    def read(self, recipients: Iterable[Recipient]) -> list[DeliveryOutcome]:
        """Return what became of the recipients that were tried, in the order of the lines."""
        left = [*recipients]
        for attempt in self._attempts:
            same = [each for each in left if _is_of(attempt, each)]
            if not same or attempt.word not in _WORDS:
                continue
            origin = canonical(attempt.original or attempt.to)
            best = next((each for each in same if canonical(each.accepted) == origin), same[0])
            left.remove(best)
            self.pairs.append((attempt, self._outcome(best, attempt)))
        return [outcome for _, outcome in self.pairs]

    def hop(self, attempt: Attempt) -> NextHop | None:
        """Return the server that was reached, `None` if none was."""
        if attempt.host is None or attempt.port is None:
            return None
        site, port = self._case.site, attempt.port
        to = canonical(attempt.to)
        seen = [
            each
            for each in self._case.transactions
            if each.port == port and any(canonical(one.path) == to for one in each.recipients)
        ]
        # Postfix always sends ORCPT to one that announced DSN.
        dsn = any(each.has_dsn for each in seen) if seen else port in _DSN_PORTS
        return NextHop(
            name=MtaName("dns", attempt.host),
            dsn=dsn and "dsn" not in site.words(f"{attempt.agent}_discard_ehlo_keywords"),
            smtputf8=NO_SMTPUTF8 not in attempt.text,
            is_lmtp=attempt.agent == "lmtp",
            is_final=attempt.agent == "lmtp"
            and (site.is_final(attempt.to) or site.is_on("lmtp_assume_final")),
        )

    def _outcome(self, recipient: Recipient, attempt: Attempt) -> DeliveryOutcome:
        disposition = _WORDS[attempt.word] or self._taken(attempt)
        status = EnhancedStatusCode.parse(attempt.dsn)
        if disposition is Disposition.DELAYED:
            status = status.with_class(StatusClass.TRANSIENT)
        remote, diagnostic = self._diagnostic(attempt)
        return DeliveryOutcome(
            recipient=recipient,
            disposition=disposition,
            status=status,
            diagnostic=diagnostic,
            remote_mta=remote,
        )

    def _taken(self, attempt: Attempt) -> Disposition:
        hop = self.hop(attempt)
        if hop is not None and hop.dsn:
            return Disposition.HANDED_ON
        if hop is not None and not hop.is_final:
            return Disposition.RELAYED
        is_final = attempt.service in self._case.site.final
        if attempt.agent == "pipe" and not is_final:
            return Disposition.RELAYED
        return Disposition.DELIVERED

    def _diagnostic(self, attempt: Attempt) -> tuple[MtaName | None, DiagnosticCode | None]:
        text = attempt.text.strip()
        said = _SAID.search(text)
        if said is not None:
            return MtaName("dns", said["host"]), DiagnosticCode("smtp", said["reply"].strip())
        if attempt.agent in _CLIENTS and attempt.word == "sent" and attempt.host is not None:
            return MtaName("dns", attempt.host), DiagnosticCode("smtp", text)
        if not text:
            return None, None
        if self._is_command(attempt):
            output = _OUTPUT.fullmatch(text)
            return None, DiagnosticCode("x-unix", text if output is None else output[1].strip())
        return None, DiagnosticCode(self.reporter.diagnostic_type, text)

    def _is_command(self, attempt: Attempt) -> bool:
        """Tell whether the words are those of a command that failed."""
        if attempt.word == "sent":
            return False
        if attempt.agent == "pipe":
            return True
        targets = self._case.site.alias_of(attempt.to)
        return attempt.agent == "local" and any(each.startswith("|") for each in targets)


def _is_of(attempt: Attempt, recipient: Recipient) -> bool:
    return attempt.forwarded_as is None and canonical(attempt.to) == canonical(recipient.address)
