"""Where jobs are executed and judged: what a pool is, and one of judges on this machine."""

from __future__ import annotations

import itertools
import os
import queue
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol, TypeVar

from bnlab_autograder.grading.job import Job, Verdict
from bnlab_autograder.grading.judge import Judge, JudgeFailed, JudgeUnavailable

Tag = TypeVar("Tag")
Jobs = Iterable[tuple[Tag, Job | None]]
Verdicts = Iterator[tuple[Tag, Verdict | JudgeFailed | None]]
Began = Callable[[Any, str], None]  # takes the tag of a job that is now being judged, and where


class Interrupted(RuntimeError):
    """The run cannot go on; the text says why. What has been recorded stays, and the same command goes on."""


class Pool(Protocol):
    """Whatever executes and judges jobs."""

    def map(self, jobs: Jobs, began: Began = ...) -> Verdicts:
        """The verdict of each job, in the order in which they come. Jobs are drawn only as they can be served.

        A tag without a job comes straight back. Raises JudgeUnavailable if no judge can be started, Interrupted if
        the pool is lost.
        """


def default_workers() -> int:
    """As many judges as there are processors to use."""
    return len(_processors()) or os.cpu_count() or 1


def _processors() -> list[int]:
    """The processors that this process may use, where the system tells."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


class Judges:
    """Judges that are lent to one thread at a time. Where each processor gets one, each stays on its own.

    Parameters
    ----------
    hidden, mutants, tier
        As for ``Judge``.
    count : int
        How many there are.
    """

    def __init__(self, hidden: Path, mutants: Path, *, tier: str | None, count: int):
        self.hidden, self.mutants, self.tier = hidden, mutants, tier
        processors = _processors()
        places = processors if count == len(processors) else [None] * count
        self.all = [Judge(hidden, mutants, tier=tier, processor=place) for place in places]
        self._free: queue.SimpleQueue[Judge] = queue.SimpleQueue()
        for judge in self.all:
            self._free.put(judge)

    def launch(self) -> Judges:
        """Let all of them warm up side by side."""
        for judge in self.all:
            judge.launch()
        return self

    @contextmanager
    def lend(self) -> Iterator[Judge]:
        """A free judge, or the next that becomes free."""
        judge = self._free.get()
        try:
            yield judge
        finally:
            judge.used = time.monotonic()
            self._free.put(judge)

    def close_idle(self, seconds: float) -> None:
        """End those that nobody has borrowed for so long. They start again when they are needed."""
        for _ in self.all:
            with suppress(queue.Empty):
                judge = self._free.get_nowait()
                if time.monotonic() - judge.used > seconds:
                    judge.close()
                self._free.put(judge)

    def stop(self) -> None:
        """End all jobs in progress."""
        for judge in self.all:
            judge.stop()

    def close(self) -> None:
        for judge in self.all:
            judge.hang_up()
        for judge in self.all:
            judge.close()


class LazyPool:
    """A pool that is made when the first job comes: a run in which nothing has changed starts none."""

    def __init__(self, make: Callable[[], AbstractContextManager[Pool]]):
        self._make = make
        self._stack = ExitStack()

    def __enter__(self) -> LazyPool:
        return self

    def __exit__(self, *problem: Any) -> None:
        self._stack.__exit__(*problem)

    def map(self, jobs: Jobs, began: Began = lambda tag, where: None) -> Verdicts:
        source = iter(jobs)
        for tag, job in source:
            if job is None:
                yield tag, None
                continue
            pool = self._stack.enter_context(self._make())
            yield from pool.map(itertools.chain([(tag, job)], source), began)


class LocalPool:
    """Judges in processes of their own, each served by a thread. Parameters: see ``Judges``."""

    def __init__(
        self,
        hidden: Path,
        mutants: Path,
        *,
        workers: int | None = None,
        tier: str | None = None,
        judges: Judges | None = None,
    ):
        self.judges = judges or Judges(hidden, mutants, tier=tier, count=workers or default_workers())
        self._threads = ThreadPoolExecutor(len(self.judges.all), thread_name_prefix="judge")

    def __enter__(self) -> LocalPool:
        return self

    def __exit__(self, kind: type | None, *_: object) -> None:
        if kind is not None:
            self.judges.stop()
        self._threads.shutdown(wait=True, cancel_futures=True)
        self.judges.close()

    def map(self, jobs: Jobs, began: Began = lambda tag, where: None) -> Verdicts:
        source, running = iter(jobs), {}
        while True:
            while len(running) < 2 * len(self.judges.all) and (drawn := next(source, None)) is not None:
                tag, job = drawn
                if job is None:
                    yield tag, None
                else:
                    running[self._threads.submit(self._judge, tag, job, began)] = tag
            if not running:
                return
            done: set[Future] = wait(running, return_when=FIRST_COMPLETED).done
            for future in done:
                yield running.pop(future), future.result()

    def _judge(self, tag: Tag, job: Job, began: Began) -> Verdict | JudgeFailed:
        with self.judges.lend() as judge:
            began(tag, "this machine")
            try:
                return judge.judge(job)
            except JudgeUnavailable:
                raise
            except JudgeFailed as problem:
                return problem
