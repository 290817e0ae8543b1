"""From a submission that nobody can explain to one whose mistake has a name."""

from __future__ import annotations

import os

import jsonschema
import nbformat
import pytest
from bnlab_autograder import schemas
from bnlab_autograder.assets import assets
from bnlab_autograder.diagnosis.bank import load_bank
from bnlab_autograder.diagnosis.own_bank import with_own
from bnlab_autograder.grading.pool import LocalPool
from bnlab_autograder.grading.released import grade_id_of
from nbgrader.api import Gradebook

from .conftest import EXERCISE, KNOWN, RIGHT, SILENT, STAGE, STUDENT

IDENTITY = ("emmy", "noether", "goettingen")


def test_an_unknown_mistake_becomes_a_known_one(course, named, bnlab):
    """The whole way, as a TA goes it."""
    path = named()
    result = bnlab("mutant", "check", path, "--json")
    assert result.exit_code == 0, result.output
    jsonschema.validate(result.json, schemas.load("mutant-check"))
    assert result.json["answer"] == "distinguishable"
    assert f"{EXERCISE}.centred" in [case["case"] for case in result.json["failed"]]
    assert result.json["visible"] == "every feature of out has mean beta"

    result = bnlab("mutant", "accept", path, "--name", "train_median", "--json")
    assert result.exit_code == 0, result.output
    jsonschema.validate(result.json, schemas.load("mutant-accept"))
    assert sorted(os.listdir(course.root / "mutants")) == ["mistakes.md", "train_median.py"]

    assert bnlab("release", "01", "--json").exit_code == 0
    page = (course.workspace.release(STAGE.name) / "mistakes.md").read_text(encoding="utf-8")
    assert '<a id="median-for-mean"></a>The median in the place of the mean' in page
    with LocalPool(course.hidden, course.mutants, workers=1) as pool:
        (outcome,) = course.grade(STAGE.name, [STUDENT], pool)
    (exercise,) = (one for one in outcome.data["exercises"] if one["exercise"] == EXERCISE)
    (mistake,) = exercise["diagnosis"]
    assert (mistake["mistake"], mistake["link"]) == ("median-for-mean", "mistakes.md#median-for-mean")
    assert mistake["message"] == "You centre at the middle value. Look at what is subtracted."

    result = bnlab("mutant", "check", path, "--json")
    assert result.exit_code == 1
    assert (result.json["answer"], result.json["known"]) == ("known", ["median-for-mean"])
    assert result.json["in_notebook"] == "median-for-mean"  # by the fingerprints that the release has


def test_a_draft_says_nothing_about_whose_it_is(course, bnlab, tmp_path):
    result = bnlab(
        "mutant", "draft", "01", "-s", STUDENT, "-e", EXERCISE, "-o", tmp_path / "drafts", "--json"
    )
    jsonschema.validate(result.json, schemas.load("mutant-draft"))
    (path,) = (tmp_path / "drafts").iterdir()
    text = path.read_text(encoding="utf-8")
    assert "np.median" in text
    assert not any(word in f"{path.name} {text}".casefold() for word in IDENTITY)
    assert path.stat().st_mtime == 0


def test_names_that_only_the_gradebook_or_the_roster_knows_are_looked_for(course, drafted):
    with Gradebook(course.workspace.db_url, course.workspace.course_id) as gradebook:
        gradebook.find_student(STUDENT).last_name = "Gamma"
        gradebook.db.commit()
    roster = f"student_id,first_name,last_name\n{STUDENT},Beta,Noether\n"
    (course.root / "roster.csv").write_text(roster, encoding="utf-8")
    code = drafted().read_text(encoding="utf-8").partition("def ")[2]
    assert "gamma" not in code
    assert "beta" not in code


def test_without_a_roster_that_can_be_read_there_is_no_draft(course, bnlab):
    (course.root / "roster.csv").write_text("colour\nred\n", encoding="utf-8")
    result = bnlab("mutant", "draft", "01", "-s", STUDENT, "-e", EXERCISE)
    assert result.exit_code == 2
    assert "roster.csv" in result.output


@pytest.fixture
def rewritten(course):
    """Put other code in the place of the student's, in the graded notebook."""

    def put(code):
        path = course.workspace.autograded / STUDENT / STAGE.name / f"{STAGE.name}.ipynb"
        notebook = nbformat.read(path, as_version=4)
        next(cell for cell in notebook.cells if grade_id_of(cell) == EXERCISE).source = code
        nbformat.write(notebook, path)

    return put


def test_drafting_runs_nothing(rewritten, drafted, tmp_path):
    rewritten(f"def batchnorm_train(x, y=open('{tmp_path}/trap', 'w')):\n    return x")
    path = drafted()
    assert "y=open(" in path.read_text(encoding="utf-8")
    assert not (tmp_path / "trap").exists()


@pytest.mark.parametrize(
    "value",
    [f"0x1{'0' * 9000}", "+".join("x" * 20_000), "(" * 90 + "x" + ")" * 90, "-" * 3000 + "x"],
    ids=["long number", "long sum", "deep", "many signs"],
)
def test_code_that_is_meant_to_break_readers_does_not(rewritten, bnlab, tmp_path, value):
    rewritten(f"def batchnorm_train(x):\n    return {value}")
    result = bnlab("mutant", "draft", "01", "-s", STUDENT, "-e", EXERCISE, "-o", tmp_path)
    assert result.exit_code in (0, 2)
    assert result.exception is None or isinstance(result.exception, SystemExit)


def test_checking_a_draft_keeps_it_behind_the_walls(named, bnlab, tmp_path):
    path = named()
    trap = f"import os, builtins\nos.makedirs('{tmp_path}/trap')\n\n\ndef batchnorm_train("
    path.write_text(path.read_text(encoding="utf-8").replace("def batchnorm_train(", trap), encoding="utf-8")
    bnlab("mutant", "check", path)
    assert not (tmp_path / "trap").exists()


def test_a_lie_from_behind_the_walls_is_not_believed(named, bnlab):
    path = named()
    lie = """
def batchnorm_train(x, gamma, beta, eps):
    import json
    json.dumps = lambda said: '{"visible": "[red]nothing at all", "mistake": "made-up"}'
    return x
"""
    path.write_text(path.read_text(encoding="utf-8") + lie, encoding="utf-8")
    result = bnlab("mutant", "check", path, "--json")
    assert (result.json["visible"], result.json["in_notebook"]) == (None, None)


def test_a_draft_without_words_is_told_what_it_lacks(drafted, bnlab):
    path = drafted()
    result = bnlab("mutant", "check", path, "--json")
    assert result.exit_code == 1
    assert result.json["answer"] == "distinguishable"
    assert result.json["unnamed"] == ["docstring", "MISTAKE", "MESSAGE", "TITLE", "ENTRY", "NOTICE"]
    result = bnlab("mutant", "accept", path)
    assert result.exit_code == 1
    assert "not named yet" in result.stdout


@pytest.mark.parametrize(
    ("student", "answer", "words"),
    [(KNOWN, "known", "the known mistake eps-outside-root"), (SILENT, "silent", "only raises errors")],
)
def test_what_needs_no_new_name_is_not_accepted(course, named, drafted, bnlab, student, answer, words):
    path = named(drafted(student))
    assert bnlab("mutant", "check", path, "--json").json["answer"] == answer
    result = bnlab("mutant", "accept", path)
    assert result.exit_code == 1
    assert words in result.stdout
    assert not (course.root / "mutants").exists()


def test_a_right_answer_gives_no_draft(bnlab, tmp_path):
    for student, exercise, words in (
        (RIGHT, EXERCISE, "earned all points"),
        (STUDENT, "batch_statistics", "earned all points"),
        (STUDENT, "batchnorm_forward", "has no exercise"),
        ("nobody", EXERCISE, "has not been graded"),
        ("../enoether", EXERCISE, "has not been graded"),
    ):
        result = bnlab("mutant", "draft", "01", "-s", student, "-e", exercise, "-o", tmp_path / "drafts")
        assert result.exit_code == 2
        assert words in " ".join(result.output.split())
    assert not (tmp_path / "drafts").exists()


def test_a_draft_in_a_bank_is_refused_and_not_run(course, named, bnlab):
    path, own = named(), course.root / "mutants"
    own.mkdir()
    (own / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(ValueError, match="is a draft"):
        load_bank(own)
    for command in (("release", "01"), ("grade", "01"), ("mutant", "check", path)):
        result = bnlab(*command)
        assert result.exit_code in (1, 2), command
        assert "is a draft" in " ".join(result.output.split()), command


def test_a_mutant_whose_words_are_missing_is_refused(named, tmp_path):
    path = named()
    text = path.read_text(encoding="utf-8").replace("You centre", "TODO: you centre")
    for name in ("DRAFT", "TITLE", "ENTRY", "NOTICE"):
        text = "\n".join(line for line in text.splitlines() if not line.startswith(f"{name} ="))
    bank = tmp_path / "bank"
    bank.mkdir()
    (bank / "train_median.py").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match="still says TODO in its MESSAGE"):
        load_bank(bank)


def test_a_mutant_of_the_bank_can_be_checked_as_well(bnlab):
    """Its own place in the bank does not count against it."""
    result = bnlab("mutant", "check", assets().mutants / "train_eps_outside_root.py", "--json")
    assert result.exit_code == 0
    assert result.json["answer"] == "distinguishable"
    result = bnlab("verify", "--mutant", assets().mutants / "train_eps_outside_root.py", "--json")
    assert result.json["schema"] == "bnlab-mutant-check"


def test_a_course_s_own_mutant_may_not_hide_one_of_bnlab_s(course):
    own = course.root / "mutants"
    own.mkdir()
    name = "train_eps_outside_root.py"
    (own / name).write_text((assets().mutants / name).read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(ValueError, match="has a mutant of that name"):
        with_own(assets(), own, course.workspace.private)
