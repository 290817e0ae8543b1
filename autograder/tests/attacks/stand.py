"""The stand: a course folder, canaries, a judge of a certain kind, and a look at what an attack has reached."""

from __future__ import annotations

import contextlib
import copy
import json
import os
import secrets
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import nbformat
from bnlab_autograder.assets import assets
from bnlab_autograder.grading.course import Course
from bnlab_autograder.grading.job import Verdict, packed, unpacked
from bnlab_autograder.grading.judge import ENVIRONMENT, JudgeFailed
from bnlab_autograder.grading.pool import Began, Jobs, Verdicts
from bnlab_autograder.grading.released import grade_id_of
from bnlab_autograder.sandbox.confine import descendants
from bnlab_autograder.workspace import Workspace
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from .canaries import CHECKOUT, PLACES, STAGE, Canaries
from .cells import PRELUDE, Attack
from .cells.attack import MACHINE, PAGE, POINTS, REMAINS, SAID

LIMITS = {
    "cell_seconds": 2.0, "notebook_seconds": 10.0, "call_seconds": 1.0, "cpu_seconds": 8, "memory_mb": 384,
    "processes": 24, "open_files": 128, "file_mb": 8, "disk_mb": 16, "output_mb": 1, "answer_mb": 16,
}  # fmt: skip
# Seconds that an attack may take: its limits, the restarts of its notebook, and a busy machine.
LONGEST = 25.0
NEEDED = (Path(sys.executable).resolve(), CHECKOUT, sys.prefix, os.__file__)  # by whoever judges
PATIENCE = 45.0
SETTLE = 2.0  # seconds in which what has been ended must be gone


@dataclass(frozen=True)
class Bench:
    """Who judges, behind which walls, in which surroundings."""

    name: str
    tier: str
    ordinary: bool = False  # an ordinary user, not root
    container: bool = False  # under a stock container's profile, with the walls left to choose


BENCHES = (
    Bench("A-root", "A"),
    Bench("A-user", "A", ordinary=True),
    Bench("B-root", "B"),
    Bench("B-user", "B", ordinary=True),
    Bench("container", "B", ordinary=True, container=True),
)
WITHOUT_WALLS = Bench("without-walls", "C", ordinary=True)


@dataclass
class Result:
    """What an attack came to: the sign of each goal that was reached, and what was seen."""

    data: dict[str, Any]
    seconds: float
    control: float | None = None  # points of the right solution that was graded next
    reached: dict[str, list[str]] = field(default_factory=dict)
    shown: str = ""  # all that came out: outputs, messages, remarks
    cell_error: str = ""  # the type of the first error in a cell


class Stand:
    """A judge in a process of its own, its course folder, and its canaries."""

    def __init__(self, bench: Bench, course: Path, notebooks: dict[str, NotebookNode]):
        self.bench, self.notebooks = bench, notebooks
        self.uid = _unused_uid() if bench.ordinary and os.getuid() == 0 else os.getuid()
        self.folder = Path(tempfile.mkdtemp(prefix="bnlab-attacks-"))
        self.folder.chmod(0o755)
        self.temporary = self.folder / "tmp"
        self.temporary.mkdir()
        shutil.copytree(course, self.folder / "course")
        for folder, _, files in os.walk(self.folder):
            for path in (folder, *(os.path.join(folder, file) for file in files)):
                os.chown(path, self.uid, -1)
        self.course = Course(Workspace(self.folder / "course"))
        with self.course.ledger():
            pass  # creates the gradebook
        os.chown(self.course.workspace.gradebook, self.uid, -1)
        self.canaries = Canaries(self.course.workspace, self.folder, self.uid)
        self._connection: Connection | None = None
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        self.terms = self.course.terms(STAGE, tier=bench.tier, limits=LIMITS)
        # The sandbox's second layer, for notebooks that draw, comes into being now and stays.
        self.grade({"drawing": with_cell(self.notebooks["reference"], "# with matplotlib")})
        self._own_files = self._files_of_judge()
        self._own_processes = set(descendants(self._process.pid))

    # The judge

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        settings = {
            "tier": None if self.bench.container else self.bench.tier,
            "uid": self.uid,
            "container": self.bench.container,
            "hidden": str(assets().hidden),
            "mutants": str(assets().mutants),
            "needed": [str(path) for path in NEEDED],
        }
        environment = {**os.environ, **ENVIRONMENT, **self.canaries.environment}
        environment |= {
            "TMPDIR": str(self.temporary),
            "HOME": str(self.temporary),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        script = Path(__file__).with_name("court_process.py")
        self._process = subprocess.Popen(
            [sys.executable, str(script), str(theirs.fileno()), json.dumps(settings)],
            pass_fds=[theirs.fileno()],
            env=environment,
            stdin=subprocess.DEVNULL,
            cwd="/",
        )
        theirs.close()
        self._connection = Connection(ours.detach())
        self.about = self._receive()

    def _receive(self) -> dict[str, Any]:
        if not self._connection.poll(PATIENCE):
            raise TimeoutError("the judge does not answer")
        return unpacked(self._connection.recv_bytes())

    def map(self, jobs: Jobs, began: Began = lambda tag, where: None) -> Verdicts:
        """As a pool of judges does it."""
        for tag, job in jobs:
            if job is None:
                yield tag, None
                continue
            self._connection.send_bytes(packed(job.to_dict()))
            answer = self._receive()
            if "problem" in answer:
                yield tag, JudgeFailed(answer["problem"])
            else:
                self.about["judge"] = answer["judge"]
                yield tag, Verdict.from_dict(answer["verdict"])

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(10)
        self._process.kill()
        self._process.wait()
        self.canaries.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    # Attacks

    def grade(self, notebooks: dict[str, NotebookNode]) -> dict[str, dict[str, Any]]:
        """Hand in and grade, one after the other."""
        for student, notebook in notebooks.items():
            folder = self.course.workspace.submitted / student / STAGE
            folder.mkdir(parents=True, exist_ok=True)
            nbformat.write(notebook, folder / f"{STAGE}.ipynb")
        return self.grade_folders(list(notebooks))

    def grade_folders(self, students: list[str]) -> dict[str, dict[str, Any]]:
        outcomes = self.course.grade(STAGE, students, self, terms=self.terms)
        return {outcome.student: outcome.data for outcome in outcomes}

    def attack(self, *attacks: Attack, followed: bool = True) -> Result:
        """Grade a half-solved notebook with the attacks in it, then a right one, and look at what has happened."""
        token = f"token-{secrets.token_hex(8)}"
        self.canaries.plant()
        judge = self.about["judge"]
        notebook = with_attacks(self.notebooks["half"], attacks, self.prelude(token))
        started = time.monotonic()
        data = self.grade({"attacker": notebook})["attacker"]
        result = Result(data, time.monotonic() - started)
        left = self.left(token)
        if followed:
            control = with_cell(self.notebooks["reference"], f"# {token}")  # not the result of an earlier one
            result.control = self.grade({"next": control})["next"]["points"]
        graded = self.graded_notebook("attacker")
        result.shown = "\n".join(
            [*strings([cell.get("outputs", []) for cell in graded.cells]), *strings(data)]
        )
        result.cell_error = next(
            (o.ename for cell in graded.cells for o in cell.get("outputs", []) if o.output_type == "error"),
            "",
        )
        result.reached = self.canaries.reached(
            result.shown, "\n".join(cell.source for cell in notebook.cells)
        )
        for sign, seen in (
            (SAID, ["it says so"] if f"{token} reached" in result.shown else []),
            (REMAINS, left),
            (POINTS, self._points(data, max(attack.earns for attack in attacks))),
            (MACHINE, self._machine(result, judge, followed)),
            (PAGE, [html for html in _panels(graded) if f"<script>{token}" in html or "<img" in html]),
        ):
            if seen:
                result.reached[sign] = seen
        return result

    def prelude(self, token: str) -> str:
        names = self.canaries.names(self.about["judge"], self.temporary, token)
        return "\n".join([*(f"{name} = {value!r}" for name, value in names.items()), PRELUDE])

    def graded_notebook(self, student: str) -> NotebookNode:
        path = self.course.workspace.autograded / student / STAGE / f"{STAGE}.ipynb"
        return nbformat.read(path, as_version=4)

    def left(self, token: str) -> list[str]:
        """Processes and files of an attack that are still there after a moment."""
        until = time.monotonic() + SETTLE
        while (found := [*self._strays(token), *self._files_left(token)]) and time.monotonic() < until:
            time.sleep(0.02)
        return found

    def _points(self, data: dict[str, Any], most: float) -> list[str]:
        with sqlite3.connect(self.course.workspace.gradebook) as book:
            by_hand = book.execute("select count(*) from grade where manual_score is not null").fetchone()[0]
        book.close()
        found = ["points by hand in the gradebook"] if by_hand else []
        return found + ([f"{data['points']} points"] if (data["points"] or 0) > most else [])

    def _machine(self, result: Result, judge: int, followed: bool) -> list[str]:
        found = [f"it took {result.seconds:.1f} s"] if result.seconds > LONGEST else []
        found += ["the judge had to be started anew"] if judge != self.about["judge"] else []
        if followed and result.control != result.data["max_points"]:
            found.append(f"the next submission got {result.control} points")
        return found

    def _strays(self, token: str) -> list[str]:
        known = {*self._own_processes, self._process.pid, self.canaries.process}
        pids = set(descendants(self._process.pid)) - known
        for entry in os.listdir("/proc"):
            if entry.isdigit() and int(entry) not in known:
                with contextlib.suppress(OSError):
                    alone = os.getuid() == 0 and self.uid and os.stat(f"/proc/{entry}").st_uid == self.uid
                    command = Path(f"/proc/{entry}/cmdline").read_bytes()
                    if alone or token.encode() in command:
                        pids.add(int(entry))
        return [f"process {pid} ({name})" for pid in sorted(pids) if (name := _name(pid))]

    def _files_left(self, token: str) -> list[str]:
        found = self._files_of_judge() - self._own_files
        for place in filter(os.path.isdir, PLACES):
            for entry in os.scandir(place):
                with contextlib.suppress(OSError):
                    alone = (
                        self.uid and os.getuid() == 0 and entry.stat(follow_symlinks=False).st_uid == self.uid
                    )
                    if token in entry.name or (alone and entry.path != str(self.folder)):
                        found.add(entry.path)
        return sorted(found)

    def _files_of_judge(self) -> set[str]:
        return {str(path) for path in (*self.temporary.glob("*"), *self.temporary.glob("*/*"))}


def _unused_uid() -> int:
    """A user to whom nothing on this machine belongs, so that whatever does later is an attack's."""
    paths = [*filter(os.path.isdir, PLACES), "/proc"]
    used = {entry.stat(follow_symlinks=False).st_uid for path in paths for entry in _entries(path)}
    return secrets.choice([uid for uid in range(40_000, 60_000) if uid not in used])


def _entries(folder: str) -> Iterator[os.DirEntry]:
    for entry in os.scandir(folder):
        with contextlib.suppress(OSError):  # a process that has just ended
            entry.stat(follow_symlinks=False)
            yield entry


def with_attacks(half_solved: NotebookNode, attacks: Sequence[Attack], prelude: str) -> NotebookNode:
    """The notebook with the attacks' cells in it, below a cell that defines what attacks may use."""
    notebook = copy.deepcopy(half_solved)
    first = 1 + next(
        k for k, cell in enumerate(notebook.cells) if cell.cell_type == "code"
    )  # below the set-up
    own = [new_code_cell(prelude)]
    for attack in attacks:
        if attack.is_answer:
            next(
                cell for cell in notebook.cells if grade_id_of(cell) == "batchnorm_train"
            ).source = attack.source
        else:
            own.append(new_code_cell(attack.source))
    notebook.cells[first:first] = own
    return notebook


def with_cell(notebook: NotebookNode, source: str) -> NotebookNode:
    notebook = copy.deepcopy(notebook)
    notebook.cells.append(new_code_cell(source))
    return notebook


def strings(value: Any) -> Iterator[str]:
    """Every text within a structure of plain data."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for item in value.items() for text in strings(item))
    elif isinstance(value, list | tuple):
        yield from (text for item in value for text in strings(item))


def _panels(notebook: NotebookNode) -> list[str]:
    """What BNLab itself has put into a graded notebook, as HTML."""
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    return [output.data["text/html"] for output in outputs if output.get("metadata", {}).get("bnlab") and
            "text/html" in output.data]  # fmt: skip


def _name(pid: int) -> str:
    """What a process is called; nothing for one that has ended."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    return "" if text.rpartition(")")[2].split()[0] in "ZX" else text.partition("(")[2].rpartition(")")[0]
