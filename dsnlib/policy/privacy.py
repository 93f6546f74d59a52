"""What a report leaves out so as not to tell what is nobody's business (RFC 3464 s4.2).

Rules.
- Only optional fields are left out; what RFC 3464 requires stays.
- A transcript keeps its codes: they say what happened, and name nobody.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import attrs

from dsnlib.model.address import DiagnosticCode
from dsnlib.model.texts import texts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dsnlib.model.address import MtaName
    from dsnlib.model.envelope import Envelope
    from dsnlib.model.outcome import DeliveryOutcome

__all__ = ["Privacy"]

# The codes that the first line of a transcript begins with          RFC 3461 s9.2
_CODES = re.compile(r"([2-5][0-9]{2})(?![^ -])(?:[ -]([245](?:\.[0-9]{1,3}){2})(?![^ ]))?")

# What stands round an address in a text of another system.
_AROUND = re.compile(r"[\s<>()\[\]\",;:]+")


def _names_one_of(secrets: frozenset[str], diagnostic: DiagnosticCode | None) -> bool:
    if diagnostic is None:
        return False
    words = _AROUND.split(diagnostic.text.lower())
    return any(word.strip("'.") in secrets for word in words)


def _domains(values: Iterable[str]) -> tuple[str, ...]:
    return tuple([each.lower().strip(".") for each in texts(values)])


@attrs.frozen(kw_only=True)
class Privacy:
    """What senders are not told.

    Args:
        hides_expansions: Where an alias of this system leads to.
        hides_transcripts: What other servers said, but for the codes.
        internal_domains: Domains whose hosts are not named, such as
            `internal.example.org`; a subdomain is one of them.

    Raises:
        InvalidValue: One text is given where several are wanted.
    """

    hides_expansions: bool = False
    hides_transcripts: bool = False
    internal_domains: tuple[str, ...] = attrs.field(default=(), converter=_domains)

    def is_internal(self, mta: MtaName | None) -> bool:
        """Tell whether a host is not to be named."""
        if mta is None:
            return False
        name = mta.name.lower().rstrip(".")
        return any(name == each or name.endswith(f".{each}") for each in self.internal_domains)

    def secrets_of(self, envelope: Envelope) -> frozenset[str]:
        """Return the addresses that the sender is not to read, in lower case.

        Those that an alias led to, but for those that the sender wrote as well.
        """
        if not self.hides_expansions:
            return frozenset()
        recipients = envelope.recipients
        written = {each.accepted.lower() for each in recipients}
        return frozenset(each.address.lower() for each in recipients) - written

    def hides_words_of(
        self, outcome: DeliveryOutcome, secrets: frozenset[str] = frozenset()
    ) -> bool:
        """Tell whether what was said about a recipient is left out.

        Args:
            outcome: What became of the recipient.
            secrets: From `secrets_of`: a reply to all recipients, as that after
                the data, may name one that is hidden.
        """
        return (
            self.hides_transcripts
            or (self.hides_expansions and outcome.recipient.expanded_from is not None)
            or self.is_internal(outcome.remote_mta)
            or (bool(secrets) and _names_one_of(secrets, outcome.diagnostic))
        )

    @staticmethod
    def without_words(diagnostic: DiagnosticCode | None) -> DiagnosticCode | None:
        """Return the codes of a transcript, or nothing if it has none.

        >>> str(Privacy.without_words(DiagnosticCode("smtp", "550 5.1.1 no bob2@host.lan")))
        'smtp; 550 5.1.1'
        """
        if diagnostic is None or diagnostic.type.lower() != "smtp":
            return None
        found = _CODES.match(diagnostic.text)
        if found is None:
            return None
        status = "" if found[2] is None else f" {found[2]}"
        return DiagnosticCode("smtp", f"{found[1]}{status}")
