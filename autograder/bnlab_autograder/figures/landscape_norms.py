"""Figures 5 and 12 for the VGG: other norms than BN's train as well, and smooth the landscape as well."""

from __future__ import annotations

from bnlab.plots.curves import over_training, smoothed

from bnlab_autograder.figures.dln import KEYS, LP
from bnlab_autograder.figures.figure import Expectation, Figure
from bnlab_autograder.figures.images import FULL, QUICK, TINY, trained
from bnlab_autograder.figures.landscape import MEASURES, SETTINGS, compared, draw_measures, walked

WINDOW = 50  # steps over which the accuracy of single batches is averaged


# ----------------------------------------------------------------------------------------------- figure 5


def conditions_5(settings, seed):
    return {norm: trained(settings, norm, seed) for norm in LP}


def accuracy_at(result, share):
    values = smoothed(result["accuracies"], WINDOW)
    return values[max(round(share * len(values)) - 1, 0)]


def effects_5(results, settings):
    found = {}
    for norm in LP:
        key = KEYS.get(norm, norm)
        found[f"{key}_accuracy_early"] = accuracy_at(results[norm], 0.25)
        found[f"{key}_accuracy_end"] = accuracy_at(results[norm], 1)
    for norm in LP[2:]:
        found[f"{KEYS[norm]}_minus_bn_accuracy_end"] = (
            found[f"{KEYS[norm]}_accuracy_end"] - found["bn_accuracy_end"]
        )
        found[f"{KEYS[norm]}_minus_standard_accuracy_early"] = (
            found[f"{KEYS[norm]}_accuracy_early"] - found["standard_accuracy_early"]
        )
    return found


def draw_5(runs, settings):
    lines = {norm: smoothed([run[norm]["accuracies"] for run in runs], WINDOW) for norm in LP}
    return over_training(
        {"": lines},
        "step",
        f"accuracy on batches (mean of {WINDOW})",
        title="Training a VGG with other norms",
        y_range=(0, 1.02),
        level=0.1,
        legend_at="lower right",
        panel=(4.6, 3.2),
    )


# ---------------------------------------------------------------------------------------------- figure 12


def conditions_12(settings, seed):
    return {norm: walked(settings, norm, seed) for norm in LP}


def effects_12(results, settings):
    found = {}
    for norm in LP[1:]:
        for name in MEASURES:
            ratios = compared(results["standard"], results[norm], name)
            found |= {f"{key}_{KEYS[norm]}": value for key, value in ratios.items()}
    return found


def draw_12(runs, settings):
    return draw_measures(runs, LP, "The landscape with other norms, VGG")


FIGURES = (
    Figure(
        name="5-vgg",
        title="Figure 5: training a VGG with other norms",
        shows="Accuracy on batches over training: standard, BN, and division by the average ℓ1, ℓ2 or ℓ∞ norm.",
        claim="Every ℓp norm trains about as well as BN.",
        settings={"quick": QUICK, "full": FULL, "tiny": TINY},
        conditions=conditions_5,
        effects=effects_5,
        draw=draw_5,
        expectations=(
            *(
                Expectation(
                    f"{KEYS[norm]}_minus_bn_accuracy_end",
                    above=-0.07,
                    says=f"{norm} ends about where BN does",
                )
                for norm in LP[2:]
            ),
            *(
                Expectation(
                    f"{KEYS[norm]}_minus_standard_accuracy_early",
                    above=0.1,
                    says=f"after a quarter of training {norm} is ahead of the standard network",
                )
                for norm in LP[2:]
            ),
        ),
        remark="Accuracy at the end: BN {bn_accuracy_end:.2f}, ℓ1 {l1_accuracy_end:.2f}, ℓ2 {l2_accuracy_end:.2f}, "
        "ℓ∞ {linf_accuracy_end:.2f}, standard {standard_accuracy_end:.2f}. After a quarter of training: "
        "{bn_accuracy_early:.2f}, {l1_accuracy_early:.2f}, {l2_accuracy_early:.2f}, {linf_accuracy_early:.2f}, "
        "{standard_accuracy_early:.2f}.",
    ),
    Figure(
        name="12",
        title="Figure 12: the landscape with other norms, VGG",
        shows="Figure 4's three measures over training, a line for each of five networks.",
        claim="Every normalisation makes the landscape smoother.",
        settings=SETTINGS,
        conditions=conditions_12,
        effects=effects_12,
        draw=draw_12,
        expectations=tuple(
            Expectation(f"{name}_ratio_p90_{KEYS[norm]}", above=bound, says=f"{norm}: {says}")
            for norm in LP[1:]
            for name, bound, says in (
                ("loss_range", 3, "the loss varies less than without (90th percentile)"),
                ("gradient_change", 1.5, "the gradient changes less than without (90th percentile)"),
                ("beta", 1, "β is smaller than without (90th percentile)"),
            )
        ),
        remark="Without a norm the range of the loss (90th percentile) is {loss_range_ratio_p90_bn:.1f} times that "
        "with BN, {loss_range_ratio_p90_l1:.1f} (ℓ1), {loss_range_ratio_p90_l2:.1f} (ℓ2) and "
        "{loss_range_ratio_p90_linf:.1f} (ℓ∞) times; β is {beta_ratio_p90_bn:.2f}, {beta_ratio_p90_l1:.2f}, "
        "{beta_ratio_p90_l2:.2f} and {beta_ratio_p90_linf:.2f} times as large.",
    ),
)
