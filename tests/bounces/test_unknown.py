"""What could not be read is handed to whoever can do something about it."""

from dsnlib.bounces.kinds.message_kind import MessageKind
from dsnlib.bounces.unknown import OnUnknown, UnknownBounce

MAIL = b"From: MAILER-DAEMON@acme.org\n\nIt did not work.\n"


def test_value() -> None:
    """It knows what it looks like, and why."""
    unknown = UnknownBounce.of(MAIL)

    assert MessageKind.BOUNCE_LIKE == unknown.kind
    assert ["kind/system-sender"] == [each.rule for each in unknown.evidence]
    assert "acme" not in repr(unknown).replace(unknown.evidence[0].text, "")


def test_anonymized() -> None:
    """It can be handed on."""
    assert b"acme" not in UnknownBounce.of(MAIL).anonymized(key=b"0" * 16)


def test_callback() -> None:
    """A list's `append` will do as the caller's function."""
    kept: list[UnknownBounce] = []
    on_unknown: OnUnknown = kept.append
    on_unknown(UnknownBounce.of(MAIL))

    assert 1 == len(kept)
