"""Why a reply was given: what counts when codes, words and fields contradict each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dsnlib.bounces.event import Confidence
from dsnlib.bounces.reason import Classification, classify, classify_reply
from dsnlib.bounces.rules.rule_file import load_rules
from dsnlib.bounces.rules.shipped import shipped_rules
from dsnlib.bounces.taxonomy import Fault, Permanence, Reason
from dsnlib.model.report import Action
from dsnlib.model.status import EnhancedStatusCode
from tests.growth import BOUND, growth
from tests.strategies import smtp_replies, status_codes

if TYPE_CHECKING:
    from dsnlib.model.reply import SmtpReply

HARD, SOFT, OPEN = Permanence.HARD, Permanence.SOFT, Permanence.UNKNOWN


def told(text: str | bytes, **more: Any) -> Classification:  # noqa: ANN401  whatever `classify` takes
    """Classify what a report says, a Status given as text."""
    status = more.pop("status", None)
    code = None if status is None else EnhancedStatusCode.parse(status)
    return classify(reply_code=more.pop("reply_code", None), status=code, text=text, **more)


@pytest.mark.parametrize(
    ("reply", "reason", "permanence", "fault"),
    [
        ("550 5.1.1 <a@b.example>: User unknown", Reason.UNKNOWN_USER, HARD, Fault.RECIPIENT),
        ("550 No such user here", Reason.UNKNOWN_USER, HARD, Fault.RECIPIENT),
        ("552 5.2.2 Mailbox full", Reason.MAILBOX_FULL, SOFT, Fault.RECIPIENT),
        ("452 4.2.2 over quota", Reason.MAILBOX_FULL, SOFT, Fault.RECIPIENT),
        ("550 5.2.1 account is disabled", Reason.MAILBOX_DISABLED, HARD, Fault.RECIPIENT),
        ("551 5.1.6 user has moved", Reason.MOVED, HARD, Fault.RECIPIENT),
        ("550 rejected by recipient", Reason.REFUSED_BY_RECIPIENT, HARD, Fault.RECIPIENT),
        ("501 malformed address", Reason.BAD_RECIPIENT_SYNTAX, HARD, Fault.RECIPIENT),
        ("553 ambiguous recipient", Reason.AMBIGUOUS_RECIPIENT, HARD, Fault.RECIPIENT),
        ("553 sender domain does not exist", Reason.BAD_SENDER, HARD, Fault.SENDER),
        ("530 authentication required", Reason.NOT_AUTHENTICATED, HARD, Fault.SENDER),
        ("550 DMARC check failed", Reason.AUTHENTICATION_FAILED, HARD, Fault.SENDER),
        ("554 5.7.1 Relay access denied", Reason.RELAY_DENIED, HARD, Fault.SENDER),
        ("450 too many messages", Reason.RATE_LIMITED, SOFT, Fault.SENDER),
        (
            "554 5.7.1 Client host [192.0.2.1] blocked using zen.spamhaus.org",
            Reason.BLOCKED_HOST,
            SOFT,
            Fault.SENDER,
        ),
        ("554 poor reputation", Reason.BAD_REPUTATION, SOFT, Fault.SENDER),
        ("550 no PTR record", Reason.NO_REVERSE_NAME, HARD, Fault.SENDER),
        ("452 4.5.3 Too many recipients", Reason.TOO_MANY_RECIPIENTS, SOFT, Fault.SENDER),
        ("554 on the suppression list", Reason.SUPPRESSED, HARD, Fault.SENDER),
        ("554 rejected as spam", Reason.SPAM_CONTENT, HARD, Fault.CONTENT),
        ("554 virus found", Reason.VIRUS, HARD, Fault.CONTENT),
        ("552 5.3.4 Message too large", Reason.MESSAGE_TOO_LARGE, HARD, Fault.CONTENT),
        ("554 attachment not allowed", Reason.BAD_CONTENT, HARD, Fault.CONTENT),
        ("554 bare LF", Reason.BAD_FORMAT, HARD, Fault.CONTENT),
        ("553 5.6.7 no", Reason.NEEDS_SMTPUTF8, HARD, Fault.INFRASTRUCTURE),
        ("550 5.7.1 no", Reason.POLICY, HARD, Fault.POLICY),
        ("451 4.7.1 Greylisted", Reason.GREYLISTED, SOFT, Fault.POLICY),
        ("530 must issue a STARTTLS command first", Reason.NEEDS_TLS, HARD, Fault.POLICY),
        ("550 not a member of the list", Reason.LIST_RESTRICTED, HARD, Fault.POLICY),
        ("550 challenge-response", Reason.CHALLENGED, SOFT, Fault.POLICY),
        ("550 5.1.2 Host unknown", Reason.HOST_UNKNOWN, HARD, Fault.RECIPIENT),
        ("556 5.1.10 null MX", Reason.NULL_MX, HARD, Fault.RECIPIENT),
        ("451 DNS lookup failed", Reason.DNS_FAILURE, SOFT, Fault.INFRASTRUCTURE),
        ("connect to mx: No route to host", Reason.HOST_UNREACHABLE, SOFT, Fault.INFRASTRUCTURE),
        ("lost connection with mx", Reason.CONNECTION_LOST, SOFT, Fault.INFRASTRUCTURE),
        ("TLS handshake failed", Reason.TLS_FAILURE, SOFT, Fault.INFRASTRUCTURE),
        ("message expired", Reason.EXPIRED, SOFT, Fault.INFRASTRUCTURE),
        ("554 5.4.6 Too many hops", Reason.LOOP, HARD, Fault.INFRASTRUCTURE),
        ("452 disk full", Reason.SYSTEM_FULL, SOFT, Fault.INFRASTRUCTURE),
        ("421 server busy", Reason.SYSTEM_BUSY, SOFT, Fault.INFRASTRUCTURE),
        ("554 internal server error", Reason.SYSTEM_ERROR, HARD, Fault.INFRASTRUCTURE),
        ("554 unknown mailer error 1", Reason.MAILER_ERROR, HARD, Fault.INFRASTRUCTURE),
        ("503 bad sequence of commands", Reason.PROTOCOL_ERROR, HARD, Fault.INFRASTRUCTURE),
        ("550 no", Reason.UNDEFINED, HARD, Fault.UNKNOWN),
        ("450 no", Reason.UNDEFINED, SOFT, Fault.UNKNOWN),
        ("", Reason.UNDEFINED, OPEN, Fault.UNKNOWN),
        ("250 2.1.5 ok", Reason.UNDEFINED, OPEN, Fault.UNKNOWN),
        ("552 5.2.2 out of storage space and inactive", Reason.MAILBOX_FULL, HARD, Fault.RECIPIENT),
        ("Empfänger unbekannt", Reason.UNKNOWN_USER, HARD, Fault.RECIPIENT),
        ("メールボックスがいっぱいです", Reason.MAILBOX_FULL, SOFT, Fault.RECIPIENT),
        ("550 5.1.1 usuario desconocido", Reason.UNKNOWN_USER, HARD, Fault.RECIPIENT),
    ],
)
def test_replies(reply: str, reason: Reason, permanence: Permanence, fault: Fault) -> None:
    """Every reason is told by some reply, with its permanence and fault."""
    found = classify_reply(reply)

    assert (reason, permanence, fault) == (found.reason, found.permanence, found.fault)


@pytest.mark.parametrize(
    ("reply", "reason", "rule"),
    [
        ("550 La boîte de réception du destinataire est pleine", Reason.MAILBOX_FULL, "form"),
        ("550 El buzón del destinatario está lleno", Reason.MAILBOX_FULL, "form"),
        ("550 Das Postfach von Bob ist voll", Reason.MAILBOX_FULL, "form"),
        ("550 De postvak van Bob is vol", Reason.MAILBOX_FULL, "form"),
        ("550 5.7.1 La casella di Bob è piena", Reason.MAILBOX_FULL, "form"),
        ("550 邮箱 bob 已满", Reason.MAILBOX_FULL, "form"),
        ("550 사용자의 메일함이 가득 찼습니다", Reason.MAILBOX_FULL, "languages"),
        ("550 用户不存在", Reason.UNKNOWN_USER, "zh"),
        ("550 用户 bob 不存在", Reason.UNKNOWN_USER, "form"),
        ("550 Пользователь bob не найден", Reason.UNKNOWN_USER, "form"),
        ("550 El usuario bob no existe", Reason.UNKNOWN_USER, "form"),
        ("550 존재하지 않는 사용자입니다", Reason.UNKNOWN_USER, "ko"),
        ("550 المستخدم غير موجود", Reason.UNKNOWN_USER, "languages"),
    ],
)
def test_other_languages(reply: str, reason: Reason, rule: str) -> None:
    """A word for a mailbox, some words, one for full; and the same for a user who is not there."""
    found = classify_reply(reply)

    assert (reason, f"{reason.value}/{rule}") == (found.reason, found.rule)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("550 5.2.1 La boîte de Bob est pleine d'années", Reason.MAILBOX_DISABLED),
        ("550 La dirección no sirve: el dominio no existe", Reason.HOST_UNKNOWN),
        ("550 Das Postfach von Bob ist vollkommen neu", Reason.UNDEFINED),
        ("550 用户 bob 的邮件过大", Reason.MESSAGE_TOO_LARGE),
        ("550 La boîte de Bob n'est pas là", Reason.UNDEFINED),
    ],
)
def test_a_form_counts_little(reply: str, reason: Reason) -> None:
    """Phrases and telling codes count for more than a form, whose words have to be whole."""
    assert reason is classify_reply(reply).reason


@pytest.mark.parametrize(
    ("text", "fields", "reason", "permanence", "rule"),
    [
        # 1 before 2: who speaks
        ("550 5.1.10", {"remote_mta": "mx.outlook.com"}, Reason.UNKNOWN_USER, HARD, "microsoft/"),
        ("550 5.1.10 no", {}, Reason.NULL_MX, HARD, "enhanced-code/5.1.10"),
        ("554 5.7.9 no", {"remote_mta": "a.yahoodns.net"}, Reason.POLICY, HARD, "yahoo/"),
        # 2 before 3: plain words
        ("552 5.2.2 User unknown", {}, Reason.UNKNOWN_USER, HARD, "unknown-user/"),
        ("552 no such user", {}, Reason.UNKNOWN_USER, HARD, "unknown-user/"),
        ("550 5.7.1 User unknown", {"status": "5.7.1"}, Reason.UNKNOWN_USER, HARD, "unknown-user/"),
        # 3 before 4: the code in the text
        ("550 5.1.1 no", {"status": "5.0.0"}, Reason.UNKNOWN_USER, HARD, "enhanced-code/"),
        ("550 5.1.1 no", {"status": "4.4.7"}, Reason.UNKNOWN_USER, HARD, "enhanced-code/"),
        # 4 before 5: Status, if it is telling
        ("552 no", {"status": "5.1.1"}, Reason.UNKNOWN_USER, HARD, "status-field/5.1.1"),
        ("550 5.0.0 no", {"status": "5.2.1"}, Reason.MAILBOX_DISABLED, HARD, "status-field/"),
        ("552 no", {"status": "5.5.0"}, Reason.MAILBOX_FULL, SOFT, "reply-code/552"),
        ("no", {"reply_code": 552}, Reason.MAILBOX_FULL, SOFT, "reply-code/552"),
        # 5 before 6: a telling reply code and loose words
        ("552 rejected", {}, Reason.MAILBOX_FULL, SOFT, "reply-code/552"),
        # 6 before 7: loose words and vague codes
        ("550 5.7.1 reputation", {}, Reason.BAD_REPUTATION, SOFT, "bad-reputation/loose"),
        ("451 timeout", {}, Reason.CONNECTION_LOST, SOFT, "connection-lost/timeout"),
        # 7: vague codes
        ("no", {"status": "5.3.0"}, Reason.SYSTEM_ERROR, HARD, "status-field/5.3.0"),
        ("451 no", {}, Reason.SYSTEM_ERROR, SOFT, "reply-code/451"),
        # 8: the action
        ("no", {"action": Action.FAILED}, Reason.UNDEFINED, HARD, None),
        ("no", {"action": Action.DELAYED}, Reason.UNDEFINED, SOFT, None),
        ("no", {"action": Action.RELAYED}, Reason.UNDEFINED, OPEN, None),
        # Permanence: the class of the reply code, then of the text's code, then of Status
        ("421 unknown user", {}, Reason.UNKNOWN_USER, SOFT, "unknown-user/"),
        ("451 4.1.1 unknown user", {"status": "5.1.1"}, Reason.UNKNOWN_USER, SOFT, "unknown-user/"),
        ("unknown user (#4.1.1)", {"status": "5.1.1"}, Reason.UNKNOWN_USER, SOFT, "unknown-user/"),
        ("unknown user", {"status": "4.1.1"}, Reason.UNKNOWN_USER, SOFT, "unknown-user/"),
        ("550 unknown user", {"status": "4.4.7"}, Reason.UNKNOWN_USER, HARD, "unknown-user/"),
        ("unknown user", {"action": Action.DELAYED}, Reason.UNKNOWN_USER, HARD, "unknown-user/"),
        ("452 4.2.2 overquotaperm", {}, Reason.MAILBOX_FULL, SOFT, "google/"),
        ("ok", {"status": "2.0.0"}, Reason.UNDEFINED, OPEN, None),
    ],
)  # fmt: skip
def test_what_counts(
    text: str, fields: dict[str, Any], reason: Reason, permanence: Permanence, rule: str | None
) -> None:
    """The order of the docstring holds for each pair of neighbours."""
    found = told(text, **fields)

    assert (reason, permanence) == (found.reason, found.permanence)
    assert (rule is None) == (found.rule is None)
    assert (found.rule or "").startswith(rule or "")


@pytest.mark.parametrize(
    ("text", "status", "expected"),
    [
        ("550 5.1.1 no", "5.0.0", "5.1.1"),
        ("550 5.0.0 no", "5.1.1", "5.1.1"),
        ("550 5.7.1 no", "5.0.0", "5.7.1"),
        ("550 5.0.0 no", "5.7.1", "5.7.1"),
        ("550 5.7.1 no", "5.1.1", "5.1.1"),
        ("550 4.1.1 no", None, "5.1.1"),
        ("no", "4.4.7", "4.4.7"),
        ("550 no", None, None),
    ],
)
def test_the_status_that_counts(text: str, status: str | None, expected: str | None) -> None:
    """The code that tells more, the text's first, in the class of the reply code."""
    found = told(text, status=status)

    assert expected == (None if found.status is None else str(found.status))


@pytest.mark.parametrize(
    ("text", "fields", "confidence"),
    [
        ("550 5.1.1 user unknown", {}, Confidence.CERTAIN),
        ("550 user unknown", {}, Confidence.LIKELY),
        ("550 5.1.1 no", {}, Confidence.LIKELY),
        ("no", {"status": "5.1.1"}, Confidence.CERTAIN),
        ("550 rejected", {}, Confidence.GUESSED),
        ("550 5.7.1 no", {}, Confidence.GUESSED),
        ("550 no", {}, Confidence.GUESSED),
    ],
)
def test_confidence(text: str, fields: dict[str, Any], confidence: Confidence) -> None:
    """Words and code that agree, and a field, are certain; loose words and vague codes guess."""
    assert confidence is told(text, **fields).confidence


def test_evidence_names_rule_version_and_octets() -> None:
    """What fired, of which version, and on which octets of the text."""
    text = "550-5.2.2 é Mailbox\r\n550 5.2.2  full"
    reason, permanence = classify_reply(text).evidence

    assert ("reason", "mailbox-full/words", 1) == (reason.field, reason.rule, reason.version)
    assert text[12:] == reason.text
    assert text[12:].encode() == text.encode()[reason.start : reason.end]
    assert ("permanence", "reason/mailbox-full", None) == (
        permanence.field,
        permanence.rule,
        permanence.start,
    )


@pytest.mark.parametrize(
    ("text", "fields", "rule"),
    [
        ("450 user unknown", {}, "reply-code/450"),
        ("450 user unknown", {"reply_code": 451}, "reply-code/451"),
        ("5.7.1 no", {}, "enhanced-code/5.7.1"),
        ("no", {"status": "5.3.0"}, "status-field/5.3.0"),
        ("no", {"action": Action.FAILED}, "action/failed"),
        ("552 overquotaperm", {}, "google/inactive-and-full"),
        ("user unknown", {}, "reason/unknown-user"),
    ],
)
def test_evidence_of_permanence(text: str, fields: dict[str, Any], rule: str) -> None:
    """What told whether it lasts is named."""
    assert [rule] == [
        each.rule for each in told(text, **fields).evidence if each.field == "permanence"
    ]


def test_codes_alone_have_evidence() -> None:
    """A rule without needles points at the code that it fired on."""
    found = told("550 5.7.27 no", remote_mta="mx.google.com").evidence[0]

    assert ("google/authentication-codes", 4, "5.7.27") == (found.rule, found.start, found.text)


SITE = """
[[rule]]
id = "site/closed"
reason = "list-restricted"
permanence = "hard"
fault = "sender"
version = 7
needles = ["unknown"]
"""


def test_rules_of_the_site() -> None:
    """A rule of the site counts for more, and tells permanence and fault; 4yz stays soft."""
    rules = load_rules(SITE, origin="site.toml").over(shipped_rules())
    found = classify_reply("550 5.1.1 user unknown", rules=rules)

    assert (Reason.LIST_RESTRICTED, HARD, Fault.SENDER) == (
        found.reason,
        found.permanence,
        found.fault,
    )
    assert 7 == found.evidence[0].version
    assert SOFT is classify_reply("450 unknown", rules=rules).permanence
    assert Reason.MAILBOX_FULL is classify_reply("550 mailbox full", rules=rules).reason


def test_an_empty_set_is_a_set() -> None:
    """Who gives rules without any is not given those of dsnlib."""
    none = load_rules("", origin="none")

    assert Reason.UNDEFINED is classify_reply("550 user unknown", rules=none).reason


def test_a_provider_that_is_known() -> None:
    """Who knows who spoke can say so."""
    assert Reason.NEEDS_TLS is classify_reply("550 5.7.29 no", provider="google").reason
    assert Reason.AUTHENTICATION_FAILED is classify_reply("550 5.7.29 no").reason


@given(smtp_replies())
def test_a_reply_is_its_text(reply: SmtpReply) -> None:
    """A reply and its lines are classified alike; the code is the reply's."""
    found = classify_reply(reply)

    assert reply.code == found.reply_code
    assert found.evidence == () or reply.code >= 400


@pytest.mark.parametrize(
    "reply",
    [b"550 5.1.1 \xff unknown user", "550 5.1.1 \udcff unknown user"],
    ids=["octets", "text"],
)
def test_octets_are_replies_too(reply: str | bytes) -> None:
    """A reply in another charset is read as far as it is US-ASCII; its octets are counted."""
    found = classify_reply(reply)

    assert Reason.UNKNOWN_USER is found.reason
    assert (12, 24) == (found.evidence[0].start, found.evidence[0].end)


@given(
    st.text() | st.binary() | st.text(alphabet="45 .-\n@user unknownfl:"),
    st.none() | status_codes(),
    st.none() | st.integers(200, 599),
    st.none() | st.sampled_from(list(Action)),
    st.none() | st.text(),
)
@example("4.0.0", EnhancedStatusCode(2, 0, 0), None, None, "..")
def test_anything_is_classified(
    text: str | bytes,
    status: EnhancedStatusCode | None,
    reply_code: int | None,
    action: Action | None,
    remote_mta: str | None,
) -> None:
    """Nothing raises; what 4yz says is soft; the place of evidence is in the text."""
    found = classify(
        reply_code=reply_code, status=status, text=text, action=action, remote_mta=remote_mta
    )
    octets = len(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))

    if reply_code is not None and 400 <= reply_code < 500:
        assert SOFT is found.permanence
    for each in found.evidence:
        assert each.start is None or each.end is None or 0 <= each.start < each.end <= octets


@pytest.mark.parametrize(
    "unit",
    [
        "user ", "450 ", "550-5.1.1 ", "\r\n", " ", "@", "a@", "5.1.1 ", "over ", "connect to ",
        "mailbox message user address domain recipient ", "é", "ディレクトリ", ": ", "4",
    ],
)  # fmt: skip
def test_twice_the_text_takes_less_than_three_times_as_long(unit: str) -> None:
    """No shape of text makes an answer slow."""

    def prepare(count: int) -> Any:  # noqa: ANN401  something to call
        text = (unit * count).encode()
        return lambda: classify_reply(text)

    assert growth(prepare, 1 << 16) < BOUND


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Benutzer unbekannt", "unknown-user"),
        ("utilisateur inconnu", "unknown-user"),
        ("usuario desconocido", "unknown-user"),
        ("utente sconosciuto", "unknown-user"),
        ("usuário desconhecido", "unknown-user"),
        ("nieznany użytkownik", "unknown-user"),
        ("Пользователь не найден", "unknown-user"),
        ("宛先不明", "unknown-user"),
        ("Postfach voll", "mailbox-full"),
        ("boîte aux lettres pleine", "mailbox-full"),
        ("casella è piena", "mailbox-full"),
        ("gebruiker", "undefined"),
    ],
)
def test_reasons_in_other_languages(text: str, reason: str) -> None:
    """Who is unknown and what is full is read in several languages; the rest tells nothing."""
    assert reason == classify_reply(f"550 {text}").reason.value
