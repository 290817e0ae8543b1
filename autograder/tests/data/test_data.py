"""Data sets that are made or shipped."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from bnlab import data, nn
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parents[3]
IMAGES = [
    pytest.param(data.digits, id="digits"),
    pytest.param(lambda seed=0: data.procedural_images(400, seed=seed), id="procedural"),
]
ALL = [*IMAGES, pytest.param(lambda seed=0: data.linear_regression(seed=seed), id="linear")]


def arrays(dataset):
    return dataset.x_train, dataset.y_train, dataset.x_test, dataset.y_test


def forget():
    for loader in (data.digits, data.procedural_images):
        loader.cache_clear()


@pytest.mark.parametrize("load", ALL)
def test_a_seed_determines_the_data_and_another_gives_others(load):
    first = load(seed=3)
    forget()
    assert all(map(np.array_equal, arrays(first), arrays(load(seed=3))))
    assert not np.array_equal(first.x_train, load(seed=4).x_train)


@pytest.mark.parametrize("load", ALL)
def test_what_one_part_of_a_notebook_does_cannot_change_the_data_of_another(load):
    for array in arrays(load()):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


@pytest.mark.parametrize("load", IMAGES)
def test_images_are_standardised_over_those_to_train_on(load):
    dataset = load()
    assert dataset.x_train.dtype == np.float32
    assert (dataset.y_train.dtype, dataset.y_train.ndim) == (np.int64, 1)
    np.testing.assert_allclose(dataset.x_train.mean(axis=(0, 2, 3), dtype=float), 0, atol=1e-6)
    np.testing.assert_allclose(dataset.x_train.std(axis=(0, 2, 3), dtype=float), 1, atol=1e-6)
    assert set(dataset.y_train) == set(dataset.y_test) == set(range(len(dataset.classes)))


def test_digits_are_those_of_uci():
    dataset = data.digits()
    assert (dataset.x_train.shape, dataset.x_test.shape) == ((1400, 1, 8, 8), (397, 1, 8, 8))
    labels = np.concatenate([dataset.y_train, dataset.y_test])
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    values = np.unique(np.concatenate([dataset.x_train, dataset.x_test]))
    np.testing.assert_allclose(np.diff(values), np.diff(values)[0], rtol=1e-4)  # 0 … 16, moved and scaled
    assert len(values) == 17
    assert dataset.licence == "CC BY 4.0"
    assert "Alpaydin" in dataset.source


@pytest.mark.parametrize("load", [data.digits, lambda: data.procedural_images(1000, hard=0, noise=0)])
def test_labels_belong_to_their_images(load):
    """What stands out from the corner is most like the mean of its class far more often than one time in ten."""
    dataset = load()
    x, x_test = (
        np.abs(part - part[:, :, :1, :1]).reshape(len(part), -1) for part in (dataset.x_train, dataset.x_test)
    )
    means = np.stack([x[dataset.y_train == label].mean(axis=0) for label in range(10)])
    guess = np.linalg.norm(x_test[:, None] - means, axis=2).argmin(axis=1)
    assert (guess == dataset.y_test).mean() > 0.5


def test_procedural_images_have_the_shapes_asked_for_and_balanced_classes():
    dataset = data.procedural_images(count=203, test=40, side=12)
    assert (dataset.x_train.shape, dataset.x_test.shape) == ((163, 3, 12, 12), (40, 3, 12, 12))
    counts = np.bincount(np.concatenate([dataset.y_train, dataset.y_test]))
    assert counts.max() - counts.min() == 1


def test_procedural_images_stay_what_they_are():
    """Figures and frozen numbers rest on them. Values to rounding: sines differ in the last bit between processors."""
    dataset = data.procedural_images(count=100)
    assert dataset.y_train[:12].tolist() == FROZEN_LABELS
    np.testing.assert_allclose(dataset.x_train[0, :, 8, 8], FROZEN_PIXEL, atol=1e-4)


FROZEN_LABELS = [2, 6, 0, 5, 3, 6, 4, 2, 2, 0, 3, 3]
FROZEN_PIXEL = [1.58504, 0.52447, -0.86816]


@pytest.mark.parametrize(("easy", "hard"), [({"noise": 0}, {"noise": 0.5}), ({"hard": 0}, {"hard": 1})])
def test_noise_and_hard_make_images_of_a_class_differ_more(easy, hard):
    def spread(arguments):
        dataset = data.procedural_images(1000, **arguments)
        disc = np.abs(dataset.x_train[dataset.y_train == 0])
        return disc.std(axis=0).mean() / disc.mean()

    assert spread(easy) < 0.97 * spread(hard)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"count": 10, "test": 10}, "test should lie between 1 and count"),
        ({"hard": 2}, "hard"),
        ({"noise": -1}, "noise"),
    ],
)
def test_impossible_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        data.procedural_images(**arguments)


def test_linear_regression_is_one_linear_map_of_gaussian_vectors():
    dataset = data.linear_regression(examples=500, width=7, seed=1)
    assert dataset.x_train.shape == dataset.y_train.shape == (500, 7)
    A = np.linalg.lstsq(dataset.x_train, dataset.y_train)[0]
    np.testing.assert_allclose(dataset.x_test @ A, dataset.y_test, atol=1e-12)
    assert abs(dataset.x_train.std() - 1) < 0.1
    assert np.linalg.cond(A) < 1e4


def test_images_pass_through_a_network():
    dataset = data.digits()
    network = nn.Network([nn.Affine(64, 10)])
    loss, _ = network.loss_and_gradient(nn.to_engine(dataset.x_train[:5]), dataset.y_train[:5])
    assert np.isfinite(loss)


@pytest.mark.parametrize("project", [ROOT / "course", ROOT], ids=["student", "staff"])
def test_the_digits_and_their_notice_are_in_the_wheel_and_load_from_it(project, tmp_path):
    (wheel,) = WheelBuilder(str(project)).build(directory=str(tmp_path))
    names = zipfile.ZipFile(wheel).namelist()
    assert {"bnlab/data/digits.npz", "bnlab/data/NOTICE.md"} <= set(names)
    code = "import sys; sys.path.insert(0, sys.argv[1]); from bnlab import data; print(data.__file__, data.digits())"
    done = subprocess.run(
        [sys.executable, "-I", "-c", code, wheel], capture_output=True, text=True, timeout=60
    )
    assert done.stdout.startswith(str(tmp_path)), done.stderr
    assert "(1400, 1, 8, 8)" in done.stdout
