"""How tests run a verb of the command: in this process, with what it says taken down."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from dsnlib import cli
from dsnlib.cli.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.run import Run


@pytest.fixture
def run(request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]) -> Callable[..., Run]:
    """Return a function that runs `VERB` of the module: exit code, output and complaints."""
    verb: str = request.module.VERB

    def run_verb(*arguments: object) -> Run:
        code = cli.main([verb, *map(str, arguments)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run_verb


@pytest.fixture
def run_plan(capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> Callable[..., Run]:
    """Return a function that runs `plan` on a description: exit code, output, complaints."""

    def run_verb(description: object, *arguments: str) -> Run:
        path = tmp_path / "message.json"
        text = description if isinstance(description, str) else json.dumps(description)
        path.write_text(text, "utf-8")
        code = cli.main(["plan", str(path), "--now", "2026-11-22T10:14:00+01:00", *arguments])
        said = capfdbinary.readouterr()
        return code, said.out.decode(), said.err.decode()

    return run_verb


@pytest.fixture
def answer(run_plan: Callable[..., Run]) -> Callable[..., dict[str, Any]]:
    """Return a function that gives what `--json` says of a description that can be used."""

    def answer_of(description: object, *arguments: str) -> dict[str, Any]:
        code, out, err = run_plan(description, "--json", *arguments)
        assert (Exit.FINE, "") == (code, err)
        found: dict[str, Any] = json.loads(out)
        return found

    return answer_of
