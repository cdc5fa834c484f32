"""Reads a page the way a strict stranger would: what is open is closed, what is named is named once."""

from __future__ import annotations

from html.parser import HTMLParser

BLOCKS = {"dd", "div", "dt", "h1", "h2", "li", "p"}

VOID = {"meta", "link", "img", "input", "source", "hr", "br"}

Attributes = dict[str, str]


class Document(HTMLParser):
    """The elements of a page in document order, and its text; anything not well formed raises AssertionError."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, Attributes]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(page.decode())
        self.close()
        assert not self._open, f"never closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"an attribute twice in <{tag}>: {names}"
        assert all(name.replace("-", "").isalpha() for name in names), f"odd attributes in <{tag}>: {names}"
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        assert self._open.pop() == tag, f"</{tag}> closes something else"
        if tag in BLOCKS:
            self.texts.append("\n")

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def all(self, *tags: str) -> list[Attributes]:
        """The attributes of every element with one of *tags*."""
        return [attributes for tag, attributes in self.elements if tag in tags]

    def by_id(self, element_id: str) -> Attributes:
        """The attributes of the one element with *element_id*."""
        (found,) = (attributes for _, attributes in self.elements if attributes.get("id") == element_id)
        return found

    def fields(self) -> dict[str, str]:
        """The hidden inputs."""
        return {a["name"]: a["value"] for a in self.all("input") if a.get("type") == "hidden"}

    @property
    def text(self) -> str:
        """Everything a person could read, in one line."""
        return " ".join("".join(self.texts).split())
