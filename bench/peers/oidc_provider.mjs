// npm oidc-provider, set up to do the same work as licet: node oidc_provider.mjs --port 8500 --keys jwks.json
//
// Everything is kept in one Map: nothing is written to disk, nothing is ever evicted. The stock adapter holds
// 1000 entries, too few for a load, and walks a grant's members at each write. Prints one JSON line when ready.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:http";
import { parseArgs } from "node:util";

import { Provider } from "oidc-provider";

const { values: options } = parseArgs({ options: { port: { type: "string" }, keys: { type: "string" } } });
const port = Number(options.port);
const issuer = `http://127.0.0.1:${port}`;
const { version } = createRequire(import.meta.url)("oidc-provider/package.json");

const { BENCH_SERVICE_SECRET, BENCH_API_SECRET, BENCH_CALLBACK, BENCH_LOGIN } = process.env;
const OPAQUE_SCOPE = "opaque.read";
const APIS = {
  "https://opaque.bench.example": { scope: OPAQUE_SCOPE, accessTokenFormat: "opaque" },
  "https://rs256.bench.example": { scope: "rs256.read", accessTokenFormat: "jwt", jwt: { sign: { alg: "RS256" } } },
  "https://es256.bench.example": { scope: "es256.read", accessTokenFormat: "jwt", jwt: { sign: { alg: "ES256" } } },
};

class MapAdapter {
  static rows = new Map();
  static uids = new Map();
  static userCodes = new Map();
  static grants = new Map();

  constructor(model) {
    this.model = model;
  }

  key(id) {
    return `${this.model}:${id}`;
  }

  async upsert(id, payload) {
    const key = this.key(id);
    MapAdapter.rows.set(key, payload);
    if (payload.uid) MapAdapter.uids.set(payload.uid, key);
    if (payload.userCode) MapAdapter.userCodes.set(payload.userCode, key);
    if (payload.grantId && this.model !== "Session" && this.model !== "Interaction") {
      const members = MapAdapter.grants.get(payload.grantId);
      if (members) members.add(key);
      else MapAdapter.grants.set(payload.grantId, new Set([key]));
    }
  }

  async find(id) {
    return MapAdapter.rows.get(this.key(id));
  }

  async findByUid(uid) {
    return MapAdapter.rows.get(MapAdapter.uids.get(uid));
  }

  async findByUserCode(userCode) {
    return MapAdapter.rows.get(MapAdapter.userCodes.get(userCode));
  }

  async consume(id) {
    MapAdapter.rows.get(this.key(id)).consumed = Math.floor(Date.now() / 1000);
  }

  async destroy(id) {
    const key = this.key(id);
    const payload = MapAdapter.rows.get(key);
    MapAdapter.rows.delete(key);
    if (payload?.uid) MapAdapter.uids.delete(payload.uid);
    if (payload?.grantId) MapAdapter.grants.get(payload.grantId)?.delete(key);
  }

  async revokeByGrantId(grantId) {
    for (const key of MapAdapter.grants.get(grantId) ?? []) MapAdapter.rows.delete(key);
    MapAdapter.grants.delete(grantId);
  }
}

const machine = { grant_types: ["client_credentials"], response_types: [], redirect_uris: [] };
const browser = {
  token_endpoint_auth_method: "none",
  application_type: "web",
  grant_types: ["authorization_code"],
  response_types: ["code"],
  redirect_uris: [BENCH_CALLBACK],
};

const provider = new Provider(issuer, {
  adapter: MapAdapter,
  jwks: JSON.parse(readFileSync(options.keys, "utf8")),
  cookies: { keys: ["bench cookie key, no secret"] },
  scopes: ["openid", "offline_access", OPAQUE_SCOPE],
  clients: [
    { client_id: "service", client_secret: BENCH_SERVICE_SECRET, ...machine },
    { client_id: "api", client_secret: BENCH_API_SECRET, ...machine },
    { client_id: "spa-rs256", id_token_signed_response_alg: "RS256", ...browser },
    { client_id: "spa-es256", id_token_signed_response_alg: "ES256", ...browser },
    { client_id: "rotating", ...browser, grant_types: ["authorization_code", "refresh_token"] },
  ],
  enabledJWA: { idTokenSigningAlgValues: ["RS256", "ES256"] },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: (ctx, client) => client.clientId === "api" },
    revocation: { enabled: true, allowedPolicy: (ctx, client, token) => client.clientId === token.clientId },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (ctx, resource) => ({ audience: resource, ...APIS[resource] }),
    },
  },
  interactions: { url: (ctx, interaction) => `/interaction/${interaction.uid}` },
  pkce: { required: () => true },
  issueRefreshToken: (ctx, client) => client.grantTypeAllowed("refresh_token"),
  rotateRefreshToken: true,
  ttl: { AccessToken: 600, ClientCredentials: 600, IdToken: 600, AuthorizationCode: 60, Grant: 86400, Session: 86400,
    Interaction: 600, RefreshToken: 2592000 },
  clientBasedCORS: () => false,
  findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
});

// In place of pages: whoever comes is signed in and consents to everything. Loopback and benchmark only.
async function agree(request, response) {
  const { params } = await provider.interactionDetails(request, response);
  const grant = new provider.Grant({ accountId: BENCH_LOGIN, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  const grantId = await grant.save();
  await provider.interactionFinished(request, response, { login: { accountId: BENCH_LOGIN }, consent: { grantId } });
}

const answer = provider.callback();
const server = createServer((request, response) => {
  if (!request.url.startsWith("/interaction/")) {
    answer(request, response);
    return;
  }
  agree(request, response).catch((error) => {
    response.writeHead(500, { "content-type": "text/plain" }).end(String(error));
  });
});
server.listen(port, "127.0.0.1", () => {
  console.log(JSON.stringify({ ready: true, issuer, version, node: process.versions.node }));
});
