"""A dialect is checked when it is made, and says where recipients stand."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.bounces.dialect import LONGEST_LINE, Dialect
from dsnlib.errors import InvalidValue


def dialect(**settings: Any) -> Dialect:  # noqa: ANN401  whatever a dialect takes
    """Return a dialect with a name and a needle."""
    return Dialect(**{"name": "acme", "needles": ["acme mail says"], **settings})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"name": ""}, "name ''"),
        ({"name": "Acme"}, "name 'Acme'"),
        ({"name": "acme mail"}, "name 'acme mail'"),
        ({"needles": []}, "no needle"),
        ({"needles": [""]}, "needle ''"),
        ({"needles": ["Acme"]}, "needle 'Acme'"),
        ({"needles": [" acme"]}, "needle ' acme'"),
        ({"needles": ["acme\nsays"]}, "needle 'acme"),
        ({"needs": ["Sorry"]}, "needle 'Sorry'"),
        ({"after": ["Failed:"]}, "heading 'Failed:'"),
        ({"before": [""]}, "heading ''"),
        ({"recipients": ["<{address}"], "name": "a", "needles": ["x", "Y"]}, "needle 'Y'"),
        ({"recipients": ["({address}"]}, "missing \\)"),
        ({"recipients": ["{address} {address}"]}, "not one group"),
        ({"recipients": ["<[^<>]+>"]}, "not one group"),
        ({"recipients": ["(a){99999999999}"]}, "repetition"),
    ],
)
def test_what_is_refused(settings: dict[str, Any], message: str) -> None:
    """What could never work is refused, with the name of the dialect and the value."""
    with pytest.raises(InvalidValue, match=message):
        dialect(**settings)


@pytest.mark.parametrize(
    ("line", "address"),
    [
        ("<bob@example.org>:", "bob@example.org"),
        ("<bob+x=y/z@example.org>:", "bob+x=y/z@example.org"),
        ("<o'neill@example.org>:", "o'neill@example.org"),
        ('<"bob b."@example.org>:', '"bob b."@example.org'),
        ("<bob@[192.0.2.1]>:", "bob@[192.0.2.1]"),
        ("<bob@[IPv6:2001:db8::1]>:", "bob@[IPv6:2001:db8::1]"),
        ("<bob@localhost>:", "bob@localhost"),
        ("<bób@exämple.org>:", "bób@exämple.org"),
        ("<bob>:", None),
        ("<@example.org>:", None),
        ("<bob@>:", None),
        ("<bob@example.org:", None),
    ],
)
def test_an_address(line: str, address: str | None) -> None:
    """`{address}` is an address as RFC 5321 s4.1.2 has it, without what surrounds it."""
    (pattern,) = dialect(recipients=["<{address}>:"]).patterns
    found = pattern.match(line)

    assert address == (None if found is None else found[1])


def test_a_full_stop_is_the_sentences() -> None:
    """The full stop behind an address belongs to the sentence."""
    (pattern,) = dialect(recipients=["reach {address}"]).patterns
    found = pattern.match("Reach bob@example.org. Sorry.")

    assert found is not None
    assert "bob@example.org" == found[1]


@pytest.mark.parametrize(
    ("settings", "text", "has"),
    [
        ({}, "well, acme mail says no", True),
        ({}, "acme says", False),
        ({"needs": ["no", "sorry"]}, "acme mail says no; sorry", True),
        ({"needs": ["no", "sorry"]}, "acme mail says no", False),
        ({"within": 6}, "well, acme mail says no", True),
        ({"within": 5}, "well, acme mail says no", False),
        ({"within": 0}, "acme mail says no", True),
    ],
)
def test_whether_a_needle_is_there(settings: dict[str, Any], text: str, *, has: bool) -> None:
    """A needle is where it has to be, and all that it needs is there too."""
    assert has == dialect(**settings).has("acme mail says", text)


@pytest.mark.parametrize(
    ("settings", "region"),
    [
        ({}, "Head: a FAILED: b end c"),
        ({"after": ["failed:"]}, " b end c"),
        ({"after": ["gone:", "failed:"]}, " b end c"),
        ({"after": ["gone:"]}, "Head: a FAILED: b end c"),
        ({"after": ["head:", "failed:"]}, " a FAILED: b end c"),
        ({"before": ["end"]}, "Head: a FAILED: b "),
        ({"before": ["end", "failed:"]}, "Head: a "),
        ({"after": ["failed:"], "before": ["head:", "end"]}, " b "),
    ],
)
def test_where_recipients_stand(settings: dict[str, Any], region: str) -> None:
    """Behind the first heading that is there, and before what ends it behind that."""
    text = "Head: a FAILED: b end c"
    start, end = dialect(**settings).region(text, text.lower())

    assert region == text[start:end]


@given(st.text(max_size=60), st.lists(st.text("abA:", min_size=1, max_size=3), max_size=3))
def test_a_region_is_inside_of_its_text(text: str, headings: list[str]) -> None:
    """Whatever the text, a region begins and ends in it."""
    lowered = [each.lower() for each in headings]
    each = dialect(after=lowered, before=lowered)
    start, end = each.region(text, text.lower() if len(text.lower()) == len(text) else text)

    assert 0 <= start <= end <= len(text)


def test_the_longest_line() -> None:
    """No expression sees more of a line than RFC 5322 s2.1.1 lets it have, about."""
    assert 998 <= LONGEST_LINE <= 1000


def test_equal_dialects() -> None:
    """Dialects are values: what is compiled from them does not count."""
    assert dialect(recipients=["{address}"]) == dialect(recipients=["{address}"])
    assert 1 == len({dialect(), dialect()})
