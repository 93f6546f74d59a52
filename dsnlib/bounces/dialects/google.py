"""Google: Gmail, Workspace, and its Groups.

Gmail names the recipient in X-Failed-Recipients too, Groups names it only there.
"""

from __future__ import annotations

from dsnlib.bounces.dialect import Dialect
from dsnlib.bounces.event import EventKind
from dsnlib.bounces.taxonomy import Reason

__all__ = ["DIALECTS"]

_FAILED = ("delivery to the following recipient failed permanently:",)
_DELAYED = ("delivery to the following recipient has been delayed:",)
_ALONE = (r"\s{3,12}{address}\s*$",)

DIALECTS = (
    Dialect(
        name="google",
        needles=_FAILED,
        after=_FAILED,
        recipients=_ALONE,
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="google",
        needles=_DELAYED,
        after=_DELAYED,
        recipients=_ALONE,
        kind=EventKind.DELAY,
    ),
    Dialect(
        name="google",
        needles=("technical details of permanent failure:",),
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="google",
        needles=("technical details of temporary failure:",),
        kind=EventKind.DELAY,
    ),
    # The title between asterisks, since 2016, in the language of the sender
    Dialect(
        name="google",
        needles=(
            "** address not found **",
            "** adresse nicht gefunden **",
            "** adresse introuvable **",
            "** no se ha encontrado la dirección **",
            "** no se encontró la dirección **",
            "** endereço não encontrado **",
            "** indirizzo non trovato **",
            "** adres niet gevonden **",
            "** nie znaleziono adresu **",
            "** adres bulunamadı **",  # noqa: RUF001  Turkish has an i without a dot
            "** адрес не найден **",
            "** 找不到地址 **",
        ),
        kind=EventKind.FAILURE,
        reason=Reason.UNKNOWN_USER,
    ),
    Dialect(
        name="google",
        needles=(
            "** message not delivered **",
            "** message blocked **",
            "** message rejected **",
            "** nachricht nicht zugestellt **",
            "** nachricht blockiert **",
            "** message non remis **",
            "** message bloqué **",
            "** mensaje no entregado **",
            "** mensaje bloqueado **",
            "** mensagem não entregue **",
            "** mensagem bloqueada **",
            "** messaggio non recapitato **",
            "** messaggio bloccato **",
            "** bericht niet bezorgd **",
            "** bericht geblokkeerd **",
        ),
        kind=EventKind.FAILURE,
    ),
    Dialect(
        name="google",
        needles=("** recipient inbox full **",),
        kind=EventKind.FAILURE,
        reason=Reason.MAILBOX_FULL,
    ),
    Dialect(
        name="google",
        needles=("** message too large **",),
        kind=EventKind.FAILURE,
        reason=Reason.MESSAGE_TOO_LARGE,
    ),
    Dialect(
        name="google",
        needles=(
            "** delivery incomplete **",
            "** zustellung unvollständig **",
            "** distribution incomplète **",
            "** entrega incompleta **",
            "** consegna incompleta **",
            "** bezorging onvolledig **",
        ),
        kind=EventKind.DELAY,
    ),
    Dialect(
        name="google-groups",
        needles=("https://groups.google.com/support/",),
        kind=EventKind.FAILURE,
    ),
)
