"""Who is talking to us and what was said so far: what restrictions look at.

Rules.
- `None` is "not said yet", or "not known"; the null path is `""`.
- Names of the client come from the DNS and were verified by whoever filled
  this in: see `identify` in `resolver`.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from dsnlib.model.text import refuse_controls
from dsnlib.model.texts import texts
from dsnlib.replies.stage import Stage

__all__ = ["Client", "SmtpSession"]

_UNKNOWN = "unknown"


@attrs.frozen(kw_only=True)
class Client:
    """The system at the other end of the connection.

    Args:
        address: Its IP address, in text.
        hostname: Its name, which leads back to the address; or `None`.
        reverse_hostname: The name that the address leads to, not verified.
        is_hostname_failed: Whether `hostname` is `None` because the DNS did
            not answer.
        is_reverse_failed: The same of `reverse_hostname`.
        certificates: Fingerprints of the client's TLS certificate and its key,
            where it is to be believed.
        is_certificate_trusted: Whether an authority vouches for it.

    Raises:
        InvalidValue: A text has a control character.
    """

    address: str
    hostname: str | None = None
    reverse_hostname: str | None = None
    is_hostname_failed: bool = False
    is_reverse_failed: bool = False
    certificates: tuple[str, ...] = attrs.field(default=(), converter=texts)
    is_certificate_trusted: bool = False

    def __attrs_post_init__(self) -> None:
        for name in ("address", "hostname", "reverse_hostname"):
            value = getattr(self, name)
            if value is not None:
                refuse_controls(value, f"client {name}", tab=True)

    def __str__(self) -> str:
        return f"{self.hostname or _UNKNOWN}[{self.address}]"


@attrs.frozen(kw_only=True)
class SmtpSession:
    """A session, at the moment that a restriction is asked.

    Args:
        client: Who it is with.
        helo: The name given in EHLO, HELO or LHLO, as it was given.
        sender: The reverse-path without brackets; `""` is the null path.
        recipient: The forward-path of this RCPT without brackets.
        recipients: How many RCPT commands were accepted so far.
        login: The name under which the client has authenticated.
        is_tls: Whether the connection is encrypted.
        has_talked_early: Whether it sent commands before it was its turn.
        etrn: The argument of ETRN.
        octets: The size of the message, after its end or by SIZE.
        details: What policy services are told besides, by the names that they
            know: `instance`, `protocol_name`, `sasl_method` and the like.

    Raises:
        InvalidValue: A text has a control character.
    """

    client: Client
    helo: str | None = None
    sender: str | None = None
    recipient: str | None = None
    recipients: int = 0
    login: str | None = None
    is_tls: bool = False
    has_talked_early: bool = False
    etrn: str | None = None
    octets: int | None = None
    details: Mapping[str, str] = attrs.field(factory=dict, eq=False)

    def __attrs_post_init__(self) -> None:
        for name in ("helo", "sender", "recipient", "login", "etrn"):
            value = getattr(self, name)
            if value is not None:
                refuse_controls(value, name, tab=True)

    def name_of(self, stage: Stage) -> str:
        """Return what a refusal of that stage is about, as it is shown.  Never raises."""
        return {
            Stage.CLIENT: str(self.client),
            Stage.HELO: self.helo or "",
            Stage.LOGIN: self.login or "",
            Stage.CERTIFICATE: next(iter(self.client.certificates), ""),
            Stage.SENDER: self.sender or "",
            Stage.RECIPIENT: self.recipient or "",
            Stage.DATA: "DATA",
            Stage.END_OF_DATA: "END-OF-MESSAGE",
            Stage.ETRN: self.etrn or "",
            Stage.OTHER: "",
        }[stage]
