"""Names that may stay in a bounce that is handed out: those of nobody, and of the public.

How a bounce is read hangs on who wrote it: the forms of Google, Outlook and the
rest are told by their hosts.  A name that millions share tells nothing of a
person, so it stays; what stands to the left of it may be a customer's, and stays
only if it is one of the words that hosts are called by.
"""

from __future__ import annotations

from dsnlib.bounces.kinds.subjects import vocabulary

__all__ = [
    "EXTENSIONS",
    "HOST_WORDS",
    "PROVIDERS",
    "ROLES",
    "STEMS",
    "TOP_LEVEL",
    "WORDS",
    "is_reserved",
]

# Names that are given to nobody: RFC 2606 s2, s3; RFC 6761.
_RESERVED = ("example.com", "example.net", "example.org")
_RESERVED_TOP = frozenset({"example", "test", "invalid", "localhost"})

# Domains of providers, of filters, and of those who write what bounces point to.
PROVIDERS = frozenset(
    """
    gmail.com googlemail.com google.com googlegroups.com outlook.com hotmail.com hotmail.co.uk
    hotmail.fr live.com msn.com office365.com microsoft.com onmicrosoft.com exchangelabs.com
    yahoo.com yahoo.co.jp yahoo.co.uk yahoo.fr yahoo.de yahoo.it yahoo.es yahoodns.net ymail.com
    rocketmail.com aol.com aim.com icloud.com me.com mac.com apple.com gmx.de gmx.net gmx.com
    gmx.at gmx.ch web.de 1und1.de kundenserver.de ionos.com mail.ru bk.ru inbox.ru list.ru
    yandex.ru yandex.net yandex.com rambler.ru zoho.com zohomail.com zoho.eu amazonses.com
    amazonaws.com awsapps.com amazon.com sendgrid.net sendgrid.com mailgun.org mailgun.net
    mandrillapp.com sparkpostmail.com mailchimp.com messagelabs.com symanteccloud.com mimecast.com
    mimecast.co.za pphosted.com ppe-hosted.com barracudanetworks.com mxlogic.net
    mailspamprotection.com secureserver.net cloudflare.net cloudflare.com
    qq.com 163.com 126.com sina.com sohu.com
    naver.com daum.net hanmail.net docomo.ne.jp ezweb.ne.jp softbank.ne.jp au.com biglobe.ne.jp
    nifty.com ocn.ne.jp comcast.net att.net sbcglobal.net bellsouth.net verizon.net vtext.com
    vzwpix.com cox.net charter.net rr.com earthlink.net mindspring.com optonline.net rogers.com
    libero.it tiscali.it virgilio.it orange.fr wanadoo.fr free.fr laposte.net sfr.fr t-online.de
    freenet.de arcor.de terra.com.br uol.com.br bol.com.br btinternet.com ntlworld.com
    virginmedia.com talktalk.net bigpond.com fastmail.com messagingengine.com proton.me
    protonmail.com protonmail.ch returnpath.net abusix.com rackspace.com emailsrvr.com
    spamhaus.org spamcop.net sorbs.net barracudacentral.org surbl.org uribl.com openspf.org
    openspf.net trendmicro.com cloudmark.com proofpoint.com ietf.org rfc-editor.org postfix.org
    sendmail.org exim.org cr.yp.to list.org dmarc.org
    """.split()  # noqa: SIM905  a list of names is read more easily than one of strings
)

# What hosts are called, and so says nothing of whose they are.
HOST_WORDS = frozenset(
    """
    mx mail smtp smtp-in smtp-out mta in out inbound outbound relay protection eop eo prod gateway
    support help www l gmail-smtp-in aspmx email postmaster bounce bounces mailer daemon mxa mxb
    lists list groups feedback complaints fbl arf accounts security docs learn technet community kb
    blog faq errors sender senders mailsupport
    """.split()  # noqa: SIM905  the same
)

# Local parts that are offices, not persons: RFC 2142, and what mail systems use.
ROLES = frozenset(
    """
    mailer-daemon mail-daemon mailerdaemon mdaemon postmaster post_master double-bounce abuse
    hostmaster webmaster root noreply no-reply no_reply donotreply do-not-reply bounce bounces
    nobody daemon mailman majordomo listserv complaints fbl feedbackloop feedback
    """.split()  # noqa: SIM905  the same
)

# Words that name a mail system in From, Subject and prose, and never a person.
WORDS = vocabulary() | frozenset(
    """
    mail mailer daemon email e system subsystem deliver delivered administrator admin internet
    server service exchange microsoft outlook domino lotus notes groupwise gateway agent transfer
    transport mta smtp google yahoo gmail fwd fw re aw sv the a an of to for in on at from by with
    is was were has have be been are your you our we this that it and or not no user users mailbox
    address addresses recipient recipients sender senders host domain unknown full quota exceeded
    temporary permanent error errors failed failure status message messages notification notice
    report reports warning spam abuse bulk list lists group groups team support info test help
    hours days minutes retry undisclosed interscan postfix sendmail qmail exim courier symantec
    antivirus filter loop network localhost source webmail daily account digest vol issue msgs
    confirm welcome nextpart boundary part mixed alternative related mime apple break
    """.split()  # noqa: SIM905  the same
)
# Words of systems whatever their ending: "undelivered", "undeliverable".
STEMS = ("undeliver", "deliver", "nondeliver", "unzustell", "niedostarcz", "nedoruč")

# The end of a name that is a host's even where it is written in capitals.
TOP_LEVEL = frozenset(
    """
    com net org edu gov mil int info biz name pro aero coop museum mobi jobs travel arpa asia cat
    tel local localdomain lan internal intra intranet corp home private dom host
    """.split()  # noqa: SIM905  the same
)

# The end of a name that is a file's, where no country has it.
EXTENSIONS = frozenset(
    """
    txt html htm dat eml exe pdf doc docx php asp aspx png jpg gif conf cgi log msg bat scr
    """.split()  # noqa: SIM905  the same
)


def is_reserved(domain: str) -> bool:
    """Tell whether a domain, lower case, is one that nobody can have.  Never raises."""
    last = domain.rpartition(".")[2]
    return last in _RESERVED_TOP or any(
        domain == name or domain.endswith("." + name) for name in _RESERVED
    )
