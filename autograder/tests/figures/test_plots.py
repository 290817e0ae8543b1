"""Curves over training and ridge plots: what they show of the data they are given."""

import numpy as np
import pytest
from bnlab.plots.curves import look, over_training, smoothed, spread
from bnlab.plots.ridge import inside, ridge, ridges
from bnlab.plots.style import figure


@pytest.mark.parametrize("window", [1, 3, 50])
def test_smoothed_is_the_mean_of_the_last_values(window):
    values = np.random.default_rng(0).normal(size=(2, 12))
    expected = [[row[max(0, t + 1 - window) : t + 1].mean() for t in range(12)] for row in values]
    np.testing.assert_allclose(smoothed(values, window), expected)


def test_spread_is_a_median_between_extremes():
    _, ax = figure()
    spread(ax, [0, 1], [[0, 5], [1, 9], [10, 7]], "three seeds")
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), [1, 7])
    box = ax.collections[0].get_datalim(ax.transData)
    assert (box.y0, box.y1) == (0, 10)


def test_one_seed_has_no_band():
    _, ax = figure()
    spread(ax, [0, 1], [3, 4])
    assert len(ax.lines) == 1
    assert not ax.collections


def test_every_network_has_a_look_of_its_own():
    names = ["standard", "BN", "noisy BN", "standard + noise", "ℓ1", "ℓ2", "ℓ∞"]
    looks = [look(name) for name in names]
    assert len({one["color"] for one in looks}) == len(names)
    assert len({str(one["linestyle"]) for one in looks}) > 3  # not by colour alone


def test_panels_over_training():
    panels = {"one": {"BN": np.ones((2, 4)), "other": np.zeros(4)}, "two": {"BN": np.arange(3)}}
    fig = over_training(panels, "step", "accuracy", x={"two": [5, 6, 7]}, marks=("other",), ticks=[0, 2])
    first, second = fig.axes
    assert [line.get_label() for line in first.lines] == ["BN", "other"]
    np.testing.assert_array_equal(second.lines[0].get_xdata(), [5, 6, 7])
    assert first.lines[1].get_marker() != "None"
    assert [tick.get_text() for tick in first.get_xticklabels()] == ["0", "2"]
    assert fig.axes[0].get_legend() is not None


def test_a_ridge_for_each_time_at_its_peak():
    rng, (_, ax) = np.random.default_rng(0), figure()
    samples = rng.normal(size=(6, 4000)) + np.linspace(-2, 2, 6)[:, None]
    samples[3, :10] = np.nan
    samples[4, :10] = 1e9
    ridge(ax, samples, times=range(0, 60, 10), limits=(-5, 5))
    peaks = [line.get_xdata()[line.get_ydata().argmax()] for line in ax.lines if len(line.get_xdata()) > 2]
    np.testing.assert_allclose(peaks, np.linspace(-2, 2, 6), atol=0.6)
    assert "50" in [tick.get_text() for tick in ax.get_yticklabels()]


def test_limits_hold_nearly_everything():
    values = np.append(np.random.default_rng(0).normal(size=10_000), [1e6, np.inf, np.nan])
    low, high = inside(values)
    assert -6 < low < -2
    assert 2 < high < 6


def test_a_grid_of_ridges_shares_the_x_axis_of_a_row():
    rng = np.random.default_rng(0)
    rows = {"layer 1": {"a": rng.normal(size=(3, 50)), "b": 9 * rng.normal(size=(3, 50))}}
    fig = ridges(rows, times=range(3))
    assert fig.axes[0].get_xlim() == fig.axes[1].get_xlim()
    apart = ridges(rows, times=range(3), share="none")
    assert apart.axes[0].get_xlim() != apart.axes[1].get_xlim()
