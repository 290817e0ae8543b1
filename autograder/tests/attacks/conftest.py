"""The stands on which attacks are tried: one for each kind of judge, made when it is first needed."""

from __future__ import annotations

import os
import shutil
from contextlib import ExitStack

import nbformat
import pytest
from bnlab_autograder.curriculum import stage_named
from bnlab_autograder.demo.classroom import filled
from bnlab_autograder.grading.released import grade_id_of
from bnlab_autograder.release.build import build_release
from bnlab_autograder.sandbox import probe
from bnlab_autograder.workspace import Workspace

from . import container
from .canaries import STAGE
from .stand import BENCHES, Bench, Stand


@pytest.fixture(scope="session")
def master(tmp_path_factory):
    """A course folder with stage 01 released."""
    workspace, _ = Workspace.create(tmp_path_factory.mktemp("course") / "bn", course_id="bn")
    build_release(workspace, stage_named(STAGE), "1.0.0")
    return workspace


@pytest.fixture(scope="session")
def notebooks(master):
    """The released notebook, a solved one, and one in which only the first of two exercises is solved."""
    released = nbformat.read(master.release(STAGE) / f"{STAGE}.ipynb", as_version=4)
    solved = nbformat.read(master.source(STAGE) / f"{STAGE}.ipynb", as_version=4)
    reference = filled(released, solved, stage_named(STAGE))
    half = filled(released, solved, stage_named(STAGE))
    stub = next(cell for cell in released.cells if grade_id_of(cell) == "batchnorm_train")
    next(cell for cell in half.cells if grade_id_of(cell) == "batchnorm_train").source = stub.source
    return {"released": released, "reference": reference, "half": half}


def why_not(bench: Bench) -> str:
    """Why this bench cannot be had here; empty if it can."""
    if bench.ordinary != (os.getuid() != 0) and os.getuid() != 0:
        return "the tests do not run as root"
    if bench.container and (why := container.missing()):
        return f"no stock container's profile: {why}"
    if bench.tier < probe().tier:
        return f"tier {bench.tier} does not hold here: {' '.join(probe().reasons)}"
    return ""


@pytest.fixture(scope="session")
def stand_of(master, notebooks):
    """The stand for a bench, made once; ``anew`` if an attack has made the present one useless."""
    with ExitStack() as stack:
        made: dict[str, ExitStack] = {}
        stands: dict[str, Stand] = {}

        def stand_of(bench: Bench, anew: bool = False) -> Stand:
            if why := why_not(bench):
                pytest.skip(why)
            if anew and bench.name in made:
                made.pop(bench.name).close()
            if bench.name not in made:
                made[bench.name] = stack.enter_context(ExitStack())
                stands[bench.name] = Stand(bench, master.root, notebooks)
                made[bench.name].callback(stands[bench.name].close)
            return stands[bench.name]

        yield stand_of


@pytest.fixture(scope="session")
def best_stand(stand_of):
    """For what does not depend on the walls."""
    return stand_of(next((bench for bench in BENCHES if not why_not(bench)), BENCHES[0]))


@pytest.fixture
def course_folder(master, tmp_path):
    """A fresh copy of the course folder."""
    shutil.copytree(master.root, tmp_path / "course")
    return tmp_path / "course"
