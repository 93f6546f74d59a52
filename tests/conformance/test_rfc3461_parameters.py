"""RFC 3461 sections 2 to 5: what a server takes after MAIL and RCPT, and a client sends."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dsnlib
from dsnlib.model.registry import ADDRESS_TYPES
from dsnlib.replies.capabilities import EXTENSIONS
from tests.strategies import mail_options, mailboxes, rcpt_options

PATH_OCTETS = 256  # with its brackets: RFC 5321 s4.5.3.1.3
# What other extensions add to MAIL, each as long as its specification lets it be.
OTHER_MAIL = (
    "SIZE=" + "9" * 20,  # RFC 1870 s3
    "BODY=BINARYMIME",  # RFC 3030 s3
    "BY=-999999999;NT",  # RFC 2852 s4
    "MT-PRIORITY=-9",  # RFC 6710 s4.1
    "SMTPUTF8",  # RFC 6531 s3.1
    "REQUIRETLS",  # RFC 8689 s2
    "MTRK=" + "A" * 28 + ":999999",  # RFC 3885 s3
    "HOLDUNTIL=2026-11-22T14:30:00Z",  # RFC 4865 s4
    "AUTH=" + "x" * 500,  # RFC 4954 s3
)


@pytest.mark.requirement("3461-5.1-01")
@pytest.mark.requirement("3461-5.1-02")
@given(mail_options(), st.just("") | mailboxes().map(str))
def test_no_valid_value_is_a_reason_to_refuse_mail(options: list[str], sender: str) -> None:
    """Whatever RET and ENVID say, there or not, no reply comes of it, for any sender."""
    mail = dsnlib.parse_mail_parameters(options, smtputf8=True)

    envelope = dsnlib.Envelope(
        sender=sender, mail=mail, recipients=(dsnlib.Recipient("bob@example.com"),)
    )

    assert mail == envelope.mail


@pytest.mark.requirement("3461-5.1-04")
@pytest.mark.requirement("3461-5.1-05")
@given(rcpt_options(), mailboxes().map(str))
def test_no_valid_value_is_a_reason_to_refuse_a_recipient(options: list[str], address: str) -> None:
    """Whatever NOTIFY and ORCPT say, there or not, no reply comes of it, for any address."""
    params = dsnlib.parse_rcpt_parameters(options, smtputf8=True)

    assert params == dsnlib.Recipient(address, params).params


@pytest.mark.requirement("3461-4.2-03")
@given(mailboxes().map(str))
def test_the_type_of_an_original_recipient_is_registered(address: str) -> None:
    """Whatever address a client asks about, its ORCPT has a registered type."""
    orcpt = dsnlib.TypedAddress.from_address(address)

    (option,) = dsnlib.RcptParameters(orcpt=orcpt).to_options(smtputf8=True)

    assert option.removeprefix("ORCPT=").partition(";")[0] in ADDRESS_TYPES


@pytest.mark.requirement("3461-4.2-05")
@pytest.mark.requirement("3461-4.2-08")
@pytest.mark.parametrize("smtputf8", [False, True], ids=["US-ASCII", "UTF-8"])
@given(address=mailboxes().map(str).filter(lambda text: len(text) <= 40))
def test_the_original_recipient_is_the_recipient(
    address: str,
    smtputf8: bool,  # noqa: FBT001  a column of the table
) -> None:
    """At submission ORCPT says the address of RCPT itself, in the spelling it was given in."""
    sent = dsnlib.Recipient(
        address, dsnlib.RcptParameters(orcpt=dsnlib.TypedAddress.from_address(address))
    )

    options = sent.params.to_options(smtputf8=smtputf8)

    received = dsnlib.parse_rcpt_parameters(options, smtputf8=smtputf8).orcpt
    assert received is not None
    assert sent.address == received.address


@pytest.mark.requirement("3461-4.2-11")
def test_a_type_for_more_than_ascii_has_a_form_in_ascii() -> None:
    """`utf-8` is written in US-ASCII where it must be; `rfc822` has no form, and is refused."""
    params = dsnlib.RcptParameters(orcpt=dsnlib.TypedAddress("utf-8", "δ"))

    assert [r"ORCPT=utf-8;\x{3B4}"] == params.to_options()
    for type_ in sorted(ADDRESS_TYPES - {"utf-8"}):
        with pytest.raises(dsnlib.InvalidParameter):
            dsnlib.RcptParameters(orcpt=dsnlib.TypedAddress(type_, "δ@example.com"))


@pytest.mark.requirement("3461-5.3-01")
def test_a_local_request_needs_no_command() -> None:
    """What a local program asks for is the same envelope that a server would have made."""
    asked = dsnlib.Envelope(
        sender="ann@example.org",
        mail=dsnlib.MailParameters(ret=dsnlib.Ret.HDRS, envid="a+b"),
        recipients=(
            dsnlib.Recipient(
                "bob@example.com",
                dsnlib.RcptParameters(
                    notify=dsnlib.Notify.SUCCESS | dsnlib.Notify.FAILURE,
                    orcpt=dsnlib.TypedAddress.from_address("bob@example.com"),
                ),
            ),
        ),
    )

    received = dsnlib.Envelope(
        sender="ann@example.org",
        mail=dsnlib.parse_mail_parameters("RET=HDRS ENVID=a+2Bb"),
        recipients=(
            dsnlib.Recipient(
                "bob@example.com",
                dsnlib.parse_rcpt_parameters("NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;bob@example.com"),
            ),
        ),
    )

    assert received == asked


@pytest.mark.requirement("3461-5.4-01")
@pytest.mark.requirement("3461-5.4-03")
@pytest.mark.requirement("3885-2-02")
@pytest.mark.parametrize(
    ("parse", "option"),
    [
        pytest.param(dsnlib.parse_mail_parameters, "ENVID=" + "x" * 94, id="ENVID of 100"),
        pytest.param(dsnlib.parse_mail_parameters, "ENVID=" + "x" * 100, id="its value of 100"),
        pytest.param(dsnlib.parse_rcpt_parameters, "ORCPT=rfc822;" + "x" * 487, id="ORCPT of 500"),
        pytest.param(
            dsnlib.parse_rcpt_parameters, "ORCPT=rfc822;" + "x" * 493, id="its value of 500"
        ),
    ],
)
def test_the_sizes_that_a_server_takes(
    parse: Callable[[str], dsnlib.MailParameters | dsnlib.RcptParameters], option: str
) -> None:
    """100 and 500 characters are taken, whether the keyword is counted or not."""
    assert [option] == parse(option).to_options()


@pytest.mark.requirement("3461-5.4-06")
def test_a_long_command_line() -> None:
    """A RCPT line longer than the 1036 octets, or the 1042 that they sum up to, is taken."""
    path = f"{'a' * 64}@{'b' * (PATH_OCTETS - len('<@>') - 64)}"
    options = "NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;" + "x" * 493 + " X-NEW=" + "y" * 240

    params = dsnlib.parse_rcpt_parameters(options)

    assert len(f"RCPT TO:<{path}> {options}\r\n") > 1042
    assert options.split(" ") == params.to_options()
    assert path == dsnlib.Recipient(path, params).address


@pytest.mark.requirement("3461-5.4-07")
def test_every_combination_with_other_extensions() -> None:
    """Ours are taken beside any number of others, each of its full length."""
    ours = ("RET=FULL", "ENVID=" + "x" * 100)
    keywords = {option.partition("=")[0] for option in OTHER_MAIL}
    for count in range(len(OTHER_MAIL) + 1):
        options = [*OTHER_MAIL[:count], *ours, *OTHER_MAIL[count:]]

        mail = dsnlib.parse_mail_parameters(" ".join(options), known=keywords)

        assert options == mail.to_options()
        assert "x" * 100 == mail.envid


@pytest.mark.requirement("3885-2-01")
def test_envid_and_orcpt_beside_message_tracking() -> None:
    """Where a client tracks a message, ENVID and ORCPT mean what they always mean."""
    mail = dsnlib.parse_mail_parameters("MTRK=dGhpcw:9 ENVID=a+2Bb@host.example", known={"MTRK"})
    rcpt = dsnlib.parse_rcpt_parameters("ORCPT=rfc822;a+2Bb@example.com")

    assert "a+b@host.example" == mail.envid
    assert dsnlib.TypedAddress("rfc822", "a+b@example.com") == rcpt.orcpt


@pytest.mark.requirement("3461-2-01")
@pytest.mark.requirement("3461-2-02")
@pytest.mark.requirement("3461-2-04")
def test_keyword() -> None:
    """DSN is announced by its keyword alone, and brings parameters but no command."""
    capabilities = dsnlib.Capabilities(dsn=True)
    reply = dsnlib.Offer(capabilities=capabilities).ehlo_reply("mail.example.org")
    (row,) = [each for each in EXTENSIONS if each.keyword == "DSN"]

    assert b"250 DSN\r\n" == reply.format().splitlines(keepends=True)[-1]
    assert (None, {"MAIL": ("RET", "ENVID"), "RCPT": ("NOTIFY", "ORCPT")}) == (
        row.verb,
        dict(row.parameters),
    )
