/* Refresh families (rulings F and I): two families, one a client, their values presented by anybody, at two nodes.
 *
 * A value is the number of the token that was minted: 0 came with the code, n+1 succeeds n. WINDOW 1 is what is built,
 * with its sealed retry; WINDOW 0 is replay_window_s = 0. Free of TRACE everything is tried; with TRACE a history decides.
 */
#ifndef WINDOW
#define WINDOW 1
#endif
#ifndef GENERATIONS
#define GENERATIONS 3
#endif
#ifndef FAMILIES
#define FAMILIES 2
#endif
#define NONE 255
#define BIT(n) (1 << (n))

mtype = { nothing, ok, replayed, refused, given_back };
mtype = { wrote_nothing, token_refreshed, refresh_replayed, refresh_reused, grant_ended };

typedef Family {            /* the row, and its grant's end */
    byte head;              /* current_digest */
    byte previous;          /* previous_digest */
    byte generation;
    byte sealed;            /* successor_salt: what it opens to */
    bool window;            /* now < replay_until */
    bool odd, odd_before;   /* its retry came from another origin: in this generation, in the one before */
    bool ended;
    bool revoked;           /* the grant */
    bool cnf;               /* bound to a key */
    int rows                /* values that bought an access token */
};
Family store[FAMILIES];
Family disk[FAMILIES];      /* what a power loss leaves */

typedef Ghost {             /* what happened, which no crash undoes */
    byte minted;
    int known;              /* values that somebody was answered */
    int bought;             /* values that bought a successor */
    int acked;              /* … and the buyer heard of it */
    bool dead;              /* its end was written */
    byte told               /* how often an end for reuse was recorded */
};
Ghost ghost[FAMILIES];

#define F store[f]
#define G ghost[f]

inline sync(f) {            /* synchronous=FULL: on the disk before anybody hears of it */
    disk[f].head = F.head; disk[f].previous = F.previous; disk[f].generation = F.generation;
    disk[f].sealed = F.sealed; disk[f].window = F.window; disk[f].odd = F.odd; disk[f].odd_before = F.odd_before;
    disk[f].ended = F.ended; disk[f].revoked = F.revoked; disk[f].rows = F.rows
}
inline power_loss(f) {
    F.head = disk[f].head; F.previous = disk[f].previous; F.generation = disk[f].generation;
    F.sealed = disk[f].sealed; F.window = disk[f].window; F.odd = disk[f].odd; F.odd_before = disk[f].odd_before;
    F.ended = disk[f].ended; F.revoked = disk[f].revoked; F.rows = disk[f].rows
}
inline end_family(f) {      /* END_FAMILY, END_GRANT and END_FAMILIES: all or none, and the seal goes with it */
    F.ended = true;
    F.revoked = true;
    F.sealed = NONE;
    F.window = false;
    F.odd = false; F.odd_before = false;
    G.dead = true
}
inline reuse(f) {           /* once; later ones are only counted */
    answer = refused;
    if
    :: !F.ended -> end_family(f); G.told++; event = refresh_reused
    :: else
    fi
}

/* Find and judge: one read. Another client's or an ended family is refused here, and nothing ends. */
inline judge(f, c, v) {
    if
    :: c != f || F.ended || F.revoked -> answer = refused
    :: else ->
        at_head = (F.head == v);
        seen = (at_head -> F.generation : 0)
    fi
}

#define AT_HEAD(f, v) (at_head && F.generation == seen && F.head == v && !F.ended && !F.revoked)
#define MAY_RETRY(f, v) (v == F.previous && F.sealed == F.head && F.window && !F.ended && !F.revoked)

/* One transaction: AT_HEAD decides, then the retry window, then SUPERSEDED. */
inline redeem(f, v, o) {
    if
    :: AT_HEAD(f, v) ->
        if
        :: G.minted < GENERATIONS ->
            assert(!G.dead);                    /* I5: nothing is bought after the end */
            assert(!(G.acked & BIT(v)));        /* I11: not after it was acknowledged, whatever crashed */
            assert(!(G.bought & BIT(v)));       /* I1, I2: one successor */
            given = G.minted;
            F.previous = F.head;
            F.head = given;
            F.generation++;
#if WINDOW
            F.sealed = given;
            F.window = true;
            F.odd_before = F.odd; F.odd = false;
#endif
            F.rows = F.rows | BIT(v);
            token_cnf = F.cnf;
            assert(!F.cnf || token_cnf);        /* I8 */
            token_cnf = false;
            G.minted++;
            G.bought = G.bought | BIT(v);
            answer = ok;
            event = token_refreshed
        :: else -> answer = refused             /* the bound of this model */
        fi
#if WINDOW
    :: !AT_HEAD(f, v) && MAY_RETRY(f, v) ->
        if
        :: o && F.odd_before -> reuse(f)        /* a second generation in a row, from elsewhere */
        :: else ->
            assert(G.bought & BIT(v));
            assert(!G.dead);                    /* I5 */
            assert(!(G.bought & BIT(F.sealed)));/* I3: the successor is unused */
            assert(F.window);                   /* I3: now < replay_until */
            given = F.sealed;
            F.odd = F.odd || o;
            answer = replayed;
            event = refresh_replayed
        fi
#endif
    :: else ->
        if
        :: F.head != v -> reuse(f)
        :: else -> answer = refused
        fi
    fi;
    sync(f)
}
inline end_grant(f) {       /* a session's end, a revocation, a consent withdrawn */
    if
    :: !F.revoked -> end_family(f); event = grant_ended
    :: else
    fi;
    answer = given_back;
    sync(f)
}
inline hear(f, v) {         /* the answer arrives: only now does anybody hold what was minted */
    if
    :: answer == ok -> G.known = G.known | BIT(given); G.acked = G.acked | BIT(v)
    :: answer == replayed -> G.known = G.known | BIT(given)
    :: else
    fi
}

#define ROW_OF_UNCONSUMED(f) (store[f].rows & ~((1 << store[f].generation) - 1))
#define FAMILY_HOLDS(f) ( \
    /* I1: no token row without the consumption */ !ROW_OF_UNCONSUMED(f) \
    /* I2: one current generation */            && store[f].head == store[f].generation \
    /* I3: the seal holds the unused head */    && (store[f].sealed == NONE || store[f].sealed == store[f].head) \
    /* I3: and dies with the family */          && (store[f].sealed == NONE || !store[f].ended) \
    /* an end is whole */                       && (store[f].ended == store[f].revoked) \
    /* I11: what is over stays over */          && (!ghost[f].dead || store[f].ended) \
    /* told once */                             && ghost[f].told <= 1)

inline begin(f) {
    F.previous = NONE; F.sealed = NONE; G.minted = 1; G.known = 1; F.cnf = (f == 0);
    sync(f)
}

#ifndef TRACE
inline pick_value() {                           /* anything that was ever given out */
    if :: v = 0 :: (G.known & BIT(1)) -> v = 1 :: (G.known & BIT(2)) -> v = 2 fi
}
inline forget() { f = 0; c = 0; v = 0; o = false; seen = 0; at_head = false; given = 0; answer = nothing; event = wrote_nothing }

proctype Node() {
    byte f, c, v, seen, given;
    bool o, at_head, token_cnf;
    mtype answer = nothing, event = wrote_nothing;
end_idle:
    do
    :: atomic {
        if :: f = 0 :: FAMILIES == 2 -> f = 1 fi;
        if :: c = 0 :: c = 1 fi;
        pick_value();
        judge(f, c, v);
        c = 0;
        if
        :: answer == refused -> forget(); goto end_idle
        :: else
        fi
       }
       if
       :: atomic {
#if WINDOW
            if :: o = false :: o = true fi;
#endif
            redeem(f, v, o);
            event = wrote_nothing; o = false; seen = 0; at_head = false;
            if
            :: answer == refused -> forget(); goto end_idle
            :: answer == replayed -> v = 0
            :: else
            fi
          }
       :: atomic { forget(); goto end_idle }    /* killed before the commit */
       fi;
       if
       :: atomic { hear(f, v); forget() }
       :: atomic { forget() }                   /* killed after it: nobody hears */
       fi
    od
}
proctype World(byte f) {
    mtype answer, event;
end_idle:
    do
    :: atomic { !F.revoked -> end_grant(f); answer = nothing; event = wrote_nothing }
#if WINDOW
    :: atomic { F.window -> F.window = false; sync(f) }                             /* replay_until passes */
    :: atomic { !F.window && F.sealed != NONE -> F.sealed = NONE; sync(f) }         /* the purge */
#endif
    :: atomic { power_loss(f) }
    od
}
active proctype Watch() {
end_watch:
    atomic { !(FAMILY_HOLDS(0) && FAMILY_HOLDS(FAMILIES - 1)) -> assert(false) }
}
init {
    byte f;
    atomic {
        for (f : 0 .. FAMILIES - 1) { begin(f); run World(f) }
        run Node();
        run Node()
    }
}
#endif
