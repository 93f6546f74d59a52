"""Tests of dsnlib.adapters.client.sasl.auth."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scramp import ScramException, ScramMechanism

from dsnlib.adapters.client.login import Login
from dsnlib.adapters.client.peer_session import PeerSession
from dsnlib.adapters.client.place import ServerPlace
from dsnlib.adapters.client.sasl.auth import auth, rank_mechanisms
from dsnlib.adapters.client.sasl.policy import SaslPolicy
from dsnlib.adapters.client.settings import ClientSettings
from dsnlib.adapters.client.tls.policy import ClientTlsLevel, TlsPolicy
from dsnlib.adapters.client.trouble import Trouble
from dsnlib.adapters.login.mechanisms import PasswordAuthenticator
from dsnlib.adapters.server.listener import Listener, TlsLevel
from dsnlib.adapters.server.server import serving
from dsnlib.model.reply import SmtpReply
from dsnlib.replies.discard import Discards
from tests.adapters.client.scripted import Transcript, challenge, decoded, hold, replies
from tests.adapters.server.talk import KeepingIntake, authority, server_context

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from dsnlib.adapters.client.dialogue import Answer

ALL = ("PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256", "XOAUTH2")
ANN = Login(user="ann@example.org", password="hush-hush")
TOKEN = Login(user="ann@example.org", password="ya29.hush", is_token=True)
PLACE = ServerPlace(host="mx.example.org", address="192.0.2.1", port=587)
DONE = SmtpReply.parse("235 2.7.0 Welcome")
REFUSED = SmtpReply.parse("535 5.7.8 No")


def log_in(
    answer: Callable[[bytes], Answer],
    *offered: str,
    login: Login = ANN,
    is_tls: bool = True,
    policy: SaslPolicy | None = None,
    transcript: Transcript | None = None,
) -> str:
    """Return the mechanism that we are logged in by.

    Raises:
        Trouble: We are not.
    """
    found = auth(
        login, offered, is_tls=is_tls, policy=policy or SaslPolicy(), seconds=1.0, place=PLACE
    )
    return hold(found, answer, transcript)


@pytest.mark.parametrize(
    ("offered", "is_tls", "login", "words", "name"),
    [
        (ALL, True, ANN, (), "SCRAM-SHA-256"),
        (ALL, False, ANN, (), "SCRAM-SHA-256"),
        (("plain", "login", "cram-md5"), True, ANN, (), "CRAM-MD5"),
        (("LOGIN", "PLAIN"), True, ANN, (), "PLAIN"),
        (("LOGIN", "PLAIN"), False, ANN, (), None),
        (("LOGIN",), True, ANN, (), "LOGIN"),
        (("XOAUTH2",), True, ANN, (), None),
        (ALL, True, ANN, ("xoauth2", "plain"), "XOAUTH2"),
        (ALL, True, ANN, ("static:all",), "SCRAM-SHA-256"),
        (ALL, True, ANN, ("plain", "login"), "PLAIN"),
        (ALL, True, TOKEN, (), "XOAUTH2"),
        (ALL, False, TOKEN, (), None),
        (("PLAIN", "LOGIN"), True, TOKEN, (), None),
        (("GSSAPI", "NTLM", "SCRAM-SHA-256-PLUS", "ANONYMOUS"), True, ANN, (), None),
        ((), True, ANN, (), None),
    ],
)
def test_choice(
    offered: Sequence[str],
    is_tls: bool,  # noqa: FBT001  a column of the table
    login: Login,
    words: tuple[str, ...],
    name: str | None,
) -> None:
    """The strongest of those that both sides have; a token is for XOAUTH2 alone."""
    found = rank_mechanisms(login, offered, is_tls=is_tls, policy=SaslPolicy(mechanisms=words))

    assert name == next(iter(found), None)


def test_plain() -> None:
    """All in the command."""
    transcript = Transcript()

    assert "PLAIN" == log_in(lambda _: DONE, "PLAIN", transcript=transcript)
    assert [b"\0ann@example.org\0hush-hush"] == decoded(transcript.said)
    assert ["AUTH PLAIN (hidden)"] == transcript.shown


def test_plain_after_a_challenge() -> None:
    """A response that makes the command too long waits for one (RFC 4954 s4)."""
    login = Login(user="ann@example.org", password="x" * 400)
    transcript = Transcript()
    found = log_in(
        replies("334 ", "235 2.7.0 Welcome"), "PLAIN", login=login, transcript=transcript
    )

    assert "PLAIN" == found
    assert [b"AUTH PLAIN", b"\0ann@example.org\0" + b"x" * 400] == decoded(transcript.said)
    assert ["AUTH PLAIN", "(hidden)"] == transcript.shown


def test_login() -> None:
    """The name, then the password."""
    transcript = Transcript()
    script = replies("334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6", "235 2.7.0 Welcome")

    assert "LOGIN" == log_in(script, "LOGIN", transcript=transcript)
    assert [b"AUTH LOGIN", b"ann@example.org", b"hush-hush"] == decoded(transcript.said)
    assert ["AUTH LOGIN", "(hidden)", "(hidden)"] == transcript.shown


def test_cram_md5() -> None:
    """A digest of the server's challenge."""
    asked = b"<1896.697170952@mx.example.org>"
    digest = hmac.new(b"hush-hush", asked, "md5").hexdigest()

    def answer(line: bytes) -> Answer:
        if line == b"AUTH CRAM-MD5":
            return challenge(asked)
        return DONE if decoded([line]) == [f"ann@example.org {digest}".encode()] else REFUSED

    assert "CRAM-MD5" == log_in(answer, "CRAM-MD5", "PLAIN")


class ScramServer:
    """What a server with SCRAM-SHA-256 answers, by scramp."""

    def __init__(self, password: str, *, end: str = "challenge") -> None:
        mechanism = ScramMechanism("SCRAM-SHA-256")
        self._server = mechanism.make_server(lambda _user: mechanism.make_auth_info(password))
        self._end = end

    def __call__(self, line: bytes) -> Answer:
        """Return the reply to a line."""
        if line.startswith(b"AUTH "):
            self._server.set_client_first(decoded([line])[0].decode())
            return challenge(self._server.get_server_first())
        if not line:
            return DONE
        if line == b"*":
            return SmtpReply.parse("501 5.7.0 As you like")
        try:
            self._server.set_client_final(decoded([line])[0].decode())
        except ScramException:
            return REFUSED if self._end == "challenge" else DONE
        return challenge(self._server.get_server_final()) if self._end == "challenge" else DONE


def test_scram() -> None:
    """The server's proof comes in a challenge, with an empty response to it (RFC 4954 s4)."""
    transcript = Transcript()

    assert "SCRAM-SHA-256" == log_in(ScramServer("hush-hush"), *ALL, transcript=transcript)
    assert ["AUTH SCRAM-SHA-256 (hidden)", "(hidden)", ""] == transcript.shown


def test_scram_with_a_wrong_password() -> None:
    """The server says so."""
    with pytest.raises(Trouble, match="refuses the log-in: 535") as caught:
        log_in(ScramServer("other"), "SCRAM-SHA-256")

    assert "4.7.8" == str(caught.value.replies.lost_status)


@pytest.mark.parametrize("password", ["hush-hush", "other"])
def test_a_server_that_proves_nothing(password: str) -> None:
    """It says that all is well without its proof: we are not logged in."""
    with pytest.raises(Trouble, match="before it can know"):
        log_in(ScramServer(password, end="success"), "SCRAM-SHA-256", "PLAIN")


def test_a_wrong_proof() -> None:
    """The exchange is broken off, and no other mechanism is tried with such a server."""
    transcript = Transcript()

    def answer(line: bytes) -> Answer:
        if line.startswith(b"AUTH SCRAM"):
            nonce = decoded([line])[0].decode().rpartition("r=")[2]
            return challenge(f"r={nonce}x,s={base64.b64encode(b's' * 16).decode()},i=4096")
        if line == b"*":
            return SmtpReply.parse("501 5.7.0 As you like")
        return challenge(f"v={base64.b64encode(b'x' * 32).decode()}")

    with pytest.raises(Trouble, match="by SCRAM-SHA-256 was broken off: the server is not beli"):
        log_in(answer, *ALL, transcript=transcript)
    assert "*" == transcript.shown[-1]
    assert not any("PLAIN" in line for line in transcript.shown)


def test_xoauth2() -> None:
    """A token in place of a password."""
    transcript = Transcript()

    assert "XOAUTH2" == log_in(lambda _: DONE, *ALL, login=TOKEN, transcript=transcript)
    assert [b"user=ann@example.org\x01auth=Bearer ya29.hush\x01\x01"] == decoded(transcript.said)


def test_a_token_that_has_expired() -> None:
    """The error comes as a challenge, and the reply after an empty line."""
    transcript = Transcript()
    error = base64.b64encode(json.dumps({"status": "401", "schemes": "Bearer"}).encode()).decode()
    script = replies(f"334 {error}", "535 5.7.8 Username and token not accepted")
    with pytest.raises(Trouble, match=r"refuses the log-in: 535 5\.7\.8 Username and"):
        log_in(script, "XOAUTH2", login=TOKEN, transcript=transcript)

    assert b"" == transcript.said[-1]


def test_a_long_token() -> None:
    """Tokens of Microsoft have 2 kB: the command goes without it."""
    login = Login(user="ann@example.org", password="t" * 2_000, is_token=True)
    transcript = Transcript()
    found = log_in(replies("334 ", "235 Ok"), "XOAUTH2", login=login, transcript=transcript)

    assert "XOAUTH2" == found
    assert ["AUTH XOAUTH2", "(hidden)"] == transcript.shown


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        ("535 5.7.8 Authentication credentials invalid", "4.7.8"),
        ("535 no", "4.7.8"),
        ("534 5.7.9 Mechanism is too weak", "4.7.9"),
        ("530 5.7.0 First STARTTLS", "4.7.0"),
        ("538 5.7.11 Encryption required", "4.7.11"),
        ("500 5.5.6 Line too long", "4.5.6"),
        ("502 what", "4.7.8"),
    ],
)
def test_refused_for_now(reply: str, status: str) -> None:
    """A password can be put right: nothing bounces for it, and the reply is told."""
    with pytest.raises(Trouble) as caught:
        log_in(replies(reply), "PLAIN")
    trouble = caught.value

    assert "AUTH" == trouble.command
    assert PLACE == trouble.place
    assert trouble.is_temporary
    assert status == str(trouble.replies.lost_status)
    assert f"{PLACE} refuses the log-in: {reply}" == trouble.replies.lost
    assert SmtpReply.parse(reply) == trouble.answer


@pytest.mark.parametrize("name", ["PLAIN", "LOGIN"])
@pytest.mark.parametrize("reply", ["500 5.5.2 What is {}?", "{}"])
def test_a_server_that_repeats_what_it_hears(name: str, reply: str) -> None:
    """What it is told of in logs and reports has no secret."""
    heard: list[str] = []

    def answer(octets: bytes) -> Answer:
        heard.append(octets.decode().strip())
        if heard[-1] == "AUTH LOGIN" or (len(heard) == 2 and name == "LOGIN"):
            return SmtpReply.parse("334 Vjp")
        said = reply.format(heard[-1])
        return SmtpReply.parse(said) if said[:1] == "5" else said

    with pytest.raises(Trouble) as caught:
        log_in(answer, name)
    trouble = caught.value

    secret = heard[-1].rpartition(" ")[2]
    assert trouble.answer is not None
    assert secret not in str(trouble.answer) + trouble.replies.lost
    assert "(hidden)" in str(trouble.answer)


def test_refused_for_good() -> None:
    """If the site says so."""
    with pytest.raises(Trouble) as caught:
        log_in(lambda _: REFUSED, "PLAIN", policy=SaslPolicy(is_soft=False))

    assert not caught.value.is_temporary
    assert REFUSED == caught.value.replies.session


def test_the_server_says_for_now() -> None:
    """Its reply is the recipients'."""
    reply = SmtpReply.parse("454 4.7.0 Temporary authentication failure")
    with pytest.raises(Trouble) as caught:
        log_in(lambda _: reply, "PLAIN")

    assert caught.value.is_temporary
    assert reply == caught.value.replies.session


def test_a_mechanism_that_is_none_after_all() -> None:
    """504: the next that fits is tried."""
    transcript = Transcript()
    script = replies("504 5.5.4 Unrecognized authentication type", "235 2.7.0 Welcome")

    assert "PLAIN" == log_in(script, "CRAM-MD5", "PLAIN", transcript=transcript)
    assert ["AUTH CRAM-MD5", "AUTH PLAIN (hidden)"] == transcript.shown


def test_all_mechanisms_are_none_after_all() -> None:
    """The last reply tells it."""
    with pytest.raises(Trouble, match="refuses the log-in: 504"):
        log_in(lambda _: SmtpReply.parse("504 5.5.4 No"), *ALL)


def test_a_password_that_a_mechanism_forbids() -> None:
    """It may do for the next one; where there is none, that is told."""
    login = Login(user="ann", password="\ue000")

    assert "PLAIN" == log_in(lambda _: DONE, "SCRAM-SHA-256", "PLAIN", login=login)
    with pytest.raises(Trouble, match="a character that SCRAM forbids"):
        log_in(lambda _: DONE, "SCRAM-SHA-256", login=login)


@pytest.mark.parametrize(
    ("offered", "is_tls", "status", "why"),
    [
        ((), True, "4.7.0", "offers no log-in, and there is a password for it"),
        (("PLAIN", "LOGIN"), False, "4.7.11", "goes out under TLS alone"),
        (("GSSAPI", "NTLM"), True, "4.7.0", "no way to log in that may be used: GSSAPI NTLM"),
        (("X" * 9_000, "\x07"), True, "4.7.0", "no way to log in"),
    ],
)
def test_nothing_fits(offered: tuple[str, ...], is_tls: bool, status: str, why: str) -> None:  # noqa: FBT001  a column of the table
    """Nothing is said, and mail is not sent as by a stranger."""
    with pytest.raises(Trouble, match=why) as caught:
        log_in(replies(), *offered, is_tls=is_tls)

    assert status == str(caught.value.replies.lost_status)
    assert len(str(caught.value)) < 700


@pytest.mark.parametrize(
    "answers",
    [
        ["334 no base64!", "501 5.5.2 As you like"],
        ["334 " + "A" * 12_400, "501 5.5.2 As you like"],
        ["334-eA==\n334 eA==", "501 5.5.2 As you like"],
        ["334 eA==", "334 eA==", "501 5.5.2 As you like"],
        ["334 eA==", "334 eA==", "334 eA=="],
        ["334 eA==", "334 eA==", "235 2.7.0 Welcome"],
    ],
)
def test_challenges_that_are_none(answers: list[str]) -> None:
    """They are answered with `*`, and the reply to that is not believed."""
    transcript = Transcript()
    with pytest.raises(Trouble, match="by CRAM-MD5 was broken off") as caught:
        log_in(replies(*answers), "CRAM-MD5", transcript=transcript)

    assert "*" == transcript.shown[-1]
    assert "4.7.0" == str(caught.value.replies.lost_status)


@pytest.mark.parametrize("line", ["garbage", "354 go ahead", "220 hello again"])
def test_replies_to_other_questions(line: str) -> None:
    """For now: what the server is at cannot be known."""
    if line.startswith("220"):
        # Any 2yz is a success, as servers of old have others than 235.
        assert "PLAIN" == log_in(replies(line), "PLAIN")
        return
    with pytest.raises(Trouble, match="what is no reply to it") as caught:
        log_in(replies(line), "PLAIN")

    assert caught.value.is_temporary


def test_success_before_the_password() -> None:
    """A server that asks for nothing is not the one that the password is for."""
    with pytest.raises(Trouble, match="before it can know"):
        log_in(lambda _: DONE, "LOGIN")


LINES = st.one_of(
    st.sampled_from(["235 Ok", "334 ", "334 eA==", "334 =", "535 5.7.8 No", "504 No", "454 No"]),
    st.binary(max_size=40).map(lambda octets: f"334 {base64.b64encode(octets).decode()}"),
    st.text(st.characters(codec="utf-8"), max_size=40),
)


@given(st.lists(LINES, max_size=12), st.sampled_from(ALL), st.booleans())
def test_whatever_a_server_says(lines: list[str], name: str, is_soft: bool) -> None:  # noqa: FBT001  drawn
    """It ends, by success or by trouble that is told in one line, and no secret is shown."""
    waiting = iter(lines)

    def answer(_line: bytes) -> Answer:
        line = next(waiting, "535 5.7.8 Enough")
        try:
            return SmtpReply.read(line)
        except ValueError:
            return line

    transcript = Transcript()
    login = TOKEN if name == "XOAUTH2" else ANN
    policy = SaslPolicy(is_soft=is_soft)
    told = ""
    try:
        found = log_in(answer, name, login=login, policy=policy, transcript=transcript)
    except Trouble as trouble:
        found, told = name, trouble.replies.lost
    assert name == found
    assert "\n" not in told
    assert len(transcript.said) <= 5
    assert "hush" not in " ".join(transcript.shown)
    assert not {line.decode() for line in transcript.said if line and line != b"*"} & {
        line for line in transcript.shown if not line.startswith("AUTH")
    }


class _Store:
    async def check(self, name: str, password: str) -> bool:
        """Tell whether it is ann's."""
        return (name, password) == ("ann@example.org", "hush-hush")

    async def close(self) -> None:
        """Do nothing."""


@pytest.mark.parametrize("name", ["PLAIN", "LOGIN"])
@pytest.mark.parametrize("password", ["hush-hush", "wrong"])
def test_at_our_own_server(tmp_path: Path, name: str, password: str) -> None:
    """Over a socket, with TLS that is verified; neither side shows the password."""
    ca = tmp_path / "ca.pem"
    authority().cert_pem.write_to_path(ca)
    lines: list[str] = []

    async def log_in_there() -> tuple[str, bool]:
        listener = Listener(
            hostname="mx.example.org",
            intake=KeepingIntake(),
            tls=server_context(),
            tls_level=TlsLevel.MAY,
            authenticator=PasswordAuthenticator(_Store()),
        )
        async with serving(listener) as server:
            session = await PeerSession.open(
                ServerPlace(host="localhost", address="127.0.0.1", port=server.port),
                ClientSettings(hello="client.example", sasl=SaslPolicy(mechanisms=(name,))),
                policy=TlsPolicy(level=ClientTlsLevel.VERIFY, ca_file=ca),
                login=Login(user="ann@example.org", password=password),
                discards=Discards(),
                observe=lambda side, line: lines.append(f"{side}: {line}"),
            )
            found = session.tls, session.is_verified
            await session.quit()
            return found

    if password == "wrong":
        with pytest.raises(Trouble, match=r"refuses the log-in: 535 5\.7\.8"):
            asyncio.run(log_in_there())
    else:
        assert ("TLSv1.3", True) == asyncio.run(log_in_there())
    assert any(line.startswith(f"C: AUTH {name}") for line in lines)
    for secret in (password.encode(), f"\0ann@example.org\0{password}".encode()):
        assert base64.b64encode(secret).decode() not in "\n".join(lines)
