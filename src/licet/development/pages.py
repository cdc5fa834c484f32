"""Reading a page as a browser does, as far as a form needs it: title, forms with what they hide, links by id."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass(slots=True)
class Form:
    """A form, with what it would send."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    """What its inputs hold, by name."""
    buttons: dict[str, tuple[str, str] | None] = field(default_factory=dict)
    """What each of its buttons adds, by the button's id."""


@dataclass(slots=True)
class PageRead:
    """What is on a page."""

    title: str = ""
    forms: list[Form] = field(default_factory=list)
    links: dict[str, str] = field(default_factory=dict)
    """Addresses by the id of their link."""

    def form_of(self, button_id: str) -> Form | None:
        """The form that this button sends."""
        return next((form for form in self.forms if button_id in form.buttons), None)


def read(html: str) -> PageRead:
    """What is on the page *html*."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    reader.page.title = " ".join(reader.page.title.split())
    return reader.page


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = PageRead()
        self._form: Form | None = None
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "title":
            self._in_title = True
        elif tag == "form":
            self._form = Form(said.get("action", ""))
            self.page.forms.append(self._form)
        elif tag == "a" and "id" in said:
            self.page.links[said["id"]] = said.get("href", "")
        elif self._form is not None and "form" not in said:
            self._control(self._form, tag, said)

    @staticmethod
    def _control(form: Form, tag: str, said: dict[str, str]) -> None:
        if tag == "input" and "name" in said:
            form.fields[said["name"]] = said.get("value", "")
        elif tag == "button":
            form.buttons[said.get("id", "")] = (said["name"], said.get("value", "")) if "name" in said else None

    def handle_endtag(self, tag: str) -> None:
        if tag == "title":
            self._in_title = False
        elif tag == "form":
            self._form = None

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.page.title += data
