r"""Fuzz the check of a webhook's signature.

An input is the identifier, the time and the signatures of a request, one a line, and the
body behind them.

Invariant.
- Any headers and body give an identifier or `InvalidSignature`, nothing else, and no more
  than one who knows the secret can make: nothing that is not signed is believed.
- What was signed is believed within the tolerance, and not beyond it.
"""

from __future__ import annotations

import datetime as dt

from dsnlib.adapters.outbox.signature import (
    InvalidSignature,
    WebhookSecret,
    sign_webhook,
    verify_webhook,
)
from dsnlib.errors import InvalidValue
from fuzz.alphabet import expand

__all__ = ["READS", "WEBHOOK", "check"]

READS = ("dsnlib.adapters.outbox.signature",)

_NOW = dt.datetime(2026, 11, 23, 5, 0, tzinfo=dt.UTC)
_SECONDS = int(_NOW.timestamp())
_TOLERANCE_SECONDS = 300
_LONGEST_IDENTIFIER = 3000
# Less stands in any message by chance.
_SHORTEST_SECRET = 8
_SECRETS = [WebhookSecret("whsec_" + "A" * 32), WebhookSecret("whsec_" + "B" * 40)]

WEBHOOK = (
    b"\n", b"msg_1", str(_SECONDS).encode(), str(_SECONDS - 400).encode(), b"v1,", b" ", b"=",
    b"A" * 43 + b"=", b"1e9", b"-1", b"9" * 13, b"whsec_", b"A" * 32, b"\xff", b"\xed\xa0\x80",
    b"\xc2\xb2", b"x" * 4096, b"\0", b".",
)  # fmt: skip


def check(data: bytes) -> None:
    """Take one input as a request and assert the invariant."""
    octets = expand(data, WEBHOOK)
    identifier, stamp, signatures, body = (*_text(octets).split("\n", 3), "", "", "", "")[:4]
    headers = {
        "Webhook-Id": identifier, "webhook-timestamp": stamp, "WEBHOOK-SIGNATURE": signatures,
    }  # fmt: skip
    try:
        verify_webhook(headers, octets, _SECRETS, now=_NOW)
    except InvalidSignature as error:
        assert str(error).startswith("webhook: ")
    else:
        raise AssertionError(headers)
    try:
        WebhookSecret(signatures)
    except InvalidValue as error:
        secret = signatures.strip().removeprefix("whsec_")
        assert len(secret) < _SHORTEST_SECRET or secret not in str(error)
    if identifier and len(identifier) <= _LONGEST_IDENTIFIER:
        _check_signed(identifier, body.encode("utf-8", "replace"))


def _text(octets: bytes) -> str:
    try:
        # Lone surrogates too: whoever makes headers of JSON may have them.
        return octets.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return octets.decode("latin-1")  # as WSGI has it


def _check_signed(identifier: str, body: bytes) -> None:
    for secret in _SECRETS:
        headers = sign_webhook(identifier, body, [secret], timestamp=_SECONDS)
        assert identifier == verify_webhook(headers, body, _SECRETS, now=_NOW)
        for seconds in (-_TOLERANCE_SECONDS - 1, _TOLERANCE_SECONDS + 1):
            try:
                verify_webhook(headers, body, _SECRETS, now=_NOW + dt.timedelta(seconds=seconds))
            except InvalidSignature:
                continue
            raise AssertionError(seconds)
