"""Delivery status notifications and enhanced status codes for Python mail systems.

RFC 3461-3464 in full, with 6522, 6533, 2034 and 5248.  The public names are
here; each is defined in the module that its name suggests, and that module is
loaded when the name is first used: a filter that starts once for each message
pays for what it needs (docs/decisions/0005).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dsnlib.bounces.anonymize import anonymize
    from dsnlib.bounces.correlate import correlate
    from dsnlib.bounces.dialect import Dialect
    from dsnlib.bounces.dialects.shipped import dialect_index
    from dsnlib.bounces.event import BounceEvent, Confidence, EventKind, Evidence
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
    from dsnlib.bounces.read import read_bounces
    from dsnlib.bounces.reason import Classification, classify_reply
    from dsnlib.bounces.rules.names import foreign_name
    from dsnlib.bounces.rules.rule_file import load_rules
    from dsnlib.bounces.rules.rule_set import RuleSet
    from dsnlib.bounces.rules.shipped import shipped_rules
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
    from dsnlib.policy.settle import TransactionReplies, settle_relay
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
    from dsnlib.replies.restrictions import (
        RESTRICTIONS,
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
    "SessionLimits",
    "SeveralOption",
    "SignedPath",
    "Site",
    "SmtpReply",
    "SmtpSession",
    "Spending",
    "SpfResult",
    "Stage",
    "StandardReply",
    "StatusClass",
    "StatusDescription",
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
    "judge_now",
    "load_rules",
    "load_templates",
    "load_templates_or_builtin",
    "look_up",
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
    "read_bounces",
    "read_envelope_id",
    "read_feedback_report",
    "read_keyed_verp",
    "read_receipt",
    "read_reports",
    "read_return_path",
    "refuse",
    "rewrite_outcome",
    "rewrite_remote_reply",
    "rewrite_reply",
    "settle_relay",
    "shipped_languages",
    "shipped_rules",
    "sign_return_path",
    "soften",
    "split_for_verp",
    "tell_kind",
]

_HOMES = {
    "anonymize": "dsnlib.bounces.anonymize",
    "Correlation": "dsnlib.bounces.links.link",
    "correlate": "dsnlib.bounces.correlate",
    "Dialect": "dsnlib.bounces.dialect",
    "dialect_index": "dsnlib.bounces.dialects.shipped",
    "issue_envelope_id": "dsnlib.bounces.links.envelope_id",
    "read_envelope_id": "dsnlib.bounces.links.envelope_id",
    "BounceEvent": "dsnlib.bounces.event",
    "Confidence": "dsnlib.bounces.event",
    "EventKind": "dsnlib.bounces.event",
    "Evidence": "dsnlib.bounces.event",
    "digest_bounce": "dsnlib.bounces.links.event_id",
    "Feedback": "dsnlib.bounces.kinds.feedback",
    "read_feedback_report": "dsnlib.bounces.kinds.feedback",
    "fingerprint": "dsnlib.bounces.links.fingerprint",
    "DialectIndex": "dsnlib.bounces.index",
    "Issuer": "dsnlib.bounces.links.link",
    "Link": "dsnlib.bounces.links.link",
    "LinkKind": "dsnlib.bounces.links.link",
    "MessageKind": "dsnlib.bounces.kinds.message_kind",
    "tell_kind": "dsnlib.bounces.kinds.message_kind",
    "foreign_name": "dsnlib.bounces.rules.names",
    "read_bounces": "dsnlib.bounces.read",
    "Classification": "dsnlib.bounces.reason",
    "classify_reply": "dsnlib.bounces.reason",
    "Receipt": "dsnlib.bounces.kinds.receipt",
    "read_receipt": "dsnlib.bounces.kinds.receipt",
    "SignedPath": "dsnlib.bounces.links.return_path",
    "read_return_path": "dsnlib.bounces.links.return_path",
    "sign_return_path": "dsnlib.bounces.links.return_path",
    "load_rules": "dsnlib.bounces.rules.rule_file",
    "RuleSet": "dsnlib.bounces.rules.rule_set",
    "shipped_rules": "dsnlib.bounces.rules.shipped",
    "TAXONOMY_VERSION": "dsnlib.bounces.taxonomy",
    "Fault": "dsnlib.bounces.taxonomy",
    "Permanence": "dsnlib.bounces.taxonomy",
    "Reason": "dsnlib.bounces.taxonomy",
    "UnknownBounce": "dsnlib.bounces.unknown",
    "decode_verp": "dsnlib.bounces.links.verp",
    "encode_keyed_verp": "dsnlib.bounces.links.verp",
    "encode_verp": "dsnlib.bounces.links.verp",
    "read_keyed_verp": "dsnlib.bounces.links.verp",
    "Template": "dsnlib.compose.block",
    "TemplateClass": "dsnlib.compose.block",
    "BounceComposer": "dsnlib.compose.bounce",
    "HumanForm": "dsnlib.compose.human",
    "Catalogue": "dsnlib.compose.language.catalogue",
    "LanguageChoice": "dsnlib.compose.language.choose",
    "LanguageSource": "dsnlib.compose.language.choose",
    "choose_language": "dsnlib.compose.language.choose",
    "TemplateLibrary": "dsnlib.compose.library",
    "ComposedMessage": "dsnlib.compose.message",
    "Parameters": "dsnlib.compose.postfix.parameters",
    "ReturnRules": "dsnlib.compose.returned",
    "shipped_languages": "dsnlib.compose.shipped",
    "TemplateSet": "dsnlib.compose.template",
    "load_templates": "dsnlib.compose.template",
    "load_templates_or_builtin": "dsnlib.compose.template",
    "Wording": "dsnlib.compose.wording",
    "ConfigurationError": "dsnlib.errors",
    "LookupFailed": "dsnlib.errors",
    "RestrictionError": "dsnlib.errors",
    "TableError": "dsnlib.errors",
    "CatalogueError": "dsnlib.errors",
    "Defect": "dsnlib.errors",
    "DsnError": "dsnlib.errors",
    "InvalidAddress": "dsnlib.errors",
    "InvalidParameter": "dsnlib.errors",
    "InvalidReply": "dsnlib.errors",
    "InvalidStatusCode": "dsnlib.errors",
    "InvalidValue": "dsnlib.errors",
    "InvalidXtext": "dsnlib.errors",
    "LimitExceeded": "dsnlib.errors",
    "MalformedReport": "dsnlib.errors",
    "NotADeliveryReport": "dsnlib.errors",
    "ParseError": "dsnlib.errors",
    "TemplateError": "dsnlib.errors",
    "DiagnosticCode": "dsnlib.model.address",
    "Mailbox": "dsnlib.model.address",
    "MtaName": "dsnlib.model.address",
    "TypedAddress": "dsnlib.model.address",
    "format_date": "dsnlib.model.date",
    "guess_date": "dsnlib.model.date",
    "parse_date": "dsnlib.model.date",
    "ByMode": "dsnlib.model.deliver_by",
    "DeliverBy": "dsnlib.model.deliver_by",
    "Body": "dsnlib.model.envelope",
    "Envelope": "dsnlib.model.envelope",
    "Recipient": "dsnlib.model.envelope",
    "MailParameters": "dsnlib.model.esmtp",
    "Notify": "dsnlib.model.esmtp",
    "RcptParameters": "dsnlib.model.esmtp",
    "Ret": "dsnlib.model.esmtp",
    "parse_mail_parameters": "dsnlib.model.esmtp",
    "parse_rcpt_parameters": "dsnlib.model.esmtp",
    "ExtensionField": "dsnlib.model.fields",
    "LocalizedDiagnostic": "dsnlib.model.fields",
    "DeliveryOutcome": "dsnlib.model.outcome",
    "Disposition": "dsnlib.model.outcome",
    "EsmtpParameter": "dsnlib.model.parameter",
    "RegistryEntry": "dsnlib.model.registry",
    "StatusDescription": "dsnlib.model.registry",
    "describe": "dsnlib.model.registry",
    "look_up": "dsnlib.model.registry",
    "SmtpReply": "dsnlib.model.reply",
    "Action": "dsnlib.model.report",
    "DeliveryReport": "dsnlib.model.report",
    "Kind": "dsnlib.model.report",
    "MessageFields": "dsnlib.model.report",
    "RecipientFields": "dsnlib.model.report",
    "Attachment": "dsnlib.model.returned",
    "ReturnedContent": "dsnlib.model.returned",
    "ReturnedMessage": "dsnlib.model.returned",
    "EnhancedStatusCode": "dsnlib.model.status",
    "StatusClass": "dsnlib.model.status",
    "decode_utf8_address": "dsnlib.model.xtext",
    "decode_xtext": "dsnlib.model.xtext",
    "encode_utf8_address": "dsnlib.model.xtext",
    "encode_xtext": "dsnlib.model.xtext",
    "Limits": "dsnlib.parse.limits",
    "parse_report": "dsnlib.parse.report",
    "read_reports": "dsnlib.parse.report",
    "Budget": "dsnlib.policy.budget",
    "Spending": "dsnlib.policy.budget",
    "Withheld": "dsnlib.policy.draft",
    "DsnPolicy": "dsnlib.policy.dsn_policy",
    "PostmasterClass": "dsnlib.policy.dsn_policy",
    "ExpandedMail": "dsnlib.policy.expand",
    "expand": "dsnlib.policy.expand",
    "ExpandPolicy": "dsnlib.policy.expansion",
    "Expansion": "dsnlib.policy.expansion",
    "ExpansionKind": "dsnlib.policy.expansion",
    "SeveralOption": "dsnlib.policy.expansion",
    "MessageFacts": "dsnlib.policy.facts",
    "SpfResult": "dsnlib.policy.facts",
    "ForeignRequest": "dsnlib.policy.gateway",
    "ForeignSystem": "dsnlib.policy.gateway",
    "plan_gateway": "dsnlib.policy.gateway",
    "GUARDS": "dsnlib.policy.guard",
    "Guards": "dsnlib.policy.guard",
    "NextHop": "dsnlib.policy.hop",
    "DsnDecision": "dsnlib.policy.notify",
    "plan_dsns": "dsnlib.policy.notify",
    "Audience": "dsnlib.policy.plan",
    "DsnPlan": "dsnlib.policy.plan",
    "Privacy": "dsnlib.policy.privacy",
    "PROFILES": "dsnlib.policy.profile",
    "Profile": "dsnlib.policy.profile",
    "RelayPlan": "dsnlib.policy.relay",
    "RelayPolicy": "dsnlib.policy.relay",
    "RelayRecipient": "dsnlib.policy.relay",
    "Transaction": "dsnlib.policy.relay",
    "plan_relay": "dsnlib.policy.relay",
    "Reporter": "dsnlib.policy.reporter",
    "AttemptPlan": "dsnlib.policy.schedule",
    "QueueHistory": "dsnlib.policy.schedule",
    "RetryPolicy": "dsnlib.policy.schedule",
    "RetryVerdict": "dsnlib.policy.schedule",
    "plan_attempt": "dsnlib.policy.schedule",
    "TransactionReplies": "dsnlib.policy.settle",
    "settle_relay": "dsnlib.policy.settle",
    "Effect": "dsnlib.policy.trail",
    "TrailEntry": "dsnlib.policy.trail",
    "split_for_verp": "dsnlib.policy.verp",
    "AccessAction": "dsnlib.replies.access",
    "ActionKind": "dsnlib.replies.access",
    "parse_action": "dsnlib.replies.access",
    "Capabilities": "dsnlib.replies.capabilities",
    "OtherExtension": "dsnlib.replies.capabilities",
    "SessionLimits": "dsnlib.replies.capabilities",
    "ContentChecks": "dsnlib.replies.check_tables",
    "CheckMatch": "dsnlib.replies.checks",
    "ContentVerdict": "dsnlib.replies.checks",
    "check_content": "dsnlib.replies.checks",
    "check_content_sync": "dsnlib.replies.checks",
    "ContentLimits": "dsnlib.replies.content",
    "default_status": "dsnlib.replies.defaults",
    "DiscardRules": "dsnlib.replies.discard",
    "Discards": "dsnlib.replies.discard",
    "discard_offered": "dsnlib.replies.discard",
    "parse_discards": "dsnlib.replies.discard",
    "Offer": "dsnlib.replies.ehlo",
    "Finding": "dsnlib.replies.finding",
    "Ruling": "dsnlib.replies.finding",
    "ReplyFooter": "dsnlib.replies.footer",
    "add_footer": "dsnlib.replies.footer",
    "footer_values": "dsnlib.replies.footer",
    "AccessPolicy": "dsnlib.replies.judge",
    "Verdict": "dsnlib.replies.judge",
    "judge": "dsnlib.replies.judge",
    "judge_now": "dsnlib.replies.judge",
    "refuse": "dsnlib.replies.refusal",
    "Resolver": "dsnlib.replies.resolver",
    "identify": "dsnlib.replies.resolver",
    "RESTRICTIONS": "dsnlib.replies.restrictions",
    "Restriction": "dsnlib.replies.restrictions",
    "check_access_value": "dsnlib.replies.restrictions",
    "parse_classes": "dsnlib.replies.restrictions",
    "parse_restrictions": "dsnlib.replies.restrictions",
    "RewriteRules": "dsnlib.replies.rewrite",
    "RewrittenOutcome": "dsnlib.replies.rewrite",
    "RewrittenReply": "dsnlib.replies.rewrite",
    "rewrite_outcome": "dsnlib.replies.rewrite",
    "rewrite_remote_reply": "dsnlib.replies.rewrite",
    "rewrite_reply": "dsnlib.replies.rewrite",
    "soften": "dsnlib.replies.rewrite",
    "Client": "dsnlib.replies.session",
    "SmtpSession": "dsnlib.replies.session",
    "Directory": "dsnlib.replies.site",
    "DomainKind": "dsnlib.replies.site",
    "Listing": "dsnlib.replies.site",
    "PolicyService": "dsnlib.replies.site",
    "Probe": "dsnlib.replies.site",
    "Prober": "dsnlib.replies.site",
    "ReplyCodes": "dsnlib.replies.site",
    "Site": "dsnlib.replies.site",
    "Stage": "dsnlib.replies.stage",
    "fit_status": "dsnlib.replies.stage",
    "StandardReply": "dsnlib.replies.standard",
    "Table": "dsnlib.replies.table",
    "parse_table": "dsnlib.replies.tables",
}


# Type checkers see the imports above; to them any name would be right here.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Load the module that defines a public name (PEP 562)."""
        if name not in _HOMES:
            message = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(message)
        value = getattr(importlib.import_module(_HOMES[name]), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    """List the public names."""
    return sorted(__all__)
