"""What a report on bounces says, in English: headings, names and advice of `dsnlib report`.

It stands beside `texts`, because it goes into the same catalogues.

Rules, for whoever writes here: a name is two or three words, because it labels a bar; an
advice is what was found and what to do about it, two plain sentences.  Numbers stand where
they need no plural, after a colon or in brackets; where they do need one, it is a pair.  A
change here is a change for every translator: `make locale`.
"""

from __future__ import annotations

__all__ = ["REPORT"]

# A text with a number is a pair: one, and many.
REPORT: dict[str, str | tuple[str, str]] = {
    # Headings of the page.
    "heading": "Bounce report",
    "what-to-do": "What to do",
    "over-time": "Failures over time",
    "by-reason": "Why mail failed",
    "by-fault": "Whose fault it was",
    "by-provider": "Failures by provider",
    "by-code": "Failures by status code",
    "worst-addresses": "Addresses with the most failures",
    "worst-domains": "Domains with the most failures",
    "suppressed": "Suppressed addresses",
    # For whoever reads with a keyboard or by ear.
    "skip": "Skip to the content",
    "contents": "On this page",
    "as-table": "The numbers as a table",
    # Of a chart, for whoever does not see it.  %(name)s is the name of its longest bar,
    # or a time such as "3-9 May 2026"; %(count)s is a number.
    "chart": "Bar chart. Most failures: %(name)s (%(count)s). All numbers are in the table.",
    # Headings of columns, and names of numbers.  "Share" is the part of all failures.
    "time": "Time",
    "reason": "Reason",
    "fault": "Whose fault",
    "provider": "Mail provider",
    "code": "Status code",
    "meaning": "Meaning",
    "address": "Address",
    "domain": "Mail domain",
    "failures": "Failures",
    "delays": "Delays",
    "complaints": "Complaints",
    "addresses": "Addresses",
    "share": "Share",
    "last": "Last failure",
    "cause": "Why suppressed",
    "state": "Is mail still sent?",
    # Answers to "Is mail still sent?", for one address.
    "state-sent": "still sent",
    "state-suppressed": "suppressed",
    # What bars of a chart count.
    "per-day": "Failures per day",
    "per-week": "Failures per week",
    "per-month": "Failures per month",
    "per-year": "Failures per year",
    # The last rows of a table: what was before the first row, and what is in none.
    "earlier": "Earlier",
    "others": "All others",
    "other-providers": "Other providers",
    # Whether a failure lasts: names of colours in a chart.
    "hard": "Lasting",
    "soft": "Passing",
    "not-known": "Not known",
    # Sentences at the top of the page.  A delivery is that of a message to one recipient.
    "failed-count": ("%(count)s delivery failed.", "%(count)s deliveries failed."),
    "lasting": "Of these failures %(share)s are lasting: another attempt would fail too.",
    "delayed-count": ("%(count)s delivery was delayed.", "%(count)s deliveries were delayed."),
    "complained-count": (
        "%(count)s recipient called the mail spam.",
        "%(count)s recipients called the mail spam.",
    ),
    "unread-count": (
        "%(count)s message looked like a bounce and could not be read.",
        "%(count)s messages looked like bounces and could not be read.",
    ),
    "nothing-failed": "In this time nothing failed.",
    # At the end of the page.  %(date)s is a date with its time.
    "made": "Made by dsnlib on %(date)s. Days begin at midnight UTC.",
    "private": "This page has addresses of people in it. Treat it as confidential.",
    # Why mail failed: labels of bars.
    "reason unknown-user": "No such mailbox",
    "reason mailbox-full": "Mailbox full",
    "reason mailbox-disabled": "Mailbox closed",
    "reason moved": "Recipient has moved",
    "reason refused-by-recipient": "Refused by the recipient",
    "reason bad-recipient-syntax": "Badly written address",
    "reason ambiguous-recipient": "Ambiguous address",
    "reason bad-sender": "Sender's address refused",
    "reason not-authenticated": "Sender did not sign in",
    "reason authentication-failed": "Check of the origin failed",
    "reason relay-denied": "Passing on refused",
    "reason rate-limited": "Too much at once",
    "reason blocked-host": "Sending host blocked",
    "reason bad-reputation": "Sender's bad reputation",
    "reason no-reverse-name": "Sending host without a name",
    "reason too-many-recipients": "Too many recipients",
    "reason suppressed": "Suppressed by the service",
    "reason spam-content": "Looks like spam",
    "reason virus": "Harmful content",
    "reason message-too-large": "Message too large",
    "reason bad-content": "Content not accepted",
    "reason bad-format": "Malformed message",
    "reason needs-smtputf8": "International letters in address",
    "reason policy": "Rule of the receiver",
    "reason greylisted": "To be tried again later",
    "reason needs-tls": "Encryption required",
    "reason list-restricted": "Closed mailing list",
    "reason challenged": "Confirmation wanted",
    "reason host-unknown": "No such domain",
    "reason null-mx": "Domain takes no mail",
    "reason dns-failure": "Name servers failed",
    "reason host-unreachable": "Server not reachable",
    "reason connection-lost": "Connection lost",
    "reason tls-failure": "Encryption failed",
    "reason expired": "Not delivered in time",
    "reason loop": "Mail went in a circle",
    "reason system-full": "Server has no space left",
    "reason system-busy": "Server overloaded",
    "reason system-error": "Error in the server",
    "reason mailer-error": "Delivery program failed",
    "reason protocol-error": "Servers did not understand each other",
    "reason undefined": "No reason given",
    # Whose fault it was: labels of bars.
    "fault recipient": "Recipient or address",
    "fault sender": "Sender or sending host",
    "fault content": "Content of the message",
    "fault policy": "Rules of the receiver",
    "fault infrastructure": "Networks and servers",
    # Why addresses are suppressed: labels of bars.
    "source bounce": "Bounces",
    "source unsubscribe": "Unsubscribing",
    "source manual": "Entry by hand",
    "source import": "Imported list",
    # The numbers that led to an advice.  %(share)s is such as "22 %".
    "of-failures": "Failures: %(count)s of %(total)s (%(share)s)",
    "at-provider": "Failures at %(provider)s: %(count)s of %(total)s (%(share)s)",
    "of-deliveries": "Complaints: %(count)s for %(total)s deliveries (%(share)s)",
    "of-complaints": "Complaints: %(count)s",
    "of-addresses": "Addresses: %(count)s of the worst %(total)s",
    # %(period)s is a day or some days such as "3-9 May 2026", %(usual)s a number.
    "at-time": "Failures: %(count)s (%(period)s), usually %(usual)s",
    # What to do: each for who sends newsletters or runs a mailing list.
    "do complaints": (
        "Recipients call the mail spam. Take them off the list at once, and let everybody "
        "leave with one click."
    ),
    "do blocked": (
        "The sending host is blocked or has a bad reputation. Look it up in public block "
        "lists, end the cause, then ask to be taken off."
    ),
    "do authenticate": (
        "The origin of the mail is not proven. Check SPF, DKIM and DMARC of the sending domain."
    ),
    "do clean": (
        "Many addresses do not exist. Take them off the list, and have new readers confirm "
        "their address."
    ),
    "do suppress": (
        "Addresses that fail again and again are still written to. Suppress them, for example "
        "by their score."
    ),
    "do surge": (
        "At one time much more failed than usual. Find out what was sent then, or what broke."
    ),
    "do slower": (
        "The mail comes too fast for the other side. Send more slowly and over fewer "
        "connections at a time."
    ),
    "do name": (
        "The sending host has no name that can be confirmed. Give its IP address a PTR record "
        "with a name that leads back to it."
    ),
    "do sender": (
        "The sender's address or way of sending is refused. Check the return path and the "
        "sign-in to the mail server."
    ),
    "do content": (
        "Filters refuse the content. Look at links, attachments and subjects before it is "
        "sent again."
    ),
    "do smaller": "Messages are too large. Share large files by a link.",
    "do domains": (
        "Many domains do not exist or take no mail. Look for typing errors, and check the "
        "domain when somebody signs up."
    ),
    "do full": (
        "Many mailboxes are full or closed. If that lasts for weeks, nobody reads them: take "
        "them off the list."
    ),
    "do network": (
        "Servers could not be found or reached. Check your own name server and network first, "
        "then the other side."
    ),
    "do encrypt": (
        "Encryption fails or is missing. Turn on TLS, and check certificates, DANE and MTA-STS."
    ),
    "do read": (
        "For many failures no reason is known. Read some of these bounces yourself to find it."
    ),
    "do nothing": "Nothing stands out. Go on as before.",
}
