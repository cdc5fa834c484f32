/* The code (RFC 6749 §4.1): from transaction to grant to code to tokens, for two clients at two nodes.
 *
 * Each client has one transaction. Anybody presents a code, with the right verifier and key or without. A client's end
 * touches its row only: the statement that consumes looks there. Scopes are two bits, cnf is there or not.
 */
#ifndef CODES
#define CODES 2
#endif
#ifndef SCOPES
#define SCOPES 3            /* two bits; 1: they play no part */
#endif

mtype = { nothing, ok, refused, concluded };
mtype = { wrote_nothing, code_issued, token_issued, code_replayed, grant_ended };

typedef Client {
    bool disabled;
    bool epoch;             /* it was ended once: everything up to then is dead, also when it is put back */
    byte scope
};
typedef Story {             /* transaction, grant, code and what the code bought, of one client */
    bool completed;         /* the transaction is not open any more */
    bool bound;             /* dpop_jkt of the transaction */
    byte consented;
    bool issued;            /* grant and code are there */
    byte scope;             /* of the grant */
    bool cnf;               /* of the grant */
    bool before_epoch;      /* client.epoch >= grant.issued_at */
    bool revoked;
    bool expired;           /* the code */
    bool consumed;
    bool row;               /* an access token's row */
    byte row_scope;
    bool row_cnf
};
Client clients[CODES];
Story store[CODES];

typedef Ghost {
    byte grants;            /* how often this transaction ended in a grant */
    byte bought;            /* how often the code bought tokens */
    bool acked;             /* and somebody heard of it */
    bool dead;              /* the grant's or the client's end was written */
    byte told
};
Ghost ghost[CODES];

#define K store[k]
#define G ghost[k]
#define C clients[k]

/* Find and judge what the person is asked. */
inline judge_transaction(k) {
    if
    :: K.completed || C.disabled -> answer = refused
    :: else -> seen_epoch = C.epoch; wanted = C.scope
    fi
}
/* COMPLETE, grant and code: one transaction, nothing if the client ended meanwhile. */
inline conclude(k, consent) {
    if
    :: !K.completed && !C.disabled && C.epoch == seen_epoch ->
        K.completed = true;
        K.consented = consent;
        K.scope = consent & wanted;
        K.cnf = K.bound;
        K.issued = true;
        K.before_epoch = false;
        G.grants++;
        answer = concluded;
        event = code_issued
    :: else -> answer = refused
    fi
}

/* Find and judge: client, life, verifier and key. The configuration a node judges by may be a moment old. */
inline judge_code(k, c, proof) {
    if
    :: C.disabled -> answer = refused
    :: true                                     /* or not known yet */
    fi;
    if
    :: answer == refused || c != k || !proof || (K.expired && !K.consumed) -> answer = refused
    :: else ->
        if
        :: K.consumed -> used = true
        :: else ->
            used = false;
            if :: K.revoked -> answer = refused :: else fi
        fi
    fi
}
inline end_grant(k) {
    K.revoked = true;
    G.dead = true
}
inline replay(k) {
    answer = refused;
    if
    :: !K.revoked -> end_grant(k); G.told++; event = code_replayed
    :: else
    fi
}
#define LIVE(k) (!store[k].revoked && !clients[k].disabled && !store[k].before_epoch)

/* CONSUME_CODE with its whole predicate, the row, the event; or USED_CODE; or nothing. One transaction. */
inline redeem(k) {
    if
    :: !used && !K.consumed && !K.expired && LIVE(k) ->
        assert(!G.dead);                /* I5: nothing is bought after an end */
        assert(!G.acked);               /* I11 */
        K.consumed = true;
        K.row = true;
        K.row_scope = K.scope & wanted;
        K.row_cnf = K.cnf;
        G.bought++;
        answer = ok;
        event = token_issued
    :: else ->
        if
        :: K.consumed -> replay(k)
        :: else -> answer = refused
        fi
    fi
}
inline hear(k) { if :: answer == ok -> G.acked = true :: else fi }

inline end_by_hand(k) { end_grant(k); event = grant_ended }
inline disable(k) {                     /* the client's row and nothing else */
    C.disabled = true;
    C.epoch = true;
    K.before_epoch = K.issued;
    G.dead = K.issued
}

#define SUBSET(a, b) (((a) & ~(b)) == 0)
#define CODE_HOLDS(k) ( \
    /* one grant a transaction */               ghost[k].grants <= 1 \
    /* I1: once */                              && ghost[k].bought <= 1 \
    /* I1: no row without the consumption */    && (!store[k].row || store[k].consumed) \
    /* and no consumption without the row */    && (!store[k].consumed || store[k].row) \
    /* I4: token within grant within consent */ && SUBSET(store[k].row_scope, store[k].scope) && SUBSET(store[k].scope, store[k].consented) \
    /* I8: cnf never weakens */                 && (!store[k].bound || !store[k].issued || store[k].cnf) && (!store[k].cnf || !store[k].row || store[k].row_cnf) \
    /* told once */                             && ghost[k].told <= 1 \
    /* I11 */                                   && (!ghost[k].acked || store[k].consumed))

#ifndef TRACE
inline forget() { k = 0; c = 0; proof = false; used = false; seen_epoch = false; wanted = 0; answer = nothing; event = wrote_nothing }

proctype Node() {
    byte k, c, consent, wanted;
    bool proof, used, seen_epoch;
    mtype answer = nothing, event = wrote_nothing;
end_idle:
    do
    :: atomic {
        if :: !store[0].completed -> k = 0 :: !store[CODES - 1].completed -> k = CODES - 1 fi;
        judge_transaction(k);
        if
        :: answer == refused -> forget(); goto end_idle
        :: else
        fi
       }
       if
       :: atomic { if :: consent = 1 :: consent = SCOPES fi; conclude(k, consent); consent = 0; forget() }
       :: atomic { forget() }                   /* killed, or the person walks away */
       fi
    :: atomic {
        if :: store[0].issued -> k = 0 :: store[CODES - 1].issued -> k = CODES - 1 fi;
        if :: c = 0 :: c = 1 fi;
        if :: proof = false :: proof = true fi;
        wanted = C.scope;
        judge_code(k, c, proof);
        c = 0; proof = false;
        if
        :: answer == refused -> forget(); goto end_idle
        :: else
        fi
       }
       if
       :: atomic {
            redeem(k);
            event = wrote_nothing; used = false; wanted = 0;
            if
            :: answer == refused -> forget(); goto end_idle
            :: else
            fi
          }
       :: atomic { forget(); goto end_idle }    /* killed before the commit */
       fi;
       if
       :: atomic { hear(k); forget() }
       :: atomic { forget() }                   /* killed after it */
       fi
    od
}
proctype World(byte k) {
    mtype event;
end_idle:
    do
    :: atomic { K.issued && !K.revoked -> end_by_hand(k); event = wrote_nothing }
    :: atomic { K.issued && !K.expired -> K.expired = true }
    :: atomic { !C.epoch -> disable(k) }
    :: atomic { C.disabled -> C.disabled = false }      /* put back: what was dead stays dead */
#if SCOPES == 3
    :: atomic { C.scope == 3 -> C.scope = 1 }           /* narrowed */
#endif
    od
}
active proctype Watch() {
end_watch:
    atomic { !(CODE_HOLDS(0) && CODE_HOLDS(CODES - 1)) -> assert(false) }
}
init {
    byte k;
    atomic {
        for (k : 0 .. CODES - 1) {
            C.scope = SCOPES;
            K.bound = (k == 0);
            run World(k)
        }
        run Node();
        run Node()
    }
}
#endif
