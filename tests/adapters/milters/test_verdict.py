"""What filters say, and what the client hears."""

import asyncio

import pytest

from dsnlib.adapters.milter import MilterAction, MilterVerdict
from dsnlib.model.reply import SmtpReply
from dsnlib.replies.rewrite import RewriteRules, rewrite_reply
from tests.adapters.milters.chains import CLIENT, MESSAGE, begin, chain_of, verdicts, walk
from tests.adapters.milters.scripted_filter import ScriptedFilter

STEPS = ("C", "H", "M", "R", "T", "U", "L", "N", "B", "E")


ANSWERS = [
    (b"r", MilterAction.REJECT, "550 5.7.1"),
    (b"t", MilterAction.TEMPFAIL, "451 4.7.1"),
    (b"4", MilterAction.SHUTDOWN, "421 4.7.0"),
    (b"f", MilterAction.SHUTDOWN, "421 4.7.0"),
    (b"y550 5.1.1 no\0", MilterAction.REJECT, "550 5.1.1"),
    (b"y450 4.1.1 no\0", MilterAction.TEMPFAIL, "450 4.1.1"),
    (b"y550-5.1.1 no\r\n550 5.1.1 no\0", MilterAction.REJECT, "550-5.1.1"),
]


@pytest.mark.parametrize("letter", STEPS)
@pytest.mark.parametrize(("answer", "action", "reply"), ANSWERS)
def test_refusals(letter: str, answer: bytes, action: MilterAction, reply: str) -> None:
    """Each refusal has its reply at the step that it answers."""
    peer = ScriptedFilter({letter: [[answer]]})
    found = verdicts(peer)[letter if letter in "CHMRTU" else "E"]

    assert (action, reply) == (found.action, str(found.reply)[: len(reply)])
    assert found.is_refused
    assert found.edits is None
    assert peer.milter().name == found.milter


@pytest.mark.parametrize("letter", ["C", "H"])
@pytest.mark.parametrize("answer", [b"r", b"t", b"y550 5.7.1 not you\0"])
def test_refusal_of_a_session(letter: str, answer: bytes) -> None:
    """What refuses the client refuses all that follows, and nothing more is asked."""
    peer = ScriptedFilter({letter: [[answer]]})
    found = verdicts(peer)

    after = [found[each] for each in "CHMRTUE"["CH".index(letter) :]]
    assert {after[0]} == set(after)
    assert letter == peer.letters.rstrip("Q")[-1]


@pytest.mark.parametrize("letter", ["M", "R", "T", "U", "L", "N", "B", "E"])
def test_shutdown_holds(letter: str) -> None:
    """A filter that ends the session is not asked again in it."""
    peer = ScriptedFilter({letter: [[b"4"]]})

    async def run() -> MilterVerdict:
        async with chain_of(peer) as chain:
            await walk(chain)
            return await chain.mail("ann@example.net")

    assert 421 == getattr(asyncio.run(run()).reply, "code", 0)


def test_refusal_of_a_recipient() -> None:
    """A recipient that is refused is the only one; the message goes on."""
    peer = ScriptedFilter({"R": [[b"y550 5.1.1 no\0"], [b"c"]]})

    async def run() -> list[bool]:
        async with chain_of(peer) as chain:
            await chain.connect(CLIENT)
            await chain.mail("ann@example.net")
            return [
                (await chain.rcpt("bob@example.org")).is_refused,
                (await chain.rcpt("eve@example.org")).is_refused,
                (await chain.data()).is_refused,
                (await chain.content(MESSAGE)).is_refused,
            ]

    assert [True, False, False, False] == asyncio.run(run())


@pytest.mark.parametrize("letter", ["C", "H"])
def test_accept_of_a_session(letter: str) -> None:
    """A filter that accepts a client is not asked about any of its messages."""
    peer = ScriptedFilter({letter: [[b"a"]]})
    found = verdicts(peer)

    assert not any(each.is_refused for each in found.values())
    assert letter == peer.letters.rstrip("Q")[-1]


@pytest.mark.parametrize("letter", ["M", "R", "T", "L", "N", "B"])
def test_accept_of_a_message(letter: str) -> None:
    """A filter that accepts a message is asked about the next."""
    peer = ScriptedFilter({letter: [[b"a"], [b"c"]]})

    async def run() -> None:
        async with chain_of(peer) as chain:
            await begin(chain)
            assert (await chain.content(MESSAGE)).edits is not None
            await chain.mail("eve@example.net")

    asyncio.run(run())
    first = peer.letters.index(letter)
    assert "AM" == peer.letters[first + 1 : first + 3]


@pytest.mark.parametrize("letter", ["M", "R", "T", "L", "N", "B", "E"])
def test_discard(letter: str) -> None:
    """A message is discarded from there to its end; the next is asked about anew."""
    peer = ScriptedFilter({letter: [[b"d"], [b"c"]]})
    second = ScriptedFilter()

    async def run() -> tuple[dict[str, MilterVerdict], MilterVerdict]:
        async with chain_of(peer, second) as chain:
            return await walk(chain), await chain.mail("eve@example.net")

    found, after = asyncio.run(run())
    assert found["E"].is_discarded
    assert found["E"].edits is None
    assert not any(each.is_refused for each in found.values())
    assert not after.is_discarded
    assert "E" not in second.letters


@pytest.mark.parametrize("letter", ["C", "H"])
def test_discard_of_a_session(letter: str) -> None:
    """A client cannot be discarded."""
    assert verdicts(ScriptedFilter({letter: [[b"d"]]}))[letter].is_refused


def test_status_is_not_fitted_to_the_stage() -> None:
    """What a filter says of an address at MAIL stays; soft bounce and filters apply."""
    verdict = MilterVerdict(reply=SmtpReply.parse("550 5.1.1 no"), action=MilterAction.REJECT)

    plain = verdict.rewrite(verb="MAIL", rules=RewriteRules())
    soft = verdict.rewrite(verb="MAIL", rules=RewriteRules(soft_bounce=True))

    assert plain is not None
    assert soft is not None
    assert ("550 5.1.1 no", "450 4.1.1 no") == (str(plain.reply), str(soft.reply))
    assert plain is rewrite_reply(plain, verb="MAIL")
    assert MilterVerdict().rewrite(verb="MAIL", rules=RewriteRules()) is None
