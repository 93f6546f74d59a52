"""What one session is offered: the reply to EHLO, and what is refused behind it.

An `Offer` is what the server does, less what is discarded for the client.  The
lines that it announces and the commands and parameters that it refuses come
from the same rows, those of `capabilities.EXTENSIONS`.

Rules.
- What the server does not do is refused.  What it does and only hides works.
- The replies to EHLO and HELO have no enhanced status codes (RFC 2034 s4).
- A parameter is refused by its keyword before anyone looks at its value; what
  is no keyword is left for the parser of `dsnlib.model.esmtp`.
- Where BODY is offered, but not the value that it has, 504 says which (RFC 5321
  s4.2.2), and 501 that it is no value of BODY.
- BDAT is refused with 521, and the session ends with it: octets follow that
  would be taken for commands.

Sources: RFC 5321 s4.1.1.1 and s4.1.1.11; the codes of what is refused are
those that Postfix answers.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, TypeVar

import attrs

from dsnlib.errors import InvalidParameter
from dsnlib.model.esmtp import (
    MailParameters,
    RcptParameters,
    parse_mail_parameters,
    parse_rcpt_parameters,
)
from dsnlib.model.parameter import PLACES, make_fault, split_words
from dsnlib.model.reply import SmtpReply
from dsnlib.replies.capabilities import EXTENSIONS, Capabilities, Discarding
from dsnlib.replies.discard import Discards
from dsnlib.replies.standard import StandardReply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from dsnlib.replies.capabilities import Extension

__all__ = ["Offer"]

_P = TypeVar("_P", MailParameters, RcptParameters)

# esmtp-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")           RFC 5321 s4.1.2
_KEYWORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")
_VERBS = frozenset({"MAIL", "RCPT", "VRFY", "EXPN"})
_OK = 250


# The reply to a command whose extension is not there; any other is not implemented.
_REFUSALS = {
    "AUTH": StandardReply.AUTH_NOT_OFFERED,
    "BDAT": StandardReply.CHUNKS_NOT_OFFERED,
}
# With a value they are other parameters, of which nobody knows: RFC 6531 s3.1, RFC 8689 s2.
_BARE_KEYWORDS = frozenset({"SMTPUTF8", "REQUIRETLS"})
# Which extensions each value of BODY can belong to         RFC 6152 s2, RFC 3030 s3
_BODY_WORDS = {
    "7BIT": {"8bitmime", "binarymime"},
    "8BITMIME": {"8bitmime"},
    "BINARYMIME": {"binarymime"},
}


@attrs.frozen(kw_only=True)
class Offer:
    """What one client is offered.

    >>> offer = Offer(capabilities=Capabilities(pipelining=True, dsn=True))
    >>> print(offer.ehlo_reply("mail.example.org"))
    250-mail.example.org
    250-PIPELINING
    250 DSN

    Args:
        capabilities: What the server does.
        discards: What is kept from this client.
        is_tls: Whether the session is encrypted.
    """

    capabilities: Capabilities = attrs.field(factory=Capabilities)
    discards: Discards = attrs.field(factory=Discards)
    is_tls: bool = False
    # The words of what works, hidden or not; asked for at every MAIL and RCPT.
    _active: frozenset[str] = attrs.field(init=False, repr=False, eq=False)

    @_active.default
    def _find_active(self) -> frozenset[str]:
        words = {row.word for row in EXTENSIONS if self._is_enabled(row) and self._is_time(row)}
        return frozenset(
            row.word
            for row in EXTENSIONS
            if row.word in words and (row.needs is None or row.needs in words)
        )

    def _is_enabled(self, row: Extension) -> bool:
        """Tell whether the server does it for this client, announced or not."""
        is_disabled = row.discarding is Discarding.DISABLES and row.word in self.discards.words
        return row.argument(self.capabilities) is not None and not is_disabled

    def _is_time(self, row: Extension) -> bool:
        return row.under_tls is None or row.under_tls is self.is_tls

    @property
    def announcements(self) -> tuple[str, ...]:
        """The lines of the reply to EHLO behind the first."""
        lines = [
            f"{row.keyword} {row.argument(self.capabilities)}".rstrip(" ")
            for row in EXTENSIONS
            if row.word in self._active and row.word not in self.discards.words
        ]
        return (*lines, *map(str, self.capabilities.other))

    def ehlo_reply(self, hostname: str) -> SmtpReply:
        """Return the reply to EHLO, or to LHLO.

        Args:
            hostname: The server's name, with a greeting behind it or not.

        Raises:
            InvalidReply: The name has control characters.
        """
        return SmtpReply(_OK, None, (hostname, *self.announcements))

    def helo_reply(self, hostname: str) -> SmtpReply:
        """Return the reply to HELO, which announces nothing.

        Raises:
            InvalidReply: The name has control characters.
        """
        return SmtpReply(_OK, None, (hostname,))

    @property
    def discarded_log(self) -> tuple[str, ...]:
        """The words for the log; none if there are none, or it is to be silent."""
        return self.discards.logged

    @property
    def known_mail(self) -> frozenset[str]:
        """What `parse_mail_parameters` takes as `known`: other parameters of MAIL."""
        return self._known("MAIL").difference(PLACES)

    @property
    def known_rcpt(self) -> frozenset[str]:
        """What `parse_rcpt_parameters` takes as `known`: other parameters of RCPT."""
        return self._known("RCPT").difference(PLACES)

    def _known(self, verb: str) -> frozenset[str]:
        """Return the parameters that work on a command."""
        return frozenset(_parameters(verb, self._active, self.capabilities))

    def refuse_command(self, verb: str) -> SmtpReply | None:
        """Return the refusal of a command that is not offered, or `None`.  Never raises.

        A reply of 521 ends the session.  Commands of no extension, such as
        MAIL, are not refused; nor are those that nobody knows.

        Args:
            verb: In any case.
        """
        verb = verb.upper()
        row = next((row for row in EXTENSIONS if row.verb == verb), None)
        if row is None or row.word in self._active:
            return None
        if self.is_tls and verb == "STARTTLS" and self._is_enabled(row):
            return StandardReply.TLS_ACTIVE.reply
        return _REFUSALS.get(verb, StandardReply.COMMAND_NOT_IMPLEMENTED).reply

    def parse_mail(
        self, args: str | bytes | Iterable[str], *, smtputf8: bool = False, lenient: bool = False
    ) -> MailParameters:
        """Return the parameters of MAIL, of which each is offered.

        Args:
            args: What follows the path, or its words.
            smtputf8: As for `parse_mail_parameters`.
            lenient: As there.

        Raises:
            InvalidParameter: With the reply to send, for the first at fault.
        """
        parse = functools.partial(
            parse_mail_parameters, known=self.known_mail, smtputf8=smtputf8, lenient=lenient
        )
        return self._parse("MAIL", split_words(args), parse)

    def parse_rcpt(
        self, args: str | bytes | Iterable[str], *, smtputf8: bool = False, lenient: bool = False
    ) -> RcptParameters:
        """Return the parameters of RCPT, of which each is offered.

        Args:
            args: What follows the path, or its words.
            smtputf8: As for `parse_rcpt_parameters`.
            lenient: As there.

        Raises:
            InvalidParameter: With the reply to send, for the first at fault.
        """
        parse = functools.partial(
            parse_rcpt_parameters, known=self.known_rcpt, smtputf8=smtputf8, lenient=lenient
        )
        return self._parse("RCPT", split_words(args), parse)

    def _parse(
        self, verb: str, words: tuple[str, ...], parse: Callable[[tuple[str, ...]], _P]
    ) -> _P:
        """Parse what comes before the first word that is refused, then tell of that."""
        refused = self._first_refused(verb, words)
        if refused is None:
            return parse(words)
        place, reply = refused
        parse(words[:place])
        word = words[place]
        keyword = word.partition("=")[0].upper()
        message = f"{keyword}: it is not offered to this client"
        raise InvalidParameter(message, value=word, keyword=keyword, reply=reply)

    def refuse_parameters(self, verb: str, words: str | bytes | Iterable[str]) -> SmtpReply | None:
        """Return the refusal of the first parameter that is not offered, or `None`.

        What a value must look like is not asked here; `parse_mail` and `parse_rcpt` do both.

        Args:
            verb: MAIL, RCPT, VRFY or EXPN, in any case; others have none.
            words: What follows the path or the string, or its words.
        """
        refused = self._first_refused(verb.upper(), split_words(words))
        return None if refused is None else refused[1]

    def _first_refused(self, verb: str, words: Iterable[str]) -> tuple[int, SmtpReply] | None:
        if verb not in _VERBS:
            return None
        known = self._known(verb)
        for place, word in enumerate(words):
            written, equals, value = word.partition("=")
            keyword = written.upper()
            if _KEYWORD.fullmatch(written) is None:
                continue
            if keyword in known and keyword == "BODY":
                if not self._lacks_body(value):
                    continue
                return place, _refuse_body(word, value.upper())
            if keyword in known and not (equals and keyword in _BARE_KEYWORDS):
                continue
            if equals and PLACES.get(keyword) == verb and self._has_dsn_discarded():
                return place, StandardReply.DSN_DISABLED.reply
            return place, make_fault(keyword, "is not offered", word, None, code=555).reply
        return None

    def _lacks_body(self, value: str) -> bool:
        return self._active.isdisjoint(_BODY_WORDS.get(value.upper(), ()))

    def _has_dsn_discarded(self) -> bool:
        return self.capabilities.dsn and "dsn" in self.discards.words


def _refuse_body(word: str, value: str) -> SmtpReply:
    if value not in _BODY_WORDS:
        return make_fault("BODY", "is none of its values", word, None).reply
    return make_fault("BODY", "is not offered", word, None, code=504, lacking=value).reply


def _parameters(verb: str, active: frozenset[str], capabilities: Capabilities) -> Iterator[str]:
    for row in EXTENSIONS:
        if row.word in active:
            yield from row.parameters.get(verb, ())
    for other in capabilities.other:
        yield from {"MAIL": other.mail, "RCPT": other.rcpt}.get(verb, ())
