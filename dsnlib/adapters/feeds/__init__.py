"""What feeds a history: pipes, mailboxes, listeners, logs and the notices of services."""
