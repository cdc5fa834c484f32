"""The language: the RFCs' own examples first, then what holds for anything, then what attackers send."""
