"""Bytes at the edge: the kernel, the pages, and what they load. It knows no grant."""
