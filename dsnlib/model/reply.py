"""SMTP replies: a code, an enhanced status code, lines of text.

RFC 5321 s4.2 gives the form, RFC 2034 s4 puts an enhanced code before the text
of every line of a 2yz, 4yz or 5yz reply.

Rules.
- `code // 100 == status.class_`, always.  A reply that says otherwise, `550
  4.7.1`, breaks RFC 2034 s4; the reply code is what SMTP acts on, so it wins.
- A 3yz reply has no enhanced code.
- `lines` hold the text alone: codes are written and read by this module.
- `parse` raises on every breach; `read` repairs what can be repaired and says
  so in `defects`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Self

import attrs

from dsnlib.errors import Defect, InvalidReply, InvalidStatusCode
from dsnlib.model.status import EnhancedStatusCode, StatusClass
from dsnlib.model.text import decode_wire, encode_wire, refuse_controls, replace_controls
from dsnlib.model.texts import texts

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["SmtpReply"]

# Reply-line  = *( Reply-code "-" [ textstring ] CRLF )          RFC 5321 s4.2
#                  Reply-code [ SP textstring ] CRLF
# Reply-code  = %x32-35 %x30-35 %x30-39
# TOLERANT: second digits 6..9, as in Postfix's and Google's 571 and 591.  The
# defect "reply-code" tells of them; to refuse what servers send would help nobody.
_LINE = re.compile(r"([2-5][0-9]{2})(?:([ -])(.*))?", re.DOTALL)
_LINE_END = re.compile(r"\r\n|\n|\r")
# "followed by one or more spaces"                               RFC 2034 s3
_STATUS = re.compile(r"([245]\.[0-9]{1,3}\.[0-9]{1,3})(?:[ \t]+|$)")

_LARGEST_SECOND_DIGIT = 5
_CODES = range(200, 600)
_INTERMEDIATE = 3


def _defects(values: Iterable[Defect]) -> tuple[Defect, ...]:
    return tuple(values)


@attrs.frozen
class SmtpReply:
    r"""What a server answers to one command.

    >>> reply = SmtpReply.parse("550-5.1.1 No such user\r\n550 5.1.1 here")
    >>> str(reply.status), reply.lines
    ('5.1.1', ('No such user', 'here'))

    Args:
        code: The three digits, 200..599; a second digit above 5, though no
            RFC has one, is in use.
        status: The enhanced code, of the class that `code` begins with, or
            `None` where there is none.
        lines: The text of each line, without codes; at least one.
        defects: What `read` had to repair; not part of the value.

    Raises:
        InvalidReply: A code out of range, classes that disagree, a line with a
            control character, or no line.
        InvalidValue: `lines` is one text.
    """

    code: int
    status: EnhancedStatusCode | None = None
    lines: tuple[str, ...] = attrs.field(default=("",), converter=texts)
    defects: tuple[Defect, ...] = attrs.field(
        default=(), eq=False, repr=False, kw_only=True, converter=_defects
    )

    def __attrs_post_init__(self) -> None:
        if type(self.code) is not int or self.code not in _CODES:
            message = f"reply: code {self.code!r} is not a number from 200 to 599"
            raise InvalidReply(message, value=self.code)
        if self.status is not None and self.status.class_ != self.code // 100:
            message = f"reply: status {self.status} does not agree with code {self.code}"
            raise InvalidReply(message, value=self.status, requirement="2034-4-03")
        if not self.lines:
            message = "reply: there is no line"
            raise InvalidReply(message, value=self.lines)
        for line in self.lines:
            refuse_controls(line, "reply", tab=True, error=InvalidReply)
            self._check_start(line)

    def _check_start(self, line: str) -> None:
        """Refuse a line that would read back with another status or text."""
        if self.status is not None:
            if line[:1] in (" ", "\t"):
                message = f"reply: line {line!r} begins with white space"
                raise InvalidReply(message, value=line)
        elif self.code // 100 != _INTERMEDIATE and _split_status(line)[0] is not None:
            message = f"reply: line {line!r} begins with a status code; give it as one"
            raise InvalidReply(message, value=line)

    @classmethod
    def parse(cls, text: str | bytes) -> Self:
        """Return the reply that one or more lines make up, strictly.

        Args:
            text: Lines as on the wire, ended by CRLF (a lone LF will do), the
                last one with or without its end.

        Raises:
            InvalidReply: The lines are not one reply: no code, codes that
                differ, a separator in the wrong line, an enhanced code that
                differs or does not agree with the reply code.
        """
        reply = cls.read(text)
        for defect in reply.defects:
            if defect.code != "reply-code":
                raise InvalidReply(defect.message, value=text, requirement=defect.requirement)
        return reply

    @classmethod
    def read(cls, text: str | bytes) -> Self:
        """Return the reply that the lines most likely mean.

        The last line's code counts; a status of another class takes the class
        of the reply code; control characters become U+FFFD.

        Raises:
            InvalidReply: No line begins with a reply code.
        """
        if isinstance(text, bytes):
            text = decode_wire(text)
        lines = _split_lines(text)
        found = [_LINE.fullmatch(line) for line in lines]
        code = next((match[1] for match in reversed(found) if match), None)
        if code is None:
            message = f"reply: {text[:80]!r} has no line with a reply code"
            raise InvalidReply(message, value=text)
        defects: list[Defect] = []
        if int(code[1]) > _LARGEST_SECOND_DIGIT:
            what = f"the second digit of {code} is above {_LARGEST_SECOND_DIGIT}"
            defects.append(_defect("reply-code", what, "5321-4.2-04"))
        texts = []
        for number, (line, match) in enumerate(zip(lines, found, strict=True)):
            if match is None:
                defects.append(_defect("reply-line", f"line {line!r} has no reply code"))
                texts.append(line)
                continue
            if match[1] != code:
                defects.append(_defect("reply-codes", f"{match[1]} and {code} in one reply"))
            if (match[2] == "-") == (number == len(lines) - 1):
                defects.append(_defect("reply-separator", f"line {line!r} is out of place"))
            texts.append(match[3] or "")
        return cls._assemble(int(code), texts, defects)

    @classmethod
    def from_pair(cls, code: int, message: str | bytes) -> Self:
        r"""Return the reply that smtplib and aiosmtplib give as code and text.

        >>> SmtpReply.from_pair(550, b"5.1.1 No such user\n5.1.1 here").lines
        ('No such user', 'here')

        Args:
            code: The reply code.
            message: The texts of the lines, joined by LF, without reply codes.

        Raises:
            InvalidReply: `code` is not 200..599, as smtplib's -1 for a lost
                connection.
        """
        if isinstance(message, bytes):
            message = decode_wire(message)
        return cls._assemble(code, _split_lines(message), [])

    @classmethod
    def from_exception(cls, error: BaseException) -> Self:
        """Return the reply inside an exception of smtplib or aiosmtplib.

        Neither library is imported: `smtp_code` and `smtp_error`, or `code`
        and `message`, are looked for.

        Raises:
            InvalidReply: The exception carries no reply, as one for a lost
                connection, or carries several (see `by_recipient`).
        """
        code = getattr(error, "smtp_code", getattr(error, "code", None))
        message = getattr(error, "smtp_error", getattr(error, "message", ""))
        if type(code) is not int:
            text = f"reply: {type(error).__name__} carries no single reply"
            raise InvalidReply(text, value=error)
        return cls.from_pair(code, message)

    @classmethod
    def by_recipient(cls, error: BaseException) -> dict[str, Self]:
        """Return the reply to each recipient of a recipients-refused exception.

        Takes both shapes: smtplib's mapping of address to pair, aiosmtplib's
        list of exceptions.

        Raises:
            InvalidReply: The exception carries no recipients.
        """
        recipients = getattr(error, "recipients", None)
        if isinstance(recipients, dict):
            return {address: cls.from_pair(*pair) for address, pair in recipients.items()}
        if isinstance(recipients, (list, tuple)):
            return {each.recipient: cls.from_exception(each) for each in recipients}
        text = f"reply: {type(error).__name__} carries no recipients"
        raise InvalidReply(text, value=error)

    @classmethod
    def _assemble(cls, code: int, texts: Iterable[str], defects: list[Defect]) -> Self:
        """Take the enhanced codes off the texts and make one of them."""
        statuses: list[EnhancedStatusCode] = []
        lines: list[str] = []
        bare = 0
        for text in texts:
            status, line = (None, text) if code // 100 == _INTERMEDIATE else _split_status(text)
            clean = replace_controls(line)
            if clean != line:
                defects.append(_defect("reply-control", f"line {line!r} has a control character"))
            lines.append(clean)
            if status is None:
                bare += 1
            else:
                statuses.append(status)
        chosen = statuses[0] if statuses else None
        if len(set(statuses)) > 1 or (statuses and bare):
            shown = ", ".join(sorted({str(status) for status in statuses}))
            what = f"lines disagree on the status: {shown}{' or none' if bare else ''}"
            defects.append(_defect("reply-statuses", what, "2034-4-04"))
        if chosen is not None and code in _CODES and chosen.class_ != code // 100:
            what = f"status {chosen} does not agree with code {code}"
            defects.append(_defect("reply-class", what, "2034-4-03"))
            chosen = chosen.with_class(code // 100)
        if chosen is not None:
            lines = [line.lstrip(" \t") for line in lines]
        return cls(code, chosen, tuple(lines), defects=tuple(defects))

    @classmethod
    def from_diagnostic(cls, text: str) -> Self:
        """Return the reply that a Diagnostic-Code of type smtp transcribes.

        RFC 3461 s9.2 writes a multi-line reply as its lines, one after the
        other, so `550-5.1.1 No such user 550 5.1.1 here` has two.

        Raises:
            InvalidReply: `text` does not begin with a reply code.
        """
        if _LINE.match(text) is None:
            message = f"reply: {text[:80]!r} does not begin with a reply code"
            raise InvalidReply(message, value=text, requirement="3461-9.2-01")
        # Each run of white space is looked at once: from its beginning.
        again = re.compile(rf"(?<![ \t])[ \t]++(?={text[:3]}[ -])")
        lines: list[str] = []
        start = 0
        for found in again.finditer(text):
            if text[start + 3 : start + 4] != "-":
                break
            lines.append(text[start : found.start()])
            start = found.end()
        return cls.read("\n".join([*lines, text[start:]]))

    @property
    def effective_status(self) -> EnhancedStatusCode | None:
        """The status, or X.0.0 of the reply's class; `None` for a 3yz reply."""
        if self.status is not None or self.code // 100 == _INTERMEDIATE:
            return self.status
        return EnhancedStatusCode(StatusClass(self.code // 100), 0, 0)

    def __str__(self) -> str:
        prefix = "" if self.status is None else f"{self.status} "
        last = len(self.lines) - 1
        if not last:
            # Nearly all replies.
            return f"{self.code} {prefix}{self.lines[0]}"
        return "\n".join(
            f"{self.code}{' ' if number == last else '-'}{prefix}{line}"
            for number, line in enumerate(self.lines)
        )

    def format(self) -> bytes:
        """Return the lines as they go over the wire, each ended by CRLF.

        Every line has the enhanced code (RFC 2034 s4).  Lengths are left
        alone; RFC 5321 s4.5.3.1.5 allows 512 octets with the line end.
        """
        return encode_wire(str(self)).replace(b"\n", b"\r\n") + b"\r\n"


def _split_lines(text: str) -> list[str]:
    lines = _LINE_END.split(text)
    if len(lines) > 1 and not lines[-1]:
        lines.pop()
    return lines


def _split_status(text: str) -> tuple[EnhancedStatusCode | None, str]:
    found = _STATUS.match(text)
    if found:
        try:
            return EnhancedStatusCode.parse(found[1]), text[found.end() :]
        except InvalidStatusCode:
            pass
    return None, text


def _defect(code: str, message: str, requirement: str | None = None) -> Defect:
    return Defect(code=code, message=f"reply: {message}", requirement=requirement)
