"""`dsnlib config` tells what is wrong, shows what holds, and gives something to begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dsnlib.adapters.config.example import EXAMPLES, write_example
from dsnlib.adapters.config.read import read_settings
from dsnlib.adapters.config.write import write_defaults
from dsnlib.cli.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.run import Run

VERB = "config"
LISTEN = "[[listen]]\nport = 2525\nsmtpd_peername_lookup = false\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return the path of a configuration."""
    return tmp_path / "dsnlib.toml"


def test_fine(run: Callable[..., Run], file: Path) -> None:
    """A configuration that can be used is told to be fine."""
    file.write_text(LISTEN, "utf-8")
    assert (Exit.FINE, f"{file}: fine, 1 listener\n", "") == run("check", file)

    file.write_text(f"{LISTEN}[[listen]]\nport = 26\nprofile = 'sink'\n", "utf-8")
    assert (Exit.FINE, f"{file}: fine, 2 listeners\n", "") == run("check", file)


def test_every_error(run: Callable[..., Run], file: Path) -> None:
    """Every error is a line of its own, with its place."""
    file.write_text(f"x = 1\nsoft_bounce = 'perhaps'\n{LISTEN}", "utf-8")
    code, out, err = run("check", file)

    assert (Exit.BAD_DATA, "") == (code, out)
    assert [
        f"dsnlib: {file}:1: x: there is no such key",
        f"dsnlib: {file}:2: soft_bounce: 'perhaps' is not true or false",
    ] == err.splitlines()


def test_files(run: Callable[..., Run], file: Path) -> None:
    """Tables and certificates are opened, unless that is not wanted."""
    file.write_text(f"header_checks = 'regexp:/no/such'\n{LISTEN}", "utf-8")
    code, _, err = run("check", file)

    assert Exit.BAD_DATA == code
    assert f"{file}:1: header_checks: /no/such: cannot be read" in err
    assert Exit.FINE == run("check", "--no-files", file)[0]


def test_no_such_user(run: Callable[..., Run], file: Path) -> None:
    """A user that this host does not have is a note: it may be checked elsewhere."""
    file.write_text(f"mail_owner = 'no-such-user'\n{LISTEN}", "utf-8")
    note = f"dsnlib: note: {file}:1: mail_owner: there is no user 'no-such-user' on this host\n"

    assert (Exit.FINE, f"{file}: fine, 1 listener\n", note) == run("check", file)
    assert "" == run("check", "--no-files", file)[2]


def test_no_file(run: Callable[..., Run], file: Path) -> None:
    """A file that is not there is told as that."""
    assert (Exit.NO_INPUT, "", f"dsnlib: {file}: No such file or directory\n") == run("check", file)


def test_old_name(run: Callable[..., Run], file: Path) -> None:
    """An old name is understood, and a note says its name of today."""
    file.write_text(f"virtual_maps = ''\n{LISTEN}", "utf-8")
    code, _, err = run("check", file)

    assert Exit.FINE == code
    assert f"dsnlib: note: {file}:1: virtual_maps is called virtual_alias_maps now\n" == err


def test_defaults(run: Callable[..., Run]) -> None:
    """The defaults are printed as a file would have them."""
    assert (Exit.FINE, write_defaults(), "") == run("show", "--defaults")


def test_show(run: Callable[..., Run], file: Path) -> None:
    """What holds is printed, all of it or what is not as by default."""
    file.write_text(f"myhostname = 'mx.example.org'\nsoft_bounce = true\n{LISTEN}", "utf-8")
    settings = read_settings(file.read_text("utf-8"))
    _, whole, _ = run("show", file)
    _, changed, _ = run("show", "--changed", file)

    assert settings == read_settings(whole) == read_settings(changed)
    assert "soft_bounce = true\n" in changed
    assert "queue_type" in whole
    assert "queue_type" not in changed


def test_nothing_to_show(run: Callable[..., Run], file: Path) -> None:
    """Without a file there is nothing to show, and one that is wrong is told of."""
    assert Exit.USAGE == run("show")[0]
    assert Exit.NO_INPUT == run("show", file)[0]


@pytest.mark.parametrize("profile", EXAMPLES)
def test_example(run: Callable[..., Run], profile: str) -> None:
    """There is an example for each profile."""
    assert (Exit.FINE, write_example(profile), "") == run("example", profile)
