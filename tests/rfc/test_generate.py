"""`rfc/generate.py` writes the registry module and compares it with the world."""

from __future__ import annotations

import csv
import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "rfc" / "generate.py"


def load_script() -> Any:  # noqa: ANN401 - a script has no stub
    """Return the script as a module; `rfc/` is a folder, not a package."""
    spec = importlib.util.spec_from_file_location("rfc_generate", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


generate = load_script()
REGISTRY = generate.read_registry(generate.SOURCE)


def published_rows() -> dict[str, list[str]]:
    """Return the registry as the published table would have it, by code."""
    return {
        row.code: [
            row.code,
            "" if row.deprecated else row.title,
            row.basic_text,
            f"{row.meaning}\nIt may go on\nfor some lines, with a comma.",
            f"[{row.reference.replace(' ', '')}] (Standards Track)",
            "A. Author",
            "IESG",
        ]
        for row in REGISTRY.rows
    }


def write_csv(path: Path, rows: dict[str, list[str]], columns: tuple[str, ...] = ()) -> Path:
    """Write `rows` as CSV and return `path`."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns or generate.COLUMNS)
        writer.writerows(rows.values())
    return path


def compare(path: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, list[str], list[str]]:
    """Run `--diff` and return the exit status and the lines of both outputs."""
    status = generate.main(["--diff", str(path)])
    out, err = capsys.readouterr()
    return status, out.splitlines(), err.splitlines()


def test_the_module_is_what_the_source_says() -> None:
    """The generated module in the repository equals what is generated now."""
    assert generate.format_module(REGISTRY) == generate.TARGET.read_text(encoding="utf-8")


def test_check_as_a_program() -> None:
    """`python rfc/generate.py --check` is silent and exits 0 when up to date."""
    done = subprocess.run(
        [sys.executable, SCRIPT, "--check"], capture_output=True, check=False, text=True
    )

    assert (0, "", "") == (done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("text", [None, "CLASSES = ()\n"], ids=["missing", "stale"])
def test_check_then_write(
    text: str | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A stale module makes `--check` exit 1; writing it makes `--check` exit 0."""
    target = tmp_path / "_registry_data.py"
    if text is not None:
        target.write_text(text, encoding="utf-8")
    monkeypatch.setattr(generate, "TARGET", target)

    assert 1 == generate.main(["--check"])
    assert f"{target}: stale; run `python rfc/generate.py`\n" == capsys.readouterr().err
    assert 0 == generate.main([])
    assert 0 == generate.main(["--check"])


def test_the_module_is_laid_out() -> None:
    """The formatter finds nothing to change in the module, at any line length."""
    for length in ("88", "100"):
        options = ["--check", "--isolated", "--line-length", length]
        done = subprocess.run(
            [sys.executable, "-m", "ruff", "format", *options, generate.TARGET],
            capture_output=True,
            check=False,
            text=True,
        )
        assert 0 == done.returncode, done.stdout


@pytest.mark.requirement("5248-2.1-03")
@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("[meta]", "[meta", "Expected"),
        ("enumerated_count = 81", "enumerated_count = 80", "81 codes in 81 rows"),
        ('basic_text = "451/550"', "", "no key 'basic_text'"),
        ('basic_codes = ["556"]', 'basic_codes = ["550"]', "X.1.10: "),
        ('code = "X.1.1"', 'code = "X.1.2"', "X.1.2: subject and detail say X.1.1"),
    ],
    ids=["not-toml", "count", "key", "basic-codes", "code"],
)
def test_a_source_that_contradicts_itself(
    old: str,
    new: str,
    complaint: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A broken source exits 2 with one line, and writes nothing."""
    text = generate.SOURCE.read_text(encoding="utf-8")
    assert old in text
    source, target = tmp_path / "source.toml", tmp_path / "target.py"
    source.write_text(text.replace(old, new, 1), encoding="utf-8")
    monkeypatch.setattr(generate, "SOURCE", source)
    monkeypatch.setattr(generate, "TARGET", target)

    assert 2 == generate.main([])
    err = capsys.readouterr().err
    assert err.startswith(f"{source}: ")
    assert complaint in err
    assert 1 == len(err.splitlines())
    assert not target.exists()


def test_diff_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same registry exits 0 and prints nothing; fields may hold line ends."""
    path = write_csv(tmp_path / "same.csv", published_rows())

    assert (0, [], []) == compare(path, capsys)


def test_diff_other_spelling(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Order and separators of basic codes and white space are no difference."""
    rows = published_rows()
    rows["X.7.24"][2] = "550 or 451"
    rows["X.7.16"][2] = "5xx, 4xx\n(mostly 552)"
    rows["X.6.10"][1] = "(deprecated)"
    rows["X.1.1"][1] = "Bad destination\n   mailbox address "
    path = write_csv(tmp_path / "spelling.csv", rows)

    assert (0, [], []) == compare(path, capsys)


def test_diff_shifted_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A row that lost a cell is read as far as it goes (X.7.28 once was so)."""
    rows = published_rows()
    del rows["X.7.28"][2]
    path = write_csv(tmp_path / "shifted.csv", rows)

    assert (0, [], []) == compare(path, capsys)


@pytest.mark.requirement("5248-1-01")
def test_diff_classes_and_subjects(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Rows such as 2.XXX.YYY and X.1.YYY may occur; then their titles count."""
    rows = published_rows()
    rows["2.XXX.YYY"] = ["2.XXX.YYY", "Success", "", "", "[RFC3463]", "", "IESG"]
    rows["X.1.YYY"] = ["X.1.YYY", "Address Status", "", "", "[RFC3463]", "", "IESG"]
    rows["X.8.YYY"] = ["X.8.YYY", "Postage Status", "", "", "[RFC9999]", "", "IESG"]
    path = write_csv(tmp_path / "ranges.csv", rows)

    lines = [
        "X.1.YYY: titles differ: here 'Addressing Status', published 'Address Status'",
        "X.8.YYY: only published: 'Postage Status'",
    ]
    assert (1, lines, []) == compare(path, capsys)


@pytest.mark.requirement("5248-2.3-01")
def test_diff_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A code that only we have is told and exits 1."""
    rows = published_rows()
    del rows["X.1.9"]
    path = write_csv(tmp_path / "missing.csv", rows)

    line = "X.1.9: only here: 'Message relayed to non-compliant mailer'"
    assert (1, [line], []) == compare(path, capsys)


def test_diff_extra(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A code that only the registry has is told and exits 1; so is what is no code."""
    rows = published_rows()
    rows["X.7.31"] = ["X.7.31", "A new reason", "550", "", "[RFC9999]", "", "IESG"]
    rows["X.10.2"] = ["X.10.2", "A new subject", "550", "", "[RFC9999]", "", "IESG"]
    rows["X.7.32-40"] = ["X.7.32-40", "Unassigned", "", "", "", "", ""]
    path = write_csv(tmp_path / "extra.csv", rows)

    lines = [
        "X.7.31: only published: 'A new reason'",
        "X.10.2: only published: 'A new subject'",
        "'X.7.32-40': published, but not a code",
    ]
    assert (1, lines, []) == compare(path, capsys)


@pytest.mark.requirement("5248-2.3-01")
def test_diff_titles_and_basic_codes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Titles and basic codes that differ are told, a line each, in order of code."""
    rows = published_rows()
    rows["X.7.28"][2] = "550"
    rows["X.2.2"][1] = "Mailbox is full"
    rows["X.2.2"][2] = "452, 552"
    rows["X.0.0"][2] = "Not given"
    path = write_csv(tmp_path / "differ.csv", rows)

    lines = [
        "X.0.0: basic codes differ: here Any, published none",
        "X.2.2: titles differ: here 'Mailbox full', published 'Mailbox is full'",
        "X.2.2: basic codes differ: here 552, published 452 552",
        "X.7.28: basic codes differ: here none, published 550",
    ]
    assert (1, lines, []) == compare(path, capsys)


@pytest.mark.requirement("5248-2.1-03")
@pytest.mark.parametrize(
    ("octets", "complaint"),
    [
        (b"", "no column Code, Sample Text, "),
        (b"<html><body>Not found</body></html>\n", "no column Code, "),
        (b"Code,Summary,Description,Reference\n", "no column Sample Text, Associated "),
        (b"\x89PNG\r\n\x1a\n\x00", "'utf-8' codec can't decode byte 0x89"),
        (b'Code,"Sample Text\n', "unexpected end of data"),
        (",".join(generate.COLUMNS).encode() + b'\nX.1.1,"a"b\n', "',' expected after '\"'"),
        (",".join(generate.COLUMNS).encode() + b"\nX.1.1\nX.1.1\n", "line 3: 'X.1.1' a second"),
    ],
    ids=["empty", "html", "other-table", "binary", "open-quote", "bad-quote", "twice"],
)
def test_diff_not_the_table(
    octets: bytes, complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file that is not that CSV exits 2 with one line saying why."""
    path = tmp_path / "other.csv"
    path.write_bytes(octets)

    status, out, err = compare(path, capsys)

    assert (2, [], 1) == (status, out, len(err))
    assert err[0].startswith(f"{path}: not the CSV of the enumerated status codes: ")
    assert complaint in err[0]


def test_diff_missing_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that cannot be opened exits 2 with one line saying why."""
    path = tmp_path / "none.csv"

    assert (2, [], [f"{path}: No such file or directory"]) == compare(path, capsys)


def test_diff_a_byte_order_mark(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A byte order mark, other columns and another order of columns do no harm."""
    columns = ("Note", *reversed(generate.COLUMNS))
    rows = {code: ["seen", *reversed(row)] for code, row in published_rows().items()}
    path = write_csv(tmp_path / "bom.csv", rows, columns)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())

    assert (0, [], []) == compare(path, capsys)
