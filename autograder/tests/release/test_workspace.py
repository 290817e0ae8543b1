from __future__ import annotations

import shutil

import pytest
from bnlab_autograder.workspace import NotCreated, NoWorkspace, Workspace


@pytest.fixture
def fresh(tmp_path) -> Workspace:
    return Workspace.create(tmp_path / "course", "bn")[0]


def test_the_secret_is_for_the_owner_alone_and_never_replaced(fresh):
    path = fresh.private / "secret"
    secret = path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600
    assert fresh.private.stat().st_mode & 0o777 == 0o700
    (fresh.root / "nbgrader_config.py").unlink()
    _, written = Workspace.create(fresh.root)
    assert written == ["nbgrader_config.py"]
    assert path.read_bytes() == secret


def test_a_course_folder_can_be_moved(fresh, tmp_path):
    shutil.move(fresh.root, tmp_path / "elsewhere")
    moved = Workspace(tmp_path / "elsewhere")
    assert moved.db_url == f"sqlite:///{tmp_path / 'elsewhere' / 'gradebook.db'}"
    for path in moved.root.rglob("*"):
        assert not path.is_file() or str(tmp_path).encode() not in path.read_bytes()


def test_find_looks_upwards(fresh):
    inside = fresh.submitted / "ada" / "01_forward"
    inside.mkdir(parents=True)
    assert Workspace.find(inside).root == fresh.root


@pytest.mark.parametrize("name", ["", "nowhere"])
def test_where_there_is_no_course_folder_the_error_names_it_and_the_next_step(tmp_path, name):
    with pytest.raises(NoWorkspace, match=r"bnlab init") as caught:
        Workspace.find(tmp_path / name)
    assert str(tmp_path / name) in str(caught.value)


def test_damaged_settings_are_named(fresh):
    (fresh.root / "bnlab.toml").write_text("format = ", encoding="utf-8")
    with pytest.raises(NoWorkspace, match=r"bnlab\.toml cannot be read"):
        _ = Workspace(fresh.root).course_id


def test_seeds_depend_on_course_stage_and_version_and_only_the_id_may_be_known(fresh, tmp_path):
    other, _ = Workspace.create(tmp_path / "other", "bn")
    seeds = [
        workspace.seed_for(stage, version)
        for workspace in (fresh, other)
        for stage in ("00_warmup", "01_forward")
        for version in ("1.0.0", "1.0.1")
    ]
    assert len(set(seeds)) == len({seed for seed, _ in seeds}) == len({name for _, name in seeds}) == 8
    assert fresh.seed_for("00_warmup", "1.0.0") == seeds[0]
    assert all(name not in seed.hex() for seed, name in seeds)


def test_without_its_secret_a_course_has_no_seeds(fresh):
    (fresh.private / "secret").unlink()
    with pytest.raises(NoWorkspace, match="restore it from a backup"):
        fresh.seed_for("00_warmup", "1.0.0")


def test_submissions_are_folders_of_students(fresh):
    for student, stage in [
        ("bo", "01_forward"),
        ("ada", "01_forward"),
        ("ada", "00_warmup"),
        (".x", "01_forward"),
    ]:
        (fresh.submitted / student / stage).mkdir(parents=True)
    (fresh.submitted / "notes.txt").touch()
    assert fresh.students() == ["ada", "bo"]
    assert [student for student, _ in fresh.submissions("01_forward")] == ["ada", "bo"]
    assert fresh.submissions("00_warmup") == [("ada", fresh.submitted / "ada" / "00_warmup")]


def test_someone_elses_configuration_is_not_touched(tmp_path):
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n", encoding="utf-8")
    with pytest.raises(NotCreated, match=r"nbgrader_config\.py exists"):
        Workspace.create(tmp_path, "bn")
    assert [path.name for path in tmp_path.iterdir()] == ["nbgrader_config.py"]


def test_a_database_url_gets_the_driver_that_is_installed(tmp_path):
    workspace, _ = Workspace.create(tmp_path / "course", "bn", "postgresql://bn:secret@localhost/bn")
    assert workspace.db_url == "postgresql+psycopg://bn:secret@localhost/bn"
    assert (workspace.root / "bnlab.toml").stat().st_mode & 0o777 == 0o600
