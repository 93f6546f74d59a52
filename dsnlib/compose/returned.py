"""The third part of a notification: the original, or its header (RFC 6522 s3, s4).

Rules.
- The whole message only where it failed, its sender did not ask for headers
  alone, it is small enough, and the notification goes to the sender (RFC 3461
  s6.2).
- Headers alone are never labelled as a message (RFC 6522 s4).
- A header that is too large loses whole fields, the least useful first, and the
  part says which.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import attrs

from dsnlib.compose.mime import base64_chunks, quoted_printable
from dsnlib.model.esmtp import Ret
from dsnlib.model.fields import is_field_name
from dsnlib.model.number import require_whole
from dsnlib.model.report import Kind
from dsnlib.model.text import decode_wire
from dsnlib.policy.plan import Audience

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dsnlib.compose.original import Original
    from dsnlib.policy.plan import DsnPlan

__all__ = ["ReturnRules", "ReturnedPart", "returned_part"]

_FOLDS = frozenset({b" ", b"\t"})
# What a sender, a list manager or a desk for help looks for, most wanted first;
# a name ending in "-" stands for all that begin so.
_WANTED = (
    b"message-id", b"subject", b"from", b"to", b"date", b"cc", b"sender", b"list-",
    b"in-reply-to", b"references", b"reply-to", b"auto-submitted", b"precedence",
    b"mime-version", b"content-", b"return-path", b"x-", b"",
)  # fmt: skip
# What grows along the way goes first.
_UNWANTED = frozenset(
    {
        b"received", b"received-spf", b"authentication-results", b"dkim-signature",
        b"arc-seal", b"arc-message-signature", b"arc-authentication-results",
    }
)  # fmt: skip


@attrs.frozen(kw_only=True)
class ReturnRules:
    """How much of a message goes back.

    Args:
        unasked: What a sender gets who did not use RET (RFC 6522 s3: all of it).
        message_octets: The largest message that is returned whole, or `None`
            for any size; one whose size nobody knows counts as larger.
            Postfix's `bounce_size_limit` is the precedent.
        header_octets: The largest header; more loses fields.

    Raises:
        InvalidValue: A bound is not a whole number, 0 or more.
    """

    unasked: Ret = Ret.FULL
    message_octets: int | None = 50_000
    header_octets: int = 65_536

    def __attrs_post_init__(self) -> None:
        if self.message_octets is not None:
            require_whole(self.message_octets, "return: message_octets", least=0)
        require_whole(self.header_octets, "return: header_octets", least=0)


@attrs.frozen(kw_only=True)
class ReturnedPart:
    """The third part, ready to be written.

    Args:
        media_type: Such as `message/rfc822`.
        encoding: Its Content-Transfer-Encoding.
        description: What it is, for Content-Description.
        is_whole: Whether the text of the message is there.
        is_too_large: Whether it is not there because of its size.
        known: What is known of its octets before it is written.
        chunks: Yields the octets, once if the message came in chunks.
    """

    media_type: str
    encoding: str
    description: str
    is_whole: bool
    is_too_large: bool
    known: tuple[bytes, ...] = attrs.field(repr=False)
    chunks: Callable[[], Iterable[bytes]] = attrs.field(repr=False, eq=False)


def returned_part(
    plan: DsnPlan, original: Original, rules: ReturnRules, *, is_seven_bit: bool
) -> ReturnedPart | None:
    """Return what goes back of the original, or `None` if there is nothing.  Never raises.

    Args:
        plan: The notification.
        original: The message.
        rules: How much to return.
        is_seven_bit: Whether the way allows no octets beyond US-ASCII.
    """
    if not original.header and not original.is_headed:
        return None
    wants_all = (
        plan.kind is Kind.FAILURE
        and plan.audience is Audience.SENDER
        and (plan.ret or rules.unasked) is Ret.FULL
    )
    limit, size = rules.message_octets, original.size_octets
    is_small = limit is None or (size is not None and size <= limit)
    # RFC 6533 s4.2 wants another label for headers in UTF-8; other octets have
    # stood in message/rfc822 since long before.
    is_global = not original.header.isascii() and _is_utf8(original.header)
    is_eight_bit = original.is_eight_bit
    # message/rfc822 may not be encoded: RFC 2046 s5.2.1.
    if wants_all and is_small and (is_global or not (is_seven_bit and is_eight_bit)):
        return _whole(original, is_global=is_global, is_seven_bit=is_seven_bit)
    header, left_out = _capped(original.header, rules.header_octets)
    encoding = "7bit" if header.isascii() else "8bit"
    if is_seven_bit and encoding == "8bit":
        header, encoding = quoted_printable(header), "quoted-printable"
    description = "Header of the returned message"
    if left_out:
        description += f", without {', '.join(left_out)}"
    return ReturnedPart(
        media_type="message/global-headers" if is_global else "text/rfc822-headers",
        encoding=encoding,
        description=description,
        is_whole=False,
        is_too_large=wants_all and not is_small,
        known=(header,),
        chunks=lambda: (header,),
    )


def _whole(original: Original, *, is_global: bool, is_seven_bit: bool) -> ReturnedPart:
    def chunks() -> Iterator[bytes]:
        yield original.header
        if original.is_headed:
            yield b"\r\n"
        yield from original.body()

    known: tuple[bytes, ...] = (original.header,)
    if isinstance(original.source, bytes):
        known = (original.header, original.source)
    encoding = "8bit" if original.is_eight_bit else "7bit"
    if is_seven_bit and original.is_eight_bit:
        encoding = "base64"
    return ReturnedPart(
        media_type="message/global" if is_global else "message/rfc822",
        encoding=encoding,
        description="Returned message",
        is_whole=True,
        is_too_large=False,
        known=known,
        chunks=chunks if encoding != "base64" else lambda: base64_chunks(chunks()),
    )


def _capped(header: bytes, limit: int) -> tuple[bytes, list[str]]:
    """Leave out fields until the rest fits: the header, the names of those left out."""
    if len(header) <= limit:
        return header, []
    fields = list(_fields(header))
    # Within a rank the first are the ones that travelled least.
    order = sorted(range(len(fields)), key=lambda index: _rank(fields[index][1]))
    kept, room = set(), limit
    for index in order:
        size = len(fields[index][0])
        if size <= room:
            kept.add(index)
            room -= size
    left_out = dict.fromkeys(
        decode_wire(name).title() or "lines without a name"
        for index, (_, name) in enumerate(fields)
        if index not in kept
    )
    return b"".join([fields[index][0] for index in sorted(kept)]), _few(list(left_out))


def _fields(header: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield each field of a header with its folds, and its name in lower case."""
    lines: list[bytes] = []
    for line in header.split(b"\r\n")[:-1]:
        if lines and line[:1] not in _FOLDS:
            yield _field(lines)
            lines = []
        lines.append(line)
    yield _field(lines)


def _field(lines: list[bytes]) -> tuple[bytes, bytes]:
    name, colon, _ = lines[0].partition(b":")
    name = name.rstrip(b" \t").lower()
    named = colon and is_field_name(decode_wire(name))
    return b"\r\n".join([*lines, b""]), name if named else b""


def _rank(name: bytes) -> int:
    if name in _UNWANTED:
        return len(_WANTED)
    return next(
        rank
        for rank, wanted in enumerate(_WANTED)
        if name == wanted or not wanted or (wanted[-1:] == b"-" and name.startswith(wanted))
    )


def _few(names: list[str], most: int = 20) -> list[str]:
    short = [name if len(name) <= 40 else f"{name[:37]}..." for name in names]
    return short if len(short) <= most else [*short[:most], f"{len(short) - most} more"]


def _is_utf8(octets: bytes) -> bool:
    try:
        octets.decode()
    except UnicodeDecodeError:
        return False
    return True
