"""How well text stands out from what lies behind it, measured in the page as WCAG 2 defines it."""

from __future__ import annotations

from typing import NamedTuple

from playwright.sync_api import Locator

TEXT, SYMBOL = 4.5, 3.0  # contrasts that WCAG 2 asks for at level AA

_CONTRASTS = """
panel => {
    panel.querySelectorAll("details").forEach(details => { details.open = true; });
    const channels = colour => {
        const [r, g, b, a = 1] = colour.match(/[\\d.]+/g).map(Number);
        return [r, g, b, a];
    };
    const over = ([r, g, b, a], back) => [r, g, b].map((c, k) => a * c + (1 - a) * back[k]);
    const linear = c => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
    const luminance = rgb => rgb.map(linear).reduce((sum, c, k) => sum + c * [0.2126, 0.7152, 0.0722][k], 0);
    const behind = element => {
        const layers = [];
        for (let e = element; e; e = e.parentElement) {
            layers.push(channels(getComputedStyle(e).backgroundColor));
            if (layers.at(-1)[3] === 1) break;
        }
        return layers.reverse().reduce((back, layer) => over(layer, back), [255, 255, 255]);
    };
    const opacity = element => (element ? getComputedStyle(element).opacity * opacity(element.parentElement) : 1);
    const found = [];
    const walker = document.createTreeWalker(panel, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const text = walker.currentNode.textContent.trim(), element = walker.currentNode.parentElement;
        if (!text) continue;
        const back = behind(element);
        const [r, g, b, a] = channels(getComputedStyle(element).color);
        const pair = [luminance(over([r, g, b, a * opacity(element)], back)), luminance(back)];
        const contrast = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
        found.push([text, contrast, text.length === 1]);
    }
    return found;
}
"""


class Contrast(NamedTuple):
    """Of a piece of text; a symbol of one character only repeats what words beside it say."""

    text: str
    ratio: float
    symbol: bool


def contrasts(panel: Locator) -> list[Contrast]:
    """Of every piece of text in ``panel``, what is folded unfolded."""
    return [Contrast(*found) for found in panel.evaluate(_CONTRASTS)]


def illegible(panel: Locator) -> list[Contrast]:
    """Those that do not stand out enough."""
    return [found for found in contrasts(panel) if found.ratio < (SYMBOL if found.symbol else TEXT)]
