"""How a module of the bank is read and composed with the reference."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from bnlab_autograder.curriculum import STAGE_OF
from bnlab_autograder.diagnosis.bank import Entry, compose, load_bank, namespace

MUTANT = '''"""The mean is forgotten."""

from __future__ import annotations

from bnlab_solutions import *

LINE = 7
MISTAKE = "mean-forgotten"
EXERCISE = "batch_statistics"
MESSAGE = (
    "Your mean is zero. "
    "Look at it."
)

NOTHING: float = 0.0


def batch_statistics(x):
    return np.full(x.shape[1], NOTHING), (x**2).mean(axis=0)  # about zero
'''


@pytest.fixture
def entry(tmp_path: Path) -> Entry:
    (tmp_path / "mean_forgotten.py").write_text(MUTANT, encoding="utf-8")
    return load_bank(tmp_path)["mean_forgotten"]


def test_fields_are_read_without_running_the_module(entry: Entry) -> None:
    assert (entry.line, entry.mistake, entry.exercise) == (7, "mean-forgotten", "batch_statistics")
    assert entry.message == "Your mean is zero. Look at it."
    assert entry.docstring == "The mean is forgotten."
    assert entry.points is None
    assert entry.changed == ("NOTHING", "batch_statistics")


@pytest.mark.parametrize("source", ["def broken(:\n", "LINE = 1 + max(2, 3)\n"])
def test_a_module_that_cannot_be_read_is_named(tmp_path: Path, source: str) -> None:
    (tmp_path / "odd.py").write_text(source, encoding="utf-8")
    with pytest.raises(ValueError, match=r"odd\.py"):
        load_bank(tmp_path)


def test_the_reference_alone_is_the_whole_course() -> None:
    assert set(STAGE_OF) <= set(namespace(None))


def test_what_calls_a_changed_function_sees_the_change(entry: Entry) -> None:
    x = np.array([[1.0, 2.0], [3.0, 6.0]])
    out, _ = namespace(entry)["batchnorm_forward"](x, np.ones(2), np.zeros(2), {"mode": "train", "eps": 0.0})
    np.testing.assert_allclose(out, x / np.sqrt((x**2).mean(axis=0)))


def test_a_composition_needs_no_reference_and_carries_no_metadata(entry: Entry) -> None:
    source = compose(entry)
    assert source.startswith("from __future__ import annotations\n")
    assert "bnlab_solutions" not in source.replace(entry.docstring, "")
    assert "mean-forgotten" not in source
    assert "Look at it" not in source
    assert entry.docstring not in source
    assert "# about zero" in source
    assert compose(entry) == source


def test_overrides_come_last(entry: Entry) -> None:
    course = namespace(entry, "from bnlab_solutions import *\ndef batch_statistics(x):\n    return 'mine'\n")
    assert course["batch_statistics"](None) == "mine"


def test_each_namespace_is_fresh(entry: Entry) -> None:
    namespace(entry)["NOTHING"] = 1.0
    assert namespace(entry)["NOTHING"] == 0.0
