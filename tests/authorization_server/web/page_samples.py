"""One of each page, in every state a person may meet: for the tests of words and the tests of looks."""

from __future__ import annotations

from licet.ambient import SECOND, Instant
from licet.authorization_server.exchange import FormPost
from licet.authorization_server.views import (
    App,
    Choose,
    Consent,
    Developer,
    DeviceConfirm,
    DeviceDone,
    DeviceEntry,
    Fault,
    Profile,
    Return,
    Sentence,
    SignedOut,
    SignIn,
    SignOut,
    Someone,
    Start,
    View,
)

AT = Instant(1_795_383_608 * SECOND)
"""22 November 2026, 21:40:08 UTC."""

SHOP = App(
    name="Corner Shop",
    host="shop.example.com",
    privacy_url="https://shop.example.com/privacy",
    terms_url="https://shop.example.com/terms",
)
LOCAL = App(name="Order Reports", local=True, assured=False)
AGENT = App(name="Coding Agent", host="localhost:49321", local=True, assured=False, document_host="agent.example.com")
"""Nobody registered it: its document says all this."""
TV = App(name="Lounge TV")

NAME = Sentence(words="Know your name and picture")
SEE = Sentence(words="See your orders")
BUY = Sentence(words="Create and cancel orders for you", sensitive=True)

CALLBACK = (
    "https://shop.example.com/auth/callback?code=SplxlOBeZQQYbYS6WxSbIA&state=x4&iss=https%3A%2F%2Fid.example.com"
)


def consent(
    app: App = SHOP,
    new: tuple[Sentence, ...] = (NAME, SEE),
    before: tuple[Sentence, ...] = (),
    *,
    offline: bool = False,
    offline_before: bool = False,
    remembered: bool = True,
) -> Consent:
    """Alice is asked for consent."""
    return Consent(
        app=app,
        login="alice@example.com",
        transaction="t-1",
        csrf="c-1",
        new=new,
        before=before,
        offline=offline,
        offline_before=offline_before,
        remembered=remembered,
    )


def device_confirm(
    app: App = TV,
    device_name: str = "Living room",
    words: str = "maple · seven",
    *,
    same_network: bool = False,
    tail_asked: bool = False,
    failed: bool = False,
) -> DeviceConfirm:
    """Alice is asked whether this is her device."""
    return DeviceConfirm(
        app=app,
        login="alice@example.com",
        user_code="WDJB-MJHT",
        transaction="t-1",
        csrf="c-1",
        sentences=(NAME, SEE),
        stays_s=30 * 24 * 3600,
        asked_from="203.0.113.24",
        same_network=same_network,
        asked_at=Instant(AT - 40 * SECOND),
        now=AT,
        words=words,
        device_name=device_name,
        tail_asked=tail_asked,
        failed=failed,
    )


def fault(developer: Developer | None = None) -> Fault:
    """A redirect URI that is not registered."""
    return Fault(
        code="invalid_request",
        happened=(
            "Corner Shop asked us to send you to an address that we do not know as theirs. "
            "It is most likely their slip, not yours. Nothing was shared, and you are not signed in there."
        ),
        steps=(
            "Open Corner Shop again from its own front page, not from a link someone sent you.",
            "If it happens again, tell Corner Shop and give them the reference below.",
        ),
        reference="K7F2-9QXM",
        at=AT,
        developer=developer,
    )


DEVELOPER = Developer(
    explanation="redirect_uri is not the one registered for shop. The closest one differs at the end.",
    rule="redirect-uri-exact",
    rule_url="https://www.rfc-editor.org/rfc/rfc9700#section-4.1.3",
    citation="RFC 9700 §4.1.3",
    fix="licet add callback shop https://shop.example.com/auth/callback/",
    sent="https://shop.example.com/auth/callback/",
    registered="https://shop.example.com/auth/callback",
    request=(
        ("client_id", "shop"),
        ("response_type", "code"),
        ("redirect_uri", "https://shop.example.com/auth/callback/"),
        ("code_challenge", "E9Mr…w-cM"),
        ("code_challenge_method", "S256"),
    ),
)

TYPED = dict.fromkeys(
    (
        "name", "given_name", "middle_name", "family_name", "nickname", "preferred_username", "gender", "birthdate",
        "email", "phone_number", "street_address", "postal_code", "locality", "region", "country", "website", "profile",
        "picture", "locale", "zoneinfo",
    ),
    "",
) | {"name": "Alice Martin", "email": "alice@example.com", "birthdate": "1990-12-31"}  # fmt: skip
"""What stands in the fields of the profile."""

ALICE = Someone(subject_id="s-alice", login="alice@example.com", acting=True)
BOB = Someone(subject_id="s-bob", login="bob@example.com")

VIEWS: dict[str, View] = {
    "sign-in": SignIn(app=SHOP, transaction="t-1", csrf="c-1"),
    "sign-in-local": SignIn(app=LOCAL, transaction="t-1", csrf="c-1", switching=True),
    "sign-in-alone": SignIn(app=None, transaction="", csrf="c-1"),
    "sign-in-again": SignIn(app=SHOP, transaction="t-1", csrf="c-1", login="alice@example.com", failed=True),
    "sign-in-busy": SignIn(app=SHOP, transaction="t-1", csrf="c-1", login="alice@example.com", busy=True),
    "choose": Choose(app=SHOP, transaction="t-1", csrf="c-1", people=(ALICE, BOB)),
    "choose-alone": Choose(app=None, transaction="t-1", csrf="c-1", people=(ALICE,)),
    "choose-full": Choose(
        app=LOCAL,
        transaction="t-1",
        csrf="c-1",
        people=(BOB, *(Someone(subject_id=f"s-{n}", login=f"guest-{n}@example.com") for n in range(4))),
        full=True,
    ),
    "sign-in-beside": SignIn(app=SHOP, transaction="t-1", csrf="c-1", beside=True),
    "consent": consent(offline=True),
    "consent-more": consent(new=(BUY,), before=(NAME, SEE)),
    "consent-again": consent(
        app=LOCAL, new=(), before=(NAME, SEE), remembered=False, offline=True, offline_before=True
    ),
    "consent-unchecked": consent(app=App(name="Bargain Finder", host="bargains.example.net", assured=False)),
    "consent-document": consent(app=AGENT, remembered=False),
    "consent-nothing": consent(new=()),
    "device-entry": DeviceEntry(csrf="c-1"),
    "device-entry-again": DeviceEntry(csrf="c-1", user_code="wdjb mjhx", failed=True),
    "device-entry-throttled": DeviceEntry(csrf="c-1", user_code="wdjb mjhx", failed=True, throttled_s=300),
    "device-confirm": device_confirm(),
    "device-confirm-document": device_confirm(
        app=App(name="Lounge TV", assured=False, document_host="tv.example.net"), device_name=""
    ),
    "device-confirm-plain": device_confirm(device_name="", words="", same_network=True),
    "device-confirm-tail": device_confirm(tail_asked=True),
    "device-confirm-tail-again": device_confirm(words="", tail_asked=True, failed=True),
    "device-allowed": DeviceDone(app=TV, login="alice@example.com", allowed=True),
    "device-stopped": DeviceDone(
        app=TV, login="alice@example.com", allowed=False, report_transaction="t-2", csrf="c-1"
    ),
    "device-reported": DeviceDone(app=TV, login="alice@example.com", allowed=False, reported=True),
    "return": Return(app=SHOP, login="alice@example.com", location=CALLBACK, refresh=True),
    "return-denied": Return(app=SHOP, login="alice@example.com", location=CALLBACK, refresh=True, allowed=False),
    "return-custom": Return(
        app=LOCAL, login="alice@example.com", location="com.example.reports:/cb?a=b", refresh=False
    ),
    "return-signed-out": Return(
        app=SHOP, login="", location="https://shop.example.com/", refresh=True, signed_out=True
    ),
    "sign-out": SignOut(login="alice@example.com", csrf="c-1"),
    "sign-out-asked": SignOut(login="alice@example.com", csrf="c-1", app=SHOP, transaction="t-1"),
    "sign-out-several": SignOut(login="alice@example.com", csrf="c-1", others=("bob@example.com",)),
    "signed-out": SignedOut(),
    "signed-out-one": SignedOut(stay=("bob@example.com",)),
    "profile": Profile(login="alice@example.com", csrf="c-1", typed=TYPED, email_verified=True),
    "profile-saved": Profile(login="alice@example.com", csrf="c-1", typed=TYPED, saved=True),
    "profile-again": Profile(login="alice@example.com", csrf="c-1", typed=TYPED, wrong=("birthdate", "website")),
    "signed-out-again": SignedOut(again=(Start(name="Corner Shop", location="https://shop.example.com/start"),)),
    "fault": fault(),
    "fault-developer": fault(DEVELOPER),
    "busy": Fault(
        code="temporarily_unavailable",
        title="Too many people at once",
        happened="We could not take your request just now. Nothing was shared, and nothing was lost.",
        steps=("Wait half a minute, then load this page again.",),
        reference="K7F2-9QXM",
        at=AT,
    ),
}

FORM_POST = FormPost(
    action="https://shop.example.com/auth/callback",
    fields=(("code", "SplxlOBeZQQYbYS6WxSbIA"), ("state", 'a"b<c>&amp;'), ("iss", "https://id.example.com")),
    app="Corner Shop",
)

HOSTILE = {
    "markup": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "attribute": '" autofocus onfocus="alert(1)" x="',
    "template": "{{ 7 * 7 }}{% raw %}",
    "percent": "100%(app)s %s %d",
    "right-to-left": "Shop\u202e\u2066moc.live\u2069",
    "long": "W" * 10_000,
    "long-words": "Shop " * 2_000,
    "zalgo": "S" + "\u0300\u0489" * 500 + "hop",
    "invisible": "\u200b\u3164\u00ad\ufeff",
    "control": "Shop\x00\x1b[2J\r\nSet-Cookie: a=b",
}
"""Names that an app or a device might give itself."""
