"""The replies that every server gives, each with the code that fits (RFC 5321 s4.3.2).

For a server that is built on this library: what a command is answered when
nothing about its client, addresses or content has to be decided.  The codes are
those that Postfix has; RFC 5248 has the statuses.

Rules.
- A reply names no value that a client sent: it could be of any length.
- Answers to EHLO and HELO have no status (RFC 2034 s4).
"""

from __future__ import annotations

import enum

from dsnlib.model.reply import SmtpReply

__all__ = ["StandardReply"]


class StandardReply(enum.Enum):
    """A reply, by the reason for it; the value is its text."""

    # It was done
    MAIL_ACCEPTED = "250 2.1.0 Sender is fine"
    RCPT_ACCEPTED = "250 2.1.5 Recipient is fine"
    SEND_DATA = "354 Send the message, and a dot alone on the last line"
    MESSAGE_ACCEPTED = "250 2.0.0 Message accepted"
    CHUNK_ACCEPTED = "250 2.0.0 Chunk received"
    RESET = "250 2.0.0 Done"
    NOTHING_DONE = "250 2.0.0 Still here"
    NOT_VERIFIED = "252 2.0.0 Send a message to find out"
    GOODBYE = "221 2.0.0 Goodbye"
    START_TLS = "220 2.0.0 Begin the handshake"
    # The command itself
    COMMAND_UNKNOWN = "500 5.5.2 This command is unknown"
    COMMAND_NOT_IMPLEMENTED = "502 5.5.1 This command is not offered here"
    COMMAND_TOO_LONG = "500 5.5.2 This command is too long"
    NOT_UTF8 = "500 5.5.2 This command is not UTF-8"
    BAD_ARGUMENT = "501 5.5.4 The command's argument is wrong"
    BAD_HELLO = "501 The name of the client has to follow"
    BAD_SENDER_SYNTAX = "501 5.1.7 This is not the address of a sender"
    BAD_RECIPIENT_SYNTAX = "501 5.1.3 This is not the address of a recipient"
    # The octets behind these cannot be told from commands, so the session ends.
    BAD_CHUNK = "521 5.5.4 BDAT needs a number of octets"
    CHUNKS_NOT_OFFERED = "521 5.5.1 BDAT is not offered here"
    DSN_DISABLED = "501 5.7.1 Delivery status notifications are switched off here"
    # Its order
    HELLO_NEEDED = "503 5.5.1 Send EHLO first"
    NESTED_MAIL = "503 5.5.1 MAIL was sent already"
    MAIL_NEEDED = "503 5.5.1 Send MAIL first"
    RCPT_NEEDED = "503 5.5.1 Send RCPT first"
    NO_RECIPIENTS = "554 5.5.1 No recipient was accepted"
    AUTH_NOT_OFFERED = "503 5.5.1 Authentication is not offered here"
    TLS_ACTIVE = "554 5.5.1 The connection is encrypted already"
    AUTH_NEEDED = "530 5.7.0 Authenticate first"
    TLS_NEEDED = "530 5.7.0 Send STARTTLS first"
    # Limits
    TOO_MANY_RECIPIENTS = "452 4.5.3 There are too many recipients; send the rest again"
    MESSAGE_TOO_LARGE = "552 5.3.4 The message is larger than this server takes"
    NO_STORAGE = "452 4.3.1 There is no room now"
    TOO_MANY_HOPS = "554 5.4.6 The message is going in circles"
    # This server
    SETTINGS_UNKNOWN = "421 4.3.0 This server cannot look up its settings; come back later"
    NESTED_TOO_DEEPLY = "550 5.6.0 The message is nested too deeply to be checked"
    LOCAL_ERROR = "451 4.3.0 Something went wrong here; send it again later"
    NOT_SET_UP = "451 4.3.5 This server is not set up correctly"
    SHUTTING_DOWN = "421 4.3.2 This server is shutting down"
    TIMED_OUT = "421 4.4.2 Nothing has come for too long"
    TOO_MANY_ERRORS = "421 4.7.0 There were too many errors"
    TOO_MANY_CONNECTIONS = "421 4.7.0 There are too many connections from your address"

    @property
    def reply(self) -> SmtpReply:
        """The reply.  Never raises."""
        return SmtpReply.parse(self.value)
