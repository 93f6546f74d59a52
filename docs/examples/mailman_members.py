"""Stop Mailman 3's mail to whom a history of dsnlib says so, in all lists.

    dsnlib suppress export history.db | python mailman_members.py http://localhost:8001/3.1

User and password of Mailman's REST interface are in MAILMAN_USER and MAILMAN_PASSWORD.
"""

# ruff: noqa: INP001, T201  an example is no package, and prints
import http
import os
import sys
from typing import Any
from urllib.error import HTTPError

from mailmanclient import Client  # type: ignore[import-not-found]  # of Mailman's environment


def lists_of(address: str, client: Client) -> list[Any]:
    """Return the lists that an address is a member of."""
    try:
        return list(client.find_lists(address, role="member"))
    except HTTPError as error:
        if error.code != http.HTTPStatus.NOT_FOUND:
            raise
        return []


def main(url: str) -> None:
    """Read addresses, one a line, and have mail to them stopped."""
    client = Client(url, os.environ["MAILMAN_USER"], os.environ["MAILMAN_PASSWORD"])
    for address in map(str.strip, sys.stdin):
        if "@" not in address:  # the digest of one that was erased
            continue
        for each in lists_of(address, client):
            preferences = each.get_member(address).preferences
            # Who has stopped the mail himself goes on saying when it comes again.
            if preferences.get("delivery_status", "enabled") == "enabled":
                preferences["delivery_status"] = "by_bounces"
                preferences.save()
                print(f"{each.list_id}: {address}")


if __name__ == "__main__":
    main(sys.argv[1])
