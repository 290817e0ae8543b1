"""What students have written, made harmless for the browser of whoever reads it.

A graded notebook is shown in the formgrader, where a script would act with the instructor's rights, and on pages for
students. nbconvert's own filter of that name also drops images, lists and all style, so it gives way to this one.
"""

from __future__ import annotations

import copy
import re
from typing import Any

import bleach
from bleach.css_sanitizer import ALLOWED_CSS_PROPERTIES, ALLOWED_SVG_PROPERTIES, CSSSanitizer
from jinja2 import pass_context
from jinja2.runtime import Context
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

TAGS = {
    *bleach.ALLOWED_TAGS, "address", "article", "aside", "big", "br", "caption", "center", "cite", "col",
    "colgroup", "dd", "del", "details", "dfn", "div", "dl", "dt", "figcaption", "figure", "font",
    "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "img", "ins", "kbd", "label", "mark",
    "meter", "p", "pre", "progress", "q", "rp", "rt", "ruby", "s", "samp", "section", "small", "span",
    "strike", "sub", "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr", "tt",
    "u", "var", "wbr", "circle", "clippath", "clipPath", "defs", "ellipse", "g", "line", "lineargradient",
    "linearGradient", "path", "polygon", "polyline", "rect", "stop", "svg", "text", "title", "tspan",
}  # fmt: skip
ATTRIBUTES = {
    "align", "alt", "aria-hidden", "aria-label", "class", "clip-path", "colspan", "cx", "cy", "d", "dir",
    "fill", "fill-opacity", "height", "href", "id", "lang", "max", "min", "offset", "open", "points",
    "preserveAspectRatio", "r", "role", "rowspan", "rx", "ry", "scope", "src", "start", "stroke",
    "stroke-width", "style", "text-anchor", "title", "transform", "valign", "value", "viewBox", "width",
    "x", "x1", "x2", "xmlns", "y", "y1", "y2",
}  # fmt: skip
PROPERTIES = {
    *ALLOWED_CSS_PROPERTIES, *ALLOWED_SVG_PROPERTIES, "align-items", "border", "border-bottom",
    "border-left", "border-left-color", "border-radius", "border-right", "border-spacing", "border-style",
    "border-top", "border-width", "column-gap", "flex", "flex-wrap", "gap", "grid-template-columns",
    "justify-content", "list-style", "margin", "margin-bottom", "margin-left", "margin-right",
    "margin-top", "max-height", "max-width", "min-width", "opacity", "overflow-x", "padding",
    "padding-bottom", "padding-left", "padding-right", "padding-top", "row-gap",
}  # fmt: skip

UNSEEN = re.compile(r"<(style|script)\b.*?</\1\s*>", re.IGNORECASE | re.DOTALL)  # with what is in it

PULLED_UP = re.compile(r"margin[a-z-]*\s*:[^;]*-[^;]*(;|$)", re.IGNORECASE)


def _is_allowed(tag: str, name: str, value: str) -> bool:
    """Links lead to the web or within the page: what lay beside a notebook does not lie beside the page."""
    if name == "href":
        return value.strip().lower().startswith(("http://", "https://", "mailto:", "#"))
    return name in ATTRIBUTES


class _Css(CSSSanitizer):
    """Without negative margins, by which something could lie over what stands before it."""

    def sanitize_css(self, style: str) -> str:
        return PULLED_UP.sub("", super().sanitize_css(style)).strip()


_cleaner = bleach.Cleaner(
    tags=TAGS,
    attributes=_is_allowed,
    protocols={"http", "https", "mailto", "data"},
    css_sanitizer=_Css(allowed_css_properties=PROPERTIES),
)


def clean_html(html: str | bytes) -> str:
    """``html`` without scripts, forms, frames, and whatever else is not on the lists above; that shows as text."""
    text = html.decode("utf-8", "replace") if isinstance(html, bytes) else str(html)
    return _cleaner.clean(UNSEEN.sub("", text))


@pass_context
def clean_markdown(context: Context, source: str) -> str:
    """Markdown as a harmless page: nbconvert's filter ``markdown2html`` lets the HTML in a Markdown cell through."""
    attachments = context.get("cell", {}).get("attachments", {})
    renderer = IPythonRenderer(escape=False, attachments=attachments)
    return clean_html(MarkdownWithMath(renderer=renderer).render(source))


def sized_by_numbers(output: dict[str, Any]) -> dict[str, Any]:
    """An output without sizes that are no numbers: nbconvert writes them into a page's tags without quotes."""
    output = copy.deepcopy(output)
    metadata = output.get("metadata", {})
    for sizes in (metadata, *metadata.values()):
        for name in ("width", "height"):
            if isinstance(sizes, dict) and type(sizes.get(name, 0)) not in (int, float):
                del sizes[name]
    return output
