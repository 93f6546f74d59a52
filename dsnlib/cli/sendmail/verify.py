"""`dsnlib sendmail -bv` where the site's own tables answer: aliases, mailboxes, routes.

Rules.
- Nothing is delivered and nobody is asked outside: of an address elsewhere it is told
  which way it would go.
"""

from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from dsnlib.adapters.config.read import read_file
from dsnlib.adapters.config.settings import InvalidSettings
from dsnlib.adapters.service.build import build
from dsnlib.adapters.submission.fault import SubmissionFault
from dsnlib.adapters.submission.relay import Fate
from dsnlib.errors import InvalidAddress, LookupFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dsnlib.adapters.service.delivering import Ways

__all__ = ["verify_here"]


def verify_here(config: str, recipients: Sequence[str]) -> list[Fate]:
    """Return what the tables of a site say of recipients.

    Args:
        config: The file that describes the site.
        recipients: Addresses with domains.

    Raises:
        SubmissionFault: The configuration cannot be used.
    """
    try:
        settings = read_file(Path(config), hostname=socket.gethostname())
        ways = build(settings, has_owner=False).ways
    except (InvalidSettings, OSError) as error:
        raise SubmissionFault(os.EX_CONFIG, str(error)) from error
    return asyncio.run(_verify(ways, recipients))


async def _verify(ways: Ways, recipients: Sequence[str]) -> list[Fate]:
    return [await _fate(ways, each) for each in recipients]


async def _fate(ways: Ways, recipient: str) -> Fate:
    try:
        listing = await ways.directory.listing(recipient)
        if listing.is_known:
            return Fate(recipient, os.EX_OK, f"by {await ways.router.route(recipient, '')}")
    except LookupFailed as error:
        return Fate(recipient, os.EX_TEMPFAIL, str(error))
    except InvalidAddress as error:
        return Fate(recipient, os.EX_DATAERR, str(error))
    if listing.is_temporary:
        return Fate(recipient, os.EX_TEMPFAIL, listing.text or "it cannot be told now")
    return Fate(recipient, os.EX_NOUSER, listing.text or "there is no such address")
