"""Course folders with a released stage, and sources of that stage that a test may edit."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from bnlab_autograder.assets import Assets, assets
from bnlab_autograder.curriculum import BY_NAME, Stage
from bnlab_autograder.grading.record import Ledger
from bnlab_autograder.release.build import build_release
from bnlab_autograder.workspace import Workspace

STAGE = BY_NAME["01_forward"]


@dataclass(frozen=True)
class Sources(Assets):
    """A copy of the sources of one stage; known mistakes are those of the course."""

    stage: Stage = STAGE

    @property
    def mutants(self) -> Path:
        return assets().mutants

    @property
    def pages(self) -> Path:
        return assets().pages

    @property
    def text(self) -> Path:
        return self.assignments / self.stage.name / f"{self.stage.name}.md"

    @property
    def points(self) -> Path:
        return self.hidden / f"{self.stage.name}.toml"

    def replace(self, path: Path, old: str, new: str) -> None:
        content = path.read_text(encoding="utf-8")
        assert old in content
        path.write_text(content.replace(old, new, 1), encoding="utf-8")

    def edit(self, old: str, new: str) -> None:
        """Change the first place in the notebook's source."""
        self.replace(self.text, old, new)


@pytest.fixture
def sources(tmp_path) -> Sources:
    """The sources of stage 01, to be edited."""
    real, copy = assets(), Sources(tmp_path / "sources")
    for name in ("assignments", "hidden", "written"):
        getattr(copy, name).mkdir(parents=True)
    shutil.copytree(real.assignments / STAGE.name, copy.assignments / STAGE.name)
    shutil.copy(real.hidden / f"{STAGE.name}.toml", copy.points)
    shutil.copy(real.written / f"{STAGE.name}.md", copy.written)
    copy.student_project.parent.mkdir(exist_ok=True)
    shutil.copy(real.student_project, copy.student_project)
    return copy


@pytest.fixture(scope="session")
def template(tmp_path_factory) -> Path:
    """A course folder with an empty gradebook (making one takes seconds) and stage 01 released."""
    workspace, _ = Workspace.create(tmp_path_factory.mktemp("template") / "course", "bn")
    with Ledger(workspace.db_url, workspace.course_id):
        pass
    build_release(workspace, STAGE)
    return workspace.root


@pytest.fixture
def workspace(template, tmp_path) -> Workspace:
    """A course folder in which stage 01 is released as 1.0.0."""
    shutil.copytree(template, tmp_path / "course")
    return Workspace(tmp_path / "course")
