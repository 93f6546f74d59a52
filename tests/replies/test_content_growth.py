"""Looking at content takes time in proportion to it, whatever its shape."""

from collections.abc import Callable

import pytest

from dsnlib.replies.check_tables import ContentChecks
from dsnlib.replies.checks import check_content_sync
from dsnlib.replies.content import ContentLimits, Walk
from tests.growth import BOUND, growth
from tests.replies.test_checks import rules

LARGEST = 1 << 17
LARGEST_CHECKED = 1 << 15
_NESTED = b"".join(
    b"Content-Type: multipart/x; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(100)
)


@pytest.mark.parametrize(
    ("front", "unit"),
    [
        pytest.param(b"", b"A: 1\n", id="fields"),
        pytest.param(b"A: 1\n", b" x\n", id="folds"),
        pytest.param(b"", b"A", id="a name without a colon"),
        pytest.param(b"A", b" ", id="white space without a colon"),
        pytest.param(b"", b">", id="a mailbox line that is none"),
        pytest.param(b"", b">From x\n", id="mailbox lines"),
        pytest.param(b"Content-Type: x", b"(", id="comments"),
        pytest.param(b"Content-Type: x;", b'"', id="quotes"),
        pytest.param(b"Content-Type: x;", b";boundary ", id="parameters"),
        pytest.param(b'Content-Type: x; boundary="', b"\\", id="escapes"),
        pytest.param(b"\n", b"x", id="one line"),
        pytest.param(b"\n", b"\n", id="empty lines"),
        pytest.param(_NESTED + b"\n", b"--\n", id="no delimiters"),
        pytest.param(_NESTED + b"\n", b"--b99x\n", id="parts without a header"),
        pytest.param(_NESTED + b"\n", b"--b0\n\n", id="parts of the outermost"),
        pytest.param(
            b"\n", b"--b\nContent-Type: multipart/x; boundary=b\n\n", id="multiparts without end"
        ),
        pytest.param(b"", b"Content-Type: message/rfc822\n\n", id="messages inside messages"),
    ],
)
def test_a_walk_over_twice_as_much_takes_less_than_three_times_as_long(
    front: bytes, unit: bytes
) -> None:
    """No shape of a message makes the walk grow faster than it."""
    limits = ContentLimits(header_octets=1 << 30, body_octets=1 << 30)

    def prepare(count: int) -> Callable[[], object]:
        data = front + unit * count

        def read() -> None:
            for _ in Walk(data, limits).pieces():
                pass

        return read

    assert growth(prepare, LARGEST) < BOUND


@pytest.mark.parametrize(
    ("front", "unit", "value"),
    [
        pytest.param(b"", b"A: 1\n", "INFO", id="fields"),
        pytest.param(b"", b"A: 1\n", "REPLACE B: 1", id="edited fields"),
        pytest.param(b"A: 1\n", b" x\n", "REPLACE B: \\1", id="folds"),
        pytest.param(b"A: 1\n", b" \x80\n", "REJECT \\1", id="a long refusal"),
        pytest.param(b"\n", b"x\n", "PREPEND y", id="edited lines"),
        pytest.param(b"\n", b"x", "PREPEND y", id="edited pieces"),
        pytest.param(b"\n", b"x\n", "REPLACE", id="edits that are not made"),
    ],
)
def test_checks_of_twice_as_much_take_less_than_three_times_as_long(
    front: bytes, unit: bytes, value: str
) -> None:
    """No shape of a message makes the checks grow faster than it."""
    limits = ContentLimits(header_octets=1 << 30, body_octets=1 << 30)
    tables = rules("(.*)", value)
    checks = ContentChecks(headers=tables, body=tables)

    def prepare(count: int) -> Callable[[], object]:
        data = front + unit * count
        return lambda: check_content_sync(data, checks, limits=limits)

    assert growth(prepare, LARGEST_CHECKED) < BOUND
