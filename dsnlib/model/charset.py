"""The character sets that a text may be written in, by the names of MIME (RFC 2046 s4.1.2).

Of what Python calls encodings many are none, such as `hex` and `zlib`, and some take
quadratic time: a name from a mail or a file is looked up here alone.
"""

from __future__ import annotations

import codecs
import re

from dsnlib.model.text import encode_wire

__all__ = ["US_ASCII", "find_codec", "is_decodable"]

US_ASCII = "us-ascii"

# By the names that Python gives its codecs.  The others of its table are no
# character sets of text/plain, or take quadratic time.
_TEXT_CODECS = re.compile(
    r"ascii|utf-8|iso8859-\d+|cp\d+|koi8-[rtu]|mac-[a-z]+|big5(?:hkscs)?|gb2312|gbk|gb18030"
    r"|euc_(?:jp|kr|jis_2004|jisx0213)|shift_jis(?:_2004|x0213)?|iso2022_[a-z0-9_]+|hz|johab"
    r"|tis-620|kz1048|ptcp154|hp-roman8"
)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:()+-]{0,39}")


def find_codec(charset: str) -> str | None:
    """Return the name of the codec for a character set; `None` if it is not known."""
    # Only a name is looked up: what a module is called is not for a file to say.
    if _NAME.fullmatch(charset) is None:
        return None
    try:
        name = codecs.lookup(charset).name
    except LookupError:
        return None
    return name if _TEXT_CODECS.fullmatch(name) else None


def is_decodable(text: str, codec: str) -> bool:
    """Tell whether the octets of `text`, which `decode_wire` read, are of a codec."""
    try:
        encode_wire(text).decode(codec)
    except UnicodeError:
        return False
    return True
