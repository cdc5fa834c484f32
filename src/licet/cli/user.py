"""``licet user``: people in the store. A running server sees the change within a second."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import click

from licet.ambient import Instant
from licet.cli import people
from licet.cli.main import FOUND
from licet.cli.opening import CONFIG, Opened, fail, opened, read
from licet.events import EventType
from licet.resource_owner import accounts
from licet.resource_owner import profile as profiles
from licet.resource_owner.passwords import SHORTEST, Cost, Passwords
from licet.storage.ending import ending
from licet.storage.ports import Ending


@click.group()
def user() -> None:
    """Add people, change their passwords, look at them, end what is theirs.

    \b
    Examples:
      licet user add alice@example.com --name "Alice Example"
      licet user passwd alice@example.com
      pass show alice | licet user add alice@example.com --password-stdin
      licet user show alice@example.com
      licet user end-sessions alice@example.com
      licet user disable alice@example.com
    """


for _verb in (people.list_, people.show, people.disable, people.enable, people.end_sessions):
    user.add_command(_verb)

PASSWORD = click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")


@user.command()
@click.argument("login")
@click.option("--name", help="The person's name, as apps may see it.")
@click.option("--email", help="Their address; the login itself where it is one.")
@click.option("--claim", "claims", metavar="NAME=VALUE", multiple=True, help="Anything else apps may see; repeat it.")
@PASSWORD
@CONFIG
def add(
    login: str, name: str | None, email: str | None, claims: tuple[str, ...], config: Path, *, password_stdin: bool
) -> None:
    """Add a person who may sign in as LOGIN. They fill in the rest themselves, at /account/profile.

    \b
    Examples:
      licet user add alice@example.com --name "Alice Example"
      licet user add alice --claim given_name=Alice --claim locality=Lisboa --claim birthdate=0000-12-31
    """
    manifest = read(config)
    profile: dict[str, Any] = {"name": name, "email": email or (login if "@" in login else None)}
    profile = {claim: value for claim, value in profile.items() if value} | _claims(claims)
    password = _password(stdin=password_stdin)

    async def run() -> None:
        at = await opened(manifest, lock=False, create=True)
        phc = await _hash(password, at)
        made = await accounts.create(
            at.store.accounts,
            at.entropy,
            issuer_id=at.issuer.issuer_id,
            login=login,
            phc=phc,
            profile=profile,
            at=at.clock.now(),
            actor="operator",
            request_id=at.request_id,
        )
        await at.store.close()
        if made is None:
            fail(f"{login!r} is taken, or cannot be a login (1 to {accounts.LOGIN_LENGTH} visible characters).", FOUND)

    asyncio.run(run())
    click.echo(f"Added {login}.")


@user.command()
@click.argument("login")
@PASSWORD
@CONFIG
def passwd(login: str, config: Path, *, password_stdin: bool) -> None:
    """Set a new password for LOGIN; every session and token of theirs ends.

    \b
    Example:
      licet user passwd alice@example.com
    """
    manifest = read(config)
    password = _password(stdin=password_stdin)

    async def run() -> None:
        at = await opened(manifest, lock=False, create=False)
        identifier = accounts.canonical(login)
        person = await at.store.accounts.find_by_login(at.issuer.issuer_id, identifier) if identifier else None
        if person is None:
            await at.store.close()
            fail(f"There is nobody called {login!r} here.", FOUND)
        phc = await _hash(password, at)
        now = at.clock.now()  # not before: what was begun with the old password while this one was hashed ends too
        authenticator = accounts.password(person.account, phc, at.entropy, now)
        await at.store.accounts.set_password(_ending(at, person.account.subject_id, now), authenticator)
        await at.store.close()

    asyncio.run(run())
    click.echo(f"{login} has a new password; what was signed in before is signed out.")


def _claims(said: tuple[str, ...]) -> dict[str, Any]:
    """``NAME=VALUE`` as the profile page would take it."""
    typed = dict(one.partition("=")[::2] for one in said)
    unknown = sorted(typed.keys() - {*profiles.FIELDS, *profiles.ADDRESS})
    if unknown:
        raise click.UsageError(f"{unknown[0]!r} is none of {', '.join((*profiles.FIELDS, *profiles.ADDRESS))}.")
    described = profiles.read(typed, {}, 0)
    if described.wrong:
        raise click.UsageError(f"{described.wrong[0]} cannot be {typed[described.wrong[0]]!r}.")
    return {name: described.profile[name] for name in described.changed}


def _ending(at: Opened, subject_id: str, now: Instant) -> Ending:
    return ending(
        at.issuer.issuer_id,
        "subject",
        subject_id,
        at=now,
        cause="password changed",
        event=EventType.PASSWORD_CHANGED,
        actor="operator",
        subject=subject_id,
        request_id=at.request_id,
    )


async def _hash(password: str, at: Opened) -> str:
    passwords = Passwords(Cost(), at.entropy, workers=1)
    try:
        return await passwords.hash(password)
    finally:
        passwords.close()


def _password(*, stdin: bool) -> str:
    """A password that stands alone must be long (NIST SP 800-63B-4 §3.1.1.2); what it is made of is free."""
    if stdin:
        password = sys.stdin.readline().rstrip("\n")
    elif sys.stdin.isatty():
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        raise click.UsageError("Nobody is here to type a password; pipe it in with --password-stdin.")
    if len(password) < SHORTEST:
        raise click.UsageError(
            f"The password has {len(password)} characters; {SHORTEST} are needed where it is the only proof. "
            "Four or five words are easier to keep than a riddle."
        )
    return password
