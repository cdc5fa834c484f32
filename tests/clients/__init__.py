"""Clients that others wrote, at a server in a process of its own."""
