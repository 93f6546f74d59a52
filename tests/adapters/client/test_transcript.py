"""What a watcher is told."""

from dsnlib.adapters.client.dialogue import Say
from dsnlib.adapters.client.transcript import Transcript
from dsnlib.model.reply import SmtpReply


def test_transcript() -> None:
    """Each line, a password and a message by what is shown for them, and no controls."""
    told: list[tuple[str, str]] = []
    transcript = Transcript(lambda side, line: told.append((side, line)))
    transcript.say(Say(b"MAIL FROM:<>\r\nDATA\r\n"))
    transcript.say(Say(b"AUTH PLAIN c2VjcmV0\r\n", "AUTH PLAIN (hidden)"))
    transcript.say(Say((b"x", b"y"), "(2 octets)"))
    transcript.say(Say((b"x", b"y")))
    transcript.say(Say(b"EHLO \x1b\r\n"))
    transcript.hear(SmtpReply.parse("250-2.0.0 One\r\n250 2.0.0 Two"))
    transcript.hear("what?")

    assert [
        ("C", "MAIL FROM:<>"),
        ("C", "DATA"),
        ("C", "AUTH PLAIN (hidden)"),
        ("C", "(2 octets)"),
        ("C", "EHLO \ufffd"),
        ("S", "250-2.0.0 One"),
        ("S", "250 2.0.0 Two"),
        ("S", "what?"),
    ] == told
