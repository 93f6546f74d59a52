"""The client's side of a session, as far as a relay does not show it."""

from dsnlib.adapters.agents.smtp_session import SmtpSession


class Talking(SmtpSession):
    """A session with a server whose replies are long."""

    lines = iter([b"450-4.2.1 " + b"x" * 8000 + b"\r\n"] * 150 + [b"450 4.2.1 end\r\n"])

    def _line(self) -> bytes:
        return next(self.lines)


def test_a_reply_that_is_large() -> None:
    """What is kept of a reply has a bound: it stands in the queue for each recipient."""
    session = Talking("mx.example.net", hello="mail.example.org", is_lmtp=False, timeout_seconds=1)
    code, text = session.getreply()

    assert 450 == code
    assert 8000 <= len(text) <= 8192
