"""TOML text -> its values, in a time that grows with the text alone.

`tomllib` reads it.  What that would be slow at, or raise something else than its own
error for, is refused here, for rules and settings alike.

Rules.
- A key has at most 100 parts.  `tomllib` copies the parts of a key for each of them:
  200 kB of `a.a.a...` take 6 s on our machine, and tens of gigabytes if a value follows.
- A number has no more digits than `int` takes, 4,300 unless the program says otherwise.
- Values are not nested more deeply than Python's stack is.
"""

from __future__ import annotations

import re
import tomllib
from typing import Any

__all__ = ["MOST_KEY_PARTS", "find_long_key", "parse_toml"]

# Chosen by us: no key of ours has more than two.
MOST_KEY_PARTS = 100

# key        = simple-key / dotted-key                               TOML 1.0
#   dotted-key = simple-key 1*( ws "." ws simple-key )
#   simple-key = 1*( ALPHA / DIGIT / "-" / "_" ) / basic-string / literal-string
# It is looked for anywhere: in a string nobody writes so many words with dots between.
# Only where a first part can begin, so that nothing long is looked at again and again.
_LONG_KEY = re.compile(
    r"""(?<![A-Za-z0-9_.\\-])(?>(?:"""
    r"""(?:[A-Za-z0-9_-]++|"(?>(?:[^"\\\n]++|\\.)*)"|'[^'\n]*+')[ \t]*+\.[ \t]*+"""
    rf"""){{{MOST_KEY_PARTS}}})"""
)


def parse_toml(text: str, *, origin: str) -> dict[str, Any]:
    """Return the values of a TOML text.

    >>> parse_toml("a.b = 1", origin="site.toml")
    {'a': {'b': 1}}

    Args:
        text: The text.
        origin: The name of the file, for errors.

    Raises:
        tomllib.TOMLDecodeError: It is no TOML; the place is in the message.
        ConfigurationError: A key, a number or a nest of values is larger than
            the rules above allow; with `origin`, and the line of a key.
    """
    # Who only looks for long keys, as the sendmail command does, does not wait for attrs.
    from dsnlib.errors import ConfigurationError

    line = find_long_key(text)
    if line:
        message = f"a key has more than {MOST_KEY_PARTS} parts"
        raise ConfigurationError(message, origin=origin, line=line)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise
    except ValueError as error:
        message = "a number has too many digits"
        raise ConfigurationError(message, origin=origin) from error
    except RecursionError as error:
        message = "values are nested too deeply"
        raise ConfigurationError(message, origin=origin) from error


def find_long_key(text: str) -> int:
    """Return the line of the first key that has too many parts, or 0.  Never raises.

    Args:
        text: The text of a TOML file.
    """
    found = _LONG_KEY.search(text)
    return 0 if found is None else text.count("\n", 0, found.start()) + 1
