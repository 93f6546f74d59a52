"""Who reports is named as the RFCs ask, and names its own fields after itself."""

from typing import Any

import pytest

from dsnlib.errors import InvalidAddress, InvalidValue
from dsnlib.model.address import MtaName
from dsnlib.policy.reporter import Reporter


@pytest.mark.requirement("3461-6.3-05")
@pytest.mark.requirement("3461-6.3-06")
@pytest.mark.parametrize(
    ("host", "type_"),
    [
        ("mail.example.org", "dns"),
        ("mailhost", "x-local-hostname"),
        ("mailhost.", "x-local-hostname"),
        (".mailhost", "x-local-hostname"),
        ("X.example", "dns"),
    ],
)
def test_only_a_full_name_is_of_type_dns(host: str, type_: str) -> None:
    """A name that the DNS cannot know is not said to be in it."""
    assert MtaName(type_, host) == Reporter.parse(host).mta


def test_the_rest_follows_from_the_name() -> None:
    """Domain and postmaster are those of the host unless they are given."""
    assert "postmaster@mail.example.org" == Reporter.parse("mail.example.org").postmaster
    assert (
        "help@example.org"
        == Reporter.parse("m.example.org", postmaster="help@example.org").postmaster
    )


@pytest.mark.requirement("3464-2.4-06")
@pytest.mark.parametrize(
    ("name", "prefix"),
    [
        ("Postfix", "X-Postfix"),
        ("My Mail (x)", "X-My-Mail--x-"),
        ("a/b:c", "X-a-b-c"),
        ("AZ09!#$%&'*+-=?^_`az{|}~", "X-AZ09!#$%&'*+-=?^_`az{|}~"),
        ('"(),./:;<>@[\\]é', "X-" + 15 * "-"),
    ],
)
def test_its_fields_have_its_name(name: str, prefix: str) -> None:
    """What cannot stand in a field name becomes a dash."""
    fields = Reporter.parse("mail.example.org", name).extension_fields(queue_id="4F", sender="a@b")

    assert [(f"{prefix}-Queue-ID", "4F"), (f"{prefix}-Sender", "rfc822; a@b")] == [
        (field.name, field.value) for field in fields
    ]


def test_the_null_sender_has_a_name_for_people() -> None:
    """The null path shows as MAILER-DAEMON; what is not given has no field."""
    (field,) = Reporter.parse("mail.example.org").extension_fields(sender="")

    assert "rfc822; MAILER-DAEMON" == field.value


def test_a_system_has_a_name() -> None:
    """A reporter that is not told its name is `DSN`, however it is made."""
    reporter = Reporter(MtaName("dns", "m.example.org"))

    assert Reporter.parse("m.example.org") == reporter
    assert "X-DSN" == reporter.diagnostic_type


@pytest.mark.parametrize(
    ("field", "bad", "message", "value"),
    [
        ("name", "", "reporter: name is empty", ""),
        ("name", "a\nb", r"reporter: name: 'a\nb' has '\n' at character 1", "a\nb"),
        ("domain", "", "reporter: domain is empty", ""),
        ("domain", "a\nb", r"reporter: domain: 'a\nb' has '\n' at character 1", "a\nb"),
    ],
    ids=["no name", "control in the name", "no domain", "control in the domain"],
)
def test_a_text_that_cannot_be_written(field: str, bad: str, message: str, value: str) -> None:
    """Name and domain are not empty and have no controls."""
    given: dict[str, Any] = {field: bad}

    with pytest.raises(InvalidValue) as caught:
        Reporter(MtaName("dns", "m.example.org"), **given)

    assert (message, value) == (str(caught.value), caught.value.value)


@pytest.mark.parametrize("bad", ["a b", "a>b"])
@pytest.mark.parametrize(
    ("field", "address"), [("domain", "x@{}"), ("postmaster", "{}")], ids=["domain", "postmaster"]
)
def test_a_name_that_cannot_stand_in_an_address(field: str, address: str, bad: str) -> None:
    """The domain goes into addresses, so it is checked as one, as the postmaster is."""
    given: dict[str, Any] = {field: bad}

    with pytest.raises(InvalidAddress) as caught:
        Reporter(MtaName("dns", "m.example.org"), **given)

    shown = address.format(bad)
    assert f"reporter: {field}: {shown!r} cannot stand between '<' and '>'" == str(caught.value)
    assert shown == caught.value.value


def test_what_is_not_known_has_no_field() -> None:
    """A queue id alone is one field, nothing is none."""
    reporter = Reporter.parse("mail.example.org")

    assert ["X-DSN-Queue-ID"] == [each.name for each in reporter.extension_fields(queue_id="4F")]
    assert () == reporter.extension_fields()
