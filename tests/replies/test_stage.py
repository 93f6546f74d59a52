"""An address status says the same of a sender, a recipient, and of neither."""

import pytest
from hypothesis import given

from dsnlib.model.status import EnhancedStatusCode, StatusClass
from dsnlib.replies.stage import Stage, fit_status
from tests.replies.reply_strategies import stages
from tests.strategies import status_codes

# detail of X.1.N -> that of a sender, and of a recipient
FITTING = {
    0: (0, 0),
    1: (7, 1),
    2: (8, 2),
    3: (7, 3),
    4: (7, 4),
    5: (0, 5),
    6: (7, 6),
    7: (7, 3),
    8: (8, 2),
    9: (0, 0),
    10: (0, 10),
    11: (0, 0),
    999: (0, 0),
}
OTHERS = tuple(stage for stage in Stage if stage not in (Stage.SENDER, Stage.RECIPIENT))


@pytest.mark.parametrize("class_", StatusClass)
@pytest.mark.parametrize(("detail", "fitting"), FITTING.items(), ids=map("x.1.{}".format, FITTING))
def test_address_status_fits_its_stage(
    class_: StatusClass, detail: int, fitting: tuple[int, int]
) -> None:
    """A sender's and a recipient's fault have each their own detail; the class is kept."""
    status = EnhancedStatusCode(class_, 1, detail)
    of_sender, of_recipient = fitting

    assert EnhancedStatusCode(class_, 1, of_sender) == fit_status(status, Stage.SENDER)
    assert EnhancedStatusCode(class_, 1, of_recipient) == fit_status(status, Stage.RECIPIENT)


@pytest.mark.parametrize("class_", StatusClass)
@pytest.mark.parametrize("stage", OTHERS)
@pytest.mark.parametrize("detail", FITTING)
def test_address_status_says_nothing_of_what_is_no_address(
    class_: StatusClass, stage: Stage, detail: int
) -> None:
    """Of a client, a name, a command or a message X.1.N tells only its class."""
    fitted = fit_status(EnhancedStatusCode(class_, 1, detail), stage)

    assert EnhancedStatusCode(class_, 0, 0) == fitted


@pytest.mark.parametrize("text", ["5.0.0", "2.0.0", "4.2.1", "5.7.1", "5.10.1", "4.11.7"])
@pytest.mark.parametrize("stage", Stage)
def test_other_subjects_are_left_alone(text: str, stage: Stage) -> None:
    """What concerns no address is right at every stage."""
    status = EnhancedStatusCode.parse(text)

    assert status == fit_status(status, stage)


@given(status=status_codes(), stage=stages())
def test_correcting_twice_is_correcting_once(status: EnhancedStatusCode, stage: Stage) -> None:
    """A code that fits stays, and the class never changes."""
    fitted = fit_status(status, stage)

    assert status.class_ is fitted.class_
    assert fitted == fit_status(fitted, stage)


@pytest.mark.parametrize(
    ("verb", "expected"),
    [
        pytest.param("AUTH", Stage.LOGIN, id="AUTH"),
        pytest.param("MAIL", Stage.SENDER, id="MAIL"),
        pytest.param("RCPT", Stage.RECIPIENT, id="RCPT"),
        pytest.param("VRFY", Stage.RECIPIENT, id="VRFY"),
        pytest.param("EXPN", Stage.RECIPIENT, id="EXPN"),
        pytest.param("rcpt", Stage.RECIPIENT, id="any case"),
        pytest.param("DATA", None, id="DATA"),
        pytest.param(".", None, id="end of the text"),
        pytest.param("EHLO", None, id="EHLO"),
        pytest.param("", None, id="greeting"),
        pytest.param("*", None, id="not said"),
    ],
)
def test_verb_tells_what_its_replies_are_about(verb: str, expected: Stage | None) -> None:
    """A command whose argument is an address or a login is about that; of others it is not known.

    The end of the message may be refused for one of its recipients.
    """
    assert expected is Stage.of_verb(verb)


def test_value_is_the_name_in_a_refusal() -> None:
    """Each stage has a value of its own, in words that a stranger understands."""
    assert {
        Stage.CLIENT: "client",
        Stage.HELO: "HELO name",
        Stage.LOGIN: "login name",
        Stage.CERTIFICATE: "client certificate",
        Stage.SENDER: "sender address",
        Stage.RECIPIENT: "recipient address",
        Stage.DATA: "DATA command",
        Stage.END_OF_DATA: "message",
        Stage.ETRN: "ETRN command",
        Stage.OTHER: "command",
    } == {stage: stage.value for stage in Stage}
    assert len(Stage) == len(Stage.__members__)
