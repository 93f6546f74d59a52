"""A next hop in text."""

import pytest

from dsnlib.adapters.agents.next_hop import HopAddress
from dsnlib.errors import InvalidValue


@pytest.mark.parametrize(
    ("text", "host", "port", "is_domain"),
    [
        ("mail.example.org", "mail.example.org", 25, True),
        ("mail.example.org:587", "mail.example.org", 587, True),
        ("[mail.example.org]", "mail.example.org", 25, False),
        ("[mail.example.org]:587", "mail.example.org", 587, False),
        ("inet:mail_1.example.org:24", "mail_1.example.org", 24, True),
        ("inet:[mail.example.org]:24", "mail.example.org", 24, False),
        ("192.0.2.1:2525", "192.0.2.1", 2525, False),
        ("[2001:db8::1]", "2001:db8::1", 25, False),
        ("[IPv6:2001:db8::1]:26", "2001:db8::1", 26, False),
        ("[ipv6:2001:db8::1]", "2001:db8::1", 25, False),
        ("bücher.example", "bücher.example", 25, True),
        ("unix:/run/dovecot/lmtp", "/run/dovecot/lmtp", None, False),
    ],
)
def test_what_it_says(text: str, host: str, port: int | None, *, is_domain: bool) -> None:
    """Name or address, in brackets or not, with a port or the usual one."""
    expected = HopAddress(host=host, port=port, is_domain=is_domain)

    assert expected == HopAddress.parse(text, port=25)


@pytest.mark.parametrize(
    "text",
    ["", "[]", ":25", "a b", "a:0", "a:65536", "a:b", "[a", "a]", "unix:",
     "unix:/a\nb", "2001:db8::1",
     "a(b)", "a<b>", "a\nb", "x" * 256],
)  # fmt: skip
def test_what_it_cannot_say(text: str) -> None:
    """What is no host is refused, and shown."""
    with pytest.raises(InvalidValue, match="next hop"):
        HopAddress.parse(text, port=25)
