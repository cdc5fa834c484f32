"""How a secret is named where it must be named without the file: by the key that refers to it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from licet.registration.desired import Missing
from licet.registration.model import Manifest, Reference

_REFERRED = re.compile(r"\.(?:env|file)$")


def secret_key(reference: Reference) -> str:
    """``app.shop.secret[0]``: the same wherever the reference was read, whether it stands alone or in a list."""
    key = _REFERRED.sub("", reference.place.path)
    return key if key.endswith("]") else f"{key}[0]"


def owned(manifest: Manifest) -> Iterator[Missing]:
    """Every reference to a secret, with the app or the API whose it is."""
    for api in manifest.apis:
        yield from (Missing("resource", api.name, one) for one in api.credentials.secrets)
    for app in manifest.apps:
        yield from (Missing("client", app.client_id, one) for one in app.credentials.secrets)
