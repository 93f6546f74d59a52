"""JSON that came by Amazon SNS, SQS, Lambda or EventBridge -> the notifications in it.

    {"Type": "Notification", "Message": "{...}"}             SNS, by HTTP or in a queue
    {"Records": [{"Sns": {"Message": "{...}"}}]}             SNS to Lambda
    {"Records": [{"body": "{...}"}]}                         SQS to Lambda
    {"Messages": [{"Body": "{...}"}]}                        what SQS gives who asks
    {"source": "aws.ses", "detail": {...}}                   EventBridge
    [{...}, {...}]                                           several of them

Rules.
- Whether SNS has signed a message is not looked at: the certificate is fetched from the
  network.  Who takes messages by HTTP checks that first, or is told by others what to
  suppress.
- A message that asks to confirm a subscription holds no notification.
- Names that we do not know are passed over, and values of other types than they have.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from dsnlib.errors import LimitExceeded, ParseError
from dsnlib.model.text import decode_wire

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["open_envelopes"]

# A message of SNS or SQS has 256 KB at most, of EventBridge too.  Chosen by us: many.
_MOST_OCTETS = 16 << 20
_MOST_NOTIFICATIONS = 100_000
# SQS around SNS around the notification, all in a list.
_MOST_ENVELOPES = 8
_INSIDE = ("Message", "Sns", "body", "Body", "detail", "Records", "Messages")


def open_envelopes(data: bytes | str) -> tuple[dict[str, Any], ...]:
    """Return the notifications that are in JSON: the objects that have a `mail`.

    Args:
        data: JSON, in UTF-8.

    Raises:
        ParseError: It is no JSON, or is nested too deeply; the message names the place.
        LimitExceeded: It is too long, or there are too many.
    """
    found: list[dict[str, Any]] = []
    for each in _opened(_loads(data, "notification"), "notification", 0):
        if len(found) == _MOST_NOTIFICATIONS:
            message = f"notification: there are more than {_MOST_NOTIFICATIONS}"
            raise LimitExceeded(message, limit="notifications", value=_MOST_NOTIFICATIONS)
        found.append(each)
    return tuple(found)


def _loads(data: bytes | str, place: str) -> object:
    if len(data) > _MOST_OCTETS:
        message = f"{place}: {len(data)} octets are more than {_MOST_OCTETS}"
        raise LimitExceeded(message, limit="notification_octets", value=_MOST_OCTETS)
    text = decode_wire(data) if isinstance(data, bytes) else data
    try:
        value: object = json.loads(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        message = f"{place}: no JSON at line {error.lineno}, column {error.colno}: {error.msg}"
        raise ParseError(message) from None
    except RecursionError:
        message = f"{place}: it is nested too deeply"
        raise ParseError(message) from None
    except ValueError:
        message = f"{place}: a number has too many digits"
        raise ParseError(message) from None
    return value


def _opened(value: object, place: str, depth: int) -> Iterator[dict[str, Any]]:
    if depth > _MOST_ENVELOPES:
        return
    if isinstance(value, str):
        # What is no object is for people: "Successfully validated SNS topic".
        if value.lstrip()[:1] in ("{", "["):
            yield from _opened(_loads(value, place), place, depth + 1)
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _opened(each, f"{place}[{number}]", depth + 1)
    elif isinstance(value, dict):
        if isinstance(value.get("mail"), dict):
            yield value
            return
        name = next((each for each in _INSIDE if each in value), None)
        if name is not None:
            yield from _opened(value[name], f"{place}.{name}", depth + 1)
