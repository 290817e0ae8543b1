"""The benchmark runs both systems on the same submissions and finds the same scores."""

import json

import jsonschema
import pytest
from bnlab_autograder import schemas
from bnlab_autograder.bench.endurance import rates_in
from bnlab_autograder.bench.grading import Comparison
from bnlab_autograder.bench.measure import CommandFailed, Cost, counts_all, run

BURN = "import time\nwhile time.process_time() < 0.3: pass\n"


def test_a_small_run(bnlab):
    result = bnlab("bench", "grading", "-n", 2, "-n", 2, "--stage", "00", "--json")
    assert result.exit_code == 0, result.output
    data = json.loads(result.stdout)
    jsonschema.validate(data, schemas.load("bench-grading"))
    assert data["sizes"] == [2]
    assert data["same_scores"]
    assert data["costs"]["stock"]["2"]["cpu"] > 1
    assert data["costs"]["ours"]["2"]["peak_mb"] > 50


def test_many_in_one_run(bnlab):
    result = bnlab("bench", "endurance", "-n", 6, "--stage", "00", "--json")
    assert result.exit_code == 0, result.output
    data = json.loads(result.stdout)
    jsonschema.validate(data, schemas.load("bench-endurance"))
    assert data["submissions"] == 6
    assert len(data["rates"]) == 1
    assert data["last_over_first"] is None


def test_rates_count_by_hundreds(tmp_path):
    seconds = [k * 0.1 for k in range(100)] + [9.9 + k * 0.2 for k in range(1, 101)] + [100.0]
    events = [{"event": "start", "time": 0}, *({"event": "graded", "time": time} for time in seconds)]
    (tmp_path / "events").write_text("\n".join(map(json.dumps, events)))
    assert rates_in(tmp_path / "events") == pytest.approx([10.0, 5.0])


def test_ratios():
    result = Comparison("02_train_test", cells_cpu=0.05)
    result.costs["stock"] = {20: Cost(22, 22, 200), 40: Cost(42, 42, 200), 100: Cost(102, 102, 210)}
    result.costs["ours"] = {20: Cost(4, 7, 400), 40: Cost(6, 10, 410), 100: Cost(12, 19, 408)}
    data = result.to_dict()
    assert (data["wall_ratio"], data["wall_ratio_at"]) == (7.0, 40)
    assert data["marginal_ratio"] == 10.0
    assert data["fixed_seconds"] == {"stock": 2.0, "ours": 2.0}
    assert data["cpu_per_submission"] == pytest.approx(0.15)
    assert data["cpu_beyond_students_code"] == pytest.approx(0.10)
    assert data["memory_mb_per_submission"] == pytest.approx(0.1)
    result.differences["ada"] = "stock 1, ours 2"
    assert not result.to_dict()["same_scores"]


def test_cpu_of_processes_that_nobody_waits_for_counts(tmp_path):
    if not counts_all():
        pytest.skip("no control group can be made here")
    cost = run(
        ["python3", "-c", f"import os\nif os.fork() == 0:\n  exec({BURN!r})\n  os._exit(0)\n"], cwd=tmp_path
    )
    assert cost.cpu > 0.25


def test_a_command_that_fails_says_why(tmp_path):
    with pytest.raises(CommandFailed, match="no luck"):
        run(["python3", "-c", "raise SystemExit('no luck')"], cwd=tmp_path)
