"""What an app does not get, and why; and what remains to be careful about when everything is set up right."""

from __future__ import annotations

from dataclasses import dataclass

from licet.registration.choices import Described
from licet.registration.kinds import CODE, CREDENTIALS, DEVICE
from licet.requirements.documents import OAUTH_2_1, RFC_6749, RFC_8252, RFC_8628, RFC_9700
from licet.requirements.model import Citation


@dataclass(frozen=True, slots=True)
class Rejected:
    """Something that others might have chosen."""

    what: str
    why: str
    citation: Citation


def rejected(app: Described) -> tuple[Rejected, ...]:
    """What was not chosen for *app*."""
    found = []
    grants, person = app.kind.grant_types, app.kind.for_people
    if person:
        found += [
            Rejected("implicit grant", "tokens in an address leak by history, logs and scripts", RFC_9700("2.1.2")),
            Rejected("password grant", "the app would see people's passwords, and no second step", RFC_9700("2.4")),
            Rejected("client credentials", "they are the app's own rights, and nobody allowed it", RFC_6749("4.4")),
        ]
    if CREDENTIALS in grants:
        found += [
            Rejected("authorization code", "there is nobody to sign in", RFC_6749("4.1")),
            Rejected("a refresh token", "it would be one more thing to steal: it can ask again", RFC_6749("4.4.3")),
            Rejected(
                "a person's account for it", "its password would be in a file, its rights a person's", RFC_9700("2.4")
            ),
        ]
    if CODE in grants and DEVICE not in grants:
        found.append(
            Rejected("device code", "with a browser at hand, a code to type only helps who phishes", RFC_8628("5.4"))
        )
    if DEVICE in grants and CODE not in grants:
        found.append(Rejected("authorization code", "no browser there could come back to it", RFC_8628("1")))
    if person and app.public:
        found.append(Rejected("a client secret", "everyone holds a copy of the app, so of its secret", RFC_8252("8.5")))
    if CODE in grants and app.kind.application_type == "native":
        found.append(Rejected("a browser inside the app", "the app could read what is typed there", RFC_8252("8.12")))
    if app.kind.name == "browser-app":
        found.append(
            Rejected("tokens kept in local storage", "whatever script runs in the page reads them", OAUTH_2_1("2.1"))
        )
    return tuple(found)


def instead(app: Described) -> str | None:
    """What would be better still, or another word for what this may be."""
    return {
        "tv": 'if the set-top box has a browser, say  is = "tv-with-browser"  and it gets code + PKCE',
        "device": 'if it has a browser, say  is = "tv-with-browser"  and it gets code + PKCE',
        "browser-app": 'a backend that signs in for the page keeps tokens out of it: say  is = "web-app"',
        "web-app": 'if it is somebody else\'s, say  is = "partner-app"  and people are asked each time',
        "service": 'if a person should allow it, say  is = "agent"',
        "desktop-app": 'if it has no window, say  is = "cli"  and it may also show a code',
        "legacy": 'say what it is, such as  is = "web-app", as soon as it can be',
    }.get(app.kind.name)


def residual(app: Described) -> tuple[str, ...]:
    """What this cannot prevent."""
    risks = [
        "Whoever steals an access token may use it until it is over: keep it out of logs, addresses and error pages."
    ]
    if app.kind.name == "browser-app":
        risks.append(
            "Any script that gets into the page can use the tokens as the page does: a strict CSP, few scripts."
        )
    if app.proof == "secret":
        risks.append(
            "The secret travels to the server each time: keep it in a secret store, change it with two at a time."
        )
    if app.proof == "key":
        risks.append(
            "Whoever reads the private key is this app until the key is changed: keep it where only it can read."
        )
    if DEVICE in app.kind.grant_types:
        risks.append(
            "Somebody may be talked into typing a stranger's code: the page shows the app, the place and a warning."
        )
    if app.public and app.kind.for_people:
        risks.append(
            "Another program can call itself by this client_id: so the page asks people, and its word is theirs."
        )
    if app.kind.name in {"agent", "mcp-client"}:
        risks.append("What it reads can tell it what to do: give it scopes whose misuse you could bear.")
    if app.kind.name == "mobile-app":
        risks.append("Another app may take the same private scheme: prefer an https address that the app has claimed.")
    return tuple(risks)
