"""A page of HTML as a tree, for tests that ask what a reader would see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = ("meta", "img", "br", "wbr", "link", "hr", "input")


@dataclass(eq=False)
class Element:
    """One element; `inside` holds elements and texts in order."""

    tag: str
    attributes: dict[str, str | None] = field(default_factory=dict)
    parent: Element | None = None
    inside: list[Element | str] = field(default_factory=list)

    def __getitem__(self, name: str) -> str | None:
        return self.attributes[name]

    def get(self, name: str) -> str:
        """Return an attribute; empty if it is not there."""
        return self.attributes.get(name) or ""

    @property
    def text(self) -> str:
        """All text inside, as it stands."""
        return "".join(one if isinstance(one, str) else one.text for one in self.inside)

    @property
    def words(self) -> str:
        """All text inside, blanks made single."""
        return " ".join(self.text.split())

    def all(self, *tags: str, of_class: str = "", **attributes: str) -> list[Element]:
        """Return the elements inside with one of these tags, class and attributes, in order."""
        return [
            one
            for one in self._elements()
            if (not tags or one.tag in tags)
            and (not of_class or of_class in one.get("class").split())
            and all(one.get(name) == value for name, value in attributes.items())
        ]

    def one(self, *tags: str, of_class: str = "", **attributes: str) -> Element:
        """Return the only such element."""
        (found,) = self.all(*tags, of_class=of_class, **attributes)
        return found

    def is_inside(self, *tags: str) -> bool:
        """Tell whether an element around this one has one of these tags."""
        around = self.parent
        return around is not None and (around.tag in tags or around.is_inside(*tags))

    def _elements(self) -> Iterator[Element]:
        for one in self.inside:
            if isinstance(one, Element):
                yield one
                yield from one._elements()


def parse(page: str) -> Element:
    """Return the root of a page.

    Raises
    ------
    ValueError
        If an element is closed that is not open, or one stays open.
    """
    reader = _Reader()
    reader.feed(page)
    reader.close()
    if reader.here is not reader.root:
        raise ValueError(f"<{reader.here.tag}> stays open")
    return reader.root


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = self.here = Element("")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs), self.here)
        self.here.inside.append(element)
        if tag not in VOID:
            self.here = element

    def handle_endtag(self, tag: str) -> None:
        if tag != self.here.tag:
            raise ValueError(f"</{tag}> closes <{self.here.tag}> at {self.getpos()}")
        self.here = self.here.parent

    def handle_data(self, data: str) -> None:
        self.here.inside.append(data)
