"""A large archive of bounces, made of our own fixtures by mutation.

    python -m tests.load.archive --messages 1000000 OUT.mbox
    python -m tests.load.archive --messages 100000 --seed 7 OUT.tar.gz

The name tells the form: `.mbox`, `.tar`, `.parquet`, `.mbox.gz`, `.tar.gz`; a directory,
`OUT.maildir/` or `OUT/`, gets a file for each message.

Rules.
- The same seed gives the same messages, whatever the form.
- Each message has a Message-ID of its own, so each is another bounce; recipients come back,
  some of them often, as they do in life.
- Sizes are those of bounces: 2 to 6 kB, most of it header.
- One message in a thousand is cut off somewhere.
"""

from __future__ import annotations

import argparse
import base64
import datetime as dt
import email.utils
import gzip
import io
import random
import re
import sys
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

from dsnlib.bounces.read import read_bounces

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import IO

__all__ = ["FORMS", "main", "make_messages", "write_archive"]

ROOT = Path(__file__).resolve().parents[2]
_FIXTURES = (ROOT / "tests" / "data", ROOT / "docs" / "examples")
_FIRST_DAY = dt.datetime(2025, 11, 1, tzinfo=dt.UTC)
_DAYS = 365
_PEOPLE = 400_000
_PADS = 128
_CUT_ONE_IN = 1000
_LARGEST_FIXTURE = 12_000
_PARQUET_ROWS = 8192
_DIRECTORY_FILES = 10_000

# What is replaced: a field of the header at the top, and dates wherever they stand.
_MESSAGE_ID = re.compile(rb"^message-id:[^\n]*\n(?:[ \t][^\n]*\n)*", re.IGNORECASE | re.MULTILINE)
_DATE = re.compile(rb"^((?:[a-z-]+-)?date: )[^\n]*$", re.IGNORECASE | re.MULTILINE)
_SLOT = re.compile(rb"\0(D|[0-9]+)\0")
_FROM = re.compile(rb"^(>*From )", re.MULTILINE)


class _Template(NamedTuple):
    """A fixture in pieces: texts, and between them the names of what is filled in."""

    texts: tuple[bytes, ...]
    slots: tuple[bytes, ...]
    may_be_padded: bool


def make_messages(count: int, *, seed: int = 0) -> Iterator[bytes]:
    """Yield so many bounces and other mails, with LF line ends."""
    chance = random.Random(seed)
    templates = _templates()
    pads = [_pad(chance) for _ in range(_PADS)]
    dates = [
        email.utils.format_datetime(
            _FIRST_DAY + dt.timedelta(days=day, minutes=chance.randrange(1440))
        ).encode("ascii")
        for day in range(_DAYS)
    ]
    for number in range(count):
        template = chance.choice(templates)
        # A few people get much mail: the lower the number, the more.
        person = int(_PEOPLE * chance.random() ** 3)
        date = chance.choice(dates)
        pieces = [b"Message-ID: <%d.%d@mx.example.net>\n" % (seed, number)]
        if template.may_be_padded:
            pieces.append(chance.choice(pads))
        for text, slot in zip(template.texts, template.slots, strict=False):
            pieces += (text, date if slot == b"D" else b"p%06d" % (person + int(slot)))
        pieces.append(template.texts[-1])
        octets = b"".join(pieces)
        if not chance.randrange(_CUT_ONE_IN):
            octets = octets[: chance.randrange(200, len(octets))]
        yield octets


def _templates() -> list[_Template]:
    paths = sorted(path for folder in _FIXTURES for path in folder.rglob("*.eml"))
    return [_template(path.read_bytes()) for path in paths]


def _template(octets: bytes) -> _Template:
    octets = octets[:_LARGEST_FIXTURE].replace(b"\r\n", b"\n").replace(b"\0", b"")
    events = read_bounces(octets)
    header, empty, body = octets.partition(b"\n\n")
    header = _MESSAGE_ID.sub(b"", header + b"\n").rstrip(b"\n")
    slotted = _DATE.sub(rb"\1" + b"\0D\0", header + empty + body)
    for place, address in enumerate(sorted({event.recipient for event in events})):
        local_part, _, domain = address.encode("utf-8", "replace").rpartition(b"@")
        if local_part and domain:
            slotted = slotted.replace(local_part + b"@" + domain, b"\0%d\0@%s" % (place, domain))
    pieces = _SLOT.split(slotted)
    template = _Template(tuple(pieces[::2]), tuple(pieces[1::2]), True)  # noqa: FBT003  the last field
    padded = b"X-Pad: 1\nReceived: by a.example; Mon, 2 Mar 2026 05:00:10 +0000\n" + octets
    return template._replace(may_be_padded=len(read_bounces(padded)) == len(events))


def _pad(chance: random.Random) -> bytes:
    """Return fields such as mail collects on its way."""
    lines = [
        b"Received: from mx%d.example.net (mx%d.example.net [192.0.2.%d])\n"
        b"\tby relay%d.example.org (Postfix) with ESMTPS id 4T%06X\n"
        b"\tfor <bounces@example.org>; Mon, 2 Mar 2026 05:00:%02d +0000 (UTC)\n"
        % (hop, hop, chance.randrange(256), hop, chance.randrange(1 << 24), hop)
        for hop in range(chance.randrange(2, 6))
    ]
    signature = base64.encodebytes(chance.randbytes(chance.randrange(512, 2048)))
    lines.append(b"DKIM-Signature: v=1; a=rsa-sha256; d=example.net; s=s1; b=\n")
    lines += [b"\t%s\n" % line for line in signature.split(b"\n") if line]
    return b"".join(lines)


# ---- Forms


def _write_mbox(messages: Iterator[bytes], stream: IO[bytes]) -> None:
    for octets in messages:
        quoted = _FROM.sub(rb">\1", octets) if b"From " in octets else octets
        end = b"\n" if quoted.endswith(b"\n") else b"\n\n"
        stream.write(b"From MAILER-DAEMON Mon Mar  2 05:00:10 2026\n" + quoted + end)


def _write_tar(messages: Iterator[bytes], stream: IO[bytes]) -> None:
    with tarfile.open(fileobj=stream, mode="w|") as archive:
        for number, octets in enumerate(messages):
            member = tarfile.TarInfo(f"bounces/{number // 1000:04d}/{number:07d}.eml")
            member.size = len(octets)
            archive.addfile(member, io.BytesIO(octets))


def _write_parquet(messages: Iterator[bytes], stream: IO[bytes]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([("content", pa.binary())])
    with pq.ParquetWriter(stream, schema, compression="zstd") as writer:
        while batch := [each for each, _ in zip(messages, range(_PARQUET_ROWS), strict=False)]:
            writer.write_table(pa.table([pa.array(batch, pa.binary())], schema=schema))


def _write_directory(messages: Iterator[bytes], top: Path, *, is_maildir: bool) -> None:
    for name in ("cur", "new", "tmp") if is_maildir else ():
        (top / name).mkdir(parents=True)
    folder = top / "cur"
    for number, octets in enumerate(messages):
        if not is_maildir and not number % _DIRECTORY_FILES:
            folder = top / f"{number // _DIRECTORY_FILES:04d}"
            folder.mkdir(parents=True)
        name = f"17000{number:07d}.M{number}.mx:2,S" if is_maildir else f"{number:07d}.eml"
        (folder / name).write_bytes(octets)


FORMS: dict[str, Callable[[Iterator[bytes], IO[bytes]], None]] = {
    ".mbox": _write_mbox,
    ".tar": _write_tar,
    ".parquet": _write_parquet,
}


def write_archive(path: Path, count: int, *, seed: int = 0) -> None:
    """Write so many messages in the form that the name tells.

    Raises:
        OSError: It cannot be written.
    """
    messages = make_messages(count, seed=seed)
    name = path.name
    write = FORMS.get(Path(name.removesuffix(".gz")).suffix)
    if write is None:
        _write_directory(messages, path, is_maildir=path.suffix == ".maildir")
        return
    with path.open("wb") as file:
        if name.endswith(".gz"):
            with gzip.GzipFile(fileobj=file, mode="wb", compresslevel=3) as packed:
                write(messages, cast("IO[bytes]", packed))
        else:
            write(messages, file)


def main(argv: Sequence[str] | None = None) -> int:
    """Write an archive, and return the exit code."""
    parser = argparse.ArgumentParser(description="Write a large archive of bounces.")
    parser.add_argument("path", type=Path)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(argv)
    write_archive(args.path, args.messages, seed=args.seed)
    return 0


if __name__ == "__main__":
    sys.exit(main())
