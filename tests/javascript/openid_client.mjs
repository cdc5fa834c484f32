// openid-client 6 and the library under it, oauth4webapi 3, at a running server: the strictest relying parties there
// are. Reads what the server is from standard input; prints one line of JSON for each scenario.

import assert from "node:assert/strict";
import { text } from "node:stream/consumers";

import * as oauth from "oauth4webapi";
import * as client from "openid-client";

import { Person } from "./person.mjs";
import { play, refused } from "./played.mjs";

const world = JSON.parse(await text(process.stdin));
const issuer = new URL(world.issuer);

const discover = async (id, authentication) => {
  const config = await client.discovery(issuer, id, undefined, authentication, {
    execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks],
  });
  assert.equal(config.serverMetadata().issuer, world.issuer);
  assert.ok(config.serverMetadata().supportsPKCE());
  return config;
};
const shop = () => discover("shop", client.ClientSecretBasic(world.secrets.SHOP));
const job = () => discover("job", client.ClientSecretPost(world.secrets.JOB));
const alice = (decision) => new Person(world.issuer, world.person, decision);

/** Alice signs in; the tokens, and what went into them. */
const signIn = async (config, redirect_uri, more = {}, person = alice()) => {
  const checks = {
    pkceCodeVerifier: client.randomPKCECodeVerifier(),
    expectedState: client.randomState(),
    expectedNonce: client.randomNonce(),
    idTokenExpected: true,
  };
  const address = client.buildAuthorizationUrl(config, {
    redirect_uri,
    scope: "openid profile email offline_access orders:read",
    code_challenge: await client.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
    code_challenge_method: "S256",
    state: checks.expectedState,
    nonce: checks.expectedNonce,
    ...more,
  });
  const arrived = await person.opens(address);
  return { arrived, checks, tokens: await client.authorizationCodeGrant(config, arrived, checks) };
};

const scenarios = {
  async "discovery by RFC 8414"() {
    const config = await client.discovery(issuer, "shop", undefined, undefined, {
      algorithm: "oauth2",
      execute: [client.allowInsecureRequests],
    });
    assert.equal(config.serverMetadata().issuer, world.issuer);
    assert.equal(config.serverMetadata().authorization_response_iss_parameter_supported, true);
  },

  async "code with PKCE, nonce, state and iss"() {
    const config = await shop();
    const { arrived, tokens } = await signIn(config, world.callback);
    assert.equal(arrived.searchParams.get("iss"), world.issuer);
    const claims = tokens.claims();
    assert.equal(claims.aud, "shop");
    const told = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
    assert.equal(told.name, "Alice Example");
  },

  async "a sign-in is asked for again with max_age=0"() {
    const person = alice();
    const config = await shop();
    const first = await signIn(config, world.callback, {}, person);
    // openid-client compares auth_time of the ID token with max_age by itself.
    const checks = { pkceCodeVerifier: client.randomPKCECodeVerifier(), expectedState: client.skipStateCheck, maxAge: 0 };
    const address = client.buildAuthorizationUrl(config, {
      redirect_uri: world.callback,
      scope: "openid",
      code_challenge: await client.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
      code_challenge_method: "S256",
      max_age: "0",
    });
    const second = await client.authorizationCodeGrant(config, await person.opens(address), checks);
    assert.ok(second.claims().auth_time >= first.tokens.claims().auth_time);
  },

  async "a refusal comes back as an error of the protocol"() {
    const error = await refused(signIn(await shop(), world.callback, { prompt: "consent" }, alice("consent-deny")), {
      code: "OAUTH_AUTHORIZATION_RESPONSE_ERROR",
      error: "access_denied",
    });
    assert.equal(error.cause.get("iss"), world.issuer);
  },

  async "nobody is there with prompt=none"() {
    await refused(signIn(await shop(), world.callback, { prompt: "none" }), { error: "login_required" });
  },

  async "a code is good once"() {
    const config = await shop();
    const { arrived, checks, tokens } = await signIn(config, world.callback);
    await refused(client.authorizationCodeGrant(config, arrived, checks), {
      code: "OAUTH_RESPONSE_BODY_ERROR",
      error: "invalid_grant",
      status: 400,
    });
    const error = await refused(client.fetchUserInfo(config, tokens.access_token, client.skipSubjectCheck), {
      code: "OAUTH_WWW_AUTHENTICATE_CHALLENGE",
      status: 401,
    });
    assert.equal(error.cause[0].parameters.error, "invalid_token");
  },

  async "a public client refreshes and rotates"() {
    const config = await discover("reader", client.None());
    const { tokens } = await signIn(config, "http://127.0.0.1:51004/callback", {
      scope: "openid offline_access orders:read",
    });
    const second = await client.refreshTokenGrant(config, tokens.refresh_token);
    assert.notEqual(second.refresh_token, tokens.refresh_token);
    assert.equal(second.claims().sub, tokens.claims().sub);
    const narrow = await client.refreshTokenGrant(config, second.refresh_token, { scope: "openid" });
    assert.equal(narrow.scope, "openid");
    await refused(client.refreshTokenGrant(config, narrow.refresh_token, { scope: "openid orders:write" }), {
      error: "invalid_scope",
    });
  },

  async "client credentials, and what the API makes of the token"() {
    const config = await job();
    const tokens = await client.clientCredentialsGrant(config, { scope: "orders:read" });
    assert.equal(tokens.refresh_token, undefined);
    assert.equal(tokens.expiresIn() > 590, true);
    const request = new Request("https://orders.example.com/", {
      headers: { authorization: `Bearer ${tokens.access_token}` },
    });
    const claims = await oauth.validateJwtAccessToken(config.serverMetadata(), request, world.audience, {
      signingAlgorithms: ["ES256"],
      [oauth.allowInsecureRequests]: true,
    });
    assert.equal(claims.client_id, "job");
  },

  async "resource indicators"() {
    const config = await job();
    await client.clientCredentialsGrant(config, { scope: "orders:read", resource: world.audience });
    await refused(client.clientCredentialsGrant(config, { resource: "https://elsewhere.example.com" }), {
      error: "invalid_target",
    });
  },

  async "private_key_jwt"() {
    const key = await crypto.subtle.importKey("jwk", world.key, { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
    const config = await discover("signer", client.PrivateKeyJwt({ key, kid: world.key.kid }));
    assert.ok((await client.clientCredentialsGrant(config)).access_token);
    const other = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
    const stranger = await discover("signer", client.PrivateKeyJwt(other.privateKey));
    await refused(client.clientCredentialsGrant(stranger), { status: 401 });
  },

  async "a wrong secret is answered as HTTP wants it"() {
    const config = await discover("job", client.ClientSecretBasic("a guess"));
    const error = await refused(client.clientCredentialsGrant(config), { status: 401 });
    assert.equal(error.cause[0].scheme, "basic");
  },

  async "the device grant, polled by the library"() {
    const config = await discover("tv", client.None());
    const asked = await client.initiateDeviceAuthorization(config, { scope: "openid profile offline_access" });
    const polling = client.pollDeviceAuthorizationGrant(config, asked);
    await alice().opens(asked.verification_uri_complete);
    const tokens = await polling;
    assert.equal(tokens.claims().aud, "tv");
    assert.ok((await client.refreshTokenGrant(config, tokens.refresh_token)).access_token);
  },

  async "a device that was turned down"() {
    const config = await discover("tv", client.None());
    const asked = await client.initiateDeviceAuthorization(config, { scope: "openid" });
    const typing = new Person(world.issuer, { ...world.person, user_code: asked.user_code }, "consent-deny");
    const polling = refused(client.pollDeviceAuthorizationGrant(config, asked), { error: "access_denied" });
    await typing.opens(asked.verification_uri);
    await polling;
  },

  async "introspection and revocation"() {
    const config = await shop();
    const { tokens } = await signIn(config, world.callback);
    const told = await client.tokenIntrospection(config, tokens.access_token);
    assert.equal(told.active, true);
    assert.equal(told.sub, tokens.claims().sub);
    await client.tokenRevocation(config, tokens.refresh_token, { token_type_hint: "refresh_token" });
    assert.equal((await client.tokenIntrospection(config, tokens.access_token)).active, false);
    assert.equal((await client.tokenIntrospection(config, tokens.refresh_token)).active, false);
    await client.tokenRevocation(config, "unheard of");
  },

  async "an answer by form_post"() {
    const config = await shop();
    const checks = { pkceCodeVerifier: client.randomPKCECodeVerifier(), expectedState: client.randomState() };
    const address = client.buildAuthorizationUrl(config, {
      redirect_uri: world.callback,
      response_mode: "form_post",
      scope: "openid",
      code_challenge: await client.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
      code_challenge_method: "S256",
      state: checks.expectedState,
    });
    const posted = await alice().posts(address);
    assert.equal(posted.url, world.callback);
    assert.ok((await client.authorizationCodeGrant(config, posted, checks)).access_token);
  },
};

await play(scenarios);
