"""Tables of networks: the first rule in the file that holds an address answers.

The form is that of Postfix's `cidr` tables:

    192.0.2.0/24        REJECT
    ![2001:db8::]/32    OK
    if 198.51.100.0/24
    198.51.100.7        DUNNO
    endif

Rules.
- The order of the file decides, not the length of the prefix.  So that one search
  of a tree answers for any number of networks, a network that a rule further up
  holds whole is left out: nothing can reach it, and a defect says so.  Of those
  that are left the longest that holds an address is the first that does.
- `!` and `if` are asked one by one, and part the others into several trees.
- An address without a length is one host.  A network whose host part is not zero
  is refused, and the error shows the network.
- `::ffff:192.0.2.1` is 192.0.2.1, in a rule and when asked.
- What is no address is in no table.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from dsnlib.errors import Defect, TableError
from dsnlib.replies.table_text import (
    Blocks,
    ValueCheck,
    extra_text,
    logical_lines,
    read_entry,
    read_statement,
    table_name,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    Address = ipaddress.IPv4Address | ipaddress.IPv6Address
    Network = ipaddress.IPv4Network | ipaddress.IPv6Network

__all__ = ["CidrTable", "parse_cidr_table", "read_address"]

# network = address [ "/" length ], the address in brackets or not
_NETWORK = re.compile(r"(\[?)([0-9A-Fa-f:.]+)(\]?)(?:/([0-9]{1,3}))?")
_MAPPED_PREFIX = 96


def read_address(text: str) -> Address | None:
    """Return the IP address that a text is, or `None`.  Never raises.

    An IPv4 address in the form of an IPv6 one is returned as what it is; the zone
    of an address of one link, `%eth0`, does not count.
    """
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if address.version == 6 and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


@attrs.frozen(kw_only=True, eq=False)
class _Tree:
    """Rules in a row, as a radix tree whose nodes have the values."""

    tree: Any


@attrs.frozen(kw_only=True, eq=False)
class _Rule:
    """A rule that is asked by itself: `value` is `None` for an `if`.

    `otherwise` is the rule to go on with if this one does not apply.
    """

    network: Network
    is_negated: bool
    value: str | None
    otherwise: int


@attrs.frozen(kw_only=True, eq=False)
class CidrTable:
    """Values by network.

    Args:
        name: How messages name it.
        rules: What is asked, in order.
        defects: What was passed over while reading.
    """

    has_fixed_keys: ClassVar[bool] = False

    name: str
    rules: Sequence[_Tree | _Rule] = attrs.field(repr=False)
    defects: tuple[Defect, ...] = ()

    def lookup(self, key: str) -> str | None:
        """Return the value of the first rule that holds an address, or `None`.

        Never raises: what is no address has no value.
        """
        address = read_address(key)
        if address is None:
            return None
        place = 0
        while place < len(self.rules):
            rule = self.rules[place]
            place += 1
            if isinstance(rule, _Tree):
                node = rule.tree.search_best(packed=address.packed)
                if node is not None:
                    value: str = node.data["value"]
                    return value
            elif (address in rule.network) == rule.is_negated:
                place = rule.otherwise
            elif rule.value is not None:
                return rule.value
        return None


def parse_cidr_table(
    text: str, *, origin: str, check: Callable[[str], object] | None = None
) -> CidrTable:
    """Return the table of a text with a network and a value in each line.

    Args:
        text: What is in the file.
        origin: Its name, for the errors.
        check: Raises `InvalidValue` for a value that cannot be used.

    Raises:
        TableError: What is no network, a network without a value, an `if` or
            `endif` without the other, a value that `check` refuses; or the
            library `radix` is not installed.
    """
    return _Reader(origin, check).read(text)


class _Reader:
    """Makes the rules while going through the lines."""

    def __init__(self, origin: str, check: Callable[[str], object] | None) -> None:
        self._new_tree = _load_radix(origin)
        self._origin = origin
        self._check = ValueCheck(check, origin=origin)
        self._blocks = Blocks(origin)
        self._rules: list[_Tree | _Rule] = []
        # Where the last rule is a tree, that tree; an `endif` ends it too.
        self._tree: Any = None
        self._defects: list[Defect] = []

    def read(self, text: str) -> CidrTable:
        for line, content in logical_lines(text, origin=self._origin):
            word, is_negated, rest = read_statement(content)
            if word == "endif":
                self._tree = None
                self._blocks.close(len(self._rules), line=line)
                self._defects += extra_text("!" * is_negated + rest, origin=self._origin, line=line)
            elif word == "if":
                self._blocks.open(len(self._rules), line=line)
                network, *extra = rest.split(maxsplit=1) or ("",)
                self._append(network, line, value=None, is_negated=is_negated)
                self._defects += extra_text("".join(extra), origin=self._origin, line=line)
            else:
                self._value(rest, line, is_negated=is_negated)
        self._blocks.finish()
        ends = self._blocks.ends
        rules = tuple(
            attrs.evolve(rule, otherwise=ends[number])
            if isinstance(rule, _Rule) and number in ends
            else rule
            for number, rule in enumerate(self._rules)
        )
        name = table_name("cidr", self._origin)
        return CidrTable(name=name, rules=rules, defects=tuple(self._defects))

    def _value(self, rest: str, line: int, *, is_negated: bool) -> None:
        if not rest:
            raise TableError("there is no network", origin=self._origin, line=line)
        written, value = read_entry(rest, origin=self._origin, line=line)
        self._check(value, line)
        if is_negated:
            self._append(written, line, value=value, is_negated=True)
            return
        network = self._network(written, line)
        if self._tree is None:
            self._tree = self._new_tree()
            self._rules.append(_Tree(tree=self._tree))
        octets, length = network.network_address.packed, network.prefixlen
        above = self._tree.search_best(packed=octets, masklen=length)
        if above is None:
            self._tree.add(packed=octets, masklen=length).data.update(value=value, line=line)
            return
        what = (
            f"{self._origin}:{line}: {written} is never reached: "
            f"{above.prefix} in line {above.data['line']} holds it"
        )
        self._defects.append(Defect(code="table-unreachable", message=what))

    def _append(self, written: str, line: int, *, value: str | None, is_negated: bool) -> None:
        self._tree = None
        rule = _Rule(
            network=self._network(written, line),
            is_negated=is_negated,
            value=value,
            otherwise=len(self._rules) + 1,
        )
        self._rules.append(rule)

    def _network(self, written: str, line: int) -> Network:
        match = _NETWORK.fullmatch(written)
        if match is None or bool(match[1]) != bool(match[3]):
            raise self._fault(written, "is no network", line)
        address, length = match[2], match[4]
        try:
            network = ipaddress.ip_network(
                (address, int(length)) if length else address, strict=False
            )
            found = ipaddress.ip_address(address)
        except ValueError as error:
            raise self._fault(written, "is no network", line) from error
        if found != network.network_address:
            raise self._fault(written, f"has a host part; the network is {network}", line)
        if found.version == 6 and found.ipv4_mapped and network.prefixlen >= _MAPPED_PREFIX:
            return ipaddress.IPv4Network((found.ipv4_mapped, network.prefixlen - _MAPPED_PREFIX))
        return network

    def _fault(self, written: str, what: str, line: int) -> TableError:
        return TableError(f"{written[:80]!r} {what}", origin=self._origin, line=line)


def _load_radix(origin: str) -> Callable[[], Any]:
    try:
        import radix
    except ImportError as error:
        message = "networks need the library py-radix: pip install 'dsnlib[tables]'"
        raise TableError(message, origin=origin) from error
    new_tree: Callable[[], Any] = radix.Radix
    return new_tree
