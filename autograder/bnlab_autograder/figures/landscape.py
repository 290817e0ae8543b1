"""Figure 4: walks along the gradient of a VGG; and two ways to be misled by a landscape.

A walk starts at the parameters W of one training step, with the batch of that step, and stops at W − λ g for
several λ; training goes on as if it had not been. ``walked_on_images`` is the condition that these figures and
figures 11 and 12 share.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from bnlab import nn
from bnlab.nn.layers import Affine
from bnlab.plots.bands import band, log_ticks
from bnlab.plots.curves import look, over_training, smoothed, spread
from bnlab.plots.landscape import against_loss
from bnlab.plots.style import LOOKS, figure, label, legend, log_scale
from bnlab.training import train
from bnlab_solutions.fast import walk_along_gradient

from bnlab_autograder.figures.figure import Condition, Expectation, Figure, condition
from bnlab_autograder.figures.images import FULL, QUICK, TINY, network, pixels

# From half a step of training to four of them: with rate 0.1, up to 0.4 times the gradient, as the paper does.
WALK = {"every": 10, "lambdas": (0.5, 1.0, 1.5, 2.0, 3.0, 4.0)}
SETTINGS = {
    "quick": QUICK | WALK,
    "full": FULL | WALK | {"every": 40},
    "tiny": TINY | WALK | {"every": 3, "lambdas": (0.5, 2.0, 4.0)},
}
MEASURES = {
    "loss_range": "range of the loss on the line",
    "gradient_change": "largest change of the gradient",
    "beta": "effective β",
}


# ------------------------------------------------------------------------------------------ the condition


def walked(
    settings: Mapping[str, Any], norm: str, seed: int, rate: float | None = None, every: int | None = None
) -> Condition:
    """The condition ``walked_on_images`` with the settings of a figure; its step lengths are those of ``rate``."""
    taken = ("data", "count", "channels", "hidden", "init", "batch", "steps")
    return condition(
        walked_on_images,
        norm=norm,
        rate=settings["rate"] if rate is None else rate,
        walk=[share * settings["rate"] for share in settings["lambdas"]],
        every=settings["every"] if every is None else every,
        seed=seed,
        **{name: settings[name] for name in taken},
    )


def walked_on_images(*, norm, rate, walk, every, seed, data, count, channels, hidden, init, batch, steps):
    """Train a VGG, and walk along the gradient before every so-many-th step; ``every=0`` only trains.

    Returns
    -------
    dict
        losses, accuracies: (steps,) of the batches.
        And of the walks, see ``Walks``.
    """
    x, y, _, _ = pixels(data, count)
    net = network(norm, seed, side=x.shape[1], channels=channels, hidden=hidden, init=init)
    walks = Walks(walk)
    history = train(net, x, y, steps=steps, rate=rate, batch=batch, seed=seed, every=every, probe=walks)
    return {
        "losses": history.losses,
        "accuracies": np.nan_to_num(history.accuracies, nan=0.1),
        **walks.found(history.losses, every),
    }


class Walks:
    """A probe for ``bnlab.training.train`` that walks along the gradient."""

    def __init__(self, lambdas):
        self.lambdas, self.at, self.seen = np.array(lambdas), [], []

    def __call__(self, step, net, x, y):
        self.at.append(step)
        self.seen.append(walk_along_gradient(net, x, y, self.lambdas))

    def found(self, losses, every) -> dict[str, np.ndarray]:
        """What was seen of T walks with S stops.

        walked_at: (T,) steps; lambdas: (S,); start: (T,) the loss at the beginning; length: (T,) that of the
        gradient; along: (T, S) losses on the line; changes: (T, S) of the gradient; beta: (T,).
        A loss that has overflowed is infinite, and so is everything at the walks that training did not come to.
        """
        planned = np.arange(0, len(losses), every) if every else np.arange(0)
        S = len(self.lambdas)
        along, changes = np.full((2, len(planned), S), np.inf)
        beta, length, start = np.full((3, len(planned)), np.inf)
        for place, (one, change, largest, size) in enumerate(self.seen):
            along[place], changes[place], beta[place], length[place] = one, change, largest, size
            start[place] = losses[self.at[place]]
        return {
            "walked_at": planned,
            "lambdas": self.lambdas,
            "start": without_nan(start),
            "length": without_nan(length),
            "along": without_nan(along),
            "changes": without_nan(changes),
            "beta": without_nan(beta),
        }


def without_nan(values):
    """``values`` with inf where there is no number: such a place is beyond what can be computed."""
    return np.where(np.isnan(values), np.inf, values)


# ------------------------------------------------------------------------------------------------ numbers


def measure(result, name) -> np.ndarray:
    """One number for each walk, (T,): the range of the loss, the largest change of the gradient, or β."""
    if name == "loss_range":
        low, high = walk_edges(result)
        return np.where(np.isinf(high), np.inf, high - np.where(np.isinf(low), 0, low))
    return result["changes"].max(axis=1) if name == "gradient_change" else result["beta"]


def walk_edges(result):
    """(smallest, largest) loss of each walk, both (T,)."""
    return result["along"].min(axis=1), result["along"].max(axis=1)


def compared(one, other, name) -> dict[str, float]:
    """How many times as large ``one`` is as ``other``: over training, in its first third, and at equal loss."""
    a, b = measure(one, name), measure(other, name)
    third = max(min(len(a), len(b)) // 3, 1)
    return {
        f"{name}_ratio_median": ratio(np.median(a), np.median(b)),
        f"{name}_ratio_p90": ratio(*(np.quantile(v, 0.9, method="nearest") for v in (a, b))),
        f"{name}_ratio_first_third": ratio(np.median(a[:third]), np.median(b[:third])),
        f"{name}_ratio_at_equal_loss": ratio_at_equal_loss(one["start"], a, other["start"], b),
    }


BEYOND = 1e30  # so many times as large is what has overflowed, so that it still is a number


def ratio(a, b) -> float:
    """a / b, ``BEYOND`` where only a is infinite, and not a number where b is."""
    return float(min(a / b, BEYOND)) if np.isfinite(b) else np.nan


def ratio_at_equal_loss(start, values, other_start, other_values, fewest=2) -> float:
    """The geometric mean of the ratios of medians, over those octaves of the loss that both have been in."""
    octave, other_octave = (np.floor(np.log2(np.maximum(s, 1e-12))) for s in (start, other_start))
    ratios = []
    for where in filter(np.isfinite, np.intersect1d(octave, other_octave)):
        a, b = values[octave == where], other_values[other_octave == where]
        if min(len(a), len(b)) >= fewest:
            ratios.append(ratio(np.median(a), np.median(b)))
    return float(np.exp(np.mean(np.log(ratios)))) if ratios else np.nan


# ----------------------------------------------------------------------------------------------- figure 4


def conditions_4(settings, seed):
    return {norm: walked(settings, norm, seed) for norm in ("standard", "BN")}


def effects_4(results, settings):
    standard, bn = results["standard"], results["BN"]
    found = {}
    for name in MEASURES:
        found |= compared(standard, bn, name)
    for key, result in (("standard", standard), ("bn", bn)):
        found[f"{key}_loss_range_median"] = np.median(measure(result, "loss_range"))
        found[f"{key}_beta_median"] = np.median(measure(result, "beta"))
        found[f"{key}_accuracy_end"] = smoothed(result["accuracies"], 50)[-1]
    return found


def stacked(runs, norm, key):
    return np.array([run[norm][key] for run in runs])


def draw_4(runs, settings):
    """Three bands over training, and the range of the loss against the loss itself."""
    fig, (top, bottom) = figure(2, 2, title="The landscape along the gradient, VGG", panel=(3.9, 2.8))
    at = runs[0]["BN"]["walked_at"]
    for norm in ("standard", "BN"):
        along, changes = stacked(runs, norm, "along"), stacked(runs, norm, "changes")
        band(top[0], at, along.min(axis=-1), along.max(axis=-1), norm)
        band(top[1], at, changes.min(axis=-1), changes.max(axis=-1), norm)
        spread(bottom[0], at, stacked(runs, norm, "beta"), norm, **look(norm))
        against_loss(
            bottom[1], stacked(runs, norm, "start"), [measure(run[norm], "loss_range") for run in runs], norm
        )
    for ax in (top[0], top[1], bottom[0]):
        log_scale(ax, "y")
    log_scale(bottom[1], "xy")
    log_ticks(bottom[0])
    label(top[0], "step", "loss", "(a) loss at W − λ g, all λ")
    label(top[1], "step", "‖g(W) − g(W − λ g)‖", "(b) gradient predictiveness")
    label(bottom[0], "step", "effective β", "(c) effective β-smoothness")
    label(bottom[1], "loss at W", "range of the loss on the line", "at equal loss")
    legend(top[0], loc="best")
    legend(bottom[1], loc="best")
    return fig


def draw_measures(runs, norms, title):
    """The three measures over training, a line for each network: as bands, five of them would hide each other."""
    panels = {
        heading: {norm: [np.maximum(measure(run[norm], name), 1e-9) for run in runs] for norm in norms}
        for name, heading in MEASURES.items()
    }
    fig = over_training(
        panels,
        "step",
        "",
        x=dict.fromkeys(panels, runs[0]["BN"]["walked_at"]),
        title=title,
        log="y",
        share_y=False,
    )
    for ax in fig.axes:
        low, high = ax.get_ylim()
        if high < 300 * low:
            log_ticks(ax)
    return fig


# --------------------------------------------------------------------------------- a network that is dead

DEAD = "standard, dead"
TOO_SMALL = 0.01  # a standard deviation of initial weights with which nothing gets through to the output


def conditions_dead(settings, seed):
    alive = {norm: walked(settings, norm, seed) for norm in ("standard", "BN")}
    return alive | {DEAD: walked({**settings, "init": TOO_SMALL}, "standard", seed)}


def effects_dead(results, settings):
    def typical(result, name):
        return np.median(measure(result, name))

    dead, bn = results[DEAD], results["BN"]
    return {
        "dead_accuracy_end": smoothed(dead["accuracies"], 50)[-1],
        "bn_accuracy_end": smoothed(bn["accuracies"], 50)[-1],
        "dead_over_bn_loss_range": typical(dead, "loss_range") / typical(bn, "loss_range"),
        "dead_over_bn_gradient_change": typical(dead, "gradient_change") / typical(bn, "gradient_change"),
        "dead_over_standard_loss_range": typical(dead, "loss_range")
        / typical(results["standard"], "loss_range"),
        "dead_loss_end": smoothed(dead["losses"], 50)[-1],
    }


def draw_dead(runs, settings):
    fig, (left, right) = figure(1, 2, title="A dead network looks smooth", panel=(3.9, 2.9))
    at = runs[0]["BN"]["walked_at"]
    looks = {
        "standard": look("standard"),
        "BN": look("BN"),
        DEAD: {"color": LOOKS[5]["color"], "linestyle": ":"},
    }
    for norm, style in looks.items():
        ranges = np.array([measure(run[norm], "loss_range") for run in runs])
        spread(left, at, np.maximum(ranges, 1e-9), norm, **style)
        spread(
            right, range(settings["steps"]), smoothed(stacked(runs, norm, "accuracies"), 50), norm, **style
        )
    log_scale(left, "y")
    label(left, "step", "range of the loss on the line", "the smaller, the smoother")
    label(right, "step", "accuracy on batches (mean of 50)", "what it has learnt")
    right.set_ylim(0, 1.02)
    legend(right, loc="center right")
    return fig


# ------------------------------------------------------------------- the landscape over learning rates

SHARES = (0.5, 1.0, 4.0)  # of the rate: separate runs, as far apart as the stops of a walk
CURVATURES = (1.0, 10.0)  # of two losses ½ β w²
BOWL_STEPS, BOWL_RATE = 100, 0.01


def apart(name, share):
    """The condition of ``name`` with that share of the learning rate; with the rate itself it is walked."""
    return name if share == 1 else f"{name}, {share:g} × LR"


def bowl_name(beta):
    return f"β = {beta:g}"


def conditions_rates(settings, seed):
    found = {}
    for share in SHARES:
        for norm in ("standard", "BN"):
            every = None if share == 1 else 0
            found[apart(norm, share)] = walked(settings, norm, seed, share * settings["rate"], every)
        for beta in CURVATURES:
            walk = [one * BOWL_RATE for one in settings["lambdas"]]
            found[apart(bowl_name(beta), share)] = condition(
                bowl, beta=beta, rate=share * BOWL_RATE, walk=walk
            )
    return found


def bowl(*, beta, rate, walk):
    """Gradient descent on ½ β w² from a loss of 1: a landscape that is known. As ``walked_on_images``."""
    net = nn.Network([Affine(1, 1, bias=False)], dtype=np.float64, loss=nn.squared_loss)
    net.parameters[:] = np.sqrt(2 / beta)
    x, y = np.full((1, 1), np.sqrt(beta / 2)), np.zeros((1, 1))
    walks = Walks(walk)
    history = train(net, x, y, steps=BOWL_STEPS, rate=rate, every=3, probe=walks)
    return {"losses": history.losses, **walks.found(history.losses, 3)}


def runs_apart(results, name):
    """The losses of separate runs from the same initial weights, a learning rate each: (rates, steps)."""
    return np.array([results[apart(name, share)]["losses"] for share in SHARES])


def envelope(results, name, at):
    """(low, high), each (T,), over separate runs at the same step: what is often copied as "the landscape"."""
    losses = without_nan(runs_apart(results, name))[:, at]
    return losses.min(axis=0), losses.max(axis=0)


def widths(results, name):
    """(of the envelope, of the walks), each (T,), at the steps of the walks."""
    walks = results[apart(name, 1)]
    low, high = envelope(results, name, walks["walked_at"])
    return high - low, measure(walks, "loss_range")


def effects_rates(results, settings):
    found = {}
    for key, name in (("standard", "standard"), ("bn", "BN")):
        around, walk = widths(results, name)
        found[f"envelope_over_walk_{key}"] = np.median(around) / np.median(walk)
        found[f"rank_correlation_{key}"] = rank_correlation(around, walk)
    (standard, standard_walk), (bn, bn_walk) = widths(results, "standard"), widths(results, "BN")
    found["envelope_standard_over_bn"] = np.median(standard) / np.median(bn)
    found["walk_standard_over_bn"] = np.median(standard_walk) / np.median(bn_walk)
    (flat, _), (steep, _) = (widths(results, bowl_name(beta)) for beta in CURVATURES)
    found["envelope_steep_over_flat_bowl"] = np.median(steep) / np.median(flat)
    flat_beta, steep_beta = (np.median(results[apart(bowl_name(b), 1)]["beta"]) for b in CURVATURES)
    found["beta_steep_over_flat_bowl"] = steep_beta / flat_beta
    return found


def rank_correlation(a, b):
    """Spearman's: 1 where both agree on the order of all places."""
    ranks = [np.argsort(np.argsort(v)) for v in (a, b)]
    return float(np.corrcoef(*ranks)[0, 1])


def draw_rates(runs, settings):
    """What is copied on the left, the paper's on the right; the network above, two bowls below."""
    fig, (top, bottom) = figure(2, 2, title='A "landscape over learning rates" is none', panel=(3.9, 2.8))
    for axes, names in ((top, ("standard", "BN")), (bottom, tuple(map(bowl_name, CURVATURES)))):
        for place, name in enumerate(names):
            style = {} if name in ("standard", "BN") else {**BOWLS[place]}
            at = runs[0][name]["walked_at"]
            edges = np.array([envelope(run, name, at) for run in runs])
            along = np.array([run[name]["along"] for run in runs])
            band(axes[0], at, edges[:, 0], np.minimum(edges[:, 1], OFF_THE_PAGE), name, **style)
            if axes is top:
                band(axes[1], at, along.min(axis=-1), along.max(axis=-1), name)
            else:
                style.pop("hatch")
                spread(axes[1], at, [run[name]["beta"] for run in runs], name, **style)
    rates = ", ".join(f"{share * settings['rate']:g}" for share in SHARES)
    label(top[0], "step", "loss", f"copied: between separate runs at LR {rates}")
    label(top[1], "step", "loss", "the paper: between stops of one walk")
    label(bottom[0], "step", "loss", "copied, for two bowls ½ β w²")
    label(bottom[1], "step", "effective β", "what is true of the bowls")
    log_scale(top[0], "y")
    log_scale(top[1], "y")
    low, high = zip(*(ax.get_ylim() for ax in top), strict=True)
    for ax in top:
        ax.set_ylim(min(low), high[1])
    bottom[1].set_ylim(0, 12)
    legend(top[0], loc="best")
    legend(bottom[0], loc="best")
    return fig


OFF_THE_PAGE = 1e9  # where a run has overflowed its band has no upper edge
BOWLS = (
    {"color": LOOKS[2]["color"], "linestyle": "-.", "hatch": None},
    {"color": LOOKS[3]["color"], "linestyle": ":", "hatch": "//"},
)


FIGURES = (
    Figure(
        name="4",
        title="Figure 4: the landscape along the gradient, VGG",
        shows="Loss, change of the gradient and effective β on lines from half a step to four steps long, of one "
        "point and one batch each; and the range of the loss against the loss itself.",
        claim="With BN the loss varies less, gradients stay predictive for longer, and β is smaller.",
        settings=SETTINGS,
        conditions=conditions_4,
        effects=effects_4,
        draw=draw_4,
        expectations=(
            Expectation("loss_range_ratio_median", above=2, says="the loss varies more without BN (median)"),
            Expectation(
                "loss_range_ratio_p90", above=5, says="the loss varies more without BN (90th percentile)"
            ),
            Expectation(
                "loss_range_ratio_at_equal_loss",
                above=2,
                says="the loss varies more without BN at equal loss",
            ),
            Expectation(
                "gradient_change_ratio_median", above=1.2, says="gradients change more without BN (median)"
            ),
            Expectation(
                "gradient_change_ratio_p90",
                above=3,
                says="gradients change more without BN (90th percentile)",
            ),
            Expectation("beta_ratio_median", above=1.05, says="β is larger without BN (median)"),
            Expectation("beta_ratio_p90", above=1.1, says="β is larger without BN (90th percentile)"),
            Expectation(
                "loss_range_ratio_first_third", above=1, says="the loss varies more from the beginning on"
            ),
        ),
        remark="Without BN the range of the loss is {loss_range_ratio_median:.1f} times as large (median; 90th "
        "percentile {loss_range_ratio_p90:.1f}), the change of the gradient {gradient_change_ratio_median:.1f} "
        "({gradient_change_ratio_p90:.1f}), β {beta_ratio_median:.2f} ({beta_ratio_p90:.2f}). At equal loss these "
        "are {loss_range_ratio_at_equal_loss:.1f}, {gradient_change_ratio_at_equal_loss:.1f} and "
        "{beta_ratio_at_equal_loss:.2f}. In the first third of training the medians are "
        "{loss_range_ratio_first_third:.2f}, {gradient_change_ratio_first_third:.2f} and "
        "{beta_ratio_first_third:.2f}: the standard network sits on a plateau then, and a plateau is smooth.",
    ),
    Figure(
        name="landscape-dead",
        title="A dead network looks smooth",
        shows="The range of the loss on lines along the gradient, and accuracy, of networks that learn and of one "
        "whose initial weights are so small that it does not.",
        claim="A smooth landscape by itself says nothing: compare networks that have come equally far.",
        settings=SETTINGS,
        conditions=conditions_dead,
        effects=effects_dead,
        draw=draw_dead,
        expectations=(
            Expectation(
                "dead_over_bn_loss_range", below=0.5, says="the dead network is the smoothest of all"
            ),
            Expectation("dead_accuracy_end", below=0.2, says="it has learnt nothing"),
            Expectation("bn_accuracy_end", above=0.9, says="BN has"),
        ),
        remark="The range of the loss of the dead network is {dead_over_bn_loss_range:.2g} times that with BN; its "
        "accuracy is {dead_accuracy_end:.2f} against {bn_accuracy_end:.2f}.",
    ),
    Figure(
        name="landscape-over-rates",
        title='A "landscape over learning rates" is none',
        shows="On the left the range of the loss over separate runs with several learning rates, which is often "
        "copied as figure 4a; on the right what figure 4 is about. Below, the same for two bowls ½ β w².",
        claim="Separate runs show how far each learning rate has come, not how the loss varies around a point.",
        settings=SETTINGS,
        conditions=conditions_rates,
        effects=effects_rates,
        draw=draw_rates,
        expectations=(
            Expectation(
                "envelope_steep_over_flat_bowl", below=0.5, says="separate runs call the steep bowl smoother"
            ),
            Expectation(
                "beta_steep_over_flat_bowl", above=9.9, below=10.1, says="its β is ten times the other's"
            ),
            Expectation(
                "envelope_over_walk_bn", above=1.3, says="separate runs make BN look rougher than it is"
            ),
            Expectation(
                "envelope_over_walk_standard", below=1, says="and the standard network smoother than it is"
            ),
        ),
        remark="For BN the range over separate runs is {envelope_over_walk_bn:.2g} times that on a line, for the "
        "standard network {envelope_over_walk_standard:.2g} times: the ratio of the two networks comes out as "
        "{envelope_standard_over_bn:.1f} where it is {walk_standard_over_bn:.1f}. A bowl that is ten times as curved "
        "has {envelope_steep_over_flat_bowl:.2g} times the range over separate runs.",
    ),
)
