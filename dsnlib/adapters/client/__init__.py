"""The parts of the reference SMTP and LMTP client, which `adapters.smtp_client` puts together."""
