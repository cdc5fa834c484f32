"""Starts the peer: npm oidc-provider, from ``peers/oidc_provider.mjs``."""

import json
import shutil
from pathlib import Path

from bench import machine
from bench.setup import APIS, CALLBACK, Running, Secrets
from bench.target import Confidential, Public, Target, Unavailable, discover

_HERE = Path(__file__).parent


class OidcProvider:
    """The peer's life, from keys to the end."""

    name = "oidc-provider"

    def __init__(self, folder: Path, secrets: Secrets) -> None:
        """Make its signing keys once, so that no start pays for them."""
        node = shutil.which("node")
        if node is None or not (_HERE / "node_modules/oidc-provider").is_dir():
            msg = "node or bench/node_modules is missing: run `npm ci` in bench/"
            raise Unavailable(msg)
        self.node = node
        self.folder = folder
        self.secrets = secrets
        self.keys = folder / "jwks.json"
        self.keys.write_text(json.dumps(_signing_keys()))

    def start(self, core: int) -> Running:
        """Start a fresh peer with nothing in its memory."""
        port = machine.free_port()
        argv: list[str | Path] = [self.node, _HERE / "peers/oidc_provider.mjs", "--port", str(port)]
        argv += ["--keys", self.keys]
        env = self.secrets.environment | {"NODE_ENV": "production"}
        log = self.folder / "oidc-provider.log"
        process = machine.start(argv, core, log, env, _HERE)
        try:
            issuer = f"http://127.0.0.1:{port}"
            start_s = machine.until_answer(process, ("127.0.0.1", port), "/.well-known/openid-configuration")
            return Running(process, self._target(issuer, process.pid), start_s, _version(log))
        except BaseException:
            process.stop()
            raise

    def _target(self, issuer: str, pid: int) -> Target:
        return Target(
            name=self.name,
            issuer=issuer,
            pid=pid,
            service=Confidential("service", self.secrets.service),
            api=Confidential("api", self.secrets.api),
            access_tokens={
                # Without a resource indicator it looks nothing up, which is its quickest way to an opaque token.
                form: {"scope": scope} | ({} if form == "opaque" else {"resource": resource})
                for form, (resource, scope) in APIS.items()
            },
            browsers={alg: Public(f"spa-{alg.lower()}", CALLBACK, "openid") for alg in ("RS256", "ES256")},
            rotating=Public("rotating", CALLBACK, APIS["opaque"][1]),
            login=self.secrets.login,
            password=self.secrets.password,
            metadata=discover(issuer),
        )


def _signing_keys() -> dict[str, object]:
    from joserfc.jwk import ECKey, RSAKey  # noqa: PLC0415 - only when there is a peer to give keys to

    rsa = RSAKey.generate_key(2048, {"alg": "RS256", "use": "sig"}, auto_kid=True)
    ec = ECKey.generate_key("P-256", {"alg": "ES256", "use": "sig"}, auto_kid=True)
    return {"keys": [rsa.as_dict(private=True), ec.as_dict(private=True)]}


def _version(log: Path) -> str:
    """Read the peer's own line about what it is."""
    for line in log.read_text().splitlines():
        if line.startswith("{"):
            said = json.loads(line)
            return f"{said['version']} on Node {said['node']}"
    return "of unknown version"
