"""Signatures of webhooks, by the convention Standard Webhooks."""

from __future__ import annotations

import base64
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.outbox.signature import (
    InvalidSignature,
    WebhookSecret,
    make_secret,
    sign_webhook,
    verify_webhook,
)
from dsnlib.errors import InvalidValue

# The example that the libraries of the convention are tested with.
SECRET = WebhookSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
STAMP = 1614265330
NOW = dt.datetime.fromtimestamp(STAMP, dt.UTC)
IDENTIFIER = "msg_p5jXN8AQM9LWM0D4loKWxJek"
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
OTHER = WebhookSecret(make_secret())


def headers(**changes: str) -> dict[str, str]:
    """Return the headers of the example, changed."""
    known = {"id": IDENTIFIER, "timestamp": str(STAMP), "signature": SIGNATURE, **changes}
    return {f"Webhook-{name.capitalize()}": value for name, value in known.items()}


def test_example() -> None:
    """The known secret gives the known signature, and it verifies."""
    signed = sign_webhook(IDENTIFIER, BODY, [SECRET], timestamp=STAMP)

    assert SIGNATURE == signed["webhook-signature"]
    assert IDENTIFIER == verify_webhook(signed, BODY, [SECRET], now=NOW)
    assert IDENTIFIER == verify_webhook(headers(), BODY, [SECRET], now=NOW)


def test_rotation() -> None:
    """While two secrets are in force, a receiver with either of them takes it."""
    signed = sign_webhook(IDENTIFIER, BODY, [OTHER, SECRET], timestamp=STAMP)

    assert IDENTIFIER == verify_webhook(signed, BODY, [SECRET], now=NOW)
    assert IDENTIFIER == verify_webhook(signed, BODY, [OTHER], now=NOW)
    assert IDENTIFIER == verify_webhook(headers(), BODY, [OTHER, SECRET], now=NOW)


def test_no_secret() -> None:
    """Without a secret a request has its name and time, and no signature."""
    assert {"webhook-id", "webhook-timestamp"} == set(
        sign_webhook(IDENTIFIER, BODY, [], timestamp=STAMP)
    )


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        (headers(id=""), "no webhook-id"),
        (headers(timestamp=""), "no webhook-timestamp"),
        (headers(signature=""), "no webhook-signature"),
        (headers(id="another"), "no signature is right"),
        (headers(timestamp=str(STAMP + 1)), "no signature is right"),
        (headers(timestamp=str(STAMP + 301)), "off by more than 300 s"),
        (headers(timestamp=str(STAMP - 301)), "off by more than 300 s"),
        (headers(timestamp="yesterday"), "no number of seconds"),
        (headers(timestamp="-1"), "no number of seconds"),
        (headers(timestamp="9" * 400), "no number of seconds"),
        (headers(timestamp="\N{ARABIC-INDIC DIGIT ONE}"), "no number of seconds"),
        (headers(signature=SIGNATURE.replace("v1", "v2")), "no signature is right"),
        (headers(signature="v1,"), "no signature is right"),
        (headers(signature="\udcff"), "no signature is right"),
        (headers(signature="v1,x " * 20 + SIGNATURE), "no signature is right"),
        (headers(signature="v1,x " * 2000), "too long"),
    ],
)
def test_wrong(changed: dict[str, str], rule: str) -> None:
    """What is not right is refused, and why is told."""
    with pytest.raises(InvalidSignature, match=rule):
        verify_webhook(changed, BODY, [SECRET], now=NOW)


def test_wrong_body() -> None:
    """One octet that was changed is seen."""
    with pytest.raises(InvalidSignature):
        verify_webhook(headers(), BODY + b" ", [SECRET], now=NOW)
    with pytest.raises(InvalidSignature):
        verify_webhook(headers(), BODY, [], now=NOW)


@given(
    st.dictionaries(
        st.sampled_from(["webhook-id", "webhook-timestamp", "webhook-signature"]), st.text()
    )
)
def test_hostile(given_: dict[str, str]) -> None:
    """Whatever stands in the headers, the answer is no, and no other error."""
    with pytest.raises(InvalidSignature):
        verify_webhook(given_, BODY, [SECRET], now=NOW)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "whsec_",
        "hidden-secret",
        "whsec_hidden!",
        "whsec_" + base64.b64encode(b"x" * 23).decode(),
        "whsec_" + base64.b64encode(b"x" * 65).decode(),
        base64.b64encode(b"x" * 32).decode(),
        "whsec_\xe9",
    ],
)
def test_bad_secret(text: str) -> None:
    """A secret that is none is refused, and not shown."""
    with pytest.raises(InvalidValue, match="24 to 64 octets") as caught:
        WebhookSecret(text)

    assert "hidden" not in str(caught.value)
    assert caught.value.value is None


def test_secret_is_not_shown() -> None:
    """Neither `repr` nor `str` has it."""
    assert "WebhookSecret(...)" == repr(SECRET) == str(SECRET)
    assert make_secret() != make_secret()


def test_an_identifier_with_a_lone_surrogate() -> None:
    """What no octets stand for, as JSON may have it, is an identifier, and no crash."""
    identifier = "msg_\ud800\udcff"
    signed = sign_webhook(identifier, BODY, [SECRET], timestamp=STAMP)

    assert identifier == verify_webhook(signed, BODY, [SECRET], now=NOW)
    with pytest.raises(InvalidSignature):
        verify_webhook({**signed, "webhook-id": "msg_\ud801"}, BODY, [SECRET], now=NOW)


def test_now_has_a_zone() -> None:
    """By a time without one, what is too old would depend on the machine."""
    with pytest.raises(InvalidValue, match=r"^now: .* has no zone$"):
        verify_webhook(headers(), BODY, [SECRET], now=NOW.replace(tzinfo=None))
