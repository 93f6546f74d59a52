"""`dsnlib anonymize` writes a bounce without the names in it."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dsnlib import cli
from dsnlib.bounces.anonymize import anonymize
from dsnlib.cli.exits import Exit
from dsnlib.cli.verbs import anonymize as verb

if TYPE_CHECKING:
    from collections.abc import Callable

MAIL = Path(__file__).resolve().parents[1] / "data/mail/bounce-to-anonymize.eml"
KEY = b"a key of sixteen octets"


@pytest.fixture
def run(capfdbinary: pytest.CaptureFixture[bytes]) -> Callable[..., tuple[int, bytes, str]]:
    """Return a function that runs the verb: exit code, output and complaints."""

    def run_verb(*arguments: object) -> tuple[int, bytes, str]:
        code = cli.main(["anonymize", *map(str, arguments)])
        said = capfdbinary.readouterr()
        return code, said.out, said.err.decode()

    return run_verb


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    """Return a file with a key, as an editor writes it."""
    path = tmp_path / "key"
    path.write_bytes(KEY + b"\n")
    return path


def test_key_file(run: Callable[..., tuple[int, bytes, str]], key_file: Path) -> None:
    """With a key the output is what the library gives."""
    made = anonymize(MAIL.read_bytes(), key=KEY)

    assert (Exit.FINE, made, "") == run(MAIL, "--key-file", key_file)


def test_random_key(run: Callable[..., tuple[int, bytes, str]]) -> None:
    """Without one every run gives other names."""
    one, two = run(MAIL), run(MAIL)

    assert one != two
    assert b"acme" not in one[1] + two[1]


def test_standard_input(
    run: Callable[..., tuple[int, bytes, str]], monkeypatch: pytest.MonkeyPatch, key_file: Path
) -> None:
    """`-` reads standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(MAIL.read_bytes())))

    assert anonymize(MAIL.read_bytes(), key=KEY) == run("-", "--key-file", key_file)[1]


def test_output(run: Callable[..., tuple[int, bytes, str]], tmp_path: Path, key_file: Path) -> None:
    """`--output` writes a new file, and never over one that is there."""
    path = tmp_path / "new.eml"

    assert (Exit.FINE, b"", "") == run(MAIL, "--output", path, "--key-file", key_file)
    made = path.read_bytes()
    assert anonymize(MAIL.read_bytes(), key=KEY) == made
    code, _, complaint = run(MAIL, "--output", path)
    assert Exit.IO_ERROR == code
    assert "exists" in complaint
    assert made == path.read_bytes()


@pytest.mark.parametrize(
    ("octets", "code"),
    [(b"short", Exit.BAD_DATA), (b"x" * (1 << 17), Exit.BAD_DATA), (None, Exit.NO_INPUT)],
)
def test_bad_key(
    run: Callable[..., tuple[int, bytes, str]], tmp_path: Path, octets: bytes | None, code: Exit
) -> None:
    """A key that cannot be used ends before anything is written."""
    path = tmp_path / "bad"
    if octets is not None:
        path.write_bytes(octets)
    result, out, complaint = run(MAIL, "--key-file", path)

    assert (code, b"") == (result, out)
    assert "dsnlib: " in complaint


def test_missing_file(run: Callable[..., tuple[int, bytes, str]], tmp_path: Path) -> None:
    """A file that is not there is told."""
    code, out, complaint = run(tmp_path / "none.eml")

    assert (Exit.NO_INPUT, b"") == (code, out)
    assert "none.eml" in complaint


@pytest.mark.parametrize("count", [0, 2])
def test_not_one_message(
    run: Callable[..., tuple[int, bytes, str]], tmp_path: Path, count: int
) -> None:
    """Several messages, or none, are refused."""
    message = b"From a@b.org Tue Mar  3 10:00:00 2026\nSubject: x\n\ny\n\n"
    path = tmp_path / "box"
    if count:
        path.write_bytes(message * count)
    else:
        path.mkdir()
    code, out, _ = run(path)

    assert (b"", True) == (out, code in (Exit.BAD_DATA, Exit.NO_INPUT))


@pytest.mark.parametrize(
    "octets", [b"hi\n", b"hi there: it\n", b"\nbob@example.org\n\nSubject: x\n\n", b"From a b\n"]
)
def test_no_field(
    run: Callable[..., tuple[int, bytes, str]], tmp_path: Path, octets: bytes
) -> None:
    """What does not begin with fields is no message."""
    path = tmp_path / "text"
    path.write_bytes(octets)
    code, out, complaint = run(path)

    assert (Exit.BAD_DATA, b"") == (code, out)
    assert complaint.endswith(
        "text: there is no message in it: it does not begin with fields [no-mail]\n"
    )


def test_names() -> None:
    """The module says what it gives."""
    assert {"add_arguments", "run"} == set(verb.__all__)
