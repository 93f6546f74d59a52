"""Any server of aiosmtpd does DSN when `DSNMixin` stands before it, and its handlers stay."""

# ruff: noqa: ANN401, ARG002, N802  hooks have the names, arguments and types of aiosmtpd
from __future__ import annotations

import asyncio
import base64
import datetime as dt
import logging
import ssl
from typing import Any

import pytest
import trustme
from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import SMTP, AuthResult
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.server.data import BareNewlines
from dsnlib.adapters.smtp_envelope import DSNEnvelope
from dsnlib.adapters.smtp_reply import ReplyWriter
from dsnlib.adapters.smtp_server import DSNMixin, DSNServer
from dsnlib.errors import InvalidAddress, InvalidValue
from dsnlib.model.address import MtaName, TypedAddress
from dsnlib.model.envelope import Body, Recipient
from dsnlib.model.esmtp import Notify, RcptParameters, Ret
from dsnlib.replies.rewrite import RewriteRules
from tests.adapters.dialogue import dialogue, replies_to
from tests.strategies import paths, rcpt_parameters

HELLO = "EHLO client.example"
MAIL = "MAIL FROM:<ann@example.org>"
RCPT = "RCPT TO:<bob@example.com>"
MESSAGE = "Subject: Minutes\r\n\r\nHere.\r\n."
LINES = (
    "250-mx.example\n250-SIZE 33554432\n250-8BITMIME\n250-SMTPUTF8\n"
    "250-ENHANCEDSTATUSCODES\n250-DSN\n250 HELP"
)


class Keeper:
    """Keeps envelopes, and what its hooks are given."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, list[str]]] = []
        self.envelopes: list[DSNEnvelope] = []

    async def handle_MAIL(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Take the sender as aiosmtpd's documentation shows it."""
        self.calls.append(("MAIL", address, options))
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Take a recipient in the same way."""
        self.calls.append(("RCPT", address, options))
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: DSNEnvelope) -> str:
        """Take the message."""
        self.envelopes.append(envelope)
        return "250 OK"


def sent(*commands: str, handler: Any = None, **settings: Any) -> DSNEnvelope:
    """Return the envelope of a message that is sent behind commands."""
    keeper = Keeper() if handler is None else handler
    replies = replies_to(HELLO, *commands, "DATA", MESSAGE, handler=keeper, **settings)
    assert "250 2.0.0 OK" == replies[-1]
    (envelope,) = keeper.envelopes
    return envelope


# The parameters


def test_envelope() -> None:
    """What MAIL and RCPT said is in `envelope.dsn`, octet for octet where it counts."""
    before = dt.datetime.now(dt.UTC)
    envelope = sent(
        f"{MAIL} SIZE=100 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=Qq+2B1 AUTH=<>",
        f"{RCPT} NOTIFY=success,FAILURE ORCPT=rfc822;Bob@Example.COM",
        "RCPT TO:<eve@example.com> NOTIFY=NEVER",
        "RCPT TO:<fay@example.com>",
    )
    dsn = envelope.dsn

    assert "ann@example.org" == dsn.sender
    assert (Ret.HDRS, "Qq+1") == (dsn.mail.ret, dsn.mail.envid)
    assert (Body.EIGHT_BIT, True) == (dsn.body, dsn.smtputf8)
    assert MtaName("dns", "client.example") == dsn.received_from
    assert before <= (dsn.arrival or before) <= dt.datetime.now(dt.UTC)
    assert dsn == envelope.dsn
    bob = RcptParameters(
        notify=Notify.SUCCESS | Notify.FAILURE, orcpt=TypedAddress("rfc822", "Bob@Example.COM")
    )
    assert (
        Recipient("bob@example.com", bob),
        Recipient("eve@example.com", RcptParameters(notify=Notify.NEVER)),
        Recipient("fay@example.com"),
    ) == dsn.recipients
    assert ["NOTIFY=success,FAILURE", "ORCPT=rfc822;Bob@Example.COM"] == dsn.recipients[
        0
    ].params.to_options()


@pytest.mark.parametrize("handler", [Keeper(), Sink(), None], ids=["hooks", "one", "none"])
def test_every_handler_takes_parameters(handler: object) -> None:
    """Parameters are taken whatever hooks there are."""
    replies = replies_to(
        HELLO, f"{MAIL} RET=FULL", f"{RCPT} NOTIFY=NEVER", "DATA", MESSAGE, handler=handler
    )

    assert ["250", "250", "250", "354", "250"] == [each[:3] for each in replies]


def test_hooks_get_words() -> None:
    """Hooks get words: keywords in upper case, values as they were written."""
    keeper = Keeper()
    sent(f"{MAIL} size=9 envid=Qq", f"{RCPT} orcpt=rfc822;Bob@example.com", handler=keeper)

    assert [
        ("MAIL", "ann@example.org", ["SIZE=9", "ENVID=Qq"]),
        ("RCPT", "bob@example.com", ["ORCPT=rfc822;Bob@example.com"]),
    ] == keeper.calls
    assert ["SIZE=9", "ENVID=Qq"] == keeper.envelopes[0].mail_options
    assert ["ORCPT=rfc822;Bob@example.com"] == keeper.envelopes[0].rcpt_options


def test_null_path() -> None:
    """The null path is the empty string, and a second MAIL behind it is nested."""
    keeper = Keeper()
    replies = replies_to(HELLO, "MAIL FROM:<>", "MAIL FROM:<>", RCPT, handler=keeper)

    assert ["250 2.1.0", "503 5.5.1", "250 2.1.5"] == [each[:9] for each in replies[1:]]
    assert ("MAIL", "", []) == keeper.calls[0]
    envelope = sent("MAIL FROM:<>", RCPT)
    assert "" == envelope.mail_from
    assert envelope.dsn.has_null_path


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (MAIL, "250 2.1.0"),
        (f"{MAIL} RET=SOME", "501 5.5.4"),
        (f"{MAIL} RET=FULL RET=FULL", "501 5.5.4"),
        (f"{MAIL} SIZE=10 SIZE=20", "501 5.5.4"),
        (f"{MAIL} ENVID=", "501 5.5.4"),
        (f"{MAIL} ENVID={'x' * 100}", "250 2.1.0"),
        (f"{MAIL} ENVID={'x' * 101}", "501 5.5.4"),
        (f"{MAIL} NOTIFY=NEVER", "555 5.5.4"),
        (f"{MAIL} FOO", "555 5.5.4"),
        (f"{MAIL} X-FOO=1", "555 5.5.4"),
        (f"{MAIL} MT-PRIORITY=3", "555 5.5.4"),
        (f"{MAIL} =1", "501 5.5.4"),
        (f"{MAIL} AUTH=<>", "250 2.1.0"),
        (f"{MAIL} AUTH=e+3Dmc2@example.com", "250 2.1.0"),
        (f"{MAIL} SIZE=0", "250 2.1.0"),
        (f"{MAIL} SIZE=33554433", "552 5.3.4"),
        (f"{MAIL} SIZE=x", "501 5.5.4"),
        (f"{MAIL} BODY=7BIT", "250 2.1.0"),
        (f"{MAIL} BODY=8bitmime", "250 2.1.0"),
        (f"{MAIL} BODY=BINARYMIME", "504 5.5.4"),
        (f"{MAIL} BODY=9BIT", "501 5.5.4"),
        (f"{MAIL} SMTPUTF8=1", "501 5.5.4"),
        ("MAIL", "501 5.5.4"),
        ("MAIL TO:<ann@example.org>", "501 5.5.4"),
        ("MAIL FROM:ann", "501 5.1.7"),
        (RCPT, "503 5.5.1"),
    ],
)
def test_mail(command: str, expected: str) -> None:
    """The code for each fault of a MAIL command."""
    assert expected == replies_to(HELLO, command)[-1][:9]


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (RCPT, "250 2.1.5"),
        ("RCPT TO:<postmaster>", "250 2.1.5"),
        (f"{RCPT} NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;{'x' * 480}", "250 2.1.5"),
        (f"{RCPT} NOTIFY=NEVER,DELAY", "501 5.5.4"),
        (f"{RCPT} NOTIFY=", "501 5.5.4"),
        (f"{RCPT} NOTIFY=NEVER NOTIFY=NEVER", "501 5.5.4"),
        (f"{RCPT} ORCPT=bob", "501 5.5.4"),
        (f"{RCPT} RET=FULL", "555 5.5.4"),
        (f"{RCPT} SIZE=1", "555 5.5.4"),
        ("RCPT TO:<>", "501 5.1.3"),
        ("RCPT", "501 5.5.4"),
        (MAIL, "503 5.5.1"),
    ],
)
def test_rcpt(command: str, expected: str) -> None:
    """The code for each fault of a RCPT command."""
    assert expected == replies_to(HELLO, MAIL, command)[-1][:9]


@pytest.mark.parametrize("handler", [Keeper(), None], ids=["hooks", "none"])
def test_order(handler: object) -> None:
    """Commands out of order are refused 503 5.5.1."""
    commands = (MAIL, RCPT, "DATA", HELLO, RCPT, "DATA", MAIL, "DATA", RCPT, "DATA x")
    replies = replies_to(*commands, handler=handler)

    codes = [each[:9] for each in replies]
    assert ["503 5.5.1"] * 3 == codes[:3]
    assert ["503 5.5.1"] * 2 == codes[4:6]
    assert ["250 2.1.0", "503 5.5.1", "250 2.1.5", "501 5.5.4"] == codes[6:]


def test_refused_command_leaves_nothing() -> None:
    """Of a command that was refused, nothing is in the envelope."""
    envelope = sent(
        f"{MAIL} RET=SOME ENVID=a", MAIL, f"{RCPT} NOTIFY=FOO", "RCPT TO:<eve@example.com>"
    )

    assert None is envelope.dsn.mail.envid
    assert (Recipient("eve@example.com"),) == envelope.dsn.recipients


@pytest.mark.parametrize("how", ["argument", "attribute"])
def test_ignored_parameters(how: str) -> None:
    """A named parameter is accepted, and kept for whoever looks for it."""

    class Server(DSNServer):
        ignored_parameters = frozenset({"MT-PRIORITY", "X-FOO"})

    named = {"ignored_parameters": ["mt-priority", "x-foo"]} if how == "argument" else {}
    made = DSNServer if how == "argument" else Server
    envelope = sent(f"{MAIL} mt-priority=3", f"{RCPT} X-FOO", made=made, **named)

    assert ["mt-priority=3"] == envelope.dsn.mail.to_options()
    assert ["X-FOO"] == envelope.rcpt_options
    assert "555" == replies_to(HELLO, f"{MAIL} OTHER=3", made=made, **named)[-1][:3]


@pytest.mark.parametrize("how", ["argument", "attribute"])
def test_a_text_is_no_set_of_keywords(how: str) -> None:
    """Its letters are not taken for keywords."""

    class Server(DSNServer):
        ignored_parameters = "MT-PRIORITY"  # type: ignore[assignment]  # the fault

    named: dict[str, Any] = {"ignored_parameters": "MT-PRIORITY"} if how == "argument" else {}
    with pytest.raises(InvalidValue, match=r"\Aignored_parameters: keywords are wanted, "):
        (DSNServer if named else Server)(Keeper(), **named)


def test_helo_brings_no_parameters() -> None:
    """After HELO parameters are a syntax error, whatever they are."""
    replies = replies_to("HELO client.example", f"{MAIL} RET=FULL", MAIL, f"{RCPT} NOTIFY=NEVER")

    assert ["250 mx.example", "501 5.5.4", "250 2.1.0", "501 5.5.4"] == [
        replies[0], *(each[:9] for each in replies[1:])
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("command", "strictly"),
    [
        ("MAIL FROM: <ann@example.org>", "501 5.1.7"),
        ("MAIL FROM:ann@example.org", "501 5.1.7"),
        (f"{MAIL} ENVID=a+2b", "501 5.5.4"),
    ],
)
def test_strict(command: str, strictly: str) -> None:
    """By itself the server takes what clients are known to send."""
    assert "250 2.1.0" == replies_to(HELLO, command)[-1][:9]
    assert strictly == replies_to(HELLO, command, is_strict=True)[-1][:9]


def test_settings_of_aiosmtpd() -> None:
    """What a server is told not to do is refused like what nobody knows."""
    assert "555" == replies_to(HELLO, f"{MAIL} BODY=8BITMIME", decode_data=True)[-1][:3]
    assert "555" == replies_to(HELLO, f"{MAIL} SMTPUTF8", enable_SMTPUTF8=False)[-1][:3]

    class Short(DSNServer):
        local_part_limit = 5

    commands = ("MAIL FROM:<longer@example.org>", MAIL, "RCPT TO:<longer@example.org>")
    replies = replies_to(HELLO, *commands, made=Short)
    assert ["501 5.1.7", "250 2.1.0", "501 5.1.3"] == [each[:9] for each in replies[1:]]


def test_utf8() -> None:
    """Addresses keep their characters; octets that are no UTF-8 are refused."""
    envelope = sent(
        "MAIL FROM:<änn@example.org> SMTPUTF8",
        "RCPT TO:<bøb@example.com> ORCPT=utf-8;bøb@x.example",
    )
    replies = replies_to(HELLO, b"MAIL FROM:<\xff@example.org>")

    assert "änn@example.org" == envelope.dsn.sender
    assert "bøb@x.example" == str(getattr(envelope.dsn.recipients[0].params.orcpt, "value", ""))
    assert "500 5.5.2" == replies[-1][:9]


# Lengths


@pytest.mark.requirement("3461-5.4-06")
@pytest.mark.requirement("5321-4.5.3.1.4-01")
@pytest.mark.requirement("6531-3.1-01")
@pytest.mark.requirement("2852-2-01")
def test_long_commands() -> None:
    """MAIL and RCPT with all that DSN allows are taken (RFC 3461 s5.4), others are not."""
    mail = f"MAIL FROM:<{'a' * 64}@{'b.' * 90}example> ENVID={'x' * 100} AUTH={'y' * 490}"
    rcpt = f"RCPT TO:<{'a' * 64}@{'b.' * 90}example> ORCPT=rfc822;{'x' * 490}".ljust(1034)
    replies = replies_to(HELLO, mail, rcpt, f"NOOP {'x' * 600}", f"{RCPT} ORCPT={'x' * 2048}")

    assert ["250 2.1.0", "250 2.1.5", "500 5.5.2", "500 5.5.2"] == [
        each[:9] for each in replies[1:]
    ]


def test_long_command_before_ehlo() -> None:
    """A long MAIL is out of order before EHLO, not too long."""
    assert "503 5.5.1" == replies_to(f"{MAIL} ENVID={'x' * 600}")[0][:9]


def test_limits_are_of_the_connection() -> None:
    """Other connections come and go without a word about this one's limits."""

    async def talk() -> list[str]:
        async with dialogue() as first:
            await first.say(HELLO, HELLO, MAIL)
            async with dialogue() as second:
                await second.say(HELLO)
                limits = first.server.command_size_limits
                assert limits is not SMTP.command_size_limits
                assert (2048, 2048, 512) == tuple(limits[each] for each in ("MAIL", "RCPT", "NOOP"))
                return await first.say(f"{RCPT} ORCPT=rfc822;{'x' * 490}")

    assert "250 2.1.5" == asyncio.run(talk())[0][:9]


def test_overlong_line() -> None:
    """A line beyond what is read at once is passed over whole."""
    replies = replies_to(HELLO, f"{MAIL} {'x' * 100_000}", "NOOP")

    assert ["500 5.5.2", "250 2.0.0"] == [each[:9] for each in replies[1:]]


# EHLO


def test_ehlo() -> None:
    """The reply is one, with DSN and ENHANCEDSTATUSCODES, and has no status itself."""
    assert [LINES, LINES] == replies_to(HELLO, HELLO)


def test_ehlo_goes_out_at_once() -> None:
    """Its lines are one write: no client waits for the acknowledgement of the first."""

    async def talk() -> bytes:
        async with dialogue() as client:
            await client.send(b"EHLO client.example\r\n")
            return await client.reader.read(65536)

    assert asyncio.run(talk()).endswith(b"\r\n250 HELP\r\n")


class Hiding:
    """The newer form of the hook, which answers what is announced."""

    async def handle_EHLO(
        self, server: Any, session: Any, envelope: Any, name: str, lines: list[str]
    ) -> list[str]:
        """Hide DSN from one client."""
        session.host_name = name
        return [each for each in lines if not (name == "old.example" and "DSN" in each)]


class Refusing:
    """The newer form, which refuses."""

    async def handle_EHLO(
        self, server: Any, session: Any, envelope: Any, name: str, lines: list[str]
    ) -> list[str]:
        """Refuse a client."""
        return ["550 5.7.1 not you"]


class Older:
    """The older form, which has the last line."""

    def __init__(self, answer: str) -> None:
        self.answer = answer

    async def handle_EHLO(self, server: Any, session: Any, envelope: Any, name: str) -> str:
        """Answer the last line."""
        session.host_name = name
        return self.answer


def test_newer_hook_of_ehlo() -> None:
    """It sees our keywords, and decides."""
    assert [LINES] == replies_to(HELLO, handler=Hiding())
    assert [LINES.replace("250-DSN\n", "")] == replies_to("EHLO old.example", handler=Hiding())


def test_older_hook_of_ehlo() -> None:
    """It has the last line, and our keywords stand before it."""
    with pytest.warns(DeprecationWarning, match="4-argument"):
        assert [LINES.replace("HELP", "XFOO")] == replies_to(HELLO, handler=Older("250 XFOO"))


def test_hook_refuses_ehlo() -> None:
    """A refusal is the refusal alone, and the session is not begun."""
    assert ["550 5.7.1 not you", "503 5.5.1"] == [
        each[:17] if each.startswith("550") else each[:9]
        for each in replies_to(HELLO, MAIL, handler=Refusing())
    ]
    with pytest.warns(DeprecationWarning, match="4-argument"):
        assert ["550 no"] == replies_to(HELLO, handler=Older("550 no"))


def test_ehlo_without_a_name() -> None:
    """The refusal of EHLO has no status (RFC 2034 s4)."""
    assert ["501 Syntax: EHLO hostname"] == replies_to("EHLO")


# Replies


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("NOOP", "250 2.0.0 OK"),
        ("RSET", "250 2.0.0 OK"),
        ("FOO", '500 5.5.2 Error: command "FOO" not recognized'),
        ("", "500 5.5.2 Error: bad syntax"),
        ("VRFY", "501 5.5.4 Syntax: VRFY <address>"),
        ("EXPN x", "502 5.5.1 EXPN not implemented"),
        ("STARTTLS", "454 4.7.0 TLS not available"),
        ("QUIT", "221 2.0.0 Bye"),
        ("HELO client.example", "250 mx.example"),
        ("AUTH PLAIN x", "538 5.7.11 Encryption required for requested authentication mechanism"),
        ("HELP RCPT", "250 2.0.0 Syntax: RCPT TO: <address> [SP <mail-parameters>]"),
    ],
)
def test_replies_have_their_status(command: str, expected: str) -> None:
    """Every reply has one, but those that may not; right behind EHLO too."""
    assert expected == replies_to(HELLO, command)[-1]


def test_greeting_and_first_fault() -> None:
    """The greeting has no status; what is refused behind it has."""
    assert ["500 5.5.2 Error: bad syntax"] == replies_to("")


def test_authentication() -> None:
    """A challenge passes as it is, and the reply behind it keeps its status."""

    def authenticate(*arguments: Any) -> AuthResult:
        return AuthResult(success=False, handled=False)

    response = base64.b64encode(b"\0ann\0secret")
    replies = replies_to(
        HELLO,
        "AUTH PLAIN",
        response,
        MAIL,
        auth_require_tls=False,
        authenticator=authenticate,
    )
    assert [
        "334 ",
        "535 5.7.8 Authentication credentials invalid",
        "250 2.1.0 Sender is fine",
    ] == replies[1:]
    assert "250-AUTH LOGIN PLAIN\n" in replies[0]


def test_authentication_needed() -> None:
    """Where it is required, each command says so."""
    settings = {"auth_require_tls": False, "auth_required": True, "handler": Keeper()}
    with pytest.warns(UserWarning, match="Requiring AUTH"):
        replies = replies_to(HELLO, MAIL, RCPT, "DATA", **settings)

    assert {"530 5.7.0"} == {each[:9] for each in replies[1:]}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("550 no such user", "550 5.0.0 no such user"),
        ("550 5.1.1 no such user", "550 5.1.1 no such user"),
        ("450 5.1.1 wrong class", "450 4.1.1 wrong class"),
        (b"550 5.7.1 octets", "550 5.7.1 octets"),
        ("550-5.7.1 a\r\n550 5.7.1 b", "550-5.7.1 a\n550 5.7.1 b"),
        ("550 5.7.1 a\r\n250 OK", "550-5.7.1 a\n550 5.7.1 250 OK"),
        (None, "451 4.3.0 Something went wrong here; send it again later"),
        ("fine", "451 4.3.0 Something went wrong here; send it again later"),
    ],
)
def test_what_a_handler_answers(answer: Any, expected: str) -> None:
    """It goes out well formed, and as one reply."""

    class Answering:
        async def handle_RCPT(self, *arguments: Any) -> Any:
            return answer

    assert expected == replies_to(HELLO, MAIL, RCPT, handler=Answering())[-1]


def test_exception_in_a_handler(caplog: pytest.LogCaptureFixture) -> None:
    """It is ours, so the client is to come again, and is not told what it was."""

    class Broken:
        async def handle_DATA(self, *arguments: Any) -> str:
            message = "secret"
            raise RuntimeError(message)

    with caplog.at_level(logging.ERROR, logger="dsnlib.smtp"):
        replies = replies_to(HELLO, MAIL, RCPT, "DATA", MESSAGE, "NOOP", handler=Broken())

    assert "451 4.3.0 Something went wrong here; send it again later" == replies[-2]
    assert "250 2.0.0 OK" == replies[-1]
    assert "secret" in caplog.text


def test_handler_of_exceptions() -> None:
    """A handler that takes exceptions answers for them."""

    class Taking:
        async def handle_MAIL(self, *arguments: Any) -> str:
            raise RuntimeError

        async def handle_exception(self, error: Exception) -> str:
            return f"554 {type(error).__name__}"

    assert "554 5.0.0 RuntimeError" == replies_to(HELLO, MAIL, handler=Taking())[-1]


@pytest.mark.parametrize("code", [421, 521])
def test_last_reply(code: int) -> None:
    """Behind 421 and 521 the session is over, whoever said it."""

    class Closing:
        async def handle_MAIL(self, *arguments: Any) -> str:
            return f"{code} no more"

    replies = replies_to(HELLO, MAIL, "NOOP", handler=Closing())
    assert [str(code), ""] == [each[:3] for each in replies[1:]]


def test_soft_bounce() -> None:
    """With other rules, no mail is returned."""
    replies = ReplyWriter(RewriteRules(soft_bounce=True))

    assert "455 4.5.4" == replies_to(HELLO, f"{MAIL} FOO", replies=replies)[-1][:9]


# Handlers that do more than take


class Rewriting(Keeper):
    """Puts other recipients in the place of those that came."""

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Take two for one, and none for another."""
        if address.startswith("team@"):
            envelope.rcpt_tos += ["bob@example.com", "eve@example.com"]
        elif not address.startswith("nobody@"):
            envelope.rcpt_tos.append(address.lower())
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: DSNEnvelope) -> str:
        """Add one who gets a copy."""
        envelope.rcpt_tos.insert(0, "copy@example.com")
        return await super().handle_DATA(server, session, envelope)


def test_recipients_of_the_handler() -> None:
    """Parameters follow the recipients that a handler has made of one."""
    envelope = sent(
        MAIL,
        "RCPT TO:<team@example.com> NOTIFY=FAILURE",
        "RCPT TO:<nobody@example.com> NOTIFY=DELAY",
        "RCPT TO:<FAY@example.com> NOTIFY=NEVER",
        handler=Rewriting(),
    )

    assert (
        Recipient("copy@example.com"),
        Recipient("bob@example.com", RcptParameters(notify=Notify.FAILURE)),
        Recipient("eve@example.com", RcptParameters(notify=Notify.FAILURE)),
        Recipient("fay@example.com", RcptParameters(notify=Notify.NEVER)),
    ) == envelope.dsn.recipients


def test_recipient_twice() -> None:
    """Twice the same address is two recipients, each with its parameters."""
    envelope = sent(MAIL, f"{RCPT} NOTIFY=NEVER", RCPT)

    never, none = envelope.dsn.recipients
    assert (Notify.NEVER, None) == (never.params.notify, none.params.notify)


def test_refused_sender() -> None:
    """A sender that a handler refuses is none, and the next one can come."""

    class Choosy(Keeper):
        async def handle_MAIL(
            self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
        ) -> str:
            if address == "spam@example.org":
                return "550 no"
            return await super().handle_MAIL(server, session, envelope, address, options)

    envelope = sent("MAIL FROM:<spam@example.org> ENVID=a", MAIL, RCPT, handler=Choosy())
    assert ("ann@example.org", None) == (envelope.dsn.sender, envelope.dsn.mail.envid)


def test_envelope_before_its_time() -> None:
    """Without a recipient there is no envelope yet; before the message, no arrival."""
    envelope = DSNEnvelope()
    with pytest.raises(InvalidValue, match="no recipient"):
        _ = envelope.dsn
    envelope.rcpt_tos.append("bob@example.com")

    assert None is envelope.dsn.arrival
    assert "" == envelope.dsn.sender


def test_null_path_of_aiosmtpd() -> None:
    """A handler that puts aiosmtpd's null path there means ours."""
    envelope = DSNEnvelope()
    envelope.mail_from = "<>"
    envelope.rcpt_tos.append("bob@example.com")

    assert "" == envelope.dsn.sender


def test_address_that_no_command_has() -> None:
    """What a handler made of an address is told as what it is."""
    envelope = DSNEnvelope()
    envelope.rcpt_tos.append("Bob <bob@example.com>")

    with pytest.raises(InvalidAddress, match="recipient"):
        _ = envelope.dsn


@given(st.lists(st.tuples(paths(), rcpt_parameters()), min_size=1, max_size=5), st.randoms())
def test_parameters_stay_with_their_recipient(
    commands: list[tuple[str, RcptParameters]], random: Any
) -> None:
    """In whatever order a handler puts recipients, each has its parameters."""
    envelope = DSNEnvelope()
    for address, parameters in {each[0]: each for each in commands}.values():
        envelope.rcpt_tos.append(address)
        envelope.accept([address], parameters)
    expected = {each.address: each.params for each in envelope.dsn.recipients}
    random.shuffle(envelope.rcpt_tos)

    assert expected == {each.address: each.params for each in envelope.dsn.recipients}
    assert dict(commands) == expected


@pytest.mark.parametrize("name", ["a (b)", "a\x00b", "\x1b[31m", "[192.0.2.1]", "client.example"])
def test_name_of_the_client(name: str) -> None:
    """A name that is none is left out, and stops nobody."""
    keeper = Keeper()
    replies = replies_to(f"EHLO {name}", MAIL, RCPT, "DATA", MESSAGE, handler=keeper)

    assert "250 2.0.0 OK" == replies[-1]
    received_from = keeper.envelopes[0].dsn.received_from
    is_name = name in ("[192.0.2.1]", "client.example")
    assert (MtaName("dns", name) if is_name else None) == received_from


# The message


def test_content() -> None:
    """The octets as they came, dots undone; the next command may be right behind."""
    keeper = Keeper()

    async def talk() -> list[str]:
        async with dialogue(keeper) as client:
            await client.say(HELLO, MAIL, RCPT, "DATA")
            replies = await client.say(
                b"Subject: x\r\n\r\n..a\r\n.b\r\n\r\n.\r\nNOOP\r\nMAIL FROM:<>"
            )
            return [*replies, await client.hear(), await client.hear()]

    assert ["250 2.0.0", "250 2.0.0", "250 2.1.0"] == [each[:9] for each in asyncio.run(talk())]
    assert b"Subject: x\r\n\r\n.a\r\nb\r\n\r\n" == keeper.envelopes[0].content
    assert keeper.envelopes[0].content == keeper.envelopes[0].original_content


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("x" * 999 + "\r\n.", "250 2.0.0"),
        ("x" * 1000 + "\r\n.", "500 5.5.2"),
        ("x" * 9000 + "\r\n.", "500 5.5.2"),
        (("x" * 98 + "\r\n") * 100 + ".", "250 2.0.0"),
        (("x" * 98 + "\r\n") * 101 + ".", "552 5.3.4"),
    ],
    ids=["longest line", "too long", "far too long", "largest", "too large"],
)
def test_limits_of_the_message(message: str, expected: str) -> None:
    """What is too long or too large is read to its end, and refused."""
    settings = {"handler": Keeper(), "data_size_limit": 10_000}
    replies = replies_to(HELLO, MAIL, RCPT, "DATA", message, MAIL, **settings)

    assert [expected, "250 2.1.0"] == [each[:9] for each in replies[-2:]]


@pytest.mark.parametrize(
    ("bare_newlines", "expected", "content"),
    [
        (None, "250 2.0.0", [b"a\n.\nb\r\n"]),
        (BareNewlines.NORMALIZE, "250 2.0.0", [b"a\r\n.\r\nb\r\n"]),
        (BareNewlines.REFUSE, "550 5.5.2", []),
    ],
)
def test_bare_newlines(
    bare_newlines: BareNewlines | None, expected: str, content: list[bytes]
) -> None:
    """A line feed alone ends no message; what else it means can be set."""
    keeper = Keeper()
    settings = {} if bare_newlines is None else {"bare_newlines": bare_newlines}
    replies = replies_to(HELLO, MAIL, RCPT, "DATA", "a\n.\nb\r\n.", handler=keeper, **settings)

    assert expected == replies[-1][:9]
    assert content == [each.content for each in keeper.envelopes]


@pytest.mark.parametrize("settings", [{"decode_data": True}, {}], ids=["text", "octets"])
def test_other_ways_to_take_a_message(settings: dict[str, Any]) -> None:
    """Text instead of octets, and no hook at all, are aiosmtpd's own."""
    keeper = Keeper()
    handler = keeper if settings else None
    replies = replies_to(HELLO, MAIL, RCPT, "DATA", MESSAGE, handler=handler, **settings)

    assert "250 2.0.0 OK" == replies[-1]
    assert (["Subject: Minutes\r\n\r\nHere.\r\n"] if settings else []) == [
        each.content for each in keeper.envelopes
    ]


def test_connection_lost_in_the_message() -> None:
    """A message without its end is no message."""
    keeper = Keeper()

    async def talk() -> None:
        async with dialogue(keeper) as client:
            await client.say(HELLO, MAIL, RCPT, "DATA")
            await client.send(b"Subject: x\r\n\r\nhalf")
            client.writer.write_eof()
            assert b"" == await client.reader.read()

    asyncio.run(talk())
    assert [] == keeper.envelopes


# The session


def test_encryption() -> None:
    """What was said before STARTTLS is forgotten, and all is as before behind it."""
    authority = trustme.CA()
    context, trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("mx.example").configure_cert(context)
    authority.configure_trust(trusting)
    keeper = Keeper()

    async def talk() -> list[str]:
        async with dialogue(keeper, tls_context=context) as client:
            replies = await client.say(HELLO, "MAIL FROM:<before@example.org>", "STARTTLS")
            await client.writer.start_tls(trusting, server_hostname="mx.example")
            return replies + await client.say(MAIL, HELLO, MAIL, RCPT, "DATA", MESSAGE)

    replies = asyncio.run(talk())
    assert "250-STARTTLS\n" in replies[0]
    assert "220 2.0.0" == replies[2][:9]
    assert "503 5.5.1" == replies[3][:9]
    assert "250-DSN\n" in replies[4]
    assert "STARTTLS" not in replies[4]
    assert "250 2.0.0 OK" == replies[-1]
    assert "ann@example.org" == keeper.envelopes[0].dsn.sender


VERBS = ("EHLO", "HELO", "MAIL", "RCPT", "DATA", "RSET", "NOOP", "VRFY", "AUTH", "QUIT", "HELP")
OTHERS = ("FROM:<ann@example.org>", "TO:<bob@example.com>", "<>", "x", "RET=FULL", "NOTIFY=NEVER")
WORDS = st.sampled_from([*VERBS, *OTHERS])
COMMANDS = st.one_of(
    st.lists(WORDS, min_size=1, max_size=4).map(" ".join).map(str.encode),
    st.binary(max_size=40).map(lambda octets: octets.replace(b"\n", b"").rstrip(b"\r")),
)


@given(st.lists(COMMANDS, max_size=8))
def test_any_commands(commands: list[bytes]) -> None:
    """Whatever comes is answered, each command with one reply, or the session is over."""

    async def talk() -> None:
        async with dialogue(Keeper()) as client:
            for command in (HELLO.encode(), *commands):
                (reply,) = await client.say(command)
                if not reply or reply.startswith("221"):
                    return
                assert 200 <= int(reply[:3]) < 600
                if reply.startswith("3"):
                    await client.say(b"." if reply.startswith("354") else b"*")

    asyncio.run(talk())


# How it is put to use


def test_mixin() -> None:
    """Any server of aiosmtpd will do."""

    class Server(DSNMixin, SMTP):
        async def smtp_XFOO(self, argument: str) -> None:
            """Answer a command of its own."""
            await self.push(f"250 {argument}")

    assert ["250 2.0.0 bar"] == replies_to("XFOO bar", made=Server)


def test_methods_are_those_that_aiosmtpd_finds() -> None:
    """Commands and mechanisms are found by class and instance, and `dir` tells all names."""

    class Server(DSNServer):
        def __init__(self, *arguments: Any, **settings: Any) -> None:
            self.smtp_XBAR = self.smtp_NOOP
            super().__init__(*arguments, **settings)

        async def smtp_XFOO(self, argument: str) -> None:
            """Answer a command of its own."""

        async def auth_XBAZ(self, *_: object) -> None:
            """Let nobody in."""

    async def make() -> tuple[Server, SMTP]:
        loop = asyncio.get_running_loop()
        return Server(None, loop=loop), SMTP(None, loop=loop)

    server, plain = asyncio.run(make())
    assert {*plain._smtp_methods, "XFOO", "XBAR"} == {*server._smtp_methods}
    assert {*plain._auth_methods, "XBAZ"} == {*server._auth_methods}
    assert {*dir(plain), "smtp_XFOO", "answering"} <= {*dir(server)}


def test_name_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name of the host is asked for once, not at each connection."""

    async def make() -> tuple[str, str]:
        loop = asyncio.get_running_loop()
        first = DSNServer(None, loop=loop).hostname
        monkeypatch.setattr("socket.getfqdn", lambda: "another.example")
        return first, DSNServer(None, loop=loop).hostname

    first, second = asyncio.run(make())
    assert first == second
