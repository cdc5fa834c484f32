"""What takes too long for every test run: kills, races, mutants, fuzz, leaks, overload, the model (``make prove``)."""
