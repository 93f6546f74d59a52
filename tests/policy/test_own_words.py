"""A policy has no type that a Diagnostic-Code could not be written with."""

from collections.abc import Callable

import pytest
from hypothesis import given

from dsnlib.adapters.agents.error import ErrorTransport
from dsnlib.errors import InvalidValue
from dsnlib.model.address import DiagnosticCode
from dsnlib.policy.expansion import ExpandPolicy
from dsnlib.policy.relay import RelayPolicy
from tests.strategies import atoms

HOLDERS = [RelayPolicy, ExpandPolicy, ErrorTransport]


@pytest.mark.requirement("3464-2.3.6-01")
@pytest.mark.parametrize("make", HOLDERS)
@pytest.mark.parametrize("type_", ["", "X DSN", "X-DSN;", "X\r\nBcc: a", "é", None, 5], ids=repr)
def test_a_type_that_is_no_atom(make: Callable[..., object], type_: object) -> None:
    """It is refused when the policy is made, not when the first server is lost."""
    with pytest.raises(
        InvalidValue, match=r"^policy: diagnostic_type .* is not an atom$"
    ) as caught:
        make(diagnostic_type=type_)

    assert (type_, "3464-2.3.6-01") == (caught.value.value, caught.value.requirement)


@given(atoms())
def test_a_type_is_an_atom(type_: str) -> None:
    """What a policy takes, a diagnostic takes."""
    for make in HOLDERS:
        assert type_ == make(diagnostic_type=type_).diagnostic_type
    assert type_ == DiagnosticCode(type_, "the connection was lost").type
