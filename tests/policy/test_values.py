"""Every value of the package: frozen, and made by names beyond its first two fields."""

import importlib
import pkgutil

import attrs
import pytest

import dsnlib.policy

MODULES = [
    importlib.import_module(f"dsnlib.policy.{info.name}")
    for info in pkgutil.iter_modules(dsnlib.policy.__path__)
]
VALUES = sorted(
    {
        value
        for module in MODULES
        for value in vars(module).values()
        if isinstance(value, type) and attrs.has(value) and value.__module__ == module.__name__
    },
    key=lambda value: value.__qualname__,
)
# A row of the table, what one is looked up by, and what is written with its
# reason, as a row is.
ROWS = {"Row", "Case", "TrailEntry"}
MOST_BY_PLACE = 2


@pytest.mark.parametrize("value", VALUES, ids=lambda value: value.__name__)
def test_many_fields_are_given_by_name(value: type) -> None:
    """Of three texts in a row nobody sees which is which."""
    fields = attrs.fields(value)
    by_place = [field.name for field in fields if field.init and not field.kw_only]

    assert value.__name__ in ROWS or len(by_place) <= MOST_BY_PLACE


@pytest.mark.parametrize("value", VALUES, ids=lambda value: value.__name__)
def test_values_are_frozen(value: type) -> None:
    """What was checked once cannot change, and nothing can be put beside it."""
    blank: object = object.__new__(value)

    with pytest.raises((attrs.exceptions.FrozenInstanceError, AttributeError)):
        setattr(blank, attrs.fields(value)[0].name, None)
    assert not hasattr(blank, "__dict__")
