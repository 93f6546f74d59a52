"""The score applied to a history: who is suppressed, probed, and let go."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsnlib.adapters.store import Store, open_store
from dsnlib.adapters.suppressing import Suppressor, Verdicts
from dsnlib.bounces.event import BounceEvent, EventKind
from dsnlib.bounces.probe import SentProbe
from dsnlib.bounces.score_policy import ScorePolicy
from dsnlib.bounces.standing import COMPLAINT, Judgement
from dsnlib.bounces.suppression import Suppression, SuppressionSource
from dsnlib.bounces.taxonomy import Fault, Permanence, Reason
from dsnlib.errors import InvalidValue, StoreError
from tests.bounces.scoring import (
    ADDRESS,
    DAY,
    HOUR,
    NOON,
    failure,
    identifiers,
    lives,
    on_days,
    other,
    soft,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EVE = "eve@example.org"
PROBING = ScorePolicy(verp_probes=True)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Open a history that is empty."""
    with open_store(str(tmp_path / "history.db")) as opened:
        yield opened


def manual(**fields: Any) -> Suppression:  # noqa: ANN401  those of an entry
    """Return what a person has written of Bob."""
    entry = Suppression(address=ADDRESS, source=SuppressionSource.MANUAL, created=NOON - DAY)
    return attrs.evolve(entry, **fields)


def names(verdicts: Verdicts) -> tuple[list[str], list[str], list[str]]:
    """Return who is suppressed, to be probed, and released."""
    return (
        [each.address for each in verdicts.suppressed],
        [each.address for each in verdicts.to_probe],
        [each.address for each in verdicts.released],
    )


def test_five_days_suppress(store: Store) -> None:
    """What is written is what is returned; who has failed once may be sent to."""
    events = on_days(4, 3, 2, 1, 0)
    store.add([*events, failure(NOON, recipient=EVE)])

    verdicts = Suppressor(store).update(now=NOON)

    assert ([ADDRESS], [], []) == names(verdicts)
    assert (6, 2) == (verdicts.events, verdicts.addresses)
    entry = store.suppression(ADDRESS)
    assert entry == verdicts.suppressed[0]
    assert (SuppressionSource.BOUNCE, "unknown-user", NOON, identifiers(events)) == (
        entry.source, entry.reason, entry.created, entry.evidence,
    )  # fmt: skip
    assert [False, True] == [store.may_send(each, now=NOON) for each in (ADDRESS, EVE)]


def test_second_run_does_nothing(store: Store) -> None:
    """There are no new events; and if all are read again nothing changes."""
    store.add(on_days(4, 3, 2, 1, 0))
    Suppressor(store).update(now=NOON)

    assert Verdicts() == Suppressor(store).update(now=NOON)
    again = Suppressor(store, cursor="again").update(now=NOON)
    assert ([], [], []) == names(again)


@pytest.mark.parametrize("is_kept", [False, True], ids=["new", "kept"])
def test_events_in_several_runs_add_up(store: Store, is_kept: bool) -> None:  # noqa: FBT001  a column of the table
    """By the same object, and by a new one each time."""
    suppressor = Suppressor(store)
    found = []
    for event in on_days(4, 3, 2, 1, 0):
        store.add([event])
        suppressor = suppressor if is_kept else Suppressor(store)
        found.append(names(suppressor.update(now=NOON))[0])

    assert [[], [], [], [], [ADDRESS]] == found


def test_case_of_an_address_does_not_count(store: Store) -> None:
    """Bounces come back in any."""
    events = on_days(4, 3, 2, 1, 0)
    store.add([attrs.evolve(each, recipient="BOB@Example.org") for each in events[:3]])
    store.add(events[3:])

    assert ([ADDRESS], [], []) == names(Suppressor(store).update(now=NOON))


def test_batches_are_handed_out_before_they_are_written(store: Store) -> None:
    """Who stops in between has them again the next time."""
    store.add(on_days(4, 3, 2, 1, 0))
    batches = Suppressor(store).batches(now=NOON)

    first = next(batches)
    batches.close()

    assert ([ADDRESS], [], []) == names(first)
    assert store.may_send(ADDRESS, now=NOON)
    assert [first] == list(Suppressor(store).batches(now=NOON))
    assert not store.may_send(ADDRESS, now=NOON)


def test_small_batches(store: Store) -> None:
    """Each is written and noted by itself; the end is the same."""
    store.add([*on_days(4, 3, 2, 1, 0), *(failure(NOON, recipient=EVE) for _ in range(4))])

    batches = list(Suppressor(store, batch_events=2).batches(now=NOON))

    assert [2, 2, 2, 2, 1] == [each.events for each in batches]
    assert [ADDRESS] == [entry.address for each in batches for entry in each.suppressed]


def test_preview_writes_nothing(store: Store) -> None:
    """Neither a suppression nor the place."""
    store.add(on_days(4, 3, 2, 1, 0))

    (preview,) = Suppressor(store).preview(now=NOON)

    assert store.may_send(ADDRESS, now=NOON)
    assert preview == Suppressor(store).update(now=NOON)


def test_mail_that_arrives_ends_it(store: Store) -> None:
    """By expiry: a complaint about an earlier mail counts still when it comes."""
    store.add(on_days(5, 4, 3, 2, 1))
    suppressor = Suppressor(store)
    suppressor.update(now=NOON)
    store.add([other(EventKind.SUCCESS, NOON)])

    verdicts = suppressor.update(now=NOON)

    assert ([], [], [ADDRESS]) == names(verdicts)
    assert (NOON, None) == (verdicts.released[0].expires, verdicts.released[0].released)
    assert store.may_send(ADDRESS, now=NOON)
    store.add([other(EventKind.COMPLAINT, NOON - HOUR)])
    assert ([ADDRESS], [], []) == names(suppressor.update(now=NOON))


def test_news_of_earlier_mail_that_arrived(store: Store) -> None:
    """It happened before the last failure, and what is left is not enough."""
    store.add(on_days(5, 4, 3, 2, 1))
    suppressor = Suppressor(store)
    suppressor.update(now=NOON)
    store.add([other(EventKind.SUCCESS, NOON - 2.5 * DAY)])

    verdicts = suppressor.update(now=NOON)

    assert ([], [], [ADDRESS]) == names(verdicts)
    assert store.may_send(ADDRESS, now=NOON)


def test_what_a_person_let_go_starts_anew(store: Store) -> None:
    """Also when it was suppressed again since."""
    store.add(on_days(14, 13, 12, 11, 10))
    suppressor = Suppressor(store)
    suppressor.update(now=NOON - 10 * DAY)
    store.release(ADDRESS, now=NOON - 9 * DAY)
    store.add([soft(NOON)])

    assert ([], [], []) == names(suppressor.update(now=NOON))
    assert 0.5 == suppressor.standing(ADDRESS, now=NOON).score
    store.add([soft(NOON - n * DAY) for n in range(1, 9)])
    assert ([], [], []) == names(suppressor.update(now=NOON))
    store.add([soft(NOON + DAY)])
    (entry,) = suppressor.update(now=NOON + DAY).suppressed
    assert "mailbox-full" == entry.reason
    assert Permanence.SOFT is suppressor.standing(ADDRESS, now=NOON + DAY).permanence


@pytest.mark.parametrize(
    "source", [SuppressionSource.MANUAL, SuppressionSource.UNSUBSCRIBE, SuppressionSource.IMPORT]
)
def test_entries_of_others_stay(store: Store, source: SuppressionSource) -> None:
    """Bounces neither replace nor end them."""
    entry = manual(source=source, expires=NOON + DAY)
    store.suppress([entry])
    store.add([*on_days(4, 3, 2, 1, 0)])
    suppressor = Suppressor(store)

    assert ([], [], []) == names(suppressor.update(now=NOON))
    store.add([other(EventKind.SUCCESS, NOON + HOUR)])
    assert ([], [], []) == names(suppressor.update(now=NOON + HOUR))
    assert entry == store.suppression(ADDRESS)


def test_entries_of_others_that_are_over_are_replaced(store: Store) -> None:
    """They stop nothing any more."""
    store.suppress([manual(expires=NOON - HOUR)])
    store.add(on_days(4, 3, 2, 1, 0))

    assert ([ADDRESS], [], []) == names(Suppressor(store).update(now=NOON))


@pytest.mark.parametrize(("expires", "source"), [
    (NOON + DAY, SuppressionSource.COMPLAINT), (None, SuppressionSource.MANUAL),
])  # fmt: skip
def test_complaint_replaces_what_would_end(
    store: Store, expires: dt.datetime | None, source: SuppressionSource
) -> None:
    """And leaves what lasts for ever; nobody is told, for nobody was sent to."""
    store.suppress([manual(expires=expires)])
    store.add([other(EventKind.COMPLAINT, NOON)])

    assert ([], [], []) == names(Suppressor(store).update(now=NOON))
    entry = store.suppression(ADDRESS)
    assert entry is not None
    assert (source, COMPLAINT if source is SuppressionSource.COMPLAINT else None) == (
        entry.source, entry.reason,
    )  # fmt: skip


def test_complaint_after_bounces(store: Store) -> None:
    """The complaint is what counts from then on."""
    store.add(on_days(4, 3, 2, 1, 0))
    suppressor = Suppressor(store)
    suppressor.update(now=NOON)
    store.add([other(EventKind.COMPLAINT, NOON)])
    suppressor.update(now=NOON)

    entry = store.suppression(ADDRESS)
    assert entry is not None
    assert SuppressionSource.COMPLAINT is entry.source


def test_forgotten_events_release_nobody(store: Store) -> None:
    """What history no longer knows stays suppressed."""
    store.add(on_days(4, 3, 2, 1, 0))
    suppressor = Suppressor(store)
    suppressor.update(now=NOON)
    store.prune(NOON.date())
    store.add([failure(NOON + HOUR)])

    assert ([], [], []) == names(Suppressor(store).update(now=NOON + HOUR))
    assert not store.may_send(ADDRESS, now=NOON + HOUR)


def test_erased_address_stays_a_digest(store: Store) -> None:
    """New bounces do not bring the address back into the suppressions."""
    store.add(on_days(4, 3, 2, 1, 0))
    Suppressor(store).update(now=NOON)
    store.erase(ADDRESS)
    store.add(on_days(4, 3, 2, 1, 0, until=NOON + HOUR))

    assert ([], [], []) == names(Suppressor(store).update(now=NOON + HOUR))
    assert ["sha256:"] == [each.address[:7] for each in store.suppressions()]


def test_probe_and_its_bounce(store: Store) -> None:
    """Asked for until it is noted; its bounce suppresses."""
    events = on_days(5, 4, 3, 2, 1)
    store.add(events)
    suppressor = Suppressor(store, PROBING)

    (candidate,) = suppressor.update(now=NOON).to_probe
    assert (ADDRESS, Judgement.PROBE) == (candidate.address, candidate.standing.judgement)
    assert store.may_send(ADDRESS, now=NOON)
    store.note_probe(SentProbe(address=ADDRESS, sent=NOON, envelope_id="probe"))
    store.add([soft(NOON + HOUR)])
    assert ([], [], []) == names(suppressor.update(now=NOON + HOUR))

    bounce = failure(NOON + 2 * HOUR, envelope_id="probe")
    store.add([bounce])
    (entry,) = suppressor.update(now=NOON + 2 * HOUR).suppressed
    assert (bounce.event_id, len(events) + 1) == (entry.evidence[-1], len(entry.evidence))


def test_probe_of_two_batches_is_asked_for_once(store: Store) -> None:
    """And not at all for who is suppressed by a person."""
    store.add(on_days(6, 5, 4, 3, 2, 1, 0))
    suppressor = Suppressor(store, PROBING, batch_events=6)

    assert ([], [ADDRESS], []) == names(suppressor.update(now=NOON))
    store.suppress([manual()])
    store.add([failure(NOON)])
    assert ([], [], []) == names(suppressor.update(now=NOON))


def test_flood_about_one_address_is_read_once(store: Store) -> None:
    """Not once more for each batch: the time would grow with the square of the events."""
    read = 0

    class Counting:
        """The store, and how many events were read of addresses."""

        def __getattr__(self, name: str) -> object:
            return getattr(store, name)

        def events(self, *, after: int = 0, address: str | None = None) -> Iterator[object]:
            nonlocal read
            for each in store.events(after=after, address=address):
                read += address is not None
                yield each

    suppressor = Suppressor(Counting(), batch_events=50)  # type: ignore[arg-type]  # all that is used of it
    store.add([failure(NOON - n * dt.timedelta(minutes=1)) for n in range(1000)])
    suppressor.update(now=NOON)
    for n in range(50):
        store.add([failure(NOON + n * DAY)])
        suppressor.update(now=NOON + n * DAY)

    assert read == 1050
    assert suppressor.standing(ADDRESS, now=NOON + 49 * DAY) == Suppressor(store).standing(
        ADDRESS, now=NOON + 49 * DAY
    )


def test_what_is_remembered_is_read_anew_when_it_must_be(store: Store) -> None:
    """After a release, a probe, something in the future, or a clock that went back."""
    suppressor = Suppressor(store)
    store.add([failure(NOON - n * dt.timedelta(minutes=1)) for n in range(200)])
    store.add([failure(NOON + DAY)])

    assert 1.0 == suppressor.standing(ADDRESS, now=NOON).score
    assert 2.0 == suppressor.standing(ADDRESS, now=NOON + DAY).score
    assert 1.0 == suppressor.standing(ADDRESS, now=NOON).score
    store.suppress([manual()])
    store.release(ADDRESS, now=NOON + HOUR)
    assert 1.0 == suppressor.standing(ADDRESS, now=NOON + DAY).score
    store.note_probe(SentProbe(address=ADDRESS, sent=NOON + 2 * DAY, envelope_id="probe"))
    assert 0.0 == suppressor.standing(ADDRESS, now=NOON + 2 * DAY).score


def test_few_addresses_are_remembered(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that was asked for longest ago is forgotten; it is read anew."""
    monkeypatch.setattr("dsnlib.adapters.suppressing._REMEMBERED", 1)
    monkeypatch.setattr("dsnlib.adapters.suppressing._MANY_EVENTS", 1)
    suppressor = Suppressor(store)
    store.add([failure(NOON), failure(NOON, recipient=EVE)])

    for address in (ADDRESS, EVE, ADDRESS):
        assert 1.0 == suppressor.standing(address, now=NOON).score


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (-1, 0, [(1, False)]),  # at its very beginning
        (0, 6.9, []),
        (0, 7, [(2, False)]),
        (7, 20, [(3, False)]),  # one, though two are due
        (20, 21, [(4, True)]),
        (-5, 100, [(4, True)]),
        (21, 100, []),
    ],
)
def test_warnings(
    store: Store, since: float, until: float, expected: list[tuple[int, bool]]
) -> None:
    """Three at an interval of seven days, then it is time to remove the address."""
    entry = manual(source=SuppressionSource.BOUNCE, created=NOON)
    others = [
        manual(address=EVE, created=NOON),
        manual(address="joe@example.org", source=SuppressionSource.BOUNCE, released=NOON),
    ]
    store.suppress([entry, *others])

    warned = Suppressor(store).warned(since=NOON + since * DAY, until=NOON + until * DAY)

    assert [(entry, *each) for each in expected] == [tuple(each) for each in warned]


def test_warnings_between_runs_come_once(store: Store) -> None:
    """However the time is cut."""
    store.suppress([manual(source=SuppressionSource.BOUNCE, created=NOON)])
    suppressor = Suppressor(store)
    times = [NOON + n * dt.timedelta(hours=31) for n in range(-2, 30)]
    found = [
        each.number
        for since, until in itertools.pairwise(times)
        for each in suppressor.warned(since=since, until=until)
    ]

    assert [1, 2, 3, 4] == found


def test_mistakes(store: Store) -> None:
    """A batch of nothing, and a time without a zone."""
    with pytest.raises(InvalidValue, match=r"^batch_events: "):
        Suppressor(store, batch_events=0)
    with pytest.raises(InvalidValue, match=r"^now: "):
        Suppressor(store).standing(ADDRESS, now=NOON.replace(tzinfo=None))
    with pytest.raises(InvalidValue, match=r"^now: "):
        Suppressor(store).update(now=NOON.replace(tzinfo=None))


def test_store_that_fails_between(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The suppressions are there, the place is not noted: the next run is none the wiser."""
    store.add(on_days(4, 3, 2, 1, 0))

    def fail(name: str, number: int) -> None:
        raise StoreError(f"{name} {number}")

    with monkeypatch.context() as patch:
        patch.setattr(store, "advance", fail)
        with pytest.raises(StoreError):
            Suppressor(store).update(now=NOON)
    entry = store.suppression(ADDRESS)

    assert ([], [], []) == names(Suppressor(store).update(now=NOON))
    last = max(each.number for each in store.events())
    assert (entry, last) == (store.suppression(ADDRESS), store.cursor("suppress"))


@settings(
    # A file each would be slow; the tables are emptied instead.
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=30,
)
@given(st.data(), lives(kinds=set(EventKind) - {EventKind.COMPLAINT}), st.integers(1, 5))
def test_how_events_arrive_does_not_matter(
    store: Store, data: st.DataObject, events: list[BounceEvent], parts: int
) -> None:
    """In any order and cut in any way: the same are suppressed for the same reasons."""
    now = NOON + 10 * DAY
    policy = ScorePolicy(bounce_score_threshold=2.0)
    ends = []
    for arrived in (events, data.draw(st.permutations([*events, *events[::3]]))):
        store.erase(ADDRESS, keeps_suppression=False)
        suppressor = Suppressor(store, policy)
        for part in range(parts):
            store.add(arrived[part::parts])
            suppressor.update(now=now)
        found = store.suppression(ADDRESS)
        ends.append(found if found is not None and found.is_active(now) else None)

    assert ends[0] == ends[1]


def test_from_the_start(store: Store) -> None:
    """What became true by waiting, or by another policy; and the place does not go back."""
    store.add([*on_days(9, 8, 7, 6, 5), other(EventKind.RELAYED, NOON - 4 * DAY)])
    assert ([ADDRESS], [], []) == names(Suppressor(store).update(now=NOON - DAY))
    place = store.cursor("suppress")

    assert Verdicts() == Suppressor(store).update(now=NOON)
    small = Suppressor(store, batch_events=1)
    assert ([], [], [ADDRESS]) == names(next(small.preview(now=NOON, from_start=True)))
    assert ([], [], [ADDRESS]) == names(small.update(now=NOON, from_start=True))
    assert place == store.cursor("suppress")


@pytest.mark.parametrize(
    "event",
    [
        other(EventKind.SUCCESS, NOON),
        other(EventKind.RELAYED, NOON),
        other(EventKind.DELAY, NOON),
        other(EventKind.EXPANDED, NOON),
        failure(NOON, fault=Fault.CONTENT),
    ],
    ids=lambda event: f"{event.kind.value}-{event.fault.value}",
)
def test_what_can_change_nothing_is_not_looked_at(store: Store, event: BounceEvent) -> None:
    """A sender who logs each mail that arrives is not to pay for it."""
    store.add([event])

    verdicts = Suppressor(store).update(now=NOON)

    assert (1, 0) == (verdicts.events, verdicts.addresses)


def test_reason_may_be_missing(store: Store) -> None:
    """A failure of which nobody knows why counts, if its fault is known."""
    store.add([attrs.evolve(each, reason=None) for each in on_days(4, 3, 2, 1, 0)])

    (entry,) = Suppressor(store).update(now=NOON).suppressed

    assert entry.reason is None


def test_dead_domain(store: Store) -> None:
    """Each of its addresses is suppressed by its own bounces."""
    store.add([attrs.evolve(each, reason=Reason.NULL_MX) for each in on_days(4, 3, 2, 1, 0)])

    (entry,) = Suppressor(store).update(now=NOON).suppressed

    assert "null-mx" == entry.reason


def test_warning_of_what_is_known_late(store: Store) -> None:
    """The first warning is not lost where the last bounce was read after a run."""
    store.add(on_days(4, 3, 2, 1, 0))
    suppressor = Suppressor(store)
    (entry,) = suppressor.update(now=NOON + 2 * HOUR).suppressed

    warned = suppressor.warned(since=NOON + HOUR, until=NOON + 3 * HOUR)

    assert NOON + 2 * HOUR == entry.created
    assert [1] == [each.number for each in warned]


def test_later_evidence_does_not_make_it_younger(store: Store) -> None:
    """A bounce that comes late changes what it follows from, not since when it is."""
    events = on_days(5, 4, 3, 2, 1)
    store.add(events)
    suppressor = Suppressor(store)
    suppressor.update(now=NOON)
    store.add([failure(NOON - 6 * DAY)])
    suppressor.update(now=NOON + DAY)

    entry = store.suppression(ADDRESS)
    assert entry is not None
    assert (NOON, 5) == (entry.created, len(entry.evidence))
    assert identifiers(events) != entry.evidence


def test_clock_that_went_back(store: Store) -> None:
    """An entry of the future is mended: it would begin after its end."""
    store.add([soft(NOON - n * DAY) for n in range(10)])
    suppressor = Suppressor(store)
    suppressor.update(now=NOON + 80 * DAY)
    store.add([soft(NOON - 10 * DAY)])
    suppressor.update(now=NOON + HOUR)

    entry = store.suppression(ADDRESS)
    assert entry is not None
    assert (NOON + HOUR, True) == (entry.created, entry.is_active(NOON + HOUR))


@pytest.mark.parametrize("has_events", [False, True], ids=["suppressed", "changed"])
def test_what_a_person_does_meanwhile_stays(store: Store, has_events: bool) -> None:  # noqa: FBT001  a column of the table
    """A batch takes its time, and so does whoever is handed it."""
    store.add(on_days(5, 4, 3, 2, 1))
    suppressor = Suppressor(store)
    if has_events:
        suppressor.update(now=NOON)
        store.add([failure(NOON - 6 * DAY)])
    batches = suppressor.batches(now=NOON + HOUR)

    next(batches)
    if has_events:
        store.release(ADDRESS, now=NOON + HOUR)
    else:
        store.suppress([manual()])
    meanwhile = store.suppression(ADDRESS)
    assert [] == list(batches)

    assert meanwhile == store.suppression(ADDRESS)
    assert has_events is store.may_send(ADDRESS, now=NOON + HOUR)


@pytest.mark.parametrize(("since", "until"), [("naive", "zone"), ("zone", "naive")])
def test_warnings_without_a_zone(store: Store, since: str, until: str) -> None:
    """Nobody can say when that is."""
    times = {"zone": NOON, "naive": NOON.replace(tzinfo=None)}

    with pytest.raises(InvalidValue, match="has no zone"):
        list(Suppressor(store).warned(since=times[since], until=times[until]))


def test_killed_between_any_two_calls(tmp_path: Path) -> None:
    """Whatever of a run was done, the next one ends where one that went through does."""
    lives = [
        [*on_days(4, 3, 2, 1, 0), other(EventKind.SUCCESS, NOON - 9 * DAY, recipient=EVE)],
        [other(EventKind.SUCCESS, NOON + HOUR), other(EventKind.COMPLAINT, NOON, recipient=EVE)],
    ]

    class Dying:
        """A store that serves some calls, and then never again."""

        def __init__(self, store: Store, calls: int) -> None:
            self._store = store
            self.left = calls

        def __getattr__(self, name: str) -> object:
            if self.left == 0:
                message = "gone"
                raise StoreError(message)
            self.left -= 1
            return getattr(self._store, name)

    def end_of(calls: int) -> tuple[bool, list[Suppression]]:
        is_whole = True
        with open_store(str(tmp_path / f"{calls}.db")) as store:
            for number, events in enumerate(lives):
                now = NOON + number * DAY
                store.add(events)
                dying: Any = Dying(store, calls)
                try:
                    Suppressor(dying, batch_events=2).update(now=now)
                except StoreError:
                    is_whole = False
                    Suppressor(store, batch_events=2).update(now=now)
            return is_whole, list(store.suppressions())

    found = list(map(end_of, range(40)))

    assert [False, True] == [found[0][0], found[-1][0]]
    assert [found[-1][1]] * len(found) == [entries for _, entries in found]
