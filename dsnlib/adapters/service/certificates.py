"""The TLS of a listener: its certificate, read when the server starts and at SIGHUP.

Rules.
- TLS 1.2 is the least (RFC 8996, RFC 9325 s3.1.1).
- A certificate that has become bad changes nothing: the one of before stays.
"""

from __future__ import annotations

import logging
import ssl
from typing import TYPE_CHECKING

from dsnlib.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Certificate"]

_KEYS = ("smtpd_tls_cert_file", "smtpd_tls_key_file")
_LOG = logging.getLogger("dsnlib.tls")


class Certificate:
    """A certificate with its key, and the context that shows it.

    Args:
        certificate: The file with the certificate and its chain.
        key: The file with the key, `None` if it is the same.
        authorities: The file with those who vouch for clients, or `None`.
        asks_client: Whether clients are asked for a certificate.

    Raises:
        ConfigurationError: A file cannot be read, or is none of the kind.
    """

    def __init__(
        self,
        certificate: Path,
        key: Path | None = None,
        *,
        authorities: Path | None = None,
        asks_client: bool = False,
    ) -> None:
        self._files = certificate, key
        self._load(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._load(self.context)
        if authorities is not None:
            try:
                self.context.load_verify_locations(authorities)
            except (OSError, ssl.SSLError) as error:
                message = f"{authorities}: {_why(error)}"
                raise ConfigurationError(message, origin="smtpd_tls_CAfile") from error
        if asks_client:
            self.context.verify_mode = ssl.CERT_OPTIONAL

    def reload(self) -> None:
        """Read the files again.  Never raises: what is bad is logged."""
        try:
            # A context that was changed halfway would be of no use.
            self._load(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
            self._load(self.context)
        except ConfigurationError as error:
            _LOG.warning("%s; the certificate of before stays in force", error)
        else:
            _LOG.info("%s: read again", self._files[0])

    def _load(self, context: ssl.SSLContext) -> None:
        certificate, key = self._files
        try:
            # OpenSSL does not say which file is missing.
            for name, path in zip(_KEYS, self._files, strict=True):
                if path is not None:
                    _look(name, path)
            context.load_cert_chain(certificate, key, password=_no_password)
        except (OSError, ssl.SSLError, ValueError) as error:
            raise ConfigurationError(f"{certificate}: {_why(error)}") from error


def _look(name: str, path: Path) -> None:
    try:
        path.open("rb").close()
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror or error}", origin=name) from error


def _no_password() -> str:
    # Without this OpenSSL would ask at the terminal.
    message = "the key has a password"
    raise ValueError(message)


def _why(error: OSError | ValueError) -> str:
    if isinstance(error, ssl.SSLError):
        if not error.reason:  # OpenSSL has not found what it looks for
            return "there is no certificate with its key in PEM form"
        reason = error.reason.replace("_", " ").lower()
        return f"no certificate and key that can be used: {reason}"
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return str(error)
