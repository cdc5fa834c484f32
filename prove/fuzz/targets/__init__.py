"""Every reader that is fuzzed, by name."""

from prove.fuzz.targets import files, planted, signed, web, words
from prove.fuzz.targets.model import Target

TARGETS: dict[str, Target] = {**web.TARGETS, **words.TARGETS, **signed.TARGETS, **files.TARGETS}
PLANTED: dict[str, Target] = planted.TARGETS

__all__ = ["PLANTED", "TARGETS", "Target"]
