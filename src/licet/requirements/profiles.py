"""Which requirements are demanded of a deployment or a client, and how one departs from them in writing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from licet.requirements import CATALOGUE
from licet.requirements.authorization_code import PKCE_OR_NONCE, PKCE_REQUIRED
from licet.requirements.client_authentication import ASSERTION_AUDIENCE_IS_ISSUER
from licet.requirements.model import Role


@dataclass(frozen=True, slots=True)
class Profile:
    """A set of requirements under a name. A client's registration may name one; the deployment's is the default."""

    name: str
    demands: frozenset[str]
    """Ids of requirements."""
    title: str


@dataclass(frozen=True, slots=True)
class Waiver:
    """A departure from one requirement for one client, with a reason and an end (rulings R)."""

    requirement: str
    """The id; only a requirement that is ``waivable`` can be waived."""
    client: str
    reason: str
    until: date
    """The last day on which it holds."""


_EVERYTHING = frozenset(r.id for r in CATALOGUE if r.binds is Role.AUTHORIZATION_SERVER)

OAUTH_2_1 = Profile(
    name="oauth-2.1",
    demands=_EVERYTHING,
    title="OAuth 2.1 and RFC 9700, strictly: the default",
)

OIDC_CORE = Profile(
    name="oidc-core",
    demands=_EVERYTHING - {PKCE_REQUIRED.id, PKCE_OR_NONCE.id, ASSERTION_AUDIENCE_IS_ISSUER.id},
    title="OpenID Connect Core as older confidential clients speak it: without PKCE, with the older audiences",
)

PROFILES = (OAUTH_2_1, OIDC_CORE)
