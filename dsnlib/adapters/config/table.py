"""The keys as tables in Markdown, one for each part of the configuration.

The guide page `docs/guide/run-the-server.md` has them; a test compares.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsnlib.adapters.config.key import keys_of
from dsnlib.adapters.config.keys import LISTENER_KEYS, PARTS
from dsnlib.adapters.config.listen import LISTENER_PROFILES, Listen

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dsnlib.adapters.config.key import Key

__all__ = ["write_profiles", "write_table"]


def write_table(beginnings: tuple[str, ...] = ()) -> str:
    """Return the tables of all keys, or of those whose names begin so.

    >>> print(write_table(("maillog",)), end="")
    ### What the whole system is, and with which rights it runs
    <BLANKLINE>
    | key | default | what it does |
    |---|---|---|
    | `maillog_file` | standard error | The file of the log. If empty, standard error. |

    Args:
        beginnings: Of names; all keys if there is none.
    """
    tables = []
    for part in (Listen, *PARTS):
        found = [
            key
            for key in keys_of(part)
            if not beginnings or any(key.name.startswith(each) for each in beginnings)
        ]
        if found:
            tables.append("\n".join([f"### {_heading(part)}", "", *_rows(found)]))
    return "\n\n".join(tables) + "\n" if tables else ""


def write_profiles() -> str:
    """Return the table of what each profile of a listener sets."""
    lines = ["| profile | sets |", "|---|---|"]
    for profile, values in LISTENER_PROFILES.items():
        shown = [
            f"`{name} = {LISTENER_KEYS[name].kind.write(LISTENER_KEYS[name].kind.read(value))}`"
            for name, value in values.items()
        ]
        lines.append(f"| `{profile}` | {', '.join(shown) or 'nothing'} |")
    return "\n".join(lines) + "\n"


def _heading(part: type[object]) -> str:
    return (part.__doc__ or "").split("\n")[0].rstrip(".")


def _rows(keys: Iterable[Key]) -> list[str]:
    lines = ["| key | default | what it does |", "|---|---|---|"]
    for key in keys:
        default = key.default_text if key.default is None else f"`{key.default_text}`"
        lines.append(f"| `{key.name}` | {default} | {key.doc} |")
    return lines
