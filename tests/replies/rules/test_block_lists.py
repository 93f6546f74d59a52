"""Which answers of a block list count."""

import pytest

from dsnlib.errors import InvalidValue
from dsnlib.replies.rules.block_lists import parse_block_list


@pytest.mark.parametrize(
    ("text", "counted", "passed"),
    [
        ("zen.example", ["127.0.0.2", "10.0.0.1"], ["", "2001:db8::1", "nonsense"]),
        ("ZEN.example=127.0.0.2", ["127.0.0.2"], ["127.0.0.3", "127.0.1.2"]),
        ("zen.example=127.0.0.[2..4]", ["127.0.0.2", "127.0.0.4"], ["127.0.0.1", "127.0.0.5"]),
        ("zen.example=127.0.0.[1;3;7..9]", ["127.0.0.3", "127.0.0.8"], ["127.0.0.2"]),
        ("zen.example=127.[0..1].0.[2]", ["127.1.0.2"], ["127.2.0.2"]),
        ("_x.zen-1.example=127.0.0.2", ["127.0.0.2"], []),
    ],
)
def test_answers(text: str, counted: list[str], passed: list[str]) -> None:
    """A list counts every address, or those that its name has behind `=`."""
    found = parse_block_list(text)

    assert found.domain == found.domain.lower()
    assert all(found.counts(each) for each in counted)
    assert not any(found.counts(each) for each in passed)


@pytest.mark.parametrize(
    "text",
    [
        *("", "=127.0.0.2", "a b", "-a", "zen.example=", "zen.example=127.0.0"),
        *("zen.example=127.0.0.2.3", "zen.example=127.0.0.256", "zen.example=127.0.0.[300]"),
        *("zen.example=127.0.0.[2..x]", "zen.example=127.0.0.[4..2]", "zen.example=127.0.0.[]"),
        *("zen.example=127.0.0.[2", "zen.example=127.0.0.x", "zen.example=127..0.2"),
        *("zen.example=127.0.0.2]", "zen.example=[1][2].0.0.1", "zen.example=127.0.0.2..4"),
    ],
)
def test_bad_list(text: str) -> None:
    """What is no domain, or no four numbers, is refused when the list is read."""
    with pytest.raises(InvalidValue, match="block list: "):
        parse_block_list(text)
