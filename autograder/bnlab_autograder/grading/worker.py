"""What runs on a Dask worker: a judge per thread, warm from the start, and the task that hands it a job.

A worker needs BNLab and its libraries, but no course folder: hidden cases and mutants come as a bundle. This module
is imported on each worker; so it imports only what judging needs.
"""

from __future__ import annotations

import tempfile
from functools import lru_cache
from pathlib import Path
from typing import Any

from distributed import Worker, get_worker
from distributed.diagnostics.plugin import WorkerPlugin
from tornado.ioloop import PeriodicCallback

from bnlab_autograder.grading.bundle import Bundle
from bnlab_autograder.grading.job import Job
from bnlab_autograder.grading.judge import JudgeUnavailable, environment_of
from bnlab_autograder.grading.pool import Judges

TOPIC = "bnlab-judging"  # of the events that tell which job has begun, and where
IDLE_SECONDS = 300.0  # after which the judges of a worker end; the next job starts them again


class JudgePlugin(WorkerPlugin):
    """Gives every worker its judges, those included that join later.

    It stays when a run ends: another run with the same cases may be using it. Idle judges end by themselves.
    """

    idempotent = True

    def __init__(self, bundle: Bundle, tier: str):
        self.bundle, self.tier, self.name = bundle, tier, f"bnlab-{bundle.digest}-{tier}"

    def setup(self, worker: Worker) -> None:
        folder = Path(
            tempfile.mkdtemp(dir=worker.local_directory, prefix="bnlab-")
        )  # removed with the worker
        self.bundle.unpack(folder)
        self.judges = Judges(
            folder / "hidden", folder / "mutants", tier=self.tier, count=worker.state.nthreads
        ).launch()
        give_judges(worker, self.name, self.judges)
        self.clock = PeriodicCallback(lambda: self.judges.close_idle(IDLE_SECONDS), 1000 * IDLE_SECONDS / 10)
        self.clock.start()

    def teardown(self, worker: Worker) -> None:
        self.clock.stop()
        self.judges.stop()
        self.judges.close()


def give_judges(worker: Worker, name: str, judges: Judges) -> None:
    """Let tasks on a worker find its judges by a name."""
    if not hasattr(worker, "bnlab_judges"):
        worker.bnlab_judges = {}
    worker.bnlab_judges[name] = judges


def judge_job(job: dict[str, Any], name: str) -> dict[str, Any]:
    """The task: a verdict for a job, both as plain data. ``name``: of the judges."""
    worker = get_worker()
    judges: Judges = worker.bnlab_judges[name]
    if _environment(job["stage"], judges.hidden, judges.mutants, judges.tier) != job["environment"]:
        raise JudgeUnavailable(
            f"the worker at {worker.address} has other versions of Python, NumPy or BNLab than this machine; "
            "install the same ones there"
        )
    plain = Job.from_dict(job)
    with judges.lend() as judge:
        worker.log_event(TOPIC, {"key": plain.key, "worker": str(worker.name)})
        return judge.judge(plain).to_dict()


_environment = lru_cache(environment_of)
