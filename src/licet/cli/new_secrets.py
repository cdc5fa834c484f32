"""Secrets that ``apply`` makes: each is where the file looks for it before the store knows it, so that none is ever lost."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import click

from licet.ambient import Entropy
from licet.cli.main import INCOMPLETE, WRONG_CALL
from licet.cli.opening import fail
from licet.protocol import secret_token
from licet.registration.desired import Missing
from licet.registration.model import Reference


@dataclass(slots=True)
class NewSecrets:
    """What was made, and where it went."""

    made: dict[Reference, str] = field(default_factory=dict)
    written: list[Path] = field(default_factory=list)
    shown: list[tuple[str, str]] = field(default_factory=list)

    def take_back(self) -> None:
        """Nothing was applied: what was written for it goes again."""
        for path in self.written:
            with suppress(OSError):
                path.unlink()

    def show(self) -> None:
        """Once, to whoever sits here: those that went into no file."""
        for name, secret in self.shown:
            click.echo(f"  {name}={secret}")
        if self.shown:
            click.echo("  These secrets are shown once. Put them where the file looks for them.", err=True)


def make(missing: Iterable[Missing], entropy: Entropy, out: Path | None) -> NewSecrets:
    """One secret of 256 bits for each reference: a file's into that file (0600), a variable's as a line of *out* (0600).

    Nothing is overwritten. Exits 2 where a variable's has nowhere to go, 3 where a file cannot be written.
    """
    new = NewSecrets()
    references = tuple(dict.fromkeys(one.reference for one in missing))
    variables = [one for one in references if one.kind == "env"]
    if variables and out is None and not sys.stdout.isatty():
        names = ", ".join(one.name for one in variables)
        fail(f"{names} must be made, and nobody is here to be shown: say --out-secrets FILE", WRONG_CALL)
    for reference in references:
        new.made[reference] = secret_token.make("cs", entropy.bytes(secret_token.RANDOM_BYTES))
    try:
        for reference in references:
            if reference.kind == "file":
                _write(new, Path(reference.name), new.made[reference] + "\n")
        lines = [(one.name, new.made[one]) for one in variables]
        if out is None:
            new.shown.extend(lines)
        elif lines:
            _write(new, out, "".join(f"{name}={secret}\n" for name, secret in lines))
    except OSError as error:
        new.take_back()
        what = "is there already, and nothing is written over" if isinstance(error, FileExistsError) else error.strerror
        fail(f"{error.filename} {what}; nothing was applied", INCOMPLETE)
    return new


def _write(new: NewSecrets, path: Path, content: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    new.written.append(path)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
