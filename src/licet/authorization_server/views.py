"""What each page shows: values for the templates of ``web/templates``, one struct a page.

Texts that a client or a device chose come in as they are; the templates shorten, isolate and escape them.
"""

from __future__ import annotations

import msgspec

from licet.ambient import Instant


class View(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What a page shows."""


class App(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The application a page speaks of."""

    name: str
    host: str = ""
    """The host the person goes back to; empty for an app on this device (*local*) and for a device elsewhere."""
    assured: bool = True
    """Whether that host proves who the app is (rulings C)."""
    local: bool = False
    """Whether it goes back to this same computer (loopback or custom scheme): the pages say so instead of a host."""
    document_host: str = ""
    """Whose document says all this, where nobody registered the app here."""
    privacy_url: str | None = None
    terms_url: str | None = None


class Sentence(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What an app may do, completing "*App* may …"."""

    words: str
    sensitive: bool = False


class SignIn(View, frozen=True, gc=False, kw_only=True):
    """``/login``. *app* is None where somebody came without one."""

    app: App | None
    transaction: str
    csrf: str
    login: str = ""
    failed: bool = False
    """The same words for a wrong password, an unknown name and a throttled guess."""
    busy: bool = False
    """Too many are signing in at once; nothing was checked."""
    switching: bool = False
    """Somebody is signed in and wants to be somebody else, or must prove it again."""
    beside: bool = False
    """Whoever is signed in stays so."""


class Someone(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """An account that is signed in on this browser."""

    subject_id: str
    login: str
    acting: bool = False
    """The one that is used where nobody is asked."""


class Choose(View, frozen=True, gc=False, kw_only=True):
    """``/login/choose``. *app* is None where somebody came without one."""

    app: App | None
    transaction: str
    csrf: str
    people: tuple[Someone, ...]
    full: bool = False
    """No room for another account beside these: whoever signs in takes the last one's place."""


class Consent(View, frozen=True, gc=False, kw_only=True):
    """``/consent``."""

    app: App
    login: str
    transaction: str
    csrf: str
    new: tuple[Sentence, ...]
    before: tuple[Sentence, ...] = ()
    offline: bool = False
    """It may go on while the person is away."""
    offline_before: bool = False
    """That was allowed before."""
    remembered: bool = True
    """Whether a yes is enough for next time."""


class DeviceEntry(View, frozen=True, gc=False, kw_only=True):
    """``/device``: one big field."""

    csrf: str
    user_code: str = ""
    failed: bool = False
    throttled_s: int | None = None
    """Too many wrong codes: seconds until the next try."""


class DeviceConfirm(View, frozen=True, gc=False, kw_only=True):
    """``/device/confirm``."""

    app: App
    login: str
    user_code: str
    """As shown on the device: ``WDJB-MJHT``."""
    transaction: str
    csrf: str
    sentences: tuple[Sentence, ...]
    stays_s: int | None
    """How long it stays signed in unused, where it does."""
    asked_from: str
    """The network address that asked for the code."""
    same_network: bool
    asked_at: Instant
    now: Instant
    words: str = ""
    """Match words, only where the client asked for them."""
    device_name: str = ""
    tail_asked: bool = False
    """The page keeps the last two letters back and asks for them: it came prefilled, from another network."""
    failed: bool = False


class DeviceDone(View, frozen=True, gc=False, kw_only=True):
    """``/device/done``."""

    app: App
    login: str
    allowed: bool
    reported: bool = False
    report_transaction: str = ""
    csrf: str = ""


class Return(View, frozen=True, gc=False, kw_only=True):
    """The page on the way back to the app (rulings L)."""

    app: App
    login: str
    location: str
    refresh: bool
    """False for custom schemes: they need the click."""
    allowed: bool = True
    signed_out: bool = False
    """The way back after a sign-out that the app asked for (OIDC RP-Initiated Logout §3)."""


class SignOut(View, frozen=True, gc=False, kw_only=True):
    """``/logout``: asks before it ends anything."""

    login: str
    csrf: str
    app: App | None = None
    """Which app asked, where one did."""
    transaction: str = ""
    """Remembers where that app wants the person back; empty where no app asked."""
    others: tuple[str, ...] = ()
    """The other accounts of this browser, which end as well."""
    apps: tuple[str, ...] = ()
    """The names of the apps that lose what they may do only during this session."""
    stayed: bool = False
    """They have just chosen to stay."""


class Start(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """An app that says where a sign-in to it begins (OpenID Connect Core §4)."""

    name: str
    location: str
    """Its ``initiate_login_uri``, with our ``iss``."""


class SignedOut(View, frozen=True, gc=False, kw_only=True):
    """It is done."""

    again: tuple[Start, ...] = ()
    """Where to sign in again to the apps that have just ended."""
    stay: tuple[str, ...] = ()
    """Who is still signed in on this browser."""


class Profile(View, frozen=True, gc=False, kw_only=True):
    """``/account/profile``."""

    login: str
    csrf: str
    typed: dict[str, str]
    """What stands in each field, by the name of its claim."""
    wrong: tuple[str, ...] = ()
    """Fields that could not be taken; nothing was saved."""
    saved: bool = False
    email_verified: bool = False
    phone_verified: bool = False


class Fault(View, frozen=True, gc=False, kw_only=True):
    """Any page that says no. ``code`` is the protocol's error, for whoever helps."""

    code: str
    happened: str
    """One sentence or two, in words for a person."""
    steps: tuple[str, ...]
    """What to do now."""
    reference: str
    at: Instant
    title: str = "We stopped here, to be safe"
    developer: Developer | None = None


class Developer(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What only a developer is shown, in development (``error-developer``)."""

    explanation: str
    rule: str
    rule_url: str
    citation: str
    fix: str = ""
    sent: str = ""
    registered: str = ""
    """The closest registered value, to be shown beside *sent* with the difference marked."""
    request: tuple[tuple[str, str], ...] = ()
    """The request's parameters, secrets shortened."""
