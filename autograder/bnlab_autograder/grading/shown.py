"""What nbgrader's pages show beside a graded notebook: for graders the rubric of a written answer, for all the entry of
a mistake on the page of mistakes.

These are filters of nbconvert's templates, so nbgrader's own stay as they are. The rubric is taken from the
instructor's notebook at the moment when a grader looks; it is in no file that goes to students.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

import nbformat
from jinja2 import pass_context
from jinja2.runtime import Context

from bnlab_autograder.grading import harmless
from bnlab_autograder.grading.released import grade_id_of
from bnlab_autograder.workspace import NoWorkspace, Workspace

ANSWER = re.compile(r"### BEGIN SOLUTION\n(.*?)\n### END SOLUTION", re.DOTALL)  # as nbgrader marks it
LINK = re.compile(r"<code[^>]*>mistakes\.md#([\w-]+)</code>[^<]*</span>")  # in a panel
ENTRY = re.compile(r'^### <a id="([\w-]+)"></a>(.+?)\n(.*?)(?=^#|\Z)', re.MULTILINE | re.DOTALL)
RUBRIC = re.compile(r"^(?=\*\*Rubric\.?\*\*)", re.MULTILINE)  # where it begins, after the model answer
BESIDE = """\
<style>
.bnlab-beside {{ display: flex; flex-wrap: wrap; gap: 1em 2em; align-items: flex-start; }}
.bnlab-written {{ flex: 3 1 22em; min-width: 0; position: sticky; top: 60px; }}
.bnlab-rubric {{ flex: 3 1 24em; min-width: 0; padding: 6px 12px; border-left: 4px solid #337ab7;
                background-color: #f7f7f7; color: #222; }}
.bnlab-rubric summary {{ cursor: pointer; display: list-item; font-weight: bold; }}
.bnlab-rubric td, .bnlab-rubric th {{ padding: 3px 8px 3px 0; border-top: 1px solid #ccc; vertical-align: top; }}
</style>
<div class="bnlab-beside">
<div class="bnlab-written">{answer}</div>
<div class="bnlab-rubric" role="note" aria-label="Rubric of {name}">
<p style="color:#555">For graders: no student sees this.</p>
{parts}
</div></div>"""
PART = "<details{open}><summary>{title}</summary>{text}</details>"
MORE = """\
<details class="bnlab-entry"><summary style="cursor:pointer;display:list-item">{title}</summary>
{text}</details>"""


@pass_context
def markdown(context: Context, source: str) -> str:
    """nbconvert's filter ``markdown2html``; where somebody grades, a written answer has its rubric beside it."""
    answer = harmless.clean_markdown(context, source)
    cell = context.get("cell") or {}
    marks = cell.get("metadata", {}).get("nbgrader", {})
    if not (_is_for_graders(context) and marks.get("grade") and marks.get("solution")):
        return answer
    rubric = rubric_of(_folder(context), marks.get("grade_id", ""))
    if not rubric:
        return answer
    return BESIDE.format(answer=answer, parts=_parts(rubric), name=escape(marks["grade_id"]))


@pass_context
def html(context: Context, html: str | bytes) -> str:
    """nbconvert's filter ``clean_html``; the panel of an exercise is shown with the entries of its mistakes."""
    plain = harmless.clean_html(html)
    output = context.get("output") or {}
    if output.get("metadata", {}).get("bnlab") != "hidden cases":
        return plain
    entries = entries_of(_folder(context))
    return LINK.sub(lambda link: link[0] + _more(entries.get(link[1])), plain)


def rubric_of(folder: Path, question: str) -> str:
    """Model answer and rubric of a question, for the graded submission in ``folder``; empty if there is none."""
    try:
        workspace = Workspace.find(folder)
        path = workspace.source(folder.name) / f"{folder.name}.ipynb"
        return _answers(path, path.stat().st_mtime_ns).get(question, "")
    except (NoWorkspace, OSError, ValueError):
        return ""


def entries_of(folder: Path) -> dict[str, tuple[str, str]]:
    """Title and text of the entries on the page of mistakes that went with the release."""
    try:
        path = Workspace.find(folder).release(folder.name) / "mistakes.md"
        return _entries(path, path.stat().st_mtime_ns)
    except (NoWorkspace, OSError, ValueError):
        return {}


def _is_for_graders(context: Context) -> bool:
    """The formgrader names the submission; pages for students are made without that."""
    return "submission_id" in context.get("resources", {})


def _folder(context: Context) -> Path:
    """Where the notebook lies that is shown."""
    path: Any = context.get("resources", {}).get("metadata", {}).get("path", "")
    return Path(path or ".").resolve()


@lru_cache(maxsize=16)
def _answers(path: Path, _modified: int) -> dict[str, str]:
    cells = nbformat.read(path, as_version=4).cells
    found = {grade_id_of(cell): ANSWER.search(cell.source) for cell in cells if cell.cell_type == "markdown"}
    return {name: answer[1].strip() for name, answer in found.items() if name and answer}


@lru_cache(maxsize=16)
def _entries(path: Path, _modified: int) -> dict[str, tuple[str, str]]:
    text = path.read_text(encoding="utf-8")
    return {name: (title.strip(), body.strip()) for name, title, body in ENTRY.findall(text)}


def _parts(text: str) -> str:
    """The rubric, which a grader needs, before the model answer, which is folded."""
    model, *rubric = RUBRIC.split(text, maxsplit=1)
    parts = {"Rubric": "".join(rubric), "Model answer": model}
    return "\n".join(
        PART.format(
            title=title,
            open="" if rubric and title != "Rubric" else " open",
            text=harmless.clean_markdown({}, part),
        )
        for title, part in parts.items()
        if part.strip()
    )


def _more(entry: tuple[str, str] | None) -> str:
    if entry is None:
        return ""
    title, text = entry
    return MORE.format(title=escape(title), text=harmless.clean_markdown({}, text))
