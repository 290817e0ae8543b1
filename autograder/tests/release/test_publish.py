"""Releasing again: over changed sources, over submissions, over a crash."""

from __future__ import annotations

import os
import sqlite3

import pytest
from bnlab_autograder.grading.record import Ledger
from bnlab_autograder.release import publish as publishing
from bnlab_autograder.release.build import build_release
from bnlab_autograder.release.publish import Refused, published_versions, read_files
from bnlab_autograder.workspace import Workspace

from .conftest import STAGE

pytestmark = pytest.mark.filterwarnings("ignore:Object of type:sqlalchemy.exc.SAWarning")  # nbgrader's own


def state(workspace: Workspace) -> dict:
    """Everything that a release may change, down to the bytes."""
    connection = sqlite3.connect(workspace.gradebook)
    try:
        dump = list(connection.iterdump())
    finally:
        connection.close()
    return {
        "release": read_files(workspace.release(STAGE.name)),
        "source": read_files(workspace.source(STAGE.name)),
        "published": list(published_versions(workspace, STAGE.name)),
        "gradebook": dump,
        "left over": sorted(path.name for path in workspace.private.iterdir()),
    }


def grades(workspace: Workspace) -> dict[str, tuple]:
    with Ledger(workspace.db_url, workspace.course_id) as ledger, ledger.transaction() as gradebook:
        notebook = gradebook.find_submission_notebook(STAGE.name, STAGE.name, "ada")
        return {
            grade.name: (grade.auto_score, grade.manual_score, grade.max_score) for grade in notebook.grades
        }


@pytest.fixture
def submitted(workspace) -> Workspace:
    """A course folder in which ada's submission has been graded."""
    with Ledger(workspace.db_url, workspace.course_id) as ledger, ledger.transaction() as gradebook:
        gradebook.add_student("ada")
        gradebook.add_submission(STAGE.name, "ada")
        notebook = gradebook.find_submission_notebook(STAGE.name, STAGE.name, "ada")
        for grade in notebook.grades:
            grade.auto_score, grade.manual_score = (2.0, None) if "check" in grade.name else (None, 1.5)
    return workspace


@pytest.fixture
def reworded(sources):
    """Sources of stage 01 with another sentence in them."""
    sources.edit("```{code-cell}", "A sentence that is new.\n\n```{code-cell}")
    return sources


@pytest.fixture
def repointed(sources):
    """Sources of stage 01 in which a quarter of a point has moved from one exercise to the other."""
    head, tail = "[batch_statistics]\n", "[batchnorm_train]\n"
    text = sources.points.read_text(encoding="utf-8")
    text = text.replace(head, f"{head}one_more = 0.25\n")
    before, _, after = text.partition(tail)
    lines = after.splitlines()
    name, _, points = lines[0].partition(" = ")
    lines[0] = f"{name} = {float(points) - 0.25}"
    sources.points.write_text("\n".join([before + tail.strip(), *lines, ""]), encoding="utf-8")
    return sources


# Versions


def test_without_a_change_nothing_is_done(workspace):
    before = state(workspace)
    report = build_release(workspace, STAGE, note="again")
    assert (report.status, report.version, report.note, report.changes) == ("unchanged", "1.0.0", "", [])
    assert state(workspace) == before


def test_a_change_gets_the_next_number_and_is_told(workspace, reworded):
    report = build_release(workspace, STAGE, files=reworded, note="a clearer sentence")
    assert (report.status, report.version) == ("released", "1.0.1")
    assert "prose" in {change["kind"] for change in report.changes}
    assert b"a clearer sentence" in (workspace.release(STAGE.name) / "manifest.json").read_bytes()
    assert list(published_versions(workspace, STAGE.name)) == ["1.0.0", "1.0.1"]


def test_a_number_stands_for_one_content_for_ever(workspace, reworded):
    build_release(workspace, STAGE, "1.2.0", files=reworded)
    before = state(workspace)
    with pytest.raises(Refused, match=r"1\.0\.0 was released before with other contents; .* such as 1\.2\.1"):
        build_release(workspace, STAGE, "1.0.0", files=reworded)
    assert state(workspace) == before


def test_an_earlier_version_can_be_put_back(workspace, reworded):
    first = read_files(workspace.release(STAGE.name))
    build_release(workspace, STAGE, files=reworded)
    assert build_release(workspace, STAGE, "1.0.0").status == "released"
    assert read_files(workspace.release(STAGE.name)) == first


@pytest.mark.parametrize("version", ["1.0", "v1.0.0", "1.0.0-beta", "01.0.0"])
def test_a_version_is_three_numbers(workspace, version):
    with pytest.raises(ValueError, match="is no version; write three numbers"):
        build_release(workspace, STAGE, version)


@pytest.mark.parametrize("damage", ["release", "source", "gradebook"])
def test_a_damaged_release_is_put_right(workspace, damage):
    before = state(workspace)
    if damage == "gradebook":
        with Ledger(workspace.db_url, workspace.course_id) as ledger, ledger.transaction() as gradebook:
            gradebook.remove_assignment(STAGE.name)
    elif damage == "release":
        (workspace.release(STAGE.name) / "previous_stages.py").unlink()
    else:
        (workspace.source(STAGE.name) / f"{STAGE.name}.ipynb").write_text("{}", encoding="utf-8")
    report = build_release(workspace, STAGE)
    assert (report.status, report.version) == ("released", "1.0.0")
    after = state(workspace)
    assert {key: after[key] for key in ("release", "source")} == {
        key: before[key] for key in ("release", "source")
    }
    assert build_release(workspace, STAGE).status == "unchanged"


def test_a_new_model_answer_reaches_the_instructor_and_not_the_students(workspace, sources):
    before = state(workspace)
    sources.replace(sources.written / f"{STAGE.name}.md", "**Model answer.**", "**Model answer.** Better:")
    report = build_release(workspace, STAGE, files=sources)
    assert (report.status, report.version, report.kept) == ("released", "1.0.0", [])
    assert state(workspace)["release"] == before["release"]
    assert b"Better:" in (workspace.source(STAGE.name) / f"{STAGE.name}.ipynb").read_bytes()
    assert build_release(workspace, STAGE, files=sources).status == "unchanged"


def test_what_was_changed_by_hand_is_replaced_but_kept(workspace, reworded):
    notebook, own = (workspace.source(STAGE.name) / name for name in (f"{STAGE.name}.ipynb", "own.png"))
    notebook.write_bytes(notebook.read_bytes() + b"\n")
    own.write_bytes(b"mine")
    edited = notebook.read_bytes()
    report = build_release(workspace, STAGE, files=reworded)
    (copy,) = report.kept
    assert {p.name: p.read_bytes() for p in (workspace.root / copy).iterdir()} == {
        notebook.name: edited,
        "own.png": b"mine",
    }
    assert not own.exists()


# Submissions


def test_a_new_sentence_leaves_grades_alone(submitted, reworded):
    before = grades(submitted)
    report = build_release(submitted, STAGE, files=reworded)
    assert (report.status, report.submissions, report.grade_again) == ("released", 1, False)
    assert grades(submitted) == before


def test_points_of_submissions_change_only_on_request(submitted, repointed):
    before, marks = state(submitted), grades(submitted)
    with pytest.raises(Refused, match=r"1 submission .* change the points of check_.* --change-points"):
        build_release(submitted, STAGE, files=repointed)
    assert state(submitted) == before

    report = build_release(submitted, STAGE, files=repointed, change_points=True)
    assert (report.version, report.grade_again) == ("1.0.1", True)
    moved = {change["cell"] for change in report.changes if change["kind"] == "points"}
    assert moved == {"check_batch_statistics", "check_batchnorm_train"}
    after = grades(submitted)
    assert {name: one[:2] for name, one in after.items()} == {name: one[:2] for name, one in marks.items()}
    assert after["check_batch_statistics"][2] == marks["check_batch_statistics"][2] + 0.25


def test_points_change_freely_before_the_first_submission(workspace, repointed):
    assert build_release(workspace, STAGE, files=repointed).status == "released"


@pytest.mark.parametrize("change", ["added", "removed"])
def test_cells_of_submissions_are_neither_added_nor_removed(submitted, sources, change):
    text = sources.text.read_text(encoding="utf-8")
    start = text.index('+++ {"question"')
    if change == "added":
        text = (
            text[:start]
            + '+++ {"question": "another", "points": 1}\n\nWrite your answer here.\n\n'
            + text[start:]
        )
        (sources.written / f"{STAGE.name}.md").open("a", encoding="utf-8").write("\n## another\n\nYes.\n")
    else:
        text = text[:start]
        (sources.written / f"{STAGE.name}.md").unlink()
    sources.text.write_text(text, encoding="utf-8")
    before = state(submitted)
    with pytest.raises(Refused, match=r"would (add another|remove \w+); nothing was changed"):
        build_release(submitted, STAGE, files=sources, change_points=True)
    assert state(submitted) == before


# Crashes

RENAMES = 5  # into the published releases; old and new of both folders


def renames_that(crash, at: int):
    """An ``os.rename`` that crashes at the ``at``-th call."""
    real, calls = os.rename, []

    def rename(*arguments, **options):
        calls.append(arguments)
        if len(calls) == at:
            crash()
        return real(*arguments, **options)

    return rename


def disk_full():
    raise OSError("no space left on device")


@pytest.mark.parametrize("at", range(1, RENAMES + 1))
def test_a_failure_leaves_the_old_release_untouched(submitted, reworded, monkeypatch, at):
    before = state(submitted)
    with monkeypatch.context() as broken:
        broken.setattr(publishing.os, "rename", renames_that(disk_full, at))
        with pytest.raises(OSError, match="no space left"):
            build_release(submitted, STAGE, files=reworded)
    assert state(submitted) == before
    assert build_release(submitted, STAGE, files=reworded).version == "1.0.1"


def test_a_gradebook_that_cannot_be_written_leaves_the_old_release_untouched(
    submitted, reworded, monkeypatch
):
    before = state(submitted)
    with monkeypatch.context() as broken:
        broken.setattr(publishing, "register", lambda *arguments: disk_full())
        with pytest.raises(OSError, match="no space left"):
            build_release(submitted, STAGE, files=reworded)
    assert state(submitted) == before


@pytest.mark.parametrize("at", range(1, RENAMES + 1))
def test_a_killed_release_is_completed_by_the_next_one(submitted, reworded, at):
    marks = grades(submitted)
    child = os.fork()
    if child == 0:
        publishing.os.rename = renames_that(lambda: os._exit(9), at)
        build_release(submitted, STAGE, files=reworded)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert build_release(submitted, STAGE, files=reworded).version == "1.0.1"
    assert grades(submitted) == marks
    assert b"A sentence that is new." in (submitted.source(STAGE.name) / f"{STAGE.name}.ipynb").read_bytes()
    assert not [name for name in state(submitted)["left over"] if "swap" in name or "publishing" in name]
