"""Figures 10 and 13: walks along the gradient of the deep linear network, up to 30 steps far; and figure 11."""

from __future__ import annotations

import numpy as np
from bnlab.plots.bands import band
from bnlab.plots.curves import flat, look, spread
from bnlab.plots.landscape import along_lines
from bnlab.plots.style import figure, label, legend, log_scale

from bnlab_autograder.figures.dln import KEYS, LP, SETTINGS, end_loss, rated, speed, trained
from bnlab_autograder.figures.figure import Expectation, Figure
from bnlab_autograder.figures.landscape import (
    MEASURES,
    compared,
    conditions_4,
    draw_measures,
    measure,
    ratio,
    without_nan,
)
from bnlab_autograder.figures.landscape import SETTINGS as IMAGES


def walked(settings, norm, seed, rate):
    """A deep linear network and walks along its gradient."""
    walk = tuple(share * rate for share in settings["lambdas"])
    return trained(settings, norm, seed, rate, walk=walk)


# ---------------------------------------------------------------------------------------------- figure 10


def conditions_10(settings, seed):
    return {
        rated(norm, rate): walked(settings, norm, seed, rate)
        for rate in settings["rates"]
        for norm in ("standard", "BN")
    }


def effects_10(results, settings):
    found = {}
    for rate in settings["rates"]:
        standard, bn = (results[rated(norm, rate)] for norm in ("standard", "BN"))
        lr = speed(rate, settings)
        for name in MEASURES:
            found |= {f"{key}_{lr}": value for key, value in compared(standard, bn, name).items()}
        for key, result in (("standard", standard), ("bn", bn)):
            found[f"{key}_beta_median_{lr}"] = np.median(measure(result, "beta"))
            found[f"{key}_beta_largest_{lr}"] = np.max(measure(result, "beta"))
        found[f"bn_beta_in_2_over_rate_{lr}"] = found[f"bn_beta_median_{lr}"] * rate / 2
    return found


def draw_10(runs, settings):
    fig, rows = figure(2, 3, title="The landscape along the gradient, deep linear network", panel=(3.5, 2.6))
    for axes, rate in zip(rows, settings["rates"], strict=True):
        for norm in ("standard", "BN"):
            of = [run[rated(norm, rate)] for run in runs]
            at = of[0]["walked_at"]
            for ax, key in zip(axes[:2], ("along", "changes"), strict=True):
                values = np.array([one[key] for one in of])
                band(ax, at, values.min(axis=-1), values.max(axis=-1), norm)
            spread(axes[2], at, [one["beta"] for one in of], norm, **look(norm))
        label(axes[0], "step", "loss", f"loss on the line, LR {rate:g}")
        label(axes[1], "step", "‖g(W) − g(W − λ g)‖", f"change of the gradient, LR {rate:g}")
        label(axes[2], "step", "effective β", f"effective β, LR {rate:g}")
    for ax in flat(rows):
        log_scale(ax, "y")
    legend(rows[0][0], loc="best")
    return fig


# ---------------------------------------------------------------------------------------------- figure 13


def conditions_13(settings, seed):
    return {norm: walked(settings, norm, seed, settings["rates"][1]) for norm in LP}


def effects_13(results, settings):
    found = {}
    for norm in LP[1:]:
        for name in MEASURES:
            ratios = compared(results["standard"], results[norm], name)
            for kind in ("median", "p90"):
                found[f"{name}_ratio_{kind}_{KEYS[norm]}"] = ratios[f"{name}_ratio_{kind}"]
    for norm in LP:
        found[f"{KEYS.get(norm, norm)}_loss_end"] = end_loss(results[norm])
    return found


def draw_13(runs, settings):
    return draw_measures(runs, LP, "The landscape with other norms, deep linear network")


# ---------------------------------------------------------------------------------------------- figure 11

CURVES = 12  # as many as can be told apart


def conditions_11(settings, seed):
    deep = SETTINGS[settings["dln"]]
    images = {f"VGG, {norm}": one for norm, one in conditions_4(settings, seed).items()}
    rate = deep["rates"][1]
    return images | {f"DLN, {norm}": walked(deep, norm, seed, rate) for norm in ("standard", "BN")}


def effects_11(results, settings):
    """By how much the gradient has changed at the end of the line, in lengths of the gradient."""
    found = {}
    for model in ("vgg", "dln"):
        for norm in ("standard", "BN"):
            result = results[f"{model.upper()}, {norm}"]
            relative = without_nan(result["changes"][:, -1] / result["length"])
            key = f"{model}_{KEYS.get(norm, norm)}"
            found[f"relative_change_median_{key}"] = np.median(relative)
            found[f"relative_change_p90_{key}"] = np.quantile(relative, 0.9, method="nearest")
            found[f"change_p90_{key}"] = np.quantile(result["changes"][:, -1], 0.9, method="nearest")
        found[f"change_p90_standard_over_bn_{model}"] = ratio(
            found[f"change_p90_{model}_standard"], found[f"change_p90_{model}_bn"]
        )
    return found


def draw_11(runs, settings):
    """The curves of the first seed."""
    panels, groups = {}, {}
    for name, result in runs[0].items():
        at = result["walked_at"]
        chosen = np.linspace(0, len(at) - 1, min(CURVES, len(at))).round().astype(int)
        panels[name] = result["lambdas"], result["changes"][chosen], at[chosen]
        groups[name] = name.split(",")[0]
    return along_lines(
        panels,
        "step length λ",
        "‖g(W) − g(W − λ g)‖",
        title="Change of the gradient against step length",
        log="xy",
        columns=2,
        groups=groups,
    )


FIGURES = (
    Figure(
        name="10",
        title="Figure 10: the landscape along the gradient, deep linear network",
        shows="Loss, change of the gradient and effective β on lines up to 30 steps long, at two learning rates.",
        claim="With BN the loss varies less, gradients stay predictive for longer and β is smaller, by many orders "
        "of magnitude.",
        settings=SETTINGS,
        conditions=conditions_10,
        effects=effects_10,
        draw=draw_10,
        expectations=(
            Expectation(
                "loss_range_ratio_p90_lr_1e_6",
                above=2,
                says="LR 1e-6, 90th percentile: the loss varies less with BN",
            ),
            Expectation(
                "gradient_change_ratio_p90_lr_1e_6",
                above=3,
                says="LR 1e-6, 90th percentile: gradients change less with BN",
            ),
            Expectation(
                "beta_ratio_p90_lr_1e_6", above=3, says="LR 1e-6, 90th percentile: β is smaller with BN"
            ),
            Expectation("beta_ratio_median_lr_1e_6", above=1, says="LR 1e-6, median: β is smaller with BN"),
            Expectation(
                "beta_ratio_first_third_lr_1e_6", above=2, says="LR 1e-6, first third: β is smaller with BN"
            ),
            Expectation("beta_ratio_median_lr_1e_7", above=1, says="LR 1e-7, median: β is smaller with BN"),
        ),
        remark="At LR 1e-6 β without BN is {beta_ratio_median_lr_1e_6:.2g} times that with it (median), "
        "{beta_ratio_p90_lr_1e_6:.2g} times (90th percentile), {beta_ratio_first_third_lr_1e_6:.2g} times in the "
        "first third of training; with BN it is {bn_beta_in_2_over_rate_lr_1e_6:.2f} times 2/LR. At LR 1e-7 β without "
        "BN is {beta_ratio_median_lr_1e_7:.2g} times that with it (median), and with BN "
        "{bn_beta_in_2_over_rate_lr_1e_7:.2f} times 2/LR: a network that hardly moves looks smooth.",
    ),
    Figure(
        name="11",
        title="Figure 11: change of the gradient against step length",
        shows="How far the gradient on the line is from the one at its beginning, a curve for each of a dozen steps.",
        claim="With BN gradients stay predictive far along the line.",
        settings={name: IMAGES[name] | {"dln": name} for name in ("quick", "full", "tiny")},
        conditions=conditions_11,
        effects=effects_11,
        draw=draw_11,
        expectations=(
            Expectation(
                "change_p90_standard_over_bn_vgg",
                above=3,
                says="VGG: gradients change more without BN (90th p.)",
            ),
            Expectation(
                "change_p90_standard_over_bn_dln",
                above=3,
                says="DLN: gradients change more without BN (90th p.)",
            ),
        ),
        remark="At the end of the line the gradient has changed by {relative_change_median_vgg_standard:.1f} (VGG) and "
        "{relative_change_median_dln_standard:.2g} (DLN) times its own length without BN, "
        "{relative_change_median_vgg_bn:.1f} and {relative_change_median_dln_bn:.2g} times with it (medians); the "
        "90th percentiles of the change itself are {change_p90_standard_over_bn_vgg:.1f} and "
        "{change_p90_standard_over_bn_dln:.2g} times as large without BN.",
    ),
    Figure(
        name="13",
        title="Figure 13: the landscape with other norms, deep linear network",
        shows="Figure 10's three measures over training at LR 1e-6, a line for each of five networks.",
        claim="Every normalisation makes the landscape smoother.",
        settings=SETTINGS,
        conditions=conditions_13,
        effects=effects_13,
        draw=draw_13,
        expectations=tuple(
            Expectation(
                f"{name}_ratio_p90_{KEYS[norm]}",
                above=2,
                says=f"{norm}: {says} than without (90th percentile)",
            )
            for norm in LP[1:]
            for name, says in (("loss_range", "the loss varies less"), ("beta", "β is smaller"))
        ),
        remark="Without a norm β (90th percentile) is {beta_ratio_p90_bn:.2g} times that with BN, "
        "{beta_ratio_p90_l1:.2g} (ℓ1), {beta_ratio_p90_l2:.2g} (ℓ2) and {beta_ratio_p90_linf:.2g} (ℓ∞) times; the "
        "range of the loss {loss_range_ratio_p90_bn:.2g}, {loss_range_ratio_p90_l1:.2g}, "
        "{loss_range_ratio_p90_l2:.2g} and {loss_range_ratio_p90_linf:.2g} times.",
    ),
)
