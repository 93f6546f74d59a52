"""Any mail in, events or none out."""

import base64
import io
from typing import TYPE_CHECKING

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.bounces.dialect import Dialect
from dsnlib.bounces.event import BounceEvent, EventKind
from dsnlib.bounces.index import DialectIndex
from dsnlib.bounces.read import read_bounces
from dsnlib.bounces.taxonomy import Fault, Permanence, Reason
from dsnlib.errors import LimitExceeded
from dsnlib.parse.report import read_reports

if TYPE_CHECKING:
    from dsnlib.bounces.unknown import UnknownBounce

BOB = "bob@example.org"
HEADER = (
    "Return-Path: <>\nFrom: Mail Delivery System <MAILER-DAEMON@mx.example.com>\n"
    "To: ann@example.com\nSubject: Undelivered mail\nMessage-ID: <b1@mx.example.com>\n"
)
ORIGINAL = (
    "\n--- Below this line is a copy of the message.\n\nReceived: from a by b\n"
    "From: ann@example.com\nTo: victim@example.net\nMessage-ID: <m1@example.com>\n\nHello.\n"
)

RECEIPT = (
    "From: postmaster@example.org\nContent-Type: multipart/report; boundary=b; "
    "report-type=disposition-notification\n\n--b\n\nbob@example.org failed 550\n--b--"
)


def read(text: str, header: str = HEADER) -> tuple[BounceEvent, ...]:
    """Return the events of a mail."""
    return read_bounces(f"{header}\n{text}".encode())


def placeless(events: tuple[BounceEvent, ...]) -> list[BounceEvent]:
    """Return events without the places of their evidence."""
    return [
        attrs.evolve(
            event, evidence=[attrs.evolve(each, start=None, end=None) for each in event.evidence]
        )
        for event in events
    ]


def test_prose() -> None:
    """A bounce in prose: who, with which codes, why, of which mail."""
    (event,) = read(f"Sorry.\n\n<{BOB}>:\nhost mx said: 550 5.1.1 No such user here\n{ORIGINAL}")

    assert (BOB, EventKind.FAILURE, "5.1.1", 550) == (
        event.recipient,
        event.kind,
        str(event.status),
        event.reply_code,
    )
    assert (Reason.UNKNOWN_USER, Permanence.HARD, Fault.RECIPIENT) == (
        event.reason,
        event.permanence,
        event.fault,
    )
    assert ("m1@example.com", "mx.example.com", "prose") == (
        event.message_id,
        event.reporting_mta,
        event.dialect,
    )
    assert "recipient" == event.evidence[0].field
    assert "reason" in [each.field for each in event.evidence]
    assert 32 == len(event.event_id)


def test_report() -> None:
    """A report is read field by field, with the Message-ID of what it returns."""
    report = (
        "MIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status;\n"
        " boundary=b\n\n--b\n\nSorry.\n--b\nContent-Type: message/delivery-status\n\n"
        "Reporting-MTA: dns; mx.example.com\nOriginal-Envelope-Id: QQ1\n\n"
        f"Original-Recipient: rfc822;robert@example.org\nFinal-Recipient: rfc822;{BOB}\n"
        "Action: delayed\nStatus: 4.2.2\nRemote-MTA: dns; mx.example.org\n"
        "Diagnostic-Code: smtp; 452 4.2.2 Over quota\n"
        "Last-Attempt-Date: Thu, 7 Jul 1994 17:15:49 -0400\n\n"
        "Final-Recipient: rfc822;eve@example.org\nStatus: 5.1.1\n\n"
        "--b\nContent-Type: message/rfc822\n\nMessage-ID: <m1@example.com>\n\nHi\n--b--\n"
    )
    first, second = read(report, header=HEADER.rstrip("\n") + "\n" + report.partition("\n\n")[0])

    assert (EventKind.DELAY, Reason.MAILBOX_FULL, Permanence.SOFT) == (
        first.kind,
        first.reason,
        first.permanence,
    )
    assert ("robert@example.org", "mx.example.org", "QQ1", "m1@example.com") == (
        first.original_recipient,
        first.remote_mta,
        first.envelope_id,
        first.message_id,
    )
    assert first.occurred is not None
    assert (EventKind.FAILURE, Reason.UNKNOWN_USER) == (second.kind, second.reason)
    assert first.event_id != second.event_id


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Your message is delayed. It will be retried for two days.", EventKind.DELAY),
        ("THIS IS A WARNING MESSAGE ONLY. No need to resend.", EventKind.DELAY),
        ("It was delayed too long, and I am giving up.", EventKind.FAILURE),
        ("It could not be delivered.", EventKind.FAILURE),
        ("Your mail was successfully delivered to:", EventKind.SUCCESS),
        ("It was not successfully delivered to:", EventKind.FAILURE),
    ],
)
def test_kind(text: str, kind: EventKind) -> None:
    """Words tell a delay and a success from a failure."""
    (event,) = read(f"{text}\n\n  {BOB}\n")

    assert kind is event.kind


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_line_ends(ends: str) -> None:
    """The same bounce gives the same events with any line ends, and from any source."""
    text = f"{HEADER}\nSorry.\n\n<{BOB}>:\n550 5.1.1 no\n{ORIGINAL}"
    octets = text.replace("\n", ends).encode()

    assert placeless(read_bounces(text.encode())) == placeless(read_bounces(octets))
    assert (
        read_bounces(octets) == read_bounces(io.BytesIO(octets)) == read_bounces(bytearray(octets))
    )


def test_never_the_original() -> None:
    """Nobody is blamed who only stands in the original that is returned."""
    (event,) = read(f"Not delivered:\n  {BOB}\n{ORIGINAL}")

    assert BOB == event.recipient
    assert () == read(f"Something failed.\n{ORIGINAL}")


def test_codes_before_the_addresses_are_about_all() -> None:
    """Codes beside an address are its own; those in front are everybody's."""
    text = "Because of\n550 5.1.1 User unknown\nthese failed:\n a@example.org\n b@example.org\n"

    assert ["5.1.1", "5.1.1"] == [str(event.status) for event in read(text)]
    own = f"{text}  552 5.2.2 full\n"
    assert ["5.1.1", "5.2.2"] == [str(event.status) for event in read(own)]


def test_failed_recipients() -> None:
    """Whom X-Failed-Recipients names has failed, whatever the text says."""
    header = f"{HEADER}X-Failed-Recipients: {BOB}\n"
    (named,) = read("Etwas ging schief.\n", header)
    (found,) = read(f"ask ann@example.net\n{BOB}\n  550 no\n", header)

    assert (BOB, BOB) == (named.recipient, found.recipient)
    assert 550 == found.reply_code


@pytest.mark.parametrize(
    "mail",
    [
        "",
        "\n",
        "no header at all",
        "From: ann@example.org\nSubject: lunch\n\nSee bob@example.org, 550 5.1.1 failed.\n",
        "From: ann@example.org\nSubject: Re: Undelivered mail\n\n> bob@example.org failed: 550\n",
        "From: ann@example.org\nSubject: Fwd: failure notice\n\nbob@example.org\n550 unknown\n",
        "Return-Path: <>\nFrom: ann@example.org\nSubject: I am away\n\nWrite to bob@example.org.\n",
        "Return-Path: <>\nFrom: ann@example.org\nSubject: Automatic reply\n\nbob@example.org 550\n",
        "From: MAILER-DAEMON@example.org\nSubject: hello\n\nbob@example.org says hello\n",
        "From: MAILER-DAEMON@example.org\nSubject: Undelivered\n\nIt failed, for nobody.\n",
        "From: a@example.org\nSender: l-bounces@b.example\nSubject: failed?\n\nAsk: me@b.example\n",
        RECEIPT,
        # What postmasters and programs write besides
        "From: postmaster@example.org\nSubject: Mailbox almost full\n\nbob@example.org: 95 %\n",
        "From: postmaster@example.org\nSubject: Quarantine\n\nNot delivered:\nx@example.net Buy\n",
        (
            "Return-Path: <>\nFrom: help@example.org\nSubject: We received your request\n"
            "Auto-Submitted: auto-replied\n\nYour ticket on bob@example.org: 550 5.1.1 failed\n"
        ),
    ],
)
def test_no_bounce(mail: str) -> None:
    """Ordinary mail gives nothing, whatever it quotes."""
    assert () == read_bounces(mail.encode())


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("No se pudo entregar: Acta", "El mensaje no se pudo entregar a:"),
        ("Falha na entrega: Ata", "Sua mensagem não foi entregue a:"),
        ("Échec de la distribution", "Le message n'a pas été remis à :"),
        ("Mancata consegna", "Il messaggio non è stato consegnato a:"),
        ("Niet bezorgd: Notulen", "Uw bericht is niet bezorgd bij:"),
        ("Zwrot wiadomości", "Nie można dostarczyć wiadomości do:"),
        ("Meddelandet kunde inte levereras", "Det kunde inte nå:"),
        ("Viestin toimittaminen epäonnistui", "Viestiä ei voitu toimittaa:"),
        ("Не удалось доставить письмо", "Письмо не доставлено:"),
        ("退信通知", "您的邮件无法投递给:"),
        ("配信できませんでした", "次の宛先に届きませんでした:"),
        ("메일 반송", "다음 주소로 전송할 수 없습니다. 실패:"),
    ],
)
def test_languages(subject: str, text: str) -> None:
    """A postmaster's notice is read in the languages of the phrase tables."""
    header = f"From: postmaster@example.net\nTo: ann@example.com\nSubject: {subject}\n"

    assert [BOB] == [event.recipient for event in read(f"{text}\n\n{BOB}\n", header=header)]


def test_transcript_below_a_list() -> None:
    """Codes belong to the recipient that was named last before them, wherever that was."""
    events = read(
        "The following addresses had permanent errors\n<bob@example.org>\n<eve@example.net>\n\n"
        "Transcript of session follows\n"
        ">>> RCPT To:<bob@example.org>\n<<< 550 5.1.1 User unknown\n"
        ">>> RCPT To:<eve@example.net>\n<<< 552 5.2.2 Over quota\n"
    )

    assert [
        ("bob@example.org", 550, Reason.UNKNOWN_USER),
        ("eve@example.net", 552, Reason.MAILBOX_FULL),
    ] == [(event.recipient, event.reply_code, event.reason) for event in events]


def report(groups: str, returned: str) -> bytes:
    """Return a report with groups of recipients and a part behind them."""
    return (
        f"{HEADER}MIME-Version: 1.0\nContent-Type: multipart/report;"
        " report-type=delivery-status; boundary=b\n\n--b\n\nSorry.\n"
        "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.com\n\n"
        f"{groups}\n{returned}--b--\n"
    ).encode()


def test_original_in_base64() -> None:
    """The Message-ID is found in an original that is encoded."""
    encoded = base64.b64encode(b"From: ann@example.com\nMessage-ID: <m1@example.com>\n\nHi\n")
    part = (
        "--b\nContent-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
        f"{encoded.decode()}\n"
    )
    (event,) = read_bounces(report(f"Final-Recipient: rfc822; {BOB}\nAction: failed\n", part))

    assert "m1@example.com" == event.message_id


def test_reports_that_are_known() -> None:
    """Whoever has read the reports need not have them read again."""
    mail = report(f"Final-Recipient: rfc822; {BOB}\nAction: failed\n", "")

    assert read_bounces(mail) == read_bounces(mail, reports=read_reports(mail))
    assert () == read_bounces(mail, reports=[])


def test_report_without_recipient() -> None:
    """A group that names nobody gives no event; without an original there is no Message-ID."""
    groups = f"Action: failed\nStatus: 5.0.0\n\nFinal-Recipient: rfc822; {BOB}\nAction: failed\n"
    (event,) = read_bounces(report(groups, ""))

    assert (BOB, None) == (event.recipient, event.message_id)


def test_every_recipient_of_a_report() -> None:
    """A report about thousands gives an event for each."""
    groups = f"Final-Recipient: rfc822; {BOB}\nAction: failed\n\n" * 3000

    assert 3000 == len(read_bounces(report(groups, "")))


def test_more_than_the_limits_allow() -> None:
    """A report beyond the limits is read as any other text, as far as that goes."""
    deep = "".join([f"Content-Type: multipart/mixed; boundary={n}\n\n--{n}\n" for n in range(200)])
    mail = f"{HEADER}{deep}Content-Type: message/delivery-status\n\n\nStatus: 5.0.0".encode()

    with pytest.raises(LimitExceeded):
        read_reports(mail)
    assert () == read_bounces(mail)


@pytest.mark.parametrize("completes", [True, False])
def test_local_part_alone(completes: bool) -> None:  # noqa: FBT001  pytest gives it
    """A name without a domain is an address of the host that reports, or none."""
    dialect = Dialect(
        name="here", needles=["nobody here is called"], recipients=[r".*called (\w+)\."],
        completes=completes,
    )  # fmt: skip
    mail = f"{HEADER}\nNobody here is called bob.\n".encode()
    events = read_bounces(mail, dialects=DialectIndex([dialect]))

    assert ["bob@mx.example.com"] * completes == [event.recipient for event in events]


def test_unknown_bounce_is_handed_out() -> None:
    """What looks like a bounce and says nothing of anybody goes to the caller's function."""
    unknown: list[UnknownBounce] = []
    silent = f"{HEADER}\nYour mail did not arrive.\n".encode()

    assert () == read_bounces(silent, on_unknown=unknown.append)
    assert [silent] == [each.octets for each in unknown]
    for mail in (b"From: ann@example.org\nSubject: lunch\n\nAt noon?\n", RECEIPT.encode()):
        assert () == read_bounces(mail, on_unknown=unknown.append)
    assert 1 == len(unknown)


def test_complaint() -> None:
    """A feedback report is a complaint, with an id and without a reason."""
    (event,) = read_bounces(
        b"From: fbl@example.org\nMIME-Version: 1.0\n"
        b"Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n"
        b"--b\nContent-Type: message/feedback-report\n\n"
        b"Feedback-Type: abuse\nUser-Agent: x\nVersion: 1\nOriginal-Rcpt-To: <bob@example.org>\n"
        b"\n--b--\n"
    )

    assert (EventKind.COMPLAINT, BOB, None) == (event.kind, event.recipient, event.reason)
    assert 32 == len(event.event_id)


@given(
    st.lists(
        st.sampled_from(
            [HEADER, ORIGINAL, BOB, "\n", "\n\n", "<", ">: ", "550 5.1.1 ", "--b", "\x00", "é",
             "Content-Type: multipart/mixed; boundary=b\n", "not delivered", "RCPT TO:<", ":", "@"]
        ),
        max_size=20,
    )
)  # fmt: skip
def test_any_mail(parts: list[str]) -> None:
    """Whatever comes, events or none, and each event stands for itself."""
    events = read_bounces("".join(parts).encode())

    for event in events:
        assert "@" in event.recipient


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n", b"\r"])
def test_place_of_a_recipient(line_end: bytes) -> None:
    """The evidence for a recipient stands where it says, whatever the line ends are."""
    mail = f"{HEADER}\nSorry.\n\n{BOB}:\n550 no\n\neve@example.net: 550 no\n".encode()
    mail = mail.replace(b"\n", line_end)

    for event in read_bounces(mail):
        place = event.evidence[0]
        assert event.recipient.encode() == mail[place.start : place.end]


def test_recipient_without_a_place() -> None:
    """Behind letters beyond US-ASCII, or in an encoded part, it has none."""
    (behind,) = read(f"Désolé.\n\n{BOB}: 550 no\n")
    encoded = base64.encodebytes(f"Sorry.\n\n{BOB}: 550 no\n".encode()).decode()
    (inside,) = read(encoded, header=f"{HEADER}Content-Transfer-Encoding: base64\n")

    assert (None, None) == (behind.evidence[0].start, inside.evidence[0].start)
