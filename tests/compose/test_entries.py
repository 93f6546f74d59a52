"""The recipients behind a Postfix template are laid out as Postfix lays them out."""

import email
import email.policy
import re
from pathlib import Path

import attrs
import pytest

from dsnlib.compose.entries import format_entries
from dsnlib.compose.fill import wrap
from dsnlib.model.address import DiagnosticCode, TypedAddress
from dsnlib.model.report import RecipientFields
from tests.compose.occasions import plan, recipient

_ENTRY = re.compile(r"(?:\A|\n\n)(<[^\n]*(?:\n    [^\n]*)*)(?=\n\n|\n?\Z)")


def entries(*fields: RecipientFields, is_unclickable: bool = False) -> str:
    """Return the entries of a report on these recipients."""
    return format_entries(plan(*fields).report, is_unclickable=is_unclickable)


def test_an_entry() -> None:
    """An empty line, the address, what was said and by whom, 79 columns."""
    long = recipient(reply="550-5.7.1 The message was refused. 550 5.7.1 Ask your postmaster.")

    assert (
        "\n<bob@example.com>: host mx.example.com said: 550-5.7.1 The message was refused.\n"
        "    550 5.7.1 Ask your postmaster.\n"
    ) == entries(long)


def test_one_after_the_other() -> None:
    """Each behind an empty line, in the order of the report."""
    assert (
        "\n<a@x>: host mx.example.com said: 550 5.1.1 No such user here\n"
        "\n<b@x>: host mx.example.com said: 550 5.1.1 No such user here\n"
    ) == entries(recipient("a@x"), recipient("b@x"))


@pytest.mark.parametrize(
    ("original", "shown"),
    [
        ("list@example.com", "<bob@example.com> (expanded from <list@example.com>): "),
        ("BOB@example.com", "<bob@example.com>: "),
        ("", "<bob@example.com>: "),
    ],
)
def test_what_the_address_was_before(original: str, shown: str) -> None:
    """Named where it differs; case alone makes no other address."""
    fields = attrs.evolve(recipient(), original_recipient=TypedAddress("rfc822", original))

    assert entries(fields).startswith(f"\n{shown}")


def test_what_this_server_says_has_no_host() -> None:
    """Without a remote server the words are this one's; without words the code's."""
    local = attrs.evolve(
        recipient(reply=None), diagnostic_code=DiagnosticCode("x-unix", "user unknown")
    )

    assert "\n<bob@example.com>: user unknown\n" == entries(local)
    assert "\n<bob@example.com>: 5.1.1 Bad destination mailbox address\n" == entries(
        recipient(reply=None)
    )
    assert "\n<bob@example.com>: 5.9.9\n" == entries(recipient(status="5.9.9", reply=None))


def test_what_was_said_is_harmless() -> None:
    """One line of text, whatever a peer says; links broken on request."""
    hostile = recipient(reply="550 \u202esee https://x.example/")

    assert (
        "\n<bob@example.com>: host mx.example.com said: 550 ?see https://x.example/\n"
        == entries(hostile)
    )
    assert "https[:]//" in entries(hostile, is_unclickable=True)


@pytest.mark.shared
def test_lines_break_where_postfix_breaks_them(shared_corpus: Path) -> None:
    """Every entry that Postfix wrote is wrapped by us in the same places."""
    count = 0
    vectors = shared_corpus.parent.parent / "postfix" / "golden" / "dsn"
    for path in sorted(vectors.glob("*/dsn*.eml")):
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        human = next(message.iter_parts(), None)
        if human is None:  # an address check answers with text alone
            continue
        octets = human.get_payload(decode=True)
        assert isinstance(octets, bytes)
        for entry in _ENTRY.findall(octets.decode("utf-8", "replace").replace("\r", "")):
            line = entry.replace("\n    ", " ")
            assert entry == "\n".join(wrap(line, 79, "    ")), path
            count += 1
    assert count > 50
