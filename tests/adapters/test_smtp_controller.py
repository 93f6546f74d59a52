"""The controller has any free port, and leaves nothing open."""

from __future__ import annotations

import contextlib
import gc
import smtplib
import socket

import pytest

from dsnlib.adapters.smtp_controller import DSNController
from dsnlib.errors import InvalidValue
from dsnlib.model.envelope import Recipient
from dsnlib.model.esmtp import Ret, parse_rcpt_parameters
from tests.adapters.test_smtp_server import Keeper


def test_controller() -> None:
    """The controller takes any free port, and hands on what the server is to be told."""
    keeper = Keeper()
    controller = DSNController(
        keeper, hostname="127.0.0.1", port=0, ignored_parameters={"X-FOO"}, server_hostname="mx"
    )
    controller.start()
    try:
        with smtplib.SMTP("127.0.0.1", controller.port, timeout=10) as client:
            client.sendmail(
                "",
                ["bob@example.com"],
                b"Subject: x\r\n\r\n",
                mail_options=["RET=HDRS", "X-FOO=1"],
                rcpt_options=["NOTIFY=NEVER"],
            )
            assert client.has_extn("dsn")
            assert client.has_extn("enhancedstatuscodes")
    finally:
        controller.stop()

    dsn = keeper.envelopes[0].dsn
    assert ("", Ret.HDRS) == (dsn.sender, dsn.mail.ret)
    assert (Recipient("bob@example.com", parse_rcpt_parameters("NOTIFY=NEVER")),) == dsn.recipients


@pytest.mark.parametrize("names", ["MT-PRIORITY", b"MT-PRIORITY"])
def test_a_text_is_no_set_of_keywords(names: object) -> None:
    """It is told before anything listens: the letters would be taken for keywords."""
    with pytest.raises(InvalidValue, match=r"\Aignored_parameters: keywords are wanted, "):
        DSNController(Keeper(), hostname="127.0.0.1", port=0, ignored_parameters=names)


def test_stop_closes_connections() -> None:
    """Who is connected when the server stops is disconnected, and nothing is left over."""
    controller = DSNController(Keeper(), hostname="127.0.0.1", port=0)
    controller.start()
    with socket.create_connection(("127.0.0.1", controller.port), 10) as client:
        assert client.recv(100).startswith(b"220 ")
        client.sendall(b"EHLO client.example\r\nMAIL FROM:<>\r\n")
        controller.stop()
        # What was on its way may be read first; then comes the end, one way or another.
        with contextlib.suppress(ConnectionResetError):
            while client.recv(1000):
                pass
    gc.collect()
