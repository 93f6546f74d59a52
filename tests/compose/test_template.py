"""Template files become sets of templates, whatever is in them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.compose.block import TemplateClass
from dsnlib.compose.names import BLOCK_DOCUMENTS, EXTENSION_NAMES, MESSAGE_NAMES, RECIPIENT_NAMES
from dsnlib.compose.postfix.parameters import Parameters
from dsnlib.compose.shipped import shipped_languages, shipped_template
from dsnlib.compose.template import (
    TemplateSet,
    _Loader,
    load_templates,
    load_templates_or_builtin,
)
from dsnlib.errors import TemplateError
from dsnlib.model.text import encode_wire

PLAIN = b"""\
failure_template = <<EOF
Subject: Failed
Postmaster-Subject: Copy of failed

Your mail failed at $myhostname.
EOF
delay_template = <<EOF
Subject: Delayed

It waits for $delay_warning_time_hours hours.
EOF
success_template = Done.
verify_template = Told.
"""
GERMAN = """\
failure_template = <<EOF
Language: de
Subject: Nicht zugestellt: Grüße

Hallo,
  ${original_subject?Betreff: $original_subject}
$each_recipient
Tschüß
EOF
recipient_template = <<EOF

An $recipient: $reason
EOF
""".encode()


def load(data: bytes | str, *, postfix: bool = False) -> TemplateSet:
    """Return the templates of a file that has no defect."""
    templates = load_templates(data, origin="bounce.cf", postfix=postfix)
    assert () == templates.defects
    return templates


@pytest.fixture(scope="module")
def builtin() -> TemplateSet:
    """The templates of an empty file."""
    return load(b"")


def test_templates() -> None:
    """A file has a template for each kind of notification; the bytes and their text are one."""
    templates = load(PLAIN)

    assert "Failed" == templates.failure.subject
    assert "Copy of failed" == templates.failure.postmaster_subject
    assert "Delayed" == templates.of(TemplateClass.DELAY).subject
    assert "Done." == templates.success.text
    assert templates == load(PLAIN.decode())
    assert templates.failure.language is None
    assert templates.language is None


def test_rendering() -> None:
    """Values come from a mapping or a function; every line ends with LF."""
    failure = load(PLAIN).failure
    values = {"myhostname": "mail.example.org"}

    assert "Your mail failed at mail.example.org.\n" == failure.render(values)
    assert failure.render(values) == failure.render(values.get)
    assert "Your mail failed at .\n" == failure.render({})
    assert "It waits for 4 hours.\n" == load(PLAIN).delay.render(
        Parameters({"delay_warning_time": "4h"})
    )


def test_what_is_left_out_is_built_in(builtin: TemplateSet) -> None:
    """Templates and headers that a file has not are those of the built-in set."""
    templates = load(b"failure_template = x\n")

    assert builtin.delay == templates.delay
    assert builtin.failure.subject == templates.failure.subject
    assert builtin.failure.from_ == templates.failure.from_
    assert builtin.failure.postmaster_subject == templates.failure.postmaster_subject
    assert templates.success.postmaster_subject is None
    # but for the charset, which goes with the text
    assert ("us-ascii", "utf-8") == (templates.failure.charset, builtin.failure.charset)


def test_later_definitions_win() -> None:
    """Of two definitions of a template the last counts, even if it cannot be used."""
    twice = b"verify_template = one\nverify_template = two\n"

    assert "two" == load(twice).verify.text
    third = b"verify_template = <<E\nX: y\n\nz\nE\n"
    templates = load_templates(twice + third, origin="x")
    assert load(b"").verify == templates.verify
    assert ["template-unknown-header"] == [defect.code for defect in templates.defects]


@pytest.mark.parametrize(
    ("charset", "text"), [("utf-8", "é"), ("utf-8", "e"), ("iso-8859-1", "\udce9")]
)
def test_octets_of_a_text(charset: str, text: str) -> None:
    """A text keeps its octets, whatever its charset."""
    data = f"failure_template = <<E\nCharset: {charset}\n\n{text}\nE\n"

    assert f"{text}\n" == load(data).failure.render({})


def test_unusable_template(builtin: TemplateSet) -> None:
    """A template that breaks a rule is the built-in one, and a defect says where and why."""
    data = "delay_template = <<E\nSubject: é\n\nx\nE\nverify_template = fine\n".encode()
    templates = load_templates(data, origin="bounce.cf")
    (defect,) = templates.defects

    assert builtin.delay == templates.delay
    assert "fine" == templates.verify.text
    assert ("template-non-ascii-header", 21) == (defect.code, defect.offset)
    assert defect.message.startswith("bounce.cf:2: ")


def test_unknown_template() -> None:
    """A document that is no template is passed over with a defect."""
    templates = load_templates(b"#\nFailure_template = x\nother = y\n", origin="bounce.cf")

    assert ["bounce.cf:2:", "bounce.cf:3:"] == [
        each.message.partition(" ")[0] for each in templates.defects
    ]
    assert {"template-unknown-name"} == {each.code for each in templates.defects}


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("$nosuch", 4, r"\$nosuch is not defined"),
        ("fine\n\n  and ${nosuch}", 6, r"\$nosuch is not defined"),
        ("5$", 4, "no name after"),
        ("x\n${myhostname", 5, "unclosed"),
        ("${my-hostname}", 4, "is no name"),
        ("$delay_warning_time_years", 4, "no unit of time"),
        ("${delay_warning_time_Hours?x}", 4, "no unit of time"),
        ("$bounce_queue_lifetime_days", 4, "not defined"),
        ("$smtpd_recipient_limit", 4, "not defined"),
        ("${myhostname?{x}:{$nosuch}}", 4, "not defined"),
        ("$recipient", 4, "not defined"),
    ],
)
def test_names_are_found_at_load(text: str, line: int, message: str) -> None:
    """A malformed or undefined name is an error with the file and the line."""
    data = f"failure_template = <<EOF\r\nSubject: x\r\n\r\n{text}\nEOF\n"
    with pytest.raises(TemplateError, match=message) as caught:
        load_templates(data, origin="bounce.cf")

    assert ("bounce.cf", line) == (caught.value.origin, caught.value.line)
    assert str(caught.value).startswith(f"bounce.cf:{line}: ")


def test_names_need_not_be_checked() -> None:
    """Without the check a bad text is an error where it is used."""
    data = b"failure_template = $\ndelay_template = $x\n"
    templates = load_templates(data, origin="x", check_names=False)

    assert b"\n$\nEOF\n" in templates.dump()
    assert "\n" == templates.delay.render({})
    with pytest.raises(TemplateError):
        templates.failure.render({})
    with pytest.raises(TemplateError, match="x:1: "):
        templates.expand(Parameters())


def test_a_bounce_must_leave(builtin: TemplateSet) -> None:
    """Where an error would stop a bounce, the built-in template is taken, and a defect tells."""
    data = b"failure_template = $nosuch\nverify_template = fine\nrecipient_template = $\n"
    templates = load_templates_or_builtin(data, origin="bounce.cf")

    assert (builtin.failure, "fine") == (templates.failure, templates.verify.text)
    assert [("template-name", "bounce.cf:3:"), ("template-name", "bounce.cf:1:")] == [
        (each.code, each.message.partition(" ")[0]) for each in templates.defects
    ]


def test_a_bounce_must_leave_without_the_file(builtin: TemplateSet) -> None:
    """Where the file cannot be read at all, every template is the built-in one."""
    broken = load_templates_or_builtin(PLAIN + b"stray\n", origin="bounce.cf")

    assert builtin == broken
    assert ["template-file"] == [each.code for each in broken.defects]
    assert load(PLAIN) == load_templates_or_builtin(PLAIN, origin="bounce.cf")
    assert load(PLAIN) == load_templates_or_builtin(
        b"no file", origin="bounce.cf", builtin=load(PLAIN)
    )


def test_parameters() -> None:
    """What main.cf sets may be named; a value that cannot be expanded is found as well."""
    data = b"failure_template = $oracle $delay_warning_time_hours\n"
    good = Parameters({"oracle": "x"})

    assert () == load_templates(data, origin="x", parameters=good).defects
    for bad in ({"oracle": "$"}, {"oracle": "", "delay_warning_time": "soon"}):
        with pytest.raises(TemplateError, match="x:1: "):
            load_templates(data, origin="x", parameters=Parameters(bad))


def test_extended(builtin: TemplateSet) -> None:
    """With a language a template may name the notification, and has blocks."""
    templates = load(GERMAN)
    block = templates.recipient_block
    assert block is not None
    values = {"each_recipient": block.render({"recipient": "bob", "reason": "weg"})[:-1]}

    assert ("de", "utf-8") == (templates.failure.language, templates.failure.charset)
    assert "Hallo,\n\nAn bob: weg\nTschüß\n" == templates.failure.render(values)
    assert "Nicht zugestellt: Grüße" == templates.failure.subject
    # What only the built-in templates ask for comes along.
    assert builtin.details_block == templates.details_block


def test_names_of_a_text_and_of_a_block() -> None:
    """A block may name what a text may and its recipient besides, but no block."""
    assert EXTENSION_NAMES == MESSAGE_NAMES | RECIPIENT_NAMES
    assert not MESSAGE_NAMES & RECIPIENT_NAMES
    for name in sorted(EXTENSION_NAMES - BLOCK_DOCUMENTS.keys()):
        assert () == load(f"recipient_template = $myhostname ${name}\n").defects
    for name in sorted(MESSAGE_NAMES):
        assert () == load(f"failure_template = ${name}\n").defects
    for name in BLOCK_DOCUMENTS:
        with pytest.raises(TemplateError):
            load(f"details_template = ${name}\n")


def test_a_block_is_needed() -> None:
    """To name a block that is nowhere is an error; a block that nobody names stays out."""
    plain = load(PLAIN, postfix=True)
    asking = b"failure_template = $each_recipient\n"

    assert (None, None) == (plain.recipient_block, plain.details_block)
    with pytest.raises(TemplateError, match="each_recipient"):
        load_templates(asking, origin="x", builtin=plain)
    block = load_templates(asking + b"recipient_template = x\n", origin="x", builtin=plain)
    assert ["each_recipient"] == list(block.blocks)
    assert ["each_recipient", "each_details"] == list(load(asking).blocks)


def test_only_what_postfix_has(builtin: TemplateSet) -> None:
    """With `postfix` there is no language, no name of a notification and no block."""
    templates = load_templates(GERMAN, origin="x", postfix=True)

    assert builtin == templates
    assert ["template-unknown-name", "template-unknown-header"] == [
        each.code for each in templates.defects
    ]
    with pytest.raises(TemplateError, match=r"\$summary is not defined"):
        load_templates(b"failure_template = $summary\n", origin="x", postfix=True)


def test_what_postfix_has_not_is_empty_to_it() -> None:
    """What loads with `postfix` expands: a name of ours is as unknown as any, and only tested."""
    text = b"failure_template = ${original_subject?about $no_such_name}x\n"
    templates = load_templates(text, origin="x", postfix=True)

    assert templates.expand(Parameters()).octets.startswith(b"expanded_failure_text = <<EOF\nx\n")
    with pytest.raises(TemplateError, match=r"\$no_such_name is not defined"):
        load_templates(text, origin="x")


def test_blank_lines_of_plain_templates_stay() -> None:
    """Only in a template with a language a line disappears that comes out blank."""
    text = "a\n${original_subject?x}\nb"
    plain = load(f"failure_template = <<E\n{text}\nE\n").failure
    ours = load(f"failure_template = <<E\nLanguage: en\n\n{text}\nE\n").failure

    assert "a\n\nb\n" == plain.render({})
    assert "a\nb\n" == ours.render({})


def test_dump() -> None:
    """A dump has the layout of `postconf -t`."""
    assert [
        b"failure_template = <<EOF",
        b"Charset: us-ascii",
        b"From: Mail delivery <MAILER-DAEMON>",
        b"Subject: Failed",
        b"Postmaster-Subject: Copy of failed",
        b"",
        b"Your mail failed at $myhostname.",
        b"EOF",
        b"",
        b"delay_template = <<EOF",
    ] == load(PLAIN).dump().split(b"\n")[:10]


def test_dump_of_what_postfix_has_not() -> None:
    """The language comes first, the blocks last."""
    lines = load(GERMAN).dump().decode().split("\n")

    assert ["failure_template = <<EOF", "Language: de", "Charset: utf-8"] == lines[:3]
    assert lines.index("verify_template = <<EOF") < lines.index("recipient_template = <<EOF")
    assert ["EOF", ""] == lines[-2:]


def test_dump_of_a_text_with_a_marker() -> None:
    """A text that has the end marker in it gets another one."""
    templates = load(b"failure_template = <<X\nEOF\nEOF1\nX\n")

    assert templates.dump().startswith(b"failure_template = <<EOF2\n")
    assert templates == load(templates.dump())


def test_inherited_header_that_cannot_be_said() -> None:
    """A plain template may have a UTF-8 subject from the built-in set, and keeps it."""
    german = load(GERMAN)
    plain = load_templates(b"failure_template = x\n", origin="x", builtin=german)

    assert german.failure.subject == plain.failure.subject
    assert plain == load_templates(plain.dump(), origin="x", builtin=german)


def test_expansion() -> None:
    """`expand` prints the texts as `postconf -b`, without headers, and tells of odd values."""
    parameters = Parameters({"myhostname": "a.example", "delay_warning_time": "30m"})
    expansion = load(PLAIN).expand(parameters)

    assert [
        b"expanded_failure_text = <<EOF",
        b"Your mail failed at a.example.",
        b"EOF",
        b"",
        b"expanded_delay_text = <<EOF",
        b"It waits for 0 hours.",
        b"EOF",
        b"",
        b"expanded_success_text = <<EOF",
        b"Done.",
        b"EOF",
        b"",
        b"expanded_verify_text = <<EOF",
        b"Told.",
        b"EOF",
        b"",
    ] == expansion.octets.split(b"\n")
    (defect,) = expansion.defects
    assert "template-value" == defect.code
    assert defect.message.startswith("bounce.cf:10: $delay_warning_time_hours comes out as 0")


def test_expansion_of_names_of_a_notification() -> None:
    """What only a notification has a value for stays a name."""
    octets = load(GERMAN).expand(Parameters()).octets

    assert b"  Betreff: $original_subject\n$each_recipient\n" in octets


def test_text_without_octets() -> None:
    """Text that no file can hold is an error."""
    with pytest.raises(TemplateError, match="surrogates"):
        load_templates("failure_template = \ud800\n", origin="x")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"failure_template = x\n", "no From or Subject"),
        (b"failure_template = <<E\nFrom: a\nSubject: b\n\nx\nE\n", "no usable delay_template"),
    ],
)
def test_a_builtin_set_is_whole(data: bytes, message: str) -> None:
    """What everything falls back to has every template and every header."""
    loader = _Loader("x", None, parameters=None, is_extended=True)
    with pytest.raises(TemplateError, match=message):
        loader.load(data, is_builtin=True)


@pytest.mark.parametrize("language", shipped_languages())
def test_shipped_templates(language: str, builtin: TemplateSet) -> None:
    """Each of our own files is in order, has a language and every template."""
    templates = load(shipped_template(language))

    assert templates == load(templates.dump())
    for class_ in TemplateClass:
        assert templates.of(class_).language is not None
        assert (templates.of(class_) == builtin.of(class_)) == (language == "en")


# Files that are nearly right, in tokens that mean something.
TOKENS = st.sampled_from(
    [
        *[f"{class_.document} = <<EOF\n" for class_ in TemplateClass],
        "recipient_template = <<E\n",
        "details_template = x $status\n",
        "success_template = one line\n",
        "EOF\n",
        "E\n",
        "EOF1\n",
        "Subject: x\n",
        "Subject: é \n",
        "Charset: utf-8\n",
        "Charset: no such\n",
        "Language: de\n",
        "Postmaster-Subject: y\n",
        "From: z\r\n",
        "\n",
        " \t\n",
        "text\n",
        "text: é\n",
        "$myhostname $each_recipient\n",
        "${original_subject?x}\n",
        "$recipient\n",
        "$\n",
        "# comment\n",
        "\udcff\n",
        "\0",
        "\r",
        "x",
    ]
)
FILES = st.one_of(
    st.lists(TOKENS, max_size=30).map("".join).map(encode_wire), st.binary(max_size=60)
)


@pytest.mark.parametrize("postfix", [False, True])
@given(data=FILES)
def test_load_and_dump(postfix: bool, data: bytes) -> None:  # noqa: FBT001  a column of the table
    """Load, dump, load is the identity, whatever was in the file."""
    templates = load_templates_or_builtin(data, origin="x", postfix=postfix)

    assert templates == load_templates(templates.dump(), origin="y", postfix=postfix)


@given(data=FILES)
def test_any_file(data: bytes) -> None:
    """Any octets are a set, or an error with a line of the file, and then a set with a defect."""
    tolerant = load_templates_or_builtin(data, origin="x")
    try:
        templates = load_templates(data, origin="x")
    except TemplateError as error:
        assert 1 <= error.line <= data.count(b"\n") + 1  # noqa: PT017  there need not be one
        assert tolerant.defects
    else:
        assert templates == tolerant
        assert templates.defects == tolerant.defects
        assert templates.expand(Parameters()).octets
