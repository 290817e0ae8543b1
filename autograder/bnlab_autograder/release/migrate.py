"""``bnlab migrate``: another version of a stage, although submissions exist.

A backup of the gradebook first; then cells, points and both folders change together (see ``publish``); then it is
told whose submissions have to be graded again. A crash leaves the old state, the new one, or a mark with which the
next call completes the new one.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bnlab_autograder.grading.cases import load_points
from bnlab_autograder.grading.course import Course
from bnlab_autograder.grading.outdated import Outdated, outdated
from bnlab_autograder.grading.record import Ledger
from bnlab_autograder.release.backup import BACKUPS, back_up
from bnlab_autograder.release.generate import submission_count
from bnlab_autograder.release.handout import write_handout
from bnlab_autograder.release.manifest import Manifest, changes
from bnlab_autograder.release.publish import Built, in_place, put_in_place, read_files
from bnlab_autograder.release.restructure import Restructured, restructure
from bnlab_autograder.workspace import Workspace

MIGRATED, UNCHANGED, PLANNED = "migrated", "unchanged", "planned"


@dataclass
class Migration:
    """What a migration did, or would do."""

    stage: str
    old: str | None  # the version that was in place
    new: str
    status: str  # "migrated", "unchanged" or "planned"
    submissions: int = 0  # that the gradebook holds
    changes: list[dict[str, Any]] = field(
        default_factory=list
    )  # of the release, as ``bnlab release`` tells them
    restructured: Restructured = field(default_factory=Restructured)  # of the submissions
    regrade: list[Outdated] = field(default_factory=list)  # whose submissions have to be graded again
    backup: str | None = None  # below the course folder
    kept: list[str] = field(default_factory=list)  # copies of what had been changed by hand
    handout: str | None = None  # the release as one zip, below the course folder
    warning: str | None = None  # why submissions cannot be graded under it yet

    def to_dict(self) -> dict[str, Any]:
        return {
            "stage": self.stage,
            "old": self.old,
            "new": self.new,
            "status": self.status,
            "submissions": self.submissions,
            "changes": self.changes,
            **self.restructured.to_dict(),
            "regrade": [one.to_dict() for one in self.regrade],
            "backup": self.backup,
            "kept": self.kept,
            "handout": self.handout,
            "warning": self.warning,
        }


def migrate(
    workspace: Workspace,
    built: Built,
    *,
    judged: Callable[[Built], None] | None = None,
    dry_run: bool = False,
    tier: str | None = None,
) -> Migration:
    """Put ``built`` in place and give existing submissions its cells and points.

    Parameters
    ----------
    workspace : Workspace
        In which no publication is left unfinished (``publish.finish_interrupted``).
    built : Built
        A release that was prepared, or one that was published before.
    judged : callable, optional
        Looks at the release before anything is changed; see ``trial.Trial``.
    dry_run : bool
        Say what would happen, and change nothing.
    tier : str, optional
        Of the walls under which submissions are graded: another one means to grade again.
    """
    stage, course = built.stage, Course(workspace)
    present = Manifest.load(workspace.release(stage))
    done = Migration(stage, present.version if present else None, built.manifest.version, UNCHANGED)
    done.changes = changes(present, built.manifest) if present else []
    done.warning = _unfit(course, built)
    with Ledger(workspace.db_url, workspace.course_id) as ledger:
        with ledger.transaction() as gradebook:
            done.submissions = submission_count(gradebook, stage)
        if built.same_as(present) and in_place(workspace, built):
            done.regrade = outdated(course, stage, ledger, tier=tier)
        elif dry_run:
            done.status, done.restructured = PLANNED, _tried(ledger, built)
            done.regrade = outdated(course, stage, ledger, version=built.manifest.version)
        else:
            done.status = MIGRATED
            if done.submissions:
                backup = back_up(workspace.db_url, workspace.private / BACKUPS, _name(done))
                done.backup = backup.relative_to(workspace.root).as_posix()
            met = put_in_place(workspace, built, judged=judged, migrate=True)
            done.restructured, done.kept = met.restructured, list(met.kept)
            done.handout = _hand_out(workspace, built)
            done.regrade = outdated(course, stage, ledger, tier=tier)
    return done


def _hand_out(workspace: Workspace, built: Built) -> str:
    place = workspace.handout(built.stage, built.manifest.version)
    write_handout(place, built.stage, read_files(workspace.release(built.stage)))
    return place.relative_to(workspace.root).as_posix()


def _unfit(course: Course, built: Built) -> str | None:
    """Whether the hidden cases, which belong to the present sources, give other points than this release."""
    cases = load_points(course.hidden, built.stage)
    for name, most in built.manifest.graded.items():
        points = sum(cases.get(name.removeprefix("check_"), {}).values())
        if name.startswith("check_") and points != most:
            return (
                f"the hidden cases here give {name} {points:g} points, release {built.manifest.version} {most:g}; "
                "put the sources of that version back before you grade"
            )
    return None


def _tried(ledger: Ledger, built: Built) -> Restructured:
    """What would change for the submissions: it is done, told, and taken back."""

    class Back(Exception):
        """Ends the transaction without its changes."""

    tried = Restructured()
    try:
        with ledger.transaction() as gradebook:
            if submission_count(gradebook, built.stage):
                tried = restructure(gradebook, built.stage, built.notebook, built.manifest.version)
            raise Back
    except Back:
        return tried


def _name(done: Migration) -> str:
    now = datetime.datetime.now(datetime.UTC)
    return f"{now:%Y%m%dT%H%M%S%fZ}-{done.stage}-{done.old}-to-{done.new}"
