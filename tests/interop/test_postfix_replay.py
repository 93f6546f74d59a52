"""Small cases of our own are replayed: what the log says, what we send of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.interop.postfix_case import read_case
from tests.interop.postfix_choices import Mark
from tests.interop.postfix_made_up import SAID, active, line, replayed, told
from tests.interop.postfix_replay import replay
from tests.interop.postfix_site import read_site
from tests.interop.postfix_vectors import compare_case, compare_folder

if TYPE_CHECKING:
    from pathlib import Path


def test_failure(tmp_path: Path) -> None:
    """What a server said and who it was go into the report."""
    result = replayed(
        tmp_path,
        active() + line("a@y.example", "bounced", SAID, dsn="5.1.1"),
        "<A@y.example>",
        mail="<ann@s.example> ENVID=e1",
    )

    assert [("ann@s.example", [("a@y.example", "failed", "5.1.1")])] == told(result)
    notice = result.sent[0].notice
    assert ("e1", "dns; mx.x.example", "AAAAAA1") == (
        notice.message["original-envelope-id"],
        notice.message["reporting-mta"],
        notice.message["x-postfix-queue-id"],
    )
    fields = notice.groups[0].fields
    assert ("dns; mx.y.example", "smtp; 550 5.1.1 No", "rfc822; A@y.example") == (
        fields["remote-mta"], fields["diagnostic-code"], fields["original-recipient"],
    )  # fmt: skip
    assert "message/rfc822" == notice.returned_type


@pytest.mark.parametrize(
    ("to", "attempt", "expected"),
    [
        ("b@x.example", {"agent": "local", "relay": "local"}, "delivered"),
        ("b@y.example", {}, "relayed"),
        ("b@final.example", {"agent": "lmtp"}, "delivered"),
        ("b@y.example", {"agent": "lmtp"}, "relayed"),
        ("b@y.example", {"agent": "pipe", "relay": "uucp"}, "relayed"),
        ("b@y.example", {"agent": "pipe", "relay": "lmtpf"}, "delivered"),
        ("b@y.example", {"relay": "mx.y.example[192.0.2.1]:2601"}, ""),
    ],
    ids=["mailbox", "SMTP", "final LMTP", "LMTP", "pipe", "final pipe", "DSN"],
)
def test_success(tmp_path: Path, to: str, attempt: dict[str, str], expected: str) -> None:
    """Who took it says what has become of it; one with DSN tells for itself."""
    log = active() + line(to, "sent", "250 2.0.0 Ok", **attempt)

    result = replayed(tmp_path, log, f"<{to}> NOTIFY=SUCCESS")

    assert [expected] * bool(expected) == [groups[0][1] for _, groups in told(result)]


@pytest.mark.parametrize(
    ("address", "attempt", "text", "diagnostic"),
    [
        ("run@x.example", {"agent": "local", "relay": "local"}, "no luck ", "x-unix; no luck"),
        (
            "b@y.example",
            {"agent": "pipe", "relay": "uucp"},
            "user unknown. Command output: who? ",
            "x-unix; who?",
        ),
        ("box@x.example", {"agent": "local", "relay": "local"}, "full", "x-postfix; full"),
        ("b@y.example", {"relay": "none"}, "connect refused", "x-postfix; connect refused"),
        (
            "b@y.example",
            {},
            "host mx.y.example[192.0.2.1] refused to talk to me: 554 no",
            "smtp; 554 no",
        ),
    ],
    ids=["command of an alias", "output of a pipe", "file", "no server", "no greeting"],
)
def test_diagnostic(
    tmp_path: Path, address: str, attempt: dict[str, str], text: str, diagnostic: str
) -> None:
    """Whose words they are is told by the type."""
    log = active() + line(address, "bounced", text, dsn="5.0.0", **attempt)

    (sent,) = replayed(tmp_path, log, f"<{address}>").sent

    assert diagnostic == sent.notice.groups[0].fields["diagnostic-code"]


def test_virtual_alias(tmp_path: Path) -> None:
    """A virtual alias is told of as expanded, and its target loses SUCCESS."""
    log = active() + line("a@y.example", "sent", "250 2.0.0 Ok", original="v@v.example")

    result = replayed(tmp_path, log, "<v@v.example> NOTIFY=SUCCESS")

    assert [("ann@s.example", [("v@v.example", "expanded", "2.0.0")])] == told(result)


def test_rewritten_address(tmp_path: Path) -> None:
    """What no table of aliases has was only rewritten: all that was asked goes with it."""
    log = active() + line("a@y.example", "sent", "250 2.0.0 Ok", original="r@z.example")

    result = replayed(tmp_path, log, "<r@z.example> NOTIFY=SUCCESS")

    assert [("ann@s.example", [("a@y.example", "relayed", "2.0.0")])] == told(result)
    fields = result.sent[0].notice.groups[0].fields
    assert "rfc822; r@z.example" == fields["original-recipient"]


def test_local_alias(tmp_path: Path) -> None:
    """Each queue file that an alias makes is told of for itself."""
    log = (
        active()
        + active("BBBBBB2")
        + line("team@x.example", "sent", "forwarded as BBBBBB2", agent="local", relay="local")
        + line(
            "a@y.example", "bounced", SAID, queue="BBBBBB2", dsn="5.1.1", original="team@x.example"
        )
        + line("b@y.example", "sent", "250 2.0.0 Ok", queue="BBBBBB2", original="team@x.example")
    )

    result = replayed(tmp_path, log, "<team@x.example> NOTIFY=SUCCESS,FAILURE")

    assert [
        ("ann@s.example", [("team@x.example", "expanded", "2.0.0")]),
        ("ann@s.example", [("a@y.example", "failed", "5.1.1")]),
    ] == told(result)
    assert "BBBBBB2" == result.sent[1].notice.message["x-postfix-queue-id"]


def test_list(tmp_path: Path) -> None:
    """An alias whose copies have another return path is a list: that is told of members."""
    log = (
        active()
        + active("BBBBBB2", "own@s.example")
        + line("team@x.example", "sent", "forwarded as BBBBBB2", agent="local", relay="local")
        + line("a@y.example", "bounced", SAID, queue="BBBBBB2", dsn="5.1.1")
    )

    result = replayed(tmp_path, log, "<team@x.example> NOTIFY=SUCCESS")

    assert [
        ("ann@s.example", [("team@x.example", "delivered", "2.0.0")]),
        ("own@s.example", [("a@y.example", "failed", "5.1.1")]),
    ] == told(result)
    assert [Mark.NONE, Mark.LIST] == [each.marks for each in result.sent]


@pytest.mark.parametrize(
    ("to", "rcpt", "text"),
    [
        ("box@x.example", "box@x.example", "delivered to file: /var/box"),
        ("run@x.example", "run@x.example", "delivered to command: /bin/true"),
    ],
)
def test_alias_to_a_file_or_command(tmp_path: Path, to: str, rcpt: str, text: str) -> None:
    """An alias is expanded, whatever it leads to."""
    log = active() + line(to, "sent", text, agent="local", relay="local")

    result = replayed(tmp_path, log, f"<{rcpt}> NOTIFY=SUCCESS")

    assert [("ann@s.example", [(rcpt, "expanded", "2.0.0")])] == told(result)


def test_unqualified_address(tmp_path: Path) -> None:
    """An address without a domain gets one, and stays what was asked for."""
    log = active() + line(
        "box@x.example", "sent", "delivered to file: /var/box", agent="local", relay="local",
        original="postmaster",
    )  # fmt: skip

    result = replayed(tmp_path, log, "<postmaster> NOTIFY=SUCCESS")

    assert [("ann@s.example", [("postmaster@x.example", "expanded", "2.0.0")])] == told(result)
    fields = result.sent[0].notice.groups[0].fields
    assert "rfc822; postmaster" == fields["original-recipient"]


def test_blind_copy(tmp_path: Path) -> None:
    """Nobody is told of an address that nobody wrote to."""
    log = (
        active()
        + line("a@y.example", "sent", "250 2.0.0 Ok")
        + line("spy@y.example", "bounced", SAID, dsn="5.1.1")
    )

    result = replayed(tmp_path, log, "<a@y.example>")

    assert ([], Mark.BLIND) == (told(result), result.marks)


@pytest.mark.parametrize(
    ("settings", "mail", "expected"),
    [
        ("notify_classes = bounce", "<ann@s.example>", ["ann@s.example", "pm@x.example"]),
        ("notify_classes = 2bounce", "<ann@s.example>", ["ann@s.example"]),
        ("notify_classes = 2bounce", "<>", ["twice@x.example"]),
        ("", "<>", []),
        ("notify_classes = bounce", "<double-bounce@mx.x.example>", []),
    ],
    ids=["bounce", "2bounce", "null path", "none", "double bounce"],
)
def test_postmaster(tmp_path: Path, settings: str, mail: str, expected: list[str]) -> None:
    """Each class of copies goes to its own postmaster."""
    log = active() + line("a@y.example", "bounced", SAID, dsn="5.1.1")

    result = replayed(tmp_path, log, "<a@y.example>", mail=mail, settings=settings)

    assert expected == [recipient for recipient, _ in told(result)]


@pytest.mark.parametrize(
    ("settings", "notify", "expected"),
    [
        ("", "", []),
        ("delay_warning_time = 1s", "", [("ann@s.example", "delayed")]),
        ("delay_warning_time = 1h", "", []),
        ("delay_warning_time = 1s", "NOTIFY=FAILURE", []),
        ("maximal_queue_lifetime = 0s", "", [("ann@s.example", "failed")]),
        (
            "delay_warning_time = 1s\nnotify_classes = delay",
            "NOTIFY=NEVER",
            [("late@x.example", "delayed")],
        ),
    ],
    ids=["no warning", "warning", "too early", "not asked", "given up", "copy"],
)
def test_delay(tmp_path: Path, settings: str, notify: str, expected: list[tuple[str, str]]) -> None:
    """The settings say when a sender is warned and when mail is given up."""
    log = active() + line("a@y.example", "deferred", "timed out", dsn="4.4.1", relay="none")

    result = replayed(tmp_path, log, f"<a@y.example> {notify}", settings=settings)

    assert expected == [(recipient, groups[0][1]) for recipient, groups in told(result)]


def test_second_attempt(tmp_path: Path) -> None:
    """A sender is warned once, and told of the end; confirm_delay_cleared tells of success."""
    late = line("a@y.example", "deferred", "timed out", dsn="4.4.1", relay="none")
    log = active() + late + active() + late + active() + line("a@y.example", "sent", "250 Ok")
    settings = "delay_warning_time = 1s\nconfirm_delay_cleared = yes"

    result = replayed(tmp_path, log, "<a@y.example>", settings=settings)

    assert ["delayed", "relayed"] == [groups[0][1] for _, groups in told(result)]


def test_given_up_and_refused_are_told_apart(tmp_path: Path) -> None:
    """As the queue manager does: first what is over, then what is given up."""
    log = (
        active()
        + line("a@y.example", "bounced", SAID, dsn="5.1.1")
        + line("b@y.example", "deferred", "timed out", dsn="4.4.1", relay="none")
    )

    result = replayed(
        tmp_path, log, "<a@y.example>", "<b@y.example>", settings="maximal_queue_lifetime = 0s"
    )

    assert ["5.1.1", "4.4.1"] == [groups[0][2] for _, groups in told(result)]


def test_verp(tmp_path: Path) -> None:
    """With XVERP each recipient has a return path, and is told of there."""
    log = (
        active()
        + line("a@y.example", "bounced", SAID, dsn="5.1.1")
        + line("b@y.example", "bounced", SAID, dsn="5.1.1")
    )

    result = replayed(tmp_path, log, "<a@y.example>", "<b@y.example>", mail="<ann@s.example> XVERP")

    assert ["ann+a=y.example@s.example", "ann+b=y.example@s.example"] == [
        recipient for recipient, _ in told(result)
    ]


def test_case_without_a_site(tmp_path: Path) -> None:
    """Without the files of the site the greeting tells the name of the host."""
    case = tmp_path / "cases" / "a"
    case.mkdir(parents=True)
    (case / "session.txt").write_text(
        "S: 220 mx.other.example ESMTP\nC: MAIL FROM:<ann@s.example>\nS: 250 2.1.0 Ok\n"
        "C: RCPT TO:<a@y.example>\nS: 250 2.1.5 Ok\nC: .\nS: 250 2.0.0 Ok: queued as AAAAAA1\n"
    )
    (case / "log.txt").write_text(active() + line("a@y.example", "bounced", SAID, dsn="5.1.1"))

    (sent,) = replay(read_case(case, read_site(None))).sent

    assert "dns; mx.other.example" == sent.notice.message["reporting-mta"]
    assert not compare_case(read_case(case, read_site(None))).agrees


def test_folder_without_a_site(tmp_path: Path) -> None:
    """A message of sendmail(1) has the host that the other sessions were greeted by."""
    greeted, left = tmp_path / "a", tmp_path / "b"
    greeted.mkdir()
    left.mkdir()
    (greeted / "session.txt").write_text("S: 220 mx.other.example ESMTP\n")
    (left / "session.txt").write_text("$ sendmail -f ann@s.example a@y.example\n")
    picked_up = "Nov 22 10:00:00 mx postfix/pickup[1]: AAAAAA1: uid=0 from=<ann@s.example>\n"
    failed = line("a@y.example", "bounced", SAID, dsn="5.1.1")
    (left / "log.txt").write_text(picked_up + active() + failed)
    (left / "dsn.eml").write_text(
        'Content-Type: multipart/report; boundary="b"\n\n--b\n\nNo.\n--b\n'
        "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
        "Final-Recipient: rfc822; a@y.example\nAction: failed\nStatus: 5.1.1\n\n--b--\n"
    )
    (left / "dsn.env").write_text("MAIL FROM:<>\nRCPT TO:<ann@s.example>\n")

    shown = [str(each) for each in compare_folder(tmp_path)]

    assert "reporting-mta ours='dns; mx.other.example' theirs='dns; mx.example'" in shown[1]


def test_case_that_cannot_be_replayed(tmp_path: Path) -> None:
    """What does not go into our values is a difference, and the others are replayed."""
    for name, text in (("a", "no setting\n"), ("b", "")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "session.txt").write_text("S: 220 mx.example ESMTP\n")
        (tmp_path / name / "settings.txt").write_text(text)
    (tmp_path / "no case").mkdir()

    assert [("a", False), ("b", True)] == [
        (each.name, each.agrees) for each in compare_folder(tmp_path, tmp_path)
    ]
