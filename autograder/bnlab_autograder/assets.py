"""Where the course's own files lie: in a checkout of the repository, or inside the installed package."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Assets:
    """The files of the course that are not Python packages, below a folder laid out as the repository is."""

    root: Path

    @property
    def assignments(self) -> Path:
        """A folder for each stage: the source of its notebook as text, its figures."""
        return self.root / "assignments"

    @property
    def hidden(self) -> Path:
        """Hidden cases and their points."""
        return self.root / "autograder" / "hidden"

    @property
    def mutants(self) -> Path:
        return self.root / "autograder" / "mutants"

    @property
    def fresh_mutants(self) -> Path:
        """The names of the mutants that were written after checks and cases were frozen."""
        return self.root / "autograder" / "mutants_fresh.txt"

    @property
    def variants(self) -> Path:
        return self.root / "autograder" / "variants"

    @property
    def written(self) -> Path:
        """Model answers and rubrics of written questions, a file for each stage."""
        return self.root / "solutions" / "written"

    @property
    def pages(self) -> Path:
        return self.root / "course" / "pages"

    @property
    def student_project(self) -> Path:
        """The ``pyproject.toml`` of the student wheel."""
        return self.root / "course" / "pyproject.toml"

    @property
    def library(self) -> Path:
        """The student library: the package ``bnlab`` that this Python imports."""
        package = importlib.util.find_spec("bnlab")
        if package is None or package.origin is None:
            raise ModuleNotFoundError("bnlab is not installed")
        return Path(package.origin).parent


@cache
def assets() -> Assets:
    """The checkout that this package runs from, or else the copy that was installed with it.

    An editable installation leaves a copy in site-packages too; that one grows old, so the checkout goes first.
    """
    package = Path(__file__).resolve().parent
    checkout, installed = Assets(package.parents[1]), Assets(package / "_course")
    for found in (checkout, installed):
        if found.student_project.is_file() and found.assignments.is_dir():
            return found
    raise FileNotFoundError(
        f"the files of the course are missing in {installed.root}; install BNLab again from its repository"
    )
