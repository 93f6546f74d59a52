"""What codes tell by themselves, and which of them say little."""

import pytest
from hypothesis import given

from dsnlib.bounces.rules.codes import reason_of_reply_code, reason_of_status, tells_of_status
from dsnlib.bounces.taxonomy import Reason
from dsnlib.model.registry import entries
from dsnlib.model.status import EnhancedStatusCode
from tests.strategies import status_codes


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("5.1.1", Reason.UNKNOWN_USER),
        ("4.2.2", Reason.MAILBOX_FULL),
        ("5.4.6", Reason.LOOP),
        ("5.7.26", Reason.AUTHENTICATION_FAILED),
        ("5.1.10", Reason.NULL_MX),
    ],
)
def test_a_telling_code(code: str, reason: Reason) -> None:
    """A telling code has a reason, whatever its class."""
    status = EnhancedStatusCode.parse(code)

    assert reason is reason_of_status(status)
    assert reason is reason_of_status(status.with_class(4))
    assert tells_of_status(status)


@pytest.mark.parametrize("code", ["5.0.0", "5.2.0", "5.7.0", "5.7.1", "5.5.0", "5.5.1", "4.0.7"])
def test_a_vague_code(code: str) -> None:
    """Codes for "other", those of the dialogue and 5.7.1 say little."""
    status = EnhancedStatusCode.parse(code)

    assert reason_of_status(status) is None
    assert not tells_of_status(status)


@pytest.mark.parametrize("code", ["5.7.509", "5.42.1"])
def test_a_code_of_one_system(code: str) -> None:
    """A code that nobody registered says something, though we do not know what."""
    status = EnhancedStatusCode.parse(code)

    assert reason_of_status(status) is None
    assert tells_of_status(status)


@given(status_codes())
def test_no_code_is_telling_and_vague(status: EnhancedStatusCode) -> None:
    """A code has one reason at most, and one that has a telling one tells."""
    telling, vague = reason_of_status(status), reason_of_status(status, vague=True)

    assert telling is None or vague is None
    assert telling is None or tells_of_status(status)


def test_most_registered_codes_have_a_reason() -> None:
    """The registered codes without a reason are those for success and "other"."""
    statuses = {
        str(entry): EnhancedStatusCode(5, entry.subject, entry.detail) for entry in entries()
    }
    silent = {
        name
        for name, status in statuses.items()
        if not (reason_of_status(status) or reason_of_status(status, vague=True))
    }

    assert {"X.0.0", "X.1.0", "X.2.0", "X.5.0"} <= silent
    assert len(silent) <= 10


@pytest.mark.parametrize(
    ("code", "telling", "vague"),
    [
        (552, Reason.MAILBOX_FULL, None),
        (556, Reason.NULL_MX, None),
        (421, None, Reason.SYSTEM_BUSY),
        (503, None, Reason.PROTOCOL_ERROR),
        (550, None, None),
        (554, None, None),
    ],
)
def test_reply_codes(code: int, telling: Reason | None, vague: Reason | None) -> None:
    """A reply code is telling, vague, or said of everything."""
    assert telling is reason_of_reply_code(code)
    assert vague is reason_of_reply_code(code, vague=True)
