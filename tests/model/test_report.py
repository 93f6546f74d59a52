"""A report as values: its fields, their order, and what it tells as a whole."""

import datetime as dt
import pickle
from collections.abc import Callable
from email import message_from_bytes
from email.message import Message
from email.policy import default

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.errors import Defect, InvalidValue
from dsnlib.model.address import DiagnosticCode, MtaName, TypedAddress
from dsnlib.model.fields import FIELDS, ExtensionField, FieldScope, LocalizedDiagnostic
from dsnlib.model.report import Action, DeliveryReport, Kind, MessageFields, RecipientFields
from dsnlib.model.returned import ReturnedContent
from dsnlib.model.status import EnhancedStatusCode
from dsnlib.model.text import encode_wire
from tests.crossing import assert_crosses
from tests.strategies import (
    CONTROLS_BUT_TAB,
    actions,
    comments,
    delivery_reports,
    extension_fields,
    field_texts,
    localized_diagnostics,
    message_fields,
    recipient_fields,
    report_messages,
)

NOON = dt.datetime(2026, 1, 2, 12, tzinfo=dt.UTC)
STATUS = EnhancedStatusCode.parse

Value = ExtensionField | LocalizedDiagnostic | MessageFields | RecipientFields | DeliveryReport
VALUES = [
    pytest.param(extension_fields(), id="ExtensionField"),
    pytest.param(localized_diagnostics(), id="LocalizedDiagnostic"),
    pytest.param(message_fields(), id="MessageFields"),
    pytest.param(recipient_fields(), id="RecipientFields"),
    pytest.param(delivery_reports(), id="DeliveryReport"),
]


def report(*actions: Action | None) -> DeliveryReport:
    """Return a report with one recipient for each action."""
    return DeliveryReport(
        message=MessageFields(),
        recipients=[RecipientFields(action=action) for action in actions],
    )


@pytest.mark.parametrize("values", VALUES)
@given(data=st.data())
def test_pickles_and_copies(values: st.SearchStrategy[Value], data: st.DataObject) -> None:
    """A report and its parts cross a process boundary and are the same there."""
    value = data.draw(values)
    assert_crosses(value)


@pytest.mark.parametrize(
    "value",
    [
        FIELDS[0],
        ExtensionField("X-A", "b"),
        LocalizedDiagnostic("de", "b"),
        MessageFields(),
        RecipientFields(),
        report(),
    ],
    ids=lambda value: type(value).__name__,
)
def test_immutable(value: Value) -> None:
    """A report never changes."""
    for field in attrs.fields(type(value)):
        with pytest.raises(AttributeError):
            setattr(value, field.name, None)
    with pytest.raises(AttributeError):
        value.note = "x"  # type: ignore[union-attr]  # what is refused


@pytest.mark.parametrize(
    "make", [MessageFields, RecipientFields, DeliveryReport], ids=lambda make: make.__name__
)
def test_parts_by_name(make: Callable[..., object]) -> None:
    """A report is made of parts that are given by their names."""
    with pytest.raises(TypeError):
        make(MessageFields(), ())


def test_kinds() -> None:
    """A kind of report has the word that people and logs use."""
    assert ["failure", "delay", "expanded", "relayed", "success"] == [kind.value for kind in Kind]


def make_localized(text: str) -> object:
    """Return a recipient's localized diagnostic with `text`."""
    return LocalizedDiagnostic("de", text)


@pytest.mark.requirement("3464-2.3.2-05")
@pytest.mark.parametrize("place", ["{}a", "a{}b", "a{}"], ids=["first", "within", "last"])
@pytest.mark.parametrize(
    ("make", "field"),
    [
        pytest.param(
            lambda text: MessageFields(original_envelope_id=text),
            "Original-Envelope-Id",
            id="original_envelope_id",
        ),
        pytest.param(
            lambda text: RecipientFields(status_comment=text), "Status", id="status_comment"
        ),
        pytest.param(
            lambda text: RecipientFields(final_log_id=text), "Final-Log-ID", id="final_log_id"
        ),
        pytest.param(lambda text: ExtensionField("X-A", text), "X-A", id="ExtensionField.value"),
        pytest.param(make_localized, "Localized-Diagnostic", id="LocalizedDiagnostic.text"),
    ],
)
def test_no_controls(make: Callable[[str], object], field: str, place: str) -> None:
    """No control character but TAB gets into any text, and the error names the field."""
    for control in (*CONTROLS_BUT_TAB, "\ud800"):
        text = place.format(control)
        with pytest.raises(InvalidValue) as caught:
            make(text)
        assert str(caught.value).startswith(f"{field}: {text!r} has {control!r}")
        assert text == caught.value.value


@pytest.mark.parametrize("text", [" a", "a ", "\ta", "a\t"], ids=ascii)
def test_no_white_space_round_texts(text: str) -> None:
    """White space round the text of a field is lost when it is read, so it is none of it."""
    assert "a" == MessageFields(original_envelope_id=text).original_envelope_id
    assert "a" == RecipientFields(final_log_id=text).final_log_id


def test_texts_may_have_a_tab() -> None:
    """A TAB is white space, and stands in any text of a report."""
    text = "a\tb"
    message = MessageFields(original_envelope_id=text)
    recipient = RecipientFields(
        status=STATUS("5.0.0"),
        status_comment=text,
        final_log_id=text,
        localized_diagnostics=[LocalizedDiagnostic("de", text)],
        extensions=[ExtensionField("X-A", text)],
    )

    assert [("Original-Envelope-Id", text)] == list(message.items())
    assert [
        ("Status", f"5.0.0 ({text})"),
        ("Localized-Diagnostic", f"de; {text}"),
        ("Final-Log-ID", text),
        ("X-A", text),
    ] == list(recipient.items())


@pytest.mark.requirement("3464-2.2.5-03")
@pytest.mark.requirement("3464-2.3.7-04")
@pytest.mark.requirement("3464-2.3.9-04")
@pytest.mark.parametrize(
    ("make", "name", "field"),
    [
        (MessageFields, "arrival_date", "Arrival-Date"),
        (MessageFields, "deliver_by_date", "Deliver-By-Date"),
        (RecipientFields, "last_attempt_date", "Last-Attempt-Date"),
        (RecipientFields, "will_retry_until", "Will-Retry-Until"),
    ],
)
def test_dates_have_a_zone(make: Callable[..., object], name: str, field: str) -> None:
    """A time without a zone names no instant, and the error names the field."""
    naive = NOON.replace(tzinfo=None)

    with pytest.raises(InvalidValue) as caught:
        make(**{name: naive})

    assert f"{field}: {naive!r} has no zone" == str(caught.value)
    assert (naive, "3464-2.2.5-03") == (caught.value.value, caught.value.requirement)


@pytest.mark.requirement("3464-2.2.5-03")
def test_what_is_taken_is_written() -> None:
    """Fields that could be made can be written."""
    zone = dt.timezone(dt.timedelta(seconds=30))
    try:
        fields = MessageFields(arrival_date=NOON.replace(tzinfo=zone))
    except InvalidValue:
        return

    assert 1 == len(list(fields.items()))


@pytest.mark.requirement("6533-4.1-07")
def test_languages_differ() -> None:
    """A recipient has no two diagnostics in one language, however it is spelt."""
    german = [LocalizedDiagnostic("de", "a"), LocalizedDiagnostic("DE", "b")]

    with pytest.raises(InvalidValue, match="Localized-Diagnostic: a language") as caught:
        RecipientFields(localized_diagnostics=german)

    assert "6533-4.1-07" == caught.value.requirement
    assert ["de", "de"] == caught.value.value
    assert repr(caught.value.value) in str(caught.value)


@pytest.mark.requirement("3464-2.1.1-02")
@given(comments())
def test_status_comment(comment: str) -> None:
    """What a comment may hold is kept, and written behind the status."""
    fields = RecipientFields(status=EnhancedStatusCode.parse("5.1.1"), status_comment=comment)

    assert [("Status", f"5.1.1 ({comment})")] == list(fields.items())


@pytest.mark.requirement("3464-2.1.1-02")
@pytest.mark.parametrize("comment", [")", "(", "a)b", ")(", "\\", "(a", r"a\\)"])
def test_no_status_comment(comment: str) -> None:
    """A comment that would not read back is refused, and so is one without a status."""
    status = EnhancedStatusCode.parse("5.1.1")

    with pytest.raises(InvalidValue, match="Status") as caught:
        RecipientFields(status=status, status_comment=comment)
    assert ("3464-2.1.1-02", comment) == (caught.value.requirement, caught.value.value)
    assert str(caught.value).startswith(f"Status: 5.1.1 ({comment!r})")
    with pytest.raises(InvalidValue, match="Status"):
        RecipientFields(status_comment="full")


@pytest.mark.parametrize(
    ("make", "name"),
    [(MessageFields, "arrival-date"), (RecipientFields, "Status")],
    ids=["message", "recipient"],
)
def test_a_field_of_its_own_is_no_extension(
    make: type[MessageFields | RecipientFields], name: str
) -> None:
    """The report would have the field twice; the other group may have one of that name."""
    extensions = [ExtensionField(name, "x")]
    other = RecipientFields if make is MessageFields else MessageFields

    with pytest.raises(InvalidValue, match=f"{name} is a field of the report itself"):
        make(extensions=extensions)
    assert tuple(extensions) == other(extensions=extensions).extensions


def test_lists_become_tuples() -> None:
    """Whatever holds the fields of a report, the values hold tuples."""
    extensions = [ExtensionField("X-A", "b")]
    german = [LocalizedDiagnostic("de", "a")]
    defects = [Defect(code="field-space", message="x")]
    message = MessageFields(extensions=extensions, unreadable=iter(extensions))
    recipient = RecipientFields(
        extensions=extensions, unreadable=extensions, localized_diagnostics=german
    )
    value = DeliveryReport(message=message, recipients=[recipient], defects=defects)

    assert hash(value) == hash(attrs.evolve(value, recipients=(recipient,)))
    assert (tuple(extensions),) * 2 == (message.extensions, message.unreadable)
    assert (tuple(extensions),) * 2 == (recipient.extensions, recipient.unreadable)
    assert tuple(german) == recipient.localized_diagnostics
    assert tuple(defects) == value.defects


FULL_MESSAGE = MessageFields(
    original_envelope_id="QQ314159",
    reporting_mta=MtaName("dns", "mx.example"),
    dsn_gateway=MtaName("dns", "gw.example"),
    received_from_mta=MtaName("dns", "Relay.EXAMPLE", comment="[192.0.2.7]"),
    arrival_date=NOON,
    deliver_by_date=NOON,
    extensions=(ExtensionField("X-Queue-ID", "1"), ExtensionField("x-empty", "")),
    unreadable=(ExtensionField("Arrival-Date", "yesterday"),),
)
FULL_RECIPIENT = RecipientFields(
    original_recipient=TypedAddress("RFC822", "Bob@Example.COM"),
    final_recipient=TypedAddress("utf-8", "δ@x"),
    action=Action.DELAYED,
    status=STATUS("4.2.2"),
    status_comment="disk quota exceeded",
    remote_mta=MtaName("dns", "mx.example"),
    diagnostic_code=DiagnosticCode("smtp", "450 4.2.2 full (still)"),
    localized_diagnostics=(LocalizedDiagnostic("de", "voll"), LocalizedDiagnostic("fr", "plein")),
    last_attempt_date=NOON,
    final_log_id="ABC123",
    will_retry_until=NOON,
    extensions=(ExtensionField("X-A", "b"),),
    unreadable=(ExtensionField("Action", "sulking"),),
)
DATE = "Fri, 2 Jan 2026 12:00:00 +0000"


@pytest.mark.requirement("3464-2.2-01")
@pytest.mark.requirement("3464-2.2.4-03")
@pytest.mark.requirement("3464-2.2.4-04")
@pytest.mark.requirement("3464-2.2.1-05")
@pytest.mark.requirement("2852-5-01")
def test_message_items() -> None:
    """Per-message fields come in the order of RFC 3464 s2.2, others at the end."""
    assert [
        ("Original-Envelope-Id", "QQ314159"),
        ("Reporting-MTA", "dns; mx.example"),
        ("DSN-Gateway", "dns; gw.example"),
        ("Received-From-MTA", "dns; Relay.EXAMPLE ([192.0.2.7])"),
        ("Arrival-Date", DATE),
        ("Deliver-By-Date", DATE),
        ("X-Queue-ID", "1"),
        ("x-empty", ""),
    ] == list(FULL_MESSAGE.items())


@pytest.mark.requirement("3464-2.3-01")
@pytest.mark.requirement("3464-2.3.4-05")
@pytest.mark.requirement("3464-2.3.6-05")
@pytest.mark.requirement("3464-2.3.8-01")
@pytest.mark.requirement("6533-4.1-06")
def test_recipient_items() -> None:
    """Per-recipient fields come in the order of RFC 3464 s2.3, with RFC 6533's within."""
    assert [
        ("Original-Recipient", "RFC822; Bob@Example.COM"),
        ("Final-Recipient", "utf-8; δ@x"),
        ("Action", "delayed"),
        ("Status", "4.2.2 (disk quota exceeded)"),
        ("Remote-MTA", "dns; mx.example"),
        ("Diagnostic-Code", "smtp; 450 4.2.2 full (still)"),
        ("Localized-Diagnostic", "de; voll"),
        ("Localized-Diagnostic", "fr; plein"),
        ("Last-Attempt-Date", DATE),
        ("Final-Log-ID", "ABC123"),
        ("Will-Retry-Until", DATE),
        ("X-A", "b"),
    ] == list(FULL_RECIPIENT.items())


def test_status_without_comment() -> None:
    """A status that came without a comment is written without one."""
    assert [("Status", "5.1.1")] == list(RecipientFields(status=STATUS("5.1.1")).items())


def test_end_of_an_address() -> None:
    """Of an address nothing is cut off at the end."""
    fields = RecipientFields(final_recipient=TypedAddress("x400", "/S=X"))

    assert [("Final-Recipient", "x400; /S=X")] == list(fields.items())


@pytest.mark.requirement("3464-2.1.1-02")
def test_items_of_an_address_with_parentheses() -> None:
    """An address that ends like a comment is followed by an empty one."""
    fields = RecipientFields(final_recipient=TypedAddress("rfc822", "bob (sales)"))

    assert [("Final-Recipient", "rfc822; bob (sales) ()")] == list(fields.items())


def test_nothing_gives_no_items() -> None:
    """A field that is absent is not written, and every field may be absent."""
    assert [] == list(MessageFields().items())
    assert [] == list(RecipientFields().items())


def test_empty_texts_are_fields() -> None:
    """An empty text is not an absent one."""
    assert [("Original-Envelope-Id", "")] == list(MessageFields(original_envelope_id="").items())
    assert [("Final-Recipient", "rfc822;")] == list(
        RecipientFields(final_recipient=TypedAddress("rfc822", "")).items()
    )
    assert [("Status", "5.0.0 ()")] == list(
        RecipientFields(status=STATUS("5.0.0"), status_comment="").items()
    )


@pytest.mark.requirement("3464-2.2-02")
@pytest.mark.parametrize(
    "fields",
    [
        pytest.param(message_fields(), id="message"),
        pytest.param(recipient_fields(), id="recipient"),
    ],
)
@given(data=st.data())
def test_items(
    fields: st.SearchStrategy[MessageFields | RecipientFields], data: st.DataObject
) -> None:
    """Items come in the order of the table, each once, and none can break a line."""
    value = data.draw(fields)
    items = list(value.items())
    ours = [name for name, _ in items[: len(items) - len(value.extensions)]]
    order = [rule.name for rule in FIELDS]

    assert ours == sorted(ours, key=order.index)
    assert len([name for name in ours if name != "Localized-Diagnostic"]) == len(
        {*ours} - {"Localized-Diagnostic"}
    )
    assert [(each.name, each.value) for each in value.extensions] == items[len(ours) :]
    for name, text in items:
        assert name.isascii()
        assert not any(control in text for control in CONTROLS_BUT_TAB)


@pytest.mark.requirement("3464-2.2.2-01")
@pytest.mark.requirement("3464-2.3-03")
@pytest.mark.requirement("3464-3-02")
def test_table_of_fields() -> None:
    """Four fields are required, each name is there once and is an attribute of its group."""
    groups = {FieldScope.MESSAGE: MessageFields, FieldScope.RECIPIENT: RecipientFields}

    assert ["Reporting-MTA", "Final-Recipient", "Action", "Status"] == [
        rule.name for rule in FIELDS if rule.required
    ]
    assert len(FIELDS) == len({rule.name.lower() for rule in FIELDS})
    for scope, group in groups.items():
        attributes = [field.name for field in attrs.fields(group)]
        beside = {"status_comment", "extensions", "unreadable"}
        assert [rule.attribute for rule in FIELDS if rule.scope is scope] == [
            name for name in attributes if name not in beside
        ]


@pytest.mark.requirement("3464-2.3.3-02")
def test_actions() -> None:
    """There are five actions, spelt as RFC 3464 s2.3.3 spells them."""
    assert ["failed", "delayed", "delivered", "relayed", "expanded"] == [
        action.value for action in Action
    ]


@pytest.mark.requirement("3464-2.3.3-02")
@pytest.mark.requirement("3886-3.3.3-01")
@pytest.mark.parametrize("word", ["bounced", "failure", "transferred", "opaque", ""])
def test_no_action(word: str) -> None:
    """Tracking's actions, and words that only mean the same, are none."""
    with pytest.raises(ValueError, match="is not a valid Action"):
        Action(word)


@pytest.mark.parametrize(
    ("final", "original", "address"),
    [
        (TypedAddress("rfc822", "a@b"), TypedAddress("rfc822", "c@d"), "a@b"),
        (None, TypedAddress("rfc822", "c@d"), "c@d"),
        (TypedAddress("utf-8", r"\x{3B4}@x"), None, "δ@x"),
        (None, None, None),
    ],
)
def test_recipient(
    final: TypedAddress | None, original: TypedAddress | None, address: str | None
) -> None:
    """The address for people is the final one, or the original one where that is missing."""
    assert address == RecipientFields(final_recipient=final, original_recipient=original).recipient


@pytest.mark.parametrize(
    ("action", "status", "presumed"),
    [
        (Action.EXPANDED, "5.0.0", Action.EXPANDED),
        (None, "2.0.0", Action.DELIVERED),
        (None, "4.0.0", Action.DELAYED),
        (None, "5.0.0", Action.FAILED),
        (None, None, Action.FAILED),
    ],
)
def test_presumed_action(action: Action | None, status: str | None, presumed: Action) -> None:
    """The action counts, else the class of the status, else it is a failure."""
    code = None if status is None else STATUS(status)

    assert presumed is RecipientFields(action=action, status=code).presumed_action


@pytest.mark.parametrize(
    ("actions_", "kind", "is_bounce"),
    [
        ([], None, False),
        ([Action.DELIVERED], Kind.SUCCESS, False),
        ([Action.DELIVERED, Action.RELAYED], Kind.RELAYED, False),
        ([Action.RELAYED, Action.EXPANDED], Kind.EXPANDED, False),
        ([Action.EXPANDED, Action.DELAYED], Kind.DELAY, True),
        ([Action.DELAYED, Action.FAILED], Kind.FAILURE, True),
        ([Action.DELIVERED, None], Kind.FAILURE, True),
    ],
)
def test_kind(actions_: list[Action | None], kind: Kind | None, is_bounce: bool) -> None:  # noqa: FBT001 - a column of the table
    """A report is as grave as the gravest of its recipients; failures and delays are bounces."""
    assert kind is report(*actions_).kind
    assert kind is report(*reversed(actions_)).kind
    assert is_bounce is report(*actions_).is_bounce


@given(st.lists(actions(), min_size=1))
def test_kind_of_any(actions_: list[Action]) -> None:
    """Order and number of the recipients decide nothing."""
    assert report(*actions_).kind is report(*sorted({*actions_}, key=str)).kind


def test_defects_are_no_part_of_the_value() -> None:
    """Two reports that say the same are equal, however badly one was written."""
    defect = Defect(code="field-space", message="a space before the colon")
    one = attrs.evolve(report(Action.FAILED), defects=(defect,))

    assert (defect,) == one.defects
    assert report(Action.FAILED) == one
    assert hash(report(Action.FAILED)) == hash(one)
    assert one.defects == pickle.loads(pickle.dumps(one)).defects  # noqa: S301 - our own octets
    assert "defect" not in repr(one)
    assert () == report().defects


def test_defects_may_be_told_when_asked() -> None:
    """Defects may be a function, which is asked once."""
    asked = []

    def tell() -> tuple[Defect, ...]:
        asked.append(1)
        return (Defect(code="field-space", message="x"),)

    value = DeliveryReport(message=MessageFields(), recipients=(), defects=tell)

    assert [] == asked
    assert ["field-space"] == [each.code for each in value.defects]
    assert ["field-space"] == [each.code for each in value.defects]
    assert [1] == asked
    assert report() == value


@pytest.mark.parametrize(
    "value",
    [
        MessageFields(reporting_mta=MtaName("dns", "mx.example.org"), arrival_date=NOON),
        RecipientFields(action=Action.FAILED, status=STATUS("5.1.1"), last_attempt_date=NOON),
    ],
    ids=["message", "recipient"],
)
def test_from_checked_fills_in_what_a_report_left_out(
    value: MessageFields | RecipientFields,
) -> None:
    """The short cut for readers gives the fields that were not there their defaults."""
    read = {
        field.name: getattr(value, field.name)
        for field in attrs.fields(type(value))
        if getattr(value, field.name) is not None and getattr(value, field.name) != ()
    }

    assert 3 >= len(read)
    assert value == type(value).from_checked(read)


@pytest.mark.parametrize(
    ("values", "type_"),
    [
        pytest.param(message_fields(), MessageFields, id="message"),
        pytest.param(recipient_fields(), RecipientFields, id="recipient"),
    ],
)
@given(data=st.data())
def test_from_checked_equals_the_constructor(
    values: st.SearchStrategy[MessageFields | RecipientFields],
    type_: type[MessageFields | RecipientFields],
    data: st.DataObject,
) -> None:
    """The short cut for readers makes the value that the constructor makes."""
    value = data.draw(values)
    given_ = {
        field.name: getattr(value, field.name)
        for field in attrs.fields(type_)
        if getattr(value, field.name) != field.default
    }

    fast = type_.from_checked(given_)

    assert value == fast
    assert hash(value) == hash(fast)
    assert repr(value) == repr(fast)
    assert list(value.items()) == list(fast.items())


def test_what_is_returned_is_part_of_the_value() -> None:
    """A report that returns the message is not one that does not."""
    returned = ReturnedContent(media_type="message/rfc822", source=b"x", start=0, limit=1)

    assert report() != attrs.evolve(report(), returned=returned)


def groups_of(part: Message) -> list[list[tuple[str, object]]]:
    """Return the fields of each group of a status part."""
    payload = part.get_payload()
    assert isinstance(payload, list)
    return [list(group.items()) for group in payload if isinstance(group, Message)]


def is_utf8(text: str) -> bool:
    """Tell whether the text is UTF-8, without octets that are none."""
    return not any("\udc80" <= character <= "\udcff" for character in text)


@pytest.mark.requirement("3464-2.1-03")
@given(delivery_reports())
def test_as_email_message(value: DeliveryReport) -> None:
    """The standard library shows a status part as one message for each group of fields."""
    part = value.as_email_message()
    groups = [[*value.message.items()], *([*each.items()] for each in value.recipients)]

    assert "message/delivery-status" == part.get_content_type()
    for group, shown in zip(groups, groups_of(part), strict=True):
        for (name, text), (shown_name, shown_text) in zip(group, shown, strict=True):
            assert name == shown_name
            if is_utf8(text) and 1 == len(f"{text}.".splitlines()):
                assert text == shown_text


def test_as_email_message_with_octets_that_are_no_utf8() -> None:
    """A text of UTF-8 and of octets that are none can be shown."""
    fields = RecipientFields(diagnostic_code=DiagnosticCode("smtp", "550 \u03b4 \udcf6"))
    part = DeliveryReport(message=MessageFields(), recipients=[fields]).as_email_message()

    assert "smtp; 550" in str(groups_of(part)[1][0][1])
    assert b"Diagnostic-Code: smtp; 550 \xce\xb4 \xf6\r\n" in part.as_bytes()
    assert "smtp; 550" in part.as_string()


@given(delivery_reports())
def test_as_email_message_is_always_written(value: DeliveryReport) -> None:
    """Every field stands in the octets as it is, each in one line."""
    lines = value.as_email_message().as_bytes().split(b"\r\n")

    groups: list[MessageFields | RecipientFields] = [value.message, *value.recipients]
    for group in groups:
        for name, text in group.items():
            assert f"{name}: ".encode() + encode_wire(text) in lines


def test_as_email_message_is_written_and_read() -> None:
    """A part of US-ASCII survives being written and read by the standard library."""
    recipient = attrs.evolve(FULL_RECIPIENT, final_recipient=TypedAddress("rfc822", "a@b"))
    part = DeliveryReport(message=FULL_MESSAGE, recipients=[recipient]).as_email_message()

    again = message_from_bytes(part.as_bytes(), policy=default)

    assert groups_of(part) == [
        [(name, str(text)) for name, text in group] for group in groups_of(again)
    ]


@pytest.mark.requirement("6533-4.1-01")
def test_as_email_message_with_utf8_is_written() -> None:
    """A part made of a message/global-delivery-status can be written, too."""
    part = DeliveryReport(message=FULL_MESSAGE, recipients=[FULL_RECIPIENT]).as_email_message()

    assert "Final-Recipient: utf-8; δ@x\r\n".encode() in part.as_bytes()


@pytest.mark.requirement("3464-2-01")
@pytest.mark.requirement("3464-2-02")
@pytest.mark.requirement("3464-2-04")
@given(report_messages())
def test_written_reports_are_read_by_the_standard_library(octets: bytes) -> None:
    """What the strategies write is a report for a reader that is not ours, too."""
    message = message_from_bytes(octets)
    parts = message.get_payload()
    assert isinstance(parts, list)

    assert "multipart/report" == message.get_content_type()
    assert "delivery-status" == message.get_param("report-type")
    assert len(parts) in (2, 3)
    assert isinstance(parts[1], Message)
    assert parts[1].get_content_type().endswith("delivery-status")


@given(field_texts())
def test_texts_of_fields_are_unfolded(text: str) -> None:
    """A text that a field can have is one that every text of a report may have."""
    assert text == ExtensionField("X-A", text).value
    assert text == LocalizedDiagnostic("de", text).text
    assert text == RecipientFields(final_log_id=text).final_log_id
    assert text == MessageFields(original_envelope_id=text).original_envelope_id
