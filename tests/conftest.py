"""What every test may use: hypothesis profiles, the shared corpus, golden files.

Collection leaves close to a million objects that stay to the end.  They are frozen, so
that no later collection of garbage walks them: that took a third of a second each time.

Profiles.  `dev` is the default; `HYPOTHESIS_PROFILE=thorough make test` (or
pytest's `--hypothesis-profile`) chooses another.  None has a deadline: on a
busy machine a slow example is no defect, and speed has its own benchmarks.
`ci` draws the same examples every time: what lands is judged by what it changed,
and new examples are for those who write, who have the other two.  `mutation` is
for `make mutate`: the same few examples every time, and a failure is not made
smaller, because nobody reads it.  `written` draws nothing: with it `make cover` tells
which branches only drawn examples take.
"""

import gc
import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

ROOT = Path(__file__).resolve().parent.parent

# What a shell without job control has put into the background ignores Ctrl-C, and so would
# every process that a test starts in order to send it one.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("dev", deadline=None)
settings.register_profile("ci", deadline=None, database=None, derandomize=True, print_blob=True)
settings.register_profile(
    "thorough",
    deadline=None,
    max_examples=10_000,
    print_blob=True,
    # Ten thousand examples are slow to draw, which is what the profile is for.
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "mutation",
    deadline=None,
    database=None,
    derandomize=True,
    max_examples=25,
    phases=[Phase.explicit, Phase.generate],
    # A busy machine would count as a mutant killed.
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("written", deadline=None, database=None, phases=[Phase.explicit])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the switch that rewrites golden files."""
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="write what is composed over tests/golden/, to be reviewed as a diff",
    )


def pytest_collection_finish() -> None:
    """Take what was collected out of the sight of the garbage collector."""
    gc.collect()
    gc.freeze()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test marked `shared` where the shared corpus is not."""
    if item.get_closest_marker("shared") is not None:
        _shared_corpus_or_skip()


def _shared_corpus_or_skip() -> Path:
    shared = Path(os.environ.get("DSNLIB_SHARED", ROOT.parent / "shared"))
    corpus = shared / "corpus" / "dev"
    if not corpus.is_dir():
        pytest.skip(f"no shared corpus: {corpus} is not there; set DSNLIB_SHARED")
    return corpus


@pytest.fixture(scope="session")
def shared_corpus() -> Path:
    """The folder of real bounces that are not ours to publish; skips without it."""
    return _shared_corpus_or_skip()


@pytest.fixture(scope="session")
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Whether golden files are to be rewritten rather than compared."""
    return bool(request.config.getoption("--update-golden"))
