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
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dask
from distributed import Client, Future, KilledWorker, LocalCluster, Security, as_completed

from bnlab_autograder.grading.bundle import Bundle
from bnlab_autograder.grading.job import Verdict
from bnlab_autograder.grading.judge import JudgeFailed, JudgeUnavailable
from bnlab_autograder.grading.pool import Began, Interrupted, Jobs, Judges, Verdicts, default_workers
from bnlab_autograder.grading.worker import TOPIC, JudgePlugin, give_judges, judge_job

AHEAD = 2  # jobs per thread that are handed over before the first has come back
LOST_SECONDS = 15.0  # how long a scheduler that does not answer is waited for

SETTINGS = {
    "distributed.comm.timeouts.connect": LOST_SECONDS,
    "distributed.comm.retry.count": 2,
    "distributed.admin.log-format": "%(message)s",
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
        tags: dict[str, list[Any]] = {}  # of the jobs that are out, by key
        running = as_completed()
        ahead = AHEAD * max(1, sum(self.client.nthreads().values()))

        def hand_over() -> Verdicts:
            while len(tags) < ahead and (drawn := next(source, None)) is not None:
                tag, job = drawn
                if job is None:
                    yield tag, None
                    continue
                key = f"judge-{job.key}"
                tags.setdefault(key, []).append(tag)
                if len(tags[key]) == 1:  # equal submissions are one task
                    running.add(self.client.submit(judge_job, job.to_dict(), self.name, key=key))

        def on_begin(event: tuple[float, Mapping[str, str]]) -> None:
            for tag in tags.get(f"judge-{event[1]['key']}", ()):
                began(tag, event[1]["worker"])

        self.client.subscribe_topic(TOPIC, on_begin)
        yield from hand_over()
        for future in running:
            verdict = self._result(future)
            for tag in tags.pop(future.key):
                yield tag, verdict
            future.release()
            yield from hand_over()

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
            dashboard_address=None,
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
        except (OSError, TimeoutError, ValueError) as problem:
            raise ClusterLost(f"there is no scheduler at {scheduler} ({problem})") from None

    def _result(self, future: Future) -> Verdict | JudgeFailed:
        if future.status in ("cancelled", "lost"):
            raise ClusterLost("the connection to the scheduler was lost")
        try:
            return Verdict.from_dict(future.result())
        except KilledWorker:
            return JudgeFailed("workers died over it again and again")
        except JudgeUnavailable:
            raise
        except JudgeFailed as problem:
            return problem
