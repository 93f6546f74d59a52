"""The contexts of TLS that policies need, each made once; sessions of before are resumed.

Rules.
- What two policies do not differ in for OpenSSL they share: a thousand destinations with
  names of their own have one list of authorities in memory.
- A file that has changed makes a new context, for the next connection.
- A session is resumed with the server of the name that it was made with, under a context
  of the same demands, and only once (RFC 8446 appendix C.4).
"""

from __future__ import annotations

import ssl
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from dsnlib.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dsnlib.adapters.client.tls.policy import TlsPolicy

__all__ = ["SessionContext", "context_of", "keep_session"]

# Chosen by us: a session holds the certificates of its server, some 10 kB.
_MOST_SESSIONS = 256
# Chosen by us: contexts with lists of authorities of their own, of some 3 MB each.
_MOST_CONTEXTS = 32
_VERSIONS = {"TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3}
# Ciphers of TLS up to 1.2, as OpenSSL lists them.  Where no certificate is looked at, one
# with a key or a signature of old is no reason to do without TLS: @SECLEVEL=0.
_GRADES = {
    "high": "HIGH:!aNULL:!eNULL",
    "medium": "HIGH:MEDIUM:!aNULL:!eNULL",
    # Postfix and OpenSSL know the words, and have nothing below medium any more.
    "low": "HIGH:MEDIUM:!aNULL:!eNULL",
    "export": "HIGH:MEDIUM:!aNULL:!eNULL",
    "null": "eNULL:!aNULL",
}


class SessionContext(ssl.SSLContext):
    """A context that resumes sessions."""

    sessions: OrderedDict[str, ssl.SSLSession]

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,  # noqa: FBT001, FBT002  the signature is that of ssl
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        """Return what encrypts a connection; asyncio, which asks for it, knows of no sessions."""
        if session is None and isinstance(server_hostname, str):
            session = self.sessions.pop(server_hostname, None)
        return super().wrap_bio(incoming, outgoing, server_side, server_hostname, session)


def keep_session(connection: ssl.SSLObject) -> None:
    """Keep the session of a connection that ends in order, for the next one.

    Args:
        connection: One that was read from: before, TLS 1.3 has no session to resume.
    """
    context, session = connection.context, connection.session
    name = connection.server_hostname
    if not isinstance(context, SessionContext) or session is None or name is None:
        return
    if not session.has_ticket and not session.id:
        return
    context.sessions[name] = session
    if len(context.sessions) > _MOST_SESSIONS:
        context.sessions.popitem(last=False)


@attrs.frozen(kw_only=True)
class _Demands:
    """What of a policy OpenSSL is told."""

    is_verified: bool
    checks_name: bool
    versions: tuple[str, ...]
    ciphers: str
    excluded_ciphers: tuple[str, ...]
    ca_file: Path | None
    ca_path: Path | None
    cert_file: Path | None
    key_file: Path | None
    changes: tuple[object, ...]


_CONTEXTS: OrderedDict[_Demands, SessionContext] = OrderedDict()


def context_of(policy: TlsPolicy) -> SessionContext:
    """Return the context of a policy: the same one each time, until one of its files changes.

    Raises:
        ConfigurationError: A file cannot be read, or is none of the kind; or OpenSSL has
            no such ciphers.
    """
    demands = _demands_of(policy)
    context = _CONTEXTS.get(demands)
    if context is None:
        context = _CONTEXTS[demands] = _make(demands)
        if len(_CONTEXTS) > _MOST_CONTEXTS:
            _CONTEXTS.popitem(last=False)
    return context


def _demands_of(policy: TlsPolicy) -> _Demands:
    is_verified = policy.level.is_verified
    cas = (policy.ca_file, policy.ca_path) if is_verified else (None, None)
    files = (*cas, policy.cert_file, policy.key_file)
    return _Demands(
        is_verified=is_verified,
        # OpenSSL compares with the name that the server is told.  It is the only one then.
        checks_name=is_verified and policy.names == (policy.server_name,),
        versions=policy.versions,
        ciphers=policy.ciphers,
        excluded_ciphers=policy.excluded_ciphers,
        ca_file=cas[0],
        ca_path=cas[1],
        cert_file=policy.cert_file,
        key_file=policy.key_file,
        changes=tuple(_changes(files)),
    )


def _changes(files: Iterable[Path | None]) -> Iterable[object]:
    for path in files:
        if path is not None:
            try:
                found = path.stat()
            except OSError as error:
                raise ConfigurationError(error.strerror or str(error), origin=str(path)) from error
            yield found.st_mtime_ns, found.st_size, found.st_ino


def _make(demands: _Demands) -> SessionContext:
    context = SessionContext(ssl.PROTOCOL_TLS_CLIENT)
    context.sessions = OrderedDict()
    context.check_hostname = demands.checks_name
    context.verify_mode = ssl.CERT_REQUIRED if demands.is_verified else ssl.CERT_NONE
    context.hostname_checks_common_name = False
    context.minimum_version = _VERSIONS[demands.versions[0]]
    context.maximum_version = _VERSIONS[demands.versions[-1]]
    _set_ciphers(context, demands)
    if demands.is_verified:
        _trust(context, demands)
    if demands.cert_file is not None:
        _show(context, demands.cert_file, demands.key_file)
    return context


def _set_ciphers(context: ssl.SSLContext, demands: _Demands) -> None:
    words = [_GRADES[demands.ciphers], *[f"!{word}" for word in demands.excluded_ciphers]]
    words.append("@STRENGTH")
    if not demands.is_verified:
        words.append("@SECLEVEL=0")
    try:
        context.set_ciphers(":".join(words))
    except ssl.SSLError as error:
        excluded = " ".join(demands.excluded_ciphers)
        message = f"OpenSSL has no cipher of grade {demands.ciphers} without {excluded or 'more'}"
        raise ConfigurationError(message) from error


def _trust(context: ssl.SSLContext, demands: _Demands) -> None:
    if demands.ca_file is None and demands.ca_path is None:
        context.load_default_certs(ssl.Purpose.SERVER_AUTH)
        return
    try:
        context.load_verify_locations(demands.ca_file, demands.ca_path)
    except (OSError, ssl.SSLError) as error:
        origin = str(demands.ca_file or demands.ca_path)
        message = _why(error, "there is no certificate in PEM form")
        raise ConfigurationError(message, origin=origin) from error


def _show(context: ssl.SSLContext, certificate: Path, key: Path | None) -> None:
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except (OSError, ssl.SSLError, ValueError) as error:
        message = _why(error, "there is no certificate in PEM form with its key")
        raise ConfigurationError(message, origin=str(certificate)) from error


def _why(error: OSError | ValueError, otherwise: str) -> str:
    # What OpenSSL says of files that are no good tells nobody anything.
    if isinstance(error, ssl.SSLError):
        return otherwise
    return getattr(error, "strerror", None) or str(error)


def _no_password() -> str:
    # Without this OpenSSL would ask at the terminal.
    message = "the key has a password"
    raise ValueError(message)
