"""Logging in to a server: which mechanism, and its dialogue (RFC 4954).

Of the mechanisms that server and policy allow the first of these is taken:

    XOAUTH2         if the secret is a token, or the policy names the mechanism
    SCRAM-SHA-256   shows nobody the password, and finds out who does not know it
    CRAM-MD5        shows nobody the password, but lets it be guessed at
    PLAIN           shows it to the server
    LOGIN           the same in more packets, for servers that know nothing else

Rules.
- A server that announces no mechanism that fits is not sent mail as by a stranger.
- A mechanism that the server calls 504 after all is no mechanism of its; the next is tried.
- No transcript has a response; nor has what is told of a refusal, if the server repeats
  what it was sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from dsnlib.adapters.client.dialogue import Hear, Say
from dsnlib.adapters.client.sasl.mechanisms import (
    CramMd5,
    LoginMechanism,
    Plain,
    Unanswerable,
    Xoauth2,
)
from dsnlib.adapters.client.sasl.scram import ScramSha256
from dsnlib.adapters.client.trouble import Trouble, make_trouble
from dsnlib.model.reply import SmtpReply
from dsnlib.model.status import StatusClass
from dsnlib.model.text import encode_wire, replace_controls
from dsnlib.policy.settle import TransactionReplies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from dsnlib.adapters.client.dialogue import Answer, Dialogue
    from dsnlib.adapters.client.login import Login
    from dsnlib.adapters.client.place import ServerPlace
    from dsnlib.adapters.client.sasl.mechanisms import Mechanism
    from dsnlib.adapters.client.sasl.policy import SaslPolicy

__all__ = ["auth", "rank_mechanisms"]

_COMMAND = "AUTH"
_HIDDEN = "(hidden)"
_SHORTEST_SECRET = 4
# The longest command line, "including the command word and the <CRLF>".  A response that
# makes it longer waits for a challenge.              RFC 5321 s4.5.3.1.4, RFC 4954 s4
_LONGEST_COMMAND_OCTETS = 512
# The longest challenge, in base64                                          RFC 4954 s4
_LONGEST_CHALLENGE_OCTETS = 12_288
_LONGEST_SHOWN = 500
_CONTINUE, _UNKNOWN_MECHANISM = 334, 504
_POSITIVE, _TRANSIENT, _PERMANENT = 2, 4, 5

_MECHANISMS: dict[str, Callable[[Login], Mechanism]] = {
    "XOAUTH2": Xoauth2,
    "SCRAM-SHA-256": ScramSha256,
    "CRAM-MD5": CramMd5,
    "PLAIN": Plain,
    "LOGIN": LoginMechanism,
}
_TOKEN = "XOAUTH2"  # noqa: S105  the name of a mechanism


def rank_mechanisms(
    login: Login, offered: Iterable[str], *, is_tls: bool, policy: SaslPolicy
) -> tuple[str, ...]:
    """Return the mechanisms that fit, the best one first.  Never raises.

    Args:
        login: Who we are.
        offered: What the server announces.
        is_tls: Whether the connection is encrypted.
        policy: What is good enough.
    """
    there = {name.upper() for name in offered}
    return tuple(
        [
            name
            for name in _MECHANISMS
            if name in there
            and policy.allows(name, is_tls=is_tls)
            and _is_kind(name, login, policy)
        ]
    )


def _is_kind(name: str, login: Login, policy: SaslPolicy) -> bool:
    if name == _TOKEN:
        # Whoever names the mechanism says that passwords are tokens.
        return login.is_token or _TOKEN in policy.mechanisms
    return not login.is_token


def auth(
    login: Login,
    offered: Iterable[str],
    *,
    is_tls: bool,
    policy: SaslPolicy,
    seconds: float,
    place: ServerPlace | None = None,
) -> Dialogue[str]:
    """Log in.

    Args:
        login: Who we are.
        offered: The mechanisms that the server announces, in the EHLO of this moment.
        is_tls: Whether the connection is encrypted.
        policy: Which of them are good enough.
        seconds: How long each reply may take.
        place: The server, for messages.

    Returns:
        The name of the mechanism.

    Raises:
        Trouble: We are not logged in; at `AUTH`.
        Lost: From whoever runs the dialogue.
    """
    words = tuple([name[:80] for name in offered])
    fitting = rank_mechanisms(login, words, is_tls=is_tls, policy=policy)
    if not fitting:
        raise _none_fits(login, words, is_tls=is_tls, policy=policy, place=place)
    troubles: list[Trouble] = []
    for name in fitting:
        mechanism = _MECHANISMS[name](login)
        try:
            first = mechanism.first()
        except Unanswerable as error:
            # A password that one mechanism forbids may do for another.
            troubles.append(_broken(mechanism, str(error), place))
            continue
        secrets = [login.password]
        answer = yield from _exchange(mechanism, first, seconds, place, secrets)
        answer = _without(answer, secrets)
        code = answer.code if isinstance(answer, SmtpReply) else 0
        if code // 100 == _POSITIVE:
            return name
        troubles.append(_refused(answer, policy, place))
        if code != _UNKNOWN_MECHANISM:
            break
    raise troubles[-1]


def _exchange(
    mechanism: Mechanism,
    first: bytes | None,
    seconds: float,
    place: ServerPlace | None,
    secrets: list[str],
) -> Dialogue[Answer]:
    """Go through one exchange; returns the reply that ends it, and adds what was sent."""
    secrets.append((first or b"").decode())
    command = f"AUTH {mechanism.name}".encode()
    waiting: bytes | None = None
    shown = command.decode()
    if first is not None:
        # A response without octets would be "=" here; none of ours begins with one.
        whole = b"%s %s" % (command, first)
        if len(whole) + 2 <= _LONGEST_COMMAND_OCTETS:
            command, shown = whole, f"{shown} {_HIDDEN}"
        else:
            waiting = first
    yield Say(command + b"\r\n", shown)
    while True:
        answer = yield Hear(seconds, _COMMAND)
        assert answer is not None  # noqa: S101  what was heard is sent into a dialogue
        if not isinstance(answer, SmtpReply) or answer.code != _CONTINUE:
            break
        try:
            challenge = _challenge(answer)
            if waiting is None:
                response = mechanism.next(challenge)
            else:
                response, waiting = waiting, None
        except Unanswerable as error:
            yield Say(b"*\r\n")
            yield Hear(seconds, _COMMAND)
            raise _broken(mechanism, str(error), place) from error
        secrets.append(response.decode())
        yield Say(response + b"\r\n", _HIDDEN if response else "")
    is_success = isinstance(answer, SmtpReply) and answer.code // 100 == _POSITIVE
    if is_success and not mechanism.is_over:
        raise _broken(mechanism, "it says that we are logged in before it can know", place)
    return answer


def _challenge(reply: SmtpReply) -> bytes:
    if len(reply.lines) != 1:
        raise Unanswerable("a challenge of the server has several lines")
    octets = encode_wire(reply.lines[0].strip(" "))
    if len(octets) > _LONGEST_CHALLENGE_OCTETS:
        raise Unanswerable("a challenge of the server is too long")
    # "=" stands for no octets.                                  RFC 4954 s4
    return b"" if octets == b"=" else octets


def _none_fits(
    login: Login,
    offered: tuple[str, ...],
    *,
    is_tls: bool,
    policy: SaslPolicy,
    place: ServerPlace | None,
) -> Trouble:
    if not offered:
        text = f"{_name(place)} offers no log-in, and there is a password for it"
        return make_trouble("4.7.0", text, command=_COMMAND, place=place)
    if not is_tls and rank_mechanisms(login, offered, is_tls=True, policy=policy):
        text = f"the password for {_name(place)} goes out under TLS alone"
        return make_trouble("4.7.11", text, command=_COMMAND, place=place)
    shown = replace_controls(" ".join(offered))[:_LONGEST_SHOWN]
    text = f"{_name(place)} offers no way to log in that may be used: {shown}"
    return make_trouble("4.7.0", text, command=_COMMAND, place=place)


def _broken(mechanism: Mechanism, why: str, place: ServerPlace | None) -> Trouble:
    text = f"the log-in at {_name(place)} by {mechanism.name} was broken off: {why}"
    return make_trouble("4.7.0", _one_line(text), command=_COMMAND, place=place)


def _refused(answer: Answer, policy: SaslPolicy, place: ServerPlace | None) -> Trouble:
    said = _one_line(str(answer))
    if not isinstance(answer, SmtpReply) or answer.code // 100 not in (_TRANSIENT, _PERMANENT):
        text = f"{_name(place)} answers to the log-in what is no reply to it: {said}"
        return make_trouble("4.7.0", text, command=_COMMAND, place=place, answer=answer)
    if answer.code // 100 == _TRANSIENT or not policy.is_soft:
        replies = TransactionReplies(session=answer)
        return Trouble(replies, command=_COMMAND, place=place)
    status = answer.status.with_class(StatusClass.TRANSIENT) if answer.status else "4.7.8"
    text = f"{_name(place)} refuses the log-in: {said}"
    return make_trouble(str(status), text, command=_COMMAND, place=place, answer=answer)


def _without(answer: Answer, secrets: Iterable[str]) -> Answer:
    """Return an answer without what it repeats of ours."""
    lines = answer.lines if isinstance(answer, SmtpReply) else (answer,)
    for secret in secrets:
        # What is shorter stands in any text, and is in none a secret.
        if len(secret) >= _SHORTEST_SECRET:
            lines = tuple([each.replace(secret, _HIDDEN) for each in lines])
    return attrs.evolve(answer, lines=lines) if isinstance(answer, SmtpReply) else lines[0]


def _name(place: ServerPlace | None) -> str:
    return "the server" if place is None else str(place)


def _one_line(text: str) -> str:
    return replace_controls(" ".join(text.split()))[:_LONGEST_SHOWN]
