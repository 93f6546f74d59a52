"""From the greeting to a session, or to what stands against it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.client.dialogue import Lost, TlsFailed
from dsnlib.adapters.client.login import Login
from dsnlib.adapters.client.opening import NoTls, Opened, mta_name, open_session
from dsnlib.adapters.client.place import ServerPlace
from dsnlib.adapters.client.settings import ClientSettings
from dsnlib.adapters.client.tls.policy import ClientTlsLevel, TlsPolicy
from dsnlib.adapters.client.trouble import Trouble
from dsnlib.model.reply import SmtpReply
from dsnlib.replies.discard import parse_discards
from tests.adapters.client.played import Extra, Played, play

PLACE = ServerPlace(host="mx.example.net", address="192.0.2.1", port=25)
GREETING = "220 mx.example.net ESMTP"
EHLO = "250-mx.example.net\r\n250-PIPELINING\r\n250-DSN\r\n250 SIZE 1000"
WITH_TLS = "250-mx.example.net\r\n250-STARTTLS\r\n250 DSN"
GO = "220 2.0.0 Go"
LEVELS = ClientTlsLevel


def begin(
    *script: str | Extra | Exception,
    level: ClientTlsLevel = LEVELS.MAY,
    discards: str = "",
    login: Login | None = None,
    place: ServerPlace = PLACE,
    is_clear: bool = False,
    **known: Any,  # noqa: ANN401  what the settings take
) -> tuple[Opened, Played]:
    """Begin a session against a script."""
    settings = ClientSettings(hello="mail.example.org", **known)
    dialogue = open_session(
        place, settings, policy=TlsPolicy(level=level), login=login,
        discards=parse_discards(discards), is_clear=is_clear,
    )  # fmt: skip
    return play(dialogue, script)


def trouble(
    *script: str | Extra | Exception,
    **known: Any,  # noqa: ANN401  as `begin`
) -> tuple[str, str, str]:
    """Return what stands against a session: the command, the status, the text."""
    with pytest.raises(Trouble) as caught:
        begin(*script, **known)
    replies = caught.value.replies
    if replies.session is None:
        return caught.value.command, str(replies.lost_status), replies.lost
    return caught.value.command, "", str(replies.session)


def test_a_session() -> None:
    """The server is greeted, and what it announces is known."""
    opened, played = begin(GREETING, EHLO)

    assert ["EHLO mail.example.org"] == played.lines
    assert (True, 1000) == (opened.features.has("pipelining"), opened.features.size)
    assert (True, "mx.example.net") == (opened.hop.dsn, opened.hop.name.name)
    assert not opened.is_encrypted
    assert not opened.hop.is_lmtp


def test_lmtp() -> None:
    """LHLO is said (RFC 2033 s4.1), and a mail store may have the name of its host."""
    place = ServerPlace(host="localhost", address="/run/lmtp", port=None)
    opened, played = begin(
        GREETING, "250-mail.example.org\r\n250 DSN", is_lmtp=True, is_final=True, place=place
    )

    assert ["LHLO mail.example.org"] == played.lines
    assert (True, True, "localhost") == (
        opened.hop.is_lmtp, opened.hop.is_final, opened.hop.name.name
    )  # fmt: skip


def test_an_old_server() -> None:
    """One that knows no EHLO is greeted with HELO, and asked for nothing (RFC 5321 s3.2)."""
    opened, played = begin(GREETING, "502 5.5.1 What", "250-mx.example.net\r\n250 DSN")

    assert ["EHLO mail.example.org", "HELO mail.example.org"] == played.lines
    assert {} == dict(opened.features.keywords)
    assert not opened.hop.dsn


def test_what_a_server_announces_wrongly_is_passed_over() -> None:
    """A keyword that is discarded is as if the server did not have it."""
    opened, _ = begin(GREETING, EHLO, discards="dsn pipelining")

    assert ["SIZE"] == list(opened.features.keywords)
    assert not opened.hop.dsn


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (["554 5.3.2 No mail here"], ("greeting", "", "554 5.3.2 No mail here")),
        (["421 4.3.2 Later"], ("greeting", "", "421 4.3.2 Later")),
        (["hello there"], ("greeting", "", "hello there")),
        ([GREETING, "421 4.3.2 Later"], ("EHLO", "", "421 4.3.2 Later")),
        ([GREETING, "500 What", "500 What"], ("HELO", "", "500 What")),
    ],
)
def test_a_refusal(script: list[str], expected: tuple[str, str, str]) -> None:
    """What the server said, and to what."""
    assert expected == trouble(*script)


@pytest.mark.parametrize(
    ("script", "command"),
    [
        (["354 Go on"], "greeting"),
        ([GREETING, Extra(GREETING)], "greeting"),
        ([GREETING, GREETING], "EHLO"),
        ([GREETING, EHLO, Extra(EHLO)], "EHLO"),
    ],
)
def test_a_server_that_is_out_of_step(script: list[str | Extra], command: str) -> None:
    """Nobody knows what it would answer to MAIL."""
    assert (command, "4.5.0") == trouble(*script)[:2]


@pytest.mark.parametrize("length", [0, 1])
def test_a_loss(length: int) -> None:
    """Where, and at what."""
    command, status, text = trouble(*[GREETING][:length], Lost("no answer in time"))

    assert ["greeting", "EHLO"][length] == command
    assert "4.4.2" == status
    assert f"mx.example.net[192.0.2.1]:25 was lost at {command}: no answer in time" == text


def test_this_system_itself() -> None:
    """The mail would come round again (RFC 5321 s6.3)."""
    command, status, text = trouble(GREETING, "250 MAIL.example.org hello")

    assert ("EHLO", "5.4.6") == (command, status)
    assert "is this system itself" in text


def test_tls() -> None:
    """What was announced before it is forgotten (RFC 3207 s4.2)."""
    opened, played = begin(GREETING, WITH_TLS, GO, EHLO)

    assert ["EHLO mail.example.org", "STARTTLS", "EHLO mail.example.org"] == played.lines
    assert opened.is_encrypted
    assert not opened.is_verified
    assert not opened.hop.is_tls
    assert not opened.features.has("STARTTLS")


def test_tls_with_the_right_server() -> None:
    """The level says that its certificate was looked at."""
    opened, _ = begin(GREETING, WITH_TLS, GO, EHLO, level=LEVELS.SECURE)

    assert opened.is_verified
    assert opened.hop.is_tls


@pytest.mark.parametrize("level", [LEVELS.NONE, LEVELS.MAY])
def test_no_tls(level: ClientTlsLevel) -> None:
    """It is not asked for, or there is none."""
    greeted = WITH_TLS if level is LEVELS.NONE else EHLO
    opened, played = begin(GREETING, greeted, level=level)

    assert not opened.is_encrypted
    assert 1 == len(played.lines)


def test_no_tls_again() -> None:
    """Where it has failed before, and nobody insists, it is not tried again."""
    assert not begin(GREETING, WITH_TLS, is_clear=True)[0].is_encrypted


@pytest.mark.parametrize("fault", [TlsFailed("no shared cipher"), Lost("gone")])
def test_tls_that_fails(fault: Exception) -> None:
    """Another connection may do without, unless somebody insists."""
    with pytest.raises(NoTls):
        begin(GREETING, WITH_TLS, fault)

    command, status, text = trouble(GREETING, WITH_TLS, fault, level=LEVELS.ENCRYPT)
    assert ("STARTTLS", "4.7.5") == (command, status)
    assert str(fault) in text


def test_tls_that_is_refused() -> None:
    """The session goes on in clear, unless somebody insists or the server ends it."""
    assert not begin(GREETING, WITH_TLS, "454 4.7.0 Not now")[0].is_encrypted
    for answer in ("421 4.3.2 Closing", "250 2.0.0 Fine", "what?"):
        with pytest.raises(NoTls):
            begin(GREETING, WITH_TLS, answer)
        refused = trouble(GREETING, WITH_TLS, answer, level=LEVELS.ENCRYPT)
        assert ("STARTTLS", "4.7.4") == refused[:2]


def test_tls_that_is_not_offered() -> None:
    """The mail waits where somebody insists; a discarded keyword is not offered."""
    for known in ({}, {"discards": "starttls"}):
        greeted = WITH_TLS if known else EHLO
        refused = trouble(GREETING, greeted, level=LEVELS.ENCRYPT, **known)
        assert ("STARTTLS", "4.7.4") == refused[:2]


def test_a_login() -> None:
    """It follows TLS, and its mechanism is that of the EHLO under TLS."""
    login = Login(user="ann", password="secret")
    under_tls = "250-mx.example.net\r\n250 AUTH PLAIN"
    opened, played = begin(GREETING, WITH_TLS, GO, under_tls, "235 2.7.0 Fine", login=login)

    assert "PLAIN" == opened.mechanism
    assert played.lines[-1].startswith("AUTH PLAIN ")


def test_a_login_that_is_refused() -> None:
    """The mail waits: it does not bounce for a password."""
    login = Login(user="ann", password="secret")
    under_tls = "250-mx.example.net\r\n250 AUTH PLAIN"
    refused = trouble(GREETING, WITH_TLS, GO, under_tls, "535 5.7.8 No", login=login)

    assert ("AUTH", "4.7.8") == refused[:2]


@pytest.mark.parametrize(
    ("host", "port", "name"),
    [
        ("mx.example.net", 25, "mx.example.net"),
        ("192.0.2.1", 25, "[192.0.2.1]"),
        ("[192.0.2.1]", 25, "[192.0.2.1]"),
        ("2001:db8::1", 25, "[IPv6:2001:db8::1]"),
        ("localhost", None, "localhost"),
    ],
)
def test_what_a_report_calls_it(host: str, port: int | None, name: str) -> None:
    """An address is in brackets (RFC 5321 s4.1.3)."""
    assert name == mta_name(ServerPlace(host=host, address="x", port=port))


@given(
    script=st.lists(
        st.sampled_from(
            [GREETING, EHLO, WITH_TLS, GO, "454 4.7.0 No", "421 4.3.2 Bye", "535 5.7.8 No",
             "235 2.7.0 Fine", "502 5.5.1 What", "what?", "250-x\r\n250 AUTH PLAIN LOGIN",
             Extra(EHLO), Lost("gone"), TlsFailed("no")]
        ),
        max_size=8,
    ),
    level=st.sampled_from(list(LEVELS)),
    has_login=st.booleans(),
)  # fmt: skip
def test_any_server(
    *, script: list[str | Extra | Exception], level: ClientTlsLevel, has_login: bool
) -> None:
    """There is a session or trouble, and no session without what was insisted on."""
    login = Login(user="ann", password="secret") if has_login else None
    try:
        opened, played = begin(*script, level=level, login=login)
    except (Trouble, NoTls) as error:
        if isinstance(error, Trouble):
            answer = error.replies.session
            assert not (isinstance(answer, SmtpReply) and answer.code // 100 == 2)
        else:
            assert level is LEVELS.MAY
        return
    assert opened.is_encrypted or not level.is_required
    assert (login is not None) == bool(opened.mechanism)
    assert "secret" not in "".join(played.lines)
