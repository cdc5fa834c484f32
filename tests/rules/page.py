"""``python -m tests.rules.page``: the rules as a page of the manual, docs/rules.md."""

from __future__ import annotations

from licet.rules import ESTATE, METADATA, POLICY, REGISTRATION, RULES

_OF = (
    ("One registration", REGISTRATION),
    ("Registrations beside one another", ESTATE),
    ("How a server is set up", POLICY),
    ("What a server says of itself", METADATA),
)


def page() -> str:
    """The whole page."""
    lines = [
        "# What the rules say",
        "",
        "licet judges every configuration by the same rules, wherever it meets it: [`licet plan`](plan.md) and `licet apply` judge what",
        "would be there afterwards, `licet doctor` and `licet serve` what is about to be served, `licet import` what comes from",
        f"elsewhere. There are {len(RULES)}; `licet explain LA-021` says everything about one. None speaks of what it does not know.",
        "",
        "*critical*: somebody else gets in. *high*: somebody else gets in if one more thing goes wrong. *medium*, *low*: it is not as it",
        "should be. Most of them a `licet.toml` cannot break, because its reader refuses it at its line; they are for what comes from",
        "other servers, and for what registers itself.",
    ]
    for title, rules in _OF:
        lines += ["", f"## {title}", "", "| | | | why | fix |", "|---|---|---|---|---|"]
        for rule in sorted(rules, key=lambda one: one.id):
            cites = ", ".join(f"[{cite}]({cite.url})" for cite in rule.cites)
            lines.append(
                f"| **{rule.id}**<br>`{rule.slug}` | {rule.severity.value} | {rule.title} ({cites}) | {rule.why} | {rule.remedy} |"
            )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(page(), end="")
