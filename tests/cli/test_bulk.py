"""Tests of `dsnlib bulk`: archives to rows, from the command line."""

from __future__ import annotations

import argparse
import tarfile
from typing import TYPE_CHECKING

import pytest

from dsnlib.cli.exits import Exit
from dsnlib.cli.verbs import bulk
from dsnlib.errors import StoreError
from tests.bulk.bulk_inputs import BOUNCES, REPORT, read_lines

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def run(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Return a function that runs the verb into `out`: exit code, output, complaints."""

    def run_verb(*arguments: object) -> tuple[int, str, str]:
        parser = argparse.ArgumentParser(prog="dsnlib bulk")
        bulk.add_arguments(parser)
        parser.set_defaults(usage_error=parser.error)
        given = [*map(str, arguments), "--out", str(tmp_path / "out"), "--workers", "1"]
        code = bulk.run(parser.parse_args(given))
        said = capfd.readouterr()
        return code, said.out, said.err

    return run_verb


def test_an_archive(run: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    """The rows are there, and the end says how many."""
    code, out, err = run(BOUNCES, "--format", "jsonl")

    assert (Exit.FINE, "") == (code, err)
    assert out.startswith("14 messages, 14 events, ")
    assert 14 == len(read_lines(tmp_path / "out"))


def test_a_run_that_is_done(run: Callable[..., tuple[int, str, str]]) -> None:
    """What is done is said to be done, and a rate is not."""
    run(BOUNCES, "--format", "jsonl")

    code, out, _ = run(BOUNCES, "--format", "jsonl")

    assert (Exit.FINE, "14 messages, 14 events\n1 of 1 shards were done before\n") == (code, out)


def test_quiet(run: Callable[..., tuple[int, str, str]]) -> None:
    """A run that goes well says nothing."""
    assert (Exit.FINE, "", "") == run(BOUNCES, "--format", "jsonl", "-q")


def test_parquet_is_written_where_it_can_be(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    """The format is Parquet with pyarrow."""
    pytest.importorskip("pyarrow", reason="the extra `arrow` is not installed")
    run(BOUNCES)

    assert 1 == len(list((tmp_path / "out").glob("part-*.parquet")))


def test_jsonl_is_written_elsewhere(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The format is JSONL without pyarrow."""
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    run(BOUNCES)

    assert 1 == len(list((tmp_path / "out").glob("part-*.jsonl")))


def test_what_cannot_be_read(run: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    """Each has a line that names the file and the member, and the rest is read."""
    archive = tmp_path / "mail.tar"
    with tarfile.open(archive, "w") as opened:
        opened.add(BOUNCES, "inbox.mbox")
        opened.add(BOUNCES, "later.mbox")
    octets = archive.read_bytes()
    with tarfile.open(archive) as opened:
        start = opened.getmember("later.mbox").offset_data
    archive.write_bytes(octets[: start + 1000])

    code, out, err = run(archive, tmp_path / "gone.eml", "--format", "jsonl")

    assert Exit.PROBLEMS == code
    assert f"dsnlib: {archive}/later.mbox: the archive is cut off in this member" in err
    assert f"dsnlib: {tmp_path}/gone.eml: No such file or directory [missing]\n" in err
    assert "could not be read: see the column error\n" in out


def test_nothing_can_be_read(run: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    """The exit code says that there was no input."""
    assert Exit.NO_INPUT == run(tmp_path / "gone.eml", "--format", "jsonl")[0]


def test_many_complaints_are_cut_short(
    run: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    """A hundred lines are enough: all of them are in the rows."""
    names = [tmp_path / f"gone-{number}.eml" for number in range(20)]
    (tmp_path / "mail").mkdir()
    for number in range(120):
        (tmp_path / "mail" / f"{number:03d}.gz").write_bytes(b"\x1f\x8b\x08")

    _, out, err = run(tmp_path / "mail", *names, "--format", "jsonl")

    assert "140 could not be read" in out
    assert err.count("\n") <= 102


def test_another_run_is_there(run: Callable[..., tuple[int, str, str]], tmp_path: Path) -> None:
    """A directory with another result is not touched unless that is asked for."""
    (tmp_path / "r.eml").write_bytes(REPORT)
    run(BOUNCES, "--format", "jsonl")

    code, _, err = run(tmp_path / "r.eml", "--format", "jsonl")

    assert Exit.USAGE == code
    assert f"dsnlib: {tmp_path}/out: it holds another run, with other inputs" in err
    assert Exit.FINE == run(tmp_path / "r.eml", "--format", "jsonl", "--overwrite")[0]


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (
            OSError(28, "No space left on device", "/full/part-1"), Exit.IO_ERROR,
            "dsnlib: cannot write: /full/part-1: No space left on device; what is done stays in ",
        ),
        (StoreError("history.db: it is damaged"), Exit.IO_ERROR, "dsnlib: history.db: it is dam"),
        (ImportError('install "dsnlib[ray]"'), Exit.USAGE, 'dsnlib: install "dsnlib[ray]"\n'),
    ],
    ids=["disk", "store", "extra"],
)  # fmt: skip
def test_what_ends_a_run(
    run: Callable[..., tuple[int, str, str]],
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    code: Exit,
    said: str,
) -> None:
    """A line says why, and what is done stays."""

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(bulk, "run_bulk", fail)

    found, _, err = run(BOUNCES)

    assert code == found
    assert err.startswith(said)


@pytest.mark.parametrize(
    "arguments",
    [["--workers", "0"], ["--workers", "x"], ["--address", "a:1"], ["--format", "xml"]],
    ids=" ".join,
)
def test_usage(
    run: Callable[..., tuple[int, str, str]],
    arguments: list[str],
    capfd: pytest.CaptureFixture[str],
) -> None:
    """A command line that makes no sense is refused."""
    with pytest.raises(SystemExit) as exit_:
        run(BOUNCES, "--format", "jsonl", *arguments)

    assert Exit.USAGE == exit_.value.code
    assert "error: " in capfd.readouterr().err
