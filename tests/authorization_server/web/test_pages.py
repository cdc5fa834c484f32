"""Every page says what it must, carries what scripts rely on, and cannot be spoken through by an app."""

from __future__ import annotations

import base64
import hashlib
import re
from gettext import NullTranslations
from html import unescape
from itertools import pairwise

import msgspec
import pytest
from html_checks import Document
from page_samples import BUY, CALLBACK, FORM_POST, HOSTILE, LOCAL, SEE, SHOP, TV, VIEWS, consent, device_confirm, fault

from licet.authorization_server.views import App, DeviceDone, DeviceEntry, Return, SignIn, SignOut, View
from licet.authorization_server.web.pages import CSP, FORM_POST_CSP, SUBMIT, TEMPLATES, Pages


class Bracketed(NullTranslations):
    """A language that only puts brackets round everything."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"⟦{msgid1 if n == 1 else msgid2}⟧"

    def pgettext(self, context: str, message: str) -> str:
        return self.gettext(message)

    def npgettext(self, context: str, msgid1: str, msgid2: str, n: int) -> str:
        return self.ngettext(msgid1, msgid2, n)


PAGES = Pages("https://id.example.com", "", development=False)
TENANT = Pages("https://example.com/tenant", "/tenant", development=False)
BRACKETED = Pages("https://id.example.com", "", development=True, translations=Bracketed())

every_view = pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS.keys())
every_hostile_name = pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE.keys())


def read(view: View) -> Document:
    return Document(PAGES.render(view))


def test_every_view_has_a_template_and_a_sample() -> None:
    """A page that nobody has looked at does not exist."""
    assert set(TEMPLATES) == set(View.__subclasses__())
    assert {type(view) for view in VIEWS.values()} == set(TEMPLATES)


class TestForm:
    """What holds for the HTML of every page."""

    @every_view
    def test_nothing_inline_and_nothing_foreign(self, view: View) -> None:
        """No script, no style and no address in a page that its policy would refuse."""
        page = read(view)
        for tag, attributes in page.elements:
            assert tag not in {"script", "style", "iframe", "object", "base"}
            assert not [name for name in attributes if name == "style" or name.startswith("on")]
            loaded = attributes.get("src") or attributes.get("srcset") or (tag == "link" and attributes["href"])
            assert not loaded or loaded.startswith("/assets/"), f"{tag} loads {loaded}"
            assert not any(value.strip().lower().startswith(("data:", "javascript:")) for value in attributes.values())

    @every_view
    def test_what_is_loaded_is_served(self, view: View) -> None:
        """Every address under ``/assets`` exists."""
        for address in re.findall(r'"(/assets/[^"]+)"', PAGES.render(view).decode()):
            assert PAGES.assets.find(address) is not None, address

    @every_view
    def test_headings_and_labels(self, view: View) -> None:
        """One h1, no level skipped; ids are unique; every field has its label and every id that is named exists."""
        page = read(view)
        levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
        assert levels.count(1) == 1
        assert all(after - before <= 1 for before, after in pairwise(levels))
        assert levels[0] == 1
        ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
        assert len(ids) == len(set(ids))
        labelled = {attributes["for"] for attributes in page.all("label")}
        assert {a["id"] for a in page.all("input") if a.get("type") != "hidden"} == labelled
        for _, attributes in page.elements:
            for name in ("aria-labelledby", "aria-describedby", "form"):
                assert set(attributes.get(name, "").split()) <= set(ids)

    @every_view
    def test_forms_post_to_us_with_their_token(self, view: View) -> None:
        """Every form is a POST below the issuer and carries the token that ties it to this browser."""
        page = PAGES.render(view).decode()
        for form in re.findall(r"<form.*?</form>", page, flags=re.DOTALL):
            assert re.search(r'action="/[a-z/]+" method="post"', form)
            assert 'name="csrf" value="c-1"' in form

    @every_view
    def test_below_a_path(self, view: View) -> None:
        """An issuer with a path has every address below it."""
        page = Document(TENANT.render(view))
        for _, attributes in page.elements:
            for name in ("href", "src", "srcset", "action"):
                address = attributes.get(name, "")
                assert not address.startswith("/") or address.startswith("/tenant/"), address

    @every_view
    def test_every_text_can_be_translated(self, view: View) -> None:
        """With a language that brackets what it was given, nothing but values is left outside the brackets."""
        said = Document(BRACKETED.render(view)).text
        while "⟦" in said:  # one sentence may stand within another
            said = re.sub(r"⟦[^⟦⟧]*⟧", " ", said)
        values = f"{msgspec.json.encode(view).decode()} id.example.com November UTC"
        untranslated = [word for word in re.findall(r"[A-Za-z]{3,}", said) if word not in values]
        assert not untranslated

    def test_development_is_marked(self) -> None:
        """Nobody should type a real password into a development server without seeing that it is one."""
        view = VIEWS["sign-in"]
        assert "development" not in read(view).text
        assert "development" in Document(Pages("http://127.0.0.1:8414", "", development=True).render(view)).text


class TestContract:
    """Names that people's scripts and other suites rely on."""

    def test_sign_in(self) -> None:
        page = read(VIEWS["sign-in"])
        assert page.by_id("login")["name"] == "login"
        assert page.by_id("password")["name"] == "password"
        assert page.by_id("password")["type"] == "password"
        assert "login-submit" in page.by_id("login-submit")["class"].split()
        assert page.fields() == {"csrf": "c-1", "transaction": "t-1"}
        assert page.all("form")[0]["action"] == "/login"
        assert "Sign in to Corner Shop" in page.text
        assert "shop.example.com" in page.text

    @pytest.mark.parametrize("key", [key for key in VIEWS if key.startswith(("consent", "device-confirm"))])
    def test_a_decision(self, key: str) -> None:
        """Two answers alike, the refusal first, neither focused; and a way to be someone else."""
        page = read(VIEWS[key])
        assert page.all("form")[0]["action"] == ("/consent" if key.startswith("consent") else "/device/confirm")
        own = [a for a in page.all("button") if "form" not in a]
        assert [(a["id"], a["name"], a["value"]) for a in own] == [
            ("consent-deny", "decision", "deny"),
            ("consent-allow", "decision", "allow"),
        ]
        assert "formnovalidate" in own[0]
        assert not [a for _, a in page.elements if "autofocus" in a]
        (other,) = (a for a in page.all("button") if "form" in a)
        assert (other["form"], other["name"], other["value"]) == ("switch", "decision", "switch")
        assert page.by_id("switch")["method"] == "post"

    def test_titles(self) -> None:
        def title(view: View) -> str:
            (found,) = re.findall(r"<title>(.*?)</title>", PAGES.render(view).decode())
            return unescape(found)

        assert title(VIEWS["sign-in"]) == "Sign in to Corner Shop"
        assert title(VIEWS["sign-in-again"]) == "Try again: Sign in to Corner Shop"
        assert title(VIEWS["consent"]) == "Consent: Corner Shop"
        assert title(VIEWS["device-confirm"]) == "Is this your device? Lounge TV"
        assert title(VIEWS["device-stopped"]) == "Stopped: nothing was shared"
        assert title(VIEWS["return"]) == "Back to Corner Shop"
        assert title(VIEWS["signed-out"]) == "You have signed out"
        assert title(VIEWS["fault"]) == "Error: invalid_request"

    def test_device(self) -> None:
        page = read(VIEWS["device-entry"])
        assert page.by_id("user_code")["name"] == "user_code"
        assert page.by_id("user_code")["autocomplete"] == "one-time-code"
        assert page.fields() == {"csrf": "c-1"}
        assert page.by_id("device-submit")
        stopped = read(VIEWS["device-stopped"])
        assert stopped.by_id("device-report")["value"] == "not-me"
        assert stopped.fields() == {"csrf": "c-1", "transaction": "t-2"}
        assert not read(VIEWS["device-reported"]).all("form")

    def test_sign_out(self) -> None:
        page = read(VIEWS["sign-out-asked"])
        assert [a["id"] for a in page.all("button")] == ["logout-no", "logout-yes"]
        assert page.fields() == {"csrf": "c-1", "transaction": "t-1"}
        assert "You have signed out" in read(VIEWS["signed-out"]).text
        assert "You have signed out" in read(VIEWS["return-signed-out"]).text

    def test_fault(self) -> None:
        page = read(VIEWS["fault"])
        assert "Error: invalid_request, 22 November 2026, 21:40 UTC" in page.text
        assert "K7F2-9QXM" in page.text
        assert page.all("time")[0]["datetime"] == "2026-11-22T21:40:08Z"


class TestSignIn:
    def test_every_failure_reads_the_same(self) -> None:
        """A wrong password, an unknown name and a throttled guess differ in nothing but the name that was typed."""
        pages = [
            PAGES.render(SignIn(app=SHOP, transaction="t", csrf="c", login=login, failed=True)).replace(
                login.encode(), b""
            )
            for login in ("alice@example.com", "nobody@example.com", "throttled@example.com")
        ]
        assert len(set(pages)) == 1

    def test_the_typed_name_stays_and_the_password_does_not(self) -> None:
        page = read(VIEWS["sign-in-again"])
        assert page.by_id("login")["value"] == "alice@example.com"
        assert "value" not in page.by_id("password")

    @pytest.mark.parametrize(
        "address", ["javascript:alert(1)", "data:text/html,x", "//x.example", "https:", "http://["]
    )
    def test_a_notice_that_is_no_web_address_is_not_linked(self, address: str) -> None:
        """An app writes these addresses itself."""
        view = SignIn(app=App(name="X", privacy_url=address, terms_url=address), transaction="t", csrf="c")
        assert not read(view).all("a")


class TestConsent:
    def test_what_is_new_stands_apart(self) -> None:
        page = read(VIEWS["consent-more"]).text
        assert (
            page.index("New this time")
            < page.index("Create and cancel orders for you")
            < page.index("think twice")
            < page.index("You allowed this before")
            < page.index("See your orders")
            < page.index("Cancel")
        )

    @pytest.mark.parametrize("view", [consent(offline=True), consent(new=(), offline=True), VIEWS["consent-again"]])
    def test_going_on_while_away_is_always_named(self, view: View) -> None:
        """offline_access is on the page wherever it is asked for, once (rulings C)."""
        assert read(view).text.count("Go on while you are away") == 1

    def test_going_on_while_away_is_new_until_it_was_allowed(self) -> None:
        """Alone or among others, under the heading that is true of it."""
        away, allowed, fresh = "Go on while you are away", "You allowed this before", "New this time"
        for new in ((), (BUY,)):
            page = read(consent(new=new, before=(SEE,), offline=True)).text
            assert page.index(fresh) < page.index(away) < page.index(allowed)
            page = read(consent(new=new, before=(SEE,), offline=True, offline_before=True)).text
            assert page.index(allowed) < page.index(away)
            assert (fresh in page) == bool(new)
        page = read(consent(new=(BUY,), offline=True, offline_before=True)).text
        assert page.index(fresh) < page.index(allowed) < page.index(away)

    def test_an_app_that_proves_nothing_is_warned_of_before_the_answers(self) -> None:
        """A name on a loopback address could be anyone's."""
        for app in (LOCAL, App(name="Finder", host="finder.example.net", assured=False)):
            page = read(consent(app=app)).text
            assert page.index("not checked") < page.index("Stop if you did not start this") < page.index("Allow")
        assert "Stop if" not in read(consent()).text
        assert "not checked" not in read(consent()).text

    def test_an_app_that_only_its_document_knows_is_said_to_be_nobodys(self) -> None:
        """Both hosts, and that no operator registered it, before the answers."""
        page = read(VIEWS["consent-document"]).text
        order = (
            "Not registered with the operator",
            "agent.example.com",
            "The answer goes to localhost:49321",
            "a program on this device",
            "Allow",
        )
        assert [page.index(words) for words in order] == sorted(page.index(words) for words in order)
        assert "Not registered" not in read(consent(app=LOCAL)).text
        device = read(VIEWS["device-confirm-document"]).text
        assert device.index("Not registered") < device.index("tv.example.net") < device.index("Allow")


class TestDevice:
    def test_the_warning_comes_before_the_answers(self) -> None:
        page = read(VIEWS["device-confirm"]).text
        order = (
            "WDJB-MJHT",
            "Lounge TV wants",
            "Living room",
            "203.0.113.24",
            "40 seconds",
            "30 days",
            "Stop if",
            "Allow",
        )
        positions = [page.index(words) for words in order]
        assert positions == sorted(positions)

    def test_a_link_alone_is_not_enough(self) -> None:
        """The last two letters are nowhere in the page, and are asked for."""
        page = PAGES.render(VIEWS["device-confirm-tail"])
        assert b"WDJB-MJ" in page
        assert b"WDJB-MJHT" not in page
        assert b"HT" not in re.sub(rb"DOCTYPE|HTML", b"", page)
        assert Document(page).by_id("code_tail")["name"] == "code_tail"
        assert "code_tail" not in PAGES.render(VIEWS["device-confirm"]).decode()

    def test_the_same_network_is_not_worth_a_sentence(self) -> None:
        assert "network you are on" in read(VIEWS["device-confirm"]).text
        assert "network" not in read(VIEWS["device-confirm-plain"]).text

    def test_throttling_says_how_long(self) -> None:
        assert "Wait 5 minutes" in read(VIEWS["device-entry-throttled"]).text


class TestReturn:
    def test_the_address_stands_in_both_places(self) -> None:
        page = read(VIEWS["return"])
        assert page.by_id("continue")["href"] == CALLBACK
        (refresh,) = (a["content"] for a in page.all("meta") if a.get("http-equiv") == "refresh")
        assert refresh == f"0; url={CALLBACK}"

    def test_a_custom_scheme_waits_for_the_click(self) -> None:
        page = read(VIEWS["return-custom"])
        assert page.by_id("continue")["href"].startswith("com.example.reports:/")
        assert not [a for a in page.all("meta") if a.get("http-equiv") == "refresh"]

    @pytest.mark.parametrize(
        "location",
        [
            "javascript:alert(1)",
            "JavaScript:alert(1)",
            " javascript:x",
            "java\nscript:x",
            "data:text/html,x",
            "no-scheme",
            "",
        ],
    )
    def test_no_answer_leaves_by_a_script(self, location: str) -> None:
        """Registration refuses these long before; this is the last look."""
        with pytest.raises(ValueError, match="no answer leaves by"):
            read(Return(app=SHOP, login="alice", location=location, refresh=True))

    def test_the_address_is_only_an_attribute(self) -> None:
        page = read(Return(app=SHOP, login="a", location='https://a.example/?"><script>&amp;', refresh=True))
        assert page.by_id("continue")["href"] == 'https://a.example/?"><script>&amp;'


class TestFormPost:
    def test_the_fields_arrive_whole(self) -> None:
        page = Document(PAGES.render_form_post(FORM_POST))
        assert page.fields() == dict(FORM_POST.fields)
        assert page.all("form")[0]["action"] == FORM_POST.action
        assert page.by_id("continue")["class"] == "go"
        assert "name" not in page.by_id("continue")

    def test_the_one_script_is_the_one_that_is_allowed(self) -> None:
        (script,) = re.findall(r"<script>(.*?)</script>", PAGES.render_form_post(FORM_POST).decode())
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert script == SUBMIT
        assert f"script-src 'sha256-{digest}'" in FORM_POST_CSP
        assert "form-action" not in FORM_POST_CSP
        assert "script-src" not in CSP
        assert "form-action 'self'" in CSP
        assert "unsafe" not in CSP + FORM_POST_CSP


class TestHostile:
    """Names that an app or a device chose for itself."""

    def views(self, name: str) -> list[View]:
        app = App(name=name, host="shop.example.com", assured=False)
        return [
            SignIn(app=app, transaction="t", csrf="c", login=name, failed=True),
            consent(app=app),
            device_confirm(app=app, device_name=name, words=name),
            DeviceEntry(csrf="c", user_code=name, failed=True),
            *(DeviceDone(app=app, login=name, allowed=allowed) for allowed in (True, False)),
            Return(app=app, login=name, location="https://shop.example.com/", refresh=True),
            SignOut(login=name, csrf="c", app=app),
        ]

    @every_hostile_name
    def test_it_stays_a_name(self, name: str) -> None:
        """It is text and nothing else: the page has the same elements as with a harmless name."""
        for hostile, harmless in zip(self.views(name), self.views("Shop"), strict=True):
            page = read(hostile)
            assert [tag for tag, _ in page.elements] == [tag for tag, _ in read(harmless).elements]
            assert len(PAGES.render(hostile)) < len(PAGES.render(harmless)) + 6000

    @every_hostile_name
    def test_it_hides_nothing(self, name: str) -> None:
        """No control, direction or zero-width character reaches a page, and a name that draws nothing is seen to."""
        for view in self.views(name):
            page = PAGES.render(view).decode()
            assert all(character.isprintable() or character in "\n\t" for character in page)
            assert "<bdi></bdi>" not in page

    def test_it_is_short(self) -> None:
        assert f"<bdi>{'W' * 59}…</bdi>" in PAGES.render(consent(app=App(name=HOSTILE["long"]))).decode()

    def test_it_is_kept_apart_from_the_words_around_it(self) -> None:
        """An Arabic name does not turn the sentence around."""
        assert "<bdi>متجر</bdi>" in PAGES.render(consent(app=App(name="متجر"))).decode()

    def test_the_host_keeps_its_owner(self) -> None:
        """A long host is shortened from the left."""
        host = "login.corner-shop.com." + "a" * 200 + ".evil.example"
        page = read(consent(app=App(name="Shop", host=host))).text
        assert ".evil.example" in page
        assert "corner-shop" not in page


class TestDeveloper:
    def test_only_where_it_was_given(self) -> None:
        assert "developer" not in read(fault()).text
        assert "For you as the developer" in read(VIEWS["fault-developer"]).text

    def test_the_difference_is_marked(self) -> None:
        page = PAGES.render(VIEWS["fault-developer"]).decode()
        assert '<dd dir="ltr">https://shop.example.com/auth/callback<del>/</del></dd>' in page
        assert '<dd dir="ltr">https://shop.example.com/auth/callback</dd>' in page

    def test_a_request_cannot_speak_through_it(self) -> None:
        """What was sent is shown with everything invisible spelt out."""
        developer = msgspec.structs.replace(
            VIEWS["fault-developer"].developer,  # type: ignore[attr-defined]
            sent="https://a.example/\u202e<script>",
            request=(("<b>" * 100, "<script>\x00" * 1000),),
        )
        page = PAGES.render(fault(developer)).decode()
        assert "<script>" not in page
        assert "\\u{202e}" in page
        assert len(page) < 9000


def test_a_device_goes_nowhere() -> None:
    """Without a host the page does not claim one."""
    assert "You go back" not in read(SignIn(app=TV, transaction="t", csrf="c")).text
