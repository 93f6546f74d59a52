"""Our server sends by other people's servers: by the sender's route, under his name, over TLS."""

from __future__ import annotations

import contextlib
import re
import smtplib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import pytest

from tests.interop.client_network import ACCOUNTS, Servers, client_network_running, subject_of
from tests.interop.peers.ours import Ours, ours_running
from tests.interop.peers.running import HOST, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

_SETTINGS = """\
sender_dependent_relayhost_maps = ["texthash:{root}/routes"]
smtp_sender_dependent_authentication = true
smtp_sasl_password_maps = ["texthash:{root}/passwords"]
smtp_tls_policy_maps = ["texthash:{root}/policies"]
smtp_tls_CAfile = "{ca_file}"
smtp_connection_cache_destinations = ["[{host}]:{postfix}"]
smtp_connection_cache_time_limit = "1s"
"""
ANN, BOB, CEE, DAN = (f"{name}@here.example" for name in ("ann", "bob", "cee", "dan"))
_RELAY = re.compile(
    r"to=<(?P<to>[^>]*)>.* relay=[^ ]*\[127\.0\.0\.1\]:(?P<port>\d+),(?: conn_use=(?P<use>\d+),)?"
    r".* status=sent"
)


@attrs.frozen(kw_only=True)
class Site:
    """Our server and those that it sends by.

    Args:
        ours: It has a route, a login and a level of TLS for senders and next hops.
        servers: Those.
    """

    ours: Ours
    servers: Servers

    def send(self, sender: str, subject: str, *, times: int = 1) -> None:
        """Send a message to a recipient far away, and wait until the hop has it."""
        with smtplib.SMTP(HOST, self.ours.port) as client:
            for _ in range(times):
                message = f"Subject: {subject}\r\n\r\nhello\r\n"
                client.sendmail(sender, [f"{subject}@far.example"], message)
        wait_for(lambda: len(self.arrived(subject)) == times, what=f"{subject} at the hop")
        self.ours.wait_empty()

    def arrived(self, subject: str) -> list[bytes]:
        """Return the messages with a subject that the hop has."""
        taken = [each.content for each in self.servers.hop.taken]
        return [each for each in taken if subject_of(each) == subject]

    def sent(self, subject: str) -> list[tuple[int, int]]:
        """Return the port and the use of the connection for each delivery in the log."""
        found = [match for line in self.ours.log().splitlines() if (match := _RELAY.search(line))]
        return [
            (int(each["port"]), int(each["use"] or 1))
            for each in found
            if each["to"] == f"{subject}@far.example"
        ]


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    """All servers."""
    words = {user: f"{user}:{password}" for user, password in ACCOUNTS.items()}
    with contextlib.ExitStack() as stack:
        servers = stack.enter_context(client_network_running())
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dsnlib-tables-")))
        ports = {name: servers.port(name) for name in ("postfix", "exim", "plain")}
        at = {name: f"[{HOST}]:{port}" for name, port in ports.items()}
        tables = {
            "routes": {
                ANN: at["postfix"],
                BOB: at["exim"],
                CEE: at["plain"],
                DAN: at["postfix"],
            },
            "passwords": {ANN: words["ann"], DAN: words["dan"], at["exim"]: words["ann"]},
            "policies": {
                at["postfix"]: "verify match=postfix.example",
                at["exim"]: "encrypt",
                at["plain"]: "none",
            },
        }
        for name, rows in tables.items():
            lines = [f"{key} {value}\n" for key, value in rows.items()]
            (root / name).write_text("".join(lines), "utf-8")
        settings = _SETTINGS.format(
            root=root, ca_file=servers.ca_file, host=HOST, postfix=ports["postfix"]
        )
        ours = stack.enter_context(ours_running(ways={}, settings=settings))
        yield Site(ours=ours, servers=servers)


def test_by_the_route_of_the_sender(site: Site) -> None:
    """One goes by Postfix, another by Exim, a third by OpenSMTPD."""
    for sender, name in ((ANN, "postfix"), (BOB, "exim"), (CEE, "plain")):
        site.send(sender, f"by-{name}")

        assert [(site.servers.port(name), 1)] == site.sent(f"by-{name}")


def test_under_the_name_of_the_sender(site: Site) -> None:
    """Who has a login of his own is let in by it; by the next hop's else."""
    site.send(ANN, "own-login")
    site.send(BOB, "login-of-the-hop")

    postfix = (site.servers.postfix.root / "log").read_text("utf-8")
    assert "sasl_method=SCRAM-SHA-256, sasl_username=ann" in postfix
    assert "A=cram:ann" in site.servers.exim.log()


def test_no_connection_is_shared_by_two_names(site: Site) -> None:
    """Each message is of the one who is logged in, though all go to one server."""
    for number in range(3):
        site.send(ANN, f"of-ann-{number}")
        site.send(DAN, f"of-dan-{number}")

    log = (site.servers.postfix.root / "log").read_text("utf-8")
    names = dict(re.findall(r"smtpd\[\d+\]: (\w+): client=.*, sasl_username=(\w+)", log))
    senders = dict(re.findall(r"qmgr\[\d+\]: (\w+): from=<([^>]*)>", log))
    assert {("ann", ANN), ("dan", DAN)} == {(name, senders[each]) for each, name in names.items()}
    # The connections are kept nonetheless, each for its own.
    uses = [use for number in range(3) for _, use in site.sent(f"of-dan-{number}")]
    assert [1, 2, 3] == uses


def test_as_the_policy_of_the_next_hop_says(site: Site) -> None:
    """Under TLS where it has to be."""
    site.send(ANN, "to-postfix")
    site.send(BOB, "to-exim")

    log = (site.servers.postfix.root / "log").read_text("utf-8")
    assert "TLS connection established from" in log
    # "P=esmtpsa": under TLS, by somebody who has logged in.  "X=": the cipher.
    assert re.search(r"<= bob@here\.example .* P=esmtpsa .*X=TLS1\.3", site.servers.exim.log())


def test_a_connection_for_all(site: Site) -> None:
    """What goes to a listed destination goes over one connection, and the log counts its uses."""
    site.send(ANN, "many", times=5)

    uses = sorted(use for _, use in site.sent("many"))
    assert 5 == len(uses)
    assert uses[-1] > 1
