"""What a client asks for, and what is to come of it at each place (RFC 3461 s4, s5.2).

    recipient               way                              told
    box-0@here.example      into a Maildir of ours           delivered, if SUCCESS
    far@postfix.example     by Postfix to a further hop      nothing: that hop has DSN
    far@exim.example        by Exim to a further hop         nothing: the same
    far@open.example        by OpenSMTPD to a further hop    nothing: the same
    kept@store.example      by LMTP into Dovecot's Maildir   delivered, if SUCCESS
    full@store.example      by LMTP, refused after the data  failed, if FAILURE or nothing asked
    gone@postfix.example    Postfix refuses it               failed, if FAILURE or nothing asked
    gone@exim.example       Exim refuses it                  failed, the same
    gone@open.example       OpenSMTPD refuses it             failed, the same
    gone@store.example      Dovecot refuses it               failed, the same
    old@plain.example       to smtp-sink, without DSN        relayed, if SUCCESS
    late@later.example      put off until that is told       delayed, if DELAY or nothing asked

Rules.
- Each case is one message to all of them, sent by a program that others wrote.
- What a program cannot say is left out of its cases: swaks splits what it is given at
  commas, and Postfix's sendmail has no ORCPT.
- swaks has no words for parameters.  It puts all it is given between brackets, so the
  last parameter ends in one, and is one that may (RFC 3461 s4: xtext).
- OpenSMTPD refuses an ORCPT that ends so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from dsnlib import Notify

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["CASES", "RECIPIENTS", "SENDER", "SENDER_ELSEWHERE", "Case"]

SENDER = "ann@here.example"
SENDER_ELSEWHERE = "zoe@postfix.example"
_AT_OPENSMTPD = "far@open.example"
RECIPIENTS = (
    "box-0@here.example",
    "far@postfix.example",
    "far@exim.example",
    _AT_OPENSMTPD,
    "kept@store.example",
    "full@store.example",
    "gone@postfix.example",
    "gone@exim.example",
    "gone@open.example",
    "gone@store.example",
    "old@plain.example",
    "late@later.example",
)
# Whose parameters a next hop is to see.
_PASSED_ON = ("far@postfix.example", "far@exim.example", _AT_OPENSMTPD, "late@later.example")
# recipient -> what is told of it, what has to be asked for, whether it is told unasked
_TOLD = {
    "box-0@here.example": ("delivered", Notify.SUCCESS, False),
    "gone@postfix.example": ("failed", Notify.FAILURE, True),
    "gone@exim.example": ("failed", Notify.FAILURE, True),
    "gone@open.example": ("failed", Notify.FAILURE, True),
    "kept@store.example": ("delivered", Notify.SUCCESS, False),
    "full@store.example": ("failed", Notify.FAILURE, True),
    "gone@store.example": ("failed", Notify.FAILURE, True),
    "old@plain.example": ("relayed", Notify.SUCCESS, False),
    "late@later.example": ("delayed", Notify.DELAY, True),
}


@attrs.frozen(kw_only=True)
class Case:
    """One message as a client sends it.

    Args:
        token: What its subject says.
        client: The program: `swaks`, `smtp-source`, `postfix`, `exim`.
        notify: The value of NOTIFY, of every recipient; `None` without.
        ret: The value of RET.
        envid: The value of ENVID, in xtext.
        has_orcpt: Whether each recipient has an ORCPT.
        sender: The return path.
    """

    token: str
    client: str
    notify: str | None = None
    ret: str | None = None
    envid: str | None = None
    has_orcpt: bool = False
    sender: str = SENDER

    @property
    def mail_options(self) -> tuple[str, ...]:
        """The parameters of MAIL."""
        options = (("RET", self.ret), ("ENVID", self.envid))
        return tuple(f"{name}={value}" for name, value in options if value is not None)

    def rcpt_options(self, address: str) -> tuple[str, ...]:
        """The parameters of RCPT."""
        options = [] if self.notify is None else [f"NOTIFY={self.notify}"]
        if self.has_orcpt:
            options.append(f"ORCPT={self.orcpt(address)}")
        return tuple(options)

    def orcpt(self, address: str) -> str:
        """Return the original recipient of an address: another one, with a character coded."""
        return f"rfc822;first+2B{address}{_ends(self.client)}"

    @property
    def passed_on(self) -> tuple[str, ...]:
        """Whose parameters a next hop is to see."""
        return tuple(each for each in _PASSED_ON if each not in self._refused)

    def told(self) -> frozenset[tuple[str, str]]:
        """Return what the sender is to be told, each as recipient and action."""
        asked = None if self.notify is None else Notify.parse(self.notify)
        told = {**_TOLD, **dict.fromkeys(self._refused, ("failed", Notify.FAILURE, True))}
        return frozenset(
            (address, action)
            for address, (action, condition, is_unasked) in told.items()
            if (is_unasked if asked is None else condition in asked)
        )

    @property
    def _refused(self) -> tuple[str, ...]:
        # OpenSMTPD takes no ORCPT but an address, and what ends in a bracket is none.
        return (_AT_OPENSMTPD,) if self.has_orcpt and self.client == "swaks" else ()

    def __str__(self) -> str:
        words = [f"NOTIFY={self.notify}" if self.notify else "", *self.mail_options]
        words += ["ORCPT"] if self.has_orcpt else []
        words += [f"from {self.sender}"] if self.sender != SENDER else []
        return f"{self.client}: {' '.join(filter(None, words)) or 'nothing asked'}"


def _ends(client: str) -> str:
    return ">" if client == "swaks" else ""


_NOTIFY = (
    None, "NEVER", "SUCCESS", "FAILURE", "DELAY", "SUCCESS,FAILURE", "SUCCESS,DELAY",
    "FAILURE,DELAY", "SUCCESS,FAILURE,DELAY",
)  # fmt: skip
_RET = (None, "FULL", "HDRS")
_ENVID = (None, "QQ314159", "a+2Bb+3Dc@d")


def _cases() -> Iterator[Case]:
    for number, (client, notify) in enumerate(
        (
            *(("postfix", each) for each in _NOTIFY),
            *(("exim", each) for each in _NOTIFY),
            *(("swaks", each) for each in _NOTIFY if each is None or "," not in each),
        )
    ):
        # Each value meets each client, and over all clients each NOTIFY.
        envid = _ENVID[(number // 3 + number) % 3]
        ret = _RET[number % 3] if envid or client != "swaks" else None
        yield Case(
            token=f"case{number}",
            client=client,
            notify=notify,
            ret=ret,
            envid=envid and f"{envid}{_ends(client)}",
            has_orcpt=notify is not None
            if client == "swaks"
            else (client, number % 2) == ("exim", 0),
        )
    yield Case(token="plain", client="smtp-source")
    yield Case(token="elsewhere", client="exim", sender=SENDER_ELSEWHERE)


CASES = tuple(_cases())
