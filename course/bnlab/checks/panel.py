"""How a report is shown: calm HTML in Jupyter, plain text elsewhere."""

from __future__ import annotations

import textwrap
from html import escape
from typing import Any

from bnlab.checks.report import FAILED, PASSED, SKIPPED, Item, Mistake, Report

WIDTH = 96
SYMBOLS = {PASSED: "✓", FAILED: "✗", SKIPPED: "·"}
WORDS = {PASSED: "passed", FAILED: "to fix", SKIPPED: "not run yet"}

# JupyterLab's variables follow its theme; those of VS Code and plain colours stand in elsewhere.
TEXT = "var(--jp-ui-font-color1, var(--vscode-editor-foreground, inherit))"
SOFT = "var(--jp-ui-font-color2, var(--vscode-descriptionForeground, inherit))"
LINE = "var(--jp-border-color2, var(--vscode-panel-border, #9e9e9e))"
GOOD = "var(--jp-success-color1, #2e8540)"
BAD = "var(--jp-error-color1, #d0342c)"
CODE = "var(--jp-code-font-family, ui-monospace, monospace)"


class Panel:
    """A report that shows itself."""

    def __init__(self, report: Report):
        self.report = report

    def __str__(self) -> str:
        return text(self.report)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return html(self.report)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": text(self.report), "text/html": html(self.report)}


def headline(report: Report) -> str:
    """The result in a few words."""
    if report.unimplemented and report.failure is not None:
        return report.failure.text.removeprefix(f"{report.exercise} is ").removesuffix(".")
    total = len(report.items)
    if report.passed:
        return f"all {total} checks passed"
    return f"to fix ({report.count(PASSED)} of {total} checks passed)"


def text(report: Report) -> str:
    """The panel for a terminal."""
    lines = [f"{_symbol(report)} {report.exercise}: {headline(report)}"]
    failure = report.failure
    if not report.unimplemented:
        lines += [f"  {SYMBOLS[PASSED]} {item.title}" for item in report.items if item.state == PASSED]
        if failure is not None:
            lines += [
                *_wrapped(f"{SYMBOLS[FAILED]} {failure.title}", "  "),
                *_wrapped(failure.text, "      "),
            ]
            if report.mistake is not None:
                lines += _wrapped(f"Looks like: {_named(report.mistake)}", "    ")
                lines += _wrapped(f"{report.mistake.message} See {report.mistake.link}", "      ")
            skipped = report.count(SKIPPED)
            lines += [f"  {SYMBOLS[SKIPPED]} {_skipped(skipped)}"] if skipped else []
    for note in report.notes:
        lines += _wrapped(f"Note: {note}", "  ")
    lines += _wrapped(_topics(report), "  ") if report.topics else []
    return "\n".join(lines)


def html(report: Report) -> str:
    """The panel for Jupyter: no script, no style sheet, and nothing that is said by colour alone."""
    colour = SOFT if report.unimplemented else GOOD if report.passed else BAD
    name = escape(report.exercise)
    plain = "padding:0;background-color:transparent;color:inherit"  # against the styles of pages around it
    code = f'<code style="font-family:{CODE};font-weight:bold;{plain}">{name}</code>'
    parts = [f"<div>{_mark(_symbol(report), colour)} {code} · {escape(headline(report))}</div>"]
    failure = report.failure
    if failure is not None and not report.unimplemented:
        title = f"{_mark(SYMBOLS[FAILED], BAD)} <strong>{escape(failure.title)}</strong>"
        hint = _hint(report.mistake) if report.mistake is not None else ""
        parts.append(f'<div style="margin:6px 0 6px 1em">{title}<br>{escape(failure.text)}{hint}</div>')
    if not report.unimplemented:
        passed, skipped = (
            [item for item in report.items if item.state == state] for state in (PASSED, SKIPPED)
        )
        parts += _folded("What was checked" if report.passed else f"{len(passed)} passed", passed)
        parts += _folded(_skipped(len(skipped)), skipped)
    parts += [f'<div style="margin-top:4px"><em>Note:</em> {escape(note)}</div>' for note in report.notes]
    if report.topics:
        parts.append(f'<div style="margin-top:4px;color:{SOFT}">{escape(_topics(report))}</div>')
    # JupyterLab drops variables from notebooks that it does not trust; the plain border is what it then keeps.
    frame = (
        f"color:{TEXT};border:1px solid #9e9e9e;border-left:4px solid #9e9e9e;border-radius:3px;"
        f"border-color:{LINE};border-left-color:{colour};"
        "margin:4px 0;padding:6px 12px;max-width:60em;line-height:1.5"
    )
    return f'<div role="group" aria-label="Checks of {name}" style="{frame}">{"".join(parts)}</div>'


def _symbol(report: Report) -> str:
    return SYMBOLS[SKIPPED if report.unimplemented else PASSED if report.passed else FAILED]


def _mark(symbol: str, colour: str) -> str:
    return f'<span aria-hidden="true" style="color:{colour};font-weight:bold">{symbol}</span>'


def _named(mistake: Mistake) -> str:
    return mistake.title if mistake.title.endswith(("?", "!", ".")) else f"{mistake.title}."


def _hint(mistake: Mistake) -> str:
    """The name of a mistake; what there is to say about it is folded away for those who look for it themselves."""
    page = mistake.link.partition("#")[0]
    link = (
        f'<a href="{escape(mistake.link)}" style="color:inherit;text-decoration:underline">{escape(page)}</a>'
    )
    return (
        f'<div style="margin-top:6px">Looks like: <strong>{escape(_named(mistake))}</strong></div>'
        '<details><summary style="cursor:pointer;display:list-item">What that is, and where to look</summary>'
        f'<div style="padding-left:1em">{escape(mistake.message)} More in {link}.</div></details>'
    )


def _folded(summary: str, items: list[Item]) -> list[str]:
    if not items:
        return []
    rows = "".join(
        f'<li><span aria-hidden="true">{SYMBOLS[item.state]}</span> {escape(item.title)} '
        f'<span style="color:{SOFT}">({WORDS[item.state]})</span></li>'
        for item in items
    )
    return [
        '<details style="margin-left:1em">'
        f'<summary style="cursor:pointer;display:list-item">{escape(summary)}</summary>'
        f'<ul style="list-style:none;margin:0;padding-left:1em">{rows}</ul></details>'
    ]


def _skipped(count: int) -> str:
    return f"{count} more {'check' if count == 1 else 'checks'} not run yet"


def _topics(report: Report) -> str:
    return f"The hidden cases look at: {'; '.join(report.topics)}."


def _wrapped(sentence: str, indent: str) -> list[str]:
    """Lines of at most WIDTH characters; those after the first of a marked line hang under its text."""
    hang = indent + "  " if sentence[:1] in SYMBOLS.values() else indent
    return textwrap.wrap(
        sentence,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=hang,
        break_long_words=False,
        break_on_hyphens=False,
    )
