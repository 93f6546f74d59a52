"""Delivery status notifications and enhanced status codes for Python mail systems.

RFC 3461-3464 in full, with 6522, 6533, 2034 and 5248.  The public names are
here; each is defined in the module that its name suggests.
"""

from dsnlib.errors import (
    Defect,
    DsnError,
    InvalidAddress,
    InvalidParameter,
    InvalidReply,
    InvalidStatusCode,
    InvalidValue,
    InvalidXtext,
    LimitExceeded,
    MalformedReport,
    NotADeliveryReport,
    ParseError,
)
from dsnlib.model.address import DiagnosticCode, Mailbox, MtaName, TypedAddress
from dsnlib.model.date import format_date, guess_date, parse_date
from dsnlib.model.envelope import Body, Envelope, Recipient
from dsnlib.model.esmtp import (
    EsmtpParameter,
    MailParameters,
    Notify,
    RcptParameters,
    Ret,
    parse_mail_parameters,
    parse_rcpt_parameters,
)
from dsnlib.model.outcome import DeliveryOutcome, Disposition
from dsnlib.model.registry import RegistryEntry, StatusDescription, describe, look_up
from dsnlib.model.reply import SmtpReply
from dsnlib.model.report import (
    Action,
    DeliveryReport,
    ExtensionField,
    Kind,
    LocalizedDiagnostic,
    MessageFields,
    RecipientFields,
)
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

__all__ = [
    "Action",
    "Attachment",
    "Body",
    "Defect",
    "DeliveryOutcome",
    "DeliveryReport",
    "DiagnosticCode",
    "Disposition",
    "DsnError",
    "EnhancedStatusCode",
    "Envelope",
    "EsmtpParameter",
    "ExtensionField",
    "InvalidAddress",
    "InvalidParameter",
    "InvalidReply",
    "InvalidStatusCode",
    "InvalidValue",
    "InvalidXtext",
    "Kind",
    "LimitExceeded",
    "Limits",
    "LocalizedDiagnostic",
    "MailParameters",
    "Mailbox",
    "MalformedReport",
    "MessageFields",
    "MtaName",
    "NotADeliveryReport",
    "Notify",
    "ParseError",
    "RcptParameters",
    "Recipient",
    "RecipientFields",
    "RegistryEntry",
    "Ret",
    "ReturnedContent",
    "ReturnedMessage",
    "SmtpReply",
    "StatusClass",
    "StatusDescription",
    "TypedAddress",
    "decode_utf8_address",
    "decode_xtext",
    "describe",
    "encode_utf8_address",
    "encode_xtext",
    "format_date",
    "guess_date",
    "look_up",
    "parse_date",
    "parse_mail_parameters",
    "parse_rcpt_parameters",
    "parse_report",
    "read_reports",
]
