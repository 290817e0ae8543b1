"""Jobs spread over Dask: a cluster on this machine by default, or one that runs elsewhere.

A task takes a job and returns its verdict, both plain data, and is keyed by the job's content: however often it is
delivered, there is one verdict. Every worker owns a judge (and with it a zygote) per thread; ``worker.py`` is what
runs there. A worker that dies takes its job with it, and the scheduler gives the job to another one; a job over
which workers keep dying is given up. Hidden cases and mutants travel as a bundle.

The workers of the cluster on this machine are threads of this process: each only waits for its judge, which is a
process of its own, so that more processes would cost their start and give nothing.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dask
from distributed import Client, Future, KilledWorker, LocalCluster, Security, as_completed

from bnlab_autograder.grading.bundle import Bundle
from bnlab_autograder.grading.job import Job, Verdict
from bnlab_autograder.grading.judge import JudgeFailed, JudgeUnavailable
from bnlab_autograder.grading.pool import Began, Interrupted, Jobs, Judges, Verdicts, default_workers
from bnlab_autograder.grading.worker import TOPIC, JudgePlugin, give_judges, judge_job

AHEAD = 2  # jobs per thread that are handed over before the first has come back
LEAST_AHEAD = 16  # elsewhere: so that a cluster without workers sees that some are wanted
COUNT_SECONDS = 2.0  # after which the threads are counted anew: workers come and go
CANCELLED = 3  # times that a job is handed over again after it was lost with a connection
LOST_SECONDS = 15.0  # how long a scheduler that does not answer is waited for

SETTINGS = {
    "distributed.comm.retry.count": 2,
    "distributed.admin.log-format": "%(message)s",
    # Dask looks at itself many times a second; in this process that would cost more than handing out the jobs.
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.system-monitor.interval": "10s",
}


class ClusterLost(Interrupted):
    """The scheduler is gone."""


class DaskPool:
    """A Dask cluster as a pool of judges.

    Parameters
    ----------
    hidden, mutants : Path
        The folders of hidden cases and of known mistakes.
    workers : int, optional
        Of the cluster on this machine; one per processor if not given.
    judges : Judges, optional
        For that cluster, one per worker, if they are there already.
    scheduler : str, optional
        The address of a scheduler elsewhere.
    security : Mapping, optional
        Paths ``ca``, ``cert`` and ``key`` for a scheduler that speaks TLS.
    """

    def __init__(
        self,
        hidden: Path,
        mutants: Path,
        *,
        tier: str,
        workers: int | None = None,
        judges: Judges | None = None,
        scheduler: str | None = None,
        security: Mapping[str, Path] | None = None,
    ):
        self.judges = judges
        self._least = 1 if scheduler is None else LEAST_AHEAD
        self._threads, self._counted = 0, -COUNT_SECONDS
        with contextlib.ExitStack() as stack:
            stack.enter_context(dask.config.set(SETTINGS))
            logging.getLogger("distributed").setLevel(logging.CRITICAL)
            if scheduler is None:
                self._start_here(stack, hidden, mutants, tier, workers)
            else:
                self._connect(stack, scheduler, security)
                plugin = JudgePlugin(Bundle.of(hidden=hidden, mutants=mutants), tier)
                self.client.register_plugin(plugin, name=plugin.name)
                self.name = plugin.name
            self._stack = stack.pop_all()

    def __enter__(self) -> DaskPool:
        return self

    def __exit__(self, kind: type | None, *_: object) -> None:
        if kind is not None and self.judges is not None:
            self.judges.stop()
        self._stack.close()

    def map(self, jobs: Jobs, began: Began = lambda tag, where: None) -> Verdicts:
        source = iter(jobs)
        out: dict[str, _Out] = {}  # jobs that have no verdict yet, by the key of their task
        running = as_completed()

        def submit(key: str) -> None:
            running.add(self.client.submit(judge_job, out[key].job.to_dict(), self.name, key=key))

        def hand_over() -> Verdicts:
            while len(out) < self._ahead() and (drawn := next(source, None)) is not None:
                tag, job = drawn
                if job is None:
                    yield tag, None
                elif (key := f"judge-{job.key}") in out:  # equal submissions are one task
                    out[key].tags.append(tag)
                else:
                    out[key] = _Out(job, [tag])
                    submit(key)

        def on_begin(event: tuple[float, Mapping[str, str]]) -> None:
            task = out.get(f"judge-{event[1]['key']}")
            for tag in task.tags if task else ():
                began(tag, event[1]["worker"])

        self.client.subscribe_topic(TOPIC, on_begin)
        yield from hand_over()
        for future in running:
            task = out[future.key]
            if future.status == "lost":  # with the worker that held its result; it is worked out again
                running.add(future)
            elif future.cancelled():
                task.cancelled += 1
                self._wait_for_scheduler(task)
                submit(future.key)
            else:
                verdict = _verdict_of(future)
                del out[future.key]
                for tag in task.tags:
                    yield tag, verdict
                future.release()
                yield from hand_over()

    @property
    def threads(self) -> int:
        """How many jobs can be judged at the same time, as far as is known."""
        if time.monotonic() - self._counted > COUNT_SECONDS:
            with contextlib.suppress(OSError):  # a lost connection shows in the tasks
                self._threads = sum(self.client.nthreads().values())
            self._counted = time.monotonic()
        return self._threads

    def _ahead(self) -> int:
        return max(AHEAD * self.threads, self._least)

    def _wait_for_scheduler(self, task: _Out) -> None:
        """The client connects again by itself if it can, but forgets its tasks. Raises ClusterLost if it cannot."""
        give_up = time.monotonic() + LOST_SECONDS
        while self.client.status != "running":
            if self.client.status == "closed" or time.monotonic() > give_up:
                raise ClusterLost("the connection to the scheduler was lost")
            time.sleep(0.1)
        if task.cancelled > CANCELLED:
            raise ClusterLost("the scheduler forgets its tasks again and again")

    def _start_here(
        self, stack: contextlib.ExitStack, hidden: Path, mutants: Path, tier: str, workers: int | None
    ) -> None:
        if self.judges is None:
            self.judges = Judges(hidden, mutants, tier=tier, count=workers or default_workers()).launch()
        stack.callback(self.judges.close)
        cluster = LocalCluster(
            n_workers=len(self.judges.all),
            threads_per_worker=1,
            processes=False,
            memory_limit=None,  # students' processes have limits of their own
            dashboard_address=":0",  # none is shown, but a fixed port would be missed where it is taken
            silence_logs=logging.CRITICAL,
        )
        stack.enter_context(cluster)
        self.client = stack.enter_context(Client(cluster))
        self.name = "here"
        for worker in cluster.workers.values():
            give_judges(worker, self.name, self.judges)

    def _connect(
        self, stack: contextlib.ExitStack, scheduler: str, security: Mapping[str, Path] | None
    ) -> None:
        tls = security and Security(
            require_encryption=True,
            tls_ca_file=str(security["ca"]),
            tls_client_cert=str(security["cert"]),
            tls_client_key=str(security["key"]),
        )
        try:
            self.client = stack.enter_context(Client(scheduler, security=tls or None, timeout=LOST_SECONDS))
        except (
            OSError,
            RuntimeError,
            TypeError,
            ValueError,
        ) as problem:  # whatever a wrong address makes it raise
            raise ClusterLost(f"there is no scheduler at {scheduler} ({problem})") from None


@dataclass
class _Out:
    """A job that was handed over, and the tags of all who want its verdict."""

    job: Job
    tags: list[Any]
    cancelled: int = 0


def _verdict_of(future: Future) -> Verdict | JudgeFailed:
    try:
        return Verdict.from_dict(future.result())
    except KilledWorker:
        return JudgeFailed("workers died over it again and again")
    except JudgeUnavailable:
        raise
    except JudgeFailed as problem:
        return problem
