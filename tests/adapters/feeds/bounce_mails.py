"""Bounces as mail systems send them, for what feeds do with them."""

from __future__ import annotations

__all__ = ["ORDINARY", "UNREAD", "bounce"]

ORDINARY = b"From: ann@example.org\nTo: bob@example.org\nSubject: lunch\n\nAt noon?\n"
# A mail system says that something went wrong, and nothing of whom.
UNREAD = (
    b"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.net\nTo: list@lists.example\n"
    b"Subject: Undelivered Mail Returned to Sender\nMessage-ID: <unread@mx.example.net>\n\n"
    b"The attempt has come to nothing.\n"
)


def bounce(
    recipient: str = "bob@example.org",
    *,
    number: int = 1,
    to: str = "list-bounces@lists.example",
    date: str | None = "Mon, 02 Nov 2026 10:00:00 +0000",
    attempt: str | None = None,
    original: str | None = None,
    envelope_id: str | None = None,
) -> bytes:
    """Return a delivery status notification about one recipient."""
    dated = "" if date is None else f"Date: {date}\n"
    of_message = "" if envelope_id is None else f"Original-Envelope-Id: {envelope_id}\n"
    of_recipient = "" if original is None else f"Original-Recipient: rfc822;{original}\n"
    of_recipient += "" if attempt is None else f"Last-Attempt-Date: {attempt}\n"
    return (
        f"From: MAILER-DAEMON@mx.example.net\nTo: {to}\n{dated}"
        f"Subject: Undelivered Mail Returned to Sender\n"
        f"Message-ID: <{number}@mx.example.net>\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        "--b\n\nIt did not work.\n\n--b\nContent-Type: message/delivery-status\n\n"
        f"Reporting-MTA: dns; mx.example.net\n{of_message}\n"
        f"Final-Recipient: rfc822;{recipient}\n{of_recipient}Action: failed\nStatus: 5.1.1\n"
        "Diagnostic-Code: smtp; 550 5.1.1 No such user\n\n"
        f"--b\nContent-Type: text/rfc822-headers\n\n"
        f"Message-ID: <original-{number}@lists.example>\nSubject: news\n\n--b--\n"
    ).encode()
