"""Figure 3 for the VGG: internal covariate shift (Definition 2.1), with and without BN."""

from __future__ import annotations

import numpy as np
from bnlab.plots.curves import look, smoothed, spread
from bnlab.plots.style import figure, guide, label, legend, log_scale
from bnlab.training import train
from bnlab_solutions.covariate_shift import internal_covariate_shift

from bnlab_autograder.figures.figure import Expectation, Figure, condition
from bnlab_autograder.figures.images import FULL, QUICK, TINY, network, pixels

RATES = (0.1, 0.01)
LAYERS = {"early": 3, "late": 6}  # of eight, counted from 1; the paper shows #5 and #10
NORMS = ("standard", "BN")


def measured(*, norm, rate, seed, every, data, count, channels, hidden, init, batch, steps):
    """Train a VGG, and measure the shift of two layers every so many steps.

    Returns
    -------
    dict
        accuracies: (steps,) of the batches; measured_at: (T,) steps;
        l2, cosine: {"early", "late": (T,)} of Definition 2.1, with the batch of that step.
    """
    x, y, *_ = pixels(data, count)
    net = network(norm, seed, side=x.shape[1], channels=channels, hidden=hidden, init=init)
    places = {name: net.weighted[min(layer, 2 * len(channels)) - 1] for name, layer in LAYERS.items()}

    def probe(step, net, xb, yb):
        return [internal_covariate_shift(net, xb, yb, place, rate) for place in places.values()]

    history = train(net, x, y, steps=steps, rate=rate, batch=batch, seed=seed, every=every, probe=probe)
    found = np.array(history.probed)  # (T, layers, 2)
    return {
        "accuracies": history.accuracies,
        "measured_at": np.array(history.probed_at),
        "l2": dict(zip(places, found[..., 0].T, strict=True)),
        "cosine": dict(zip(places, found[..., 1].T, strict=True)),
    }


def conditions(settings, seed):
    taken = ("data", "count", "channels", "hidden", "init", "batch", "steps", "every")
    plain = {name: settings[name] for name in taken}
    return {
        f"{norm}, LR {rate}": condition(measured, norm=norm, rate=rate, seed=seed, **plain)
        for rate in RATES
        for norm in NORMS
    }


def half(values, which):
    """The median over the first or the second half of training."""
    return float(np.median(np.array_split(values, 2)[which]))


def effects(results, settings):
    found = {}
    for rate in RATES:
        end = f"lr_{rate}".replace(".", "_")
        for name in LAYERS:
            for which, time in enumerate(("first_half", "second_half")):
                bn, standard = (
                    half(results[f"{n}, LR {rate}"]["cosine"][name], which) for n in ("BN", "standard")
                )
                far, near = (half(results[f"{n}, LR {rate}"]["l2"][name], which) for n in ("BN", "standard"))
                found[f"bn_cosine_{name}_layer_{time}_{end}"] = bn
                found[f"standard_cosine_{name}_layer_{time}_{end}"] = standard
                found[f"bn_minus_standard_cosine_{name}_layer_{time}_{end}"] = bn - standard
                found[f"bn_over_standard_l2_{name}_layer_{time}_{end}"] = far / near
    return found


def draw(runs, settings):
    """A row for each learning rate: accuracy, then cosine and distance in both layers."""
    fig, rows = figure(
        2,
        5,
        panel=(2.6, 2.4),
        title="Internal covariate shift: G before, G′ after the update of the layers below",
    )
    for row, rate in zip(rows, RATES, strict=True):
        for norm in NORMS:
            mine = [run[f"{norm}, LR {rate}"] for run in runs]
            accuracies = smoothed([one["accuracies"] for one in mine], 50)
            spread(row[0], np.arange(accuracies.shape[1]), accuracies, norm, **look(norm))
            for c, (what, name) in enumerate((w, n) for n in LAYERS for w in ("cosine", "l2")):
                values = smoothed([one[what][name] for one in mine], 3)
                spread(row[c + 1], mine[0]["measured_at"], values, norm, **look(norm))
        row[0].set_ylim(0, 1.02)
        guide(row[0], y=0.1)
        label(row[0], "step", f"LR {rate}", "accuracy on batches")
        for c, layer in enumerate(LAYERS.values()):
            cosine, l2 = row[2 * c + 1], row[2 * c + 2]
            cosine.set_ylim(-1.05, 1.05)
            guide(cosine, y=0)
            log_scale(l2, "y")
            label(cosine, "step", "", f"layer {layer}: cosine of G and G′")
            label(l2, "step", "", f"layer {layer}: ‖G − G′‖")
    legend(rows[1][0], loc="upper left")
    return fig


def more_shift(layer, time, lr, words):
    """BN has the smaller cosine, by a margin."""
    return Expectation(
        f"bn_minus_standard_cosine_{layer}_layer_{time}_{lr}",
        below=-0.05,
        says=f"{words}, G and G′ agree less with BN",
    )


FIGURES = (
    Figure(
        name="3-vgg",
        title="Figure 3a: internal covariate shift in a VGG",
        shows="How much the gradient of a layer changes when the layers below it are updated, on the same batch: "
        "cosine and distance of the two gradients, in an early and in a late layer, at two learning rates.",
        claim="With BN there is as much internal covariate shift, or more.",
        settings={
            "quick": QUICK | {"every": 10},
            "full": FULL | {"every": 50},
            "tiny": TINY | {"every": 4},
        },
        conditions=conditions,
        effects=effects,
        draw=draw,
        expectations=(
            more_shift("early", "first_half", "lr_0_1", "early layer, first half of training, LR 0.1"),
            more_shift("early", "second_half", "lr_0_1", "early layer, second half, LR 0.1"),
            more_shift("late", "first_half", "lr_0_1", "late layer, first half, LR 0.1"),
            more_shift("late", "second_half", "lr_0_1", "late layer, second half, LR 0.1"),
            more_shift("early", "first_half", "lr_0_01", "early layer, first half, LR 0.01"),
            more_shift("early", "second_half", "lr_0_01", "early layer, second half, LR 0.01"),
            more_shift("late", "first_half", "lr_0_01", "late layer, first half, LR 0.01"),
            more_shift("late", "second_half", "lr_0_01", "late layer, second half, LR 0.01"),
        ),
        remark="Median cosines at LR 0.1, BN against standard: early layer "
        "{bn_cosine_early_layer_first_half_lr_0_1:.2f} and {standard_cosine_early_layer_first_half_lr_0_1:.2f} in the "
        "first half of training, {bn_cosine_early_layer_second_half_lr_0_1:.2f} and "
        "{standard_cosine_early_layer_second_half_lr_0_1:.2f} in the second; late layer "
        "{bn_cosine_late_layer_first_half_lr_0_1:.2f} and {standard_cosine_late_layer_first_half_lr_0_1:.2f}, then "
        "{bn_cosine_late_layer_second_half_lr_0_1:.2f} and {standard_cosine_late_layer_second_half_lr_0_1:.2f}. "
        "A cosine of 1 is no shift.",
    ),
)
