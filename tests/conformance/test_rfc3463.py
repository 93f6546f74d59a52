"""RFC 3463 and RFC 5248: which codes are given, and what stands in them."""

import re

import attrs
import pytest

import dsnlib
from dsnlib.model import registry
from tests.compose.occasions import COMPOSER, NOW, ORIGINAL, TOKEN, plan, recipient

# The faults that a client can make in our parameters.
FAULTY = [
    pytest.param(dsnlib.parse_mail_parameters, "RET=BODY", id="RET"),
    pytest.param(dsnlib.parse_mail_parameters, "ENVID=+", id="ENVID"),
    pytest.param(dsnlib.parse_mail_parameters, "RET=FULL RET=FULL", id="twice"),
    pytest.param(dsnlib.parse_mail_parameters, "NOTIFY=NEVER", id="wrong command"),
    pytest.param(dsnlib.parse_mail_parameters, "=", id="no keyword"),
    pytest.param(dsnlib.parse_rcpt_parameters, "NOTIFY=NEVER,DELAY", id="NOTIFY"),
    pytest.param(dsnlib.parse_rcpt_parameters, "ORCPT=a", id="ORCPT"),
]
parse = dsnlib.EnhancedStatusCode.parse


def refusal(read: object, text: str) -> dsnlib.SmtpReply:
    """Return the reply to parameters that break a rule."""
    assert callable(read)
    with pytest.raises(dsnlib.InvalidParameter) as caught:
        read(text)
    return caught.value.reply


@pytest.mark.requirement("3463-2-06")
@pytest.mark.requirement("5248-2.2-01")
def test_a_registered_code_has_its_document() -> None:
    """Every code names the document that defines it; nothing else is registered."""
    for entry in registry.entries():
        assert re.fullmatch(r"RFC \d{3,5}(, RFC \d{3,5})*|draft-[a-z-]+", entry.reference)
    assert dsnlib.look_up(parse("5.7.509")) is None


@pytest.mark.requirement("3463-2-08")
@pytest.mark.requirement("2034-3-03")
@pytest.mark.requirement("2034-4-05")
@pytest.mark.parametrize(("read", "text"), FAULTY)
def test_our_replies_have_a_registered_code(read: object, text: str) -> None:
    """A reply of ours begins with a code of the registry, whoever it is for."""
    reply = refusal(read, text)

    assert reply.status is not None
    assert dsnlib.look_up(reply.status) is not None
    assert reply.format().startswith(f"{reply.code} {reply.status} ".encode())


@pytest.mark.requirement("3463-2-08")
@pytest.mark.requirement("3463-3.1-01")
@pytest.mark.parametrize("code", [250, 421, 452, 499, 550, 554, 599])
def test_what_nobody_specified_is_undefined(code: int) -> None:
    """Where only the class is known the code is X.0.0, which is registered."""
    status = dsnlib.SmtpReply(code, None, ("no code",)).effective_status

    assert f"{code // 100}.0.0" == str(status)
    assert status is not None
    assert dsnlib.look_up(status) is not None


@pytest.mark.requirement("3463-2-09")
def test_what_is_special_to_a_system_is_no_code() -> None:
    """What a mail filter said in words of its own stands in Diagnostic-Code, under its type."""
    said = dsnlib.DiagnosticCode("X-Filter", "rule 4711 (exit 77)")

    message = COMPOSER.compose(
        plan(attrs.evolve(recipient(status="5.7.1", reply=None), diagnostic_code=said)),
        ORIGINAL,
        now=NOW,
        token=TOKEN,
    )

    (read,) = dsnlib.parse_report(message.as_bytes()).recipients
    assert ("5.7.1", None) == (str(read.status), read.status_comment)
    assert said == read.diagnostic_code


@pytest.mark.requirement("3463-2-16")
def test_what_is_permanent_is_not_tried_again() -> None:
    """A code of class 5 ends the attempts: with it nothing is delayed."""
    bob = dsnlib.Recipient("bob@example.com")

    failed = dsnlib.DeliveryOutcome(
        recipient=bob, disposition=dsnlib.Disposition.FAILED, status=parse("5.1.1")
    )

    assert "5.1.1" == str(failed.status)
    with pytest.raises(dsnlib.InvalidValue):
        dsnlib.DeliveryOutcome(
            recipient=bob, disposition=dsnlib.Disposition.DELAYED, status=parse("5.1.1")
        )


@pytest.mark.requirement("3463-3.8-02")
@pytest.mark.parametrize("class_", dsnlib.StatusClass)
def test_policy_may_say_no_more(class_: dsnlib.StatusClass) -> None:
    """X.7.0 is there for who may not tell why, whatever the class."""
    status = dsnlib.EnhancedStatusCode(class_, 7, 0)
    entry = dsnlib.look_up(status)

    assert entry is not None
    assert class_ in entry.classes
    reply = dsnlib.SmtpReply(class_ * 100 + 50, status, ("no",))
    assert reply == dsnlib.SmtpReply.parse(reply.format())
