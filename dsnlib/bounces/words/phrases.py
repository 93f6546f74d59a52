"""The words with which mail systems say that mail did not arrive, by language.

Data for `signs` and `read`: single words are looked up among the words of a
text, phrases are searched for.  A language is added with a row in each table
that it has words for; a word that ordinary mail has as often says nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "DELAY_WORDS",
    "FAILURE_PHRASES",
    "FAILURE_WORDS",
    "HEAD_ENDS",
    "HEAD_PHRASES",
    "HEAD_STARTS",
    "HEAD_WORDS",
    "phrases_of",
    "words_of",
]

# language -> words of a Subject
HEAD_WORDS = {
    "en": (
        "undeliverable undelivered undeliver undeliverd nondeliverable nondelivery bounce bounced "
        "warning returned failed failure rejected refused loop"
    ),
    "de": "unzustellbar zustellung zustellungsstatus zustellen fehler fehlgeschlagen",
    "fr": "erreur remis",
    "it": "errore recapitato",
    "es": "devuelto devuelta entrega entregado",
    "nl": "mislukt",
    "cs": "nedoručeno",
}
# language -> expressions for phrases of a Subject
HEAD_PHRASES = {
    "en": (
        r"not (?:be )?deliver|non-deliver|user unknown|unknown user|not member|"
        r"deliver(?:y|ed)?\b.{0,20}(?:fail|problem|error|notif|status|report|delay|unsuccess)|"
        r"(?:error|problem|delay)\w{0,6}\b.{0,20}\b(?:(?:e-?)?mail|message|deliver|sender)|"
        r"mail.{0,30}(?:could not|not be|error|delay|status)|message (?:delayed|status|blocked)|"
        r"can ?not be (?:sent|delivered)|couldn'?t be delivered"
    ),
    "de": r"nicht zustellbar|nicht zugestellt|zustellung.{0,20}(?:fehl|nicht)",
    "fr": r"échec d|non (?:distribu|délivr|livr)|n'a pas (?:pu|été)",
    "it": r"mancat[ao] (?:consegna|recapito)|non (?:consegnat|recapitat)|impossibile (?:rec|con)",
    "es": r"no (?:se|ha) (?:pudo|puede|podido|sido) entreg|no entregad|fallo .{0,9}entreg",
    "pt": r"falha (?:na|de) entrega|não (?:foi|p[ôo]de ser) (?:possível )?entreg|não entregue",
    "nl": r"niet (?:af|be)?(?:geleverd|leverd|bezorgd|worden)|onbestelbaar",
    "sv": r"inte (?:levere|kunde)|kunde inte|ej levere|olever",
    "da": r"kunne ikke (?:lever|afle|send)|ikke lever",
    "fi": r"toimit\w{1,12} epäonnist|ei voi(?:tu|da) toimit",
    "pl": r"zwrot wiadomo|nie (?:można|udało się|został\w?) (?:dostarcz|doręcz)|niedostarcz",
    "cs": r"nedoruč|nelze doruč",
    "hu": r"kézbesíthetetlen|nem kézbesít",
    "ro": r"nelivrat|nu a putut fi livrat",
    "tr": r"iletileme|teslim edileme",
    "el": r"αποτυχ|παραδ|παράδ",
    "ru": r"не\s?достав|возврат|не удалось|не может быть",
    "uk": r"не вдалося|повернен",
    "zh": "不可|失败|失敗|退信|退回|无法|無法|未能|不能",
    "ja": "配信|エラー|配送|送信できません|届きません",
    "ko": "반송|실패|전송할 수 없|배달할 수 없",
    "he": "לא נמסר|לא ניתן",
    "ar": "تعذر|فشل",
}
# language -> what stands in front of the Subject of the original, and behind it
HEAD_STARTS = {
    "en": "undeliverable|undelivered|non-delivery",
    "de": "unzustellbar|nicht zustellbar",
    "nl": "onbestelbaar",
    "fr": "non remis",
    "it": "non recapitabile",
    "es": "no se puede entregar",
    "pt": "não é possível entregar",
}
HEAD_ENDS = {"en": "undeliverable", "de": "unzustellbar|nicht zugestellt", "fr": "non remis"}
# language -> words of a text about mail that did not arrive
FAILURE_WORDS = {
    "en": (
        "undeliverable undelivered nondeliverable failed failure failures fails unknown rejected "
        "reject bounce bounced returned unreachable unable error errors quota disabled inactive "
        "permanent fatal problems problem refused denied full expired"
    ),
    "de": "unzustellbar zugestellt zustellung zustellen fehler",
    "fr": "remis livré livrer",
    "es": "entregado entregar entrega",
    "it": "consegna consegnato recapitato recapitare",
    "nl": "afgeleverd",
    "cs": "doručen doručeno",
    "da": "leveret",
    "sv": "levererats",
}
FAILURE_PHRASES = {
    "en": (
        r"(?:not|n't)(?: yet)?(?: be| been)?(?: successfully)? (?:deliver|sent|reach|accept|relay|"
        r"forward|able|process|found|exist|collect)"
    ),
    "fr": r"n'a pas|n'ont pas|impossible de|échec",
    "it": r"non (?:è|e'|ha|può|sono) (?:stat|pot|esser)|impossibile",
    "es": r"no (?:se|ha|han|fue|pudo) (?:pudo|puede|podido|sido|ser|entreg)|imposible",
    "pt": r"não (?:foi|foram|p[ôo]de|é|existe)|falh(?:a|ou)",
    "nl": r"niet (?:af|be)?(?:geleverd|leverd|bezorgd|worden)|mislukt",
    "sv": r"inte (?:levere|nå|kunde|kan)|kunde inte",
    "da": r"ikke (?:lever|afle|blive|nå)",
    "fi": r"epäonnist|ei voi",
    "pl": r"nie (?:można|udało|został|istnieje|mo[gż])|błąd",
    "cs": r"nedoruč|nelze|nepodařilo",
    "hu": r"nem (?:kézbesít|sikerült|lehet)",
    "ro": r"nu (?:a putut|poate|s-a)",
    "tr": r"iletileme|edileme|ulaşma",
    "el": r"παραδ|παράδ|αποτυχ",
    "ru": r"достав|не (?:найден|удалось|существует)",
    "uk": r"не (?:вдалося|знайден|існує|може)",
    "zh": "送达|送達|投递|投遞|失败|失敗|退回|不存在|无法|無法",
    "ja": "送信|配信|エラー|配送|届きません|見つかりません",
    "ko": "실패|없습니다|반송|배달",
    "he": "לא נמסר|לא ניתן",
    "ar": "تعذر|فشل",
}
# language -> words of a text about mail that is late, one of them at least
DELAY_WORDS = {
    "en": (
        "delayed delay deferred warning retried retry trying yet temporary temporarily continue "
        "resend again"
    ),
    "de": "verzögert verzögerung",
    "fr": "retard",
    "es": "retrasado",
}


def words_of(table: dict[str, str]) -> frozenset[str]:
    """Return the words of a table, of all languages.  Never raises."""
    return frozenset(word for words in table.values() for word in words.split())


def phrases_of(table: dict[str, str], frame: str = "%s") -> Callable[[str], object]:
    """Return what searches a text in lower case for the phrases of a table.

    Args:
        table: Expressions, by language.
        frame: An expression with `%s` where they stand.
    """
    return re.compile(frame % "|".join(table.values())).search
