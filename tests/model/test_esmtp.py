"""The DSN parameters of MAIL and RCPT: what they mean, and that a relay changes nothing."""

from collections.abc import Callable

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.errors import InvalidAddress, InvalidParameter
from dsnlib.model.address import TypedAddress
from dsnlib.model.esmtp import (
    EsmtpParameter,
    MailParameters,
    Notify,
    RcptParameters,
    Ret,
    parse_mail_parameters,
    parse_rcpt_parameters,
)
from tests.crossing import assert_crosses
from tests.strategies import (
    CONTROLS,
    cased,
    esmtp_parameters,
    mail_options,
    mail_parameters,
    notifies,
    rcpt_options,
    rcpt_parameters,
    rets,
)

Parameters = MailParameters | RcptParameters
Parse = Callable[..., Parameters]
PARSERS = [parse_mail_parameters, parse_rcpt_parameters]
VERBS = ["MAIL", "RCPT"]
BOTH = pytest.mark.parametrize("parse", PARSERS, ids=VERBS)


def refusal(parse: Parse, text: str | bytes | list[str], **how: object) -> InvalidParameter:
    """Return the error with which `parse` refuses `text`."""
    with pytest.raises(InvalidParameter) as caught:
        parse(text, **how)
    return caught.value


def row(requirement: str, *values: object) -> object:
    """Return a row of a table, which proves `requirement`."""
    name = f"{requirement}: {values[0]!r}"
    return pytest.param(*values, id=name, marks=pytest.mark.requirement(requirement))


@pytest.mark.requirement("3461-4.3-03")
@given(rets().flatmap(lambda ret: st.tuples(st.just(ret), cased(str(ret)))))
def test_ret_ignores_case(pair: tuple[Ret, str]) -> None:
    """FULL and HDRS are read in any case."""
    ret, spelling = pair

    assert ret is Ret.parse(spelling)


@pytest.mark.requirement("3461-4.3-01")
@pytest.mark.parametrize("text", ["", "BODY", "FULL,HDRS", " FULL", "FULL ", "HEADERS", "FULL\n"])
def test_ret_is_one_of_two(text: str) -> None:
    """RET has no third value."""
    error = refusal(Ret.parse, text)  # type: ignore[arg-type]  # it refuses alike

    assert f"RET: {text!r} is neither FULL nor HDRS" == str(error)
    assert "501 5.5.4" == str(error.reply)[:9]
    assert ("RET", text, "3461-4.3-01") == (error.keyword, error.value, error.requirement)


@pytest.mark.requirement("3461-4.1-03")
@given(notifies())
def test_notify_round_trip(notify: Notify) -> None:
    """Every set of conditions survives being written and read."""
    assert notify == Notify.parse(str(notify))


@pytest.mark.requirement("3461-4.1-07")
@given(notifies().flatmap(lambda notify: st.tuples(st.just(notify), cased(str(notify)))))
def test_notify_ignores_case(pair: tuple[Notify, str]) -> None:
    """Conditions are read in any case."""
    notify, spelling = pair

    assert notify == Notify.parse(spelling)


@pytest.mark.parametrize(
    ("text", "notify", "written"),
    [
        row("3461-4.1-03", "NEVER", Notify.NEVER, "NEVER"),
        row("3461-4.1-03", "SUCCESS", Notify.SUCCESS, "SUCCESS"),
        row(
            "3461-5.4-02",
            "SUCCESS,FAILURE,DELAY",
            Notify.SUCCESS | Notify.FAILURE | Notify.DELAY,
            "SUCCESS,FAILURE,DELAY",
        ),
        row("3461-4.1-05", "DELAY,FAILURE", Notify.FAILURE | Notify.DELAY, "FAILURE,DELAY"),
        row("3461-4.1-04", "SUCCESS,SUCCESS", Notify.SUCCESS, "SUCCESS"),
        row("3461-4.1-07", "Success,faiLURE", Notify.SUCCESS | Notify.FAILURE, "SUCCESS,FAILURE"),
    ],
)
def test_notify(text: str, notify: Notify, written: str) -> None:
    """NOTIFY is a set of conditions: order, case and repetition mean nothing."""
    assert notify == Notify.parse(text)
    assert written == str(notify)


@pytest.mark.parametrize(
    ("text", "requirement"),
    [
        row("3461-4.1-03", "ALWAYS", "3461-4.1-03"),
        row("3461-4.1-03", "SUCCESS;FAILURE", "3461-4.1-03"),
        row("3461-4.1-03", "SUCCESS, FAILURE", "3461-4.1-03"),
        row("3461-4.1-03", "SUCCESS\n", "3461-4.1-03"),
        row("3461-4.1-04", "SUCCESS,,DELAY", "3461-4.1-03"),
        row("3461-4.1-04", ",SUCCESS", "3461-4.1-03"),
        row("3461-4.1-04", "SUCCESS,", "3461-4.1-03"),
        row("3461-4.1-02", "", "3461-4.1-03"),
        row("3461-4.1-06", "NEVER,SUCCESS", "3461-4.1-06"),
        row("3461-4.1-06", "FAILURE,NEVER", "3461-4.1-06"),
        row("3461-4.1-06", "never,DELAY,SUCCESS", "3461-4.1-06"),
    ],
)
def test_no_notify(text: str, requirement: str) -> None:
    """Unknown words, empty elements and NEVER beside another word are refused."""
    error = refusal(Notify.parse, text)  # type: ignore[arg-type]  # it refuses alike

    assert str(error).startswith(f"NOTIFY: {text!r} ")
    assert ("NOTIFY", text, requirement) == (error.keyword, error.value, error.requirement)
    assert "501 5.5.4 Syntax error in NOTIFY parameter" == str(error.reply)


@pytest.mark.requirement("3461-4.1-06")
@pytest.mark.parametrize("text", ["NEVER,NEVER", "never,NEVER,Never"])
def test_never_is_no_list_element(text: str) -> None:
    """NEVER is an alternative to the list, not an element of it: it stands alone."""
    with pytest.raises(InvalidParameter):
        Notify.parse(text)


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        pytest.param(
            parse_mail_parameters,
            "RET=HDR\u017f",
            marks=pytest.mark.requirement("3461-4.3-01"),
        ),
        pytest.param(
            parse_rcpt_parameters,
            "NOTIFY=\u017fUCCESS",
            marks=pytest.mark.requirement("3461-4.1-03"),
        ),
        pytest.param(
            parse_rcpt_parameters,
            "NOTIFY=FA\u0131LURE",
            marks=pytest.mark.requirement("3461-4.1-03"),
        ),
    ],
    ids=["long s in RET", "long s in NOTIFY", "dotless i in NOTIFY"],
)
def test_keywords_are_ascii(parse: Parse, text: str) -> None:
    """A letter beyond US-ASCII is no other spelling of a keyword, SMTPUTF8 or not."""
    with pytest.raises(InvalidParameter):
        parse(text, smtputf8=True)


@pytest.mark.parametrize(
    ("text", "notify"),
    [
        ("SUCCESS,,DELAY", Notify.SUCCESS | Notify.DELAY),
        (",SUCCESS,", Notify.SUCCESS),
        ("NEVER,", Notify.NEVER),
    ],
)
def test_lenient_notify(text: str, notify: Notify) -> None:
    """Lenient reading passes over empty elements."""
    assert notify == Notify.parse(text, lenient=True)


@pytest.mark.parametrize(
    ("make", "keyword", "shown"),
    [
        pytest.param(lambda: Notify.parse(",", lenient=True), "NOTIFY", "','", id="no word"),
        pytest.param(lambda: MailParameters(envid=""), "ENVID", "empty", id="empty ENVID"),
        pytest.param(lambda: MailParameters(envid="x" * 101), "ENVID", "'xxx", id="long ENVID"),
        pytest.param(
            lambda: parse_mail_parameters(f"ENVID={'x' * 101}"), "ENVID", "100", id="ENVID read"
        ),
        pytest.param(
            lambda: parse_rcpt_parameters(f"ORCPT=a;{'x' * 499}"), "ORCPT", "500", id="ORCPT read"
        ),
        pytest.param(
            lambda: RcptParameters(orcpt=TypedAddress("a", "x" * 499)),
            "ORCPT",
            "'a;xxx",
            id="long ORCPT",
        ),
        pytest.param(
            lambda: RcptParameters(orcpt=TypedAddress("a=b", "x")), "ORCPT", "'a=b'", id="type"
        ),
        pytest.param(
            lambda: RcptParameters(orcpt=TypedAddress("utf-8", "δ=a")), "ORCPT", "'δ=a'", id="utf-8"
        ),
        pytest.param(
            lambda: MailParameters(other=(EsmtpParameter("a", "δ"),)).to_options(),
            "A",
            "'δ'",
            id="needs SMTPUTF8",
        ),
    ],
)
def test_faults_name_the_parameter(make: Callable[[], object], keyword: str, shown: str) -> None:
    """A fault names the parameter, shows what is wrong with it, and has its reply."""
    with pytest.raises(InvalidParameter) as caught:
        make()

    assert keyword == caught.value.keyword
    assert str(caught.value).startswith(f"{keyword}: ")
    assert shown in str(caught.value)
    assert f"501 5.5.4 Syntax error in {keyword} parameter" == str(caught.value.reply)


@BOTH
def test_what_was_received_is_not_shown(parse: Parse) -> None:
    """How a value was spelt is held in a tuple and is no part of its repr."""
    parameters = parse("A=1")
    evolved = attrs.evolve(parameters, as_received=["A=1"])

    assert "as_received" not in repr(parameters)
    assert ("A=1",) == evolved.as_received
    assert parameters == attrs.evolve(parameters, as_received=())


@pytest.mark.parametrize("make", [MailParameters, RcptParameters], ids=VERBS)
def test_parameters_by_name(make: Callable[..., Parameters]) -> None:
    """What could be confused is given by its name."""
    with pytest.raises(TypeError):
        make(None, None)


@BOTH
def test_options_are_ascii_unless_asked(parse: Parse) -> None:
    """UTF-8 is written only for a server that is said to take it."""
    parameters = parse("A=δ", smtputf8=True)

    assert ["A=δ"] == parameters.to_options(smtputf8=True)
    with pytest.raises(InvalidParameter, match="needs SMTPUTF8") as caught:
        parameters.to_options()
    assert ("3461-4-03", "δ") == (caught.value.requirement, caught.value.value)


@pytest.mark.requirement("3461-4.1-02")
@pytest.mark.parametrize("text", ["", ",", ",,"])
def test_lenient_notify_needs_a_word(text: str) -> None:
    """A list of empty elements says nothing, leniently too."""
    with pytest.raises(InvalidParameter, match="has no word") as caught:
        Notify.parse(text, lenient=True)

    assert "3461-4.1-02" == caught.value.requirement


@pytest.mark.requirement("3461-4.1-06")
def test_never_cannot_be_combined() -> None:
    """A set of conditions with NEVER is the set without: NEVER beside another cannot be."""
    assert Notify.SUCCESS == Notify.NEVER | Notify.SUCCESS
    assert "SUCCESS" == str(Notify.NEVER | Notify.SUCCESS)


@pytest.mark.parametrize(
    ("values", "parse"),
    [
        pytest.param(mail_parameters(), parse_mail_parameters, id="MAIL"),
        pytest.param(rcpt_parameters(), parse_rcpt_parameters, id="RCPT"),
    ],
)
@given(data=st.data())
def test_text_round_trip(
    values: st.SearchStrategy[Parameters], parse: Parse, data: st.DataObject
) -> None:
    """Parameters survive being written and read."""
    parameters = data.draw(values)

    assert parameters == parse(str(parameters), smtputf8=True)
    assert parameters == parse(parameters.to_options(smtputf8=True), smtputf8=True)


@pytest.mark.parametrize(
    "values",
    [mail_parameters(), rcpt_parameters(), esmtp_parameters(), rets(), notifies()],
    ids=["MailParameters", "RcptParameters", "EsmtpParameter", "Ret", "Notify"],
)
@given(data=st.data())
def test_pickles_and_copies(values: st.SearchStrategy[object], data: st.DataObject) -> None:
    """Parameters cross a process boundary and are the same there."""
    value = data.draw(values)
    assert_crosses(value)


@pytest.mark.parametrize(
    "value",
    [MailParameters(), RcptParameters(), EsmtpParameter("SIZE", "1")],
    ids=lambda value: type(value).__name__,
)
def test_immutable(value: Parameters | EsmtpParameter) -> None:
    """Parameters never change."""
    for field in attrs.fields(type(value)):
        with pytest.raises(AttributeError):
            setattr(value, field.name, None)
    with pytest.raises(AttributeError):
        value.note = "x"  # type: ignore[union-attr]  # what is refused


def test_other_becomes_a_tuple() -> None:
    """Whatever holds the other parameters, the value holds a tuple."""
    other = [EsmtpParameter("SIZE", "1")]

    assert tuple(other) == MailParameters(other=other).other
    assert tuple(other) == RcptParameters(other=iter(other)).other
    assert hash(MailParameters(other=other)) == hash(MailParameters(other=tuple(other)))


@pytest.mark.requirement("3461-5.2.1-01")
@pytest.mark.requirement("3461-5.2.1-03")
@pytest.mark.requirement("3461-5.2.1-05")
@pytest.mark.requirement("3461-5.2.1-07")
@pytest.mark.requirement("3461-5.2.1-08")
@pytest.mark.parametrize(
    ("words", "parse"),
    [
        pytest.param(mail_options(), parse_mail_parameters, id="MAIL"),
        pytest.param(rcpt_options(), parse_rcpt_parameters, id="RCPT"),
    ],
)
@given(data=st.data())
def test_relay_changes_nothing(
    words: st.SearchStrategy[list[str]], parse: Parse, data: st.DataObject
) -> None:
    """What was received is sent on octet for octet, in its order, twice over."""
    options = data.draw(words)

    parameters = parse(options, smtputf8=True)

    assert options == parameters.to_options(smtputf8=True)
    assert options == parse(" ".join(options), smtputf8=True).to_options(smtputf8=True)
    assert options == parse(" ".join(options).encode(), smtputf8=True).to_options(smtputf8=True)
    assert options == parse(parameters.to_options(smtputf8=True), smtputf8=True).to_options(
        smtputf8=True
    )


@pytest.mark.requirement("3461-5.2.1-07")
@pytest.mark.requirement("3461-5.2.1-08")
@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (parse_rcpt_parameters, "ORCPT=RFC822;Bob+2Bx@Example.COM"),
        (parse_rcpt_parameters, "orcpt=rfc822;+42ob@Example.COM"),
        (parse_rcpt_parameters, "ORCPT=rfc822;bob+20"),
        (parse_rcpt_parameters, r"ORCPT=UTF-8;\x{3b4}@x"),
        (parse_rcpt_parameters, r"ORCPT=utf-8;\x{ZZ}+2B@x"),
        (parse_rcpt_parameters, "NOTIFY=delay,SUCCESS,delay"),
        (parse_mail_parameters, "ENVID=QQ314159"),
        (parse_mail_parameters, "ENVID=+51+51"),
        (parse_mail_parameters, "ret=Hdrs"),
        (parse_mail_parameters, "BODY=8bitmime Ret=full sIZE=5 SMTPUTF8"),
    ],
)
def test_relay_of(parse: Parse, text: str) -> None:
    """A relay does not re-encode, re-order or change the case of anything."""
    assert text.split(" ") == parse(text).to_options()


@BOTH
def test_relay_of_an_iterator(parse: Parse) -> None:
    """Words may come from any iterable, one that can be read once included."""
    words = ["A=1", "b"]

    assert words == parse(iter(words)).to_options()


@pytest.mark.requirement("3461-5.2.1-01")
def test_relay_of_an_iterator_keeps_the_spelling() -> None:
    """Words that come from an iterator are sent on octet for octet like others."""
    words = ["ENVID=+41", "RET=full"]

    assert words == parse_mail_parameters(iter(words)).to_options()


@pytest.mark.requirement("3461-5.2.1-02")
@pytest.mark.requirement("3461-5.2.1-04")
@pytest.mark.requirement("3461-5.2.1-06")
@BOTH
@pytest.mark.parametrize("text", ["", " ", "SIZE=1"])
def test_relay_invents_nothing(parse: Parse, text: str) -> None:
    """Where no parameter of ours was received none is sent."""
    parameters = parse(text)

    assert text.split() == parameters.to_options()
    assert text.strip() == str(parameters)


@pytest.mark.requirement("3461-4.1-01")
@pytest.mark.parametrize("value", ["NEVER", "FAILURE"])
def test_absence_is_no_value(value: str) -> None:
    """An absent NOTIFY is neither NEVER nor its default."""
    assert parse_rcpt_parameters("").notify is None
    assert RcptParameters() == parse_rcpt_parameters("")
    assert RcptParameters() != parse_rcpt_parameters(f"NOTIFY={value}")
    assert MailParameters() == parse_mail_parameters("")


@BOTH
def test_spaces_between_words(parse: Parse) -> None:
    """Spaces more than one separate like one; a TAB separates nothing."""
    assert ["A=1", "B"] == parse("  A=1   B ").to_options()
    assert refusal(parse, "A=1\tB").requirement == "3461-4-03"


@pytest.mark.parametrize(
    ("text", "changes", "options"),
    [
        ("ret=full ENVID=+41", {"ret": Ret.HDRS}, ["RET=HDRS", "ENVID=+41"]),
        ("ret=full ENVID=+41", {"envid": "B"}, ["ret=full", "ENVID=B"]),
        ("ret=full ENVID=+41", {"envid": None}, ["ret=full"]),
        ("size=1 ret=full", {"ret": None, "envid": "a b"}, ["size=1", "ENVID=a+20b"]),
        (
            "ENVID=+41 A=1 b=2",
            {"other": (EsmtpParameter("B", "2"), EsmtpParameter("C"))},
            ["ENVID=+41", "b=2", "C"],
        ),
        (
            "A=1 ENVID=+41",
            {"other": (EsmtpParameter("A", "2"),)},
            ["A=2", "ENVID=+41"],
        ),
        ("A=1 ENVID=+41", {"other": ()}, ["ENVID=+41"]),
        ("", {"other": (EsmtpParameter("A"),), "ret": Ret.FULL}, ["RET=FULL", "A"]),
    ],
)
def test_change_touches_only_what_changed(
    text: str, changes: dict[str, object], options: list[str]
) -> None:
    """What still says the same keeps its octets and place; the rest is written afresh."""
    parameters = parse_mail_parameters(text)

    assert options == attrs.evolve(parameters, **changes).to_options()  # type: ignore[arg-type]  # a table


def test_order_of_others_is_kept() -> None:
    """Other parameters go out in the order they are given, not as once received."""
    received = parse_mail_parameters("A=1 B=2")

    turned = attrs.evolve(received, other=received.other[::-1])

    assert ["B=2", "A=1"] == turned.to_options()


def test_order_of_others_is_kept_when_one_is_added() -> None:
    """A parameter put before one that was received goes out before it."""
    received = parse_mail_parameters("B=2")

    added = attrs.evolve(received, other=(EsmtpParameter("A", "1"), *received.other))

    assert ["A=1", "B=2"] == added.to_options()


@pytest.mark.requirement("3461-5.2.1-01")
def test_order_of_others_does_not_touch_ours() -> None:
    """That other parameters change places does not change the octets of ENVID."""
    received = parse_mail_parameters("ENVID=+41 A=1 B=2")

    turned = attrs.evolve(received, other=received.other[::-1])

    assert "ENVID=+41" in turned.to_options()


@given(rcpt_options(), rcpt_parameters())
def test_what_was_received_is_no_part_of_the_value(
    options: list[str], other: RcptParameters
) -> None:
    """Spelling decides neither equality nor hash, and a stranger's spelling is not used."""
    received = parse_rcpt_parameters(options, smtputf8=True)
    bare = attrs.evolve(received, as_received=())
    mixed = attrs.evolve(other, as_received=received.as_received)

    assert received == bare
    assert hash(received) == hash(bare)
    assert "as_received" not in repr(received)
    sent = parse_rcpt_parameters(mixed.to_options(smtputf8=True), smtputf8=True)
    assert (other.notify, other.orcpt) == (sent.notify, sent.orcpt)
    assert frozenset(other.other) == frozenset(sent.other)


@pytest.mark.requirement("3461-4-01")
@pytest.mark.requirement("3461-5.4-04")
def test_mail_parameters() -> None:
    """RET and ENVID are ours, the rest is kept in order."""
    parameters = parse_mail_parameters("SIZE=1000 RET=FULL BODY=8BITMIME ENVID=QQ+2B31 X-A-B")

    assert Ret.FULL is parameters.ret
    assert "QQ+31" == parameters.envid
    assert ("SIZE=1000", "BODY=8BITMIME", "X-A-B") == tuple(map(str, parameters.other))


@pytest.mark.parametrize(
    ("text", "envid"),
    [
        row("3461-4.4-01", "ENVID=QQ+2B31", "QQ+31"),
        row("3461-4-02", "ENVID=QQ(314)159", "QQ(314)159"),
        row("3461-6.3-03", "ENVID=a+2Bb+20c", "a+b c"),
        row("3464-2.2.1-05", "ENVID=AbC", "AbC"),
        row("3461-4-06", "ENVID=+41lice", "Alice"),
        row("3461-4.4-04", "ENVID=" + "x" * 100, "x" * 100),
        row("3461-5.4-01", "ENVID=" + "+20" * 33 + "x", " " * 33 + "x"),
    ],
)
def test_envid(text: str, envid: str) -> None:
    """ENVID is xtext; its case, parentheses and spaces are data."""
    parameters = parse_mail_parameters(text)

    assert envid == parameters.envid
    assert [text] == parameters.to_options()


MAIL_REFUSED = [
    row("3461-4.3-01", "RET", "RET", "3461-4-03"),
    row("3461-4.3-01", "RET=", "RET", "3461-4-03"),
    row("3461-4.3-01", "RET=BODY", "RET", "3461-4.3-01"),
    row("3461-5.1-03", "RET=MAYBE", "RET", "3461-4.3-01"),
    row("3461-4.4-02", "ENVID", "ENVID", "3461-4-03"),
    row("3461-4.4-02", "ENVID=", "ENVID", "3461-4-03"),
    row("3461-4-03", "ENVID=a=b", "ENVID", "3461-4-03"),
    row("3461-4-03", "ENVID=a\x07b", "ENVID", "3461-4-03"),
    row("3461-4-03", "ENVID=\xe9", "ENVID", "3461-4-03"),
    row("3461-4-03", "SIZE=\xe9", "SIZE", "3461-4-03"),
    row("3461-4-03", "SIZE=", "SIZE", "3461-4-03"),
    row("3461-4-03", "SIZE=1\r\nRSET", "SIZE", "3461-4-03"),
    row("3461-4-05", "ENVID=+2b", "ENVID", "3461-4-04"),
    row("3461-4-05", "ENVID=+", "ENVID", "3461-4-04"),
    row("3461-4.4-05", "ENVID=a+0D+0Ab", "ENVID", "3461-4.2-10"),
    row("3461-4.4-05", "ENVID=a+00", "ENVID", "3461-4.2-10"),
    row("3461-4.4-05", "ENVID=a+E9", "ENVID", "3461-4.2-10"),
    row("3461-4.4-05", "ENVID=a+7F", "ENVID", "3461-4.2-10"),
    row("3461-4.4-04", "ENVID=" + "x" * 101, "ENVID", "3461-4.4-04"),
    row("3461-4.4-04", "ENVID=" + "+20" * 34, "ENVID", "3461-4.4-04"),
    row("3461-4.4-04", "ENVID=" + "+41" * 34, "ENVID", "3461-4.4-04"),
    row("3461-4.5-01", "RET=FULL RET=HDRS", "RET", "3461-4.5-02"),
    row("3461-4.5-02", "ENVID=x ENVID=y", "ENVID", "3461-4.5-02"),
    row("3461-5.1-03", "ret=FULL SIZE=1 RET=FULL", "RET", "3461-4.5-02"),
    row("3461-4-01", "=x", None, "3461-4-01"),
    row("3461-4-01", "-x=1", None, "3461-4-01"),
    row("3461-4-01", "<a@b>", None, "3461-4-01"),
    row("3461-4-01", "A_B=1", None, "3461-4-01"),
    row("3461-4-01", "\xe9=1", None, "3461-4-01"),
    row("3461-4-01", "SIZE\n", None, "3461-4-01"),
    row("3461-4.5-02", "SIZE=1 size=1", "SIZE", "3461-4.5-02"),
]

RCPT_REFUSED = [
    row("3461-4.1-02", "NOTIFY", "NOTIFY", "3461-4-03"),
    row("3461-4.1-02", "NOTIFY=", "NOTIFY", "3461-4-03"),
    row("3461-4.1-03", "NOTIFY=ALWAYS", "NOTIFY", "3461-4.1-03"),
    row("3461-5.1-06", "NOTIFY=NEVER,DELAY", "NOTIFY", "3461-4.1-06"),
    row("3461-4.5-03", "NOTIFY=FAILURE NOTIFY=DELAY", "NOTIFY", "3461-4.5-04"),
    row("3461-4.5-04", "ORCPT=rfc822;a ORCPT=rfc822;b", "ORCPT", "3461-4.5-04"),
    row("3461-4.5-04", "A A", "A", "3461-4.5-04"),
    row("3461-4.2-01", "ORCPT", "ORCPT", "3461-4-03"),
    row("3461-4.2-01", "ORCPT=", "ORCPT", "3461-4-03"),
    row("3461-4.2-02", "ORCPT=Bob@x", "ORCPT", "3461-4.2-02"),
    row("3461-4.2-02", "ORCPT=;x", "ORCPT", "3464-2.1.2-01"),
    row("3461-4.2-02", "ORCPT=rf(c;x", "ORCPT", "3464-2.1.2-01"),
    row("3461-4.2-02", "ORCPT=a@b;x", "ORCPT", "3464-2.1.2-01"),
    row("3461-4-05", "ORCPT=rfc822;a+2b", "ORCPT", "3461-4-04"),
    row("3461-4.2-10", "ORCPT=rfc822;a+0Ab", "ORCPT", "3461-4.2-10"),
    row("3461-4.2-10", "ORCPT=rfc822;a+00b", "ORCPT", "3461-4.2-10"),
    row("3461-4.2-10", "ORCPT=rfc822;a+C3+A9", "ORCPT", "3461-4.2-10"),
    row("3461-4-03", "ORCPT=rfc822;a=b", "ORCPT", "3461-4-03"),
    row("6533-3-03", "ORCPT=utf-8;\u03b4@x", "ORCPT", "3461-4-03"),
    row("3461-4.2-04", "ORCPT=rfc822;" + "x" * 494, "ORCPT", "3461-4.2-04"),
    row("3461-4.2-04", "ORCPT=rfc822;" + "+41" * 165, "ORCPT", "3461-4.2-04"),
]


@pytest.mark.parametrize(
    ("parse", "text", "keyword", "requirement"),
    [
        pytest.param(parse, *each.values, id=f"{verb} {each.id}"[:60], marks=each.marks)  # type: ignore[attr-defined]  # pytest's ParameterSet
        for parse, verb, rows in [
            (parse_mail_parameters, "MAIL", MAIL_REFUSED),
            (parse_rcpt_parameters, "RCPT", RCPT_REFUSED),
        ]
        for each in rows
    ],
)
def test_bad_syntax_is_501(parse: Parse, text: str, keyword: str | None, requirement: str) -> None:
    """What breaks the grammar is answered 501 5.5.4, the parameter named, the peer not echoed."""
    error = refusal(parse, text)

    assert (keyword, requirement) == (error.keyword, error.requirement)
    named = f"Syntax error in {keyword} parameter" if keyword else "Syntax error in parameters"
    assert f"501 5.5.4 {named}" == str(error.reply)
    assert str(error).startswith(f"{keyword or 'parameter'}: ")


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (parse_mail_parameters, "RET=ZEBRA"),
        (parse_mail_parameters, "ENVID=zebra=x"),
        (parse_mail_parameters, "ENVID=zebra+0A"),
        (parse_mail_parameters, "-ZEBRA=1"),
        (parse_rcpt_parameters, "NOTIFY=ZEBRA"),
        (parse_rcpt_parameters, "ORCPT=zebra"),
        (parse_rcpt_parameters, "ORCPT=rfc822;zebra+0A"),
        (parse_rcpt_parameters, "ZEBRA\x00"),
    ],
)
def test_reply_never_echoes_a_value(parse: Parse, text: str) -> None:
    """The error shows what the peer wrote, the reply to the peer does not."""
    error = refusal(parse, text)

    assert "zebra" in str(error).lower()
    assert "zebra" not in str(error.reply).lower()


@BOTH
@given(text=st.text() | st.text("RETENVIDNOTIFYORCPTFULLHDRSNEVER=;,+20 -\x00\n", max_size=40))
def test_any_text_is_read_or_refused(parse: Parse, text: str) -> None:
    """Any text is parameters, or an error whose reply is two codes and US-ASCII."""
    try:
        parameters = parse(text)
    except InvalidParameter as error:
        reply = error.reply
    else:
        assert parameters == parse(parameters.to_options())
        return
    assert reply.format()[:9] in (b"501 5.5.4", b"555 5.5.4")
    assert reply.format().isascii()
    assert 1 == len(reply.lines)


@BOTH
@given(octets=st.binary(max_size=60))
def test_any_octets_are_read_or_refused(parse: Parse, octets: bytes) -> None:
    """The same holds for octets, whether they are UTF-8 or not."""
    try:
        parameters = parse(octets, smtputf8=True)
    except InvalidParameter as error:
        reply = error.reply
    else:
        assert octets.split() == " ".join(parameters.to_options(smtputf8=True)).encode().split()
        return
    assert reply.format()[:9] in (b"501 5.5.4", b"555 5.5.4")


@pytest.mark.requirement("3461-2-03")
@pytest.mark.requirement("5321-4.1.1.11-01")
@pytest.mark.parametrize(
    ("parse", "text", "keyword"),
    [
        (parse_mail_parameters, "NOTIFY=NEVER", "NOTIFY"),
        (parse_mail_parameters, "orcpt=rfc822;a", "ORCPT"),
        (parse_rcpt_parameters, "RET=FULL", "RET"),
        (parse_rcpt_parameters, "Envid=x", "ENVID"),
        (parse_rcpt_parameters, "ENVID", "ENVID"),
    ],
)
@pytest.mark.parametrize("known", [None, (), ("NOTIFY", "ORCPT", "RET", "ENVID")], ids=repr)
def test_wrong_verb_is_555(
    parse: Parse, text: str, keyword: str, known: tuple[str, ...] | None
) -> None:
    """RET and ENVID have no place on RCPT, NOTIFY and ORCPT none on MAIL: 555."""
    error = refusal(parse, text, known=known)

    assert f"555 5.5.4 Parameter {keyword} is not supported here" == str(error.reply)
    assert (keyword, "5321-4.1.1.11-01") == (error.keyword, error.requirement)
    assert str(error).startswith(f"{keyword}: has no place on ")
    assert text == error.value


@pytest.mark.requirement("5321-4.1.1.11-01")
@BOTH
def test_unknown_is_555(parse: Parse) -> None:
    """A parameter that the server does not carry out is answered 555, in any case of letters."""
    error = refusal(parse, "SIZE=1 x-Unknown=2", known={"SIZE"})

    assert "555 5.5.4 Parameter X-UNKNOWN is not supported here" == str(error.reply)
    assert "X-UNKNOWN" == error.keyword
    assert ["size=1"] == parse("size=1", known={"SIZE"}).to_options()


def test_ours_are_always_known() -> None:
    """What the DSN extension defines need not be listed as known."""
    assert Ret.FULL is parse_mail_parameters("RET=FULL", known=()).ret
    assert Notify.NEVER is parse_rcpt_parameters("NOTIFY=NEVER", known=()).notify


@pytest.mark.requirement("5321-4.5.3.1.5-01")
@BOTH
@pytest.mark.parametrize("text", ["{0}=1", "{0} {0}", "{0}="])
def test_reply_fits_a_line(parse: Parse, text: str) -> None:
    """A reply line has at most 512 octets, however long the keyword is."""
    error = refusal(parse, text.format("K" * 600), known=() if text == "{0}=1" else None)

    assert 512 >= len(error.reply.format())
    assert "K" * 600 == error.keyword


@BOTH
def test_hyphens_in_keywords(parse: Parse) -> None:
    """A keyword has letters, digits and hyphens, the first no hyphen."""
    text = "MT-PRIORITY=3 X-A--B- 0"

    assert ["MT-PRIORITY", "X-A--B-", "0"] == [each.keyword for each in parse(text).other]
    assert text.split() == parse(text).to_options()


@pytest.mark.parametrize(
    ("text", "type_", "value"),
    [
        row("3461-4.2-02", "ORCPT=rfc822;Bob@Example.COM", "rfc822", "Bob@Example.COM"),
        row(
            "3461-4.2-08", "ORCPT=rfc822;Fred.Smith@Example.com", "rfc822", "Fred.Smith@Example.com"
        ),
        row("3461-4.2-07", "ORCPT=rfc822;not+20an+20address", "rfc822", "not an address"),
        row("3461-4.2-07", "ORCPT=X400;@@", "X400", "@@"),
        row("3461-4.2-02", "ORCPT=x-new;a;b", "x-new", "a;b"),
        row("3461-4.2-02", "ORCPT=rfc822;", "rfc822", ""),
        row("3461-4.2-04", "ORCPT=rfc822;" + "x" * 493, "rfc822", "x" * 493),
        row("3461-5.4-03", "ORCPT=rfc822;" + "+20x" * 123, "rfc822", (" x" * 123).strip()),
        row("6533-3-17", r"ORCPT=utf-8;\x{ZZ}", "utf-8", r"\x{ZZ}"),
        row("6533-3-08", r"ORCPT=utf-8;\x{3B4}@x", "utf-8", r"\x{3B4}@x"),
    ],
)
def test_orcpt(text: str, type_: str, value: str) -> None:
    """ORCPT is a type and xtext; the address is not judged by its type."""
    parameters = parse_rcpt_parameters(text)

    assert parameters.orcpt is not None
    assert (type_, value) == (parameters.orcpt.type, parameters.orcpt.value)
    assert [text] == parameters.to_options()


@pytest.mark.requirement("6533-3-01")
@pytest.mark.requirement("6533-3-06")
@pytest.mark.parametrize("address", ["\u03b4@x", "\u03b4\U0001f600@\u03b4", r"\u03b4\x{2B}a@x"])
def test_orcpt_in_utf8(address: str) -> None:
    """With SMTPUTF8, ORCPT takes UTF-8 as it is, from text and from octets."""
    text = f"ORCPT=utf-8;{address}"

    for args in (text, text.encode(), [text]):
        parameters = parse_rcpt_parameters(args, smtputf8=True)
        assert TypedAddress("utf-8", address) == parameters.orcpt
        assert [text] == parameters.to_options(smtputf8=True)


@pytest.mark.requirement("6533-3-01")
@pytest.mark.parametrize(
    "octets", [b"ORCPT=utf-8;\xce", b"ORCPT=utf-8;\xff@x", b"ORCPT=rfc822;\xce\xb4"]
)
def test_orcpt_in_no_utf8(octets: bytes) -> None:
    """What is no UTF-8, or UTF-8 of another type than utf-8, is refused all the same."""
    assert "501 5.5.4" == str(refusal(parse_rcpt_parameters, octets, smtputf8=True).reply)[:9]


@pytest.mark.requirement("6533-3-03")
@pytest.mark.requirement("6533-3-15")
@pytest.mark.parametrize(
    ("address", "option"),
    [
        ("\u03b4@x", r"ORCPT=utf-8;\x{3B4}@x"),
        ("\u03b4+a@\u03b4", r"ORCPT=utf-8;\x{3B4}\x{2B}a@\x{3B4}"),
    ],
)
def test_orcpt_for_a_server_without_smtputf8(address: str, option: str) -> None:
    r"""To a server without SMTPUTF8 the address goes as \x{...}, received or made."""
    made = RcptParameters(orcpt=TypedAddress.from_address(address))
    received = parse_rcpt_parameters(str(made), smtputf8=True)

    assert [option] == made.to_options()
    assert [option] == received.to_options()
    assert made.orcpt is not None
    assert address == made.orcpt.address
    again = parse_rcpt_parameters(option).orcpt
    assert again is not None
    assert address == again.address


@pytest.mark.requirement("6533-3-14")
def test_orcpt_for_a_server_with_smtputf8() -> None:
    """To a server with SMTPUTF8 the address goes as UTF-8."""
    made = RcptParameters(orcpt=TypedAddress.from_address("\u03b4@x"))

    assert ["ORCPT=utf-8;\u03b4@x"] == made.to_options(smtputf8=True)


@pytest.mark.requirement("6533-3-15")
@given(rcpt_parameters())
def test_without_smtputf8_all_is_ascii(parameters: RcptParameters) -> None:
    """Without SMTPUTF8 every octet of the command is below 128, or there is none."""
    if not all(str(each).isascii() for each in parameters.other):
        with pytest.raises(InvalidParameter, match="needs SMTPUTF8"):
            parameters.to_options()
        parameters = attrs.evolve(parameters, other=())
    assert all(option.isascii() for option in parameters.to_options())


@pytest.mark.requirement("6533-3-15")
def test_orcpt_that_grows_too_long() -> None:
    r"""An address that fits as UTF-8 and not as \x{...} is refused, not cut."""
    made = RcptParameters(orcpt=TypedAddress.from_address("\u03b4" * 100))

    assert ["ORCPT=utf-8;" + "\u03b4" * 100] == made.to_options(smtputf8=True)
    with pytest.raises(InvalidParameter, match=r"ORCPT: .* 500 characters without") as caught:
        made.to_options()
    assert ("3461-4.2-04", "ORCPT") == (caught.value.requirement, caught.value.keyword)
    # "utf-8;" has 6 characters, and each of these letters 7 once it is embedded.
    longest = "\u03b4" * 70 + "abcd"
    assert 500 == len(
        RcptParameters(orcpt=TypedAddress.from_address(longest))
        .to_options()[0]
        .removeprefix("ORCPT=")
    )
    with pytest.raises(InvalidParameter, match="500 characters without"):
        RcptParameters(orcpt=TypedAddress.from_address(f"{longest}e")).to_options()


@pytest.mark.parametrize(
    ("parse", "text", "options"),
    [
        (parse_mail_parameters, "ENVID=a=b ret=full", ["ENVID=a+3Db", "ret=full"]),
        (parse_mail_parameters, "ENVID=a+2bb", ["ENVID=a+2Bb"]),
        (parse_rcpt_parameters, "notify=success,,", ["NOTIFY=SUCCESS"]),
        (parse_rcpt_parameters, "ORCPT=rfc822;a=b", ["ORCPT=rfc822;a+3Db"]),
    ],
)
def test_relay_is_strict(parse: Parse, text: str, options: list[str]) -> None:
    """What was taken leniently is sent on in strict form."""
    assert options == parse(text, lenient=True).to_options()


@pytest.mark.parametrize(
    "received",
    [
        ("RET=x",),
        ("\u017fIZE=1", "SIZE"),
        ("=", "", "RET"),
        ("RET=FULL", "RET=full"),
        ("SIZE=1 RSET",),
        ("SIZE=1\r\nRSET",),
        ("SIZE=1", "SIZE=1"),
    ],
    ids=ascii,
)
def test_made_up_receptions(received: tuple[str, ...]) -> None:
    """Words that no client could have sent change nothing in what is written."""
    parameters = MailParameters(
        ret=Ret.FULL, other=[EsmtpParameter("SIZE", "1")], as_received=received
    )

    options = parameters.to_options()

    assert ["RET=FULL", "SIZE=1"] == sorted(option.upper() for option in options)


@pytest.mark.requirement("3461-4.2-05")
@pytest.mark.parametrize(
    ("parameters", "options"),
    [
        (RcptParameters(), []),
        (RcptParameters(notify=Notify.NEVER), ["NOTIFY=NEVER"]),
        (
            RcptParameters(notify=Notify.DELAY | Notify.SUCCESS),
            ["NOTIFY=SUCCESS,DELAY"],
        ),
        (
            RcptParameters(orcpt=TypedAddress.from_address("a+b@c")),
            ["ORCPT=rfc822;a+2Bb@c"],
        ),
        (
            RcptParameters(other=(EsmtpParameter("X-A"), EsmtpParameter("B", "c"))),
            ["X-A", "B=c"],
        ),
        (MailParameters(), []),
        (MailParameters(ret=Ret.HDRS, envid="a b+c=d"), ["RET=HDRS", "ENVID=a+20b+2Bc+3Dd"]),
    ],
    ids=str,
)
def test_to_options(parameters: Parameters, options: list[str]) -> None:
    """Parameters are written as the RFC spells them, ours first."""
    assert options == parameters.to_options()
    assert " ".join(options) == str(parameters)


@pytest.mark.requirement("3461-4.4-05")
@pytest.mark.parametrize("character", [*CONTROLS, "\x80", "\u03b4", "\udce9"], ids=ascii)
def test_envid_holds_printable_ascii(character: str) -> None:
    """An ENVID that could not be sent is not made."""
    envid = f"a{character}b"

    with pytest.raises(InvalidParameter) as caught:
        MailParameters(envid=envid)

    assert str(caught.value).startswith("ENVID: ")
    assert repr(envid) in str(caught.value)
    assert "3461-4.2-10" == caught.value.requirement


@pytest.mark.parametrize(
    ("envid", "requirement"),
    [
        row("3461-4.4-02", "", "3461-4.4-02"),
        row("3461-4.4-04", "x" * 101, "3461-4.4-04"),
        row("3461-4.4-04", " " * 34, "3461-4.4-04"),
    ],
)
def test_envid_of_no_length(envid: str, requirement: str) -> None:
    """An ENVID is not empty and takes at most 100 characters once encoded."""
    with pytest.raises(InvalidParameter) as caught:
        MailParameters(envid=envid)

    assert requirement == caught.value.requirement
    assert "ENVID" == caught.value.keyword
    assert envid == caught.value.value


@pytest.mark.parametrize("envid", ["x" * 100, " " * 33 + "x", "+" * 33])
def test_longest_envid(envid: str) -> None:
    """100 characters once encoded are sent, and read."""
    assert envid == parse_mail_parameters(str(MailParameters(envid=envid))).envid


@pytest.mark.requirement("3461-4.2-10")
@pytest.mark.parametrize("type_", ["rfc822", "x400", "unknown"])
@pytest.mark.parametrize("value", ["b\xf6b@x", "\udcf6@x"], ids=ascii)
def test_orcpt_holds_printable_ascii(type_: str, value: str) -> None:
    """An address beyond US-ASCII goes into ORCPT as type utf-8 alone."""
    with pytest.raises(InvalidParameter) as caught:
        RcptParameters(orcpt=TypedAddress(type_, value))

    assert str(caught.value).startswith("ORCPT: ")
    assert repr(value) in str(caught.value)
    assert "3461-4.2-10" == caught.value.requirement


@pytest.mark.requirement("3461-4.2-10")
@pytest.mark.parametrize("control", CONTROLS, ids=ascii)
def test_orcpt_holds_no_control(control: str) -> None:
    """No control gets into an original recipient, in whatever way it is made."""
    with pytest.raises((InvalidAddress, InvalidParameter)):
        RcptParameters(orcpt=TypedAddress("rfc822", f"a{control}b"))
    with pytest.raises((InvalidAddress, InvalidParameter)):
        RcptParameters(orcpt=TypedAddress("utf-8", f"a{control}b"))
    with pytest.raises(InvalidParameter):
        parse_rcpt_parameters(["ORCPT=utf-8;a" + control])


@pytest.mark.requirement("6533-3-09")
@pytest.mark.parametrize("value", ["\u03b4=a@x", "\u03b4 a@x", "\u03b4\udcf6@x"], ids=ascii)
def test_orcpt_of_utf8_is_escaped(value: str) -> None:
    """What no esmtp-value may hold is not sent raw in an address of type utf-8."""
    with pytest.raises(InvalidParameter) as caught:
        RcptParameters(orcpt=TypedAddress("utf-8", value))

    assert "6533-3-09" == caught.value.requirement
    assert f"ORCPT: {value!r} must be escaped" in str(caught.value)


@pytest.mark.requirement("3461-4.2-04")
def test_longest_orcpt() -> None:
    """500 characters with the type are sent, and read; 501 are not made."""
    longest = RcptParameters(orcpt=TypedAddress("rfc822", "x" * 493))

    assert longest == parse_rcpt_parameters(str(longest))
    for address in (TypedAddress("rfc822", "x" * 494), TypedAddress("rfc822", "x" + " x" * 124)):
        with pytest.raises(InvalidParameter, match=r"ORCPT: .* 500 characters") as caught:
            RcptParameters(orcpt=address)
        assert "3461-4.2-04" == caught.value.requirement


@pytest.mark.requirement("3461-4-03")
def test_orcpt_type_fits_a_value() -> None:
    """A type that no command can carry is not taken."""
    with pytest.raises(InvalidParameter) as caught:
        RcptParameters(orcpt=TypedAddress("a=b", "x"))
    assert "3461-4-03" == caught.value.requirement
    refusal(parse_rcpt_parameters, "ORCPT=a=utf-8;bob@example.org", lenient=True)


@pytest.mark.requirement("3461-4.5-01")
@pytest.mark.requirement("3461-4.5-03")
@pytest.mark.parametrize("make", [MailParameters, RcptParameters], ids=VERBS)
@pytest.mark.parametrize("keyword", ["RET", "envid", "Notify", "ORCPT"])
def test_ours_are_no_others(make: Callable[..., Parameters], keyword: str) -> None:
    """A parameter of ours has its field and cannot come twice by way of the others."""
    with pytest.raises(InvalidParameter, match="is a field of its own") as caught:
        make(other=(EsmtpParameter(keyword, "x"),))

    assert keyword.upper() == caught.value.keyword


@pytest.mark.parametrize("make", [MailParameters, RcptParameters], ids=VERBS)
def test_no_keyword_twice(make: Callable[..., Parameters]) -> None:
    """Others come once each, whatever the case of their keywords."""
    with pytest.raises(InvalidParameter, match="SIZE: is given twice") as caught:
        make(other=(EsmtpParameter("SIZE", "1"), EsmtpParameter("size", "2")))
    assert "5321-4.1.1.11-01" == caught.value.requirement

    assert "501 5.5.4" == str(caught.value.reply)[:9]


@given(esmtp_parameters().flatmap(lambda each: st.tuples(st.just(each), cased(each.keyword))))
def test_keywords_ignore_case(pair: tuple[EsmtpParameter, str]) -> None:
    """A keyword is compared without regard to case, and written as it came."""
    parameter, keyword = pair
    other = attrs.evolve(parameter, keyword=keyword)

    assert parameter == other
    assert hash(parameter) == hash(other)
    assert str(other).startswith(keyword)


def test_values_keep_their_case() -> None:
    """A value's case counts, and absent is not empty."""
    assert EsmtpParameter("A", "b") != EsmtpParameter("A", "B")
    assert EsmtpParameter("A") != EsmtpParameter("A", "x")
    assert ("A", "A=x") == (str(EsmtpParameter("A")), str(EsmtpParameter("A", "x")))


@pytest.mark.requirement("3461-4-01")
@pytest.mark.parametrize("keyword", ["", "-A", "A B", "A=B", "A_", "\xe9", *CONTROLS], ids=ascii)
def test_no_keyword(keyword: str) -> None:
    """A keyword is letters, digits and hyphens, and begins with no hyphen."""
    with pytest.raises(InvalidParameter) as caught:
        EsmtpParameter(keyword)

    assert f"parameter: {keyword!r} is not a keyword" == str(caught.value)
    assert "501 5.5.4 Syntax error in parameters" == str(caught.value.reply)


@pytest.mark.requirement("3461-4-03")
@pytest.mark.parametrize(
    "value", ["", " ", "a b", "a=b", chr(0xD800), chr(0xDCF6), *CONTROLS, "\r\nRSET"], ids=ascii
)
def test_no_value(value: str) -> None:
    """A value has no space, no "=", no control, and is not empty."""
    with pytest.raises(InvalidParameter) as caught:
        EsmtpParameter("size", value)

    assert f"SIZE: {value!r} is not a value" == str(caught.value)
    assert "3461-4-03" == caught.value.requirement


@pytest.mark.parametrize(
    ("parse", "text", "attribute", "value"),
    [
        (parse_mail_parameters, "ENVID=a=b", "envid", "a=b"),
        (parse_mail_parameters, "ENVID=a+2bb", "envid", "a+b"),
        (parse_rcpt_parameters, "NOTIFY=SUCCESS,,", "notify", Notify.SUCCESS),
        (parse_rcpt_parameters, "ORCPT=rfc822;a=b+2b", "orcpt", TypedAddress("rfc822", "a=b+")),
    ],
)
def test_lenient(parse: Parse, text: str, attribute: str, value: object) -> None:
    """Lenient reading takes raw "=", lower-case digits and empty elements; strict does not."""
    assert value == getattr(parse(text, lenient=True), attribute)
    assert "501 5.5.4" == str(refusal(parse, text).reply)[:9]


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (parse_mail_parameters, "ENVID="),
        (parse_mail_parameters, "ENVID=a+0a"),
        (parse_mail_parameters, "ENVID=a\x00"),
        (parse_mail_parameters, "ENVID=" + "x" * 101),
        (parse_mail_parameters, "RET=BODY"),
        (parse_mail_parameters, "RET=FULL RET=FULL"),
        (parse_mail_parameters, "NOTIFY=NEVER"),
        (parse_rcpt_parameters, "NOTIFY=NEVER,SUCCESS"),
        (parse_rcpt_parameters, "NOTIFY=,"),
        (parse_rcpt_parameters, "ORCPT=a@b"),
    ],
)
def test_lenient_has_bounds(parse: Parse, text: str) -> None:
    """What has no sensible reading is refused leniently too."""
    refusal(parse, text, lenient=True)


@given(mail_options(), rcpt_options())
def test_lenient_takes_all_that_strict_does(mail: list[str], rcpt: list[str]) -> None:
    """What is right reads the same leniently."""
    assert parse_mail_parameters(mail, smtputf8=True) == parse_mail_parameters(
        mail, smtputf8=True, lenient=True
    )
    assert parse_rcpt_parameters(rcpt, smtputf8=True) == parse_rcpt_parameters(
        rcpt, smtputf8=True, lenient=True
    )
