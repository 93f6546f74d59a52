"""What a key of the configuration is: its name, the kind of its values, its default, what it does.

A part of the configuration is an attrs class, and each of its fields is a key:

    class Queue:
        queue_minfree: int = key(OCTETS, 0, "How much room there has to be.")

So there is one table of keys: who uses a setting, who reads the file, who prints the
defaults and who writes the documentation all look at those classes.

Rules.
- A kind refuses what it cannot use with an `InvalidValue` that says what it takes.
- What a kind writes, it reads back as the same value.
- A key of several values that Python gives one text refuses it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import attrs

from dsnlib.model.texts import maybe_texts

__all__ = ["Key", "Kind", "key", "keys_of"]

_T = TypeVar("_T")
_ABOUT = "dsnlib key"


@attrs.frozen(kw_only=True, eq=False)
class Kind(Generic[_T]):
    """A kind of values.

    Args:
        name: What it is called in the documentation, such as `time`.
        form: How its values are written, in a few words.
        read: Makes a value of what TOML gives: a string, number, boolean or list.
            Raises `InvalidValue`.
        write: Makes the TOML of a value.
        allowed: The words that it takes, where they are few.
        is_list: Whether a value is several of something, so never one text.
    """

    name: str
    form: str
    read: Callable[[object], _T]
    write: Callable[[_T], str]
    allowed: tuple[str, ...] = ()
    is_list: bool = False


@attrs.frozen(kw_only=True, eq=False)
class Key:
    """A key of the configuration.

    Args:
        name: As the file has it: Postfix's name, where Postfix has one.
        field: The field of the class of its part.
        part: What it belongs to: the class.
        kind: The kind of its values.
        default: What holds if it is not there.
        doc: What it does, in a sentence or two.
        unset: What holds if the default is no value.
    """

    name: str
    field: str
    part: type[attrs.AttrsInstance]
    kind: Kind[Any]
    default: Any
    doc: str
    unset: str = ""

    @property
    def default_text(self) -> str:
        """The default as the file would have it, or in words where there is none."""
        return self.unset if self.default is None else self.kind.write(self.default)


@attrs.frozen(kw_only=True, eq=False)
class _About:
    name: str
    kind: Kind[Any]
    doc: str
    unset: str


def key(kind: Kind[_T], default: _T, doc: str, *, name: str = "", unset: str = "") -> _T:
    """Make the field of a key.

    Args:
        kind: The kind of its values.
        default: What holds if it is not there.
        doc: What it does.
        name: What the file calls it, if not as the field.
        unset: What holds if the default is `None`.
    """
    about = _About(name=name, kind=kind, doc=doc, unset=unset)
    converter = maybe_texts if kind.is_list else None
    field: _T = attrs.field(default=default, converter=converter, metadata={_ABOUT: about})
    return field


def keys_of(part: type[attrs.AttrsInstance]) -> tuple[Key, ...]:
    """Return the keys of a part of the configuration, in order.

    Args:
        part: The part; where it has `spell`, that makes the names that the file has.
    """
    spell: Callable[[str], str] = getattr(part, "spell", str)
    found = []
    for field in attrs.fields(part):
        about = field.metadata.get(_ABOUT)
        if about is not None:
            found.append(
                Key(
                    name=spell(about.name or field.name),
                    field=field.name,
                    part=part,
                    kind=about.kind,
                    default=field.default,
                    doc=about.doc,
                    unset=about.unset,
                )
            )
    return tuple(found)
