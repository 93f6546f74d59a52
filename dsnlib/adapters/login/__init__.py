"""Who a client is: SASL on the server's side (RFC 4422, RFC 4954)."""
