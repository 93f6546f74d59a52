"""What each word of the taxonomy means, and what a sender does about it, in English.

Two sentences for each reason: what was found, and what to do.  Both are for who
runs a list or sends in bulk, and hold for a person who wrote one mail.

Rules.
- Every member has its row: a test compares the tables with the taxonomy.
- To take an address off a list is advised only where the fault is the recipient's,
  and never after a single bounce.
"""

from __future__ import annotations

from typing import NamedTuple

from dsnlib.bounces.event import EventKind
from dsnlib.bounces.kinds.message_kind import MessageKind
from dsnlib.bounces.taxonomy import Fault, Permanence, Reason

__all__ = [
    "FAULTS",
    "KINDS",
    "MESSAGE_KINDS",
    "PERMANENCES",
    "REASONS",
    "WITHOUT_FAILURE",
    "ReasonText",
]


class ReasonText(NamedTuple):
    """What was found, and what to do about it."""

    meaning: str
    advice: str


_ASK = "Ask the recipient in another way, or the postmaster there."
_WAIT = "Do nothing yet: most such troubles pass, and the mail can be sent again later."
_COUNT = "Count it; if it comes back the same for days, take the address off the list."

REASONS = {
    # The recipient
    Reason.UNKNOWN_USER: ReasonText(
        "There is no mailbox with this address.",
        f"Look for a typing error in the address. {_COUNT}",
    ),
    Reason.MAILBOX_FULL: ReasonText(
        "The mailbox has no room left.",
        "Send it again in some days. If the mailbox is full for weeks, nobody reads it.",
    ),
    Reason.MAILBOX_DISABLED: ReasonText(
        "The mailbox is there, but is closed or not used any more.",
        _COUNT,
    ),
    Reason.MOVED: ReasonText(
        "The recipient has another address now.",
        "Use the new address if the text names it and the recipient confirms it.",
    ),
    Reason.REFUSED_BY_RECIPIENT: ReasonText(
        "The recipient does not want mail from this sender.",
        "Do not write to the address again.",
    ),
    Reason.BAD_RECIPIENT_SYNTAX: ReasonText(
        "The address is not written as an address must be.",
        "Correct the address, or take it off the list.",
    ),
    Reason.AMBIGUOUS_RECIPIENT: ReasonText(
        "More than one mailbox goes by this name.",
        "Find out the full address.",
    ),
    # The sender
    Reason.BAD_SENDER: ReasonText(
        "The sender's address was not accepted.",
        "See that the return path exists, and that its domain has an MX or address record.",
    ),
    Reason.NOT_AUTHENTICATED: ReasonText(
        "The client has to log in first, or to prove who sends.",
        "Set up the login, or SPF and DKIM of the sending domain, as the text asks.",
    ),
    Reason.AUTHENTICATION_FAILED: ReasonText(
        "SPF, DKIM, DMARC or the login did not hold.",
        "See what the sending domain publishes, and whether the mail was changed on its way.",
    ),
    Reason.RELAY_DENIED: ReasonText(
        "The server does not carry mail to this domain.",
        "See whether the MX records of the domain are right, and whether the client logs in.",
    ),
    Reason.RATE_LIMITED: ReasonText(
        "Too much came in too short a time.",
        "Send more slowly to this system.",
    ),
    Reason.BLOCKED_HOST: ReasonText(
        "The sending host is on a list of blocked ones.",
        "Find out which list it is, end the cause, and ask to be taken off.",
    ),
    Reason.BAD_REPUTATION: ReasonText(
        "The sending host or domain is not well thought of.",
        "Look for complaints and for addresses that never asked, and send less for a while.",
    ),
    Reason.NO_REVERSE_NAME: ReasonText(
        "The address of the sending host has no name, or one that leads elsewhere.",
        "Give it a PTR record with a name that leads back to it.",
    ),
    Reason.TOO_MANY_RECIPIENTS: ReasonText(
        "The mail had more recipients than the server takes at once.",
        "Send it in smaller groups.",
    ),
    Reason.SUPPRESSED: ReasonText(
        "The service that sends did not try: the address is on its own list.",
        "See why it got there before you ask to have it taken off.",
    ),
    # The content
    Reason.SPAM_CONTENT: ReasonText(
        "A filter takes the mail for spam.",
        "See what in it looks like spam. The address is fine: do not count it.",
    ),
    Reason.VIRUS: ReasonText(
        "A filter found harmful content, or takes it for that.",
        "Look at the attachments, and at the host that they come from.",
    ),
    Reason.MESSAGE_TOO_LARGE: ReasonText(
        "The mail is larger than the server or the mailbox takes.",
        "Send less at once, or a link instead of the attachment.",
    ),
    Reason.BAD_CONTENT: ReasonText(
        "Something in the mail is not accepted, such as an attachment or a link.",
        "Leave out what the text names, and send it again.",
    ),
    Reason.BAD_FORMAT: ReasonText(
        "The mail does not have the form that it must have.",
        "See that the program that wrote it keeps to RFC 5322 and MIME.",
    ),
    Reason.NEEDS_SMTPUTF8: ReasonText(
        "An address or a header needs SMTPUTF8, which a server on the way does not have.",
        "Use an address in US-ASCII if there is one.",
    ),
    # The rules of the other side
    Reason.POLICY: ReasonText(
        "A rule of the receiving system forbids it.",
        f"Read what it said. {_ASK}",
    ),
    Reason.GREYLISTED: ReasonText(
        "The server wants to be asked once more, later.",
        "Do nothing: a mail system tries again by itself.",
    ),
    Reason.NEEDS_TLS: ReasonText(
        "The server takes mail over TLS only.",
        "Turn on TLS in the sending mail system.",
    ),
    Reason.LIST_RESTRICTED: ReasonText(
        "The recipient is a list or group, and the sender may not write to it.",
        "Join it, or ask its owner.",
    ),
    Reason.CHALLENGED: ReasonText(
        "A filter wants the sender to confirm first.",
        "Confirm it if a person sent the mail; for a list, ask the recipient to let it through.",
    ),
    # Names, networks, hosts
    Reason.HOST_UNKNOWN: ReasonText(
        "The domain of the address does not exist.",
        f"Look for a typing error in the domain. {_COUNT}",
    ),
    Reason.NULL_MX: ReasonText(
        "The domain says that it takes no mail.",
        "Look for a typing error in the domain, and take the address off the list.",
    ),
    Reason.DNS_FAILURE: ReasonText(
        "The name servers of the domain gave no answer that can be used.",
        _WAIT,
    ),
    Reason.HOST_UNREACHABLE: ReasonText(
        "No connection to the server of the domain could be made.",
        _WAIT,
    ),
    Reason.CONNECTION_LOST: ReasonText(
        "The connection broke before the mail was taken.",
        _WAIT,
    ),
    Reason.TLS_FAILURE: ReasonText(
        "The two systems could not agree on how to encrypt.",
        "Look at certificates, DANE and MTA-STS on both sides.",
    ),
    Reason.EXPIRED: ReasonText(
        "It was tried until the time was up.",
        f"See what the last attempt met. {_ASK}",
    ),
    Reason.LOOP: ReasonText(
        "The mail went round in a circle.",
        "Tell the postmaster there: a forwarding leads back to itself.",
    ),
    Reason.SYSTEM_FULL: ReasonText(
        "The receiving system has no room left, whoever the recipient is.",
        _WAIT,
    ),
    Reason.SYSTEM_BUSY: ReasonText(
        "The receiving system has too much to do.",
        _WAIT,
    ),
    Reason.SYSTEM_ERROR: ReasonText(
        "Something is broken in the receiving system.",
        f"{_WAIT} If they do not, tell the postmaster there.",
    ),
    Reason.MAILER_ERROR: ReasonText(
        "The program that should deliver the mail failed.",
        "Tell the postmaster there.",
    ),
    Reason.PROTOCOL_ERROR: ReasonText(
        "The two systems did not understand each other.",
        "Show the postmaster of the sending system what was said.",
    ),
    Reason.UNDEFINED: ReasonText(
        "The bounce does not tell why.",
        f"Read the mail itself. {_ASK}",
    ),
}

KINDS = {
    EventKind.FAILURE: "could not be delivered",
    EventKind.DELAY: "not delivered yet",
    EventKind.SUCCESS: "delivered",
    EventKind.RELAYED: "handed on to a system that sends no reports",
    EventKind.EXPANDED: "delivered to a list or group, which sends it on",
    EventKind.COMPLAINT: "complained about",
}

WITHOUT_FAILURE = {
    EventKind.SUCCESS: "Nothing: it has arrived.",
    EventKind.RELAYED: "Nothing: you will hear if it fails further on.",
    EventKind.EXPANDED: "Nothing: it is on its way to the members.",
    EventKind.COMPLAINT: "Take the recipient off the list at once: they do not want the mail.",
}
"""What to do where nothing has failed."""

PERMANENCES = {
    Permanence.HARD: "Yes: another attempt will fail too.",
    Permanence.SOFT: "No: another attempt may succeed.",
    Permanence.UNKNOWN: "That is not known.",
}

FAULTS = {
    Fault.RECIPIENT: "The recipient's: the address, or who reads it.",
    Fault.SENDER: "The sender's: the address, its proof, or the standing of the host.",
    Fault.CONTENT: "The message's own.",
    Fault.POLICY: "Nobody's: the rules of the receiving system.",
    Fault.INFRASTRUCTURE: "That of names, networks or hosts.",
    Fault.UNKNOWN: "That is not known.",
}

MESSAGE_KINDS = {
    MessageKind.REPORT: "a delivery report that names no recipient",
    MessageKind.FEEDBACK: "a feedback report (RFC 5965) that names no recipient",
    MessageKind.RECEIPT: "a receipt: somebody's program tells that the mail was seen (RFC 8098)",
    MessageKind.TLS_REPORT: "a report on TLS (RFC 8460)",
    MessageKind.DMARC_REPORT: "a DMARC report (RFC 7489)",
    MessageKind.AUTO_REPLY: "an automatic reply: the mail has arrived",
    MessageKind.CHALLENGE: "a challenge: a filter wants the sender to confirm",
    MessageKind.LIST_NOTICE: "a notice of list software",
    MessageKind.BOUNCE_LIKE: "perhaps a bounce, but nothing in it tells whose",
    MessageKind.ORDINARY: "an ordinary mail",
}
"""What a mail is that says nothing of a recipient."""
