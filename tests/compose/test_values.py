"""What templates may name and what there is a value for are the same."""

import datetime as dt

import attrs
import pytest

from dsnlib.compose.library import shipped_templates
from dsnlib.compose.names import MESSAGE_NAMES, RECIPIENT_NAMES
from dsnlib.compose.occasion import Occasion
from dsnlib.compose.original import open_original
from dsnlib.compose.values import MESSAGE_VALUES, RECIPIENT_VALUES, MessageValues, RecipientValues
from dsnlib.compose.wording import shipped_wording
from dsnlib.errors import InvalidValue
from dsnlib.model.address import DiagnosticCode, MtaName, TypedAddress
from dsnlib.model.fields import ExtensionField
from dsnlib.model.report import RecipientFields
from dsnlib.policy.plan import DsnPlan
from tests.compose.occasions import (
    DELAYED,
    DELIVERED,
    EXPANDED,
    NOW,
    ORIGINAL,
    RELAYED,
    REPORTER,
    plan,
    recipient,
)


def values(plan_: DsnPlan, language: str = "en", original: bytes = ORIGINAL) -> MessageValues:
    """Return what the names of a message stand for."""
    occasion = Occasion(
        plan=plan_, reporter=REPORTER, fields=open_original(original).fields(), now=NOW
    )
    return MessageValues(occasion, shipped_templates(language), shipped_wording(language))


def of_one(fields: RecipientFields, language: str = "en") -> RecipientValues:
    """Return what they stand for in the block of a recipient."""
    return RecipientValues(values(plan(fields), language), fields)


def test_every_name_has_a_value() -> None:
    """A name that the loader lets pass is one that can be filled in."""
    assert MESSAGE_NAMES == MESSAGE_VALUES.keys()
    assert RECIPIENT_NAMES == RECIPIENT_VALUES.keys()


def test_the_values_of_a_message() -> None:
    """Each as a reader expects it."""
    of = values(plan(DELAYED))

    assert {
        "arrival_date": "22 November 2026 at 10:30",
        "elapsed": "4 hours",
        "envelope_id": "QQ314159",
        "original_date": "22 November 2026 at 10:29",
        "original_message_id": "<minutes.1@example.org>",
        "original_subject": "Minutes of Tuesday",
        "postmaster": "postmaster@mail.example.org",
        "queue_id": "4F",
        "recipient_count": "1",
        "recipients": "bob@example.com",
        "reporting_mta": "mail.example.org",
        "retry_until": "26 November 2026 at 14:30",
        "sender": "ann@example.org",
        "summary": "Your message to bob@example.com has not been delivered yet.",
    } == {
        name: of[name]
        for name in sorted(MESSAGE_NAMES - {"attached", "each_details", "each_recipient"})
    }


def test_the_values_of_a_recipient() -> None:
    """The same for one of them."""
    of = of_one(DELAYED)

    assert {
        "action": "delayed",
        "advice": "Please check the part after the @ sign, and try again later.",
        "diagnostic": "421 4.4.1 Try again later",
        "explanation": "The recipient's mail system does not answer.",
        "last_attempt_date": "22 November 2026 at 14:30",
        "original_recipient": "bob@example.com",
        "outcome": "The recipient's mail system does not answer.",
        "reason": "The recipient's mail system does not answer.",
        "recipient": "bob@example.com",
        "recipient_heading": "",
        "remote_mta": "mx.example.com",
        "said": "The other server, mx.example.com, said:",
        "status": "4.4.1",
        "will_retry_until": "26 November 2026 at 14:30",
    } == {name: of[name] for name in sorted(RECIPIENT_NAMES)}


@pytest.mark.parametrize(
    ("fields", "summary"),
    [
        ([DELIVERED], "Your message to bob@example.com was delivered."),
        (
            [DELIVERED, RELAYED],
            "Your message to bob@example.com and eve@example.net was passed on.",
        ),
        ([EXPANDED], "Your message to team@example.org was passed on."),
        (
            [recipient(f"u{n}@x.example") for n in range(4)],
            "Your message was not delivered to 4 recipients.",
        ),
        # Only those that the first line is about.
        ([recipient(), DELIVERED], "Your message to bob@example.com was not delivered."),
    ],
)  # fmt: skip
def test_the_first_line(fields: list[RecipientFields], summary: str) -> None:
    """What happened, to which mail, to whom."""
    assert summary == values(plan(*fields))["summary"]


def test_the_sender_sees_the_address_they_wrote_to() -> None:
    """Where the message went from there is not theirs to know (RFC 3464 s4.2)."""
    fields = recipient(
        "list@example.org", final_recipient=TypedAddress("rfc822", "hidden@example.net")
    )

    assert "list@example.org" == of_one(fields)["recipient"]
    foreign = attrs.evolve(fields, original_recipient=TypedAddress("x400", "/c=de/"))
    assert "hidden@example.net" == of_one(foreign)["recipient"]


def test_the_queue_id_among_other_fields() -> None:
    """Whatever the mail system is called, the field ends so."""
    report = plan().report
    fields = (ExtensionField("X-Example-Attempts", "3"), ExtensionField("X-Example-Queue-ID", "9"))
    changed = attrs.evolve(report, message=attrs.evolve(report.message, extensions=fields))

    assert "9" == values(attrs.evolve(plan(), report=changed))["queue_id"]


def test_who_said_it() -> None:
    """A server with a name, or this one (RFC 3464 s2.3.6)."""
    local = attrs.evolve(
        recipient(reply=None), diagnostic_code=DiagnosticCode("x-unix", "disk full")
    )

    assert "This server noted:" == of_one(local)["said"]
    assert "" == of_one(recipient(reply=None))["said"]
    assert "The other server, mx.example.com, said:" == of_one(recipient())["said"]


def test_a_server_without_a_name_said_it() -> None:
    """A Remote-MTA that names nobody still tells that it was not this server (s2.3.5)."""
    nameless = recipient(remote_mta=MtaName("dns", ""))

    assert "The other server said:" == of_one(nameless)["said"]


def test_times_are_the_senders_own() -> None:
    """In the zone of the original's Date, and in UTC, said so, without one."""
    tokyo = ORIGINAL.replace(b"+0100", b"+0900")

    assert "26 November 2026 at 22:30" == values(plan(DELAYED), original=tokyo)["retry_until"]
    dateless = ORIGINAL.replace(b"Date:", b"X-Date:")
    assert (
        "26 November 2026 at 13:30 UTC" == values(plan(DELAYED), original=dateless)["retry_until"]
    )


def test_what_is_not_known_is_empty() -> None:
    """No original, no arrival, no expiry: empty, never `None`."""
    report = plan().report
    bare = attrs.evolve(
        report, message=attrs.evolve(report.message, arrival_date=None, extensions=())
    )
    of = values(attrs.evolve(plan(), report=bare), original=b"")

    names = ("original_subject", "original_date", "original_message_id", "arrival_date", "elapsed",
             "retry_until", "queue_id", "attached")  # fmt: skip
    assert dict.fromkeys(names, "") == {name: of[name] for name in names}


def test_a_long_or_hostile_subject() -> None:
    """Cut, and made harmless."""
    subject = "Subject: " + "word " * 100 + "\u202eend\r\n\r\n"

    text = values(plan(), original=subject.encode())["original_subject"]

    assert text.endswith("...")
    assert len(text) <= 120
    assert (
        "\u202e"
        not in values(plan(), original="Subject: a\u202eb\r\n\r\n".encode())["original_subject"]
    )


def test_a_parameter_of_the_site() -> None:
    """What no table has is looked up among the parameters."""
    occasion = attrs.evolve(values(plan()).occasion, parameters={"myhostname": "mail"})
    of = MessageValues(occasion, shipped_templates("en"), shipped_wording("en"))

    assert "mail" == of["myhostname"]
    nothing: object = of["mydomain"]
    assert nothing is None
    assert "mail" == RecipientValues(of, recipient())["myhostname"]


def test_a_message_from_the_future_has_waited_for_nothing() -> None:
    """Clocks differ."""
    report = plan().report
    late = attrs.evolve(report.message, arrival_date=NOW + dt.timedelta(hours=1))

    assert "" == values(attrs.evolve(plan(), report=attrs.evolve(report, message=late)))["elapsed"]


def test_the_action_decides_what_is_explained() -> None:
    """Reason and advice of a failure, the outcome of a success."""
    assert of_one(recipient())["explanation"] == (
        "There is no mailbox with this address. "
        "Please check it for a typing error and send the message again."
    )
    assert "The message is in the mailbox." == of_one(DELIVERED)["explanation"]
    assert of_one(recipient(), "ja")["explanation"].count(" ") == 0


def test_now_has_a_zone() -> None:
    """A letter that names a time without a zone would say that it is UTC."""
    with pytest.raises(InvalidValue, match=r"^now: .* has no zone$"):
        Occasion(plan=plan(), reporter=REPORTER, fields={}, now=NOW.replace(tzinfo=None))
