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

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, BinaryIO

import attrs

from dsnlib.compose.block import TemplateClass
from dsnlib.compose.fields import format_status
from dsnlib.compose.human import HumanForm, human_part
from dsnlib.compose.letter import write_letter
from dsnlib.compose.library import TemplateLibrary
from dsnlib.compose.message import ComposedMessage
from dsnlib.compose.mime import (
    encode_unstructured,
    encoding_field,
    fold_header,
    free_boundary,
    text_part,
)
from dsnlib.compose.occasion import Occasion
from dsnlib.compose.original import message_id, open_original
from dsnlib.compose.returned import ReturnRules, returned_part
from dsnlib.errors import InvalidValue
from dsnlib.model.date import format_date, require_zone
from dsnlib.model.report import Kind
from dsnlib.policy.plan import Audience
from dsnlib.policy.reporter import Reporter

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from dsnlib.compose.letter import Letter
    from dsnlib.compose.returned import ReturnedPart
    from dsnlib.compose.wording import Wording
    from dsnlib.errors import Defect
    from dsnlib.policy.plan import DsnPlan

__all__ = ["BounceComposer"]

_TOKEN = re.compile(r"[A-Za-z0-9._-]{8,60}")
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
        language: str | Sequence[str] | None = None,
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
            language: A language tag, or several to have the text in each; if
                not given, the plan's languages or English.  See
                `choose_language`.
            template: Which template to use; that of the plan's kind if not
                given.
            size_octets: The size of the original, where it comes in chunks.
            is_crlf: Whether every line end of a file or of chunks is known to
                be CRLF, as in the queue of a server that takes no other; if
                not, each chunk is looked through for others.

        Raises:
            InvalidValue: `now` has no zone, or the token is none.
            TemplateError: A template of the site has a fault, or names a parameter
                whose value has one.  `load_templates` with the same parameters
                tells beforehand.
        """
        require_zone(now, "now")
        if _TOKEN.fullmatch(token) is None:
            message = f"token: {token!r} is not 8 to 60 letters, digits, '.', '-' or '_'"
            raise InvalidValue(message, value=token)
        source = open_original(original, size_octets=size_octets, is_crlf=is_crlf)
        returned = returned_part(plan, source, self.returns, is_seven_bit=self.form.is_seven_bit)
        is_too_large = returned is not None and returned.is_too_large
        occasion = Occasion(
            plan=plan,
            reporter=self.reporter,
            fields=source.fields(),
            now=now,
            attached=_attached(returned),
            size_octets=source.size_octets if is_too_large else None,
            is_unclickable=self.is_unclickable,
            parameters=self.parameters,
        )
        tags = (plan.languages or _ENGLISH) if language is None else language
        letters, wordings, defects = self._letters(occasion, tags, template)
        human = human_part(letters, wordings, self.form, token=token)
        status_type, status = _status_part(plan, is_seven_bit=self.form.is_seven_bit)
        known = [human, status, *(() if returned is None else returned.known)]
        boundary = free_boundary("report", token, known)
        delimiter = f"\r\n--{boundary}"
        is_eight_bit = not (human.isascii() and status.isascii()) or (
            returned is not None and returned.encoding == "8bit"
        )
        header = (
            f"{self._header(occasion, letters[0], token)}MIME-Version: 1.0\r\n"
            "Content-Type: multipart/report; report-type=delivery-status;\r\n"
            f'\tboundary="{boundary}"\r\n{encoding_field("8bit" if is_eight_bit else "7bit")}'
        )
        part = f"{delimiter}\r\n".encode("ascii")
        head = [header.encode("utf-8", "surrogateescape"), part, human, part, status]
        if returned is not None:
            head += [part, _part_header(returned)]
        return ComposedMessage(
            plan=plan,
            is_eight_bit=is_eight_bit,
            needs_smtputf8=not header.isascii() or _is_raw_global(returned),
            message_id=self._message_id(token),
            media_type=status_type,
            head=b"".join(head),
            returned=tuple if returned is None else returned.chunks,
            tail=f"{delimiter}--\r\n".encode("ascii"),
            is_repeatable=source.is_repeatable,
            defects=defects,
        )

    def _letters(
        self, occasion: Occasion, language: str | Sequence[str], template: TemplateClass | None
    ) -> tuple[list[Letter], list[Wording], tuple[Defect, ...]]:
        plan = occasion.plan
        library = self.library.for_sender(plan.recipient.address)
        kind = _TEMPLATES[plan.kind] if template is None else template
        letters: list[Letter] = []
        wordings: list[Wording] = []
        defects: list[Defect] = []
        for tag in self._languages(language):
            templates, wording = library.find(tag)
            if wording in wordings:
                continue
            letters.append(write_letter(occasion, templates.of(kind), templates, wording))
            wordings.append(wording)
            defects += templates.defects
            # What has no language is the same whatever was asked for; a
            # postmaster's copy has no letter to translate.
            if letters[0].language is None or plan.audience is Audience.POSTMASTER:
                break
        return letters, wordings, tuple(defects)

    def _languages(self, language: str | Sequence[str]) -> Sequence[str]:
        tags = [language] if isinstance(language, str) else [*language]
        return [*tags, _ENGLISH] if self.is_english_added or not tags else tags

    def _message_id(self, token: str) -> str:
        return f"<{token}@{self.reporter.domain}>"

    def _header(self, occasion: Occasion, letter: Letter, token: str) -> str:
        plan = occasion.plan
        lines = [
            f"Date: {format_date(occasion.now)}\r\n",
            fold_header("From", letter.from_),
            fold_header("Subject", encode_unstructured(letter.subject)),
            # "addressed, in header and envelope, to the return path": RFC 3464 s2.
            f"To: <{plan.recipient.address}>\r\n",
            f"Message-ID: {self._message_id(token)}\r\n",
        ]
        about = message_id(occasion.fields)
        if about is not None:
            lines.append(f"In-Reply-To: {about}\r\nReferences: {about}\r\n")
        # Never auto-generated, whoever it is for: RFC 3834 s5.2.
        lines.append("Auto-Submitted: auto-replied\r\n")
        return "".join(lines)


def _attached(returned: ReturnedPart | None) -> str:
    if returned is None:
        return ""
    return "attached-message" if returned.is_whole else "attached-header"


def _is_raw_global(returned: ReturnedPart | None) -> bool:
    """Tell whether a header in UTF-8 goes back as it is (RFC 6533 s4.2, s4.3)."""
    return returned is not None and (
        returned.encoding == "8bit" and returned.media_type.startswith("message/global")
    )


def _status_part(plan: DsnPlan, *, is_seven_bit: bool) -> tuple[str, bytes]:
    # "If everything is 7-bit, the traditional types may be used": RFC 6533 s4.4;
    # and a sender with an address in US-ASCII may have no program that knows
    # the others.
    text = format_status(plan.report, is_global=not plan.recipient.address.isascii())
    media_type = "message/delivery-status" if text.isascii() else "message/global-delivery-status"
    fields = "Content-Description: Delivery report\r\n"
    return media_type, text_part(media_type, text, fields, is_seven_bit=is_seven_bit)


def _part_header(returned: ReturnedPart) -> bytes:
    header = (
        f"{fold_header('Content-Description', returned.description)}"
        f"Content-Type: {returned.media_type}\r\n{encoding_field(returned.encoding)}\r\n"
    )
    return header.encode("ascii")
