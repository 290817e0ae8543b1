"""A student's notebook under a newer release: whatever was done to its cells, no text is lost."""

from __future__ import annotations

import copy
import json
import shutil
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest
from bnlab.cli import app
from bnlab.upgrade import NotUpgraded, checksum, upgrade
from bnlab_autograder import schemas
from jsonschema import validate
from nbformat import from_dict
from nbgrader.utils import compute_checksum
from typer.testing import CliRunner

STAGE = "01_forward"
STUB = "def {}(x):\n    raise NotImplementedError()"


def plain(kind: str, source: str) -> dict:
    return _cell(kind, source, f"{kind}-{sha256(source.encode()).hexdigest()[:12]}")


def named(name: str, source: str, kind: str = "code", **marks) -> dict:
    base = {"schema_version": 3, "grade": False, "solution": False, "locked": False, "task": False}
    cell = _cell(kind, source, name)
    cell["metadata"]["nbgrader"] = {**base, **marks, "grade_id": name, "cell_type": kind}
    cell["metadata"]["nbgrader"]["checksum"] = compute_checksum(from_dict(cell))
    return cell


def _cell(kind: str, source: str, cell_id: str) -> dict:
    extra = {"outputs": [], "execution_count": None} if kind == "code" else {}
    return {"cell_type": kind, "id": cell_id, "metadata": {}, "source": source, **extra}


def own(source: str, kind: str = "code", cell_id: str = "3f2a9c41") -> dict:
    return _cell(kind, source, cell_id)


def exercise(name: str, stub: str = STUB, check: str = "") -> list[dict]:
    return [
        named(name, stub.format(name), solution=True),
        named(f"check_{name}", f'check("{name}", {name}){check}', grade=True, locked=True, points=2.0),
    ]


def question(name: str, points: float = 2.0) -> dict:
    return named(name, "YOUR ANSWER HERE", "markdown", grade=True, solution=True, points=points)


OLD = [
    plain("markdown", "# A stage"),
    named("setup", "import numpy as np", locked=True),
    plain("markdown", "Prose with a wrong word."),
    *exercise("mean"),
    plain("code", "data = np.ones(3)\nprint(mean(data))"),
    *exercise("median"),
    question("why"),
]
NEW = [
    plain("markdown", "# A stage"),
    named("setup", "import numpy as np\nimport math", locked=True),
    plain("markdown", "Prose with a right word."),
    *exercise("mean", check="  # a better check"),
    plain("code", "data = np.ones(3)\nprint(mean(data))"),
    *exercise("variance"),
    question("why", points=3.0),
]


def release(folder: Path, version: str, cells: list[dict], **files: str) -> Path:
    """A release as students are given it."""
    folder.mkdir(parents=True)
    notebook = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"bnlab": {"stage": STAGE, "version": version}, "kernelspec": {"name": "python3"}},
        "cells": cells,
    }
    content = {f"{STAGE}.ipynb": json.dumps(notebook), **{"previous_stages.py": f"# {version}"}, **files}
    for name, text in content.items():
        (folder / name).write_text(text)
    manifest = {
        "stage": STAGE,
        "version": version,
        "files": {name: sha256(text.encode()).hexdigest() for name, text in content.items()},
        "cells": [
            {
                "grade_id": cell["metadata"].get("nbgrader", {}).get("grade_id"),
                "checksum": sha256(cell["source"].encode()).hexdigest(),
            }
            for cell in cells
        ],
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


@pytest.fixture
def new(tmp_path):
    return release(tmp_path / "new", "1.1.0", copy.deepcopy(NEW))


@pytest.fixture
def work(tmp_path):
    """A student's folder of release 1.0.0; ``work(change)`` lets ``change`` edit the cells, and saves."""
    folder = release(tmp_path / "mine", "1.0.0", copy.deepcopy(OLD))
    path = folder / f"{STAGE}.ipynb"

    def save(change=None, **answers):
        notebook = json.loads(path.read_text())
        by_name = {cell["id"]: cell for cell in notebook["cells"]}
        for name, text in answers.items():
            by_name[name]["source"] = text
        if change is not None:
            change(notebook["cells"])
        path.write_text(json.dumps(notebook))
        return path

    return save


def cells(path: Path) -> list[dict]:
    return [{**cell, "source": "".join(cell["source"])} for cell in json.loads(path.read_text())["cells"]]


def source(path: Path, name: str) -> str:
    return next(cell["source"] for cell in cells(path) if cell["id"] == name)


def everything(path: Path) -> str:
    return "\n".join(cell["source"] for cell in cells(path))


MEAN, MEDIAN, WHY = (
    "def mean(x):\n    return x.mean()",
    "def median(x):\n    return 1",
    "Because of the batch.",
)


def test_our_checksum_is_nbgraders():
    for cell in [*OLD, *NEW]:
        if "nbgrader" in cell["metadata"]:
            assert checksum(cell) == cell["metadata"]["nbgrader"]["checksum"]


def test_answers_go_where_they_are_asked_for(work, new):
    path = work(mean=MEAN, why=WHY)
    done = upgrade(path, new)
    assert (done.old, done.new, done.status) == ("1.0.0", "1.1.0", "upgraded")
    assert (done.carried, done.open, done.reread, done.kept, done.own) == (
        ["mean", "why"],
        ["variance"],
        ["why"],  # its points have changed
        [],
        0,
    )
    expected = copy.deepcopy(NEW)
    expected[3]["source"], expected[-1]["source"] = MEAN, WHY
    assert [(c["id"], c["source"]) for c in cells(path)] == [(c["id"], c["source"]) for c in expected]
    assert json.loads(path.read_text())["metadata"]["bnlab"]["version"] == "1.1.0"


def test_the_notebook_as_it_was_stays_beside_it(work, new):
    path = work(mean=MEAN)
    before = path.read_bytes()
    done = upgrade(path, new)
    assert (path.parent / done.backup).read_bytes() == before


def test_a_second_time_changes_nothing(work, new):
    path = work(lambda cells: cells.insert(4, own("print('mine')")), mean=MEAN, median=MEDIAN, why=WHY)
    upgrade(path, new)
    before = {p.name: p.read_bytes() for p in path.parent.iterdir()}
    again = upgrade(path, new)
    assert (again.status, again.backup, again.files) == ("unchanged", None, [])
    assert {p.name: p.read_bytes() for p in path.parent.iterdir()} == before


def test_own_cells_stay_behind_what_they_stood_behind(work, new):
    def change(cells):
        cells.append(own("last = 1", cell_id="e0000001"))
        cells.insert(6, own("after the experiment", "markdown", cell_id="e0000002"))
        cells.insert(3, own("after the old prose", "raw", cell_id="e0000003"))
        cells.insert(0, own("first = 1", cell_id="e0000004"))

    path = work(change, mean=MEAN)
    assert upgrade(path, new).own == 4
    order = [cell["id"] for cell in cells(path)]
    assert order[0] == "e0000004"
    assert order[order.index("e0000002") - 1] == plain("code", OLD[5]["source"])["id"]
    assert order[order.index("e0000003") - 1] == "setup"  # the prose between them is gone
    assert order[-1] == "e0000001"


def test_outputs_and_attachments_of_what_is_unchanged_are_kept(work, new):
    output = {"output_type": "stream", "name": "stdout", "text": ["1.0\n"]}

    def change(cells):
        for cell in cells:
            if cell["cell_type"] == "code":
                cell["outputs"] = [output]
        cells[-1]["attachments"] = {"sketch.png": {"image/png": "AAAA"}}

    path = work(change, mean=MEAN, why=f"![](attachment:sketch.png) {WHY}")
    upgrade(path, new)
    outputs = {cell["id"]: cell.get("outputs") for cell in cells(path)}
    assert outputs["mean"] == outputs[OLD[5]["id"]] == [output]
    assert outputs["check_mean"] == outputs["variance"] == []
    assert cells(path)[-1]["attachments"] == {"sketch.png": {"image/png": "AAAA"}}


def test_the_answer_to_what_is_not_asked_any_more_is_kept_and_does_not_run(work, new):
    path = work(mean=MEAN, median='def median(x):\n    """```"""\n    return 1')
    done = upgrade(path, new)
    assert [one["cell"] for one in done.kept] == ["median"]
    last = cells(path)[-1]
    assert last["cell_type"] == "markdown"
    assert "````python\ndef median(x):\n" in last["source"]
    assert "`median` of release 1.0.0; release 1.1.0 has no such cell" in last["source"]


def test_an_untouched_cell_of_the_old_release_is_not_taken_for_an_answer(work, new):
    done = upgrade(work(), new)
    assert (done.carried, done.open, done.kept, done.own) == ([], ["mean", "variance", "why"], [], 0)


# What students do to cells


def rename_label(cells):
    cells[3]["metadata"]["nbgrader"]["grade_id"] = "my_mean"


def rename_label_and_id(cells):
    rename_label(cells)
    cells[3]["id"] = "f00dbabe"


def drop_labels(cells):
    for cell in cells:
        cell["metadata"] = {}


def drop_ids(cells):
    for cell in cells:
        del cell["id"]


def rewrite_in_a_fresh_cell(cells):
    cells[3] = own(MEAN)


@pytest.mark.parametrize(
    "change", [rename_label, rename_label_and_id, drop_labels, drop_ids, rewrite_in_a_fresh_cell]
)
def test_an_answer_is_found_without_its_name(work, new, change):
    path = work(change, mean=MEAN)
    done = upgrade(path, new)
    assert source(path, "mean") == MEAN
    assert "mean" in done.carried
    assert everything(path).count(MEAN) == 1


def test_prose_without_ids_is_not_doubled(work, new):
    path = work(drop_ids, mean=MEAN)
    assert upgrade(path, new).own == 0
    assert "wrong word" not in everything(path)


def test_a_deleted_cell_is_asked_for_again(work, new):
    path = work(lambda cells: cells.pop(3), why=WHY)
    done = upgrade(path, new)
    assert done.open == ["mean", "variance"]
    assert source(path, "mean") == STUB.format("mean")


def test_of_copies_the_one_that_was_worked_on_counts_and_the_others_are_kept(work, new):
    def change(cells):
        twin = copy.deepcopy(cells[3])
        twin.update(id="aaaa1111", source=MEAN)
        third = copy.deepcopy(twin)
        third.update(id="aaaa2222", source="def mean(x):\n    return 0  # first try")
        cells[4:4] = [twin, third]

    path = work(change)
    done = upgrade(path, new)
    assert source(path, "mean") == MEAN
    assert [one["cell"] for one in done.kept] == ["mean"]
    assert "first try" in cells(path)[-1]["source"]
    assert upgrade(path, new).status == "unchanged"


def test_equal_copies_are_one(work, new):
    path = work(lambda cells: cells.insert(4, copy.deepcopy({**cells[3], "id": "aaaa1111"})), mean=MEAN)
    assert upgrade(path, new).kept == []
    assert everything(path).count(MEAN) == 1


def test_changes_to_locked_and_to_given_cells_are_not_lost(work, new):
    path = work(
        check_mean='print("debug")\ncheck("mean", mean)',
        **{OLD[5]["id"]: "data = np.zeros(3)  # my own data", OLD[2]["id"]: "Prose. My note in it."},
    )
    done = upgrade(path, new)
    assert [one["cell"] for one in done.kept] == ["check_mean"]
    assert source(path, "check_mean") == NEW[4]["source"]
    assert 'print("debug")' in cells(path)[-1]["source"]
    assert (
        source(path, OLD[5]["id"]) == "data = np.zeros(3)  # my own data"
    )  # the new release has this cell, too
    assert source(path, OLD[2]["id"]) == "Prose. My note in it."
    assert done.own == 1


def test_an_answer_of_another_type_is_read_as_the_right_one(work, new):
    path = work(lambda cells: cells[-1].update(cell_type="raw"), why=WHY)
    upgrade(path, new)
    assert (cells(path)[-1]["cell_type"], cells(path)[-1]["source"]) == ("markdown", WHY)


def test_every_word_survives_in_whatever_order(work, new):
    """All of the above at once, and the cells turned around."""

    def change(cells):
        cells[4:4] = [own("mine = 1"), own("mine = 2", cell_id="3f2a9c41")]
        rename_label(cells)
        cells.reverse()

    path = work(change, mean=MEAN, median=MEDIAN, why=WHY)
    upgrade(path, new)
    for text in (MEAN, MEDIAN, WHY, "mine = 1", "mine = 2"):
        assert text in everything(path)
    assert len({cell["id"] for cell in cells(path)}) == len(cells(path))
    assert upgrade(path, new).status == "unchanged"


def test_back_and_forth(work, new, tmp_path):
    old = release(tmp_path / "old", "1.0.0", copy.deepcopy(OLD))
    path = work(mean=MEAN, median=MEDIAN, why=WHY)
    upgrade(path, new)
    upgrade(path, old)
    assert (source(path, "mean"), source(path, "why")) == (MEAN, WHY)
    assert MEDIAN in everything(path)
    assert len(list(path.parent.glob("*.before-*.ipynb"))) == 2


# Files


def test_files_of_the_release_come_along_and_changed_ones_are_kept(work, tmp_path):
    new = release(
        tmp_path / "new", "1.1.0", copy.deepcopy(NEW), **{"requirements.txt": "new", "added.csv": "1"}
    )
    path = work(mean=MEAN)
    (path.parent / "requirements.txt").write_text("my own")
    done = upgrade(path, new)
    assert done.files == ["added.csv", "manifest.json", "previous_stages.py", "requirements.txt"]
    assert done.kept_files == ["requirements.before-1.1.0.txt"]
    assert (path.parent / "requirements.before-1.1.0.txt").read_text() == "my own"
    assert (path.parent / "previous_stages.py").read_text() == "# 1.1.0"


@pytest.mark.parametrize("inside", ["", f"{STAGE}/"])
def test_a_zip(work, new, tmp_path, inside):
    with zipfile.ZipFile(tmp_path / "new.zip", "w") as archive:
        for path in new.iterdir():
            archive.write(path, f"{inside}{path.name}")
        archive.writestr("../outside.txt", "no")
    path = work(mean=MEAN)
    assert upgrade(path, tmp_path / "new.zip").carried == ["mean"]
    assert not (tmp_path / "outside.txt").exists()


def test_the_new_release_unpacked_over_the_old_one(work, new, tmp_path):
    """The student's notebook has another name then, for instance a downloaded copy's."""
    path = work(mean=MEAN)
    mine = new / f"{STAGE} (1).ipynb"
    shutil.move(path, mine)
    assert upgrade(mine, new).carried == ["mean"]
    with pytest.raises(NotUpgraded, match="is the notebook of that release itself"):
        upgrade(new / f"{STAGE}.ipynb", new)


def test_nothing_is_written_for_a_dry_run(work, new):
    path = work(mean=MEAN)
    before = {p.name: p.read_bytes() for p in path.parent.iterdir()}
    done = upgrade(path, new, dry_run=True)
    assert (done.status, done.carried, done.backup) == ("planned", ["mean"], None)
    assert {p.name: p.read_bytes() for p in path.parent.iterdir()} == before


@pytest.mark.parametrize("at", [1, 2, 3, 4])
def test_a_crash_loses_nothing_and_a_second_call_finishes(work, new, monkeypatch, at):
    path = work(mean=MEAN, median=MEDIAN)
    before = path.read_bytes()
    import bnlab.upgrade as module

    real, calls = module.os.replace, []

    def replace(*arguments):
        calls.append(arguments)
        if len(calls) == at:
            raise OSError(28, "No space left on device")
        return real(*arguments)

    with monkeypatch.context() as broken:
        broken.setattr(module.os, "replace", replace)
        with pytest.raises(NotUpgraded, match="cannot be written \\(No space left"):
            upgrade(path, new)
    assert before in [p.read_bytes() for p in path.parent.glob("*.ipynb")]
    assert not list(path.parent.glob(".bnlab-*"))
    upgrade(path, new)
    assert source(path, "mean") == MEAN
    assert upgrade(path, new).status == "unchanged"


# What cannot be upgraded


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "it is empty"),
        (b'{"cells": [', "not a notebook that can be read"),
        (b"[]", "holds no cells"),
        (b'{"worksheets": []}', "format 3"),
        (b'{"cells": [{"cell_type": "code", "source": 3}]}', "cell 1 of .* is damaged"),
        (b'{"cells": [], "metadata": []}', "metadata of .* are damaged"),
    ],
)
def test_a_broken_notebook_is_left_alone(tmp_path, new, content, words):
    path = tmp_path / f"{STAGE}.ipynb"
    path.write_bytes(content)
    with pytest.raises(NotUpgraded, match=words):
        upgrade(path, new)
    assert [p.name for p in tmp_path.iterdir() if p != new] == [path.name]
    assert path.read_bytes() == content


def test_another_stages_notebook(work, new, tmp_path):
    path = work(mean=MEAN)
    text = path.read_text()
    path.write_text(text.replace(STAGE, "02_train_test"))
    with pytest.raises(NotUpgraded, match="a release of 01_forward, the notebook belongs to 02_train_test"):
        upgrade(path, new)
    path = path.rename(path.with_name("notes.ipynb"))
    path.write_text(json.dumps({"cells": [own("1")]}))
    with pytest.raises(NotUpgraded, match="shares no exercise"):
        upgrade(path, new)


def test_what_is_no_release(work, new, tmp_path):
    path = work(mean=MEAN)
    (tmp_path / "empty").mkdir()
    (tmp_path / "no.zip").write_bytes(b"PK nonsense")
    worked_in = new / f"{STAGE}.ipynb"
    for place, words in [
        (tmp_path / "nowhere", "there is no"),
        (tmp_path / "empty", "holds no release"),
        (tmp_path / "no.zip", "is not a zip that can be read"),
        (path, "is not a zip that can be read"),
    ]:
        with pytest.raises(NotUpgraded, match=words):
            upgrade(path, place)
    worked_in.write_text(worked_in.read_text().replace("raise", "return"))
    with pytest.raises(NotUpgraded, match="unpack the release anew"):
        upgrade(path, new)
    (new / "manifest.json").write_text("{}")
    with pytest.raises(NotUpgraded, match=r"manifest\.json in .* is damaged"):
        upgrade(path, new)


# The command


def bnlab(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "200"})


def test_the_command(work, new):
    path = work(lambda cells: cells.append(own("mine = 1")), mean=MEAN, median=MEDIAN)
    planned = bnlab("upgrade", path, "--to", new, "--dry-run", "--json")
    validate(json.loads(planned.stdout), schemas.load("upgrade"))
    done = bnlab("upgrade", path, "--to", new)
    assert done.exit_code == 0, done.output
    for words in (
        "has come from release 1.0.0 to 1.1.0",
        "carried over: mean",
        "still to answer: variance, why",
        "kept at the end: your text in median",
        "01_forward.before-1.1.0.ipynb",
    ):
        assert words in done.stdout
    assert "nothing was changed" in bnlab("upgrade", path, "--to", new).stdout
    failed = bnlab("upgrade", path, "--to", path.parent / "nowhere")
    assert (failed.exit_code, failed.stdout) == (2, "")
    assert "there is no" in failed.stderr
