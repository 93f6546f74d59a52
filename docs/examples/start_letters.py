"""Bounces in each user's language: choose it, write the letter, look at it.

    python start_letters.py            # print how the letters begin
    python start_letters.py letters    # and write each into a folder, as .eml and .html

YOURS marks where your code goes.
"""

# ruff: noqa: INP001, T201  an example is no package, and prints
from __future__ import annotations

import datetime as dt
import secrets
import sys
import textwrap
from email.parser import BytesHeaderParser
from pathlib import Path

from dsnlib import (
    BounceComposer,
    ComposedMessage,
    DeliveryOutcome,
    DiagnosticCode,
    Disposition,
    EnhancedStatusCode,
    Envelope,
    HumanForm,
    LanguageChoice,
    MtaName,
    Recipient,
    Reporter,
    TemplateLibrary,
    choose_language,
    load_templates_or_builtin,
    plan_dsns,
)

NOW = dt.datetime(2026, 11, 22, 9, 8, tzinfo=dt.UTC)
REPORTER = Reporter.parse("mail.example.org", "Example")
# YOURS: what users have chosen, from the database.
ACCOUNTS = {"anna@example.org": "de-AT"}
# What the messages say of their authors: most programs send one of these fields, or none.
MESSAGES = {
    "anna@example.org": b"Subject: Protokoll\r\nDate: Sun, 22 Nov 2026 10:04:00 +0100\r\n",
    "jun@example.org": "Subject: 議事録\r\nAccept-Language: ja, en;q=0.5\r\n".encode(),
    "amal@example.org": "Subject: محضر\r\nContent-Language: ar-EG\r\n".encode(),
    "kari@example.org": b"Subject: Referat\r\nAccept-Language: nn, da;q=0.7\r\n",
    "sam@example.org": b"Subject: Minutes\r\n",
}

# YOURS: a letter in your own words.  $names are filled in; ours stands in for what is not here.
HOUSE_LETTER = """
failure_template = <<EOF
Language: en
Charset: utf-8
From: Example help desk <MAILER-DAEMON>
Subject: We could not deliver your message

Hello. $summary

$each_recipient

Questions? Call the help desk, 555 0100, and have this message at hand.

For the help desk
$each_details
EOF
"""
# The same with a name that does not exist.  Mail must not stop because of it.
BROKEN_LETTER = HOUSE_LETTER.replace("$summary", "$sumary")


def library_of(letter: str) -> TemplateLibrary:
    """Return our twenty languages with one letter of the house among them."""
    house = load_templates_or_builtin(letter.encode(), origin="house.cf")
    for defect in house.defects:
        print(defect.message)
    return TemplateLibrary(templates={"en": house})


def language_of(sender: str, header: bytes, library: TemplateLibrary) -> LanguageChoice:
    """Return the language for a user, and how we came to it."""
    fields = BytesHeaderParser().parsebytes(header)
    return choose_language(
        library.languages,
        account=ACCOUNTS.get(sender),
        accept_language=str(fields["Accept-Language"] or ""),
        content_language=str(fields["Content-Language"] or ""),
        default="en",
    )


def letter_to(
    sender: str, header: bytes, language: str, library: TemplateLibrary
) -> ComposedMessage:
    """Return the notification for a user whose mail to Bob was refused."""
    outcome = DeliveryOutcome(
        recipient=Recipient("bob@example.com"),
        disposition=Disposition.FAILED,
        status=EnhancedStatusCode.parse("5.1.1"),
        remote_mta=MtaName("dns", "mx.example.com"),
        diagnostic=DiagnosticCode("smtp", "550 5.1.1 No such user here"),
        attempted=NOW,
    )
    envelope = Envelope(sender=sender, recipients=[outcome.recipient], arrival=NOW)
    (plan,) = plan_dsns(envelope, [outcome], reporter=REPORTER, now=NOW).plans
    composer = BounceComposer(reporter=REPORTER, library=library, form=HumanForm(is_html=True))
    octets = header + b"\r\nHere are the minutes.\r\n"
    return composer.compose(plan, octets, now=NOW, token=secrets.token_hex(12), language=language)


def body_of(message: ComposedMessage, subtype: str) -> str:
    """Return the text of a letter: plain, or html."""
    part = message.as_email_message().get_body((subtype,))
    return "" if part is None else part.get_content()


def show(message: ComposedMessage) -> None:
    """Print how a letter begins."""
    print(f"  {message.as_email_message()['Subject']}\n")
    beginning = "\n".join(body_of(message, "plain").splitlines()[:7])
    print(textwrap.indent(beginning.rstrip(), "  "), end="\n\n")


def write(message: ComposedMessage, folder: Path, name: str) -> None:
    """Write a letter to look at: in a mail program, and in a browser."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.joinpath(f"{name}.eml").write_bytes(message.as_bytes())
    folder.joinpath(f"{name}.html").write_text(body_of(message, "html"), "utf-8")


def main(folder: str | None) -> None:
    """Write to everybody whose mail to Bob came back."""
    library = library_of(HOUSE_LETTER)
    for sender, header in MESSAGES.items():
        choice = language_of(sender, header, library)
        message = letter_to(sender, header, choice.language, library)
        print(f"{sender}: {choice}")
        show(message)
        if folder is not None:
            write(message, Path(folder), choice.language)
    print("With a mistake in the letter of the house:")
    broken = library_of(BROKEN_LETTER)
    show(letter_to("sam@example.org", MESSAGES["sam@example.org"], "en", broken))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
