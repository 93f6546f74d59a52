"""RFC 3464 s1, s2, s2.1, s2.2: the notification, and what it says of the message."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from dsnlib import (
    BounceComposer,
    DiagnosticCode,
    DsnPlan,
    Envelope,
    ExtensionField,
    InvalidAddress,
    InvalidValue,
    MtaName,
    Recipient,
    RecipientFields,
    Reporter,
    Ret,
    TemplateLibrary,
    TypedAddress,
    load_templates,
    parse_mail_parameters,
    parse_rcpt_parameters,
    parse_report,
    read_reports,
)
from tests.compose.occasions import (
    ARRIVAL,
    DELAYED,
    DELIVERED,
    NOW,
    ORIGINAL,
    REPORTER,
    SENDER,
    plan,
    recipient,
)
from tests.conformance.composed import PLANS, compose, groups, parts, standard

NATIVE = {**PLANS, "of several": plan(recipient(), DELAYED, DELIVERED)}

GATEWAY = Reporter.parse("gw.example.org")
# A header that a gateway wrote for a message that it did not get back.
SIMULATED = (
    b"Subject: Dock 4\r\nDate: Tue, 2 Jun 2026 08:00:00 +0200\r\nMessage-ID: <4@werft.example>\r\n"
)
FOREIGN_MTA = MtaName("x400", "werft-2 in /PRMD=Hafen/C=DE/")
FOREIGN = RecipientFields(
    original_recipient=TypedAddress("rfc822", "jana@werft.example"),
    final_recipient=TypedAddress("x400", "/G=Jana/S=Brandt/PRMD=Hafen/C=DE/"),
    action=recipient().action,
    status=recipient().status,
    diagnostic_code=DiagnosticCode("x400", "reason 1 diagnostic 0"),
)


def changed(of: DsnPlan, **fields: Any) -> DsnPlan:  # noqa: ANN401  whatever the value takes
    """Return the plan with other per-message fields."""
    message = attrs.evolve(of.report.message, **fields)
    return attrs.evolve(of, report=attrs.evolve(of.report, message=message))


def message_fields(octets: bytes) -> dict[str, str]:
    """Return the per-message fields of a notification."""
    return dict(groups(octets)[0])


def translated(*recipients: RecipientFields, original: bytes = ORIGINAL) -> bytes:
    """Return what a gateway makes of a foreign notification."""
    gateway = MtaName("dns", GATEWAY.domain)
    foreign = changed(
        plan(*recipients, ret=Ret.HDRS),
        reporting_mta=FOREIGN_MTA,
        dsn_gateway=gateway,
        extensions=(),
    )
    return compose(foreign, original, composer=BounceComposer(reporter=GATEWAY))


@pytest.mark.requirement("3464-1.2-02")
@pytest.mark.requirement("3464-2.2.1-01")
@pytest.mark.requirement("3464-2.2.1-02")
@pytest.mark.requirement("3464-2.2.1-05")
@pytest.mark.requirement("3464-2.3.1-02")
def test_a_report_leads_back_to_the_submission() -> None:
    """It has the ENVID and ORCPT that the sender gave, whatever became of the address since."""
    envid = parse_mail_parameters(["ENVID=QQ+2B314159aBc"]).envid
    orcpt = parse_rcpt_parameters(["ORCPT=rfc822;Bob+2BNews@Example.com"]).orcpt
    moved = recipient("b7@mx.example.net", original_recipient=orcpt)

    octets = compose(changed(plan(moved), original_envelope_id=envid))

    assert "QQ+314159aBc" == message_fields(octets)["Original-Envelope-Id"]
    assert "rfc822; Bob+News@Example.com" == dict(groups(octets)[1])["Original-Recipient"]
    (report,) = read_reports(b"Content-Type: message/rfc822\r\n\r\n" + octets)
    assert envid == report.message.original_envelope_id
    assert orcpt == report.recipients[0].original_recipient


@pytest.mark.requirement("3464-2.2.1-03")
@pytest.mark.requirement("3464-2.2.1-01")
@pytest.mark.parametrize("name", NATIVE)
def test_no_envelope_id_is_made_up(name: str) -> None:
    """Without ENVID the field is absent; a Message-ID does not stand in for it."""
    octets = compose(changed(NATIVE[name], original_envelope_id=None))

    assert b"\r\nMessage-ID: <minutes.1@example.org>\r\n" in octets
    assert "Original-Envelope-Id" not in message_fields(octets)
    assert "<minutes.1@example.org>" not in message_fields(octets).values()


@pytest.mark.requirement("3464-1.3-02")
@pytest.mark.requirement("3464-2.2.2-03")
@pytest.mark.requirement("3464-2.2.4-02")
def test_each_mta_has_its_field() -> None:
    """Ours reports, the client we had it from is named by its EHLO, the next hop refused."""
    client = MtaName("dns", "relay.example", comment="[192.0.2.7]")

    octets = compose(changed(plan(), received_from_mta=client))

    message, (*one,) = groups(octets)
    assert "dns; mail.example.org" == dict(message)["Reporting-MTA"]
    assert "dns; relay.example ([192.0.2.7])" == dict(message)["Received-From-MTA"]
    assert "dns; mx.example.com" == dict(one)["Remote-MTA"]


@pytest.mark.requirement("3464-2.2.4-01")
def test_where_the_message_came_from_may_be_left_out() -> None:
    """A report is one with Received-From-MTA and without."""
    for client in (None, MtaName("dns", "relay.example")):
        octets = compose(changed(plan(), received_from_mta=client))

        assert client == parse_report(octets).message.received_from_mta
        assert (client is not None) == ("Received-From-MTA" in message_fields(octets))


@pytest.mark.requirement("3464-2.2.5-01")
def test_the_arrival_is_that_of_the_message() -> None:
    """Arrival-Date is when the message came here, which is not when the report is written."""
    octets = compose(plan())

    assert "Sun, 22 Nov 2026 10:30:00 +0100" == message_fields(octets)["Arrival-Date"]
    assert ARRIVAL == parse_report(octets).message.arrival_date
    assert NOW == standard(octets)["Date"].datetime


@pytest.mark.requirement("3464-1.3-01")
@pytest.mark.requirement("3464-2.2.2-04")
@pytest.mark.requirement("3464-2.2.3-03")
@pytest.mark.requirement("3464-2-09")
def test_a_translated_report_is_the_foreign_systems() -> None:
    """The foreign MTA reports, the gateway is named as such, and the mail is from its people."""
    octets = translated(FOREIGN)

    assert "x400; werft-2 in /PRMD=Hafen/C=DE/" == message_fields(octets)["Reporting-MTA"]
    assert "dns; gw.example.org" == message_fields(octets)["DSN-Gateway"]
    assert standard(octets)["From"].addresses[0].domain == "gw.example.org"


@pytest.mark.requirement("3464-1.2-03")
@pytest.mark.requirement("3464-App-B-03")
@pytest.mark.requirement("3464-App-B-04")
@pytest.mark.requirement("3464-App-B-05")
def test_what_is_foreign_keeps_its_type() -> None:
    """Foreign addresses, names and diagnostics are written as they are, and read back so."""
    octets = translated(FOREIGN)

    assert [
        ("Original-Recipient", "rfc822; jana@werft.example"),
        ("Final-Recipient", "x400; /G=Jana/S=Brandt/PRMD=Hafen/C=DE/"),
        ("Action", "failed"),
        ("Status", "5.1.1"),
        ("Diagnostic-Code", "x400; reason 1 diagnostic 0"),
    ] == groups(octets)[1]
    assert "QQ314159" == message_fields(octets)["Original-Envelope-Id"]
    report = parse_report(octets)
    assert (FOREIGN_MTA, (FOREIGN,)) == (report.message.reporting_mta, report.recipients)


@pytest.mark.requirement("3464-App-B-05")
def test_what_is_foreign_is_printable_ascii() -> None:
    """A foreign name with other letters is written in US-ASCII, and can still be recognised."""
    octets = translated(attrs.evolve(FOREIGN, final_recipient=TypedAddress("x400", "/S=Brückner/")))

    assert r"x400; /S=Br\x{FC}ckner/" == dict(groups(octets)[1])["Final-Recipient"]


@pytest.mark.requirement("3464-App-B-01")
@pytest.mark.parametrize("missing", ["final_recipient", "action", "status"])
def test_a_translated_report_has_the_least_that_is_asked(missing: str) -> None:
    """Who translates has to supply the four required fields too."""
    absent: dict[str, Any] = {missing: None}

    with pytest.raises(InvalidValue, match="plan:"):
        translated(attrs.evolve(FOREIGN, **absent))
    with pytest.raises(InvalidValue, match="Reporting-MTA"):
        changed(plan(FOREIGN), reporting_mta=None)


@pytest.mark.requirement("3464-2.2.3-02")
@pytest.mark.parametrize("name", NATIVE)
@pytest.mark.parametrize("reporter", [REPORTER, GATEWAY], ids=["own", "of another system"])
def test_no_gateway_without_a_translation(name: str, reporter: Reporter) -> None:
    """A report that nobody translated names no gateway, whoever sends it."""
    octets = compose(NATIVE[name], composer=BounceComposer(reporter=reporter))

    assert "DSN-Gateway" not in message_fields(octets)
    assert parse_report(octets).message.dsn_gateway is None


@pytest.mark.requirement("3464-2.2.2-05")
def test_the_name_is_that_of_the_environment() -> None:
    """An MTA with a name in each environment reports under the one it is told to use."""
    names = {
        "x400": Reporter(MtaName("x400", "/PRMD=Hafen/C=DE/"), domain="gw.example.org"),
        "dns": Reporter.parse("gw.example.org"),
    }

    for type_, reporter in names.items():
        octets = compose(
            changed(plan(), reporting_mta=reporter.mta), composer=BounceComposer(reporter=reporter)
        )

        assert message_fields(octets)["Reporting-MTA"].startswith(f"{type_}; ")
        assert b"@gw.example.org>\r\n" in octets


@pytest.mark.requirement("3464-2-06")
@pytest.mark.parametrize(
    ("original", "media_types"),
    [
        (b"", []),
        (SIMULATED, ["text/rfc822-headers"]),
    ],
    ids=["none", "made up"],
)
def test_a_translated_report_without_the_message(original: bytes, media_types: list[str]) -> None:
    """Its third part is left out, or has a header that the gateway wrote."""
    _, status, *returned = parts(translated(FOREIGN, original=original))

    assert "message/delivery-status" == status.get_content_type()
    assert media_types == [part.get_content_type() for part in returned]
    assert [original] * len(returned) == [part.get_content().encode() for part in returned]


@pytest.mark.requirement("3464-2-08")
def test_the_people_at_the_reporting_mta() -> None:
    """The built-in letters are from its MAILER-DAEMON and tell whom to write to."""
    octets = compose(plan())

    assert "MAILER-DAEMON@mail.example.org" == standard(octets)["From"].addresses[0].addr_spec
    assert "postmaster@mail.example.org" in parts(octets)[0].get_content()


@pytest.mark.requirement("3464-2-08")
def test_the_people_that_a_site_names() -> None:
    """A template can have any person in From."""
    templates = load_templates(
        "failure_template = <<EOF\nFrom: The post office <postmaster>\nSubject: x\n\nLost.\nEOF\n",
        origin="x.cf",
    )
    composer = BounceComposer(reporter=REPORTER, library=TemplateLibrary(plain=templates))

    from_ = standard(compose(plan(), composer=composer))["From"]

    assert "The post office <postmaster@mail.example.org>" == from_


@pytest.mark.requirement("3464-2-10")
@pytest.mark.requirement("3464-2-11")
@pytest.mark.requirement("3464-2-12")
@pytest.mark.parametrize("name", NATIVE)
def test_nothing_answers_a_notification(name: str) -> None:
    """It leaves under the null path, and nobody can plan a notification to that."""
    message = BounceComposer(reporter=REPORTER).compose(
        NATIVE[name], ORIGINAL, now=NOW, token="feedback"
    )

    assert message.envelope.has_null_path
    with pytest.raises(InvalidAddress):
        Envelope(sender="", recipients=(Recipient(message.envelope.sender),))


@pytest.mark.requirement("3464-2-11")
@pytest.mark.requirement("3464-2-12")
@pytest.mark.parametrize("sender", [SENDER, "postmaster@mail.example.org", "MAILER-DAEMON"])
def test_a_notification_has_no_return_path(sender: str) -> None:
    """One that could be answered is refused before it is written."""
    envelope = Envelope(sender=sender, recipients=(Recipient(SENDER),))

    with pytest.raises(InvalidValue, match="return path"):
        DsnPlan(report=plan().report, envelope=envelope)


@pytest.mark.requirement("3464-2-13")
@pytest.mark.requirement("3464-2-14")
def test_one_message_and_all_of_its_recipients() -> None:
    """However many recipients: one group for the message, one for each of them, in order."""
    octets = compose(NATIVE["of several"])

    message, *recipients = groups(octets)

    assert 1 == [name for name, _ in message].count("Original-Envelope-Id")
    assert ["failed", "delayed", "delivered"] == [dict(each)["Action"] for each in recipients]
    assert all("Reporting-MTA" not in dict(each) for each in recipients)
    assert 3 == len(parts(octets))


@pytest.mark.requirement("3464-2.1.1-04")
def test_encoded_words_in_comments() -> None:
    """A comment may have an encoded word; it is carried as it is, and never made of a value."""
    word = "=?utf-8?q?Empf=C3=A4nger_unbekannt?="
    fields = recipient(
        status_comment=word, extensions=(ExtensionField("X-Example-Note", word),), reply=None
    )

    octets = compose(plan(fields))

    assert f"5.1.1 ({word})" == dict(groups(octets)[1])["Status"]
    (read,) = parse_report(octets).recipients
    assert (word, word) == (read.status_comment, read.extensions[0].value)
