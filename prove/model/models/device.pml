/* Devices (RFC 8628, rulings X): two devices of two clients, two people, two nodes.
 *
 * open → claimed by one person → approved or denied → consumed; expired from any. What a person saw a moment ago may be
 * old when they press a button: each button is one statement with the whole condition in it.
 */
#ifndef DEVICES
#define DEVICES 2
#endif
#define NOBODY 2

mtype = { nothing, ok, refused };
mtype = { wrote_nothing, device_claimed, device_approved, device_denied, token_issued, account_disabled };
mtype = { open, claimed, approved, denied, consumed };

typedef Pending {
    mtype state = open;
    byte by = NOBODY;       /* claimed_by */
    bool expired;
    bool grant, revoked;
    byte owner = NOBODY;    /* the grant's subject */
    bool row
};
Pending store[DEVICES];
bool disabled[2];           /* people */

typedef Ghost {
    byte decided, approvals, bought;
    byte first = NOBODY;    /* who holds the claim, as the events tell it */
    bool dead, acked
};
Ghost ghost[DEVICES];

#define D store[d]
#define G ghost[d]

inline claim(d, s) {
    if
    :: D.state == open && !D.expired -> D.state = claimed; D.by = s; G.first = s; event = device_claimed; answer = ok
    :: else ->
        if
        :: D.state == claimed && D.by == s && !D.expired -> answer = ok
        :: else -> answer = refused
        fi
    fi
}
inline release(d, s) {
    if
    :: D.state == claimed && D.by == s -> D.state = open; D.by = NOBODY; G.first = NOBODY
    :: else
    fi
}
inline see(d, s) {          /* the page with the two buttons is drawn for whoever holds the claim */
    if
    :: D.state == claimed && D.by == s && !disabled[s] -> answer = ok
    :: else -> answer = refused
    fi
}
/* DECIDE and the grant: one transaction; a yes only if the person has not ended meanwhile. */
inline decide(d, s, yes) {
    if
    :: D.state == claimed && D.by == s && !D.expired && (!yes || !disabled[s]) ->
        assert(G.first == s);
        G.decided++;
        if
        :: yes ->
            assert(!disabled[s]);       /* I5 */
            D.state = approved; D.grant = true; D.owner = s;
            G.approvals++;
            event = device_approved
        :: else -> D.state = denied; event = device_denied
        fi;
        answer = ok
    :: else -> answer = refused
    fi
}
inline judge(d, c) {
    if
    :: c != d || D.state != approved || D.expired || D.revoked -> answer = refused
    :: else
    fi
}
/* CONSUME_DEVICE with its predicate, the row and the event; or nothing, and nothing ends (rulings A). */
inline redeem(d) {
    if
    :: D.state == approved && !D.expired && D.grant && !D.revoked ->
        assert(!G.dead);                /* I5 */
        assert(!G.acked);               /* I11 */
        D.state = consumed;
        D.row = true;
        G.bought++;
        event = token_issued;
        answer = ok
    :: else -> answer = refused
    fi
}
inline hear(d) { if :: answer == ok -> G.acked = true :: else fi }
inline disable(s) {                     /* the person, and every grant of theirs, together */
    disabled[s] = true;
    for (d : 0 .. DEVICES - 1) {
        if :: D.grant && D.owner == s -> D.revoked = true; G.dead = true :: else fi
    }
    d = 0;
    event = account_disabled
}

#define DEVICE_HOLDS(d) ( \
    /* decided once */                          ghost[d].decided <= 1 && ghost[d].approvals <= 1 \
    /* a grant iff somebody said yes */         && (store[d].grant == (ghost[d].approvals == 1)) \
    /* I1 */                                    && ghost[d].bought <= 1 && (store[d].row == (store[d].state == consumed)) \
    /* only what was allowed is bought */       && (!store[d].row || ghost[d].approvals == 1) \
    /* the grant is the claimant's */           && (!store[d].grant || store[d].owner == ghost[d].first) \
    /* rulings A: a second poll ends nothing */ && (!store[d].revoked || ghost[d].dead) \
    /* I5: a person's end reaches the grant */  && (!store[d].grant || store[d].owner == NOBODY || !disabled[store[d].owner] || store[d].revoked) \
    /* I11 */                                   && (!ghost[d].acked || store[d].state == consumed))

#ifndef TRACE
inline forget() { d = 0; c = 0; s = 0; answer = nothing; event = wrote_nothing }

proctype Node() {
    byte d, c, s;
    bool yes;
    mtype answer = nothing, event = wrote_nothing;
end_idle:
    do
    :: atomic {
        if :: !disabled[0] -> s = 0 :: !disabled[1] -> s = 1 fi;
        if :: d = 0 :: DEVICES == 2 -> d = 1 fi;
        if :: true -> claim(d, s) :: true -> release(d, s) fi;
        forget()
       }
    :: atomic {
        if :: !disabled[0] -> s = 0 :: !disabled[1] -> s = 1 fi;
        if :: d = 0 :: DEVICES == 2 -> d = 1 fi;
        see(d, s);
        if :: answer == refused -> forget(); goto end_idle :: else fi;
        answer = nothing
       }
       if
       :: atomic { if :: yes = false :: yes = true fi; decide(d, s, yes); yes = false; forget() }
       :: atomic { forget() }                   /* killed, or the person walks away */
       fi
    :: atomic {
        if :: d = 0 :: DEVICES == 2 -> d = 1 fi;
        if :: c = 0 :: c = 1 fi;
        judge(d, c);
        c = 0;
        if :: answer == refused -> forget(); goto end_idle :: else fi
       }
       if
       :: atomic {
            redeem(d);
            event = wrote_nothing;
            if :: answer == refused -> forget(); goto end_idle :: else fi
          }
       :: atomic { forget(); goto end_idle }    /* killed before the commit */
       fi;
       if
       :: atomic { hear(d); forget() }
       :: atomic { forget() }                   /* killed after it */
       fi
    od
}
proctype World() {
    byte d, s;
    mtype event;
end_idle:
    do
    :: atomic { if :: !disabled[0] -> s = 0 :: !disabled[1] -> s = 1 fi; disable(s); s = 0; event = wrote_nothing }
    :: atomic { if :: !store[0].expired -> d = 0 :: !store[DEVICES - 1].expired -> d = DEVICES - 1 fi; D.expired = true; d = 0 }
    od
}
active proctype Watch() {
end_watch:
    atomic { !(DEVICE_HOLDS(0) && DEVICE_HOLDS(DEVICES - 1)) -> assert(false) }
}
init {
    atomic { run World(); run Node(); run Node() }
}
#endif
