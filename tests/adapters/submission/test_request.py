"""MAIL and RCPT as the sendmail command says them are what the engine says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dsnlib.adapters.submission.request import Request, encode_xtext
from dsnlib.model.address import TypedAddress
from dsnlib.model.esmtp import MailParameters, Notify, RcptParameters, Ret
from dsnlib.model.xtext import encode_xtext as encode_xtext_of_engine

PRINTABLE = st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=126))


@given(PRINTABLE)
def test_xtext(text: str) -> None:
    """The two encodings are one (RFC 3461 s4)."""
    assert encode_xtext_of_engine(text) == encode_xtext(text)


@given(
    st.text(alphabet="ab+= ", min_size=1, max_size=20),
    st.sampled_from(Ret),
    st.sampled_from([Notify.NEVER, Notify.SUCCESS, Notify.FAILURE | Notify.DELAY]),
)
def test_parameters(envid: str, ret: Ret, notify: Notify) -> None:
    """The commands have what the engine would write."""
    bob = "b+b@example.net"
    request = Request(
        sender="ann@example.org",
        recipients=(bob,),
        notify=str(notify),
        envid=envid,
        ret=str(ret),
    )
    mail = MailParameters(ret=ret, envid=envid).to_options()
    rcpt = RcptParameters(notify=notify, orcpt=TypedAddress.from_address(bob)).to_options()

    assert " ".join(["MAIL FROM:<ann@example.org>", *mail]) == request.mail_command({"DSN"})
    assert " ".join([f"RCPT TO:<{bob}>", *rcpt]) == request.rcpt_command(bob, {"DSN"})


def test_only_what_is_announced() -> None:
    """Without its keyword no parameter goes out."""
    request = Request(
        sender="",
        recipients=("bob@example.net",),
        notify="NEVER",
        envid="x",
        ret="FULL",
        is_8bit=True,
        smtputf8=True,
        requiretls=True,
        octets=7,
    )

    assert "MAIL FROM:<>" == request.mail_command(())
    assert "RCPT TO:<bob@example.net>" == request.rcpt_command("bob@example.net", ())
    assert [
        "MAIL FROM:<> SIZE=7 BODY=8BITMIME RET=FULL ENVID=x SMTPUTF8 REQUIRETLS",
        "RCPT TO:<bob@example.net> NOTIFY=NEVER ORCPT=rfc822;bob@example.net",
    ] == request.commands()


def test_original_recipient_beyond_ascii() -> None:
    """It has no plain form, and goes without; so does one that takes too much."""
    request = Request(sender="", recipients=("δ@example.org",), notify="NEVER", smtputf8=True)
    long = "b" * 500 + "@example.org"

    assert "RCPT TO:<δ@example.org> NOTIFY=NEVER" == request.commands()[1]
    assert f"RCPT TO:<{long}> NOTIFY=NEVER" == request.rcpt_command(long, {"DSN"})
