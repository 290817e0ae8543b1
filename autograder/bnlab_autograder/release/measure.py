"""Numbers that the prose of a notebook quotes from its own output: marked in the source, measured for a variant.

In the prose of a source ``{{expression|written}}`` marks a number: ``written`` is what the default says, and in a
variant the expression is evaluated after the cells before it, as in an f-string, so with a format if need be:
``{{np.mean(share == 0):.0%|16%}}``. Cells of code with ``:measured: true`` run for this too and go to nobody: they
compute what the prose needs, and assert what it says, so that a variant whose inputs teach something else is refused.
"""

from __future__ import annotations

import copy
import hashlib
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from bnlab_autograder.release.answers import SourceProblem

MEASURED = "measured"  # the metadata of cells that only run here
SECONDS = 600
RUN, SAY = "run", "say"
LIBRARIES = ("numpy", "matplotlib")  # of which other versions may give other numbers
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

_MARK = re.compile(r"\{\{([^{}|]+)\|(.*?)\}\}(?!\})", re.DOTALL)


@dataclass(frozen=True)
class Step:
    """Code to run, or an expression to evaluate."""

    kind: str  # "run" or "say"
    text: str
    written: str = ""  # of an expression: what the default says


def steps_of(cells: Iterable[NotebookNode]) -> list[Step]:
    """What a notebook runs and quotes, in order."""
    found = []
    for cell in cells:
        if _is_prose(cell):
            found += [Step(SAY, *(part.strip() for part in match.groups())) for match in _marks(cell)]
        elif cell.cell_type == "code" and not cell.metadata.get("nbgrader", {}).get("grade"):
            found.append(Step(RUN, cell.source))
    return found


def filled(cells: Iterable[NotebookNode], said: Iterable[str]) -> list[NotebookNode]:
    """Copies of the cells that go to a notebook, with these numbers in their prose."""
    numbers, kept = iter(said), []
    for cell in copy.deepcopy(list(cells)):
        if MEASURED not in cell.metadata:
            if _is_prose(cell):
                cell.source = _MARK.sub(lambda match: next(numbers), cell.source)
            kept.append(cell)
    return kept


def measure(
    steps: list[Step], beside: Mapping[str, bytes], library: Path, cache: Path | None = None
) -> list[str]:
    """Run the code in a process of its own, and say what every expression gives.

    Parameters
    ----------
    steps : list of Step
    beside : mapping
        Files that the code may read, by path.
    library : Path
        The package ``bnlab`` that it imports.
    cache : Path, optional
        A folder that keeps results, by everything they depend on.

    Raises SourceProblem if an assertion fails, or anything else.
    """
    kept = cache / f"{_key(steps, beside)}.json" if cache else None
    if kept and kept.is_file():
        return json.loads(kept.read_text(encoding="utf-8"))
    answer = _run(steps, beside, library)
    if "problem" in answer:
        raise SourceProblem(answer["problem"])
    if kept:
        kept.parent.mkdir(exist_ok=True)
        new = kept.with_suffix(f".{os.getpid()}")
        new.write_text(json.dumps(answer["said"], ensure_ascii=False), encoding="utf-8")
        os.replace(new, kept)
    return answer["said"]


def _run(steps: list[Step], beside: Mapping[str, bytes], library: Path) -> dict[str, Any]:
    environment = {name: value for name, value in os.environ.items() if name != "BNLAB_GRADED"}
    paths = [str(library.parent), *filter(None, [environment.get("PYTHONPATH")])]
    environment |= {
        "MPLBACKEND": "Agg",
        "PYTHONPATH": os.pathsep.join(paths),
        **dict.fromkeys(THREADS, "1"),  # sums in the same order, hence the same digits
    }
    with tempfile.TemporaryDirectory(prefix="bnlab-measure-") as folder:
        for name, raw in beside.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(raw)
        try:
            done = subprocess.run(
                [sys.executable, "-m", __name__],
                cwd=folder,
                env=environment,
                input=json.dumps([asdict(step) for step in steps]),
                capture_output=True,
                text=True,
                timeout=SECONDS,
            )
            return json.loads(done.stdout)
        except subprocess.TimeoutExpired:
            return {"problem": f"the notebook runs for more than {SECONDS} s with these inputs"}
        except ValueError:
            last = (done.stderr.strip() or "no message").splitlines()[-1]
            return {"problem": f"the notebook could not be run with these inputs: {last}"}


def _key(steps: list[Step], beside: Mapping[str, bytes]) -> str:
    what = {
        "steps": [(step.kind, step.text) for step in steps],
        "beside": {name: hashlib.sha256(raw).hexdigest() for name, raw in sorted(beside.items())},
        "python": platform.python_version(),
        "libraries": {name: version_of(name) for name in LIBRARIES},
    }
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()


def _is_prose(cell: NotebookNode) -> bool:
    return cell.cell_type == "markdown" and "nbgrader" not in cell.metadata


def _marks(cell: NotebookNode) -> Iterator[re.Match[str]]:
    return _MARK.finditer(cell.source)


def _answer(steps: list[dict[str, str]]) -> dict[str, Any]:
    """In the process of its own: run and evaluate."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    said = []
    for step in steps:
        text = step["text"]
        try:
            if step["kind"] == RUN:
                exec(compile(text, "<cell>", "exec"), namespace)
            else:
                said.append(eval(f"f'''{{{text}}}'''", namespace))
        except AssertionError as failed:
            return {"problem": f"with these inputs it is not so that {failed}; choose another seed"}
        except Exception as error:
            where = "the code" if step["kind"] == RUN else "the expression"
            line = text.strip().splitlines()[0]
            return {"problem": f"{where} {line!r} raises {type(error).__name__} with these inputs: {error}"}
    return {"said": said}


def _main() -> None:
    steps = json.load(sys.stdin)
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answer, open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)  # the notebook prints
        json.dump(_answer(steps), answer)


if __name__ == "__main__":
    _main()
