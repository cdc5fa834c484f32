"""Tests of licet as a client."""
