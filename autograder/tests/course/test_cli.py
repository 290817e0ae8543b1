"""The commands as people and scripts use them."""

import json

import jsonschema
import pytest
from bnlab_autograder import schemas
from bnlab_autograder.assets import assets
from bnlab_autograder.diagnosis.bank import compose, load_bank

from .conftest import STAGE


def test_grade_prints_an_object_per_submission(course, hand_in, bnlab, tmp_path):
    hand_in("ada", "reference")
    hand_in("bob", "stub")
    events = tmp_path / "events.jsonl"
    result = bnlab("grade", "01", "-C", course.root, "--json", "--workers", 1, "--events", events)
    assert result.exit_code == 0, result.output
    assert {one["student"]: one["points"] for one in result.json} == {"ada": STAGE.points, "bob": 0}
    for one in result.json:
        jsonschema.validate(one, schemas.load("grade"))
    kinds = [json.loads(line)["event"] for line in events.read_text().splitlines()]
    assert sorted(kinds) == ["began", "began", "end", "graded", "graded", "start"]

    table = bnlab("grade", "01", "-C", course.root)
    assert "2 graded; 0 new or changed" in table.stdout
    pages = bnlab("feedback", "01", "-C", course.root, "--json")
    assert pages.exit_code == 0
    data = json.loads(pages.stdout)
    jsonschema.validate(data, schemas.load("feedback"))
    assert data["written"] == 2
    log = bnlab("log", "01", "-C", course.root, "--student", "ada", "--json").json
    assert {row["cell"]: row["new"] for row in log} == {
        "check_batch_statistics": 4.0,
        "check_batchnorm_train": 8.0,
    }
    for row in log:
        jsonschema.validate(row, schemas.load("log"))


def test_one_student_alone_is_regraded(course, hand_in, bnlab):
    hand_in("ada", "reference")
    hand_in("bob", "reference")
    result = bnlab("grade", "01", "-C", course.root, "--json", "--student", "bob", "--workers", 1)
    assert [one["student"] for one in result.json] == ["bob"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["grade", "77"], "there is no stage '77'"),
        (["grade", "02"], "has not been released"),
        (["grade", "01"], "no submissions"),
        (["grade", "01", "--student", "nobody"], "there is no submission of nobody"),
        (["grade", "01", "--tier", "Z"], "there is no tier 'Z'"),
        (["feedback", "01"], "nothing graded"),
    ],
)
def test_wrong_use_ends_with_two_and_a_next_step(course, bnlab, arguments, message):
    result = bnlab(*arguments, "-C", course.root)
    assert result.exit_code == 2
    assert message in result.stderr.replace("\n", " ")


def test_a_folder_that_is_no_course(bnlab, tmp_path):
    result = bnlab("grade", "01", "-C", tmp_path)
    assert result.exit_code == 2
    assert "bnlab init" in result.stderr.replace("\n", " ")


@pytest.fixture
def modules(tmp_path):
    """Files to judge: the reference's stage, a mutant, a stub."""
    mutants = load_bank(assets().mutants)
    (tmp_path / "right.py").write_text(compose(None))
    (tmp_path / "wrong.py").write_text(compose(mutants["train_eps_outside_root"]))
    (tmp_path / "stub.py").write_text("def batch_statistics(x):\n    raise NotImplementedError()\n")
    return tmp_path


def test_judge_needs_no_course_folder(bnlab, modules):
    result = bnlab("judge", modules, "--exercise", "batchnorm_train", "-e", "batch_statistics", "--json")
    assert result.exit_code == 0, result.output
    for one in result.json:
        jsonschema.validate(one, schemas.load("judge"))
    found = {(one["file"].rpartition("/")[2], one["exercise"]): one for one in result.json}
    assert found["right.py", "batchnorm_train"]["points"] == 8.0
    assert 0 < found["wrong.py", "batchnorm_train"]["points"] < 8.0
    assert found["wrong.py", "batch_statistics"]["points"] == 4.0
    assert found["stub.py", "batch_statistics"]["status"] == "not implemented"
    assert found["stub.py", "batchnorm_train"]["status"] == "not implemented"


def test_judge_finds_what_a_file_defines(bnlab, modules):
    result = bnlab("judge", modules / "stub.py", "--json")
    assert [one["exercise"] for one in result.json] == ["batch_statistics"]
    later = "from previous_stages import batch_statistics\n\ndef update_running(running, sample, momentum):\n"
    (modules / "later.py").write_text(later + "    return momentum * running + (1 - momentum) * sample\n")
    (own,) = bnlab("judge", modules / "later.py", "--json").json  # what is imported is not its own
    assert (own["exercise"], own["points"]) == ("update_running", own["max_points"])
    shown = bnlab("judge", modules / "wrong.py", "-e", "batchnorm_train")
    assert "large" in shown.stdout


def test_judge_says_what_it_cannot_judge(bnlab, tmp_path):
    (tmp_path / "broken.ipynb").write_text("{")
    (tmp_path / "nothing.py").write_text("x = 1\n")
    (tmp_path / "unfinished.py").write_text("x = 1\ndef f(:\n")
    result = bnlab("judge", tmp_path, "--json")
    assert result.exit_code == 1
    assert "broken.ipynb is not valid JSON" in result.stderr.replace("\n", " ")
    assert "nothing.py defines none" in result.stderr.replace("\n", " ")
    assert "unfinished.py is not valid Python (invalid syntax, line 2)" in result.stderr.replace("\n", " ")
    assert bnlab("judge", tmp_path / "absent.py").exit_code == 2
    assert bnlab("judge", tmp_path / "nothing.py", "-e", "batchnorm").exit_code == 2


def test_every_command_has_help_with_an_example(bnlab):
    for command in ("init", "release", "grade", "feedback", "log", "judge", "verify", "demo", "check"):
        result = bnlab(command, "--help")
        assert result.exit_code == 0
        assert "Example" in result.stdout, command
