"""Signatures of webhooks, by the convention Standard Webhooks: made, and verified.

    webhook-id: msg_2f...                       the same for the same events
    webhook-timestamp: 1772355600               seconds since 1970
    webhook-signature: v1,K5oZfzN95Z9UVu1E...   one for each secret, by spaces

signed = id "." timestamp "." body;  signature = "v1," BASE64(HMAC-SHA256(secret, signed))

Rules.
- A secret is `whsec_` and base64 of 24 to 64 octets.  Several may be in force at a time, so
  that one can be replaced: the sender signs with each, a receiver accepts any.
- Comparing takes as long for a wrong signature as for a right one.
- A time that is off by more than the tolerance is refused: nobody can send again what he
  has overheard.
- No secret is in a message, a log or a `repr`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from typing import TYPE_CHECKING

from dsnlib.errors import DsnError, InvalidValue
from dsnlib.model.date import require_zone

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping

__all__ = ["InvalidSignature", "WebhookSecret", "make_secret", "sign_webhook", "verify_webhook"]

_PREFIX = "whsec_"
# Those of the convention.
_LEAST_OCTETS, _MOST_OCTETS = 24, 64
# One for each secret in force; more is somebody who wants us to compute.
_MOST_SIGNATURES = 16
# Of the headers together; ours have under 300 characters.
_LONGEST_HEADER = 4096


class InvalidSignature(DsnError):
    """A request is not from whom it says, or not of now; the message says which."""


class WebhookSecret:
    """What sender and receiver share.

    Args:
        text: `whsec_` and base64.

    Raises:
        InvalidValue: It is no secret of this form; the message does not show it.
    """

    __slots__ = ("_key",)

    def __init__(self, text: str) -> None:
        text = text.strip()
        try:
            key = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if not text.startswith(_PREFIX) or not _LEAST_OCTETS <= len(key) <= _MOST_OCTETS:
            message = (
                f"webhook secret: it is not {_PREFIX} and base64 of "
                f"{_LEAST_OCTETS} to {_MOST_OCTETS} octets"
            )
            raise InvalidValue(message)
        self._key = key

    def __repr__(self) -> str:
        """Return a form that does not show it."""
        return "WebhookSecret(...)"

    def sign(self, identifier: str, timestamp: int, body: bytes) -> str:
        """Return one signature.  Never raises."""
        try:
            name = identifier.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:  # a lone surrogate that stands for no octet, as JSON may have
            name = identifier.encode("utf-8", "surrogatepass")
        signed = b"%s.%d.%s" % (name, timestamp, body)
        digest = hmac.digest(self._key, signed, hashlib.sha256)
        return "v1," + base64.b64encode(digest).decode("ascii")


def make_secret() -> str:
    """Return a new secret, as text."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode("ascii")


def sign_webhook(
    identifier: str, body: bytes, secrets: Iterable[WebhookSecret], *, timestamp: int
) -> dict[str, str]:
    """Return the headers that sign a request; without a secret, those that name it.

    Args:
        identifier: The same for the same events.
        body: What is sent.
        secrets: Those in force.
        timestamp: Now, in seconds since 1970.
    """
    headers = {"webhook-id": identifier, "webhook-timestamp": str(timestamp)}
    signatures = [each.sign(identifier, timestamp, body) for each in secrets]
    if signatures:
        headers["webhook-signature"] = " ".join(signatures)
    return headers


def verify_webhook(
    headers: Mapping[str, str],
    body: bytes,
    secrets: Iterable[WebhookSecret],
    *,
    now: dt.datetime,
    tolerance_seconds: float = 300,
) -> str:
    """Return the identifier of a request that is right: the key to take it once.

    Args:
        headers: Of the request; their case does not matter.
        body: As it came, before anything is decoded.
        secrets: Those that are accepted.
        now: The time, with a zone.
        tolerance_seconds: How far the sender's clock may be off.

    Raises:
        InvalidSignature: It is not signed by any of the secrets, or too old, or not yet due.
        InvalidValue: `now` has no zone.
    """
    require_zone(now, "now", of_minutes=False)
    wanted = ("webhook-id", "webhook-timestamp", "webhook-signature")
    found = {name.lower(): value for name, value in headers.items() if name.lower() in wanted}
    missing = [name for name in wanted if not found.get(name)]
    if missing:
        message = f"webhook: there is no {missing[0]}"
        raise InvalidSignature(message)
    if sum(map(len, found.values())) > _LONGEST_HEADER:
        message = "webhook: its headers are too long"
        raise InvalidSignature(message)
    identifier, stamp, signatures = (found[name] for name in wanted)
    if not (stamp.isascii() and stamp.isdigit()) or len(stamp) > 12:
        message = "webhook: webhook-timestamp is no number of seconds"
        raise InvalidSignature(message)
    timestamp = int(stamp)
    if abs(now.timestamp() - timestamp) > tolerance_seconds:
        message = f"webhook: its time is off by more than {tolerance_seconds:g} s"
        raise InvalidSignature(message)
    given = [each.encode("utf-8", "replace") for each in signatures.split()[:_MOST_SIGNATURES]]
    right = [each.sign(identifier, timestamp, body).encode("ascii") for each in secrets]
    # All are compared, so that time tells nothing.
    matches = [hmac.compare_digest(one, other) for one in right for other in given]
    if not any(matches):
        message = "webhook: no signature is right"
        raise InvalidSignature(message)
    return identifier
