"""Tests of dsnlib.adapters.client.tls.handshake."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from dsnlib.adapters.client.place import ServerPlace
from dsnlib.adapters.client.tls.handshake import explain, plan_handshake
from dsnlib.adapters.client.tls.policy import ClientTlsLevel, TlsPolicy
from dsnlib.adapters.client.trouble import Trouble
from tests.adapters.client.certified import authority, ca_file, shake_hands, showing

if TYPE_CHECKING:
    from pathlib import Path

PLACE = ServerPlace(host="mx1.example.net", address="192.0.2.1", port=25, domain="example.org")


def policy(level: str, folder: Path, **fields: Any) -> TlsPolicy:  # noqa: ANN401  fields of a policy
    """Return a policy that trusts the authority of these tests."""
    return TlsPolicy(level=ClientTlsLevel(level), ca_file=ca_file(folder), **fields)


@pytest.mark.parametrize(
    ("names", "certificate", "is_right"),
    [
        (("hostname",), "mx1.example.net", True),
        (("hostname",), "*.example.net", True),
        (("hostname",), "example.org", False),
        (("nexthop",), "example.org", True),
        (("nexthop",), "mx1.example.net", False),
        (("nexthop", "dot-nexthop"), "example.org", True),
        (("nexthop", "dot-nexthop"), "mx.example.org", True),
        (("nexthop", "dot-nexthop"), "mx1.example.net", False),
        (("hostname", "nexthop"), "mx1.example.net", True),
        ((".example.com",), "a.example.com", True),
        ((".example.com",), "example.com", False),
        (("mail.example.com", ".example.edu"), "mail.example.com", True),
    ],
)
def test_names(tmp_path: Path, names: tuple[str, ...], certificate: str, is_right: bool) -> None:  # noqa: FBT001  a column of the table
    """The certificate has one of those of the policy, filled in for the place."""
    plan = plan_handshake(policy("secure", tmp_path, names=names), PLACE)
    try:
        near, _ = shake_hands(plan.context, showing(certificate), plan.server_name)
        plan.check(near)
    except (ssl.SSLCertVerificationError, Trouble):
        found = False
    else:
        found = True

    assert is_right == found


def test_another_server(tmp_path: Path) -> None:
    """It is told what the certificate should have been for; mail waits."""
    plan = plan_handshake(policy("secure", tmp_path, names=("nexthop", "dot-nexthop")), PLACE)
    near, _ = shake_hands(plan.context, showing("evil.example"), plan.server_name)
    with pytest.raises(Trouble) as caught:
        plan.check(near)
    trouble = caught.value

    assert ("4.7.5", "STARTTLS", PLACE) == (
        str(trouble.replies.lost_status),
        trouble.command,
        trouble.place,
    )
    assert (
        f"the certificate of {PLACE} is not for example.org or .example.org" == trouble.replies.lost
    )


@pytest.mark.parametrize(
    ("host", "certificate"),
    [("192.0.2.1", "192.0.2.1"), ("[192.0.2.1]", "192.0.2.1"), ("2001:db8::1", "2001:db8::1")],
)
def test_addresses(tmp_path: Path, host: str, certificate: str) -> None:
    """A server without a name has a certificate for its address."""
    place = ServerPlace(host=host, address=host, port=25)
    plan = plan_handshake(policy("verify", tmp_path), place)
    near, _ = shake_hands(plan.context, showing(certificate), plan.server_name)
    plan.check(near)

    assert plan.is_verified


def test_nothing_is_checked_below_verify(tmp_path: Path) -> None:
    """Whoever is there will do; it is told the name all the same."""
    plan = plan_handshake(policy("encrypt", tmp_path), PLACE)
    near, _ = shake_hands(plan.context, showing("x.example", issuer=trustme.CA()), None)
    plan.check(near)

    assert not plan.is_verified
    assert "mx1.example.net" == plan.server_name


@pytest.mark.parametrize(
    ("server_name", "told"),
    [
        ("hostname", "mx1.example.net"),
        ("nexthop", "example.org"),
        ("", None),
        ("mail.example.com", "mail.example.com"),
        ("B\u00fccher.example", "xn--bcher-kva.example"),
        (f"{'a' * 64}.example", None),
        (".example", None),
    ],
)
def test_what_the_server_is_told(tmp_path: Path, server_name: str, told: str | None) -> None:
    """The name that the policy says; none where none can be sent."""
    plan = plan_handshake(policy("may", tmp_path, server_name=server_name), PLACE)

    assert told == plan.server_name


def test_a_server_that_no_certificate_can_be_for(tmp_path: Path) -> None:
    """It is not spoken to."""
    place = ServerPlace(host="a" * 64, address="192.0.2.1", port=25)

    with pytest.raises(Trouble, match="no certificate can be for"):
        plan_handshake(policy("verify", tmp_path), place)


def test_no_name_at_all(tmp_path: Path) -> None:
    """A socket in the file system has no next hop that could be in a certificate."""
    place = ServerPlace(host="localhost", address="/run/lmtp", port=None, domain="unix:/run/lmtp")

    with pytest.raises(Trouble, match="there is no name"):
        plan_handshake(policy("secure", tmp_path, names=("nexthop",)), place)


def test_a_file_that_is_missing(tmp_path: Path) -> None:
    """Mail waits until it is there."""
    bad = TlsPolicy(level=ClientTlsLevel.VERIFY, ca_file=tmp_path / "none.pem")

    with pytest.raises(Trouble, match=r"cannot be set up: .*none\.pem: No such file") as caught:
        plan_handshake(bad, PLACE)

    assert caught.value.is_temporary
    assert "4.7.5" == str(caught.value.replies.lost_status)


def test_why_a_handshake_fails(tmp_path: Path) -> None:
    """In words that a report can have."""
    plan = plan_handshake(policy("verify", tmp_path), PLACE)

    with pytest.raises(ssl.SSLError) as caught:
        shake_hands(plan.context, showing("x.example"), plan.server_name)

    assert explain(caught.value).startswith("the certificate is not in order: Hostname mismatch")
    assert "no answer in time" == explain(TimeoutError())
    assert "ConnectionResetError" == explain(ConnectionResetError())
    assert "Broken pipe" == explain(BrokenPipeError(32, "Broken pipe"))


def test_why_there_is_no_common_version() -> None:
    """OpenSSL's reason, in lower case."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority().issue_cert("mx1.example.net").configure_cert(server)
    server.maximum_version = ssl.TLSVersion.TLSv1_2
    plan = plan_handshake(TlsPolicy(versions=("TLSv1.3",)), PLACE)

    with pytest.raises(ssl.SSLError) as caught:
        shake_hands(plan.context, server, plan.server_name)
    assert explain(caught.value) in {"unsupported protocol", "tlsv1 alert protocol version"}
