"""``dev.json``: what a running development server is, for scripts and for ``licet try``."""

from __future__ import annotations

import msgspec

from licet.development import apps
from licet.development.place import Place
from licet.development.seed import Seeded

Strings = tuple[str, ...]


class PersonThere(msgspec.Struct, frozen=True):
    """Somebody to sign in as."""

    login: str
    password: str


class WebThere(msgspec.Struct, frozen=True):
    """The shop, a public client."""

    client_id: str
    redirect_uri: str
    """Any port will do."""


class ServiceThere(msgspec.Struct, frozen=True):
    """The job."""

    client_id: str
    client_secret: str


class TvThere(msgspec.Struct, frozen=True):
    """The TV, a public client."""

    client_id: str


class AppsThere(msgspec.Struct, frozen=True):
    """One app for each flow."""

    web: WebThere
    service: ServiceThere
    tv: TvThere


class ApiThere(msgspec.Struct, frozen=True):
    """The API to call, and what it introspects with."""

    url: str
    audience: str
    scopes: Strings
    client_id: str
    client_secret: str


class Description(msgspec.Struct, frozen=True, kw_only=True):
    """The whole file."""

    issuer: str
    people: tuple[PersonThere, ...]
    apps: AppsThere
    api: ApiThere


class NotRunning(Exception):  # noqa: N818  a condition, not a mistake
    """No development server answers from this directory."""


def describe(seeded: Seeded) -> Description:
    """What ``dev.json`` says of *seeded*."""
    resource, scopes = apps.api(seeded.issuer.issuer_id, seeded.issuer.url)
    return Description(
        issuer=seeded.issuer.url,
        people=tuple(PersonThere(login, password) for login, password in seeded.secrets.people.items()),
        apps=AppsThere(
            web=WebThere(apps.WEB, apps.REDIRECT_URI),
            service=ServiceThere(apps.SERVICE, seeded.secrets.service),
            tv=TvThere(apps.TV),
        ),
        api=ApiThere(
            url=resource.identifier,
            audience=resource.identifier,
            scopes=tuple(scope.name for scope in scopes),
            client_id=apps.API_CLIENT,
            client_secret=seeded.secrets.api,
        ),
    )


def read(place: Place) -> Description:
    """What runs from *place*; raises NotRunning."""
    try:
        return msgspec.json.decode(place.dev_json.read_bytes(), type=Description)
    except (OSError, msgspec.DecodeError):
        raise NotRunning(f"No licet dev runs from {place.directory}. Start it first: licet dev") from None
