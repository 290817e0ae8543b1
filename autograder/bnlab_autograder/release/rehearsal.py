"""A release as its students meet it: unpacked, with the student wheel alone, from top to bottom.

The course's own packages and checkout cannot be imported there; other libraries are those of this Python.
"""

from __future__ import annotations

import json
import os
import re
import site
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import nbformat
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpecManager
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

FULL_SECONDS, GRADED_SECONDS = 60, 10  # of a whole notebook
EXPECTED = ("NotImplementedError", "CheckFailed", "NameError")  # in an untouched notebook
KERNEL = "bnlab-student"

_LINK = re.compile(r"!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?[^)]*\)|(?:href|src)=\"([^\"]+)\"")
_HEADING = re.compile(r"^(#{1,6}) +(.+?) *$", re.MULTILINE)
_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_ANCHOR = re.compile(r'id="([^"]+)"')
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)


@dataclass
class Rehearsal:
    """What was found when a release was used as its students would."""

    stage: str
    version: str
    seconds: dict[str, float] = field(default_factory=dict)  # of each notebook
    problems: list[str] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return not self.problems

    def to_dict(self) -> dict[str, Any]:
        return {"holds": self.holds, **asdict(self)}


def rehearse(
    stage: str, version: str, files: Mapping[str, bytes], instructor: bytes, *, full: bool = False
) -> Rehearsal:
    """Use a release as its students do.

    Parameters
    ----------
    stage, version : str
    files : mapping
        What students are given, by path.
    instructor : bytes
        The instructor's notebook: it must run without an error, all visible checks pass, in time, and write nothing
        to standard error. The untouched one may raise what unfinished work raises.
    full : bool
        Run experiments at full length.
    """
    found = Rehearsal(stage, version)
    with tempfile.TemporaryDirectory(prefix="bnlab-rehearsal-") as top:
        folder = Path(top, stage)
        for name, raw in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(raw)
        untouched = nbformat.reads(files[f"{stage}.ipynb"].decode("utf-8"), as_version=4)
        found.problems += _links(untouched, folder) + _headings(untouched)
        with _kernel(Path(top), folder, full) as run:
            solved = nbformat.reads(instructor.decode("utf-8"), as_version=4)
            limit = FULL_SECONDS if full else GRADED_SECONDS
            for who, notebook in (
                ("the instructor's notebook", solved),
                ("the untouched notebook", untouched),
            ):
                started = time.monotonic()
                try:
                    run(notebook)
                except (CellTimeoutError, DeadKernelError, RuntimeError) as problem:
                    found.problems.append(f"{who}: {str(problem).splitlines()[0]}")
                    continue
                found.seconds[who] = round(time.monotonic() - started, 1)
                if found.seconds[who] > limit:
                    found.problems.append(f"{who} took {found.seconds[who]:g} s; the budget is {limit} s")
                found.problems += _outputs(who, notebook, () if notebook is solved else EXPECTED)
    return found


@contextmanager
def _kernel(top: Path, folder: Path, full: bool) -> Iterator[Any]:
    """Runs notebooks in ``folder`` by a kernel that has the wheel there and no other ``bnlab``."""
    (wheel,) = folder.glob("*.whl")
    library = top / "library"
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-deps",
        "--no-index",
    ]
    subprocess.run([*pip, "--target", str(library), str(wheel)], check=True, capture_output=True, timeout=120)
    paths = [str(library), *site.getsitepackages()]
    start = (
        f"import sys; sys.path[:0] = ['', *{paths!r}]; "
        "from ipykernel.kernelapp import launch_new_instance; launch_new_instance()"
    )
    environment = {"PYTHONPATH": "", "MPLBACKEND": "module://matplotlib_inline.backend_inline"}
    spec = {
        # -S: no site packages but those named above, hence no checkout that is installed for editing.
        "argv": [sys.executable, "-I", "-S", "-c", start, "-f", "{connection_file}"],
        "display_name": KERNEL,
        "language": "python",
        "env": environment if full else {**environment, "BNLAB_GRADED": "1"},
    }
    place = top / "kernels" / KERNEL
    place.mkdir(parents=True)
    (place / "kernel.json").write_text(json.dumps(spec), encoding="utf-8")
    specs = KernelSpecManager(kernel_dirs=[str(place.parent)], ensure_native_kernel=False)

    def run(notebook: NotebookNode) -> None:
        manager = AsyncKernelManager(kernel_name=KERNEL, kernel_spec_manager=specs)
        client = NotebookClient(
            notebook,
            km=manager,
            kernel_name=KERNEL,
            timeout=4 * FULL_SECONDS,
            allow_errors=True,
            resources={"metadata": {"path": str(folder)}},
        )
        client.execute()

    before = os.environ.pop("BNLAB_GRADED", None)
    try:
        yield run
    finally:
        if before is not None:
            os.environ["BNLAB_GRADED"] = before


def _outputs(who: str, notebook: NotebookNode, expected: tuple[str, ...]) -> list[str]:
    """Errors other than those expected, and what was written to standard error."""
    problems = []
    for number, cell in enumerate(notebook.cells):
        name = cell.metadata.get("nbgrader", {}).get("grade_id") or f"cell {number + 1}"
        for output in cell.get("outputs", ()):
            if output.output_type == "error" and output.ename not in expected:
                problems.append(f"{who}: {name} raises {output.ename}: {output.evalue}"[:300])
            if output.get("name") == "stderr":
                problems.append(f"{who}: {name} writes to standard error: {output.text.strip()}"[:300])
    return problems


def _links(notebook: NotebookNode, folder: Path) -> list[str]:
    """Links and images that lead nowhere. Addresses on the web are not followed."""
    problems = []
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type != "markdown":
            continue
        for match in _LINK.finditer(_FENCE.sub("", cell.source)):
            target = unquote(match.group(1) or match.group(2))
            if target.startswith("attachment:"):
                if target.removeprefix("attachment:") not in cell.get("attachments", {}):
                    problems.append(f"cell {number + 1} shows {target}, which is not attached")
            elif not _ELSEWHERE.match(target) and (missing := _missing(target, folder)):
                problems.append(f"cell {number + 1} links to {target}: {missing}")
    return problems


def _missing(target: str, folder: Path) -> str:
    name, _, anchor = target.partition("#")
    path = folder / name
    if name and not (path.is_file() and path.resolve().is_relative_to(folder.resolve())):
        return "there is no such file in the release"
    if name and anchor and anchor not in _ANCHOR.findall(path.read_text(encoding="utf-8")):
        return f"{name} has no place of that name"
    return ""


def _headings(notebook: NotebookNode) -> list[str]:
    """Whether there is one title, and no level of headings is left out."""
    levels = [
        (len(match.group(1)), match.group(2))
        for cell in notebook.cells
        if cell.cell_type == "markdown"
        for match in _HEADING.finditer(_FENCE.sub("", cell.source))
    ]
    titles = [text for level, text in levels if level == 1]
    problems = [] if len(titles) == 1 else [f"there should be one title, there are {len(titles)}: {titles}"]
    for (above, _), (below, text) in pairwise(levels):
        if below > above + 1:
            problems.append(f"the heading {text!r} is {below - above} levels below the one before it")
    return problems
