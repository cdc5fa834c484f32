"""Apps: what each kind comes to, and what no app may say."""

from __future__ import annotations

import pytest

from licet.registration.kinds import BY_NAME, CODE, CREDENTIALS, DEVICE, LOOPBACK, REFRESH
from licet.registration.model import DesiredApp
from tests.registration.conftest import TOP, Reads, Refuses

WEB = 'is = "web-app"\ncallback = "https://shop.example.com/cb"\nkey = { file = "app.pub.pem" }\n'
PHONE = 'is = "mobile-app"\ncallback = "com.example.app:/cb"\n'
TV = 'is = "tv"\n'
JOB = 'is = "service"\nsecret = { env = "JOB" }\n'
MAY = 'may = ["openid", "orders:read"]\n'

SMALLEST = {
    "web-app": WEB + MAY,
    "browser-app": 'is = "browser-app"\ncallback = "https://spa.example.com/"\n' + MAY,
    "mobile-app": PHONE + MAY,
    "desktop-app": 'is = "desktop-app"\ncallback = "http://127.0.0.1/cb"\n' + MAY,
    "cli": 'is = "cli"\n' + MAY,
    "tv": TV + MAY,
    "device": 'is = "device"\n' + MAY,
    "tv-with-browser": 'is = "tv-with-browser"\ncallback = "https://tv.example.com/cb"\n' + MAY,
    "service": JOB + 'may = "orders:read"\n',
    "partner-app": WEB.replace("web-app", "partner-app") + MAY,
    "mcp-client": 'is = "mcp-client"\ncallback = "http://localhost/cb"\n' + MAY,
    "agent": 'is = "agent"\ncallback = "https://agent.example.com/cb"\nsecret = { env = "A" }\n' + MAY,
    "legacy": 'is = "legacy"\nbecause = "it is old"\ncallback = "https://old.example.com/cb"\n' + MAY,
}


def only(reads: Reads, app: str) -> DesiredApp:
    (found,) = reads(f"{TOP}[app.shop]\n{app}").apps
    return found


class TestGood:
    """Each kind needs little, and comes to what its row says."""

    @pytest.mark.parametrize("name", BY_NAME)
    def test_the_smallest_of_each_kind(self, reads: Reads, name: str) -> None:
        app, kind = only(reads, SMALLEST[name]), BY_NAME[name]
        metadata = app.metadata
        assert metadata.grant_types == kind.grant_types
        assert metadata.response_types == (("code",) if CODE in kind.grant_types else ())
        assert metadata.application_type == kind.application_type
        assert bool(metadata.redirect_uris) == (CODE in kind.grant_types)
        assert (app.refresh, app.consent) == (kind.refresh, kind.consent)
        assert app.rotate == kind.rotates(public=metadata.public)
        assert app.access_token_s == kind.longest_access_token_s
        assert metadata.public == (kind.proof == "none" or name in {"mcp-client", "legacy"})

    @pytest.mark.parametrize(
        ("proof", "method"),
        [
            ('key = { file = "app.pub.pem" }', "private_key_jwt"),
            ('key = { file = "app.pub.pem" }\nauth = "private_key_jwt"', "private_key_jwt"),
            ('secret = { env = "S" }', "client_secret"),
            ('secret = { env = "S" }\nauth = "basic"', "client_secret_basic"),
            ('secret = { env = "S" }\nauth = "post"', "client_secret_post"),
        ],
    )
    def test_how_it_authenticates_follows_from_what_it_has(self, reads: Reads, proof: str, method: str) -> None:
        app = only(reads, f'is = "web-app"\ncallback = "https://shop.example.com/cb"\n{MAY}{proof}')
        assert app.metadata.token_endpoint_auth_method == method

    def test_a_command_line_listens_on_loopback_unless_it_says_otherwise(self, reads: Reads) -> None:
        assert only(reads, SMALLEST["cli"]).metadata.redirect_uris == LOOPBACK
        said = only(reads, SMALLEST["cli"] + 'callback = "http://127.0.0.1/done"')
        assert said.metadata.redirect_uris == ("http://127.0.0.1/done",)

    def test_refresh_none_is_no_refresh_grant(self, reads: Reads) -> None:
        assert REFRESH not in only(reads, WEB + MAY + 'refresh = "none"').metadata.grant_types

    def test_every_word_arrives(self, reads: Reads) -> None:
        app = only(
            reads,
            WEB + MAY + 'name = "Corner Shop"\nurl = "https://shop.example.com"\nrefresh = "offline"\n'
            'consent = "trusted"\ntoken_lifetime = "5m"\nid_token_alg = "ES256"\nowner = "the shop team"',
        )
        metadata = app.metadata
        assert (metadata.client_name, metadata.client_uri) == ("Corner Shop", "https://shop.example.com")
        assert metadata.id_token_signed_response_alg == "ES256"
        assert (app.refresh, app.consent, app.access_token_s, app.owner) == (
            "offline",
            "trusted",
            300,
            "the shop team",
        )

    def test_a_sector_makes_identifiers_pairwise(self, reads: Reads) -> None:
        app = only(reads, WEB + MAY + 'sector = "shop.example.com"')
        assert (app.sector, app.metadata.subject_type, app.expert) == ("shop.example.com", "pairwise", ())
        alone = only(reads, WEB + MAY + 'expert = { subject_type = "pairwise" }')
        assert (alone.sector, alone.metadata.subject_type) == ("", "pairwise")
        assert only(reads, WEB + MAY).metadata.subject_type == "public"

    def test_callbacks_on_several_hosts_need_a_sector(self, reads: Reads, refuses: Refuses) -> None:
        """OpenID Connect Core §8.1: nothing else says which of them people are known to."""
        several = WEB.replace('"https://shop.example.com/cb"', '["https://a.example/cb", "https://b.example/cb"]') + MAY
        (mistake,) = refuses(f"{TOP}[app.shop]\n" + several + 'expert = { subject_type = "pairwise" }')
        assert "several hosts" in str(mistake)
        assert only(reads, several + 'sector = "a.example"').sector == "a.example"

    def test_a_confidential_app_may_be_held_to_the_older_profile(self, reads: Reads) -> None:
        assert only(reads, WEB + MAY).profile == ""
        assert only(reads, WEB + MAY + 'profile = "oidc-core"').profile == "oidc-core"

    def test_the_order_of_sets_means_nothing(self, reads: Reads) -> None:
        one = only(reads, WEB + 'may = ["openid", "orders:read"]').metadata
        assert one == only(reads, WEB + 'may = ["orders:read", "openid", "openid"]').metadata

    def test_where_an_app_is_told_of_sign_outs(self, reads: Reads) -> None:
        told = 'backchannel_logout_uri = "https://shop.example.com/out?tenant=1"\nbackchannel_logout_session_required = true'
        metadata = only(reads, WEB + MAY + "[app.shop.expert]\n" + told).metadata
        assert metadata.backchannel_logout_uri == "https://shop.example.com/out?tenant=1"
        assert metadata.backchannel_logout_session_required is True

    def test_what_an_expert_writes_is_kept(self, reads: Reads) -> None:
        app = only(
            reads,
            WEB + MAY + "[app.shop.expert]\n"
            f'grant_types = ["{CODE}", "{CREDENTIALS}"]\nresponse_modes = ["form_post"]\n'
            'post_logout_redirect_uris = ["https://shop.example.com/"]\ndefault_max_age = 60\n'
            'require_auth_time = true\ncontacts = "shop@example.com"\nlogo_uri = "https://shop.example.com/l.png"',
        )
        metadata = app.metadata
        assert metadata.grant_types == (CODE, CREDENTIALS)
        assert metadata.response_modes == ("form_post",)
        assert metadata.post_logout_redirect_uris == ("https://shop.example.com/",)
        assert (metadata.default_max_age, metadata.require_auth_time) == (60, True)
        assert metadata.contacts == ("shop@example.com",)
        assert app.expert == (
            "contacts",
            "default_max_age",
            "grant_types",
            "logo_uri",
            "post_logout_redirect_uris",
            "require_auth_time",
            "response_modes",
        )


#    the app                                                        key                        says
BAD = {
    MAY:                                                            ("is",                      "must say what it is"),
    MAY + 'is = "webapp"':                                          ("is",                      '"webapp" is not one of'),
    WEB:                                                            ("may",                     "must say what"),
    WEB + "may = 3":                                                ("may",                     "3 is not a text"),
    WEB + 'may = "orders:reed"':                                    ("may",                     "no scope of any API"),
    WEB + 'may = ["openid", ""]':                                   ("may[1]",                  "empty"),
    WEB + 'may = "email"':                                          ("may",                     "read where openid is"),
    JOB + 'may = "offline_access"':                                 ("may",                     "about a person"),
    WEB + MAY + 'callbak = "/x"':                                   ("callbak",                 "not known"),
    WEB + MAY + 'sector = "https://x.example"':                     ("sector",                  "not a host"),
    WEB + MAY + 'sector = "Shop.example"':                           ("sector",                  "not a host"),
    JOB + 'may = "orders:read"\nsector = "x.example"':               ("sector",                  "nobody signs in"),
    WEB + MAY + 'sector = "x.example"\nexpert = { subject_type = "public" }': ("sector",          "says public"),
    WEB + MAY + 'profile = "oidc"':                                  ("profile",                 "not one of"),
    PHONE + MAY + 'profile = "oidc-core"':                           ("profile",                 "never spared PKCE"),
    WEB + MAY + 'expert = { userinfo_signed_response_alg = "none" }': ("expert.userinfo_signed_response_alg", "not one of"),
    WEB + MAY + 'expert = { request_object_signing_alg = "none" }':  ("expert.request_object_signing_alg", "not one of"),
    WEB + MAY + "owner = 1":                                        ("owner",                   "not a text"),
    WEB + MAY + f'name = "{"x" * 61}"':                             ("name",                    "longer than"),
    WEB + MAY + 'name = "Bank\u202e"':                              ("name",                    "invisible"),
    WEB + MAY + 'url = "http://shop.example.com"':                  ("url",                     "is http"),
    WEB + MAY + 'url = "javascript:alert(1)"':                      ("url",                     "not an absolute https"),
    WEB + MAY + 'url = "https://u@shop.example.com"':               ("url",                     "names a user"),
    WEB + MAY + 'url = "https://["':                                ("url",                     "not a URL"),
    WEB + MAY + 'because = "x"':                                    ("because",                 "no excuse"),
    WEB + MAY + 'id_token_alg = "none"':                             ("id_token_alg",           "not one of"),
    WEB + MAY + "token_lifetime = 3601":                            ("token_lifetime",          "not between"),
    WEB + MAY + 'secret = { env = "S" }':                           ("secret",                  "in one way"),
    WEB + MAY + 'auth = "basic"':                                   ("auth",                    "there is a key"),
    WEB + MAY + 'auth = "tls"':                                     ("auth",                    "not one of"),
    WEB + MAY + 'refresh = "none"\nconsent = "never"':              ("consent",                 "not one of"),
    WEB + 'may = ["openid", "offline_access"]\nrefresh = "none"':   ("refresh",                 "empty promise"),
    'is = "web-app"\ncallback = "https://a.example/cb"\n' + MAY:    ("key",                     "must prove who it is"),
    'is = "web-app"\nkey = { file = "app.pub.pem" }\n' + MAY:       ("callback",                "must be brought back"),
    SMALLEST["browser-app"] + 'secret = { env = "S" }':             ("secret",                  "cannot keep a secret"),
    SMALLEST["browser-app"] + 'auth = "post"':                      ("auth",                    "public client"),
    SMALLEST["browser-app"].replace("https", "http"):               ("callback",                "is http"),
    PHONE.replace("com.example.app", "myapp") + MAY:                ("callback",                "without a dot"),
    PHONE + MAY + 'consent = "trusted"':                            ("consent",                 "proves nothing"),
    TV + MAY + 'callback = "https://tv.example.com/cb"':            ("callback",                "has none"),
    TV + MAY + 'consent = "trusted"':                               ("consent",                 "a code on a screen"),
    TV + MAY + 'key = { file = "app.pub.pem" }':                    ("key",                     "cannot keep a key"),
    SMALLEST["service"] + 'callback = "https://a.example/cb"':      ("callback",                "has none"),
    SMALLEST["service"] + 'refresh = "offline"':                    ("refresh",                 "asks again"),
    SMALLEST["service"] + 'consent = "always"':                     ("consent",                 "nobody is asked"),
    SMALLEST["partner-app"] + 'consent = "trusted"':                ("consent",                 "somebody else's"),
    SMALLEST["mcp-client"] + 'token_lifetime = "11m"':              ("token_lifetime",          "between 60 s and 600 s"),
    SMALLEST["mcp-client"] + 'auth = "post"':                       ("auth",                    "there is none"),
    SMALLEST["agent"] + 'auth = "none"':                             ("auth",                   "there is a secret"),
    SMALLEST["legacy"].replace("because", "owner"):                 ("because",                 "written reason"),
    WEB + MAY + 'expert = { backchannel_logout_uri = "http://x.example/o" }': ("expert.backchannel_logout_uri", "is http"),
    WEB + MAY + 'expert = { backchannel_logout_uri = "https://x/o#y" }': ("expert.backchannel_logout_uri", "fragment"),
    WEB + MAY + "expert = 1":                                       ("expert",                  "not a table"),
    WEB + MAY + 'expert = { grant_types = "password" }':            ("expert.grant_types",      "not offered"),
    WEB + MAY + 'expert = { redirect_uris = ["https://x/y"] }':     ("expert.redirect_uris",    "word of its own"),
    WEB + MAY + 'expert = { subject_type = "private" }':            ("expert.subject_type",     "not one of"),
    WEB + MAY + 'expert = { logo_uri = "data:x" }':                 ("expert.logo_uri",         "not an absolute https"),
    WEB + MAY + 'expert = { software_id = "x" }':                   ("expert.software_id",      "not known"),
    PHONE + MAY + f'expert = {{ grant_types = "{CREDENTIALS}" }}':  ("expert.grant_types",      "no credentials"),
}  # fmt: skip


@pytest.mark.parametrize(("app", "expected"), BAD.items(), ids=[f"{key}: {says}" for key, says in BAD.values()])
def test_an_app_that_is_wrong_is_refused(refuses: Refuses, app: str, expected: tuple[str, str]) -> None:
    """With one mistake, no more."""
    (mistake,) = refuses(f"{TOP}[app.shop]\n{app}")
    assert (mistake.path, expected[1] in mistake.message) == (f"app.shop.{expected[0]}", True), str(mistake)
    assert mistake.rule
    assert mistake.fix


CALLBACKS = [
    "https://*.shop.example.com/cb",
    "https://shop.example.com/cb#x",
    "http://shop.example.com/cb",
    "//shop.example.com/cb",
    "/../cb",
    "javascript:alert(1)",
    "https://shop.example.com/cb?code=1",
    "cb",
]


@pytest.mark.parametrize("callback", CALLBACKS)
def test_a_callback_that_is_unsafe_is_refused(refuses: Refuses, callback: str) -> None:
    app = WEB.replace("https://shop.example.com/cb", callback) + 'url = "https://shop.example.com"\n'
    (mistake,) = refuses(f"{TOP}[app.shop]\n{app}{MAY}")
    assert (mistake.path, callback in mistake.message) == ("app.shop.callback", True)


@pytest.mark.parametrize("issuer", ["https://id.example.com", "http://127.0.0.1:9000"])
def test_a_sign_in_starts_at_https_in_development_too(refuses: Refuses, reads: Reads, issuer: str) -> None:
    """OpenID Connect Core §4, Registration §2; development makes no exception."""
    top = TOP.replace("https://id.example.com", issuer)
    app = top + "[app.shop]\n" + WEB + MAY + 'expert = { initiate_login_uri = "@" }'
    (mistake,) = refuses(app.replace("@", "http://127.0.0.1/start"))
    assert (mistake.path, "is http" in mistake.message) == ("app.shop.expert.initiate_login_uri", True)
    (good,) = reads(app.replace("@", "https://shop.example.com/start")).apps
    assert good.metadata.initiate_login_uri == "https://shop.example.com/start"


def test_a_relative_callback_needs_a_url(refuses: Refuses, reads: Reads) -> None:
    app = WEB.replace("https://shop.example.com/cb", "/cb") + MAY
    (mistake,) = refuses(f"{TOP}[app.shop]\n{app}")
    assert "has no url" in mistake.message
    assert only(reads, app + 'url = "https://shop.example.com:8443/a/b"').metadata.redirect_uris == (
        "https://shop.example.com:8443/cb",
    )


@pytest.mark.parametrize("client_id", ['"api.shop"', '"https://shop.example.com"', '"a b"', '""', f'"{"a" * 101}"'])
def test_an_id_that_no_app_may_have(refuses: Refuses, client_id: str) -> None:
    (mistake,) = refuses(f"{TOP}[app.{client_id}]\n{TV}{MAY}")
    assert "cannot be a client_id" in mistake.message


def test_a_misspelt_scope_gets_the_nearest(refuses: Refuses) -> None:
    (mistake,) = refuses(f'{TOP}[app.shop]\n{TV}may = ["openid", "orders:reed"]')
    assert (mistake.fix, mistake.place.text[mistake.place.start : mistake.place.end]) == (
        "did you mean orders:read?",
        '"orders:reed"',
    )


def test_device_code_is_for_those_without_a_browser() -> None:
    assert [name for name, kind in BY_NAME.items() if DEVICE in kind.grant_types] == ["cli", "tv", "device"]


def test_only_a_service_administers_and_only_where_that_is_on(reads: Reads, refuses: Refuses) -> None:
    service = '[app.ops]\nis = "service"\nsecret = { env = "S" }\nmay = ["licet:apply"]'
    (off,) = refuses(f"{TOP}\n{service}")
    assert (off.path, off.fix) == ("app.ops.may[0]", "write admin = true in [server]")
    assert reads(f"{TOP}\n[server]\nadmin = true\n{service}").apps[0].metadata.scope == ("licet:apply",)
    people = (
        '[app.ops]\nis = "web-app"\ncallback = "https://a.example/cb"\nsecret = { env = "S" }\nmay = ["licet:apply"]'
    )
    (person,) = refuses(f"{TOP}\n[server]\nadmin = true\n{people}")
    assert "acts for whoever signs in" in person.message
