"""Classic demonstrations on small networks: scales, rates, batches, running statistics, noise."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
from bnlab import data, nn
from bnlab.plots.curves import look, over_training
from bnlab.plots.style import figure, guide, label, legend, log_scale
from bnlab.training import accuracy, train
from bnlab_solutions.fast import FastNoise, fast_batchnorm

from bnlab_autograder.figures.figure import Expectation, Figure, condition

NORMS = ("standard", "BN")


@cache
def digits():
    """(x, y, x_test, y_test) with x: (64, N)."""
    found = data.digits()
    flat = [nn.to_engine(x.reshape(len(x), -1)) for x in (found.x_train, found.x_test)]
    return flat[0], found.y_train, flat[1], found.y_test


def net_of(norm, hidden, seed, init="he", momentum=0.9, noise=1.0):
    """An MLP for digits; ``noise`` scales the constants of noisy BN."""
    seeds = iter(np.random.SeedSequence(seed + 1000).generate_state(100))

    def noisy(channels):
        level = {
            "n_mu": 0.5 * noise,
            "n_sigma": 1 + 0.25 * noise,
            "r_mu": 0.1 * noise,
            "r_sigma": 0.1 * noise,
        }
        return [fast_batchnorm(channels, momentum=momentum), FastNoise(int(next(seeds)), **level)]

    norms = {"standard": None, "BN": lambda c: fast_batchnorm(c, momentum=momentum), "noisy BN": noisy}
    return nn.mlp([64, *hidden, 10], norms[norm], init=init, seed=seed)


def batch_accuracy(net, x, y):
    """Accuracy with the statistics of this batch; the running ones stay as they are."""
    with net.running_statistics_kept(), np.errstate(over="ignore", invalid="ignore"):
        return float(np.mean(net.forward(x).argmax(axis=0) == y))


def each(norms, function, **plain):
    """A condition for each norm."""
    return {norm: condition(function, norm=norm, **plain) for norm in norms}


def by_norm(function, norms=NORMS):
    """``conditions`` of a figure that calls ``function`` once for each norm, with all settings and the seed."""
    return lambda settings, seed: each(norms, function, seed=seed, **settings)


def lines(runs, norms, what):
    """{norm: (seeds, T)}."""
    return {norm: np.array([run[norm][what] for run in runs]) for norm in norms}


def widest(xs, good):
    """The ratio of the largest to the smallest x in the longest unbroken run of good ones; 0 without any."""
    best, start = 0.0, None
    for i, ok in enumerate(good):
        start = (i if start is None else start) if ok else None
        if start is not None:
            best = max(best, xs[i] / xs[start])
    return best


# --------------------------------------------------------------------------------- activations of deep nets

SCALES = {"0.01": 0.01, "0.05": 0.05, "Glorot": "glorot", "He": "he", "1": 1.0}


def deep_activations(*, norm, activation, width, examples, seed):
    """Standard deviation of each of ten layers, for each scale of the weights; and how much of the last saturates."""
    x = np.random.default_rng(seed).standard_normal((width, examples), dtype=np.float32)
    stds, saturated = [], []
    for init in SCALES.values():
        normalise = fast_batchnorm if norm == "BN" else None
        net = nn.mlp([width] * 11 + [10], normalise, activation, init, seed)
        places = [place + 1 for place in net.preactivations[:-1]]
        with net.recording(*places) as seen:
            net.forward(x)
        outs = [seen[place][0] for place in places]
        stds.append([float(out.std(dtype=np.float64)) for out in outs])
        saturated.append(float(np.mean(abs(outs[-1]) > 0.97)))
    return {"stds": np.array(stds), "saturated": np.array(saturated)}


def conditions_activations(settings, seed):
    return {
        f"{activation}, {norm}": condition(
            deep_activations, norm=norm, activation=activation, seed=seed, **settings
        )
        for activation in ("tanh", "relu")
        for norm in NORMS
    }


def effects_activations(results, settings):
    found = {}
    for activation in ("tanh", "relu"):
        for norm in NORMS:
            last = results[f"{activation}, {norm}"]["stds"][:, -1]
            name = f"{activation}_{norm.lower()}"
            found |= {
                f"{name}_std_layer_10_small_weights": last[0],
                f"{name}_std_layer_10_he": last[3],
                f"{name}_std_layer_10_large_weights": last[-1],
                f"{name}_std_layer_10_largest_over_smallest": last.max() / last.min(),
            }
    found["tanh_standard_saturated_large_weights"] = results["tanh, standard"]["saturated"][-1]
    return found


def draw_activations(runs, settings):
    names = [f"W: {name}" for name in SCALES]
    panels = {
        f"{title}, {norm}": {
            name: [run[f"{activation}, {norm}"]["stds"][i] for run in runs] for i, name in enumerate(names)
        }
        for activation, title in (("tanh", "tanh"), ("relu", "ReLU"))
        for norm in NORMS
    }
    fig = over_training(
        panels,
        "layer",
        "standard deviation",
        x=range(1, 11),
        title="Activations of ten layers before training, for weights of several scales",
        log="y",
        columns=2,
        marks=names,
        share_y=False,
        legend_at="lower left",
    )
    for with_bn, without in zip(fig.axes[1::2], fig.axes[::2], strict=True):
        with_bn.set_ylim(without.get_ylim())
    return fig


# ---------------------------------------------------------------------------- scale of weights, learning rate


def over_scales(*, norm, scales, hidden, rate, steps, batch, seed):
    """Accuracy on the training images after training from weights of each scale."""
    x, y, *_ = digits()
    found = []
    for scale in scales:
        net = net_of(norm, hidden, seed, init=scale)
        train(net, x, y, steps=steps, rate=rate, batch=batch, momentum=0.9, seed=seed)
        found.append(accuracy(net, x, y))
    return {"accuracies": np.array(found)}


def effects_scales(results, settings):
    return sweep_effects(results, settings["scales"], "scale", 0.9)


def sweep_effects(results, xs, name, good):
    """How much of a sweep trains: in how many places, and over which factor from end to end."""
    found = {}
    for norm in NORMS:
        trained = results[norm]["accuracies"] > good
        found[f"{norm.lower()}_{name}s_that_train"] = int(trained.sum())
        found[f"{norm.lower()}_{name}_range"] = widest(xs, trained)
        found[f"{norm.lower()}_largest_{name}_that_trains"] = max(np.array(xs)[trained], default=0.0)
        found[f"{norm.lower()}_smallest_{name}_that_trains"] = min(np.array(xs)[trained], default=0.0)
        found[f"{norm.lower()}_accuracy_smallest_{name}"] = results[norm]["accuracies"][0]
    return found


def sweep(xs_of, x_label, title, ticks=False):
    def draw(runs, settings):
        return over_training(
            {title: lines(runs, NORMS, "accuracies")},
            x_label,
            "accuracy",
            x=settings[xs_of],
            log="x",
            y_range=(0, 1.05),
            level=0.1,
            marks=NORMS,
            panel=(5.2, 3.1),
            ticks=settings[xs_of] if ticks else None,
        )

    return draw


def over_rates(*, norm, rates, hidden, steps, batch, seed):
    """Accuracy on the training images after training with each learning rate."""
    x, y, *_ = digits()
    found = []
    for rate in rates:
        net = net_of(norm, hidden, seed)
        train(net, x, y, steps=steps, rate=rate, batch=batch, seed=seed)
        found.append(accuracy(net, x, y))
    return {"accuracies": np.array(found)}


def effects_rates(results, settings):
    return sweep_effects(results, settings["rates"], "rate", 0.9)


# ------------------------------------------------------------------------------------------------ batch size


def over_batches(*, norm, sizes, hidden, rate, epochs, count, seed):
    """Accuracy on images held out, after as many epochs with each batch size; BN with running statistics."""
    x, y, x_test, y_test = digits()
    x, y, found = x[:, :count], y[:count], []
    for size in sizes:
        net = net_of(norm, hidden, seed)
        train(net, x, y, steps=epochs * count // size, rate=rate, batch=size, seed=seed)
        found.append(accuracy(net, x_test, y_test))
    return {"accuracies": np.array(found)}


def effects_batches(results, settings):
    return {
        f"{norm.lower()}_test_accuracy_batch_{size}": results[norm]["accuracies"][i]
        for norm in NORMS
        for i, size in enumerate(settings["sizes"])
    }


# ---------------------------------------------------------------------------------------- running statistics

MOMENTA = (0.9, 0.99)


def lag(*, momentum, hidden, rate, after, batch, seed):
    """Accuracy on images held out after so many steps, with running statistics and with those of the images."""
    x, y, x_test, y_test = digits()
    net = net_of("BN", hidden, seed, momentum=momentum)
    found = []

    def probe(step, net, xb, yb):
        if step in after:
            found.append((accuracy(net, x_test, y_test), batch_accuracy(net, x_test, y_test)))

    train(net, x, y, steps=max(after) + 1, rate=rate, batch=batch, seed=seed, every=1, probe=probe)
    running, own = np.array(found).T
    return {"running": running, "batch": own}


def conditions_lag(settings, seed):
    return {f"momentum {m}": condition(lag, momentum=m, seed=seed, **settings) for m in MOMENTA}


def effects_lag(results, settings):
    found = {}
    for m in MOMENTA:
        one, name = results[f"momentum {m}"], f"momentum_{m}".replace(".", "_")
        early = settings["after"].index(20) if 20 in settings["after"] else 0
        found |= {
            f"{name}_running_accuracy_step_20": one["running"][early],
            f"{name}_batch_accuracy_step_20": one["batch"][early],
            f"{name}_batch_minus_running_step_20": one["batch"][early] - one["running"][early],
            f"{name}_batch_minus_running_end": one["batch"][-1] - one["running"][-1],
        }
    return found


def draw_lag(runs, settings):
    panels = {
        f"momentum {m}": {
            "statistics of the images": [run[f"momentum {m}"]["batch"] for run in runs],
            "running statistics": [run[f"momentum {m}"]["running"] for run in runs],
        }
        for m in MOMENTA
    }
    return over_training(
        panels,
        "steps of training",
        "accuracy on images held out",
        x=settings["after"],
        title="Running statistics lag behind the weights",
        log="x",
        ticks=settings["after"],
        y_range=(0, 1.05),
        level=0.1,
        marks=("statistics of the images", "running statistics"),
        legend_at="lower right",
    )


# ------------------------------------------------------------------------------------ batches of two classes


def two_classes(*, norm, hidden, rate, steps, seed):
    """Train on batches of 32 images each of two random classes.

    Returns accuracies: on such batches in training (the last 50), on images held out in test mode, and on the same
    images, all classes together, with their own statistics.
    """
    x, y, x_test, y_test = digits()
    rng, classes = np.random.default_rng(seed), [np.flatnonzero(y == c) for c in range(10)]
    net = net_of(norm, hidden, seed)
    sgd, seen = nn.SGD(net, rate), []
    for _ in range(steps):
        pair = rng.choice(10, 2, replace=False)
        chosen = np.concatenate([rng.choice(classes[c], 32) for c in pair])
        out = net.forward(x[:, chosen])
        _, dout = net.loss(out, y[chosen])
        net.backward(dout)
        sgd.step()
        seen.append(np.mean(out.argmax(axis=0) == y[chosen]))
    return {
        "pairs": float(np.mean(seen[-50:])),
        "held out, test mode": accuracy(net, x_test, y_test),
        "held out, own statistics": batch_accuracy(net, x_test, y_test),
    }


WHERE = ("pairs", "held out, test mode", "held out, own statistics")


def effects_two_classes(results, settings):
    names = dict(zip(WHERE, ("on_pairs", "test_mode", "own_statistics"), strict=True))
    found = {
        f"{norm.lower()}_accuracy_{name}": results[norm][where]
        for norm in NORMS
        for where, name in names.items()
    }
    behind = found["bn_accuracy_test_mode"] - found["standard_accuracy_test_mode"]
    return found | {"bn_minus_standard_accuracy_test_mode": behind}


def draw_two_classes(runs, settings):
    fig, ax = figure(panel=(5.2, 3.0), title="Trained on batches of two classes only")
    for i, norm in enumerate(NORMS):
        values = np.array([[run[norm][where] for where in WHERE] for run in runs])
        at, middle = np.arange(3) + 0.36 * i - 0.18, np.median(values, axis=0)
        bars = ax.bar(
            at, middle, 0.34, color=look(norm)["color"], hatch=("//", "")[i], edgecolor="white", label=norm
        )
        ax.bar_label(bars, [f"{v:.2f}" for v in middle], fontsize=8)
        if len(runs) > 1:
            ax.vlines(at, values.min(axis=0), values.max(axis=0), color="black", linewidth=1)
    ax.set_xticks(
        range(3),
        [
            "batches of two classes,\nin training",
            "held out,\ntest mode",
            "held out, statistics\nof all of them",
        ],
    )
    ax.set_ylim(0, 1.25)
    ax.set_yticks(np.linspace(0, 1, 6))
    guide(ax, y=0.1)
    label(ax, "", "accuracy")
    legend(ax, loc="upper right", ncols=2)
    return fig


# ----------------------------------------------------------------------------------- noise from batch-mates


def output_noise(*, sizes, hidden, rate, steps, draws, seed):
    """Variance of the outputs for one image, over random batches of so many that it is in; mean over outputs."""
    x, y, x_test, _ = digits()
    net, rng = net_of("BN", hidden, seed), np.random.default_rng(seed)
    train(net, x, y, steps=steps, rate=rate, seed=seed)
    variances = []
    with net.running_statistics_kept():
        for size in sizes:
            outs = []
            for draw in range(draws):
                batch = x[:, rng.choice(x.shape[1], size, replace=False)].copy()
                batch[:, 0] = x_test[:, draw % 4]
                outs.append(net.forward(batch)[:, 0])
            outs = np.array(outs).reshape(-1, 4, 10)  # (draws / 4, images, outputs)
            variances.append(outs.var(axis=0).mean())
    return {"variances": np.array(variances)}


def effects_noise(results, settings):
    variances, sizes = results["BN"]["variances"], np.array(settings["sizes"])
    slope = np.polyfit(np.log(sizes), np.log(variances), 1)[0]
    return {
        "log_log_slope": slope,
        "variance_smallest_batch": variances[0],
        "variance_largest_batch": variances[-1],
        "variance_smallest_over_largest_batch": variances[0] / variances[-1],
    }


def draw_noise(runs, settings):
    sizes = np.array(settings["sizes"])
    measured = np.array([run["BN"]["variances"] for run in runs])
    first = np.median(measured[:, 0])
    return over_training(
        {
            "Outputs for one image, over random batch-mates": {
                "measured": measured,
                "falls like 1/N": first * sizes[0] / sizes,
            }
        },
        "batch size N",
        "variance of an output",
        x=sizes,
        log="xy",
        ticks=sizes,
        marks=("measured",),
        panel=(5.2, 3.1),
        looks={"falls like 1/N": {"color": "black", "linestyle": ":"}},
    )


# ----------------------------------------------------------------------------------------------- ghost batches


def ghosts(*, norm, groups, hidden, rate, steps, count, seed):
    """Accuracy on images held out: SGD on batches of 128, whose BN statistics come from groups of each size."""
    x, y, x_test, y_test = digits()
    x_test, y_test = np.concatenate([x[:, count:], x_test], axis=1), np.concatenate([y[count:], y_test])
    x, y, found = x[:, :count], y[:count], []
    for group in groups:
        net, rng = net_of(norm, hidden, seed), np.random.default_rng(seed)
        for _ in range(steps):
            chosen = rng.choice(count, 128, replace=False)
            total = np.zeros_like(net.gradient)
            for start in range(0, 128, group):
                part = chosen[start : start + group]
                total += net.loss_and_gradient(x[:, part], y[part])[1] * (group / 128)
            net.parameters -= rate * total
        found.append(accuracy(net, x_test, y_test))
    return {"accuracies": np.array(found)}


def effects_ghosts(results, settings):
    bn, standard = results["BN"]["accuracies"], results["standard"]["accuracies"]
    found = {f"bn_test_accuracy_group_{g}": bn[i] for i, g in enumerate(settings["groups"])}
    found["standard_test_accuracy"] = standard[-1]
    eight, whole = found["bn_test_accuracy_group_8"], found["bn_test_accuracy_group_128"]
    found["group_8_minus_whole_test_accuracy"] = eight - whole
    return found


def conditions_ghosts(settings, seed):
    plain = settings | {"seed": seed}
    return {
        "BN": condition(ghosts, norm="BN", **plain),
        "standard": condition(ghosts, norm="standard", **plain | {"groups": (128,)}),
    }


def draw_ghosts(runs, settings):
    groups = settings["groups"]
    whole = {
        "BN": np.array([run["BN"]["accuracies"] for run in runs]),
        "standard": np.array([np.repeat(run["standard"]["accuracies"], len(groups)) for run in runs]),
    }
    return over_training(
        {"Statistics of groups in batches of 128": whole},
        "size of the groups",
        "accuracy on images held out",
        x=groups,
        log="x",
        ticks=groups,
        marks=("BN",),
        panel=(5.2, 3.1),
    )


# ------------------------------------------------------------------------------- deep nets, and noise behind BN

DEEP = ("standard", "BN", "noisy BN")


def deep(*, norm, rates, levels, level_rate, depth, width, steps, batch, seed):
    """Accuracy in training (the last 50 batches) of a deep MLP with each rate; and, for noisy BN, at each level of "
    "noise."""
    x, y, *_ = digits()

    def end(rate, noise=1.0):
        net = net_of(norm, (width,) * depth, seed, noise=noise)
        history = train(net, x, y, steps=steps, rate=rate, batch=batch, seed=seed)
        return float(np.nan_to_num(history.accuracies, nan=0.1)[-50:].mean())

    levels = levels if norm == "noisy BN" else ()
    return {
        "accuracies": np.array([end(rate) for rate in rates]),
        "by_level": np.array([end(level_rate, level) for level in levels]),
    }


def effects_deep(results, settings):
    found = {}
    for norm in DEEP:
        name = norm.lower().replace(" ", "_")
        found[f"{name}_accuracy_low_rate"] = results[norm]["accuracies"][0]
        found[f"{name}_accuracy_high_rate"] = results[norm]["accuracies"][-1]
    found["bn_minus_noisy_bn_accuracy_low_rate"] = (
        found["bn_accuracy_low_rate"] - found["noisy_bn_accuracy_low_rate"]
    )
    for level, value in zip(settings["levels"], results["noisy BN"]["by_level"], strict=True):
        found[f"noisy_bn_accuracy_noise_times_{level:g}".replace(".", "_")] = value
    return found


def draw_deep(runs, settings):
    panels = {
        "by learning rate": lines(runs, DEEP, "accuracies"),
        f"by noise, at learning rate {settings['level_rate']}": lines(runs, ("noisy BN",), "by_level"),
    }
    fig = over_training(
        panels,
        "learning rate",
        "accuracy in training",
        x=dict(zip(panels, (settings["rates"], settings["levels"]), strict=True)),
        title=f"Digits, {settings['depth']} hidden layers",
        y_range=(0, 1.05),
        level=0.1,
        marks=DEEP,
        legend_at="lower left",
    )
    by_rate, by_level = fig.axes[:2]
    log_scale(by_rate, "x")
    by_rate.set_xticks(settings["rates"], [f"{rate:g}" for rate in settings["rates"]])
    by_level.set_xlabel("noise, in multiples of the paper's")
    return fig


Settings = Mapping[str, Any]


def three(quick: Settings, full: Settings, tiny: Settings) -> dict[str, Settings]:
    """The settings of a figure; ``full`` and ``tiny`` say what differs."""
    return {"quick": quick, "full": quick | full, "tiny": quick | tiny}


FIGURES = (
    Figure(
        name="demo-activations",
        title="Activations of deep networks, by the scale of their weights",
        shows="The standard deviation of the activations in each of ten layers before training, for weights of several "
        "scales, with tanh and ReLU, with and without BN.",
        claim="Without BN activations die out or explode unless the weights have the right scale; with BN the scale "
        "does "
        "not matter.",
        settings=three({"width": 500, "examples": 1000}, {"examples": 4000}, {"width": 50, "examples": 100}),
        conditions=conditions_activations,
        effects=effects_activations,
        draw=draw_activations,
        expectations=(
            Expectation(
                "tanh_standard_std_layer_10_small_weights", below=1e-4, says="tanh: small weights die out"
            ),
            Expectation(
                "tanh_standard_saturated_large_weights", above=0.8, says="tanh: large weights saturate"
            ),
            Expectation(
                "relu_standard_std_layer_10_small_weights", below=1e-4, says="ReLU: small weights die out"
            ),
            Expectation(
                "relu_standard_std_layer_10_large_weights", above=1e6, says="ReLU: large weights explode"
            ),
            Expectation(
                "tanh_bn_std_layer_10_largest_over_smallest",
                below=1.2,
                says="tanh with BN: the scale does not matter",
            ),
            Expectation(
                "relu_bn_std_layer_10_largest_over_smallest",
                below=1.2,
                says="ReLU with BN: the scale does not matter",
            ),
        ),
        remark="Standard deviation in layer 10: tanh {tanh_standard_std_layer_10_small_weights:.1g} with weights of "
        "0.01, "
        "and with weights of 1 {tanh_standard_saturated_large_weights:.0%} of it is saturated; ReLU "
        "{relu_standard_std_layer_10_small_weights:.1g}, {relu_standard_std_layer_10_he:.2f} (He) and "
        "{relu_standard_std_layer_10_large_weights:.1g}. With BN it is {tanh_bn_std_layer_10_he:.2f} and "
        "{relu_bn_std_layer_10_he:.2f}, whatever the scale.",
    ),
    Figure(
        name="demo-weight-scale",
        title="Training from weights of different scales",
        shows="Accuracy on digits after 200 steps, from initial weights of nine scales.",
        claim="With BN a network trains from weights of nearly any scale, without it only near the right one.",
        settings=three(
            {
                "scales": tuple(float(f"{s:.3g}") for s in np.logspace(-4, 0, 9)),
                "hidden": (50,) * 6,
                "rate": 0.05,
                "steps": 200,
                "batch": 100,
            },
            {"steps": 1000},
            {"scales": (0.001, 0.1), "hidden": (10, 10), "steps": 5},
        ),
        conditions=by_norm(over_scales),
        effects=effects_scales,
        draw=sweep("scales", "standard deviation of the initial weights", "Digits, 6 hidden layers"),
        expectations=(
            Expectation("standard_scales_that_train", below=3.5, says="without BN few scales train"),
            Expectation("bn_scales_that_train", above=6.5, says="with BN most do"),
            Expectation("bn_scale_range", above=900, says="over three orders of magnitude"),
        ),
        remark="Above 90% without BN from {standard_scales_that_train:.0f} of the nine scales, with BN from "
        "{bn_scales_that_train:.0f}. BN has its limit, too: where the variance of what it normalises is no larger than "
        "eps, it no longer cancels the scale; with weights of 0.0001 it is at {bn_accuracy_smallest_scale:.2f}.",
    ),
    Figure(
        name="demo-learning-rate",
        title="Learning rates, with and without BN",
        shows="Accuracy on digits after 200 steps, with ten learning rates.",
        claim="BN trains with larger learning rates.",
        settings=three(
            {
                "rates": tuple(float(f"{r:.3g}") for r in np.logspace(-3, 1.5, 10)),
                "hidden": (64,) * 5,
                "steps": 200,
                "batch": 100,
            },
            {"steps": 1000},
            {"rates": (0.01, 1.0), "hidden": (10, 10), "steps": 5},
        ),
        conditions=by_norm(over_rates),
        effects=effects_rates,
        draw=sweep("rates", "learning rate", "Digits, 5 hidden layers, He initialisation"),
        expectations=(
            Expectation(
                "standard_largest_rate_that_trains", below=1.01, says="without BN a rate above 1 is too much"
            ),
            Expectation("bn_largest_rate_that_trains", above=0.99, says="with BN rates of 1 and more train"),
        ),
        remark="The largest rate with more than 90% at the end is {standard_largest_rate_that_trains:g} without BN and "
        "{bn_largest_rate_that_trains:g} with it, the smallest {standard_smallest_rate_that_trains:g} and "
        "{bn_smallest_rate_that_trains:g}.",
    ),
    Figure(
        name="demo-batch-size",
        title="Batch size: where BN fails",
        shows="Accuracy on digits held out after ten epochs, for several batch sizes.",
        claim="BN suffers from very small batches, whose statistics are mostly noise.",
        settings=three(
            {
                "sizes": (2, 4, 8, 16, 64, 256),
                "hidden": (100,) * 4,
                "rate": 0.05,
                "epochs": 10,
                "count": 1000,
            },
            {"epochs": 40},
            {"sizes": (2, 4, 8, 16, 64), "hidden": (10,), "epochs": 1, "count": 40},
        ),
        conditions=by_norm(over_batches),
        effects=effects_batches,
        draw=sweep("sizes", "batch size", "Digits, 4 hidden layers, ten epochs", ticks=True),
        expectations=(
            Expectation("bn_test_accuracy_batch_2", below=0.8, says="with batches of 2 BN fails"),
            Expectation("standard_test_accuracy_batch_2", above=0.9, says="without BN they do"),
            Expectation("bn_test_accuracy_batch_16", above=0.93, says="with batches of 16 BN does well"),
        ),
        remark="Batches of 2: {bn_test_accuracy_batch_2:.2f} with BN, {standard_test_accuracy_batch_2:.2f} without; "
        "of 4: "
        "{bn_test_accuracy_batch_4:.2f} and {standard_test_accuracy_batch_4:.2f}; of 8: {bn_test_accuracy_batch_8:.2f} "
        "and {standard_test_accuracy_batch_8:.2f}; of 64: {bn_test_accuracy_batch_64:.2f} and "
        "{standard_test_accuracy_batch_64:.2f}.",
    ),
    Figure(
        name="demo-running-statistics",
        title="Running statistics lag",
        shows="Accuracy on digits held out in the course of training, with running statistics and with those of the "
        "images themselves, for two values of momentum.",
        claim="With a momentum close to 1, running statistics need many steps to become those of the network.",
        settings=three(
            {"after": (2, 5, 10, 20, 50, 100, 200, 400), "hidden": (100,) * 3, "rate": 0.1, "batch": 64},
            {"after": (2, 5, 10, 20, 50, 100, 200, 400, 1000, 2000)},
            {"after": (2, 6), "hidden": (10, 10)},
        ),
        conditions=conditions_lag,
        effects=effects_lag,
        draw=draw_lag,
        expectations=(
            Expectation(
                "momentum_0_99_batch_minus_running_step_20",
                above=0.05,
                says="momentum 0.99: after 20 steps running statistics are far behind",
            ),
            Expectation(
                "momentum_0_9_batch_minus_running_step_20", below=0.05, says="momentum 0.9: they are not"
            ),
            Expectation("momentum_0_99_batch_minus_running_end", below=0.03, says="in the end they catch up"),
        ),
        remark="After 20 steps with momentum 0.99: {momentum_0_99_running_accuracy_step_20:.2f} with running "
        "statistics, "
        "{momentum_0_99_batch_accuracy_step_20:.2f} with those of the images; with momentum 0.9: "
        "{momentum_0_9_running_accuracy_step_20:.2f} and {momentum_0_9_batch_accuracy_step_20:.2f}.",
    ),
    Figure(
        name="demo-two-classes",
        title="Batches that do not look like the data",
        shows="Accuracy on digits after training on batches of two classes each.",
        claim="BN takes away what the images of a batch have in common. In a batch of two classes that is which "
        "classes "
        "they are, and accuracy suffers.",
        settings=three(
            {"hidden": (100,) * 3, "rate": 0.03, "steps": 400}, {"steps": 2000}, {"hidden": (10,), "steps": 5}
        ),
        conditions=by_norm(two_classes),
        effects=effects_two_classes,
        draw=draw_two_classes,
        expectations=(
            Expectation(
                "bn_accuracy_on_pairs", below=0.75, says="in training, BN gets many images of a pair wrong"
            ),
            Expectation("standard_accuracy_on_pairs", above=0.9, says="without BN few are"),
            Expectation(
                "bn_minus_standard_accuracy_test_mode",
                below=-0.02,
                says="BN is behind on images held out, too",
            ),
        ),
        remark="On such batches, in training: {bn_accuracy_on_pairs:.2f} with BN, {standard_accuracy_on_pairs:.2f} "
        "without. "
        "On images held out, in test mode: {bn_accuracy_test_mode:.2f} and {standard_accuracy_test_mode:.2f}.",
    ),
    Figure(
        name="demo-output-noise",
        title="An output depends on the batch-mates",
        shows="The variance of a trained network's outputs for one image in train mode, over random batches, for "
        "several "
        "batch sizes.",
        claim="Through BN the other images of a batch add noise to an output, whose variance falls about like 1/N.",
        settings=three(
            {
                "sizes": (8, 16, 32, 64, 128, 256),
                "hidden": (100,) * 3,
                "rate": 0.1,
                "steps": 200,
                "draws": 240,
            },
            {"draws": 2400},
            {"sizes": (8, 32), "hidden": (10,), "steps": 5, "draws": 40},
        ),
        conditions=lambda settings, seed: {"BN": condition(output_noise, seed=seed, **settings)},
        effects=effects_noise,
        draw=draw_noise,
        expectations=(
            Expectation("log_log_slope", above=-1.3, below=-0.6, says="it falls about like 1/N"),
            Expectation(
                "variance_smallest_over_largest_batch", above=8, says="from N = 8 to 256 it falls a lot"
            ),
        ),
        remark="Variance falls like N to the power of {log_log_slope:.2f}: {variance_smallest_batch:.2g} at N = 8, "
        "{variance_largest_batch:.2g} at N = 256.",
    ),
    Figure(
        name="demo-ghost-batches",
        title="Ghost batches: noise as regularisation",
        shows="Accuracy on digits held out, of networks trained on 300 images by SGD on batches of 128, where BN "
        "takes its "
        "statistics from groups within the batch.",
        claim="The noise of small groups regularises: they do better on images held out than the whole batch.",
        settings=three(
            {
                "groups": (4, 8, 16, 32, 128),
                "hidden": (200,) * 3,
                "rate": 0.1,
                "steps": 200,
                "count": 300,
            },
            {"steps": 1000},
            {"groups": (4, 8, 128), "hidden": (10,), "steps": 3},
        ),
        conditions=conditions_ghosts,
        effects=effects_ghosts,
        draw=draw_ghosts,
        expectations=(
            Expectation(
                "group_8_minus_whole_test_accuracy",
                above=0.003,
                says="groups of 8 do better than the whole batch",
            ),
        ),
        remark="On images held out: groups of 8 {bn_test_accuracy_group_8:.3f}, the whole batch "
        "{bn_test_accuracy_group_128:.3f}, without BN {standard_test_accuracy:.3f}; groups of 4 "
        "{bn_test_accuracy_group_4:.3f}: more noise is not always better. One point of accuracy is 15 of 1,497 images.",
    ),
    Figure(
        name="demo-depth-and-noise",
        title="A deep network, and the price of noise",
        shows="Accuracy in training of a network of 16 hidden layers on digits, by learning rate, and with noise of "
        "several strengths behind BN.",
        claim="BN, with noise behind it, too, trains where a standard network does not; and noise is not free.",
        settings=three(
            {
                "rates": (0.02, 0.1, 0.5),
                "levels": (0.0, 0.5, 1.0, 2.0, 4.0),
                "level_rate": 0.1,
                "depth": 16,
                "width": 64,
                "steps": 300,
                "batch": 64,
            },
            {"steps": 2000},
            {"rates": (0.02, 0.5), "levels": (0.0, 2.0, 4.0), "depth": 2, "width": 8, "steps": 5},
        ),
        conditions=by_norm(deep, DEEP),
        effects=effects_deep,
        draw=draw_deep,
        expectations=(
            Expectation(
                "standard_accuracy_high_rate", below=0.3, says="without BN it does not train at rate 0.5"
            ),
            Expectation("bn_accuracy_high_rate", above=0.9, says="with BN it does"),
            Expectation("noisy_bn_accuracy_high_rate", above=0.85, says="with noise behind BN it does, too"),
            Expectation(
                "bn_minus_noisy_bn_accuracy_low_rate", above=0.05, says="noise costs a lot at rate 0.02"
            ),
            Expectation(
                "noisy_bn_accuracy_noise_times_4", below=0.5, says="four times the noise is too much"
            ),
        ),
        remark="At rate 0.5: standard {standard_accuracy_high_rate:.2f}, BN {bn_accuracy_high_rate:.2f}, noisy BN "
        "{noisy_bn_accuracy_high_rate:.2f}. At 0.02: {standard_accuracy_low_rate:.2f}, {bn_accuracy_low_rate:.2f} and "
        "{noisy_bn_accuracy_low_rate:.2f}: there the noise costs much, and no BN is no drawback. At 0.1 with twice the "
        "paper's noise {noisy_bn_accuracy_noise_times_2:.2f}, with four times {noisy_bn_accuracy_noise_times_4:.2f}, "
        "without any {noisy_bn_accuracy_noise_times_0:.2f}.",
    ),
)
