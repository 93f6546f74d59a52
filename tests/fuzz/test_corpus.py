"""The grown corpora: which inputs are kept, and in what archive."""

import io
import random
import zipfile
from pathlib import Path

import pytest

from fuzz import corpus
from fuzz.corpus import choose, pack, read_control_file, unpack
from fuzz.engine import HARNESSES, load

WHOLE_OCTETS = 5_000_000
# So many of each harness are tried in every test run.
SAMPLE = 8
SAMPLES = [
    pytest.param(name, data, id=f"{name}-{key[:8]}")
    for name in HARNESSES
    # Names are hashes: the first ones are a sample that stays the same.
    for key, data in [*unpack(name).items()][:SAMPLE]
]


@pytest.mark.parametrize(("name", "data"), SAMPLES)
def test_grown_input_keeps_the_invariant(name: str, data: bytes) -> None:
    """What a campaign has grown breaks no rule of its harness."""
    load(name)(data)


def test_archive_is_the_same_wherever_it_is_made() -> None:
    """The order of the inputs, and how often each comes, change no octet."""
    inputs = [b"a", b"", b"b" * 1000, b"\x80\x81"]
    shuffled = [*inputs, b"a"]
    random.Random(1).shuffle(shuffled)

    packed = pack(inputs)

    assert packed == pack(shuffled)
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        names = archive.namelist()
        assert sorted(names) == names
        assert sorted(inputs) == sorted(archive.read(name) for name in names)
        assert {(1980, 1, 1, 0, 0, 0)} == {each.date_time for each in archive.infolist()}


def test_corpora_are_small_and_of_harnesses() -> None:
    """There is an archive for harnesses alone, and all of them have less than five megabytes."""
    paths = sorted(corpus.CORPORA.glob("*"))

    assert {path.stem for path in paths} <= {*HARNESSES}
    assert sum(path.stat().st_size for path in paths) < WHOLE_OCTETS
    for path in paths:
        assert path.read_bytes() == pack(unpack(path.stem).values())


def test_what_shows_most_comes_first() -> None:
    """The greedy set cover: the most new features, of two with as many the smaller input."""
    inputs = {
        b"large": frozenset({1, 2, 3}),
        b"small": frozenset({4, 5}),
        b"longer": frozenset({4, 5}),
        b"nothing": frozenset({1, 5}),
        b"one": frozenset({2, 6}),
    }

    assert [b"large", b"small", b"one"] == list(choose(inputs, []))


def test_what_the_seeds_show_is_not_kept() -> None:
    """An input that shows nothing besides them is no use."""
    inputs = {b"a": frozenset({1, 2}), b"b": frozenset({2, 3})}

    assert [b"b"] == list(choose(inputs, [frozenset({1}), frozenset({2})]))


def test_control_file_of_a_merge() -> None:
    """It has the files, for each that was tried its features, and which ended the process."""
    text = "4\n1\n/a/x y\n/a/b\n/c\n/d\nSTARTED 0 4\nFT 0 7 8\nCOV 0 9\n"
    text += "STARTED 1 5\nFT 1\nCOV 1\nSTARTED 2 6\nSTARTED 3 1\nFT 3 9\n"

    merge = read_control_file(text)

    assert {
        Path("/a/x y"): frozenset({7, 8}), Path("/a/b"): frozenset(), Path("/d"): frozenset({9}),
    } == merge.features  # fmt: skip
    assert [Path("/c")] == merge.broken
