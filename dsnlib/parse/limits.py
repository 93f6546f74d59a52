"""How much the readers take before they refuse; no RFC sets these bounds.

Each bound has a name and a default, and `LimitExceeded` gives both.  All are
far above what mail systems send, so that only an attack meets them; chosen by
us, with the precedent beside each.
"""

from __future__ import annotations

import attrs

from dsnlib.model.number import require_whole

__all__ = ["Limits"]


@attrs.frozen(kw_only=True)
class Limits:
    """Bounds for one message.

    Args:
        header_octets: One header block.  Postfix's `header_size_limit` is
            102,400 for one field; the largest header seen in mail is some
            60,000.
        status_octets: One status part, before and after decoding.  A report on
            10,000 recipients has about 3 MB.
        parts: Body parts of one message that are looked into, nested ones included.  Sendmail's
            default for MIME headers is of that order.
        recipients: Groups in one status part.
        nesting: Levels of multipart and message parts.  Postfix's
            `mime_nesting_limit` is 100; mail in the wild stays under ten.

    Raises:
        InvalidValue: A bound is not a whole number, 0 or more.
    """

    header_octets: int = 1 << 20
    status_octets: int = 16 << 20
    parts: int = 10_000
    recipients: int = 100_000
    nesting: int = 50

    def __attrs_post_init__(self) -> None:
        for field in attrs.fields(type(self)):
            require_whole(getattr(self, field.name), f"limits: {field.name}", least=0)
