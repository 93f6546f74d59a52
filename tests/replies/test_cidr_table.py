"""Networks: the first rule of the file that holds an address answers."""

import ipaddress
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.errors import InvalidValue, TableError
from dsnlib.replies.cidr_table import CidrTable, parse_cidr_table, read_address


def table(text: str) -> CidrTable:
    """Return the table of a text."""
    return parse_cidr_table(text, origin="clients")


@pytest.mark.parametrize(
    ("text", "key", "expected"),
    [
        pytest.param("10.0.0.0/8 A", "10.1.2.3", "A", id="network"),
        pytest.param("10.0.0.0/8 A", "11.1.2.3", None, id="another"),
        pytest.param("10.1.2.3 A", "10.1.2.3", "A", id="host"),
        pytest.param("10.1.2.3 A", "10.1.2.4", None, id="another host"),
        pytest.param("0.0.0.0/0 A", "10.1.2.4", "A", id="every IPv4 address"),
        pytest.param("0.0.0.0/0 A", "2001:db8::1", None, id="but no IPv6 address"),
        pytest.param("::/0 A", "2001:db8::1", "A", id="every IPv6 address"),
        pytest.param("::/0 A", "10.1.2.3", None, id="but no IPv4 address"),
        pytest.param("2001:DB8::/32 A", "2001:0db8:0::1", "A", id="IPv6"),
        pytest.param("[2001:db8::]/32 A", "2001:db8::1", "A", id="brackets"),
        pytest.param("[::1] A", "::1", "A", id="host in brackets"),
        pytest.param("10.0.0.0/8 A\n10.1.0.0/16 B", "10.1.2.3", "A", id="shorter first"),
        pytest.param("10.1.0.0/16 B\n10.0.0.0/8 A", "10.1.2.3", "B", id="longer first"),
        pytest.param("10.1.0.0/16 B\n10.0.0.0/8 A", "10.2.2.3", "A", id="beside the longer"),
        pytest.param("10.0.0.0/8 A\n10.0.0.0/8 B", "10.2.2.3", "A", id="twice"),
        pytest.param("192.0.2.0/24 A", "::ffff:192.0.2.1", "A", id="mapped key"),
        pytest.param("::ffff:192.0.2.0/120 A", "192.0.2.1", "A", id="mapped rule"),
        pytest.param("::ffff:192.0.2.0/120 A", "::FFFF:192.0.2.1", "A", id="both mapped"),
        pytest.param("::/80 A", "192.0.2.1", None, id="shorter than mapped"),
        pytest.param("fe80::/10 A", "fe80::1%eth0", "A", id="zone"),
        pytest.param("!10.0.0.0/8 A", "11.0.0.1", "A", id="not in it"),
        pytest.param("!10.0.0.0/8 A", "10.0.0.1", None, id="in it"),
        pytest.param("!10.0.0.0/8 A", "::1", "A", id="of another kind"),
        pytest.param("! 10.0.0.0/8 A", "11.0.0.1", "A", id="blank behind the mark"),
        pytest.param("10.1.0.0/16 A\n!11.0.0.0/8 B\n10.0.0.0/8 C", "10.1.0.1", "A", id="before"),
        pytest.param("10.1.0.0/16 A\n!11.0.0.0/8 B\n11.0.0.0/8 C", "11.1.0.1", "C", id="behind"),
        pytest.param("if 10.0.0.0/8\n10.1.2.3 A\nendif\n0.0.0.0/0 B", "10.1.2.3", "A", id="if"),
        pytest.param("if 10.0.0.0/8\n0.0.0.0/0 A\nendif\n0.0.0.0/0 B", "11.0.0.1", "B", id="else"),
        pytest.param("if !10.0.0.0/8\n0.0.0.0/0 A\nendif", "11.0.0.1", "A", id="if not"),
        pytest.param("if !10.0.0.0/8\n0.0.0.0/0 A\nendif", "10.0.0.1", None, id="if not, is"),
        pytest.param(
            "IF 10.0.0.0/8\nif\t10.1.0.0/16\n10.1.2.3 A\nENDIF\n10.2.0.0/16 B\nendif",
            "10.2.0.1", "B", id="nested",
        ),
        pytest.param("if 10.0.0.0/8\nendif\n10.0.0.0/8 A", "10.0.0.1", "A", id="empty block"),
        pytest.param("", "10.0.0.1", None, id="empty"),
    ],
)  # fmt: skip
def test_lookup(text: str, key: str, expected: str | None) -> None:
    """The rules are asked in the order of the file."""
    assert expected == table(text).lookup(key)


@pytest.mark.parametrize("key", ["", "10.0.0", "10.0.0.1.", "example.org", "[::1]", "10.0.0.01"])
def test_what_is_no_address(key: str) -> None:
    """A key that is no address is not found, whatever the rules."""
    assert read_address(key) is None
    assert table("0.0.0.0/0 A\n!10.0.0.0/8 B").lookup(key) is None


def test_has_no_fixed_keys() -> None:
    """Parts of an address are no keys of a table of networks."""
    found = table("10.0.0.0/8 A")

    assert ("cidr:clients", False) == (found.name, found.has_fixed_keys)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("\n10.0.0.1/8 A", "clients:2: '10.0.0.1/8' has a host part; the network is"
                     " 10.0.0.0/8", id="host part"),
        pytest.param("2001:db8::1/32 A", "clients:1: '2001:db8::1/32' has a host part; the network"
                     " is 2001:db8::/32", id="host part of IPv6"),
        pytest.param("10.0.0.0/33 A", "clients:1: '10.0.0.0/33' is no network", id="length"),
        pytest.param("10.0.0.0/ A", "clients:1: '10.0.0.0/' is no network", id="no length"),
        pytest.param("10.0.0.0/255.0.0.0 A", "clients:1: '10.0.0.0/255.0.0.0' is no network",
                     id="mask"),
        pytest.param("10.0.0/24 A", "clients:1: '10.0.0/24' is no network", id="short"),
        pytest.param("[::1 A", "clients:1: '[::1' is no network", id="open bracket"),
        pytest.param("::1] A", "clients:1: '::1]' is no network", id="closed bracket"),
        pytest.param("fe80::1%eth0 A", "clients:1: 'fe80::1%eth0' is no network", id="zone"),
        pytest.param("a.example A", "clients:1: 'a.example' is no network", id="name"),
        pytest.param("10.0.0.0/8", "clients:1: key '10.0.0.0/8' has no value", id="no value"),
        pytest.param("!", "clients:1: there is no network", id="nothing"),
        pytest.param("if\n10.0.0.0/8 A\nendif", "clients:1: '' is no network", id="empty if"),
        pytest.param("if 10.0.0.0/8\n", "clients:1: if without an endif", id="no endif"),
        pytest.param("10.0.0.0/8 A\nendif", "clients:2: endif without an if", id="no if"),
        pytest.param("10.0.0.0/8 A\n\n1.0.0.0/8 bad", "clients:3: 'bad' is none", id="value"),
        pytest.param("!10.0.0.0/8 bad", "clients:1: 'bad' is none", id="value of the others"),
    ],
)  # fmt: skip
def test_what_is_no_rule(text: str, message: str) -> None:
    """A fault names the file, the line and what is wrong."""

    def check(value: str) -> None:
        if value == "bad":
            what = "'bad' is none"
            raise InvalidValue(what)

    with pytest.raises(TableError) as caught:
        parse_cidr_table(text, origin="clients", check=check)

    assert message == str(caught.value)


def test_what_is_never_reached_is_told() -> None:
    """A network that a rule further up holds whole cannot answer, which is told."""
    (defect,) = table("10.0.0.0/8 A\n10.1.0.0/16 B\n").defects

    assert "table-unreachable" == defect.code
    assert "clients:2: 10.1.0.0/16 is never reached: 10.0.0.0/8 in line 1 holds it" == (
        defect.message
    )


def test_text_without_a_meaning_is_told() -> None:
    """What follows an `if` with its network, or an `endif`, is passed over and told."""
    found = table("if 10.0.0.0/8 x\n10.0.0.0/8 A\nendif ! y\n")

    assert "A" == found.lookup("10.0.0.1")
    assert ["clients:1: 'x' has no meaning here", "clients:3: '!y' has no meaning here"] == [
        defect.message for defect in found.defects
    ]


def test_library_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the library the error says what to install."""
    monkeypatch.setitem(sys.modules, "radix", None)

    with pytest.raises(TableError, match=r"^clients: .*dsnlib\[tables\]"):
        table("10.0.0.0/8 A")


def networks() -> st.SearchStrategy[str]:
    """Rules over a few bits, so that they overlap."""
    lengths = st.integers(0, 4)
    v4 = st.tuples(lengths, st.integers(0, 15)).map(
        lambda each: f"{each[1] >> (4 - each[0]) << (4 - each[0]) << 4}.0.0.0/{each[0]}"
    )
    v6 = st.tuples(lengths, st.integers(0, 15)).map(
        lambda each: f"{each[1] >> (4 - each[0]) << (4 - each[0]):x}000::/{each[0]}"
    )
    return st.tuples(st.sampled_from(["", "", "", "!"]), v4 | v6).map("".join)


@given(st.lists(networks(), max_size=12), st.integers(0, 15), st.booleans())
def test_tree_answers_as_the_rules_do(rules: list[str], bits: int, is_v6: bool) -> None:  # noqa: FBT001  a drawn value
    """One search of a tree finds what going through the rules would find."""
    key = f"{bits:x}000::1" if is_v6 else f"{bits << 4}.0.0.1"
    address = ipaddress.ip_address(key)
    expected = next(
        (
            str(number)
            for number, rule in enumerate(rules)
            if (address in ipaddress.ip_network(rule.lstrip("!"))) != rule.startswith("!")
        ),
        None,
    )
    text = "\n".join([f"{rule} {number}" for number, rule in enumerate(rules)])

    assert expected == table(text).lookup(key)
