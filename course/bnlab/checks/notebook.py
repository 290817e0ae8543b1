"""Running a notebook's code cells in a process of their own, and collecting what its checks report.

``run_notebook`` starts ``python -m bnlab.checks.notebook NOTEBOOK EVENTS`` and reads the events that the
process appends to the file EVENTS, a line of JSON each.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from bnlab.checks.report import CheckFailed, Report

POLL = 0.05  # seconds between two looks at the events


class NotANotebook(ValueError):
    """The file cannot be read as a notebook with checks."""


@dataclass
class Outcome:
    """What a notebook's checks reported, and which other cells raised."""

    notebook: Path
    finished: bool = False
    seconds: float = 0.0
    reports: dict[str, Report] = field(default_factory=dict)  # the last one of each exercise
    errors: list[dict[str, Any]] = field(default_factory=list)  # cell, type, message

    @property
    def passed(self) -> bool:
        reports = self.reports.values()
        return self.finished and not self.errors and bool(reports) and all(r.passed for r in reports)

    def to_dict(self) -> dict[str, Any]:
        return {
            "schema": "bnlab-check",
            "version": 1,
            "notebook": str(self.notebook),
            "passed": self.passed,
            "finished": self.finished,
            "seconds": round(self.seconds, 2),
            "exercises": [report.to_dict() for report in self.reports.values()],
            "errors": self.errors,
        }


def code_cells(path: Path) -> list[dict[str, Any]]:
    """The code cells of a notebook: ``source`` and ``tags`` of each. Raises NotANotebook, naming the file."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        cells = [
            {"source": "".join(cell["source"]), "tags": cell.get("metadata", {}).get("tags", [])}
            for cell in data["cells"]
            if cell["cell_type"] == "code"
        ]
    except OSError as problem:
        raise NotANotebook(f"{path} cannot be read: {problem.strerror or problem}") from None
    except (ValueError, LookupError, TypeError, AttributeError):
        raise NotANotebook(f"{path} is not a notebook that Jupyter has saved (format 4)") from None
    if not any(re.search(r"\bcheck\(", cell["source"]) for cell in cells):
        raise NotANotebook(f"{path} holds no cell that calls check(…)")
    return cells


def run_notebook(
    path: Path,
    *,
    timeout: float,
    full: bool = False,
    output: TextIO | None = None,
    progress: Callable[[int, int], None] = lambda cell, of: None,
) -> Outcome:
    """Run the code cells of ``path`` in order, in a fresh process whose working folder is the notebook's.

    Parameters
    ----------
    timeout : float
        Seconds for all cells together.
    full : bool
        Whether experiments run at full length.
    output : file, optional
        Where what the cells print goes.
    progress : callable
        Called with the number of the cell that starts, from 1, and how many there are.
    """
    total = len(code_cells(path))
    outcome = Outcome(path)
    with tempfile.TemporaryDirectory(prefix="bnlab-") as scratch:
        events = Path(scratch) / "events"
        events.touch()
        environment = {
            **os.environ,
            "BNLAB_GRADED": "0" if full else "1",
            "IPYTHONDIR": scratch,
            "MPLBACKEND": "agg",
            "PYTHONIOENCODING": "utf-8",
        }
        started = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "bnlab.checks.notebook", str(path.resolve()), str(events)],
            cwd=path.resolve().parent,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output or subprocess.DEVNULL,
            stderr=output or subprocess.DEVNULL,
            start_new_session=True,
        )
        cell = 0
        try:
            with events.open(encoding="utf-8") as log:
                running = True
                while running:
                    running = process.poll() is None
                    for event in _lines(log):
                        if event["event"] == "cell":
                            cell = event["cell"]
                            progress(cell, total)
                        elif event["event"] == "report":
                            report = Report.from_dict(event["report"])
                            outcome.reports[report.exercise] = report
                        elif event["event"] == "error":
                            outcome.errors.append({key: event[key] for key in ("cell", "type", "message")})
                        elif event["event"] == "end":
                            outcome.finished = True
                    if outcome.finished or not running:
                        break
                    if time.monotonic() - started > timeout:
                        message = f"stopped after {timeout:g} s; --timeout gives it longer"
                        outcome.errors.append({"cell": cell, "type": "Timeout", "message": message})
                        break
                    time.sleep(POLL)
        finally:
            _stop(process)
        timed_out = any(error["type"] == "Timeout" for error in outcome.errors)
        if not outcome.finished and not timed_out:
            message = f"the notebook's process ended early (exit code {process.returncode})"
            outcome.errors.append({"cell": cell, "type": "Crash", "message": message})
        outcome.seconds = time.monotonic() - started
    return outcome


def _lines(log: TextIO) -> Iterator[dict[str, Any]]:
    """The events that have been written in full since the last look."""
    while True:
        position = log.tell()
        line = log.readline()
        if not line.endswith("\n"):
            log.seek(position)
            return
        yield json.loads(line)


def _stop(process: subprocess.Popen) -> None:
    """End the process and what it has started."""
    try:
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)  # the process leads a session of its own
        else:
            process.kill()
    except (ProcessLookupError, PermissionError):
        pass
    process.wait()


def _child(notebook: Path, events: Path) -> None:
    """Run the cells; this is the process of its own."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    from bnlab.checks.run import observers

    class Shell(InteractiveShell):
        def enable_gui(self, gui: str | None = None) -> None:
            """There is no window to serve."""

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    sys.path[0] = str(notebook.parent)
    sys.argv = [str(notebook)]
    with events.open("a", encoding="utf-8") as log:

        def tell(event: str, **data: Any) -> None:
            log.write(json.dumps({"event": event, **data}) + "\n")
            log.flush()

        observers.append(lambda report: tell("report", report=report.to_dict()))
        shell = Shell.instance(config=config)
        for number, cell in enumerate(code_cells(notebook), start=1):
            tell("cell", cell=number)
            result = shell.run_cell(cell["source"], store_history=True)
            error = result.error_before_exec or result.error_in_exec
            if (
                error is not None
                and not isinstance(error, CheckFailed)
                and "raises-exception" not in cell["tags"]
            ):
                message = " ".join(str(error).split())[:300]
                tell("error", cell=number, type=type(error).__name__, message=message)
        tell("end")


if __name__ == "__main__":
    _child(Path(sys.argv[1]), Path(sys.argv[2]))
