from __future__ import annotations

import ast

import bnlab_solutions
import numpy as np
import pytest
from bnlab.nn import Network, Normalisation
from bnlab_autograder.curriculum import BY_NAME, STAGES
from bnlab_autograder.release.answers import (
    BEGIN,
    END,
    Class,
    SourceProblem,
    class_in,
    functions_of,
    previous_names,
    previous_stages_source,
    written_answers,
)

EXERCISES = [
    (stage, name)
    for stage in STAGES
    for name in stage.exercises
    if not isinstance(functions_of(stage)[name], Class)
]
LAYER = '''
import numpy as np
from bnlab.nn import Layer
from bnlab.validate import floats


class Doubling(Layer):
    """Twice its input."""

    def __init__(self, factor=2):
        super().__init__()
        self.factor = np.asarray(factor)

    def forward(self, x, mode="train"):
        """The output.

        Notes
        -----
        A product.
        """
        self.x = floats("x", x)
        return self.factor * self.x

    @property
    def size(self):
        return len(self.x)

    def backward(self, dout):
        """The gradient.

        Notes
        -----
        A product again.
        """
        return self.factor * standardize(dout)
'''


@pytest.mark.parametrize(("stage", "name"), EXERCISES, ids=[name for _, name in EXERCISES])
def test_what_students_are_shown_of_a_function_ends_before_its_notes(stage, name):
    function = functions_of(stage)[name]
    source = function.solved({"np", *stage.exercises}, previous_names(stage))
    shown = source.partition(BEGIN)[0]
    assert "Notes" not in shown
    assert function.notes.splitlines()[0] not in shown
    assert ast.get_docstring(ast.parse(shown + "pass").body[0]) == function.contract
    assert source.endswith(END)
    compile(source, name, "exec")


def test_of_a_class_only_what_its_notes_explain_is_an_answer():
    source = class_in(LAYER, "Doubling").solved({"np", "Layer"}, ("standardize",))
    compile(source, "Doubling", "exec")
    assert source.count(BEGIN) == source.count(END) == 2
    outside = "".join(region.partition(END)[2] for region in (END + source).split(BEGIN))
    for shown in ("class Doubling(Layer):", "super().__init__()", "def size(self)", '"""The gradient."""'):
        assert shown in outside
    for hidden in ("self.factor * self.x", "A product", "standardize"):
        assert hidden in source
        assert hidden not in outside
    forward, backward = (region.partition(END)[0] for region in source.split(BEGIN)[1:])
    assert "        from bnlab.validate import floats\n" in forward
    assert "        from previous_stages import standardize\n" in backward


def test_what_a_class_shows_its_notebook_must_have():
    with pytest.raises(SourceProblem, match="shows Layer"):
        class_in(LAYER, "Doubling").solved({"np"}, ("standardize",))


def test_a_solution_imports_what_its_notebook_lacks_inside_the_solution():
    function = functions_of(BY_NAME["04_spatial"])["spatial_batchnorm_forward"]
    source = function.solved(set(), previous_names(BY_NAME["04_spatial"]))
    inside = source.partition(BEGIN)[2]
    for line in (
        "import numpy as np",
        "from bnlab.validate import floats",
        "from previous_stages import batchnorm_forward",
    ):
        assert f"    {line}\n" in inside
    present = function.solved({"np", "floats", "batchnorm_forward"}, ())
    assert "import" not in present


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_previous_stages_holds_earlier_and_given_functions_and_runs_on_a_students_machine(stage):
    source = previous_stages_source(stage)
    imported = {
        node.module if isinstance(node, ast.ImportFrom) else node.names[0].name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert imported <= {"numpy", "math", "bnlab.nn", "bnlab.nn.memory", "bnlab.validate"}
    module: dict = {"__name__": "previous_stages"}
    exec(compile(source, "previous_stages.py", "exec"), module)
    defined = {
        name for name, value in module.items() if getattr(value, "__module__", "") == "previous_stages"
    }
    assert defined == set(previous_names(stage))
    assert not defined & set(stage.exercises)


def test_previous_functions_compute_what_the_reference_does():
    module: dict = {}
    exec(previous_stages_source(BY_NAME["04_spatial"]), module)
    x, ones = np.random.default_rng(0).normal(size=(5, 3)), np.ones(3)
    out, cache = module["batchnorm_forward"](x, ones, ones, {"mode": "train"})
    want, _ = bnlab_solutions.batchnorm_forward(x, ones, ones, {"mode": "train"})
    np.testing.assert_array_equal(out, want)
    assert module["batchnorm_backward_alt"](x, cache)[0].shape == (5, 3)
    assert "batchnorm_forward_steps" in previous_names(BY_NAME["03_backward"])


def test_networks_get_a_fast_form_of_bn_that_computes_the_same():
    assert "fast_batchnorm" not in previous_names(BY_NAME["04_spatial"])
    module: dict = {"__name__": "previous_stages"}
    exec(previous_stages_source(BY_NAME["05_networks"]), module)
    rng = np.random.default_rng(1)
    x, dout = rng.normal(size=(2, 3, 4, 4, 6))
    results = []
    for layer in (
        module["fast_batchnorm"](3, eps=0.3, momentum=0.5),
        Normalisation(
            3,
            bnlab_solutions.batchnorm_forward,
            bnlab_solutions.batchnorm_backward_alt,
            bn_param={"eps": 0.3, "momentum": 0.5},
        ),
    ):
        network = Network([layer], dtype=np.float64)
        network.parameters[:] = 1 + np.arange(6) / 7
        out, dx = network.forward(x), network.backward(dout, need_dx=True).copy()
        network.mode = "test"
        results.append([out, dx, network.gradient, network.forward(x)])
    for got, want in zip(*results, strict=True):
        np.testing.assert_allclose(got, want, atol=1e-11)


def test_written_answers_are_found_by_the_id_of_their_question(tmp_path):
    text = "# Title\n\n## first\n\nAn answer.\n\n### Detail\n\nMore.\n\n## second\n\nAnother.\n"
    (tmp_path / "01_forward.md").write_text(text, encoding="utf-8")
    assert written_answers(tmp_path, "01_forward") == {
        "first": "An answer.\n\n### Detail\n\nMore.",
        "second": "Another.",
    }
