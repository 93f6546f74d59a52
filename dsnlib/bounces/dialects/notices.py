"""What looks like a bounce and is none: challenges and answers of absent people.

The message arrived, or will, once its sender has proved to be one.  Nobody is to
be taken off a list for it.
"""

from __future__ import annotations

from dsnlib.bounces.dialect import Dialect

__all__ = ["DIALECTS"]

# An answer begins with what it says; a bounce of one quotes it further down.
_BEGINNING = 120

DIALECTS = (
    Dialect(
        name="challenge",
        needles=(
            "created automatically by mail delivery software (tmda)",
            "i now allow incoming messages only from senders i have approved beforehand",
            "is being held because the address",
            "you must confirm that you are a real person",
            "just this once, click the link below so i can receive your emails",
            "please confirm your message by replying to this",
        ),
        is_about=False,
    ),
    Dialect(
        name="absence",
        needles=(
            "i am out of the office",
            "i am currently out of the office",
            "i will be out of the office",
            "i'm out of the office",
            "i am on vacation",
            "i am currently on vacation",
            "thank you for your message. i am",
            "ich bin derzeit nicht im büro",
            "ich bin nicht im büro",
            "ich bin zur zeit nicht im hause",
            "je suis absent du bureau",
            "je suis actuellement absent",
            "estoy fuera de la oficina",
            "sono fuori ufficio",
            "ik ben niet op kantoor",
        ),
        within=_BEGINNING,
        is_about=False,
    ),
)
