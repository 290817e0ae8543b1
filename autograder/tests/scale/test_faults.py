"""What goes wrong while a class is graded, done for real: nothing is lost, nothing graded twice, no grade is stale."""

import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time

import jsonschema
import psutil
import pytest
from bnlab_autograder import schemas
from bnlab_autograder.grading import record
from bnlab_autograder.grading.pool import Interrupted, LocalPool
from bnlab_autograder.grading.run import _put_in_place
from bnlab_autograder.grading.store import Store

from .conftest import ALL, IN_PLACE, STAGE, WORTH, grade_log, graded_once, points


def events_in(path):
    """What a run has told so far; a line that is not finished yet is left out."""
    lines = path.read_text().split("\n")[:-1] if path.exists() else []
    return [json.loads(line) for line in lines]


def wait_for(events, count, process, seconds=60):
    """Until so many submissions are graded, or the process has ended."""
    give_up = time.monotonic() + seconds
    while time.monotonic() < give_up and process.poll() is None:
        if sum(event["event"] == "graded" for event in events_in(events)) >= count:
            return
        time.sleep(0.005)


def judges_of(pid):
    """The processes of judges below a process."""
    found = []
    for process in psutil.Process(pid).children(recursive=True):
        try:
            if "bnlab_autograder.grading.judge_process" in process.cmdline():
                found.append(process)
        except psutil.Error:
            continue
    return found


# The grader


def test_the_grader_killed_at_random_points(course, hand_in, start, tmp_path):
    """Each further run executes only what the one before had not brought into the store."""
    students = hand_in(course, *range(8))
    chance = random.Random()
    done, runs = set(), []
    for graded in (1, 2, None):
        stored = set(course.store.keys())
        events = tmp_path / f"events-{graded}.jsonl"
        process = start(course, "grade", "00", "--events", events)
        if graded is not None:
            wait_for(events, graded, process)
            time.sleep(chance.uniform(0, 0.2))
            process.kill()
        process.communicate(timeout=120)
        told = events_in(events)
        executed = {event["student"] for event in told if event["event"] == "graded" and event["executed"]}
        runs.append((len(stored), executed))
        assert not executed & done, "what was recorded is not executed again"
        done |= {event["student"] for event in told if event["event"] == "graded"}
    assert process.returncode == 0
    assert len(runs[-1][1]) <= len(students) - runs[-1][0], "nor is what was only stored"
    assert done == set(students)
    assert graded_once(course, students)
    for student in students:
        assert (course.workspace.autograded / student / STAGE.name / f"{STAGE.name}.ipynb").exists()


def test_a_kill_between_the_record_and_the_rename_is_mended(course, hand_in, pool, monkeypatch):
    students = hand_in(course, "ada")
    monkeypatch.setattr(
        "bnlab_autograder.grading.run._put_in_place", lambda *_: os.kill(os.getpid(), 0) or 1 / 0
    )
    with pytest.raises(ZeroDivisionError):
        list(course.grade(STAGE.name, students, pool))
    monkeypatch.undo()
    (again,) = course.grade(STAGE.name, students, pool)
    assert not again.executed
    assert (course.workspace.autograded / "ada" / STAGE.name / f"{STAGE.name}.ipynb").exists()
    assert graded_once(course, students)


@pytest.mark.parametrize("signals", [[signal.SIGINT], [signal.SIGTERM, signal.SIGINT]])
def test_a_stop_on_request_is_clean_and_says_how_to_go_on(course_on, hand_in, pool, start, tmp_path, signals):
    course = course_on("sqlite")
    students = [*hand_in(course, *range(4)), *hand_in(course, 4, 5, 6, code="import time; time.sleep(0.7)")]
    events = tmp_path / "events.jsonl"
    process = start(course, "grade", "00", "--json", "--workers", "1", "--events", events)
    wait_for(events, 2, process)
    for number in signals:
        process.send_signal(number)
        time.sleep(0.1)
    output, words = process.communicate(timeout=60)
    assert process.returncode == 130, words
    assert "this goes on from there: bnlab grade 00_warmup" in words
    assert "Traceback" not in words
    printed = {json.loads(line)["student"] for line in output.splitlines()}
    assert printed == set(points(course))
    assert 2 <= len(printed) < len(students)
    assert events_in(events)[-1]["event"] == "stopped"
    for event in events_in(events):
        jsonschema.validate(event, schemas.load("grade-events"))
    list(course.grade(STAGE.name, students, pool))
    assert graded_once(course, students)


def test_two_runs_at_once(course, hand_in, start):
    students = hand_in(course, *range(6))
    runs = [start(course, "grade", "00", "--json", "--workers", "1") for _ in range(2)]
    outputs = [run.communicate(timeout=120) for run in runs]
    for run, (output, words) in zip(runs, outputs, strict=True):
        assert run.returncode == 0, words
        assert {json.loads(line)["student"] for line in output.splitlines()} == set(students)
    assert graded_once(course, students)
    left = [path for path in course.workspace.autograded.rglob("*") if path.name.startswith(".")]
    assert left == []


def test_two_runs_put_a_folder_in_the_same_place(tmp_path, monkeypatch):
    """The other one comes in between the two renames of this one."""
    rename, target, others = os.rename, tmp_path / "stage", []
    target.mkdir()
    (target / "old").touch()
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "new").touch()

    def rename_late(source, goal):
        if goal == target and not others:
            others.append(target)
            target.mkdir()
            (target / "of the other run").touch()
        rename(source, goal)

    monkeypatch.setattr(os, "rename", rename_late)
    _put_in_place(mine, target)
    assert others
    assert [path.name for path in target.iterdir()] == ["new"]
    assert list(tmp_path.iterdir()) == [target]


# The judge


def test_a_submission_over_which_the_judge_dies_twice(course_on, hand_in):
    course = course_on("sqlite")
    students = [*hand_in(course, *range(3)), *hand_in(course, "villain", code="import time; time.sleep(2)")]
    killed = []

    def tell(event):
        if event["event"] == "began" and event["student"] == "villain":
            threading.Thread(target=kill_judges).start()

    def kill_judges():
        """Whenever one is warm, and so at work, kill it."""
        until = time.monotonic() + 60
        while len(killed) < 2 and time.monotonic() < until:
            if judge._ready and judge._process.pid not in killed:
                killed.append(judge._process.pid)
                os.kill(killed[-1], signal.SIGKILL)
            time.sleep(0.01)

    with LocalPool(course.hidden, course.mutants, workers=1) as pool:
        (judge,) = pool.judges.all
        outcomes = {o.student: o for o in course.grade(STAGE.name, students, pool, tell=tell)}
    assert len(killed) == 2
    assert outcomes["villain"].data["status"] == "failed"
    assert "the judge ended twice over this submission" in outcomes["villain"].data["findings"][-1]["text"]
    expected = {student: STAGE.points for student in students if student != "villain"}
    assert points(course) == {**expected, "villain": None}


def test_a_judge_killed_once_costs_nothing(course_on, hand_in):
    course = course_on("sqlite")
    students = hand_in(course, *range(3))
    killed = []

    def tell(event):
        if event["event"] == "began" and not killed:
            killed.extend(judge for judge in judges_of(os.getpid()) if judge.pid not in others)
            for judge in killed:
                judge.kill()

    others = {judge.pid for judge in judges_of(os.getpid())}
    with LocalPool(course.hidden, course.mutants, workers=1) as pool:
        pool.judges.launch()
        pool.judges.all[0].start()
        list(course.grade(STAGE.name, students, pool, tell=tell))
    assert killed
    assert graded_once(course, students)


# The disk


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 8 MB, and a function that leaves only so many bytes of it free."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "none", folder], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"no small file system can be mounted: {mounted.stderr.strip()}")
    filler = folder / "filler"

    def leave(free):
        filler.unlink(missing_ok=True)
        if free is not None:
            status = os.statvfs(folder)
            with filler.open("wb") as file:
                file.write(b"\0" * (status.f_bavail * status.f_frsize - free))

    yield folder, leave
    subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.mark.parametrize("free", [0, 30_000, 60_000])
def test_a_full_disk(course_on, hand_in, pool, small_disk, free):
    """Where the space ends, in the store, the graded notebook or the gradebook, decides nothing."""
    folder, leave = small_disk
    course = course_on("sqlite", folder / "course")
    students = hand_in(course, *range(4))
    leave(free)
    done = []
    with pytest.raises(Interrupted, match=r"make room|gradebook cannot be used"):
        done += (outcome.student for outcome in course.grade(STAGE.name, students, pool))
    assert len(done) < 4
    leave(None)
    with sqlite3.connect(course.workspace.gradebook) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert set(points(course)) == set(done)
    list(course.grade(STAGE.name, students, pool))
    assert graded_once(course, students)


def test_a_store_without_room_costs_only_time(course_on, hand_in, pool, monkeypatch):
    def no_space(descriptor):
        raise OSError(28, "No space left on device")

    course = course_on("sqlite")
    students = hand_in(course, *range(2))
    told = []
    monkeypatch.setattr("bnlab_autograder.grading.store.os.fsync", no_space)
    list(course.grade(STAGE.name, students, pool, tell=told.append))
    monkeypatch.undo()
    assert [event["text"] for event in told if event["event"] == "warning"] == [
        "a result could not be stored (No space left on device)"
    ] * 2
    assert graded_once(course, students)


# The gradebook

HOLD = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
time.sleep(float(sys.argv[2]))
connection.execute("ROLLBACK")
"""


@pytest.fixture
def lock(monkeypatch):
    """Another process that locks a course's gradebook for a while; SQLite's own patience is short."""
    monkeypatch.setattr(record, "LOCK_SECONDS", 0.1)
    holders = []

    def hold(course, seconds):
        command = ["python3", "-c", HOLD, str(course.workspace.gradebook), str(seconds)]
        holders.append(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        assert holders[-1].stdout.readline() == "locked\n"
        return holders[-1]

    yield hold
    for holder in holders:
        holder.kill()
        holder.communicate()


def test_a_gradebook_locked_for_a_while(course_on, hand_in, pool, lock):
    course = course_on("sqlite")
    students = hand_in(course, *range(2))
    told = []
    for number, _ in enumerate(course.grade(STAGE.name, students, pool, tell=told.append)):
        if number == 0:
            lock(course, 1.0)
    assert any("database is locked" in event.get("text", "") for event in told)
    assert graded_once(course, students)


def test_a_gradebook_locked_for_too_long(course_on, hand_in, pool, lock, bnlab, monkeypatch):
    course = course_on("sqlite")
    students = hand_in(course, *range(4))
    done = []

    def grade_all():
        for outcome in course.grade(STAGE.name, students, pool):
            done.append(outcome.student)
            if len(done) == 2:
                monkeypatch.setattr(record, "PATIENCE_SECONDS", 0.5)
                held.append(lock(course, 60))

    held = []
    with pytest.raises(Interrupted, match="database is locked"):
        grade_all()
    result = bnlab("grade", "00", "-C", course.root)
    assert result.exit_code == 1
    assert "0 of 4 are recorded" in result.stderr
    held[0].kill()
    held[0].wait()
    assert set(points(course)) == set(done)
    rest = list(course.grade(STAGE.name, students, pool))
    assert [outcome.student for outcome in rest if not outcome.fresh] == done
    assert graded_once(course, students)


@pytest.mark.parametrize("pause", [0.0, 1.5])
def test_postgresql_restarted(course_on, hand_in, pool, postgresql, pause):
    course = course_on("postgresql")
    students = hand_in(course, *range(5))
    told = []
    starter = threading.Timer(pause, postgresql.start)
    try:
        for number, _ in enumerate(course.grade(STAGE.name, students, pool, tell=told.append)):
            if number == 1:
                postgresql.stop()
                starter.start()
    finally:
        starter.join()
    assert graded_once(course, students)
    if pause:
        assert any("trying again" in event.get("text", "") for event in told)


def test_postgresql_gone_for_good(course_on, hand_in, pool, postgresql, monkeypatch):
    course = course_on("postgresql")
    students = hand_in(course, *range(3))
    monkeypatch.setattr(record, "PATIENCE_SECONDS", 0.5)
    done = []

    def grade_all():
        for outcome in course.grade(STAGE.name, students, pool):
            done.append(outcome.student)
            postgresql.stop()

    try:
        with pytest.raises(Interrupted, match="gradebook cannot be used"):
            grade_all()
    finally:
        postgresql.start()
    assert set(points(course)) == set(done)
    list(course.grade(STAGE.name, students, pool))
    assert graded_once(course, students)


# The store

WRITER = """
import sys
from pathlib import Path
from bnlab_autograder.grading.job import CellRun, Verdict
from bnlab_autograder.grading.run import _put_in_place
from bnlab_autograder.grading.store import Store
store, number = Store(Path(sys.argv[1])), 0
print("ready", flush=True)
while True:
    number += 1
    key = f"{number % 50:064x}"
    store.put(key, Verdict([CellRun(f"c{number}", [{"text": f"{number} " * 50_000}])]))
"""


def test_a_store_whose_writer_is_killed_in_mid_write(tmp_path):
    whole = 0
    for _ in range(3):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        assert writer.stdout.readline() == "ready\n"
        time.sleep(random.uniform(0.05, 0.3))
        writer.kill()
        writer.communicate()
        store = Store(tmp_path)
        for verdict in map(store.get, store.keys()):
            assert verdict is not None
            assert verdict.cells[0].id.startswith("c")
            whole += 1
    assert whole


def test_the_log_knows_every_change_once(course, hand_in, pool):
    students = hand_in(course, "ada", code=IN_PLACE)
    list(course.grade(STAGE.name, students, pool))
    list(course.grade(STAGE.name, students, pool, force=True))
    first = grade_log(course)
    hand_in(course, "ada")
    list(course.grade(STAGE.name, students, pool))
    list(course.grade(STAGE.name, students, pool))
    assert len(first) == len(STAGE.exercises)
    assert grade_log(course) == [*first, ("ada", "check_standardize", ALL - WORTH["unchanged"], ALL)]
