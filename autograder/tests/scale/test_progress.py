"""What is shown while a class is graded, and at the end."""

import io
import json

import pytest
from bnlab_autograder.cli.progress import Meter, clock, in_words, progress, shown
from rich.console import Console

from .conftest import STAGE


def graded(student, seconds=0.2, status="graded", executed=True):
    return {"event": "graded", "student": student, "status": status, "seconds": seconds, "executed": executed}


def began(student):
    return {"event": "began", "student": student, "worker": "0"}


@pytest.fixture
def meter():
    """Ten of thirty done in five seconds, one failed; the next is being judged for a long time."""
    meter = Meter(30)
    for number in range(10):
        meter.take(began(f"s{number}"), number / 2)
        meter.take(graded(f"s{number}", status="failed" if number == 3 else "graded"), number / 2 + 0.5)
    meter.take(began("slowcoach"), 5.0)
    return meter


def test_rate_and_remaining_time(meter):
    assert meter.rate(5.0) == pytest.approx(2.0)
    assert meter.remaining(5.0) == pytest.approx(10.0)
    assert in_words(meter, 5.0) == "10 of 30, 1 failed, 2.0/s, 10 s left"


def test_the_rate_is_that_of_late(meter):
    """A start in which everything came from the store says nothing about the rest."""
    meter = Meter(1000)
    for number in range(500):
        meter.take(graded(f"s{number}", executed=False), 1.0)
    for number in range(60):
        meter.take(graded(f"t{number}"), 2.0 + number)
    assert meter.rate(62.0) == pytest.approx(1.0, abs=0.05)
    assert meter.remaining(62.0) == pytest.approx(440, rel=0.05)


def test_who_is_slow(meter):
    assert meter.slow(6.0) == []
    assert meter.slow(17.0) == [(12.0, "slowcoach")]
    assert "slow: slowcoach for 12 s" in in_words(meter, 17.0)
    console = Console(file=io.StringIO(), width=120)
    console.print(shown("00_warmup", meter, 17.0))
    assert "10 of 30" in console.file.getvalue()
    assert "slow: slowcoach for 12 s" in console.file.getvalue()
    meter.take(graded("slowcoach", seconds=14.0), 19.0)
    assert meter.slow(60.0) == []
    assert meter.slowest[0] == (14.0, "slowcoach")


def test_nothing_is_divided_by_zero():
    assert in_words(Meter(3), 0.0) == "0 of 3, starting …"


@pytest.mark.parametrize(("seconds", "text"), [(7.6, "8 s"), (125, "2:05"), (3725, "1:02:05")])
def test_clock(seconds, text):
    assert clock(seconds) == text


def test_without_a_terminal_there_are_lines_and_events(tmp_path, monkeypatch):
    monkeypatch.setattr("bnlab_autograder.cli.progress.LINE_SECONDS", 0.0)
    console, file = Console(file=io.StringIO(), width=100), tmp_path / "events.jsonl"
    with progress("00_warmup", 2, file, console) as (_, tell):
        tell(graded("ada"))
        tell({"event": "warning", "text": "a [remark]"})
    assert "00_warmup: 1 of 2" in console.file.getvalue()
    assert "a [remark]" in console.file.getvalue()
    events = [json.loads(line) for line in file.read_text().splitlines()]
    assert [event["event"] for event in events] == ["graded", "warning"]
    assert all(event["time"] > 1e9 for event in events)


def test_the_summary(course_on, hand_in, bnlab, monkeypatch):
    """Results go to standard output; of a large class only those with notes are listed."""
    course = course_on("sqlite")
    hand_in(course, *range(5))
    (course.workspace.submitted / "s03" / STAGE.name / f"{STAGE.name}.ipynb").write_text("{")
    monkeypatch.setattr("bnlab_autograder.cli.grade.MANY", 4)
    result = bnlab("grade", "00", "-C", course.root, "--workers", "1")
    assert result.exit_code == 0, result.output
    assert "s03" in result.stdout
    assert "s01" not in result.stdout
    assert "4 more without notes" in result.stdout
    assert "4 graded, 1 unreadable; 5 new or changed, 4 executed" in result.stdout
    assert "points: mean 3.2, median 4, from 0 to 4 of 4" in result.stdout
