"""Our client and servers of others: encrypted, with the right one, and by a name and a password."""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING

import pytest

from dsnlib.adapters.client.login import Login
from dsnlib.adapters.client.peer_session import PeerSession
from dsnlib.adapters.client.place import ServerPlace
from dsnlib.adapters.client.sasl.policy import SaslPolicy
from dsnlib.adapters.client.settings import ClientSettings
from dsnlib.adapters.client.tls.policy import ClientTlsLevel, TlsPolicy
from dsnlib.adapters.client.trouble import Trouble
from dsnlib.replies.discard import Discards
from tests.interop.client_network import (
    ACCOUNTS,
    MAILBOXES,
    Asked,
    Servers,
    client_network_running,
    send,
)
from tests.interop.peers.running import HOST

if TYPE_CHECKING:
    from collections.abc import Iterator

WITH_TLS = ("postfix", "exim", "lmtp")
LEVELS = ("may", "encrypt", "verify", "secure")


@pytest.fixture(scope="module")
def servers() -> Iterator[Servers]:
    """All servers at once: what takes time is to start them."""
    with client_network_running() as found:
        yield found


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("name", WITH_TLS)
def test_tls(name: str, level: str, servers: Servers) -> None:
    """With the authority known, every level has its session; two of them know with whom."""
    policy = TlsPolicy(
        level=ClientTlsLevel(level), names=(f"{name}.example",), ca_file=servers.ca_file
    )

    sending = send(
        servers.port(name), Asked(recipients={MAILBOXES[0]: ()}), tls=policy,
        is_lmtp=name == "lmtp",
    )  # fmt: skip
    (result,) = sending.results

    assert result.is_success
    assert result.tls.startswith("TLSv1.")
    assert (level in {"verify", "secure"}) == result.is_verified
    # What was announced before is forgotten (RFC 3207 s4.2).
    assert 2 == len(sending.commands("LHLO" if name == "lmtp" else "EHLO"))


@pytest.mark.parametrize(
    ("names", "knows_authority"),
    [(("other.example",), True), (("postfix.example",), False), ((".postfix.example",), True)],
    ids=["another name", "no authority", "a name below"],
)
@pytest.mark.parametrize("level", LEVELS)
def test_tls_with_somebody_else(
    level: str,
    names: tuple[str, ...],
    knows_authority: bool,  # noqa: FBT001  a table
    servers: Servers,
) -> None:
    """Who is not whom we want gets nothing, and is tried again later; or it does not matter."""
    policy = TlsPolicy(
        level=ClientTlsLevel(level),
        names=names,
        ca_file=servers.ca_file if knows_authority else None,
    )

    sending = send(servers.postfix.port, Asked(recipients={"one@y.example": ()}), tls=policy)
    (result,) = sending.results

    if level in {"may", "encrypt"}:
        assert result.is_success
        assert not result.is_verified
        assert result.tls
    else:
        assert ("delayed", "4.7.5") == (result.outcome.disposition.value, str(result.status))
        assert "STARTTLS" == result.command
        assert [] == sending.commands("MAIL")


def test_tls_that_does_not_come_about(servers: Servers) -> None:
    """OpenSMTPD 6.8 announces TLS that fails with the OpenSSL of its package.

    With `may` the mail goes in the clear, over another connection; with `encrypt` it waits.
    """
    asked = Asked(recipients={"one@opensmtpd.example": ("NOTIFY=FAILURE",)})

    (result,) = send(servers.opensmtpd.port, asked, tls="may").results
    assert result.is_success
    is_broken = not result.tls

    (result,) = send(servers.opensmtpd.port, asked, tls="encrypt").results
    assert is_broken != result.is_success
    assert result.is_success or "4.7.5" == str(result.status)


def test_tls_that_is_not_offered(servers: Servers) -> None:
    """Is no TLS: `may` does without, and `encrypt` sends nothing."""
    asked = Asked(recipients={"one@y.example": ()})

    (result,) = send(servers.plain.port, asked, tls="may").results
    assert (True, "") == (result.is_success, result.tls)

    sending = send(servers.plain.port, asked, tls="encrypt")
    (result,) = sending.results
    assert ("delayed", "4.7.4") == (result.outcome.disposition.value, str(result.status))
    assert [] == sending.commands("MAIL")


@pytest.mark.parametrize(("name", "method"), [("postfix", "SCRAM-SHA-256"), ("exim", "CRAM-MD5")])
def test_login(name: str, method: str, servers: Servers) -> None:
    """By the strongest mechanism that is there; the password is in no transcript."""
    user, password = next(iter(ACCOUNTS.items()))
    subject = f"by {method}"

    sending = send(
        servers.port(name), Asked(recipients={"one@y.example": ()}), subject=subject,
        tls="encrypt", login=Login(user=user, password=password),
    )  # fmt: skip

    assert {True} == {each.is_success for each in sending.results}
    assert [method] == [text.split()[1] for text in sending.commands("AUTH")]
    assert not any(password in text for _, text in sending.said)
    if name == "postfix":
        log = (servers.postfix.root / "log").read_text("utf-8")
        assert f"sasl_method={method}, sasl_username={user}" in log
    else:
        servers.onward(subject, 1)
        assert f"A=cram:{user}" in servers.exim.log()


@pytest.mark.parametrize("level", ["none", "encrypt"])
@pytest.mark.parametrize(
    ("name", "mechanism"),
    [
        ("postfix", "SCRAM-SHA-256"),
        *((name, each) for name in ("postfix", "exim") for each in ("CRAM-MD5", "PLAIN", "LOGIN")),
    ],
)
def test_each_mechanism(name: str, mechanism: str, level: str, servers: Servers) -> None:
    """Each is understood; those that show the password wait for TLS, whatever is offered."""
    said: list[tuple[str, str]] = []
    user, password = next(iter(ACCOUNTS.items()))
    settings = ClientSettings(hello="client.example", sasl=SaslPolicy(mechanisms=(mechanism,)))
    place = ServerPlace(host=HOST, address=HOST, port=servers.port(name))

    async def mechanism_of() -> str:
        session = await PeerSession.open(
            place, settings,
            policy=TlsPolicy(level=ClientTlsLevel(level)),
            login=Login(user=user, password=password),
            discards=Discards(),
            observe=lambda side, text: said.append((side, text)),
        )  # fmt: skip
        found = session.mechanism
        await session.quit()
        return found

    if level == "none" and mechanism in {"PLAIN", "LOGIN"}:
        with pytest.raises(Trouble) as caught:
            asyncio.run(mechanism_of())
        assert "AUTH" == caught.value.command
        assert not any(text.startswith("AUTH") for side, text in said if side == "C")
    else:
        assert mechanism == asyncio.run(mechanism_of())
        assert any(text[:3] == "235" for _, text in said)
    coded = base64.b64encode(password.encode()).decode().rstrip("=")
    assert not any(password in text or coded in text for _, text in said)


@pytest.mark.parametrize("name", ["postfix", "exim"])
def test_login_with_a_wrong_password(name: str, servers: Servers) -> None:
    """Nothing is sent, and the mail waits for somebody to put it right."""
    sending = send(
        servers.port(name), Asked(recipients={"one@y.example": ()}),
        tls="encrypt", login=Login(user="ann", password="wrong"),
    )  # fmt: skip
    (result,) = sending.results

    assert "AUTH" == result.command
    assert ("delayed", "4.7.8") == (result.outcome.disposition.value, str(result.status))
    assert [] == sending.commands("MAIL")
