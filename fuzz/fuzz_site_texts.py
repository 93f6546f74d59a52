"""Fuzz the texts that a site writes besides its settings: rules, lists, places, aliases.

Invariant.
- Any octets are rules of reasons, or `ConfigurationError` with the file and a line of it;
  rules that were read explain any text.
- Any text is restrictions, an action, a list of what is not announced, a block list, a
  next hop, an address of a socket, a TLS policy, aliases, or the error that its function
  documents; twice the same.
- What the sink does with an address is nothing, or is said in a reply of one line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsnlib.adapters.agents.aliases import parse_aliases
from dsnlib.adapters.agents.next_hop import HopAddress
from dsnlib.adapters.client.tls.policies import TlsPolicyEntry
from dsnlib.adapters.sink.rules import read_deed, reply_with
from dsnlib.adapters.socket_address import parse_socket_address
from dsnlib.bounces.reason import classify
from dsnlib.bounces.rules.rule_file import load_rules
from dsnlib.errors import ConfigurationError, InvalidValue, RestrictionError, TableError
from dsnlib.replies.access import parse_action
from dsnlib.replies.discard import parse_discards
from dsnlib.replies.restrictions import parse_restrictions
from dsnlib.replies.rules.block_lists import parse_block_list
from fuzz.alphabet import expand, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["READS", "SITE_TEXT", "check"]

READS = (
    "dsnlib.adapters.agents.aliases",
    "dsnlib.adapters.agents.next_hop",
    "dsnlib.adapters.client.tls.policies",
    "dsnlib.adapters.sink.rules",
    "dsnlib.adapters.socket_address",
    "dsnlib.bounces.rules.rule",
    "dsnlib.bounces.rules.rule_file",
    "dsnlib.bounces.rules.rule_set",
    "dsnlib.replies.access",
    "dsnlib.replies.discard",
    "dsnlib.replies.rules.block_lists",
    "dsnlib.replies.words",
)

# The words of the files, and what stands in them.
SITE_TEXT = (
    b"\n", b" = ", b'"', b"'", b", ", b"[", b"]", b"{", b"}", b"[[rule]]\n",
    b"[[provider]]\n", b"# ", b"\r\n", b"\t", b"\0", b"\xff", b"\xc3\xa4", b"\xef\xbb\xbf", b"\\",
    b"true", b"false", b"1", b"-1", b"1e9", b"1979-05-27T07:32:00Z", b"${mydomain}", b"$myorigin",
    b'id = "blocked/x"\n', b'reason = "blocked-host"\n', b'reason = "rate-limited"\n',
    b'permanence = "soft"\n', b'fault = "sender"\n', b'needles = ["not on our list", "ask..in"]\n',
    b'codes = ["450", "x.7.1", "5.7.606-649"]\n', b'providers = ["partner"]\n', b"mark = true\n",
    b"prose = true\n", b"version = 2\n", b'name = "partner"\n', b'hosts = ["mx.partner.example"]\n',
    b'marks = ["partner gate"]\n', b"permit", b"reject", b"warn_if_reject ", b"reject_rbl_client ",
    b"zen.example.org=127.0.0.[2..4;9]", b"check_client_access texthash:/x", b"defer_if_permit",
    b"REJECT 5.7.1 no", b"REDIRECT ", b"PREPEND X: y", b"450 4.7.1 later", b"DUNNO", b"BCC ",
    b"dsn, bdat silent-discard", b"[2001:db8::1]:587", b"inet:127.0.0.1:25", b"unix:/run/x",
    b"verify match=hostname:nexthop", b"secure protocols=TLSv1.3 ciphers=high", b"fingerprint",
    b"team: bob, eve@example.org\n", b":include:/x", b"|/bin/x", b"bounce-5.2.2+a@", b"delay-30",
)  # fmt: skip
_READERS: tuple[tuple[Callable[[str], object], type[Exception]], ...] = (
    (parse_restrictions, RestrictionError),
    (parse_action, InvalidValue),
    (parse_discards, InvalidValue),
    (parse_block_list, InvalidValue),
    (lambda text: HopAddress.parse(text, port=25), InvalidValue),
    (parse_socket_address, InvalidValue),
    (TlsPolicyEntry.parse, InvalidValue),
    (lambda text: parse_aliases(text, origin="fuzz"), TableError),
)


def check(data: bytes) -> None:
    """Read one input as every kind of file and assert the invariant."""
    octets = expand(data, SITE_TEXT)
    text = text_of(octets)
    _check_rules(octets)
    line = text.partition("\n")[0]
    for read, error in _READERS:
        for each in {text, line}:
            try:
                found = read(each)
            except error as fault:
                assert str(fault)
            else:
                assert repr(found)
                assert found == read(each)
    deed = read_deed(line)
    if deed is not None and deed.status is not None:
        assert str(reply_with(deed.status, line)).count("\n") == 0


def _check_rules(octets: bytes) -> None:
    try:
        rules = load_rules(octets, origin="fuzz")
    except ConfigurationError as error:
        assert error.origin == "fuzz"
        assert 0 <= error.line <= octets.count(b"\n") + 1
        return
    for text in ("not on our list", octets[:500]):
        assert classify(reply_code=550, status=None, text=text, rules=rules).reason.value
