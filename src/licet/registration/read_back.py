"""An export is read back before it is shown: what would not come to the same as the store has is no part of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import msgspec

from licet.ambient import Entropy, Instant
from licet.registration import manifest as manifests
from licet.registration.desired import Configuration, records
from licet.registration.differences import Difference, compare
from licet.registration.export import Export
from licet.registration.manifest import NAME
from licet.registration.mistakes import ManifestErrors, Mistake
from licet.registration.model import Manifest
from licet.registration.settling import off, settle
from licet.registration.toml_text import Block, document
from licet.storage.ports import Protected, Registered
from licet.storage.vault import Vault

Owner = TypeVar("Owner", Registered, Protected)

_ANY_SECRET = "a secret of 128 bits by its length: 0123456789"
"""Stands for every secret: only digests are kept, so what it is makes no difference here."""


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What a file is compared by."""

    issuer_id: int
    vault: Vault
    entropy: Entropy
    now: Instant

    def check(self, export: Export, stored: Configuration) -> tuple[Export, tuple[str, ...]]:
        """*export* with every app as a comment that it does not say just so; and what is still not the same.

        Secrets aside: of each there is a reference, and whether the right one is put there only its owner knows.
        """
        blocks, gone = settle(export.blocks, _refused, keys=False)
        if mistakes := _refused(document(blocks)):
            return replace(export, blocks=blocks), tuple(map(str, mistakes))
        left_out = {name: "; ".join(reasons) for name, reasons in gone.items()}
        for one in self._differences(blocks, stored):
            if one.what == "app" and one.change == "changed":
                blocks = off(blocks, ("app", one.name))
                left_out[f"app.{one.name}"] = str(one)
        told = {name for name, _ in export.left_out} | set(left_out)
        faults = [one for one in self._differences(blocks, stored) if f"{one.what}.{one.name}" not in told]
        made = replace(
            export,
            blocks=blocks,
            secrets={of: place for of, place in export.secrets.items() if of.partition(".secret[")[0] not in left_out},
            left_out=(*export.left_out, *left_out.items()),
        )
        return made, tuple(map(str, faults))

    def _differences(self, blocks: Sequence[Block], stored: Configuration) -> tuple[Difference, ...]:
        desired = records(
            _read(document(blocks)),
            self.issuer_id,
            self.vault,
            entropy=self.entropy,
            now=self.now,
            resolve_secret=lambda _: _ANY_SECRET,
        )
        return compare(_without_secrets(desired), _without_secrets(stored))


def _refused(text: str) -> Sequence[Mistake]:
    try:
        _read(text)
    except ManifestErrors as errors:
        return errors.mistakes
    return ()


def _read(text: str) -> Manifest:
    with TemporaryDirectory(prefix="licet-export-") as name:
        path = Path(name) / NAME
        path.write_text(text, encoding="utf-8")
        return manifests.read(path)


def _without_secrets(configuration: Configuration) -> Configuration:
    def without(one: Owner) -> Owner:
        return msgspec.structs.replace(one, credentials=tuple(c for c in one.credentials if c.digest is None))

    return msgspec.structs.replace(
        configuration, apps=tuple(map(without, configuration.apps)), apis=tuple(map(without, configuration.apis))
    )
