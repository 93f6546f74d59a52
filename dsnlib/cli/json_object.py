"""A JSON object that a person or a program wrote, taken apart key by key.

Rules.
- Every error names its place: `reports[1].status: '5.1' is no code`.
- `null` is the same as a key that is not there.
"""

from __future__ import annotations

import datetime as dt
import enum
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from dsnlib.errors import DsnError, InvalidValue
from dsnlib.model.address import MtaName

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["JsonObject", "at_place", "read_json", "read_mta", "read_time"]

_Product = TypeVar("_Product")
_Choice = TypeVar("_Choice", bound=enum.Enum)


@attrs.frozen
class JsonObject:
    """An object, and where it stands.

    Args:
        members: What it has, as `json` reads it.
        place: Such as `reports[1]`; `""` for the whole.
    """

    members: Mapping[str, Any]
    place: str = ""

    def place_of(self, key: str) -> str:
        """Return how an error names a member."""
        return f"{self.place}.{key}" if self.place else key

    def fault(self, key: str, problem: str, value: object = None) -> InvalidValue:
        """Return the error about a member."""
        return InvalidValue(f"{self.place_of(key)}: {problem}", value=value)

    def allow(self, known: frozenset[str]) -> JsonObject:
        """Return the same.

        Raises:
            InvalidValue: A key is none of those.
        """
        for key in self.members:
            if key not in known:
                raise self.fault(key, "there is no such key", key)
        return self

    def text(self, key: str) -> str | None:
        """Return a text, or `None`.

        Raises:
            InvalidValue: It is something else.
        """
        value = self.members.get(key)
        if value is not None and not isinstance(value, str):
            raise self.fault(key, f"{value!r} is not a text", value)
        return value

    def required(self, key: str) -> str:
        """Return a text.

        Raises:
            InvalidValue: It is something else, empty, or missing.
        """
        value = self.text(key)
        if not value:
            raise self.fault(key, "missing")
        return value

    def read(self, key: str, make: Callable[[str], _Product]) -> _Product | None:
        """Return what a text stands for, or `None`.

        Raises:
            InvalidValue: It is no text, or `make` refuses it.
        """
        text = self.text(key)
        return None if text is None else at_place(self.place_of(key), lambda: make(text))

    def read_required(self, key: str, make: Callable[[str], _Product]) -> _Product:
        """Return what a text stands for.

        Raises:
            InvalidValue: It is missing, empty or no text, or `make` refuses it.
        """
        text = self.required(key)
        return at_place(self.place_of(key), lambda: make(text))

    def choice(self, key: str, choices: type[_Choice]) -> _Choice | None:
        """Return the member of an enumeration whose value the text is, in any case.

        Raises:
            InvalidValue: It is no text, or there is no such member.
        """
        text = self.text(key)
        by_value = {each.value.lower(): each for each in choices}
        if text is not None and text.lower() not in by_value:
            values = ", ".join(each.value for each in choices)
            raise self.fault(key, f"{text!r} is none of {values}", text)
        return None if text is None else by_value[text.lower()]

    def time(self, key: str) -> dt.datetime | None:
        """Return a time; see `read_time`.

        Raises:
            InvalidValue: It is none.
        """
        text = self.text(key)
        return None if text is None else read_time(text, self.place_of(key))

    def flag(self, key: str) -> bool | None:
        """Return true or false, or `None`.

        Raises:
            InvalidValue: It is something else.
        """
        value = self.members.get(key)
        if value is not None and not isinstance(value, bool):
            raise self.fault(key, f"{value!r} is neither true nor false", value)
        return value

    def number(self, key: str) -> int | None:
        """Return a whole number, not below zero, or `None`.

        Raises:
            InvalidValue: It is something else.
        """
        value = self.members.get(key)
        if value is not None and (type(value) is not int or value < 0):
            raise self.fault(key, f"{value!r} is not a number", value)
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Return the texts of a list; one text is a list of one, and `null` an empty one.

        Raises:
            InvalidValue: It is something else.
        """
        value = self.members.get(key)
        if value is None:
            return ()
        values = [value] if isinstance(value, str) else value
        if not isinstance(values, list) or not all(isinstance(each, str) for each in values):
            raise self.fault(key, f"{value!r} is not a list of texts", value)
        return tuple(values)

    def object(self, key: str) -> JsonObject | None:
        """Return an object, or `None`.

        Raises:
            InvalidValue: It is something else.
        """
        value = self.members.get(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self.fault(key, "not an object", value)
        return JsonObject(value, self.place_of(key))

    def objects(self, key: str) -> list[JsonObject]:
        """Return the objects of a list; `null` is an empty one.

        Raises:
            InvalidValue: It is something else, or in it is something else.
        """
        values = self.members.get(key)
        if values is None:
            return []
        if not isinstance(values, list):
            raise self.fault(key, "not a list", values)
        objects = []
        for index, value in enumerate(values):
            if not isinstance(value, dict):
                raise self.fault(f"{key}[{index}]", "not an object", value)
            objects.append(JsonObject(value, self.place_of(f"{key}[{index}]")))
        return objects


def read_json(text: str) -> JsonObject:
    """Return the object in a JSON text.

    Raises:
        InvalidValue: It is not one JSON object.
    """
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        message = f"not JSON: {error}"
        raise InvalidValue(message) from error
    # `parse --json` writes an array; one message is one object.
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if not isinstance(value, dict):
        message = "the description is not one JSON object"
        raise InvalidValue(message)
    return JsonObject(value)


def at_place(place: str, make: Callable[[], _Product]) -> _Product:
    """Return what `make` makes.

    Args:
        place: How an error names it; `""` if the error says it all.
        make: Makes it.

    Raises:
        InvalidValue: With the place, whatever refusal of this library it was.
    """
    try:
        return make()
    except DsnError as error:
        said = str(error)
        message = said if not place or said.startswith(f"{place}: ") else f"{place}: {said}"
        raise InvalidValue(message) from error


def read_mta(text: str) -> MtaName:
    """Return the name of a mail system; its type follows from the name.

    Raises:
        InvalidAddress: It cannot stand in a field.
    """
    return MtaName("dns" if "." in text.strip(".") else "x-local-hostname", text)


def read_time(text: str, place: str) -> dt.datetime:
    """Return the time that a person wrote, in this system's zone if it has none.

    Args:
        text: As ISO 8601 has it.
        place: How an error names it.

    Raises:
        InvalidValue: It is no time.
    """
    try:
        when = dt.datetime.fromisoformat(text)
        return when if when.tzinfo is not None else when.astimezone()
    # The first and last hours of the calendar are in no zone.
    except (ValueError, OverflowError) as error:
        message = f"{place}: {text!r} is no time such as 2026-11-22T10:04:00+01:00"
        raise InvalidValue(message, value=text) from error
