"""Figure 1a, b: accuracy over training, with and without BN, at two learning rates."""

from __future__ import annotations

import numpy as np
from bnlab.plots.curves import over_training, smoothed

from bnlab_autograder.figures.figure import Expectation, Figure
from bnlab_autograder.figures.images import FULL, QUICK, TINY, trained

RATES = (0.1, 0.5)
WINDOW = 50  # steps over which the accuracy of single batches is averaged


def conditions(settings, seed):
    return {
        f"{norm}, LR {rate}": trained(settings, norm, seed, rate)
        for rate in RATES
        for norm in ("standard", "BN")
    }


def lr(rate):
    """The learning rate as a part of an effect's name."""
    return f"lr_{rate}".replace(".", "_")


def at(result, share):
    """The accuracy on batches around that share of training: (steps,) → float."""
    values = smoothed(result["accuracies"], WINDOW)
    return values[max(round(share * len(values)) - 1, 0)]


def effects(results, settings):
    found = {}
    for share, when in ((0.25, "early"), (1, "end")):
        for rate in RATES:
            bn, standard = (at(results[f"{norm}, LR {rate}"], share) for norm in ("BN", "standard"))
            found[f"bn_minus_standard_train_accuracy_{when}_{lr(rate)}"] = bn - standard
            found[f"bn_train_accuracy_{when}_{lr(rate)}"] = bn
            found[f"standard_train_accuracy_{when}_{lr(rate)}"] = standard
    for rate in RATES:
        bn, standard = (
            np.median(results[f"{n}, LR {rate}"]["test_accuracies"][-3:]) for n in ("BN", "standard")
        )
        found[f"bn_minus_standard_test_accuracy_end_{lr(rate)}"] = bn - standard
    return found


def draw(runs, settings):
    panels, x = {}, {}
    for rate in RATES:
        for title, key in (
            (f"batches, learning rate {rate}", "accuracies"),
            (f"held out, learning rate {rate}", "test_accuracies"),
        ):
            lines = {n: np.array([run[f"{n}, LR {rate}"][key] for run in runs]) for n in ("standard", "BN")}
            at_batches = key == "accuracies"
            panels[title] = {n: smoothed(v, WINDOW) if at_batches else v for n, v in lines.items()}
            x[title] = None if at_batches else runs[0][f"BN, LR {rate}"]["test_at"]
    return over_training(
        panels,
        "step",
        "accuracy",
        x=x,
        title="Accuracy over training",
        columns=2,
        y_range=(0, 1.02),
        level=0.1,
        legend_at="center right",
    )


FIGURES = (
    Figure(
        name="1",
        title="Figure 1a, b: accuracy over training",
        shows="Accuracy on batches (mean of 50) and on images held out, at two learning rates.",
        claim="BN trains faster and generalises better, and it survives the larger learning rate.",
        settings={"quick": QUICK, "full": FULL, "tiny": TINY},
        conditions=conditions,
        effects=effects,
        draw=draw,
        expectations=(
            Expectation(
                "bn_minus_standard_train_accuracy_early_lr_0_1",
                above=0.25,
                says="after a quarter of training BN is far ahead",
            ),
            Expectation(
                "bn_minus_standard_train_accuracy_end_lr_0_1", above=0.04, says="BN is ahead at the end, too"
            ),
            Expectation("bn_train_accuracy_end_lr_0_5", above=0.9, says="BN trains at learning rate 0.5"),
            Expectation(
                "bn_minus_standard_train_accuracy_end_lr_0_5",
                above=0.35,
                says="the standard network is far behind there",
            ),
            Expectation(
                "bn_minus_standard_test_accuracy_end_lr_0_1",
                above=0,
                says="BN is ahead on images held out",
            ),
        ),
        remark="At learning rate 0.1 BN is at {bn_train_accuracy_early_lr_0_1:.2f} after a quarter of training, the "
        "standard network at {standard_train_accuracy_early_lr_0_1:.2f}; at the end they are at "
        "{bn_train_accuracy_end_lr_0_1:.2f} and {standard_train_accuracy_end_lr_0_1:.2f}. At 0.5 they end at "
        "{bn_train_accuracy_end_lr_0_5:.2f} and {standard_train_accuracy_end_lr_0_5:.2f}.",
    ),
)
