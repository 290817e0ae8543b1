"""The trusted judge: a warm pytest session that executes submissions and runs their hidden cases.

``python -m bnlab_autograder.grading.judge_process FD`` talks over the file descriptor FD with ``judge.Judge``. It
collects the hidden cases once; its test loop then serves one submission after another, so that a submission pays
for its cases and not for the start of pytest. Student code runs in a sandboxed process, of which every case gets a
fresh clone. The verdict is formed here, out of the student's reach. What student code does in the cases is compared
with what known mistakes do in them; those are run here, since they are the course's own.
"""

from __future__ import annotations

import gc
import os
import resource
import sys
import time
import traceback
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from _pytest.outcomes import OutcomeException
from _pytest.runner import runtestprotocol

from bnlab_autograder.diagnosis.bank import load_bank
from bnlab_autograder.diagnosis.catalogue import Catalogue, Probe, generator
from bnlab_autograder.diagnosis.traces import Recorder, Trace
from bnlab_autograder.grading.at_home import AtHome
from bnlab_autograder.grading.cases import Mismatch, cases_of_one, helpers_from, split_name, tracing
from bnlab_autograder.grading.job import CaseResult, Cell, CellRun, Job, Verdict, packed, unpacked
from bnlab_autograder.sandbox import CallTimeout, Died, Limits, SandboxError, Session, StudentError, Zygote

MAX_RESTARTS = 3  # of a notebook whose cells end or hang their process
STOPPED = (CallTimeout, Died, StudentError)  # ways in which student code does not come back as it should
MAX_TIMEOUTS = 2  # of an exercise; its other cases are then not tried
PLAIN_FIXTURES = {"student", "reference", "rng", "request"}  # our own, and what they themselves ask for
PYTEST_OPTIONS = (
    "--import-mode=prepend",
    "-p", "no:cacheprovider",
    "-p", "no:terminal",
    "-p", "no:unraisableexception",
    "-p", "no:threadexception",
    "-p", "no:capture",
    "-p", "no:logging",
    "-p", "no:warnings",
)  # fmt: skip


class Court:
    """The pytest plugin: gives the fixtures of hidden cases, and judges one job after another."""

    def __init__(self, connection: Connection, zygote: Zygote, reference_module: ModuleType, mutants: Path):
        self.connection = connection
        self.zygote = zygote
        self.reference_module = AtHome(reference_module)
        self.kept: dict[str, Any] = {}  # what the cases of an exercise share
        self.items: dict[str, list[pytest.Item]] = defaultdict(list)
        self.execution: Execution | None = None
        self.job: Job | None = None
        self.outcome: BaseException | None = None
        self.trace: Any = None
        self.catalogue = Catalogue(load_bank(mutants), self.probes_of, reference_module)
        self.recorder: Recorder | None = None
        self.recorded: dict[str, Trace] = {}  # what student code does in the cases, by exercise

    # What a hidden case asks for

    @pytest.fixture
    def student(self, request: pytest.FixtureRequest) -> Iterator[Any]:
        with self.execution.session.fork() as clone:
            self.recorder = Recorder(clone.student, split_name(request.node.name)[0], request.node.name)
            yield self.recorder

    @pytest.fixture
    def reference(self) -> AtHome:
        return self.reference_module

    @pytest.fixture
    def rng(self, request: pytest.FixtureRequest) -> np.random.Generator:
        return self.rng_of(request.node)

    def is_plain(self, item: pytest.Function) -> bool:
        """Whether a case asks for nothing but the fixtures above; then it is called without pytest's ceremony, which
        costs more than most cases themselves."""
        known = {*PLAIN_FIXTURES, *_parameters(item)}
        return (
            not item.own_markers
            and known.issuperset(item.fixturenames)
            and "request" not in item._fixtureinfo.argnames
        )

    def call(self, item: pytest.Function) -> None:
        try:
            with self.execution.session.fork() as clone:
                self.recorder = Recorder(clone.student, split_name(item.name)[0], item.name)
                with self.around_a_call():
                    _call(item, student=self.recorder, reference=self.reference_module, rng=self.rng_of(item))
        except (Exception, OutcomeException) as problem:
            self.outcome = problem

    def rng_of(self, item: pytest.Item) -> np.random.Generator:
        return generator(self.job.seed, item.name)

    # How pytest serves

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        for item in session.items:
            self.items[split_name(item.originalname)[0]].append(item)
        ready = {"ready": True, "tier": self.zygote.info["tier"], "items": len(session.items)}
        if not _sent(self.connection, ready):
            return True
        gc.collect()
        gc.freeze()  # what is here now stays; only what a job leaves behind is looked through
        while True:
            try:
                job = Job.from_dict(unpacked(self.connection.recv_bytes()))
            except (EOFError, ConnectionError):
                return True
            try:
                answer = {"verdict": self.judge(job).to_dict()}
            except Exception as problem:
                answer = {
                    "problem": f"{type(problem).__name__}: {problem}",
                    "traceback": traceback.format_exc(),
                }
            if not _sent(self.connection, answer):
                return True

    @contextmanager
    def around_a_call(self) -> Iterator[None]:
        with (
            tracing() as self.trace,
            ExitStack() as self.clones,
            helpers_from(self.student_anew),
            cases_of_one(self.kept, self.another_student),
            np.errstate(all="ignore"),
        ):
            yield

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Iterator[None]:
        with self.around_a_call():
            return (yield)

    def student_anew(self) -> Recorder:
        """Another clone of the student's process; what it does counts as part of the running case."""
        clone = self.clones.enter_context(self.execution.session.fork())
        return self.recorder.beside(clone.student)

    @contextmanager
    def another_student(self) -> Iterator[Recorder]:
        """As ``student_anew``, for the time of a block."""
        with self.execution.session.fork() as clone:
            yield self.recorder.beside(clone.student)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo) -> pytest.TestReport:
        """A report without tracebacks: they would cost more than the case itself."""
        if call.excinfo is not None and self.outcome is None and call.when != "teardown":
            self.outcome = call.excinfo.value
        outcome = "passed" if call.excinfo is None else "failed"
        return pytest.TestReport(
            item.nodeid, item.location, {}, outcome, None, call.when, duration=call.duration
        )

    # Judging

    def judge(self, job: Job) -> Verdict:
        self.job, self.recorded = job, defaultdict(dict)
        verdict = Verdict(tier=self.zygote.info["tier"])
        started = time.monotonic()
        with Execution(self.zygote, job, verdict) as self.execution:
            for cell in job.cells:
                self.execution.run(cell)
                if cell.exercise:
                    cases = self.cases_of(cell.exercise)
                    verdict.cases += cases
                    for name in sorted({source for case in cases for source in case.inherited}):
                        self.judge_excuse(name, cases, verdict)
        failed = {case.exercise for case in verdict.cases if not case.passed}
        looked_at = failed & self.recorded.keys() & set(job.exercises)
        verdict.diagnosis = self.catalogue.diagnose(job.seed, self.recorded, looked_at)
        verdict.alike = self.catalogue.alike(job.seed, self.recorded, looked_at)
        verdict.usage = {**self.execution.usage, "seconds": round(time.monotonic() - started, 3)}
        return verdict

    def judge_excuse(self, name: str, cases: list[CaseResult], verdict: Verdict) -> None:
        """Judge the exercise that others inherit a fault from, as it is now: it may not be what it was when judged."""
        then = {case.name: case for case in verdict.cases if case.exercise == name}
        now = self.cases_of(name)
        if not then:
            verdict.cases += now
        elif any(then[case.name].passed and not case.passed for case in now):
            for case in cases:
                if name in case.inherited:
                    case.passed, case.kind, case.inherited = False, "wrong", []
                    case.detail = f"{name} is not the function any more that was judged before"

    def cases_of(self, exercise: str) -> list[CaseResult]:
        results: list[CaseResult] = []
        self.kept = {}
        defined = self.execution.defines(exercise)
        for item in self.items.get(exercise, ()):
            result = CaseResult(
                exercise, split_name(item.name)[1], False, item.function.says, item.function.topic
            )
            results.append(result)
            if self.execution.session is None:
                result.kind, result.detail = "died", "the notebook ended before this point"
            elif not defined:
                result.kind, result.detail = "missing", f"{exercise} is not defined"
            elif sum(earlier.kind == "time" for earlier in results) >= MAX_TIMEOUTS:
                result.kind, result.detail = "time", "not tried: earlier cases took too long"
            else:
                self.run_case(item, result)
        return results

    def run_case(self, item: pytest.Item, result: CaseResult) -> None:
        self.outcome, self.trace, self.recorder = None, None, None
        started = time.perf_counter()
        if self.is_plain(item):
            self.call(item)
        else:
            runtestprotocol(item, log=False, nextitem=None)  # the next case may be of another module
        result.seconds = round(time.perf_counter() - started, 4)
        result.kind, result.detail, result.where = _explain(self.outcome)
        result.passed = result.kind == "passed"
        if self.trace is not None:
            result.remarks = dict(self.trace.remarks)
            result.inherited = sorted(self.trace.inherited) if result.passed else []
        if self.recorder is not None:
            # A helper may be judged twice; then the first time counts.
            trace = self.recorder.ended(result.passed)
            self.recorded[result.exercise] = trace | self.recorded[result.exercise]
        session = self.execution.session
        if session is not None and not session.alive:
            self.execution.restart()

    def probes_of(self, exercise: str) -> list[Probe]:
        """The hidden cases of an exercise for courses that run in this process."""
        return [Probe(item.name, partial(_call, item)) for item in self.items.get(exercise, ())]


class Execution:
    """Runs a job's cells in a session. A cell that ends or hangs its process is left out when it starts anew."""

    def __init__(self, zygote: Zygote, job: Job, verdict: Verdict):
        self.zygote, self.job, self.verdict = zygote, job, verdict
        self.limits = Limits.from_dict(dict(job.limits))
        self.session: Session | None = None
        self.left_out: set[str] = set()
        self.done: list[Cell] = []
        self.usage: dict[str, float] = {"cpu_seconds": 0.0, "peak_memory_mb": 0.0}
        self.restarts = 0
        self.started = time.monotonic()

    def __enter__(self) -> Execution:
        self._open()
        return self

    def __exit__(self, *_: object) -> None:
        self._close()

    def run(self, cell: Cell) -> None:
        run = CellRun(cell.id)
        self.verdict.cells.append(run)
        if self.session is None:
            return
        try:
            result = self.session.run_cell(cell.source)
        except STOPPED as end:
            run.ok, run.outputs = False, [*getattr(end, "outputs", []), _as_error(end)]
            self.verdict.ended, self.verdict.ended_in = str(end), cell.id
            self.left_out.add(cell.id)
            self.restart()
            return
        self.done.append(cell)
        run.outputs, run.execution_count = result.outputs, result.execution_count
        run.ok, run.seconds = result.ok, round(result.seconds, 4)

    def restart(self) -> None:
        """A new session in which everything that has run so far runs again, but for what ended the old one."""
        while True:
            self._close()
            self.restarts += 1
            if self.restarts > MAX_RESTARTS or time.monotonic() - self.started > self.limits.notebook_seconds:
                return
            self._open()
            for cell in [cell for cell in self.done if cell.id not in self.left_out]:
                try:
                    self.session.run_cell(cell.source)
                except STOPPED:
                    self.left_out.add(cell.id)
                    break
            else:
                return

    def defines(self, name: str) -> bool:
        """Whether the notebook has defined a function of this name."""
        try:
            return self.session is not None and bool(self.session.defined([name]))
        except STOPPED:
            self.restart()
        try:
            return self.session is not None and bool(self.session.defined([name]))
        except STOPPED:
            return False

    def _open(self) -> None:
        self.session = self.zygote.spawn(files=dict(self.job.files), limits=self.limits, plots=self.job.plots)

    def _close(self) -> None:
        if self.session is None:
            return
        session, self.session = self.session, None
        session.close()
        self.usage["cpu_seconds"] = round(self.usage["cpu_seconds"] + session.usage.cpu_seconds, 3)
        self.usage["peak_memory_mb"] = max(self.usage["peak_memory_mb"], session.usage.peak_memory_mb)


def _sent(connection: Connection, message: dict[str, Any]) -> bool:
    """Send a message; False if whoever wanted to know has ended."""
    try:
        connection.send_bytes(packed(message))
    except ConnectionError:
        return False
    return True


def _call(item: pytest.Function, **fixtures: Any) -> None:
    values = {**fixtures, **_parameters(item)}
    item.function(**{name: values[name] for name in item._fixtureinfo.argnames})


def _parameters(item: pytest.Function) -> dict[str, Any]:
    return item.callspec.params if hasattr(item, "callspec") else {}


def _explain(problem: BaseException | None) -> tuple[str, str, str]:
    """Kind, detail and place of what happened to a case; the detail is fit for students."""
    match problem:
        case None:
            return "passed", "", ""
        case Mismatch():
            return "wrong", str(problem), ""
        case AssertionError():  # a plain assert: its text would show the expected numbers
            return "wrong", "", ""
        case StudentError(type_name="NotImplementedError"):
            return "missing", f"{problem.where or 'it'} is not implemented", problem.where or ""
        case StudentError():
            return (
                "error",
                f"{problem.type_name}: {problem.message}" if problem.message else problem.type_name,
                problem.where or "",
            )
        case CallTimeout():
            return "time", str(problem), ""
        case Died() | SandboxError():
            return "died", str(problem), ""
    return "fault", f"the answer could not be used ({type(problem).__name__})", ""


def _as_error(end: Exception) -> dict[str, Any]:
    name = "TimeLimit" if isinstance(end, CallTimeout) else "ProcessEnded"
    return {"output_type": "error", "ename": name, "evalue": str(end), "traceback": [f"{name}: {end}"]}


def main() -> None:
    """Serve until the other side hangs up."""
    connection = Connection(int(sys.argv[1]))
    try:
        settings = unpacked(connection.recv_bytes())
    except (EOFError, ConnectionError):
        return
    hidden = Path(settings["hidden"])
    sys.dont_write_bytecode = True
    if settings["processor"] is not None:
        os.sched_setaffinity(0, {settings["processor"]})
    sys.path.insert(0, str(hidden))
    try:
        import bnlab_solutions

        zygote = Zygote(**settings["zygote"])
    except Exception as problem:
        _sent(connection, {"problem": str(problem), "traceback": traceback.format_exc()})
        sys.exit(1)
    with zygote:
        # Only now: the limit is the judge's own and must not be inherited by students' processes.
        resource.setrlimit(resource.RLIMIT_AS, (settings["memory_mb"] << 20,) * 2)
        court = Court(connection, zygote, bnlab_solutions, Path(settings["mutants"]))
        status = pytest.main(
            [*PYTEST_OPTIONS, f"--rootdir={hidden}", "-c", "/dev/null", str(hidden)], plugins=[court]
        )
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        _sent(
            connection, {"problem": f"the hidden cases in {hidden.name} cannot be collected", "traceback": ""}
        )
        sys.exit(1)


if __name__ == "__main__":
    main()
