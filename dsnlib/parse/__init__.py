"""Octets of a message -> values: what the RFCs define, read strictly or tolerantly."""
