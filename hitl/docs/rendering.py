"""From Markdown to HTML that can be linked to: headings have ids, and links lead to pages."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading below the title, by its id."""

    level: int
    id: str
    words: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """A document: its title, the HTML below the title, its headings, and its words without any markup."""

    title: str
    html: SafeString
    headings: tuple[Heading, ...]
    text: str


def render(markdown: str, *, address_of: Callable[[str], str | None]) -> Rendered:
    """Render a document.

    Args:
        markdown: begins with its title. HTML in it is shown as text.
        address_of: where a link or picture leads, given its target; of a link that leads nowhere on these
            pages (None) the words stay.
    """
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = parser.parse(re.sub(r"<!--.*?-->", "", markdown, flags=re.S))
    headings: list[Heading] = []
    text: list[str] = []
    for token, inside in zip(tokens, [*tokens[1:], None], strict=True):
        if token.type == "inline":
            token.children = _linked(token.children or [], address_of)
        if token.type in ("inline", "fence", "code_block"):
            text.append(_words(token))
        if token.type == "heading_open" and inside:
            heading = Heading(int(token.tag[1]), _id(_words(inside), headings), _words(inside))
            headings.append(heading)
            token.attrSet("id", heading.id)
    body = tokens[3:] if headings and headings[0].level == 1 and tokens[0].type == "heading_open" else tokens
    html = parser.renderer.render(_tables_wrapped(body), parser.options, {})
    return Rendered(
        title=headings[0].words if headings else "",
        html=mark_safe(html),  # noqa: S308 - our own documents, HTML in them escaped
        headings=tuple(heading for heading in headings if heading.level > 1),
        text=" ".join(" ".join(text).split()),
    )


def _words(token: Token) -> str:
    if token.children is None:
        return token.content
    kinds = {"softbreak": " ", "hardbreak": " "}
    return "".join(kinds.get(child.type, child.content) for child in token.children)


def _id(words: str, before: list[Heading]) -> str:
    """Return the id that code hosts give the heading as well."""
    plain = re.sub(r"[^\w\- ]", "", words.lower()).replace(" ", "-")
    same = sum(re.fullmatch(rf"{re.escape(plain)}(-\d+)?", heading.id) is not None for heading in before)
    return f"{plain}-{same}" if same else plain


def _linked(children: list[Token], address_of: Callable[[str], str | None]) -> list[Token]:
    kept: list[Token] = []
    leads = True
    for child in children:
        if child.type == "link_open":
            address = address_of(str(child.attrs["href"]))
            leads = address is not None
            if address is not None:
                child.attrSet("href", address)
        if child.type == "image":
            child.attrSet("src", address_of(str(child.attrs["src"])) or "")
            child.attrSet("loading", "lazy")
        if leads or child.type not in ("link_open", "link_close"):
            kept.append(child)
        leads = leads or child.type == "link_close"
    return kept


def _tables_wrapped(tokens: list[Token]) -> list[Token]:
    """Let a wide table or a long line scroll by itself, by keys as well."""
    wrapped: list[Token] = []
    for token in tokens:
        if token.type == "table_open":
            wrap = Token("wrap_open", "div", 1, attrs={"class": "table-wrap", "tabindex": "0"}, block=True)
            token.attrSet("class", "table")
            wrapped.append(wrap)
        if token.type in ("fence", "code_block"):
            token.attrSet("tabindex", "0")
        wrapped.append(token)
        if token.type == "table_close":
            wrapped.append(Token("wrap_close", "div", -1, block=True))
    return wrapped


def marked(text: str, words: list[str]) -> SafeString:
    """Return a piece of text with the words marked."""
    pieces = re.split("(" + "|".join(re.escape(word) for word in words) + ")", text, flags=re.I)
    return mark_safe(  # noqa: S308 - each piece is escaped
        "".join(format_html("<mark>{}</mark>" if i % 2 else "{}", piece) for i, piece in enumerate(pieces))
    )
