"""Grading in a course folder: what the phases need, taken from the workspace."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from bnlab_autograder.assets import assets
from bnlab_autograder.diagnosis.own_bank import with_own
from bnlab_autograder.grading.cases import load_points
from bnlab_autograder.grading.extensions import FILE as EXTENSIONS
from bnlab_autograder.grading.extensions import Extensions, read_extensions
from bnlab_autograder.grading.graded import Graded, Terms, graded, job_for
from bnlab_autograder.grading.judge import (
    Judge,
    JudgeFailed,
    JudgeUnavailable,
    environment_of,
    limits_for,
    stages_behind,
)
from bnlab_autograder.grading.pool import Interrupted, Pool
from bnlab_autograder.grading.record import GradebookLost, Ledger
from bnlab_autograder.grading.released import NoRelease, Released, publication_mark
from bnlab_autograder.grading.run import Event, Folders, Outcome, grade_stage, left_behind, timestamp_of
from bnlab_autograder.grading.sanitise import Sanitised
from bnlab_autograder.grading.store import Store
from bnlab_autograder.sandbox import probe
from bnlab_autograder.workspace import SETTINGS, Workspace


class NoSubmissions(LookupError):
    """There is nothing to grade; the text names the folder and what is expected in it."""


@dataclass(frozen=True)
class Course:
    """A course folder, as grading sees it."""

    workspace: Workspace

    @classmethod
    def find(cls, path: Path) -> Course:
        """The course folder that holds ``path``. Raises what ``Workspace.find`` raises."""
        return cls(Workspace.find(path))

    @property
    def root(self) -> Path:
        return self.workspace.root

    @cached_property
    def hidden(self) -> Path:
        return assets().hidden

    @cached_property
    def mutants(self) -> Path:
        """The known mistakes, those of the course folder among them. Raises ValueError where these do not fit."""
        return with_own(assets(), self.workspace.mutants, self.workspace.private).mutants

    @cached_property
    def config(self) -> Config:
        """nbgrader's configuration of this course."""
        return PyFileConfigLoader("nbgrader_config.py", path=str(self.root)).load_config()

    @cached_property
    def extensions(self) -> Extensions:
        """Those listed in the folder. Raises ExtensionsProblem."""
        return read_extensions(self.root / EXTENSIONS)

    @property
    def limits(self) -> dict[str, float]:
        """Limits of student code that ``bnlab.toml`` sets, under ``[limits]``. Raises ValueError."""
        path, given = self.root / SETTINGS, self.workspace.settings.get("limits", {})
        known = limits_for()
        for name, value in given.items() if isinstance(given, dict) else [("limits", given)]:
            if name not in known:
                raise ValueError(
                    f"{path}: {name} is no limit; under [limits] there may be {', '.join(known)}"
                )
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
                raise ValueError(f"{path}: {name} = {value!r} is no limit; it must be a number above 0")
        return {name: type(known[name])(value) for name, value in given.items()}

    @property
    def store(self) -> Store:
        return Store(self.workspace.results)

    def ledger(self, waiting: Callable[[str], None] = lambda text: None) -> Ledger:
        return Ledger(
            self.workspace.db_url, self.workspace.course_id, self.config, waiting, extensions=self.extensions
        )

    def released(self, stage: str) -> Released:
        """The present release. Raises NoRelease, also while another is being put in place."""
        if publication_mark(self.workspace.private, stage).exists():
            raise NoRelease(
                f"a release of {stage} is being put in place, or was interrupted then; run: bnlab release {stage}"
            )
        return Released.load(self.workspace.release(stage), self.workspace.published(stage))

    def terms(
        self, stage: str, *, tier: str | None = None, limits: Mapping[str, float] | None = None
    ) -> Terms:
        """What submissions to ``stage`` are graded under now; ``limits`` go before those of ``bnlab.toml``."""
        released = self.released(stage)
        chosen = tier or probe().tier
        seed, _ = self.workspace.seed_for(stage, released.version, released.variant)
        return Terms(
            released,
            self.hidden,
            {
                exercise: cases
                for name in stages_behind(stage, self.hidden)
                for exercise, cases in load_points(self.hidden, name).items()
            },
            seed,
            environment_of(stage, self.hidden, self.mutants, chosen),
            limits_for({**self.limits, **(limits or {})}),
            chosen,
        )

    def students(self, stage: str, wanted: Iterable[str] = ()) -> list[str]:
        """The students who have a submission folder for ``stage``, or those of them that are wanted."""
        present = [student for student, _ in self.workspace.submissions(stage)]
        wanted = list(wanted)
        missing = [student for student in wanted if student not in present]
        if missing:
            raise NoSubmissions(
                f"there is no submission of {', '.join(missing)} in {self._place(stage, missing[0])}"
            )
        if not present:
            raise NoSubmissions(f"no submissions; they are expected as {self._place(stage, 'STUDENT')}")
        return wanted or present

    def grade(
        self,
        stage: str,
        students: list[str],
        pool: Pool,
        *,
        terms: Terms | None = None,
        force: bool = False,
        reason: str | None = None,
        tell: Callable[[Event], None] = lambda event: None,
        stop: Callable[[], bool] = lambda: False,
    ) -> Iterator[Outcome]:
        """Grade these students' submissions to ``stage``; see ``grade_stage``."""
        folders = Folders(self.workspace.submitted, self.workspace.autograded)

        def waiting(text: str) -> None:
            tell({"event": "warning", "text": text})

        try:
            ledger = self.ledger(waiting)
        except GradebookLost as lost:
            raise Interrupted(f"{lost}; mend that") from None
        with ledger:
            yield from grade_stage(
                students,
                folders,
                terms or self.terms(stage),
                ledger,
                self.store,
                pool,
                force=force,
                reason=reason,
                tell=tell,
                stop=stop,
            )
            try:
                ledger.settle(stage)  # of those, too, that were not graded anew
            except GradebookLost as lost:
                raise Interrupted(f"{lost}; mend that") from None

    def grade_one(self, student: str, stage: str, sanitised: Sanitised, judge: Judge) -> Graded:
        """Grade a sanitised submission here and now, or take its verdict from the store. Records nothing."""
        terms = self.terms(stage)
        job = job_for(sanitised, terms)
        verdict, problem = None, None
        if job is not None:
            verdict = self.store.get(job.key)
        if job is not None and verdict is None:
            try:
                verdict = judge.judge(job)
                self.store.put(job.key, verdict)
            except JudgeUnavailable:
                raise
            except JudgeFailed as failure:
                problem = str(failure).splitlines()[0]
        return graded(
            student,
            sanitised,
            verdict,
            terms,
            key=job.key if job else None,
            problem=problem,
            timestamp=timestamp_of(self.workspace.submitted / student / stage),
            reason="nbgrader autograde",
        )

    def prune(self, *, days: float) -> dict[str, int]:
        """Remove results that were not used for so many days, and what crashed runs have left behind."""
        removed = self.store.prune(days=days)
        leftovers = [path for student in self.workspace.autograded.glob("*") for path in left_behind(student)]
        for path in leftovers:
            shutil.rmtree(path, ignore_errors=True)
        sizes = self.store.sizes()
        return {
            "removed": removed,
            "kept": len(sizes),
            "kept_bytes": sum(sizes),
            "left_behind": len(leftovers),
        }

    def _place(self, stage: str, student: str) -> Path:
        return self.workspace.submitted / student / stage / f"{stage}.ipynb"
