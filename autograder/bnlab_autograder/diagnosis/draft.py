"""Drafts of mutants: a file that holds a student's code, and room for the words that a known mistake needs.

A draft is not part of a bank: ``bank.load_bank`` refuses it, since what stands in a bank runs beside the hidden cases.
Until a person has accepted it, its code runs only behind the walls, as the submission that it comes from.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

from bnlab_autograder.diagnosis.bank import DRAFT, TODO, Entry, read_entry, unnamed_in

NAME = re.compile(r"[a-z][a-z0-9_]*")  # of a mutant
MISTAKE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

TEMPLATE = '''\
"""TODO: what is done here instead, in one sentence."""

# A draft, made by bnlab mutant draft from a submission: code of a student, without what says whose it is. It has not
# been run or read. bnlab mutant check runs it behind the walls; bnlab mutant accept makes it a mutant, and trusts it.
# Before that: write the words that say TODO, shorten the code to the mistake, give names that say something.{remarks}
{imports}

DRAFT = True
TITLE = "TODO: heading of its entry on the page of mistakes"
ENTRY = "TODO: what the mistake is and why it matters; two or three sentences, no corrected code."
NOTICE = "TODO: how to notice it on your own."

LINE = {line}
MISTAKE = "todo-short-name"
EXERCISE = "{exercise}"
MESSAGE = "TODO: for the student whose check fails: what it is, why it matters, where to look; never the fix in code."


{code}
'''


class NotADraft(ValueError):
    """A file that cannot be read as a draft, or is not ready; the text names it and what to do."""


@dataclass(frozen=True)
class Draft:
    """A draft, or a mutant that is looked at as if it were one.

    Attributes
    ----------
    entry : Entry
    title, description, notice : str
        Of its entry on the page of mistakes; a mutant of the bank has none here.
    """

    entry: Entry
    title: str
    description: str
    notice: str

    @property
    def unnamed(self) -> list[str]:
        """What is still to be written, or is not written as it should be."""
        page = {"TITLE": self.title, "ENTRY": self.description, "NOTICE": self.notice}
        missing = [name for name, text in page.items() if self.entry.draft and (not text or TODO in text)]
        words = unnamed_in(self.entry)
        words += [] if self.entry.docstring or "docstring" in words else ["docstring"]
        words += [] if self.entry.message or "MESSAGE" in words else ["MESSAGE"]
        if not MISTAKE.fullmatch(self.entry.mistake or "") and "MISTAKE" not in words:
            words.append("MISTAKE")
        return [*words, *missing]

    @property
    def accepted(self) -> str:
        """Its source as a mutant of the bank."""
        tree = ast.parse(self.entry.source)
        lines = self.entry.source.splitlines()
        for node in tree.body:
            if isinstance(node, ast.Assign) and any(getattr(one, "id", "") in DRAFT for one in node.targets):
                lines[node.lineno - 1 : node.end_lineno] = [None] * (node.end_lineno - node.lineno + 1)
        head = next(k for k, line in enumerate(lines) if line and line.startswith(("import ", "from ")))
        kept = [
            line
            for k, line in enumerate(lines)
            if line is not None and not (k < head and line.startswith("#"))
        ]
        text = re.sub(r'"""\n\n\n+', '"""\n\n', "\n".join(kept))
        return re.sub(r"\n{4,}", "\n\n\n", re.sub(r"\n{3,}LINE", "\n\nLINE", text)).rstrip() + "\n"

    @property
    def on_the_page(self) -> str:
        """Its entry on the page of mistakes."""
        heading = f'### <a id="{self.entry.mistake}"></a>{self.title}'
        return f"{heading}\n\n{self.description}  \n*Notice it:* {self.notice}\n"


def read_draft(path: Path) -> Draft:
    """A draft, or a mutant, in a file. Nothing is executed. Raises NotADraft."""
    try:
        entry = read_entry(path)
        page = dict.fromkeys(DRAFT, "")
        for node in ast.parse(entry.source).body:
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=value)) if name in page:
                    page[name] = str(value)
    except (OSError, UnicodeDecodeError) as problem:
        raise NotADraft(f"{path} cannot be read ({problem})") from None
    except ValueError as problem:
        raise NotADraft(str(problem)) from None
    if not entry.exercise:
        raise NotADraft(
            f"{path} does not say in which EXERCISE its mistake is made; is it a draft of a mutant?"
        )
    return Draft(entry, page["TITLE"], page["ENTRY"], page["NOTICE"])


def written(
    exercise: str, imports: list[ast.stmt], code: list[ast.stmt], line: int | None, remarks: list[str]
) -> str:
    """The text of a draft."""
    known = ("import numpy as np", "from bnlab_solutions import *")
    others = [text for node in imports if (text := ast.unparse(node)) not in known]
    return TEMPLATE.format(
        exercise=exercise,
        line=line,
        imports="\n".join([*dict.fromkeys(others), *known]),
        code="\n\n\n".join(ast.unparse(node) for node in code),
        remarks="".join(f"\n# {remark}" for remark in remarks),
    )
