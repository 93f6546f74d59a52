"""Hypothesis strategies, one per public value type, built from the grammars of the RFCs.

`status_codes()` draws an `EnhancedStatusCode`, `mailboxes()` a `Mailbox`, and so
on: every value that they draw is one that the grammar allows, and above each
stands the production it follows.  Strategies of text come first, because the
values are made of them.  At the end stand those of octets: `report_messages()`
writes whole reports, and `damaged()` breaks what another strategy made.

Rules.
- What a constructor would refuse is not drawn, so no strategy hides a bug
  behind `assume`.  What is drawn goes to the ends of the grammar: empty texts,
  the largest numbers, UTF-8, octets that are no UTF-8.
- Text that came from the wire was decoded with `surrogateescape`.  Lone
  surrogates are drawn only in that way, because only then do they survive.
- No clock and no randomness but hypothesis's own.
- A strategy is made once and kept (`functools.cache`): making one costs more
  than drawing from it.
"""

import datetime as dt
import functools
import re
import string
from collections.abc import Iterator
from typing import Any, Literal

import attrs
from hypothesis import strategies as st

from dsnlib.bounces.event import BounceEvent, Confidence, EventKind, Evidence
from dsnlib.bounces.taxonomy import Fault, Permanence, Reason
from dsnlib.model.address import DiagnosticCode, Mailbox, MtaName, TypedAddress
from dsnlib.model.envelope import Body, Envelope, Recipient
from dsnlib.model.esmtp import EsmtpParameter, MailParameters, Notify, RcptParameters, Ret
from dsnlib.model.fields import FIELDS, ExtensionField, LocalizedDiagnostic
from dsnlib.model.outcome import DeliveryOutcome, Disposition
from dsnlib.model.reply import SmtpReply
from dsnlib.model.report import Action, DeliveryReport, MessageFields, RecipientFields
from dsnlib.model.status import EnhancedStatusCode, StatusClass
from dsnlib.model.text import decode_wire, encode_wire, replace_controls
from dsnlib.model.xtext import encode_utf8_address, encode_xtext

# No text of a value may hold one of these; TAB is allowed in `*text` alone.
CONTROLS = (*map(chr, range(0x20)), "\x7f")
CONTROLS_BUT_TAB = tuple(control for control in CONTROLS if control != "\t")

# Every category of characters but the surrogates.
_SCALAR_VALUES: tuple[Literal["L", "M", "N", "P", "S", "Z", "Cc", "Cf", "Co", "Cn"], ...] = (
    *("L", "M", "N", "P", "S", "Z"),
    *("Cc", "Cf", "Co", "Cn"),
)
_ALPHA_DIGIT = string.ascii_letters + string.digits
_SPECIALS = '()<>@,;:\\".[]'  # RFC 822 s3.3
_ATEXT = _ALPHA_DIGIT + "!#$%&'*+-/=?^_`{|}~"  # RFC 5322 s3.2.3


@functools.cache
def ascii_texts(*, min_size: int = 0, max_size: int | None = None) -> st.SearchStrategy[str]:
    """Printable US-ASCII, space included: what xtext can carry.

    RFC 3461 s4.2: "printable (i.e., graphic or white space) ... US-ASCII".
    """
    return st.text(
        st.characters(min_codepoint=0x20, max_codepoint=0x7E),
        min_size=min_size,
        max_size=max_size,
    )


@functools.cache
def utf8_characters(exclude: str = "") -> st.SearchStrategy[str]:
    """Characters that have octets and are no C0 control.

    Printable US-ASCII / UTF8-non-ascii                          RFC 6531 s3.3
    """
    return st.characters(
        min_codepoint=0x20, categories=_SCALAR_VALUES, exclude_characters="\x7f" + exclude
    )


@functools.cache
def wire_texts() -> st.SearchStrategy[str]:
    """Text made of any octets, as a reader decodes and cleans them."""
    return st.binary(max_size=30).map(lambda octets: replace_controls(decode_wire(octets)))


@functools.cache
def field_texts() -> st.SearchStrategy[str]:
    """The `*text` of a field: TAB too, but no white space at the ends.

    *text = *<any CHAR but CR and LF>           RFC 3464 s2.1.2, RFC 822 s3.3
    *utf8-text                                               RFC 6533 s4.1
    """
    readable = st.text(utf8_characters() | st.just("\t"), max_size=40)
    return (readable | wire_texts()).map(lambda text: text.strip(" \t"))


@functools.cache
def atoms() -> st.SearchStrategy[str]:
    """Atoms, such as the types of fields are.

    atom = 1*<any CHAR except specials, SPACE and CTLs>          RFC 822 s3.3
    """
    return st.text(
        st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters=_SPECIALS),
        min_size=1,
        max_size=12,
    )


@functools.cache
def cased(text: str) -> st.SearchStrategy[str]:
    """`text` with the case of each letter chosen anew."""
    return st.integers(0, 2 ** len(text) - 1).map(
        lambda bits: "".join(
            each.upper() if bits >> index & 1 else each.lower() for index, each in enumerate(text)
        )
    )


@functools.cache
def types(*registered: str) -> st.SearchStrategy[str]:
    """Types: registered ones in any case, experimental ones, any atom at all.

    address-type = atom                                       RFC 3464 s2.1.2
    """
    return st.sampled_from(registered).flatmap(cased) | atoms().map("x-{}".format) | atoms()


@functools.cache
def comments() -> st.SearchStrategy[str]:
    """What stands between the parentheses of a comment, other comments included.

    comment = "(" *(ctext / quoted-pair / comment) ")"           RFC 822 s3.3
    """
    quoted_pair = st.sampled_from(("\\(", "\\)", "\\\\", "\\x"))
    character = utf8_characters("()\\") | st.just("\t")
    ctext = st.lists(character | quoted_pair, max_size=10).map("".join)
    return st.recursive(
        ctext,
        lambda inner: st.tuples(ctext, inner, ctext).map(lambda each: "{}({}){}".format(*each)),
        max_leaves=3,
    )


@functools.cache
@st.composite
def status_codes(draw: st.DrawFn, *classes: StatusClass) -> EnhancedStatusCode:
    """Draw a status code, of one of `classes` if any are given.

    status-code = class "." subject "." detail                   RFC 3463 s2
      subject, detail = 1*3digit, no leading zero
    """
    number = st.integers(0, 7) | st.integers(0, 999)
    return EnhancedStatusCode(
        draw(st.sampled_from(classes or tuple(StatusClass))), draw(number), draw(number)
    )


@functools.cache
@st.composite
def xtexts(draw: st.DrawFn) -> str:
    """Draw xtext of printable US-ASCII, some characters escaped without need.

    xtext = *( xchar / hexchar )                                   RFC 3461 s4
    """
    text = draw(ascii_texts(max_size=30))
    escaped = draw(st.integers(0, 2 ** len(text) - 1))
    return "".join(
        f"+{ord(each):02X}" if escaped >> index & 1 else encode_xtext(each)
        for index, each in enumerate(text)
    )


@functools.cache
def utf8_addresses() -> st.SearchStrategy[str]:
    """Addresses as people write them; also such as no mailbox is.

    RFC 6533 s3 wants an address carried that breaks the grammar of RFC 6531.
    """
    return mailboxes().map(str) | st.text(utf8_characters(), max_size=30)


@functools.cache
def _domains() -> st.SearchStrategy[str]:
    """Domains: sub-domain *("." sub-domain)         RFC 5321 s4.1.2, RFC 6531 s3.3."""
    ends = _ALPHA_DIGIT + "éδ例ü"
    label = st.tuples(
        st.text(ends, min_size=1, max_size=1),
        st.text(ends + "-", max_size=12),
        st.text(ends, min_size=1, max_size=1),
    ).map("".join)
    return st.lists(st.text(ends, min_size=1, max_size=1) | label, min_size=1, max_size=4).map(
        ".".join
    )


@functools.cache
def _literals() -> st.SearchStrategy[str]:
    """Address literals in their brackets.

    IPv4-address-literal / IPv6-address-literal / General-address-literal
                                                              RFC 5321 s4.1.3
    """
    # Four characters of dcontent would end a path, so `Mailbox` refuses them.
    dcontent = st.characters(min_codepoint=33, max_codepoint=126, exclude_characters='[\\]@<>"')
    general = st.tuples(
        # Not "IPv6", which has a grammar of its own.
        st.text(_ALPHA_DIGIT + "-", max_size=6).map("x{}0".format),
        st.text(dcontent, min_size=1, max_size=20),
    ).map(":".join)
    return st.one_of(
        st.ip_addresses(v=4).map(str),
        st.ip_addresses(v=6).map("IPv6:{}".format),
        general,
    ).map("[{}]".format)


@functools.cache
def mailboxes(*, smtputf8: bool = True) -> st.SearchStrategy[Mailbox]:
    """Mailboxes; with `smtputf8` they may go beyond US-ASCII.

    Mailbox = Local-part "@" ( Domain / address-literal )     RFC 5321 s4.1.2
      Local-part = Dot-string / Quoted-string
    """
    beyond = "éδ例\U0001f4e7" if smtputf8 else ""
    dot_string = st.lists(
        st.text(_ATEXT + beyond, min_size=1, max_size=6), min_size=1, max_size=3
    ).map(".".join)
    #   qtextSMTP       = %d32-33 / %d35-91 / %d93-126
    #   quoted-pairSMTP = %d92 %d32-126
    printable = st.characters(min_codepoint=32, max_codepoint=126)
    qtext = st.characters(min_codepoint=32, max_codepoint=126, exclude_characters='"\\')
    qcontent = qtext | printable.map("\\{}".format)
    if beyond:
        qcontent |= st.sampled_from(beyond)
    quoted_string = st.lists(qcontent, max_size=8).map(lambda each: f'"{"".join(each)}"')
    domain = _domains() | _literals()
    if not smtputf8:
        domain = domain.map(lambda text: text.encode("ascii", "replace").decode().replace("?", "x"))
    return st.builds(Mailbox, dot_string | quoted_string, domain)


@functools.cache
def typed_addresses() -> st.SearchStrategy[TypedAddress]:
    """Addresses of any type.

    address-type ";" generic-address                          RFC 3464 s2.3.1
      generic-address =/ utf-8-enc-addr, of type utf-8 only     RFC 6533 s4.1
    """
    value = (st.text(utf8_characters(), max_size=30) | wire_texts()).map(
        lambda text: text.replace("\t", " ").strip(" ")
    )
    type_ = types("rfc822", "x400", "utf-8", "unknown")
    return sendable_addresses() | st.builds(TypedAddress, type_, value)


@functools.cache
def sendable_addresses() -> st.SearchStrategy[TypedAddress]:
    """Addresses that fit into ORCPT.

    original-recipient-address = addr-type ";" xtext            RFC 3461 s4.2
      / "utf-8;" ( utf-8-addr-xtext / utf-8-addr-unitext )        RFC 6533 s3
    """
    # An atom may hold "=", an esmtp-value may not.
    type_ = types("rfc822", "x400").map(lambda atom: atom.replace("=", "-"))
    value = ascii_texts(max_size=40).map(lambda text: text.strip(" "))
    encoded = utf8_addresses().map(encode_utf8_address) | utf8_addresses().map(
        lambda address: encode_utf8_address(address, smtputf8=True)
    )
    return st.one_of(
        st.builds(TypedAddress, type_.filter(lambda atom: atom.lower() != "utf-8"), value),
        st.builds(TypedAddress, cased("utf-8"), encoded),
    )


@functools.cache
def mta_names() -> st.SearchStrategy[MtaName]:
    """Names of mail systems, with or without a comment behind.

    mta-name-type ";" mta-name                                RFC 3464 s2.2.2
      mta-name = *text
    """
    # A name that ended in a parenthesis would be taken for a comment.
    free = st.text(utf8_characters("()") | st.just("\t"), max_size=20)
    name = st.one_of(
        _domains(),
        _literals(),
        free.map(lambda text: text.strip(" \t")),
        st.sampled_from(("", "a(b)c", "X.400 (not) a name", ")(x")),
    )
    return st.builds(
        MtaName,
        types("dns", "x400", "x-local-hostname"),
        name,
        comment=st.none() | comments(),
    )


@functools.cache
def diagnostic_codes() -> st.SearchStrategy[DiagnosticCode]:
    """What a transport said: transcribed replies, and any text at all.

    diagnostic-type ";" *text                                 RFC 3464 s2.3.6
    """
    return st.one_of(
        smtp_replies().map(DiagnosticCode.from_reply),
        st.builds(DiagnosticCode, types("smtp", "x400", "x-unix"), field_texts()),
    )


@functools.cache
def rets() -> st.SearchStrategy[Ret]:
    """The values of RET: "FULL" / "HDRS"                        RFC 3461 s4.3."""
    return st.sampled_from(Ret)


@functools.cache
def notifies() -> st.SearchStrategy[Notify]:
    """The values of NOTIFY: "NEVER" / 1#notify-list-element     RFC 3461 s4.1."""
    return st.integers(0, 7).map(Notify)


@functools.cache
def esmtp_parameters() -> st.SearchStrategy[EsmtpParameter]:
    """Parameters of other extensions.

    esmtp-keyword = (ALPHA / DIGIT) *(ALPHA / DIGIT / "-")    RFC 5321 s4.1.2
    esmtp-value   = 1*(%d33-60 / %d62-126) / UTF8-non-ascii     RFC 6531 s3.3
    """
    known = ("SIZE", "BODY", "SMTPUTF8", "BY", "MT-PRIORITY", "X-A-1", "0")
    keyword = st.tuples(
        st.text(_ALPHA_DIGIT, min_size=1, max_size=1), st.text(_ALPHA_DIGIT + "-", max_size=10)
    ).map("".join)
    return st.builds(
        EsmtpParameter,
        st.sampled_from(known).flatmap(cased)
        | keyword.filter(lambda text: text.upper() not in ("RET", "ENVID", "NOTIFY", "ORCPT")),
        st.none() | st.text(utf8_characters(" ="), min_size=1, max_size=20),
    )


@functools.cache
def _others() -> st.SearchStrategy[list[EsmtpParameter]]:
    return st.lists(esmtp_parameters(), max_size=3, unique_by=lambda each: each.keyword.upper())


@functools.cache
def envids() -> st.SearchStrategy[str]:
    """Envelope identifiers, decoded.

    envid-parameter = "ENVID=" xtext, at most 100 characters    RFC 3461 s4.4
    """
    return ascii_texts(min_size=1, max_size=40).filter(lambda text: len(encode_xtext(text)) <= 100)


@functools.cache
def mail_parameters() -> st.SearchStrategy[MailParameters]:
    """The parameters of a MAIL command: RET, ENVID and others    RFC 3461 s4."""
    return st.builds(
        MailParameters,
        ret=st.none() | rets(),
        envid=st.none() | envids(),
        other=_others(),
    )


@functools.cache
def rcpt_parameters() -> st.SearchStrategy[RcptParameters]:
    """The parameters of a RCPT command: NOTIFY, ORCPT and others  RFC 3461 s4."""
    return st.builds(
        RcptParameters,
        notify=st.none() | notifies(),
        orcpt=st.none() | sendable_addresses().filter(lambda each: len(str(each)) * 3 <= 500),
        other=_others(),
    )


@functools.cache
@st.composite
def mail_options(draw: st.DrawFn) -> list[str]:
    """Draw the words of a MAIL command as clients write them: any case, any escape."""
    words = [str(each) for each in draw(_others())]
    if draw(st.booleans()):
        words.append(f"{draw(cased('RET'))}={draw(rets().map(str).flatmap(cased))}")
    if draw(st.booleans()):
        words.append(f"{draw(cased('ENVID'))}={draw(xtexts().filter(bool))}")
    return draw(st.permutations(words))


@functools.cache
@st.composite
def rcpt_options(draw: st.DrawFn) -> list[str]:
    """Draw the words of a RCPT command as clients write them: any case, any escape."""
    words = [str(each) for each in draw(_others())]
    if draw(st.booleans()):
        # "1#notify-list-element" may say a thing twice.
        elements = st.lists(
            st.sampled_from(("SUCCESS", "FAILURE", "DELAY")), min_size=1, max_size=5
        )
        value = draw(st.just("NEVER") | elements.map(",".join))
        words.append(f"{draw(cased('NOTIFY'))}={draw(cased(value))}")
    if draw(st.booleans()):
        address = st.tuples(st.just("rfc822").flatmap(cased), xtexts()) | utf8_addresses().map(
            lambda each: ("utf-8", encode_utf8_address(each, smtputf8=True))
        )
        words.append(f"{draw(cased('ORCPT'))}={';'.join(draw(address))}")
    return draw(st.permutations(words))


_LIKE_A_STATUS = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}([ \t]|$)")


@functools.cache
@st.composite
def smtp_replies(draw: st.DrawFn) -> SmtpReply:
    """Draw a reply of any number of lines, with or without a status code.

    Reply-code = %x32-35 %x30-35 %x30-39                        RFC 5321 s4.2
    textstring = 1*(%d09 / %d32-126)
    """
    code = draw(st.integers(2, 5)) * 100 + draw(st.integers(0, 5)) * 10 + draw(st.integers(0, 9))
    status = None
    if code // 100 != 3:
        status = draw(st.none() | status_codes(StatusClass(code // 100)))
    lines = draw(_reply_lines())
    if status is not None:
        lines = [line.lstrip(" \t") for line in lines]
    elif code // 100 != 3:
        # It would be the status.
        lines = [f"x{line}" if _LIKE_A_STATUS.match(line) else line for line in lines]
    return SmtpReply(code, status, lines)


@functools.cache
def _reply_lines() -> st.SearchStrategy[list[str]]:
    text = st.text(utf8_characters() | st.just("\t"), max_size=30) | wire_texts()
    return st.lists(text, min_size=1, max_size=4)


@functools.cache
def aware_datetimes() -> st.SearchStrategy[dt.datetime]:
    """Times that a report can write: whole seconds, zones of whole minutes.

    date-time = [ day-name "," ] day month year time zone       RFC 5322 s3.3
      zone = ( "+" / "-" ) 4DIGIT
    """
    zones = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(
        lambda minutes: dt.timezone(dt.timedelta(minutes=minutes))
    )
    return st.datetimes(timezones=zones, allow_imaginary=False).map(
        lambda when: when.replace(microsecond=0)
    )


@functools.cache
def paths() -> st.SearchStrategy[str]:
    """What can stand between < and >: mailboxes, and what real servers take.

    Path = "<" [ A-d-l ":" ] Mailbox ">"                      RFC 5321 s4.1.2
    """
    odd = st.sampled_from(
        ("postmaster", "a..b@example.org", "@a,@b:c@d", "b\udcf6b@example.org", "a@b@c")
    )
    return mailboxes().map(str) | odd


@functools.cache
def recipients() -> st.SearchStrategy[Recipient]:
    """RCPT commands that were accepted."""
    return st.builds(Recipient, paths(), rcpt_parameters())


@functools.cache
def envelopes() -> st.SearchStrategy[Envelope]:
    """Envelopes of one to three recipients, the null reverse-path included.

    Reverse-path = Path / "<>"                                RFC 5321 s4.1.2
    """
    return st.builds(
        Envelope,
        sender=st.just("") | paths(),
        mail=mail_parameters(),
        recipients=st.lists(recipients(), min_size=1, max_size=3),
        smtputf8=st.booleans(),
        body=st.sampled_from(Body),
        arrival=st.none() | aware_datetimes(),
        received_from=st.none() | mta_names(),
    )


_SUCCESS = (StatusClass.SUCCESS,)
_CLASSES = {
    Disposition.DELIVERED: _SUCCESS,
    Disposition.RELAYED: _SUCCESS,
    Disposition.HANDED_ON: _SUCCESS,
    Disposition.EXPANDED: _SUCCESS,
    Disposition.DELAYED: (StatusClass.TRANSIENT,),
    Disposition.FAILED: (StatusClass.TRANSIENT, StatusClass.PERMANENT),
}


@functools.cache
@st.composite
def delivery_outcomes(draw: st.DrawFn) -> DeliveryOutcome:
    """Draw an outcome whose status suits its disposition (RFC 3464 s2.3.3)."""
    disposition = draw(st.sampled_from(Disposition))
    return DeliveryOutcome(
        recipient=draw(recipients()),
        disposition=disposition,
        status=draw(status_codes(*_CLASSES[disposition])),
        diagnostic=draw(st.none() | diagnostic_codes()),
        remote_mta=draw(st.none() | mta_names()),
        final_recipient=draw(st.none() | typed_addresses()),
        attempted=draw(st.none() | aware_datetimes()),
        retry_until=(
            draw(st.none() | aware_datetimes()) if disposition is Disposition.DELAYED else None
        ),
        log_id=draw(st.none() | ascii_texts(max_size=20)),
    )


@functools.cache
def actions() -> st.SearchStrategy[Action]:
    """The five actions                                       RFC 3464 s2.3.3."""
    return st.sampled_from(Action)


_FIELD_NAMES = frozenset(rule.name.lower() for rule in FIELDS)


@functools.cache
def extension_fields() -> st.SearchStrategy[ExtensionField]:
    """Fields that no RFC defines.

    extension-field = extension-field-name ":" *text            RFC 3464 s2.4
      extension-field-name = atom
    """
    name = (
        st.sampled_from(("X-Queue-ID", "SMTP-Remote-Recipient", "X400-Content"))
        | atoms().map("X-{}".format)
    ).filter(lambda text: text.lower() not in _FIELD_NAMES)
    return st.builds(ExtensionField, name, field_texts())


@functools.cache
def localized_diagnostics() -> st.SearchStrategy[LocalizedDiagnostic]:
    """Diagnostics in one language each.

    Language-Tag ";" *utf8-text                                 RFC 6533 s4.1
      Language-Tag = language *("-" subtag)                     RFC 5646 s2.1
    """
    tags = st.sampled_from(("de", "pt-BR", "zh-Hant-TW", "es-419", "sl-rozaj-biske", "x-priv"))
    return st.builds(LocalizedDiagnostic, tags.flatmap(cased), field_texts())


@functools.cache
@st.composite
def _report_addresses(draw: st.DrawFn) -> TypedAddress:
    # In a field, angle brackets are a fault of the writer (RFC 3461 s9.1); UTF-8
    # is for type utf-8 alone (RFC 6533 s4.1).
    address = draw(typed_addresses())
    value = draw(st.sampled_from((address.value, f"x{address.value} (x)", f"x{address.value}(x)")))
    value = f"x{value}" if value[:1] == "<" else value
    value = f"{value}x" if value[-1:] == ">" else value
    return TypedAddress(address.type if value.isascii() else draw(cased("utf-8")), value)


@functools.cache
def message_fields() -> st.SearchStrategy[MessageFields]:
    """Per-message fields with all that a report must have.

    per-message-fields = [ original-envelope-id-field CRLF ]
                         reporting-mta-field CRLF ...           RFC 3464 s2.2
    """
    return st.builds(
        MessageFields,
        original_envelope_id=st.none() | field_texts(),
        reporting_mta=mta_names(),
        dsn_gateway=st.none() | mta_names(),
        received_from_mta=st.none() | mta_names(),
        arrival_date=st.none() | aware_datetimes(),
        deliver_by_date=st.none() | aware_datetimes(),
        extensions=st.lists(extension_fields(), max_size=2).map(tuple),
    )


_ACTION_CLASSES = {
    Action.FAILED: _CLASSES[Disposition.FAILED],
    Action.DELAYED: _CLASSES[Disposition.DELAYED],
    Action.DELIVERED: _SUCCESS,
    Action.RELAYED: _SUCCESS,
    Action.EXPANDED: _SUCCESS,
}


@functools.cache
@st.composite
def recipient_fields(draw: st.DrawFn) -> RecipientFields:
    """Draw per-recipient fields with all that a report must have.

    per-recipient-fields = [ original-recipient-field CRLF ]
                           final-recipient-field CRLF
                           action-field CRLF status-field CRLF ...
                                                                RFC 3464 s2.3
    """
    action = draw(actions())
    diagnostic_code = draw(st.none() | diagnostic_codes())
    localized: list[LocalizedDiagnostic] = []
    if diagnostic_code is not None:
        # Only behind a Diagnostic-Code, each language once: RFC 6533 s4.1.
        localized = draw(
            st.lists(
                localized_diagnostics(), max_size=2, unique_by=lambda each: each.language.lower()
            )
        )
    return RecipientFields(
        original_recipient=draw(st.none() | _report_addresses()),
        final_recipient=draw(_report_addresses()),
        action=action,
        status=draw(status_codes(*_ACTION_CLASSES[action])),
        status_comment=draw(st.none() | comments()),
        remote_mta=draw(st.none() | mta_names()),
        diagnostic_code=diagnostic_code,
        localized_diagnostics=tuple(localized),
        last_attempt_date=draw(st.none() | aware_datetimes()),
        final_log_id=draw(st.none() | field_texts()),
        will_retry_until=(
            draw(st.none() | aware_datetimes()) if action is Action.DELAYED else None
        ),
        extensions=tuple(draw(st.lists(extension_fields(), max_size=2))),
    )


@functools.cache
def delivery_reports() -> st.SearchStrategy[DeliveryReport]:
    """Reports on one to three recipients, without what they return.

    delivery-status-content = per-message-fields 1*( CRLF per-recipient-fields )
                                                                RFC 3464 s2.1
    """
    return st.builds(
        DeliveryReport,
        message=message_fields(),
        recipients=st.lists(recipient_fields(), min_size=1, max_size=3),
    )


_RETURNED = (
    "Content-Type: message/rfc822\n\nFrom: a@example.org\nSubject: hello\n\n--not-the-end\n",
    "Content-Type: text/rfc822-headers\n\nFrom: a@example.org\nSubject: hello\n",
    "Content-Type: message/global-headers\n\nFrom: δ@example.org\nSubject: γειά\n",
    (
        "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n"
        "U3ViamVjdDogaGVsbG8KCmJvZHkK\n"
    ),
)


@functools.cache
@st.composite
def reports_with_messages(draw: st.DrawFn) -> tuple[DeliveryReport, bytes]:
    """Draw a report, and a message that says it and is right in every octet of syntax.

    multipart/report; report-type=delivery-status: a text for people, the
    status part, and in most the original or its header (RFC 6522 s3).
    """
    # "utf8-text", and octets that are no UTF-8 are a fault: RFC 6533 s4.1.
    report: DeliveryReport = _as_utf8(draw(delivery_reports()))
    blocks = []
    groups: list[MessageFields | RecipientFields] = [report.message, *report.recipients]
    for group in groups:
        lines = []
        for name, text in group.items():
            folded = draw(_folded(text)) if name == "Diagnostic-Code" else text
            lines.append(f"{name}: {folded}" if folded else f"{name}:")
        blocks.append("\n".join(lines) + "\n")
    status = "\n".join(blocks)
    # message/delivery-status is 7bit: RFC 3464 s2.1, RFC 6533 s4.4.
    kind = "delivery-status" if status.isascii() and draw(st.booleans()) else None
    parts = [
        "Content-Type: text/plain; charset=us-ascii\n\nYour message met a fate.\n",
        (
            f"Content-Type: message/{kind or 'global-delivery-status'}\n"
            f"Content-Transfer-Encoding: {'7bit' if kind else '8bit'}\n\n{status}"
        ),
    ]
    returned = draw(st.none() | st.sampled_from(_RETURNED))
    if returned is not None:
        parts.append(returned)
    boundary = "=_b0undary"
    body = "".join(f"--{boundary}\n{part}\n" for part in parts)
    text = (
        "From: Mail Delivery Subsystem <postmaster@example.org>\n"
        "To: a@example.org\n"
        "Subject: Delivery report\n"
        "Auto-Submitted: auto-replied\n"
        "MIME-Version: 1.0\n"
        "Content-Type: multipart/report; report-type=delivery-status;\n"
        f'\tboundary="{boundary}"\n'
        f"\n{body}--{boundary}--\n"
    )
    octets = encode_wire(text)
    return report, octets.replace(b"\n", b"\r\n") if draw(st.booleans()) else octets


def _as_utf8(value: Any) -> Any:  # noqa: ANN401 - a value of any type, and one of the same
    """Return `value` with U+FFFD in its texts for each octet that is no UTF-8."""
    if isinstance(value, str):
        return encode_wire(value).decode("utf-8", "replace")
    if isinstance(value, tuple):
        return tuple(map(_as_utf8, value))
    if attrs.has(type(value)):
        names = [field.name for field in attrs.fields(type(value)) if field.name[0] != "_"]
        return attrs.evolve(value, **{name: _as_utf8(getattr(value, name)) for name in names})
    return value


@st.composite
def _folded(draw: st.DrawFn, text: str) -> str:
    """Fold a field at single spaces: linear-white-space counts as one   RFC 822 s3.1.1."""
    places = [found.start() for found in re.finditer(r"(?<![ \t]) (?![ \t])", text)]
    chosen = set(draw(st.lists(st.sampled_from(places), max_size=4))) if places else set()
    return "".join("\n " if index in chosen else each for index, each in enumerate(text))


@functools.cache
def report_messages() -> st.SearchStrategy[bytes]:
    """Messages that are syntactically right reports; see `reports_with_messages`."""
    return reports_with_messages().map(lambda pair: pair[1])


@functools.cache
def _event_texts() -> st.SearchStrategy[str]:
    """What a bounce may say: any octets, as they are decoded; NUL and lone surrogates too."""
    return st.text(min_size=1, max_size=40) | st.binary(min_size=1, max_size=20).map(decode_wire)


@functools.cache
def evidence() -> st.SearchStrategy[Evidence]:
    """Why a field of an event has its value."""
    places = st.none() | st.integers(0, 1 << 30)
    return st.builds(
        Evidence,
        field=st.sampled_from(["recipient", "status", "reason", "permanence"]),
        rule=ascii_texts(min_size=1, max_size=20),
        version=st.integers(1, 9),
        start=places,
        end=places,
        text=st.just("") | _event_texts(),
        confidence=st.sampled_from(Confidence),
    )


@functools.cache
def bounce_events(
    *, addresses: st.SearchStrategy[str] | None = None
) -> st.SearchStrategy[BounceEvent]:
    """Events with a name and a time, as histories have them.

    Args:
        addresses: Who they are about; any text if not given.
    """
    texts = st.none() | _event_texts()
    return st.builds(
        BounceEvent,
        event_id=st.binary(min_size=16, max_size=16).map(bytes.hex),
        occurred=st.datetimes(
            dt.datetime(1990, 1, 1),  # noqa: DTZ001  hypothesis adds the zone
            dt.datetime(2090, 1, 1),  # noqa: DTZ001  the same
            timezones=st.just(dt.UTC),
        ),
        recipient=_event_texts() if addresses is None else addresses,
        kind=st.sampled_from(EventKind),
        original_recipient=texts,
        permanence=st.sampled_from(Permanence),
        reason=st.none() | st.sampled_from(Reason),
        fault=st.sampled_from(Fault),
        status=st.none() | status_codes(),
        reply_code=st.none() | st.integers(200, 599),
        diagnostic=texts,
        remote_mta=texts,
        reporting_mta=texts,
        dialect=st.sampled_from(["rfc3464", "exim", "prose"]),
        envelope_id=texts,
        message_id=texts,
        evidence=st.lists(evidence(), max_size=3),
    )


@st.composite
def damaged(draw: st.DrawFn, strategy: st.SearchStrategy[bytes]) -> bytes:
    """Draw from `strategy` and break it in one to five places.

    Octets are changed, slices deleted, doubled, moved, and the end cut off.
    """
    octets = draw(strategy)
    for _ in range(draw(st.integers(1, 5))):
        start = draw(st.integers(0, len(octets)))
        end = draw(st.integers(start, min(len(octets), start + 200)))
        damages = list(_damages(octets, start, end, draw(st.binary(max_size=4))))
        octets = draw(st.sampled_from(damages))
    return octets


def _damages(octets: bytes, start: int, end: int, other: bytes) -> Iterator[bytes]:
    head, slice_, tail = octets[:start], octets[start:end], octets[end:]
    yield head + other + tail  # changed
    yield head + tail  # deleted
    yield head + slice_ + slice_ + tail  # doubled
    yield tail + slice_ + head  # moved
    yield head  # cut off
    yield head + slice_[::-1] + tail  # turned round
