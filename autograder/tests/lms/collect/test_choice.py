"""Several notebooks in one submission, and files beside them."""

import pytest

from .. import archives
from .conftest import CELLS, NOTEBOOK, OTHER, STAGE, work
from .test_systems import codes, statuses


@pytest.fixture
def hand_in(collect, tmp_path):
    def run(files):
        return collect(
            archives.unpacked(tmp_path / "in", {f"ada/{name}": raw for name, raw in files.items()}), "folder"
        )

    return run


RIGHT = work("right")


@pytest.mark.parametrize(
    ("files", "taken"),
    [
        ({"a.ipynb": work("other", stage=OTHER), "b.ipynb": RIGHT}, RIGHT),
        (
            {
                "a.ipynb": archives.notebook(OTHER, "", ["x"], marked=False),
                "b.ipynb": work("right", marked=False),
            },
            "b",
        ),
        ({"a.ipynb": RIGHT, "copy/b.ipynb": RIGHT}, RIGHT),
        ({NOTEBOOK: RIGHT, "Untitled.ipynb": work("try")}, RIGHT),
        ({"a.ipynb": work("one"), "b.ipynb": work("two")}, None),
        ({"a.ipynb": work("one", stage=OTHER), "b.ipynb": b"broken"}, None),
        ({"Ada.IPYNB": RIGHT}, RIGHT),
        ({"a.ipynb": RIGHT, ".ipynb_checkpoints/a-checkpoint.ipynb": work("old")}, RIGHT),
        ({"a.ipynb": b"{ half"}, b"{ half"),
    ],
    ids=[
        "another stage's beside it",
        "without the release's name the cells tell",
        "twice the same",
        "one has the name of the stage",
        "two of the stage",
        "none that is of the stage",
        "capitals",
        "a checkpoint",
        "a damaged one is graded as such",
    ],
)
def test_a_notebook_is_chosen_by_what_is_certain(hand_in, handed_in, files, taken):
    done = hand_in(files)
    assert handed_in("ada") == (files["b.ipynb"] if taken == "b" else taken)
    assert statuses(done) == {"ada": "new" if taken else "left"}
    if taken is None:
        assert codes(done) == ["unclear"]
        assert f"submitted/ada/{STAGE}/{NOTEBOOK}" in done.items[0].findings[0].text


def test_another_stages_notebook_alone_is_taken_with_a_remark(hand_in, handed_in):
    done = hand_in({"a.ipynb": work("x", stage=OTHER)})
    assert (statuses(done), codes(done)) == ({"ada": "new"}, ["other-stage"])


def test_files_of_the_release_are_kept_and_others_named(hand_in, course):
    done = hand_in(
        {NOTEBOOK: RIGHT, "previous_stages.py": b"mine", "numpy.py": b"evil", "mistakes.md": b"given"}
    )
    place = course.workspace.submitted / "ada" / STAGE
    assert sorted(path.name for path in place.iterdir()) == [NOTEBOOK, "previous_stages.py"]
    assert codes(done) == ["extra-file"]
    assert "numpy.py was handed in as well" in done.items[0].findings[0].text


@pytest.mark.parametrize(
    ("files", "words"), [({"work.zip": b"PK"}, "an archive"), ({"x.pdf": b"%PDF"}, "only x.pdf")]
)
def test_no_notebook(hand_in, handed_in, files, words):
    done = hand_in(files)
    assert (statuses(done), codes(done)) == ({"ada": "left"}, ["no-notebook"])
    assert words in done.items[0].findings[0].text
    assert handed_in("ada") is None


def test_a_stage_that_is_not_released_yet_is_known_by_its_name(course, hand_in, handed_in):
    import shutil

    shutil.rmtree(course.workspace.release(STAGE))
    hand_in({"a.ipynb": RIGHT, "b.ipynb": archives.notebook(OTHER, "", CELLS)})
    assert handed_in("ada") == RIGHT
