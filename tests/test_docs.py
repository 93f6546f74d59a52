"""Every example a reader can see is run: documents, README and docstrings.

In a document, a block marked `python` is executed (as a doctest when it starts
with `>>>`); the blocks of one document share their names.  A block marked
`console` is a series of `$ command` lines, each followed by what it prints:

    $ dsnlib parse docs/examples/bounces.mbox
    ...
    3 bounces

A line `...` stands for any number of lines.  A command runs in the root of the
project with the programs of this environment first, may take 30 seconds, and
has to succeed; one that should not is written `command; echo "exit $?"`.  A
block that is not to be run is marked `sh`.

One test is one document, so that xdist never spreads its blocks.
"""

import doctest
import importlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sybil import Example, Sybil
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser, SkipParser

ROOT = Path(__file__).resolve().parent.parent
TIMEOUT_SECONDS = 30
DOCTEST_FLAGS = doctest.ELLIPSIS

ENVIRONMENT = {
    **os.environ,
    "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
    # The same text on every machine: no colour, one width, one language.
    "COLUMNS": "80",
    "LC_ALL": "C.UTF-8",
    "NO_COLOR": "1",
    "TERM": "dumb",
    # An example that needs the network fails here, not at a reader's desk.
    "http_proxy": "http://127.0.0.1:9",
    "https_proxy": "http://127.0.0.1:9",
    "PIP_NO_INDEX": "1",
}


def commands(block: str) -> Iterator[tuple[str, str]]:
    """Each command of a console block with the output shown below it."""
    head, *parts = re.split(r"^\$ ", block, flags=re.MULTILINE)
    if head.strip():
        msg = f"a console block starts with '$ ', not with {head.splitlines()[0]!r}"
        raise ValueError(msg)
    for part in parts:
        lines = part.split("\n")
        # A backslash at the end of a line continues the command on the next.
        end = next(index for index, line in enumerate(lines) if not line.endswith("\\")) + 1
        yield "\n".join(lines[:end]), "\n".join(lines[end:])


def matches(expected: str, actual: str) -> bool:
    """Whether the output is as shown, `...` standing for any number of lines."""
    patterns = (
        r"(?:.*\n)*?" if line.strip() == "..." else re.escape(line.rstrip()) + r"\n"
        for line in expected.strip("\n").splitlines()
    )
    text = "".join(f"{line.rstrip()}\n" for line in actual.strip("\n").splitlines())
    return re.fullmatch("".join(patterns), text) is not None


def run_console(example: Example) -> str | None:
    """What is wrong with a console block; nothing if it does as it says."""
    for command, expected in commands(example.parsed):
        try:
            done = subprocess.run(  # noqa: S602 - the shell is what the reader types into
                command,
                shell=True,
                cwd=ROOT,
                env=ENVIRONMENT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
                timeout=TIMEOUT_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return f"$ {command}\ntook more than {TIMEOUT_SECONDS} seconds"
        if done.returncode != 0:
            return f"$ {command}\nfailed with status {done.returncode}:\n{done.stdout}"
        if not matches(expected, done.stdout):
            return f"$ {command}\nexpected:\n{expected}\ngot:\n{done.stdout}"
    return None


SYBIL = Sybil(
    parsers=[
        PythonCodeBlockParser(doctest_optionflags=DOCTEST_FLAGS),
        CodeBlockParser("console", run_console),
        SkipParser(),
    ],
)


def documents() -> Iterator[Path]:
    """Every page that shows an example."""
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
    for page in pages:
        if page.is_file() and "_build" not in page.parts and list(SYBIL.parse(page).examples()):
            yield page


def docstrings() -> Iterator[str]:
    """Every module of dsnlib with a doctest in it, by its dotted name."""
    for path in sorted((ROOT / "dsnlib").rglob("*.py")):
        if ">>> " in path.read_text(encoding="utf-8"):
            yield ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def name_of(page: Path) -> str:
    """A page as a reader would call it."""
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", list(documents()), ids=name_of)
def test_document(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The examples of a page run in order and give what the page says."""
    monkeypatch.chdir(ROOT)
    for example in SYBIL.parse(page).examples():
        example.evaluate()


@pytest.mark.parametrize("module", list(docstrings()))
def test_docstring(module: str) -> None:
    """The doctests of a module give what they say."""
    result = doctest.testmod(importlib.import_module(module), optionflags=DOCTEST_FLAGS)

    assert 0 == result.failed


@pytest.mark.parametrize(
    ("expected", "actual", "same"),
    [
        ("a\nb\n", "a\nb\n", True),
        ("a\nb", "a\nb  \n", True),
        ("a\n...\nc\n", "a\nc\n", True),
        ("a\n...\nc\n", "a\nb\nb\nc\n", True),
        ("...\n", "", True),
        ("", "", True),
        ("", "a\n", False),
        ("a\n", "a\nb\n", False),
        ("a.c\n", "abc\n", False),
        ("a ... c\n", "a b c\n", False),
    ],
)
def test_output_is_compared_by_line(expected: str, actual: str, same: bool) -> None:  # noqa: FBT001 - a column of the table
    """Lines are literal but for trailing space; `...` alone is any number of them."""
    assert same is matches(expected, actual)


def test_console_block_is_split_into_commands() -> None:
    """A command may go on after a backslash; what follows is its output."""
    block = "$ echo a \\\n    b\na b\n$ true\n"

    assert [("echo a \\\n    b", "a b\n"), ("true", "")] == list(commands(block))


@pytest.mark.parametrize(
    ("block", "complaint"),
    [
        ("$ echo a\na\n", None),
        ("$ echo a\nb\n", "expected"),
        ("$ exit 3\n", "status 3"),
        ("$ no-such-program\n...\n", "status 127"),
        ("$ (exit 3); echo exit $?\nexit 3\n", None),
    ],
    ids=["as shown", "other output", "failure", "no program", "failure shown"],
)
def test_console_block_is_run(tmp_path: Path, block: str, complaint: str | None) -> None:
    """Other output, or a failure that is not shown, is an error."""
    page = tmp_path / "page.md"
    page.write_text(f"text\n\n```console\n{block}```\n", encoding="utf-8")
    (example,) = SYBIL.parse(page).examples()

    said = run_console(example)

    assert said is None if complaint is None else complaint in str(said)
