"""A server in a process of its own, as an operator runs it: ``licet serve``, SQLite on disk, its log in a file."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex, token_urlsafe
from typing import Any

import httpx2
from cryptography.hazmat.primitives import serialization

from bench.machine import Process, free_port, until_answer
from licet.ambient import SystemEntropy
from licet.protocol import client_assertion, jose
from licet.storage.vault import MasterKeys, Vault
from prove.single_use import configuration

SIGNED = "signer"


@dataclass
class Served:
    """A running server and everything that is secret about it."""

    home: Path
    port: int
    key: jose.SigningKey
    """The private key of the client ``signer``."""
    secrets: dict[str, str]
    """Of the clients and APIs that authenticate with one."""
    passwords: dict[str, str]
    process: Process | None = field(default=None, repr=False)
    http: httpx2.Client = field(default_factory=lambda: httpx2.Client(verify=False, timeout=30), repr=False)

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def store(self) -> Path:
        return self.home / "store" / "licet.db"

    @property
    def log(self) -> Path:
        return self.home / "licet.log"

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    @property
    def vault(self) -> Vault:
        """What only somebody who holds the key file can make."""
        return Vault(MasterKeys.parse((self.home / "keys" / "master.key").read_text()), SystemEntropy())

    def start(self) -> None:
        with self.log.open("ab") as sink:
            popen = subprocess.Popen(
                [sys.executable, "-m", "licet", "serve", "--config", "config/licet.toml"],
                cwd=self.home,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
            )
        self.process = Process(popen, self.log, time.perf_counter())
        until_answer(self.process, ("127.0.0.1", self.port), "/readyz")

    def stop(self) -> None:
        if self.process is not None:
            self.process.stop()
            self.process = None

    def ask(self, path: str, form: dict[str, str]) -> httpx2.Response:
        """POST a form, as a program does."""
        return self.http.post(self.issuer + path, data=form)

    def mine(self, client_id: str) -> dict[str, str]:
        """What *client_id* adds to a form to say who it is."""
        return {"client_id": client_id} | (
            {"client_secret": self.secrets[client_id]} if client_id in self.secrets else {}
        )

    def assertion(self) -> dict[str, str]:
        """A fresh assertion of ``signer``, good once."""
        assertion = client_assertion.make(
            self.key, client_id=SIGNED, issuer=self.issuer, now_s=int(time.time()), jti=token_hex(16)
        )
        return {
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": assertion,
        }

    def rows(self, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(f"file:{self.store}?mode=ro", uri=True, timeout=30)) as connection:
            return connection.execute(sql, parameters).fetchall()

    def events(self, kind: str) -> int:
        return int(self.rows("SELECT count(*) FROM events WHERE type = ?", kind)[0][0])

    def write(self, *statements: str | tuple[str, Any]) -> None:
        """Change the store behind the server's back."""
        with closing(sqlite3.connect(self.store, timeout=30)) as connection, connection:
            for statement in statements:
                sql, parameters = (statement, ()) if isinstance(statement, str) else statement
                connection.execute(sql, parameters)


def set_up(home: Path, *, log: str = "text") -> Served:
    """Everything an operator prepares, with fresh secrets, each in a file of its own."""
    port = free_port()
    for part in ("config", "keys", "store"):
        (home / part).mkdir(parents=True)
    private = jose.generate_es256()
    secrets = {owner: token_urlsafe(32) for owner in ("shop", "billing", "api.orders", "api.invoices")}
    for owner, secret in (secrets | {"master.key": MasterKeys.generate(SystemEntropy())}).items():
        file = home / "keys" / owner
        file.touch(mode=0o600)
        file.write_text(secret + "\n")
    pem = private.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    (home / "config" / "signer.pem").write_bytes(pem)
    served = Served(home, port, jose.SigningKey(private, "ES256", "signer-key"), secrets, {})
    (home / "config" / "licet.toml").write_text(configuration.text(served.issuer, port, log))
    for login in ("alice", "bob"):
        served.passwords[login] = f"{login} {token_urlsafe(24)} {token_urlsafe(6)}"
        done = subprocess.run(
            [sys.executable, "-m", "licet", "user", "add", login, "--password-stdin", "--config", "config/licet.toml"],
            cwd=home,
            input=served.passwords[login] + "\n",
            text=True,
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    return served


def until(condition: Callable[[], bool], what: str, within_s: float = 30) -> None:
    """Wait for what a server does in its own time: reading configuration anew, writing its log."""
    ends = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < ends, what
        time.sleep(0.05)


@contextmanager
def running(home: Path, *, log: str = "text") -> Iterator[Served]:
    """A server until the block ends; its end must be clean, and no answer may have been an error of ours."""
    served = set_up(home, log=log)
    try:
        served.start()
        yield served
    finally:
        served.http.close()
        served.stop()
