"""Role 4 of RFC 6749 §1.1: the server that issues tokens after someone allowed it."""
