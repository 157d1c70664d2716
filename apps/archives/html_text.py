"""From the HTML of a federated post to the plain text that was typed."""

from html.parser import HTMLParser

import nh3

BLOCKS = {"p", "div", "blockquote", "ul", "ol", "pre", "h1", "h2", "h3", "h4", "h5", "h6"}
SILENT = {"script", "style", "template", "head", "title"}
KNOWN = BLOCKS | {"br", "li", "a", "span"}
# Servers shorten a link by spans of these classes: what is shown is not the address.
SHORTENED = {"invisible", "ellipsis"}


def html_to_text(html: str) -> str:
    """Return the text of HTML: paragraphs apart by a blank line, shortened links whole again."""
    reader = _Reader()
    reader.feed(_cleaned(html))
    reader.close()
    return reader.text()


def _cleaned(html: str) -> str:
    """Return HTML as a browser would understand it, with nothing but the tags that matter here."""
    attributes = {"a": {"href"}, "span": {"class"}}
    return nh3.clean(
        html, tags=KNOWN, clean_content_tags=SILENT, attributes=attributes, link_rel=None
    )


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.link: tuple[str, int] | None = None
        self.shortened = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag in BLOCKS:
            self._break("\n\n")
        elif tag == "br":
            self.parts.append("\n")
        elif tag == "li":
            self._break("\n")
            self.parts.append("- ")
        elif tag == "a":
            self.link, self.shortened = (values.get("href") or "", len(self.parts)), False
        elif tag == "span" and SHORTENED & set((values.get("class") or "").split()):
            self.shortened = True

    def handle_endtag(self, tag: str) -> None:
        if tag in BLOCKS:
            self._break("\n\n")
        elif tag == "a" and self.link is not None:
            href, start = self.link
            if self.shortened and href.startswith(("http://", "https://")):
                self.parts[start:] = [href]
            self.link = None

    def handle_data(self, data: str) -> None:
        # In HTML a line's end is a space; the lines that were meant are <br> and <p>.
        self.parts.append(" ".join(data.replace("\n", " ").split(" ")))

    def text(self) -> str:
        """Return what was read."""
        lines = "".join(self.parts).replace("\u00a0", " ").split("\n")
        return "\n".join(line.rstrip() for line in lines).strip()

    def _break(self, gap: str) -> None:
        said = "".join(self.parts[-3:])
        ends = len(said) - len(said.rstrip("\n"))
        if said:
            self.parts.append("\n" * max(0, len(gap) - ends))
