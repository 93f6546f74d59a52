"""The offer of a session: what is announced works, and what does not work is refused."""

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsnlib.errors import InvalidParameter, InvalidReply
from dsnlib.model.esmtp import Notify, Ret, parse_mail_parameters, parse_rcpt_parameters
from dsnlib.policy.hop import NextHop
from dsnlib.replies.capabilities import (
    EXTENSIONS,
    Capabilities,
    Discarding,
    OtherExtension,
    SessionLimits,
)
from dsnlib.replies.discard import DISCARD_WORDS, Discards, parse_discards
from dsnlib.replies.ehlo import Offer

# Parameters without a value: RFC 6531 s3.1, RFC 8689 s2.
BARE = {"SMTPUTF8", "REQUIRETLS"}
# What has to be there for a value to be taken, by the word of the extension.
USE_OF = {
    "smtputf8": "SMTPUTF8",
    "requiretls": "REQUIRETLS",
    "8bitmime": "BODY=8BITMIME",
    "binarymime": "BODY=BINARYMIME",
}
HOST = "mail.oracle.test"
# What Postfix does in the transcripts that its tests were recorded with.
POSTFIX = Capabilities(
    pipelining=True,
    size=10_240_000,
    vrfy=True,
    etrn=True,
    verp=True,
    enhanced_status_codes=True,
    eight_bit_mime=True,
    dsn=True,
    smtputf8=True,
    chunking=True,
)
ALL = attrs.evolve(
    POSTFIX,
    starttls=True,
    auth=["PLAIN"],
    xclient=["NAME"],
    xforward=["ADDR"],
    binary_mime=True,
    requiretls=True,
    deliver_by=240,
    limits=SessionLimits(most_recipients=100),
    other=[OtherExtension(keyword="MT-PRIORITY", argument="MIXER", mail=["mt-priority"])],
)
# A word that stands for the use of a parameter.
USES = {
    *("SIZE=1", "AUTH=<>", "XVERP", "BODY=8BITMIME", "BODY=BINARYMIME", "RET=FULL"),
    *("ENVID=x", "SMTPUTF8", "REQUIRETLS", "BY=120;R", "MT-PRIORITY=3", "FOO", "FOO=1"),
}


def offer(words: str = "", capabilities: Capabilities = POSTFIX, *, is_tls: bool = False) -> Offer:
    """Return an offer."""
    return Offer(capabilities=capabilities, discards=parse_discards(words), is_tls=is_tls)


def refusal(offered: Offer, verb: str, words: str | None = None) -> str:
    """Return the codes of a refusal, or nothing."""
    reply = (
        offered.refuse_command(verb) if words is None else offered.refuse_parameters(verb, words)
    )
    return "" if reply is None else f"{reply.code} {reply.status}"


@st.composite
def capability_sets(draw: st.DrawFn) -> Capabilities:
    """What a server may do: some of all, with what it needs."""
    names = [row.attribute for row in EXTENSIONS] + ["other"]
    some = draw(st.sets(st.sampled_from(names)))
    if "binary_mime" in some:
        some.add("chunking")
    if "smtputf8" in some:
        some.add("eight_bit_mime")
    return Capabilities(**{name: getattr(ALL, name) for name in some})


def discard_lists() -> st.SearchStrategy[Discards]:
    """Lists of any words."""
    return st.builds(Discards, st.sets(st.sampled_from(DISCARD_WORDS)))


def offers() -> st.SearchStrategy[Offer]:
    """Any offers."""
    return st.builds(
        Offer, capabilities=capability_sets(), discards=discard_lists(), is_tls=st.booleans()
    )


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        pytest.param(
            "",
            "PIPELINING/SIZE 10240000/VRFY/ETRN/XVERP/ENHANCEDSTATUSCODES/8BITMIME/DSN/"
            "SMTPUTF8/CHUNKING",
            id="default",
        ),
        pytest.param(
            "chunking,starttls,auth,etrn,pipelining",
            "SIZE 10240000/VRFY/XVERP/ENHANCEDSTATUSCODES/8BITMIME/DSN/SMTPUTF8",
            id="chunking and etrn",
        ),
        pytest.param(
            "dsn,bogusword",
            "PIPELINING/SIZE 10240000/VRFY/ETRN/XVERP/ENHANCEDSTATUSCODES/8BITMIME/SMTPUTF8/"
            "CHUNKING",
            id="dsn",
        ),
        pytest.param(
            "enhancedstatuscodes,size,8bitmime,smtputf8,vrfy,silent-discard",
            "PIPELINING/ETRN/XVERP/DSN/CHUNKING",
            id="many",
        ),
    ],
)
def test_the_reply_is_postfix_s(words: str, expected: str) -> None:
    """Postfix answers the same lines in the same order."""
    reply = offer(words).ehlo_reply(HOST)

    assert (HOST, *expected.split("/")) == reply.lines
    assert (250, None) == (reply.code, reply.status)


def test_all_that_there_is_has_an_order() -> None:
    """Ours come behind Postfix's, and those of the server's own last."""
    assert (
        *("PIPELINING", "SIZE 10240000", "VRFY", "ETRN", "STARTTLS", "AUTH PLAIN", "XVERP"),
        *("XCLIENT NAME", "XFORWARD ADDR", "ENHANCEDSTATUSCODES", "8BITMIME", "DSN"),
        *("SMTPUTF8", "CHUNKING", "BINARYMIME", "DELIVERBY 240", "LIMITS RCPTMAX=100"),
        "MT-PRIORITY MIXER",
    ) == offer(capabilities=ALL).announcements


def test_encryption_changes_the_offer() -> None:
    """STARTTLS ends with it (RFC 3207 s4.2), and REQUIRETLS begins (RFC 8689 s2)."""
    before = set(offer(capabilities=ALL).announcements)
    after = set(offer(capabilities=ALL, is_tls=True).announcements)

    assert {"STARTTLS"} == before - after
    assert {"REQUIRETLS"} == after - before


def test_helo_announces_nothing() -> None:
    """The reply to HELO is one line without a status (RFC 2034 s4)."""
    assert b"250 mail.oracle.test\r\n" == offer().helo_reply(HOST).format()


@pytest.mark.parametrize("hostname", ["a\r\n250 b", "a\x00"])
def test_a_host_name_adds_no_line(hostname: str) -> None:
    """A name with controls is refused."""
    with pytest.raises(InvalidReply):
        offer().ehlo_reply(hostname)
    with pytest.raises(InvalidReply):
        offer().helo_reply(hostname)


@pytest.mark.parametrize(
    ("verb", "words", "capabilities", "expected"),
    [
        ("STARTTLS", "", POSTFIX, "502 5.5.1"),
        ("STARTTLS", "", ALL, ""),
        ("starttls", "starttls", ALL, "502 5.5.1"),
        ("AUTH", "", POSTFIX, "503 5.5.1"),
        ("AUTH", "auth", ALL, "503 5.5.1"),
        ("AUTH", "", ALL, ""),
        ("BDAT", "", Capabilities(), "521 5.5.1"),
        ("BDAT", "chunking", ALL, "521 5.5.1"),
        ("BDAT", "", ALL, ""),
        ("VRFY", "", Capabilities(), "502 5.5.1"),
        ("VRFY", "vrfy", POSTFIX, ""),
        ("ETRN", "", Capabilities(), "502 5.5.1"),
        ("ETRN", "etrn", POSTFIX, ""),
        ("XCLIENT", "", POSTFIX, "502 5.5.1"),
        ("XCLIENT", "xclient", ALL, ""),
        ("XFORWARD", "", POSTFIX, "502 5.5.1"),
        ("XFORWARD", "xforward", ALL, ""),
        ("MAIL", "", Capabilities(), ""),
        ("FOO", "", Capabilities(), ""),
    ],
)
def test_a_command_is_refused_where_it_is_not_done(
    verb: str, words: str, capabilities: Capabilities, expected: str
) -> None:
    """What is only hidden works; what is disabled or not done gets Postfix's codes."""
    assert expected == refusal(offer(words, capabilities), verb)


@pytest.mark.parametrize(
    ("words", "capabilities", "expected"),
    [
        ("", ALL, "554 5.5.1"),
        ("starttls", ALL, "502 5.5.1"),
        ("", POSTFIX, "502 5.5.1"),
    ],
)
def test_starttls_inside_tls_is_refused(
    words: str, capabilities: Capabilities, expected: str
) -> None:
    """A session is encrypted once, and a server that never does it says so there too."""
    assert expected == refusal(offer(words, capabilities, is_tls=True), "STARTTLS")


@pytest.mark.parametrize(
    ("words", "verb", "parameters", "expected"),
    [
        # As in the transcripts.
        ("dsn", "MAIL", "RET=FULL", "501 5.7.1"),
        ("dsn", "MAIL", "ENVID=x", "501 5.7.1"),
        ("dsn", "MAIL", "RET=BAD", "501 5.7.1"),
        ("dsn", "MAIL", "ENVID=+", "501 5.7.1"),
        ("dsn", "MAIL", "RET", "555 5.5.4"),
        ("dsn", "MAIL", "BODY=8BITMIME", ""),
        ("dsn", "MAIL", "RET=FULL FOO", "501 5.7.1"),
        ("dsn", "RCPT", "NOTIFY=NEVER", "501 5.7.1"),
        ("dsn", "RCPT", "ORCPT=rfc822;a@b", "501 5.7.1"),
        ("dsn", "RCPT", "NOTIFY=BAD", "501 5.7.1"),
        ("dsn", "RCPT", "ORCPT=bad", "501 5.7.1"),
        ("dsn", "RCPT", "NOTIFY", "555 5.5.4"),
        ("dsn", "RCPT", "", ""),
        ("size 8bitmime", "MAIL", "SIZE=10 BODY=8BITMIME RET=FULL", ""),
        ("smtputf8", "MAIL", "SMTPUTF8", "555 5.5.4"),
        # Others.
        ("dsn", "mail", "ret=full", "501 5.7.1"),
        ("dsn", "MAIL", "FOO RET=FULL", "555 5.5.4"),
        ("dsn", "MAIL", "NOTIFY=NEVER", "555 5.5.4"),
        ("", "MAIL", "NOTIFY=NEVER", "555 5.5.4"),
        ("", "RCPT", "RET=FULL", "555 5.5.4"),
        ("", "RCPT", "NOTIFY=BAD ORCPT", ""),
        ("", "MAIL", "SMTPUTF8", ""),
        ("", "MAIL", "REQUIRETLS", "555 5.5.4"),
        ("", "MAIL", "BY=120;R", "555 5.5.4"),
        ("", "MAIL", "AUTH=<>", "555 5.5.4"),
        ("", "MAIL", "BODY=BINARYMIME", "504 5.5.4"),
        ("", "MAIL", "body=binarymime", "504 5.5.4"),
        ("", "MAIL", "BODY=7BIT", ""),
        ("", "MAIL", "XVERP", ""),
        ("verp", "MAIL", "XVERP=+=", ""),
        ("", "MAIL", "=x", ""),
        ("", "MAIL", "\u017fize=1", ""),
        ("", "VRFY", "SMTPUTF8", ""),
        ("smtputf8", "VRFY", "SMTPUTF8", "555 5.5.4"),
        ("smtputf8", "EXPN", "SMTPUTF8", "555 5.5.4"),
        ("smtputf8", "DATA", "SMTPUTF8", ""),
    ],
)
def test_a_parameter_is_refused_where_it_is_not_done(
    words: str, verb: str, parameters: str, expected: str
) -> None:
    """The first one decides, by its keyword, before anyone looks at its value."""
    assert expected == refusal(offer(words), verb, parameters)


@pytest.mark.parametrize(
    ("words", "parameter", "is_tls", "expected"),
    [
        ("", "BODY=BINARYMIME", False, ""),
        ("binarymime", "BODY=BINARYMIME", False, "504 5.5.4"),
        ("chunking", "BODY=BINARYMIME", False, "504 5.5.4"),
        ("8bitmime", "BODY=BINARYMIME", False, ""),
        ("", "REQUIRETLS", False, "555 5.5.4"),
        ("", "REQUIRETLS", True, ""),
        ("requiretls", "REQUIRETLS", True, "555 5.5.4"),
        ("deliverby", "BY=120;R", False, "555 5.5.4"),
        ("auth", "AUTH=<>", False, "555 5.5.4"),
        ("", "MT-PRIORITY=3", False, ""),
    ],
)
def test_ours_are_refused_where_they_are_discarded(
    words: str,
    parameter: str,
    is_tls: bool,  # noqa: FBT001  a column
    expected: str,
) -> None:
    """What needs another goes with it, and what needs encryption comes with it."""
    assert expected == refusal(offer(words, ALL, is_tls=is_tls), "MAIL", parameter)


def test_dsn_that_the_server_does_not_do_is_not_switched_off() -> None:
    """501 5.7.1 is for what is kept from a client; what is not there is 555 5.5.4."""
    assert "555 5.5.4" == refusal(offer("dsn", Capabilities()), "MAIL", "RET=FULL")


def test_a_body_without_the_extension_is_refused() -> None:
    """With neither 8BITMIME nor BINARYMIME there is no BODY (RFC 6152 s2)."""
    only_binary = Capabilities(chunking=True, binary_mime=True)

    assert "555 5.5.4" == refusal(offer("", Capabilities()), "MAIL", "BODY=7BIT")
    assert "" == refusal(offer("", only_binary), "MAIL", "BODY=7BIT")
    assert "504 5.5.4" == refusal(offer("", only_binary), "MAIL", "BODY=8BITMIME")
    assert "501 5.5.4" == refusal(offer("", ALL), "MAIL", "BODY=9BIT")


def test_the_words_for_the_log() -> None:
    """The offer tells what was kept back."""
    assert ("pipelining", "dsn") == offer("dsn,pipelining").discarded_log
    assert () == offer("dsn silent-discard").discarded_log


def test_what_the_parser_is_to_know() -> None:
    """The parameters of DSN are the parser's own; the others are told."""
    everything = offer("", ALL, is_tls=True)

    assert everything.known_mail == {
        *("SIZE", "AUTH", "XVERP", "BODY", "SMTPUTF8", "REQUIRETLS", "BY", "MT-PRIORITY")
    }
    assert frozenset() == everything.known_rcpt
    assert frozenset() == offer("", Capabilities()).known_mail


@pytest.mark.parametrize("word", sorted(BARE))
def test_keyword_that_has_no_value(word: str) -> None:
    """With a value it is another parameter, of which nobody knows."""
    everything = offer("", ALL, is_tls=True)

    assert None is everything.refuse_parameters("MAIL", word)
    refused = everything.refuse_parameters("MAIL", f"{word}=1")
    assert refused is not None
    assert str(refused).startswith("555 5.5.4 ")


@pytest.mark.parametrize(
    ("words", "begins"),
    [
        ("RET=FULL FOO", "501 5.7.1 "),
        ("FOO RET=FULL", "555 5.5.4 "),
        ("SIZE=x=y RET=FULL", "501 5.5.4 "),
        ("RET", "555 5.5.4 "),
    ],
)
def test_first_parameter_at_fault_is_told(words: str, begins: str) -> None:
    """Of several faults the first is answered, whether it is of the offer or of the syntax."""
    with pytest.raises(InvalidParameter) as caught:
        offer("dsn", ALL).parse_mail(words)

    assert str(caught.value.reply).startswith(begins)


def test_parameters_are_parsed() -> None:
    """What is offered is parsed, and what it is for is not lost."""
    everything = offer("", ALL)

    assert Ret.HDRS is everything.parse_mail("SIZE=10 RET=HDRS").ret
    assert Notify.NEVER == everything.parse_rcpt(b"NOTIFY=NEVER").notify
    assert "a=b" == everything.parse_mail("ENVID=a=b", lenient=True).envid
    with pytest.raises(InvalidParameter):
        everything.parse_rcpt("RET=FULL")


def test_an_offer_is_its_parts() -> None:
    """Two offers of the same are equal, and an offer changes with its parts."""
    assert offer("dsn") == offer("dsn,bogus")
    assert offer("dsn") != offer("etrn")
    assert "DSN" in attrs.evolve(offer("dsn"), discards=Discards()).announcements


@given(offers())
def test_what_is_announced_works(offered: Offer) -> None:
    """No command and no parameter of an announced extension is refused, nor the reverse."""
    announced = {line.split()[0] for line in offered.announcements}
    for row in EXTENSIONS:
        verb_is_refused = row.verb is not None and offered.refuse_command(row.verb) is not None
        refused = {
            word
            for verb, words in row.parameters.items()
            for word in words
            if offered.refuse_parameters(verb, USE_OF.get(row.word, f"{word}=x")) is not None
        }
        if row.keyword in announced:
            assert not verb_is_refused
            assert not refused
        if verb_is_refused or refused:
            assert row.keyword not in announced


@given(offers(), st.lists(st.sampled_from(sorted(USES))))
def test_what_is_not_refused_is_known_to_the_parser(offered: Offer, words: list[str]) -> None:
    """The parser answers 555 to nothing that the offer lets pass, and the reverse."""
    words = list({word.partition("=")[0]: word for word in words}.values())
    if offered.refuse_parameters("MAIL", words) is None:
        parse_mail_parameters(words, known=offered.known_mail)
    for word in words:
        try:
            parse_mail_parameters([word], known=offered.known_mail)
        except InvalidParameter:
            assert offered.refuse_parameters("MAIL", [word]) is not None


@given(offers(), st.text())
def test_any_text_has_an_answer(offered: Offer, text: str) -> None:
    """Nothing that a client writes raises; what is refused the parser need not see."""
    offered.refuse_command(text)
    for parse in (parse_mail_parameters, parse_rcpt_parameters):
        verb = "MAIL" if parse is parse_mail_parameters else "RCPT"
        reply = offered.refuse_parameters(verb, text)
        assert reply is None or reply.code in (501, 555)


@given(capability_sets(), discard_lists(), discard_lists(), st.booleans())
def test_discarding_only_shrinks(
    capabilities: Capabilities,
    one: Discards,
    other: Discards,
    is_tls: bool,  # noqa: FBT001  drawn
) -> None:
    """The lines are those of the server less those discarded, in the same order."""

    def lines(discards: Discards) -> tuple[str, ...]:
        offered = Offer(capabilities=capabilities, discards=discards, is_tls=is_tls)
        return offered.announcements

    both = lines(Discards(one.words | other.words))
    kept = set(lines(one)) & set(lines(other))

    assert both == tuple(line for line in lines(Discards()) if line in kept)


@given(capability_sets(), discard_lists())
def test_hiding_refuses_nothing(capabilities: Capabilities, discards: Discards) -> None:
    """Only the words that disable change what is refused."""
    disabling = {row.word for row in EXTENSIONS if row.discarding is Discarding.DISABLES}
    hidden = Offer(capabilities=capabilities, discards=Discards(discards.words - disabling))
    open_ = Offer(capabilities=capabilities)

    for row in EXTENSIONS:
        if row.verb is not None:
            assert hidden.refuse_command(row.verb) == open_.refuse_command(row.verb)
    for use in USES:
        assert hidden.refuse_parameters("MAIL", use) == open_.refuse_parameters("MAIL", use)


@given(offers())
def test_the_next_hop_reads_what_is_announced(offered: Offer) -> None:
    """Our own client understands our own server."""
    hop = NextHop.from_ehlo(HOST, offered.announcements)

    assert hop.dsn is (offered.refuse_parameters("MAIL", "RET=FULL") is None)
    assert hop.smtputf8 is (offered.refuse_parameters("MAIL", "SMTPUTF8") is None)
    assert hop.requiretls is (offered.refuse_parameters("MAIL", "REQUIRETLS") is None)
