"""One target in a process of its own: ``python -m prove.fuzz.fuzzer TARGET FOLDER [libFuzzer's options]``.

FOLDER keeps what was found worth keeping, and ``crash-…`` where a promise was broken.
"""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> None:
    import atheris

    name, folder, *options = sys.argv[1:]
    # Before anything of it is imported elsewhere: what is not instrumented gives the fuzzer nothing to go by.
    with atheris.instrument_imports(include=["licet", "prove.fuzz.targets"], enable_loader_override=False):
        from prove.fuzz.targets import PLANTED, TARGETS
    target = (TARGETS | PLANTED)[name]
    corpus = Path(folder) / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, example in enumerate(target.examples):
        (corpus / f"example-{number}").write_bytes(example)

    def promise(raw: bytes) -> None:
        try:
            target.promise(raw)
        except BaseException:
            sys.stderr.write(f"the promise of {name} is broken by {raw!r}\n")
            raise

    atheris.Setup([sys.argv[0], f"-artifact_prefix={folder}/", *options, str(corpus)], promise)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
