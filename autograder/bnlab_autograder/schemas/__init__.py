"""JSON schemas of what the commands print with ``--json``, and of the files that releases hold."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def load(name: str) -> dict[str, Any]:
    """The schema called ``name``: that of a command, such as ``"grade"``, or ``"manifest"``.

    Raises LookupError, with what there is, if there is none of that name.
    """
    folder = files(__name__)
    path = folder / f"{name}.schema.json"
    if not path.is_file():
        known = sorted(p.name.split(".")[0] for p in folder.iterdir() if p.name.endswith(".schema.json"))
        raise LookupError(f"there is no schema {name!r}; there are: {', '.join(known)}")
    return json.loads(path.read_text(encoding="utf-8"))
