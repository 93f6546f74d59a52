"""What SMTP reply codes mean, in our words (RFC 5321 s4.2.2, s4.2.3).

An unknown code is told by its first digit, as a client must take it (RFC 5321
s4.2.1), and by its second.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["SEVERITIES", "ReplyMeaning", "look_up_reply"]


class ReplyMeaning(NamedTuple):
    """What a reply code means.

    Args:
        meaning: One sentence.
        reference: The RFC that has it.
        known: Whether it is a code of that RFC, or told by its digits alone.
    """

    meaning: str
    reference: str
    known: bool = True


# The first digit, which is also the class of an enhanced status code.
SEVERITIES = {
    2: "It worked.",
    3: "So far so good; the server waits for more.",
    4: "It failed for now; the same may work later.",
    5: "It failed, and the same will fail again.",
}
# The second digit                                              RFC 5321 s4.2.1
_CATEGORIES = {
    0: "It is about the syntax of the command.",
    1: "It gives information.",
    2: "It is about the connection.",
    5: "It is about the mail system and the mail.",
}
_SMTP = "RFC 5321"
_CODES = {
    211: ("System status, or an answer to HELP.", _SMTP),
    214: ("Help for a person.", _SMTP),
    220: ("The server is ready.", _SMTP),
    221: ("The server closes the connection.", _SMTP),
    235: ("The client is authenticated.", "RFC 4954"),
    250: ("The command was carried out.", _SMTP),
    251: ("The recipient is elsewhere; the server forwards the mail.", _SMTP),
    252: ("The server cannot check the recipient, but takes the mail and tries.", _SMTP),
    334: ("The client is to go on authenticating.", "RFC 4954"),
    354: ("The client is to send the message.", _SMTP),
    421: ("The service is not available; the server closes the connection.", _SMTP),
    432: ("The user must move to the chosen authentication mechanism.", "RFC 4954"),
    450: ("The mailbox is not available now: it is busy, or policy blocks it.", _SMTP),
    451: ("An error in the server's own work.", _SMTP),
    452: ("The server has not enough storage.", _SMTP),
    454: ("Authentication, or TLS, is not available for a while.", "RFC 4954, RFC 3207"),
    455: ("The server cannot take the parameters of the command now.", _SMTP),
    500: ("The command was not understood, or its line is too long.", _SMTP),
    501: ("An argument or a parameter is wrong.", _SMTP),
    502: ("The command is known but not implemented.", _SMTP),
    503: ("The command came out of order.", _SMTP),
    504: ("A parameter of the command is not implemented.", _SMTP),
    521: ("This host never takes mail.", "RFC 7504"),
    530: ("Authentication, or STARTTLS, is required first.", "RFC 4954, RFC 3207"),
    534: ("The authentication mechanism is too weak for this user.", "RFC 4954"),
    535: ("The credentials are wrong.", "RFC 4954"),
    538: ("The authentication mechanism needs an encrypted connection.", "RFC 4954"),
    550: ("The mailbox is not available: it does not exist, or policy refuses.", _SMTP),
    551: ("The recipient is elsewhere; the client is to try there.", _SMTP),
    552: ("The mail needs more storage than is granted.", _SMTP),
    553: ("The name of the mailbox is not allowed.", _SMTP),
    554: ("The transaction failed; as a greeting: there is no SMTP service here.", _SMTP),
    555: ("A parameter of MAIL or RCPT is not known.", _SMTP),
    556: ("The domain of the recipient takes no mail.", "RFC 7504"),
}


def look_up_reply(code: int) -> ReplyMeaning:
    """Return what `code` means, as precisely as is known.  Never raises.

    >>> look_up_reply(550).reference
    'RFC 5321'
    >>> look_up_reply(599).known
    False

    Args:
        code: Three digits, 200..599.
    """
    if code in _CODES:
        return ReplyMeaning(*_CODES[code])
    return ReplyMeaning(_CATEGORIES.get(code // 10 % 10, ""), _SMTP, known=False)
