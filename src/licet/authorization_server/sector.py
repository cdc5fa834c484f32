"""``sector_identifier_uri``: fetched once, when a client registers, and believed only if it names every redirect URI of
that client (OpenID Connect Registration §5, Core §8.1)."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec

from licet.egress import Egress, Unreachable
from licet.protocol.errors import InvalidClientMetadata
from licet.requirements import SECTOR_LISTS_REDIRECTS

_MAX_BYTES = 65536


@dataclass(frozen=True, slots=True)
class Sectors:
    """Finds out which sector a client may claim."""

    egress: Egress

    async def of(self, sector_identifier_uri: object, redirect_uris: tuple[str, ...]) -> str:
        """The host of the address, once its document lists all *redirect_uris*; raises InvalidClientMetadata."""
        if not isinstance(sector_identifier_uri, str) or not sector_identifier_uri.startswith("https://"):
            raise InvalidClientMetadata("sector_identifier_uri is not https", per=SECTOR_LISTS_REDIRECTS)
        try:
            fetched = await self.egress.get(sector_identifier_uri, accept=("application/json",), max_bytes=_MAX_BYTES)
            listed = msgspec.json.decode(fetched.body, type=list[str])
        except (Unreachable, msgspec.DecodeError) as error:
            raise InvalidClientMetadata(
                "sector_identifier_uri gives no JSON array of addresses", per=SECTOR_LISTS_REDIRECTS, detail=str(error)
            ) from error
        if not set(redirect_uris) <= set(listed):
            raise InvalidClientMetadata(
                "The document at sector_identifier_uri does not list every redirect URI", per=SECTOR_LISTS_REDIRECTS
            )
        return urlsplit(sector_identifier_uri).hostname or ""
