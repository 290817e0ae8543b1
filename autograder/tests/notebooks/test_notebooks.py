"""The instructor's notebooks run top to bottom as a course: all checks pass, nothing on stderr, in good time."""

import time

import pytest
from bnlab_autograder.curriculum import STAGES
from bnlab_autograder.release.answers import previous_stages_source
from bnlab_autograder.release.build import instructor_notebook
from nbclient import NotebookClient

GRADED_SECONDS = 10  # in graded mode; machines that run other tests beside this one get the double


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_the_instructors_notebook_runs(stage, tmp_path, monkeypatch):
    monkeypatch.setenv("BNLAB_GRADED", "1")
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")  # other tests run beside this one
    (tmp_path / "previous_stages.py").write_text(previous_stages_source(stage), encoding="utf-8")
    notebook = instructor_notebook(stage)
    client = NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(tmp_path)}})
    started = time.monotonic()
    client.execute()
    assert time.monotonic() - started < 2 * GRADED_SECONDS
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            assert output.output_type != "error", cell.source
            assert output.get("name") != "stderr", (cell.source, output.text)
    passed = [
        output.data["text/plain"]
        for cell in notebook.cells
        if cell.get("outputs") and cell.metadata.get("nbgrader", {}).get("grade")
        for output in cell.outputs
        if output.output_type == "display_data"
    ]
    assert len(passed) == len(stage.exercises)
    assert all("checks passed" in text for text in passed)
