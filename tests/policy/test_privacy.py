"""What is not told: hosts inside, words of others, where aliases lead."""

import pytest

from dsnlib.model.address import DiagnosticCode, MtaName
from dsnlib.policy.dsn_policy import DsnPolicy
from dsnlib.policy.privacy import Privacy
from tests.policy.cases import decide, envelope, outcome, rcpt

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


HIDING = Privacy(hides_expansions=True)
MAIL = envelope(CHILD, rcpt("ann@example.net"), rcpt("Eve@Host.example", expanded_from="e@x.org"))
SECRETS = HIDING.secrets_of(MAIL)


def test_what_is_secret() -> None:
    """What an alias leads to, where that is hidden and not written by the sender too."""
    both = envelope(CHILD, rcpt("BOB2@host.example"))

    assert {"bob2@host.example", "eve@host.example"} == SECRETS
    assert frozenset() == Privacy().secrets_of(MAIL)
    assert frozenset() == HIDING.secrets_of(both)


@pytest.mark.requirement("3464-4.2-01")
@pytest.mark.parametrize(
    ("text", "is_hidden"),
    [
        ("554 5.7.1 <bob2@host.example> refuses", True),
        ("554 5.7.1 mail to Bob2@HOST.example. refused", True),
        ("554 rejected:'eve@host.example'", True),
        ('554 "eve@host.example"; try later', True),
        ("554 5.7.1 ann@example.net refused", False),
        ("554 5.7.1 xbob2@host.example refused", False),
        ("554 5.7.1 bob2 at host.example refused", False),
        ("554 no", False),
    ],
)
def test_a_reply_to_all_that_names_a_hidden_one(text: str, is_hidden: bool) -> None:  # noqa: FBT001  parametrized
    """What was said to a recipient who is no secret is left out if it tells of one who is."""
    said = outcome(rcpt("ann@example.net"), diagnostic=DiagnosticCode("smtp", text))

    assert is_hidden is HIDING.hides_words_of(said, SECRETS)
    assert not HIDING.hides_words_of(said)


@pytest.mark.parametrize("mark", ' \t<>()[]",;:')
def test_what_stands_round_an_address(mark: str) -> None:
    """An address is found between any marks that texts of servers have."""
    text = f"554 no{mark}bob2@host.example{mark}no"
    said = outcome(rcpt("ann@example.net"), diagnostic=DiagnosticCode("smtp", text))

    assert HIDING.hides_words_of(said, SECRETS)


def test_silence_tells_nothing() -> None:
    """Without a diagnostic there is nothing to hide."""
    said = outcome(rcpt("ann@example.net"), diagnostic=None)

    assert not HIDING.hides_words_of(said, SECRETS)


def test_no_report_names_a_hidden_address() -> None:
    """A refusal after the data that names an alias's target is told by its codes alone."""
    text = "554 5.7.1 <bob2@host.example> does not want this"
    outcomes = [outcome(each, diagnostic=DiagnosticCode("smtp", text)) for each in MAIL.recipients]

    (plan,) = decide(MAIL, outcomes, DsnPolicy(privacy=HIDING)).plans

    assert "host.example" not in str(plan.report)
    assert ["smtp; 554 5.7.1"] * 3 == [str(each.diagnostic_code) for each in plan.report.recipients]
    assert "details of 3 recipients are left out" in [entry.why for entry in plan.trail]
