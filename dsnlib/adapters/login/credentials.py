r"""Names and passwords as clients send them, made comparable (RFC 8265, RFC 4616 s2).

>>> read_name("Ann.R\u00f6mer".encode()) == read_name("ANN.RO\u0308MER".encode())
True

Rules.
- A name is that of RFC 8265 s3.3, UsernameCaseMapped, with blanks allowed: whoever
  has the accounts says which names there are.
- A password is that of RFC 8265 s4.2, OpaqueString: its case counts.
- Neither has a control character, and neither is empty.
"""

from __future__ import annotations

import unicodedata

from dsnlib.adapters.login.authenticator import LONGEST_NAME_OCTETS
from dsnlib.errors import InvalidValue
from dsnlib.model.text import refuse_controls

__all__ = ["LONGEST_PASSWORD_OCTETS", "read_name", "read_password"]

# Four times what RFC 2595 s6 had: tokens in place of passwords are longer.
LONGEST_PASSWORD_OCTETS = 1024

# East_Asian_Width of the letters that have another form of ordinary width.
_OTHER_WIDTHS = frozenset({"F", "H"})


def read_name(octets: bytes) -> str:
    """Return the name of an account, in the one form that it is known by.

    Args:
        octets: As the client or a file has it.

    Raises:
        UnicodeDecodeError: They are no UTF-8.
        InvalidValue: They are too many, or there can be no account of this name.
    """
    text = _decode(octets, "name", LONGEST_NAME_OCTETS)
    if not text.isascii():
        text = "".join([_of_ordinary_width(letter) for letter in text])
    name = unicodedata.normalize("NFC", text.lower())
    # The other form of a letter may be longer.
    if len(name.encode()) > LONGEST_NAME_OCTETS:
        raise _too_long("name", LONGEST_NAME_OCTETS)
    return name


def read_password(octets: bytes) -> str:
    """Return a password, in the one form that it is hashed in.

    Args:
        octets: As the client or a terminal has it.

    Raises:
        UnicodeDecodeError: They are no UTF-8.
        InvalidValue: They are too many, or this can be no password; the error
            does not show it.
    """
    text = _decode(octets, "password", LONGEST_PASSWORD_OCTETS)
    if not text.isascii():
        blanks = [" " if unicodedata.category(letter) == "Zs" else letter for letter in text]
        text = unicodedata.normalize("NFC", "".join(blanks))
    return text


def _decode(octets: bytes, what: str, most: int) -> str:
    if len(octets) > most:
        raise _too_long(what, most)
    text = octets.decode()
    if not text:
        message = f"{what}: is empty"
        raise InvalidValue(message)
    try:
        refuse_controls(text, what)
    except InvalidValue:
        # Its message shows the value.
        message = f"{what}: has a control character"
        raise InvalidValue(message) from None
    return text


def _too_long(what: str, most: int) -> InvalidValue:
    return InvalidValue(f"{what}: is longer than {most} octets")


def _of_ordinary_width(letter: str) -> str:
    if unicodedata.east_asian_width(letter) in _OTHER_WIDTHS:
        return unicodedata.normalize("NFKC", letter)
    return letter
