"""Every harness of `fuzz/`, tried on its seeds and on every fixture.

So a harness cannot rot unseen, and what the fuzzer found once stays found.
"""

import importlib.util
from pathlib import Path

import pytest

from fuzz.alphabet import MESSAGE, expand
from fuzz.corpus import seed_directories
from fuzz.engine import HARNESSES, load, reads

ROOT = Path(__file__).resolve().parent.parent.parent
FIXTURES = sorted((ROOT / "tests" / "data" / "reports").glob("*.eml"))
FIXTURE_INPUTS = [
    pytest.param(name, path, id=f"{path.stem}-{name}")
    for name in HARNESSES
    for path in FIXTURES[:: 1 if len(seed_directories(name)) > 1 else 8]
]
SEEDS = [
    pytest.param(name, path, id=f"{name}-{path.name}")
    for name in HARNESSES
    for path in sorted((ROOT / "fuzz" / "seeds" / name).iterdir())
]


@pytest.mark.parametrize(("name", "path"), SEEDS)
def test_seed_keeps_the_invariant(name: str, path: Path) -> None:
    """What a harness starts from breaks none of its rules."""
    load(name)(path.read_bytes())


@pytest.mark.parametrize(("name", "path"), FIXTURE_INPUTS)
def test_fixture_keeps_the_invariant(name: str, path: Path) -> None:
    """Any octets will do for a harness, so a report is an input for each of them.

    All of them for those that read messages, some for the others.
    """
    load(name)(path.read_bytes())


@pytest.mark.parametrize("name", HARNESSES)
def test_runner_starts_from_the_seeds(name: str) -> None:
    """Each harness has a directory of seeds of its own."""
    assert ROOT / "fuzz" / "seeds" / name in seed_directories(name)


@pytest.mark.parametrize("name", HARNESSES)
def test_harness_states_what_it_is_for(name: str) -> None:
    """Its docstring has the invariant, the table in README.md has it, its modules are there."""
    text = importlib.import_module(f"fuzz.fuzz_{name}").__doc__
    table = (ROOT / "fuzz" / "README.md").read_text("utf-8")

    assert text is not None
    assert "\n\nInvariant.\n- " in text
    assert f"| `fuzz_{name}.py` | " in table
    assert [] == [each for each in reads(name) if importlib.util.find_spec(each) is None]


def test_every_directory_of_seeds_has_a_harness() -> None:
    """A harness that was renamed leaves no seeds that nobody tries."""
    assert sorted(HARNESSES) == sorted(path.name for path in (ROOT / "fuzz" / "seeds").iterdir())


@pytest.mark.parametrize("module", ["alphabet", *[f"fuzz_{name}" for name in HARNESSES]])
def test_alphabet_has_an_octet_for_each_token(module: str) -> None:
    """The octets from 0x80 on reach every token; the same octet always the same."""
    values = vars(importlib.import_module(f"fuzz.{module}"))
    alphabets = [
        values[name]
        for name in values["__all__"]
        if name != "READS" and isinstance(values[name], tuple)
    ]

    for tokens in alphabets:
        assert len(tokens) <= 128
        for number, token in enumerate(tokens):
            assert token == expand(bytes((0x80, 0x80 + number)), tokens)


def test_plain_input_stands_for_itself() -> None:
    """An input that begins with US-ASCII is not translated, whatever follows."""
    assert b"From: \x81\xff\n" == expand(b"From: \x81\xff\n", MESSAGE)
