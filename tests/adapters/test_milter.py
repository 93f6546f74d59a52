"""The filters of a session, one after the other."""

import asyncio
import subprocess
import sys

from dsnlib.adapters.milter import MilterChain, MilterVerdict
from dsnlib.adapters.milters.settings import Milter
from dsnlib.replies.session import Client
from tests.adapters.milters.chains import CLIENT, MESSAGE, at_end, begin, chain_of, filtered
from tests.adapters.milters.scripted_filter import ScriptedFilter


def test_abort() -> None:
    """A message that was begun and comes to nothing is told of once, one that ended is not."""
    peer = ScriptedFilter()

    async def run() -> None:
        async with chain_of(peer) as chain:
            await chain.connect(CLIENT)
            await chain.abort()
            await chain.mail("ann@example.net")
            await chain.abort()
            await chain.abort()
            await chain.mail("ann@example.net")
            await chain.mail("ann@example.net")
            await chain.rcpt("bob@example.org")
            await chain.data()
            await chain.content(MESSAGE)
            await chain.abort()
            await chain.helo("b")

    asyncio.run(run())
    assert "OCMAMAMRTLLNBEH" == peer.letters.rstrip("Q")


def test_quit() -> None:
    """A filter is told when the session ends."""
    peer = ScriptedFilter()

    async def run() -> None:
        async with peer.running():
            chain = MilterChain([peer.milter()])
            await chain.connect(CLIENT)
            await chain.quit()
            await chain.quit()
            await peer.heard("Q")

    asyncio.run(run())
    assert "OCQ" == peer.letters


def test_filters_see_what_those_before_did() -> None:
    """Each filter works on what the one before has left; all changes come together."""
    first = at_end(b"hX\x001\0", b"m\0\0\0\1Subject\0y\0", b"bnew\n", b"+a@b\0", b"qfirst\0", b"c")
    second = at_end(b"m\0\0\0\1X\x002\0", b"hY\x003\0", b"-a@b\0", b"+c@d\0", b"a")
    third = ScriptedFilter()

    verdict = asyncio.run(filtered(first, second, third))

    assert [b"Subject\0y\0", b"X-A\x001\n 2\0", b"X\x001\0"] == second.data("L")
    assert [b"new\r\n"] == second.data("B") == third.data("B")
    assert [b"X\x002\0", b"Y\x003\0"] == third.data("L")[2:]
    assert verdict.edits is not None
    assert (
        MESSAGE.prefix + b"Subject: y\r\nX-A: 1\r\n 2\r\nX: 2\r\nY: 3\r\n\r\nnew\r\n"
        == verdict.edits.content.read()
    )
    assert ["c@d"] == [each.address for each in verdict.edits.added]
    assert "first" == verdict.edits.quarantine


def test_second_filter_refuses() -> None:
    """The first that refuses decides, and those behind it learn that nothing came of it."""
    filters = ScriptedFilter(), ScriptedFilter({"L": [[b"r"]]}), ScriptedFilter()

    async def run() -> MilterVerdict:
        async with chain_of(*filters) as chain:
            await begin(chain)
            verdict = await chain.content(MESSAGE)
            await chain.mail("x@example.net")
            return verdict

    assert asyncio.run(run()).milter == filters[1].milter().name
    assert ["LLNBEM", "LAM", "TAM"] == [
        each.letters.rstrip("Q")[-6 if place == 0 else -3 :] for place, each in enumerate(filters)
    ]


def test_steps_before_connect() -> None:
    """A chain that was not connected refuses as one whose filters are away."""

    async def run() -> list[MilterVerdict]:
        chain = MilterChain([Milter(where="unix:/none")])
        found = [await chain.helo("a")]
        await chain.quit()
        return found

    assert ["it is not connected"] == [each.reason for each in asyncio.run(run())]


def test_steps_after_quit() -> None:
    """A chain that was left refuses too."""

    async def run() -> MilterVerdict:
        async with chain_of(ScriptedFilter()) as chain:
            await chain.connect(CLIENT)
            await chain.quit()
            return await chain.helo("a")

    assert "it is not connected" == asyncio.run(run()).reason


def test_chain_without_filters() -> None:
    """Without filters nothing is refused, and nothing of kilter is loaded."""
    script = (
        "import asyncio, sys\n"
        "from dsnlib.adapters.content import Content\n"
        "from dsnlib.adapters.milter import MilterChain\n"
        "chain = MilterChain([])\n"
        "content = Content(body=b'x')\n"
        "assert asyncio.run(chain.content(content)).edits.content is content\n"
        "assert not len(chain)\n"
        "assert 'kilter' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_extra_that_is_not_installed() -> None:
    """Filters without kilter.protocol are one clear line."""
    script = (
        "import sys\n"
        "sys.modules['kilter'] = None\n"
        "from dsnlib.adapters.milter import Milter, MilterChain\n"
        "from dsnlib.errors import ConfigurationError\n"
        "try:\n"
        "    MilterChain([Milter(where='unix:/x')])\n"
        "except ConfigurationError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    expected = "milter: kilter.protocol is not installed; install the extra dsnlib[milter]\n"
    assert expected == done.stdout


def test_length() -> None:
    """A chain is as long as there are filters in it."""
    assert [0, 2] == [
        len(MilterChain([])),
        len(MilterChain([Milter(where="unix:/a"), Milter(where="unix:/b")])),
    ]


def test_another_client() -> None:
    """To connect again is to leave the filter and tell a new session of another client."""
    peer = ScriptedFilter({"C": [[b"r"], [b"c"]]})

    async def run() -> list[bool]:
        async with chain_of(peer) as chain:
            chain.macros["client_port"] = "2525"  # the site's own
            first = await chain.connect(CLIENT, port=1)
            second = await chain.connect(Client(address="192.0.2.9"), port=2)
            await chain.mail("ann@example.net")
            assert ("unknown", "2525") == (
                chain.macros["client_name"], chain.macros["client_port"],
            )  # fmt: skip
            return [first.is_refused, second.is_refused]

    assert [True, False] == asyncio.run(run())
    # The farewell to the first may be read behind the greeting of the second.
    assert (2, 2, 1) == tuple(peer.letters.count(each) for each in "OCM")
    assert peer.letters.count("Q")


def test_identifier_is_of_one_message() -> None:
    """The identifier of a message is not sent with the one behind it."""
    peer = ScriptedFilter()

    async def run() -> None:
        async with chain_of(peer) as chain:
            await begin(chain)
            await chain.content(MESSAGE)
            peer.macros.clear()
            await chain.mail("ann@example.net")

    asyncio.run(run())
    assert "i" not in peer.macros["M"]
