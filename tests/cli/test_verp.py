"""`dsnlib verp` writes return paths that `dsnlib verp` reads."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING

import pytest

from dsnlib.bounces.links.verp import encode_keyed_verp
from dsnlib.cli.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.run import Run

VERB = "verp"

SENDER = "list-bounces@lists.example"
PLAIN = "list-bounces+bob=example.org@lists.example"
KEY = b"a key of sixteen"


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    """Return a file of two keys."""
    path = tmp_path / "keys"
    path.write_bytes(KEY + b"\n\nthe key of last year\r\n")
    return path


def give(monkeypatch: pytest.MonkeyPatch, octets: bytes) -> None:
    """Put octets on standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(octets)))


def test_one_address(run: Callable[..., Run]) -> None:
    """One address gives the result alone."""
    assert (Exit.FINE, f"{PLAIN}\n", "") == run("encode", "--sender", SENDER, "bob@example.org")
    assert (Exit.FINE, "bob@example.org\n", "") == run("decode", PLAIN)
    assert (Exit.FINE, "bob@example.org\n", "") == run("decode", PLAIN, "--sender", SENDER)


def test_delimiter(run: Callable[..., Run]) -> None:
    """Another delimiter is written, and read if the sender is known."""
    path = PLAIN.replace("+", "-")
    arguments = ("--delimiter", "-", "bob@example.org")

    assert (Exit.FINE, f"{path}\n", "") == run("encode", "--sender", SENDER, *arguments)
    assert (Exit.FINE, "bob@example.org\n", "") == run("decode", "--sender", SENDER, path)


def test_standard_input(run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    """Without addresses, or with `-`, each line is one; empty ones do not count."""
    expected = f"{PLAIN}\tbob@example.org\nl+a=b.c@x\ta@b.c\n"
    for arguments in ([], ["-"]):
        give(monkeypatch, f"{PLAIN}\r\n\nl+a=b.c@x".encode())
        assert (Exit.FINE, expected, "") == run("decode", *arguments)
    monkeypatch.setattr(sys, "stdin", None)
    assert (Exit.FINE, "", "") == run("decode")


def test_nothing_in_it(run: Callable[..., Run]) -> None:
    """One bad address is told, and stops none of the others."""
    code, out, err = run("decode", "bob@example.org", PLAIN)

    assert (Exit.PROBLEMS, f"{PLAIN}\tbob@example.org\n") == (code, out)
    assert "dsnlib: bob@example.org: there is no recipient in it [verp]\n" == err


def test_cannot_be_encoded(run: Callable[..., Run]) -> None:
    """A sender without a domain, and a recipient with a control, are told."""
    assert (Exit.PROBLEMS, "") == run("encode", "--sender", "list", "bob@example.org")[:2]
    code, out, err = run("encode", "--sender", SENDER, "b\x1b[1mob@example.org")
    assert (Exit.PROBLEMS, "") == (code, out)
    assert "\x1b" not in err


def test_keyed(run: Callable[..., Run], keys: Path) -> None:
    """With a key file the address is put in signed, and what an old key signed is read."""
    options = ("--sender", SENDER, "--key-file", keys)
    _, out, _ = run("encode", *options, "bob@example.org")
    path = out.strip()
    old = encode_keyed_verp(SENDER, b"\x01\x02", key=b"the key of last year")

    assert "bob" not in path
    assert (Exit.FINE, "bob@example.org\n", "") == run("decode", *options, path.upper())
    assert (Exit.FINE, "0102\n", "") == run("decode", *options, old)
    assert (Exit.FINE, "bob@example.org\n", "") == run("decode", *options, PLAIN)


def test_forged(run: Callable[..., Run], keys: Path) -> None:
    """A signature that is of none of the keys is told apart from none at all."""
    path = encode_keyed_verp(SENDER, "4711", key=b"a guess of sixteen")
    code, out, err = run("decode", "--sender", SENDER, "--key-file", keys, path)

    assert (Exit.PROBLEMS, "") == (code, out)
    assert "the signature is not of one of the keys" in err


def test_json(run: Callable[..., Run], keys: Path) -> None:
    """An object an address says what it is and whether it is verified."""
    token = encode_keyed_verp(SENDER, "4711", key=KEY)
    options = ("--json", "--sender", SENDER, "--key-file", keys)
    addresses = (
        token,
        PLAIN,
        f"prvs=0007A1B2C3={PLAIN}",
        "prvs=0007A1B2C3=ann@example.org",
        "SRS0=abcd=TT=example.org=ann@forward.example",
        "bob@example.org",
    )
    code, out, err = run("decode", *options, *addresses)

    assert (Exit.PROBLEMS, "") == (code, err)
    assert [
        ("4711", "verp-keyed", True),
        ("bob@example.org", "verp", None),
        ("bob@example.org", "verp", None),
        ("ann@example.org", "batv", None),
        ("ann@example.org", "srs", None),
        (None, None, None),
    ] == [(each["result"], each["form"], each["verified"]) for each in json.loads(out)]
    assert list(addresses) == [each["address"] for each in json.loads(out)]


def test_unsafe_output(run: Callable[..., Run]) -> None:
    """What a stranger wrote does not act on a terminal."""
    _, out, _ = run("decode", "l+bob=example.org@x\x1b[1m", PLAIN)

    assert "\x1b" not in out


def test_bad_key_files(run: Callable[..., Run], tmp_path: Path) -> None:
    """A file that is missing, empty or has a short key ends the command with its code."""
    path = tmp_path / "keys"
    options = ("--sender", SENDER, "--key-file", path, "bob@example.org")

    assert Exit.NO_INPUT == run("encode", *options)[0]
    for octets in (b"", b"\n", KEY + b"\nshort\n"):
        path.write_bytes(octets)
        code, out, err = run("encode", *options)
        assert (Exit.BAD_DATA, "") == (code, out)
        assert "at least 16 octets [key]" in err
        assert "short" not in err


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["encode", "bob@example.org"],
        ["decode", "--key-file", "x", "bob@example.org"],
        ["encode", "--sender", SENDER, "--delimiter", "x", "bob@example.org"],
    ],
    ids=["no verb", "no sender", "keys without a sender", "delimiter"],
)
def test_usage(run: Callable[..., Run], arguments: list[str]) -> None:
    """What makes no sense ends with 2."""
    assert Exit.USAGE == run(*arguments)[0]
