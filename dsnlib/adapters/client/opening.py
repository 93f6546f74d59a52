"""From the greeting to a session that mail can be sent in, as a dialogue.

    greeting -> EHLO, LHLO or HELO -> STARTTLS, EHLO again -> AUTH

Rules.
- What a server announces is known when it has said so in reply to 250 alone; what it
  announced before TLS is forgotten (RFC 3207 s4.2).
- Where this system takes mail, a server that calls itself what we call ourselves is us: the
  mail would come round again (RFC 5321 s6.3).  A mail store may well have the name of its
  host, and so may the server next to a program that only sends.
- Where TLS fails that nobody insists on, the mail goes without it, in a new connection.
- A reply that nobody asked for is no session to send mail in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from dsnlib.adapters.agents.verdict import one_line
from dsnlib.adapters.client.dialogue import (
    Answer,
    Hear,
    Lost,
    Say,
    StartTls,
    Step,
    TlsFailed,
    Unasked,
)
from dsnlib.adapters.client.features import PeerFeatures
from dsnlib.adapters.client.hearing import answer_class
from dsnlib.adapters.client.say import command_line
from dsnlib.adapters.client.tls.policy import ClientTlsLevel
from dsnlib.adapters.client.trouble import Trouble, make_trouble
from dsnlib.model.reply import SmtpReply
from dsnlib.policy.hop import NextHop
from dsnlib.policy.settle import TransactionReplies
from dsnlib.replies.discard import discard_offered

if TYPE_CHECKING:
    from collections.abc import Generator

    from dsnlib.adapters.client.login import Login
    from dsnlib.adapters.client.place import ServerPlace
    from dsnlib.adapters.client.settings import ClientSettings
    from dsnlib.adapters.client.tls.policy import TlsPolicy
    from dsnlib.replies.discard import Discards

__all__ = ["NoTls", "Opened", "mta_name", "open_session"]

_POSITIVE, _TRANSIENT, _PERMANENT = 2, 4, 5
_DONE, _READY, _CLOSING = 250, 220, 421
_UNASKED = Unasked()


@attrs.frozen(kw_only=True)
class Opened:
    """What is known of a server once there is a session.

    Args:
        features: What it announced and was not discarded.
        hop: The same as the engine has it.
        is_encrypted: Whether there is TLS.
        is_verified: Whether its certificate is the one that was expected.
        mechanism: By which mechanism we are logged in; `""` if we are not.
    """

    features: PeerFeatures
    hop: NextHop
    is_encrypted: bool = False
    is_verified: bool = False
    mechanism: str = ""


class NoTls(Exception):
    """TLS has failed that nobody insists on: a new connection may do without."""


def open_session(
    place: ServerPlace,
    settings: ClientSettings,
    *,
    policy: TlsPolicy,
    login: Login | None,
    discards: Discards,
    is_clear: bool = False,
) -> Generator[Step, Answer | None, Opened]:
    """Begin a session.

    Args:
        place: The server; TLS has begun with the connection where the policy says so.
        settings: How.
        policy: How the session is encrypted.
        login: Who we are; `None` for nobody.
        discards: What is passed over of what the server announces.
        is_clear: Whether TLS has failed before, which nobody insists on.

    Raises:
        NoTls: As it says.
        Trouble: There is no session.
    """
    opening = _Opening(place, settings, policy, discards)
    try:
        return (yield from opening.run(login, is_clear=is_clear))
    except Lost as error:
        command = opening.command
        text = one_line(f"{place} was lost at {command}: {error}")
        raise make_trouble("4.4.2", text, command=command, place=place) from error


class _Opening:
    def __init__(
        self, place: ServerPlace, settings: ClientSettings, policy: TlsPolicy, discards: Discards
    ) -> None:
        self.command = "greeting"
        self._place = place
        self._settings = settings
        self._policy = policy
        self._discards = discards
        self._is_encrypted = policy.is_implicit

    def run(self, login: Login | None, *, is_clear: bool) -> Generator[Step, Answer | None, Opened]:
        """Return what came of it."""
        yield from self._greet()
        lines = yield from self._say_hello()
        if not (self._is_encrypted or is_clear or self._policy.level is ClientTlsLevel.NONE):
            lines = yield from self._encrypt(lines)
        features = PeerFeatures.from_ehlo(lines)
        mechanism = ""
        if login is not None:
            mechanism = yield from self._log_in(login, features)
        is_verified = self._is_encrypted and self._policy.level.is_verified
        settings = self._settings
        hop = NextHop.from_ehlo(
            mta_name(self._place),
            lines,
            # Whoever answers may be anybody, unless the certificate was looked at.
            is_tls=is_verified,
            is_lmtp=settings.is_lmtp,
            is_final=settings.is_final,
            most_recipients=settings.most_recipients,
        )
        return Opened(
            features=features,
            hop=hop,
            is_encrypted=self._is_encrypted,
            is_verified=is_verified,
            mechanism=mechanism,
        )

    def _greet(self) -> Generator[Step, Answer | None, None]:
        answer = yield Hear(self._settings.timeouts.greeting, "greeting")
        if answer_class(answer) != _POSITIVE:
            raise self._refused(answer)
        yield from self._require_silence()

    def _say_hello(self) -> Generator[Step, Answer | None, tuple[str, ...]]:
        """Say EHLO or LHLO, HELO to a server that knows no better; return the keywords."""
        settings = self._settings
        self.command = "LHLO" if settings.is_lmtp else "EHLO"
        answer = yield from self._ask_hello()
        is_old = (
            answer_class(answer) == _PERMANENT
            and not settings.is_lmtp
            and settings.falls_back_to_helo
        )
        if is_old:
            self.command = "HELO"
            answer = yield from self._ask_hello()
        if not isinstance(answer, SmtpReply) or answer.code != _DONE:
            raise self._refused(answer)
        yield from self._require_silence()
        name = answer.lines[0].partition(" ")[0]
        may_be_us = settings.takes_mail and not settings.is_lmtp
        if may_be_us and name.lower() == settings.hello.lower():
            raise self._trouble("5.4.6", f"{self._place} is this system itself")
        return () if is_old else discard_offered(answer.lines[1:], self._discards)

    def _ask_hello(self) -> Generator[Step, Answer | None, Answer | None]:
        yield Say(command_line(f"{self.command} {self._settings.hello}"))
        return (yield Hear(self._settings.timeouts.helo, self.command))

    def _encrypt(self, lines: tuple[str, ...]) -> Generator[Step, Answer | None, tuple[str, ...]]:
        """Encrypt the session, and return what the server announces in it."""
        self.command = "STARTTLS"
        is_needed = self._policy.level.is_required
        if not PeerFeatures.from_ehlo(lines).has("STARTTLS"):
            if is_needed:
                text = f"{self._place} offers no TLS, and it is required"
                raise self._trouble("4.7.4", text)
            return lines
        try:
            answer = yield StartTls(self._policy, self._settings.timeouts.starttls)
        except (Lost, TlsFailed) as error:
            if is_needed:
                text = f"TLS with {self._place} has failed: {error}"
                raise self._trouble("4.7.5", text) from error
            raise NoTls from error
        if isinstance(answer, SmtpReply) and answer.code == _READY:
            self._is_encrypted = True
            return (yield from self._say_hello())
        if is_needed:
            raise self._trouble("4.7.4", f"{self._place} does not begin TLS: {answer}")
        if answer_class(answer) not in (_TRANSIENT, _PERMANENT) or _is_closing(answer):
            raise NoTls
        return lines

    def _log_in(self, login: Login, features: PeerFeatures) -> Generator[Step, Answer | None, str]:
        # Whoever has no password is not to wait for the mechanisms to be loaded.
        from dsnlib.adapters.client.sasl.auth import auth

        self.command = "AUTH"
        settings = self._settings
        mechanism = yield from auth(
            login, features.auth, is_tls=self._is_encrypted, policy=settings.sasl,
            seconds=settings.timeouts.helo, place=self._place,
        )  # fmt: skip
        yield from self._require_silence()
        return mechanism

    def _require_silence(self) -> Generator[Step, Answer | None, None]:
        more = yield _UNASKED
        if more is not None:
            text = f"{self._place} is out of step: {more} behind its reply to {self.command}"
            raise self._trouble("4.5.0", text)

    def _refused(self, answer: Answer | None) -> Trouble:
        if isinstance(answer, SmtpReply) and answer.code // 100 not in (_TRANSIENT, _PERMANENT):
            text = f"{self._place} is out of step: {answer} for {self.command}"
            return self._trouble("4.5.0", text)
        replies = TransactionReplies(session=answer)
        return Trouble(replies, command=self.command, place=self._place)

    def _trouble(self, status: str, text: str) -> Trouble:
        return make_trouble(status, one_line(text), command=self.command, place=self._place)


def mta_name(place: ServerPlace) -> str:
    """Return what a report calls a server.

    >>> from dsnlib.adapters.client.place import ServerPlace
    >>> mta_name(ServerPlace(host="192.0.2.1", address="192.0.2.1", port=25))
    '[192.0.2.1]'
    """
    host = place.host.strip("[]")
    if place.port is None:
        return "localhost"
    if ":" in host:
        # IPv6-address-literal = "IPv6:" IPv6-addr                  RFC 5321 s4.1.3
        return f"[IPv6:{host}]"
    return f"[{host}]" if host.replace(".", "").isdigit() else host


def _is_closing(answer: Answer | None) -> bool:
    return isinstance(answer, SmtpReply) and answer.code == _CLOSING
