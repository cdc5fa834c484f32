"""Views into HTML: one template a view, built once when the server starts.

The kernel puts the headers round it; the two policies it chooses from are here, because they say what
the templates may do.
"""

from __future__ import annotations

import base64
import hashlib
from gettext import NullTranslations
from typing import Any, Final
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from licet.authorization_server import views
from licet.authorization_server.exchange import FormPost
from licet.authorization_server.web import wording
from licet.authorization_server.web.assets import Assets
from licet.authorization_server.web.difference import LONGEST, Pieces, difference

SUBMIT: Final = "document.forms[0].submit()"
"""The only script there is: it presses the button of the form_post page."""

_STRICT: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'"
)

CSP: Final = f"{_STRICT}; form-action 'self'"
"""For every page but one: no script, nothing from elsewhere, and forms that post only to us."""

_SUBMIT_HASH: Final = base64.b64encode(hashlib.sha256(SUBMIT.encode()).digest()).decode()

FORM_POST_CSP: Final = f"{_STRICT}; script-src 'sha256-{_SUBMIT_HASH}'"
"""For the form_post page. No ``form-action``: browsers hold it against every hop after the post, and the
app's own redirects are not ours to know."""

TEMPLATES: Final[dict[type[views.View], str]] = {
    views.SignIn: "sign_in.html",
    views.Choose: "choose.html",
    views.Consent: "consent.html",
    views.DeviceEntry: "device_entry.html",
    views.DeviceConfirm: "device_confirm.html",
    views.DeviceDone: "device_done.html",
    views.Return: "return.html",
    views.SignOut: "sign_out.html",
    views.SignedOut: "signed_out.html",
    views.Profile: "profile.html",
    views.Fault: "fault.html",
}


class Pages:
    """The pages of one issuer, ready to be filled in."""

    def __init__(
        self,
        issuer: str,
        base: str,
        development: bool,  # noqa: FBT001 - the third of three facts about one issuer
        translations: NullTranslations | None = None,
    ) -> None:
        """Templates compile when they are first shown, not at start; *base* is the issuer's path without a slash at its end (``""``, ``"/tenant"``)."""
        self.assets = Assets()
        environment = _environment(translations or NullTranslations())
        parts = urlsplit(issuer)
        environment.globals.update(
            base=base,
            host=wording.host(parts.netloc + parts.path.rstrip("/")),
            assets=base + self.assets.prefix,
            development=development,
        )
        self._environment = environment

    def render(self, view: views.View) -> bytes:
        """Fill in the template of *view*."""
        return self._environment.get_template(TEMPLATES[type(view)]).render(view=view).encode()

    def render_form_post(self, form: FormPost) -> bytes:
        """Fill in the page that posts *form*; it is served with ``FORM_POST_CSP``."""
        script = Markup(SUBMIT)  # noqa: S704 - a constant of ours
        return self._environment.get_template("form_post.html").render(form=form, script=script).encode()


def _environment(translations: NullTranslations) -> Environment:
    environment = Environment(
        loader=PackageLoader("licet.authorization_server.web"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    installed: Any = environment
    installed.install_gettext_translations(translations, newstyle=True)
    spans = wording.Spans(translations)
    environment.filters.update(
        plain=wording.plain,
        named=wording.named,
        initial=wording.initial,
        host=wording.host,
        visible=wording.visible,
        web_address=wording.web_address,
        way_out=wording.way_out,
        utc=wording.utc,
        date=wording.date,
        ago=spans.ago,
        lasting=spans.lasting,
        differing=_differing,
    )
    return environment


def _differing(sent: str, registered: str) -> tuple[Pieces, Pieces]:
    """Mark the difference between what can be *seen* of both: an invisible character is the likeliest culprit."""
    return difference(wording.visible(sent, LONGEST), wording.visible(registered, LONGEST))
