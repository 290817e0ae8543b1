"""The outputs with which a cell was handed in, cleaned: they are shown where grading has not run the cell anew.

Nothing here decides about points. What a student's notebook file holds as outputs may be anything, so only what is
known to be harmless is kept, up to a size, and whatever is damaged is left out.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_output

from bnlab_autograder.grading.harmless import clean_html

CELL_BYTES, NOTEBOOK_BYTES = 1 << 20, 4 << 20
TEXT_LENGTH = 20_000  # of one text; more is cut
HTML_LENGTH, NOTEBOOK_HTML_LENGTH = 32_000, 128_000  # more shows as plain text: cleaning deep pages is slow
MAX_OUTPUTS = 200  # of a cell
IMAGES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}  # with how such files begin
AS_TEXT = ("text/plain", "text/markdown", "text/latex")  # the first that there is shows as it was typed
CUT = "\n… (cut)"
MARK = "As handed in; not run again in grading."
TOO_MUCH = "What this cell displayed beyond this is too large to be shown."
LOOK = "border-left:4px solid #9e9e9e;margin:4px 0;padding:2px 12px;font-style:italic"


@dataclass
class HandedIn:
    """The handed-in outputs of one notebook, cell by cell, and how much room is left for them."""

    room: int = NOTEBOOK_BYTES
    html_room: int = NOTEBOOK_HTML_LENGTH

    def of(self, outputs: tuple[Any, ...]) -> list[NotebookNode]:
        """The harmless ones of a cell's ``outputs``, which may hold anything. Never raises."""
        kept: list[NotebookNode] = []
        room = CELL_BYTES
        for raw in outputs:
            output = self._cleaned(raw)
            if output is None:
                continue
            size = sum(len(text) for text in _texts(output))
            if size > min(room, self.room) or len(kept) == MAX_OUTPUTS:
                return [*kept, _note(TOO_MUCH)]
            room, self.room = room - size, self.room - size
            kept.append(output)
        return kept

    def _cleaned(self, raw: Any) -> NotebookNode | None:
        try:
            kind = raw["output_type"]
            if kind == "stream":
                name = "stderr" if raw.get("name") == "stderr" else "stdout"
                return new_output("stream", name=name, text=_short(_text(raw["text"])))
            if kind == "error":
                lines = [_text(line) for line in raw["traceback"]]
                return new_output(
                    "error",
                    ename=_short(_text(raw["ename"])),
                    evalue=_short(_text(raw["evalue"])),
                    traceback=[_short("\n".join(lines))] if lines else [],
                )
            if kind not in ("display_data", "execute_result") or "bnlab" in raw.get("metadata", {}):
                return None  # what we display ourselves comes from grading alone
            data = self._data(raw["data"])
            return new_output(kind, data) if data else None
        except Exception:  # whatever the damage makes the libraries raise
            return None

    def _data(self, bundle: dict[str, Any]) -> dict[str, str]:
        data = {}
        for mime, beginning in IMAGES.items():
            if mime in bundle and (image := _base64(_text(bundle[mime]), beginning)):
                data[mime] = image
        if "text/html" in bundle:
            page = _text(bundle["text/html"])
            if len(page) <= min(HTML_LENGTH, self.html_room):
                self.html_room -= len(page)
                data["text/html"] = clean_html(page)
        richer = [mime for mime in AS_TEXT[1:] if mime in bundle]
        mime = richer[0] if richer and not data else AS_TEXT[0]
        if mime in bundle:
            data["text/plain"] = _short(_text(bundle[mime]))
        return data


def marked(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Handed-in outputs behind a line that says what they are."""
    return [_note(MARK), *outputs] if outputs else []


def _note(text: str) -> NotebookNode:
    return new_output("display_data", {"text/html": f'<div style="{LOOK}">{text}</div>', "text/plain": text})


def _text(value: Any) -> str:
    """A text as notebook files hold it: in one piece, or as a list of lines."""
    text = value if isinstance(value, str) else "".join(value)
    return text.encode("utf-8", "replace").decode("utf-8")  # lone surrogates cannot be stored


def _short(text: str) -> str:
    return text if len(text) <= TEXT_LENGTH else text[:TEXT_LENGTH] + CUT


def _base64(text: str, beginning: bytes) -> str | None:
    """An image in base64 without line breaks, or None if it is not what it is said to be."""
    text = "".join(text.split())
    if len(text) > CELL_BYTES:
        return text  # too large anyway
    try:
        return text if base64.b64decode(text, validate=True).startswith(beginning) else None
    except (binascii.Error, ValueError):
        return None


def _texts(output: NotebookNode) -> Iterator[str]:
    match output.output_type:
        case "stream":
            yield output.text
        case "error":
            yield from (output.ename, output.evalue, *output.traceback)
        case _:
            yield from output.data.values()
