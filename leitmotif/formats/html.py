"""HTML to plain text: all lines of a page, or its main text. Nothing is fetched."""

from __future__ import annotations

import re

import trafilatura
from lxml import etree
from lxml import html as lxml_html

from leitmotif.errors import TextEmpty

_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "br",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "option",
        "p",
        "pre",
        "section",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "title",
        "tr",
        "ul",
    ]
)
_SILENT = frozenset(["script", "style", "noscript", "template", "head", "svg", "iframe"])
_LOOKS_LIKE_HTML = re.compile(r"<\s*(!doctype html|html|head|body|article|div|p|h[1-6])\b", re.IGNORECASE)


def looks_like_html(text: str) -> bool:
    return bool(_LOOKS_LIKE_HTML.search(text[:4_000]))


def html_lines(page: str) -> str:
    """Every visible line of a page, navigation included, one block a line."""
    if not page.strip():
        return ""
    pieces: list[str] = []
    try:
        _walk(lxml_html.document_fromstring(_without_declaration(page)), pieces)
    except (etree.ParserError, ValueError):
        return ""
    lines = (" ".join(line.split()) for line in "".join(pieces).split("\n"))
    return "\n".join(line for line in lines if line)


def main_text(page: str) -> tuple[str, str]:
    """Title and main text of an article's page, by trafilatura.

    Raises:
        TextEmpty: the page holds no text.
    """
    found = trafilatura.bare_extraction(page, with_metadata=True, include_comments=False, include_tables=False)
    text = (getattr(found, "text", "") or "") if found else ""
    text = text or html_lines(page)
    if not text.strip():
        raise TextEmpty("The page holds no text: send the article's text, or HTML that contains it.")
    title = (getattr(found, "title", "") or "") if found else ""
    return title, text


def _without_declaration(page: str) -> str:
    return re.sub(r"^\s*<\?xml[^>]*\?>", "", page)


def _walk(element: etree._Element, pieces: list[str]) -> None:
    if not isinstance(element.tag, str) or element.tag in _SILENT:
        pieces.append(element.tail or "")
        return
    block = element.tag in _BLOCKS
    pieces.append(("\n" if block else "") + (element.text or "").replace("\n", " "))
    for child in element:
        _walk(child, pieces)
        if isinstance(child.tag, str) and child.tag in _SILENT:
            continue
    pieces.append(("\n" if block else "") + (element.tail or "").replace("\n", " "))
