"""A plan becomes a message: the whole notification (RFC 3464, RFC 6522, RFC 6533).

Rules.
- Same input, same octets: the clock and everything random come in as arguments.
- A notification must leave.  A language that nobody has is the nearest one or
  English, a template that fails is the built-in one; what was made up for is in
  the message's `defects`.
- A text in another language is followed by the English one, unless that is
  switched off: whoever helps may not read the first.
- The form follows the data: US-ASCII where everything is, and for a sender
  whose own address is; else that of RFC 6533.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
from typing import TYPE_CHECKING, BinaryIO

import attrs

from dsnlib.compose.fields import format_status
from dsnlib.compose.human import HumanForm, HumanPart, human_part
from dsnlib.compose.letter import Occasion, write_letter
from dsnlib.compose.library import TemplateLibrary
from dsnlib.compose.message import ComposedMessage
from dsnlib.compose.mime import (
    encode_phrase,
    encode_unstructured,
    encoded_part,
    fold_header,
    free_boundary,
)
from dsnlib.compose.original import message_id, open_original
from dsnlib.compose.returned import ReturnRules, returned_part
from dsnlib.compose.template import TemplateClass
from dsnlib.errors import InvalidValue
from dsnlib.model.date import format_date, require_zone
from dsnlib.model.report import Kind
from dsnlib.policy.plan import Audience

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from dsnlib.compose.letter import Letter
    from dsnlib.compose.original import Original
    from dsnlib.compose.returned import ReturnedPart
    from dsnlib.compose.wording import Wording
    from dsnlib.errors import Defect
    from dsnlib.policy.plan import DsnPlan
    from dsnlib.policy.reporter import Reporter

__all__ = ["BounceComposer"]

_TOKEN = re.compile(r"[A-Za-z0-9._-]{8,60}")
# A display name and an address; the name may be a quoted string.
_MAILBOX = re.compile(r"\s*([^<>]*?)\s*<([^<>]*)>\s*")
_ENGLISH = "en"
_TEMPLATES = {
    Kind.FAILURE: TemplateClass.FAILURE,
    Kind.DELAY: TemplateClass.DELAY,
    Kind.SUCCESS: TemplateClass.SUCCESS,
    Kind.RELAYED: TemplateClass.SUCCESS,
    Kind.EXPANDED: TemplateClass.SUCCESS,
}


@attrs.frozen(kw_only=True)
class BounceComposer:
    """Writes notifications.  Immutable: one serves every thread.

    Args:
        reporter: Who notifies.
        library: The templates and words to write with.
        parameters: What a template may name besides: `myhostname` and other
            settings of a Postfix template.
        form: How the letters are laid out.
        returns: How much of the original goes back.
        is_english_added: Whether the English text follows one in another
            language.
        is_unclickable: Whether links in what strangers said are broken.
    """

    reporter: Reporter
    library: TemplateLibrary = attrs.field(factory=TemplateLibrary)
    parameters: Mapping[str, str] | None = None
    form: HumanForm = attrs.field(factory=HumanForm)
    returns: ReturnRules = attrs.field(factory=ReturnRules)
    is_english_added: bool = True
    is_unclickable: bool = False

    def compose(
        self,
        plan: DsnPlan,
        original: bytes | BinaryIO | Iterable[bytes],
        *,
        now: dt.datetime,
        token: str,
        language: str | Sequence[str] = _ENGLISH,
        template: TemplateClass | None = None,
        size_octets: int | None = None,
        is_crlf: bool = False,
    ) -> ComposedMessage:
        """Return the message that carries out a plan.

        Args:
            plan: What to report, to whom.
            original: The message it is about: octets, a binary file, or chunks.
            now: When; with a zone of whole minutes.
            token: 8 to 60 letters, digits, `.`, `-`, `_`, never used before and
                not to be guessed: Message-ID and boundaries are made from it.
            language: A language tag, or several to have the text in each.  See
                `choose_language`.
            template: Which template to use; that of the plan's kind if not
                given.
            size_octets: The size of the original, where it comes in chunks.
            is_crlf: Whether every line end of a file or of chunks is known to
                be CRLF; else each chunk is looked through for others.

        Raises:
            InvalidValue: `now` has no zone, or the token is none.
        """
        require_zone(now, "now")
        if _TOKEN.fullmatch(token) is None:
            message = f"token: {token!r} is not 8 to 60 letters, digits, '.', '-' or '_'"
            raise InvalidValue(message, value=token)
        source = open_original(original, size_octets=size_octets, is_crlf=is_crlf)
        fields = source.fields()
        returned = returned_part(plan, source, self.returns, is_seven_bit=self.form.is_seven_bit)
        letters, wordings, defects = self._letters(
            plan, source, fields, returned, now, language, template
        )
        human = human_part(letters, wordings, self.form, token=token)
        header = self._header(plan, fields, letters[0], now, token)
        return self._assemble(plan, source.is_repeatable, returned, human, header, token, defects)

    def _letters(
        self,
        plan: DsnPlan,
        original: Original,
        fields: Mapping[str, str],
        returned: ReturnedPart | None,
        now: dt.datetime,
        language: str | Sequence[str],
        template: TemplateClass | None,
    ) -> tuple[list[Letter], list[Wording], tuple[Defect, ...]]:
        occasion = Occasion(
            plan=plan,
            reporter=self.reporter,
            fields=fields,
            now=now,
            attached=_attached(returned),
            size_octets=(
                original.size_octets if returned is not None and returned.is_too_large else None
            ),
            is_unclickable=self.is_unclickable,
            parameters=self.parameters,
        )
        library = self.library.for_sender(plan.recipient.address)
        kind = _TEMPLATES[plan.kind] if template is None else template
        letters: list[Letter] = []
        wordings: list[Wording] = []
        defects: list[Defect] = []
        for tag in self._languages(language):
            templates, wording = library.find(tag)
            if wording.language in [each.language for each in wordings]:
                continue
            letters.append(write_letter(occasion, templates.of(kind), templates, wording))
            wordings.append(wording)
            defects.extend(templates.defects)
            # What has no language is the same whatever was asked for; a
            # postmaster's copy has no letter to translate.
            if letters[0].language is None or plan.audience is Audience.POSTMASTER:
                break
        return letters, wordings, tuple(defects)

    def _languages(self, language: str | Sequence[str]) -> Sequence[str]:
        tags = [language] if isinstance(language, str) else list(language)
        return [*tags, _ENGLISH] if self.is_english_added or not tags else tags

    def _assemble(
        self,
        plan: DsnPlan,
        is_repeatable: bool,
        returned: ReturnedPart | None,
        human: HumanPart,
        header: str,
        token: str,
        defects: tuple[Defect, ...],
    ) -> ComposedMessage:
        return_path = plan.recipient.address
        # "If everything is 7-bit, the traditional types may be used": RFC 6533
        # s4.4; and a sender with an address in US-ASCII may have no program
        # that knows the others.
        status = format_status(plan.report, is_global=not return_path.isascii())
        is_global = not status.isascii()
        status_type = "message/global-delivery-status" if is_global else "message/delivery-status"
        encoding, status_octets = encoded_part(status, is_seven_bit=self.form.is_seven_bit)
        known = [human.octets, status_octets, *(() if returned is None else returned.known)]
        boundary = free_boundary(token, known)
        is_eight_bit = (
            human.is_eight_bit
            or encoding == "8bit"
            or (returned is not None and returned.encoding == "8bit")
        )
        lines = [
            header,
            "MIME-Version: 1.0\r\n"
            f'Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary="{boundary}"\r\n',
        ]
        if is_eight_bit:
            lines.append("Content-Transfer-Encoding: 8bit\r\n")
        lines.append(f"\r\n--{boundary}\r\n")
        head = [
            "".join(lines).encode("utf-8", "surrogateescape"),
            human.octets,
            f"\r\n--{boundary}\r\nContent-Description: Delivery report\r\n"
            f"Content-Type: {status_type}\r\n".encode("ascii"),
            b""
            if encoding == "7bit"
            else f"Content-Transfer-Encoding: {encoding}\r\n".encode("ascii"),
            b"\r\n",
            status_octets,
        ]
        if returned is not None:
            head.append(f"\r\n--{boundary}\r\n{_part_header(returned)}\r\n".encode("ascii"))
        return ComposedMessage(
            plan=plan,
            is_eight_bit=is_eight_bit,
            message_id=f"<{token}@{self.reporter.domain}>",
            media_type=status_type,
            head=b"".join(head),
            returned=(lambda: ()) if returned is None else returned.chunks,
            tail=f"\r\n--{boundary}--\r\n".encode("ascii"),
            is_repeatable=is_repeatable,
            defects=defects,
        )

    def _header(
        self,
        plan: DsnPlan,
        fields: Mapping[str, str],
        letter: Letter,
        now: dt.datetime,
        token: str,
    ) -> str:
        is_copy = plan.audience is Audience.POSTMASTER
        lines = [
            f"Date: {format_date(now)}\r\n",
            fold_header("From", _qualified(letter.from_, self.reporter.domain)),
            fold_header("Subject", encode_unstructured(letter.subject)),
            # "addressed, in header and envelope, to the return address": RFC
            # 3464 s2.
            f"To: <{plan.recipient.address}>\r\n",
            f"Message-ID: <{token}@{self.reporter.domain}>\r\n",
        ]
        about = message_id(fields)
        if about is not None:
            lines.append(f"In-Reply-To: {about}\r\nReferences: {about}\r\n")
        lines.append(f"Auto-Submitted: {'auto-generated' if is_copy else 'auto-replied'}\r\n")
        return "".join(lines)


def _attached(returned: ReturnedPart | None) -> str:
    if returned is None:
        return ""
    return "attached-message" if returned.is_whole else "attached-header"


def _part_header(returned: ReturnedPart) -> str:
    header = fold_header("Content-Description", returned.description)
    header += f"Content-Type: {returned.media_type}\r\n"
    if returned.encoding != "7bit":
        header += f"Content-Transfer-Encoding: {returned.encoding}\r\n"
    return header


@functools.lru_cache(maxsize=256)
def _qualified(from_: str, domain: str) -> str:
    """Return a template's From with its name encoded and its address complete."""
    found = _MAILBOX.fullmatch(from_)
    name, address = ("", from_.strip()) if found is None else (found[1], found[2])
    if "@" not in address:
        address = f"{address or 'MAILER-DAEMON'}@{domain}"
    if name[:1] == name[-1:] == '"' and len(name) > 1:
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    return f"{encode_phrase(name)} <{address}>" if name else f"<{address}>"
