"""Messages described for the tests of `dsnlib plan`."""

# A message with one recipient, and what may be said of it.
MESSAGE = {
    "sender": "ann@example.org",
    "recipients": ["bob@example.com"],
    "reporting_mta": "mail.example.org",
}
FAILED = {"recipient": "bob@example.com", "status": "5.1.1"}
ALIASES = {
    **MESSAGE,
    "mail": "RET=FULL ENVID=QQ",
    "recipients": [
        {"address": "Team@example.org", "notify": "SUCCESS,FAILURE"},
        {"address": "list@example.org", "notify": "SUCCESS"},
        {"address": "loop@example.org"},
        {"address": "secret@example.org", "notify": "FAILURE"},
        {"address": "one@example.org"},
    ],
    "aliases": {
        "team@example.org": ["a@example.com", "b@example.com"],
        "list@example.org": {
            "kind": "list",
            "targets": ["m@example.com"],
            "owner": "owner@example.org",
            "mail": "RET=HDRS",
            "notify": "FAILURE",
            "names_members": False,
        },
        "loop@example.org": "pool@example.org",
        "pool@example.org": "loop@example.org",
        "secret@example.org": {"kind": "confidential", "targets": "s@example.com"},
        "one@example.org": {"targets": ["c@example.com"]},
    },
}


def with_outcome(**members: object) -> dict[str, object]:
    """Return the message with one outcome of its recipient."""
    return {**MESSAGE, "outcomes": [{"recipient": "bob@example.com", **members}]}
