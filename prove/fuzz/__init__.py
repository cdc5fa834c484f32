"""Coverage-guided fuzzing of everything that reads what a stranger wrote.

``python -m prove.fuzz.fuzzer TARGET FOLDER`` goes on with one target for as long as one likes.
"""
