"""How a client proves who it is (RFC 4954)."""
