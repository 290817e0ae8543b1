"""Jobs spread over Dask: a cluster on this machine by default, or one that runs elsewhere.

A task takes a job and returns its verdict, both plain data, and is keyed by the job's content: however often it is
delivered, there is one verdict. Every worker owns a judge (and with it a zygote) per thread, warm from the first job
on. A worker that dies takes its job with it, and the scheduler gives the job to another one; a job over which two
workers have died is given up. Hidden cases and mutants travel as a bundle.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import dask
from distributed import Client, Future, KilledWorker, LocalCluster, Security, Worker, as_completed, get_worker
from distributed.diagnostics.plugin import WorkerPlugin

from bnlab_autograder.grading.bundle import Bundle
from bnlab_autograder.grading.job import Job, Verdict
from bnlab_autograder.grading.judge import Judge, JudgeFailed, JudgeUnavailable, environment_of
from bnlab_autograder.grading.pool import default_workers
from bnlab_autograder.grading.run import Interrupted

Tag = TypeVar("Tag")
DEATHS = 1  # of workers over one job, before it is given up: the second is the last
AHEAD = 3  # jobs per thread that are handed over before the first has come back

SETTINGS = {
    "distributed.scheduler.allowed-failures": DEATHS,
    "distributed.worker.daemon": False,  # a worker starts judges, and daemons may have no children
    "distributed.comm.timeouts.connect": "10s",
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
    scheduler : str, optional
        The address of a scheduler; a cluster of worker processes on this machine is started without one.
    security : Mapping, optional
        Paths ``ca``, ``cert`` and ``key`` for a scheduler that speaks TLS.
    """

    def __init__(
        self,
        hidden: Path,
        mutants: Path,
        *,
        workers: int | None = None,
        tier: str | None = None,
        scheduler: str | None = None,
        security: Mapping[str, Path] | None = None,
    ):
        self.bundle = Bundle.of(hidden=hidden, mutants=mutants)
        self.tier = tier
        self._stack = contextlib.ExitStack()
        self._stack.enter_context(dask.config.set(SETTINGS))
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        try:
            self.client = self._connect(scheduler, security, workers or default_workers())
            self.client.register_plugin(
                JudgePlugin(self.bundle, tier), name=f"bnlab-judge-{self.bundle.digest}"
            )
        except BaseException:
            self._stack.close()
            raise

    def __enter__(self) -> DaskPool:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(Exception):  # a lost scheduler cannot be asked to forget the plugin
            self.client.unregister_worker_plugin(f"bnlab-judge-{self.bundle.digest}")
        self._stack.close()

    def map(self, jobs: Iterable[tuple[Tag, Job]]) -> Iterator[tuple[Tag, Verdict | JudgeFailed]]:
        """The verdict of each job, in the order in which they come. Jobs are drawn only as they can be served.

        Raises ClusterLost if the scheduler is gone, JudgeUnavailable if workers can start no judge.
        """
        source = iter(jobs)
        tags: dict[str, list[Tag]] = {}
        running = as_completed()
        ahead = AHEAD * max(1, sum(self.client.nthreads().values()))

        def hand_over() -> bool:
            drawn = next(source, None)
            if drawn is None:
                return False
            tag, job = drawn
            key = f"judge-{job.key}"
            tags.setdefault(key, []).append(tag)
            if len(tags[key]) == 1:  # equal submissions are one task
                running.add(
                    self.client.submit(judge_job, job.to_dict(), self.bundle.digest, self.tier, key=key)
                )
            return True

        while len(tags) < ahead and hand_over():
            pass
        for future in running:
            verdict = self._result(future)
            for tag in tags.pop(future.key):
                yield tag, verdict
            future.release()
            while len(tags) < ahead and hand_over():
                pass

    def _connect(self, scheduler: str | None, security: Mapping[str, Path] | None, workers: int) -> Client:
        if scheduler is None:
            cluster = LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                memory_limit=None,  # students' processes have limits of their own
                dashboard_address=None,
                silence_logs=logging.CRITICAL,
            )
            return self._stack.enter_context(Client(self._stack.enter_context(cluster)))
        tls = security and Security(
            require_encryption=True,
            tls_ca_file=str(security["ca"]),
            tls_client_cert=str(security["cert"]),
            tls_client_key=str(security["key"]),
        )
        try:
            return self._stack.enter_context(Client(scheduler, security=tls or None, timeout="15s"))
        except (OSError, TimeoutError, ValueError) as problem:
            raise ClusterLost(f"there is no scheduler at {scheduler} ({problem})") from None

    def _result(self, future: Future) -> Verdict | JudgeFailed:
        if future.status in ("cancelled", "lost"):
            raise ClusterLost("the connection to the scheduler was lost")
        try:
            return Verdict.from_dict(future.result())
        except KilledWorker:
            return JudgeFailed("its worker died over it twice")
        except JudgeUnavailable:
            raise
        except JudgeFailed as problem:
            return problem


class JudgePlugin(WorkerPlugin):
    """Gives a worker a judge per thread, and takes them away again."""

    def __init__(self, bundle: Bundle, tier: str | None):
        self.bundle, self.tier = bundle, tier

    def setup(self, worker: Worker) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="bnlab-cases-"))
        self.bundle.unpack(self.folder)
        self.hidden, self.mutants = self.folder / "hidden", self.folder / "mutants"
        self.local, self.judges = threading.local(), []
        _benches(worker)[self.bundle.digest] = self

    def teardown(self, worker: Worker) -> None:
        _benches(worker).pop(self.bundle.digest, None)
        for judge in self.judges:
            judge.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def judge(self) -> Judge:
        if not hasattr(self.local, "judge"):
            self.local.judge = Judge(self.hidden, self.mutants, tier=self.tier)
            self.judges.append(self.local.judge)
        return self.local.judge


def judge_job(job: dict[str, Any], bundle: str, tier: str) -> dict[str, Any]:
    """The task: a verdict for a job, both as plain data. Runs on a worker."""
    bench = _benches(get_worker())[bundle]
    if environment_of(job["stage"], bench.hidden, bench.mutants, tier) != job["environment"]:
        raise JudgeUnavailable(
            f"the worker at {get_worker().address} has other versions of Python, NumPy or BNLab than this machine; "
            "install the same ones there"
        )
    return bench.judge().judge(Job.from_dict(job)).to_dict()


def _benches(worker: Worker) -> dict[str, JudgePlugin]:
    """A worker's judges by bundle."""
    if not hasattr(worker, "bnlab_benches"):
        worker.bnlab_benches = {}
    return worker.bnlab_benches
