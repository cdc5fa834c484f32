"""A configuration in a directory of its own, read by the real reader."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from licet.registration.manifest import Manifest, read
from licet.registration.mistakes import ManifestErrors, Mistake

Reads = Callable[..., Manifest]
Refuses = Callable[..., tuple[Mistake, ...]]

API = """
[api.orders]
audience = "https://orders.example.com"
scopes = { "orders:read" = "See your orders", "orders:write" = "Change your orders" }
"""
TOP = f'issuer = "https://id.example.com"\n{API}'


@pytest.fixture(scope="session")
def pem() -> str:
    """A public key."""
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@pytest.fixture
def directory(tmp_path: Path, pem: str) -> Path:
    """Where the configuration is; ``app.pub.pem`` is there."""
    (tmp_path / "app.pub.pem").write_text(pem)
    return tmp_path


@pytest.fixture
def reads(directory: Path) -> Reads:
    """Read a text, with parts for ``conf.d`` by name."""

    def read_text(text: str, **parts: str) -> Manifest:
        (directory / "licet.toml").write_bytes(text.encode())
        for name, part in parts.items():
            (directory / "conf.d").mkdir(exist_ok=True)
            (directory / "conf.d" / f"{name}.toml").write_text(part)
        return read(directory / "licet.toml")

    return read_text


@pytest.fixture
def refuses(reads: Reads) -> Refuses:
    """Read a text that is wrong; every mistake in it."""

    def mistakes(text: str, **parts: str) -> tuple[Mistake, ...]:
        with pytest.raises(ManifestErrors) as caught:
            reads(text, **parts)
        return caught.value.mistakes

    return mistakes
