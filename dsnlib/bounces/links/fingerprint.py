"""What a mail can be known by that came back without any identifier.

Rules.
- Only what its author wrote counts, in a form that survives gateways: another
  encoding, another fold, another zone and another case are the same mail.
- It is a guess: two mails with one subject in one second have one fingerprint.
"""

from __future__ import annotations

import datetime as dt
import hashlib

from dsnlib.bounces.links.clues import field_pattern, find_addresses, read_clues
from dsnlib.model.date import guess_date
from dsnlib.model.header import decode_words

__all__ = ["fingerprint"]

_FIELDS = field_pattern("from", "date", "subject")
_DIGITS = 32
_EPOCH = dt.datetime(1970, 1, 1)  # noqa: DTZ001  what is taken from it has no zone either


def fingerprint(header: bytes) -> str | None:
    """Return what a mail can be known by that has no identifier, or `None`.

    The digest of who wrote it, when, and about what: the address of From in lower
    case, the instant of Date, the Subject decoded, without white space and case.
    A sender who has kept it for a mail finds the mail by it.  It needs a Date or
    a Subject, and a From.

    Args:
        header: The header of the mail, or the whole mail; as it was sent or as it
            came back.

    Never raises.
    """
    clues = read_clues(header, _FIELDS)
    texts = [clues[name][0].text if name in clues else "" for name in ("from", "date", "subject")]
    author = next(find_addresses(texts[0]), "").lower()
    when = guess_date(texts[1])
    date = texts[1].lower() if when is None else _instant(when)
    subject = "".join(decode_words(texts[2]).split()).casefold()
    if not author or not (date or subject):
        return None
    text = f"{author}\n{date}\n{subject}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]


def _instant(when: dt.datetime) -> str:
    # The ends of the calendar have no time in another zone: the offset is taken off
    # the number of seconds instead.
    offset = when.utcoffset() or dt.timedelta()
    seconds = (when.replace(tzinfo=None) - _EPOCH - offset).total_seconds()
    return str(int(seconds))
