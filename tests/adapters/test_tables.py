"""Tables from files: opened, followed, and kept when a file has become bad."""

import asyncio
import logging
import os
import threading
from pathlib import Path

import pytest

from dsnlib.adapters.tables import ReloadingTable, open_table
from dsnlib.errors import InvalidValue, TableError
from dsnlib.replies.table import ask


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """Return the seconds."""
        return self.now


def write(path: Path, text: str) -> None:
    """Write a file anew, as an editor does: another file of the same name."""
    new = path.with_suffix(".new")
    new.write_text(text, encoding="utf-8")
    new.replace(path)


@pytest.fixture
def access(tmp_path: Path) -> Path:
    """A table file."""
    path = tmp_path / "access"
    write(path, "a 1\n")
    return path


@pytest.mark.parametrize("kind", ["hash", "texthash", "lmdb"])
def test_open_a_file(access: Path, kind: str) -> None:
    """A file is read as text, whatever it is compiled to besides."""
    table = open_table(f"{kind}:{access}")

    assert "1" == table.lookup("A")
    assert f"{kind}:{access}" == table.name


@pytest.mark.parametrize(
    ("spec", "key", "name"),
    [
        ("inline:{ a=b }", "a", "inline:{ a=b }"),
        (" static:b ", "x", "static:b"),
        ("Static: { b }", "x", "static: { b }"),
        (
            "inline:{ a=b, " + "c=d, " * 20 + "}", "a",
            "inline:{ a=b, c=d, c=d, c=d, c=d, c=d, c=d, c=d, c=d, c=d, c...",
        ),
    ],
)  # fmt: skip
def test_open_a_spec(spec: str, key: str, name: str) -> None:
    """A table that stands in its spec needs no file, and is named by what it holds."""
    table = open_table(spec)

    assert "b" == table.lookup(key)
    assert name[:60] == table.name[:60]
    assert len(table.name) < 70


@pytest.mark.parametrize("spec", ["", "/etc/access", "hash:", "hash: ", ":x"])
def test_what_is_no_spec(spec: str) -> None:
    """A spec is a kind, a colon and a path or value."""
    with pytest.raises(TableError):
        open_table(spec)


def test_file_that_is_not_there(tmp_path: Path) -> None:
    """A file that cannot be read is an error with its name and the reason."""
    path = tmp_path / "none"
    with pytest.raises(TableError, match="cannot be read: No such file") as caught:
        open_table(f"hash:{path}")
    assert str(path) == caught.value.origin

    with pytest.raises(TableError, match=r"cannot be read: .*null"):
        open_table("hash:a\0b")


def test_octets_that_are_no_utf8(tmp_path: Path) -> None:
    """What is no UTF-8 is neither refused nor lost."""
    path = tmp_path / "access"
    path.write_bytes(b"\xff v\xfe\n")

    assert "v\udcfe" == open_table(f"hash:{path}").lookup("\udcff")


def test_check_and_backtracking_are_passed_on(tmp_path: Path) -> None:
    """What the caller allows and forbids reaches the reader."""
    path = tmp_path / "checks"
    write(path, "/a(?=b)/ A\n")
    table = open_table(f"pcre:{path}", allow_backtracking=True)
    assert "A" == table.lookup("ab")

    def check(value: str) -> None:
        raise InvalidValue(value)

    with pytest.raises(TableError, match=r"checks:1: A$"):
        open_table(f"pcre:{path}", check=check, allow_backtracking=True)


def test_new_file_is_read(access: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A file that has changed is read at the first look-up behind the interval."""
    caplog.set_level(logging.INFO, "dsnlib.tables")
    clock = Clock()
    table = ReloadingTable(f"hash:{access}", interval_seconds=5, clock=clock)
    write(access, "a 2\nA 3\n")

    clock.now += 4.9
    assert "1" == table.lookup("a")
    clock.now += 0.1
    assert "2" == asyncio.run(ask(table, "a"))
    assert ["table-duplicate-key"] == [defect.code for defect in table.defects]
    assert [f"hash:{access}: read again"] == caplog.messages
    assert (f"hash:{access}", True) == (table.name, table.has_fixed_keys)


def test_file_that_is_the_same_is_not_read(access: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is looked at once in an interval, and read only when it has changed."""
    clock = Clock()
    table = ReloadingTable(f"hash:{access}", interval_seconds=5, clock=clock)
    looked: list[Path] = []
    stat = Path.stat

    def look(path: Path) -> os.stat_result:
        looked.append(path)
        return stat(path)

    monkeypatch.setattr(Path, "stat", look)
    monkeypatch.setattr(Path, "open", None)
    for _ in range(10):
        clock.now += 2
        assert "1" == table.lookup("a")

    assert [access] * 3 == looked


def test_bad_file_keeps_the_table(access: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A file that has become bad is told once, and the table of before answers."""
    clock = Clock()
    table = ReloadingTable(f"hash:{access}", interval_seconds=1, clock=clock)
    write(access, "a\n")
    for _ in range(3):
        clock.now += 1
        assert "1" == table.lookup("a")

    assert f"{access}:1: key 'a' has no value" == str(table.error)
    assert 1 == len(caplog.messages)
    assert "the table of before stays in force" in caplog.text
    write(access, "a 2\n")
    clock.now += 1
    assert "2" == table.lookup("a")
    assert table.error is None


def test_file_that_is_gone_keeps_the_table(access: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A file that is gone is told once; when the same comes back all is well again."""
    table = ReloadingTable(f"hash:{access}", interval_seconds=None)
    away = access.with_suffix(".away")
    os.link(access, away)
    access.unlink()
    assert [False, False] == [table.refresh(), table.refresh()]
    assert "cannot be read: No such file or directory" in str(table.error)
    assert 1 == len(caplog.messages)
    assert "1" == table.lookup("a")

    away.rename(access)
    table.refresh()
    assert table.error is None
    assert "1" == table.lookup("a")


def test_file_that_is_good_again(access: Path) -> None:
    """When the file in force comes back, an error about another is over."""
    table = ReloadingTable(f"hash:{access}", interval_seconds=None)
    kept = access.with_suffix(".kept")
    access.rename(kept)
    ReloadingTable(f"hash:{kept}")
    write(access, "a\n")
    assert not table.refresh()
    assert not table.refresh()
    assert "has no value" in str(table.error)
    kept.replace(access)
    table.refresh()

    assert "None" == str(table.error)
    assert not table.refresh()


def test_only_refresh_looks(access: Path) -> None:
    """Without an interval a look-up never reads a file; `refresh` does."""
    table = ReloadingTable(f"hash:{access}", interval_seconds=None)
    write(access, "a 2\n")

    assert "1" == table.lookup("a")
    assert table.refresh()
    assert "2" == table.lookup("a")
    assert not table.refresh()


def test_table_without_a_file() -> None:
    """A table that stands in its spec never changes."""
    table = ReloadingTable("static:a", interval_seconds=0)

    assert "a" == table.lookup("x")
    assert not table.refresh()


def test_first_reading_must_succeed(tmp_path: Path) -> None:
    """Without a table of before, a file that cannot be read is an error."""
    with pytest.raises(TableError):
        ReloadingTable(f"hash:{tmp_path / 'none'}")


def test_threads_use_the_old_table_while_one_reads(access: Path) -> None:
    """While one thread reads the new file, another is answered by the old table."""
    reading, answered = threading.Event(), threading.Event()

    def check(value: str) -> None:
        if value == "2":
            reading.set()
            assert answered.wait(10)

    table = ReloadingTable(f"hash:{access}", check=check, interval_seconds=0)
    write(access, "a 2\n")
    thread = threading.Thread(target=table.refresh)
    thread.start()
    assert reading.wait(10)
    old = table.lookup("a")
    answered.set()
    thread.join(10)

    assert ("1", "2") == (old, table.lookup("a"))
