"""Every harness of `fuzz/`, tried on its seeds and on every fixture.

So a harness cannot rot unseen, and what the fuzzer found once stays found.
"""

from pathlib import Path

import pytest

from fuzz.alphabet import COMMAND, DECISION, MESSAGE, PATH, REPLY, TEMPLATE, VALUE, expand
from fuzz.engine import HARNESSES, load
from fuzz.run import HARNESSES as RUN_HARNESSES
from fuzz.run import corpora

ROOT = Path(__file__).resolve().parent.parent.parent
FIXTURES = sorted((ROOT / "tests" / "data" / "reports").glob("*.eml"))
SEEDS = [
    pytest.param(name, path, id=f"{name}-{path.name}")
    for name in HARNESSES
    for path in sorted((ROOT / "fuzz" / "seeds" / name).iterdir())
]


@pytest.mark.parametrize(("name", "path"), SEEDS)
def test_seed_keeps_the_invariant(name: str, path: Path) -> None:
    """What a harness starts from breaks none of its rules."""
    load(name)(path.read_bytes())


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
@pytest.mark.parametrize("name", HARNESSES)
def test_fixture_keeps_the_invariant(name: str, path: Path) -> None:
    """Any octets will do for a harness, so a report is an input for each of them."""
    load(name)(path.read_bytes())


@pytest.mark.parametrize("name", HARNESSES)
def test_runner_starts_from_the_seeds(name: str) -> None:
    """`run.py` finds each harness by its file, and at least one directory of seeds."""
    assert name in RUN_HARNESSES
    assert ROOT / "fuzz" / "seeds" / name in corpora(name)


def test_runner_and_engine_know_the_same_harnesses() -> None:
    """A harness that is a file is also one that can be started."""
    assert sorted(HARNESSES) == sorted(RUN_HARNESSES)


@pytest.mark.parametrize("tokens", [COMMAND, DECISION, MESSAGE, PATH, REPLY, TEMPLATE, VALUE])
def test_alphabet_has_an_octet_for_each_token(tokens: tuple[bytes, ...]) -> None:
    """The octets from 0x80 on reach every token; the same octet always the same."""
    assert len(tokens) <= 128
    for number, token in enumerate(tokens):
        assert token == expand(bytes((0x80, 0x80 + number)), tokens)


def test_plain_input_stands_for_itself() -> None:
    """An input that begins with US-ASCII is not translated, whatever follows."""
    assert b"From: \x81\xff\n" == expand(b"From: \x81\xff\n", MESSAGE)
