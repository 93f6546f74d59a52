"""Who reports: the mail system that a notification comes from (RFC 3464 s2.2.2).

Rules.  A field that this system invents is named after it, `X-<name>-...`, as
RFC 3464 s2.4 asks; a name that cannot stand in a field is made to.
"""

from __future__ import annotations

import re

import attrs

from dsnlib.errors import InvalidValue
from dsnlib.model.address import MtaName, TypedAddress, check_path
from dsnlib.model.fields import ExtensionField
from dsnlib.model.text import refuse_controls

__all__ = ["Reporter"]

# What cannot stand in a field name or an atom, and so becomes a dash: white
# space, "/" and the specials of RFC 822 s3.3.  A dash becomes itself.
_NOT_IN_NAME = re.compile(r"[^!#-'*+0-9=?A-Z^-~]")


@attrs.frozen
class Reporter:
    """The mail system that notifies, as its notifications name it.

    Args:
        mta: The Reporting-MTA: type `dns` only with a fully qualified name,
            else `x-local-hostname` (RFC 3461 s6.3).
        name: What the mail system calls itself, for the names of its own
            fields: `Postfix` gives `X-Postfix-Queue-ID`.
        domain: What an address without one gets, and what follows the `@` of a
            Message-ID; the MTA's name if not given.
        postmaster: Whom people may ask; `postmaster@domain` if not given.

    Raises:
        InvalidValue: A text is empty or has controls.
        InvalidAddress: The postmaster cannot stand in a command.
    """

    mta: MtaName
    name: str = "DSN"
    domain: str = attrs.field(kw_only=True)
    postmaster: str = attrs.field(kw_only=True)

    @domain.default
    def _default_domain(self) -> str:
        return self.mta.name

    @postmaster.default
    def _default_postmaster(self) -> str:
        return f"postmaster@{self.domain}"

    def __attrs_post_init__(self) -> None:
        for what in ("name", "domain"):
            value = getattr(self, what)
            refuse_controls(value, f"reporter: {what}")
            if not value:
                message = f"reporter: {what} is empty"
                raise InvalidValue(message, value=value)
        check_path(f"x@{self.domain}", "reporter: domain")
        check_path(self.postmaster, "reporter: postmaster")

    @classmethod
    def parse(cls, host: str, name: str = "DSN", *, postmaster: str | None = None) -> Reporter:
        """Return the reporter of that host name; the type follows from the name.

        Args:
            host: The name of this system; one without a dot is known to it alone
                (RFC 3461 s6.3).
            name: What the fields of its own begin with, behind `X-`.
            postmaster: Who is told of what no sender can be told; `None` is
                `postmaster` at the host.

        Raises:
            InvalidValue: The name is empty or has controls.
            InvalidAddress: A name or the postmaster cannot stand in an address.
        """
        # "If the FQDN is known, the type is dns": RFC 3461 s6.3 (b).
        mta = MtaName("dns" if "." in host.strip(".") else "x-local-hostname", host)
        if postmaster is None:
            return cls(mta, name)
        return cls(mta, name, postmaster=postmaster)

    @property
    def diagnostic_type(self) -> str:
        """The type of a Diagnostic-Code in this system's own words, such as `X-Postfix`."""
        return f"X-{_NOT_IN_NAME.sub('-', self.name)}"

    def extension_fields(
        self, *, queue_id: str | None = None, sender: str | None = None
    ) -> tuple[ExtensionField, ...]:
        """Return the fields of a report that name the message as this system knows it.

        Args:
            queue_id: What the log calls the message.
            sender: Its return path; `""` is the null one.

        Raises:
            InvalidValue: A text has controls, or white space at an end.
        """
        prefix = self.diagnostic_type
        fields = []
        if queue_id is not None:
            fields.append(ExtensionField(f"{prefix}-Queue-ID", queue_id))
        if sender is not None:
            address = TypedAddress.from_address(sender or "MAILER-DAEMON")
            fields.append(ExtensionField(f"{prefix}-Sender", f"{address.type}; {address.value}"))
        return tuple(fields)
