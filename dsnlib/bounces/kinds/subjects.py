"""What the subject of a mail says about its kind: phrases of mail systems, as data.

A subject is what a person reads first, so systems put into it what they are:
"Undeliverable", "Automatic reply", "awaits moderator approval".  Here are their
phrases in many languages, one row for each kind, how sure the phrase is, and
where in the subject it has to stand.

Rules.
- A phrase at the start counts only there: who answers or forwards a bounce puts
  `Re:` or `Fwd:` before it, and writes an ordinary mail.
- Phrases are compared without regard to case, behind tags in brackets that
  filters and lists put in front.
- A word that people use in subjects too is in a row of its own, `AWAY`: it
  counts only where something else says that a program wrote the mail.
"""

from __future__ import annotations

import binascii
import enum
import re
from typing import NamedTuple

from dsnlib.model.text import decode_base64

__all__ = ["SubjectRule", "Telling", "subject_text", "tell_subject", "vocabulary"]


class Telling(enum.Enum):
    """What a subject says."""

    BOUNCE = "bounce"
    REPLY = "auto-reply"
    AWAY = "away"
    CHALLENGE = "challenge"
    LIST = "list-notice"
    DMARC = "dmarc-report"
    COMPLAINT = "complaint"


class SubjectRule(NamedTuple):
    """The phrase that a subject has, and what it says."""

    telling: Telling
    phrase: str


# The first row whose phrase stands at the start, in this order.
_AT_START: dict[Telling, tuple[str, ...]] = {
    Telling.BOUNCE: (
        # English
        "undeliver", "delivery status notification", "delivery notification", "delivery fail",
        "delivery error", "delivery report", "delivery problem", "delivery has failed",
        "delivery delayed", "delivery unsuccessful", "delivery final failure",
        "delivery incomplete", "delivery warning", "mail delivery", "mail failure",
        "mail not delivered", "mail could not be delivered", "mail could not be sent",
        "mail system error", "mail error", "mail failed", "mail undeliverable",
        "mail status report", "mail returned", "failed mail", "failed delivery",
        "failure notice", "failure delivery", "failure to deliver", "failure notification",
        "returned mail", "returned message", "returned to sender", "return mail",
        "returned email", "message delivery", "message not delivered", "message undeliver",
        "message delayed", "message could not be", "message status - undeliverable",
        "message rejected", "message can't be delivered", "non-deliver", "non deliver",
        "nondeliver", "ndn:", "ndr:", "warning: could not send", "warning: message",
        "warning: e-mail delayed", "delayed mail", "delayed delivery", "permanent delivery",
        "problem delivering", "problem with delivery", "email delivery", "e-mail delivery",
        "email could not be delivered", "error sending mail", "there was an error sending",
        "your message could not be delivered", "your mail could not be delivered",
        "your message was not delivered", "rejected mail", "user unknown", "unknown user",
        "unable to deliver", "could not deliver", "cannot deliver", "couldn't deliver",
        "loop alert:", "automatically rejected mail", "not delivered:",
        "postfix smtp server: errors", "status of your message",
        "notification of delivery failure", "notification: delivery", "transport error",
        # German
        "unzustellbar", "nicht zustellbar", "nicht zugestellt", "zustellung fehlgeschlagen",
        "zustellungsfehler", "zustellfehler", "fehler bei der zustellung", "unzustellbare",
        "benachrichtigung über zustellstatus", "benachrichtigung zum übermittlungsstatus",
        # French
        "non remis", "non-remis", "échec de la remise", "échec de remise",
        "echec de remise", "message non distribu", "message non remis", "non distribuable",
        "échec de livraison", "notification d'échec", "notification d'état de remise",
        "échec de distribution", "non délivrable",
        # Spanish
        "no se puede entregar", "no se pudo entregar", "no entregado", "no entregable",
        "mensaje no entregado", "error de entrega", "fallo de entrega", "fallo en la entrega",
        "error en la entrega", "mensaje devuelto", "correo devuelto",
        "notificación de estado de entrega",
        # Italian
        "non recapitabile", "mancato recapito", "mancata consegna", "avviso di mancata consegna",
        "impossibile recapitare", "recapito non riuscito", "errore di consegna", "non consegnat",
        # Portuguese
        "não entregue", "não foi possível entregar", "falha na entrega",
        "falha de entrega", "falha ao entregar", "mensagem não entregue",
        "não é possível entregar", "erro de entrega", "mensagem devolvida",
        "não pode ser entregue", "notificação de estado de entrega",
        # Dutch, Scandinavian, Finnish
        "onbestelbaar", "niet bezorgd", "bezorging mislukt", "kan niet bezorgen", "niet afgeleverd",
        "det går inte att leverera", "kan inte leverera", "olevererat", "ej levererat",
        "kan ikke leveres", "kan ikke levere", "ikke leveret", "ikke levert", "uleverbar",
        "ei voi toimittaa", "ei voitu toimittaa", "toimitus epäonnistui", "toimittamaton",
        # Polish, Czech, Slovak, Hungarian, Turkish
        "nie można dostarczyć", "niedostarczon", "nie dostarczono", "niedoręczon",
        "nedoručiteln", "nedoručen", "nelze doručit", "nedoručiteľn",
        "kézbesíthetetlen", "nem kézbesíthető", "teslim edilemedi",
        "teslim edilemeyen", "iletilemedi", "gönderilemedi",
        # Russian, Ukrainian
        "не доставлен",
        "недоставлен",
        "не удается доставить",
        "не удалось доставить",
        "невозможно доставить",
        "ваше сообщение не доставлен",
        "сообщение не доставлен",
        "письмо не доставлен",
        "ошибка доставки",
        # Japanese, Chinese, Korean
        "配信不能", "配信できません",
        "配信に失敗", "配信エラー",
        "配送エラー", "送信エラー",
        "未配信", "エラーメール",
        "无法传递", "无法投递", "无法送达",
        "投递失败", "邮件发送失败",
        "邮件传输失败", "系统退信", "退信",
        "無法傳遞", "無法投遞", "傳遞失敗",
        "배달되지 않음", "배달할 수 없음",
        "전송 실패", "전송실패", "발송 실패",
        "반송",
    ),
    Telling.REPLY: (
        # English
        "automatic reply", "automatic response", "automatic answer", "automated reply",
        "automated response", "automated answer", "auto reply", "auto-reply", "autoreply",
        "auto response", "auto-response", "autoresponse", "auto responder", "autoresponder",
        "auto-responder", "auto:", "out of office", "out-of-office", "out of the office",
        "ooo:", "ooo ", "i am out of the office", "i'm out of the office", "i am away",
        "i am currently out", "i am currently away", "i am on vacation", "i am on leave",
        "away from my mail", "away from the office", "vacation reply", "vacation message",
        "vacation notice", "on vacation:", "vacation:", "away:", "away message",
        # German
        "automatische antwort", "automatische rückantwort", "automatische abwesenheit",
        "abwesenheitsnotiz", "abwesenheitsnachricht", "abwesenheitsbenachrichtigung",
        "abwesenheitsassistent", "abwesenheitsmeldung", "ich bin nicht im büro",
        "ich bin im urlaub", "autom. antwort",
        # French
        "réponse automatique", "reponse automatique", "absence du bureau",
        "absent du bureau", "absente du bureau", "message d'absence", "en dehors du bureau",
        # Spanish, Italian, Portuguese
        "respuesta automática", "respuesta automatica", "fuera de la oficina",
        "fuera de oficina", "risposta automatica", "fuori sede:", "fuori ufficio",
        "resposta automática", "resposta automatica", "fora do escritório",
        "ausente del despacho", "auto-resposta",
        # Dutch, Scandinavian, Finnish
        "automatisch antwoord", "automatisch bericht", "automatisk svar", "automatiskt svar",
        "autosvar", "frånvarande:", "frånvaromeddelande", "fraværsmelding",
        "fravær:", "ikke til stede:", "niet aanwezig:", "afwezigheidsbericht",
        "automaattinen vastaus", "poissa toimistosta",
        # Polish, Czech, Hungarian, Turkish
        "automatyczna odpowiedź", "autoodpowiedź", "odpowiedź automatyczna",
        "automatická odpověď", "automatická odpoveď",
        "automatikus válasz", "házon kívül", "otomatik yan\u0131t",
        # Russian, Ukrainian
        "автоматический ответ",
        "автоответ",
        "автоматична відповідь",
        # Japanese, Chinese, Korean
        "自動応答", "自動返信", "不在通知",
        "自动答复", "自动回复", "自動回覆",
        "自動答覆", "자동 회신", "자동회신",
        "자동 응답", "부재중",
    ),
    Telling.AWAY: (
        "vacation", "on vacation", "on holiday", "on leave", "annual leave", "maternity leave",
        "parental leave", "away", "out until", "urlaub", "im urlaub", "abwesend", "abwesenheit",
        "außer haus", "ausser haus", "absence", "absent", "en congé", "en vacances",
        "ausente", "ausencia", "ausência", "de vacaciones", "vacaciones", "férias",
        "assente", "assenza", "in ferie", "fuori sede", "afwezig", "vakantie", "frånvaro",
        "frånvarande", "semester", "fravær", "ferie", "poissa", "lomalla",
        "nieobecność", "poza biurem", "urlop", "mimo kancelář", "dovolená",
        "szabadság", "отпуск", "в отпуске",
        "отсутств", "不在", "外出",
    ),
    Telling.CHALLENGE: (
        "please confirm your message", "please confirm your email", "please confirm your mail",
        "please verify your email", "please verify your e-mail", "please verify your message",
        "please authenticate your", "confirm your e-mail to", "confirm your email to",
        "confirm delivery of", "sender verification", "sender confirmation",
        "verification required", "your email requires verification",
        "your message requires verification", "your e-mail requires verification",
        "your mail requires confirmation", "message awaiting your verification",
        "your message is awaiting verification", "action required to deliver",
        "challenge:", "antispam uol", "spam challenge", "[verify", "unconfirmed message",
        "i'm using a spam blocker", "email verification required to deliver",
    ),
    Telling.LIST: (
        "confirm subscri", "confirm unsubscri", "subscription confirmation", "subscription to",
        "your confirmation is required to", "your confirmation is needed",
        "subscription request", "unsubscription request", "unsubscribe confirmation",
        "command confirmation request", "post by non-member to", "request to mailing list",
        "moderator request", "moderation request", "moderate for ", "rejected post",
        "you have been unsubscribed from", "you have been subscribed to",
        "bounce action notification", "automatic unsubscribe",
    ),
    Telling.COMPLAINT: ("complaint about message from ", "email feedback report for ip "),
}  # fmt: skip

# What counts wherever it stands, in this order.
_ANYWHERE: tuple[tuple[Telling, str], ...] = (
    (Telling.BOUNCE, "returning message to sender"),
    (Telling.BOUNCE, "returned to sender"),
    (Telling.BOUNCE, "could not be delivered"),
    (Telling.BOUNCE, "was not delivered"),
    (Telling.BOUNCE, "couldn't be delivered"),
    (Telling.BOUNCE, "cannot be delivered"),
    (Telling.BOUNCE, "has not yet been delivered"),
    (Telling.BOUNCE, "- user unknown"),
    (Telling.BOUNCE, "are not member ("),
    (Telling.BOUNCE, ": non remis"),
    (Telling.BOUNCE, "kan niet worden bezorgd"),
    (Telling.BOUNCE, "konnte nicht zugestellt werden"),
    (Telling.LIST, "awaits moderator approval"),
    (Telling.LIST, "awaits moderation"),
    (Telling.LIST, "awaiting moderator approval"),
    (Telling.LIST, "awaits your approval"),
    (Telling.LIST, "waiting for moderator approval"),
    (Telling.LIST, "requires approval"),
    (Telling.LIST, "mailing list memberships reminder"),
    (Telling.LIST, "moderator request(s) waiting"),
)
# An answer or a forward in the usual languages; the phrase is not the writer's.
_ANSWER = re.compile(r"(?:re|aw|sv|antw|rif|odp|fw|fwd|wg|tr|rv|vs|i|enc)(?:\[[0-9]{1,3}\])?[ ]?:")
# An answer that quotes it is no bounce, but one system only adds to the subject.
_BEHIND_ANSWER = (": non remis",)
# Tags that filters and lists put in front.
_TAG = re.compile(
    r"(?:\[(?!verify)[^\[\]]{1,64}\]|\*{2,8}[a-z ]{1,20}\*{2,8}|\{[a-z ]{1,20}\?\})[ ]*"
)
# welcome and digests of list software, with what varies.
_LIST_FORMS = re.compile(
    r"welcome to the .{1,200} (?:mailing )?list|.{1,200} digest, vol [0-9]|confirm [0-9a-f]{8,64}\b"
)
# dmarc-subject = %s"Report" 1*FWS %s"Domain:" ... "Submitter:" ... "Report-ID:"   RFC 7489 s7.2.1.1
_DMARC = re.compile(
    r"report[ ]{1,9}domain:[ ]?[^ ]{1,255}[ ]{1,9}submitter:[ ]?.{1,255}[ ]{0,9}report-id:"
)
# encoded-word = "=?" charset "?" encoding "?" encoded-text "?="   RFC 2047 s2
_ENCODED_WORD = re.compile(
    rb"=\?([^?* \n]{1,40})(?:\*[^? \n]{1,40})?\?([bq])\?([^? \n]{0,400})\?="
    rb"(?:[ \t\r\n]{1,9}(?==\?))?",
    re.IGNORECASE,
)
_SPACES = re.compile(r"[\s\u00a0]+")
# RFC 5322 s2.1.1 has 998 characters to a line; what a subject is about is in the first.
_LONGEST = 998
_KEY_LENGTH = 2


def _index() -> dict[str, tuple[SubjectRule, ...]]:
    """Sort the phrases by their first letters, the longer before the shorter."""
    index: dict[str, list[SubjectRule]] = {}
    for telling, phrases in _AT_START.items():
        for phrase in phrases:
            folded = phrase.casefold()
            index.setdefault(folded[:_KEY_LENGTH], []).append(SubjectRule(telling, folded))
    return {start: tuple(rules) for start, rules in index.items()}


_BY_START = _index()


def tell_subject(subject: bytes) -> SubjectRule | None:
    """Return what a subject says about the kind of its mail.  Never raises.

    >>> tell_subject(b"Undeliverable: lunch")
    SubjectRule(telling=<Telling.BOUNCE: 'bounce'>, phrase='undeliver')
    >>> tell_subject(b"Re: Undeliverable: lunch")

    Args:
        subject: The text of the field as it stands in the mail.
    """
    text = subject_text(subject).casefold()
    while found := _TAG.match(text):
        text = text[found.end() :]
    known = _BY_START.get(text[:_KEY_LENGTH], ())
    rules = [rule for rule in known if text.startswith(rule.phrase)]
    for rule in rules:
        if rule.telling is not Telling.AWAY:
            return rule
    return _tell_whole(text) or (rules[0] if rules else None)


def _tell_whole(text: str) -> SubjectRule | None:
    """Return what a subject says that begins with no phrase."""
    answers = _ANSWER.match(text) is not None
    for telling, phrase in _ANYWHERE:
        if phrase in text and (not answers or phrase in _BEHIND_ANSWER):
            return SubjectRule(telling, phrase)
    if not answers:
        if _DMARC.match(text):
            return SubjectRule(Telling.DMARC, "report domain:")
        if found := _LIST_FORMS.match(text):
            return SubjectRule(Telling.LIST, found[0])
    return None


def subject_text(subject: bytes) -> str:
    """Return a subject as text on one line, its encoded words decoded.  Never raises."""
    subject = subject[:_LONGEST].strip()
    if b"=?" in subject:
        subject = _ENCODED_WORD.sub(_decode_word, subject)
    elif subject.isascii():
        text = subject.decode("ascii")
        return text if text.isprintable() else _SPACES.sub(" ", text)
    return _SPACES.sub(" ", _decode(subject))


def _decode_word(found: re.Match[bytes]) -> bytes:
    charset, encoding, encoded = found.groups()
    octets = decode_base64(encoded) if encoding in b"Bb" else binascii.a2b_qp(encoded, header=True)
    try:
        return octets.decode(charset.decode("latin-1")).encode("utf-8", "replace")
    except (LookupError, ValueError):
        return octets


def _decode(octets: bytes) -> str:
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode("latin-1")


def vocabulary() -> frozenset[str]:
    """Return the words of all phrases, lower case: what a subject may keep unnamed.

    Never raises.
    """
    phrases = [each for row in _AT_START.values() for each in row]
    phrases += [phrase for _, phrase in _ANYWHERE]
    return frozenset(word for phrase in phrases for word in re.findall(r"[^\W\d_]+", phrase))
