"""One text is no collection of texts: every value and every function that wants several says so."""

from __future__ import annotations

import ast
import asyncio
import random
import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dsnlib import (
    Capabilities,
    Client,
    ContentVerdict,
    Dialect,
    Discards,
    DsnPlan,
    DsnPolicy,
    Expansion,
    ExpansionKind,
    Feedback,
    Guards,
    InvalidValue,
    Issuer,
    Judgement,
    MailParameters,
    MessageFacts,
    Privacy,
    RcptParameters,
    Reason,
    Receipt,
    RelayRecipient,
    RewrittenOutcome,
    RewrittenReply,
    Site,
    SmtpReply,
    Standing,
    Suppression,
    SuppressionSource,
    Transaction,
    check_access_value,
    choose_language,
    dialect_index,
    expand,
    parse_classes,
    parse_restrictions,
    read_envelope_id,
    read_keyed_verp,
    read_return_path,
)
from dsnlib.adapters.agents.domains import Domains
from dsnlib.adapters.client.cache import ConnectionCache
from dsnlib.adapters.client.features import PeerFeatures
from dsnlib.adapters.client.routes.exchangers import order_exchangers
from dsnlib.adapters.client.routes.hosts import HostAnswer
from dsnlib.adapters.client.routes.route_settings import RouteSettings
from dsnlib.adapters.client.sasl.policy import SaslPolicy
from dsnlib.adapters.client.tls.policies import TlsPolicies, TlsPolicyEntry
from dsnlib.adapters.client.tls.policy import ClientTlsLevel, TlsPolicy
from dsnlib.adapters.config.key import Key, keys_of
from dsnlib.adapters.config.keys import PARTS
from dsnlib.adapters.config.listen import Listen
from dsnlib.adapters.content import Content
from dsnlib.adapters.dns import DnsResolver
from dsnlib.adapters.feeds.mail_reading import MailReader
from dsnlib.adapters.feeds.subscriber import attribute
from dsnlib.adapters.history.exchange import read_suppressions_text
from dsnlib.adapters.intake import ReceivedMessage
from dsnlib.adapters.mailboxes.inputs import read_inputs
from dsnlib.adapters.milter import MilterChain
from dsnlib.adapters.milters.edits import MilterEdits
from dsnlib.adapters.milters.macros import MacroStage
from dsnlib.adapters.milters.settings import Milter
from dsnlib.adapters.smtp_options import DsnOptions
from dsnlib.bounces.rules.rule import Provider, Rule
from dsnlib.bulk.plan_shards import plan_shards
from dsnlib.compose.language.choose import look_up_language
from dsnlib.replies.capabilities import OtherExtension
from tests.policy.cases import NOON, decide, envelope, outcome, rcpt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parent.parent / "dsnlib"
KEY = b"0123456789abcdef"
HELLO = SmtpReply.parse("250 2.0.0 Hello")
CLIENT = Client(address="::1")
MAIL = envelope()
FAILED = outcome(MAIL.recipients[0])
PLAN = decide(MAIL).plans[0]
MESSAGE: dict[str, Any] = {
    "queue_id": "4C",
    "envelope": MAIL,
    "content": Content(),
    "client": CLIENT,
}
TO: dict[str, Any] = {
    "address": "bob@example.org",
    "source": SuppressionSource.BOUNCE,
    "created": NOON,
}
SCORE: dict[str, Any] = {"judgement": Judgement.FINE, "score": 0, "threshold": 3}

# what makes the value, the field, several texts that it may have, what it makes of them if not
# the same
VALUES: tuple[tuple[Callable[..., Any], str, list[Any], Any], ...] = (
    # model
    (partial(SmtpReply, 250, None), "lines", ["Hello", "there"], None),
    (MailParameters, "as_received", ["RET=FULL"], None),
    (RcptParameters, "as_received", ["NOTIFY=NEVER"], None),
    # policy
    (partial(Expansion, kind=ExpansionKind.ALIAS), "targets", ["bob@x", "eve@x"], None),
    (Privacy, "internal_domains", [".Lan.example"], ("lan.example",)),
    (DsnPolicy, "double_bounce_senders", ["Ops@x"], {"ops@x"}),
    (partial(DsnPlan, report=PLAN.report, envelope=PLAN.envelope), "languages", ["de"], None),
    (Guards, "enabled", ["list-mail"], {"list-mail"}),
    (MessageFacts, "suppressed", ["oof"], {"oof"}),
    (partial(RelayRecipient, rcpt()), "options", ["NOTIFY=NEVER"], None),
    (partial(Transaction, sender="", recipients=()), "options", ["RET=FULL"], None),
    # replies
    (partial(OtherExtension, keyword="MT-PRIORITY"), "mail", ["mt-priority"], ("MT-PRIORITY",)),
    (partial(OtherExtension, keyword="MT-PRIORITY"), "rcpt", ["mt-priority"], ("MT-PRIORITY",)),
    (Capabilities, "auth", ["PLAIN", "LOGIN"], None),
    (Capabilities, "xclient", ["NAME"], None),
    (Capabilities, "xforward", ["NAME"], None),
    (partial(ContentVerdict, content=b""), "bcc", ["bob@x"], None),
    (Discards, "words", ["dsn"], {"dsn"}),
    (partial(RewrittenReply, reply=HELLO, original=HELLO), "fired", ["code"], None),
    (partial(RewrittenOutcome, outcome=FAILED, original=FAILED), "fired", ["code"], None),
    (partial(Client, address="::1"), "certificates", ["AA:BB"], None),
    (Site, "addresses", ["192.0.2.1"], {"192.0.2.1"}),
    (Site, "block_lists", ["bl.example"], None),
    # bounces
    (partial(Dialect, name="x"), "needles", ["some words"], None),
    (partial(Dialect, name="x", needles=["a b"]), "needs", ["some words"], None),
    (partial(Dialect, name="x", needles=["a b"]), "after", ["recipients:"], None),
    (partial(Dialect, name="x", needles=["a b"]), "before", ["reason:"], None),
    (partial(Dialect, name="x", needles=["a b"]), "recipients", ["to {address}"], None),
    (partial(Feedback, feedback_type="abuse"), "recipients", ["bob@x"], None),
    (partial(Feedback, feedback_type="abuse"), "reported_domains", ["x.example"], None),
    (Receipt, "modifiers", ["error"], None),
    (Receipt, "errors", ["none"], None),
    (Issuer, "senders", ["news@x"], None),
    (partial(Provider, name="x"), "hosts", ["mx.example"], None),
    (partial(Provider, name="x"), "marks", ["some words"], None),
    (partial(Rule, id="x", reason=Reason.UNKNOWN_USER), "needles", ["no such user"], None),
    (partial(Rule, id="x", reason=Reason.UNKNOWN_USER, needles=["a b"]), "providers", ["y"], None),
    (partial(Standing, **SCORE), "evidence", ["a", "b"], None),
    (partial(Suppression, **TO), "evidence", ["a", "b"], None),
    # adapters
    (partial(Domains, origin="x.example"), "local", ["X.example"], {"x.example"}),
    (partial(Domains, origin="x.example"), "alias", ["X.example"], {"x.example"}),
    (partial(Domains, origin="x.example"), "mailbox", ["X.example"], {"x.example"}),
    (partial(Domains, origin="x.example"), "relay", ["X.example"], {"x.example"}),
    (HostAnswer, "addresses", ["192.0.2.1"], None),
    (RouteSettings, "own_names", ["MX.example."], {"mx.example"}),
    (RouteSettings, "own_addresses", ["::0001"], {"::1"}),
    (RouteSettings, "fallback_relays", ["[mx.example]"], None),
    (SaslPolicy, "options", ["NoPlainText"], {"noplaintext"}),
    (SaslPolicy, "tls_options", ["NoPlainText"], {"noplaintext"}),
    (SaslPolicy, "mechanisms", ["plain"], ("PLAIN",)),
    (TlsPolicies, "verify_names", ["nexthop"], None),
    (TlsPolicies, "secure_names", ["nexthop"], None),
    (TlsPolicies, "versions", ["TLSv1.3"], None),
    (TlsPolicies, "mandatory_versions", ["TLSv1.3"], None),
    (TlsPolicies, "excluded_ciphers", ["RC4"], None),
    (TlsPolicies, "mandatory_excluded_ciphers", ["RC4"], None),
    (partial(TlsPolicyEntry, level=ClientTlsLevel.MAY), "match", ["x.example"], None),
    (partial(TlsPolicyEntry, level=ClientTlsLevel.MAY), "protocols", ["TLSv1.3"], None),
    (partial(TlsPolicyEntry, level=ClientTlsLevel.MAY), "exclude", ["RC4"], None),
    (TlsPolicy, "names", ["x.example"], None),
    (TlsPolicy, "versions", ["TLSv1.3"], None),
    (TlsPolicy, "excluded_ciphers", ["RC4"], None),
    (partial(ReceivedMessage, **MESSAGE), "copies", ["bob@x"], None),
    (partial(MilterEdits, content=Content()), "deleted", ["bob@x"], None),
    (partial(DsnOptions, is_announced=True), "mail_options", ["RET=FULL"], None),
)


def name_of(make: Callable[..., Any]) -> str:
    """Return what a class is called, some of whose arguments may be given."""
    return str(getattr(make, "func", make).__name__)


@pytest.mark.parametrize(
    ("make", "field", "several", "made"),
    VALUES,
    ids=[f"{name_of(make)}.{field}" for make, field, *_ in VALUES],
)
def test_a_value(make: Callable[..., Any], field: str, several: list[str], made: Any) -> None:  # noqa: ANN401  a tuple or a set
    """Several texts are taken as a list, one text is refused and named."""
    expected = tuple(several) if made is None else made
    one = several[0]

    assert expected == getattr(make(**{field: several}), field)
    with pytest.raises(InvalidValue, match=re.escape(f"{one!r} is one text, not a collection")):
        make(**{field: one})


@pytest.mark.parametrize("field", ["keys", "batv_keys", "srs_keys"])
@pytest.mark.parametrize("one", [KEY, KEY.decode()])
def test_a_secret(field: str, one: object) -> None:
    """One key is refused, and not shown."""
    make: Callable[..., Issuer] = Issuer

    assert (KEY,) == getattr(make(**{field: [KEY]}), field)
    with pytest.raises(InvalidValue, match="one key is no collection of keys") as caught:
        make(**{field: one})

    assert "0123" not in str(caught.value)
    assert caught.value.value is None


def test_macros() -> None:
    """The names of macros are several at each stage."""
    made = Milter(where="unix:/x", macros={MacroStage.HELO: ["{tls_version}"]})

    assert {MacroStage.HELO: ("{tls_version}",)} == made.macros
    with pytest.raises(InvalidValue, match="'i' is one text"):
        Milter(where="unix:/x", macros={MacroStage.MAIL: "i"})


# what takes one text in vain, how its message begins
FUNCTIONS: tuple[tuple[str, str, Callable[[Any], object]], ...] = (
    ("expand", "copies: ", lambda one: expand(MAIL, lambda _: None, copies=one)),
    ("choose_language", "available: ", choose_language),
    ("look_up_language", "available: ", lambda one: look_up_language("de", one)),
    ("dialect_index", "names: ", lambda one: dialect_index(names=one)),
    ("Guards.switch on", "on: ", lambda one: Guards().switch(on=one)),
    ("Guards.switch off", "off: ", lambda one: Guards().switch(off=one)),
    ("attribute", "arrived_at: ", lambda one: attribute((), b"", arrived_at=one)),
    ("MailReader.read", "arrived_at: ",
     lambda one: MailReader().read(b"", now=NOON, arrived_at=one)),
    ("read_suppressions_text", "lines: ",
     lambda one: list(read_suppressions_text(one, now=NOON))),
    ("read_inputs", "names: ", lambda one: list(read_inputs(one))),
    ("order_exchangers", "own_names: ",
     lambda one: order_exchangers([], own_names=one, chance=random.Random(1))),
    ("ConnectionCache", "destinations: ", lambda one: ConnectionCache(destinations=one)),
    ("plan_shards", "inputs: ", lambda one: list(plan_shards(one))),
    ("MilterChain.mail", "params: ", lambda one: asyncio.run(MilterChain([]).mail("", one))),
    ("MilterChain.rcpt", "params: ", lambda one: asyncio.run(MilterChain([]).rcpt("x", one))),
    ("DnsResolver", "servers: ", DnsResolver),
    ("parse_restrictions", "services: ", lambda one: parse_restrictions("", services=one)),
    ("parse_classes", "services: ", lambda one: parse_classes({}, services=one)),
    ("check_access_value services", "services: ",
     lambda one: check_access_value("OK", services=one)),
    ("check_access_value classes", "classes: ",
     lambda one: check_access_value("OK", classes=one)),
    ("PeerFeatures.from_ehlo", "lines: ", PeerFeatures.from_ehlo),
)  # fmt: skip


@pytest.mark.parametrize(
    ("start", "call"),
    [(start, call) for _, start, call in FUNCTIONS],
    ids=[name for name, *_ in FUNCTIONS],
)
@pytest.mark.parametrize("one", ["de", ""])
def test_a_function(start: str, call: Callable[[Any], object], one: str) -> None:
    """One text, the empty one too, is refused and the argument named."""
    with pytest.raises(InvalidValue, match=re.escape(f"{start}{one!r} is one text")):
        call(one)


@pytest.mark.parametrize(
    "call",
    [
        lambda key: read_envelope_id("x", keys=key),
        lambda key: read_keyed_verp("a+b@x", sender="a@x", keys=key),
        lambda key: read_return_path("x", batv_keys=key),
        lambda key: read_return_path("x", srs_keys=key),
    ],
    ids=["read_envelope_id", "read_keyed_verp", "batv_keys", "srs_keys"],
)
def test_a_function_of_secrets(call: Callable[[bytes], object]) -> None:
    """One key is refused, whatever there is to read."""
    with pytest.raises(InvalidValue, match=r"\Aone key is no collection of keys"):
        call(KEY)


SEVERAL = re.compile(r"(?:tuple\[(?:str|bytes), \.\.\.\]|frozenset\[(?:str|bytes)\])(?: \| None)?")
# Values that only the library makes, out of what it has read.
MADE_HERE = {
    "adapters/client/tls/handshake.py Handshake.wanted",
    "adapters/config/key.py Kind.allowed",
    "adapters/config/settings.py Settings.notes",
    "adapters/login/dovecot_lines.py Offered.properties",
    "adapters/server/certificate.py TlsFacts.fingerprints",
    "adapters/server/transaction.py Effects.copies",
    "adapters/server/transaction.py Effects.fields",
    "adapters/spool/recover.py Recovered.lost",
    "cli/verbs/plan/description.py MessageDescription.languages",
    "compose/heredoc.py Document.lines",
    "compose/postfix/segments.py Segments._literals",
    "compose/returned.py ReturnedPart.known",
    "report/page.py Section.charts",
}


def unconverted() -> Iterator[str]:
    """Yield each field of a public value that has several texts and takes one as it is."""
    for path in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.ClassDef) or node.name.startswith("_"):
                continue
            if not any("attrs." in ast.unparse(each) for each in node.decorator_list):
                continue
            for field in node.body:
                if not isinstance(field, ast.AnnAssign):
                    continue
                value = "" if field.value is None else ast.unparse(field.value)
                # Keys of the configuration have theirs by their kinds: see `test_every_key`.
                is_safe = "converter=" in value or "init=False" in value
                is_key = value.startswith(("key(", "_macros("))
                if SEVERAL.fullmatch(ast.unparse(field.annotation)) and not is_safe and not is_key:
                    place = path.relative_to(ROOT).as_posix()
                    yield f"{place} {node.name}.{ast.unparse(field.target)}"


@pytest.mark.parametrize(
    "key",
    [key for part in (*PARTS, Listen) for key in keys_of(part) if key.kind.is_list],
    ids=lambda key: f"{key.part.__name__}.{key.field}",
)
def test_every_key(key: Key) -> None:
    """A key with several values refuses one text, and keeps what it has by itself."""
    with pytest.raises(InvalidValue, match=r"\A'mail\.example' is one text"):
        key.part(**{key.field: "mail.example"})

    assert key.default == getattr(key.part(), key.field)


def test_every_value() -> None:
    """A field with several texts has a converter, which refuses one."""
    assert MADE_HERE == set(unconverted())
