"""`dsnlib explain` tells what a code means, and whether it is one."""

from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.cli.exits import Exit
from dsnlib.cli.verbs.explain import explain
from dsnlib.cli.verbs.explain.reply_codes import look_up_reply
from dsnlib.model.registry import entries

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.run import Run

VERB = "explain"


def rows(text: str) -> dict[str, str]:
    """Return the labelled rows of an explanation, folded lines joined."""
    found: dict[str, str] = {}
    label = ""
    for line in text.splitlines()[1:]:
        label = line[2:14].strip() or label
        found[label] = f"{found.get(label, '')} {line[14:]}".strip()
    return found


def test_a_status_code(run: Callable[..., Run]) -> None:
    """A registered code has a title, class, subject, meaning, replies and RFC."""
    code, out, err = run("5.7.26")

    assert (Exit.FINE, "") == (code, err)
    assert "5.7.26  Multiple authentication checks failed" == out.splitlines()[0]
    assert rows(out) == {
        "Class": "5, Permanent Failure. It failed, and the same will fail again.",
        "Subject": "7, Security or Policy Status.",
        "Meaning": "More than one authentication check failed.",
        "Replies": "550",
        "Defined in": "RFC 7372",
    }


def test_a_reply(run: Callable[..., Run]) -> None:
    """A reply is explained by its code and by its status."""
    code, out, err = run("550 5.1.1 No such user")
    found = rows(out)

    assert (Exit.FINE, "") == (code, err)
    assert "550 5.1.1  Bad destination mailbox address" == out.splitlines()[0]
    assert ["Reply", "Text", "Class", "Subject", "Meaning", "Replies", "Defined in"] == list(found)
    assert "No such user" == found["Text"]
    assert found["Reply"].endswith("(RFC 5321)")


def test_a_bare_reply_code(run: Callable[..., Run]) -> None:
    """A reply code alone tells which status codes go with it, of its class."""
    code, out, _ = run("552")

    assert Exit.FINE == code
    assert "5.2.3, 5.3.4, 5.7.16" == rows(out)["Often with"]


@pytest.mark.parametrize("asked", ["354", "599", "250"])
def test_reply_codes_without_much_to_say(run: Callable[..., Run], asked: str) -> None:
    """A reply code is explained by its digits where no RFC has it; 3yz has no status."""
    code, out, _ = run(asked)

    assert Exit.FINE == code
    assert ("No RFC that we know" in rows(out)["Reply"]) is (asked == "599")
    assert ("Often with" in rows(out)) is (asked == "250")


def test_a_reply_of_several_lines(run: Callable[..., Run]) -> None:
    """Lines of a reply are taken together, as sent or as Diagnostic-Code has them."""
    _, as_sent, _ = run("550-5.1.1 one\n550 5.1.1 two")
    _, as_diagnostic, _ = run("SMTP; 550-5.1.1 one 550 5.1.1 two")

    assert as_sent == as_diagnostic
    assert "one two" == rows(as_sent)["Text"]


def test_a_disagreement_is_told(run: Callable[..., Run]) -> None:
    """Where the codes of a reply contradict each other, the reply code wins."""
    code, out, _ = run("550 4.7.1 greylisted")

    assert Exit.PROBLEMS == code
    assert out.startswith("550 5.7.1  ")
    assert rows(out)["But"] == (
        "status 4.7.1 does not agree with code 550 [2034-4-03]"
        " The reply code decides, so the status is read as 5.7.1."
    )


def test_lines_that_disagree(run: Callable[..., Run]) -> None:
    """Where the lines of a reply have several statuses, the first counts."""
    code, out, _ = run("550-5.1.1 a\n550 5.2.1 b")

    assert Exit.PROBLEMS == code
    assert out.startswith("550 5.1.1  ")
    assert "lines disagree on the status: 5.1.1, 5.2.1 [2034-4-04]" == rows(out)["But"]


@pytest.mark.parametrize(
    ("asked", "subject", "detail"),
    [
        (
            "4.7.999",
            "7, Security or Policy Status.",
            "999, which is not registered for this subject.",
        ),
        (
            "5.42.1",
            "42, which is not registered.",
            "1, which is not registered for this subject.",
        ),
    ],
)
def test_an_unknown_code(run: Callable[..., Run], asked: str, subject: str, detail: str) -> None:
    """A code that nobody registered is explained as far as it goes."""
    code, out, _ = run(asked)

    assert Exit.PROBLEMS == code
    assert asked == out.splitlines()[0]
    assert (subject, detail) == (rows(out)["Subject"], rows(out)["Detail"])


def test_a_class_that_does_not_suit(run: Callable[..., Run]) -> None:
    """A code outside the classes of its RFC is explained, and that is told."""
    code, out, _ = run("5.2.2")

    assert Exit.FINE == code
    assert "its RFC has it with class 4, not 5." == rows(out)["But"]


def test_a_deprecated_code(run: Callable[..., Run]) -> None:
    """A deprecated code has no title and says so."""
    code, out, _ = run("5.6.10")

    assert (Exit.FINE, "5.6.10") == (code, out.splitlines()[0])
    assert "deprecated" in rows(out)["But"]
    assert "none is registered" == rows(out)["Replies"]


@pytest.mark.parametrize("asked", ["5.7.17", "5.0.0"])
def test_replies_that_are_no_numbers(run: Callable[..., Run], asked: str) -> None:
    """Where the registry has words in the place of reply codes, they are told."""
    expected = {"5.7.17": "5XX", "5.0.0": "Any"}

    assert expected[asked] == rows(run(asked)[1])["Replies"]


@pytest.mark.parametrize(
    "asked", ["hello", "6.1.1", "5.01.1", "5.1", "5.1.1000", "55", "150", "600", "\x1b[31m"]
)
def test_what_is_no_code(run: Callable[..., Run], asked: str) -> None:
    """What is no code is told on standard error, harmless, and ends with 65."""
    code, out, err = run(asked)

    assert (Exit.BAD_DATA, "") == (code, out)
    assert err.startswith("dsnlib: ")
    assert err.rstrip("\n").isprintable()


@pytest.mark.parametrize("asked", ["5.1.1 (no such user)", " 5.1.1 ", "5.1.1\tgone"])
def test_text_behind_a_status(asked: str) -> None:
    """A Status field can be pasted with its comment."""
    assert "5.1.1" == str(explain(asked).status)


def test_several(run: Callable[..., Run]) -> None:
    """Every argument is explained; the worst decides the exit code."""
    code, out, err = run("5.1.1", "nonsense", "2.1.5")

    assert Exit.BAD_DATA == code
    assert ["5.1.1  Bad destination mailbox address", "2.1.5  Destination address valid"] == [
        part.splitlines()[0] for part in out.split("\n\n")
    ]
    assert 1 == len(err.splitlines())


def test_standard_input(run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    """`-` takes a code from each line; empty lines do not count."""
    lines = io.TextIOWrapper(io.BytesIO(b"5.1.1\r\n\n550 5.7.1 \xff\n"))
    monkeypatch.setattr(sys, "stdin", lines)
    code, out, _ = run("-")

    assert Exit.FINE == code
    assert 2 == len(out.split("\n\n"))
    assert "Text        \ufffd" in out


def test_no_standard_input(run: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> None:
    """A process without standard input has no lines."""
    monkeypatch.setattr(sys, "stdin", None)

    assert (Exit.FINE, "", "") == run("-")


def test_json(run: Callable[..., Run]) -> None:
    """`--json` gives an object for each argument, with the same facts."""
    code, out, err = run("--json", "5.6.10", "550 4.7.1 x", "4.7.999", "nonsense")
    records: list[dict[str, Any]] = json.loads(out)
    deprecated, reply, unknown, nonsense = records

    assert (Exit.BAD_DATA, 1) == (code, len(err.splitlines()))
    assert {"asked", "reply", "status", "defects", "error"} == set(reply)
    assert (None, True, None) == (
        deprecated["reply"],
        deprecated["status"]["deprecated"],
        deprecated["status"]["title"],
    )
    assert (550, ["x"]) == (reply["reply"]["code"], reply["reply"]["lines"])
    assert "5.7.1" == reply["status"]["code"]
    assert ["reply-class"] == [defect["code"] for defect in reply["defects"]]
    assert (False, None) == (unknown["status"]["registered"], unknown["status"]["meaning"])
    assert (None, None) == (nonsense["reply"], nonsense["status"])
    assert "nonsense" in nonsense["error"]


@pytest.mark.parametrize("entry", entries(), ids=str)
def test_every_registered_code(run: Callable[..., Run], entry: object) -> None:
    """Each code of the registry can be explained."""
    code, out, err = run(f"5{str(entry)[1:]}")

    assert (Exit.FINE, "") == (code, err)
    assert "Meaning" in rows(out)


@given(st.text() | st.from_regex(r"[245]\.\d{1,4}\.\d{1,4}.*|[1-6]\d\d[ -]?.*"))
def test_any_text(asked: str) -> None:
    """Whatever is asked has an explanation or a problem, and never both."""
    explanation = explain(asked)
    has_answer = explanation.reply is not None or explanation.status is not None

    assert has_answer is (explanation.problem is None)


@pytest.mark.parametrize("code", range(200, 600))
def test_every_reply_code(code: int) -> None:
    """A reply code that is told as known has a sentence and an RFC."""
    found = look_up_reply(code)

    assert found.reference.startswith("RFC ")
    assert not found.known or found.meaning.endswith(".")


def test_it_says_it_to_a_person_in_their_language(run: Callable[..., Run]) -> None:
    """`--lang` adds what a notification would say, in the nearest language there is."""
    code, out, err = run("--lang", "de-AT", "5.1.1")

    assert (Exit.FINE, "") == (code, err)
    assert "Es gibt kein Postfach mit dieser Adresse." == rows(out)["Says"]
    assert rows(out)["Advice"].startswith("Bitte prüfen Sie")


def test_a_language_that_nobody_has(run: Callable[..., Run]) -> None:
    """English stands in, and that is said."""
    code, out, err = run("--lang", "tlh", "550 5.1.1 no")

    assert Exit.FINE == code
    assert "There is no mailbox with this address." == rows(out)["Says"]
    assert "dsnlib: no texts in 'tlh'; in English then\n" == err


def test_what_it_says_is_in_the_record(run: Callable[..., Run]) -> None:
    """JSON has language, text and advice, and none of them unless asked."""
    _, out, _ = run("--json", "--lang", "fr", "5.2.2", "550")
    first, second = json.loads(out)

    assert ("fr", "La boîte aux lettres est pleine.") == (first["language"], first["says"])
    assert ("fr", None, None) == (second["language"], second["says"], second["advice"])
    assert "language" not in json.loads(run("--json", "5.2.2")[1])[0]
