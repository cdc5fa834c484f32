"""Guessing and overload: what strangers may cost, over the wire against a server process."""
