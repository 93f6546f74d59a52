"""Tables are read, and answer, in time in proportion to what they are given."""

from collections.abc import Callable, Iterable

import pytest

from dsnlib.errors import TableError
from dsnlib.replies.search import address_keys, host_keys, network_keys
from dsnlib.replies.tables import parse_table
from tests.growth import BOUND, growth

LARGEST = 1 << 17

Prepare = Callable[[int], Callable[[], object]]


def _reading(kind: str, unit: str, before: str = "", after: str = "") -> Prepare:
    """Return a text that repeats a unit, as what is read."""

    def prepare(count: int) -> Callable[[], object]:
        text = before + unit * count + after
        return lambda: _read(kind, text)

    return prepare


def _read(kind: str, text: str) -> None:
    try:
        parse_table(kind, text, origin="x")
    except TableError:
        return


def _numbered(kind: str, row: Callable[[int], str]) -> Prepare:
    def prepare(count: int) -> Callable[[], object]:
        text = "".join(map(row, range(count)))
        return lambda: _read(kind, text)

    return prepare


def _asking(kind: str, table_text: str, unit: str, after: str = "") -> Prepare:
    """Return a key that repeats a unit, as what a table is asked for."""
    table = parse_table(kind, table_text, origin="x")

    def prepare(count: int) -> Callable[[], object]:
        key = unit * count + after
        return lambda: table.lookup(key)

    return prepare


def _keys(make: Callable[[str], Iterable[str]], unit: str) -> Prepare:
    def prepare(count: int) -> Callable[[], object]:
        text = unit * count
        return lambda: list(make(text))

    return prepare


def _address(number: int) -> str:
    return f"{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}.0/24 OK\n"


@pytest.mark.parametrize(
    "prepare",
    [
        pytest.param(_numbered("hash", lambda n: f"user{n}@example.org OK {n}\n"), id="hash"),
        pytest.param(_reading("hash", "a b\n"), id="equal keys"),
        pytest.param(_reading("hash", "a: b\n"), id="aliases"),
        pytest.param(_reading("hash", " b\n", "a b\n"), id="continuations"),
        pytest.param(_reading("hash", "# b\n", "a b\n"), id="comments"),
        pytest.param(_reading("hash", "\n \n", "a b\n"), id="empty lines"),
        pytest.param(_reading("hash", " "), id="blanks"),
        pytest.param(_reading("hash", " ", "a"), id="blanks behind a key"),
        pytest.param(_reading("hash", "\r"), id="carriage returns"),
        pytest.param(_reading("hash", "\\a", '"'), id="pairs in a quote"),
        pytest.param(_reading("hash", '"', '"'), id="quotes"),
        pytest.param(_reading("inline", "a=b,", "{", "}"), id="inline"),
        pytest.param(_reading("inline", "{", "{", "}"), id="braces opened"),
        pytest.param(_reading("inline", "}", "{", "}"), id="braces closed"),
        pytest.param(_reading("inline", "{}", "{", "}"), id="braces"),
        pytest.param(_reading("inline", "{a={", "{", "}" * 9), id="braces in braces"),
        pytest.param(_reading("inline", "\n", "{", "}"), id="lines of inline"),
        pytest.param(_reading("inline", " ", "{ a", "}"), id="blanks of inline"),
        pytest.param(_reading("static", "{"), id="static"),
        pytest.param(_numbered("cidr", _address), id="networks"),
        pytest.param(_reading("cidr", "10.0.0.0/8 A\n"), id="equal networks"),
        pytest.param(_reading("cidr", "!10.0.0.0/8 A\n1.1.1.1 B\n"), id="networks apart"),
        pytest.param(_reading("cidr", "if ::/0\n"), id="blocks opened"),
        pytest.param(_reading("cidr", "if ::/0\nendif\n"), id="blocks"),
        pytest.param(_reading("cidr", "1.", "", " A"), id="a long address"),
        pytest.param(_reading("cidr", ":", "", " A"), id="a long IPv6 address"),
        pytest.param(_reading("pcre", "/a/ $1\n"), id="patterns without groups"),
        pytest.param(_numbered("pcre", lambda n: f"/^(a{n})$/ $1\n"), id="patterns"),
        pytest.param(_reading("regexp", "if /a/\n/b/ A\nendif\n"), id="blocks of patterns"),
        pytest.param(_reading("pcre", "\\/", "/", "/ A"), id="escaped delimiters"),
        pytest.param(_reading("pcre", "$$", "/(a)/ $1"), id="dollars"),
        pytest.param(_reading("pcre", "${1", "/(a)/ $1"), id="open groups"),
        pytest.param(_reading("pcre", "i", "/a/", " A"), id="flags"),
        pytest.param(_reading("regexp", "[", "/", "/ A"), id="brackets"),
        pytest.param(_reading("regexp", "[a", "/", "]/ A"), id="open classes"),
        pytest.param(_reading("pcre", "\\Qa", "/", "/x A"), id="quoting"),
        pytest.param(_reading("pcre", "# a", "/", "/x A"), id="comment in a pattern"),
    ],
)
def test_reading_is_linear(prepare: Prepare) -> None:
    """No text takes longer than its size says."""
    assert BOUND > growth(prepare, LARGEST)


WORDS = "".join([f"/\\bword{n}\\b.*[!?]x/ REJECT $$\n" for n in range(1000)])
GREEDY = "".join([f"/^(.*a)(.*b)(.*c)*{n}$/ $1\n" for n in range(20)])
LARGE = "/a(a|b){60}c/ A\n/(x+x+)+y/ A\n/^(a+)+$/ A\n/(.*)*z/ A\n"


@pytest.mark.parametrize(
    "prepare",
    [
        pytest.param(_asking("pcre", WORDS, "word1 "), id="1,000 patterns"),
        pytest.param(_asking("regexp", WORDS, "word1 "), id="1,000 patterns of POSIX"),
        pytest.param(_asking("pcre", GREEDY, "abc"), id="stars"),
        pytest.param(_asking("pcre", LARGE, "a", "!"), id="letters"),
        pytest.param(_asking("pcre", LARGE, "ab", "!"), id="states"),
        pytest.param(_asking("regexp", LARGE, "xx", "!"), id="stars of stars"),
        pytest.param(_asking("pcre", "/(*UTF8)^(\u03b4*)*$/ $1", "\u03b4", "!"), id="UTF-8"),
        pytest.param(_asking("pcre", "/^(.*)$/ <$1>", "\udcff"), id="no UTF-8"),
        pytest.param(_asking("hash", "a b", "A\u0130"), id="hash"),
        pytest.param(_asking("cidr", "::/0 A\n!::1 B", "1."), id="dots"),
        pytest.param(_asking("cidr", "::/0 A\n!::1 B", ":"), id="colons"),
        pytest.param(_asking("cidr", "::/0 A\n!::1 B", "1" * 9), id="digits"),
        pytest.param(_asking("cidr", "::/0 A\n!::1 B", "%"), id="zones"),
        pytest.param(_keys(lambda text: address_keys(text, delimiter="+-"), "a+b."), id="words"),
        pytest.param(_keys(address_keys, "a@b."), id="domains"),
        pytest.param(_keys(address_keys, '"\\'), id="backslashes"),
        pytest.param(_keys(host_keys, "a."), id="labels"),
        pytest.param(_keys(host_keys, "."), id="dots of a name"),
        pytest.param(_keys(network_keys, "1:"), id="groups"),
    ],
)
def test_asking_is_linear(prepare: Prepare) -> None:
    """No key takes longer than its size says, whatever the admin's patterns are."""
    assert BOUND > growth(prepare, LARGEST, first=1 << 12)
