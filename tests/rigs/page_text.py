"""What a person reads on a page: its words in order, and the buttons with what they stand for.

Knows no adapter. Invariant: only what is in the HTML counts, never what a program meant to say.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"img", "input", "br", "hr", "meta", "link"})
BLOCKS = frozenset(
    {"p", "h1", "h2", "h3", "h4", "h5", "h6", "li", "ul", "ol", "pre", "blockquote", "figure"}
    | {"table", "tr", "details", "summary", "div", "section", "article", "header", "form"}
    | {"fieldset", "legend", "label"}
)


@dataclass(slots=True)
class Element:
    """A tag with what is in it."""

    tag: str
    attributes: dict[str, str]
    inside: list[Element | str] = field(default_factory=list)

    def __getitem__(self, name: str) -> str:
        return self.attributes.get(name, "")

    def all(self, tag: str = "", **wanted: str) -> list[Element]:
        """Every element within of that tag with these attributes (`aria_label`), in order."""
        found = []
        for one in self.inside:
            if isinstance(one, Element):
                has = all(
                    value in one[name.rstrip("_").replace("_", "-")].split()
                    for name, value in wanted.items()
                )
                if tag in ("", one.tag) and has:
                    found.append(one)
                found += one.all(tag, **wanted)
        return found

    def one(self, tag: str = "", **wanted: str) -> Element:
        """The first of `all`."""
        found = self.all(tag, **wanted)
        assert found, f"there is no {tag} {wanted} in {self.words()!r}"
        return found[0]

    def words(self) -> str:
        """The text, blocks on lines of their own; pictures give their alt text, links where to."""
        match self.tag:
            case "img":
                return self["alt"]
            case "br":
                return "\n"
            case "pre":
                return "\n" + "".join(_raw(one) for one in self.inside) + "\n"
            case "ol":
                first = int(self["start"] or 1)
                lines = [one for one in self.inside if isinstance(one, Element)]
                return "\n" + "\n".join(
                    f"{first + place}. {one.words().strip()}" for place, one in enumerate(lines)
                )
            case _:
                inside = "".join(
                    one if isinstance(one, str) else one.words() for one in self.inside
                )
        if self.tag == "a" and self["href"].startswith(("http", "mailto")):
            inside += f" ({self['href']})"
        if self.tag in ("td", "th"):
            inside += " "
        return f"\n{inside}\n" if self.tag in BLOCKS else inside


def _raw(one: Element | str) -> str:
    return one if isinstance(one, str) else "".join(_raw(each) for each in one.inside)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open = [Element("page", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        made = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].inside.append(made)
        if tag not in VOID:
            self.open.append(made)

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1].tag == tag, f"</{tag}> closes <{self.open[-1].tag}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.open[-1].inside.append(data)


def read(html: str) -> Element:
    """The page as a tree. Fails on a tag that is closed by another."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    assert len(reader.open) == 1, f"<{reader.open[-1].tag}> is never closed"
    return reader.open[0]
