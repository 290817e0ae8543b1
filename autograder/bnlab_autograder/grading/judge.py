"""Phase 2 as seen from outside: ``Judge`` owns a judge process, hands it jobs, and replaces it if it dies."""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from functools import lru_cache
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import bnlab
import bnlab_solutions
import numpy as np

from bnlab_autograder import __version__, diagnosis, sandbox
from bnlab_autograder.curriculum import STAGES, stage_named
from bnlab_autograder.grading.job import Job, Verdict, packed, unpacked
from bnlab_autograder.sandbox import Limits
from bnlab_autograder.sandbox.zygote import PRELOAD

LIMITS = Limits(cell_seconds=30.0, notebook_seconds=120.0, call_seconds=5.0)
START_SECONDS = 60.0
SPARE_SECONDS = 30.0  # beyond what a job's own limits allow
LIBRARY = (  # of the course: imported once, before any submission
    "bnlab",
    "bnlab.checks",
    "bnlab.validate",
    "bnlab.plots.statistics",
    "bnlab.plots.backward",
    "bnlab.plots.spatial",
)
NOT_FOR_STUDENTS = ("bnlab_solutions", "bnlab_autograder")  # packages that student code must not find


class JudgeFailed(RuntimeError):
    """The judge itself could not do its work; the submission is not to blame, and has no verdict."""


class JudgeUnavailable(JudgeFailed):
    """No judge can be started here; the text says why. No submission can be graded."""


class Judge:
    """A judge process. Not to be shared between threads.

    Parameters
    ----------
    hidden : Path
        The folder of hidden cases.
    mutants : Path
        The folder of known mistakes, by which a mistake gets its name.
    tier : str, optional
        The walls that student code runs behind: the best there are, if not given.
    memory_mb : int
        The most memory the judge itself may use.
    processor : int, optional
        Where it stays, with all student code. Judge and student code take turns, a hundred times for a submission: on
        one processor that costs a tenth less than across two.
    """

    def __init__(
        self,
        hidden: Path,
        mutants: Path,
        *,
        tier: str | None = None,
        memory_mb: int = 4096,
        processor: int | None = None,
    ):
        self.hidden, self.mutants, self.tier, self.memory_mb = hidden, mutants, tier, memory_mb
        self.processor = processor
        self._process: subprocess.Popen | None = None
        self._connection: Connection | None = None
        self._ready = self._ended = False
        self.used = time.monotonic()  # last, as far as its owner says

    def __enter__(self) -> Judge:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def judge(self, job: Job) -> Verdict:
        """Execute and judge ``job``. Raises JudgeFailed if the judge dies over it twice."""
        for attempt in (1, 2):
            try:
                answer = self._ask(job)
            except (EOFError, OSError, TimeoutError) as problem:
                self.close()
                if self._ended:
                    raise JudgeFailed("grading was stopped") from None
                if attempt == 2:
                    raise JudgeFailed(
                        f"the judge ended twice over this submission ({_words(problem)})"
                    ) from None
                continue
            if "problem" in answer:
                raise JudgeFailed(f"{answer['problem']}\n{answer['traceback']}".strip())
            return Verdict.from_dict(answer["verdict"])
        raise AssertionError

    def launch(self) -> None:
        """Start the process if it does not run, and let it warm up by itself."""
        if self._process is not None:
            return
        ours, theirs = socket.socketpair()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bnlab_autograder.grading.judge_process", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env={**os.environ, **ENVIRONMENT},
            process_group=0,  # an interrupt from the keyboard is for the one who hands out the jobs
        )
        theirs.close()
        self._connection, self._ready = Connection(ours.detach()), False
        settings = {
            "hidden": str(self.hidden.resolve()),
            "mutants": str(self.mutants.resolve()),
            "memory_mb": self.memory_mb,
            "processor": self.processor,
            "zygote": zygote_settings(self.tier),
        }
        with contextlib.suppress(OSError):  # it has ended already; start() says so
            self._connection.send_bytes(packed(settings))

    def start(self) -> None:
        """Start the process if it does not run, and wait until it is warm. The first job would do so, too.

        Raises JudgeUnavailable if it does not come up, and did not when tried once more.
        """
        for attempt in (1, 2):
            self.launch()
            if self._ready:
                return
            try:
                answer = self._receive(START_SECONDS)
            except (EOFError, OSError, TimeoutError):
                answer = {"problem": "its process ended or hung while it started", "traceback": ""}
                if attempt == 1 and not self._ended:
                    self.close()
                    continue
            if "problem" in answer:
                self.close()
                raise JudgeUnavailable(
                    f"the judge could not start: {answer['problem']}\n{answer['traceback']}".strip()
                )
            self._ready = True

    def hang_up(self) -> None:
        """Let the process end by itself, with everything that it has started; ``close`` waits for that."""
        self._ready = False
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def close(self) -> None:
        """End the process and everything that it has started."""
        self.hang_up()
        if self._process is not None:
            process, self._process = self._process, None
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(3)
            process.kill()
            process.wait()

    def stop(self) -> None:
        """End the process at once and for good, from any thread: a job in progress raises JudgeFailed."""
        self._ended = True
        process = self._process
        if process is not None:
            process.kill()

    def _ask(self, job: Job) -> dict[str, Any]:
        self.start()
        self._connection.send_bytes(packed(job.to_dict()))
        cases = 40 * len(job.exercises)
        return self._receive(
            job.limits["notebook_seconds"] * 2 + job.limits["call_seconds"] * cases + SPARE_SECONDS
        )

    def _receive(self, seconds: float) -> dict[str, Any]:
        if not self._connection.poll(seconds):
            raise TimeoutError("no answer in time")
        return unpacked(self._connection.recv_bytes())


def zygote_settings(tier: str | None) -> dict[str, Any]:
    """What student code finds in grading; parameters of ``Zygote``."""
    return {
        "tier": tier,
        "preload": [*PRELOAD, *LIBRARY],
        "packages": [str(Path(bnlab.__file__).parent)],
        "hidden": list(NOT_FOR_STUDENTS),
        "environment": {"BNLAB_GRADED": "1"},
    }


# One thread for BLAS: submissions run side by side, and a verdict must not depend on the number of cores.
ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


def environment_of(stage: str, hidden: Path, mutants: Path, tier: str) -> str:
    """A digest of what decides about verdicts of ``stage`` besides the submission: cases, code, versions, tier.

    Of the mutants only those count whose mistake is made in an exercise of the stage, or that its cases name.
    """
    parts: dict[str, str] = {
        "tier": tier,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "machine": platform.machine(),
        "version": __version__,
        "sandbox": sandbox.__version__,
        "cases": digest_of(cases_of(stage, hidden)),
        "reference": _package_digest(bnlab_solutions.__file__),
        "course": _package_digest(bnlab.__file__),
        "mutants": digest_of(mutants_of(stage, hidden, mutants)),
        "judge": digest_of(
            Path(__file__).parent / name for name in ("cases.py", "judge_process.py", "job.py")
        ),
        "diagnosis": _package_digest(diagnosis.__file__),
    }
    return hashlib.sha256(packed(parts)).hexdigest()


def cases_of(stage: str, hidden: Path) -> list[Path]:
    """The files that hold the hidden cases of ``stage``, the modules that they share, and cases that they rest on."""
    shared = [path for path in sorted(hidden.glob("*.py")) if not path.name.startswith("test_")]
    return [*(hidden / f"test_{name}.py" for name in stages_behind(stage, hidden)), *shared]


def stages_behind(stage: str, hidden: Path) -> list[str]:
    """``stage``, and the stages whose exercises may excuse a fault in it: those that its cases name, and so on."""
    behind = [stage_named(stage).name]
    for name in behind:
        path = hidden / f"test_{name}.py"
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        behind += [
            other.name
            for other in STAGES
            if other.name not in behind
            and any(re.search(rf"[\"']{exercise}[\"']", text) for exercise in other.exercises)
        ]
    return behind


def mutants_of(stage: str, hidden: Path, mutants: Path) -> list[Path]:
    """The mutants whose mistake is made in an exercise of ``stage``, and those that its cases name."""
    exercises, cases = stage_named(stage).exercises, hidden / f"test_{stage_named(stage).name}.py"
    named = set(re.findall(r"\"(\w+)\"", cases.read_text(encoding="utf-8"))) if cases.exists() else set()
    files = [(path, path.stat()) for path in sorted(mutants.glob("*.py"))]
    return [
        path
        for path, stat in files
        if path.stem in named or _exercise_in(path, stat.st_mtime_ns, stat.st_size) in exercises
    ]


@lru_cache(maxsize=4096)
def _exercise_in(path: Path, _modified: int, _size: int) -> str | None:
    """What a mutant says about where its mistake is made."""
    found = re.search(r'^EXERCISE = "(\w+)"', path.read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else None


def digest_of(paths: Iterable[Path]) -> str:
    """A digest of the names and contents of these files."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(packed({path.name: path.read_bytes()} if path.exists() else {path.name: None}))
    return digest.hexdigest()


@lru_cache
def _package_digest(init_file: str) -> str:
    return digest_of(sorted(Path(init_file).parent.rglob("*.py")))


def _words(problem: BaseException) -> str:
    return str(problem) or {"EOFError": "its process died"}.get(
        type(problem).__name__, type(problem).__name__
    )


def limits_for(overrides: Mapping[str, float] | None = None) -> dict[str, float]:
    """The limits of student code in grading, with some of them changed."""
    return {**LIMITS.to_dict(), **(overrides or {})}
