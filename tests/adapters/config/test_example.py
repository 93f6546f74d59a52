"""The examples that a site can begin with."""

from __future__ import annotations

from pathlib import Path

import pytest

from dsnlib.adapters.config.example import EXAMPLES, write_example
from dsnlib.adapters.config.listen import LISTENER_PROFILES
from dsnlib.adapters.config.read import read_file, read_settings

SHOWN = Path(__file__).resolve().parents[3] / "docs" / "examples" / "server"


@pytest.mark.parametrize("profile", EXAMPLES)
def test_shown(profile: str) -> None:
    """The files of the documentation are what the command prints.

    To renew them: dsnlib config example PROFILE > docs/examples/server/PROFILE.toml
    """
    assert write_example(profile) == (SHOWN / f"{profile}.toml").read_text("utf-8")


@pytest.mark.parametrize("profile", EXAMPLES)
def test_read(profile: str) -> None:
    """An example can be read, and its listeners have the profile of its name."""
    settings = read_file(SHOWN / f"{profile}.toml")

    assert {profile} == {each.profile for each in settings.listeners}
    assert () == settings.notes
    assert profile in LISTENER_PROFILES


@pytest.mark.parametrize("profile", EXAMPLES)
def test_annotated(profile: str) -> None:
    """No line is too long for a terminal, and every key has its comment."""
    lines = write_example(profile).splitlines()

    assert max(map(len, lines)) <= 90
    for above, line in zip(["", *lines], lines, strict=False):
        if " = " in line and line[0] != "#":
            assert above.startswith("# "), line


def test_unknown() -> None:
    """There are three."""
    with pytest.raises(KeyError):
        write_example("other")
    read_settings(write_example("sink"))
