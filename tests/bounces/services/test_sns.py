"""Envelopes of Amazon's around notifications."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dsnlib.bounces.services import sns
from dsnlib.bounces.services.sns import open_envelopes
from dsnlib.errors import LimitExceeded, ParseError

MAIL: dict[str, Any] = {"notificationType": "Bounce", "mail": {"messageId": "m"}}
TEXT = json.dumps(MAIL)
BY_SNS = {"Type": "Notification", "TopicArn": "a", "Message": TEXT}


@pytest.mark.parametrize(
    "value",
    [
        MAIL,
        BY_SNS,
        {"Type": "Notification", "Message": MAIL},
        {"Records": [{"EventSource": "aws:sns", "Sns": BY_SNS}]},
        {"Records": [{"eventSource": "aws:sqs", "body": TEXT}]},
        {"Records": [{"eventSource": "aws:sqs", "body": json.dumps(BY_SNS)}]},
        {"Messages": [{"MessageId": "1", "Body": json.dumps(BY_SNS)}]},
        {"source": "aws.ses", "detail-type": "Email Bounced", "detail": MAIL},
        [MAIL],
        {"new": 1, **BY_SNS},
    ],
)
def test_envelopes(value: object) -> None:
    """A notification is found in every envelope that it comes in, and in two of them."""
    assert (MAIL,) == open_envelopes(json.dumps(value))
    assert (MAIL,) == open_envelopes(b"\xef\xbb\xbf" + json.dumps(value).encode())


def test_several() -> None:
    """Records and lists hold several, in their order."""
    other = {"mail": {"messageId": "n"}}

    assert (MAIL, other) == open_envelopes(json.dumps([MAIL, other]))
    assert (MAIL, other) == open_envelopes(
        json.dumps({"Records": [{"body": TEXT}, {"body": json.dumps(other)}]})
    )


@pytest.mark.parametrize(
    "value",
    [
        None, 1, "text", [], {}, [1, [2]], {"mail": 3}, {"Message": 4}, {"Records": {}},
        {"Type": "SubscriptionConfirmation", "Message": "You have chosen", "SubscribeURL": "a"},
        {"Type": "Notification", "Message": "Successfully validated SNS topic"},
        "{}",
    ],
)  # fmt: skip
def test_nothing_in_it(value: object) -> None:
    """JSON of other kinds, a subscription among them, holds no notification."""
    assert () == open_envelopes(json.dumps(value))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "notification: no JSON at line 1, column 1: Expecting value"),
        (b"\xff", "notification: no JSON at line 1, column 1: Expecting value"),
        (b'{\n"a"', "notification: no JSON at line 2, column 4: Expecting ':' delimiter"),
        (b"[" * 100_000, "notification: it is nested too deeply"),
        (b'{"a":' * 100_000, "notification: it is nested too deeply"),
        (b"9" * 10_000, "notification: a number has too many digits"),
        (
            b'{"Records": [{"body": "{}"}, {"body": "{"}]}',
            (
                "notification.Records[1].body: no JSON at line 1, column 2: Expecting property name"
                " enclosed in double quotes"
            ),
        ),
    ],
    ids=["nothing", "octets", "cut", "lists", "objects", "number", "record"],
)
def test_no_json(data: bytes, expected: str) -> None:
    """What is no JSON is refused, and the message says where."""
    with pytest.raises(ParseError) as caught:
        open_envelopes(data)

    assert expected == str(caught.value)


def test_envelopes_without_end() -> None:
    """Envelopes in envelopes are opened to a bound."""
    value: object = MAIL
    for _ in range(50):
        value = [value]

    assert () == open_envelopes(json.dumps(value))


def test_too_long() -> None:
    """No more than a bound is looked at."""
    with pytest.raises(LimitExceeded) as caught:
        open_envelopes(b" " * ((16 << 20) + 1))

    assert "notification_octets" == caught.value.limit


def test_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """No more notifications than a bound are taken at a time."""
    monkeypatch.setattr(sns, "_MOST_NOTIFICATIONS", 3)
    assert 3 == len(open_envelopes(json.dumps([MAIL] * 3)))
    with pytest.raises(LimitExceeded) as caught:
        open_envelopes(json.dumps([MAIL] * 4))

    assert ("notifications", 3) == (caught.value.limit, caught.value.value)
