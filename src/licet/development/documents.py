"""What ``licet dev`` lets in without being told: any client that has a metadata document, on this machine as well
(OAuth Client ID Metadata Document §8.6 allows that to a server that is itself on loopback)."""

from __future__ import annotations

from ipaddress import ip_network

from licet.authorization_server.directory import OPENID_SCOPES
from licet.authorization_server.settings import DOCUMENT_GRANTS, ClientDocuments, Settings
from licet.development import apps
from licet.egress import EgressLimits
from licet.storage.records import Issuer, RegistrationPolicy


def settings(issuer: Issuer) -> Settings:
    """The settings of a development server: such a client may ask for all there is."""
    _, scopes = apps.api(issuer.issuer_id, issuer.url)
    policy = RegistrationPolicy(scope=(*OPENID_SCOPES, *(scope.name for scope in scopes)), grant_types=DOCUMENT_GRANTS)
    here = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
    return Settings(documents=ClientDocuments(policy=policy), egress=EgressLimits(networks=here))
