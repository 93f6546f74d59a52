"""How sessions are encrypted, and whom a certificate has to name."""
