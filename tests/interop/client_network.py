"""Servers of others that our client sends to, and what the hop behind them is told.

    client -> Postfix, Exim, OpenSMTPD -> a hop that writes down, with DSN and SMTPUTF8
           -> Dovecot by LMTP, which keeps mail

All have a certificate of one authority, and some know whom to let in.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from dsnlib import Envelope, Recipient, parse_mail_parameters, parse_rcpt_parameters
from dsnlib.adapters.client.result import SendResult
from dsnlib.adapters.smtp_client import SmtpClient
from tests.interop.peers.dovecot import dovecot_running
from tests.interop.peers.dovecot_lmtp import DovecotLmtp, dovecot_lmtp_running
from tests.interop.peers.exim import Exim, exim_running
from tests.interop.peers.hop import Hop, hop_running
from tests.interop.peers.opensmtpd import OpenSmtpd, opensmtpd_running
from tests.interop.peers.postfix import Postfix, postfix_running
from tests.interop.peers.running import HOST, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    import trustme

    from dsnlib.adapters.client.login import Login
    from dsnlib.adapters.client.tls.policy import TlsPolicy

__all__ = [
    "ACCOUNTS",
    "MAILBOXES",
    "Asked",
    "Sending",
    "Servers",
    "client_network_running",
    "send",
    "subject_of",
]

SENDER = "ann@here.example"
ACCOUNTS = {"ann": "secret word", "dan": "another word"}
MAILBOXES = ("ann@lmtp.example", "bob@lmtp.example", "cee@lmtp.example")
FULL = "full@lmtp.example"
_GONE = "check_recipient_access inline:{ { gone@postfix.example = 550 5.1.1 nobody of that name } }"
_SUBJECT = re.compile(rb"^Subject: ([^\r\n]+)", re.MULTILINE)


@attrs.frozen(kw_only=True)
class Servers:
    """All that runs.

    Args:
        postfix: It has every extension, TLS, and Dovecot's authentication.
        exim: The same, with its own.
        opensmtpd: It has DSN, and neither PIPELINING nor CHUNKING nor SMTPUTF8.
        plain: An OpenSMTPD that does not announce DSN.
        lmtp: A mail store, without DSN.
        hop: Where all but the last send all.
        ca_file: The authority's certificate.
    """

    postfix: Postfix
    exim: Exim
    opensmtpd: OpenSmtpd
    plain: OpenSmtpd
    lmtp: DovecotLmtp
    hop: Hop
    ca_file: Path

    def port(self, name: str) -> int:
        """Return where a server listens."""
        port: int = getattr(self, name).port
        return port

    def onward(self, subject: str, recipients: int) -> dict[str, tuple[str, str]]:
        """Return what the hop was told of a message: parameters of MAIL and RCPT by recipient.

        Args:
            subject: The message's.
            recipients: For how many it is waited.
        """

        def found() -> dict[str, tuple[str, str]]:
            told = {}
            for each in list(self.hop.taken):
                if subject_of(each.content) == subject:
                    for recipient in each.recipients:
                        address, _, options = recipient.partition(">")
                        mail = each.mail.partition(">")[2].strip()
                        told[address.lstrip("<")] = (mail, options.strip())
            return told

        wait_for(lambda: len(found()) >= recipients, what=f"{subject} at the hop")
        return found()


@attrs.frozen(kw_only=True)
class Asked:
    """What the sender asks for.

    Args:
        mail: Parameters of MAIL.
        recipients: Parameters of RCPT, by address.
        smtputf8: Whether the message has SMTPUTF8.
    """

    mail: tuple[str, ...] = ()
    recipients: Mapping[str, tuple[str, ...]]
    smtputf8: bool = False

    @property
    def envelope(self) -> Envelope:
        """The same as an envelope."""
        return Envelope(
            sender=SENDER,
            mail=parse_mail_parameters(self.mail),
            recipients=[
                Recipient(address, parse_rcpt_parameters(words))
                for address, words in self.recipients.items()
            ],
            smtputf8=self.smtputf8,
        )


@attrs.frozen(kw_only=True)
class Sending:
    """What has come of a message, and how.

    Args:
        results: One for each recipient.
        said: What was said, each line with `C` or `S`.
    """

    results: tuple[SendResult, ...]
    said: tuple[tuple[str, str], ...]

    def commands(self, verb: str) -> list[str]:
        """Return the commands that we gave, by what they begin with."""
        return [text for side, text in self.said if side == "C" and text.startswith(verb)]

    def told(self) -> dict[str, tuple[str, str, int | None]]:
        """Return each recipient's disposition, enhanced code and code."""
        return {
            each.recipient: (each.outcome.disposition.value, str(each.status), each.code)
            for each in self.results
        }


def send(
    port: int,
    asked: Asked,
    *,
    subject: str = "a message",
    body: str = "the text",
    tls: TlsPolicy | str = "none",
    login: Login | None = None,
    is_lmtp: bool = False,
    times: int = 1,
) -> Sending:
    """Send a message with a client of its own.

    Args:
        port: Where the server listens.
        asked: Its envelope.
        subject: What it is known by behind the server.
        body: Its text.
        tls: How the session is encrypted.
        login: Who we are.
        is_lmtp: Whether the server speaks LMTP.
        times: How often it is sent, one after the other; results are those of all.
    """
    said: list[tuple[str, str]] = []
    message = f"From: <{SENDER}>\r\nSubject: {subject}\r\n\r\n{body}\r\n".encode()

    async def run() -> tuple[SendResult, ...]:
        client = SmtpClient.to(
            f"[{HOST}]:{port}", login=login, tls=tls, hello="client.example", is_lmtp=is_lmtp,
            observe=lambda side, text: said.append((side, text)),
        )  # fmt: skip
        async with client:
            found = [await client.send(asked.envelope, message) for _ in range(times)]
        return tuple([result for results in found for result in results])

    return Sending(results=asyncio.run(run()), said=tuple(said))


def subject_of(message: bytes) -> str:
    """Return what the subject of a message says."""
    found = _SUBJECT.search(message)
    return found[1].decode() if found else ""


@contextlib.contextmanager
def client_network_running() -> Iterator[Servers]:
    """Run the servers until the block ends; skips the test if one cannot be."""
    import trustme

    with contextlib.ExitStack() as stack:
        # Not pytest's directory: that one is closed to the users that servers run as.
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dsnlib-ca-")))
        directory.chmod(0o755)
        authority = trustme.CA()
        authority.cert_pem.write_to_path(directory / "ca")
        certificates = {
            name: _write_certificate(authority, directory, name)
            for name in ("postfix.example", "exim.example", "open.example", "lmtp.example")
        }
        keywords = ("PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES", "SMTPUTF8", "DSN")
        hop = stack.enter_context(hop_running(Hop(keywords=keywords)))
        dovecot = stack.enter_context(dovecot_running(ACCOUNTS))
        certificate, key = certificates["postfix.example"]
        postfix = stack.enter_context(
            postfix_running(
                {
                    "relayhost": f"[{HOST}]:{hop.port}",
                    "smtputf8_enable": "yes",
                    "smtpd_recipient_restrictions": f"{_GONE}, permit",
                    "smtpd_tls_security_level": "may",
                    "smtpd_tls_chain_files": f"{key}, {certificate}",
                    "smtpd_tls_loglevel": "1",
                    "smtpd_sasl_auth_enable": "yes",
                    "smtpd_sasl_type": "dovecot",
                    "smtpd_sasl_path": str(dovecot.socket),
                    "smtpd_sasl_security_options": "noanonymous",
                }
            )
        )
        yield Servers(
            postfix=postfix,
            exim=stack.enter_context(
                exim_running(
                    next_port=hop.port, refused="gone", accounts=ACCOUNTS,
                    certificate=certificates["exim.example"],
                )
            ),
            opensmtpd=stack.enter_context(
                opensmtpd_running(
                    next_port=hop.port, refused=["gone@opensmtpd.example"],
                    certificate=certificates["open.example"],
                )
            ),
            plain=stack.enter_context(opensmtpd_running(next_port=hop.port, has_dsn=False)),
            lmtp=stack.enter_context(
                dovecot_lmtp_running(
                    MAILBOXES, full=[FULL], certificate=certificates["lmtp.example"]
                )
            ),
            hop=hop,
            ca_file=directory / "ca",
        )  # fmt: skip


def _write_certificate(authority: trustme.CA, directory: Path, name: str) -> tuple[Path, Path]:
    """Write a certificate for a name and the address of loopback, and return its files."""
    made = authority.issue_cert(name, HOST)
    certificate, key = directory / f"{name}.cert", directory / f"{name}.key"
    certificate.write_bytes(b"".join(each.bytes() for each in made.cert_chain_pems))
    made.private_key_pem.write_to_path(key)
    return certificate, key
