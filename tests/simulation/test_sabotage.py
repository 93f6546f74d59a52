"""The laws can fail: each fault put into the library on purpose is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.simulation import mta, run, sabotage
from tests.simulation.examine import find_breach
from tests.simulation.generate import make_network
from tests.simulation.laws import (
    LAWS,
    each_decision_has_its_reasons,
    each_end_is_told_once,
    each_outcome_is_what_happened,
    each_recipient_is_answered_once,
    loops_end,
    nobody_is_named_in_vain,
    nothing_is_told_of_notifications,
    requests_arrive_as_sent,
    silence_is_kept,
)
from tests.simulation.run import chance_of
from tests.simulation.shrink import replay, shrink

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.simulation.laws import Breach, Law
    from tests.simulation.network import Network

# A fault that shows only in rare networks would take long to find.
_MOST_NETWORKS = 400

FAULTS = (
    # the fault, a law that finds it
    (sabotage.handed_on_is_told, silence_is_kept),
    (sabotage.relayed_is_not_told, each_end_is_told_once),
    (sabotage.relayed_is_not_told, each_recipient_is_answered_once),
    (sabotage.a_list_is_an_expansion, each_end_is_told_once),
    (sabotage.never_is_passed_over, silence_is_kept),
    (sabotage.success_alone_brings_failures, silence_is_kept),
    (sabotage.each_delay_is_told, silence_is_kept),
    (sabotage.the_null_path_is_told, nothing_is_told_of_notifications),
    (sabotage.the_null_path_is_told, silence_is_kept),
    (sabotage.a_route_is_answered, nothing_is_told_of_notifications),
    (sabotage.notices_answer_notices, nothing_is_told_of_notifications),
    (sabotage.notices_answer_notices, loops_end),
    (sabotage.a_list_answers_notifications, nothing_is_told_of_notifications),
    (sabotage.success_survives_an_alias, each_outcome_is_what_happened),
    (sabotage.one_alias_hides_another, each_outcome_is_what_happened),
    (sabotage.one_alias_hides_another, each_recipient_is_answered_once),
    (sabotage.a_list_passes_on_what_was_asked, requests_arrive_as_sent),
    (sabotage.orcpt_is_written_anew, requests_arrive_as_sent),
    (sabotage.envid_is_dropped, requests_arrive_as_sent),
    (sabotage.absent_notify_is_made_up, requests_arrive_as_sent),
    (sabotage.everyone_is_sent_dsn, requests_arrive_as_sent),
    (sabotage.a_lost_connection_is_a_failure, each_outcome_is_what_happened),
    (sabotage.nobody_gives_up, each_outcome_is_what_happened),
    (sabotage.nobody_gives_up, loops_end),
    (sabotage.nobody_counts_systems, loops_end),
    (sabotage.privacy_is_passed_over, nobody_is_named_in_vain),
    (sabotage.everyone_is_named, nobody_is_named_in_vain),
    (sabotage.one_of_several_is_told, each_end_is_told_once),
    (sabotage.one_of_several_is_told, each_recipient_is_answered_once),
    (sabotage.reasons_are_not_kept, each_decision_has_its_reasons),
    (sabotage.what_is_not_told_is_forgotten, each_decision_has_its_reasons),
)


def first_breach(law: Law) -> Breach | None:
    """Return what the first network that breaks a law breaks, if one does."""
    networks = (make_network(chance_of(0, number).choice) for number in range(_MOST_NETWORKS))
    breaches = (find_breach(network, laws=[law]) for network in networks)
    return next((each for each in breaches if each is not None), None)


@pytest.mark.parametrize(
    ("fault", "law"), FAULTS, ids=[f"{fault.__name__}-{law.__name__}" for fault, law in FAULTS]
)
def test_the_fault_is_found(
    fault: Callable[[pytest.MonkeyPatch], None], law: Law, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A law that has to do with the fault does not hold in some network."""
    fault(monkeypatch)

    breach = first_breach(law)

    assert breach is not None
    assert law.__name__ == breach.law


def test_every_law_can_fail() -> None:
    """There is a fault for each law."""
    assert {law.__name__ for law in LAWS} == {law.__name__ for _, law in FAULTS}


def test_what_is_raised_is_a_breach(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception of the library is found as a breach of its own."""

    def expand_nothing(*_: object, **__: object) -> None:
        message = "no"
        raise RuntimeError(message)

    monkeypatch.setattr(mta, "expand", expand_nothing)

    assert "nothing_is_raised: RuntimeError: no" == str(find_breach(replay([])))


def test_a_breach_is_made_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left of a network that breaks a law is little, and breaks it."""
    sabotage.handed_on_is_told(monkeypatch)

    def is_broken(network: Network) -> bool:
        return find_breach(network, laws=[silence_is_kept]) is not None

    number = next(
        number
        for number in range(_MOST_NETWORKS)
        if is_broken(make_network(chance_of(0, number).choice))
    )
    smaller = shrink(chance_of(0, number), is_broken)

    assert is_broken(smaller)
    (post,) = smaller.posts
    ((_, words),) = post.recipients
    assert () == smaller.links
    assert ("NOTIFY=SUCCESS",) == words


def test_the_run_shows_a_breach(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The runner prints the network made smaller and how to see it again, and returns 1."""
    sabotage.handed_on_is_told(monkeypatch)

    status = run.main(["--networks", "9", "--seed", "0", "--jobs", "1"])

    shown = capsys.readouterr().out
    assert 1 == status
    assert "silence_is_kept: " in shown
    assert "Post(at='a.example', sender='ann@a.example', " in shown
    assert "again: make simulate ARGS='--seed 0 --first " in shown


def test_the_run_counts(capsys: pytest.CaptureFixture[str]) -> None:
    """Where all laws hold, what was seen is counted, and the status is 0."""
    status = run.main(["--networks", "20", "--seed", "4", "--first", "7", "--jobs", "1"])

    first, *laws = capsys.readouterr().out.splitlines()
    assert 0 == status
    assert first.startswith("seed 4: 20 networks, ")
    assert [law.__name__ for law in LAWS] == [line.split()[1] for line in laws]


def test_a_network_is_the_same_each_time() -> None:
    """A seed and a number are enough to see a network again, also in another process."""
    assert 0.9358603844268818 == chance_of(3, 5).random()  # as another process had it
    assert make_network(chance_of(3, 5).choice) == make_network(chance_of(3, 5).choice)
    assert make_network(chance_of(3, 5).choice) != make_network(chance_of(3, 6).choice)
