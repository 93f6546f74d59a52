"""A site's settings are valid, or are no settings."""

import attrs
import pytest

from dsnlib.errors import InvalidValue
from dsnlib.replies.site import ReplyCodes, Site


@pytest.mark.parametrize("field", attrs.fields_dict(ReplyCodes))
@pytest.mark.parametrize("value", [250, 399, 600, "550", 4.5, None])
def test_bad_code(field: str, value: object) -> None:
    """A refusal has a code from 400 to 599."""
    with pytest.raises(InvalidValue, match=f"reply codes: {field}: "):
        ReplyCodes(**{field: value})  # type: ignore[arg-type]  # that is the test


def test_defaults_of_codes() -> None:
    """The codes are those that Postfix has where nothing is set."""
    assert {
        "access_map_defer": 450,
        "access_map_reject": 554,
        "defer": 450,
        "invalid_hostname": 501,
        "maps_rbl": 554,
        "multi_recipient_bounce": 550,
        "non_fqdn": 504,
        "plaintext": 450,
        "reject": 554,
        "relay_domains": 554,
        "unauth_deferred": 454,
        "unauth_pipelining": 503,
        "unknown_address": 450,
        "unknown_client": 450,
        "unknown_hostname": 450,
        "unlisted": 550,
        "unlisted_deferred": 450,
        "unverified_sender": 450,
        "unverified_recipient": 450,
        "unverified_deferred": 450,
        "login_mismatch": 553,
        "null_mx_sender": 550,
        "null_mx_recipient": 556,
    } == attrs.asdict(ReplyCodes())


def test_a_site_needs_nothing() -> None:
    """All that a site has is optional."""
    assert Site() == Site(hostname="", codes=ReplyCodes())
