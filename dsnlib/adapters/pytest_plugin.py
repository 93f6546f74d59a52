"""The fixture `dsn_sink`, a fake mail server for tests of programs that send mail.

    def test_unknown_user(dsn_sink):
        send_welcome("bounce-5.1.1@example.org", host=dsn_sink.host, port=dsn_sink.port)
        assert dsn_sink.messages == ()

pytest finds it by itself where dsnlib is installed.

Rules.
- Nothing is loaded before the first test that asks for the fixture: every run of
  pytest loads this module.
- Each test has a server of its own, which is gone when the test is over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dsnlib.adapters.sink import Sink

__all__ = ["dsn_sink"]


@pytest.fixture
def dsn_sink() -> Iterator[Sink]:
    """A mail server that takes, refuses and bounces as the recipients' local parts say.

    See `dsnlib.adapters.sink.Sink`: `host`, `port`, `address(local_part)`, `messages`,
    `reports`, `wait(count)`, `answer(reply)`.
    """
    from dsnlib.adapters.sink import Sink

    with Sink() as sink:
        yield sink
