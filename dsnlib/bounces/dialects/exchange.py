"""Exchange from 5.5 to 365, and the SMTP service of Windows.

    5.5          did not reach the following recipient(s):
    2000, 2003   The following recipient(s) could not be reached:
    2007 on      Delivery has failed to these recipients ...
                 Diagnostic information for administrators:
    SMTP service Delivery to the following recipients failed.

The headings come in the language of the server or of the recipient; the codes and
the addresses below them are the same.
"""

from __future__ import annotations

from dsnlib.bounces.dialect import Dialect
from dsnlib.bounces.event import EventKind

__all__ = ["DIALECTS"]

_ALONE = r"\s{0,12}[<']?{address}[>']?\s*$"
# "bob@example.org on Fri, 4 Oct 2002", also in the languages of the headings
_ON_A_DAY = r"\s{0,12}[<']?{address}[>']? (?:on|am|le|el|il|em|op) "
_X400 = r"[^\n]{0,400}?;dda:smtp=([^\s;@]{1,250}+@[^\s;@]{1,255}+)"

_SOME_OR_ALL = "your message did not reach some or all of the intended recipients"
_REACHED = (
    "the following recipient(s) could not be reached:",
    "the following recipient(s) cannot be reached:",
    "folgende(r) empfänger konnte(n) nicht erreicht werden:",
    "folgende(r) empfänger kann/können nicht erreicht werden:",
    "le ou les destinataires suivants n'ont pu être joints",
    "impossible de joindre le(s) destinataire(s) suivant(s)",
    "no se puede obtener acceso a los siguientes destinatarios",
    "no se pudo establecer contacto con los siguientes destinatarios",
    "impossibile raggiungere i seguenti destinatari",
    "não foi possível contactar o(s) seguinte(s) destinatário(s)",
    "não foi possível alcançar o(s) seguinte(s) destinatário(s)",
    "de volgende geadresseerde(n) kon(den) niet worden bereikt",
    "次の受信者に配信できませんでした",
)
_DIAGNOSTIC = (
    "diagnostic information for administrators:",
    "diagnoseinformationen für administratoren:",
    "informations de diagnostic pour les administrateurs",
    "información de diagnóstico para los administradores:",
    "informazioni di diagnostica per gli amministratori:",
    "informações de diagnóstico para administradores:",
    "diagnostische gegevens voor beheerders:",
    "diagnostikinformation för administratörer:",
    "informacje diagnostyczne dla administratorów:",
    "diagnostické informace pro správce:",
    "диагностические сведения для администраторов:",
    "管理者向けの診断情報",
    "供管理员使用的诊断信息",
    "系統管理員的診斷資訊",
)

DIALECTS = (
    Dialect(
        name="exchange",
        needles=("did not reach the following recipient(s):",),
        after=("did not reach the following recipient(s):",),
        recipients=(_X400, _ON_A_DAY, _ALONE),
        kind=EventKind.FAILURE,
    ),
    # hMailServer and MailEnable have the heading too, and say who they are.
    Dialect(
        name="hmailserver",
        needles=(_SOME_OR_ALL, "the following recipient(s) could not be reached:"),
        needs=("hmailserver",),
        after=_REACHED,
        recipients=(r"{address}\s*$",),
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="mailenable",
        needles=("mailenable: message could not be delivered to some recipients.",),
        recipients=(r"\s+Recipient: \[SMTP:{address}\]",),
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="exchange",
        needles=_REACHED,
        after=_REACHED,
        recipients=(_X400, _ON_A_DAY, _ALONE),
        kind=EventKind.FAILURE,
    ),
    # A name for people above, the address on a line of its own below it.
    Dialect(
        name="exchange",
        needles=_DIAGNOSTIC,
        after=_DIAGNOSTIC,
        recipients=(_ALONE, r"\s{0,12}{address}\s+#"),
    ),
    Dialect(
        name="exchange",
        needles=(
            _SOME_OR_ALL,
            "ihre nachricht hat einige oder alle empfänger nicht erreicht",
            "el mensaje no llegó a algunos o a todos los destinatarios",
            "il messaggio non è stato recapitato ad alcuni o a tutti i destinatari",
            "the mts-id of the original message is:",
        ),
        after=_REACHED,
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="vade",
        needles=("delivery has failed to these recipients or distribution lists:",),
        recipients=(r"\s+\* \[{address}\]:",),
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="exchange",
        needles=(
            "delivery has failed to these recipients or groups:",
            "delivery has failed to these recipients or distribution lists:",
            "fehler bei der nachrichtenzustellung an folgende empfänger oder",
            "échec de la remise aux destinataires ou groupes suivants",
            "no se pudo entregar el mensaje a estos destinatarios o grupos",
            "falha na entrega a estes destinatários ou grupos",
            "recapito non riuscito ai seguenti destinatari o gruppi",
            "bezorging bij deze geadresseerden of groepen is mislukt",
            "次の受信者またはグループへの配信に失敗しました",
        ),
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="exchange-365",
        needles=("dsn generated by:",),
        recipients=(r"\s{0,12}Recipient address:\s{0,12}{address}",),
    ),
    Dialect(
        name="exchange-365",
        needles=("original message details", "office 365 is currently rejecting messages"),
        needs=("be delivered",),
        recipients=(r"\s{0,12}Your message to {address} couldn.t be delivered",),
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="windows-smtp",
        needles=("delivery to the following recipients failed.",),
        after=("delivery to the following recipients failed.",),
        recipients=(_ALONE,),
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="windows-smtp",
        needles=("delivery to the following recipients has been delayed.",),
        after=("delivery to the following recipients has been delayed.",),
        recipients=(_ALONE,),
        kind=EventKind.DELAY,
    ),
)
