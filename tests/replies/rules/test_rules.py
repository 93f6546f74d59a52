"""What each named restriction says: its codes, and what it is silent about."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from dsnlib.replies.drive import run
from dsnlib.replies.finding import Inquiry, Ruling
from dsnlib.replies.restriction_names import RESTRICTIONS
from dsnlib.replies.session import Client, SmtpSession
from dsnlib.replies.site import ReplyCodes, Site
from dsnlib.replies.stage import Stage
from tests.replies.fake_site import (
    DIRECTORY,
    RESOLVER,
    SESSION,
    SITE,
    FakeDirectory,
    FakeProber,
    FakeService,
    answer,
)
from tests.replies.fake_site import client_with as client
from tests.replies.fake_site import session_with as session
from tests.replies.fake_tables import BrokenTable, FixedTable

_NAMELESS = Client(address="192.0.2.1")
_HALF_NAMED = Client(address="192.0.2.1", reverse_hostname="bad.example")
_UNASKED = Client(address="192.0.2.1", is_hostname_failed=True, is_reverse_failed=True)


# (restriction, session, how the reply begins, or `None` for no refusal)
CASES: list[tuple[str, SmtpSession, str | None]] = [
    # Those that ask nothing
    ("permit", SESSION, None),
    ("reject", SESSION, "554 5.7.1 <bob@site.example>: recipient address refused: "),
    ("defer", SESSION, "450 4.3.2 <bob@site.example>: "),
    ("defer_if_permit", SESSION, "450 4.7.0 "),
    ("defer_if_reject", SESSION, None),
    ("defer_if_reject, reject", SESSION, "450 4.7.0 "),
    ("warn_if_reject reject", SESSION, None),
    ("sleep 3", SESSION, None),
    # The client
    ("permit_mynetworks, reject", client(address="198.51.100.9"), None),
    ("permit_mynetworks, reject", SESSION, "554 "),
    ("permit_inet_interfaces, reject", client(address="198.51.100.1"), None),
    ("permit_inet_interfaces, reject", SESSION, "554 "),
    ("permit_sasl_authenticated, reject", session(login="ann"), None),
    ("permit_sasl_authenticated, reject", SESSION, "554 "),
    ("permit_tls_clientcerts, reject", client(certificates=("CC", "AA:BB")), None),
    ("permit_tls_clientcerts, reject", client(certificates=("CC",)), "554 "),
    ("permit_tls_all_clientcerts, reject", client(is_certificate_trusted=True), None),
    ("permit_tls_all_clientcerts, reject", SESSION, "554 "),
    (
        "reject_unknown_client_hostname",
        session(client=_NAMELESS),
        "450 4.7.25 client refused: no name of its address [192.0.2.1] leads back to it",
    ),
    ("reject_unknown_client_hostname", session(client=_HALF_NAMED), "450 4.7.25 client refused: "),
    ("reject_unknown_client_hostname", SESSION, None),
    (
        "reject_unknown_reverse_client_hostname",
        session(client=_NAMELESS),
        "450 4.7.1 client refused: its address [192.0.2.1] has no name",
    ),
    ("reject_unknown_reverse_client_hostname", session(client=_HALF_NAMED), None),
    ("reject_plaintext_session", SESSION, "450 4.7.1 "),
    ("reject_plaintext_session", session(is_tls=True), None),
    ("reject_unauth_pipelining", session(has_talked_early=True), "503 5.5.0 "),
    ("reject_unauth_pipelining", SESSION, None),
    # The name in HELO
    ("reject_invalid_helo_hostname", session(helo="bad..x"), "501 5.5.2 <bad..x>: HELO name "),
    ("reject_invalid_helo_hostname", session(helo="-bad.x"), "501 5.5.2 "),
    ("reject_invalid_helo_hostname", session(helo="bad-.x"), "501 5.5.2 "),
    ("reject_invalid_helo_hostname", session(helo="a b"), "501 5.5.2 "),
    ("reject_invalid_helo_hostname", session(helo=""), "501 5.5.2 "),
    ("reject_invalid_helo_hostname", session(helo="x" * 64), "501 5.5.2 "),
    ("reject_invalid_helo_hostname", session(helo="x" * 63), None),
    ("reject_invalid_helo_hostname", session(helo="x." * 127 + "xx"), "501 5.5.2 "),
    ("reject_invalid_helo_hostname", session(helo="1.2.3.999"), "501 5.5.2 "),
    ("reject_invalid_helo_hostname", session(helo="192.0.2.1"), None),
    ("reject_invalid_helo_hostname", session(helo="[192.0.2.1]"), None),
    ("reject_invalid_helo_hostname", session(helo="[IPv6:2001:db8::1]"), None),
    ("reject_invalid_helo_hostname", session(helo="[999.1.1.1]"), "501 5.5.2 "),
    ("reject_invalid_helo_hostname", session(helo="[192.0.2.1"), "501 5.5.2 "),
    ("reject_invalid_helo_hostname", session(helo="my_pc"), None),
    ("reject_invalid_helo_hostname", session(helo="bücher.example"), None),
    ("reject_invalid_helo_hostname", session(helo=None), None),
    ("reject_non_fqdn_helo_hostname", session(helo="pc"), "504 5.5.2 <pc>: HELO name refused: "),
    ("reject_non_fqdn_helo_hostname", session(helo="pc."), "504 5.5.2 "),
    ("reject_non_fqdn_helo_hostname", session(helo="192.0.2.1"), "504 5.5.2 "),
    ("reject_non_fqdn_helo_hostname", session(helo="[192.0.2.1]"), None),
    ("reject_non_fqdn_helo_hostname", SESSION, None),
    ("reject_non_fqdn_helo_hostname", session(helo=None), None),
    ("reject_unknown_helo_hostname", session(helo="none.example"), "450 4.7.1 <none.example>: "),
    ("reject_unknown_helo_hostname", session(helo="slow.example"), "450 4.7.1 <slow.example>: "),
    ("reject_unknown_helo_hostname", session(helo="[192.0.2.1]"), None),
    ("reject_unknown_helo_hostname", session(helo="nullmx.example"), None),
    ("reject_unknown_helo_hostname", session(helo="good.example"), None),
    ("reject_unknown_helo_hostname", session(helo="hostonly.example"), None),
    ("reject_unknown_helo_hostname", session(helo=None), None),
    # The sender
    ("reject_non_fqdn_sender", session(sender="ann"), "504 5.5.2 <ann>: sender address refused: "),
    ("reject_non_fqdn_sender", session(sender="ann@pc"), "504 5.5.2 "),
    ("reject_non_fqdn_sender", session(sender="ann@192.0.2.1"), "504 5.5.2 "),
    ("reject_non_fqdn_sender", session(sender="ann@[192.0.2.1]"), None),
    ("reject_non_fqdn_sender", session(sender=""), None),
    ("reject_non_fqdn_sender", session(sender=None), None),
    ("reject_non_fqdn_sender", SESSION, None),
    ("reject_unknown_sender_domain", session(sender="a@none.example"), "450 4.1.8 <a@none."),
    ("reject_unknown_sender_domain", session(sender="a@slow.example"), "450 4.1.8 <a@slow."),
    ("reject_unknown_sender_domain", session(sender="a@nullmx.example"), "550 5.7.27 "),
    ("reject_unknown_sender_domain", session(sender="a@site.example"), None),
    ("reject_unknown_sender_domain", session(sender="a@[192.0.2.1]"), None),
    ("reject_unknown_sender_domain", session(sender="ann"), None),
    ("reject_unknown_sender_domain", session(sender=""), None),
    ("reject_unknown_sender_domain", session(sender=None), None),
    ("reject_unknown_sender_domain", SESSION, None),
    ("reject_unlisted_sender", session(sender="nobody@site.example"), "550 5.1.0 <nobody@"),
    ("reject_unlisted_sender", session(sender=""), None),
    ("reject_unlisted_sender", SESSION, None),
    ("reject_unverified_sender", session(sender="bob@bad.example"), "450 4.1.7 "),
    ("reject_unverified_sender", session(sender="new@bad.example"), "450 4.1.7 "),
    ("reject_unverified_sender", session(sender=""), None),
    ("reject_unverified_sender", SESSION, None),
    # Whose the sender is
    ("reject_sender_login_mismatch", session(login="ann"), None),
    ("reject_sender_login_mismatch", session(login="ANN.second"), None),
    ("reject_sender_login_mismatch", session(login="eve"), "553 5.7.1 <ann@good.example>: sender "),
    ("reject_sender_login_mismatch", SESSION, "553 5.7.1 "),
    ("reject_sender_login_mismatch", session(sender="x@other.example"), None),
    ("reject_sender_login_mismatch", session(sender="x@other.example", login="eve"), "553 "),
    ("reject_sender_login_mismatch", session(sender="info@any.example", login="desk"), None),
    ("reject_sender_login_mismatch", session(sender=None), None),
    ("reject_sender_login_mismatch", session(sender=None, login="ann"), None),
    ("reject_authenticated_sender_login_mismatch", SESSION, None),
    ("reject_authenticated_sender_login_mismatch", session(login="eve"), "553 5.7.1 "),
    ("reject_unauthenticated_sender_login_mismatch", SESSION, "553 5.7.1 "),
    ("reject_unauthenticated_sender_login_mismatch", session(login="eve"), None),
    ("reject_known_sender_login_mismatch", session(login="eve"), "553 5.7.1 "),
    ("reject_known_sender_login_mismatch", session(sender="x@a.example", login="eve"), None),
    ("reject_known_sender_login_mismatch", SESSION, "553 5.7.1 "),
    # The recipient
    ("reject_non_fqdn_recipient", session(recipient="bob"), "504 5.5.2 <bob>: recipient "),
    ("reject_non_fqdn_recipient", session(recipient="Postmaster"), None),
    ("reject_non_fqdn_recipient", session(recipient="postmaster@pc"), "504 "),
    ("reject_non_fqdn_recipient", session(recipient=None), None),
    ("reject_unknown_recipient_domain", session(recipient="a@none.example"), "450 4.1.2 "),
    ("reject_unknown_recipient_domain", session(recipient="a@slow.example"), "450 4.1.2 "),
    ("reject_unknown_recipient_domain", session(recipient="a@nullmx.example"), "556 5.1.10 "),
    ("reject_unknown_recipient_domain", SESSION, None),
    ("reject_unlisted_recipient", session(recipient="nobody@site.example"), "550 5.1.1 <nobody@"),
    ("reject_unlisted_recipient", session(recipient="full@site.example"), "450 4.2.2 "),
    ("reject_unlisted_recipient", session(recipient="gone@site.example"), "550 5.1.6 "),
    ("reject_unlisted_recipient", session(recipient="ghost@site.example"), "550 5.1.1 "),
    ("reject_unlisted_recipient", SESSION, None),
    ("reject_unverified_recipient", session(recipient="bob@bad.example"), "450 4.1.1 "),
    ("reject_unverified_recipient", session(recipient="ann@good.example"), None),
    ("permit_auth_destination, reject", SESSION, None),
    ("permit_auth_destination, reject", session(recipient="a@relay.example"), None),
    ("permit_auth_destination, reject", session(recipient="a@alias.example"), None),
    ("permit_auth_destination, reject", session(recipient="postmaster"), None),
    ("permit_auth_destination, reject", session(recipient="a@far.example"), "554 "),
    ("permit_auth_destination, reject", session(recipient=None), "554 "),
    ("reject_unauth_destination", session(recipient="a@far.example"), "554 5.7.1 <a@far.example>"),
    ("reject_unauth_destination", session(recipient="a@relay.example"), None),
    # What the next system might send on would have been relayed for a stranger.
    ("reject_unauth_destination", session(recipient="a%far.example@relay.example"), "554 5.7.1 "),
    ("reject_unauth_destination", session(recipient="far.example!a@relay.example"), "554 5.7.1 "),
    ("reject_unauth_destination", session(recipient='"a@far.example"@relay.example'), "554 "),
    ("permit_auth_destination, reject", session(recipient="a%b.c@relay.example"), "554 "),
    ("reject_unauth_destination, reject", SESSION, "554 "),
    ("reject_unauth_destination", session(recipient=None), None),
    ("defer_unauth_destination", session(recipient="a@far.example"), "454 4.7.1 "),
    ("defer_unauth_destination", SESSION, None),
    ("check_relay_domains, reject", SESSION, None),
    ("check_relay_domains", session(recipient="a@far.example"), "554 5.7.1 "),
    ("permit_mx_backup, reject", SESSION, None),
    ("permit_mx_backup, reject", session(recipient="a@backup.example"), None),
    ("permit_mx_backup, reject", session(recipient="a@first.example"), "554 "),
    ("permit_mx_backup, reject", session(recipient="a@alone.example"), "554 "),
    ("permit_mx_backup, reject", session(recipient="a@good.example"), "554 "),
    ("permit_mx_backup, reject", session(recipient=None), "554 "),
    # Tables
    ("check_sender_access inline:ann@good.example=REJECT 5.1.1 no", SESSION, "554 5.1.7 <ann@"),
    ("check_sender_access inline:good.example=450 4.1.2 no", SESSION, "450 4.1.8 <ann@"),
    ("check_sender_access inline:ann@=REJECT", SESSION, "554 5.7.1 <ann@"),
    ("check_sender_access inline:<>=REJECT null", session(sender=""), "554 5.7.1 <>: sender "),
    ("check_sender_access inline:<>=REJECT", session(sender=None), None),
    ("check_recipient_access inline:bob@site.example=550 5.1.7 no", SESSION, "550 5.1.3 <bob@"),
    ("check_recipient_access inline:x=OK", SESSION, None),
    ("check_recipient_access inline:example=DUNNO,reject", SESSION, "554 "),
    ("check_recipient_access inline:example=OK, reject", SESSION, None),
    ("check_client_access inline:good.example=REJECT 5.1.1 no", SESSION, "554 5.0.0 <mail.good."),
    ("check_client_access inline:192.0.2=DEFER", SESSION, "450 4.7.1 <mail.good.example[192."),
    ("check_client_access inline:unknown=REJECT", session(client=_NAMELESS), "554 5.7.1 <unknown["),
    ("check_helo_access inline:good.example=REJECT", SESSION, "554 5.7.1 <mail.good.example>: "),
    ("check_helo_access inline:good.example=REJECT", session(helo=None), None),
    (
        "check_reverse_client_hostname_access inline:bad.example=REJECT",
        session(client=_HALF_NAMED),
        "554 5.7.1 <unknown[192.0.2.1]>: client refused: ",
    ),
    ("check_reverse_client_hostname_access inline:x=REJECT", session(client=_NAMELESS), None),
    ("check_ccert_access inline:AA=REJECT", client(certificates=("BB", "AA")), "554 5.7.1 <BB>: "),
    ("check_ccert_access inline:AA=REJECT", SESSION, None),
    ("check_sasl_access inline:eve=REJECT go", session(login="eve"), "554 5.7.1 <eve>: login name"),
    ("check_sasl_access inline:eve=REJECT", SESSION, None),
    ("check_etrn_access inline:far.example=REJECT", session(etrn="far.example"), "554 5.7.1 <far."),
    ("inline:bob@=REJECT", SESSION, "554 5.7.1 <bob@site.example>: recipient "),
    ("inline:bob@=defer_unauth_destination;bob=x, reject", SESSION, "554 "),
    ("inline:bob@=reject_non_fqdn_sender", session(sender="ann"), "504 5.5.2 <ann>: sender "),
    ("inline:bob@=DEFER_IF_REJECT 4.1.1 why, reject", SESSION, "450 4.1.1 <bob@site.example>: "),
    ("inline:bob@=DEFER_IF_PERMIT", SESSION, "450 4.7.1 <bob@site.example>: "),
    ("inline:bob@=550 5.2.2", SESSION, "550 5.2.2 <bob@site.example>: recipient address refused: "),
    ("inline:bob@=DISCARD quietly, reject", SESSION, None),
    ("inline:bob@=HOLD, reject", SESSION, "554 "),
    ("inline:bob@=permit_everything", SESSION, "451 4.3.5 "),
    # Tables about the hosts behind names
    ("check_sender_mx_access inline:192.0.2.25=REJECT", SESSION, "554 5.7.1 <ann@good.example>: "),
    ("check_sender_mx_access inline:mx.good.example=REJECT", SESSION, "554 5.7.1 "),
    ("check_sender_mx_access inline:192.0.2.8=REJECT", session(sender="a@hostonly.example"), "554"),
    ("check_sender_mx_access inline:192.0.2.25=OK", SESSION, "451 4.3.5 "),
    ("check_sender_mx_access inline:192.0.2.25=DUNNO", SESSION, None),
    ("check_sender_mx_access inline:192.0.2.99=REJECT", SESSION, None),
    ("check_sender_mx_access inline:x=REJECT", session(sender="a@nullmx.example"), None),
    ("check_sender_mx_access inline:x=REJECT", session(sender=""), None),
    ("check_sender_mx_access inline:x=REJECT", session(sender="a@slow.example"), "451 4.3.0 "),
    ("check_sender_mx_access inline:192.0.2.1=REJECT", session(sender="a@[192.0.2.1]"), "554 "),
    (
        "check_sender_mx_access inline:2001:db8::1=REJECT",
        session(sender="a@[IPv6:2001:DB8::1]"),
        "5",
    ),
    ("check_sender_ns_access inline:192.0.2.53=REJECT", SESSION, "554 "),
    (
        "check_sender_ns_access inline:ns.good.example=REJECT",
        session(sender="a@b.good.example"),
        "5",
    ),
    ("check_sender_ns_access inline:x=REJECT", session(sender="a@none.example"), None),
    ("check_sender_a_access inline:192.0.2.8=REJECT", session(sender="a@hostonly.example"), "554 "),
    ("check_client_a_access inline:192.0.2.7=REJECT", SESSION, "554 5.7.1 <mail.good.example["),
    ("check_helo_a_access inline:192.0.2.7=REJECT", SESSION, "554 5.7.1 <mail.good.example>: HELO"),
    ("check_helo_ns_access inline:192.0.2.53=REJECT", session(helo="x" * 300), None),
    ("check_recipient_mx_access inline:x=OK", SESSION, None),
    (
        "check_reverse_client_hostname_mx_access inline:x=OK",
        session(client=_NAMELESS),
        None,
    ),
    # Lists in the DNS
    (
        "reject_rbl_client zen.example",
        session(client=_NAMELESS),
        (
            "554 5.7.1 <unknown[192.0.2.1]>: client refused: "
            "[192.0.2.1] is on the list zen.example: ask the list"
        ),
    ),
    ("reject_rbl_client zen.example=127.0.0.[2..4]", session(client=_NAMELESS), "554 5.7.1 "),
    ("reject_rbl_client zen.example=127.0.0.[4;8]", session(client=_NAMELESS), None),
    ("reject_rbl_client zen.example", SESSION, None),
    ("reject_rbl_client zen.example", client(address="no address"), None),
    ("reject_rbl_client slow.example", session(client=_NAMELESS), "451 4.3.0 "),
    ("reject_rhsbl_sender names.example", session(sender="a@bad.example"), "554 5.7.1 <a@bad."),
    ("reject_rhsbl_sender names.example", session(sender=""), None),
    ("reject_rhsbl_sender names.example", session(sender="a@b c.example"), None),
    ("reject_rhsbl_recipient names.example", session(recipient="a@bad.example"), "554 5.7.1 "),
    ("reject_rhsbl_helo names.example", session(helo="bad.example."), "554 5.7.1 <bad.example.>"),
    ("reject_rhsbl_reverse_client names.example", session(client=_HALF_NAMED), "554 5.7.1 <unk"),
    ("reject_rhsbl_client names.example", session(client=_HALF_NAMED), None),
    ("reject_rhsbl_client names.example", client(hostname="bad.example"), "554 5.7.1 <bad."),
    ("permit_dnswl_client white.example, reject", SESSION, None),
    ("permit_dnswl_client white.example, reject", session(client=_NAMELESS), "554 "),
    ("permit_dnswl_client slow.example, reject", session(client=_NAMELESS), "450 4.7.0 "),
    ("permit_rhswl_client names.example, reject", client(hostname="bad.example"), None),
    ("reject_maps_rbl", session(client=_NAMELESS), "554 5.7.1 "),
    ("reject_maps_rbl", SESSION, None),
    # Whoever else decides
    ("check_policy_service grey", SESSION, "450 4.7.1 <bob@site.example>: "),
]


@pytest.mark.parametrize(
    ("text", "asked", "begins"), CASES, ids=[f"{n}-{case[0][:40]}" for n, case in enumerate(CASES)]
)
def test_restriction(text: str, asked: SmtpSession, begins: str | None) -> None:
    """A restriction refuses what it is for, with its codes, and nothing else."""
    reply = answer(text, asked)

    assert (begins is None) == (reply is None), reply
    assert begins is None or (reply or "").startswith(begins), reply


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("reject_unknown_client_hostname", "unknown_client"),
        ("reject_unknown_reverse_client_hostname", "unknown_client"),
    ],
)
def test_unasked_name_is_soft(text: str, code: str) -> None:
    """A name that could not be looked up is refused for now, whatever the site's code."""
    site = attrs.evolve(SITE, codes=ReplyCodes(**{code: 550}))

    assert str(answer(text, session(client=_NAMELESS), site=site)).startswith("550 5.7.")
    assert str(answer(text, session(client=_UNASKED), site=site)).startswith("450 4.7.")


@pytest.mark.parametrize("field", attrs.fields_dict(ReplyCodes))
def test_code_of_the_site(field: str) -> None:
    """Each reply code of the site is used, and the status takes its class."""
    site = attrs.evolve(SITE, codes=ReplyCodes(**{field: 599}))
    answers = [answer(text, asked, site=site) or "" for text, asked, _ in CASES]
    answers.append(
        answer("reject_multi_recipient_bounce", session(sender="", recipients=2), site=site) or ""
    )

    used = [each for each in answers if each.startswith("599 ")]
    assert used
    assert all(each.startswith("599 5.") for each in used)


def test_several_recipients() -> None:
    """A notification for more than one recipient is refused at DATA, other mail is not."""
    text = "reject_multi_recipient_bounce"

    def at_data(sender: str | None, recipients: int) -> str | None:
        return answer(text, session(sender=sender, recipients=recipients), stage=Stage.DATA)

    assert str(at_data("", 2)).startswith("550 5.5.3 <DATA>: DATA command refused: ")
    assert [None, None, None] == [at_data("", 1), at_data("ann@a.example", 5), at_data(None, 0)]


def test_backup_networks() -> None:
    """Where the site says so, the primary MX has to be in a network that it names."""
    asked = session(recipient="a@backup.example")
    resolver = attrs.evolve(RESOLVER, a={"mx.primary.example": ("203.0.113.5",)})
    for key, permits in (("203.0.113", True), ("203.0.114", False)):
        networks = FixedTable({key: "OK"}, "backups")
        site = attrs.evolve(SITE, resolver=resolver, backup_networks=networks)
        assert permits is (answer("permit_mx_backup, reject", asked, site=site) is None)


def test_list_that_does_not_answer() -> None:
    """A site may pass over a block list that fails; by default mail waits."""
    asked = session(client=_NAMELESS)
    site = attrs.evolve(SITE, skips_failed_lists=True)

    assert None is answer("reject_rbl_client slow.example", asked, site=site)
    assert str(answer("reject_rbl_client slow.example", asked)).startswith("451 4.3.0 ")


@pytest.mark.parametrize(
    "text",
    [
        "check_sender_access broken:x",
        "check_client_access broken:x, permit",
        "permit_mynetworks",
        "permit_tls_clientcerts",
        "reject_sender_login_mismatch",
        "reject_unauth_destination",
        "reject_unlisted_recipient",
        "reject_unknown_sender_domain",
    ],
)
def test_failed_lookup(text: str) -> None:
    """What cannot be looked up answers 451 4.3.0 and lets nothing pass."""
    broken = BrokenTable()
    site = attrs.evolve(
        SITE,
        networks=broken,
        certificates=broken,
        login_owners=broken,
        directory=FakeDirectory(is_broken=True),
    )
    asked = client(certificates=("AA",))

    assert str(answer(text, asked, site=site)).startswith("451 4.3.0 ")


@pytest.mark.parametrize(
    "text",
    [
        "permit_auth_destination, reject",
        "reject_unauth_destination",
        "permit_mx_backup, reject",
        "reject_unknown_recipient_domain",
        "reject_unlisted_recipient",
        "reject_unverified_recipient",
        "check_policy_service grey",
    ],
)
def test_no_answer_lets_no_mail_pass(text: str) -> None:
    """A directory of the site's own that says `None` of a domain has not made it ours.

    Mail for it would be relayed for anybody (RFC 2505 s2.1).
    """
    nothing: Any = None
    recipient = "eve@elsewhere.example"
    site = attrs.evolve(
        SITE,
        directory=FakeDirectory(
            kinds={"elsewhere.example": nothing}, listings={recipient: nothing}
        ),
        prober=FakeProber({recipient: nothing}),
        policies={"grey": FakeService(nothing)},
    )

    assert str(answer(text, session(recipient=recipient), site=site)).startswith("451 4.3.0 ")


def test_policy_is_told() -> None:
    """A policy service is told what is known, by the names that such services expect."""
    service = FakeService("DUNNO")
    site = attrs.evolve(SITE, policies={"grey": service})

    assert None is answer("check_policy_service grey", session(login="ann"), site=site)
    assert {
        "request": "smtpd_access_policy",
        "protocol_state": "RCPT",
        "helo_name": "mail.good.example",
        "sender": "ann@good.example",
        "recipient": "bob@site.example",
        "recipient_count": "0",
        "client_address": "192.0.2.7",
        "client_name": "mail.good.example",
        "reverse_client_name": "mail.good.example",
        "sasl_username": "ann",
        "size": "0",
        "ccert_fingerprint": "",
        "etrn_domain": "",
    } == service.told


@pytest.mark.parametrize(
    ("command", "count"), [(Stage.RECIPIENT, "0"), (Stage.DATA, "3"), (Stage.END_OF_DATA, "3")]
)
def test_policy_is_told_what_a_server_knows_besides(command: Stage, count: str) -> None:
    """Details go with the rest, and change none of it; recipients count when all are known."""
    service = FakeService("DUNNO")
    site = attrs.evolve(SITE, policies={"grey": service})
    details = {"instance": "1a.2b", "sender": "somebody else"}
    told = session(recipients=3, details=details)
    answer("check_policy_service grey", told, stage=command, site=site)

    assert ("1a.2b", "ann@good.example", count) == (
        service.told["instance"], service.told["sender"], service.told["recipient_count"],
    )  # fmt: skip


def test_policy_that_talks_nonsense() -> None:
    """What a policy service says has to be an action."""
    site = attrs.evolve(SITE, policies={"grey": FakeService("hello there")})

    assert str(answer("check_policy_service grey", site=site)).startswith("451 4.3.5 ")


def test_parents_of_domains() -> None:
    """Where parents do not match, only `.domain` stands for the domains below."""
    site = attrs.evolve(SITE, parents_match=False)
    asked = session(sender="ann@a.good.example")

    def refuses(key: str) -> bool:
        return answer(f"check_sender_access inline:{key}=REJECT", asked, site=site) is not None

    assert (True, False) == (refuses(".good.example"), refuses("good.example"))


def test_without_directory() -> None:
    """Without a directory every named domain is looked up."""
    site = attrs.evolve(SITE, directory=None)
    asked = session(sender="ann@none.example")

    assert str(answer("reject_unknown_sender_domain", asked, site=site)).startswith("450 4.1.8 ")
    assert str(answer("reject_unknown_sender_domain", asked)).startswith("450 4.1.8 ")
    assert DIRECTORY is SITE.directory


@pytest.mark.parametrize("name", [name for name, kind in RESTRICTIONS.items() if kind.needs])
def test_rule_of_a_bare_site(name: str) -> None:
    """A rule that is asked without what it needs permits nothing."""
    inquiry = Inquiry(
        session=client(certificates=("AA",)),
        site=Site(),
        stage=Stage.RECIPIENT,
        command=Stage.RECIPIENT,
        table=FixedTable({"example": "OK"}),
        argument="white.example",
    )
    rule = RESTRICTIONS[name].rule
    assert rule is not None

    finding = run(rule(inquiry))

    assert finding is None or finding.ruling is Ruling.REFUSE
