"""What the vectors consist of is read: logs, transcripts, submissions, notifications."""

from __future__ import annotations

import datetime as dt

import pytest

from dsnlib.model.esmtp import MailParameters, Notify, RcptParameters, Ret
from tests.interop.postfix_case import read_command_line, read_session
from tests.interop.postfix_hop import read_path, read_transactions
from tests.interop.postfix_log import canonical, read_log
from tests.interop.postfix_notice import read_notice

LOG = """\
Feb 29 09:00:00 mx postfix/smtpd[1]: AAAAAA1: client=localhost[127.0.0.1]
Feb 29 09:00:00 mx postfix/cleanup[2]: AAAAAA1: message-id=<m@x.example>
Feb 29 09:00:00 mx postfix/qmgr[3]: AAAAAA1: from=<ann@x.example>, size=392, nrcpt=2 (queue active)
Feb 29 09:00:00 mx postfix/cleanup[2]: BBBBBB2: message-id=<m@x.example>
Feb 29 09:00:00 mx postfix/qmgr[3]: BBBBBB2: from=<own@x.example>, size=500, nrcpt=1 (queue active)
Feb 29 09:00:01 mx postfix/local[4]: AAAAAA1: to=<team@x.example>, relay=local, delay=0.01, \
delays=0/0/0/0, dsn=2.0.0, status=sent (forwarded as BBBBBB2)
Feb 29 09:00:02 mx postfix/relay/smtp[5]: AAAAAA1: to=<"a, b>"@y.example>, \
orig_to=<ab@x.example>, relay=mx.y.example[192.0.2.1]:25, conn_use=2, delay=0.1, delays=0/0/0/0, \
tls=none, dsn=4.2.2, status=deferred (host mx.y.example[192.0.2.1] said: 452 4.2.2 (full) \
(in reply to RCPT TO command))
Feb 29 09:00:02 mx postfix/smtp[5]: BBBBBB2: to=<bob@z.example>, relay=none, delay=0.1, \
delays=0/0/0/0, dsn=4.4.1, status=deferred (connect to z.example[192.0.2.2]:25: Connection refused)
Feb 29 09:00:03 mx postfix/qmgr[3]: AAAAAA1: from=<ann@x.example>, status=expired
Feb 29 09:05:00 mx postfix/qmgr[3]: BBBBBB2: from=<own@x.example>, size=500, nrcpt=1 (queue active)
Feb 29 09:05:07 mx postfix/smtp[5]: BBBBBB2: to=<bob@z.example>, \
relay=z.example[192.0.2.2]:25, delay=300, delays=0/0/0/0, dsn=2.0.0, status=sent (250 2.0.0 Ok)
Feb 29 09:05:08 mx postfix/bounce[6]: CCCCCC3: sender delivery status notification: DDDDDD4
Feb 29 09:05:09 mx postfix/qmgr[3]: BBBBBB2: status=deferred (bounce failed)
no line of a log
"""


def test_log_queue_files() -> None:
    """Each queue file has its sender, its size, its arrival and what became of it."""
    files = read_log(LOG).queue_files

    assert [
        ("AAAAAA1", "ann@x.example", 392, False),
        ("BBBBBB2", "own@x.example", 500, True),
    ] == [(each.name, each.sender, each.size_octets, each.is_stuck) for each in files.values()]
    assert (2, 29, 9, 0, 0) == files["AAAAAA1"].arrival.timetuple()[1:6]


def test_log_attempts() -> None:
    """An attempt has what the line says; what is in quotes ends nothing."""
    team, other = read_log(LOG).queue_files["AAAAAA1"].attempts

    assert ("team@x.example", None, "local", "local", None) == (
        team.to, team.original, team.agent, team.service, team.host,
    )  # fmt: skip
    assert "BBBBBB2" == team.forwarded_as
    assert ('"a, b>"@y.example', "ab@x.example", "smtp", "mx.y.example", "25") == (
        other.to, other.original, other.agent, other.host, other.port,
    )  # fmt: skip
    assert ("4.2.2", "deferred", None) == (other.dsn, other.word, other.service)
    assert other.text.endswith("452 4.2.2 (full) (in reply to RCPT TO command)")


def test_log_runs() -> None:
    """A queue file that becomes active again is tried again; each run ends with its last line."""
    runs = read_log(LOG).queue_files["BBBBBB2"].runs

    assert [("deferred",), ("sent",)] == [tuple(a.word for a in attempts) for attempts, _ in runs]
    assert [dt.time(9, 0, 2), dt.time(9, 5, 7)] == [end.time() for _, end in runs]


def test_log_tree() -> None:
    """A message has the queue files that aliases made of it; another's are not its own."""
    log = read_log(LOG)

    assert ["AAAAAA1", "BBBBBB2"] == [each.name for each in log.tree("AAAAAA1")]
    assert ["BBBBBB2"] == [each.name for each in log.tree("BBBBBB2")]
    assert [] == log.tree("EEEEEE5")


def test_log_of_what_cleanup_refuses() -> None:
    """What sendmail left has its sender from pickup(8), and may never become active."""
    log = read_log(
        "Jan  1 00:00:00 mx postfix/pickup[1]: AAAAAA1: uid=0 from=<ann@x.example>\n"
        "Jan  1 00:00:00 mx postfix/cleanup[2]: AAAAAA1: to=<b@y.example>, relay=none, delay=0, "
        "delays=0/0/0/0, dsn=5.7.1, status=bounced (no)\n"
    )

    assert "ann@x.example" == log.queue_files["AAAAAA1"].sender
    assert ["5.7.1"] == [each.dsn for each in log.queue_files["AAAAAA1"].attempts]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("Bob@Example.ORG", "bob@example.org"),
        ('"w."@x.example', "w.@x.example"),
        (r'"a\"b"@x.example', 'a"b@x.example'),
        ("Postmaster", "postmaster"),
        ("", ""),
    ],
    ids=["case", "needed quotes", "escape", "no domain", "null path"],
)
def test_canonical(address: str, expected: str) -> None:
    """Addresses are compared without case and without quotes."""
    assert expected == canonical(address)


HOP = """\
2603#1 C: MAIL FROM:<ann@x.example> SIZE=99 RET=HDRS
2603#1 S: 250 2.1.0 fine
2601#2 C: MAIL FROM:<>
2603#1 C: RCPT TO:<a@y.example>
2603#1 S: 550-5.1.1 No
2601#2 S: 250 2.1.0 fine
2603#1 S: 550 5.1.1 nobody
2603#1 C: RCPT TO:<"b c"@y.example> NOTIFY=NEVER
2603#1 S: 650 what
2603#1 C: DATA
2603#1 S: 354 go
2603#1 S: 250 2.0.0 one
2603#1 S: 452 4.2.2 two
2603#1 C: RSET
2603#1 S: 250 2.0.0 reset
2603#1 C: MAIL FROM:<eve@x.example>
2601#2 C: RCPT TO:<d@y.example>
2601#2 -- dropping connection
"""


def test_hop_transactions() -> None:
    """Connections are told apart; each MAIL begins a transaction with its replies."""
    first, second, third = read_transactions(HOP)

    assert ("2603", "ann@x.example", ("SIZE=99", "RET=HDRS")) == (
        first.port, first.mail.path, first.mail.options,
    )  # fmt: skip
    assert ["a@y.example", '"b c"@y.example'] == [each.path for each in first.recipients]
    assert ["550-5.1.1 No\n550 5.1.1 nobody", "650 what"] == [
        str(each.answer) for each in first.recipients
    ]
    assert ("354 go", ["250 2.0.0 one", "452 4.2.2 two"]) == (
        str(first.data), [str(each) for each in first.ends],
    )  # fmt: skip
    assert ("2603", "eve@x.example", None) == (second.port, second.mail.path, second.mail.answer)
    assert ("2601", "", None) == (third.port, third.mail.path, third.recipients[0].answer)


def test_hop_has_dsn() -> None:
    """A server that was asked for something had announced it."""
    assert [True, False, False] == [each.has_dsn for each in read_transactions(HOP)]


@pytest.mark.parametrize(
    ("command", "path", "options"),
    [
        ("MAIL FROM:<>", "", ()),
        ("mail from: <a@x.example> RET=FULL", "a@x.example", ("RET=FULL",)),
        ('RCPT TO:<"a>b"@x.example> NOTIFY=NEVER', '"a>b"@x.example', ("NOTIFY=NEVER",)),
        ("RCPT TO:a@x.example NOTIFY=NEVER", "a@x.example", ("NOTIFY=NEVER",)),
    ],
    ids=["null path", "case and space", "quotes", "no brackets"],
)
def test_path(command: str, path: str, options: tuple[str, ...]) -> None:
    """A command has a path and parameters."""
    read = read_path(command)

    assert read is not None
    assert (path, options) == (read.path, read.options)


def test_no_path() -> None:
    """Other commands have none."""
    assert read_path("DATA") is None


SESSION = """\
S: 220 mx.example ESMTP
C: EHLO client.example
S: 250-mx.example
S: 250 DSN
C: MAIL FROM:<ann@x.example> RET=BAD
S: 501 5.5.4 no
C: MAIL FROM:<ann@x.example> RET=HDRS ENVID=a=b SMTPUTF8
C: RCPT TO:<a@y.example> NOTIFY=DELAY,,delay ORCPT=rfc822;a+07b
C: RCPT TO:<no@y.example>
C: DATA
S: 250 2.1.0 Ok
S: 250 2.1.5 Ok
S: 550 5.1.1 no
S: 354 go
C: <12 bytes of message, see input.eml>
C: .
S: 250 2.0.0 Ok: queued as AAAAAA1
C: MAIL FROM:<eve@x.example>
S: 250 2.1.0 Ok
C: RCPT TO:<a@y.example>
S: 250 2.1.5 Ok
C: BDAT 12 LAST
S: 554 5.7.1 no
"""


def test_session() -> None:
    """What was accepted is read, pipelined or not; what was refused is not there."""
    (submission,) = read_session(SESSION)

    envelope = submission.envelope
    assert ("AAAAAA1", "ann@x.example", True) == (
        submission.queue, envelope.sender, envelope.smtputf8,
    )  # fmt: skip
    assert (Ret.HDRS, "a=b") == (envelope.mail.ret, envelope.mail.envid)
    assert [("a@y.example", Notify.DELAY, None)] == [
        (each.address, each.params.notify, each.params.orcpt) for each in envelope.recipients
    ]


def test_session_refused() -> None:
    """A parameter that Postfix takes and we refuse is left out and told of."""
    (submission,) = read_session(SESSION)

    assert ("ORCPT=rfc822;a+07b",) == submission.refused


@pytest.mark.parametrize(
    ("words", "sender", "mail", "params"),
    [
        ("-i -f ann@x.example -- b@y.example", "ann@x.example", MailParameters(), None),
        (
            "-f ann@x.example -N success,delay -V a=b+c -R full -- b@y.example",
            "ann@x.example",
            MailParameters(ret=Ret.FULL, envid="a=b+c"),
            Notify.SUCCESS | Notify.DELAY,
        ),
        (
            f"-fann@x.example -N bogus -R bogus -V {101 * 'x'} b@y.example",
            "ann@x.example",
            MailParameters(),
            None,
        ),
        ("-f '<>' -t", "", MailParameters(), None),
    ],
    ids=["plain", "all of them", "bad ones", "from the header"],
)
def test_command_line(words: str, sender: str, mail: MailParameters, params: Notify | None) -> None:
    """What sendmail(1) was told is read as it reads it: what is bad is passed over."""
    text = f"$ /usr/sbin/sendmail {words} < input.eml\nsendmail: warning: odd\n\nexit status 0\n"

    submission = read_command_line(text, b"To: B <b@y.example>\n\nHi.\n", "AAAAAA1")

    assert submission is not None
    envelope = submission.envelope
    assert (sender, mail) == (envelope.sender, envelope.mail)
    assert [("b@y.example", RcptParameters(notify=params))] == [
        (each.address, each.params) for each in envelope.recipients
    ]


def test_command_line_switches() -> None:
    """Who only asks whether an address would do is known by the switch."""
    verified = read_command_line("$ sendmail -bv -f a@x b@y.example", b"", "AAAAAA1")

    assert verified is not None
    assert {"-bv"} == verified.switches


@pytest.mark.parametrize("words", ["-f a@x", "-f a@x it's@y"], ids=["nobody", "odd quote"])
def test_command_line_that_left_nothing(words: str) -> None:
    """Without a queue id, or without an address, there is no message."""
    assert read_command_line(f"$ sendmail {words}", b"", "") is None


REPORT = b"""\
From: MAILER-DAEMON@x.example
Auto-Submitted: auto-replied
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="b/1"

This is a report.

--b/1
Content-Type: text/plain

No.

--b/1
Content-Type: message/delivery-status

Reporting-MTA: DNS; mx.x.example
Arrival-Date: Sun, 22 Nov 2026 10:00:00 +0000

Final-Recipient: utf-8;\\x{FC}@y.example
Original-Recipient: rfc822;B@y.example
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 No such user
    here

Final-Recipient: rfc822; c@y.example
Action: delayed
Status: 4.2.2
Will-Retry-Until: Sun, 22 Nov 2026 10:00:00 +0000

--b/1
Content-Type: text/rfc822-headers; charset=us-ascii

Subject: x

--b/1--
"""


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_notice(line_end: bytes) -> None:
    """What is compared of a report: its types, its fields, its envelope; dates as present."""
    envelope = "MAIL FROM:<> BODY=8BITMIME SMTPUTF8\nRCPT TO:<ann@x.example> ORCPT=rfc822;a\n"

    notice = read_notice(REPORT.replace(b"\n", line_end), envelope)

    assert ("", "ann@x.example") == (notice.sender, notice.recipient)
    assert (("SMTPUTF8",), ("ORCPT=rfc822;a",)) == (notice.mail_options, notice.rcpt_options)
    assert ("message/delivery-status", "text/rfc822-headers") == (
        notice.report_type, notice.returned_type,
    )  # fmt: skip
    assert "auto-replied" == notice.auto_submitted
    assert {"reporting-mta": "dns; mx.x.example", "arrival-date": "present"} == notice.message
    first, second = notice.groups
    assert [("ü@y.example", "failed", "5.1.1"), ("c@y.example", "delayed", "4.2.2")] == [
        first.key, second.key,
    ]  # fmt: skip
    assert "smtp; 550 5.1.1 No such user here" == first.fields["diagnostic-code"]
    assert "rfc822; B@y.example" == first.fields["original-recipient"]
    assert "present" == second.fields["will-retry-until"]


def test_notice_that_is_no_report() -> None:
    """A text for the postmaster has no report, and nothing that is returned."""
    notice = read_notice(b"Subject: errors\n\nTranscript\n", "RCPT TO:<pm@x.example>\n")

    assert (None, None, ()) == (notice.report_type, notice.returned_type, notice.groups)
    assert "pm@x.example" == notice.recipient


def test_notice_with_an_empty_address() -> None:
    """An original recipient may have nothing behind its type."""
    notice = read_notice(REPORT.replace(b"rfc822;B@y.example", b"rfc822;"), "")

    assert "rfc822; " == notice.groups[0].fields["original-recipient"]
