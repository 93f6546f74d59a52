"""Who we are to a server: a name, and what proves it."""

from __future__ import annotations

import attrs

__all__ = ["Login"]


@attrs.frozen(kw_only=True)
class Login:
    """A name and its secret; sessions are shared only between those with the same.

    Args:
        user: The name.
        password: Its password, or the access token for XOAUTH2.
        is_token: Whether it is a token, which is no mechanism's but XOAUTH2's.
    """

    user: str
    password: str = attrs.field(repr=False)
    is_token: bool = False
