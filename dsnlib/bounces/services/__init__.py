"""What a mail service tells in JSON -> events, of the same kind as those of bounces."""
