"""RFC 3461 sections 4.3, 4.4, 6 and 9: how a notification is sent, and what it says."""

import datetime as dt
from email.message import EmailMessage
from typing import Any

import attrs
import pytest
from hypothesis import given

import dsnlib
from tests.compose.occasions import (
    COMPOSER,
    DELAYED,
    DELIVERED,
    EXPANDED,
    NOW,
    ORIGINAL,
    RELAYED,
    SENDER,
    TOKEN,
    plan,
    recipient,
)
from tests.strategies import envids, sendable_addresses

HEADER = ORIGINAL.partition(b"\r\n\r\n")[0] + b"\r\n"
PLANS = {
    "failed": plan(),
    "delayed": plan(DELAYED),
    "delivered": plan(DELIVERED),
    "relayed": plan(RELAYED),
    "expanded": plan(EXPANDED),
    "both": plan(recipient(), DELIVERED),
}
EVERY_PLAN = pytest.mark.parametrize("name", PLANS)


def compose(plan_: dsnlib.DsnPlan, **returns: Any) -> dsnlib.ComposedMessage:  # noqa: ANN401  whatever the rules take
    """Compose, with the rules for what goes back."""
    composer = attrs.evolve(COMPOSER, returns=dsnlib.ReturnRules(**returns))
    return composer.compose(plan_, ORIGINAL, now=NOW, token=TOKEN)


def with_fields(plan_: dsnlib.DsnPlan, **fields: Any) -> dsnlib.DsnPlan:  # noqa: ANN401  whatever the value takes
    """Return the plan with other per-message fields."""
    message = attrs.evolve(plan_.report.message, **fields)
    return attrs.evolve(plan_, report=attrs.evolve(plan_.report, message=message))


def parts_of(message: dsnlib.ComposedMessage) -> list[EmailMessage]:
    """Return the parts as the standard library finds them."""
    return [
        part for part in message.as_email_message().iter_parts() if isinstance(part, EmailMessage)
    ]


def status_lines(message: dsnlib.ComposedMessage) -> list[str]:
    """Return the lines of the status part, unfolded."""
    _, status, *_ = message.as_bytes().split(b"\r\n--report=")[1:]
    return status.replace(b"\r\n ", b" ").decode().split("\r\n")


def field(message: dsnlib.ComposedMessage, name: str) -> list[str]:
    """Return the texts of a field of the status part."""
    start = f"{name}: "
    return [line.removeprefix(start) for line in status_lines(message) if line.startswith(start)]


def returned(message: dsnlib.ComposedMessage) -> tuple[str, bytes]:
    """Return the type and the octets of what goes back."""
    content = dsnlib.parse_report(message.as_bytes()).returned
    assert content is not None
    return content.media_type, content.octets()


# ---- The envelope and the parts


@pytest.mark.requirement("3461-6-01")
@EVERY_PLAN
def test_it_is_a_report_to_the_sender(name: str) -> None:
    """The strict reader of RFC 3464 finds no fault, and the return path is the recipient."""
    message = compose(PLANS[name])

    report = dsnlib.parse_report(message.as_bytes())

    assert () == report.defects
    assert PLANS[name].kind is report.kind
    assert [SENDER] == [each.address for each in message.envelope.recipients]


@pytest.mark.requirement("3461-6.1-04")
@pytest.mark.requirement("3461-6.1-06")
def test_what_a_notification_may_ask_itself() -> None:
    """NOTIFY=NEVER, an ENVID of its own and ORCPT are allowed, and go out with it."""
    orcpt = dsnlib.TypedAddress.from_address(SENDER)
    params = dsnlib.RcptParameters(notify=dsnlib.Notify.NEVER, orcpt=orcpt)
    envelope = dsnlib.Envelope(
        sender="",
        mail=dsnlib.MailParameters(envid=TOKEN),
        recipients=(dsnlib.Recipient(SENDER, params),),
    )

    message = compose(attrs.evolve(plan(), envelope=envelope))

    (sent,) = message.envelope.recipients
    assert [f"ENVID={TOKEN}"] == message.envelope.mail.to_options()
    assert ["NOTIFY=NEVER", f"ORCPT=rfc822;{SENDER}"] == sent.params.to_options()
    # It is no identifier of the message that is reported.
    assert ["QQ314159"] == field(message, "Original-Envelope-Id")


@pytest.mark.requirement("3461-6.2-01")
@pytest.mark.requirement("3461-6.2-02")
@pytest.mark.requirement("3461-6.2-03")
@EVERY_PLAN
def test_the_parts(name: str) -> None:
    """multipart/report of delivery-status: a text, the fields, what goes back."""
    message = compose(PLANS[name])

    whole = message.as_email_message()
    human, status, back = parts_of(message)

    assert "multipart/report" == whole.get_content_type()
    assert "delivery-status" == whole.get_param("report-type")
    assert "text/plain" == human.get_content_type()
    assert "message/delivery-status" == status.get_content_type()
    assert back.get_content_type() in ("message/rfc822", "text/rfc822-headers")
    assert returned(message)[1] in (ORIGINAL, HEADER)


# ---- What goes back


@pytest.mark.requirement("3461-4.3-02")
@pytest.mark.requirement("3461-6.2-04")
@pytest.mark.requirement("3461-6.2-07")
@pytest.mark.parametrize("unasked", dsnlib.Ret, ids=str)
@pytest.mark.parametrize("name", ["failed", "both"])
def test_ret_decides_what_a_failure_returns(name: str, unasked: dsnlib.Ret) -> None:
    """FULL is the message to the octet, HDRS its header alone, each with its own label."""
    full = compose(attrs.evolve(PLANS[name], ret=dsnlib.Ret.FULL), unasked=unasked)
    hdrs = compose(attrs.evolve(PLANS[name], ret=dsnlib.Ret.HDRS), unasked=unasked)

    assert ("message/rfc822", ORIGINAL) == returned(full)
    assert ("text/rfc822-headers", HEADER) == returned(hdrs)


@pytest.mark.requirement("3461-4.3-04")
@pytest.mark.parametrize(
    ("unasked", "octets"),
    [(dsnlib.Ret.FULL, ORIGINAL), (dsnlib.Ret.HDRS, HEADER)],
    ids=["FULL", "HDRS"],
)
def test_without_ret_either_may_go_back(unasked: dsnlib.Ret, octets: bytes) -> None:
    """A sender who said nothing gets what the reporting system thinks best."""
    assert octets == returned(compose(plan(ret=None), unasked=unasked))[1]


@pytest.mark.requirement("3461-4.3-05")
@pytest.mark.requirement("3461-6.2-06")
@pytest.mark.requirement("3461-6.2-07")
@pytest.mark.parametrize("name", ["delayed", "delivered", "relayed", "expanded"])
def test_no_failure_returns_the_header(name: str) -> None:
    """RET=FULL means nothing where nothing failed."""
    message = compose(attrs.evolve(PLANS[name], ret=dsnlib.Ret.FULL))

    assert ("text/rfc822-headers", HEADER) == returned(message)


@pytest.mark.requirement("3461-6.2-05")
def test_a_long_message_returns_the_header() -> None:
    """Over the limit of this system RET=FULL gives the header alone, labelled as such."""
    asked = plan(ret=dsnlib.Ret.FULL)
    size = len(ORIGINAL)

    assert ("message/rfc822", ORIGINAL) == returned(compose(asked, message_octets=size))
    assert ("text/rfc822-headers", HEADER) == returned(compose(asked, message_octets=size - 1))


# ---- The fields


@pytest.mark.requirement("3461-6.3-01")
@pytest.mark.requirement("3461-6.3-03")
@given(envids())
def test_envid_comes_back_decoded(envid: str) -> None:
    """What a server reads from ENVID is what the report says, without xtext."""
    (option,) = dsnlib.MailParameters(envid=envid).to_options()
    received = dsnlib.parse_mail_parameters(option).envid

    message = compose(with_fields(plan(), original_envelope_id=received))

    # The space round a value is no part of it (RFC 3464 s2.1.1).
    assert [envid.strip(" ")] == [
        each.strip(" ") for each in field(message, "Original-Envelope-Id")
    ]


@pytest.mark.requirement("3461-6.3-02")
@EVERY_PLAN
def test_no_envid_no_field(name: str) -> None:
    """The writer makes up no envelope identifier, from the Message-ID least of all."""
    received = dsnlib.parse_mail_parameters("RET=FULL")

    message = compose(with_fields(PLANS[name], original_envelope_id=received.envid))

    assert b"original-envelope-id" not in message.as_bytes().lower()


@pytest.mark.requirement("3461-6.3-04")
@EVERY_PLAN
def test_who_reports_is_told_once(name: str) -> None:
    """A report has one Reporting-MTA, and without it there is no plan."""
    assert ["dns; mail.example.org"] == field(compose(PLANS[name]), "Reporting-MTA")
    with pytest.raises(dsnlib.InvalidValue, match="no Reporting-MTA"):
        with_fields(PLANS[name], reporting_mta=None)


@pytest.mark.requirement("3461-6.3-07")
def test_the_other_fields_of_the_message() -> None:
    """Where the message came from, when, and fields of this system can be told."""
    message = compose(
        with_fields(
            plan(),
            received_from_mta=dsnlib.MtaName("dns", "client.example.net"),
            extensions=(dsnlib.ExtensionField("X-Example-Host", "b"),),
        )
    )

    assert ["dns; client.example.net"] == field(message, "Received-From-MTA")
    assert ["Sun, 22 Nov 2026 10:30:00 +0100"] == field(message, "Arrival-Date")
    assert ["b"] == field(message, "X-Example-Host")


@pytest.mark.requirement("3461-6.3-08")
@pytest.mark.requirement("3461-9.1-02")
@given(sendable_addresses())
def test_orcpt_comes_back_decoded(orcpt: dsnlib.TypedAddress) -> None:
    """What a server reads from ORCPT is what the report says: type, case and all."""
    (option,) = dsnlib.RcptParameters(orcpt=orcpt).to_options()
    received = dsnlib.parse_rcpt_parameters(option).orcpt

    message = compose(plan(recipient(original_recipient=received)))

    (text,) = field(message, "Original-Recipient")
    if orcpt.type.lower() == "utf-8":  # `\x{..}` may be written otherwise (RFC 6533 s3)
        assert orcpt.address == dsnlib.TypedAddress.parse(text).address
    else:
        assert f"{orcpt.type}; {orcpt.value}".rstrip(" ") == text.rstrip(" ")


@pytest.mark.requirement("3461-6.3-08")
@pytest.mark.requirement("3461-9.1-02")
@pytest.mark.requirement("6533-3-17")
@pytest.mark.parametrize(
    "orcpt",
    [
        pytest.param(dsnlib.TypedAddress("rfc822", r'"a\"' + "b" * 400 + '"@x'), id="quoted"),
        pytest.param(dsnlib.TypedAddress("x400", "/" + r"C=\b" * 100 + "/"), id="x400"),
        pytest.param(dsnlib.TypedAddress("utf-8", r"\x{ZZ}" + "b" * 400), id="no RFC 6533"),
        pytest.param(dsnlib.TypedAddress("rfc822", "b" * 490), id="as long as can be"),
    ],
)
def test_a_long_address_is_not_broken(orcpt: dsnlib.TypedAddress) -> None:
    """An address of hundreds of octets without a space goes out without a space."""
    written = recipient(original_recipient=orcpt, final_recipient=orcpt)

    message = compose(plan(written))

    assert [str(orcpt).replace(";", "; ", 1)] == field(message, "Original-Recipient")
    assert [str(orcpt).replace(";", "; ", 1)] == field(message, "Final-Recipient")
    assert max(map(len, message.as_bytes().split(b"\r\n"))) <= 998


@pytest.mark.requirement("3461-6.3-09")
@EVERY_PLAN
def test_no_orcpt_no_field(name: str) -> None:
    """The writer makes up no original recipient, though it knows the final one."""
    report = PLANS[name].report
    bare = [attrs.evolve(each, original_recipient=None) for each in report.recipients]

    message = compose(attrs.evolve(PLANS[name], report=attrs.evolve(report, recipients=bare)))

    assert [] == field(message, "Original-Recipient")
    assert len(bare) == len(field(message, "Final-Recipient"))


@pytest.mark.requirement("3461-6.3-12")
@pytest.mark.requirement("3461-6.3-13")
@EVERY_PLAN
def test_action_and_status_are_told_of_each(name: str) -> None:
    """A recipient has one Action and one Status, and without either there is no plan."""
    reported = PLANS[name].report.recipients
    message = compose(PLANS[name])

    assert [each.action.value for each in reported if each.action] == field(message, "Action")
    assert [str(each.status) for each in reported] == field(message, "Status")
    with pytest.raises(dsnlib.InvalidValue, match="no Action"):
        plan(attrs.evolve(reported[0], action=None))
    with pytest.raises(dsnlib.InvalidValue, match="no Status"):
        plan(attrs.evolve(reported[0], status=None))


@pytest.mark.requirement("3461-6.3-19")
@pytest.mark.parametrize("name", ["SMTP-Remote-Recipient", "SMTP-Remote-Recipient-Address"])
def test_the_address_that_was_presented(name: str) -> None:
    """The name of RFC 3461 and that of RFC 3464's example are written and read."""
    extension = dsnlib.ExtensionField(name, "b@z.example")

    message = compose(plan(recipient(extensions=(extension,))))

    assert ["b@z.example"] == field(message, name)
    read = dsnlib.parse_report(message.as_bytes()).recipients[0]
    assert (extension,) == read.extensions


@pytest.mark.requirement("3461-6.3-20")
def test_the_other_fields_of_a_recipient() -> None:
    """The time of the last attempt and the next system's log entry can be told."""
    attempted = NOW - dt.timedelta(minutes=5)

    message = compose(plan(recipient(last_attempt_date=attempted, final_log_id="4F/b")))

    assert ["Sun, 22 Nov 2026 14:25:00 +0100"] == field(message, "Last-Attempt-Date")
    assert ["4F/b"] == field(message, "Final-Log-ID")


@pytest.mark.requirement("3461-4.4-03")
def test_envid_means_nothing_to_the_system() -> None:
    """Two reports that differ in ENVID alone differ in that line alone, whatever it says."""
    notes = [
        compose(with_fields(plan(), original_envelope_id=envid)).as_bytes().split(b"\r\n")
        for envid in ("QQ314159", "NOTIFY=NEVER RET=HDRS")
    ]

    different = [pair for pair in zip(*notes, strict=True) if pair[0] != pair[1]]

    assert [
        (
            b"Original-Envelope-Id: QQ314159",
            b"Original-Envelope-Id: NOTIFY=NEVER RET=HDRS",
        )
    ] == different


# ---- The types of section 9


@pytest.mark.requirement("3461-9.1-01")
@pytest.mark.parametrize(
    "address",
    ["Bob@Example.COM", "@relay.example,@b.example:bob@example.org", "bob@[192.0.2.1]"],
)
def test_rfc822_is_for_internet_addresses(address: str) -> None:
    """An address of US-ASCII, a source route included, is reported as `rfc822`."""
    typed = dsnlib.TypedAddress.from_address(address)

    message = compose(plan(recipient(original_recipient=typed, final_recipient=typed)))

    assert [f"rfc822; {address}"] == field(message, "Original-Recipient")
    assert [f"rfc822; {address}"] == field(message, "Final-Recipient")


@pytest.mark.requirement("3461-9.3-01")
@pytest.mark.parametrize(
    ("host", "type_"),
    [
        ("mail.example.org", "dns"),
        ("mail", "x-local-hostname"),
        ("mail.", "x-local-hostname"),
        (".mail", "x-local-hostname"),
    ],
)
def test_a_dns_name_is_fully_qualified(host: str, type_: str) -> None:
    """Only a name with a domain is of type dns, and its postmaster is whom people may ask."""
    reporter = dsnlib.Reporter.parse(host)

    assert type_ == reporter.mta.type
    assert f"postmaster@{host}" == reporter.postmaster


@pytest.mark.requirement("3461-9.3-02")
@pytest.mark.parametrize("name", ["under_score.example", "-x.example", "a..b.example"])
def test_a_dns_name_is_not_judged(name: str) -> None:
    """What a system is called is reported, though the DNS should have no such name."""
    message = compose(plan(recipient(remote_mta=dsnlib.MtaName("dns", name))))

    assert [f"dns; {name}"] == field(message, "Remote-MTA")
    assert () == dsnlib.parse_report(message.as_bytes()).defects
