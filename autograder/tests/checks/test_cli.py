"""The command ``bnlab`` of students."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import bnlab
import pytest
import typer
from bnlab import cli
from bnlab.checks.notebook import NotANotebook, code_cells
from typer.testing import CliRunner

SETUP = "%matplotlib inline\nimport numpy as np\nfrom bnlab import check, graded\nfrom beside import FACTOR"
GOOD = (
    "def update_running(running, sample, momentum):\n    return momentum * running + (1 - momentum) * sample"
)
BAD = "def update_running(running, sample, momentum):\n    return running"
CHECK = "check('update_running', update_running)"


def notebook(
    folder: Path, *sources: str, name: str = "nb.ipynb", tags: dict[int, list[str]] | None = None
) -> Path:
    (folder / "beside.py").write_text("FACTOR = 2\n", encoding="utf-8")
    cells = [{"cell_type": "markdown", "metadata": {}, "source": ["# check(this)"]}]
    for number, source in enumerate(sources):
        cell = {"cell_type": "code", "metadata": {"tags": (tags or {}).get(number, [])}, "outputs": []}
        cells.append({**cell, "source": source.splitlines(keepends=True), "execution_count": None})
    path = folder / name
    path.write_text(
        json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}), encoding="utf-8"
    )
    return path


def bnlab_command(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "COLUMNS": "100"}
    command = [sys.executable, "-m", "bnlab.cli", *map(str, arguments)]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=environment,
        cwd=cwd,
        timeout=60,
        check=False,
    )


def test_version() -> None:
    done = bnlab_command("--version")
    assert (done.returncode, done.stdout) == (0, f"bnlab {bnlab.__version__}\n")


def test_help_has_examples() -> None:
    assert "bnlab check 01_forward.ipynb" in bnlab_command("--help").stdout
    assert "Example" in bnlab_command("check", "--help").stdout


def test_a_good_notebook(tmp_path: Path) -> None:
    path = notebook(
        tmp_path, SETUP, GOOD, CHECK, "import matplotlib.pyplot as plt; plt.plot([1, 2]); plt.show()"
    )
    before = path.read_bytes()
    done = bnlab_command("check", "nb.ipynb", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "✓ update_running: all" in done.stdout
    assert "Checks of nb.ipynb" in done.stdout
    assert path.read_bytes() == before


def test_a_notebook_with_mistakes(tmp_path: Path) -> None:
    stub = "def relative_error(a, b):\n    raise NotImplementedError()"
    path = notebook(
        tmp_path, SETUP, BAD, CHECK, "print('noise'); 1 / 0", stub, "check('relative_error', relative_error)"
    )
    done = bnlab_command("check", path)
    assert done.returncode == 1
    assert "✗ update_running: to fix" in done.stdout
    assert "· relative_error: not implemented yet" in done.stdout
    assert "code cell 4: ZeroDivisionError: division by zero" in done.stdout
    assert "noise" not in done.stdout + done.stderr
    assert "noise" in bnlab_command("check", "-v", path).stderr


def test_json(tmp_path: Path) -> None:
    path = notebook(
        tmp_path,
        SETUP,
        BAD,
        CHECK,
        GOOD,
        CHECK,
        "assert graded() and FACTOR == 2",
        "1 / 0",
        tags={6: ["raises-exception"]},
    )
    done = bnlab_command("check", "--json", path)
    result = json.loads(done.stdout)
    assert done.returncode == 0, done.stdout
    assert (result["schema"], result["version"], result["passed"], result["finished"]) == (
        "bnlab-check",
        1,
        True,
        True,
    )
    (exercise,) = result["exercises"]  # the last check of an exercise counts
    assert exercise["exercise"] == "update_running"
    assert exercise["checks"][0]["state"] == "passed"
    assert result["errors"] == []


def test_full_length(tmp_path: Path) -> None:
    path = notebook(tmp_path, SETUP, GOOD, CHECK, "assert not graded()")
    assert bnlab_command("check", "--full", path).returncode == 0
    assert bnlab_command("check", path).returncode == 1


def test_a_notebook_that_takes_too_long(tmp_path: Path) -> None:
    path = notebook(tmp_path, SETUP, GOOD, CHECK, "import time; time.sleep(600)")
    done = bnlab_command("check", "--json", "--timeout", "5", path)
    result = json.loads(done.stdout)
    assert done.returncode == 1
    assert result["exercises"][0]["passed"]
    assert not result["finished"]
    assert result["errors"] == [
        {"cell": 4, "type": "Timeout", "message": "stopped after 5 s; --timeout gives it longer"}
    ]


def test_a_notebook_that_ends_its_process(tmp_path: Path) -> None:
    done = bnlab_command("check", notebook(tmp_path, SETUP, "import os; os._exit(7)", CHECK))
    assert done.returncode == 1
    assert "code cell 2: Crash: the notebook's process ended early (exit code 7)" in done.stdout


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "cannot be read"),
        ("not json", "is not a notebook"),
        ('{"worksheets": []}', "is not a notebook"),
        ("[1]", "is not a notebook"),
        ('{"cells": [{"cell_type": "code", "source": ["1 + 1"]}]}', "holds no cell that calls check"),
    ],
)
def test_what_is_no_notebook(tmp_path: Path, content: str | None, problem: str) -> None:
    path = tmp_path / "nb.ipynb"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(NotANotebook, match=problem):
        code_cells(path)
    assert CliRunner().invoke(cli.app, ["check", str(path)]).exit_code == 2


def test_wrong_use() -> None:
    runner = CliRunner()
    for arguments in ([], ["check"], ["nothing"], ["check", "x.ipynb", "--timeout", "soon"]):
        assert runner.invoke(cli.app, arguments).exit_code == 2


# --- commands from other packages ---------------------------------------------------------------------------


def register(app: typer.Typer) -> None:
    @app.command()
    def extra() -> None:
        """From elsewhere."""
        typer.echo("extra!")


def broken(app: typer.Typer) -> None:
    register(app)
    raise RuntimeError("half way")


def leaving(app: typer.Typer) -> None:
    raise SystemExit(4)


def point(function: str, module: str = __name__) -> EntryPoint:
    return EntryPoint("staff", f"{module}:{function}", cli.GROUP)


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> typer.Typer:
    monkeypatch.setitem(sys.modules, "commands_for_tests", sys.modules[__name__])
    app = typer.Typer()
    app.command("check")(lambda: typer.echo("checked"))
    app.command("other")(lambda: None)
    return app


def test_packages_add_commands(app: typer.Typer) -> None:
    cli.load_commands(app, [point("register", "commands_for_tests")])
    assert CliRunner().invoke(app, ["extra"]).output == "extra!\n"


@pytest.mark.parametrize(
    ("function", "module", "reason"),
    [
        ("broken", "commands_for_tests", "RuntimeError: half way"),
        ("leaving", "commands_for_tests", "SystemExit: 4"),
        ("missing", "commands_for_tests", "AttributeError"),
        ("register", "no_such_module_at_all", "ModuleNotFoundError"),
    ],
)
def test_a_broken_package_is_reported(
    app: typer.Typer, function: str, module: str, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.load_commands(app, [point(function, module), point("register", "commands_for_tests")])
    captured = capsys.readouterr()
    assert captured.out == ""
    assert f"{module}:{function}" in captured.err
    assert reason in captured.err
    runner = CliRunner()
    assert runner.invoke(app, ["check"]).output == "checked\n"
    assert runner.invoke(app, ["extra"]).output == "extra!\n"
