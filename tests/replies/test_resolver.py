"""What the DNS is asked, and who a client is by it."""

import asyncio
from typing import Any

import pytest

from dsnlib.errors import LookupFailed
from dsnlib.replies.drive import run
from dsnlib.replies.resolver import identify, resolve
from dsnlib.replies.session import Client
from tests.replies.fake_site import FakeResolver

ADDRESS = "192.0.2.7"


@pytest.mark.parametrize(
    ("resolver", "expected"),
    [
        (FakeResolver(), Client(address=ADDRESS)),
        (
            FakeResolver(ptr={ADDRESS: ("a.example.",)}, a={"a.example": (ADDRESS,)}),
            Client(address=ADDRESS, hostname="a.example", reverse_hostname="a.example"),
        ),
        # The second of its names leads back
        (
            FakeResolver(
                ptr={ADDRESS: ("a.example", "b.example")},
                a={"a.example": ("192.0.2.8",), "b.example": ("192.0.2.9", ADDRESS)},
            ),
            Client(address=ADDRESS, hostname="b.example", reverse_hostname="b.example"),
        ),
        # None does
        (
            FakeResolver(ptr={ADDRESS: ("a.example",)}, a={"a.example": ("no address",)}),
            Client(address=ADDRESS, reverse_hostname="a.example"),
        ),
        (
            FakeResolver(broken=frozenset({ADDRESS})),
            Client(address=ADDRESS, is_hostname_failed=True, is_reverse_failed=True),
        ),
        (
            FakeResolver(ptr={ADDRESS: ("a.example",)}, broken=frozenset({"a.example"})),
            Client(address=ADDRESS, reverse_hostname="a.example", is_hostname_failed=True),
        ),
    ],
)
def test_identify(resolver: FakeResolver, expected: Client) -> None:
    """A name counts if it leads back; what failed is told apart from what there is not."""
    assert expected == run(identify(ADDRESS, resolver))


def test_identify_by_another_spelling() -> None:
    """Addresses are compared as addresses."""
    resolver = FakeResolver(
        ptr={"2001:db8::1": ("a.example",)}, a={"a.example": ("2001:DB8:0:0::1",)}
    )

    assert "a.example" == run(identify("2001:db8::1", resolver)).hostname
    odd = FakeResolver(ptr={"socket": ("a.example",)}, a={"a.example": ("socket",)})
    assert "a.example" == run(identify("socket", odd)).hostname


def test_identify_asks_about_few_names() -> None:
    """A stranger's zone may have thousands of names; some are asked about."""
    names = tuple(f"n{number}.example" for number in range(1000))
    resolver = FakeResolver(ptr={ADDRESS: names}, a={names[-1]: (ADDRESS,)})

    assert None is run(identify(ADDRESS, resolver)).hostname


def test_identify_takes_no_controls() -> None:
    """A stranger's zone may have names with line ends in them: they are no names."""
    resolver = FakeResolver(ptr={ADDRESS: ("a\r\nb", "c.example")}, a={"a\r\nb": (ADDRESS,)})

    assert Client(address=ADDRESS, reverse_hostname="c.example") == run(identify(ADDRESS, resolver))


def test_resolve() -> None:
    """Names come without the dot of the root; texts as they are."""
    resolver = FakeResolver(mx={"a.example": ("mx.example.", "")}, txt={"a.example": ("ask.",)})

    assert ("mx.example", "") == run(resolve(resolver, "mail_exchangers", "a.example"))
    assert ("ask.",) == run(resolve(resolver, "texts", "a.example"))
    assert () == run(resolve(resolver, "name_servers", "a.example"))


def test_failed() -> None:
    """Whatever a resolver raises is a failed look-up that says of what."""
    resolver = FakeResolver(broken=frozenset({"a.example"}))

    with pytest.raises(LookupFailed, match=r"dns addresses: .a\.example.: TimeoutError") as caught:
        run(resolve(resolver, "addresses", "a.example"))

    assert ("dns addresses", "a.example") == (caught.value.source, caught.value.key)


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        pytest.param(None, "NoneType, not names", id="nothing"),
        pytest.param("192.0.2.1", "str, not names", id="one-text"),
        pytest.param(7, "int, not names", id="number"),
        pytest.param((b"192.0.2.1",), "bytes, not a name", id="octets"),
    ],
)
def test_answer_that_is_no_names(answer: Any, what: str) -> None:  # noqa: ANN401  of a resolver not ours
    """It is a failed look-up: no name, and no list of letters, is made of it."""
    resolver = FakeResolver(a={"a.example": answer})

    with pytest.raises(LookupFailed, match=f"dns addresses: 'a.example': it answers {what}"):
        run(resolve(resolver, "addresses", "a.example"))


def test_asynchronous() -> None:
    """A resolver may be a coroutine."""

    class Slow(FakeResolver):
        async def hostnames(self, address: str) -> tuple[str, ...]:  # type: ignore[override]  # the protocol allows both
            await asyncio.sleep(0)
            return self.ptr[address]

    resolver = Slow(ptr={ADDRESS: ("a.example",)}, a={"a.example": (ADDRESS,)})

    assert "a.example" == asyncio.run(identify(ADDRESS, resolver)).hostname
