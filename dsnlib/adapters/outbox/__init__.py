"""Events out: from the history to whoever wants to know, each at least once.

    outbox = Outbox(store, "crm", Webhook("https://crm.example.org/bounces", secrets=(secret,)))
    outbox.run_once()

    outbox       reads the history behind a cursor of its own, tries again, sets aside
    notice       what is handed on: an event, and whether its recipient is suppressed
    sink         what a sink is, and how it refuses
    json_lines   a file of one record a line
    webhook      HTTP, signed (Standard Webhooks)
    anymail      the tracking signal of django-anymail
    signature    signs, and tells a receiver whether a signature is right
    backoff      how long to wait before the next try
    set_aside    the file of what a sink would never take
    beside       an outbox in a thread of its own, beside whoever feeds the history

Rules.
- The cursor goes on only when the sink has taken an event: after a crash some events come
  twice, none is lost.  The key of an event is its `event_id`.
- Whoever feeds the history never waits for a sink.
"""

from __future__ import annotations
