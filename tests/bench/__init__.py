"""The benchmark, tested."""
