"""Before a release is published it is judged, and refused while the answers that it carries are still asked for."""

from __future__ import annotations

import datetime
from dataclasses import replace

import nbformat
import pytest
from bnlab_autograder.curriculum import BY_NAME
from bnlab_autograder.grading.record import Ledger
from bnlab_autograder.release.build import build_release
from bnlab_autograder.release.generate import set_due
from bnlab_autograder.release.manifest import Manifest
from bnlab_autograder.release.proof import NotProved
from bnlab_autograder.release.publish import INSTRUCTOR, Built, Refused, read_files
from bnlab_autograder.release.trial import Trial
from bnlab_autograder.sandbox import probe
from bnlab_autograder.workspace import Workspace

from .conftest import STAGE

pytestmark = pytest.mark.xdist_group("trial")
NEXT = BY_NAME["02_train_test"]
STUB = "raise NotImplementedError()"


@pytest.fixture(scope="module")
def trial():
    with Trial(probe().tier) as trial:
        yield trial


@pytest.fixture
def built(template) -> Built:
    workspace = Workspace(template)
    files = read_files(workspace.release(STAGE.name))
    manifest = Manifest.load(workspace.release(STAGE.name))
    instructor = (workspace.published(STAGE.name) / manifest.version / INSTRUCTOR).read_bytes()
    return Built(manifest, instructor, files, {})


def edited(raw: bytes, exercise: str, old: str, new: str) -> bytes:
    notebook = nbformat.reads(raw.decode(), as_version=4)
    cell = next(
        cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == exercise
    )
    assert old in cell.source
    cell.source = cell.source.replace(old, new)
    return nbformat.writes(notebook).encode()


def test_a_sound_release_passes_its_trial(trial, built):
    trial(built)


def test_an_instructors_notebook_with_a_mistake_is_refused(trial, built):
    wrong = edited(built.instructor, "batch_statistics", "return ", "return 2 * ")
    with pytest.raises(
        NotProved, match=r"the instructor's notebook earns [\d.]+ of 12 points; batch_statistics"
    ):
        trial(replace(built, instructor=wrong))


def test_an_untouched_notebook_that_earns_points_is_refused(trial, built):
    name = f"{STAGE.name}.ipynb"
    easy = edited(built.files[name], "batch_statistics", STUB, "return x.mean(axis=0), x.var(axis=0)")
    with pytest.raises(NotProved, match=r"the untouched notebook earns [\d.]+ points, in batch_statistics"):
        trial(replace(built, files={**built.files, name: easy}))


def test_what_fails_its_trial_is_not_published(workspace):
    def judged(built):
        raise NotProved("no")

    before = read_files(workspace.release(STAGE.name))
    with pytest.raises(NotProved):
        build_release(workspace, STAGE, "2.0.0", judged=judged)
    assert read_files(workspace.release(STAGE.name)) == before
    assert not (workspace.published(STAGE.name) / "2.0.0").exists()


def due_in(workspace: Workspace, stage: str, hours: float) -> None:
    when = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=hours)
    with Ledger(workspace.db_url, workspace.course_id) as ledger, ledger.transaction() as gradebook:
        set_due(gradebook, stage, when)


def test_a_stage_that_carries_answers_waits_until_these_are_no_longer_asked_for(workspace):
    for due in (None, 2):
        if due:
            due_in(workspace, STAGE.name, due)
        with pytest.raises(Refused, match="02_train_test carries answers to 01_forward") as caught:
            build_release(workspace, NEXT)
        assert ("(due 20" in str(caught.value)) == bool(due)
        assert not workspace.release(NEXT.name).exists()
    due_in(workspace, STAGE.name, -1)
    (workspace.root / "extensions.csv").write_text(f"student_id,stage,until,days\nada,{STAGE.name},,7\n")
    with pytest.raises(Refused, match="extended for ada until 20"):
        build_release(workspace, NEXT)
    (workspace.root / "extensions.csv").unlink()
    assert build_release(workspace, NEXT).status == "released"


def test_it_can_be_forced(workspace):
    assert build_release(workspace, NEXT, force=True).status == "released"


def test_a_due_date_reaches_the_gradebook_in_utc(workspace):
    due = datetime.datetime(2027, 1, 31, 23, 59, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))
    build_release(workspace, STAGE, due=due)
    with Ledger(workspace.db_url, workspace.course_id) as ledger, ledger.transaction() as gradebook:
        assert gradebook.find_assignment(STAGE.name).duedate == datetime.datetime(2027, 1, 31, 21, 59)
