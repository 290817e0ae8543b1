"""Grading on a Dask cluster that runs elsewhere, with and without TLS, and what happens when parts of it die."""

import signal
import threading

import pytest
from bnlab_autograder.grading import cluster
from bnlab_autograder.grading.cluster import ClusterLost, DaskPool

from .conftest import STAGE, graded_once, points
from .servers import Dask


@pytest.fixture
def course(course_on):
    return course_on("sqlite")


@pytest.fixture
def grade(course):
    """Grade all on a scheduler. ``on_begin`` takes the student whose submission is being judged, and where."""

    def run(scheduler, on_begin=lambda student, where: None, **options):
        def tell(event):
            if event["event"] == "began":
                on_begin(event["student"], event["worker"])

        terms = course.terms(STAGE.name)
        students = course.students(STAGE.name)
        with DaskPool(course.hidden, course.mutants, tier=terms.tier, scheduler=scheduler, **options) as pool:
            yield from course.grade(STAGE.name, students, pool, terms=terms, tell=tell)

    return run


def test_on_a_scheduler_elsewhere(course, hand_in, bnlab, dask):
    students = hand_in(course, *range(5))
    result = bnlab("grade", "00", "-C", course.root, "--scheduler", dask.address, "--json")
    assert result.exit_code == 0, result.output
    assert {one["student"] for one in result.json} == set(students)
    assert graded_once(course, students)


def test_a_worker_killed_in_the_middle(course, hand_in, dask, grade):
    students = hand_in(course, *range(6))
    killed = []

    def kill_the_first(student, where):
        if not killed:
            killed.append(student)
            dask.worker_at(where).send_signal(signal.SIGKILL)

    outcomes = list(grade(dask.address, kill_the_first))
    assert killed
    assert len(outcomes) == 6
    assert graded_once(course, students)


def test_a_submission_over_which_every_worker_dies(course, hand_in, dask, grade):
    students = hand_in(course, *range(3), "villain")
    killed = []

    def kill(student, where):
        if student == "villain":
            killed.append(where)
            dask.worker_at(where).send_signal(signal.SIGKILL)

    outcomes = {outcome.student: outcome for outcome in grade(dask.address, kill)}
    assert len(killed) == 2, "the scheduler gives it another chance, and no more"
    assert outcomes["villain"].data["status"] == "failed"
    assert outcomes["villain"].data["points"] is None
    others = {name: STAGE.points for name in students if name != "villain"}
    assert points(course) == {**others, "villain": None}
    again = {outcome.student: outcome for outcome in grade(dask.address)}
    assert again["villain"].data["points"] == STAGE.points, "a later run mends it"
    assert [name for name, outcome in again.items() if outcome.executed] == ["villain"]


def test_the_scheduler_lost_in_the_middle(course, hand_in, grade, pool, tmp_path, monkeypatch):
    students = hand_in(course, *range(6))
    done = []

    def grade_all():
        for outcome in grade(servers.address):
            done.append(outcome.student)
            if len(done) == 2:
                monkeypatch.setattr(cluster, "LOST_SECONDS", 2.0)
                servers.scheduler.kill()

    servers = Dask(tmp_path)
    try:
        with pytest.raises(ClusterLost, match="scheduler was lost"):
            grade_all()
    finally:
        servers.close()
    assert 2 <= len(done) < 6
    rest = list(course.grade(STAGE.name, students, pool))
    assert {outcome.student for outcome in rest if not outcome.fresh} == set(done)
    assert graded_once(course, students)


def test_with_tls_and_workers_that_come_later(course, hand_in, bnlab, tls, tmp_path, monkeypatch):
    students = hand_in(course, *range(3))
    servers = Dask(tmp_path, workers=0, tls=tls)
    options = ("grade", "00", "-C", course.root, "--scheduler")
    secure = ("--tls-ca", tls / "ca.pem", "--tls-cert", tls / "cert.pem", "--tls-key", tls / "key.pem")
    try:
        later = threading.Timer(2.0, servers.start_workers, [1])
        later.start()
        result = bnlab(*options, servers.address, *secure)
        later.join()
        assert result.exit_code == 0, result.output
        assert "has no workers yet" in result.stderr
        monkeypatch.setattr(cluster, "LOST_SECONDS", 2.0)
        bare = bnlab(*options, servers.address.replace("tls:", "tcp:"), "--force")
    finally:
        servers.close()
    assert graded_once(course, students), "what could not be graded anew stays"
    assert bare.exit_code == 1
    assert "there is no scheduler at tcp://" in bare.stderr


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["--scheduler", "tcp://127.0.0.1:9"], 1, "there is no scheduler at tcp://127.0.0.1:9"),
        (["--scheduler", "tls://x"], 2, "speaks TLS: --tls-ca, --tls-cert, --tls-key must name files"),
        (
            ["--scheduler", "tls://x", "--tls-ca", "/nowhere"],
            2,
            "--tls-ca, --tls-cert, --tls-key must name a file",
        ),
        (["--tls-ca", "/etc/hosts"], 2, "name it with --scheduler"),
    ],
)
def test_what_cannot_be_reached_is_said(course, hand_in, bnlab, monkeypatch, arguments, status, message):
    monkeypatch.setattr(cluster, "LOST_SECONDS", 1.0)
    hand_in(course, 0)
    result = bnlab("grade", "00", "-C", course.root, *arguments)
    assert result.exit_code == status
    assert message in result.stderr.replace("\n", " ")
