"""`dsnlib suppress`: who is not to be sent to, and why."""

from __future__ import annotations

import argparse
import csv
import io
import json
from typing import TYPE_CHECKING

import attrs
import pytest

from dsnlib import cli
from dsnlib.adapters.history.exchange import read_suppressions_csv
from dsnlib.adapters.store import Store, open_store
from dsnlib.bounces.event import EventKind
from dsnlib.bounces.links.envelope_id import read_envelope_id
from dsnlib.bounces.suppression import Suppression, SuppressionSource
from dsnlib.bounces.suppression_record import SUPPRESSION_FIELDS, read_suppression_record
from dsnlib.cli.exits import Exit
from dsnlib.cli.verbs import suppress as verb
from dsnlib.errors import StoreUnavailable
from tests.bounces.scoring import ADDRESS, DAY, HOUR, NOON, failure, on_days, other

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.cli.run import Run


EVE = "eve@example.org"
KEY = "sixteen octets at least"


@pytest.fixture
def place(tmp_path: Path) -> str:
    """Where the history is."""
    return str(tmp_path / "history.db")


@pytest.fixture
def store(place: str) -> Iterator[Store]:
    """Open it; others may have it open as well."""
    with open_store(place) as opened:
        yield opened


@pytest.fixture
def run(
    place: str, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Run]:
    """Return a function that runs the verb: exit code, output, complaints."""

    def run_verb(*arguments: str, given: str | bytes = "", at: str | None = None) -> Run:
        octets = given.encode() if isinstance(given, str) else given
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(octets)))
        first, *rest = arguments
        code = cli.main(["suppress", first, place, *rest, "--now", at or NOON.isoformat()])
        said = capfdbinary.readouterr()
        return code, said.out.decode(), said.err.decode()

    return run_verb


@pytest.fixture
def filled(store: Store) -> Store:
    """Put in four entries: Bob's bounces, Eve's of a person, one that is over, one let go."""
    bob = Suppression(
        address=ADDRESS, source=SuppressionSource.BOUNCE, created=NOON - DAY,
        reason="unknown-user", evidence=["0" * 32, "1" * 32],
    )  # fmt: skip
    eve = Suppression(
        address=EVE, source=SuppressionSource.MANUAL, created=NOON - DAY, expires=NOON + DAY,
        note="=asked, by phone",
    )  # fmt: skip
    over = attrs.evolve(eve, address="old@example.org", expires=NOON - HOUR, note="")
    gone = attrs.evolve(bob, address="zoe@example.org", released=NOON - HOUR)
    store.suppress([bob, eve, over, gone])
    return store


def entry_of(store: Store, address: str) -> Suppression:
    """Return what is known of an address that something is known of."""
    found = store.suppression(address)
    assert found is not None
    return found


def test_list(run: Callable[..., Run], filled: Store) -> None:
    """A row for each entry, by address."""
    code, out, err = run("list")

    assert (Exit.FINE, "") == (code, err)
    assert [
        "ADDRESS STATE SOURCE REASON SINCE UNTIL NOTE",
        f"{ADDRESS} active bounce unknown-user 2026-11-22 12:00 -",
        f"{EVE} active manual - 2026-11-22 12:00 2026-11-24 12:00 =asked, by phone",
        "old@example.org expired manual - 2026-11-22 12:00 2026-11-23 11:00",
        "zoe@example.org released bounce unknown-user 2026-11-22 12:00 2026-11-23 11:00",
        "4 entries",
    ] == [" ".join(line.split()) for line in out.splitlines()]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--active"], [ADDRESS, EVE]),
        (["--expired"], ["old@example.org"]),
        (["--released"], ["zoe@example.org"]),
        (["--source", "manual"], [EVE, "old@example.org"]),
        (["--source", "bounce", "--active"], [ADDRESS]),
        (["--reason", "unknown-user"], [ADDRESS, "zoe@example.org"]),
        (["--source", "import"], []),
    ],
)
def test_list_of_some(
    run: Callable[..., Run], filled: Store, options: list[str], expected: list[str]
) -> None:
    """Those that are meant, as records."""
    code, out, _ = run("list", "--json", *options)

    assert (Exit.FINE, expected) == (code, [each["address"] for each in json.loads(out)])


def test_empty_list(run: Callable[..., Run], store: Store) -> None:
    """There is nothing to show but the number."""
    assert (Exit.FINE, "0 entries\n", "") == run("list")


def test_long_list(run: Callable[..., Run], store: Store) -> None:
    """More than is measured for the columns."""
    store.suppress(
        Suppression(address=f"{n:04}@example.org", source=SuppressionSource.IMPORT, created=NOON)
        for n in range(501)
    )

    _, out, _ = run("list")

    assert ("501 entries", 503) == (out.splitlines()[-1], len(out.splitlines()))


def test_add(run: Callable[..., Run], store: Store) -> None:
    """Of arguments; with all that there is to say."""
    code, out, err = run(
        "add", "Bob@Example.org", EVE,
        "--source", "unsubscribe", "--reason", "asked", "--expires", "30d", "--note", "by phone",
    )  # fmt: skip

    assert (Exit.FINE, "2 addresses suppressed\n", "") == (code, out, err)
    assert (
        Suppression(
            address=ADDRESS, source=SuppressionSource.UNSUBSCRIBE, created=NOON, reason="asked",
            expires=NOON + 30 * DAY, note="by phone",
        )
        == store.suppression(ADDRESS)
    )  # fmt: skip


def test_add_lines(run: Callable[..., Run], store: Store) -> None:
    """What is no address is told with its line, and the others are added."""
    code, out, err = run(
        "add", given="bob@example.org\r\n\n  eve@example.org\nBob Smith\nlast@example.org"
    )

    assert (Exit.PROBLEMS, "3 addresses suppressed\n") == (code, out)
    assert err.startswith("dsnlib: standard input: line 4: 'Bob Smith' is not a mail address: ")
    assert [ADDRESS, EVE, "last@example.org"] == [each.address for each in store.suppressions()]
    assert SuppressionSource.MANUAL is entry_of(store, EVE).source


@pytest.mark.parametrize("address", ["postmaster", "bob smith@example.org", "bob@localhost"])
def test_add_any(run: Callable[..., Run], store: Store, address: str) -> None:
    """What a person rarely means is taken when he says so."""
    assert Exit.PROBLEMS == run("add", address)[0]
    assert (Exit.FINE, "1 address suppressed\n", "") == run("add", "--any", address)
    assert not store.may_send(address, now=NOON)


@pytest.mark.parametrize(("address", "why"), [("", "empty"), (".", "empty"), ("a\x07b", "control")])
def test_add_nothing(run: Callable[..., Run], address: str, why: str) -> None:
    """Nothing, and what would act on a terminal, is no address in any case."""
    code, _, err = run("add", "--any", address)

    assert Exit.PROBLEMS == code
    assert why in err


@pytest.mark.parametrize(
    ("when", "expires"),
    [("2w", NOON + 14 * DAY), ("2027-01-01T00:00:00+00:00", NOON + 38.5 * DAY)],
)
def test_add_until(run: Callable[..., Run], store: Store, when: str, expires: object) -> None:
    """After a time, or on a day."""
    assert Exit.FINE == run("add", ADDRESS, "--expires", when)[0]
    assert expires == entry_of(store, ADDRESS).expires


@pytest.mark.parametrize("when", ["soon", "2020-01-01", "999999w", "0d", ""])
def test_add_until_no_time(run: Callable[..., Run], store: Store, when: str) -> None:
    """A time that is none, is over, or is beyond the calendar."""
    code, _, err = run("add", ADDRESS, "--expires", when)

    assert Exit.USAGE == code
    assert "expires: " in err
    assert store.suppression(ADDRESS) is None


def test_release(run: Callable[..., Run], filled: Store) -> None:
    """It says who did it; what stops nothing is told."""
    code, out, err = run("release", EVE.upper(), "old@example.org", "--note", "Ann")

    assert (Exit.PROBLEMS, f"{EVE.upper()}\treleased\n") == (code, out)
    assert "dsnlib: old@example.org: 'old@example.org' is not suppressed [not-suppressed]\n" == err
    entry = entry_of(filled, EVE)
    assert (NOON, "=asked, by phone; Ann") == (entry.released, entry.note)
    assert NOON == filled.released(EVE)


def test_release_without_a_note(run: Callable[..., Run], filled: Store) -> None:
    """Where there was none, and where one is first written."""
    assert Exit.FINE == run("release", ADDRESS)[0]
    assert "" == entry_of(filled, ADDRESS).note
    run("add", ADDRESS)
    assert Exit.FINE == run("release", "--note", "Ann", given=ADDRESS)[0]
    assert "Ann" == entry_of(filled, ADDRESS).note


def test_check(run: Callable[..., Run], filled: Store) -> None:
    """Yes or no, and what speaks against it."""
    code, out, err = run("check", given="joe@example.org\nBOB@example.org\nold@example.org\n" + EVE)

    since = "2026-11-22T12:00:00Z"
    assert (Exit.PROBLEMS, "") == (code, err)
    assert [
        "joe@example.org\tyes",
        f"BOB@example.org\tno\tbounce\tunknown-user\t{since}\t-\t{'0' * 32} {'1' * 32}",
        "old@example.org\tyes",
        f"{EVE}\tno\tmanual\t-\t{since}\t2026-11-24T12:00:00Z\t-",
    ] == out.splitlines()


def test_check_of_one_who_may_be_sent_to(run: Callable[..., Run], filled: Store) -> None:
    """It ends with 0."""
    assert (Exit.FINE, "joe@example.org\tyes\n", "") == run("check", "joe@example.org")


@pytest.mark.parametrize(
    ("what", "expected"), [("may-send", ["joe@example.org"]), ("stopped", [ADDRESS, EVE])]
)
def test_check_as_a_filter(
    run: Callable[..., Run], filled: Store, what: str, expected: list[str]
) -> None:
    """A list of recipients goes in, and who may be sent to comes out."""
    lines = f"{ADDRESS}\njoe@example.org\n{EVE}"
    code, out, _ = run("check", "--print", what, given=lines)

    assert (Exit.PROBLEMS, expected) == (code, out.splitlines())


def test_check_as_records(run: Callable[..., Run], filled: Store) -> None:
    """With the whole entry, if there is one, and its state."""
    _, out, _ = run("check", "--json", "joe@example.org", "old@example.org", ADDRESS)

    found = [json.loads(line) for line in out.splitlines()]
    assert [
        ("joe@example.org", True, None),
        ("old@example.org", True, "expired"),
        (ADDRESS, False, "active"),
    ] == [
        (each["address"], each["may_send"], each["suppression"] and each["suppression"]["state"])
        for each in found
    ]


def test_check_of_an_erased_address(run: Callable[..., Run], filled: Store) -> None:
    """Its digest still stops mail."""
    filled.erase(ADDRESS)

    assert Exit.PROBLEMS == run("check", ADDRESS)[0]


def test_line_that_is_no_address(run: Callable[..., Run], filled: Store) -> None:
    """Too long, or of octets that are no UTF-8, or with what acts on a terminal."""
    code, out, err = run("check", given=b"x" * 600_000 + b"\n\xff@example.org\n\x1b[1m@example.org")

    assert Exit.FINE == code
    assert "dsnlib: standard input: line 1: it is too long for an address [address]\n" == err
    assert ["\ufffd@example.org\tyes", "\ufffd[1m@example.org\tyes"] == out.splitlines()


def test_explain(run: Callable[..., Run], store: Store) -> None:
    """Why do I get no mail?  All days that counted, and what was said on them."""
    said = "550 5.1.1 no such user"
    store.add(
        [
            attrs.evolve(each, diagnostic=said, remote_mta="mx.example.org")
            for each in on_days(4, 3, 2, 1, 0)
        ]
    )
    run("update")

    code, out, _ = run("check", "--explain", ADDRESS)

    assert Exit.PROBLEMS == code
    assert [
        "bob@example.org",
        "  May send    no",
        "  Entry       active, since 2026-11-23 12:00 UTC",
        "  Source      bounce: unknown-user",
        "  Score       5 of 5: suppress",
        "  Counted     2026-11-19  1  hard, unknown-user, score 1",
    ] == out.splitlines()[:6]
    assert "              2026-11-23  1  hard, unknown-user, score 5" in out.splitlines()
    assert 5 == out.count(f"mx.example.org: {said}")
    assert "  Next        only a person, or mail that arrives, ends it" in out.splitlines()


def test_explain_what_is_counting(run: Callable[..., Run], store: Store) -> None:
    """Not suppressed; when it is forgotten; what has arrived."""
    store.add([other(EventKind.SUCCESS, NOON - DAY), attrs.evolve(failure(NOON), reason=None)])

    code, out, _ = run("check", "--explain", ADDRESS)

    assert Exit.FINE == code
    assert [
        "bob@example.org",
        "  May send    yes",
        "  Score       1 of 5: counting",
        "  Arrived     mail did, on 2026-11-22 12:00 UTC",
        "  Counted     2026-11-23  1  hard, no reason, score 1",
        "  Next        the score begins anew on 2026-12-01 00:00 UTC, if it does not fail again",
        "  Said        rfc3464: failure",
    ] == [line.replace("\n              ", " ") for line in _unfold(out)]


def _unfold(text: str) -> list[str]:
    """Return lines, those that go on in the next one in one piece."""
    return text.replace("\n              ", " ").splitlines()


def test_explain_entries_of_people(run: Callable[..., Run], filled: Store) -> None:
    """Their notes, until when, and when they were let go."""
    filled.add([other(EventKind.COMPLAINT, NOON, recipient="joe@example.org")])
    run("update")

    _, out, _ = run("check", "--explain", EVE, "zoe@example.org", "joe@example.org")

    lines = out.splitlines()
    assert "  Until       2026-11-24 12:00 UTC" in lines
    assert "  Note        =asked, by phone" in lines
    assert "  Released    2026-11-23 11:00 UTC" in lines
    assert "  Next        nothing" in lines
    assert "  Next        only a person ends it" in lines


def test_explain_as_records(run: Callable[..., Run], store: Store) -> None:
    """The days as values."""
    store.add([*on_days(1), other(EventKind.SUCCESS, NOON - 2 * DAY)])

    _, out, _ = run("check", "--explain", "--json", ADDRESS)

    found = json.loads(out)
    assert ("counting", 1.0, "forget", ["2026-11-22"]) == (
        found["judgement"], found["score"], found["next_step"],
        [each["day"] for each in found["days"]],
    )  # fmt: skip


def test_export_text(run: Callable[..., Run], filled: Store) -> None:
    """Those that stop mail, one a line."""
    assert (Exit.FINE, f"{ADDRESS}\n{EVE}\n", "") == run("export")


def test_export_of_erased_addresses(run: Callable[..., Run], filled: Store) -> None:
    """Digests are no addresses: that is told."""
    filled.erase(ADDRESS)

    code, out, err = run("export")

    assert (Exit.PROBLEMS, f"{EVE}\n") == (code, out)
    assert err.endswith(": 1 erased addresses are known by their digests alone [erased]\n")


def test_export_access(run: Callable[..., Run], filled: Store) -> None:
    """As `postmap` reads it; an address that would be two words is told."""
    run("add", "--any", "a b@example.org", "#c@example.org")

    code, out, err = run("export", "--format", "postfix-access", "--action", "550 5.7.1 {gone}")

    assert Exit.PROBLEMS == code
    assert [f"{ADDRESS}\t550 5.7.1 {{gone}}", f"{EVE}\t550 5.7.1 {{gone}}"] == out.splitlines()
    assert 2 == err.count("it cannot stand in such a file")


@pytest.mark.parametrize("key", ["com", "example.org", "root@", "192.0.2", "@example.org", "<>"])
def test_export_access_of_more_than_one(run: Callable[..., Run], store: Store, key: str) -> None:
    """What stands for all users of a domain, or all domains of a user, is told and left out."""
    store.suppress([Suppression(address=key, source=SuppressionSource.BOUNCE, created=NOON)])

    code, out, err = run("export", "--format", "postfix-access")

    assert (Exit.PROBLEMS, "") == (code, out)
    assert err.startswith(f"dsnlib: {key}: it cannot stand in such a file")


def test_export_access_without_action(run: Callable[..., Run], filled: Store) -> None:
    """An access table has to say something, on one line."""
    assert Exit.USAGE == run("export", "--action", "a\nb")[0]
    assert f"{ADDRESS}\tREJECT\n" in run("export", "--format", "postfix-access")[1]


def test_export_jsonl(run: Callable[..., Run], filled: Store) -> None:
    """All entries, which read back as they were."""
    _, out, _ = run("export", "--format", "jsonl")

    read = [read_suppression_record(json.loads(line)) for line in out.splitlines()]
    assert list(filled.suppressions()) == read


def test_export_csv(run: Callable[..., Run], filled: Store) -> None:
    """All entries under the names of the columns, and nothing that a sheet computes."""
    _, out, _ = run("export", "--format", "csv", "--active")

    assert list(filled.suppressions())[:2] == list(
        read_suppressions_csv(out.splitlines(keepends=True), now=NOON)
    )
    head, *rows = csv.reader(io.StringIO(out))
    assert list(SUPPRESSION_FIELDS) == head
    assert [ADDRESS, EVE] == [row[0] for row in rows]
    assert ["", "'=asked, by phone"] == [row[6] for row in rows]
    assert "0" * 32 + " " + "1" * 32 == rows[0][7]


def test_update(run: Callable[..., Run], store: Store) -> None:
    """What has changed, a line each, and how much it was."""
    store.add([*on_days(4, 3, 2, 1, 0), failure(NOON, recipient=EVE)])

    assert (Exit.FINE, "") == run("update")[::2]
    assert not store.may_send(ADDRESS, now=NOON)
    store.add([other(EventKind.SUCCESS, NOON + HOUR)])
    code, out, _ = run("update", at=(NOON + HOUR).isoformat())

    assert (Exit.FINE, [
        f"released\t{ADDRESS}\tunknown-user\t2026-11-23T13:00:00Z",
        "0 suppressed, 0 to probe, 1 released; 1 event read",
    ]) == (code, out.splitlines())  # fmt: skip


def test_update_dry(run: Callable[..., Run], store: Store, tmp_path: Path) -> None:
    """It says the same and writes nothing, probes neither."""
    (tmp_path / "key").write_text(KEY)
    store.add(on_days(4, 3, 2, 1, 0))

    for _ in range(2):
        code, out, _ = run("update", "--dry-run")
        assert (Exit.FINE, f"suppressed\t{ADDRESS}\tunknown-user\t-") == (code, out.splitlines()[0])
    assert store.may_send(ADDRESS, now=NOON)
    run("update", "--dry-run", "--verp-probes", "--key-file", str(tmp_path / "key"))
    assert store.probe(ADDRESS) is None


def test_update_by_other_numbers(run: Callable[..., Run], store: Store) -> None:
    """Those of the options, under Mailman's names."""
    store.add([*on_days(9, 0)])

    _, out, _ = run(
        "update", "--bounce-score-threshold", "2", "--bounce-info-stale-after", "10d",
        "--hard-expires-after", "30d", "--soft-expires-after", "never",
    )  # fmt: skip

    assert f"suppressed\t{ADDRESS}\tunknown-user\t2026-12-23T12:00:00Z" == out.splitlines()[0]


def test_update_of_all(run: Callable[..., Run], store: Store) -> None:
    """After a change of the options old events are looked at as well."""
    store.add(on_days(1, 0))
    run("update")

    assert run("update", "--bounce-score-threshold", "2")[1].startswith("0 suppressed")
    code, out, _ = run("update", "--bounce-score-threshold", "2", "--all")

    assert (Exit.FINE, f"suppressed\t{ADDRESS}\tunknown-user\t-") == (code, out.splitlines()[0])


def test_update_by_mailman(run: Callable[..., Run], store: Store, tmp_path: Path) -> None:
    """The numbers of a list of its."""
    settings = tmp_path / "list.json"
    settings.write_text(json.dumps({"bounce_score_threshold": 1, "fqdn_listname": "l@example.org"}))
    store.add(on_days(0))

    _, out, _ = run("update", "--mailman-settings", str(settings), "--count", "recipient")

    assert out.startswith(f"suppressed\t{ADDRESS}\t")


@pytest.mark.parametrize(
    ("content", "why"), [("", "not JSON"), ("[]", "no JSON object"), (None, "No such file")]
)
def test_update_by_no_mailman(
    run: Callable[..., Run], store: Store, tmp_path: Path, content: str | None, why: str
) -> None:
    """The file and what is wrong with it."""
    settings = tmp_path / "list.json"
    if content is not None:
        settings.write_text(content)

    code, _, err = run("update", "--mailman-settings", str(settings))

    assert Exit.USAGE == code
    assert why in err


@pytest.mark.parametrize(
    "options",
    [["--bounce-score-threshold", "-1"], ["--half-life", "soon"], ["--hard-weight", "2"]],
)
def test_update_by_no_numbers(run: Callable[..., Run], store: Store, options: list[str]) -> None:
    """An option whose value is none is named."""
    code, _, err = run("update", *options)

    assert Exit.USAGE == code
    assert options[0].removeprefix("--").replace("-", "_") in err.replace("-", "_")


def test_update_ignores_complaints(run: Callable[..., Run], store: Store) -> None:
    """If it is told to."""
    store.add([other(EventKind.COMPLAINT, NOON)])

    assert run("update", "--dry-run")[1].startswith(f"suppressed\t{ADDRESS}\tcomplaint\t-\n")
    assert run("update", "--ignore-complaints")[1].startswith("0 suppressed")


def test_update_with_probes(run: Callable[..., Run], store: Store, tmp_path: Path) -> None:
    """Each gets an ENVID that is signed, and is noted as sent."""
    (tmp_path / "key").write_text(KEY + "\n")
    store.add(on_days(5, 4, 3, 2, 1, 0))
    options = ["--verp-probes", "--json"]

    asked = json.loads(run("update", "--dry-run", *options)[1])
    code, out, _ = run("update", *options, "--key-file", str(tmp_path / "key"))

    assert {"change": "probe", "address": ADDRESS, "envelope_id": None} == asked
    found = json.loads(out)
    assert (Exit.FINE, ADDRESS) == (code, found["address"])
    assert read_envelope_id(found["envelope_id"], keys=[KEY.encode()]) is not None
    probe = store.probe(ADDRESS)
    assert probe is not None
    assert (NOON, found["envelope_id"]) == (probe.sent, probe.envelope_id)
    assert run("update", "--verp-probes")[1].startswith("0 suppressed, 0 to probe")


@pytest.mark.parametrize("content", ["short", None])
def test_update_without_a_key(
    run: Callable[..., Run], store: Store, tmp_path: Path, content: str | None
) -> None:
    """A key that is short, or not there."""
    if content is not None:
        (tmp_path / "key").write_text(content)

    code, _, err = run("update", "--key-file", str(tmp_path / "key"))

    assert Exit.USAGE == code
    assert "key-file: " in err


def test_warnings(run: Callable[..., Run], filled: Store) -> None:
    """Who is to be told, once each; after the last warning it is time to remove him."""
    assert (
        f"warning 1\t{ADDRESS}\tunknown-user\t-" == run("warnings", "--dry-run")[1].splitlines()[0]
    )
    assert f"warning 1\t{ADDRESS}\tunknown-user\t-\n1 warning due\n" == run("warnings")[1]
    assert "0 warnings due\n" == run("warnings")[1]
    later = (NOON + 20 * DAY).isoformat()
    _, out, _ = run("warnings", "--json", at=later)
    found = json.loads(out)
    assert (ADDRESS, 4, True) == (found["address"], found["number"], found["is_last"])
    assert run("warnings", "--since", NOON.isoformat(), at=later)[1].startswith("remove\t")


def test_store_that_is_not_there(run: Callable[..., Run], place: str) -> None:
    """It is made by `add` alone."""
    code, out, err = run("check", ADDRESS)

    assert (Exit.NO_INPUT, "") == (code, out)
    assert err.startswith(f"dsnlib: {place}: ")
    assert err.endswith(" [store]\n")
    assert Exit.FINE == run("add", ADDRESS)[0]
    assert Exit.PROBLEMS == run("check", ADDRESS)[0]


def test_store_that_is_away(
    run: Callable[..., Run], store: Store, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same may work later."""

    def fail(place: str, **_: object) -> Store:
        raise StoreUnavailable(f"{place}: it is busy", place=place)

    monkeypatch.setattr("dsnlib.adapters.store.open_store", fail)

    code, _, err = run("list")

    assert (Exit.TEMPORARY, f"dsnlib: {place}: it is busy [store-unavailable]\n") == (code, err)


def test_no_standard_input(
    run: Callable[..., Run], store: Store, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """A process that was started without one has no addresses."""
    parser = argparse.ArgumentParser()
    verb.add_arguments(parser)
    args = parser.parse_args(["check", place])
    monkeypatch.setattr("sys.stdin", None)

    assert Exit.FINE == verb.run(args)


@pytest.mark.parametrize("time", ["tomorrow", "9999-12-31T23:00:00-05:00"])
def test_strange_time(run: Callable[..., Run], store: Store, time: str) -> None:
    """`--now` is a time, in UTC too: else it would be written, and never read again."""
    code, _, err = run("add", ADDRESS, at=time)

    assert Exit.USAGE == code
    assert "error: --now: " in err
    assert [] == list(store.suppressions())
