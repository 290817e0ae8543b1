"""The theorems of the paper as statements that are measured, in float64, over many random units.

A unit is a column of y: (m, D), what goes into BN; z = BN(y) goes through the rest of a random network to a loss.
``dout`` is the gradient of that loss by z, ``dy`` the one by y. m is the batch size, eps is 0 unless it is said.
"""

from __future__ import annotations

import numpy as np
from bnlab import data, nn
from bnlab.plots.style import AFTER, BEFORE, GREEN, LOOKS, TRUTH, figure, guide, label, legend, log_scale
from bnlab.training import train
from bnlab_solutions import (
    batchnorm_backward,
    batchnorm_backward_alt,
    batchnorm_forward,
    numerical_gradient,
    relative_error,
)
from bnlab_solutions.fast import fast_batchnorm
from bnlab_solutions.landscape import theorem_4_1_sides

from bnlab_autograder.figures.figure import Expectation, Figure, condition
from bnlab_autograder.figures.images import FULL, QUICK, TINY, network, pixels

SETTINGS = {"quick": {"layers": 200}, "full": {"layers": 2000}, "tiny": {"layers": 30}}
WITH_EPS = 1e-2
SHOWN = 1500  # points of a scatter plot


# ------------------------------------------------------------------------------------------ random layers


class RandomLayer:
    """A batch before BN, gamma and beta, and a random network behind it.

    Attributes
    ----------
    y : ndarray (m, D)
        Features of very different mean and standard deviation.
    gamma, beta : ndarray (D,)
    """

    def __init__(self, rng, largest_m=200):
        m, D = int(rng.integers(4, largest_m)), int(rng.integers(1, 30))
        self.y = rng.normal(size=(m, D)) * rng.uniform(0.1, 10, D) + 3 * rng.normal(size=D)
        self.gamma, self.beta = rng.uniform(-2, 2, D), rng.normal(size=D)
        self.labels = rng.integers(0, 4, m)
        layers = [nn.Tanh(), nn.Affine(D, 5), nn.Tanh(), nn.Affine(5, 4)]
        self.net = nn.Network(layers, seed=int(rng.integers(2**31)), dtype=np.float64)

    def normalised(self, y=None, gamma=None, beta=None, eps=0.0):
        """(z, cache) of BN in train mode."""
        gamma, beta = self.gamma if gamma is None else gamma, self.beta if beta is None else beta
        return batchnorm_forward(self.y if y is None else y, gamma, beta, {"mode": "train", "eps": eps})

    def gradient(self, z):
        """The gradient of the loss by what the network gets: (m, D)."""
        _, dout = self.net.loss(self.net.forward(z.T), self.labels)
        return self.net.backward(dout, need_dx=True).T.copy()

    @property
    def y_hat(self):
        """Mean 0 and squared length m, feature by feature."""
        return (self.y - self.y.mean(axis=0)) / self.y.std(axis=0)


def random_layers(layers, seed, **more):
    rng = np.random.default_rng(seed)
    return [RandomLayer(rng, **more) for _ in range(layers)]


def squares(a, b=None):
    """Inner products of columns; squared lengths of those of ``a`` alone."""
    return (a * (a if b is None else b)).sum(axis=0)


def stacked(rows):
    """[{name: values}, …] → {name: all values in one vector}."""
    return {name: np.concatenate([np.ravel(row[name]) for row in rows]) for name in rows[0]}


def only(function):
    """The ``conditions`` of a figure that has one, ``function``, which takes all settings."""

    def conditions(settings, seed):
        return {"units": condition(function, seed=seed, **settings)}

    return conditions


def pooled(runs, name):
    return np.concatenate([run["units"][name] for run in runs])[:SHOWN]


# -------------------------------------------------------------------------------------------- theorem 4.1


def units_4_1(*, layers, seed):
    """Both sides of theorem 4.1, with every constant and under every condition that plays a part; by unit."""
    return stacked([sides_4_1(layer) for layer in random_layers(layers, seed)])


def sides_4_1(layer):
    m = len(layer.y)
    g = layer.gradient(layer.normalised()[0])
    left, right = theorem_4_1_sides(g, layer.y, layer.gamma)
    factor = layer.gamma**2 / layer.y.var(axis=0)
    along = squares(g, layer.y_hat) ** 2

    # eps > 0: the same statement with σ² + eps for σ², also in ŷ
    z, cache = layer.normalised(eps=WITH_EPS)
    g_eps, var = layer.gradient(z), layer.y.var(axis=0) + WITH_EPS
    y_hat = (layer.y - layer.y.mean(axis=0)) / np.sqrt(var)
    left_eps = squares(batchnorm_backward(g_eps, cache)[0])
    removed = (g_eps.sum(axis=0) ** 2 + squares(g_eps, y_hat) ** 2) / m
    right_eps = layer.gamma**2 / var * (squares(g_eps) - removed)

    # what the theorem says: ∇_y L is the gradient of the network *without* BN, which is at y, not at z
    without = layer.gradient(layer.y)
    _, said = theorem_4_1_sides(without, layer.y, layer.gamma)
    std, mean = layer.y.std(axis=0), layer.y.mean(axis=0)
    at_y = layer.gradient(layer.normalised(gamma=std, beta=mean)[0])
    return {
        "m": np.full(len(left), m),
        "left": left,
        "right": right,
        "scale": factor * squares(g),
        "printed": right + factor * along * (1 / m - 1 / np.sqrt(m)),
        "left_eps": left_eps,
        "right_eps": right_eps,
        "eps_over_var": WITH_EPS / layer.y.var(axis=0),
        "said": said,
        "left_z_is_y": theorem_4_1_sides(at_y, layer.y, std)[0],
        "said_z_is_y": theorem_4_1_sides(without, layer.y, std)[1],
    }


def effects_4_1(results, settings):
    found = results["units"]
    slack = 1 - found["left_eps"] / found["right_eps"]
    return {
        "units": len(found["m"]),
        "largest_error_1_over_m": np.max(abs(found["left"] - found["right"]) / found["scale"]),
        "share_violating_1_over_sqrt_m": np.mean(found["left"] > found["printed"] * (1 + 1e-9)),
        "smallest_slack_eps": np.min(slack),
        "share_strict_eps": np.mean(slack > 0),
        "share_violating_where_z_is_not_y": np.mean(found["left"] > found["said"] * (1 + 1e-9)),
        "largest_error_where_z_is_y": np.max(
            abs(found["left_z_is_y"] - found["said_z_is_y"]) / abs(found["said_z_is_y"])
        ),
    }


def draw_4_1(runs, settings):
    fig, (left, right) = figure(1, 2, title="Theorem 4.1, a point for each unit", panel=(4.0, 3.0))
    m, length, scale = (pooled(runs, name) for name in ("m", "left", "scale"))
    for name, text, look in (
        ("printed", "c = 1/√m, as printed: violated", LOOKS[1]),
        ("right", "c = 1/m: equal up to rounding", LOOKS[0]),
    ):
        missed = np.maximum(abs(length - pooled(runs, name)) / scale, 1e-17)
        style = {"color": look["color"], "marker": look["marker"], "linestyle": "", "markersize": 2.5}
        left.plot(m, missed, label=text, alpha=0.6, **style)
    log_scale(left, "y")
    left.set_ylim(1e-18, 1e4)
    label(left, "batch size m", "|left − right side| / (γ²/σ² ‖g‖²)", "eps = 0")
    legend(left, loc="upper right", markerscale=2)
    slack = 1 - pooled(runs, "left_eps") / pooled(runs, "right_eps")
    right.plot(
        pooled(runs, "eps_over_var"), np.maximum(slack, 1e-17), ".", color=AFTER, markersize=3, alpha=0.6
    )
    log_scale(right)
    label(right, "eps / σ²", "1 − left side / right side", "eps > 0, c = 1/m: strictly smaller")
    return fig


# -------------------------------------------------------------------------------------------- theorem 4.2


def units_4_2(*, layers, seed):
    """Both sides of theorem 4.2 for the first unit of every layer, the others fixed."""
    return stacked([sides_4_2(layer) for layer in random_layers(layers, seed, largest_m=60)])


def sides_4_2(layer):
    """gᵀĤg with g = ∂L̂/∂y, and γ²/σ² gᵀHg − γ/(mσ²) ⟨ĝ, ŷ⟩ ‖g‖² with ĝ and H of the loss at z."""
    m, gamma, var = len(layer.y), layer.gamma[0], layer.y[:, 0].var()
    z, cache = layer.normalised()
    at_z = layer.gradient(z)
    g = batchnorm_backward(at_z, cache)[0][:, 0]

    def by_y(y):
        z, cache = layer.normalised(y)
        return batchnorm_backward(layer.gradient(z), cache)[0]

    left = g @ along(by_y, layer.y, g)
    curvature = gamma**2 / var * (g @ along(layer.gradient, z, g))
    change = -gamma / (m * var) * (at_z[:, 0] @ layer.y_hat[:, 0]) * (g @ g)
    return {"left": left, "curvature": curvature, "change": change}


def along(gradient, at, direction, h=1e-4):
    """The derivative of the first column of ``gradient`` along ``direction`` in the first column of ``at``: (m,)."""
    length = np.linalg.norm(direction)

    def moved(t):
        there = at.copy()
        there[:, 0] += t * direction / length
        return gradient(there)[:, 0]

    return (8 * (moved(h) - moved(-h)) - (moved(2 * h) - moved(-2 * h))) / (12 * h) * length


def effects_4_2(results, settings):
    found = results["units"]
    error = abs(found["left"] - found["curvature"] - found["change"])
    error /= abs(found["curvature"]) + abs(found["change"])
    return {
        "units": len(error),
        "largest_error": np.max(error),
        "median_error": np.median(error),
        "share_reduced": np.mean(found["change"] < 0),
        "size_of_change_median": np.median(abs(found["change"]) / abs(found["curvature"])),
    }


def draw_4_2(runs, settings):
    left, curvature, change = (pooled(runs, name) for name in ("left", "curvature", "change"))
    fig, (one, two) = figure(1, 2, title="Theorem 4.2, a point for each unit", panel=(4.0, 3.0))
    scale = abs(curvature) + abs(change)
    one.plot((curvature + change) / scale, left / scale, "o", color=AFTER, markersize=4, alpha=0.6)
    one.axline((0, 0), slope=1, color=TRUTH, linewidth=0.8)
    label(one, "right side, scaled", "gᵀĤg, scaled", "both sides")
    two.plot(abs(curvature), abs(change), "o", color=GREEN, markersize=4, alpha=0.6)
    reduced = change < 0
    two.plot(
        abs(curvature[~reduced]), abs(change[~reduced]), "x", color=BEFORE, markersize=5, label="increases it"
    )
    two.plot([], [], "o", color=GREEN, markersize=4, label="reduces it")
    log_scale(two)
    label(two, "γ²/σ² gᵀHg", "γ/(mσ²) ⟨ĝ, ŷ⟩ ‖g‖²", "what rescaling leaves, and what the theorem adds")
    legend(two, loc="upper left")
    return fig


# ---------------------------------------------------------------------------------------- observation 4.3


def units_4_3(*, steps, seed):
    """A network trained without BN, and the same with BN whose γ, β restore what BN takes away.

    Returns
    -------
    dict
        by: activations of the last layer before its nonlinearity, without BN; sigma, variance: the same with BN,
        γ = σ or γ = σ² in every layer; loss_by, loss_sigma, loss_variance: (1,).
    """
    digits = data.digits()
    x = nn.to_engine(digits.x_train.reshape(len(digits.x_train), -1))[:, :500]
    y = digits.y_train[:500]
    shape = {"widths": [len(x), 30, 30, 30, 10], "seed": seed, "dtype": np.float64}
    plain = nn.mlp(**shape)
    train(plain, x, y, steps=steps, rate=0.1, seed=seed)
    found = dict(zip(("by", "loss_by"), outcome(plain, x, y), strict=True))
    for name, power in (("sigma", 1), ("variance", 2)):
        normed = nn.mlp(**shape, normalise=lambda channels: fast_batchnorm(channels, eps=0))
        restore(normed, plain, x, power)
        found |= zip((name, f"loss_{name}"), outcome(normed, x, y), strict=True)
    return found


def restore(normed, plain, x, power):
    """The weights of ``plain`` for ``normed``, with γ = σ^power and β = μ of what each norm gets there."""
    with plain.recording(*plain.weighted) as seen:
        plain.forward(x)
    for ours, theirs in zip(normed.weighted, plain.weighted, strict=True):
        normed.parameters[normed.slices[ours]] = plain.parameters[plain.slices[theirs]]
    for index, theirs in zip(normed.norms, plain.weighted, strict=False):
        normed.layers[index].params["gamma"][:] = seen[theirs][0].std(axis=1) ** power
        normed.layers[index].params["beta"][:] = seen[theirs][0].mean(axis=1)


def outcome(net, x, y):
    """(activations of the last hidden layer, loss (1,)) in train mode."""
    index = net.preactivations[-2]
    with net.recording(index) as seen:
        loss, _ = net.loss(net.forward(x), y)
    return seen[index][0].ravel(), np.array([loss])


def effects_4_3(results, settings):
    found = results["units"]
    size = abs(found["by"]).max()
    return {
        "largest_difference_sigma": abs(found["sigma"] - found["by"]).max() / size,
        "largest_difference_variance": abs(found["variance"] - found["by"]).max() / size,
        "loss_standard": found["loss_by"][0],
        "loss_difference_sigma": abs(found["loss_sigma"] - found["loss_by"])[0] / found["loss_by"][0],
        "loss_difference_variance": abs(found["loss_variance"] - found["loss_by"])[0] / found["loss_by"][0],
    }


def draw_4_3(runs, settings):
    fig, axes = figure(1, 2, title="Observation 4.3: BN can be the identity", panel=(3.6, 3.0), share_y=True)
    for ax, name, text in zip(axes, ("sigma", "variance"), ("γ = σ, β = μ", "γ = σ², β = μ"), strict=True):
        ax.plot(pooled(runs, "by"), pooled(runs, name), ".", color=AFTER, markersize=3, alpha=0.6)
        ax.axline((0, 0), slope=1, color=TRUTH, linewidth=0.8)
        label(ax, "activation without BN", "with BN in every layer" if ax is axes[0] else "", text)
    return fig


# -------------------------------------------------------------------------------------------- theorem 4.4

RANDOM_INPUTS = 20


def units_4_4(*, layers, seed):
    """The largest squared gradient by the weights of a unit over all inputs X of spectral norm λ; by unit."""
    rng = np.random.default_rng([seed, 44])
    return stacked([sides_4_4(layer, rng) for layer in random_layers(layers, seed, largest_m=60)])


def sides_4_4(layer, rng):
    """∂L̂/∂w = Xᵀ ∂L̂/∂y for X: (m, d); the layer's first unit."""
    m, gamma, var, size = len(layer.y), layer.gamma[0], layer.y[:, 0].var(), rng.uniform(0.5, 5)
    z, cache = layer.normalised()
    g = layer.gradient(z)
    dy = batchnorm_backward(g, cache)[0][:, 0]
    _, right = theorem_4_1_sides(g, layer.y, layer.gamma)
    columns = max(m // 4, 1)
    tried = []
    for _ in range(RANDOM_INPUTS):
        X = size * np.linalg.qr(rng.normal(size=(m, columns)))[0]
        tried.append(squares((X.T @ dy)[:, None]))
    best = np.zeros((m, columns))
    best[:, 0] = size * dy / np.linalg.norm(dy)
    g, y_hat = g[:, 0], layer.y_hat[:, 0]
    printed = gamma**2 / var * (size**2 * (g @ g) - m * g.mean() ** 2 - size**2 * (g @ y_hat) ** 2)
    return {
        "bound": size**2 * right[0],
        "best": squares((best.T @ dy)[:, None]),
        "random": np.max(tried),
        "printed": printed,
        "norm": size,
    }


def effects_4_4(results, settings):
    found = results["units"]
    return {
        "units": len(found["bound"]),
        "largest_error_at_worst_input": np.max(abs(found["best"] / found["bound"] - 1)),
        "largest_share_of_bound_random_inputs": np.max(found["random"] / found["bound"]),
        "share_violating_printed": np.mean(found["best"] > found["printed"]),
    }


def draw_4_4(runs, settings):
    fig, ax = figure(title="Theorem 4.4, a point for each unit and form", panel=(4.6, 3.2))
    bound, norm = pooled(runs, "bound"), pooled(runs, "norm")
    for place, (name, text) in enumerate(
        (
            ("best", "largest gradient there is"),
            ("printed", "bound as printed"),
            ("random", "random inputs"),
        )
    ):
        look = {**LOOKS[place], "linestyle": "", "alpha": 0.6, "markersize": 3}
        ax.plot(norm, pooled(runs, name) / bound, label=text, **look)
    ax.set_yscale("symlog", linthresh=1)
    ax.set_ylim(-1e4, 20)
    guide(ax, y=1)
    label(ax, "norm λ of the inputs", "over the right bound")
    legend(ax, loc="lower left", markerscale=1.5)
    return fig


# ----------------------------------------------------------------------------------------------- fact C.1


def units_c_1(*, layers, seed):
    """The one-line backward pass, the one node by node, and central differences: every entry of dx."""
    rng = np.random.default_rng([seed, 1])
    rows = []
    for layer in random_layers(layers, seed, largest_m=12):
        dout = rng.normal(size=layer.y.shape)
        _, cache = layer.normalised()
        numerical = numerical_gradient(lambda y, one=layer: one.normalised(y)[0], layer.y, dout, 1e-5)
        line, steps = batchnorm_backward_alt(dout, cache)[0], batchnorm_backward(dout, cache)[0]
        rows.append(
            {
                "line": line,
                "numerical": numerical,
                "error_numerical": relative_error(line, numerical),
                "error_steps": relative_error(line, steps),
            }
        )
    return stacked(rows)


def effects_c_1(results, settings):
    found = results["units"]
    return {
        "entries": len(found["line"]),
        "largest_error_against_differences": np.max(found["error_numerical"]),
        "largest_error_against_nodes": np.max(found["error_steps"]),
    }


def draw_c_1(runs, settings):
    fig, ax = figure(title="Fact C.1, a point for each entry of dx", panel=(4.2, 3.2))
    line, numerical = pooled(runs, "line"), pooled(runs, "numerical")
    ax.plot(numerical, line, ".", color=AFTER, markersize=3, alpha=0.6)
    ax.axline((0, 0), slope=1, color=TRUTH, linewidth=0.8)
    ax.set_xscale("symlog", linthresh=0.1)
    ax.set_yscale("symlog", linthresh=0.1)
    label(ax, "central differences", "the one-line backward pass")
    return fig


# ---------------------------------------------------------------------------------------------- lemma 4.5


def units_4_5(*, layers, seed):
    """Distances from initial weights W0 to an optimum W* and to those that BN adds, k W* with k > 0.

    Returns
    -------
    dict
        for ``10 * layers`` pairs with ⟨W0, W*⟩ > 0 and as many without: positive: bool; without: ‖W0 − W*‖²;
        bound: the lemma's right side; at_k: ‖W0 − k W*‖² with k = ⟨W0, W*⟩/‖W*‖²; nearest: the smallest over
        k > 0, on a grid. scale_error: (1,) the error of BN(X k W*) = BN(X W*).
    """
    rng, rows = np.random.default_rng(seed), []
    grid = np.logspace(-4, 2, 601)
    for place in range(20 * layers):
        start, goal = rng.normal(size=(2, int(rng.integers(2, 50))))
        positive = place % 2 == 0
        goal = goal if (start @ goal > 0) == positive else -goal
        k = start @ goal / (goal @ goal)
        distances = start @ start - 2 * grid * (start @ goal) + grid**2 * (goal @ goal)
        without = np.sum((start - goal) ** 2)
        rows.append(
            {
                "positive": positive,
                "without": without,
                "bound": without - (goal @ goal - start @ goal) ** 2 / (goal @ goal),
                "at_k": np.sum((start - k * goal) ** 2),
                "nearest": distances.min(),
            }
        )
    x = rng.normal(size=(64, len(start)))
    one, two = (batchnorm_forward(x @ (k * goal)[:, None], np.ones(1), np.zeros(1), {"mode": "train", "eps": 0})[0]
                for k in (1, 7.3))  # fmt: skip
    return stacked(rows) | {"scale_error": np.array([relative_error(one, two)])}


def effects_4_5(results, settings):
    found = results["units"]
    yes = found["positive"].astype(bool)
    return {
        "pairs": np.sum(yes),
        "largest_error_at_k": np.max(abs(found["at_k"] / found["bound"] - 1)[yes]),
        "smallest_nearest_over_bound": np.min((found["nearest"] / found["bound"])[yes]),
        "share_violated_where_not_positive": np.mean(found["nearest"][~yes] > found["bound"][~yes]),
        "gain_median": np.median((found["bound"] / found["without"])[yes]),
        "scale_error": found["scale_error"][0],
    }


def draw_4_5(runs, settings):
    fig, (left, right) = figure(1, 2, title="Lemma 4.5, a point for each pair W0, W*", panel=(3.8, 3.0))
    yes = pooled(runs, "positive").astype(bool)
    without, at_k, bound, nearest = (pooled(runs, n) for n in ("without", "at_k", "bound", "nearest"))
    left.plot(bound[yes], at_k[yes], "o", color=AFTER, markersize=3, alpha=0.5, label="⟨W0, W*⟩ > 0")
    left.plot(bound[~yes], nearest[~yes], "x", color=BEFORE, markersize=4, alpha=0.7, label="⟨W0, W*⟩ < 0")
    left.axline((0, 0), slope=1, color=TRUTH, linewidth=0.8)
    label(
        left,
        "the lemma's bound",
        "squared distance to the nearest k W*",
        "with BN: k W* is an optimum, k > 0",
    )
    legend(left, loc="upper left", markerscale=1.5)
    right.plot(without[yes], at_k[yes], "o", color=AFTER, markersize=3, alpha=0.5)
    right.axline((0, 0), slope=1, color=TRUTH, linewidth=0.8)
    label(right, "squared distance to W*", "to the nearest k W*", "below the line: nearer with BN")
    return fig


# --------------------------------------------------------------------------------- the size of the terms

SIZES = {"every": 100}


def conditions_size(settings, seed):
    taken = ("data", "count", "channels", "hidden", "init", "batch", "rate", "steps", "every")
    return {"BN": condition(removed_while_training, seed=seed, **{name: settings[name] for name in taken})}


def removed_while_training(*, data, count, channels, hidden, init, batch, rate, steps, every, seed):
    """Train a VGG with BN, and see which share of ‖∂L/∂z‖² theorem 4.1 subtracts in each of its layers.

    Returns
    -------
    dict
        layers: names; at: (T,) steps; removed, random: (T, layers) medians over units of the share that the two
        subtracted terms make up, and 2/m, which they would make up of a random gradient; factor: of γ²/σ².
    """
    x, y, _, _ = pixels(data, count)
    net = network("BN", seed, side=x.shape[1], channels=channels, hidden=hidden, init=init)

    def probe(step, net, x, y):
        return [shares(*at, net.layers[index]) for index, at in around(net, x, y).items()]

    history = train(net, x, y, steps=steps, rate=rate, batch=batch, seed=seed, every=every, probe=probe)
    removed, random, factor = np.moveaxis(np.array(history.probed), -1, 0)
    names = [f"conv {n}" for n in range(1, 2 * len(channels) + 1)] + ["FC"]
    return {
        "layers": names,
        "at": np.array(history.probed_at),
        "removed": removed,
        "random": random,
        "factor": factor,
    }


def around(net, x, y):
    """{index of a norm: (what goes in, the gradient by what comes out)}, both (m, C) float64."""
    with net.running_statistics_kept(), net.recording(*[index - 1 for index in net.norms]) as seen:
        _, dout = net.loss(net.forward(x), y)
        found = {}
        for index in range(len(net.layers) - 1, 0, -1):
            if index in net.norms:
                inputs = seen[index - 1][0]
                found[index] = tuple(a.reshape(len(a), -1).T.astype(float) for a in (inputs, dout))
            dout = net.layers[index].backward(dout)
    return dict(sorted(found.items()))


def shares(y, dout, norm):
    """(share removed, 2/m, γ²/σ²): medians over the units whose gradient is not zero."""
    live = (squares(dout) > 0) & (y.var(axis=0) > 0)
    if not live.any():
        return 0.0, 2 / len(y), 0.0
    gamma, y, dout = norm.params["gamma"][live].astype(float), y[:, live], dout[:, live]
    _, right = theorem_4_1_sides(dout, y, gamma)
    factor = gamma**2 / y.var(axis=0)
    return np.median(1 - right / (factor * squares(dout))), 2 / len(y), np.median(factor)


def effects_size(results, settings):
    found = results["BN"]
    removed = np.median(found["removed"], axis=0)
    return {
        "largest_percent_removed_conv": 100 * removed[:-1].max(),
        "percent_removed_fc": 100 * removed[-1],
        "largest_percent_removed_fc": 100 * found["removed"][:, -1].max(),
        "random_percent_first_conv": 100 * found["random"][0, 0],
        "random_percent_fc": 100 * found["random"][0, -1],
        "largest_ratio_to_random_conv": np.median(found["removed"] / found["random"], axis=0)[:-1].max(),
    }


def draw_size(runs, settings):
    fig, ax = figure(title="What theorem 4.1 subtracts, layer by layer of a VGG with BN", panel=(5.4, 3.2))
    names = runs[0]["BN"]["layers"]
    removed = np.concatenate([run["BN"]["removed"] for run in runs])
    place = np.arange(len(names))
    spread_ = 0.16 * np.linspace(-1, 1, len(removed))[:, None]
    ax.plot(
        (place + spread_).ravel(),
        100 * removed.ravel(),
        "o",
        color=AFTER,
        markersize=4,
        alpha=0.7,
        label="measured",
    )
    ax.plot(
        place,
        100 * runs[0]["BN"]["random"][0],
        "_",
        color=TRUTH,
        markersize=22,
        markeredgewidth=1.6,
        label="2/m: of a random gradient",
    )
    log_scale(ax, "y")
    ax.set_xticks(place, names)
    ax.tick_params(axis="x", labelsize=8)
    label(ax, "", "% of ‖g‖² that is subtracted")
    legend(ax, loc="upper left")
    return fig


FIGURES = (
    Figure(
        name="theorem-4-1",
        title="Theorem 4.1: the gradient before BN",
        shows="How far the sides are apart for both constants; and by how much the left one is smaller for eps > 0.",
        claim="‖∂L̂/∂y‖² ≤ γ²/σ² (‖∂L/∂y‖² − ⟨1, ∂L/∂y⟩²/m − c ⟨∂L/∂y, ŷ⟩²), with c = 1/m; the paper prints 1/√m.",
        settings=SETTINGS,
        conditions=only(units_4_1),
        effects=effects_4_1,
        draw=draw_4_1,
        expectations=(
            Expectation("largest_error_1_over_m", below=1e-12, says="with c = 1/m both sides are equal"),
            Expectation(
                "share_violating_1_over_sqrt_m", above=0.999, says="with the printed 1/√m it is violated"
            ),
            Expectation("share_strict_eps", above=0.999, says="with eps > 0 the left side is smaller"),
            Expectation(
                "share_violating_where_z_is_not_y",
                above=0.05,
                says="it needs ∂L̂/∂z = ∂L/∂y, and fails for some units where z is not y",
            ),
            Expectation("largest_error_where_z_is_y", below=1e-6, says="with γ = σ, β = μ that is so"),
        ),
        remark="Over {units:.0f} units both sides differ by at most {largest_error_1_over_m:.1g} of their scale for "
        "c = 1/m; the printed 1/√m is violated by {share_violating_1_over_sqrt_m:.1%} of them. With the gradient of "
        "the network without BN on the right, as the paper writes it, {share_violating_where_z_is_not_y:.0%} violate "
        "it, unless γ = σ and β = μ.",
    ),
    Figure(
        name="theorem-4-2",
        title="Theorem 4.2: curvature along the gradient",
        shows="Both sides, from gradients at five points; and the two terms of the right side.",
        claim="gᵀĤg ≤ γ²/σ² gᵀHg − γ/(mσ²) ⟨ĝ, ŷ⟩ ‖g‖², for g = ∂L̂/∂y and ĝ = ∂L̂/∂z.",
        settings=SETTINGS,
        conditions=only(units_4_2),
        effects=effects_4_2,
        draw=draw_4_2,
        expectations=(
            Expectation("largest_error", below=1e-5, says="both sides are equal"),
            Expectation(
                "share_reduced", above=0.05, below=0.95, says="the second term reduces it only for some units"
            ),
        ),
        remark="Over {units:.0f} units both sides are equal up to {largest_error:.1g} of their scale (median "
        "{median_error:.1g}). The second term reduces the curvature of {share_reduced:.0%} of the units and increases "
        "that of the others; its median size is {size_of_change_median:.1%} of the first.",
    ),
    Figure(
        name="observation-4-3",
        title="Observation 4.3: BN can be the identity",
        shows="Activations of a trained network against those with BN in every layer, for two choices of γ.",
        claim="With γ = σ and β = μ a network with BN does what the one without does: minima are preserved.",
        settings={"quick": {"steps": 300}, "full": {"steps": 2000}, "tiny": {"steps": 5}},
        conditions=only(units_4_3),
        effects=effects_4_3,
        draw=draw_4_3,
        expectations=(
            Expectation("largest_difference_sigma", below=1e-10, says="γ = σ gives the same activations"),
            Expectation("loss_difference_sigma", below=1e-10, says="and the same loss"),
            Expectation("largest_difference_variance", above=0.01, says="γ = σ² does not"),
        ),
        remark="With γ = σ activations differ by {largest_difference_sigma:.1g} of the largest and the loss by "
        "{loss_difference_sigma:.1g} of itself; with γ = σ² by {largest_difference_variance:.2g} and "
        "{loss_difference_variance:.2g}.",
    ),
    Figure(
        name="theorem-4-4",
        title="Theorem 4.4: the gradient by the weights, for the worst inputs",
        shows="The largest squared gradient, that for random inputs, and the bound as printed, over the right bound.",
        claim="max over ‖X‖ ≤ λ of ‖∂L̂/∂w‖² ≤ λ²γ²/σ² (‖∂L/∂y‖² − ⟨1, ∂L/∂y⟩²/m − ⟨∂L/∂y, ŷ⟩²/m): equation 17 with "
        "1/m. The theorem as printed has other factors.",
        settings=SETTINGS,
        conditions=only(units_4_4),
        effects=effects_4_4,
        draw=draw_4_4,
        expectations=(
            Expectation("largest_error_at_worst_input", below=1e-9, says="the worst input reaches the bound"),
            Expectation(
                "largest_share_of_bound_random_inputs", below=1 + 1e-9, says="random inputs stay below it"
            ),
            Expectation("share_violating_printed", above=0.5, says="the bound as printed is violated"),
        ),
        remark="Over {units:.0f} units the worst input reaches the bound up to {largest_error_at_worst_input:.1g}; "
        "random ones reach at most {largest_share_of_bound_random_inputs:.2f} of it. As printed it is violated by "
        "{share_violating_printed:.0%}.",
    ),
    Figure(
        name="fact-c-1",
        title="Fact C.1: the backward pass in one line",
        shows="Every entry of dx by the formula, against central differences.",
        claim="dx = γ/(mσ) (m dout − Σ dout − x̂ Σ dout x̂).",
        settings={"quick": {"layers": 60}, "full": {"layers": 600}, "tiny": {"layers": 4}},
        conditions=only(units_c_1),
        effects=effects_c_1,
        draw=draw_c_1,
        expectations=(
            Expectation(
                "largest_error_against_differences", below=1e-6, says="it agrees with central differences"
            ),
            Expectation("largest_error_against_nodes", below=1e-12, says="and with the pass node by node"),
        ),
        remark="Over {entries:.0f} entries it differs from central differences by at most "
        "{largest_error_against_differences:.1g} of the largest entry, from the pass node by node by "
        "{largest_error_against_nodes:.1g}.",
    ),
    Figure(
        name="lemma-4-5",
        title="Lemma 4.5: BN brings an optimum nearer",
        shows="Squared distances from initial weights to an optimum, and to the nearest of those that BN adds.",
        claim="‖W0 − Ŵ*‖² ≤ ‖W0 − W*‖² − (‖W*‖² − ⟨W*, W0⟩)²/‖W*‖² if ⟨W0, W*⟩ > 0.",
        settings=SETTINGS,
        conditions=only(units_4_5),
        effects=effects_4_5,
        draw=draw_4_5,
        expectations=(
            Expectation(
                "scale_error", below=1e-12, says="BN does not see the factor k: k W* is an optimum, too"
            ),
            Expectation("largest_error_at_k", below=1e-9, says="k = ⟨W0, W*⟩/‖W*‖² gives equality"),
            Expectation("smallest_nearest_over_bound", above=1 - 1e-9, says="no other k is nearer"),
            Expectation(
                "share_violated_where_not_positive", above=0.999, says="without ⟨W0, W*⟩ > 0 it does not hold"
            ),
        ),
        remark="Over {pairs:.0f} pairs k W* meets the bound up to {largest_error_at_k:.1g}, and no other k is "
        "nearer; the squared distance is {gain_median:.2f} times that to W* (median).",
    ),
    Figure(
        name="theorem-4-1-size",
        title="Theorem 4.1: how much it subtracts in a real network",
        shows="The two subtracted terms as a percentage of ‖g‖² in each layer, at several steps of training.",
        claim="BN smooths by what theorem 4.1 subtracts, as the theorem is often read.",
        settings={
            "quick": QUICK | SIZES,
            "full": FULL | SIZES | {"every": 400},
            "tiny": TINY | {"every": 4},
        },
        conditions=conditions_size,
        effects=effects_size,
        draw=draw_size,
        expectations=(
            Expectation(
                "largest_percent_removed_conv",
                above=50,
                says="in convolutional layers they are half of ‖g‖² or more",
            ),
            Expectation("percent_removed_fc", above=50, says="in the layer before the last, too"),
        ),
        remark="They are at most {largest_percent_removed_conv:.2g}% of ‖g‖² in convolutional layers and "
        "{percent_removed_fc:.2g}% in the fully connected one; of a random gradient they are 2/m, "
        "{random_percent_first_conv:.2g}% in the first layer and {random_percent_fc:.2g}% in the fully connected one. "
        "That is far too little for the smoothing that figure 4 shows: the theorem by itself does not explain it.",
    ),
)
