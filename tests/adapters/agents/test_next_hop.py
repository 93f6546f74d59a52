"""A next hop in text."""

import pytest

from dsnlib.adapters.agents.next_hop import HopAddress
from dsnlib.errors import InvalidValue


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("mail.example.org", "mail.example.org", 25),
        ("mail.example.org:587", "mail.example.org", 587),
        ("[mail.example.org]", "mail.example.org", 25),
        ("[mail.example.org]:587", "mail.example.org", 587),
        ("inet:mail_1.example.org:24", "mail_1.example.org", 24),
        ("192.0.2.1:2525", "192.0.2.1", 2525),
        ("[2001:db8::1]", "2001:db8::1", 25),
        ("[IPv6:2001:db8::1]:26", "2001:db8::1", 26),
        ("[ipv6:2001:db8::1]", "2001:db8::1", 25),
        ("bücher.example", "bücher.example", 25),
        ("unix:/run/dovecot/lmtp", "/run/dovecot/lmtp", None),
    ],
)
def test_what_it_says(text: str, host: str, port: int | None) -> None:
    """Name or address, in brackets or not, with a port or the usual one."""
    assert HopAddress(host=host, port=port) == HopAddress.parse(text, port=25)


@pytest.mark.parametrize(
    "text",
    ["", "[]", ":25", "a b", "a:0", "a:65536", "a:b", "[a", "a]", "unix:", "2001:db8::1",
     "a(b)", "a<b>", "a\nb", "x" * 256],
)  # fmt: skip
def test_what_it_cannot_say(text: str) -> None:
    """What is no host is refused, and shown."""
    with pytest.raises(InvalidValue, match="next hop"):
        HopAddress.parse(text, port=25)
