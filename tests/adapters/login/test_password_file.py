"""A file of accounts: read strictly, followed when it changes, asked in threads."""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.login.hashes import parse_hash
from dsnlib.adapters.login.password_file import (
    PasswordFile,
    PasswordFileError,
    parse_password_file,
)
from dsnlib.errors import LookupFailed

if TYPE_CHECKING:
    from pathlib import Path

# "secret" and "other", at the least cost that there is
SECRET = "{SCRYPT}$scrypt$ln=1,r=8,p=1$c2FsdHNhbHRzYWx0$m1ETyJdNvKYCdTcWqEyB2wJko+LMgj1Gjlv8Nvb+Fl0"
OTHER = "{ARGON2ID}$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHRzYWx0$MKACGnBTSUzFaU4apbvgew"


def write(path: Path, text: str) -> Path:
    """Write a file that only its owner reads."""
    path.write_text(text, "utf-8")
    path.chmod(0o600)
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a file with one account."""
    return write(tmp_path / "passwd", f"ann:{SECRET}\n")


def test_the_form_of_a_file() -> None:
    """Comments and blank lines are passed over, names are put into their one form."""
    text = (
        f"# accounts\n\n  \nAnn:{SECRET}\r\nbob@example.org:{OTHER}:8:8:Bob:/home/bob::userdb_x=1"
    )
    found = parse_password_file(text.encode())

    assert ["ann", "bob@example.org"] == list(found)
    assert found["ann"].verify("secret")
    assert found["bob@example.org"].verify("other")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("ann", "an account is a name, a colon and the hash of a password"),
        ("ann:", "'ann': there is no {SCHEME} in front"),
        ("ann:hunter2", "'ann': there is no {SCHEME} in front"),
        ("ann:{PLAIN}hunter2", "'ann': {PLAIN} is the password itself"),
        ("ann:{MD5}hunter2", "'ann': {MD5} is none of the schemes"),
        (f":{SECRET}", "name: is empty"),
        (f"a\tb:{SECRET}", "name: has a control character"),
        (f"{'a' * 256}:{SECRET}", "name: is longer than 255 octets"),
        (f"Bob:{SECRET}", "'bob' is there for the second time"),
        (f"ann:{SECRET}::::::allow_nets=192.0.2.0/24", "the extra field 'allow_nets' is not known"),
        (f"ann:{SECRET}::::::userdb_x=1 nologin", "the extra field 'nologin' is not known"),
    ],
)
def test_a_bad_line_is_named(line: str, why: str) -> None:
    """By file and line and reason; what could be a password is not shown."""
    with pytest.raises(PasswordFileError) as caught:
        parse_password_file(f"# first\nbob:{SECRET}\n{line}\n".encode(), origin="passwd")

    assert str(caught.value).startswith("passwd:3: ")
    assert why in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("octets", [b"\xff:x", b"ann:\xff"])
def test_a_file_is_utf8(octets: bytes) -> None:
    """Names are, and so is the rest."""
    with pytest.raises(PasswordFileError, match="not UTF-8"):
        parse_password_file(octets)


@given(st.binary(max_size=200))
def test_any_file_is_accounts_or_refused(octets: bytes) -> None:
    """With a line of the file."""
    try:
        parse_password_file(octets, origin="x", allow_plain=True)
    except PasswordFileError as error:
        line = error.line
    else:
        line = 1

    assert 1 <= line <= octets.count(b"\n") + 1


def check(accounts: PasswordFile, name: str, password: str) -> bool:
    """Ask once, in an event loop."""
    return asyncio.run(accounts.check(name, password))


def test_who_is_let_in(path: Path) -> None:
    """The account with its password, and nobody else."""
    accounts = PasswordFile(path)

    assert check(accounts, "ann", "secret")
    assert not check(accounts, "ann", "Secret")
    assert not check(accounts, "bob", "secret")
    assert 1 == len(accounts)
    asyncio.run(accounts.close())


def test_an_empty_file_lets_nobody_in(tmp_path: Path) -> None:
    """And takes as long to say so."""
    accounts = PasswordFile(write(tmp_path / "passwd", ""))

    assert not accounts.verify("ann", "secret")


def test_a_missing_account_costs_what_most_cost(tmp_path: Path, path: Path) -> None:
    """A wrong name looks at a hash of the commonest numbers."""
    write(path, f"ann:{SECRET}\nbob:{OTHER}\ncarl:{OTHER}\n")
    accounts = PasswordFile(path)

    assert parse_hash(OTHER).cost == accounts._followed.value.decoy.cost
    assert not accounts.verify("nobody", "other")


def test_a_change_is_seen(path: Path) -> None:
    """When the interval is over, the next log-in sees the new file."""
    seconds = [0.0]
    accounts = PasswordFile(path, interval_seconds=5.0, clock=lambda: seconds[0])
    write(path, f"ann:{OTHER}\nbob:{OTHER}\n")

    assert accounts.verify("ann", "secret")
    seconds[0] = 5.0
    assert not accounts.verify("ann", "secret")
    assert accounts.verify("bob", "other")


def test_who_comes_while_the_file_is_read(path: Path) -> None:
    """Is served from the accounts of before, and does not wait."""
    accounts = PasswordFile(path, interval_seconds=0.0)
    write(path, f"bob:{OTHER}\n")

    with accounts._followed._lock:
        assert accounts.verify("ann", "secret")
    assert not accounts.verify("ann", "secret")


def test_refresh_looks_at_once(path: Path) -> None:
    """It tells whether other accounts are in force."""
    accounts = PasswordFile(path, interval_seconds=None)

    assert not accounts.refresh()
    write(path, f"bob:{OTHER}\n")
    assert accounts.refresh()
    assert not accounts.refresh()
    assert accounts.verify("bob", "other")


def test_a_bad_file_changes_nothing(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The accounts of before stay in force; it is logged once, and told."""
    accounts = PasswordFile(path, interval_seconds=None)
    write(path, "ann:hunter2\n")
    with caplog.at_level(logging.WARNING, "dsnlib.login"):
        assert not accounts.refresh()
        assert not accounts.refresh()

    assert accounts.verify("ann", "secret")
    assert f"{path}:1: " in str(accounts.error)
    assert 1 == len(caplog.records)
    assert "hunter2" not in caplog.text
    path.unlink()
    assert not accounts.refresh()
    assert "cannot be read" in str(accounts.error)
    write(path, f"bob:{OTHER}\n")
    assert accounts.refresh()
    assert accounts.error is None


def test_a_file_that_comes_back_as_it_was(path: Path) -> None:
    """Away and back again, moved: nothing is wrong any more."""
    accounts = PasswordFile(path, interval_seconds=None)
    away = path.rename(path.with_name("away"))
    accounts.refresh()
    assert "cannot be read" in str(accounts.error)
    away.rename(path)
    accounts.refresh()

    assert "None" == str(accounts.error)
    assert accounts.verify("ann", "secret")


@pytest.mark.parametrize("name", ["gone", "a\0b", "."])
def test_a_file_that_cannot_be_read_is_refused_at_first(tmp_path: Path, name: str) -> None:
    """There is nothing to fall back on."""
    with pytest.raises(PasswordFileError, match="cannot be read"):
        PasswordFile(tmp_path / name)


@pytest.mark.parametrize(
    ("mode", "codes"),
    [
        (0o600, []),
        (0o640, []),
        (0o644, ["file-readable"]),
        (0o660, ["file-writable"]),
        (0o666, ["file-readable", "file-writable"]),
    ],
)
def test_permissions_are_told(
    path: Path, mode: int, codes: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    """A file that others can read or write is used, and complained about."""
    path.chmod(mode)
    with caplog.at_level(logging.WARNING, "dsnlib.login"):
        accounts = PasswordFile(path)

    assert codes == [defect.code for defect in accounts.defects]
    assert len(codes) == len(caplog.records)


class Gate:
    """A hash that waits until it may be verified."""

    cost = ("GATE", 0, 0, 0)

    def __init__(self, fault: Exception | None = None) -> None:
        self.gate = threading.Event()
        self.inside = 0
        self.most = 0
        self.lock = threading.Lock()
        self.fault = fault

    def verify(self, _password: str) -> bool:
        """Wait, and count who waits."""
        with self.lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
        self.gate.wait(10)
        with self.lock:
            self.inside -= 1
        if self.fault is not None:
            raise self.fault
        return True

    def decoy(self) -> Gate:
        """Be one as well."""
        return self


def with_gate(
    path: Path,
    gate: Gate,
    monkeypatch: pytest.MonkeyPatch,
    *,
    most_at_once: int | None = None,
    most_waiting: int = 1_000,
) -> PasswordFile:
    """Return accounts whose only hash is a gate."""
    monkeypatch.setattr("dsnlib.adapters.login.password_file.parse_hash", lambda *_, **__: gate)
    return PasswordFile(path, most_at_once=most_at_once, most_waiting=most_waiting)


def test_a_thousand_at_once_take_the_memory_of_a_few(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many hashes as allowed are worked on side by side, and all get an answer."""
    gate = Gate()
    accounts = with_gate(path, gate, monkeypatch, most_at_once=3)

    async def log_in() -> list[bool]:
        asked = [asyncio.create_task(accounts.check("ann", "x")) for _ in range(1_000)]
        await asyncio.sleep(0)
        gate.gate.set()
        found = await asyncio.gather(*asked)
        await accounts.close()
        return found

    assert [True] * 1_000 == asyncio.run(log_in())
    assert 3 >= gate.most


def test_too_many_are_sent_away(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who comes when all places are taken is refused for now."""
    gate = Gate()
    accounts = with_gate(path, gate, monkeypatch, most_at_once=1, most_waiting=2)

    async def log_in() -> None:
        asked = [asyncio.create_task(accounts.check("ann", "x")) for _ in range(2)]
        await asyncio.sleep(0)
        with pytest.raises(LookupFailed, match="too many"):
            await accounts.check("ann", "x")
        gate.gate.set()
        await asyncio.gather(*asked)
        assert await accounts.check("ann", "x")
        await accounts.close()

    asyncio.run(log_in())


def test_a_client_that_goes_frees_its_place(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A check that is cancelled before its turn is never made."""
    gate = Gate()
    accounts = with_gate(path, gate, monkeypatch, most_at_once=1, most_waiting=2)

    async def log_in() -> None:
        first, second = (asyncio.create_task(accounts.check("ann", "x")) for _ in range(2))
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.wait([second])
        third = asyncio.create_task(accounts.check("ann", "x"))
        await asyncio.sleep(0)
        gate.gate.set()
        assert [True, True] == list(await asyncio.gather(first, third))
        await accounts.close()

    asyncio.run(log_in())


def test_no_memory_is_no_wrong_password(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused for now."""
    gate = Gate(MemoryError())
    gate.gate.set()
    accounts = with_gate(path, gate, monkeypatch)

    async def log_in() -> None:
        with pytest.raises(LookupFailed, match="memory"):
            await accounts.check("ann", "x")
        await accounts.close()

    asyncio.run(log_in())


def test_closing_refuses_who_waits(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is at work ends, whoever waits or comes later is told, and no task is cancelled."""
    gate = Gate()
    accounts = with_gate(path, gate, monkeypatch, most_at_once=1)

    async def log_in() -> list[bool | BaseException]:
        asked = [asyncio.create_task(accounts.check("ann", "x")) for _ in range(3)]
        await asyncio.sleep(0)
        while not gate.inside:  # noqa: ASYNC110  it is set by a thread
            await asyncio.sleep(0.001)
        await accounts.close()
        with pytest.raises(LookupFailed, match="any more"):
            await accounts.check("ann", "x")
        gate.gate.set()
        return await asyncio.gather(*asked, return_exceptions=True)

    assert [bool, LookupFailed, LookupFailed] == [type(each) for each in asyncio.run(log_in())]
