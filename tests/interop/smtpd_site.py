"""The configuration of a Postfix -> what each of its listeners is, in our values.

    main.cf            the settings
    master.cf.extra    HOST:PORT inet ... smtpd, its options on lines with a blank first
    access_* ehlo.cidr header_checks ...   the tables, looked for by the name of the file
    aliases virtual transport              who is known, and where mail for a domain goes

Rules.  A table that is not there is an error.  What stands in a table is read as we
read it; that an access table may have what is no action is told when it is asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from dsnlib.adapters.server.listener import Listener, ServerLimits
from dsnlib.compose.postfix.parameters import Parameters
from dsnlib.errors import LookupFailed
from dsnlib.model.text import decode_wire
from dsnlib.replies.capabilities import Capabilities
from dsnlib.replies.check_tables import ContentChecks
from dsnlib.replies.discard import DiscardRules, parse_discards
from dsnlib.replies.judge import AccessPolicy
from dsnlib.replies.restrictions import parse_restrictions
from dsnlib.replies.rewrite import RewriteRules
from dsnlib.replies.site import DomainKind, Listing, Site
from dsnlib.replies.tables import parse_table
from dsnlib.replies.words import split_words
from tests.interop.smtpd_session import NullIntake

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dsnlib.replies.restrictions import Restriction
    from dsnlib.replies.table import Table

__all__ = ["read_listeners"]

_OPTION = re.compile(r"-o\s+(?:\{\s*(\w+)\s*=\s*(.*?)\s*\}(?=\s+-o|\s*$)|(\w+)=(\S*))")
_LISTENER = re.compile(r"(?:[^\s:]*:)?(\d+)\s+inet\s")
_SERVICE = re.compile(r"(\S+)\s+unix\s")

# field of `AccessPolicy` -> the setting with its list
_LISTS = {
    "client": "smtpd_client_restrictions",
    "helo": "smtpd_helo_restrictions",
    "sender": "smtpd_sender_restrictions",
    "relay": "smtpd_relay_restrictions",
    "recipient": "smtpd_recipient_restrictions",
    "data": "smtpd_data_restrictions",
    "end_of_data": "smtpd_end_of_data_restrictions",
    "etrn": "smtpd_etrn_restrictions",
}
# What Postfix has where nothing is set, as far as a replay meets it.
_DEFAULTS = {
    "disable_vrfy_command": "no",
    "mynetworks": "127.0.0.0/8",
    "recipient_delimiter": "",
    "smtpd_delay_reject": "yes",
    "smtpd_helo_required": "no",
    "smtpd_peername_lookup": "yes",
    "smtpd_recipient_limit": "1000",
    "smtpd_reject_unlisted_recipient": "yes",
    "smtputf8_enable": "yes",
    "soft_bounce": "no",
    "strict_rfc821_envelopes": "no",
    "message_size_limit": "10240000",
}


def read_listeners(folder: Path) -> dict[int, Listener]:
    """Return the listeners of a configuration, by port.

    Raises:
        DsnError: Something in it is not what it should be.
        OSError: A file cannot be read.
    """
    main = Parameters.parse((folder / "main.cf").read_bytes())
    master = decode_wire((folder / "master.cf.extra").read_bytes())
    entries = re.sub(r"\n[ \t]+", " ", master).split("\n")
    services = {found[1]: _options(entry) for entry in entries if (found := _SERVICE.match(entry))}
    return {
        int(found[1]): _Reader(folder, main, _options(entry), services).listener()
        for entry in entries
        if (found := _LISTENER.match(entry))
    }


def _options(entry: str) -> dict[str, str]:
    return {found[1] or found[3]: found[2] or found[4] or "" for found in _OPTION.finditer(entry)}


@attrs.frozen
class _Reader:
    folder: Path
    main: Parameters
    options: Mapping[str, str]
    services: Mapping[str, Mapping[str, str]]

    def setting(self, name: str, default: str = "") -> str:
        if name in self.options:
            return self.options[name]
        default = _DEFAULTS.get(name, default)
        return self.main.get(name, default) if name in dict(self.main.settings) else default

    def is_set(self, name: str) -> bool:
        return self.setting(name) == "yes"

    def listener(self) -> Listener:
        return Listener(
            hostname=self.setting("myhostname"),
            policy=self.policy(),
            capabilities=Capabilities(
                pipelining=True,
                size=int(self.setting("message_size_limit")),
                vrfy=not self.is_set("disable_vrfy_command"),
                etrn=True,
                verp=bool(self.setting("smtpd_authorized_verp_clients")),
                enhanced_status_codes=True,
                eight_bit_mime=True,
                dsn=True,
                smtputf8=self.is_set("smtputf8_enable"),
                chunking=True,
            ),
            discards=DiscardRules(
                parse_discards(self.setting("smtpd_discard_ehlo_keywords")),
                tuple(self.tables("smtpd_discard_ehlo_keyword_address_maps")),
            ),
            checks=self.checks(),
            rules=RewriteRules(soft_bounce=self.is_set("soft_bounce")),
            resolver=_Hosts() if self.is_set("smtpd_peername_lookup") else None,
            needs_helo=self.is_set("smtpd_helo_required"),
            is_strict=self.is_set("strict_rfc821_envelopes"),
            has_help=False,
            limits=ServerLimits(
                recipients=int(self.setting("smtpd_recipient_limit")),
                # What was recorded is not to be waited for again.
                tarpit_seconds=0,
            ),
            intake=NullIntake(),
        )

    def policy(self) -> AccessPolicy:
        site = Site(
            hostname=self.setting("myhostname"),
            networks=parse_table(
                "cidr",
                "".join(f"{each} OK\n" for each in self.setting("mynetworks").split()),
                origin="mynetworks",
            ),
            delimiter=self.setting("recipient_delimiter"),
            directory=_Directory(self),
        )
        lists: dict[str, Any] = {
            field: self.restrictions(setting) for field, setting in _LISTS.items()
        }
        return AccessPolicy(
            site=site,
            **lists,
            delays_refusals=self.is_set("smtpd_delay_reject"),
            refuses_unlisted=self.is_set("smtpd_reject_unlisted_recipient"),
        )

    def restrictions(self, setting: str) -> tuple[Restriction, ...]:
        return parse_restrictions(self.setting(setting), open_table=self.open_table, origin=setting)

    def checks(self) -> ContentChecks:
        options = self.services.get(self.setting("cleanup_service_name"), {})
        cleanup = _Reader(self.folder, self.main, options, self.services)
        return ContentChecks(
            headers=tuple(cleanup.tables("header_checks")),
            body=tuple(cleanup.tables("body_checks")),
        )

    def tables(self, setting: str) -> Iterator[Table]:
        for word in split_words(self.setting(setting)):
            yield self.open_table(word.text)

    def open_table(self, spec: str) -> Table:
        kind, _, rest = spec.partition(":")
        if kind in ("inline", "static"):
            return parse_table(kind, rest, origin=spec)
        path = self.folder / rest.rpartition("/")[2]
        return parse_table(kind, decode_wire(path.read_bytes()), origin=str(path))

    def lines(self, name: str) -> dict[str, str]:
        """Return a file of keys and values, the keys without their colon."""
        path = self.folder / name
        text = decode_wire(path.read_bytes()) if path.is_file() else ""
        pairs = (line.split(None, 1) for line in text.split("\n") if line and line[0] != "#")
        return {key[0].removesuffix(":").lower(): key[1].strip() for key in pairs if len(key) > 1}


class _Hosts:
    """The names of the client, which was the host itself."""

    def addresses(self, name: str) -> tuple[str, ...]:
        return ("127.0.0.1",) if name == "localhost" else ()

    def hostnames(self, address: str) -> tuple[str, ...]:
        return ("localhost",) if address == "127.0.0.1" else ()

    def mail_exchangers(self, name: str) -> tuple[str, ...]:
        return self.texts(name)

    def name_servers(self, name: str) -> tuple[str, ...]:
        return self.texts(name)

    def texts(self, name: str) -> tuple[str, ...]:
        raise LookupFailed(name, source="hosts", key=name)


class _Directory:
    """Who is known, by the tables of the site."""

    def __init__(self, reader: _Reader) -> None:
        def domains(setting: str) -> frozenset[str]:
            return frozenset(reader.setting(setting).lower().replace(",", " ").split())

        self.kinds = {
            **dict.fromkeys(domains("relay_domains"), DomainKind.RELAY),
            **dict.fromkeys(domains("virtual_alias_domains"), DomainKind.ALIAS),
            **dict.fromkeys(domains("mydestination"), DomainKind.LOCAL),
            **dict.fromkeys(domains("virtual_mailbox_domains"), DomainKind.LOCAL),
        }
        self.delimiter = reader.setting("recipient_delimiter")
        self.mailbox_domains = domains("virtual_mailbox_domains")
        self.mailboxes = tuple(reader.tables("virtual_mailbox_maps"))
        has_list = bool(reader.setting("local_recipient_maps"))
        self.aliases = reader.lines("aliases") if has_list else None
        self.virtual = reader.lines("virtual")
        self.transports = reader.lines("transport")
        self.default_transport = reader.setting("default_transport", "smtp:")

    def domain_kind(self, domain: str) -> DomainKind:
        return self.kinds.get(domain, DomainKind.FOREIGN)

    def listing(self, address: str) -> Listing:
        local, _, domain = address.lower().rpartition("@")
        if self.delimiter:
            local = local.partition(self.delimiter)[0]
        kind = self.domain_kind(domain)
        if address.lower() in self.virtual:
            return Listing()
        if kind is DomainKind.ALIAS:
            return Listing(is_known=False)
        if domain in self.mailbox_domains:
            found = (each.lookup(f"{local}@{domain}") for each in self.mailboxes)
            return Listing(is_known=any(found))
        if kind is DomainKind.LOCAL:
            return Listing(is_known=self.aliases is None or local in self.aliases)
        transport = self.transports.get(domain, self.default_transport)
        service, _, hop = transport.partition(":")
        if service not in ("error", "retry"):
            return Listing()
        return Listing(is_known=False, text=hop, is_temporary=service == "retry")
