"""What a server says of itself holds together, and has one row for each extension."""

from collections.abc import Callable

import attrs
import pytest

from dsnlib.errors import InvalidValue
from dsnlib.model.parameter import PLACES
from dsnlib.replies.capabilities import (
    EXTENSIONS,
    Capabilities,
    Extension,
    OtherExtension,
    SessionLimits,
)


def _row(word: str) -> Extension:
    return next(row for row in EXTENSIONS if row.word == word)


def test_a_server_does_nothing_unless_it_says_so() -> None:
    """Nothing is on by default."""
    plain = Capabilities()

    assert {None} == {row.argument(plain) for row in EXTENSIONS}
    assert () == plain.other


def test_each_field_has_its_row() -> None:
    """There is no field without a row, nor a row without a field, but `other`."""
    fields = {field.name for field in attrs.fields(Capabilities)}

    assert fields - {"other"} == {row.attribute for row in EXTENSIONS}


def test_no_word_and_no_keyword_is_twice() -> None:
    """A row is found by its word, its keyword, its command."""
    verbs = [row.verb for row in EXTENSIONS if row.verb]

    assert len(EXTENSIONS) == len({row.word for row in EXTENSIONS})
    assert len(EXTENSIONS) == len({row.keyword for row in EXTENSIONS})
    assert len(verbs) == len(set(verbs))


def test_the_parameters_of_dsn_are_those_of_the_parser() -> None:
    """The row of DSN and `PLACES` say the same."""
    row = _row("dsn")

    assert PLACES == {word: verb for verb, words in row.parameters.items() for word in words}


@pytest.mark.parametrize(
    ("word", "capabilities", "expected"),
    [
        pytest.param("size", Capabilities(size=0), "0", id="no bound is a size too"),
        pytest.param("size", Capabilities(size=10**20 - 1), str(10**20 - 1), id="largest size"),
        pytest.param("deliverby", Capabilities(deliver_by=0), "0", id="any time"),
        pytest.param("auth", Capabilities(auth=["PLAIN", "SCRAM-SHA-256"]), "PLAIN SCRAM-SHA-256"),
        pytest.param("xclient", Capabilities(xclient=["NAME", "ADDR"]), "NAME ADDR"),
        pytest.param("dsn", Capabilities(dsn=True), ""),
        pytest.param(
            "limits",
            Capabilities(
                limits=SessionLimits(
                    most_transactions=1, most_recipients=999_999, most_recipient_domains=3
                )
            ),
            "MAILMAX=1 RCPTMAX=999999 RCPTDOMAINMAX=3",
        ),
    ],
)
def test_what_stands_behind_the_keyword(
    word: str, capabilities: Capabilities, expected: str
) -> None:
    """Numbers, names and limits are written as their RFCs have them."""
    assert expected == _row(word).argument(capabilities)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Capabilities(size=-1), "SIZE: -1 is not a whole number from 0"),
        (lambda: Capabilities(size=10**20), "SIZE: "),
        (lambda: Capabilities(size=True), "SIZE: True"),
        (lambda: Capabilities(deliver_by=10**9), "DELIVERBY: "),
        (lambda: Capabilities(auth=["plain"]), "AUTH: 'plain' is not a SASL mechanism"),
        (lambda: Capabilities(auth=["A" * 21]), "AUTH: "),
        (lambda: Capabilities(auth=["PLAIN", "PLAIN"]), "AUTH: a name stands twice"),
        (
            lambda: Capabilities(auth=[f"{n:020}" for n in range(30)]),
            "AUTH 0.* does not fit into a line",
        ),
        (lambda: Capabilities(xclient=["NAME ADDR"]), "XCLIENT: 'NAME ADDR'"),
        (lambda: Capabilities(xforward=["A\r\nB"]), "XFORWARD: "),
        (lambda: Capabilities(binary_mime=True), "binary_mime needs chunking"),
        (lambda: Capabilities(smtputf8=True), "smtputf8 needs eight_bit_mime"),
        (
            lambda: Capabilities(other=[OtherExtension(keyword="dsn")]),
            "EHLO: dsn stands there already",
        ),
        (
            lambda: Capabilities(
                other=[OtherExtension(keyword="X-A"), OtherExtension(keyword="x-a")]
            ),
            "EHLO: x-a stands there already",
        ),
        (
            lambda: Capabilities(other=[OtherExtension(keyword="X-A", rcpt=["notify"])]),
            "NOTIFY is no parameter of X-A",
        ),
        (lambda: OtherExtension(keyword="-A"), "'-A' is not a keyword"),
        (lambda: OtherExtension(keyword="A", mail=["B C"]), "'B C' is not a keyword"),
        (lambda: OtherExtension(keyword="A", argument="b  c"), "one space between"),
        (lambda: OtherExtension(keyword="A", argument="b\r\nc"), "one space between"),
        (lambda: OtherExtension(keyword="A", argument=" "), "one space between"),
        (lambda: OtherExtension(keyword="A", argument="b" * 505), "does not fit"),
        (SessionLimits, "there is none"),
        (lambda: SessionLimits(most_recipients=0), "most_recipients: 0 is not"),
        (lambda: SessionLimits(most_transactions=10**6), "most_transactions: "),
    ],
)
def test_what_no_server_can_mean_is_refused(make: Callable[[], object], message: str) -> None:
    """A value that its grammar forbids, or that needs another, is not made."""
    with pytest.raises(InvalidValue, match=message):
        make()


def test_a_line_of_the_longest_length_is_taken() -> None:
    """A line of 512 octets, code and line end with it, is no longer than a reply may be."""
    assert 506 == len(str(OtherExtension(keyword="A", argument="b" * 504)))
