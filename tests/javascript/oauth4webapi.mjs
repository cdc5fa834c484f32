// oauth4webapi at a running server: every answer goes through the library's own checks, with nothing switched off.
// Reads the world as JSON from stdin and says, a line a scenario, what went wrong.

import assert from "node:assert/strict";
import { text } from "node:stream/consumers";

import * as oauth from "oauth4webapi";

import { Person } from "./person.mjs";
import { play, refused } from "./played.mjs";

const world = JSON.parse(await text(process.stdin));
const issuer = new URL(world.issuer);
/** The server is on this machine, and speaks http there. */
const here = { [oauth.allowInsecureRequests]: true };

const discovered = async (algorithm) =>
  oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm, ...here }));
const server = await discovered("oidc");

const shop = { client_id: "shop" };
const reader = { client_id: "reader" };
const job = { client_id: "job" };
const tv = { client_id: "tv" };
const asShop = oauth.ClientSecretBasic(world.secrets.SHOP);
const asJob = oauth.ClientSecretPost(world.secrets.JOB);
const LOOPBACK = "http://127.0.0.1:51007/callback";
const PERSONAL = "openid profile email offline_access orders:read";
const alice = (decision) => new Person(world.issuer, world.person, decision);

/** What is asked, what is kept for later, and where the browser begins. */
const request = async (client, redirect_uri, scope, more = {}) => {
  const verifier = oauth.generateRandomCodeVerifier();
  const parameters = {
    client_id: client.client_id,
    response_type: "code",
    redirect_uri,
    scope,
    state: oauth.generateRandomState(),
    nonce: oauth.generateRandomNonce(),
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    ...more,
  };
  const address = new URL(server.authorization_endpoint);
  for (const [name, value] of Object.entries(parameters)) address.searchParams.set(name, value);
  return { address, parameters, verifier, redirect_uri };
};

/** From the browser's return to checked tokens. */
const redeem = async (client, authentication, asked, arrived) => {
  const answer = oauth.validateAuthResponse(server, client, arrived, asked.parameters.state);
  const response = await oauth.authorizationCodeGrantRequest(
    server, client, authentication, answer, asked.redirect_uri, asked.verifier, here,
  );
  const tokens = await oauth.processAuthorizationCodeResponse(server, client, response, {
    expectedNonce: asked.parameters.nonce,
    requireIdToken: true,
  });
  await oauth.validateApplicationLevelSignature(server, response, here);
  return { answer, tokens, claims: oauth.getValidatedIdTokenClaims(tokens) };
};

const signIn = async (client, authentication, redirect_uri, scope = PERSONAL, more = {}) => {
  const asked = await request(client, redirect_uri, scope, more);
  return { asked, ...(await redeem(client, authentication, asked, await alice().opens(asked.address))) };
};

const refresh = async (client, authentication, token, parameters = {}) =>
  oauth.processRefreshTokenResponse(
    server,
    client,
    await oauth.refreshTokenGrantRequest(server, client, authentication, token, {
      additionalParameters: parameters,
      ...here,
    }),
  );

const introspect = async (token) =>
  oauth.processIntrospectionResponse(
    server,
    shop,
    await oauth.introspectionRequest(server, shop, asShop, token, here),
  );

const revoke = async (token) =>
  oauth.processRevocationResponse(await oauth.revocationRequest(server, shop, asShop, token, here));

const credentials = async (parameters) =>
  oauth.processClientCredentialsResponse(
    server,
    job,
    await oauth.clientCredentialsGrantRequest(server, job, asJob, parameters, here),
  );

const scenarios = {
  async "discovery, by both documents"() {
    assert.deepEqual(await discovered("oauth2"), server);
    assert.ok(server.code_challenge_methods_supported.includes("S256"));
  },

  async "code with PKCE, and the signature is verified"() {
    const { claims, tokens } = await signIn(shop, asShop, world.callback);
    assert.equal(claims.aud, "shop");
    const response = await oauth.userInfoRequest(server, shop, tokens.access_token, here);
    const told = await oauth.processUserInfoResponse(server, shop, claims.sub, response);
    assert.equal(told.name, "Alice Example");
  },

  async "the answer says who gave it"() {
    const asked = await request(shop, world.callback, PERSONAL);
    const arrived = await alice().opens(asked.address);
    assert.equal(arrived.searchParams.get("iss"), world.issuer);
    const mixed = new URL(arrived);
    mixed.searchParams.set("iss", "https://elsewhere.example.com");
    assert.throws(() => oauth.validateAuthResponse(server, shop, mixed, asked.parameters.state), /"iss"/);
    mixed.searchParams.delete("iss");
    assert.throws(() => oauth.validateAuthResponse(server, shop, mixed, asked.parameters.state), /"iss"/);
    await redeem(shop, asShop, asked, arrived);
  },

  async "the answer to a refusal says it as well"() {
    const asked = await request(shop, world.callback, PERSONAL, { prompt: "consent" });
    const arrived = await alice("consent-deny").opens(asked.address);
    assert.equal(arrived.searchParams.get("iss"), world.issuer);
    assert.throws(
      () => oauth.validateAuthResponse(server, shop, arrived, asked.parameters.state),
      (error) => error instanceof oauth.AuthorizationResponseError && error.error === "access_denied",
    );
  },

  async "a public client refreshes, narrows and rotates"() {
    const { claims, tokens } = await signIn(reader, oauth.None(), LOOPBACK, "openid offline_access orders:read");
    const second = await refresh(reader, oauth.None(), tokens.refresh_token);
    assert.notEqual(second.refresh_token, tokens.refresh_token);
    assert.equal(oauth.getValidatedIdTokenClaims(second).sub, claims.sub);
    const narrow = await refresh(reader, oauth.None(), second.refresh_token, { scope: "openid" });
    assert.equal(narrow.scope, "openid");
    await refused(refresh(reader, oauth.None(), narrow.refresh_token, { scope: "openid orders:write" }), {
      error: "invalid_scope",
      status: 400,
    });
  },

  async "a confidential client keeps its refresh token"() {
    const { tokens } = await signIn(shop, asShop, world.callback);
    const second = await refresh(shop, asShop, tokens.refresh_token);
    assert.notEqual(second.access_token, tokens.access_token);
    assert.ok((await refresh(shop, asShop, second.refresh_token ?? tokens.refresh_token)).access_token);
  },

  async "introspection and revocation"() {
    const { claims, tokens } = await signIn(shop, asShop, world.callback);
    const told = await introspect(tokens.access_token);
    assert.equal(told.active, true);
    assert.equal(told.sub, claims.sub);
    assert.equal(told.client_id, "shop");
    await revoke(tokens.refresh_token);
    assert.deepEqual(await introspect(tokens.access_token), { active: false });
    assert.deepEqual(await introspect(tokens.refresh_token), { active: false });
    await refused(refresh(shop, asShop, tokens.refresh_token), { error: "invalid_grant", status: 400 });
    await revoke("unheard of");
  },

  async "a token that was revoked is challenged for"() {
    const { claims, tokens } = await signIn(shop, asShop, world.callback);
    await revoke(tokens.access_token);
    const response = await oauth.userInfoRequest(server, shop, tokens.access_token, here);
    const error = await refused(oauth.processUserInfoResponse(server, shop, claims.sub, response), { status: 401 });
    assert.equal(error.cause[0].scheme, "bearer");
    assert.equal(error.cause[0].parameters.error, "invalid_token");
  },

  async "client credentials, and what the API makes of the token"() {
    const tokens = await credentials({ scope: "orders:read" });
    assert.equal(tokens.refresh_token, undefined);
    const headers = { authorization: `Bearer ${tokens.access_token}` };
    const claims = await oauth.validateJwtAccessToken(
      server,
      new Request("https://orders.example.com/", { headers }),
      world.audience,
      { signingAlgorithms: ["ES256"], ...here },
    );
    assert.equal(claims.client_id, "job");
    assert.equal(claims.scope, "orders:read");
    await refused(credentials({ scope: "orders:unheard-of" }), { error: "invalid_scope", status: 400 });
  },

  async "the device grant"() {
    const asked = await oauth.processDeviceAuthorizationResponse(
      server,
      tv,
      await oauth.deviceAuthorizationRequest(server, tv, oauth.None(), { scope: "openid profile" }, here),
    );
    const poll = async () =>
      oauth.processDeviceCodeResponse(
        server,
        tv,
        await oauth.deviceCodeGrantRequest(server, tv, oauth.None(), asked.device_code, here),
      );
    await refused(poll(), { error: "authorization_pending" });
    await alice().opens(asked.verification_uri_complete);
    await new Promise((later) => setTimeout(later, asked.interval * 1000 + 50));
    const tokens = await poll();
    assert.equal(oauth.getValidatedIdTokenClaims(tokens).aud, "tv");
    await refused(poll(), { error: "invalid_grant" });
  },

  async "a pushed request, where they are taken"() {
    if (!server.pushed_authorization_request_endpoint) return;
    const asked = await request(shop, world.callback, PERSONAL);
    const pushed = await oauth.processPushedAuthorizationResponse(
      server,
      shop,
      await oauth.pushedAuthorizationRequest(server, shop, asShop, asked.parameters, here),
    );
    const address = new URL(server.authorization_endpoint);
    address.searchParams.set("client_id", "shop");
    address.searchParams.set("request_uri", pushed.request_uri);
    const { claims } = await redeem(shop, asShop, asked, await alice().opens(address));
    assert.equal(claims.aud, "shop");
  },
};

await play(scenarios);
