"""A file of rules is read whole, or refused with its name and a line."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.bounces.rules.rule_file import load_rules
from dsnlib.bounces.taxonomy import Fault, Permanence, Reason
from dsnlib.errors import ConfigurationError

WHOLE = """\
version = 3

[[rule]]
id = "a"
reason = "blocked-host"
needles = ["guest list", "ask..to be let in"]

[[rule]]
id = "b"
reason = "rate-limited"
permanence = "hard"
fault = "recipient"
codes = ["450", "x.7.1"]
providers = ["partner"]
needles = ["too eager"]
mark = true
prose = true
version = 4
source = "https://partner.example/"

[[provider]]
name = "partner"
hosts = ["mx.partner.example"]
marks = ["partner gate"]
"""


@pytest.mark.parametrize("text", [WHOLE, WHOLE.encode()], ids=["text", "octets"])
def test_a_whole_file(text: str | bytes) -> None:
    """Every key is read; a rule has the version of its file unless it says another."""
    rules = load_rules(text, origin="site.toml")
    first, second = rules.rules

    assert ("a", Reason.BLOCKED_HOST, 3, None, None) == (
        first.id,
        first.reason,
        first.version,
        first.permanence,
        first.fault,
    )
    assert ("guest list", "ask..to be let in") == first.needles
    assert (Permanence.HARD, Fault.RECIPIENT, 4) == (
        second.permanence,
        second.fault,
        second.version,
    )
    assert (2, ("partner",), True, True) == (
        len(second.codes),
        second.providers,
        second.is_mark,
        second.is_prose,
    )
    assert "https://partner.example/" == second.source
    assert "partner" == rules.provider_of("mx.partner.example")


def test_an_empty_file() -> None:
    """A file without rules is a set without rules."""
    assert () == load_rules("", origin="x").rules


RULE = '[[rule]]\nid = "a"\nreason = "policy"\nneedles = ["no"]\n'


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("a = \nb = 1", 1, "Invalid value"),
        ('a = "', 0, "Unterminated|Expected"),
        ("version = 0", 0, "version is 0"),
        ("version = true", 0, "version is True"),
        ("other = 1", 0, "no key 'other'"),
        ("rule = 1", 0, r"written \[\[rule\]\]"),
        ("rule = [1]", 0, r"written \[\[rule\]\]"),
        ('rule = [{id = "a"}]', 0, "reason is None"),
        (RULE + "x = 1\n", 1, "no key 'x'"),
        (RULE + "\n" + RULE, 6, "there twice"),
        (RULE + "\n[[rule]]\nid = 1\n", 6, "id is 1"),
        (RULE.replace("policy", "whim"), 1, "no reason 'whim'; there are unknown-user"),
        (RULE + 'permanence = "firm"\n', 1, "no permanence 'firm'"),
        (RULE + "permanence = 1\n", 1, "permanence is 1"),
        (RULE + 'fault = "mine"\n', 1, "no fault 'mine'"),
        (RULE + 'codes = ["5"]\n', 1, "none of the forms"),
        (RULE + 'codes = "5"\n', 1, "not a list"),
        (RULE + "providers = [1]\n", 1, "providers is 1"),
        (RULE + "mark = 1\n", 1, "not true or false"),
        (RULE + "source = 1\n", 1, "source is 1"),
        (RULE + "version = 1.5\n", 1, "version is 1.5"),
        (RULE.replace('["no"]', '["No"]'), 1, "lower case"),
        (RULE.replace('["no"]', "[]"), 1, "needs needles"),
        ('\n[[provider]]\nname = ""\n', 2, "name is ''"),
        ('[[provider]]\nname = "p"\nmarks = ["P"]\n', 1, "lower case"),
        ('[[provider]]\nname = "p"\nmx = 1\n', 1, "no key 'mx'"),
        ("a = " + "[" * 5000, 0, "nested too deeply"),
        ("version = " + "1" * 5000, 0, "too many digits"),
        ("version = 1\n" + "a." * 100_000 + "a = 1", 2, "more than 100 parts"),
    ],
    ids=str,
)
def test_what_is_refused(text: str, line: int, why: str) -> None:
    """What is wrong is told with the name of the file and the line of the entry."""
    with pytest.raises(ConfigurationError, match=why) as caught:
        load_rules(text, origin="site.toml")

    assert "site.toml" == caught.value.origin
    assert line == caught.value.line


def test_octets_that_are_no_text() -> None:
    """A file that is not in UTF-8 is refused with the line."""
    with pytest.raises(ConfigurationError, match="UTF-8") as caught:
        load_rules(b"# fine\n# \xff\n", origin="x")

    assert ("x", 2) == (caught.value.origin, caught.value.line)


@given(st.text() | st.binary())
def test_anything_is_read_or_refused(text: str | bytes) -> None:
    """No file raises anything else."""
    with contextlib.suppress(ConfigurationError):  # the one that is documented
        load_rules(text, origin="x")
