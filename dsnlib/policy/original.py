"""The ORCPT that a system makes of an address itself (RFC 3461 s4.2, s5.2.1, s5.2.7.1)."""

from __future__ import annotations

from dsnlib.errors import InvalidAddress, InvalidParameter
from dsnlib.model.address import TypedAddress
from dsnlib.model.esmtp import RcptParameters

__all__ = ["orcpt_of"]


def orcpt_of(address: str) -> TypedAddress | None:
    """Return an address as ORCPT, or `None` if no server could be sent that.

    >>> str(orcpt_of("bob@example.org"))
    'rfc822;bob@example.org'
    >>> orcpt_of("b" * 500 + "@example.org") is None
    True

    Octets that are no UTF-8 have no form in ORCPT, and more than 500 characters
    no server has to take (RFC 3461 s5.4).  The parameter is optional: a message
    goes on without it.
    """
    try:
        return RcptParameters(orcpt=TypedAddress.from_address(address)).orcpt
    except (InvalidAddress, InvalidParameter):
        return None
