"""The status of a bare reply: only what code and command leave no doubt about."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.model.registry import look_up
from dsnlib.model.status import EnhancedStatusCode
from dsnlib.replies.defaults import GREETING, default_status
from tests.replies.reply_strategies import verbs

VERBS = ("MAIL", "RCPT", "DATA", "BDAT", ".", "VRFY", "EXPN", "AUTH", "STARTTLS", "RSET", "QUIT")
BARE = ("", "EHLO", "HELO", "LHLO", "ETRN")

# code -> the status at each command it matters for, and at any other
STATUSES = {
    220: ({}, "2.0.0"),
    221: ({}, "2.0.0"),
    235: ({}, "2.7.0"),
    250: ({"MAIL": "2.1.0", "RCPT": "2.1.5", "VRFY": "2.1.5"}, "2.0.0"),
    251: ({"RCPT": "2.1.5", "VRFY": "2.1.5"}, "2.0.0"),
    252: ({}, "2.0.0"),
    421: ({}, "4.3.0"),
    432: ({}, "4.7.12"),
    450: ({}, "4.0.0"),
    451: ({}, "4.3.0"),
    452: ({"RCPT": "4.5.3"}, "4.3.1"),
    453: ({}, "4.3.2"),
    454: ({"AUTH": "4.7.0", "STARTTLS": "4.7.0"}, "4.0.0"),
    455: ({}, "4.5.4"),
    500: ({}, "5.5.2"),
    501: ({}, "5.5.4"),
    502: ({}, "5.5.1"),
    503: ({}, "5.5.1"),
    504: ({}, "5.5.4"),
    521: ({}, "5.3.2"),
    523: ({}, "5.7.10"),
    530: ({}, "5.7.0"),
    534: ({}, "5.7.9"),
    535: ({}, "5.7.8"),
    538: ({}, "5.7.11"),
    550: ({}, "5.0.0"),
    551: ({}, "5.0.0"),
    552: ({"MAIL": "5.3.4", "DATA": "5.3.4", "BDAT": "5.3.4", ".": "5.3.4"}, "5.0.0"),
    553: ({"MAIL": "5.1.7", "RCPT": "5.1.3"}, "5.0.0"),
    554: ({}, "5.0.0"),
    555: ({}, "5.5.4"),
    556: ({"RCPT": "5.1.10"}, "5.0.0"),
    599: ({}, "5.0.0"),
}

# The registry's lists of replies are open (RFC 5248 s2.1).  What is not in them
# has another source, or differs by a code that means the same.
BEYOND_THE_REGISTRY = {
    (250, "2.1.0"): "the example of RFC 2034 s6",
    (251, "2.1.5"): "RFC 5321 s4.2.2: as 250, and it will be forwarded",
    (452, "4.5.3"): "RFC 5321 s4.5.3.1.10 has 452 where the registry has 451",
    (502, "5.5.1"): "RFC 5321 s4.2.2: a command that is not implemented",
    (553, "5.1.7"): "RFC 5321 s4.2.2: the name of the mailbox is not allowed",
    (553, "5.1.3"): "the same",
    (455, "4.5.4"): "RFC 5321 s4.2.2: as 555, for now",
}


@pytest.mark.parametrize(("code", "statuses"), STATUSES.items(), ids=map(str, STATUSES))
def test_status_of_a_code(code: int, statuses: tuple[dict[str, str], str]) -> None:
    """Each code has its status at each command."""
    by_verb, otherwise = statuses

    assert {verb: by_verb.get(verb, otherwise) for verb in (*VERBS, "*", "XYZZY")} == {
        verb: str(default_status(code, verb)) for verb in (*VERBS, "*", "XYZZY")
    }


@pytest.mark.parametrize("verb", BARE)
@pytest.mark.parametrize("code", [220, 250, 251, 354, 421, 500, 550, 554])
def test_some_replies_have_none(verb: str, code: int) -> None:
    """The greeting, before any command, and answers to EHLO, HELO, LHLO and ETRN have no status."""
    assert GREETING == ""
    assert default_status(code, verb) is None


@pytest.mark.requirement("2034-4-02")
@pytest.mark.parametrize("verb", [*VERBS, *BARE, "*"])
@pytest.mark.parametrize("code", [300, 334, 354, 399])
def test_intermediate_reply_has_none(verb: str, code: int) -> None:
    """A 3yz reply has no status, whatever it answers."""
    assert default_status(code, verb) is None


@pytest.mark.parametrize("verb", ["rcpt", "Rcpt", "RCPT"])
def test_verb_in_any_case(verb: str) -> None:
    """Commands are written in any case, those without a status too."""
    assert EnhancedStatusCode(2, 1, 5) == default_status(250, verb)
    assert default_status(550, "ehlo") is None


@pytest.mark.requirement("2034-4-03")
@given(code=st.integers(200, 599), verb=verbs() | st.text(max_size=8))
def test_class_agrees_with_the_code(code: int, verb: str) -> None:
    """Whatever is made up is of the class of the reply code."""
    status = default_status(code, verb)

    assert status is None or code // 100 == status.class_


@pytest.mark.parametrize("code", [code for code in range(200, 600) if code // 100 != 3])
def test_what_is_made_up_is_registered(code: int) -> None:
    """A status is registered with the code, or X.0.0, or has a source that is named."""
    for verb in (*VERBS, "*"):
        status = default_status(code, verb)
        assert status is not None
        if (status.subject, status.detail) == (0, 0) or (code, str(status)) in BEYOND_THE_REGISTRY:
            continue
        entry = look_up(status)
        assert entry is not None
        assert code in entry.replies


def test_exceptions_are_needed() -> None:
    """No exception above is one that the registry has by now."""
    entries = {pair: look_up(EnhancedStatusCode.parse(pair[1])) for pair in BEYOND_THE_REGISTRY}

    assert [] == [
        pair for pair, entry in entries.items() if entry is None or pair[0] in entry.replies
    ]
