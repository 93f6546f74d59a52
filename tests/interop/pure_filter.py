"""A mail filter on purepythonmilter, to be run by itself: it needs a main thread.

    python -m tests.interop.pure_filter PORT

It answers recipients by their local part, and changes what it can of a message
that has a field Change.
"""

import sys

from purepythonmilter import (  # type: ignore[import-untyped]  # a filter to test with
    Accept,
    AddRecipient,
    AddRecipientWithEsmtpArgs,
    AppendHeader,
    BodyChunk,
    ChangeHeader,
    ChangeMailFrom,
    Connect,
    Continue,
    DiscardMessage,
    EndOfMessage,
    Header,
    Helo,
    InsertHeader,
    MailFrom,
    PurePythonMilter,
    RcptTo,
    Reject,
    RejectWithCode,
    RemoveRecipient,
    ReplaceBodyChunk,
    SkipToNextStage,
    TempFailWithCode,
    VerdictOrContinue,
)

SEEN: list[str] = []


async def on_connect(command: Connect) -> None:
    """Note the client; say nothing."""
    SEEN.append(f"connect={command.connection_info_args}")


async def on_helo(command: Helo) -> VerdictOrContinue:
    """Refuse one name."""
    return Reject() if command.hostname == "rude.example" else Continue()


async def on_mail_from(command: MailFrom) -> VerdictOrContinue:
    """Note the sender, its parameters and macros."""
    SEEN.append(f"mail={command.address} {command.esmtp_args} {dict(command.macros)}")
    return Continue()


async def on_rcpt_to(command: RcptTo) -> VerdictOrContinue:
    """Answer by the local part."""
    SEEN.append(f"rcpt={command.address} {command.esmtp_args}")
    answers: dict[str, VerdictOrContinue] = {
        "nobody": RejectWithCode(
            primary_code=(5, 5, 0), enhanced_code=(5, 1, 1), text="100%% unknown"
        ),
        "full": TempFailWithCode(primary_code=(4, 5, 2), enhanced_code=(4, 2, 2), text="full"),
        "plain": Reject(),
        "drop": DiscardMessage(),
        "enough": Accept(),
    }
    return answers.get(command.address.partition("@")[0], Continue())


async def on_header(command: Header) -> None:
    """Note a field."""
    SEEN.append(f"{command.name}:{command.text}")


async def on_body_chunk(command: BodyChunk) -> SkipToNextStage:
    """Want no more than one piece of a body."""
    SEEN.append(f"body={len(command.data_raw)}")
    return SkipToNextStage()


async def on_end_of_message(command: EndOfMessage) -> VerdictOrContinue:
    """Change everything, and tell what was seen in fields."""
    seen = [*SEEN]
    SEEN.clear()
    if not any(each.startswith("Change:") for each in seen):
        return Continue()
    return Continue(
        manipulations=[
            *[AppendHeader(headername="X-Seen", headertext=each) for each in seen],
            AppendHeader(headername="X-Folded", headertext="a\n\tb"),
            InsertHeader(headername="X-First", headertext="1", index=0),
            ChangeHeader(headername="Subject", headertext="changed", nth_occurrence=1),
            ChangeHeader(headername="X-Gone", headertext="", nth_occurrence=1),
            ChangeMailFrom(mail_from="<new@example.net>", esmtp_args={"RET": "HDRS"}),
            AddRecipient(recipient="<fay@example.org>"),
            AddRecipientWithEsmtpArgs(
                recipient="<gil@example.org>", esmtp_args={"NOTIFY": "NEVER"}
            ),
            RemoveRecipient(recipient="<bob@example.org>"),
            ReplaceBodyChunk(chunk=b"new\n"),
            ReplaceBodyChunk(chunk=b"body\r\n"),
        ]
    )


def main(port: int) -> None:
    """Serve on a port of the loopback interface until the process is told to end."""
    PurePythonMilter(
        name="pure",
        hook_on_connect=on_connect,
        hook_on_helo=on_helo,
        hook_on_mail_from=on_mail_from,
        hook_on_rcpt_to=on_rcpt_to,
        hook_on_header=on_header,
        hook_on_body_chunk=on_body_chunk,
        hook_on_end_of_message=on_end_of_message,
        restrict_symbols=None,
        can_add_headers=True,
        can_add_recipients=True,
        can_add_recipients_with_esmtp_args=True,
        can_change_body=True,
        can_change_headers=True,
        can_change_mail_from=True,
        can_remove_recipients=True,
    ).run_server(host="127.0.0.1", port=port)


if __name__ == "__main__":
    main(int(sys.argv[1]))
