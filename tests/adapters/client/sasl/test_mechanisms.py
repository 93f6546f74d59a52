"""Tests of dsnlib.adapters.client.sasl.mechanisms."""

from __future__ import annotations

import base64
import hmac
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.client.login import Login
from dsnlib.adapters.client.sasl.mechanisms import (
    CramMd5,
    LoginMechanism,
    Plain,
    Unanswerable,
    Xoauth2,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsnlib.adapters.client.sasl.mechanisms import Mechanism

ANN = Login(user="ann@example.org", password="secret")
ALL = [Plain, LoginMechanism, CramMd5, Xoauth2]


def test_plain() -> None:
    """`[authzid] NUL authcid NUL passwd` (RFC 4616 s2), without an identity to act for."""
    mechanism = Plain(ANN)

    assert b"\0ann@example.org\0secret" == base64.b64decode(mechanism.first())
    assert mechanism.is_over


def test_login() -> None:
    """The server asks for each; which words it asks with does not matter."""
    mechanism: Mechanism = LoginMechanism(ANN)

    assert mechanism.first() is None
    assert b"ann@example.org" == base64.b64decode(mechanism.next(b"no base64"))
    assert not mechanism.is_over
    assert b"secret" == base64.b64decode(mechanism.next(b"UGFzc3dvcmQ6"))
    assert mechanism.is_over


def test_cram_md5() -> None:
    """The example of RFC 2195 s2."""
    mechanism: Mechanism = CramMd5(Login(user="tim", password="tanstaaftanstaaf"))
    challenge = base64.b64encode(b"<1896.697170952@postoffice.reston.mci.net>")

    assert mechanism.first() is None
    assert b"tim b913a602c7eda7a495b4e6e7334d3890" == base64.b64decode(mechanism.next(challenge))
    assert mechanism.is_over


def test_xoauth2() -> None:
    """Name and token; an error is answered with an empty line, and is no success."""
    mechanism = Xoauth2(Login(user="ann@example.org", password="ya29.token", is_token=True))

    assert b"user=ann@example.org\x01auth=Bearer ya29.token\x01\x01" == base64.b64decode(
        mechanism.first()
    )
    assert mechanism.is_over
    assert b"" == mechanism.next(b"eyJzdGF0dXMiOiI0MDEifQ==")
    assert not mechanism.is_over


@pytest.mark.parametrize("make", ALL)
def test_no_exchange_is_without_end(make: Callable[[Login], Mechanism]) -> None:
    """What the server asks for too often is not answered."""
    mechanism = make(ANN)
    mechanism.first()
    answered = 0
    with pytest.raises(Unanswerable, match="more than the mechanism has"):  # noqa: PT012  which one raises is what is counted
        for _ in range(9):
            mechanism.next(b"eA==")
            answered += 1

    assert answered <= 2


@pytest.mark.parametrize("challenge", [b"no base64!", b"eA", b"\xff", b"eA==\0"])
def test_a_challenge_that_is_none(challenge: bytes) -> None:
    """CRAM-MD5 has to read it."""
    mechanism = CramMd5(ANN)
    mechanism.first()
    with pytest.raises(Unanswerable, match="no CRAM-MD5 of the challenge"):
        mechanism.next(challenge)


def test_an_openssl_without_md5(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says so by a ValueError."""

    def refuse(*_args: object, **_names: object) -> None:
        message = "unsupported hash type md5"
        raise ValueError(message)

    monkeypatch.setattr(hmac, "new", refuse)
    mechanism = CramMd5(ANN)
    mechanism.first()
    with pytest.raises(Unanswerable, match="unsupported hash"):
        mechanism.next(b"eA==")


@pytest.mark.parametrize("make", ALL)
@pytest.mark.parametrize("control", ["\0", "\x01", "\r", "\n", "\x7f", "\ud800"])
def test_nothing_is_smuggled(make: Callable[[Login], Mechanism], control: str) -> None:
    """A control could end a part of a response; the error shows neither part."""
    for login in (
        Login(user=f"a{control}b", password="hush"),
        Login(user="ann", password=f"hu{control}sh"),
    ):
        with pytest.raises(Unanswerable, match="has a control character") as caught:
            make(login).first()
        assert "hu" not in str(caught.value)


TEXTS = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=30)


@given(TEXTS, TEXTS)
def test_octets_of_the_table(user: str, password: str) -> None:
    """Names and passwords go out in UTF-8, as they are."""
    login = Login(user=user, password=password)
    names = LoginMechanism(login)
    names.first()

    assert [b"", user.encode(), password.encode()] == base64.b64decode(Plain(login).first()).split(
        b"\0"
    )
    assert user.encode() == base64.b64decode(names.next(b""))
    assert password.encode() == base64.b64decode(names.next(b""))


def test_octets_that_are_no_utf8() -> None:
    """A table may have others; they are not changed."""
    login = Login(user="ann", password=b"\xfc\xdf".decode("utf-8", "surrogateescape"))

    assert b"\0ann\0\xfc\xdf" == base64.b64decode(Plain(login).first())
