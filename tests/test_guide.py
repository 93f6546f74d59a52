"""The tables of the guide say what the code does; its examples are in test_docs."""

import datetime as dt
import enum
import re
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

from dsnlib.model.esmtp import Notify
from dsnlib.model.outcome import Disposition
from dsnlib.model.report import Action
from dsnlib.policy.budget import Budget
from dsnlib.policy.dsn_policy import DsnPolicy, PostmasterClass
from dsnlib.policy.guard import GUARDS, GuardRule
from dsnlib.policy.profile import PROFILES, Profile
from dsnlib.policy.table import Case, judge

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs/guide/embed-in-your-mta.md").read_text(encoding="utf-8")
ALL = Notify.SUCCESS | Notify.FAILURE | Notify.DELAY
NAMED = {"default": Profile(name="default"), **PROFILES}


def rows(heading: str) -> list[dict[str, str]]:
    """Return the rows of the table whose first column is called that."""
    _, found, rest = PAGE.partition(f"| {heading} |")
    assert found, heading
    lines = (found + rest).partition("\n\n")[0].splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    names, _, *others = cells
    return [dict(zip(names, row, strict=True)) for row in others]


def settings(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    """Yield each setting of a profile with its path."""
    for field in attrs.fields(type(value)):  # type: ignore[arg-type]  # what holds settings is attrs
        inner = getattr(value, field.name)
        name = f"{path}.{field.name}".lstrip(".")
        if field.name == "budget" and inner is None:
            inner = Budget()
        if name in ("name", "dsn.guards"):  # its own, and the other table
            continue
        if attrs.has(type(inner)):
            yield from settings(inner, name)
        else:
            yield name, inner


def shown(value: object) -> str:
    """Return a setting as the page shows it."""
    if value is None or value == PostmasterClass.NONE:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, enum.Flag):
        return str(value.name)
    if isinstance(value, dt.timedelta):
        return str(value).removesuffix(", 0:00:00")
    return str(value)


def test_profiles() -> None:
    """Each setting in which profiles differ has a row, with its value in each."""
    expected: dict[str, dict[str, str]] = {}
    for name, profile in NAMED.items():
        for path, value in settings(profile):
            expected.setdefault(f"`{path}`", {})[name] = shown(value)
    differing = {path for path, values in expected.items() if len(set(values.values())) > 1}
    page = {row.pop("setting"): row for row in rows("setting")}

    assert set() == differing - set(page)
    assert {path: expected[path] for path in page} == page


def asked_by(rule: GuardRule) -> str:
    """Return the profiles that ask a rule, as the page shows them."""
    return ", ".join(
        name for name, profile in NAMED.items() if rule.name in profile.dsn.guards.enabled
    )


def test_guards() -> None:
    """Each rule has a row: its events, who asks it, whether NOTIFY overrules it; in order."""
    assert [
        {
            "rule": f"`{rule.name}`",
            "of": "all" if rule.events == ALL else str(rule.events).replace(",", ", "),
            "asked by": asked_by(rule),
            "overruled": "yes" if rule.is_overruled else "no",
        }
        for rule in GUARDS
    ] == [{key: value for key, value in row.items() if key != "stops if"} for row in rows("rule")]


@pytest.mark.parametrize(
    "row",
    [row for row in rows("what happened") if row["your outcome"].startswith("`")],
    ids=lambda row: row["what happened"],
)
def test_who_is_answerable(row: dict[str, str]) -> None:
    """What the sender hears of an outcome, and under which word of NOTIFY, is what is decided."""
    name = re.findall(r"`([A-Z_]+)`", row["your outcome"])[0]
    disposition = Disposition[name]
    heard = re.match(r"`([a-z]+)` for ([A-Z]+)", row["the sender hears"])
    for word in (Notify.SUCCESS, Notify.FAILURE, Notify.DELAY):
        verdict = judge(Case(disposition, word), DsnPolicy())
        is_told = heard is not None and str(word) == heard[2]

        assert is_told is (verdict.event is not None)
        assert heard is None or Action(heard[1]) is verdict.action


def test_the_engine_is_short() -> None:
    """The first example has fewer than fifteen lines, as its heading says."""
    section = PAGE.partition("## 1.")[2].partition("## 2.")[0]
    *_, block = re.findall(r"```python\n(.*?)```", section, re.DOTALL)

    assert len(block.splitlines()) < 15


def test_the_mail_system_is_short() -> None:
    """The example that has everything can be read at one sitting."""
    source = (ROOT / "docs/examples/mta.py").read_text(encoding="utf-8")

    assert len(source.splitlines()) <= 150
