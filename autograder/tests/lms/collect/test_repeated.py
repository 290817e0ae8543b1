"""Collecting again and again: the newest counts, nothing is lost, and a run that was stopped goes on."""

import errno
import json
import os
from datetime import UTC, datetime

import pytest
from bnlab_autograder.lms import ledger
from bnlab_autograder.lms.collect import CollectProblem
from bnlab_autograder.release.generate import set_due

from .. import archives
from .conftest import NOTEBOOK, STAGE, person, work
from .test_systems import codes, statuses


def gradescope(path, text, when):
    return archives.gradescope(path, [person("ada", {NOTEBOOK: work(text)}, created=when)])


def kept(course):
    """All that lies aside."""
    folder = course.workspace.private / "received" / "ada" / STAGE
    return sorted((one / NOTEBOOK).read_bytes() for one in folder.glob("*")) if folder.exists() else []


def test_twice_does_no_harm(collect, course, tmp_path):
    archive = archives.canvas(tmp_path / "a.zip", [person("ada"), person("zoe")])
    collect(archive, "canvas")
    place = course.workspace.submitted / "ada" / STAGE
    before = place.stat().st_ino, (course.workspace.private / "receipts.jsonl").read_bytes()
    done = collect(archive, "canvas")
    assert statuses(done) == {"ada": "same", "zoe": "same"}
    assert (place.stat().st_ino, (course.workspace.private / "receipts.jsonl").read_bytes()) == before
    assert kept(course) == []


def test_a_later_download_replaces_and_an_older_one_does_not(collect, course, handed_in, tmp_path):
    first = gradescope(tmp_path / "1.zip", "first", "2026-03-01 10:00:00 Z")
    second = gradescope(tmp_path / "2.zip", "second", "2026-03-02 10:00:00 -07:00")
    collect(first, "gradescope")
    assert statuses(collect(second, "gradescope")) == {"ada": "replaced"}
    assert handed_in("ada") == work("second")
    assert kept(course) == [work("first")]
    done = collect(first, "gradescope")
    assert statuses(done) == {"ada": "older"}
    assert handed_in("ada") == work("second")
    assert ledger.receipts(course, STAGE)["ada"].attempt == 2


def test_an_older_download_that_comes_second_is_kept_aside(collect, course, handed_in, tmp_path):
    collect(gradescope(tmp_path / "2.zip", "second", "2026-03-02 10:00:00 Z"), "gradescope")
    done = collect(gradescope(tmp_path / "1.zip", "first", "2026-03-01 10:00:00 Z"), "gradescope")
    assert statuses(done) == {"ada": "older"}
    assert (handed_in("ada"), kept(course)) == (work("second"), [work("first")])
    given = ledger.all_receipts(course, STAGE)
    assert [one.counts for one in given] == [True, False]
    assert ledger.receipts(course, STAGE)["ada"] == given[0]


def test_canvas_counts_by_its_numbers_of_files(collect, handed_in, tmp_path):
    new = archives.canvas(tmp_path / "n.zip", [person("ada", {"x.ipynb": work("new")}, first_file=900)])
    old = archives.canvas(tmp_path / "o.zip", [person("ada", {"x.ipynb": work("old")}, first_file=899)])
    collect(new, "canvas")
    assert statuses(collect(old, "canvas")) == {"ada": "older"}
    assert handed_in("ada") == work("new")


def test_without_times_what_was_there_before_does_not_come_back(collect, handed_in, tmp_path):
    """An old folder that is collected again is no news; a third notebook is."""
    for text, status in (("first", "new"), ("second", "replaced"), ("first", "older"), ("third", "replaced")):
        source = archives.unpacked(tmp_path / f"{text}{status}", {"ada/x.ipynb": work(text)})
        assert statuses(collect(source, "folder")) == {"ada": status}
    assert handed_in("ada") == work("third")


def test_what_was_put_there_by_hand_is_kept_as_well(collect, course, handed_in, tmp_path):
    place = course.workspace.submitted / "ada" / STAGE
    place.mkdir(parents=True)
    (place / NOTEBOOK).write_bytes(work("by hand"))
    assert statuses(collect(archives.canvas(tmp_path / "a.zip", [person("ada")]), "canvas")) == {
        "ada": "replaced"
    }
    assert kept(course) == [work("by hand")]


def test_a_time_that_becomes_known_is_added(collect, course, tmp_path):
    files = {"ada/x.ipynb": work("ada")}
    collect(archives.unpacked(tmp_path / "a", files), "folder")
    collect(gradescope(tmp_path / "a.zip", "ada", "2026-03-01 10:00:00 Z"), "gradescope")
    stamp = (course.workspace.submitted / "ada" / STAGE / "timestamp.txt").read_text()
    assert stamp == "2026-03-01 10:00:00.000000 UTC\n"


def test_the_due_date_and_extensions_say_who_is_late(collect, course, tmp_path):
    (course.root / "extensions.csv").write_text(f"student_id,stage,until,days,reason\nzoe,{STAGE},,2,\n")
    with course.ledger() as book, book.transaction() as gradebook:
        set_due(gradebook, STAGE, datetime(2026, 3, 1, 12, tzinfo=UTC))
    late = "2026-03-02 10:00:00 Z"
    people = [
        person("ada", created=late),
        person("zoe", created=late),
        person("nico", created="2026-03-01 11:59:00 Z"),
    ]
    done = collect(archives.gradescope(tmp_path / "a.zip", people), "gradescope")
    assert {item.student: item.late for item in done.items} == {"ada": True, "zoe": False, "nico": False}


def test_dry_run_changes_nothing(collect, course, tmp_path):
    before = sorted(course.root.rglob("*"))
    done = collect(
        archives.canvas(tmp_path / "a.zip", [person("ada"), person("eve")]), "canvas", dry_run=True
    )
    assert statuses(done)["ada"] == "new"
    assert sorted(course.root.rglob("*")) == before


def test_a_full_disk_leaves_nothing_half_written(collect, course, handed_in, tmp_path, monkeypatch):
    """The second student's does not fit; the first has a receipt, and the next run goes on."""
    real = type(tmp_path).write_bytes

    def write_bytes(path, raw):
        if raw == work("zoe"):
            real(path, raw[:10])
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(path, raw)

    archive = archives.canvas(tmp_path / "a.zip", [person("ada"), person("zoe")])
    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.write_bytes", write_bytes)
        with pytest.raises(OSError, match="No space"):
            collect(archive, "canvas")
    assert list(ledger.receipts(course, STAGE)) == ["ada"]
    assert handed_in("zoe") is None
    assert not list(course.workspace.private.glob("collecting-*"))
    assert statuses(collect(archive, "canvas")) == {"ada": "same", "zoe": "new"}


@pytest.mark.parametrize("crash_at", range(1, 5))
def test_a_crash_between_any_two_steps_is_made_good_by_the_next_run(
    collect, course, handed_in, tmp_path, monkeypatch, crash_at
):
    collect(gradescope(tmp_path / "1.zip", "first", "2026-03-01 10:00:00 Z"), "gradescope")
    second = gradescope(tmp_path / "2.zip", "second", "2026-03-02 10:00:00 Z")
    steps = 0

    class Crash(BaseException):
        pass

    def stop_at(function):
        def step(*arguments, **options):
            nonlocal steps
            steps += 1
            if steps == crash_at:
                raise Crash
            return function(*arguments, **options)

        return step

    with monkeypatch.context() as patch:
        patch.setattr("os.rename", stop_at(os.rename))  # the old one away, the new one in
        patch.setattr("os.fsync", stop_at(os.fsync))
        patch.setattr("shutil.rmtree", stop_at(lambda *_, **__: None))  # what a crash does not clean
        with pytest.raises(Crash):
            collect(second, "gradescope")
    collect(second, "gradescope")
    assert handed_in("ada") == work("second")
    assert kept(course) == [work("first")]
    assert ledger.receipts(course, STAGE)["ada"].sha256 == ledger.all_receipts(course)[-1].sha256
    assert not list(course.workspace.private.glob("collecting-*"))


def test_half_a_line_in_the_ledger_is_passed_over(collect, course, tmp_path):
    collect(archives.canvas(tmp_path / "a.zip", [person("ada")]), "canvas")
    path = course.workspace.private / "receipts.jsonl"
    with path.open("ab") as file:
        file.write(path.read_bytes()[:40])
    collect(archives.canvas(tmp_path / "b.zip", [person("zoe")]), "canvas")
    assert sorted(ledger.receipts(course, STAGE)) == ["ada", "zoe"]
    assert path.stat().st_mode & 0o077 == 0, "it names students: for its owner's eyes"
    assert json.loads(path.read_bytes().splitlines()[-1])["student_id"] == "zoe"


def test_two_at_a_time_do_not_mix(collect, course, tmp_path):
    fcntl = pytest.importorskip("fcntl")
    with (course.workspace.private / "collecting.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(CollectProblem, match="another bnlab collect"):
            collect(archives.canvas(tmp_path / "a.zip", [person("ada")]), "canvas")


def test_two_different_ones_without_a_time_are_listed(collect, handed_in, tmp_path):
    files = {"ada/x.ipynb": work("one"), "Ada Lovelace/x.ipynb": work("two")}
    done = collect(archives.unpacked(tmp_path / "in", files), "folder")
    assert codes(done) == ["unclear"]
    assert handed_in("ada") is None


def test_dry_run_makes_no_gradebook(collect, course, tmp_path):
    course.workspace.gradebook.unlink()
    collect(archives.canvas(tmp_path / "a.zip", [person("ada")]), "canvas", dry_run=True)
    assert not course.workspace.gradebook.exists()
