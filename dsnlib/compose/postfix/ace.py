"""Domains in their ASCII form -> the letters they stand for (RFC 5890, RFC 3492).

`mail.xn--mller-kva.example` is `mail.müller.example`.  Only for showing: what is
looked up in DNS stays as it is.

Rules.  A label is decoded only if what comes out may stand in a domain: letters,
marks and digits of a script, in lower case and composed form, which is encoded
as the same label again.  Anything else would let a name look like another.
"""

from __future__ import annotations

import unicodedata

__all__ = ["decode_domain"]

_PREFIX = "xn--"
# RFC 1035 s2.3.4.  Decoding Punycode is quadratic, so this is a limit too.
_LONGEST_LABEL = 63
# Letters, marks and digits (RFC 5892 s2.1).  The exceptions of s2.6 that are
# none are left encoded.
_CATEGORIES = ("Ll", "Lo", "Lm", "Mn", "Mc", "Nd")


def decode_domain(domain: str) -> str | None:
    """Return a domain with its ACE labels decoded, in lower case.  Never raises.

    >>> decode_domain("mail.xn--mller-kva.example")
    'mail.müller.example'

    Args:
        domain: In US-ASCII.

    Returns:
        `None` if a label that claims to be encoded is not.
    """
    labels = domain.lower().split(".")
    for index, label in enumerate(labels):
        if label.startswith(_PREFIX):
            decoded = _decode_label(label)
            if decoded is None:
                return None
            labels[index] = decoded
    return ".".join(labels)


def _decode_label(label: str) -> str | None:
    if len(label) > _LONGEST_LABEL:
        return None
    try:
        text = label[len(_PREFIX) :].encode("ascii").decode("punycode")
        encoded = text.encode("punycode").decode("ascii")
    except (UnicodeError, OverflowError, ValueError):
        return None
    is_sound = (
        not text.isascii()
        and _PREFIX + encoded == label
        and text == unicodedata.normalize("NFC", text)
        and all(each == "-" or unicodedata.category(each) in _CATEGORIES for each in text)
    )
    return text if is_sound else None
