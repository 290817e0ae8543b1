"""What a draft keeps of a student's code, and what it must not keep."""

from __future__ import annotations

import ast
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import bnlab_solutions
import numpy as np
import pytest
from bnlab.checks import HELPERS
from bnlab_autograder.assets import assets
from bnlab_autograder.diagnosis.anonymous import WORDS, anonymous, python_files
from bnlab_autograder.diagnosis.bank import load_bank, read_entry, reference_sources
from bnlab_autograder.diagnosis.catalogue import Catalogue
from bnlab_autograder.diagnosis.draft import written
from bnlab_autograder.diagnosis.extract import NotExtracted, extract
from bnlab_autograder.diagnosis.in_process import HiddenCases
from bnlab_autograder.diagnosis.rates import probes
from bnlab_autograder.release.mutant import _shared_names, _vocabulary

HIDDEN, MUTANTS, SEED = HiddenCases(assets().hidden), load_bank(assets().mutants), b"a seed"
CATALOGUE = Catalogue(MUTANTS, cache(partial(probes, HIDDEN)), bnlab_solutions)
IDENTITY = ("e.noether-1882", "Emmy", "Nöther", "emmy.noether@uni-goettingen.de")


def without(source: str, identity=IDENTITY) -> str:
    return "\n".join(ast.unparse(node) for node in anonymous(ast.parse(source).body, _vocabulary(), identity))


@pytest.mark.parametrize(
    "source",
    [
        "# Emmy\nx = 1",
        '"""Emmy"""\nx = 1',
        "def f(x):\n    'by Emmy'\n    return x",
        "def f(x: 'Emmy') -> 'Emmy':\n    y: 'Emmy' = x\n    return y",
        "emmys_mean = 1",
        "def noether(x, EMMY=1):\n    return x + EMMY\nnoether(1, EMMY=2)",
        "def f(*emmy, **noether):\n    return emmy, noether",
        "class Emmy:\n    noether = 1\n    def emmy(self):\n        self.emmy_s = Emmy.noether",
        "import numpy as emmy",
        "cache = {'emmy': 1}\ncache['emmy']",
        "x = f'{1}emmy{2}'",
        "x = b'emmy'",
        "raise ValueError('Emmy says no')",
        "raise ValueError('Emmy says %s' % 1)",
        "assert 1, 'Emmy'",
        "print('Emmy')",
        "x = 'emmy.noether@uni-goettingen.de'",
        "try:\n    pass\nexcept ValueError as emmy:\n    emmy",
        "def f():\n    global emmy\n    def g():\n        nonlocal_emmy = 1",
        "match 1:\n    case {'emmy': noether, **emmy}:\n        pass\n    case [*noether]:\n        pass",
        "xs = [emmy for emmy in ()]\ny = lambda noether: noether\n(emmy := 1)",
        "np.einsum('emmy->y', x)",
        "nöther = NOETHER = Noether2 = 1",
    ],
)
def test_nothing_says_whose_it_is(source: str) -> None:
    plain = without(source).casefold()
    ast.parse(plain)
    assert not any(name in plain for name in ("emmy", "noether", "nöther", "goettingen"))


@pytest.mark.parametrize(
    "source", ["seed = 18820323", "x = 'Tel. 0551 394012'", "s17_1882 = 1", "x = 18820323.0"]
)
def test_numbers_that_may_be_somebody_s_go_too(source: str) -> None:
    plain = without(source)
    assert not any(digits in plain for digits in ("1882", "0551", "394012"))


def test_a_name_that_the_course_does_not_use_goes_whoever_bears_it() -> None:
    """The gradebook may not know how a student is called."""
    assert "grete" not in without("def grete_hermann(x):\n    hermann = x\n    return hermann", identity=())


def test_names_that_the_course_uses_stay() -> None:
    source = (
        "def batchnorm_train(x, gamma, beta, eps):\n"
        "    mu, var = (batch_statistics(x), x.var(axis=0, keepdims=True))\n"
        "    x_hat = np.einsum('nd,d->nd', x - mu, 1.0 / np.sqrt(var + eps))\n"
        "    cache = {'mode': 'train', 'x_hat': x_hat.astype('float32')}\n"
        "    return (gamma * x_hat + beta, cache)"
    )
    assert without(source) == source


@pytest.mark.parametrize("name", ["Max", "Li Mean", "Train"])
def test_code_still_runs_where_somebody_is_called_as_a_function_is(name: str) -> None:
    source = "def f(x, max, li):\n    mean = np.max(x, axis=0)\n    return np.mean(x) + mean + max + li"
    names: dict = {"np": np}
    plain = without(source, (name,))
    exec(plain, names)
    (function,) = (value for key, value in names.items() if callable(value) and key != "np")
    assert function(np.ones((2, 1)), 1, 2) == 5


def test_what_the_contract_names_stays_whoever_bears_the_name() -> None:
    source = "def f(bn_param):\n    self.gamma = bn_param['mode'] == 'train'"
    assert without(source, ("Gamma", "Mode", "Train")) == source


def test_a_renamed_key_stays_one_key() -> None:
    names: dict = {}
    exec(without("def emmy():\n    return {'my Emmy': 3}\nx_hat = emmy()['my Emmy']"), names)
    assert names["x_hat"] == 3


@pytest.mark.parametrize(
    "name", ["forward_momentum_swapped", "train_eps_outside_root", "layer_gradients_accumulated"]
)
def test_a_mutant_of_the_bank_stays_as_it_is(name: str) -> None:
    """Anonymity costs no behaviour: whatever a mutant of the bank says is said by the course itself."""
    definitions = [
        node
        for node in ast.parse(load_bank(assets().mutants)[name].source).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    ]
    before = "\n".join(ast.unparse(node) for node in definitions)
    assert without(before) == before


SAMPLE = sorted(name for name, entry in MUTANTS.items() if entry.points != "full")[::61]


@pytest.mark.parametrize("name", [name for name in SAMPLE if MUTANTS[name].exercise != "TestBatchNorm"])
def test_a_draft_does_what_the_code_did_also_where_every_local_name_is_another(
    name: str, tmp_path: Path
) -> None:
    """Under a vocabulary that knows the contracts of the course alone."""
    entry = MUTANTS[name]
    found = extract([entry.source], entry.exercise, _shared_names(), HELPERS[entry.exercise])
    strict = replace(_vocabulary(), words=frozenset(contract_words()))
    code = anonymous([*found.imports, *found.definitions], strict)
    imports = [node for node in code if isinstance(node, ast.Import | ast.ImportFrom)]
    path = tmp_path / "draft.py"
    path.write_text(
        written(entry.exercise, imports, [n for n in code if n not in imports], None, []), encoding="utf-8"
    )
    trace = CATALOGUE.trace(entry.exercise, SEED, read_entry(path))
    assert name in CATALOGUE.alike(SEED, {entry.exercise: trace}, [entry.exercise])[entry.exercise]


def contract_words() -> set[str]:
    """Of keys, attributes, arguments and methods of the reference and of the networks; of no local variable."""
    words = set()
    for source in (*reference_sources(), *python_files(assets().library / "nn")):
        for node in ast.walk(ast.parse(source)):
            match node:
                case ast.Constant(value=str(text)) | ast.Attribute(attr=text) | ast.FunctionDef(name=text):
                    words |= {word.lower() for word in WORDS.findall(text)} if " " not in text else set()
                case ast.arg(arg=text) | ast.keyword(arg=str(text)):
                    words |= {word.lower() for word in WORDS.findall(text)}
    return words


# What is taken


def taken(*cells: str, exercise: str = "batchnorm_train", own: tuple[str, ...] = ()) -> str:
    found = extract(cells, exercise, _shared_names(), own)
    return "\n".join(ast.unparse(node) for node in (*found.imports, *found.definitions))


def test_helpers_come_along_and_experiments_stay() -> None:
    text = taken(
        "import numpy as np\nfrom math import sqrt",
        "SCALE = 2\ndef root(v):\n    return sqrt(v) * SCALE\ndef unused():\n    pass",
        "def batchnorm_train(x, gamma, beta, eps):\n    return root(x) * np.ones(1)",
        "out = batchnorm_train(1, 1, 1, 1)",
    )
    assert text.splitlines()[:3] == ["import numpy as np", "from math import sqrt", "SCALE = 2"]
    assert "def root" in text
    assert "unused" not in text
    assert "out =" not in text


def test_the_last_definition_counts_with_what_wraps_it() -> None:
    first, second = (f"def batchnorm_train(x):\n    return {k}" for k in (1, 2))
    wrapped = "batchnorm_train = np.vectorize(batchnorm_train)"
    assert taken(first, second) == second
    assert taken(first, second, wrapped) == f"{second}\n{wrapped}"


def test_other_exercises_are_the_reference_s_but_for_the_one_that_fills_the_cache() -> None:
    cells = (
        "def batchnorm_forward(x):\n    pass",
        "def batchnorm_backward(x):\n    return batchnorm_forward(x)",
    )
    assert "forward(x):" not in taken(*cells, exercise="batchnorm_backward")
    assert "forward(x):" in taken(*cells, exercise="batchnorm_backward", own=("batchnorm_forward",))


def test_a_notebook_that_cannot_be_read_as_one_says_so() -> None:
    with pytest.raises(NotExtracted, match="does not define batchnorm_train"):
        taken("def batchnorm_train(:", "exec('def batchnorm_train(): pass')")
    assert extract(
        ["for k in (1,):\n    f = k", "def lp_normalize(x):\n    return f"], "lp_normalize", (), ()
    ).left_out
