"""The language: frozen values and pure functions. No clock, no dice, no network: what varies is an argument."""
