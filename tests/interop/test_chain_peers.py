"""Ours, Postfix, ours again, and a hop without DSN: exactly the notifications of RFC 3461."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.interop.chain_network import (
    BODY,
    RECIPIENTS,
    Chain,
    chain_running,
    expected,
    run_messages,
    told,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

# ENVID as it is written -> as it reads
MESSAGES = {
    "named": (("RET=HDRS", "ENVID=a+2Bb+3Dc@d"), "a+b=c@d"),
    "whole": (("RET=FULL", "ENVID=QQ314159"), "QQ314159"),
    "plain": ((), ""),
}


@pytest.fixture(scope="module")
def chain() -> Iterator[Chain]:
    """All servers, with nothing left to do."""
    with chain_running() as found:
        run_messages(found, {subject: options for subject, (options, _) in MESSAGES.items()})
        yield found


@pytest.mark.parametrize("subject", MESSAGES)
def test_the_sender_is_told_what_it_asked_for(subject: str, chain: Chain) -> None:
    """Each recipient by whoever had it last, with ENVID and ORCPT, and nobody twice."""
    envid = MESSAGES[subject][1]

    assert expected(envid) == [each for each in told(chain) if each.envid == envid]


def test_a_hop_without_dsn_is_asked_for_nothing(chain: Chain) -> None:
    """And has every message for everybody it took, once (RFC 3461 s5.2.2)."""
    at_the_end = Counter(each for sent in chain.sink.taken for each in sent.recipients)

    assert {"<ann@here.example>"} == {each.mail.partition(" ")[0] for each in chain.sink.taken}
    assert set() == {
        word.partition("=")[0] for each in chain.sink.taken for word in each.mail.split()[1:]
    } - {"SIZE", "BODY"}
    assert {
        f"<{each.address}>": len(MESSAGES) for each in RECIPIENTS if each.kind in {"taken", "late"}
    } == at_the_end


def test_what_is_returned_is_what_ret_says(chain: Chain) -> None:
    """The message with FULL, its header with HDRS (RFC 3461 s4.3)."""
    found = {
        (subject, BODY in data.decode())
        for data in chain.first.mailbox("ann")
        for subject in ("named", "whole")
        if f"\nSubject: {subject}" in data.decode().replace("\r", "")
        and "\nAction: failed" in data.decode().replace("\r", "")
    }

    assert {("named", False), ("whole", True)} == found


def test_nothing_is_left(chain: Chain) -> None:
    """No queue has a message, and no file of one."""
    assert [] == [*chain.first.left_over(), *chain.last.left_over(), *chain.postfix.waiting()]
