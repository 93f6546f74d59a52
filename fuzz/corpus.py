"""What a harness starts from: seeds, fixtures and the grown corpus `fuzz/corpora/NAME.zip`.

`python -m fuzz.corpus DIR [NAME ...]` makes the grown corpora anew, from `DIR/NAME`, where
`python -m fuzz.run --keep DIR` grew them, and from what they are now.  It ends with status 1
if an input breaks its harness now; that one is in `fuzz/crashes`, and not kept.

Rules.
- Kept is what shows a feature of the code that the seeds do not show: again and again the
  input with the most new features, of two with as many the smaller one.
- No more than `MOST_INPUTS` of each harness, and `MOST_OCTETS` of its file: whatever
  shows least comes last.
- An archive has inputs by the hash of their octets, in that order, with one date, as they
  are: the same inputs are the same file, wherever it is made.
"""

from __future__ import annotations

import argparse
import hashlib
import heapq
import io
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from fuzz.engine import HARNESSES
from fuzz.process import run_module

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = [
    "CORPORA",
    "CRASHES",
    "FUZZ",
    "LONGEST_OCTETS",
    "Merge",
    "choose",
    "pack",
    "read_control_file",
    "seed_directories",
    "unpack",
]

FUZZ = Path(__file__).resolve().parent
CORPORA = FUZZ / "corpora"
CRASHES = FUZZ / "crashes"
"""Where findings are stored."""
# The harnesses whose inputs are messages, to which every fixture is a seed.
_MESSAGE_READERS = ("read_reports", "parse_report", "content", "bounces", "anonymize")
# Larger than any fixture; beyond it an input tells nothing new.
LONGEST_OCTETS = 8192
"""How long an input of the fuzzer is, at most."""
# Chosen by us: forty harnesses then have less than five megabytes.
MOST_INPUTS = 300
MOST_OCTETS = 140_000
# The first that a zip file can have.
_DATE = (1980, 1, 1, 0, 0, 0)
_NAME_DIGITS = 16
_STARTED, _FEATURES = "STARTED", "FT"


def seed_directories(name: str) -> list[Path]:
    """Return the directories whose files a harness starts from."""
    directories = [FUZZ / "seeds" / name]
    if name in _MESSAGE_READERS:
        directories.append(FUZZ.parent / "tests" / "data" / "reports")
    return [directory for directory in directories if directory.is_dir()]


def pack(inputs: Iterable[bytes]) -> bytes:
    """Return an archive of inputs, each once; the same for the same ones."""
    named = {hashlib.sha256(data).hexdigest()[:_NAME_DIGITS]: data for data in inputs}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(named):
            entry = zipfile.ZipInfo(name, _DATE)
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archive.writestr(entry, named[name])
    return buffer.getvalue()


def unpack(name: str) -> dict[str, bytes]:
    """Return the grown corpus of a harness, by the names in its archive; none has none."""
    path = CORPORA / f"{name}.zip"
    if not path.exists():
        return {}
    with zipfile.ZipFile(path) as archive:
        return {each: archive.read(each) for each in archive.namelist()}


class Merge(NamedTuple):
    """What a merge of libFuzzer tried.

    Args:
        features: The features that each file shows.
        broken: The files that ended the process.
    """

    features: dict[Path, frozenset[int]]
    broken: list[Path]


def read_control_file(text: str) -> Merge:
    """Return what a merge of libFuzzer tried.

    Args:
        text: What it wrote: the number of files, that of the first ones, the files, and
            then `STARTED 3 100` and `FT 3 17 4711` for those that were tried.
    """
    count, _, *lines = text.splitlines()
    files = [Path(line) for line in lines[: int(count)]]
    features = {}
    started = []
    for line in lines[int(count) :]:
        kind, place, *numbers = line.split()
        if kind == _STARTED:
            started.append(files[int(place)])
        elif kind == _FEATURES:
            features[files[int(place)]] = frozenset(map(int, numbers))
    return Merge(features, [path for path in started if path not in features])


def choose(
    inputs: Mapping[bytes, frozenset[int]], shown: Iterable[frozenset[int]]
) -> Iterator[bytes]:
    """Yield the inputs that show something new, those that show most first.

    Args:
        inputs: What each one shows.
        shown: What is shown already.
    """
    seen = set().union(*shown)
    # What an input shows that is new only ever becomes less, so the first that is up to
    # date is the best of all.
    waiting = [(-len(shows), len(data), data) for data, shows in inputs.items()]
    heapq.heapify(waiting)
    while waiting:
        promised, octets, data = heapq.heappop(waiting)
        new = inputs[data] - seen
        if not new:
            continue
        if len(new) < -promised:
            heapq.heappush(waiting, (-len(new), octets, data))
            continue
        seen |= new
        yield data


def minimise(name: str, grown: Path) -> tuple[bytes, int]:
    """Return the archive of what is worth keeping of a corpus, and how many inputs broke.

    Those are in `CRASHES` then.

    Args:
        name: The harness.
        grown: The directory in which the corpus grew, or none.

    Raises:
        RuntimeError: The inputs could not be tried.
    """
    CRASHES.mkdir(exist_ok=True)
    first = {path for directory in seed_directories(name) for path in directory.iterdir()}
    with tempfile.TemporaryDirectory(prefix=f"fuzz-{name}-") as folder:
        before, into = Path(folder, "before"), Path(folder, "into")
        control = Path(folder, "control")
        for directory in (before, into):
            directory.mkdir()
        for each, data in unpack(name).items():
            (before / each).write_bytes(data)
        directories = [before, *seed_directories(name), *[grown] * grown.is_dir()]
        ended = run_module(
            "fuzz.engine", name, "-merge=1", "-set_cover_merge=1", f"-merge_control_file={control}",
            f"-artifact_prefix={CRASHES}/{name}-",
            f"-max_len={LONGEST_OCTETS}", str(into), *map(str, directories),
            seconds=3600,
        )  # fmt: skip
        if ended.status or not control.exists():
            message = f"{name}: the merge ended with {ended.status}\n{ended.output[-2000:]}"
            raise RuntimeError(message)
        merge = read_control_file(control.read_text(encoding="utf-8"))
        for path in merge.broken:
            shutil.copyfile(path, CRASHES / f"{name}-merge-{path.name}")
        shown = [merge.features[path] for path in first & merge.features.keys()]
        inputs = {
            path.read_bytes()[:LONGEST_OCTETS]: features
            for path, features in merge.features.items()
            if path not in first
        }
    return _within(list(choose(inputs, shown))[:MOST_INPUTS]), len(merge.broken)


def _within(inputs: list[bytes]) -> bytes:
    """Return an archive of as many of the first inputs as have room in it."""
    packed = pack(inputs)
    while len(packed) > MOST_OCTETS:
        inputs = inputs[: min(len(inputs) - 1, len(inputs) * MOST_OCTETS // len(packed))]
        packed = pack(inputs)
    return packed


def main() -> int:
    """Make the corpora anew that the command line names."""
    parser = argparse.ArgumentParser(
        prog="python -m fuzz.corpus", description="Keep what is worth keeping of grown corpora."
    )
    parser.add_argument("grown", type=Path, metavar="DIR", help="where they grew, in DIR/NAME")
    parser.add_argument("names", nargs="*", metavar="NAME", help="all that are in DIR if not given")
    arguments = parser.parse_args()
    names = arguments.names or [each for each in HARNESSES if (arguments.grown / each).is_dir()]
    unknown = sorted(set(names) - set(HARNESSES))
    if unknown:
        parser.error(f"no harness is called {', '.join(unknown)}")
    CORPORA.mkdir(exist_ok=True)
    has_broken = False
    for name in names:
        packed, broken = minimise(name, arguments.grown / name)
        (CORPORA / f"{name}.zip").write_bytes(packed)
        has_broken |= bool(broken)
        told = f"  {broken} BROKE, see {CRASHES}" if broken else ""
        print(f"{name:16} {len(unpack(name)):>5} inputs {len(packed):>8} octets{told}", flush=True)
    return int(has_broken)


if __name__ == "__main__":
    sys.exit(main())
