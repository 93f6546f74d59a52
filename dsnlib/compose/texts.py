"""What a notification says, in English: the source of every catalogue.

`TITLES` and `ADVICE` have a row for each registered code (RFC 5248), `PHRASES`
the sentences that depend on numbers or on what is known.  The letter around
them is in `builtin/`, one file a language.

Rules, for whoever writes here: a title says what happened in one plain
sentence, an advice says the one thing that is most likely to help.  No "MTA",
"SMTP" or "host"; nobody is blamed; "the other server" is the one that refused,
"we" is this one.  A change here is a change for every translator: `make locale`.
"""

from __future__ import annotations

__all__ = ["ADVICE", "PHRASES", "TITLES"]

TITLES = {
    "X.0.0": "The other server did not say why.",
    "X.1.0": "There is a problem with an address of this message.",
    "X.1.1": "There is no mailbox with this address.",
    "X.1.2": "The part of the address after the @ sign does not exist or takes no mail.",
    "X.1.3": "The address is not written the way a mail address must be.",
    "X.1.4": "The address fits more than one mailbox.",
    "X.1.5": "The address is valid.",
    "X.1.6": "The mailbox has moved, and its new address is not known.",
    "X.1.7": "The sender's address is not written the way a mail address must be.",
    "X.1.8": "The sender's address is not accepted, because no replies can be sent to it.",
    "X.1.9": "The message was passed on to a system that cannot confirm delivery.",
    "X.1.10": "The part of the address after the @ sign belongs to a domain that takes no mail.",
    "X.2.0": "There is a problem with the recipient's mailbox.",
    "X.2.1": "The mailbox is switched off and takes no messages.",
    "X.2.2": "The mailbox is full.",
    "X.2.3": "The message is larger than this mailbox allows.",
    "X.2.4": "The address is a mailing list, and the list could not be reached.",
    "X.3.0": "There is a problem with the recipient's mail system.",
    "X.3.1": "The recipient's mail system has no space left.",
    "X.3.2": "The recipient's mail system takes no messages at the moment.",
    "X.3.3": "The recipient's mail system lacks a feature that this message needs.",
    "X.3.4": "The message is too large for the recipient's mail system.",
    "X.3.5": "A mail system on the way is not set up correctly.",
    "X.3.6": "The message was accepted, but with another priority.",
    "X.4.0": "There is a problem with the network on the way to the recipient.",
    "X.4.1": "The recipient's mail system does not answer.",
    "X.4.2": "The connection to the recipient's mail system was lost.",
    "X.4.3": "The directory that tells where to send the message could not be reached.",
    "X.4.4": "No way to the recipient's mail system could be found.",
    "X.4.5": "The recipient's mail system is overloaded.",
    "X.4.6": "The message went round in a circle between mail systems.",
    "X.4.7": "The message could not be delivered in time.",
    "X.5.0": "The mail systems on the way did not understand each other.",
    "X.5.1": "The other server did not expect what it was sent.",
    "X.5.2": "The other server could not read what it was sent.",
    "X.5.3": "The message has more recipients than can be handled at once.",
    "X.5.4": "The other server did not accept a detail of what it was sent.",
    "X.5.5": "The mail systems on the way speak different versions of their language.",
    "X.5.6": "The sign-in data was longer than the mail system can take.",
    "X.6.0": "There is a problem with the content of the message.",
    "X.6.1": "The recipient's mail system cannot take this kind of content.",
    "X.6.2": "The content would have to be converted, and that is not allowed.",
    "X.6.3": "The content would have to be converted, and that is not possible.",
    "X.6.4": "The content was converted, and something may have been lost.",
    "X.6.5": "The content had to be converted, and that failed.",
    "X.6.6": "A part of the content could not be fetched.",
    "X.6.7": "A mail system on the way cannot handle addresses with international letters.",
    "X.6.8": "The answer contains international letters that could not be passed on.",
    "X.6.9": "A mail system on the way cannot handle international letters in the message header.",
    "X.6.10": "The answer contains international letters that could not be passed back.",
    "X.7.0": "The message was refused for a security reason.",
    "X.7.1": "The recipient's mail system does not accept this message.",
    "X.7.2": "The address is a mailing list that does not accept messages from this sender.",
    "X.7.3": "The message is protected in a way that cannot be kept up on the way.",
    "X.7.4": "The message is protected in a way that the recipient's mail system cannot handle.",
    "X.7.5": "The encryption or signature of the message could not be processed.",
    "X.7.6": "The message is encrypted in a way that is not supported.",
    "X.7.7": "The message was damaged or changed on the way.",
    "X.7.8": "The sign-in to the mail system failed.",
    "X.7.9": "The way of signing in to the mail system is not safe enough.",
    "X.7.10": "The message may only be sent over an encrypted connection.",
    "X.7.11": "Signing in is only allowed over an encrypted connection.",
    "X.7.12": "The password has to be changed before the mail system can be used again.",
    "X.7.13": "The sender's account is switched off.",
    "X.7.14": "The mail system is not allowed to fetch content from the other service.",
    "X.7.15": "The priority of the message is too low to be accepted at the moment.",
    "X.7.16": "The message is too large for its priority.",
    "X.7.17": "The mailbox now belongs to another person.",
    "X.7.18": "The domain of the address now belongs to another owner.",
    "X.7.19": "It could not be checked whether the mailbox still belongs to the same person.",
    "X.7.20": "The message has no valid signature of the sending domain.",
    "X.7.21": "No signature of the message is one that the recipient's mail system accepts.",
    "X.7.22": "No signature of the message belongs to the domain in its From address.",
    "X.7.23": "The sending server is not allowed to send mail for the sender's domain.",
    "X.7.24": "It could not be checked which servers may send mail for the sender's domain.",
    "X.7.25": "The name of the sending server could not be confirmed.",
    "X.7.26": "The message did not pass the checks of its origin.",
    "X.7.27": "The sender's domain takes no mail, so the sender could not be told of problems.",
    "X.7.28": "Too many similar messages were sent in a short time.",
    "X.7.29": "The record of the systems that forwarded the message is not valid.",
    "X.7.30": (
        "The message may only travel encrypted, and the next mail system cannot promise that."
    ),
}

ADVICE = {
    "X.0.0": "Please ask the recipient in another way whether the address is right.",
    "X.1.0": "Please check every address for a typing error and send the message again.",
    "X.1.1": "Please check it for a typing error and send the message again.",
    "X.1.2": "Please check that part for a typing error and send the message again.",
    "X.1.3": "Please correct it and send the message again.",
    "X.1.4": "Please ask the recipient for the complete address.",
    "X.1.5": "You need not do anything.",
    "X.1.6": "Please ask the recipient in another way for the new address.",
    "X.1.7": "Please check your own address in the settings of your mail program.",
    "X.1.8": "Please check your own address in the settings of your mail program.",
    "X.1.9": "You need not do anything.",
    "X.1.10": "Please ask the recipient in another way for an address that takes mail.",
    "X.2.0": "Please try again later, or tell the recipient in another way.",
    "X.2.1": "Please ask the recipient in another way for an address that is in use.",
    "X.2.2": "Please try again in a few days, or tell the recipient in another way.",
    "X.2.3": "Please make the message smaller, or share large files by a link.",
    "X.2.4": "Please write to the owner of the mailing list.",
    "X.3.0": "Please try again later, or tell the recipient in another way.",
    "X.3.1": "Please try again in a few hours.",
    "X.3.2": "Please try again later, or tell the recipient in another way.",
    "X.3.3": "Please send the message again in a simpler form, for example as plain text.",
    "X.3.4": "Please make the message smaller, or share large files by a link.",
    "X.3.5": "Please forward this notice to your postmaster.",
    "X.3.6": "You need not do anything.",
    "X.4.0": "Please try again later.",
    "X.4.1": "Please check the part after the @ sign, and try again later.",
    "X.4.2": "Please try again later.",
    "X.4.3": "Please try again later.",
    "X.4.4": "Please check the part after the @ sign for a typing error.",
    "X.4.5": "Please try again in a few hours.",
    "X.4.6": "Please forward this notice to your postmaster.",
    "X.4.7": "Please send the message again, or tell the recipient in another way.",
    "X.5.0": "Please forward this notice to your postmaster.",
    "X.5.1": "Please forward this notice to your postmaster.",
    "X.5.2": "Please forward this notice to your postmaster.",
    "X.5.3": "Please send the message to fewer recipients at a time.",
    "X.5.4": "Please forward this notice to your postmaster.",
    "X.5.5": "Please forward this notice to your postmaster.",
    "X.5.6": "Please forward this notice to your postmaster.",
    "X.6.0": "Please send the message again in a simpler form, for example without attachments.",
    "X.6.1": "Please send the content in another format, or share it by a link.",
    "X.6.2": "Please send the message again in a simpler form, for example as plain text.",
    "X.6.3": "Please send the message again in a simpler form, for example as plain text.",
    "X.6.4": "You need not do anything.",
    "X.6.5": "Please send the message again in a simpler form, for example as plain text.",
    "X.6.6": "Please put the whole content into the message and send it again.",
    "X.6.7": "Please use an address without such letters, if there is one.",
    "X.6.8": "Please use an address without such letters, if there is one.",
    "X.6.9": "Please send the message again with plain Latin letters in the subject and the names.",
    "X.6.10": "Please use an address without such letters, if there is one.",
    "X.7.0": "Please forward this notice to your postmaster.",
    "X.7.1": "Please ask the recipient in another way to allow messages from your address.",
    "X.7.2": "Please join the mailing list first, or write to its owner.",
    "X.7.3": "Please agree with the recipient on another way to protect the message.",
    "X.7.4": "Please agree with the recipient on another way to protect the message.",
    "X.7.5": "Please check the keys or certificates that you use, and send the message again.",
    "X.7.6": "Please agree with the recipient on another way to protect the message.",
    "X.7.7": "Please send the message again.",
    "X.7.8": "Please check the name and password in the settings of your mail program.",
    "X.7.9": "Please choose a safer way of signing in, in the settings of your mail program.",
    "X.7.10": "Please switch on encryption in the settings of your mail program.",
    "X.7.11": "Please switch on encryption in the settings of your mail program.",
    "X.7.12": "Please change your password and send the message again.",
    "X.7.13": "Please ask your postmaster to switch the account on again.",
    "X.7.14": "Please put the whole content into the message and send it again.",
    "X.7.15": "Please try again later, or with a higher priority.",
    "X.7.16": "Please make the message smaller, or send it with another priority.",
    "X.7.17": "Please ask the recipient in another way for the present address.",
    "X.7.18": "Please ask the recipient in another way for the present address.",
    "X.7.19": "Please ask the recipient in another way whether the address is still right.",
    "X.7.20": "Please send through the mail server of your own domain, or ask your postmaster.",
    "X.7.21": "Please forward this notice to your postmaster.",
    "X.7.22": "Please send through the mail server of your own domain, or ask your postmaster.",
    "X.7.23": "Please send through the mail server of your own domain, or ask your postmaster.",
    "X.7.24": "Please try again later, or forward this notice to your postmaster.",
    "X.7.25": "Please forward this notice to your postmaster.",
    "X.7.26": "Please send through the mail server of your own domain, or ask your postmaster.",
    "X.7.27": "Please send from an address that can receive mail.",
    "X.7.28": (
        "Please wait some hours before sending more, and ask your postmaster if this surprises you."
    ),
    "X.7.29": "Please write to the recipient directly, without forwarding.",
    "X.7.30": (
        "Please tell the recipient in another way, or send the message without this protection."
    ),
}

# A phrase with a number is a pair: one, and many.
PHRASES: dict[str, str | tuple[str, str]] = {
    # The first line: what happened, to which mail, to whom.  %(recipients)s is
    # a list of up to three addresses, such as "bob@example.com and eve@example.net".
    "failed": "Your message to %(recipients)s was not delivered.",
    "failed-count": (
        "Your message was not delivered to %(count)s recipient.",
        "Your message was not delivered to %(count)s recipients.",
    ),
    "delayed": "Your message to %(recipients)s has not been delivered yet.",
    "delayed-count": (
        "Your message has not been delivered to %(count)s recipient yet.",
        "Your message has not been delivered to %(count)s recipients yet.",
    ),
    "delivered": "Your message to %(recipients)s was delivered.",
    "delivered-count": (
        "Your message was delivered to %(count)s recipient.",
        "Your message was delivered to %(count)s recipients.",
    ),
    "relayed": "Your message to %(recipients)s was passed on.",
    "relayed-count": (
        "Your message was passed on to %(count)s recipient.",
        "Your message was passed on to %(count)s recipients.",
    ),
    # What became of one recipient, where all went well.
    "outcome-delivered": "The message is in the mailbox.",
    "outcome-relayed": (
        "The message was passed on to a system that does not confirm delivery. "
        "You may still be told if something goes wrong there."
    ),
    "outcome-expanded": (
        "The address stands for several recipients. The message was passed on to them."
    ),
    # Who said what, above the unchanged words of a server.
    "remote-said": "The other server, %(host)s, said:",
    "other-said": "The other server said:",
    "local-said": "This server noted:",
    # What is attached.  %(size)s is such as "12 MB".
    "attached-message": "Your message is attached.",
    "attached-header": "Only the header of your message is attached, without its text.",
    "attached-header-size": (
        "Your message has a size of %(size)s, so only its header is attached."
    ),
    # A reason for a code that nobody registered.
    "reason-4": "The recipient's mail system cannot take the message at the moment.",
    "reason-5": "The recipient's mail system refused the message.",
    "advice-4": "Please try again later.",
    "advice-5": "Please ask the recipient in another way whether the address is right.",
    # A date such as "22 November 2026" and a time such as "14:00".
    "date-at-time": "%(date)s at %(time)s",
    # Between two languages of the same text.
    "english-follows": "The same text in English:",
    "language-follows": "The same text in another language (%(language)s):",
}
