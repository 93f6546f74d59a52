"""Send one message to three people, with something else asked for each of them.

    python docs/examples/send.py

The server is dsnlib's fake one, which refuses what it is asked to refuse.
"""

# ruff: noqa: INP001, T201  an example is no package, and prints

import asyncio

from dsnlib import Envelope, MailParameters, Notify, RcptParameters, Recipient, Ret
from dsnlib.adapters.client.result import SendResult
from dsnlib.adapters.sink import Sink
from dsnlib.adapters.smtp_client import SmtpClient

LETTER = b"From: shop@example.org\nSubject: Your order\n\nIt is on its way.\n"
ENVELOPE = Envelope(
    sender="shop@example.org",
    mail=MailParameters(ret=Ret.HDRS, envid="order-31"),
    recipients=[
        Recipient("bob@example.com", RcptParameters(notify=Notify.SUCCESS | Notify.FAILURE)),
        Recipient("bounce-5.2.2@example.com", RcptParameters(notify=Notify.NEVER)),
        Recipient("greylist@example.com"),
    ],
)


async def send(relay: str) -> tuple[SendResult, ...]:
    """Send it, and return what became of each recipient."""
    async with SmtpClient.to(relay, observe=lambda who, line: print(f"{who}: {line}")) as client:
        return await client.send(ENVELOPE, LETTER)


def main() -> None:
    """Show the dialogue and a line for each recipient."""
    with Sink() as sink:
        results = asyncio.run(send(f"[{sink.host}]:{sink.port}"))
    for each in results:
        word = "taken" if each.is_success else each.outcome.disposition.value
        print(f"{each.recipient}: {word} at {each.command}: {each.reply}")


if __name__ == "__main__":
    main()
