# What type checkers and editors see of `dsnlib`; at run time its names are loaded on first
# use (docs/decisions/0005).  tests/test_facade.py holds the two together.

from dsnlib.bounces.address_key import address_key
from dsnlib.bounces.anonymize import anonymize
from dsnlib.bounces.correlate import correlate
from dsnlib.bounces.dialect import Dialect
from dsnlib.bounces.dialects.shipped import dialect_index
from dsnlib.bounces.event import BounceEvent, Confidence, EventKind, Evidence
from dsnlib.bounces.event_record import event_record, read_event_record
from dsnlib.bounces.index import DialectIndex
from dsnlib.bounces.kinds.feedback import Feedback, read_feedback_report
from dsnlib.bounces.kinds.message_kind import MessageKind, tell_kind
from dsnlib.bounces.kinds.receipt import Receipt, read_receipt
from dsnlib.bounces.links.envelope_id import issue_envelope_id, read_envelope_id
from dsnlib.bounces.links.event_id import digest_bounce
from dsnlib.bounces.links.fingerprint import fingerprint
from dsnlib.bounces.links.link import Correlation, Issuer, Link, LinkKind
from dsnlib.bounces.links.return_path import SignedPath, read_return_path, sign_return_path
from dsnlib.bounces.links.verp import (
    decode_verp,
    encode_keyed_verp,
    encode_verp,
    read_keyed_verp,
)
from dsnlib.bounces.logs.exim import EximLog
from dsnlib.bounces.logs.postfix import PostfixLog
from dsnlib.bounces.outcome_event import outcome_event
from dsnlib.bounces.probe import SentProbe
from dsnlib.bounces.read import read_bounces
from dsnlib.bounces.reason import Classification, classify_reply
from dsnlib.bounces.rules.names import foreign_name
from dsnlib.bounces.rules.rule_file import load_rules
from dsnlib.bounces.rules.rule_set import RuleSet
from dsnlib.bounces.rules.shipped import shipped_rules
from dsnlib.bounces.score import judge_address
from dsnlib.bounces.score_policy import ScorePolicy
from dsnlib.bounces.services.anymail import read_anymail
from dsnlib.bounces.services.ses import read_ses
from dsnlib.bounces.standing import Judgement, Standing
from dsnlib.bounces.suppression import Suppression, SuppressionSource
from dsnlib.bounces.taxonomy import TAXONOMY_VERSION, Fault, Permanence, Reason
from dsnlib.bounces.unknown import UnknownBounce
from dsnlib.compose.block import Template, TemplateClass
from dsnlib.compose.bounce import BounceComposer
from dsnlib.compose.human import HumanForm
from dsnlib.compose.language.catalogue import Catalogue
from dsnlib.compose.language.choose import LanguageChoice, LanguageSource, choose_language
from dsnlib.compose.library import TemplateLibrary
from dsnlib.compose.message import ComposedMessage
from dsnlib.compose.postfix.parameters import Parameters
from dsnlib.compose.returned import ReturnRules
from dsnlib.compose.shipped import shipped_languages
from dsnlib.compose.template import TemplateSet, load_templates, load_templates_or_builtin
from dsnlib.compose.wording import Wording
from dsnlib.errors import (
    CatalogueError,
    ConfigurationError,
    Defect,
    DsnError,
    InvalidAddress,
    InvalidParameter,
    InvalidReply,
    InvalidStatusCode,
    InvalidValue,
    InvalidXtext,
    LimitExceeded,
    LookupFailed,
    MalformedReport,
    NotADeliveryReport,
    ParseError,
    RestrictionError,
    StoreError,
    StoreUnavailable,
    TableError,
    TemplateError,
)
from dsnlib.model.address import DiagnosticCode, Mailbox, MtaName, TypedAddress
from dsnlib.model.date import format_date, guess_date, parse_date
from dsnlib.model.deliver_by import ByMode, DeliverBy
from dsnlib.model.envelope import Body, Envelope, Recipient
from dsnlib.model.esmtp import (
    MailParameters,
    Notify,
    RcptParameters,
    Ret,
    parse_mail_parameters,
    parse_rcpt_parameters,
)
from dsnlib.model.fields import ExtensionField, LocalizedDiagnostic
from dsnlib.model.outcome import DeliveryOutcome, Disposition
from dsnlib.model.parameter import EsmtpParameter
from dsnlib.model.registry import RegistryEntry, StatusDescription, describe, look_up
from dsnlib.model.reply import SmtpReply
from dsnlib.model.report import Action, DeliveryReport, Kind, MessageFields, RecipientFields
from dsnlib.model.returned import Attachment, ReturnedContent, ReturnedMessage
from dsnlib.model.status import EnhancedStatusCode, StatusClass
from dsnlib.model.xtext import (
    decode_utf8_address,
    decode_xtext,
    encode_utf8_address,
    encode_xtext,
)
from dsnlib.parse.limits import Limits
from dsnlib.parse.report import parse_report, read_reports
from dsnlib.policy.budget import Budget, Spending
from dsnlib.policy.draft import Withheld
from dsnlib.policy.dsn_policy import DsnPolicy, PostmasterClass
from dsnlib.policy.expand import ExpandedMail, expand
from dsnlib.policy.expansion import ExpandPolicy, Expansion, ExpansionKind, SeveralOption
from dsnlib.policy.facts import MessageFacts, SpfResult
from dsnlib.policy.gateway import ForeignRequest, ForeignSystem, plan_gateway
from dsnlib.policy.guard import GUARDS, Guards
from dsnlib.policy.hop import NextHop
from dsnlib.policy.notify import DsnDecision, plan_dsns
from dsnlib.policy.plan import Audience, DsnPlan
from dsnlib.policy.privacy import Privacy
from dsnlib.policy.profile import PROFILES, Profile
from dsnlib.policy.relay import RelayPlan, RelayPolicy, RelayRecipient, Transaction, plan_relay
from dsnlib.policy.reporter import Reporter
from dsnlib.policy.schedule import (
    AttemptPlan,
    QueueHistory,
    RetryPolicy,
    RetryVerdict,
    plan_attempt,
)
from dsnlib.policy.settle import (
    Settled,
    SmtpStep,
    TransactionReplies,
    settle_recipients,
    settle_relay,
)
from dsnlib.policy.trail import Effect, TrailEntry
from dsnlib.policy.verp import split_for_verp
from dsnlib.replies.access import AccessAction, ActionKind, parse_action
from dsnlib.replies.capabilities import Capabilities, OtherExtension, SessionLimits
from dsnlib.replies.check_tables import ContentChecks
from dsnlib.replies.checks import CheckMatch, ContentVerdict, check_content, check_content_sync
from dsnlib.replies.content import ContentLimits
from dsnlib.replies.defaults import default_status
from dsnlib.replies.discard import DiscardRules, Discards, discard_offered, parse_discards
from dsnlib.replies.ehlo import Offer
from dsnlib.replies.finding import Finding, Ruling
from dsnlib.replies.footer import ReplyFooter, add_footer, footer_values
from dsnlib.replies.judge import AccessPolicy, Verdict, judge, judge_now
from dsnlib.replies.refusal import refuse
from dsnlib.replies.resolver import Resolver, identify
from dsnlib.replies.restriction_names import RESTRICTIONS
from dsnlib.replies.restrictions import (
    Restriction,
    check_access_value,
    parse_classes,
    parse_restrictions,
)
from dsnlib.replies.rewrite import (
    RewriteRules,
    RewrittenOutcome,
    RewrittenReply,
    rewrite_outcome,
    rewrite_remote_reply,
    rewrite_reply,
    soften,
)
from dsnlib.replies.session import Client, SmtpSession
from dsnlib.replies.site import (
    Directory,
    DomainKind,
    Listing,
    PolicyService,
    Probe,
    Prober,
    ReplyCodes,
    Site,
)
from dsnlib.replies.stage import Stage, fit_status
from dsnlib.replies.standard import StandardReply
from dsnlib.replies.table import Table
from dsnlib.replies.tables import parse_table

__all__ = [
    "GUARDS",
    "PROFILES",
    "RESTRICTIONS",
    "TAXONOMY_VERSION",
    "AccessAction",
    "AccessPolicy",
    "Action",
    "ActionKind",
    "Attachment",
    "AttemptPlan",
    "Audience",
    "Body",
    "BounceComposer",
    "BounceEvent",
    "Budget",
    "ByMode",
    "Capabilities",
    "Catalogue",
    "CatalogueError",
    "CheckMatch",
    "Classification",
    "Client",
    "ComposedMessage",
    "Confidence",
    "ConfigurationError",
    "ContentChecks",
    "ContentLimits",
    "ContentVerdict",
    "Correlation",
    "Defect",
    "DeliverBy",
    "DeliveryOutcome",
    "DeliveryReport",
    "DiagnosticCode",
    "Dialect",
    "DialectIndex",
    "Directory",
    "DiscardRules",
    "Discards",
    "Disposition",
    "DomainKind",
    "DsnDecision",
    "DsnError",
    "DsnPlan",
    "DsnPolicy",
    "Effect",
    "EnhancedStatusCode",
    "Envelope",
    "EsmtpParameter",
    "EventKind",
    "Evidence",
    "EximLog",
    "ExpandPolicy",
    "ExpandedMail",
    "Expansion",
    "ExpansionKind",
    "ExtensionField",
    "Fault",
    "Feedback",
    "Finding",
    "ForeignRequest",
    "ForeignSystem",
    "Guards",
    "HumanForm",
    "InvalidAddress",
    "InvalidParameter",
    "InvalidReply",
    "InvalidStatusCode",
    "InvalidValue",
    "InvalidXtext",
    "Issuer",
    "Judgement",
    "Kind",
    "LanguageChoice",
    "LanguageSource",
    "LimitExceeded",
    "Limits",
    "Link",
    "LinkKind",
    "Listing",
    "LocalizedDiagnostic",
    "LookupFailed",
    "MailParameters",
    "Mailbox",
    "MalformedReport",
    "MessageFacts",
    "MessageFields",
    "MessageKind",
    "MtaName",
    "NextHop",
    "NotADeliveryReport",
    "Notify",
    "Offer",
    "OtherExtension",
    "Parameters",
    "ParseError",
    "Permanence",
    "PolicyService",
    "PostfixLog",
    "PostmasterClass",
    "Privacy",
    "Probe",
    "Prober",
    "Profile",
    "QueueHistory",
    "RcptParameters",
    "Reason",
    "Receipt",
    "Recipient",
    "RecipientFields",
    "RegistryEntry",
    "RelayPlan",
    "RelayPolicy",
    "RelayRecipient",
    "ReplyCodes",
    "ReplyFooter",
    "Reporter",
    "Resolver",
    "Restriction",
    "RestrictionError",
    "Ret",
    "RetryPolicy",
    "RetryVerdict",
    "ReturnRules",
    "ReturnedContent",
    "ReturnedMessage",
    "RewriteRules",
    "RewrittenOutcome",
    "RewrittenReply",
    "RuleSet",
    "Ruling",
    "ScorePolicy",
    "SentProbe",
    "SessionLimits",
    "Settled",
    "SeveralOption",
    "SignedPath",
    "Site",
    "SmtpReply",
    "SmtpSession",
    "SmtpStep",
    "Spending",
    "SpfResult",
    "Stage",
    "StandardReply",
    "Standing",
    "StatusClass",
    "StatusDescription",
    "StoreError",
    "StoreUnavailable",
    "Suppression",
    "SuppressionSource",
    "Table",
    "TableError",
    "Template",
    "TemplateClass",
    "TemplateError",
    "TemplateLibrary",
    "TemplateSet",
    "TrailEntry",
    "Transaction",
    "TransactionReplies",
    "TypedAddress",
    "UnknownBounce",
    "Verdict",
    "Withheld",
    "Wording",
    "add_footer",
    "address_key",
    "anonymize",
    "check_access_value",
    "check_content",
    "check_content_sync",
    "choose_language",
    "classify_reply",
    "correlate",
    "decode_utf8_address",
    "decode_verp",
    "decode_xtext",
    "default_status",
    "describe",
    "dialect_index",
    "digest_bounce",
    "discard_offered",
    "encode_keyed_verp",
    "encode_utf8_address",
    "encode_verp",
    "encode_xtext",
    "event_record",
    "expand",
    "fingerprint",
    "fit_status",
    "footer_values",
    "foreign_name",
    "format_date",
    "guess_date",
    "identify",
    "issue_envelope_id",
    "judge",
    "judge_address",
    "judge_now",
    "load_rules",
    "load_templates",
    "load_templates_or_builtin",
    "look_up",
    "outcome_event",
    "parse_action",
    "parse_classes",
    "parse_date",
    "parse_discards",
    "parse_mail_parameters",
    "parse_rcpt_parameters",
    "parse_report",
    "parse_restrictions",
    "parse_table",
    "plan_attempt",
    "plan_dsns",
    "plan_gateway",
    "plan_relay",
    "read_anymail",
    "read_bounces",
    "read_envelope_id",
    "read_event_record",
    "read_feedback_report",
    "read_keyed_verp",
    "read_receipt",
    "read_reports",
    "read_return_path",
    "read_ses",
    "refuse",
    "rewrite_outcome",
    "rewrite_remote_reply",
    "rewrite_reply",
    "settle_recipients",
    "settle_relay",
    "shipped_languages",
    "shipped_rules",
    "sign_return_path",
    "soften",
    "split_for_verp",
    "tell_kind",
]
