"""The page of mistakes as the report quotes it: a title and a sentence for each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ENTRY = re.compile(r'^### <a id="(?P<id>[^"]+)"></a>(?P<title>.*)\n\n(?P<text>(?:.+\n)+)', re.MULTILINE)
SENTENCE = re.compile(r"(?<=[.!?])\s")
TEX = {
    r"\gamma": "γ",
    r"\beta": "β",
    r"\varepsilon": "ε",
    r"\sqrt ": "√",
    r"10^{-5}": "1e-5",
}


@dataclass(frozen=True)
class Entry:
    """What the page says about one mistake."""

    title: str
    sentence: str


@cache
def entries(page: Path) -> dict[str, Entry]:
    """The entries of a page by the name of the mistake."""
    text = page.read_text(encoding="utf-8")
    return {
        m["id"]: Entry(plain(m["title"]), plain(SENTENCE.split(m["text"])[0])) for m in ENTRY.finditer(text)
    }


def plain(text: str) -> str:
    """A line of the page without marks for formulas, code and stress."""
    text = " ".join(text.split())
    for tex, sign in TEX.items():
        text = text.replace(tex, sign)
    return re.sub(r"[$`*]", "", text)
