"""Figures 1c, 2, 6 and 8: how the distributions of activations move in training, and whether that matters."""

from __future__ import annotations

import numpy as np
from bnlab.plots.curves import look, smoothed, spread
from bnlab.plots.ridge import inside, ridge, ridges
from bnlab.plots.style import figure, guide, label, legend, log_scale

from bnlab_autograder.figures.figure import Expectation, Figure
from bnlab_autograder.figures.images import FULL, QUICK, TINY, trained

SETTINGS = {"quick": QUICK, "full": FULL, "tiny": TINY}
WINDOW = 50  # steps over which the accuracy of single batches is averaged
NOISY = ("standard", "BN", "noisy BN", "standard + noise")
MOVING = ("standard", "BN", "noisy BN")
LP = ("standard", "BN", "ℓ1", "ℓ2", "ℓ∞")
KEYS = {"ℓ1": "l1", "ℓ2": "l2", "ℓ∞": "linf"}


def networks(*norms):
    """The conditions of a figure that trains each of ``norms`` once."""
    return lambda settings, seed: {norm: trained(settings, norm, seed) for norm in norms}


def key(norm):
    """The name of a network as a part of an effect's name."""
    return KEYS.get(norm, norm.lower().replace(" + ", "_with_").replace(" ", "_"))


def end_accuracy(result):
    return float(smoothed(result["accuracies"], WINDOW)[-1])


def step_change(result, what, layer):
    """By how much ``what`` ("means", "variances") of a unit moves in one step: (T,), the median over the units."""
    pairs = result[what][layer]
    return np.median(abs(pairs[:, 1] - pairs[:, 0]), axis=-1)


def growth(result, layer):
    """The standard deviation of activations at the end over that at the beginning, median over the units."""
    stds = np.sqrt(result["variances"][layer][:, 0])
    return np.median(stds[-3:]) / np.median(stds[0])


def wandering(result, layer):
    """How far the mean of a unit gets from where it began, in its first standard deviations, median over units."""
    means, first = result["means"][layer][:, 0], np.sqrt(result["variances"][layer][0, 0])
    return np.median(abs(means - means[0]).max(axis=0) / np.maximum(first, 1e-12))


# ---------------------------------------------------------------------------------------------- figure 1c


def effects_1c(results, settings):
    standard, bn = results["standard"], results["BN"]
    first, *_, last = standard["layers"]
    found = {}
    for name, layer in (("early_layer", first), ("late_layer", last)):
        for norm, result in (("standard", standard), ("bn", bn)):
            found[f"{norm}_std_growth_{name}"] = growth(result, layer)
            found[f"{norm}_mean_wandering_{name}"] = wandering(result, layer)
        found[f"standard_over_bn_std_growth_{name}"] = growth(standard, layer) / growth(bn, layer)
        found[f"standard_over_bn_mean_wandering_{name}"] = wandering(standard, layer) / wandering(bn, layer)
    return found


def draw_1c(runs, settings):
    run = runs[0]
    first, *_, last = run["standard"]["layers"]
    rows = {
        f"layer {layer}": {norm: run[norm]["samples"][layer] for norm in ("standard", "BN")}
        for layer in (first, last)
    }
    return ridges(
        rows,
        run["BN"]["watched_at"],
        title="Activations of one unit over training (later is darker)",
        panel=(3.3, 2.9),
    )


# ----------------------------------------------------------------------------------------------- figure 2


def effects_2(results, settings):
    found = {f"{key(norm)}_train_accuracy_end": end_accuracy(results[norm]) for norm in NOISY}
    found["noisy_bn_minus_standard_train_accuracy_end"] = (
        found["noisy_bn_train_accuracy_end"] - found["standard_train_accuracy_end"]
    )
    found["bn_minus_noisy_bn_train_accuracy_end"] = (
        found["bn_train_accuracy_end"] - found["noisy_bn_train_accuracy_end"]
    )
    last = results["BN"]["layers"][-1]
    for norm in NOISY:
        found[f"{key(norm)}_mean_shift_per_step_late_layer"] = float(
            step_change(results[norm], "means", last).mean()
        )
    found["noisy_bn_over_standard_mean_shift_late_layer"] = (
        found["noisy_bn_mean_shift_per_step_late_layer"] / found["standard_mean_shift_per_step_late_layer"]
    )
    return found


def draw_2(runs, settings):
    """Accuracy above; below it a row of ridge plots for each network, a column for each layer."""
    run, shown = runs[0], ("standard", "BN", "noisy BN")
    layers = run["BN"]["layers"]
    fig, (top, *rows) = figure(
        1 + len(shown),
        len(layers),
        panel=(2.9, 2.3),
        title="Noise that shifts distributions (ridge plots: the first seed)",
    )
    for ax in top[1:]:
        ax.remove()
    wide, narrow = top[0], top[0].get_position()
    wide.set_position([narrow.x0, narrow.y0, 2 * narrow.width, narrow.height])
    for norm in NOISY:
        values = smoothed([one[norm]["accuracies"] for one in runs], WINDOW)
        spread(wide, np.arange(values.shape[1]), values, norm, **look(norm))
    guide(wide, y=0.1)
    wide.set_ylim(0, 1.02)
    label(wide, "step", "accuracy on batches")
    legend(wide, loc="center left", bbox_to_anchor=(1.03, 0.5), fontsize=9)
    for c, layer in enumerate(layers):
        samples = {norm: run[norm]["samples"][layer] for norm in shown}
        limits = inside(np.concatenate([np.ravel(one) for one in samples.values()]))
        for ax, norm in zip([row[c] for row in rows], shown, strict=True):
            ridge(ax, samples[norm], run[norm]["watched_at"], limits)
            below = "activation of one unit" if norm == shown[-1] else ""
            label(ax, below, "step" if c == 0 else "", f"{norm}, layer {layer}")
    return fig


# ----------------------------------------------------------------------------------------------- figure 6


def effects_6(results, settings):
    last = results["BN"]["layers"][-1]
    found = {}
    for norm in LP:
        found[f"{key(norm)}_mean_shift_per_step_late_layer"] = float(
            step_change(results[norm], "means", last).mean()
        )
        found[f"{key(norm)}_std_growth_late_layer"] = growth(results[norm], last)
        found[f"{key(norm)}_mean_wandering_late_layer"] = wandering(results[norm], last)
        found[f"{key(norm)}_train_accuracy_end"] = end_accuracy(results[norm])
    for norm in KEYS.values():
        for what in ("mean_wandering", "std_growth"):
            ratio = found[f"{norm}_{what}_late_layer"] / found[f"standard_{what}_late_layer"]
            found[f"{norm}_over_standard_{what}_late_layer"] = ratio
    return found


def draw_6(runs, settings):
    run = runs[0]
    last = run["BN"]["layers"][-1]
    rows = {"": {norm: run[norm]["samples"][last] for norm in LP}}
    return ridges(
        rows,
        run["BN"]["watched_at"],
        title=f"Activations of one unit of layer {last} over training (later is darker)",
        share="none",
        panel=(2.5, 3.1),
    )


# ----------------------------------------------------------------------------------------------- figure 8


def effects_8(results, settings):
    found = {}
    for norm in MOVING:
        for what, short in (("means", "mean"), ("variances", "variance")):
            layers = results[norm]["layers"]
            for place, layer in (("early", layers[0]), ("late", layers[-1])):
                change = step_change(results[norm], what, layer)
                found[f"{key(norm)}_{short}_change_per_step_{place}_layer"] = float(np.median(change))
    for short in ("mean", "variance"):
        for place in ("early", "late"):
            end = f"{short}_change_per_step_{place}_layer"
            found[f"noisy_bn_over_standard_{end}"] = found[f"noisy_bn_{end}"] / found[f"standard_{end}"]
    return found


def away(result, what, layer):
    """How far ``what`` of a unit has got from where it began: (T,), the median over the units."""
    values = result[what][layer][:, 0]
    return np.median(abs(values - values[0]), axis=-1)


def draw_8(runs, settings):
    layers = runs[0]["BN"]["layers"]
    fig, rows = figure(
        4, len(layers), panel=(2.9, 2.0), title="Moments of activations, median over the units"
    )
    shown = [
        (measure, what, text.format(sign))
        for what, sign in (("means", "μ"), ("variances", "σ²"))
        for measure, text in ((step_change, "|{0}(t+1) − {0}(t)|"), (away, "|{0}(t) − {0}(0)|"))
    ]
    for r, (row, (measure, what, text)) in enumerate(zip(rows, shown, strict=True)):
        for c, (ax, layer) in enumerate(zip(row, layers, strict=True)):
            for norm in MOVING:
                values = np.array([measure(run[norm], what, layer) for run in runs])
                spread(ax, runs[0][norm]["watched_at"][1:], values[:, 1:], norm, **look(norm))
            log_scale(ax, "y")
            ax.set_ylim(1e-4, 20)
            heading = f"layer {layer}" if r == 0 else None
            label(ax, "step" if r == len(rows) - 1 else "", text if c == 0 else "", heading)
    handles = rows[0][0].get_legend_handles_labels()
    fig.legend(*handles, loc="upper right", ncols=3, frameon=False, fontsize=8, borderaxespad=0.1)
    return fig


FIGURES = (
    Figure(
        name="1c",
        title="Figure 1c: distributions of activations, with and without BN",
        shows="Ridge plots of what one unit of an early and of a late layer hands to its nonlinearity.",
        claim="The distributions are about as (un)stable with BN as without; the difference is marginal.",
        settings=SETTINGS,
        conditions=networks("standard", "BN"),
        effects=effects_1c,
        draw=draw_1c,
        expectations=(
            Expectation(
                "standard_over_bn_mean_wandering_early_layer",
                below=2,
                says="in the early layer means wander about as far without BN as with it",
            ),
            Expectation(
                "standard_over_bn_mean_wandering_late_layer",
                below=2,
                says="in the late layer means wander about as far without BN as with it",
            ),
            Expectation(
                "standard_over_bn_std_growth_late_layer",
                below=1.5,
                says="in the late layer standard deviations grow about as much without BN as with it",
            ),
        ),
        remark="At this scale BN is clearly more stable. In the late layer the standard deviation of a unit grows by a "
        "factor of {standard_std_growth_late_layer:.1f} without BN and of {bn_std_growth_late_layer:.2f} with it, and "
        "means get {standard_mean_wandering_late_layer:.1f} and {bn_mean_wandering_late_layer:.2f} of their first "
        "standard deviations away from where they began. Only in the early layer do standard deviations grow about "
        "alike (ratio {standard_over_bn_std_growth_early_layer:.1f}). The paper's networks are far larger.",
    ),
    Figure(
        name="2",
        title="Figure 2: BN with noise behind it",
        shows="Accuracy with BN, with noise of new mean and scale behind BN at every step, without BN, and with that "
        "noise alone; ridge plots of three layers.",
        claim="Noisy BN trains almost as well as BN although its distributions are the least stable; the same noise "
        "keeps a standard network from training.",
        settings=SETTINGS,
        conditions=networks(*NOISY),
        effects=effects_2,
        draw=draw_2,
        expectations=(
            Expectation("bn_minus_noisy_bn_train_accuracy_end", below=0.1, says="noisy BN comes close to BN"),
            Expectation(
                "noisy_bn_minus_standard_train_accuracy_end",
                above=0.02,
                says="noisy BN is ahead of the standard network",
            ),
            Expectation(
                "standard_with_noise_train_accuracy_end",
                below=0.35,
                says="with the same noise the standard network does not train",
            ),
            Expectation(
                "noisy_bn_over_standard_mean_shift_late_layer",
                above=1.15,
                says="from step to step, means move more with noisy BN than in the standard network",
            ),
            Expectation("bn_mean_shift_per_step_late_layer", below=0.005, says="with BN they hardly move"),
        ),
        remark="Accuracy at the end: BN {bn_train_accuracy_end:.2f}, noisy BN {noisy_bn_train_accuracy_end:.2f}, "
        "standard {standard_train_accuracy_end:.2f}, standard with noise "
        "{standard_with_noise_train_accuracy_end:.2f}. A mean in the late layer moves per step by "
        "{noisy_bn_mean_shift_per_step_late_layer:.2f} with noisy BN, by "
        "{standard_mean_shift_per_step_late_layer:.2f} in the standard network and by "
        "{bn_mean_shift_per_step_late_layer:.4f} with BN. Noise is not free: noisy BN ends "
        "{bn_minus_noisy_bn_train_accuracy_end:.2f} behind BN, and see demo-depth-and-noise.",
    ),
    Figure(
        name="6",
        title="Figure 6: distributions under other norms",
        shows="Ridge plots of one unit of a late layer, without normalisation, with BN, and with ℓ1, ℓ2, ℓ∞.",
        claim="ℓp schemes shift distributions more than no normalisation.",
        settings=SETTINGS,
        conditions=networks(*LP),
        effects=effects_6,
        draw=draw_6,
        expectations=tuple(
            Expectation(
                f"{KEYS[norm]}_over_standard_{what}_late_layer",
                above=1,
                says=f"with {norm} {words} than without normalisation",
            )
            for norm in KEYS
            for what, words in (
                ("mean_wandering", "means wander further"),
                ("std_growth", "standard deviations grow more"),
            )
        ),
        remark="Not so at this scale: here each ℓp norm keeps distributions about as still as BN does. A mean of the "
        "late layer gets {standard_mean_wandering_late_layer:.1f} of its first standard deviations away from where it "
        "began without normalisation, and {l1_mean_wandering_late_layer:.2f}, {l2_mean_wandering_late_layer:.2f} and "
        "{linf_mean_wandering_late_layer:.2f} with ℓ1, ℓ2 and ℓ∞; standard deviations grow by a factor of "
        "{standard_std_growth_late_layer:.1f} against {l1_std_growth_late_layer:.2f}, {l2_std_growth_late_layer:.2f} "
        "and {linf_std_growth_late_layer:.2f}. What the norms share with BN is in figures 5 and 12, not here.",
    ),
    Figure(
        name="8",
        title="Figure 8: means and variances of activations, step by step",
        shows="How far mean and variance of a unit move in one step, and how far they have got since the beginning.",
        claim="Noisy BN moves most.",
        settings=SETTINGS,
        conditions=networks(*MOVING),
        effects=effects_8,
        draw=draw_8,
        expectations=tuple(
            Expectation(
                f"noisy_bn_over_standard_{short}_change_per_step_{place}_layer",
                above=1.2,
                says=f"in the {place} layer {short}s move more per step with noisy BN than without BN",
            )
            for short in ("mean", "variance")
            for place in ("early", "late")
        ),
        remark="In one step a mean of the late layer moves by {noisy_bn_mean_change_per_step_late_layer:.2f} with "
        "noisy BN, by {standard_mean_change_per_step_late_layer:.2f} in the standard network and by "
        "{bn_mean_change_per_step_late_layer:.4f} with BN; a variance by "
        "{noisy_bn_variance_change_per_step_late_layer:.2f}, {standard_variance_change_per_step_late_layer:.2f} and "
        "{bn_variance_change_per_step_late_layer:.4f}. Noise comes and goes around the same place, while the standard "
        "network drifts, and its late variances grow.",
    ),
)
