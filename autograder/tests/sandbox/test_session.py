"""Running cells, and calling the functions that they define."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
from bnlab_autograder.sandbox import CallTimeout, Died, Limits, SandboxError, StudentError, Zygote, imported

FUNCTIONS = """
import numpy as np

def echo(x): return x
def total(x, eps=0.0): return x.sum() + eps
def apply(f, x): return f(x)
def cached(x): return x * 2, [x, lambda: x, {"x": x}]
def reuse(cache): return cache[1]()
def scale(w, config):
    w *= 2
    config["steps"] = config.get("steps", 0) + 1
    config["buffer"][0] = -1.0
    config["fresh"] = np.ones(2)
    return w
def order(x): return x.flags.c_contiguous, x.flags.writeable, x.strides
def helper(): raise NotImplementedError("todo in helper")
def outer(): return [helper() for _ in range(1)]
def loud():
    import os, sys
    print("secret"), sys.stderr.write("secret"), os.system("echo secret")
    return 1
def loud_later():
    import os, threading, time
    threading.Thread(target=lambda: (time.sleep(0.03), os.write(1, b"secret"), os.system("echo secret"))).start()
class Net:
    def __init__(self, size): self.weights, self.calls = np.ones(size), 0
    def loss(self, x):
        self.calls += 1
        return float((self.weights * x).sum())
"""


@pytest.fixture
def student(session):
    session.run_cell(FUNCTIONS)
    with session.fork() as clone:
        yield clone.student


# Cells


def test_a_cell_gives_what_a_notebook_would_hold(session):
    result = session.run_cell("print('hello')\n1 + 1")
    assert (result.ok, result.execution_count, result.error) == (True, 1, None)
    assert result.outputs == [
        {"output_type": "stream", "name": "stdout", "text": "hello\n"},
        {"output_type": "execute_result", "execution_count": 1, "data": {"text/plain": "2"}, "metadata": {}},
    ]
    failed = session.run_cell("undefined")
    assert (failed.ok, failed.execution_count, failed.error) == (False, 2, "NameError")
    assert failed.outputs[0]["ename"] == "NameError"
    assert session.alive


def test_files_lie_in_the_working_folder(zygote):
    with zygote.spawn({"data/x.txt": b"content", "given.py": b"value = 7"}) as session:
        result = session.run_cell("import given; open('data/x.txt').read(), given.value")
        assert result.outputs[0]["data"]["text/plain"] == "('content', 7)"
    for name in ("../x", "/x", "", "a/../../x"):
        with pytest.raises(ValueError, match="working folder"):
            zygote.spawn({name: b""})


def test_files_that_do_not_fit_are_told(zygote):
    with pytest.raises(SandboxError, match="could not be built"):
        zygote.spawn({"large": bytes(3 << 20)}, Limits(file_mb=1))


def test_the_environment_is_clean(printed, monkeypatch):
    assert printed("import os; print(os.environ['BNLAB_GRADED'])") == "1"
    names = set(printed("print(*os.environ)").split())
    assert not {name for name in names if "TOKEN" in name or "PYTEST" in name or "VIRTUAL" in name}
    assert printed("!python -c 'import numpy; print(numpy.__name__)'") == "numpy"


def test_paths_of_this_machine_are_not_shown(session):
    result = session.run_cell("import numpy as np\nnp.linalg.inv(np.zeros((2, 2)))")
    text = "".join(result.outputs[0]["traceback"])
    assert "/site/numpy/linalg" in text
    assert np.__file__.split("numpy")[0] not in text
    result = session.run_cell("open('nothing')")
    assert result.error == "FileNotFoundError"
    where = session.run_cell("import os; os.getcwd()").outputs[0]["data"]["text/plain"]
    assert where == "'/student/work'"


def test_random_numbers_differ_between_sandboxes(zygote):
    seen = set()
    for _ in range(2):
        with zygote.spawn() as session:
            result = session.run_cell("import random, numpy as np\nnp.random.rand(), random.random()")
            seen.add(result.outputs[0]["data"]["text/plain"])
    assert len(seen) == 2


def test_a_hanging_cell_is_ended_and_keeps_its_outputs(zygote):
    with zygote.spawn(limits=Limits(cell_seconds=0.4)) as session:
        with pytest.raises(CallTimeout, match=r"cell took longer than 0\.4 s") as caught:
            session.run_cell("print('so far', flush=True)\nwhile True: pass")
        assert caught.value.outputs[0]["text"] == "so far\n"
        assert not session.alive
        with pytest.raises(Died):
            session.run_cell("1")


def test_all_cells_together_have_a_limit(zygote):
    with zygote.spawn(limits=Limits(notebook_seconds=0.5)) as session:
        session.run_cell("import time; time.sleep(0.3)")
        with pytest.raises(CallTimeout, match="notebook"):
            session.run_cell("time.sleep(0.3)")


@pytest.mark.parametrize(
    ("source", "reason", "text"),
    [
        ("import os; print('last words', flush=True); os._exit(0)", "exit", "ended its own process"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "killed", "SIGKILL"),
        ("import ctypes; ctypes.string_at(0)", "killed", "SIGSEGV"),
        ("import os; os.closerange(3, 10)", "exit", "ended its own process"),
    ],
)
def test_the_end_of_a_process_is_told(session, source, reason, text):
    with pytest.raises(Died, match=text) as caught:
        session.run_cell(source)
    assert caught.value.reason == reason
    assert not session.alive


def test_forged_frames_end_the_process(session):
    with pytest.raises(Died) as caught:
        session.run_cell(r"import os; os.write(3, b'\x05\0\0\0\0\0\0\0hello')")
    assert caught.value.reason == "protocol"


def test_defined_tells_what_can_be_called(session):
    session.run_cell("def f(): pass\ng = 3\nclass C: pass")
    assert session.defined(["f", "g", "C", "h"]) == ["f", "C"]


def test_a_broken_shell_breaks_only_its_cells(session):
    session.run_cell("def f(): return 1\nshell = get_ipython()\nshell.run_cell = None")
    result = session.run_cell("1")
    assert (result.ok, result.error) == (False, "TypeError")
    assert result.outputs[0]["output_type"] == "error"
    assert session.defined(["f"]) == ["f"]


def test_a_process_that_cannot_be_cloned_is_told(zygote):
    with zygote.spawn(limits=Limits(processes=16)) as session:
        session.run_cell("import threading, time")
        session.run_cell(
            "for _ in range(99): threading.Thread(target=time.sleep, args=(9,), daemon=True).start()"
        )
        with pytest.raises(Died, match="could not be cloned"):
            session.fork()


def test_nothing_is_defined_after_the_end(session):
    session.run_cell("def f(): pass")
    with pytest.raises(Died):
        session.run_cell("import os; os._exit(0)")
    assert session.defined(["f"]) == []


# Calls


def test_values_cross_both_ways(student):
    value = [1, 2.5, True, None, "x", b"y", (1, (2,)), {"a": [1]}, {1: 2}, 2**70, 1j, np.float32(2)]
    copy = student.echo(value)
    assert repr(copy) == repr(value)
    assert student.total(np.arange(4.0), eps=1.0) == 7.0
    assert student.echo(np.bool_(True)) is np.True_
    assert student.echo(True) is True


def test_arrays_arrive_as_they_were_sent(student):
    x = np.arange(24.0).reshape(4, 6)
    read_only = x.copy()
    read_only.flags.writeable = False
    assert student.order(x[:, ::2]) == (False, True, (48, 16))
    assert student.order(x.T) == (False, True, (8, 48))
    assert student.order(read_only) == (True, False, (48, 8))
    large = np.asfortranarray(np.random.default_rng(0).normal(size=(300, 200)))
    copy = student.echo(large.T[::-1])
    np.testing.assert_array_equal(copy, large.T[::-1])


def test_what_cannot_be_sent_stays_a_handle(student):
    out, cache = student.cached(np.ones(3))
    np.testing.assert_array_equal(out, [2, 2, 2])
    assert repr(cache[1]).startswith("<student's function")
    np.testing.assert_array_equal(student.reuse(cache), np.ones(3))
    np.testing.assert_array_equal(cache[1](), np.ones(3))


def test_objects_can_be_used_from_here(student):
    net = student.Net(3)
    assert net.loss(np.arange(3.0)) == 3.0
    assert net.loss(np.arange(3.0)) == 3.0
    assert net.calls.get() == 2
    with pytest.raises(AttributeError):
        _ = net._private


def test_changes_to_arguments_come_back(student):
    w, buffer = np.ones(3), np.zeros(2)
    config = {"buffer": buffer}
    returned = student.scale(w, config)
    assert returned is w
    np.testing.assert_array_equal(w, [2, 2, 2])
    assert config["buffer"] is buffer
    assert buffer[0] == -1
    assert config["steps"] == 1
    np.testing.assert_array_equal(config["fresh"], [1, 1])


def test_unchanged_arguments_stay_untouched(student):
    x = np.array([np.nan, -0.0])
    x.flags.writeable = False
    config = {"x": x}
    student.echo(config)
    assert config["x"] is x


def test_student_code_may_call_ours(student):
    assert student.apply(lambda v: v * 10, 4) == 40
    np.testing.assert_array_equal(student.apply(np.sort, np.array([2.0, 1.0])), [1, 2])


def test_our_exception_in_a_callback_is_ours(student):
    class OurError(Exception):
        pass

    def fail(_):
        raise OurError("from the trusted side")

    with pytest.raises(OurError, match="from the trusted side"):
        student.apply(fail, 1)
    assert student.echo(1) == 1


def test_our_functions_may_call_student_code_in_turn(student):
    assert student.apply(lambda v: student.echo(v) * student.apply(lambda u: u + 1, v), 3) == 12
    with pytest.raises(StudentError, match="todo in helper"):
        student.apply(lambda v: student.outer(), 3)
    assert student.echo(1) == 1


def test_what_our_functions_hand_back_is_what_they_got(session):
    session.run_cell("def same(f, x): return f(x) is x, f([x])[0] is x")
    with session.fork() as clone:
        assert clone.student.same(lambda v: v, np.ones(3)) == (True, True)
        assert clone.student.same(lambda v: v.copy() if type(v) is np.ndarray else v, np.ones(3)) == (
            False,
            True,
        )


def test_student_functions_can_be_arguments(student):
    assert student.apply(student.echo, 3) == 3
    np.testing.assert_array_equal(student.apply(student.np.negative, np.ones(2)), [-1, -1])
    net = student.Net(2)
    assert student.apply(net.loss, np.ones(2)) == 2.0
    assert net.calls.get() == 1


def test_a_swallowed_callback_error_is_still_raised(session):
    session.run_cell("def swallow(f):\n    try: f()\n    except BaseException: return 'fine'")
    with session.fork() as clone, pytest.raises(ZeroDivisionError):
        clone.student.swallow(lambda: 1 / 0)


def test_errors_name_the_function_of_the_student(student):
    with pytest.raises(StudentError) as caught:
        student.outer()
    error = caught.value
    assert (error.type_name, error.message, error.where) == (
        "NotImplementedError",
        "todo in helper",
        "helper",
    )
    with pytest.raises(StudentError) as caught:
        student.total(np.ones(3), eps="a")
    assert caught.value.where == "total"
    with pytest.raises(StudentError, match="NameError"):
        student.missing()


def test_error_messages_are_short_and_without_paths(session):
    session.run_cell("import numpy\ndef f(): raise ValueError(numpy.__file__ + 'x' * 10_000)")
    with session.fork() as clone, pytest.raises(StudentError) as caught:
        clone.student.f()
    assert len(caught.value.message) <= 300
    assert caught.value.message.startswith("/site/numpy")


def test_errors_that_cannot_be_described_are_still_errors(session):
    session.run_cell(
        "class E(Exception):\n    def __str__(self): raise self\ndef f(): raise E\ndef g(): raise SystemExit(3)"
    )
    with session.fork() as clone:
        with pytest.raises(StudentError) as caught:
            clone.student.f()
        assert caught.value.type_name == "E"
        with pytest.raises(StudentError) as caught:
            clone.student.g()
        assert caught.value.type_name == "SystemExit"


def test_nothing_printed_in_calls_is_shown(session):
    session.run_cell(FUNCTIONS)
    with session.fork() as clone:
        assert clone.student.loud() == 1
        clone.student.loud_later()
        time.sleep(0.1)
    assert session.run_cell("print('cell')").outputs == [
        {"output_type": "stream", "name": "stdout", "text": "cell\n"}
    ]


def test_dressed_up_answers_arrive_undressed(session):
    session.run_cell(
        "import numpy as np\n"
        "class Liar(np.ndarray):\n"
        "    def __eq__(self, other): return True\n"
        "class Array:\n"
        "    def __array__(self, *a, **k): return np.ones(3)\n"
        "    def __eq__(self, other): return True\n"
        "class Number(float): pass\n"
        "def answers(): return [np.ones(3).view(Liar), np.ma.ones(3), np.matrix([1.0]), Array(), Number(1)]\n"
    )
    with session.fork() as clone:
        for answer in clone.student.answers():
            assert type(answer).__name__ == "RemoteObject"
            assert (answer == 1) is False
            assert np.asarray(answer).dtype == object


@pytest.mark.parametrize(
    "answer", ["(lambda l: l.append(l) or l)([])", "[0] * 10**6", "np.zeros(3 << 20)", "'x' * (9 << 20)"]
)
def test_answers_too_large_or_cyclic_are_errors(zygote, answer):
    with zygote.spawn(limits=Limits(answer_mb=16)) as session:
        session.run_cell(f"import numpy as np\ndef f(): return {answer}\ndef ok(): return 1")
        with session.fork() as clone:
            with pytest.raises(StudentError):
                clone.student.f()
            assert clone.student.ok() == 1


# Clones


def test_a_clone_does_not_touch_the_original(session):
    session.run_cell("state = []\ndef push(): state.append(1); return len(state)")
    for _ in range(2):
        with session.fork() as clone:
            assert (clone.student.push(), clone.student.push()) == (1, 2)
    assert session.run_cell("len(state)").outputs[0]["data"]["text/plain"] == "0"


def test_a_hanging_call_costs_its_clone_alone(zygote):
    with zygote.spawn(limits=Limits(call_seconds=0.3)) as session:
        session.run_cell(
            "def hang():\n    while True: pass\ndef die(): import os; os._exit(1)\ndef ok(): return 1"
        )
        with session.fork() as clone:
            with pytest.raises(CallTimeout):
                clone.student.hang()
            assert not clone.alive
        with session.fork() as clone, pytest.raises(Died) as caught:
            clone.student.die()
        assert caught.value.reason == "exit"
        with session.fork() as clone:
            assert clone.student.ok() == 1
        assert session.alive


def test_the_end_of_a_clone_is_noticed_though_its_children_live(session):
    session.run_cell("import os, time\ndef f():\n    if os.fork(): os._exit(0)\n    time.sleep(60)")
    started = time.monotonic()
    with session.fork() as clone, pytest.raises(Died):
        clone.student.f()
    assert time.monotonic() - started < 3
    assert session.run_cell("1").ok


def test_a_call_of_a_closed_clone_fails(session):
    session.run_cell("def f(): return 1")
    with session.fork() as clone:
        pass
    with pytest.raises(SandboxError):
        clone.student.f()


def test_a_flood_in_the_background_holds_nobody_up(session):
    session.run_cell("import subprocess\ndef f(): return 1")
    session.run_cell("for _ in range(3): subprocess.Popen('sleep 0.3; exec yes', shell=True)")
    time.sleep(0.4)
    started = time.monotonic()
    for _ in range(3):
        with session.fork() as clone:
            assert clone.student.f() == 1
    assert time.monotonic() - started < 5


def test_clones_with_threads_running(session):
    session.run_cell(
        "import os, threading, time\n"
        "def chat():\n"
        "    time.sleep(0.2)\n"
        "    while True: print('.', end='', flush=True)\n"
        "threading.Thread(target=chat, daemon=True).start()\n"
        "def f(): print('x', flush=True); return 1"
    )
    time.sleep(0.3)
    for _ in range(5):
        with session.fork() as clone:
            assert clone.student.f() == 1


# The zygote


def test_it_tells_what_it_is(zygote):
    assert zygote.info["tier"] == zygote.tier
    assert zygote.info["versions"]["numpy"] == np.__version__
    assert zygote.info["threads"] == 1
    assert f"tier={zygote.tier}" in zygote.version
    assert f"numpy={np.__version__}" in zygote.version


def test_it_serves_several_threads(zygote):
    def work(number: int) -> None:
        with zygote.spawn() as session:
            session.run_cell(f"def f(): return {number}")
            with session.fork() as clone:
                seen.append(clone.student.f())

    seen: list[int] = []
    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(seen) == [0, 1, 2, 3]


def test_usage_is_known_after_the_end(zygote):
    with zygote.spawn() as session:
        session.run_cell(
            "import time\nt = time.process_time()\nwhile time.process_time() < t + 0.2: pass\nx = b'x' * (50 << 20)"
        )
        time.sleep(0.15)
    assert 0.2 <= session.usage.cpu_seconds < 2
    assert 40 < session.usage.peak_memory_mb < 400
    assert session.usage.seconds > 0.3


def test_a_tier_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="no tier"):
        Zygote("Z")


def test_a_zygote_that_cannot_start_says_why():
    with pytest.raises(SandboxError, match="no_such_module"):
        Zygote(preload=["no_such_module"])


def test_a_function_of_an_installed_module_uses_student_code_where_that_is(student):
    apply = imported(student.echo, "operator", "call")
    assert apply(student.apply, student.total, np.ones(3)) == 3.0  # only names of the student's were sent
    with pytest.raises(StudentError) as caught:
        apply(student.outer)
    assert caught.value.type_name == "NotImplementedError"
    with pytest.raises(StudentError) as caught:
        imported(student.echo, "no_such_module", "f")()
    assert caught.value.type_name == "ModuleNotFoundError"


def test_after_close_nothing_can_be_spawned():
    zygote = Zygote(preload=[])
    session = zygote.spawn()
    zygote.close()
    assert not session.alive
    with pytest.raises(SandboxError, match="ended"):
        zygote.spawn()


def test_limits_travel_as_plain_data():
    limits = Limits(cell_seconds=1.5)
    assert Limits.from_dict(limits.to_dict()) == limits
