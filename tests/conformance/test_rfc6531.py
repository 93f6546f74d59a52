"""RFC 6531: which of our messages needs SMTPUTF8, and the replies to those that do."""

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dsnlib
from tests.compose.occasions import COMPOSER, NOW, ORIGINAL, TOKEN, plan, recipient

ORIGINAL_UTF8 = ORIGINAL.replace(b"Minutes", "Protokoll für".encode())
SEVEN_BIT = attrs.evolve(COMPOSER, form=dsnlib.HumanForm(is_seven_bit=True))
REPORTER_UTF8 = attrs.evolve(COMPOSER, reporter=dsnlib.Reporter.parse("mail.münchen.example"))


@pytest.mark.requirement("6531-3.2-03")
@pytest.mark.parametrize("sender", ["ann@example.org", "müller@example.org"])
@pytest.mark.parametrize(
    ("status", "reply"),
    [
        ("5.6.7", "553 5.6.7 No SMTPUTF8 here"),
        ("5.6.9", "554 5.6.9 No SMTPUTF8 here"),
        ("5.6.7", None),
    ],
)
def test_the_notice_of_a_refusal(status: str, reply: str | None, sender: str) -> None:
    """What could not travel as UTF-8 is reported by RFC 3464, in the form of RFC 6533."""
    failed = recipient("δ@example.com", status=status, reply=reply)

    message = COMPOSER.compose(plan(failed, sender=sender), ORIGINAL_UTF8, now=NOW, token=TOKEN)

    report = dsnlib.parse_report(message.as_bytes())
    (read,) = report.recipients
    assert () == report.defects
    assert ("δ@example.com", status) == (read.recipient, str(read.status))
    assert "utf-8" == (read.final_recipient and read.final_recipient.type)
    assert report.returned is not None
    assert "message/global" == report.returned.media_type
    assert sender.isascii() == (message.media_type == "message/delivery-status")


@pytest.mark.requirement("6531-3.2-04")
@pytest.mark.parametrize(
    "address", [r"\x{3B4}@x", "δ@x", r"δ\x{2B}@x"], ids=["xtext", "plain", "unitext"]
)
def test_with_smtputf8_every_form_of_rfc_6533_is_taken(address: str) -> None:
    """Whoever announces SMTPUTF8 beside DSN gets all three forms of a utf-8 address."""
    params = dsnlib.parse_rcpt_parameters(f"ORCPT=utf-8;{address}", smtputf8=True)

    assert params.orcpt is not None
    assert params.orcpt.address.startswith("δ")


@pytest.mark.requirement("6531-3.4-01")
@pytest.mark.parametrize(
    ("composer", "plan_", "original"),
    [
        pytest.param(
            COMPOSER, plan(sender="müller@example.org"), ORIGINAL, id="address of the sender"
        ),
        pytest.param(
            SEVEN_BIT, plan(sender="müller@example.org"), ORIGINAL, id="the same, seven bit"
        ),
        pytest.param(COMPOSER, plan(), ORIGINAL_UTF8, id="message/global"),
        pytest.param(
            COMPOSER, plan(ret=dsnlib.Ret.HDRS), ORIGINAL_UTF8, id="message/global-headers"
        ),
        pytest.param(REPORTER_UTF8, plan(), ORIGINAL, id="header"),
    ],
)
def test_smtputf8_where_it_is_needed(
    composer: dsnlib.BounceComposer, plan_: dsnlib.DsnPlan, original: bytes
) -> None:
    """An address or a header in UTF-8, a returned one included, asks for SMTPUTF8."""
    message = composer.compose(plan_, original, now=NOW, token=TOKEN)

    assert message.envelope.smtputf8


@pytest.mark.requirement("6531-3.4-02")
@pytest.mark.parametrize(
    ("composer", "plan_", "original"),
    [
        pytest.param(COMPOSER, plan(), ORIGINAL, id="all in US-ASCII"),
        pytest.param(
            COMPOSER, plan(recipient("δ@example.com")), ORIGINAL, id="recipient in US-ASCII form"
        ),
        pytest.param(COMPOSER, plan(), ORIGINAL + b"\xc3\xbc", id="text beyond US-ASCII"),
        pytest.param(COMPOSER, plan(), b"Subject: \xff\r\n\r\n", id="header that is no UTF-8"),
        pytest.param(SEVEN_BIT, plan(), ORIGINAL_UTF8, id="header in UTF-8, encoded"),
    ],
)
def test_no_smtputf8_where_it_is_not(
    composer: dsnlib.BounceComposer, plan_: dsnlib.DsnPlan, original: bytes
) -> None:
    """What any server takes does not ask for SMTPUTF8."""
    message = composer.compose(plan_, original, now=NOW, token=TOKEN)

    assert not message.envelope.smtputf8


@pytest.mark.requirement("6531-3.5-01")
@pytest.mark.requirement("6531-3.5-02")
@pytest.mark.parametrize(
    ("code", "status"), [(553, "5.6.7"), (550, "5.6.7"), (554, "5.6.9"), (550, "5.6.9")]
)
def test_the_replies_of_a_refusal(code: int, status: str) -> None:
    """The replies are made and read, also the one that the registry does not list."""
    reply = dsnlib.SmtpReply(code, dsnlib.EnhancedStatusCode.parse(status), ("no UTF-8",))

    again = dsnlib.SmtpReply.parse(reply.format())

    assert reply == again
    assert status == str(again.effective_status)
    entry = dsnlib.look_up(dsnlib.EnhancedStatusCode.parse(status))
    assert entry is not None
    assert (code in entry.replies) == ((code, status) != (554, "5.6.9"))


@pytest.mark.requirement("6531-3.7.4.2-01")
@given(st.text(min_size=1), st.booleans())
def test_our_replies_are_ascii(text: str, smtputf8: bool) -> None:  # noqa: FBT001  drawn
    """Whatever a client sent, the reply that refuses it has no character beyond US-ASCII."""
    words = [f"{text}=1", f"ORCPT={text}", f"NOTIFY={text}"]
    for word in words:
        with pytest.raises(dsnlib.InvalidParameter) as caught:
            dsnlib.parse_rcpt_parameters([word, word], smtputf8=smtputf8)
        assert caught.value.reply.format().isascii()


@pytest.mark.requirement("6531-3.1-02")
def test_smtputf8_comes_with_8bitmime() -> None:
    """A server cannot offer SMTPUTF8 without 8BITMIME."""
    with pytest.raises(dsnlib.InvalidValue):
        dsnlib.Capabilities(smtputf8=True)

    capabilities = dsnlib.Capabilities(smtputf8=True, eight_bit_mime=True)
    assert {"SMTPUTF8", "8BITMIME"} == set(dsnlib.Offer(capabilities=capabilities).announcements)
