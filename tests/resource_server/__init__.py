"""Tests of the guards' core."""
