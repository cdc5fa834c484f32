"""The table in ``docs/conformance.md``: ``python -m tests.conformance.table > docs/conformance.md`` plays all and writes it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.conformance.plans import MANNERS, PLANS, Manner, Plan
from tests.conformance.play import outcome
from tests.conformance.verdict import Verdict

PAGE: Final = Path(__file__).parents[2] / "docs/conformance.md"

Line = tuple[str, str]
"""A plan and a module of it."""
Ended = Mapping[tuple[str, str, str], Verdict]
"""By plan, module and manner."""

_HEAD = """\
# OpenID Connect conformance

What the OpenID Foundation's conformance suite looks at in an OpenID Provider, module for module, looked at by licet's own
tests: a browser that runs no script walks the pages, a relying party redeems, and joserfc verifies the tokens. The server is
whole but for its clock, which the tests move instead of waiting, and its socket: it runs in the tests' own process. Nothing of
the suite runs here: a certificate is the Foundation's to give, and this page says what to expect of its run. It is written by

```console
$ python -m tests.conformance.table > docs/conformance.md
```

and every test in `tests/conformance` fails that does not end as its line here says.

Each module is played three times:

* **`oidc-core`**: the client has the profile `oidc-core`, and sends what the suite sends. This is what is certified.
* **strict, as sent**: the client has licet's default profile, OAuth 2.1. The suite sends no `code_challenge` but in one module,
  and OAuth 2.1 demands it (§7.5.1): those requests are *refused*, as they should be.
* **strict, with PKCE**: the default profile, and a `code_challenge` is added to what the suite sends.

| word | what it means |
|---|---|
| passed | all that the module demands |
| warning | allowed, and not all that the module would like |
| review | passed, and the suite wants somebody to look at a page: here its text was looked at |
| skipped | not offered, which is allowed; where the module could be tried nevertheless, the refusal is named |
| refused | by design: see above |

Front-channel logout (2 modules) is not offered: it needs cookies of ours in frames on a page of somebody else, and browsers
no longer send them.
Implicit and hybrid responses, and the Dynamic plan that demands them, are not part of OAuth 2.1.

"""


def page(ended: Ended) -> str:
    """The whole page."""
    return _HEAD + _sums(ended) + "".join(_section(plan, ended) for plan in PLANS)


def line(plan: Plan, module: str, ended: Ended) -> str:
    """One module's row."""
    return _row(f"`{module}`", *(str(ended[plan.name, module, manner.name]) for manner in MANNERS))


def cell(text: str, plan: Plan, module: str, manner: Manner) -> str:
    """What the page *text* says of one module in one manner."""
    section = text.partition(f"`{plan.name}`")[2].partition("\n## ")[0]
    (row,) = [row for row in section.splitlines() if row.startswith(f"| `{module}` |")]
    return row.split("|")[2 + MANNERS.index(manner)].strip()


def _sums(ended: Ended) -> str:
    rows = [_row("plan", "modules", *(manner.title for manner in MANNERS)), _row(*["---"] * (2 + len(MANNERS)))]
    for plan in PLANS:
        counts = (Counter(ended[plan.name, module, manner.name].word for module in plan.modules) for manner in MANNERS)
        rows.append(_row(plan.title, str(len(plan.modules)), *(_counted(count) for count in counts)))
    return "".join(rows)


def _counted(count: Counter[str]) -> str:
    return ", ".join(f"{number} {word}" for word, number in count.most_common())


def _section(plan: Plan, ended: Ended) -> str:
    head = _row("module", *(manner.title for manner in MANNERS)) + _row(*["---"] * (1 + len(MANNERS)))
    return f"\n## {plan.title}\n\n`{plan.name}`\n\n{head}" + "".join(
        line(plan, module, ended) for module in plan.modules
    )


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |\n"


async def play() -> Ended:
    """Everything, one after the other. A module that fails says so in the table: the tests say why."""
    ended = {}
    for plan in PLANS:
        for module in plan.modules:
            for manner in MANNERS:
                try:
                    verdict = await outcome(plan, module, manner)
                except Exception as error:
                    verdict = Verdict("failed", type(error).__name__)
                ended[plan.name, module, manner.name] = verdict
    return ended


if __name__ == "__main__":
    print(page(asyncio.run(play())), end="")
