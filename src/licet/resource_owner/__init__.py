"""Role 1 of RFC 6749 §1.1: who is here, how they proved it, and what they allow."""
