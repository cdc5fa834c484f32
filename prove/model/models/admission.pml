/* Endings and the gate (rulings J): issuer, clients, subject, session and grant end; what stood on them is never accepted.
 *
 * An epoch is the instant up to which everything issued is dead. Two instants make a second, in which a JWT counts. A node
 * keeps issuer and clients in memory until it reads again; grants, people and sessions it reads each time. `dead` is the
 * ghost of each ending, marked without looking at any epoch: what the gate says is compared to it.
 */
#ifndef INSTANTS
#define INSTANTS 4
#endif
#ifndef ENDINGS
#define ENDINGS 2
#endif
#define CLIENTS 2
#define NEVER 0
#define SECOND(t) ((t) / 2)

typedef Row { byte epoch; bool disabled };
byte now = 2;
byte endings;
byte issuer_epoch;
Row client[CLIENTS];
Row subject;
Row session;

typedef Grant {             /* one for each client; of the first it is online, of the second offline */
    bool exists;
    byte issued_at;
    bool revoked;
    bool dead
};
Grant grant[CLIENTS];

typedef Token {
    bool exists;
    byte issued_at;         /* a JWT: the beginning of its second */
    byte granted_at;        /* grant.issued_at */
    bool revoked;           /* its grant, as the store has it */
    bool dead;
    bool dead_by_configuration
};
Token token[CLIENTS];

typedef Node { byte issuer_epoch; byte epoch[CLIENTS]; bool disabled[CLIENTS]; bool stale };
Node node[2];

#define ONLINE(c) (c == 0)
#define MAX(a, b) ((a) > (b) -> (a) : (b))

/* admission.admit, for what was issued at `at`; the node's own view of issuer and client */
#define ISSUER_LIVES(n, at) ((at) > node[n].issuer_epoch)
#define CLIENT_LIVES(n, c, at) (!node[n].disabled[c] && (at) > node[n].epoch[c])
#define SUBJECT_LIVES(at) (!subject.disabled && (at) > subject.epoch)
#define SESSION_LIVES(c, at) (!ONLINE(c) || (!session.disabled && (at) > session.epoch))
#define GRANT_LIVES(n, c, at, is_revoked) (!(is_revoked) && (at) > node[n].issuer_epoch && (at) > node[n].epoch[c])
#define ADMITTED(n, c, at, granted_at, is_revoked) (ISSUER_LIVES(n, at) && CLIENT_LIVES(n, c, at) && GRANT_LIVES(n, c, granted_at, is_revoked) && SUBJECT_LIVES(at) && SESSION_LIVES(c, at))

/* LIVE: what the statement that consumes asks of the store, not of the node's memory */
#define LIVE(c) (grant[c].exists && !grant[c].revoked && !client[c].disabled && grant[c].issued_at > client[c].epoch && grant[c].issued_at > issuer_epoch)
/* ended_meanwhile, where a grant is written */
#define STILL(c, at) (!client[c].disabled && at > client[c].epoch && at > issuer_epoch && !subject.disabled && at > subject.epoch && SESSION_OPEN(c))
#define SESSION_OPEN(c) (!ONLINE(c) || !session.disabled)

inline latest(n, c) {       /* not_before: the last ending, as this node knows it */
    ended = MAX(node[n].issuer_epoch, node[n].epoch[c]);
    ended = MAX(ended, subject.epoch);
    if :: ONLINE(c) -> ended = MAX(ended, session.epoch) :: else fi
}
inline mint(n, c, jwt, began) {     /* began: Incoming.at, the one time of the request */
    latest(n, c);
    iat = (SECOND(began) > SECOND(ended) -> began : (SECOND(ended) + 1) * 2);
    if :: jwt -> iat = SECOND(iat) * 2 :: else fi;
    ended = 0
}
inline write_token(c, iat) {        /* LIVE decides; one transaction */
    if
    :: LIVE(c) ->
        assert(!grant[c].dead);     /* I5: nothing is bought after an end was written */
        token[c].exists = true;
        token[c].issued_at = iat;
        token[c].granted_at = grant[c].issued_at;
        token[c].revoked = false;
        token[c].dead = false;
        token[c].dead_by_configuration = false
    :: else
    fi
}
inline write_grant(c, at) {
    if
    :: STILL(c, at) ->
        token[c].exists = false; token[c].issued_at = 0; token[c].granted_at = 0;
        token[c].revoked = false; token[c].dead = false; token[c].dead_by_configuration = false;
        grant[c].exists = true;
        grant[c].issued_at = at;
        grant[c].revoked = false;
        grant[c].dead = false
    :: else
    fi
}
/* Introspection, userinfo: one read, and the gate. */
inline accept(n, c) {
    if
    :: ADMITTED(n, c, token[c].issued_at, token[c].granted_at, token[c].revoked) ->
        assert(!token[c].dead);                                     /* I5 */
        assert(!token[c].dead_by_configuration || node[n].stale)    /* but for the moment until the node reads again */
    :: else
    fi
}
inline refresh(n) {
    node[n].issuer_epoch = issuer_epoch;
    node[n].epoch[0] = client[0].epoch; node[n].epoch[1] = client[1].epoch;
    node[n].disabled[0] = client[0].disabled; node[n].disabled[1] = client[1].disabled;
    node[n].stale = false
}
inline changed() { node[0].stale = true; node[1].stale = true }
inline revoke(c) {          /* the grant, in the transaction of its cause */
    grant[c].revoked = true;
    token[c].revoked = true
}
inline dies(c) {            /* the ghosts: what the ending was meant to reach */
    grant[c].dead = grant[c].exists;
    token[c].dead = token[c].dead || token[c].exists
}
inline dies_by_configuration(c) {
    grant[c].dead = grant[c].exists;
    token[c].dead_by_configuration = token[c].dead_by_configuration || token[c].exists
}
inline end_grant(c) { revoke(c); dies(c) }
inline end_session() {
    session.disabled = true;
    session.epoch = now;
    revoke(0);
    dies(0)
}
inline end_subject() {      /* disabled, or a new password: then the person goes on and signs in again */
    subject.epoch = now;
    if :: subject.disabled = true :: true fi;
    session.disabled = true;
    session.epoch = now;
    revoke(0); revoke(1);
    dies(0); dies(1)
}
inline end_client(c) {      /* its grants are not touched: LIVE and the gate look at its row */
    client[c].disabled = true;
    client[c].epoch = now;
    changed();
    dies_by_configuration(c)
}
inline end_issuer() {
    issuer_epoch = now;
    changed();
    dies_by_configuration(0); dies_by_configuration(1)
}

proctype Serve(byte n) {
    byte c, iat, ended, began;
    bool jwt;
end_idle:
    do
    :: atomic { token[0].exists -> c = 0; accept(n, c) }
    :: atomic { token[1].exists -> c = 1; accept(n, c); c = 0 }
    :: atomic {                                         /* find, judge and mint: one read */
        if :: grant[0].exists -> c = 0 :: grant[1].exists -> c = 1 fi;
        if
        :: ADMITTED(n, c, grant[c].issued_at, grant[c].issued_at, grant[c].revoked) ->
            if :: jwt = false :: jwt = true fi;
            mint(n, c, jwt, now);
            jwt = false;
            assert(ADMITTED(n, c, iat, grant[c].issued_at, false))          /* what is minted is later than every ending */
        :: else -> c = 0; goto end_idle
        fi
       }
       if
       :: atomic { true -> write_token(c, iat); c = 0; iat = 0 }
       :: atomic { c = 0; iat = 0 }                     /* killed before the commit */
       fi
    :: atomic {                                         /* a grant: judged at any instant before, written now */
        if :: !LIVE(0) -> c = 0 :: !LIVE(1) -> c = 1 fi;
        if :: began = now :: now > 2 -> began = now - 1 fi;
        write_grant(c, began);
        c = 0; began = 0
       }
    :: atomic { node[n].stale -> refresh(n) }           /* the clock's turn, or killed and started again */
    od
}
proctype World() {
    byte c;
end_idle:
    do
    :: atomic { now < INSTANTS -> now++ }
    :: atomic {
        endings < ENDINGS -> endings++;
        if
        :: true -> end_grant(0)
        :: true -> end_grant(1)
        :: !session.disabled -> end_session()
        :: !subject.disabled -> end_subject()
        :: !client[0].disabled -> c = 0; end_client(c)
        :: !client[1].disabled -> c = 1; end_client(c); c = 0
        :: true -> end_issuer()
        fi
       }
    :: atomic { client[0].disabled -> client[0].disabled = false; changed() }   /* put back */
    :: atomic { client[1].disabled -> client[1].disabled = false; changed() }
    :: atomic { session.disabled && !subject.disabled && now > session.epoch -> session.disabled = false }  /* another visit */
    od
}
init {
    atomic { run World(); run Serve(0); run Serve(1) }
}
