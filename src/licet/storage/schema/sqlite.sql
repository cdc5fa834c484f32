CREATE TABLE issuers (
  issuer_id INTEGER NOT NULL,
  url TEXT NOT NULL,
  profile TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  restored_at INTEGER,
  status TEXT NOT NULL,
  development INTEGER NOT NULL,
  generation INTEGER NOT NULL,
  ext TEXT,
  PRIMARY KEY (issuer_id),
  UNIQUE (url)
)
 WITHOUT ROWID,
 STRICT;
CREATE TABLE keys (
  issuer_id INTEGER NOT NULL,
  kid TEXT NOT NULL,
  purpose TEXT NOT NULL,
  alg TEXT NOT NULL,
  state TEXT NOT NULL,
  public_jwk TEXT NOT NULL,
  sealed BLOB,
  publish_at INTEGER NOT NULL,
  active_at INTEGER NOT NULL,
  retire_at INTEGER,
  destroy_at INTEGER,
  hints_until INTEGER,
  ext TEXT,
  PRIMARY KEY (issuer_id, kid),
  UNIQUE (kid)
)
 WITHOUT ROWID,
 STRICT;
CREATE TABLE clients (
  issuer_id INTEGER NOT NULL,
  client_id TEXT NOT NULL,
  source TEXT NOT NULL,
  kind TEXT NOT NULL,
  owner TEXT NOT NULL,
  status TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  metadata TEXT NOT NULL,
  metadata_digest BLOB NOT NULL,
  policy TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  ext TEXT,
  PRIMARY KEY (issuer_id, client_id)
)
 WITHOUT ROWID,
 STRICT;
CREATE INDEX clients_kind ON clients (issuer_id, kind);
CREATE INDEX clients_source ON clients (issuer_id, source);
CREATE TABLE initial_tokens (
  issuer_id INTEGER NOT NULL,
  digest BLOB NOT NULL,
  note TEXT NOT NULL,
  policy TEXT NOT NULL,
  uses_left INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  ext TEXT,
  PRIMARY KEY (issuer_id, digest)
)
 WITHOUT ROWID,
 STRICT;
CREATE INDEX initial_tokens_expires_at ON initial_tokens (expires_at);
CREATE TABLE registrations (
  issuer_id INTEGER NOT NULL,
  client_id TEXT NOT NULL,
  digest BLOB NOT NULL,
  policy TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  ext TEXT,
  PRIMARY KEY (issuer_id, client_id)
)
 WITHOUT ROWID,
 STRICT;
CREATE INDEX registrations_expires_at ON registrations (expires_at);
CREATE TABLE credentials (
  issuer_id INTEGER NOT NULL,
  owner_kind TEXT NOT NULL,
  owner TEXT NOT NULL,
  credential_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  digest BLOB,
  jwk TEXT,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER,
  ext TEXT,
  vouch BLOB,
  PRIMARY KEY (issuer_id, owner_kind, owner, credential_id)
)
 WITHOUT ROWID,
 STRICT;
CREATE TABLE resources (
  issuer_id INTEGER NOT NULL,
  name TEXT NOT NULL,
  identifier TEXT NOT NULL,
  token_format TEXT NOT NULL,
  alg TEXT NOT NULL,
  lifetime_s INTEGER,
  min_acr TEXT NOT NULL,
  status TEXT NOT NULL,
  source TEXT NOT NULL,
  ext TEXT,
  PRIMARY KEY (issuer_id, name),
  UNIQUE (issuer_id, identifier)
)
 WITHOUT ROWID,
 STRICT;
CREATE TABLE scopes (
  issuer_id INTEGER NOT NULL,
  name TEXT NOT NULL,
  resource TEXT,
  words TEXT NOT NULL,
  sensitive INTEGER NOT NULL,
  status TEXT NOT NULL,
  ext TEXT,
  PRIMARY KEY (issuer_id, name)
)
 WITHOUT ROWID,
 STRICT;
CREATE TABLE accounts (
  issuer_id INTEGER NOT NULL,
  subject_id TEXT NOT NULL,
  login TEXT NOT NULL,
  status TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  profile TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  ext TEXT,
  PRIMARY KEY (issuer_id, subject_id)
)
 WITHOUT ROWID,
 STRICT;
CREATE TABLE identifiers (
  issuer_id INTEGER NOT NULL,
  identifier TEXT NOT NULL,
  subject_id TEXT NOT NULL,
  ext TEXT,
  PRIMARY KEY (issuer_id, identifier)
)
 WITHOUT ROWID,
 STRICT;
CREATE TABLE pairwise_subjects (
  issuer_id INTEGER NOT NULL,
  sector TEXT NOT NULL,
  subject_id TEXT NOT NULL,
  sub TEXT NOT NULL,
  ext TEXT,
  vouch BLOB,
  PRIMARY KEY (issuer_id, sector, subject_id),
  UNIQUE (issuer_id, sector, sub)
)
 WITHOUT ROWID,
 STRICT;
CREATE TABLE authenticators (
  issuer_id INTEGER NOT NULL,
  subject_id TEXT NOT NULL,
  authenticator_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  secret TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  status TEXT NOT NULL,
  ext TEXT,
  vouch BLOB,
  PRIMARY KEY (issuer_id, subject_id, authenticator_id)
)
 WITHOUT ROWID,
 STRICT;
CREATE TABLE sessions (
  issuer_id INTEGER NOT NULL,
  session_id TEXT NOT NULL,
  digest BLOB NOT NULL,
  subject_id TEXT NOT NULL,
  status TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  idle_until INTEGER NOT NULL,
  absolute_until INTEGER NOT NULL,
  auth_time INTEGER NOT NULL,
  amr TEXT NOT NULL,
  acr TEXT NOT NULL,
  authentications INTEGER NOT NULL,
  browser TEXT NOT NULL,
  ext TEXT,
  vouch BLOB,
  PRIMARY KEY (issuer_id, session_id)
)
 STRICT;
CREATE INDEX sessions_absolute_until ON sessions (absolute_until);
CREATE UNIQUE INDEX sessions_digest ON sessions (issuer_id, digest);
CREATE INDEX sessions_subject ON sessions (issuer_id, subject_id);
CREATE TABLE authentications (
  issuer_id INTEGER NOT NULL,
  session_id TEXT NOT NULL,
  n INTEGER NOT NULL,
  at INTEGER NOT NULL,
  amr TEXT NOT NULL,
  acr TEXT NOT NULL,
  upstream TEXT,
  ext TEXT,
  PRIMARY KEY (issuer_id, session_id, n)
)
 WITHOUT ROWID,
 STRICT;
CREATE TABLE transactions (
  issuer_id INTEGER NOT NULL,
  txn_id TEXT NOT NULL,
  browser_digest BLOB,
  client_id TEXT NOT NULL,
  request BLOB NOT NULL,
  source TEXT NOT NULL,
  subject_id TEXT,
  session_id TEXT,
  login_at INTEGER,
  consent_at INTEGER,
  select_at INTEGER,
  state TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  ext TEXT,
  PRIMARY KEY (issuer_id, txn_id)
)
 STRICT;
CREATE INDEX transactions_expires_at ON transactions (expires_at);
CREATE TABLE pending (
  issuer_id INTEGER NOT NULL,
  device_digest BLOB NOT NULL,
  user_code_digest BLOB NOT NULL,
  mode TEXT NOT NULL,
  client_id TEXT NOT NULL,
  scope TEXT NOT NULL,
  resources TEXT NOT NULL,
  interval_s INTEGER NOT NULL,
  next_poll_at INTEGER NOT NULL,
  state TEXT NOT NULL,
  claimed_by TEXT,
  decided_at INTEGER,
  grant_id INTEGER,
  origin TEXT NOT NULL,
  sealed_code BLOB NOT NULL,
  consumed_at INTEGER,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  ext TEXT,
  vouch BLOB,
  PRIMARY KEY (issuer_id, device_digest)
)
 STRICT;
CREATE INDEX pending_expires_at ON pending (expires_at);
CREATE INDEX pending_user_code ON pending (issuer_id, user_code_digest);
CREATE TABLE consents (
  issuer_id INTEGER NOT NULL,
  subject_id TEXT NOT NULL,
  client_id TEXT NOT NULL,
  client_metadata_digest BLOB NOT NULL,
  items TEXT NOT NULL,
  via TEXT NOT NULL,
  granted_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  revoked_at INTEGER,
  ext TEXT,
  PRIMARY KEY (issuer_id, subject_id, client_id)
)
 WITHOUT ROWID,
 STRICT;
CREATE INDEX consents_expires_at ON consents (expires_at);
CREATE TABLE grants (
  issuer_id INTEGER NOT NULL,
  grant_id INTEGER NOT NULL,
  handle TEXT NOT NULL,
  subject_id TEXT NOT NULL,
  sub TEXT NOT NULL,
  client_id TEXT NOT NULL,
  session_id TEXT,
  access TEXT NOT NULL,
  origin TEXT NOT NULL,
  scope TEXT NOT NULL,
  resources TEXT NOT NULL,
  resource_asked TEXT NOT NULL,
  acr TEXT NOT NULL,
  amr TEXT NOT NULL,
  auth_time INTEGER,
  sid TEXT,
  cnf TEXT,
  nonce TEXT,
  claims_request TEXT,
  issued_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  revoked_at INTEGER,
  reason TEXT NOT NULL,
  ext TEXT,
  vouch BLOB,
  PRIMARY KEY (issuer_id, grant_id)
)
 WITHOUT ROWID,
 STRICT;
CREATE INDEX grants_expires_at ON grants (expires_at);
CREATE UNIQUE INDEX grants_handle ON grants (issuer_id, handle);
CREATE INDEX grants_session ON grants (issuer_id, session_id) WHERE session_id IS NOT NULL;
CREATE INDEX grants_subject ON grants (issuer_id, subject_id, client_id);
CREATE TABLE codes (
  issuer_id INTEGER NOT NULL,
  digest BLOB NOT NULL,
  txn_id TEXT,
  grant_id INTEGER NOT NULL,
  client_id TEXT NOT NULL,
  redirect_uri TEXT NOT NULL,
  redirect_uri_sent INTEGER NOT NULL,
  code_challenge TEXT,
  issued_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  consumed_at INTEGER,
  purge_at INTEGER NOT NULL,
  ext TEXT,
  vouch BLOB,
  PRIMARY KEY (issuer_id, digest)
)
 STRICT;
CREATE INDEX codes_purge_at ON codes (purge_at);
CREATE TABLE families (
  issuer_id INTEGER NOT NULL,
  handle BLOB NOT NULL,
  grant_id INTEGER NOT NULL,
  client_id TEXT NOT NULL,
  cnf TEXT,
  generation INTEGER NOT NULL,
  current_digest BLOB NOT NULL,
  previous_digest BLOB,
  idle_until INTEGER NOT NULL,
  absolute_until INTEGER NOT NULL,
  replay_until INTEGER,
  successor_salt BLOB,
  replays INTEGER NOT NULL,
  origin_hash BLOB,
  strayed INTEGER,
  issued_at INTEGER NOT NULL,
  ended_at INTEGER,
  why TEXT NOT NULL,
  purge_at INTEGER NOT NULL,
  ext TEXT,
  vouch BLOB,
  PRIMARY KEY (issuer_id, handle)
)
 STRICT;
CREATE INDEX families_grant ON families (issuer_id, grant_id);
CREATE INDEX families_purge_at ON families (purge_at);
CREATE INDEX families_replay_until ON families (replay_until) WHERE successor_salt IS NOT NULL;
CREATE TABLE access_tokens (
  issuer_id INTEGER NOT NULL,
  digest BLOB NOT NULL,
  jti TEXT NOT NULL,
  grant_id INTEGER,
  client_id TEXT NOT NULL,
  sub TEXT NOT NULL,
  aud TEXT NOT NULL,
  scope TEXT NOT NULL,
  cnf TEXT,
  issued_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  revoked_at INTEGER,
  ext TEXT,
  vouch BLOB,
  PRIMARY KEY (issuer_id, digest)
)
 STRICT;
CREATE INDEX access_tokens_expires_at ON access_tokens (expires_at);
CREATE TABLE revocations (
  issuer_id INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  kind TEXT NOT NULL,
  "key" TEXT NOT NULL,
  at INTEGER NOT NULL,
  cause TEXT NOT NULL,
  purge_at INTEGER NOT NULL,
  aud TEXT,
  ext TEXT,
  PRIMARY KEY (issuer_id, seq)
)
 WITHOUT ROWID,
 STRICT;
CREATE INDEX revocations_key ON revocations (issuer_id, kind, "key");
CREATE INDEX revocations_purge_at ON revocations (purge_at);
CREATE TABLE outbox (
  issuer_id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  about TEXT NOT NULL,
  target TEXT NOT NULL,
  payload TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  next_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  done_at INTEGER,
  outcome TEXT NOT NULL,
  reason TEXT NOT NULL,
  purge_at INTEGER NOT NULL,
  ext TEXT,
  PRIMARY KEY (issuer_id, kind, about, target)
)
 WITHOUT ROWID,
 STRICT;
CREATE INDEX outbox_next_at ON outbox (issuer_id, next_at) WHERE done_at IS NULL;
CREATE INDEX outbox_purge_at ON outbox (purge_at);
CREATE TABLE replay (
  issuer_id INTEGER NOT NULL,
  kind TEXT NOT NULL,
  "key" BLOB NOT NULL,
  expires_at INTEGER NOT NULL,
  ext TEXT,
  PRIMARY KEY (issuer_id, kind, "key")
)
 WITHOUT ROWID,
 STRICT;
CREATE INDEX replay_expires_at ON replay (expires_at);
CREATE TABLE throttles (
  issuer_id INTEGER NOT NULL,
  "key" BLOB NOT NULL,
  full_at INTEGER NOT NULL,
  ext TEXT,
  PRIMARY KEY (issuer_id, "key")
)
 WITHOUT ROWID,
 STRICT;
CREATE INDEX throttles_full_at ON throttles (full_at);
CREATE TABLE events (
  node INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  prev_hash BLOB NOT NULL,
  hash BLOB NOT NULL,
  issuer_id INTEGER NOT NULL,
  at INTEGER NOT NULL,
  type TEXT NOT NULL,
  body TEXT NOT NULL,
  ext TEXT,
  PRIMARY KEY (node, seq)
)
 WITHOUT ROWID,
 STRICT;
CREATE TABLE refusals (
  issuer_id INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  reference TEXT NOT NULL,
  at INTEGER NOT NULL,
  endpoint TEXT NOT NULL,
  client_id TEXT NOT NULL,
  error TEXT NOT NULL,
  description TEXT NOT NULL,
  detail TEXT NOT NULL,
  requirement TEXT NOT NULL,
  request_id TEXT NOT NULL,
  ext TEXT,
  PRIMARY KEY (issuer_id, seq)
)
 WITHOUT ROWID,
 STRICT;
CREATE INDEX refusals_reference ON refusals (issuer_id, reference);
