"""The MX records of a domain -> the hosts that mail is to be tried at (RFC 5321 s5.1).

Rules.
- The lowest preference comes first; between equals chance decides, so that they share.
- This system, and what is preferred no more than it, is left out: the mail has to get
  nearer with every step.
- A null MX takes no mail (RFC 7505 s3); beside others it says nothing.
- What is no name of a host, such as an IP address, is passed over.
- A domain may have thousands of records: some of the best are as good as all.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import attrs

from dsnlib.model.texts import refuse_one_text
from dsnlib.replies.cidr_table import read_address

if TYPE_CHECKING:
    import random
    from collections.abc import Collection, Iterable

__all__ = ["Exchanger", "Exchangers", "is_host_name", "order_exchangers"]

# Chosen by us: more than the largest providers have, and few enough to be looked up.
_MOST = 32
# A name of a host; the underline is in none, and in many.
_HOST_NAME = re.compile(r"(?=.{1,253}\Z)(?:[A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9_-]{1,63}")


@attrs.frozen(order=True)
class Exchanger:
    """A host that takes mail for a domain.

    Args:
        preference: The lower, the sooner.
        host: Its name.
    """

    preference: int
    host: str


@attrs.frozen(kw_only=True)
class Exchangers:
    """What the MX records of a domain say.

    Args:
        hosts: Where mail is to be tried, in order.
        is_null: Whether the domain takes no mail.
        is_own: Whether this system is one of its hosts.
    """

    hosts: tuple[Exchanger, ...] = ()
    is_null: bool = False
    is_own: bool = False


def is_host_name(text: str) -> bool:
    """Tell whether a text is a name that a host can have.

    >>> is_host_name("mx_1.example.org"), is_host_name("192.0.2.1"), is_host_name("a b")
    (True, False, False)
    """
    if _HOST_NAME.fullmatch(text) is None or read_address(text) is not None:
        return False
    # "192.0.2.1.5" is no address, and no name either: no top-level domain is a number.
    return not text.rpartition(".")[2].isdecimal()


def order_exchangers(
    records: Iterable[tuple[int, str]],
    *,
    own_names: Collection[str] = (),
    chance: random.Random,
) -> Exchangers:
    """Return what the MX records of a domain say.

    Args:
        records: Preference and host of each, at least one.
        own_names: The names of this system, in lower case.
        chance: Decides between equals.

    Returns:
        The hosts in their order; none if only this system is left, or no record has
        the name of a host.

    Raises:
        InvalidValue: `own_names` is one text.
    """
    refuse_one_text(own_names, "own_names")
    found = [Exchanger(preference, host.lower()) for preference, host in records]
    if all(not each.host for each in found):
        return Exchangers(is_null=True)
    usable = [each for each in found if is_host_name(each.host)]
    own = min([each.preference for each in usable if each.host in own_names], default=None)
    if own is not None:
        usable = [each for each in usable if each.preference < own]
    chance.shuffle(usable)
    usable.sort(key=_preference_of)
    # A host that has several records counts for the first.
    best = {each.host: each for each in reversed(usable)}
    hosts = [each for each in usable if best[each.host] is each]
    return Exchangers(hosts=tuple(hosts[:_MOST]), is_own=own is not None)


def _preference_of(exchanger: Exchanger) -> int:
    return exchanger.preference
