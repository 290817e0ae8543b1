"""Walks and deep linear networks: what is measured is what is meant, and small settings show the large effects."""

import numpy as np
import pytest
from bnlab.plots.bands import bands
from bnlab.plots.landscape import along_lines
from bnlab_autograder.figures import dln, dln_landscape, landscape
from bnlab_autograder.figures.run import Runner

SMALL = landscape.SETTINGS["tiny"]
DEEP = dln.QUICK | {"steps": 200, "every": 25}


def run(figure, setting="tiny", seeds=(3,), **changes):
    with Runner(workers=0) as runner:
        return runner.run(figure, setting, seeds, changes)


def figure_of(module, name):
    (found,) = [one for one in module.FIGURES if one.name == name]
    return found


class TestWalks:
    def test_training_takes_no_notice_of_them(self):
        with_walks, without = (landscape.walked(SMALL, "BN", 4, every=every)() for every in (3, 0))
        assert np.array_equal(with_walks["losses"], without["losses"])
        assert with_walks["along"].shape == (4, 3)
        assert without["along"].size == 0

    def test_step_lengths_are_those_of_the_rate_in_the_settings(self):
        for rate in (0.1, 0.02):
            found = landscape.walked(SMALL, "standard", 4, rate=rate)()
            assert np.allclose(found["lambdas"], (0.05, 0.2, 0.4))
        assert np.array_equal(found["start"], found["losses"][found["walked_at"]])

    def test_a_bowl_is_known(self):
        found = landscape.bowl(beta=4.0, rate=0.1, walk=(0.1, 0.5))
        assert np.allclose(found["beta"], 4)
        assert np.allclose(found["losses"], 0.6 ** (2 * np.arange(landscape.BOWL_STEPS)))
        assert np.allclose(found["along"], found["start"][:, None] * np.array([0.36, 1.0]))
        assert np.allclose(found["changes"], 4 * found["length"][:, None] * np.array([0.1, 0.5]))

    def test_what_overflows_is_infinite(self):
        found = dln.trained(dln.TINY, "standard", 0, rate=1.0, walk=(1.0, 1e100))()
        assert np.isinf(found["along"][-1]).any()
        assert not np.isnan(found["along"]).any()
        assert not np.isnan(found["beta"]).any()


class TestComparison:
    def walks(self, start, spread):
        start = np.array(start, float)
        return {
            "start": start,
            "along": start[:, None] + np.outer(spread, (0, 1)),
            "changes": np.outer(spread, (0.5, 1)),
            "beta": np.array(spread, float),
        }

    def test_over_training_and_in_the_first_third(self):
        one = self.walks([2, 2, 2, 1, 1, 1], [1, 1, 6, 6, 6, 16])
        other = self.walks([2, 2, 1, 1, 1, 1], [2, 2, 2, 2, 2, 2])
        for name in landscape.MEASURES:
            found = landscape.compared(one, other, name)
            assert found[f"{name}_ratio_median"] == 3
            assert found[f"{name}_ratio_first_third"] == 0.5
            assert found[f"{name}_ratio_p90"] == 3

    def test_at_equal_loss_a_network_that_has_not_moved_is_not_compared_with_one_that_has(self):
        """The plateau: as smooth as can be at a loss of 2.3, and rough where the other network is."""
        plateau, learning = (
            self.walks([2.3] * 6 + [0.6, 0.7], [0.01] * 6 + [8, 8]),
            self.walks([0.6] * 8, [2] * 8),
        )
        found = landscape.compared(plateau, learning, "loss_range")
        assert found["loss_range_ratio_median"] < 0.01
        assert found["loss_range_ratio_at_equal_loss"] == pytest.approx(4)

    def test_where_they_never_met_there_is_no_number(self):
        found = landscape.compared(self.walks([8, 9], [1, 1]), self.walks([1, 1], [1, 1]), "beta")
        assert np.isnan(found["beta_ratio_at_equal_loss"])

    def test_rank_correlation(self):
        assert landscape.rank_correlation([1, 5, 2], [10, 11, 10.5]) == pytest.approx(1)
        assert landscape.rank_correlation([1, 2, 3], [3, 2, 1]) == pytest.approx(-1)


def test_separate_runs_call_the_steep_bowl_smooth():
    effects = run(figure_of(landscape, "landscape-over-rates")).effects
    assert effects["beta_steep_over_flat_bowl"] == pytest.approx(10)
    assert effects["envelope_steep_over_flat_bowl"] < 0.2


class TestDeepLinear:
    def test_measuring_leaves_training_alone(self):
        plain = dln.trained(dln.TINY, "ℓ1", 5, rate=1e-4)()
        more = {"watched": (1, 5), "shifted": (2, 4), "walk": (1e-4, 3e-3)}
        watched = dln.trained(dln.TINY, "ℓ1", 5, rate=1e-4, **more)()
        assert np.array_equal(plain["losses"], watched["losses"])
        assert watched["shifts"][4].shape == (4, 3)
        assert watched["stds"][5].shape == (4, 4)

    def test_without_a_step_there_is_no_shift(self):
        found = dln.trained(dln.TINY, "BN", 5, rate=0.0, shifted=(2, 4))()
        for l2, cosine, length in np.concatenate([found["shifts"][2], found["shifts"][4]]):
            assert (l2, cosine) == (0, pytest.approx(1))
            assert length > 0

    def test_bn_has_more_shift_and_the_lower_loss(self):
        figure = figure_of(dln, "3-dln")
        effects = run(figure, "quick", (31,), steps=400, every=80, rates=(1e-7,)).effects
        assert effects["standard_cosine_layer_17_lr_1e_7"] > 0.98
        assert effects["cosine_standard_minus_bn_layer_17_lr_1e_7"] > 0.1
        assert effects["l2_bn_over_standard_layer_17_lr_1e_7"] > 5
        assert effects["loss_bn_over_standard_lr_1e_7"] < 0.95

    def test_without_bn_beta_explodes_early(self):
        standard, bn = (dln_landscape.walked(DEEP, norm, 31, 1e-6)() for norm in ("standard", "BN"))
        assert np.quantile(standard["beta"], 0.9) > 3 * np.quantile(bn["beta"], 0.9)


def test_a_band_lies_between_its_edges():
    low, high = np.array([[1.0, 2], [3, 4]]), np.array([[5.0, 6], [7, 8]])
    (ax,) = bands({"loss": {"BN": (low, high)}}, [0, 1], "step", "loss").axes
    assert np.allclose(ax.get_lines()[0].get_ydata(), [2, 3])
    assert np.allclose(ax.get_lines()[1].get_ydata(), [6, 7])
    corners = ax.collections[0].get_paths()[0].vertices[:, 1]
    assert (corners.min(), corners.max()) == (2, 7)


def test_panels_of_a_group_share_their_range():
    panels = {name: ([1, 2], [[top / 2, top]], [0]) for name, top in (("a", 1.0), ("b", 100.0))}
    one, two = along_lines(panels, "λ", "change", groups={"a": "VGG", "b": "VGG"}).axes
    assert one.get_ylim() == two.get_ylim()
    assert one.get_ylim()[1] > 100


def test_a_run_that_ends_early_has_walks_of_infinite_range():
    walks = landscape.Walks((1.0, 2.0))
    walks.at, walks.seen = [0], [(np.array([3.0, 1.0]), np.array([0.5, 1.0]), 0.5, 2.0)]
    found = walks.found(np.array([4.0, 5.0, np.nan, np.nan]), every=2)
    assert list(found["walked_at"]) == [0, 2]
    assert list(landscape.measure(found, "loss_range")) == [2, np.inf]
    assert list(landscape.measure(found, "beta")) == [0.5, np.inf]


def test_what_is_dead_is_smooth():
    dead = landscape.walked({**SMALL, "init": landscape.TOO_SMALL}, "standard", 4)()
    alive = landscape.walked(SMALL, "BN", 4)()
    dead, alive = (np.median(landscape.measure(one, "loss_range")) for one in (dead, alive))
    assert dead < 0.5 * alive


def test_a_network_that_overflows_is_infinitely_rough_and_has_the_highest_loss():
    over = {"rates": (1e-4, 10.0), "steps": 6}
    effects = run(figure_of(dln_landscape, "10"), seeds=(0, 1), **over).per_seed
    assert np.isfinite(effects["beta_ratio_p90_lr_1e_7"]).all()
    outcome = run(figure_of(dln, "3-dln"), seeds=(0, 1), rates=(1e-4, 1e-3))
    assert outcome.draw().axes
    one = {"losses": np.array([3.0, np.nan])}
    assert dln.end_loss(one) == np.inf
    assert landscape.ratio(np.inf, 2.0) == landscape.BEYOND
    assert np.isnan(landscape.ratio(1.0, np.inf))


def test_what_training_did_not_come_to_is_nan():
    found = dln.trained(dln.TINY, "standard", 0, rate=1e3, shifted=(2,), watched=(1,))()
    assert found["shifts"][2].shape == (4, 3)
    assert np.isnan(found["shifts"][2][-1]).all()
    assert np.isfinite(found["stds"][1][0]).all()
