"""The pages for students: links resolve, the syllabus agrees with the course, snippets run, nothing is given away."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import bnlab_solutions
import numpy as np
import pytest
from bnlab.checks import run
from bnlab.checks.panel import Panel
from bnlab_autograder.curriculum import BY_NAME, STAGES
from bnlab_autograder.diagnosis.bank import load_bank, namespace
from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "course" / "pages").glob("*.md"))
SYLLABUS, CONVENTIONS = (ROOT / "course" / "pages" / f"{name}.md" for name in ("syllabus", "conventions"))
SHORTEST = 24  # characters of a line of code that could not stand in prose by chance


def named(path: Path) -> str:
    return path.name


def tokens(page: Path) -> list[Token]:
    """All tokens of a page, those inside a paragraph or a cell included."""
    blocks = MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8"))
    return [token for block in blocks for token in (block, *(block.children or ()))]


def anchors(page: Path) -> set[str]:
    """Where a link into a page may lead: ids written in HTML, and headings as GitHub names them."""
    text = page.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    slugs = (re.sub(r"[^\w\- ]", "", re.sub(r"<[^>]*>", "", heading)).strip() for heading in headings)
    return {*re.findall(r'\bid="([^"]+)"', text), *(slug.lower().replace(" ", "-") for slug in slugs)}


def links(page: Path) -> list[str]:
    return [str(token.attrGet("href")) for token in tokens(page) if token.type == "link_open"]


def snippets(page: Path) -> list[str]:
    return [token.content for token in tokens(page) if token.type == "fence" and token.info == "python"]


def section(text: str, heading: str) -> str:
    """What stands below a heading, up to the next one of any level."""
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#)", text, re.MULTILINE | re.DOTALL)
    assert found, f"there is no heading {heading!r}"
    return found[1]


@pytest.mark.parametrize("page", [*PAGES, ROOT / "README.md"], ids=named)
def test_links_lead_somewhere(page):
    inside = page.parent
    for link in links(page):
        if re.match(r"https?:", link):
            continue
        target, _, anchor = link.partition("#")
        path = (inside / target).resolve() if target else page
        assert path.is_relative_to(inside), f"{link} leaves {inside.name}, where the pages travel together"
        assert path.exists(), f"{link} leads nowhere"
        assert not anchor or anchor in anchors(path), f"{path.name} has no place called {anchor}"


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_no_link_is_broken_by_its_brackets(page):
    prose = "".join(token.content for token in tokens(page) if token.type == "text")
    assert "](" not in prose


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_syllabus_agrees_with_the_curriculum(stage):
    text = SYLLABUS.read_text(encoding="utf-8")
    row = re.search(
        rf"^\| \[{stage.name}\]\(#{stage.name}\) \| ([\d–]+) \| ([\d.]+) \| (\d+) \|", text, re.MULTILINE
    )
    assert row, f"the table of stages has no row for {stage.name}"
    minutes, points, written = row[1], float(row[2]), float(row[3])
    assert points == stage.points
    about = section(text, stage.name)
    assert f"*{stage.title}{'' if stage.title.endswith('?') else '.'}*" in about
    assert set(re.findall(r"`(\w+)`", about)) == set(stage.exercises)
    source = (ROOT / "assignments" / stage.name / f"{stage.name}.md").read_text(encoding="utf-8")
    assert f"Time: {minutes} minutes" in source
    questions = re.findall(r'^\+\+\+ \{"question": "\w+", "points": ([\d.]+)\}', source, re.MULTILINE)
    assert sum(map(float, questions)) == written


def test_syllabus_lists_the_stages_and_no_other():
    text = SYLLABUS.read_text(encoding="utf-8")
    assert re.findall(r"^\| \[(\w+)\]", text, re.MULTILINE) == list(BY_NAME)
    assert re.findall(r"^### (\d\d_\w+)", text, re.MULTILINE) == list(BY_NAME)


def test_readme_shows_a_panel_as_it_is():
    wrong = namespace(load_bank(ROOT / "autograder" / "mutants")["forward_eps_outside_root"])
    panel = str(Panel(run("batchnorm_forward", wrong["batchnorm_forward"]))).splitlines()
    fences = [token.content for token in tokens(ROOT / "README.md") if token.type == "fence"]
    shown = next(content for content in fences if content.startswith("✗ batchnorm_forward")).splitlines()
    assert [line for line in shown if line.strip() != "…" and line not in panel] == []


def code_of_answers() -> set[str]:
    """Every line of the reference functions that is long enough to be recognised, white space left out."""
    folder, lines = Path(bnlab_solutions.__file__).parent, set()
    for path in folder.glob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                lines |= {"".join(line.split()) for each in body for line in ast.unparse(each).splitlines()}
    return {line for line in lines if len(line) >= SHORTEST}


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_pages_hold_no_answer(page):
    text = page.read_text(encoding="utf-8")
    assert not re.search("BEGIN SOLUTION|bnlab_solutions|bnlab_autograder", text)
    names = "|".join(name for stage in STAGES for name in stage.exercises)
    assert not re.search(rf"def ({names})\b", text)
    without_spaces = "".join(text.split())
    assert [line for line in code_of_answers() if line in without_spaces] == []


def trained(steps: int, n: int, momentum: float) -> tuple[dict, np.ndarray, np.ndarray]:
    """Our buffers after ``steps`` batches of ``n``, and PyTorch's by the rule in its documentation."""
    rng = np.random.default_rng(1)
    bn_param = {"mode": "train", "eps": 1e-5, "momentum": momentum}
    mean, var, theirs = np.zeros(3), np.ones(3), 1 - momentum
    for _ in range(steps):
        x = rng.normal([0.0, 5.0, -3.0], [1.0, 3.0, 0.1], size=(n, 3))
        bnlab_solutions.batchnorm_forward(x, np.ones(3), np.zeros(3), bn_param)
        mean = (1 - theirs) * mean + theirs * x.mean(axis=0)
        var = (1 - theirs) * var + theirs * x.var(axis=0, ddof=1)
    return bn_param, mean, var


@pytest.mark.parametrize(("steps", "n", "momentum"), [(1, 2, 0.9), (7, 5, 0.5), (40, 64, 0.99)])
def test_conversion_to_pytorch_follows_its_documentation(steps, n, momentum):
    scope: dict = {}
    exec(snippets(CONVENTIONS)[0], scope)
    bn_param, mean, var = trained(steps, n, momentum)
    state = scope["to_pytorch"](np.ones((1, 3, 1, 1)), np.zeros(3), bn_param, values=n, steps=steps)
    np.testing.assert_allclose(state["running_mean"], mean, rtol=1e-12)
    np.testing.assert_allclose(state["running_var"], var, rtol=1e-12)
    assert state["weight"].shape == state["bias"].shape == (3,)


def test_conversion_snippet_runs_against_pytorch(capsys):
    pytest.importorskip("torch")
    scope: dict = {"batchnorm_forward": bnlab_solutions.batchnorm_forward}
    for snippet in snippets(CONVENTIONS):
        exec(snippet, scope)
    *differences, buffers = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in differences] == ["out", *scope["theirs"].state_dict()]
    assert all(float(line.split(":")[1]) < 1e-12 for line in differences), differences
    text = CONVENTIONS.read_text(encoding="utf-8")
    for number in re.findall(r"\d+\.\d+", buffers):
        assert number in text, f"the page quotes other running variances than {buffers}"


def test_what_the_conventions_say_about_pytorch():
    torch = pytest.importorskip("torch")
    layer = torch.nn.BatchNorm1d(3)
    assert (layer.momentum, layer.eps) == (0.1, 1e-5)
    assert layer.running_mean.tolist() == [0, 0, 0]
    assert layer.running_var.tolist() == [1, 1, 1]
    with pytest.raises(ValueError, match="more than 1 value per channel"):
        layer(torch.zeros(1, 3))
    assert torch.nn.GroupNorm(2, 6).weight.shape == (6,)
    assert torch.nn.LayerNorm((6, 2, 2)).weight.shape == (6, 2, 2)
    assert torch.nn.LayerNorm(6).eps == torch.nn.GroupNorm(2, 6).eps == 1e-5
    assert torch.nn.InstanceNorm2d(6).weight is None
    assert torch.nn.Linear(4, 2).weight.shape == (2, 4)
