"""A session holds what was said, in lines; a refusal names the part it is about."""

from collections.abc import Callable
from typing import Any

import pytest

from dsnlib.errors import InvalidValue
from dsnlib.replies.session import Client, SmtpSession
from dsnlib.replies.stage import Stage

CLIENT = Client(address="192.0.2.1", hostname="mx.example.org", certificates=("AB:CD", "EF"))
FULL = SmtpSession(
    client=CLIENT,
    helo="mail.example.org",
    sender="ann@example.org",
    recipient="bob@example.com",
    recipients=2,
    login="ann",
    is_tls=True,
    has_talked_early=False,
    etrn="example.com",
    octets=1000,
)
EMPTY = SmtpSession(client=Client(address="2001:db8::1"))


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        pytest.param(CLIENT, "mx.example.org[192.0.2.1]", id="known"),
        pytest.param(Client(address="2001:db8::1"), "unknown[2001:db8::1]", id="unknown"),
        pytest.param(
            Client(address="192.0.2.1", reverse_hostname="forged.example.org"),
            "unknown[192.0.2.1]",
            id="not verified",
        ),
    ],
)
def test_client_is_shown_by_name_and_address(client: Client, expected: str) -> None:
    """A name that does not lead back is not shown."""
    assert expected == str(client)


@pytest.mark.parametrize(
    ("stage", "full", "empty"),
    [
        pytest.param(Stage.CLIENT, "mx.example.org[192.0.2.1]", "unknown[2001:db8::1]"),
        pytest.param(Stage.HELO, "mail.example.org", ""),
        pytest.param(Stage.LOGIN, "ann", ""),
        pytest.param(Stage.CERTIFICATE, "AB:CD", ""),
        pytest.param(Stage.SENDER, "ann@example.org", ""),
        pytest.param(Stage.RECIPIENT, "bob@example.com", ""),
        pytest.param(Stage.DATA, "DATA", "DATA"),
        pytest.param(Stage.END_OF_DATA, "END-OF-MESSAGE", "END-OF-MESSAGE"),
        pytest.param(Stage.ETRN, "example.com", ""),
        pytest.param(Stage.OTHER, "", ""),
    ],
)
def test_refusal_names_what_it_is_about(stage: Stage, full: str, empty: str) -> None:
    """Each stage has its own part of the session; what was not said is empty."""
    assert full == FULL.name_of(stage)
    assert empty == EMPTY.name_of(stage)


def test_every_stage_has_a_name() -> None:
    """No stage is forgotten: a refusal of it would crash."""
    assert {str} == {type(EMPTY.name_of(stage)) for stage in Stage}


@pytest.mark.parametrize("type_", [Client, SmtpSession])
def test_parts_are_named(type_: Callable[..., object]) -> None:
    """So many texts are told apart by name alone."""
    with pytest.raises(TypeError, match="positional"):
        type_("192.0.2.1")


def test_nothing_is_known_at_first() -> None:
    """What was not said is `None`, so the null path is something else."""
    said = (EMPTY.helo, EMPTY.sender, EMPTY.recipient, EMPTY.login, EMPTY.etrn, EMPTY.octets)

    assert {None} == set(said)
    assert EMPTY != SmtpSession(client=EMPTY.client, sender="")
    assert (0, False, False) == (EMPTY.recipients, EMPTY.is_tls, EMPTY.has_talked_early)
    assert (None, None) == (EMPTY.client.hostname, EMPTY.client.reverse_hostname)
    assert (False, False) == (EMPTY.client.is_hostname_failed, EMPTY.client.is_reverse_failed)
    assert ((), False) == (EMPTY.client.certificates, EMPTY.client.is_certificate_trusted)


@pytest.mark.parametrize("name", ["helo", "sender", "recipient", "login", "etrn"])
@pytest.mark.parametrize("control", ["\r\n", "\n", "\0", "\x7f", "\udfff"], ids=ascii)
def test_control_is_refused(name: str, control: str) -> None:
    """What could end a line is in no part of a session: it will be shown in replies."""
    said: dict[str, Any] = {name: f"a{control}b"}

    with pytest.raises(InvalidValue, match=f"^{name}: "):
        SmtpSession(client=CLIENT, **said)


@pytest.mark.parametrize("name", ["helo", "sender", "recipient", "login", "etrn"])
@pytest.mark.parametrize("text", ["", "a\tb", "\udcff", "δ@example.org", "<>"], ids=ascii)
def test_what_came_is_kept(name: str, text: str) -> None:
    """Other text, however odd, is as it came: to judge it is the restrictions' work."""
    said: dict[str, Any] = {name: text}

    assert text == getattr(SmtpSession(client=CLIENT, **said), name)


@pytest.mark.parametrize("field", ["address", "hostname", "reverse_hostname"])
def test_client_has_no_controls(field: str) -> None:
    """What the DNS or a proxy says of a client can end no line."""
    texts = {"address": "192.0.2.1", field: "a\r\nb"}

    with pytest.raises(InvalidValue, match=f"client {field}"):
        Client(**texts)  # type: ignore[arg-type]  # a table


def test_certificates_are_a_tuple() -> None:
    """Whatever they are given as, so that a client can be compared and kept."""
    client = Client(address="192.0.2.1", certificates=["AA"])

    assert ("AA",) == client.certificates
    assert client == Client(address="192.0.2.1", certificates=("AA",))
