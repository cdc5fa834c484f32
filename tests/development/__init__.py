"""Tests of what only ``licet dev`` has."""
