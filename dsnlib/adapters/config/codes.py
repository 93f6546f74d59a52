"""The keys of the reply codes that refusals have; the fields are those of `ReplyCodes`.

Rules.
- 4yz is for now and 5yz for good (RFC 5321 s4.2.1); which is right depends on the site.
- 421 and 521 end the session.
- Postfix has names for most, and fixed codes where it has none.
"""

from __future__ import annotations

import attrs

from dsnlib.adapters.config.key import key
from dsnlib.adapters.config.kinds import count

__all__ = ["Codes"]

_CODE = count(400, 599)


@attrs.frozen(kw_only=True)
class Codes:
    """The reply codes of refusals, 400 to 599: 4yz for now, 5yz for good."""

    access_map_defer: int = key(
        _CODE, 450, "DEFER and its like in an access table.", name="access_map_defer_code"
    )
    access_map_reject: int = key(
        _CODE, 554, "REJECT in an access table.", name="access_map_reject_code"
    )
    defer: int = key(
        _CODE,
        450,
        "Refusals by `defer`, `defer_if_permit` and `defer_if_reject`.",
        name="defer_code",
    )
    invalid_hostname: int = key(
        _CODE,
        501,
        "Refusals by `reject_invalid_helo_hostname`.",
        name="invalid_hostname_reject_code",
    )
    maps_rbl: int = key(_CODE, 554, "What is on a block list.", name="maps_rbl_reject_code")
    multi_recipient_bounce: int = key(
        _CODE,
        550,
        "Refusals by `reject_multi_recipient_bounce`.",
        name="multi_recipient_bounce_reject_code",
    )
    non_fqdn: int = key(
        _CODE, 504, "A name or address without a full domain.", name="non_fqdn_reject_code"
    )
    plaintext: int = key(
        _CODE, 450, "Refusals by `reject_plaintext_session`.", name="plaintext_reject_code"
    )
    reject: int = key(_CODE, 554, "Refusals by `reject`.", name="reject_code")
    relay_domains: int = key(
        _CODE, 554, "Refusals by `reject_unauth_destination`.", name="relay_domains_reject_code"
    )
    unauth_deferred: int = key(
        _CODE, 454, "Refusals by `defer_unauth_destination`.", name="unauth_destination_defer_code"
    )
    unauth_pipelining: int = key(
        _CODE, 503, "Refusals by `reject_unauth_pipelining`.", name="unauth_pipelining_reject_code"
    )
    unknown_address: int = key(
        _CODE, 450, "A domain that the DNS does not have.", name="unknown_address_reject_code"
    )
    unknown_client: int = key(
        _CODE, 450, "A client without a name.", name="unknown_client_reject_code"
    )
    unknown_hostname: int = key(
        _CODE,
        450,
        "A name in HELO that the DNS does not have.",
        name="unknown_hostname_reject_code",
    )
    unlisted: int = key(
        _CODE, 550, "An address that would be ours and is not there.", name="unlisted_reject_code"
    )
    unlisted_deferred: int = key(
        _CODE, 450, "The same, as long as that may change.", name="unlisted_defer_code"
    )
    login_mismatch: int = key(
        _CODE,
        553,
        "A sender that is not the user's own, by `smtpd_sender_login_maps`.",
        name="sender_login_mismatch_reject_code",
    )
    null_mx_sender: int = key(
        _CODE,
        550,
        "A sender whose domain takes no mail (RFC 7505 s4.2).",
        name="null_mx_sender_reject_code",
    )
    null_mx_recipient: int = key(
        _CODE,
        556,
        "A recipient whose domain takes none.",
        name="null_mx_recipient_reject_code",
    )
