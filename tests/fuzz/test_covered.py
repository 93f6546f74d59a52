"""What the inputs of a harness reach, as it is measured."""

import pytest

from fuzz import covered
from fuzz.covered import Branches, Covered
from fuzz.engine import reads


def test_measure_of_a_harness() -> None:
    """The modules that it is for have branches, and its seeds take some of them."""
    found = covered.measure("webhooks")

    assert set(found.modules) == {*reads("webhooks")}
    assert 0 < found.taken <= found.branches
    assert found.taken == sum(each.taken for each in found.modules.values())
    assert 0 < found.slowest_seconds < 10
    assert len(covered.inputs_of("webhooks")) == found.inputs


def test_package_stands_for_its_modules() -> None:
    """A name of a package is that of all in it."""
    names = list(covered._modules(("dsnlib.parse", "dsnlib.errors")))

    assert {"dsnlib.parse", "dsnlib.parse.locate", "dsnlib.errors"} <= {*names}
    assert not any(name.endswith("__init__") for name in names)


def test_module_that_is_not_there() -> None:
    """A harness whose module was renamed does not pass for one without branches."""
    with pytest.raises(ModuleNotFoundError):
        list(covered._modules(("dsnlib.gone",)))


def test_line_for_a_person() -> None:
    """It has the percentage, and milliseconds."""
    found = Covered("reply", 9, 80, 60, 0.0021, 7, {"dsnlib.model.reply": Branches(60, 80)})

    assert "75.0 % of    80 branches, slowest 2.1 ms" in str(found)
