"""The proof of the course: what is right earns everything; what is wrong does not, and its mistake gets its name."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from bnlab.checks import HELPERS

from bnlab_autograder.curriculum import STAGE_OF, STAGES, Stage
from bnlab_autograder.diagnosis.bank import compose, load_bank, reference_sources
from bnlab_autograder.diagnosis.rates import visible
from bnlab_autograder.grading.cases import load_points
from bnlab_autograder.grading.files import PUBLIC_SEED
from bnlab_autograder.grading.job import Cell, Job, Verdict
from bnlab_autograder.grading.judge import JudgeFailed, environment_of, limits_for
from bnlab_autograder.grading.run import Pool
from bnlab_autograder.grading.score import ExerciseScore, points_of, score
from bnlab_autograder.grading.store import Store

REFERENCE, STUB, MUTANT, VARIANT = "reference", "stub", "mutant", "variant"
NAMED = 0.95  # of the mutants that lose points; none may be called by another name


@dataclass(frozen=True)
class Subject:
    """Something whose points are known beforehand."""

    kind: str
    name: str
    stage: Stage
    source: str
    exercises: tuple[str, ...]  # that are judged: those that the subject changes, and those that rest on them
    exercise: str | None = None  # of a mutant: where its mistake is made
    mistake: str | None = None  # and what it is called
    expects_full: bool = True


@dataclass
class Proof:
    """What a subject was expected to earn and what it has earned."""

    kind: str
    name: str
    stage: str
    holds: bool
    points: float
    max_points: float
    failed: list[str] = field(default_factory=list)  # "exercise.case"
    problem: str = ""  # where it does not hold: what is wrong
    exercise: str | None = None
    mistake: str | None = None
    visible: str = ""  # of a mutant: the title of the first visible check that fails
    diagnosis: dict[str, list[str]] = field(default_factory=dict)  # mistakes by exercise, the main one first

    @property
    def named(self) -> bool:
        """Whether the mistake of a mutant was recognised, before any other."""
        return self.mistake is not None and self.diagnosis.get(self.exercise, [])[:1] == [self.mistake]

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def subjects(mutants: Path, variants: Path, stages: Iterable[Stage] = STAGES) -> Iterator[Subject]:
    """Everything that ``bnlab verify`` judges: the reference and the stub of each stage, mutants, variants."""
    bank, styles = load_bank(mutants), load_bank(variants)
    for stage in stages:
        everything = stage.exercises
        yield Subject(REFERENCE, "reference", stage, compose(None), everything)
        yield Subject(STUB, "stub", stage, compose(None, _stubs(stage)), everything, expects_full=False)
        for entry in bank.values():
            if STAGE_OF[entry.exercise] == stage:
                full = entry.points == "full"
                yield Subject(
                    MUTANT,
                    entry.name,
                    stage,
                    compose(entry),
                    affected(stage, entry.changed),
                    entry.exercise,
                    None if full else entry.mistake,
                    full,
                )
        for entry in styles.values():
            if any(name in stage.exercises for name in entry.changed):
                yield Subject(VARIANT, entry.name, stage, compose(entry), affected(stage, entry.changed))


def affected(stage: Stage, changed: Iterable[str]) -> tuple[str, ...]:
    """The exercises of ``stage`` whose judgement a change of these functions can touch."""
    reached = set(changed)
    while more := {name for name, uses in _uses().items() if name not in reached and uses & reached}:
        reached |= more
    return tuple(name for name in stage.exercises if name in reached)


@cache
def _uses() -> dict[str, set[str]]:
    """For each reference function the names it reads, and the functions that its cases call beside it."""
    uses: dict[str, set[str]] = {}
    for source in reference_sources():
        for node in ast.parse(source).body:
            if isinstance(node, ast.FunctionDef):
                names = {leaf.id for leaf in ast.walk(node) if isinstance(leaf, ast.Name)}
                uses[node.name] = names | set(HELPERS.get(node.name, ()))
    return uses


def verify(
    found: list[Subject],
    hidden: Path,
    mutants: Path,
    pool: Pool,
    tier: str,
    *,
    store: Store | None = None,
    tell: Callable[[Proof], None] = lambda proof: None,
) -> list[Proof]:
    """Judge every subject and say whether it has earned what it should. Known verdicts are taken from ``store``."""
    environments = {stage.name: environment_of(stage.name, hidden, mutants, tier) for stage in STAGES}
    proofs: list[Proof] = []

    def settle(subject: Subject, verdict: Verdict | JudgeFailed) -> None:
        proof = _proof(subject, verdict, hidden)
        proofs.append(proof)
        tell(proof)

    def jobs() -> Iterator[tuple[tuple[Subject, str], Job]]:
        for subject in found:
            job = _job(subject, environments[subject.stage.name])
            verdict = store.get(job.key) if store else None
            if verdict is not None:
                settle(subject, verdict)
            else:
                yield (subject, job.key), job

    for (subject, key), verdict in pool.map(jobs()):
        if store and isinstance(verdict, Verdict):
            store.put(key, verdict)
        settle(subject, verdict)
    order = {(subject.kind, subject.name, subject.stage.name): place for place, subject in enumerate(found)}
    return sorted(proofs, key=lambda proof: order[proof.kind, proof.name, proof.stage])


def share_named(proofs: Iterable[Proof]) -> float:
    """Which share of the mutants that lose points was recognised."""
    named = [proof.named for proof in proofs if proof.mistake is not None]
    return sum(named) / len(named) if named else 1.0


def uncovered(proofs: Iterable[Proof], hidden: Path) -> list[str]:
    """Hidden cases that no mutant fails: either nothing needs them, or a mutant is missing."""
    failed = {case for proof in proofs if proof.kind == MUTANT for case in proof.failed}
    return [
        f"{exercise}.{case}"
        for stage in STAGES
        if (hidden / f"{stage.name}.toml").exists()
        for exercise, cases in load_points(hidden, stage.name).items()
        for case in cases
        if f"{exercise}.{case}" not in failed
    ]


def _job(subject: Subject, environment: str) -> Job:
    cells = [Cell("source", subject.source)]
    cells += [Cell(f"judge-{name}", "", name) for name in subject.exercises]
    return Job(subject.stage.name, tuple(cells), {}, PUBLIC_SEED, limits_for(), environment)


def _stubs(stage: Stage) -> str:
    """What students start from: every exercise raises NotImplementedError."""
    return "\n\n".join(
        f"def {name}(*args, **kwargs):\n    raise NotImplementedError()" for name in stage.exercises
    )


def _proof(subject: Subject, verdict: Verdict | JudgeFailed, hidden: Path) -> Proof:
    proof = Proof(subject.kind, subject.name, subject.stage.name, False, 0.0, 0.0)
    proof.exercise, proof.mistake = subject.exercise, subject.mistake
    proof.visible = _seen(subject) if subject.kind == MUTANT else ""
    if isinstance(verdict, JudgeFailed):
        proof.problem = f"could not be judged: {verdict}"
        return proof
    exercises = subject.exercises
    points = points_of((*exercises, *(case.exercise for case in verdict.cases)), hidden)
    scores = score(verdict, exercises, points)
    proof.points, proof.max_points = sum(s.points for s in scores), sum(s.max_points for s in scores)
    proof.failed = [f"{one.exercise}.{case.name}" for one in scores for case in one.cases if not case.passed]
    proof.diagnosis = {one.exercise: [m["mistake"] for m in one.diagnosis] for one in scores if one.diagnosis}
    proof.problem = _problem(subject, scores, verdict) or _wrong_name(proof)
    proof.holds = not proof.problem
    return proof


def _seen(subject: Subject) -> str:
    """The first visible check that a mutant fails, run in this process: it is the course's own."""
    names: dict[str, Any] = {"__name__": subject.name}
    exec(subject.source, names)
    return visible(names, subject.exercise)


def _problem(subject: Subject, scores: list[ExerciseScore], verdict: Verdict) -> str:
    """Why the proof does not hold; empty if it does."""
    earned, most = sum(s.points for s in scores), sum(s.max_points for s in scores)
    faults = [f"{case.exercise}.{case.name}: {case.detail}" for case in verdict.cases if case.kind == "fault"]
    if subject.kind in (REFERENCE, VARIANT) and faults:
        return f"a hidden case stumbled: {faults[0]}"
    if subject.kind == STUB:
        return f"an untouched stub earns {earned:g} points" if earned else ""
    if subject.expects_full:
        return f"earns {earned:g} of {most:g} points: {_first_failure(scores)}" if earned != most else ""
    own = next(one for one in scores if one.exercise == subject.exercise)
    return f"earns full marks in {subject.exercise}" if own.points == own.max_points else ""


def _wrong_name(proof: Proof) -> str:
    """What is said about a subject that is not so; a mistake belongs to the exercise in which it is made."""
    wrong = [
        f"{exercise}: {mistake}"
        for exercise, mistakes in proof.diagnosis.items()
        for mistake in mistakes
        if (exercise, mistake) != (proof.exercise, proof.mistake)
    ]
    return f"is said to make a mistake that it does not make ({', '.join(wrong)})" if wrong else ""


def _first_failure(scores: list[ExerciseScore]) -> str:
    return next(f"{one.exercise}.{c.name}: {c.message}" for one in scores for c in one.cases if not c.passed)
