"""What a sandbox is forked from, and what a fork does without."""

from __future__ import annotations

import os
import signal

import psutil
import pytest
from bnlab_autograder.sandbox import Zygote
from bnlab_autograder.sandbox.processes import descends

from .conftest import HOLDING

OWN_FORK = """
import os, random
read, write = os.pipe()
if not os.fork():
    os.write(write, repr(random.random()).encode())
    os._exit(0)
os.wait()
print(os.read(read, 99).decode() != repr(random.random()))
"""


def test_clones_go_on_with_the_same_random_numbers(session):
    session.run_cell("import random\ndef draw(): return random.random()")
    drawn = []
    for _ in range(2):
        with session.fork() as clone:
            drawn.append(clone.student.draw())
    assert drawn[0] == drawn[1]


def test_forks_of_student_code_get_numbers_of_their_own(printed):
    assert printed(OWN_FORK) == "True"


def test_a_clone_of_a_process_with_threads_knows_that_it_has_one(session):
    session.run_cell(
        "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
        "def count(): return threading.active_count()"
    )
    with session.fork() as clone:
        assert clone.student.count() == 1


LOADED = "import sys; print('matplotlib' in sys.modules, 'numpy' in sys.modules)"


@pytest.mark.parametrize("plots", [False, True])
def test_only_what_draws_carries_plotting_libraries(zygote, plots):
    with zygote.spawn(plots=plots) as session:
        outputs = session.run_cell(LOADED).outputs
    assert outputs[0]["text"] == f"{plots} True\n"


def test_whoever_draws_unannounced_can(zygote):
    with zygote.spawn(plots=False) as session:
        result = session.run_cell("import matplotlib.pyplot as plt\nplt.plot([1, 2]);")
    assert result.ok, result.outputs
    assert any("image/png" in output.get("data", {}) for output in result.outputs)


@pytest.mark.parametrize("tier", HOLDING)
def test_the_second_layer_comes_back(tier):
    with Zygote(tier) as zygote:
        layer = forked_from(zygote, plots=True)
        assert layer == forked_from(zygote, plots=True) != forked_from(zygote, plots=False)
        os.kill(layer, signal.SIGKILL)
        psutil.wait_procs([psutil.Process(layer)], timeout=5)
        assert forked_from(zygote, plots=True) != layer


def forked_from(zygote: Zygote, *, plots: bool) -> int:
    """The process that a sandbox was forked from."""
    with zygote.spawn(plots=plots) as session:
        first = psutil.Process(session.leader)  # in tier A process 1 of the sandbox, whose parent is the shim
        return (first.parent() if zygote.tier == "A" else first).ppid()


def test_descends(session):
    with session.fork() as clone:
        assert descends(clone._process.pid, session.leader)
    assert descends(session.leader, os.getpid())
    assert not descends(os.getpid(), session.leader)
    assert not descends(os.getpid(), os.getpid())
    assert not descends(1, session.leader)
