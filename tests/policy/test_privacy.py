"""What is not told: hosts inside, words of others, where aliases lead."""

import pytest

from dsnlib.model.address import DiagnosticCode, MtaName
from dsnlib.policy.privacy import Privacy
from tests.policy.cases import outcome, rcpt

CHILD = rcpt("bob2@host.example", expanded_from="bob@example.org")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("store.lan", True),
        ("Store.LAN.", True),
        ("lan", True),
        ("wlan", False),
        ("store.lan.example", False),
        ("a.b.internal.example", True),
        ("internal.example", True),
        ("example", False),
    ],
)
def test_internal_hosts(name: str, expected: bool) -> None:  # noqa: FBT001  parametrized
    """A domain covers its hosts and subdomains, in any case, and nothing that looks alike."""
    privacy = Privacy(internal_domains=[".lan", "Internal.Example"])

    assert expected is privacy.is_internal(MtaName("dns", name))


def test_nothing_is_internal_by_default() -> None:
    """Without domains no host is hidden, nor is the lack of one."""
    assert not Privacy().is_internal(MtaName("dns", "store.lan"))
    assert False is Privacy(internal_domains=["lan"]).is_internal(None)


@pytest.mark.parametrize(
    ("privacy", "expected"),
    [
        pytest.param(Privacy(), (False, False), id="open"),
        pytest.param(Privacy(hides_transcripts=True), (True, True), id="transcripts"),
        pytest.param(Privacy(hides_expansions=True), (False, True), id="expansions"),
        pytest.param(Privacy(internal_domains=["example.com"]), (True, True), id="internal"),
        pytest.param(Privacy(internal_domains=["lan"]), (False, False), id="other domain"),
    ],
)
def test_whose_words_are_hidden(privacy: Privacy, expected: tuple[bool, bool]) -> None:
    """Each setting hides what it is about: of a plain recipient, of an alias."""
    found = (privacy.hides_words_of(outcome(rcpt())), privacy.hides_words_of(outcome(CHILD)))

    assert expected == found


@pytest.mark.parametrize(
    ("type_", "text", "expected"),
    [
        ("smtp", "550 5.1.1 bob2@host.lan is unknown", "smtp; 550 5.1.1"),
        ("smtp", "550-5.1.1 a 550 5.1.1 b", "smtp; 550 5.1.1"),
        ("SMTP", "552 full", "smtp; 552"),
        ("smtp", "552", "smtp; 552"),
        ("smtp", "550 5.1.1", "smtp; 550 5.1.1"),
        ("smtp", "250 2.1.5 bob2", "smtp; 250 2.1.5"),
        ("smtp", "459 4.0.9 bob2", "smtp; 459 4.0.9"),
        ("smtp", "550 5.10.109 bob2", "smtp; 550 5.10.109"),
        ("smtp", "550 5.1.1000 bob2", "smtp; 550"),
        ("smtp", "550 5..1 bob2", "smtp; 550"),
        ("smtp", "550 5.1 bob2", "smtp; 550"),
        ("smtp", "550 5.1.1.1 bob2", "smtp; 550"),
        ("smtp", "55 bob2", None),
        ("smtp", "550 5.1.1x bob2", "smtp; 550"),
        ("smtp", "5501 bob2", None),
        ("smtp", "it broke", None),
        ("x-unix", "exit 1: /home/bob2", None),
        ("x-unix", "550 5.1.1 bob2", None),
    ],
)
def test_words_go_and_codes_stay(type_: str, text: str, expected: str | None) -> None:
    """A reply keeps its codes; words that are no reply go altogether."""
    found = Privacy.without_words(DiagnosticCode(type_, text))

    assert expected == (None if found is None else str(found))
    assert Privacy.without_words(None) is None
