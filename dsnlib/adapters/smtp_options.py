r"""For people who send with smtplib or aiosmtplib: DSN parameters out, replies back.

With smtplib::

    options = DsnOptions.of(envelope, extensions=client.esmtp_features)
    client.mail(envelope.sender, options.mail_options)
    for each in envelope.recipients:
        client.rcpt(each.address, options.rcpt_options(each))

With aiosmtplib it is `client.esmtp_extensions`, and `await`.  What a server has refused
is a value:

>>> refused = {"bob@example.org": (550, b"5.1.1 No such user")}
>>> str(replies_of(refused)["bob@example.org"].status)
'5.1.1'

Rules.
- To a server that does not announce DSN none of it goes (RFC 3461 s4); `is_announced`
  says so, and the sender's request ends there.
- Neither library is imported.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Self

import attrs

from dsnlib.errors import InvalidValue
from dsnlib.model.envelope import Recipient
from dsnlib.model.outcome import DeliveryOutcome
from dsnlib.model.reply import SmtpReply
from dsnlib.model.texts import texts
from dsnlib.policy.hop import NextHop
from dsnlib.policy.relay import RelayRecipient, plan_relay

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from dsnlib.model.envelope import Envelope
    from dsnlib.policy.relay import RelayPolicy

__all__ = ["DsnOptions", "replies_of"]


@attrs.frozen(kw_only=True)
class DsnOptions:
    """The parameters of the commands that take a message to one server.

    >>> from dsnlib import Envelope, Recipient, parse_mail_parameters, parse_rcpt_parameters
    >>> bob = Recipient("bob@example.org", parse_rcpt_parameters("NOTIFY=SUCCESS,FAILURE"))
    >>> asked = parse_mail_parameters("RET=HDRS ENVID=id-1")
    >>> envelope = Envelope(sender="ann@example.com", mail=asked, recipients=[bob])
    >>> options = DsnOptions.of(envelope, extensions={"dsn": "", "size": "1000"})
    >>> options.mail_options, options.rcpt_options(bob)
    (('RET=HDRS', 'ENVID=id-1'), ('NOTIFY=SUCCESS,FAILURE',))

    Args:
        is_announced: Whether the server announced DSN; if not, the parameters of it are
            left out, and nobody will hear of success or delay.
        mail_options: For MAIL.
        outcomes: Recipients that the server cannot be sent, and why: an address in UTF-8
            where it has no SMTPUTF8, a time to deliver by that it does not heed.
        recipients: The RCPT commands for all others.

    Raises:
        InvalidValue: One text is given where several are wanted.
    """

    is_announced: bool
    mail_options: tuple[str, ...] = attrs.field(default=(), converter=texts)
    outcomes: tuple[DeliveryOutcome, ...] = ()
    recipients: tuple[RelayRecipient, ...] = ()
    _options: dict[Recipient | str, tuple[str, ...]] = attrs.field(
        init=False, eq=False, repr=False, factory=dict
    )

    def __attrs_post_init__(self) -> None:
        twice = set()
        for each in self.recipients:
            if self._options.setdefault(each.address, each.options) != each.options:
                twice.add(each.address)
            self._options[each.recipient] = each.options
        for address in twice:
            del self._options[address]

    @classmethod
    def of(
        cls,
        envelope: Envelope,
        *,
        extensions: Mapping[str, str] | Iterable[str],
        is_tls: bool = False,
        is_header_ascii: bool = False,
        policy: RelayPolicy | None = None,
        now: dt.datetime | None = None,
    ) -> Self:
        """Return the parameters for a server.

        Args:
            envelope: The message's.
            extensions: What the server announced: `esmtp_features` of smtplib,
                `esmtp_extensions` of aiosmtplib, or the lines of its reply to EHLO.
            is_tls: Whether the session is encrypted, and the server is the right one.
            is_header_ascii: Whether the message's header is known to need no SMTPUTF8
                though the envelope has it.
            policy: What RFC 3461 leaves open; `separates_never` is not heeded, for there
                is one MAIL.
            now: When; with a zone.  Only DELIVERBY asks for it.

        Raises:
            InvalidValue: The message has a deadline, and `now` or its arrival is missing.
        """
        if isinstance(extensions, Mapping):
            extensions = [f"{word} {rest}" for word, rest in extensions.items()]
        hop = NextHop.from_ehlo("server", extensions, is_tls=is_tls)
        if policy is not None:
            policy = attrs.evolve(policy, separates_never=False)
        plan = plan_relay(envelope, hop, policy=policy, is_header_ascii=is_header_ascii, now=now)
        return cls(
            is_announced=hop.dsn,
            mail_options=next((each.options for each in plan.transactions), ()),
            outcomes=plan.outcomes,
            recipients=next((each.recipients for each in plan.transactions), ()),
        )

    @property
    def shared_rcpt_options(self) -> tuple[str, ...]:
        """The parameters that all recipients have, for `sendmail`, which has one list for all.

        Raises:
            InvalidValue: They differ: `mail` and `rcpt` are to be called one by one.
        """
        found = dict.fromkeys(each.options for each in self.recipients)
        if len(found) > 1:
            message = f"options: recipients have {len(found)} different lists, not one"
            raise InvalidValue(message, value=tuple(found))
        return next(iter(found), ())

    def rcpt_options(self, recipient: Recipient | str) -> tuple[str, ...]:
        """Return the parameters for RCPT.

        Args:
            recipient: Of the envelope; or its address, where that is there but once.

        Raises:
            InvalidValue: It is none of those that the server can be sent.
        """
        options = self._options.get(recipient)
        if options is None:
            message = f"options: {recipient!r} is not one recipient that the server can be sent"
            raise InvalidValue(message, value=recipient)
        return options


def replies_of(
    refused: Mapping[str, tuple[int, str | bytes]] | BaseException,
    *,
    recipients: Iterable[str] = (),
) -> dict[str, SmtpReply]:
    """Return what a server said of each recipient that it has refused.

    >>> class SMTPDataError(Exception):
    ...     smtp_code, smtp_error = 552, b"5.3.4 Too large"
    >>> str(replies_of(SMTPDataError(), recipients=["bob@example.org"])["bob@example.org"])
    '552 5.3.4 Too large'

    Args:
        refused: What `sendmail` returns, with aiosmtplib the first of the two; or an
            exception of either: `SMTPRecipientsRefused`, `SMTPResponseException`.
        recipients: Who was addressed: a reply to MAIL or DATA is one to each of them.

    Raises:
        InvalidReply: The exception has no reply, as one for a lost connection.
        InvalidValue: It is a reply to all, and `recipients` is empty.
    """
    if isinstance(refused, Mapping):
        return {address: SmtpReply.from_pair(*pair) for address, pair in refused.items()}
    if hasattr(refused, "recipients"):
        return SmtpReply.by_recipient(refused)
    reply = SmtpReply.from_exception(refused)
    recipient = getattr(refused, "recipient", None)
    addresses = [recipient] if isinstance(recipient, str) else list(recipients)
    if not addresses:
        message = f"replies: {type(refused).__name__} is about all recipients; say which"
        raise InvalidValue(message, value=refused)
    return dict.fromkeys(addresses, reply)
