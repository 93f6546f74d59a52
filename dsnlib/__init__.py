"""Delivery status notifications and enhanced status codes for Python mail systems.

RFC 3461-3464 in full, with 6522, 6533, 2034 and 5248.  The public names are
here; each is defined in the module that its name suggests, and that module is
loaded when the name is first used: a filter that starts once for each message
pays for what it needs (docs/decisions/0005).
"""

from __future__ import annotations

import importlib

# Where the public names are defined.
_NAMES = {
    "dsnlib.bounces.address_key": "address_key",
    "dsnlib.bounces.anonymize": "anonymize",
    "dsnlib.bounces.correlate": "correlate",
    "dsnlib.bounces.dialect": "Dialect",
    "dsnlib.bounces.dialects.shipped": "dialect_index",
    "dsnlib.bounces.event": "BounceEvent Confidence EventKind Evidence",
    "dsnlib.bounces.event_record": "event_record read_event_record",
    "dsnlib.bounces.index": "DialectIndex",
    "dsnlib.bounces.kinds.feedback": "Feedback read_feedback_report",
    "dsnlib.bounces.kinds.message_kind": "MessageKind tell_kind",
    "dsnlib.bounces.kinds.receipt": "Receipt read_receipt",
    "dsnlib.bounces.links.envelope_id": "issue_envelope_id read_envelope_id",
    "dsnlib.bounces.links.event_id": "digest_bounce",
    "dsnlib.bounces.links.fingerprint": "fingerprint",
    "dsnlib.bounces.links.link": "Correlation Issuer Link LinkKind",
    "dsnlib.bounces.links.return_path": "SignedPath read_return_path sign_return_path",
    "dsnlib.bounces.links.verp": "decode_verp encode_keyed_verp encode_verp read_keyed_verp",
    "dsnlib.bounces.logs.exim": "EximLog",
    "dsnlib.bounces.logs.postfix": "PostfixLog",
    "dsnlib.bounces.outcome_event": "outcome_event",
    "dsnlib.bounces.probe": "SentProbe",
    "dsnlib.bounces.read": "read_bounces",
    "dsnlib.bounces.reason": "Classification classify_reply",
    "dsnlib.bounces.rules.names": "foreign_name",
    "dsnlib.bounces.rules.rule_file": "load_rules",
    "dsnlib.bounces.rules.rule_set": "RuleSet",
    "dsnlib.bounces.rules.shipped": "shipped_rules",
    "dsnlib.bounces.score": "judge_address",
    "dsnlib.bounces.score_policy": "ScorePolicy",
    "dsnlib.bounces.services.anymail": "read_anymail",
    "dsnlib.bounces.services.ses": "read_ses",
    "dsnlib.bounces.standing": "Judgement Standing",
    "dsnlib.bounces.suppression": "Suppression SuppressionSource",
    "dsnlib.bounces.taxonomy": "Fault Permanence Reason TAXONOMY_VERSION",
    "dsnlib.bounces.unknown": "UnknownBounce",
    "dsnlib.compose.block": "Template TemplateClass",
    "dsnlib.compose.bounce": "BounceComposer",
    "dsnlib.compose.human": "HumanForm",
    "dsnlib.compose.language.catalogue": "Catalogue",
    "dsnlib.compose.language.choose": "LanguageChoice LanguageSource choose_language",
    "dsnlib.compose.library": "TemplateLibrary",
    "dsnlib.compose.message": "ComposedMessage",
    "dsnlib.compose.postfix.parameters": "Parameters",
    "dsnlib.compose.returned": "ReturnRules",
    "dsnlib.compose.shipped": "shipped_languages",
    "dsnlib.compose.template": "TemplateSet load_templates load_templates_or_builtin",
    "dsnlib.compose.wording": "Wording",
    "dsnlib.errors": (
        "CatalogueError ConfigurationError Defect DsnError InvalidAddress InvalidParameter "
        "InvalidReply InvalidStatusCode InvalidValue InvalidXtext LimitExceeded "
        "LookupFailed MalformedReport NotADeliveryReport ParseError RestrictionError StoreError "
        "StoreUnavailable TableError TemplateError"
    ),
    "dsnlib.model.address": "DiagnosticCode Mailbox MtaName TypedAddress",
    "dsnlib.model.date": "format_date guess_date parse_date",
    "dsnlib.model.deliver_by": "ByMode DeliverBy",
    "dsnlib.model.envelope": "Body Envelope Recipient",
    "dsnlib.model.esmtp": (
        "MailParameters Notify RcptParameters Ret parse_mail_parameters parse_rcpt_parameters"
    ),
    "dsnlib.model.fields": "ExtensionField LocalizedDiagnostic",
    "dsnlib.model.outcome": "DeliveryOutcome Disposition",
    "dsnlib.model.parameter": "EsmtpParameter",
    "dsnlib.model.registry": "RegistryEntry StatusDescription describe look_up",
    "dsnlib.model.reply": "SmtpReply",
    "dsnlib.model.report": "Action DeliveryReport Kind MessageFields RecipientFields",
    "dsnlib.model.returned": "Attachment ReturnedContent ReturnedMessage",
    "dsnlib.model.status": "EnhancedStatusCode StatusClass",
    "dsnlib.model.xtext": "decode_utf8_address decode_xtext encode_utf8_address encode_xtext",
    "dsnlib.parse.limits": "Limits",
    "dsnlib.parse.report": "parse_report read_reports",
    "dsnlib.policy.budget": "Budget Spending",
    "dsnlib.policy.draft": "Withheld",
    "dsnlib.policy.dsn_policy": "DsnPolicy PostmasterClass",
    "dsnlib.policy.expand": "ExpandedMail expand",
    "dsnlib.policy.expansion": "ExpandPolicy Expansion ExpansionKind SeveralOption",
    "dsnlib.policy.facts": "MessageFacts SpfResult",
    "dsnlib.policy.gateway": "ForeignRequest ForeignSystem plan_gateway",
    "dsnlib.policy.guard": "GUARDS Guards",
    "dsnlib.policy.hop": "NextHop",
    "dsnlib.policy.notify": "DsnDecision plan_dsns",
    "dsnlib.policy.plan": "Audience DsnPlan",
    "dsnlib.policy.privacy": "Privacy",
    "dsnlib.policy.profile": "PROFILES Profile",
    "dsnlib.policy.relay": "RelayPlan RelayPolicy RelayRecipient Transaction plan_relay",
    "dsnlib.policy.reporter": "Reporter",
    "dsnlib.policy.schedule": "AttemptPlan QueueHistory RetryPolicy RetryVerdict plan_attempt",
    "dsnlib.policy.settle": "Settled SmtpStep TransactionReplies settle_recipients settle_relay",
    "dsnlib.policy.trail": "Effect TrailEntry",
    "dsnlib.policy.verp": "split_for_verp",
    "dsnlib.replies.access": "AccessAction ActionKind parse_action",
    "dsnlib.replies.capabilities": "Capabilities OtherExtension SessionLimits",
    "dsnlib.replies.check_tables": "ContentChecks",
    "dsnlib.replies.checks": "CheckMatch ContentVerdict check_content check_content_sync",
    "dsnlib.replies.content": "ContentLimits",
    "dsnlib.replies.defaults": "default_status",
    "dsnlib.replies.discard": "DiscardRules Discards discard_offered parse_discards",
    "dsnlib.replies.ehlo": "Offer",
    "dsnlib.replies.finding": "Finding Ruling",
    "dsnlib.replies.footer": "ReplyFooter add_footer footer_values",
    "dsnlib.replies.judge": "AccessPolicy Verdict judge judge_now",
    "dsnlib.replies.refusal": "refuse",
    "dsnlib.replies.resolver": "Resolver identify",
    "dsnlib.replies.restriction_names": "RESTRICTIONS",
    "dsnlib.replies.restrictions": (
        "Restriction check_access_value parse_classes parse_restrictions"
    ),
    "dsnlib.replies.rewrite": (
        "RewriteRules RewrittenOutcome RewrittenReply rewrite_outcome rewrite_remote_reply "
        "rewrite_reply soften"
    ),
    "dsnlib.replies.session": "Client SmtpSession",
    "dsnlib.replies.site": (
        "Directory DomainKind Listing PolicyService Probe Prober ReplyCodes Site"
    ),
    "dsnlib.replies.stage": "Stage fit_status",
    "dsnlib.replies.standard": "StandardReply",
    "dsnlib.replies.table": "Table",
    "dsnlib.replies.tables": "parse_table",
}
_HOMES = {name: module for module, names in _NAMES.items() for name in names.split()}
__all__ = list(_HOMES)


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
