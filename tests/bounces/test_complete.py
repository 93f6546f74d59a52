"""What follows from an event: its reason, the original's Message-ID, its name."""

from __future__ import annotations

import attrs

from dsnlib.bounces.complete import complete_events, find_message_id
from dsnlib.bounces.event import BounceEvent, EventKind
from dsnlib.bounces.taxonomy import Fault, Permanence, Reason
from dsnlib.model.status import EnhancedStatusCode

HEADER = b"Message-ID: <b1@mx.example.com>\nSubject: Undelivered\n"


FAILURE = BounceEvent(recipient="bob@example.org", kind=EventKind.FAILURE)


def complete(given: BounceEvent, returned: bytes | None = None, text: bytes = b"") -> BounceEvent:
    """Return an event with what follows from it."""
    (done,) = complete_events([given], header=HEADER, returned=returned, text=text)
    return done


def test_words_tell_why() -> None:
    """Codes and words of an event become a reason, with its evidence behind the event's."""
    done = complete(attrs.evolve(FAILURE, diagnostic="552 5.2.2 The mailbox is over quota"))

    assert (Reason.MAILBOX_FULL, Fault.RECIPIENT) == (done.reason, done.fault)
    assert "reason" in [each.field for each in done.evidence]


def test_whole_text_is_about_the_only_recipient() -> None:
    """Where nothing beside a recipient tells, plain words elsewhere do; loose ones do not."""
    unknown = complete(FAILURE, text=b"There is no such user. Write to the helpdesk.")
    loose = complete(FAILURE, text=b"For your security this mail is from a machine.")
    both = complete_events([FAILURE, FAILURE], header=HEADER, text=b"There is no such user.")

    assert (Reason.UNKNOWN_USER, Reason.UNDEFINED) == (unknown.reason, loose.reason)
    assert {Reason.UNDEFINED} == {event.reason for event in both}


def test_reason_of_dialect_stands() -> None:
    """What the form of the mail says counts more than its words."""
    done = complete(
        attrs.evolve(FAILURE, reason=Reason.UNKNOWN_USER, diagnostic="try again, over quota")
    )

    assert (Reason.UNKNOWN_USER, Permanence.HARD, Fault.RECIPIENT) == (
        done.reason,
        done.permanence,
        done.fault,
    )


def test_reply_code_outweighs_what_the_reason_means() -> None:
    """451 is soft, whatever the form of the mail usually means."""
    done = complete(
        attrs.evolve(FAILURE, reason=Reason.UNKNOWN_USER, diagnostic="451 not now", reply_code=451)
    )

    assert (Reason.UNKNOWN_USER, Permanence.SOFT) == (done.reason, done.permanence)


def test_success_has_no_reason() -> None:
    """Nobody is at fault where mail arrived."""
    done = complete(
        attrs.evolve(FAILURE, kind=EventKind.SUCCESS, status=EnhancedStatusCode.parse("2.1.5"))
    )

    assert (None, Fault.UNKNOWN) == (done.reason, done.fault)
    assert 32 == len(done.event_id)


def test_message_id_of_the_original() -> None:
    """The Message-ID is that of the mail that was returned, and what is known stays."""
    returned = b"From: ann@example.com\nMESSAGE-ID : <m1@example.com>\n"

    assert "m1@example.com" == complete(FAILURE, returned=returned).message_id
    assert (
        "m2@example.com"
        == complete(
            attrs.evolve(FAILURE, message_id="m2@example.com"), returned=returned
        ).message_id
    )
    assert complete(FAILURE).message_id is None
    assert complete(FAILURE, returned=b"Subject: none\n").message_id is None


def test_name_follows_from_the_bounce() -> None:
    """The same event of another bounce has another name, and of a copy the same."""
    first = complete(FAILURE)
    (copy,) = complete_events([FAILURE], header=b"Received: by us\n" + HEADER)
    (other,) = complete_events([FAILURE], header=b"Message-ID: <b2@mx.example.com>\n")

    assert first.event_id == copy.event_id
    assert first.event_id != other.event_id


def test_find_message_id() -> None:
    """It is found in any case, folded, and without brackets."""
    assert "a@b.example" == find_message_id(b"message-id:\n <a@b.example>\n")
    assert "a@b.example" == find_message_id(b"Subject: x\nMessage-Id: a@b.example\n")
    assert find_message_id(b"X-Message-ID: <a@b.example>\n") is None
    assert find_message_id(b"Message-State: x\n") is None
