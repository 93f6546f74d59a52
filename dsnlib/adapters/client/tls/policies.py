"""What is asked of TLS with each next hop: `smtp_tls_policy_maps`.

    example.org              encrypt
    [mail.example.net]:587   verify match=hostname:nexthop
    .example.com             secure match=.example.com ciphers=high protocols=>=TLSv1.2
    old.example.net          may exclude=RC4:3DES
    example.edu              none

The tables are asked for the next hop as it is written; if that is a bare domain, then for
`.domain` of each domain above it.

Rules.
- What a value leaves out is as for all next hops of its level.
- A value that is wrong somewhere is wrong: mail waits, rather than go out with less than
  was meant.
- A table of patterns is asked for the next hop alone.
- A next hop in UTF-8 is asked for in US-ASCII as well: how a stranger writes a domain does
  not choose the policy.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import attrs

from dsnlib.adapters.client.first_key import find_first
from dsnlib.adapters.client.tls.policy import (
    VERSIONS,
    ClientTlsLevel,
    TlsAtAnyLevel,
    TlsPolicy,
    parse_versions,
)
from dsnlib.adapters.client.tls.server_names import ascii_name, bare_nexthop
from dsnlib.adapters.client.trouble import make_trouble
from dsnlib.errors import InvalidValue
from dsnlib.model.text import replace_controls
from dsnlib.model.texts import maybe_texts, texts
from dsnlib.replies.search import host_keys
from dsnlib.replies.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from dsnlib.replies.search import Found

__all__ = ["TlsPolicies", "TlsPolicyEntry"]

_LOG = logging.getLogger("dsnlib.client")
_NOT_TOLD = "TLS with the server is not set up right"
_COMMAND = "STARTTLS"
_LEVELS = {level.value: level for level in ClientTlsLevel}
_LONGEST_SHOWN = 80
_AT_ANY_LEVEL = tuple([field.name for field in attrs.fields(TlsAtAnyLevel)])


def _tables(values: Iterable[Table]) -> tuple[Table, ...]:
    return tuple(values)


@attrs.frozen(kw_only=True)
class TlsPolicyEntry:
    """What a value of the table says; `None` for what it leaves out.

    Args:
        level: The level.
        match: Names that the certificate has to have one of.
        protocols: Versions.
        ciphers: The grade.
        exclude: Ciphers that may not be used.
        servername: What the server is told of whom we want.

    Raises:
        InvalidValue: One text is given where several are wanted.
    """

    level: ClientTlsLevel
    match: tuple[str, ...] | None = attrs.field(default=None, converter=maybe_texts)
    protocols: tuple[str, ...] | None = attrs.field(default=None, converter=maybe_texts)
    ciphers: str | None = None
    exclude: tuple[str, ...] | None = attrs.field(default=None, converter=maybe_texts)
    servername: str | None = None

    @classmethod
    def parse(cls, value: str) -> TlsPolicyEntry:
        """Return what a value says.

        >>> TlsPolicyEntry.parse("verify match=hostname:nexthop").match
        ('hostname', 'nexthop')

        Args:
            value: `level name=value ...`, with blanks or commas between.

        Raises:
            InvalidValue: It is none; the message shows the word that is wrong.
        """
        word, *attributes = value.replace(",", " ").split() or [""]
        level = _LEVELS.get(word.lower())
        if level is None:
            raise _wrong(word, f"is no level; there are {', '.join(_LEVELS)}", value)
        found: dict[str, Any] = {}
        for attribute in attributes:
            _read_attribute(attribute, level, found, value)
        entry = cls(level=level, **found)
        # What the values are in themselves is TlsPolicy's to say.
        entry.apply(TlsPolicy(level=level))
        return entry

    def apply(self, default: TlsPolicy) -> TlsPolicy:
        """Return what is asked of one session.

        Args:
            default: What is asked of all at this level.

        Raises:
            InvalidValue: As `TlsPolicy`.
        """
        said: dict[str, Any] = {
            "names": self.match,
            "versions": self.protocols,
            "ciphers": self.ciphers,
            "excluded_ciphers": self.exclude,
            "server_name": self.servername,
        }
        changes = {name: value for name, value in said.items() if value is not None}
        return attrs.evolve(default, **changes)


def _wrong(word: str, why: str, value: str) -> InvalidValue:
    shown = replace_controls(word[:_LONGEST_SHOWN])
    return InvalidValue(f"TLS policy: {shown!r} {why}", value=value)


def _read_attribute(
    attribute: str, level: ClientTlsLevel, found: dict[str, Any], value: str
) -> None:
    name, sign, text = attribute.partition("=")
    name = name.lower()
    read = _ATTRIBUTES.get(name)
    if not sign or not text:
        raise _wrong(attribute, "is not such as ciphers=high", value)
    if read is None:
        raise _wrong(name, f"is no attribute; there are {', '.join(_ATTRIBUTES)}", value)
    if level is ClientTlsLevel.NONE or (name == "match" and not level.is_verified):
        raise _wrong(attribute, f"means nothing at level {level.value}", value)
    if name in found and name != "match":
        raise _wrong(attribute, "is there a second time", value)
    # The names to match add up.
    found[name] = (*found.get(name, ()), *read(text)) if name == "match" else read(text)


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split(":"))


_ATTRIBUTES: Mapping[str, Callable[[str], Any]] = {
    "match": _split,
    "protocols": parse_versions,
    "ciphers": str.lower,
    "exclude": _split,
    "servername": str,
}


@attrs.frozen(kw_only=True)
class TlsPolicies(TlsAtAnyLevel):
    """What is asked of TLS, for all next hops and for each.

    Args:
        level: For those that no table knows.
        tables: Those of `smtp_tls_policy_maps`.
        verify_names: The names with `verify` (`smtp_tls_verify_cert_match`).
        secure_names: The names with `secure` (`smtp_tls_secure_cert_match`).
        versions: Those with `may` (`smtp_tls_protocols`).
        mandatory_versions: Those above (`smtp_tls_mandatory_protocols`).
        ciphers: The grade with `may` (`smtp_tls_ciphers`).
        mandatory_ciphers: That above (`smtp_tls_mandatory_ciphers`).
        excluded_ciphers: Those that are never used (`smtp_tls_exclude_ciphers`).
        mandatory_excluded_ciphers: Those that are not used above `may` either.
        ca_file: As `TlsAtAnyLevel` has it, and so are those below.
        ca_path: A directory.
        cert_file: Our own certificate.
        key_file: Its key.
        server_name: What the server is told of whom we want (`smtp_tls_servername`).
        is_implicit: Whether TLS begins with the connection (`smtp_tls_wrappermode`).
        notes_offer: Whether the log tells of TLS that is offered and not used.

    Raises:
        InvalidValue: They make no `TlsPolicy`.
    """

    level: ClientTlsLevel = ClientTlsLevel.MAY
    tables: tuple[Table, ...] = attrs.field(default=(), converter=_tables)
    verify_names: tuple[str, ...] = attrs.field(default=("hostname",), converter=texts)
    secure_names: tuple[str, ...] = attrs.field(default=("nexthop", "dot-nexthop"), converter=texts)
    versions: tuple[str, ...] = attrs.field(default=VERSIONS, converter=texts)
    mandatory_versions: tuple[str, ...] = attrs.field(default=VERSIONS, converter=texts)
    ciphers: str = "medium"
    mandatory_ciphers: str = "medium"
    excluded_ciphers: tuple[str, ...] = attrs.field(default=(), converter=texts)
    mandatory_excluded_ciphers: tuple[str, ...] = attrs.field(default=(), converter=texts)

    def __attrs_post_init__(self) -> None:
        self.default()

    def default(self) -> TlsPolicy:
        """Return what is asked of next hops that no table knows.  Never raises."""
        return self._at(self.level)

    async def find(
        self,
        nexthop: str,
        host: str = "",  # noqa: ARG002  others may ask for it; who it is comes from the network
    ) -> TlsPolicy:
        """Return what is asked of a next hop.

        Args:
            nexthop: As it was written.
            host: The server, which has no say in it.

        Raises:
            LookupFailed: A table cannot tell.
            Trouble: 4.7.5, a value of a table is wrong.
        """
        if not self.tables:
            return self.default()
        found = await self._look_up(nexthop)
        if found is None and not nexthop.isascii():
            bare = bare_nexthop(nexthop)
            found = await self._look_up(nexthop.replace(bare, ascii_name(bare)))
        if found is None:
            return self.default()
        try:
            entry = TlsPolicyEntry.parse(found.value)
            return entry.apply(self._at(entry.level))
        except InvalidValue as error:
            # Which table it is, is nobody's business who reads a report.
            _LOG.warning("%s: %r: %s", found.table, found.key, error)
            raise make_trouble("4.7.5", _NOT_TOLD, command=_COMMAND) from error

    async def _look_up(self, nexthop: str) -> Found | None:
        name, *parents = host_keys(nexthop, parents=False)
        # What has a port or brackets is no domain, and has nothing above it.
        return await find_first(self.tables, [name], [] if ":" in name else parents)

    def _at(self, level: ClientTlsLevel) -> TlsPolicy:
        is_mandatory = level.is_required
        excluded = self.excluded_ciphers
        if is_mandatory:
            excluded += self.mandatory_excluded_ciphers
        is_secure = level is ClientTlsLevel.SECURE
        return TlsPolicy(
            level=level,
            names=self.secure_names if is_secure else self.verify_names,
            versions=self.mandatory_versions if is_mandatory else self.versions,
            ciphers=self.mandatory_ciphers if is_mandatory else self.ciphers,
            excluded_ciphers=excluded,
            **{name: getattr(self, name) for name in _AT_ANY_LEVEL},
        )
