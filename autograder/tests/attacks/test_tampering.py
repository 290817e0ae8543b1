"""Tampered submissions: the score stays the honest one, the instructor hears of it, and the next one is graded."""

from __future__ import annotations

import json
import secrets
import shutil

import nbformat
import pytest

from .canaries import STAGE
from .notebooks import TAMPERINGS
from .stand import strings, with_cell


@pytest.mark.xdist_group("attacks-A-root")
@pytest.mark.parametrize("tampering", TAMPERINGS, ids=lambda tampering: tampering.name)
def test_tampering_gains_nothing(best_stand, tampering):
    stand = best_stand
    stand.canaries.plant()
    folder = stand.course.workspace.submitted / "tamperer" / STAGE
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    remark = f"# {secrets.token_hex(8)}"  # so that no earlier verdict is taken
    notebook = json.loads(nbformat.writes(with_cell(stand.notebooks["half"], remark)))
    tampering.write(folder, f"{STAGE}.ipynb", notebook, stand.course.root)

    data = stand.grade_folders(["tamperer"])["tamperer"]
    assert data["points"] == tampering.earns, data
    if tampering.finding:
        assert tampering.finding in {finding["code"] for finding in data["findings"]}
    assert not stand.canaries.reached("\n".join(strings(data)), "")
    graded = stand.graded_notebook("tamperer")
    nbformat.validate(graded)
    forged = "fetch('/formgrader')"
    assert not any(forged in text for cell in graded.cells for text in strings(cell.get("outputs", [])))
    assert stand.grade({"next": with_cell(stand.notebooks["reference"], remark)})["next"]["points"] == 12
