"""What we rely upon in aiosmtpd, and what we repair there.

Each test is of aiosmtpd alone.  One that fails tells that a release has changed what
`dsnlib.adapters.smtp_server` was written for: look there first.
"""

# ruff: noqa: ANN401, ARG002, N802  hooks have the names, arguments and types of aiosmtpd
from __future__ import annotations

import asyncio
import base64
import importlib.metadata
import inspect
import socket
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import MISSING, SMTP, AuthResult, Envelope

from tests.adapters.dialogue import dialogue, replies_to

HELLO = "EHLO client.example"
MAIL = "MAIL FROM:<ann@example.org>"
RCPT = "RCPT TO:<bob@example.com>"


class Keeper:
    """Keeps what its hooks are given."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.envelopes: list[Envelope] = []

    async def handle_MAIL(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        """Note the sender."""
        self.calls.append((address, options))
        envelope.mail_from = address
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:
        """Note the message."""
        self.envelopes.append(envelope)
        return "250 OK"


def plain(*commands: str | bytes, handler: object = None, **settings: Any) -> list[str]:
    """Return the replies of aiosmtpd as it is."""
    return replies_to(*commands, handler=handler, made=SMTP, **settings)


def test_release() -> None:
    """The first release without the injection at STARTTLS, and none that may break names."""
    major, minor, patch = map(int, importlib.metadata.version("aiosmtpd").split(".")[:3])

    assert (1, 4, 6) <= (major, minor, patch) < (2, 0, 0)


# What is repaired


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (f"{MAIL} RET=HDRS", "555"),
        (f"{MAIL} ENVID=QQ1", "555"),
        (f"{MAIL} AUTH=<>", "555"),
        (f"{MAIL} MT-PRIORITY=3", "501"),
        (f"{MAIL} SIZE=10 SIZE=20", "250"),
    ],
)
def test_parameters_of_mail(command: str, expected: str) -> None:
    """DSN's are not known, a hyphen is no keyword's, and twice is once."""
    assert expected == plain(HELLO, command)[-1][:3]


@pytest.mark.parametrize("word", ["NOTIFY=NEVER", "ORCPT=rfc822;bob@example.com"])
def test_parameters_of_rcpt(word: str) -> None:
    """No parameter of RCPT is known."""
    assert "555" == plain(HELLO, MAIL, f"{RCPT} {word}")[-1][:3]


def test_options_lose_their_case() -> None:
    """What stands behind the path is made upper case, values too."""
    keeper = Keeper()
    plain(HELLO, f"{MAIL} body=8bitmime", handler=keeper)

    assert [("ann@example.org", ["BODY=8BITMIME"])] == keeper.calls


def test_null_path_is_text() -> None:
    """The null path is `<>`, which is true."""
    keeper = Keeper()
    plain(HELLO, "MAIL FROM:<>", handler=keeper)

    assert "<>" == keeper.calls[0][0]


def test_limits_are_shared_and_cleared() -> None:
    """All connections have one dictionary of limits, and a new one clears it."""

    async def talk() -> None:
        async with dialogue(made=SMTP) as first:
            await first.say(HELLO)
            raised = SMTP.command_size_limits["MAIL"]
            assert raised > SMTP.command_size_limit
            async with dialogue(made=SMTP) as second:
                assert first.server.command_size_limits is second.server.command_size_limits
                assert "MAIL" not in SMTP.command_size_limits

    asyncio.run(talk())


def test_limits_grow_with_each_ehlo() -> None:
    """Each EHLO adds to the limit of MAIL."""

    async def talk() -> tuple[int, int]:
        async with dialogue(made=SMTP) as client:
            await client.say(HELLO)
            once = client.server.command_size_limits["MAIL"]
            await client.say(HELLO)
            return once, client.server.command_size_limits["MAIL"]

    once, twice = asyncio.run(talk())
    assert once < twice


def test_limit_before_ehlo() -> None:
    """Before EHLO there is one limit for all commands, that of the instance."""
    assert ["500"] == [each[:3] for each in plain(f"{MAIL} ENVID={'x' * 600}")]


def test_long_rcpt_is_refused() -> None:
    """A RCPT command that RFC 3461 s5.4 wants taken is too long."""
    command = f"{RCPT} ORCPT=rfc822;{'x' * 490}"

    assert "500 Command line too long" == plain(HELLO, MAIL, command)[-1]


def test_replies_are_bare() -> None:
    """Hardly a reply has an enhanced status code."""
    assert ["250 OK", "250 OK", "250 OK"] == plain(HELLO, MAIL, RCPT, "NOOP")[1:]


def test_exception_is_answered_for_good() -> None:
    """A fault of the handler is a 500, and shows what it was."""

    class Broken:
        async def handle_MAIL(self, *_: object) -> str:
            message = "secret"
            raise RuntimeError(message)

    assert "500 Error: (RuntimeError) secret" == plain(HELLO, MAIL, handler=Broken())[-1]


def test_name_is_looked_up_for_each_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without `hostname` each server asks for its name."""
    names = iter(["mx.example", "mx.example", "left"])
    monkeypatch.setattr(socket, "getfqdn", lambda: next(names))

    async def make() -> None:
        SMTP(None, loop=asyncio.get_running_loop())
        SMTP(None, loop=asyncio.get_running_loop())

    asyncio.run(make())
    assert "left" == next(names)


def test_methods_are_looked_for_at_each_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each server goes through all names there are, for those of its methods."""
    asked: list[object] = []
    getmembers = inspect.getmembers

    def note(of: object) -> list[tuple[str, object]]:
        asked.append(of)
        return getmembers(of)

    monkeypatch.setattr(inspect, "getmembers", note)

    async def make() -> list[SMTP]:
        return [SMTP(None, loop=asyncio.get_running_loop()) for _ in range(2)]

    servers = asyncio.run(make())
    assert [servers[0], None, servers[1], None] == asked


# What is relied upon


def test_keywords_of_the_constructor() -> None:
    """All but the handler are keywords, and these are there."""
    parameters = inspect.signature(SMTP).parameters
    handler, *others = parameters.values()

    assert "handler" == handler.name
    assert {inspect.Parameter.KEYWORD_ONLY} == {each.kind for each in others}
    assert {"hostname", "data_size_limit", "decode_data", "enable_SMTPUTF8"} <= {*parameters}


def test_names() -> None:
    """What the mixin reads and overrides has these names."""

    async def make() -> SMTP:
        return SMTP(Keeper(), loop=asyncio.get_running_loop(), decode_data=True)

    server = asyncio.run(make())
    assert {"MAIL", "DATA"} == {*server._handle_hooks}
    assert {"EHLO", "HELO", "MAIL", "RCPT", "DATA", "AUTH"} <= {*server._smtp_methods}
    assert server._decode_data
    assert server._ehlo_hook_ver is None
    assert 0 == server.local_part_limit
    assert isinstance(server.event_handler, Keeper)
    for name in ("push", "smtp_MAIL", "smtp_RCPT", "smtp_DATA", "smtp_EHLO", "handle_exception"):
        assert inspect.iscoroutinefunction(getattr(SMTP, name)), name
    for name in ("check_helo_needed", "check_auth_needed", "_call_handler_hook"):
        assert inspect.iscoroutinefunction(getattr(SMTP, name)), name
    for name in ("_create_envelope", "_reset_timeout"):
        assert inspect.isfunction(getattr(SMTP, name)), name


def test_every_reply_is_pushed() -> None:
    """Greeting, replies, challenges and faults all go through `push`, one line a call."""
    pushed: list[object] = []

    class Noting(SMTP):
        async def push(self, status: Any) -> None:
            pushed.append(status)
            await super().push(status)

    async def talk() -> None:
        settings = {"auth_require_tls": False, "ident": "here"}
        async with dialogue(made=Noting, **settings) as client:
            await client.say(HELLO, "AUTH PLAIN", "*", "FOO", "x" * 600)

    asyncio.run(talk())
    assert [
        "220 mx.example here",
        "250-mx.example",
        "250-SIZE 33554432",
        "250-8BITMIME",
        "250-SMTPUTF8",
        "250-AUTH LOGIN PLAIN",
        "250 HELP",
        b"334 ",
        "501 5.7.0 Auth aborted",
        '500 Error: command "FOO" not recognized',
        "500 Command line too long",
    ] == pushed


def test_commands_are_looked_up_in_the_instance() -> None:
    """A command is what `_smtp_methods` of the server has for it."""

    async def talk() -> str:
        async with dialogue(made=SMTP) as client:
            push = client.server.push
            client.server._smtp_methods["XFOO"] = lambda argument: push(f"250 {argument}")
            return (await client.say("xfoo bar"))[0]

    assert "250 bar" == asyncio.run(talk())


def test_reader_has_the_limit_of_a_line() -> None:
    """The reader is made with `line_length_limit` of the instance, while it is made."""

    class Long(SMTP):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            self.line_length_limit = 5000
            super().__init__(*args, **kwargs)
            self.line_length_limit = 1001
            self.command_size_limit = 4000

    async def talk() -> tuple[list[str], list[str]]:
        async with dialogue(Keeper(), made=Long) as client:
            taken = await client.say(f"NOOP {'x' * 3000}", f"NOOP {'x' * 6000}")
            await client.say(HELLO, MAIL, RCPT, "DATA")
            return taken, await client.say(f"{'x' * 3000}\r\n.")

    taken, content = asyncio.run(talk())
    assert ["250 OK", "500 Command line too long"] == taken
    assert ["500 Line too long (see RFC5321 4.5.3.1.6)"] == content


@pytest.mark.parametrize("reset", ["RSET", HELLO, "DATA"])
def test_new_envelope_is_made(reset: str) -> None:
    """RSET, EHLO and the end of a message make a new envelope by `_create_envelope`."""
    made: list[Envelope] = []

    class Noting(SMTP):
        def _create_envelope(self) -> Envelope:
            made.append(Envelope())
            return made[-1]

    async def talk() -> None:
        async with dialogue(Keeper(), made=Noting) as client:
            await client.say(HELLO, MAIL, RCPT)
            before = len(made)
            await client.say(reset, *(["."] if reset == "DATA" else []))
            assert before + 1 == len(made)
            assert made[-1] is client.server.envelope

    asyncio.run(talk())


@pytest.mark.parametrize(("arguments", "version"), [(4, "old"), (5, "new")])
def test_forms_of_the_hook_of_ehlo(arguments: int, version: str) -> None:
    """The older form gets the name alone; the newer one the lines, the last one included."""
    got: list[tuple[Any, ...]] = []

    class Older:
        async def handle_EHLO(self, server: Any, session: Any, envelope: Any, name: str) -> str:
            got.append((name,))
            session.host_name = name
            return "250 HELP"

    class Newer:
        async def handle_EHLO(
            self, server: Any, session: Any, envelope: Any, name: str, lines: list[str]
        ) -> list[str]:
            got.append((name, *lines))
            session.host_name = name
            return lines

    async def talk() -> list[str]:
        async with dialogue(Newer() if version == "new" else Older(), made=SMTP) as client:
            assert version == client.server._ehlo_hook_ver
            return await client.say(HELLO)

    if version == "old":
        with pytest.warns(DeprecationWarning, match="4-argument"):
            (reply,) = asyncio.run(talk())
    else:
        (reply,) = asyncio.run(talk())
    assert reply.endswith("\n250 HELP")
    lines = ["250-mx.example", "250-SIZE 33554432", "250-8BITMIME", "250-SMTPUTF8", "250 HELP"]
    assert [("client.example", *(lines if version == "new" else []))] == got


def test_absent_hook_is_missing() -> None:
    """A hook that is not there answers MISSING, and nothing else does."""

    async def ask() -> object:
        server = SMTP(Keeper(), loop=asyncio.get_running_loop())
        server.session, server.envelope = server._create_session(), server._create_envelope()
        return await server._call_handler_hook("RCPT", "bob@example.com", [])

    assert MISSING is asyncio.run(ask())


def test_content_is_octets_for_the_hook() -> None:
    """Both forms of the content are the octets, with the dots undone."""
    keeper = Keeper()
    plain(HELLO, MAIL, RCPT, "DATA", "a\r\n..b\r\n.", handler=keeper)

    assert b"a\r\n.b\r\n" == keeper.envelopes[0].content == keeper.envelopes[0].original_content


def test_lone_line_feed_is_kept() -> None:
    """A line feed alone ends neither line nor message."""
    keeper = Keeper()
    plain(HELLO, MAIL, RCPT, "DATA", "a\n.\nb\r\n.", handler=keeper)

    assert b"a\n.\nb\r\n" == keeper.envelopes[0].content


def test_controller_passes_keywords_on() -> None:
    """What the controller does not know is for the server, by way of `SMTP_kwargs`."""
    controller = Controller(None, hostname="127.0.0.1", port=0, strange=1)
    try:
        assert {"strange": 1, "enable_SMTPUTF8": True} == controller.SMTP_kwargs
    finally:
        controller.loop.close()


def test_authenticator_is_asked() -> None:
    """AUTH PLAIN with an initial response asks the authenticator; 235 has its status."""
    asked: list[Any] = []

    def authenticate(*arguments: Any) -> AuthResult:
        asked.append(arguments[-1])
        return AuthResult(success=False, handled=False)

    response = base64.b64encode(b"\0ann\0secret").decode()
    settings = {"auth_require_tls": False, "authenticator": authenticate}
    (_, reply) = plain(HELLO, f"AUTH PLAIN {response}", **settings)

    assert "535 5.7.8 Authentication credentials invalid" == reply
    assert (b"ann", b"secret") == tuple(asked[0])
