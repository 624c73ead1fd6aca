"""HTTP/1.1 rules (RFC 9110, RFC 9112) without sockets: framing, headers, exchange, responses."""
