"""What an attacker tries, row by row: the ids are those of ``docs/security.md``, which is made from ``rows.py``."""
