"""How the way of mail is looked up."""

from typing import Any

import pytest

from dsnlib.adapters.client.routes.route_settings import RouteSettings
from dsnlib.errors import InvalidValue


def test_own_names() -> None:
    """Names and addresses are compared as what they are, not as they are written."""
    settings = RouteSettings(
        own_names=["MAIL.example.org."],
        own_addresses=["2001:DB8:0::1", "x"],
        own_endpoints=[("2001:DB8:0::1", 25)],
    )

    assert {"mail.example.org"} == settings.own_names
    assert {"2001:db8::1", "x"} == settings.own_addresses
    assert {("2001:db8::1", 25)} == settings.own_endpoints


@pytest.mark.parametrize(
    ("field", "value"),
    [("port", 0), ("port", 65_536), ("lookups", []), ("versions", []), ("versions", [5]),
     ("most_addresses", -1), ("seconds", 0)],
)  # fmt: skip
def test_what_cannot_be(field: str, value: Any) -> None:  # noqa: ANN401  of any field
    """It is refused by its name."""
    with pytest.raises(InvalidValue, match=f"route: {field} cannot be"):
        RouteSettings(**{field: value})
