"""What a header tells of its message, and what it cannot make anybody believe."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.policy.facts import MessageFacts, SpfResult


@pytest.mark.requirement("3834-5.1-01")
@pytest.mark.requirement("3834-5.2-03")
@pytest.mark.parametrize(
    ("header", "keyword"),
    [
        pytest.param(b"Auto-Submitted: auto-replied", "auto-replied", id="plain"),
        pytest.param(b"AUTO-SUBMITTED : Auto-Generated ; a=b", "auto-generated", id="parameter"),
        pytest.param(b"auto-submitted: (away) auto-replied (vacation); x-a=b", "auto-replied",
                     id="comments"),
        pytest.param(b"Auto-Submitted:\r\n auto-notified", "auto-notified", id="folded"),
        pytest.param(b"Auto-Submitted: no", "no", id="no"),
        pytest.param(b"Auto-Submitted: (a (b (c)) d) no (e (f))", "no", id="nested comments"),
        pytest.param(b"Auto-Submitted: (a no", "(a", id="a comment that does not end"),
        pytest.param(b"Auto-Submitted: no\r\nAuto-Submitted: auto-replied", "auto-replied",
                     id="twice"),
        pytest.param(b"Auto-Submitted: no\r\nAuto-Submitted: no", "no", id="twice no"),
        pytest.param(b"Auto-Submitted: ", None, id="empty"),
        pytest.param(b"Auto-Submitted:auto-replied", "auto-replied", id="no space"),
        pytest.param(b"Auto-Submitted: () auto-replied", "auto-replied", id="empty comment"),
        pytest.param(b'Auto-Submitted: (away) auto-replied; x=")"', "auto-replied",
                     id="parenthesis in a parameter"),
        pytest.param(b"Auto-Submitted: ; x=y", None, id="no keyword"),
        pytest.param(b"Auto-Submitted: ;", None, id="parameters alone"),
        pytest.param(b"X-Auto-Submitted: auto-replied", None, id="another field"),
        pytest.param(b"Subject: hi\r\n Auto-Submitted: auto-replied", None, id="in a fold"),
        pytest.param(b"Subject: hi\r\n\r\nAuto-Submitted: auto-replied", None, id="in the text"),
        pytest.param(b"Subject: hi\n\nAuto-Submitted: auto-replied", None, id="in the text, LF"),
        pytest.param(b"\r\nAuto-Submitted: auto-replied", "auto-replied", id="after one line end"),
        pytest.param(b"Auto-Submitted: no\r\n\r\n", "no", id="last field"),
    ],
)  # fmt: skip
def test_auto_submitted(header: bytes, keyword: str | None) -> None:
    """The keyword is found whatever stands round it; of two fields one that is not `no` counts."""
    assert keyword == MessageFacts.from_header(header).auto_submitted


@pytest.mark.parametrize(
    ("header", "is_bulk"),
    [
        (b"List-Id: <a.example>", True),
        (b"List-Unsubscribe: <mailto:x@a.example>", True),
        (b"List-Archive: <https://a.example>", True),
        (b"List-Zone: a", True),
        (b"List-: a", False),
        (b"Precedence: Bulk", True),
        (b"Precedence: list", True),
        (b"precedence: junk \r\n", True),
        (b"Precedence: first-class", False),
        (b"Subject: List-Id: none", False),
        (b"Listing: x", False),
    ],
)
def test_bulk(header: bytes, is_bulk: bool) -> None:  # noqa: FBT001  parametrized
    """A list says so by its fields, an older one by Precedence."""
    assert is_bulk is MessageFacts.from_header(header).is_bulk


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(b"Precedence\t: bulk", id="TAB before the colon"),
        pytest.param(b"Precedence: bulk\nSubject: x", id="LF"),
        pytest.param(b"Precedence: bulk\rSubject: x", id="CR"),
        pytest.param(b"Precedence:\n bulk\nSubject: x", id="LF, folded"),
        pytest.param(b"Precedence:\r\n bulk\rSubject: x", id="CR, folded"),
        pytest.param(b"Precedence:\r\n\tbulk\r\nSubject: x", id="folded with TAB"),
        pytest.param(b"Precedence:\r\n \r\n bulk", id="a fold of white space"),
    ],
)
def test_where_a_value_ends(header: bytes) -> None:
    """A value goes on in folds and ends with its line, whatever lines end with."""
    assert MessageFacts.from_header(header).is_bulk


def test_auto_response_suppress() -> None:
    """The words of all fields count, in any case."""
    header = b"X-Auto-Response-Suppress: DR, OOF,\r\n NDR\r\nX-Auto-Response-Suppress: All"

    assert {"dr", "oof", "ndr", "all"} == MessageFacts.from_header(header).suppressed
    assert frozenset() == MessageFacts.from_header(b"X-Auto-Response-Suppress:").suppressed


@pytest.mark.parametrize(
    ("header", "is_report"),
    [
        (b"Content-Type: multipart/report; report-type=delivery-status", True),
        (b'Content-Type: Multipart/Report; boundary=x;\r\n\tReport-Type="delivery-status"', True),
        (b"Content-Type: multipart/report; report-type=disposition-notification", True),
        (b"Content-Type: message/delivery-status", True),
        (b"Content-Type: message/global-delivery-status", True),
        (b"Content-Type: multipart/report; report-type=feedback-report", False),
        (b"Content-Type: multipart/mixed; boundary=report-type=delivery-status", False),
        (b"Content-Type: multipart/reports; report-type=delivery-status", False),
        (b"Content-Type: text/plain", False),
        (b"Content-Type: text/plain; name=message/delivery-status", False),
    ],
)
def test_reports(header: bytes, is_report: bool) -> None:  # noqa: FBT001  parametrized
    """Delivery and disposition notifications are known by their type; other reports are mail."""
    assert is_report is MessageFacts.from_header(header).is_report


@pytest.mark.parametrize(
    ("to", "is_notice"),
    [
        (b"<postmaster@mail.example.org>", True),
        (b"Postmaster", True),
        (b"<postmaster>", True),
        (b"postmaster (of us)", True),
        (b"postmaster,ann@example.org", True),
        (b"ann@example.org,postmaster@example.org", True),
        (b"Ann <ann@example.org>, <POSTMASTER@example.org>", True),
        (b"Postmaster of us\r\n <postmaster@example.org>", True),
        (b"<ann@example.org>", False),
        (b"ann@example.org,postmaster", True),
        (b"us postmaster@example.org", True),
        (b"<not-postmaster@example.org>", False),
        (b"Postmaster of us <ann@example.org>", False),
        (b"<postmaster-bot@example.org>", False),
    ],
)
def test_notices(to: bytes, is_notice: bool) -> None:  # noqa: FBT001  parametrized
    """A report is a postmaster's by its addressee; other mail to one is mail."""
    report = b"Content-Type: multipart/report; report-type=delivery-status\r\nTo: " + to

    assert is_notice is MessageFacts.from_header(report).is_notice
    assert not MessageFacts.from_header(b"To: " + to).is_notice


def test_hops() -> None:
    """Each Received field is a hop."""
    header = b"Received: from a\r\nReceived: from b\r\n by c\r\nX-Received: from d\r\n"

    assert 2 == MessageFacts.from_header(header).hops


def test_what_is_known_besides() -> None:
    """What the server knows comes with what the header says."""
    facts = MessageFacts.from_header(b"", is_authenticated=True, spf=SpfResult.PASS, queue_id="4F")

    assert (True, SpfResult.PASS, "4F") == (facts.is_authenticated, facts.spf, facts.queue_id)


@given(st.binary(max_size=300))
def test_any_header(header: bytes) -> None:
    """Whatever a stranger writes, there are facts."""
    assert MessageFacts.from_header(header).hops >= 0


def test_a_value_beyond_the_bound_says_nothing() -> None:
    """The first 998 octets of a value are looked at, white space included."""
    header = b"X-Auto-Response-Suppress:" + b" " * 997 + b"All"

    assert {"a"} == MessageFacts.from_header(header).suppressed
