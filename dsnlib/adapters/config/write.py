"""Settings -> the text of a `dsnlib.toml` that says the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dsnlib.adapters.config.keys import KEYS, LISTENER_KEYS
from dsnlib.adapters.config.listen import LISTENER_PROFILES, Listen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dsnlib.adapters.config.key import Key
    from dsnlib.adapters.config.settings import Settings

__all__ = ["write_assignment", "write_defaults", "write_settings"]


def write_defaults() -> str:
    """Return every key with its default, each under what it does."""
    lines: list[str] = []
    for key in KEYS.values():
        lines += [f"# {key.doc}", write_assignment(key, key.default), ""]
    lines += ["[[listen]]"]
    for key in LISTENER_KEYS.values():
        if key.part is Listen:
            lines += [f"# {key.doc}", write_assignment(key, key.default), ""]
    return "\n".join(lines).rstrip("\n") + "\n"


def write_settings(settings: Settings, *, is_whole: bool = False) -> str:
    """Return a text that gives the same settings.

    Args:
        settings: The settings.
        is_whole: Whether keys that have their default are there too.
    """
    lines = []
    for key in KEYS.values():
        value = settings[key]
        if is_whole or value != key.default:
            lines.append(write_assignment(key, value))
    for listen in settings.listeners:
        lines += ["", "[[listen]]", *_listener(listen, settings)]
    return "\n".join(lines).lstrip("\n") + "\n"


def _listener(listen: Listen, settings: Settings) -> Iterator[str]:
    """Yield what a listener has otherwise than all, or than its profile might."""
    of_profile = LISTENER_PROFILES[listen.profile]
    for key in LISTENER_KEYS.values():
        if key.part is Listen:
            yield write_assignment(key, getattr(listen, key.field))
            continue
        value = getattr(listen.server, key.field)
        if value != getattr(settings.server, key.field) or key.name in of_profile:
            yield write_assignment(key, value)


def write_assignment(key: Key, value: Any) -> str:  # noqa: ANN401  each key has its own type
    """Return the line of a key with a value of it."""
    text = '""' if value is None else key.kind.write(value)
    return f"{key.name} = {text}"
