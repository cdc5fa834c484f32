"""Every operation of the admin API: what serves it, which scope it takes, what it takes and shows.

Routes and the published document are both made of this table, so neither has what the other has not.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

from licet.administration import apis, apps, models, people, planning, record, scopes, secrets
from licet.administration.office import Call, Office
from licet.authorization_server.exchange import Answer

PREFIX: Final = "/admin/v1"
READ, PLAN, APPLY, PEOPLE = "licet:read", "licet:plan", "licet:apply", "licet:people"

Handler = Callable[[Office, Call], Awaitable[Answer]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing that can be done."""

    method: str
    path: str
    """Below ``/admin/v1``."""
    scope: str
    """The one scope that it takes."""
    handler: Handler
    answers: Any = None
    """What is shown; None: nothing but a status."""
    body: Any = None
    """What is sent; None: nothing."""
    makes: bool = False
    """Whether it may also make the object."""
    statuses: tuple[int, ...] = (200,)
    body_bytes: int = 0

    @property
    def listed(self) -> bool:
        """Whether it shows a page of a list."""
        return getattr(self.answers, "__origin__", None) is models.Page

    @property
    def conditional(self) -> bool:
        """Whether it changes an object, and so must say which version."""
        return self.method in {"PUT", "DELETE"} or self.path.endswith("/secrets")

    @property
    def id(self) -> str:
        """Its name in the document."""
        return "_".join((self.method.lower(), *(part.strip("{+}") for part in self.path.split("/") if part)))


def _list(path: str, scope: str, handler: Handler, of: Any) -> Operation:
    return Operation(method="GET", path=path, scope=scope, handler=handler, answers=models.Page[of])


def _show(path: str, scope: str, handler: Handler, of: Any) -> Operation:
    return Operation(method="GET", path=path, scope=scope, handler=handler, answers=of)


def _put(path: str, handler: Handler, of: Any, body: Any) -> Operation:
    return Operation(
        method="PUT", path=path, scope=APPLY, handler=handler, answers=of, body=body, makes=True, statuses=(200, 201)
    )


def _secret(path: str, handler: Handler) -> Operation:
    return Operation(method="POST", path=path, scope=APPLY, handler=handler, answers=models.NewSecret, statuses=(201,))


def _end(path: str, scope: str, handler: Handler) -> Operation:
    return Operation(method="DELETE", path=path, scope=scope, handler=handler, statuses=(204,))


OPERATIONS: Final[tuple[Operation, ...]] = (
    _list("/apps", READ, apps.every, models.App),
    _show("/apps/{app}", READ, apps.one, models.App),
    _put("/apps/{app}", apps.put, models.App, models.AppWords),
    _end("/apps/{app}", APPLY, apps.end),
    _secret("/apps/{app}/secrets", secrets.make_for_app),
    _end("/apps/{app}/secrets/{secret}", APPLY, secrets.drop_of_app),
    _list("/apps/{app}/grants", PEOPLE, people.grants_to, models.Grant),
    _show("/apps/{app}/grants/{grant}", PEOPLE, people.grant_to, models.Grant),
    _end("/apps/{app}/grants/{grant}", PEOPLE, people.end_grant_to),
    _list("/apis", READ, apis.every, models.Api),
    _show("/apis/{api}", READ, apis.one, models.Api),
    _put("/apis/{api}", apis.put, models.Api, models.ApiWords),
    _end("/apis/{api}", APPLY, apis.end),
    _secret("/apis/{api}/secrets", secrets.make_for_api),
    _end("/apis/{api}/secrets/{secret}", APPLY, secrets.drop_of_api),
    _list("/scopes", READ, scopes.every, models.Scope),
    _show("/scopes/{scope+}", READ, scopes.one, models.Scope),
    _put("/scopes/{scope+}", scopes.put, models.Scope, models.ScopeDescription),
    _end("/scopes/{scope+}", APPLY, scopes.end),
    _list("/people", PEOPLE, people.every, models.Person),
    _show("/people/{person}", PEOPLE, people.one, models.Person),
    _end("/people/{person}", PEOPLE, people.disable),
    _list("/people/{person}/sessions", PEOPLE, people.sessions_of, models.Session),
    _end("/people/{person}/sessions", PEOPLE, people.sign_out),
    _show("/people/{person}/sessions/{session}", PEOPLE, people.session, models.Session),
    _end("/people/{person}/sessions/{session}", PEOPLE, people.end_session),
    _list("/people/{person}/grants", PEOPLE, people.grants_of, models.Grant),
    _show("/people/{person}/grants/{grant}", PEOPLE, people.grant_of, models.Grant),
    _end("/people/{person}/grants/{grant}", PEOPLE, people.end_grant_of),
    _list("/people/{person}/consents", PEOPLE, people.consents, models.Consent),
    _show("/people/{person}/consents/{app}", PEOPLE, people.consent, models.Consent),
    _end("/people/{person}/consents/{app}", PEOPLE, people.withdraw),
    _list("/sessions", PEOPLE, people.sessions, models.Session),
    _show("/sessions/{session}", PEOPLE, people.session, models.Session),
    _end("/sessions/{session}", PEOPLE, people.end_session),
    _list("/grants", PEOPLE, people.grants, models.Grant),
    _show("/grants/{grant}", PEOPLE, people.grant, models.Grant),
    _end("/grants/{grant}", PEOPLE, people.end_grant),
    Operation(
        method="POST",
        path="/plan",
        scope=PLAN,
        handler=planning.plan,
        answers=models.PlanTold,
        body=models.Wanted,
        body_bytes=planning.MOST_BYTES,
    ),
    Operation(
        method="POST",
        path="/apply",
        scope=APPLY,
        handler=planning.apply,
        answers=models.Applied,
        body=models.Application,
        body_bytes=planning.MOST_BYTES,
    ),
    _list("/keys", READ, record.keys, models.Key),
    _show("/keys/{key}", READ, record.key, models.Key),
    _list("/events", READ, record.events, models.Event),
    _list("/registration-tokens", READ, record.initial_tokens, models.InitialToken),
)
