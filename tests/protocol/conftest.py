"""Keys that take long to make, made once."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import settings

from licet.protocol import jose

# A busy machine is no bug.
settings.register_profile("house", deadline=None)
settings.load_profile("house")


@pytest.fixture(scope="session")
def es256() -> jose.SigningKey:
    return jose.SigningKey(jose.generate_es256(), "ES256", "es")


@pytest.fixture(scope="session")
def rs256() -> jose.SigningKey:
    return jose.SigningKey(jose.generate_rs256(), "RS256", "rs")


@pytest.fixture(scope="session")
def ps256() -> jose.SigningKey:
    return jose.SigningKey(jose.generate_rs256(), "PS256", "ps")


@pytest.fixture(scope="session")
def ed25519() -> jose.SigningKey:
    return jose.SigningKey(Ed25519PrivateKey.generate(), "EdDSA", "ed")


@pytest.fixture(scope="session")
def signing(
    es256: jose.SigningKey, rs256: jose.SigningKey, ps256: jose.SigningKey, ed25519: jose.SigningKey
) -> dict[str, jose.SigningKey]:
    """One key of each algorithm, by its algorithm."""
    return {key.alg: key for key in (es256, rs256, ps256, ed25519)}
