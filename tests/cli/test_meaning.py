"""What a value of a table means: the action, what follows, the reply."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.cli.verbs.access.meaning import Meaning, explain_access, explain_content
from dsnlib.replies.access import ACCESS_ACTIONS, ActionKind
from dsnlib.replies.stage import Stage

# What an action has to have behind it
ARGUMENTS = {
    ActionKind.REDIRECT: " desk@example.org",
    ActionKind.BCC: " desk@example.org",
    ActionKind.PREPEND: " X-Seen: yes",
    ActionKind.FILTER: " smtp:[127.0.0.1]:10025",
}


@pytest.mark.parametrize("kind", [kind for kind in ActionKind if kind in ACCESS_ACTIONS])
def test_every_access_action(kind: ActionKind) -> None:
    """Each action of an access table is explained, the refusals with their reply."""
    meaning = explain_access("ann@example.org", kind.value + ARGUMENTS.get(kind, ""), Stage.SENDER)

    assert meaning.action is not None
    assert kind is meaning.action.kind
    assert (kind.value.startswith(("REJECT", "DEFER"))) is (meaning.reply is not None)


def test_content_refusals() -> None:
    """A content table chooses class and status; another class refuses for now, and is told."""
    later, odd = explain_content("REJECT 4.7.1 later"), explain_content("REJECT 2.0.0 fine")

    assert "451 4.7.1 later" == str(later.reply)
    assert "451 4.0.0 fine" == str(odd.reply)
    assert ["check-class"] == [defect.code for defect in odd.defects]
    assert explain_content("OK").problem is not None


@pytest.mark.parametrize("stage", Stage)
def test_every_stage(stage: Stage) -> None:
    """A refusal can be shown of whatever it is about."""
    meaning = explain_access("x", "REJECT 5.1.1 no", stage)

    assert f"{stage.value} refused: no" in str(meaning.reply)


def test_the_null_sender_is_shown_as_such() -> None:
    """`<>` is the key of the null path, and not an address in brackets."""
    meaning = explain_access("<>", "REJECT", Stage.SENDER)

    assert " <>: sender address refused" in str(meaning.reply)


@given(st.text(), st.text(), st.sampled_from(Stage))
def test_any_value(asked: str, value: str, stage: Stage) -> None:
    """Whatever stands in a table has a meaning, or is told to have none."""
    for meaning in (explain_access(asked, value, stage), explain_content(value)):
        assert isinstance(meaning, Meaning)
        assert (meaning.problem is None) is (
            meaning.action is not None or meaning.restrictions != ""
        )
