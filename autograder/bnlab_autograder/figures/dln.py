"""Figures 3, 5 and 9 for the deep linear network: internal covariate shift, other norms, distributions.

``trained_deep_linear`` is the condition that these figures and figures 10, 11 and 13 share.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from bnlab import data, nn
from bnlab.plots.bands import log_ticks
from bnlab.plots.curves import over_training
from bnlab.plots.ridge import ridges
from bnlab.plots.style import guide, log_scale
from bnlab.training import train
from bnlab_solutions.covariate_shift import internal_covariate_shift

from bnlab_autograder.figures.figure import Condition, Expectation, Figure, condition
from bnlab_autograder.figures.images import normalise
from bnlab_autograder.figures.landscape import Walks

# 25 matrices of 10 × 10 and all of 1,000 examples in every step, as in the paper, which takes 10,000 steps.
QUICK = {
    "depth": 25,
    "width": 10,
    "examples": 1000,
    "rates": (1e-7, 1e-6),
    "steps": 2000,
    "every": 40,
    "shifted": (9, 17),
    "watched": (1, 11, 24),
    "lambdas": (0.01, 0.1, 1.0, 3.0, 10.0, 30.0),  # times the rate
}
FULL = QUICK | {"steps": 10_000, "every": 100}
TINY = QUICK | {
    "depth": 6,
    "width": 4,
    "examples": 50,
    "rates": (1e-5, 1e-4),
    "steps": 12,
    "every": 3,
    "shifted": (2, 4),
    "watched": (1, 3, 5),
}
SETTINGS = {"quick": QUICK, "full": FULL, "tiny": TINY}
LP = ("standard", "BN", "ℓ1", "ℓ2", "ℓ∞")
KEYS = {"BN": "bn", "ℓ1": "l1", "ℓ2": "l2", "ℓ∞": "linf"}


# ------------------------------------------------------------------------------------------ the condition


def trained(settings: Mapping[str, Any], norm: str, seed: int, rate: float, **more) -> Condition:
    """The condition ``trained_deep_linear`` with the settings of a figure; ``more`` says what to measure."""
    taken = ("depth", "width", "examples", "steps", "every")
    return condition(
        trained_deep_linear,
        norm=norm,
        seed=seed,
        rate=rate,
        **{name: settings[name] for name in taken},
        **more,
    )


def trained_deep_linear(
    *, norm, rate, seed, depth, width, examples, steps, every, watched=(), shifted=(), walk=()
):
    """Train a deep linear network, and measure things before every so-many-th step.

    Parameters
    ----------
    watched : tuple of int
        Layers, counted from 1, whose distributions are asked for.
    shifted : tuple of int
        Layers whose internal covariate shift is asked for.
    walk : tuple of float
        Step lengths λ of walks along the gradient, if these are asked for.

    Returns
    -------
    dict
        losses: (steps,), the sum over the examples.
        measured_at: (T,) steps.
        samples: {layer: (T, M)} what all its units hand on, for some of the examples.
        stds: {layer: (T, width)} of every unit.
        shifts: {layer: (T, 3)} ‖G − G′‖, the cosine of G and G′, and ‖G‖.
        And of the walks, see ``Walks``. Where the loss has overflowed, training ends and NaN stands for the rest.
    """
    found = data.linear_regression(examples, width, seed)
    x, y = nn.to_engine(found.x_train), nn.to_engine(found.y_train)
    net = nn.deep_linear(depth, width, normalise(norm, seed), seed=seed + 1000)  # no matrix is to be like A
    samples, stds, shifts = ({layer: [] for layer in layers} for layers in (watched, watched, shifted))
    walks = Walks(walk)

    def probe(step, net, x, y):
        for layer, out in outputs(net, x, watched).items():
            samples[layer].append(out[:, :: len(out)].ravel())
            stds[layer].append(out.std(axis=1))
        for layer in shifted:
            shifts[layer].append(shift(net, x, y, layer, rate))
        if walk:
            walks(step, net, x, y)

    history = train(net, x, y, steps=steps, rate=rate, batch=examples, every=every, probe=probe)
    return {
        "losses": history.losses,
        "measured_at": np.arange(0, steps, every),
        "samples": filled(samples, -(-steps // every)),
        "stds": filled(stds, -(-steps // every)),
        "shifts": filled(shifts, -(-steps // every)),
        **(walks.found(history.losses, every) if walk else {}),
    }


def filled(measured, times):
    """{layer: (times, …)} of {layer: a list}, with NaN for the times that training did not come to."""
    arrays = {layer: np.array(values) for layer, values in measured.items()}
    return {
        layer: np.concatenate([a, np.full((times - len(a), *a.shape[1:]), np.nan)])
        for layer, a in arrays.items()
    }


def end_loss(result) -> float:
    """The last loss; infinite if it has overflowed."""
    return float(np.nan_to_num(result["losses"][-1], nan=np.inf))


def outputs(net, x, layers) -> dict[int, np.ndarray]:
    """What each layer hands on, (width, examples), in train mode."""
    if not layers:
        return {}
    indices = {layer: net.preactivations[layer - 1] for layer in layers}
    with net.running_statistics_kept(), net.recording(*indices.values()) as seen:
        net.forward(x)
    return {layer: seen[index][0] for layer, index in indices.items()}


def shift(net, x, y, layer, rate) -> tuple[float, float, float]:
    """Definition 2.1 for one layer: (‖G − G′‖, their cosine, ‖G‖)."""
    index = net.weighted[layer - 1]
    l2, cosine = internal_covariate_shift(net, x, y, index, rate)
    with net.running_statistics_kept():
        gradient = net.loss_and_gradient(x, y)[1][net.slices[index]]
        return l2, cosine, float(np.linalg.norm(gradient))


def rated(norm, rate):
    """The name of a condition."""
    return f"{norm}, LR {rate:g}"


def speed(number, settings):
    """How effects name a learning rate: by the paper's, whatever stands for it in the settings for tests."""
    return ("lr_1e_7", "lr_1e_6")[settings["rates"].index(number)]


# ----------------------------------------------------------------------------------------------- figure 3


def conditions_3(settings, seed):
    return {
        rated(norm, rate): trained(settings, norm, seed, rate, shifted=settings["shifted"])
        for rate in settings["rates"]
        for norm in ("standard", "BN")
    }


def effects_3(results, settings):
    found = {}
    for rate in settings["rates"]:
        standard, bn = (results[rated(norm, rate)] for norm in ("standard", "BN"))
        lr = speed(rate, settings)
        for layer, paper in zip(settings["shifted"], (9, 17), strict=True):
            (s_l2, s_cosine, _), (b_l2, b_cosine, _) = (
                np.nanmedian(result["shifts"][layer], axis=0) for result in (standard, bn)
            )
            found[f"standard_cosine_layer_{paper}_{lr}"] = s_cosine
            found[f"bn_cosine_layer_{paper}_{lr}"] = b_cosine
            found[f"cosine_standard_minus_bn_layer_{paper}_{lr}"] = s_cosine - b_cosine
            found[f"l2_bn_over_standard_layer_{paper}_{lr}"] = b_l2 / s_l2
        found[f"loss_bn_over_standard_{lr}"] = end_loss(bn) / end_loss(standard)
    return found


def draw_3(runs, settings):
    panels, x, labels, log = {}, {}, {}, []
    for rate in settings["rates"]:
        of = {norm: [run[rated(norm, rate)] for run in runs] for norm in ("standard", "BN")}
        at = of["BN"][0]["measured_at"]
        heading = f"LR {rate:g}"
        panels[heading] = {norm: [one["losses"] for one in many] for norm, many in of.items()}
        labels[heading] = "loss"
        log.append(heading)
        for layer in settings["shifted"]:
            for column, what in ((0, "‖G − G′‖"), (1, "cosine of G and G′")):
                heading = f"LR {rate:g}, layer {layer}" + " " * column  # a title of its own
                panels[heading] = {
                    n: [one["shifts"][layer][:, column] for one in many] for n, many in of.items()
                }
                x[heading], labels[heading] = at, what
                log += [heading] * (column == 0)
    fig = over_training(
        panels,
        "step",
        "",
        x=x,
        y_labels=labels,
        title="Internal covariate shift of the deep linear network",
        columns=5,
        share_y=False,
        panel=(2.9, 2.4),
    )
    for ax, heading in zip(fig.axes, panels, strict=True):
        if heading in log:
            log_scale(ax, "y")
        else:
            ax.set_ylim(-1.08, 1.08)
            guide(ax, y=0)
    return fig


# ----------------------------------------------------------------------------------------------- figure 5


def conditions_5(settings, seed):
    return {
        norm: trained(settings, norm, seed, settings["rates"][0], watched=settings["watched"]) for norm in LP
    }


def effects_5(results, settings):
    found = {f"{KEYS.get(norm, norm)}_loss_end": end_loss(results[norm]) for norm in LP}
    for norm in LP[1:]:
        found[f"{KEYS[norm]}_over_standard_loss_end"] = end_loss(results[norm]) / end_loss(
            results["standard"]
        )
    found["l1_over_bn_loss_end"] = end_loss(results["ℓ1"]) / end_loss(results["BN"])
    return found


def draw_5(runs, settings):
    fig = over_training(
        {"": {norm: [run[norm]["losses"] for run in runs] for norm in LP}},
        "step",
        "loss",
        title="Training the deep linear network with other norms",
        log="y",
        panel=(4.6, 3.2),
    )
    log_ticks(fig.axes[0])
    return fig


# ----------------------------------------------------------------------------------------------- figure 9

RIDGES = 14  # as many distributions as can be told apart


def conditions_9(settings, seed):
    both = conditions_5(settings, seed)
    return {norm: both[norm] for norm in ("standard", "BN")}


def effects_9(results, settings):
    found = {}
    for layer, paper in zip(settings["watched"], (1, 11, 24), strict=True):
        growths = {}
        for norm in ("standard", "BN"):
            stds = np.median(results[norm]["stds"][layer], axis=1)
            stds = stds[np.isfinite(stds)]
            growths[norm] = stds.max() / stds.min()
            found[f"{KEYS.get(norm, norm)}_std_growth_layer_{paper}"] = growths[norm]
        found[f"std_growth_standard_over_bn_layer_{paper}"] = growths["standard"] / growths["BN"]
    return found


def draw_9(runs, settings):
    """The distributions of the first seed."""
    result = runs[0]
    at = result["BN"]["measured_at"]
    chosen = np.linspace(0, len(at) - 1, min(RIDGES, len(at))).round().astype(int)
    rows = {
        norm: {f"layer {layer}": result[norm]["samples"][layer][chosen] for layer in settings["watched"]}
        for norm in ("standard", "BN")
    }
    return ridges(rows, at[chosen], title="Distributions in the deep linear network")


FIGURES = (
    Figure(
        name="3-dln",
        title="Figure 3: internal covariate shift of the deep linear network",
        shows="Loss; and for two layers the length of G − G′ and the cosine of G and G′ (definition 2.1), at two "
        "learning rates.",
        claim="Without BN there is almost no internal covariate shift; with BN G and G′ are almost uncorrelated, and "
        "yet the loss is lower.",
        settings=SETTINGS,
        conditions=conditions_3,
        effects=effects_3,
        draw=draw_3,
        expectations=(
            Expectation(
                "loss_bn_over_standard_lr_1e_7", below=0.7, says="BN ends with the lower loss at LR 1e-7"
            ),
            Expectation(
                "loss_bn_over_standard_lr_1e_6", below=0.7, says="BN ends with the lower loss at LR 1e-6"
            ),
            Expectation(
                "standard_cosine_layer_9_lr_1e_7", above=0.99, says="layer 9 without BN: no shift at LR 1e-7"
            ),
            Expectation(
                "standard_cosine_layer_17_lr_1e_7",
                above=0.99,
                says="layer 17 without BN: no shift at LR 1e-7",
            ),
            Expectation(
                "l2_bn_over_standard_layer_9_lr_1e_7", above=5, says="layer 9: more shift with BN at LR 1e-7"
            ),
            Expectation(
                "l2_bn_over_standard_layer_17_lr_1e_7",
                above=5,
                says="layer 17: more shift with BN at LR 1e-7",
            ),
            Expectation(
                "cosine_standard_minus_bn_layer_9_lr_1e_7",
                above=0.01,
                says="layer 9: G′ turns further from G with BN at LR 1e-7",
            ),
            Expectation(
                "cosine_standard_minus_bn_layer_17_lr_1e_7",
                above=0.3,
                says="layer 17: G′ turns further from G with BN at LR 1e-7",
            ),
            Expectation(
                "standard_cosine_layer_17_lr_1e_6", above=0.9, says="layer 17 without BN: no shift at LR 1e-6"
            ),
        ),
        remark="At LR 1e-7 the cosine of G and G′ in layers 9 and 17 is {standard_cosine_layer_9_lr_1e_7:.3f} and "
        "{standard_cosine_layer_17_lr_1e_7:.3f} without BN, {bn_cosine_layer_9_lr_1e_7:.2f} and "
        "{bn_cosine_layer_17_lr_1e_7:.2f} with it; at LR 1e-6 layer 17 has {standard_cosine_layer_17_lr_1e_6:.2f} and "
        "{bn_cosine_layer_17_lr_1e_6:.2f}. The loss with BN ends at {loss_bn_over_standard_lr_1e_7:.2f} and "
        "{loss_bn_over_standard_lr_1e_6:.2f} times that without.",
    ),
    Figure(
        name="5-dln",
        title="Figure 5: training the deep linear network with other norms",
        shows="Loss over training: standard, BN, and division by the average ℓ1, ℓ2 or ℓ∞ norm.",
        claim="Every ℓp norm trains about as well as BN, and ℓ1 better.",
        settings=SETTINGS,
        conditions=conditions_5,
        effects=effects_5,
        draw=draw_5,
        expectations=(
            *(
                Expectation(
                    f"{KEYS[norm]}_over_standard_loss_end",
                    below=0.7,
                    says=f"{norm} ends with a lower loss than the standard network",
                )
                for norm in LP[1:]
            ),
            Expectation("l1_over_bn_loss_end", below=0.95, says="ℓ1 ends with a lower loss than BN"),
        ),
        remark="Loss at the end: standard {standard_loss_end:.3g}, BN {bn_loss_end:.3g}, ℓ1 {l1_loss_end:.3g}, "
        "ℓ2 {l2_loss_end:.3g}, ℓ∞ {linf_loss_end:.3g}.",
    ),
    Figure(
        name="9",
        title="Figure 9: distributions in the deep linear network",
        shows="Histograms of what three layers hand on, over training; light is early and dark is late.",
        claim="Without BN variances are large and uncontrolled.",
        settings=SETTINGS,
        conditions=conditions_9,
        effects=effects_9,
        draw=draw_9,
        expectations=(
            Expectation(
                "std_growth_standard_over_bn_layer_24",
                above=1.15,
                says="the last layer's standard deviation changes by a larger factor without BN",
            ),
            Expectation(
                "std_growth_standard_over_bn_layer_11",
                above=1.15,
                says="the middle layer's standard deviation changes by a larger factor without BN",
            ),
        ),
        remark="From its smallest to its largest, the standard deviation of layers 1, 11 and 24 grows by a factor of "
        "{standard_std_growth_layer_1:.1f}, {standard_std_growth_layer_11:.1f} and "
        "{standard_std_growth_layer_24:.1f} without BN, {bn_std_growth_layer_1:.1f}, {bn_std_growth_layer_11:.1f} and "
        "{bn_std_growth_layer_24:.1f} with it.",
    ),
)
