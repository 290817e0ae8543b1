"""What student code may use, and what happens when it wants more."""

from __future__ import annotations

import contextlib

import pytest
from bnlab_autograder.sandbox import CallTimeout, Died, Limits


@contextlib.contextmanager
def stopped(reason: str):
    with pytest.raises(Died) as caught:
        yield caught
    assert caught.value.reason == reason, caught.value
    assert len(caught.value.text) > 20


def test_memory_of_one_process_is_a_memory_error(zygote):
    with zygote.spawn(limits=Limits(memory_mb=300)) as session:
        assert session.run_cell("x = bytearray(10**9)").error == "MemoryError"
        assert session.run_cell("import numpy as np; x = np.ones(10**9)").error in (
            "MemoryError",
            "_ArrayMemoryError",
        )
        assert session.run_cell("x = bytearray(10**8)").ok


def test_memory_over_many_processes_is_summed(zygote):
    source = """
import os, time
for _ in range(8):
    if not os.fork():
        hog = b"x" * (100 << 20)
        time.sleep(30)
time.sleep(30)
"""
    with zygote.spawn(limits=Limits(memory_mb=300, cell_seconds=20)) as session, stopped("memory"):
        session.run_cell(source)


def test_processor_time_over_many_processes_is_summed(zygote):
    source = """
import os, time
for _ in range(3):
    if not os.fork():
        while True: pass
time.sleep(30)
"""
    with zygote.spawn(limits=Limits(cpu_seconds=1, cell_seconds=20)) as session, stopped("cpu"):
        session.run_cell(source)


def test_processor_time_of_one_process(zygote):
    with zygote.spawn(limits=Limits(cpu_seconds=1, cell_seconds=20)) as session, stopped("cpu"):
        session.run_cell("while True: pass")


def test_processes_and_threads_are_counted_together(zygote):
    source = """
import os, threading, time
started = 0
try:
    for started in range(1000):
        if started % 2:
            threading.Thread(target=time.sleep, args=(30,), daemon=True).start()
        elif not os.fork():
            time.sleep(30)
            os._exit(0)
except (OSError, RuntimeError):
    print(started)
"""
    with zygote.spawn(limits=Limits(processes=24)) as session:
        result = session.run_cell(source)
        assert result.ok
        assert 8 <= int(result.outputs[0]["text"]) <= 24


def test_a_fork_bomb_ends_with_its_sandbox(zygote):
    bomb = "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass"
    with (
        zygote.spawn(limits=Limits(cell_seconds=0.5, processes=32)) as session,
        pytest.raises((CallTimeout, Died)),
    ):
        session.run_cell(bomb)
    with zygote.spawn() as session:
        assert session.run_cell("1").ok


def test_a_file_has_a_largest_size(zygote):
    with zygote.spawn(limits=Limits(file_mb=1)) as session:
        result = session.run_cell("open('f', 'wb').write(bytes(2 << 20))")
        assert result.error == "OSError"
        assert session.run_cell("open('g', 'wb').write(bytes(1 << 19))").ok


def test_all_files_together_have_a_largest_size(zygote):
    source = (
        "import time\nfor i in range(40):\n    open(f'f{i}', 'wb').write(bytes(1 << 20)); time.sleep(0.02)"
    )
    with zygote.spawn(limits=Limits(disk_mb=8)) as session:
        if zygote.tier == "A":  # a file system of its own is simply full
            assert session.run_cell(source).error == "OSError"
            assert session.run_cell("open('/tmp/x', 'wb').write(bytes(8 << 20))").error == "OSError"
            assert session.run_cell("open('/dev/shm/x', 'wb').write(bytes(8 << 20))").error == "OSError"
        else:
            with stopped("disk"):
                session.run_cell(source)


def test_empty_files_end_too(zygote):
    source = "import itertools\nfor i in itertools.count():\n    open(f'f{i}', 'w').close()"
    with zygote.spawn(limits=Limits(disk_mb=8, cell_seconds=20)) as session:
        if zygote.tier == "A":
            assert session.run_cell(source).error == "OSError"
        else:
            with stopped("disk"):
                session.run_cell(source)


def test_open_files_are_limited(zygote):
    with zygote.spawn(limits=Limits(open_files=64)) as session:
        assert session.run_cell("files = [open('/dev/null') for _ in range(100)]").error == "OSError"
        assert session.run_cell("del files").error == "NameError"
        assert session.alive


@pytest.mark.parametrize(
    "flood",
    [
        "while True: print('x' * 1000)",
        "import os\nwhile True: os.write(1, b'x' * 1000)",
        "!yes",
        "from IPython.display import display, HTML\nwhile True: display(HTML('x' * 1000))",
        "import sys\nsys.stdout.write('x' * (3 << 20)); sys.stdout.flush()",
        "'x' * (3 << 20)",
    ],
)
def test_output_is_limited(zygote, flood):
    with zygote.spawn(limits=Limits(output_mb=0.5, cell_seconds=20)) as session:
        with stopped("output") as caught:
            session.run_cell(flood)
        assert len(str(caught.value.outputs)) < 2 << 20


def test_an_output_that_no_frame_holds_is_named(zygote):
    with zygote.spawn() as session:
        result = session.run_cell("'x' * (9 << 20)")
        assert "not shown" in result.outputs[0]["text"]


def test_an_update_of_many_displays_counts_for_each(zygote):
    source = """
from IPython.display import display, update_display
for _ in range(1000): display("x", display_id="d")
update_display("x" * 5000, display_id="d")
"""
    with zygote.spawn(limits=Limits(output_mb=1)) as session, stopped("output"):
        session.run_cell(source)


def test_output_before_the_limit_is_kept(zygote):
    with zygote.spawn(limits=Limits(output_mb=0.1)) as session:
        with pytest.raises(Died) as caught:
            session.run_cell("print('first', flush=True)\nwhile True: print('x' * 1000)")
        assert caught.value.outputs[0]["text"].startswith("first\n")


def test_a_flood_during_a_call_stops_nobody(zygote):
    with zygote.spawn(limits=Limits(output_mb=0.1)) as session:
        session.run_cell(
            "import os\n"
            "def f():\n"
            "    for _ in range(3000): os.write(1, b'x' * 1000); print('x' * 100)\n"
            "    return 1"
        )
        with session.fork() as clone:
            assert clone.student.f() == 1


def test_callbacks_count_against_the_time_of_a_call(zygote):
    with zygote.spawn(limits=Limits(call_seconds=0.3)) as session:
        session.run_cell("def forever(f):\n    while True: f()")
        with session.fork() as clone, pytest.raises(CallTimeout):
            clone.student.forever(lambda: 1)
