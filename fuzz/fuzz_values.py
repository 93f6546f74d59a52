r"""Fuzz the values that fields and parameters are made of.

Invariant.
- Any text gives a value, or the error that its function documents.
- `parse(str(value)) == value` for codes, names, addresses and diagnostics.
- xtext and the `\x{...}` form of RFC 6533 decode to what they encode.
- `guess_date` never raises, takes all that `parse_date` does, and gives what
  `format_date` can write.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsnlib import (
    DiagnosticCode,
    EnhancedStatusCode,
    InvalidAddress,
    InvalidStatusCode,
    InvalidValue,
    InvalidXtext,
    Mailbox,
    MtaName,
    TypedAddress,
    decode_utf8_address,
    decode_xtext,
    encode_utf8_address,
    encode_xtext,
    format_date,
    guess_date,
    parse_date,
)
from fuzz.alphabet import VALUE, expand, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["READS", "check"]

READS = (
    "dsnlib.model.address",
    "dsnlib.model.date",
    "dsnlib.model.status",
    "dsnlib.model.xtext",
    "dsnlib.model.text",
)

_PARSERS: tuple[tuple[Callable[[str], object], type[InvalidValue]], ...] = (
    (EnhancedStatusCode.parse, InvalidStatusCode),
    (MtaName.parse, InvalidAddress),
    (TypedAddress.parse, InvalidAddress),
    (DiagnosticCode.parse, InvalidAddress),
    (Mailbox.parse, InvalidAddress),
)


def check(data: bytes) -> None:
    """Read one input as each kind of value and assert the invariant."""
    text = text_of(expand(data, VALUE))
    for parse, error in _PARSERS:
        try:
            value = parse(text)
        except error:
            continue
        assert value == parse(str(value))
    _check_typed_address(text)
    _check_xtext(text)
    _check_utf8_address(text)
    _check_dates(text)


def _check_typed_address(text: str) -> None:
    try:
        address = TypedAddress.from_address(text)
    except (InvalidAddress, InvalidXtext):
        return
    assert text == address.address
    assert address == TypedAddress.parse(str(address))


def _check_xtext(text: str) -> None:
    try:
        assert text == decode_xtext(encode_xtext(text))
    except InvalidXtext:
        assert not (text.isascii() and text.isprintable())
    try:
        decoded = decode_xtext(text)
    except InvalidXtext:
        pass
    else:
        assert decoded == decode_xtext(encode_xtext(decoded))
        assert decoded == decode_xtext(text, lenient=True)
    try:
        decoded = decode_xtext(text, lenient=True)
    except InvalidXtext:
        return
    assert decoded == decode_xtext(encode_xtext(decoded))


def _check_utf8_address(text: str) -> None:
    for smtputf8 in (False, True):
        try:
            encoded = encode_utf8_address(text, smtputf8=smtputf8)
        except InvalidXtext:
            continue
        assert smtputf8 or encoded.isascii()
        assert text == decode_utf8_address(encoded)
    try:
        decoded = decode_utf8_address(text)
    except InvalidXtext:
        return
    assert decoded == decode_utf8_address(encode_utf8_address(decoded))
    assert decoded == decode_utf8_address(encode_utf8_address(decoded, smtputf8=True))


def _check_dates(text: str) -> None:
    guessed = guess_date(text)
    try:
        parsed = parse_date(text)
    except InvalidValue:
        parsed = None
    # Behind its first 200 characters `guess_date` looks at nothing.
    assert parsed is None or len(text) > 200 or parsed == guessed
    for when in (parsed, guessed):
        if when is not None:
            assert when.utcoffset() is not None
            # A report field has whole seconds.
            assert when.replace(microsecond=0) == parse_date(format_date(when))
