"""The relay against a server by script: what it sends, and what becomes of whom."""

import asyncio
import datetime as dt
import socket
import ssl
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import attrs
import pytest
import trustme

from dsnlib.adapters.agents.relay import SmtpTransport
from dsnlib.adapters.client.login import Login
from dsnlib.adapters.client.routes.route import MxRouter
from dsnlib.adapters.client.routes.route_settings import RouteSettings
from dsnlib.adapters.client.settings import ClientSettings, Timeouts
from dsnlib.adapters.client.tls.policy import ClientTlsLevel, TlsPolicy
from dsnlib.adapters.content import Content
from dsnlib.adapters.smtp_client import SmtpClient
from dsnlib.adapters.transport import Attempted, Destination, Job
from dsnlib.model.envelope import Body, Envelope, Recipient
from dsnlib.model.esmtp import parse_mail_parameters, parse_rcpt_parameters
from dsnlib.policy.relay import RelayPolicy
from dsnlib.replies.discard import DiscardRules, parse_discards
from tests.adapters.agents.scripted_peer import CLOSE, EHLO, HANG, Peer

T = TypeVar("T")
NOW = dt.datetime(2026, 11, 22, 10, 0, tzinfo=dt.UTC)
MESSAGE = b"Subject: x\r\n\r\n.dot\r\nend\r\n"
WITH_DSN = (*EHLO, "DSN", "SIZE 1000000")
BOB = "bob@example.net NOTIFY=SUCCESS ORCPT=rfc822;Bob+2B@example.net"
SETTINGS = ClientSettings(hello="mail.example.org")
LMTP = attrs.evolve(SETTINGS, is_lmtp=True)


def run(test: Coroutine[object, object, T]) -> T:
    """Run what a test awaits."""
    return asyncio.run(test)


def job(
    *recipients: str,
    nexthop: str = "[127.0.0.1]",
    content: Content | None = None,
    mail: str = "",
    **known: Any,  # noqa: ANN401  the other fields of an envelope
) -> Job:
    """Return an attempt; a recipient may have its parameters behind a space."""
    rcpts = []
    for each in recipients or ("bob@example.net",):
        address, _, options = each.partition(" ")
        rcpts.append(Recipient(address, parse_rcpt_parameters(options)))
    envelope = Envelope(
        sender=known.pop("sender", "ann@example.org"),
        mail=parse_mail_parameters(mail),
        recipients=rcpts,
        arrival=NOW,
        **known,
    )
    return Job(
        queue_id="4F",
        envelope=envelope,
        recipients=rcpts,
        destination=Destination("smtp", nexthop),
        content=Content(body=MESSAGE) if content is None else content,
        now=NOW,
    )


class Anywhere:
    """The same policy of TLS, or the same login, for every server."""

    is_by_sender = False

    def __init__(self, found: Any) -> None:  # noqa: ANN401  a policy or a login
        self._found = found

    async def find(self, *_: str, **__: object) -> Any:  # noqa: ANN401  see above
        """Return it."""
        return self._found


async def deliver(
    *recipients: str,
    settings: ClientSettings = SETTINGS,
    tls: TlsPolicy | None = None,
    login: Login | None = None,
    discards: DiscardRules | None = None,
    policy: RelayPolicy | None = None,
    port: int = 25,
    **known: Any,  # noqa: ANN401  see `job`
) -> list[Attempted]:
    """Send a message to the next hop of a job."""
    client = SmtpClient(
        settings,
        router=MxRouter(RouteSettings(port=port, has_mx=False)),
        tls=None if tls is None else Anywhere(tls),
        logins=None if login is None else Anywhere(login),
        discards=discards,
        policy=policy,
    )
    transport = SmtpTransport(client)
    try:
        return list(await transport.deliver(job(*recipients, **known)))
    finally:
        await transport.close()


def send(peer: Peer, *recipients: str, **known: Any) -> list[Attempted]:  # noqa: ANN401  see `deliver`
    """Send a message to a server, and return what became of it."""

    async def test() -> list[Attempted]:
        async with peer.serve():
            return await deliver(*recipients, port=peer.port, **known)

    return run(test())


def shown(attempted: list[Attempted]) -> list[tuple[str, str]]:
    """Return the disposition and the status of each."""
    return [(each.outcome.disposition.value, str(each.outcome.status)) for each in attempted]


@pytest.mark.requirement("3461-5-01")
def test_a_server_with_dsn() -> None:
    """It gets all that was asked, octet for octet, and answers for it (RFC 3461 s5.2.1)."""
    peer = Peer(ehlo=WITH_DSN)
    attempted = send(peer, BOB, mail="RET=HDRS ENVID=QQ+2B1")

    assert [("handed-on", "2.0.0")] == shown(attempted)
    assert [
        "EHLO mail.example.org",
        "MAIL FROM:<ann@example.org> SIZE=25 RET=HDRS ENVID=QQ+2B1",
        "RCPT TO:<bob@example.net> NOTIFY=SUCCESS ORCPT=rfc822;Bob+2B@example.net",
        "DATA",
        "QUIT",
    ] == peer.commands
    assert f"127.0.0.1[127.0.0.1]:{peer.port}" == attempted[0].relay
    assert attempted[0].setup_seconds > 0


def test_a_server_without_dsn() -> None:
    """It gets none of it; who asked hears `relayed` (RFC 3461 s5.2.2)."""
    peer = Peer()
    attempted = send(peer, BOB, mail="RET=HDRS ENVID=QQ")

    assert [("relayed", "2.0.0")] == shown(attempted)
    assert ["MAIL FROM:<ann@example.org>", "RCPT TO:<bob@example.net>"] == peer.commands[1:3]


def test_what_a_server_announces_wrongly_is_passed_over() -> None:
    """DSN kept from the relay is as if the server did not have it."""
    peer = Peer(ehlo=WITH_DSN)
    attempted = send(peer, BOB, discards=DiscardRules(parse_discards("dsn")))

    assert [("relayed", "2.0.0")] == shown(attempted)


def test_an_old_server() -> None:
    """One that knows no EHLO is greeted with HELO, and asked for nothing."""
    peer = Peer({"EHLO": "502 5.5.1 What?"}, ehlo=WITH_DSN)
    attempted = send(peer, BOB)

    assert [("relayed", "2.0.0")] == shown(attempted)
    assert "HELO mail.example.org" == peer.commands[1]


def test_dots_are_doubled() -> None:
    """A line that begins with a dot has two of them on the wire (RFC 5321 s4.5.2)."""
    peer = Peer()
    send(peer)

    assert [b"Subject: x\r\n\r\n..dot\r\nend\r\n.\r\n"] == peer.messages


def test_dots_at_the_border_of_chunks(tmp_path: Path) -> None:
    """It does not matter where a chunk ends, nor whether the last line does."""
    path = tmp_path / "message"
    body = b"A: b\r\n\r\n" + b"x" * (65_536 - 10) + b"\r\n" + b".\r\nend"
    path.write_bytes(body)
    peer = Peer()
    send(peer, content=Content(path=path, octets=len(body), prefix=b"Received: y\r\n"))

    (message,) = peer.messages
    assert b"Received: y\r\n" + body.replace(b"\r\n.", b"\r\n..") + b"\r\n.\r\n" == message


def test_each_recipient_has_its_reply() -> None:
    """Some are taken, some fail, some wait."""
    peer = Peer(
        {"RCPT TO:<no@": "550 5.1.1 No such user", "RCPT TO:<full@": "452 4.2.2 Mailbox full"}
    )
    attempted = send(peer, "bob@example.net", "no@example.net", "full@example.net")

    assert [("relayed", "2.0.0"), ("failed", "5.1.1"), ("delayed", "4.2.2")] == shown(attempted)
    outcome = attempted[1].outcome
    assert "smtp" == outcome.diagnostic.type  # type: ignore[union-attr]  # it has one
    assert "[127.0.0.1]" == outcome.remote_mta.name  # type: ignore[union-attr]  # it has one


def test_nobody_is_taken() -> None:
    """There is no DATA then, or no message where DATA was said with the envelope."""
    for ehlo, messages in ((EHLO[:1], []), (EHLO, [b".\r\n"])):
        peer = Peer({"RCPT": "550 5.1.1 No such user"}, ehlo=ehlo)
        attempted = send(peer)

        assert [("failed", "5.1.1")] == shown(attempted)
        assert bool(messages) == ("DATA" in peer.commands)
        assert messages == peer.messages


@pytest.mark.parametrize(
    ("replies", "expected"),
    [
        ({"greeting": "554 5.3.2 No mail here"}, ("failed", "5.3.2")),
        ({"greeting": "421 4.3.2 Come later"}, ("delayed", "4.3.2")),
        ({"greeting": CLOSE}, ("delayed", "4.4.2")),
        ({"greeting": "hello there"}, ("failed", "5.5.0")),
        ({"EHLO": "421 4.3.2 Come later"}, ("delayed", "4.3.2")),
        ({"EHLO": CLOSE}, ("delayed", "4.4.2")),
        ({"EHLO": "250 mail.example.org hello"}, ("failed", "5.4.6")),
        ({"MAIL": "451 4.7.1 Greylisted"}, ("delayed", "4.7.1")),
        ({"MAIL": "550 5.7.1 Not you"}, ("failed", "5.7.1")),
        ({"MAIL": CLOSE}, ("delayed", "4.4.2")),
        ({"RCPT": CLOSE}, ("delayed", "4.4.2")),
        ({"RCPT": "650 what"}, ("failed", "5.5.0")),
        ({"RCPT": "550 no code here"}, ("failed", "5.0.0")),
        ({"DATA": "554 5.7.1 No"}, ("failed", "5.7.1")),
        ({"DATA": CLOSE}, ("delayed", "4.4.2")),
        ({"end": "554 5.6.0 What is this"}, ("failed", "5.6.0")),
        ({"end": "451 4.3.0 Later"}, ("delayed", "4.3.0")),
        ({"end": CLOSE}, ("delayed", "4.4.2")),
        ({"end": "250-" + "x" * 9000}, ("delayed", "4.4.2")),
        ({"end": "\r\n".join(["250-x"] * 300)}, ("delayed", "4.4.2")),
    ],
)
def test_what_a_server_may_do(replies: dict[str, str], expected: tuple[str, str]) -> None:
    """Each reply, at each command, is an outcome; none is lost."""
    assert [expected] == shown(send(Peer(replies)))


def test_a_server_that_says_nothing() -> None:
    """An attempt has an end in time, whatever the server does."""
    begun = time.monotonic()
    attempted = send(Peer({"RCPT": HANG}), settings=attrs.evolve(SETTINGS, session_seconds=0.2))

    assert [("delayed", "4.4.2")] == shown(attempted)
    assert time.monotonic() - begun < 5


def test_a_reply_that_does_not_come_in_time() -> None:
    """Each command has its own time."""
    hurried = attrs.evolve(SETTINGS, timeouts=Timeouts(mail=0.1))
    attempted = send(Peer({"MAIL": HANG}), settings=hurried)

    assert [("delayed", "4.4.2")] == shown(attempted)
    assert "no answer in time" in attempted[0].text


def test_nobody_listens() -> None:
    """A connection that is refused is 4.4.1, and names no remote system."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
    attempted = run(deliver(nexthop=f"[127.0.0.1]:{port}"))

    assert [("delayed", "4.4.1")] == shown(attempted)
    assert "none" == attempted[0].relay
    assert attempted[0].outcome.remote_mta is None


@pytest.mark.parametrize(
    ("nexthop", "recipient", "expected"),
    [
        ("exa mple", "bob@example.net", ("delayed", "4.3.5")),
        ("exa(mple", "bob@exa(mple", ("failed", "5.1.2")),
        ("[127.0.0.1]:99999", "bob@example.net", ("delayed", "4.3.5")),
        ("x" * 300, "bob@" + "x" * 300, ("failed", "5.1.2")),
    ],
)
def test_no_place_to_send_to(nexthop: str, recipient: str, expected: tuple[str, str]) -> None:
    """A domain that is none fails; a next hop of ours that is none waits for us."""
    assert [expected] == shown(run(deliver(recipient, nexthop=nexthop)))


def test_lmtp() -> None:
    """Each recipient has a reply after the data (RFC 2033 s4.2)."""
    peer = Peer({"end": "250 2.1.5 Taken\r\n452 4.2.2 Full"})
    final = attrs.evolve(LMTP, is_final=True)
    attempted = send(peer, "bob@example.net", "eve@example.net", settings=final)

    assert [("delivered", "2.1.5"), ("delayed", "4.2.2")] == shown(attempted)
    assert "LHLO mail.example.org" == peer.commands[0]


def test_lmtp_over_a_socket_in_the_file_system(tmp_path: Path) -> None:
    """The next hop is its path."""
    peer = Peer()
    path = str(tmp_path / "lmtp")

    async def test() -> list[Attempted]:
        server = await asyncio.start_unix_server(peer._session, path)
        attempted = await deliver(nexthop=f"unix:{path}", settings=LMTP)
        server.close()
        return attempted

    attempted = run(test())
    assert [("relayed", "2.0.0")] == shown(attempted)
    assert f"localhost[{path}]" == attempted[0].relay


def test_a_message_that_is_too_large() -> None:
    """A server that says so is not sent it (RFC 1870 s6.1)."""
    peer = Peer(ehlo=(*EHLO, "SIZE 20"))

    assert [("failed", "5.3.4")] == shown(send(peer))
    assert "DATA" not in peer.commands


@pytest.mark.parametrize(
    ("body", "content", "ehlo", "expected"),
    [
        (Body.EIGHT_BIT, b"\xc3\xa4\r\n", EHLO, ("relayed", "2.0.0")),
        (Body.EIGHT_BIT, b"\xc3\xa4\r\n", EHLO[:2], ("failed", "5.6.3")),
        (Body.EIGHT_BIT, b"a\r\n", EHLO[:2], ("relayed", "2.0.0")),
        (Body.BINARY, b"a\r\n", EHLO, ("failed", "5.6.3")),
    ],
)
def test_octets_beyond_ascii(
    body: Body, content: bytes, ehlo: tuple[str, ...], expected: tuple[str, str]
) -> None:
    """What a server does not take is not sent, and not converted (RFC 6152 s3)."""
    message = Content(body=b"Subject: x\r\n\r\n" + content)

    assert [expected] == shown(send(Peer(ehlo=ehlo), body=body, content=message))


@pytest.mark.parametrize(
    ("recipient", "header", "ehlo", "expected"),
    [
        ("jürgen@example.net", "x", EHLO, ("failed", "5.6.7")),
        ("jürgen@example.net", "x", (*EHLO, "SMTPUTF8"), ("relayed", "2.0.0")),
        ("bob@example.net", "ü", EHLO, ("failed", "5.6.9")),
        ("bob@example.net", "x", EHLO, ("relayed", "2.0.0")),
    ],
)
def test_smtputf8(
    recipient: str, header: str, ehlo: tuple[str, ...], expected: tuple[str, str]
) -> None:
    """What needs SMTPUTF8 goes to servers that have it, and nowhere else (RFC 6531 s3.2)."""
    message = Content(body=f"Subject: {header}\r\n\r\n".encode())
    peer = Peer(ehlo=ehlo)
    attempted = send(peer, recipient, content=message, smtputf8=True)

    assert [expected] == shown(attempted)


def _server_and_trust(tmp_path: Path, name: str = "localhost") -> tuple[ssl.SSLContext, Path]:
    """Return the context of a server of that name, and the file of those who vouch for it."""
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(server)
    trusted = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(trusted)
    return server, trusted


def test_tls_with_whoever_is_there(tmp_path: Path) -> None:
    """Where it is offered it is used, whoever signed the certificate."""
    server, _ = _server_and_trust(tmp_path)
    peer = Peer(ehlo=(*EHLO, "STARTTLS"), context=server)
    attempted = send(peer, tls=TlsPolicy(level=ClientTlsLevel.MAY))

    assert [("relayed", "2.0.0")] == shown(attempted)
    # What was announced before TLS is forgotten.
    assert ["EHLO", "STARTTLS", "EHLO"] == [each.partition(" ")[0] for each in peer.commands[:3]]


def test_tls_that_fails_goes_without() -> None:
    """Nobody has insisted: the mail goes in a new connection, without TLS."""
    peer = Peer({"STARTTLS": "220 Go on\r\n220 but I do not know how"}, ehlo=(*EHLO, "STARTTLS"))
    attempted = send(peer, tls=TlsPolicy(level=ClientTlsLevel.MAY))

    assert [("relayed", "2.0.0")] == shown(attempted)
    assert 2 == peer.sessions


def test_tls_with_the_right_server(tmp_path: Path) -> None:
    """The certificate has to be for the name, where that is asked for."""
    server, trusted = _server_and_trust(tmp_path)
    policy = TlsPolicy(level=ClientTlsLevel.VERIFY, ca_file=trusted)
    peer = Peer(ehlo=(*EHLO, "STARTTLS"), context=server)
    right = send(peer, tls=policy, nexthop="localhost")
    wrong = send(peer, tls=policy, nexthop="[127.0.0.1]")

    assert [("relayed", "2.0.0")] == shown(right)
    assert [("delayed", "4.7.5")] == shown(wrong)


@pytest.mark.parametrize(
    ("ehlo", "replies"),
    [
        (EHLO, {}),
        ((*EHLO, "STARTTLS"), {"STARTTLS": "454 4.7.0 Not now"}),
        ((*EHLO, "STARTTLS"), {"STARTTLS": "454-4.7.0 Not\r\n454 4.7.0 now"}),
    ],
)
def test_no_tls_where_it_is_required(ehlo: tuple[str, ...], replies: dict[str, str]) -> None:
    """The mail waits, and nothing is sent."""
    peer = Peer(replies, ehlo=ehlo)
    attempted = send(peer, tls=TlsPolicy(level=ClientTlsLevel.ENCRYPT))

    assert [("delayed", "4.7.4")] == shown(attempted)
    assert not any(each.startswith("MAIL") for each in peer.commands)


@pytest.mark.parametrize(
    ("ehlo", "replies", "expected"),
    [
        ((*EHLO, "STARTTLS", "AUTH PLAIN"), {"AUTH": "235 2.7.0 Fine"}, ("relayed", "2.0.0")),
        ((*EHLO, "STARTTLS", "AUTH PLAIN"), {"AUTH": "535 5.7.8 No"}, ("delayed", "4.7.8")),
        ((*EHLO, "STARTTLS", "AUTH GSSAPI"), {}, ("delayed", "4.7.0")),
        ((*EHLO, "AUTH PLAIN"), {"AUTH": "235 2.7.0 Fine"}, ("delayed", "4.7.11")),
    ],
)
def test_a_password(
    tmp_path: Path, ehlo: tuple[str, ...], replies: dict[str, str], expected: tuple[str, str]
) -> None:
    """It goes out under TLS alone, and mail does not bounce because it is wrong."""
    server, _ = _server_and_trust(tmp_path)
    peer = Peer(replies, ehlo=ehlo, context=server)

    assert [expected] == shown(send(peer, login=Login(user="ann", password="secret")))


def test_a_file_that_is_gone() -> None:
    """The message waits, and the server does not get half of it."""
    content = Content(path=Path("/nowhere/at/all"), octets=20)
    peer = Peer()
    attempted = send(peer, content=content)

    assert [("delayed", "4.3.0")] == shown(attempted)
    assert [] == peer.messages


def test_a_socket_that_is_not_there(tmp_path: Path) -> None:
    """As a connection that is refused."""
    attempted = run(deliver(nexthop=f"unix:{tmp_path}/nothing", settings=LMTP))

    assert [("delayed", "4.4.1")] == shown(attempted)


def test_a_file_that_is_gone_before_its_header_is_read(tmp_path: Path) -> None:
    """The message waits, and the server hears nothing of it."""
    content = Content(path=tmp_path / "gone", octets=20)
    peer = Peer(ehlo=(*EHLO, "SMTPUTF8"))

    assert [("delayed", "4.3.0")] == shown(send(peer, content=content, smtputf8=True))
    assert ["EHLO", "QUIT"] == [each.partition(" ")[0] for each in peer.commands]


def test_no_tls_is_asked_for_where_it_is_not_wanted() -> None:
    """What is offered is not taken."""
    peer = Peer(ehlo=(*EHLO, "STARTTLS"))
    attempted = send(peer, tls=TlsPolicy(level=ClientTlsLevel.NONE))

    assert [("relayed", "2.0.0")] == shown(attempted)
    assert "STARTTLS" not in peer.commands


def test_tls_that_is_refused_and_not_needed() -> None:
    """The mail goes on in the same session."""
    peer = Peer({"STARTTLS": "454 4.7.0 Not now"}, ehlo=(*EHLO, "STARTTLS"))

    assert [("relayed", "2.0.0")] == shown(send(peer))
    assert 1 == peer.sessions


def test_portions_for_a_server_that_takes_few() -> None:
    """More recipients than it takes at once go in further transactions of the session."""
    peer = Peer()
    few = attrs.evolve(SETTINGS, most_recipients=2)
    attempted = send(peer, *(f"u{number}@example.net" for number in range(5)), settings=few)

    assert [("relayed", "2.0.0")] * 5 == shown(attempted)
    assert (3, 1) == (len(peer.messages), peer.sessions)
