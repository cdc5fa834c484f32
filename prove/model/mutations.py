"""Mistakes that could be made, as changes of the models' text; a search must find the way to what each breaks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from prove.model.search import text

Change = tuple[str, str]


@dataclass(frozen=True)
class Mutation:
    """One mistake: *changes* to the text of *model*, each place exactly once."""

    name: str
    model: str
    changes: tuple[Change, ...]
    settings: Mapping[str, int] = field(default_factory=dict)

    def source(self) -> str:
        mutant = text(self.model)
        for old, new in self.changes:
            assert mutant.count(old) == 1, f"{self.name}: {mutant.count(old)} times in the model: {old!r}"
            mutant = mutant.replace(old, new)
        return mutant


_ONE_FAMILY = {"FAMILIES": 1}
_ONE_CODE = {"CODES": 1}
_ONE_DEVICE = {"DEVICES": 1}
_ONE_ENDING = {"ENDINGS": 1}
_END_GRANT = "    :: atomic { !F.revoked -> end_grant(f); answer = nothing; event = wrote_nothing }\n"
_LIVE = "!client[c].disabled && grant[c].issued_at > client[c].epoch && grant[c].issued_at > issuer_epoch)\n/* ended"
_GRANT_LIVES = "(!(is_revoked) && (at) > node[n].issuer_epoch && (at) > node[n].epoch[c])"

MUTATIONS = (
    Mutation(
        "a code is looked at, then used",
        "code",
        (("!used && !K.consumed && !K.expired && LIVE(k)", "!used && !K.expired && LIVE(k)"),),
        _ONE_CODE,
    ),
    Mutation(
        "killed between consuming and storing",
        "code",
        (
            ("        K.row = true;\n", ""),
            ("atomic { hear(k); forget() }", "atomic { K.row = true; hear(k); forget() }"),
        ),
        _ONE_CODE,
    ),
    Mutation("a client's end does not reach a code", "code", ((" && !store[k].before_epoch)", ")"),), _ONE_CODE),
    Mutation(
        "a transaction ends in two grants",
        "code",
        (("!K.completed && !C.disabled && C.epoch == seen_epoch", "!C.disabled && C.epoch == seen_epoch"),),
        _ONE_CODE,
    ),
    Mutation(
        "an end that overtook the person's yes is not seen",
        "code",
        (
            (" && C.epoch == seen_epoch ->", " ->"),
            ("K.before_epoch = false;", "K.before_epoch = (C.epoch != seen_epoch); G.dead = K.before_epoch;"),
            (" && !store[k].before_epoch)", ")"),
        ),
        _ONE_CODE,
    ),
    Mutation(
        "a token takes the client's scope",
        "code",
        (("K.row_scope = K.scope & wanted", "K.row_scope = wanted"),),
        _ONE_CODE,
    ),
    Mutation("cnf dropped at the grant", "code", (("K.cnf = K.bound;", "K.cnf = false;"),), _ONE_CODE),
    Mutation("cnf dropped at the token", "code", (("K.row_cnf = K.cnf;", "K.row_cnf = false;"),), _ONE_CODE),
    Mutation(
        "rotation without comparing the head",
        "family",
        (("(at_head && F.generation == seen && F.head == v && !F.ended", "(at_head && !F.ended"),),
        _ONE_FAMILY,
    ),
    Mutation(
        "the same, as it is built",
        "family",
        (("(at_head && F.generation == seen && F.head == v && !F.ended", "(at_head && !F.ended"),),
        _ONE_FAMILY | {"WINDOW": 0},
    ),
    Mutation("cnf dropped at refresh", "family", (("token_cnf = F.cnf;", "token_cnf = false;"),), _ONE_FAMILY),
    Mutation(
        "the seal survives the family",
        "family",
        (("    F.sealed = NONE;\n    F.window = false;\n", "    F.window = false;\n"),),
        _ONE_FAMILY,
    ),
    Mutation(
        "the seal survives its use",
        "family",
        (("            F.sealed = given;\n", "            if :: F.sealed == NONE -> F.sealed = given :: else fi;\n"),),
        _ONE_FAMILY,
    ),
    Mutation(
        "a retry after the window",
        "family",
        (("F.sealed == F.head && F.window && !F.ended", "F.sealed == F.head && !F.ended"),),
        _ONE_FAMILY,
    ),
    Mutation(
        "a family ends in two transactions",
        "family",
        (
            (
                _END_GRANT,
                "    :: atomic { !F.revoked -> F.revoked = true; sync(f) }; atomic { end_family(f); sync(f) }\n",
            ),
        ),
        _ONE_FAMILY,
    ),
    Mutation(
        "a restart revives what was acknowledged",
        "family",
        (
            (
                "        :: else -> answer = refused\n        fi\n    fi;\n    sync(f)\n",
                "        :: else -> answer = refused\n        fi\n    fi\n",
            ),
        ),
        _ONE_FAMILY,
    ),
    Mutation(
        "a device's request is decided twice",
        "device",
        (("D.state == claimed && D.by == s && !D.expired && (!yes", "D.by == s && !D.expired && (!yes"),),
        _ONE_DEVICE,
    ),
    Mutation(
        "who gave the claim up still decides",
        "device",
        (("D.state == claimed && D.by == s && !D.expired && (!yes", "D.state == claimed && !D.expired && (!yes"),),
        _ONE_DEVICE,
    ),
    Mutation(
        "a second poll ends the grant",
        "device",
        (
            (
                "        answer = ok\n    :: else -> answer = refused\n    fi\n}\ninline hear",
                "        answer = ok\n    :: else -> D.revoked = D.grant; answer = refused\n    fi\n}\ninline hear",
            ),
        ),
        _ONE_DEVICE,
    ),
    Mutation("a yes after the person was disabled", "device", ((" && (!yes || !disabled[s]) ->", " ->"),), _ONE_DEVICE),
    Mutation(
        "an epoch compared with < instead of <=",
        "admission",
        (
            ("(!node[n].disabled[c] && (at) > node[n].epoch[c])", "(!node[n].disabled[c] && (at) >= node[n].epoch[c])"),
            (_GRANT_LIVES, "(!(is_revoked) && (at) > node[n].issuer_epoch && (at) >= node[n].epoch[c])"),
        ),
    ),
    Mutation(
        "a session ends and the gate does not ask it",
        "admission",
        (
            (" && SESSION_LIVES(c, at))\n\n", ")\n\n"),
            ("    revoke(0);\n    dies(0)\n}\ninline end_subject", "    dies(0)\n}\ninline end_subject"),
        ),
        _ONE_ENDING,
    ),
    Mutation(
        "a session ends and its grants do not",
        "admission",
        (("    revoke(0);\n    dies(0)\n}\ninline end_subject", "    dies(0)\n}\ninline end_subject"),),
        _ONE_ENDING,
    ),
    Mutation("a token is younger than its grant", "admission", ((_GRANT_LIVES, "(!(is_revoked))"),)),
    Mutation(
        "what consumes does not ask the issuer",
        "admission",
        ((" && grant[c].issued_at > issuer_epoch)", ")"),),
        _ONE_ENDING,
    ),
    Mutation(
        "what consumes asks the node's memory",
        "admission",
        (
            (
                _LIVE,
                "!node[n].disabled[c] && grant[c].issued_at > node[n].epoch[c] && grant[c].issued_at > issuer_epoch)\n/* ended",
            ),
        ),
        _ONE_ENDING,
    ),
    Mutation(
        "a node never reads its clients again",
        "admission",
        (
            ("    node[n].disabled[0] = client[0].disabled; node[n].disabled[1] = client[1].disabled;\n", ""),
            ("    node[n].epoch[0] = client[0].epoch; node[n].epoch[1] = client[1].epoch;\n", ""),
        ),
        _ONE_ENDING,
    ),
    Mutation(
        "a token as old as the ending before it",
        "admission",
        (("(SECOND(began) > SECOND(ended) -> began : (SECOND(ended) + 1) * 2)", "began"),),
        _ONE_ENDING,
    ),
)
