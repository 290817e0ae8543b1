"""A variant has other inputs, other numbers in its prose, another hidden seed; and is the same lesson."""

from __future__ import annotations

import json
import re
import shutil

import nbformat
import numpy as np
import pytest
import typer
from bnlab_autograder import schemas
from bnlab_autograder.assets import assets
from bnlab_autograder.bench.numbers import alike
from bnlab_autograder.cli import release, verify
from bnlab_autograder.curriculum import BY_NAME, STAGES
from bnlab_autograder.demo.classroom import filled, write
from bnlab_autograder.grading.course import Course
from bnlab_autograder.grading.pool import LocalPool
from bnlab_autograder.release import measure as measuring
from bnlab_autograder.release.answers import SourceProblem
from bnlab_autograder.release.build import build_release, prepare
from bnlab_autograder.release.manifest import Manifest
from bnlab_autograder.release.measure import MEASURED
from bnlab_autograder.release.notebook import Source, instructor_notebook
from bnlab_autograder.release.publish import Built, Refused, read_files
from bnlab_autograder.release.variant import Variant, variant_of
from bnlab_autograder.workspace import SETTINGS, Workspace
from jsonschema import validate
from typer.testing import CliRunner

from .conftest import STAGE

pytestmark = pytest.mark.xdist_group("variants")
OTHER = BY_NAME["00_warmup"]
TRAINED = (
    "04_spatial",
    "05_networks",
    "06_covariate_shift",
    "07_landscape",
)  # other processors, other digits: make numbers measures them
AUTUMN = f"""
[variants.autumn-2027]
seed = 7

[variants.autumn-2027.{STAGE.name}]
examples = 1500
"""


def text_of(stage) -> str:
    """The source; empty if there is none."""
    path = assets().assignments / stage.name / f"{stage.name}.md"
    return path.read_text(encoding="utf-8") if path.is_file() else ""


PRESENT = [stage for stage in STAGES if text_of(stage)]
VARYING = [stage for stage in PRESENT if "\n  parameters:" in text_of(stage).split("\n---\n")[0]]


def say(workspace: Workspace, text: str) -> Workspace:
    """Add to ``bnlab.toml``. Returns the course folder, read anew."""
    with (workspace.root / SETTINGS).open("a", encoding="utf-8") as file:
        file.write(text)
    return Workspace(workspace.root)


def hand_in(workspace: Workspace, student: str = "ada") -> None:
    notebooks = (
        nbformat.read(folder / f"{STAGE.name}.ipynb", as_version=4)
        for folder in (workspace.release(STAGE.name), workspace.source(STAGE.name))
    )
    write(workspace.submitted / student / STAGE.name, STAGE.name, filled(*notebooks, STAGE))


@pytest.fixture(scope="module")
def folder(template, tmp_path_factory) -> Workspace:
    """A course folder that knows a variant and has no release."""
    root = tmp_path_factory.mktemp("variants") / "course"
    shutil.copytree(template, root)
    for name in ("release", "source", ".bnlab/releases"):
        shutil.rmtree(root / name / STAGE.name)
    return say(Workspace(root), AUTUMN)


@pytest.fixture(scope="module")
def autumn(folder) -> Built:
    return prepare(folder, STAGE, variant="autumn-2027")


@pytest.fixture(scope="module")
def nine(folder) -> Built:
    return prepare(folder, STAGE, variant=9)


@pytest.fixture
def course(folder, autumn, tmp_path) -> Workspace:
    """A copy of that folder, in which what was measured is kept."""
    shutil.copytree(folder.root, tmp_path / "course")
    return Workspace(tmp_path / "course")


# The default


@pytest.mark.parametrize(
    "stage", [stage for stage in VARYING if stage.name not in TRAINED], ids=lambda stage: stage.name
)
def test_the_numbers_written_for_the_default_are_those_that_come_out(stage):
    source = Source.read(stage)
    assert any(MEASURED in cell.metadata for cell in source.cells)
    assert source.measured() == source.written


def test_what_is_alike():
    assert alike("0.61 of 1,500", "0.60 of 1,490")
    assert not alike("0.61 of 1,500", "0.61 to 1,500")
    assert not alike("12", "21")


@pytest.mark.parametrize("stage", PRESENT, ids=lambda stage: stage.name)
def test_the_default_says_what_its_source_says(stage):
    """Marks are gone, nothing else is: read by other means."""
    text = text_of(stage)
    declared = Source.read(stage).inputs.declared or {}
    for name, default in {**declared, "seed": 0}.items():
        text = text.replace(f"{{{{given.{name}}}}}", str(default)).replace(f"given.{name}", str(default))
    text = re.sub(r"\{\{[^{}|]+\|(.*?)\}\}(?!\})", r"\1", text)
    for cell in instructor_notebook(stage).cells:
        assert "{{" not in cell.source
        assert not re.search(r"\bgiven\.\w", cell.source)
        assert "measured" not in cell.metadata
        if "nbgrader" not in cell.metadata:
            assert cell.source in text


def test_without_a_variant_a_release_says_nothing_of_variants(workspace, template):
    before = read_files(workspace.release(STAGE.name))
    assert "variant" not in json.loads(before["manifest.json"])
    assert build_release(workspace, STAGE, variant="default").status == "unchanged"
    assert read_files(workspace.release(STAGE.name)) == before


# Two variants


def test_two_variants_are_the_same_lesson(autumn, nine):
    one, two = autumn.notebook.cells, nine.notebook.cells
    assert [cell.cell_type for cell in one] == [cell.cell_type for cell in two]
    assert [cell.metadata for cell in one] == [cell.metadata for cell in two]
    assert {name: (cell.id, cell.checksum) for name, cell in autumn.manifest.known.items()} == {
        name: (cell.id, cell.checksum) for name, cell in nine.manifest.known.items()
    }
    assert autumn.manifest.points == nine.manifest.points
    assert autumn.record["cases"] == nine.record["cases"]


def test_two_variants_have_other_inputs_numbers_and_hidden_seeds(autumn, nine):
    assert autumn.manifest.seed != nine.manifest.seed
    pairs = list(zip(autumn.notebook.cells, nine.notebook.cells, strict=True))
    code = [(a.source, b.source) for a, b in pairs if a.cell_type == "code" and a.source != b.source]
    assert len(code) > 8
    for one, two in code:
        assert "default_rng([7, " in one or "n = 1500" in one
        assert one.replace("default_rng([7, ", "default_rng([9, ").replace("n = 1500", "n = 2000") == two
    prose = [(a.source, b.source) for a, b in pairs if a.cell_type == "markdown" and a.source != b.source]
    assert len(prose) > 4
    number = re.compile(r"-?\d[\d.]*%?|fourth|fifth|third|sixth")
    assert all(number.sub("", one) == number.sub("", two) for one, two in prose)


def test_the_prose_quotes_what_students_will_see(autumn):
    """One number, worked out here."""
    feature = 0.001 * np.random.default_rng([7, 1]).normal(size=(500, 1))
    shown = (feature.var() / (feature.var() + 1e-5)) ** 0.5
    assert any(f"it is {shown:.2f} for the last feature" in cell.source for cell in autumn.notebook.cells)


def test_the_manifest_records_the_variant(autumn, nine):
    validate(json.loads(autumn.manifest.to_json()), schemas.load("manifest"))
    assert autumn.manifest.variant == {
        "name": "autumn-2027",
        "seed": 7,
        "parameters": {"examples": 1500, "drift": 4},
    }
    assert nine.manifest.variant["name"] == "seed-9"
    assert autumn.notebook.metadata.bnlab.variant == "autumn-2027"


def test_the_same_variant_twice_gives_the_same_bytes(folder, autumn, tmp_path, monkeypatch):
    other = tmp_path / "other"
    shutil.copytree(folder.root, other)
    shutil.rmtree(other / ".bnlab" / measuring.MEASURED)
    again = prepare(Workspace(other), STAGE, variant="autumn-2027")
    assert (again.files, again.instructor) == (autumn.files, autumn.instructor)
    assert again.manifest.to_json() == autumn.manifest.to_json()
    monkeypatch.setattr(measuring, "_run", lambda *arguments: pytest.fail("measured once more"))
    assert prepare(folder, STAGE, variant="autumn-2027").files == autumn.files


def test_a_stage_whose_prose_is_not_marked_gets_another_hidden_seed_alone(folder, sources):
    text = sources.text.read_text(encoding="utf-8")
    for name, default in Source.read(STAGE).inputs.declared.items():
        text = text.replace(f"{{{{given.{name}}}}}", str(default)).replace(f"given.{name}", str(default))
    sources.text.write_text(re.sub(r"\nbnlab:\n(  .*\n)+", "\n", text, count=1), encoding="utf-8")
    default, own = (prepare(folder, STAGE, files=sources, variant=variant) for variant in (None, 7))
    sources = [[cell.source for cell in built.notebook.cells] for built in (default, own)]
    assert sources[0] == sources[1]
    assert default.manifest.seed != own.manifest.seed
    assert own.manifest.variant == {"name": "seed-7", "seed": None, "parameters": {}}


# Which variant


def test_a_later_version_stays_with_its_variant_until_another_is_named(course):
    assert build_release(course, STAGE, variant="autumn-2027").variant["name"] == "autumn-2027"
    again = build_release(course, STAGE, "1.1.0")
    assert (again.version, again.variant["name"]) == ("1.1.0", "autumn-2027")
    assert build_release(course, STAGE).status == "unchanged"
    assert build_release(course, STAGE, variant="default").variant is None


def test_bnlab_toml_may_name_the_variant_of_the_folder(course):
    path = course.root / SETTINGS
    path.write_text(f'variant = "autumn-2027"\n{path.read_text(encoding="utf-8")}', encoding="utf-8")
    course = Workspace(course.root)
    assert variant_of(course, STAGE).name == "autumn-2027"
    assert variant_of(course, STAGE, "default") is None
    assert variant_of(course, OTHER) == Variant("autumn-2027", 7)


def test_a_stage_may_have_a_seed_of_its_own(course):
    say(course, "[variants.autumn-2027.02_train_test]\nseed = 8\nbatch = 48\n")
    course = Workspace(course.root)
    assert variant_of(course, BY_NAME["02_train_test"], "autumn-2027") == Variant(
        "autumn-2027", 8, {"batch": 48}
    )
    assert variant_of(course, STAGE, "autumn-2027").seed == 7


def test_a_course_folder_has_one_variant_of_a_stage(course):
    build_release(course, STAGE, variant="autumn-2027")
    hand_in(course)
    before = read_files(course.release(STAGE.name))
    for other in ("default", 9):
        with pytest.raises(
            Refused, match=r"1 submission to 01_forward, made in variant autumn-2027.*bnlab init"
        ):
            build_release(course, STAGE, variant=other)
        assert read_files(course.release(STAGE.name)) == before
    assert build_release(course, STAGE, "1.1.0").version == "1.1.0"


# Mistakes


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[variants.spring]\n01_foward = {examples = 3}", "01_foward is no stage"),
        ("[variants.spring]\nsede = 3", "sede is no stage"),
        ("[variants.spring]\nseed = -1", "[variants.spring]: the seed must be a whole number"),
        ("[variants.spring]\nseed = true", "the seed must be a whole number"),
        ("[variants.spring]\n01_forward = 3", "01_forward must be a table"),
        ("[variants.default]\nseed = 3", "choose another name"),
        ("[variants.seed-3]\nseed = 3", "choose another name"),
        ("[variants]\nspring = 3", "variants must be tables"),
        ("", "has no variant 'spring' (it has none)"),
        ("[variants.spring.01_forward]\nexample = 3", "example is no parameter; the stage has examples (2000), drift"),
        ("[variants.spring.01_forward]\nexamples = '3'", "examples = '3' is not of the type of its default, 2000"),
        ("[variants.spring.01_forward]\nexamples = 3.5", "examples = 3.5 is not of the type"),
        ("[variants.spring.01_forward]\ndrift = true", "drift = True is not of the type"),
        ("[variants.spring.00_warmup]\nn = 3", "n is no parameter; the stage has none"),
        ("[variants.spring.01_forward]\ndrift = 0", "it is not so that without BN some units make no decision"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_and_nothing_is_released(workspace, text, words):
    before = read_files(workspace.release(STAGE.name))
    stage = OTHER if "00_warmup" in text else STAGE
    with pytest.raises(SourceProblem) as caught:
        build_release(say(workspace, text), stage, variant="spring")
    assert words in str(caught.value)
    assert SETTINGS in str(caught.value) or ".md: " in str(caught.value)
    assert read_files(workspace.release(STAGE.name)) == before


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("given.examples", "given.exmples", "given.exmples is not among the parameters"),
        ("examples: 2000", "seed: 2000", "must be a name (other than seed)"),
        ("examples: 2000", "examples: {}", "must be a name"),
        ("{{undecided:.0%|", "{{undecidd:.0%|", "the expression 'undecidd:.0%' raises NameError"),
        ("undecided = np.mean", "undecided = np.maen", "raises AttributeError"),
    ],
)
def test_a_mistake_in_a_source_is_named(sources, old, new, words):
    sources.edit(old, new)
    with pytest.raises(SourceProblem, match=r"01_forward\.md: .*") as caught:
        instructor_notebook(STAGE, sources, Variant("seed-7", 7))
    assert words in str(caught.value)


# From the command line to the grade


def test_a_variant_is_released_used_and_graded(course):
    app = typer.Typer()
    for command in (release, verify):
        command.register(app)

    def bnlab(*arguments: str):
        return CliRunner().invoke(app, [*arguments, "--course", str(course.root)], env={"COLUMNS": "200"})

    wrong = bnlab("release", "01", "--variant", "autumn-2027", "--seed", "7")
    assert (wrong.exit_code, "not both" in wrong.stderr) == (2, True)
    done = bnlab("release", "01", "--variant", "autumn-2027", "--json")
    assert done.exit_code == 0, done.output
    result = json.loads(done.stdout)
    validate(result, schemas.load("release"))
    assert result["releases"][0]["variant"]["parameters"] == {"examples": 1500, "drift": 4}
    again = bnlab("release", "01", "--no-judge")
    assert "variant autumn-2027: seed 7, examples = 1500, drift = 4" in again.stdout
    used = bnlab("verify", "01", "--released")
    assert used.exit_code == 0, used.output

    hand_in(course)
    here = Course(course)
    terms = here.terms(STAGE.name)
    assert terms.seed == course.seed_for(STAGE.name, "1.0.0", "autumn-2027")[0]
    assert terms.seed != course.seed_for(STAGE.name, "1.0.0")[0]
    with LocalPool(here.hidden, here.mutants, workers=1) as pool:
        (outcome,) = here.grade(STAGE.name, ["ada"], pool, terms=terms)
    assert outcome.data["points"] == Manifest.load(course.release(STAGE.name)).points["automatic"]
