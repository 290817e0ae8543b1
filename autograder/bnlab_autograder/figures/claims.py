"""The claims of the course: where each is shown, and the number that comes out. Measured each time, never typed.

A claim is measured by figures, whose remarks say what came out, or by a function here that takes no longer than a
blink. Those marked as errors are common ones, and what came out refutes them.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import bnlab_solutions as course
import numpy as np
from bnlab.data import digits
from bnlab.nn import Normalisation, mlp, to_engine
from bnlab.training import train

from bnlab_autograder.figures.figure import FAILS, HOLDS, PARTLY, Outcome

__all__ = ["CLAIMS", "Claim", "Measured", "as_markdown", "figures_needed", "measured"]

EPS = 1e-5
Effects = Mapping[str, float]


@dataclass(frozen=True)
class Claim:
    """A claim of lecture notes or papers.

    Attributes
    ----------
    number : int
    text : str
    shown : str
        The notebook, and the heading under which it is shown: "01_forward: What is normalised".
    says : str
        What came out; ``{name}`` is a number that ``measure`` returns.
    measure : callable, optional
    figures : tuple of str
        Whose remarks say what came out, after ``says``.
    error : bool
        Whether the claim is a common error.
    """

    number: int
    text: str
    shown: str
    says: str = ""
    measure: Callable[[], Effects] | None = None
    figures: tuple[str, ...] = ()
    error: bool = False

    @property
    def heading(self) -> str:
        """``shown`` as people read it."""
        return self.shown.replace(r"$\gamma$", "γ").replace(r"$\beta$", "β")


@dataclass(frozen=True)
class Measured:
    """A claim with what came out."""

    claim: Claim
    text: str
    numbers: Effects

    def to_dict(self) -> dict[str, Any]:
        claim = self.claim
        return {
            "number": claim.number,
            "claim": claim.text,
            "error": claim.error,
            "shown": claim.shown,
            "figures": list(claim.figures),
            "came_out": self.text,
            "numbers": {name: float(f"{value:.4g}") for name, value in self.numbers.items()},
        }


def figures_needed() -> list[str]:
    """The figures that the claims rest on, each once."""
    return list(dict.fromkeys(name for claim in CLAIMS for name in claim.figures))


def measured(outcomes: Mapping[str, Outcome]) -> list[Measured]:
    """Every claim with what came out; ``outcomes``: those of the figures that are needed, by name."""
    found = [_measured(claim, outcomes) for claim in CLAIMS if claim.measure or claim.figures]
    verdicts = Counter(outcome.holds for outcome in outcomes.values())
    numbers = {
        "errors": sum(claim.error for claim in CLAIMS),
        "holds": verdicts[HOLDS],
        "partly": verdicts[PARTLY],
        "fails": verdicts[FAILS],
    }
    found += [
        Measured(claim, claim.says.format_map(numbers), numbers) for claim in CLAIMS if claim.number == 20
    ]
    return sorted(found, key=lambda one: one.claim.number)


def _measured(claim: Claim, outcomes: Mapping[str, Outcome]) -> Measured:
    numbers = dict(claim.measure()) if claim.measure else {}
    used = [outcomes[name] for name in claim.figures]
    text = " ".join([claim.says.format_map(numbers), *(one.remark for one in used)]).strip()
    for one in used:
        numbers |= {f"{one.figure.name}: {name}": value for name, value in one.effects.items()}
    return Measured(claim, text, {name: value for name, value in numbers.items() if math.isfinite(value)})


def as_markdown(found: Sequence[Measured]) -> str:
    """The table of claims as a page."""
    rows = [
        f"| {one.claim.number} | {'✗ ' if one.claim.error else ''}{one.claim.text} | {_place(one.claim)} | {one.text} |"
        for one in found
    ]
    head = (
        "# What is claimed, where it is shown, what came out\n\n"
        "Made by `bnlab claims`; every number was measured. ✗ marks common errors, which their numbers refute.\n\n"
        "| | claim | shown in | what came out |\n|---|---|---|---|\n"
    )
    return head + "\n".join(rows) + "\n"


def _place(claim: Claim) -> str:
    figures = ", ".join(f"`bnlab figure {name}`" for name in claim.figures)
    return "; ".join(filter(None, (claim.heading, figures)))


def normalised(x: np.ndarray, gamma: float | np.ndarray = 1.0, beta: float = 0.0) -> np.ndarray:
    """BN of x: (N, D) in train mode."""
    ones = np.ones(x.shape[1])
    return course.batchnorm_train(x, gamma * ones, beta * ones, EPS)


def position() -> Effects:
    rng = np.random.default_rng(4)
    x, W, b = rng.normal(size=(400, 50)), 0.28 * rng.normal(size=(50, 200)), 4 * rng.normal(size=200)
    z = x @ W + b
    without, before = ((out > 0).mean(axis=0) for out in (z, normalised(z)))
    after = normalised(np.maximum(z, 0))
    return {
        "undecided": 100 * np.mean((without == 0) | (without == 1)),
        "least_active": 100 * before.min(),
        "most_active": 100 * before.max(),
        "constant": 100 * np.mean(np.ptp(after, axis=0) == 0),
    }


def channels() -> Effects:
    """How far BN of a shifted image is from the shifted BN of the image."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=(8, 3, 6, 6)) + 3 * rng.normal(size=(1, 1, 6, 6))
    gamma, beta = np.ones(3), np.zeros(3)

    def per_channel(x):
        return course.spatial_batchnorm_forward(x, gamma, beta, {"mode": "train", "eps": EPS})[0]

    def per_pixel(x):
        return normalised(x.reshape(len(x), -1)).reshape(x.shape)

    one = x.copy()
    one[0] = np.roll(x[0], 1, axis=2)  # one image of the batch moves
    gaps = {}
    for name, norm in (("channel", per_channel), ("pixel", per_pixel)):
        gaps[name] = float(np.abs(np.roll(norm(x)[0], 1, axis=2) - norm(one)[0]).max())
    return gaps


def weight_scale() -> Effects:
    rng = np.random.default_rng(3)
    x, W, dout = rng.normal(size=(64, 20)), rng.normal(size=(20, 30)), rng.normal(size=(64, 30))
    want = normalised(x @ W)
    gaps = [np.abs(normalised(a * (x @ W)) - want).max() for a in (0.1, 10, 1e4)]
    _, cache = course.batchnorm_forward(x @ W, np.ones(30), np.zeros(30), {"mode": "train", "eps": EPS})
    dz, _, _ = course.batchnorm_backward(dout, cache)
    return {"gap": max(gaps), "bias": np.abs(dz.sum(axis=0)).max(), "without": np.abs(dout.sum(axis=0)).max()}


def identity() -> Effects:
    x = 3 * np.random.default_rng(4).normal(size=(200, 5)) + 2
    mean, var = course.batch_statistics(x)
    back = course.batchnorm_train(x, np.sqrt(var + EPS), mean, EPS)
    wrong = course.batchnorm_train(x, var, mean, EPS)
    return {"right": np.abs(back - x).max(), "wrong": np.abs(wrong - x).max()}


def bimodal() -> Effects:
    rng = np.random.default_rng(5)
    x = rng.choice([-3.0, 3.0], size=(10_000, 1)) + 0.5 * rng.normal(size=(10_000, 1))
    out = normalised(x)
    return {
        "near": 100 * np.mean(np.abs(out) < 0.5),
        "gaussian": 100 * math.erf(0.5 / math.sqrt(2)),
        "kurtosis": float(np.mean(out**4)),
    }


def saturation() -> Effects:
    out = normalised(np.random.default_rng(6).normal(size=(100_000, 1)))
    slope = 1 - np.tanh(2.0) ** 2
    return {"beyond": 100 * np.mean(np.abs(out) > 2), "slope": slope}


def one_example() -> Effects:
    rng = np.random.default_rng(9)
    x, gamma, beta = rng.normal(size=(1, 8)), rng.normal(size=8), rng.normal(size=8)
    out = course.batchnorm_train(x, gamma, beta, EPS)
    layer = [
        course.layernorm_forward(part, gamma, beta, {"eps": EPS})[0][0]
        for part in (x, np.vstack([x, 5 * rng.normal(size=(7, 8))]))
    ]
    return {"alone": np.abs(out - beta).max(), "layer": np.abs(layer[0] - layer[1]).max()}


def learnt() -> Effects:
    """What gamma and beta of a trained network are, beside those that would undo BN."""
    data = digits()
    layers = lambda channels: Normalisation(  # noqa: E731
        channels, course.batchnorm_forward, course.batchnorm_backward_alt, bn_param={"eps": EPS}
    )
    network = mlp((64, 50, 50, 50, 10), normalise=layers, seed=0)
    train(network, to_engine(data.x_train.reshape(len(data.x_train), -1)), data.y_train, steps=400, rate=0.1)
    ratios = []
    for index in network.norms:
        layer = network.layers[index]
        ratios.append(layer.params["gamma"] / np.sqrt(layer.bn_param["running_var"] + EPS))
    ratio = np.concatenate(ratios)
    gammas = np.concatenate([network.layers[index].params["gamma"] for index in network.norms])
    return {
        "near": 100 * np.mean(np.abs(ratio - 1) < 0.1),
        "low": float(np.quantile(gammas, 0.05)),
        "high": float(np.quantile(gammas, 0.95)),
    }


def inputs_not_weights() -> Effects:
    """Standard deviations of outputs for correlated inputs: BN, and weights of length 1."""
    rng = np.random.default_rng(12)
    x = rng.normal(size=(500, 20)) @ rng.normal(size=(20, 20))
    W = rng.normal(size=(20, 50)) * rng.uniform(0.1, 10, size=50)
    with_bn = normalised(x @ W).std(axis=0)
    unit = (x @ (W / np.linalg.norm(W, axis=0))).std(axis=0)
    return {"bn": float(np.ptp(with_bn)), "low": unit.min(), "high": unit.max()}


def structure() -> Effects:
    x = np.random.default_rng(13).normal(size=(300, 6)) @ np.random.default_rng(14).normal(size=(6, 6))
    gap = np.abs(np.corrcoef(x.T) - np.corrcoef(normalised(x).T)).max()
    return {"gap": float(gap), "largest": float(np.abs(np.corrcoef(x.T) - np.eye(6)).max())}


def backward_is_a_projection() -> Effects:
    rng = np.random.default_rng(17)
    x, gamma, dout = (
        rng.normal(size=(50, 20)) * rng.uniform(0.2, 5, 20),
        rng.normal(size=20),
        rng.normal(size=(50, 20)),
    )
    _, cache = course.batchnorm_forward(x, gamma, np.zeros(20), {"mode": "train", "eps": 0.0})
    dx, _, _ = course.batchnorm_backward(dout, cache)
    mean, var = course.batch_statistics(x)
    x_hat = (x - mean) / np.sqrt(var)
    want = gamma / np.sqrt(var) * course.project_out(dout, x_hat)
    ratios = np.linalg.norm(dx, axis=0) / np.linalg.norm(dout, axis=0)
    return {"gap": course.relative_error(dx, want), "least": ratios.min(), "most": ratios.max()}


CLAIMS = (
    Claim(
        1,
        "BN goes after the linear map and before the nonlinearity.",
        "01_forward: 4 · Where in the network?",
        "With drifted units, {undecided:.0f}% of a ReLU's units are on for all examples or for none; with BN in front "
        "each is on for {least_active:.0f}–{most_active:.0f}% of them. After the ReLU it is too late: "
        "{constant:.0f}% of the units are constants.",
        position,
    ),
    Claim(
        2,
        "Statistics are per feature over the batch, per channel over batch and space for images.",
        "04_spatial: Experiment: per channel or per pixel?",
        "If one image moves by a pixel, BN per channel moves along (largest gap {channel:.0e}); per pixel it changes "
        "its values by up to {pixel:.1f}.",
        channels,
    ),
    Claim(
        3,
        "BN(a·W·x) = BN(W·x), and a bias before BN has no gradient.",
        "05_networks: 2 · The size of the weights does not matter. Or does it?",
        "For a from 0.1 to 10,000 the outputs differ by at most {gap:.0e} (eps is not scaled along); the gradient of "
        "a bias is {bias:.0e} with BN and {without:.0f} without.",
        weight_scale,
    ),
    Claim(
        4,
        "γ and β restore the identity with γ = √(σ² + eps), β = μ; not with γ = variance.",
        "01_forward: Can BN undo itself?",
        "Largest error {right:.0e}; with γ = variance {wrong:.0f}.",
        identity,
    ),
    Claim(
        5,
        "BN makes activations Gaussian.",
        "01_forward: Experiment: is the output Gaussian?",
        "Two humps stay two humps: {near:.0f}% of the outputs lie within ½ of the mean, of a Gaussian {gaussian:.0f}%; "
        "the fourth moment is {kurtosis:.2f} instead of 3.",
        bimodal,
        error=True,
    ),
    Claim(
        6,
        "Normalised input stays in tanh's linear region.",
        "01_forward: 5 · $\\gamma$, $\\beta$ and a nonlinearity that saturates",
        "{beyond:.1f}% of N(0, 1) lies beyond 2, where the slope of tanh is below {slope:.2f}.",
        saturation,
        error=True,
    ),
    Claim(
        7,
        "BN makes training less sensitive to initialisation and to the learning rate.",
        "05_networks: 3 · Initial weights and learning rates",
        figures=("demo-weight-scale", "demo-learning-rate"),
    ),
    Claim(
        8,
        "In training an output depends on the other examples of the batch, which regularises; the less, the larger N.",
        "02_train_test: Experiment: one example, many batches",
        figures=("demo-output-noise",),
    ),
    Claim(
        9,
        "Small batches make statistics noisy; N = 1 gives exactly β; layer norm does not depend on N.",
        "05_networks: 4 · Batches",
        "With N = 1 the output differs from β by {alone:.0e}; layer norm of an example changes by {layer:.0e} when "
        "others join it.",
        one_example,
        figures=("demo-batch-size",),
    ),
    Claim(
        10,
        "Testing uses statistics of the training data; running averages lag behind a network that moves.",
        "02_train_test: Experiment: averages of a network that moves",
        figures=("demo-running-statistics",),
    ),
    Claim(
        13,
        "Standardising is an affine map per feature: structure in the data is kept.",
        "01_forward: Experiment: what happens to structure?",
        "Correlations of up to {largest:.2f} change by at most {gap:.0e}.",
        structure,
    ),
    Claim(
        12,
        "A layer's inputs are normalised, not its weights.",
        "01_forward: What is normalised: inputs, not weights",
        "With correlated inputs and weights of length 1, standard deviations of units go from {low:.1f} to {high:.1f}; "
        "with BN all are 1 (range {bn:.0e}), whatever the length of the weights.",
        inputs_not_weights,
    ),
    Claim(
        11,
        "γ and β could learn the identity and undo BN.",
        "05_networks: 6 · What γ and β learn",
        "They do not: after 400 steps on digits γ lies between {low:.2f} and {high:.2f}, and for {near:.0f}% of the "
        "units within 10% of the value that would undo BN.",
        learnt,
    ),
    Claim(
        17,
        "BN shrinks gradients by averaging magnitudes over the batch.",
        "03_backward: Experiment: does BN shrink gradients?",
        "The backward pass is γ/σ times a projection (relative error {gap:.0e}), and gradients come out "
        "{least:.2f} to {most:.1f} times as long.",
        backward_is_a_projection,
        error=True,
    ),
    Claim(
        14,
        "BN works because it reduces internal covariate shift.",
        "06_covariate_shift: 3 · What the other layers do to a gradient",
        figures=("2", "3-vgg", "1c"),
        error=True,
    ),
    Claim(
        15,
        "Noise of non-zero mean and non-unit variance, new at every step, hardly hurts BN; stronger noise does.",
        "06_covariate_shift: 2 · Noise on purpose",
        figures=("2", "demo-depth-and-noise"),
    ),
    Claim(
        16,
        "A Lipschitz loss (small gradients) and a Lipschitz gradient (slowly changing ones) are two properties.",
        "07_landscape: 2 · Figure 4, in small",
        figures=("4",),
    ),
    Claim(
        18,
        "A dead or collapsed network looks smooth, too: compare landscapes at matched loss.",
        "07_landscape: 3 · How to fool oneself",
        figures=("landscape-dead",),
    ),
    Claim(
        19,
        "There are other ways to the same end: ℓp norms.",
        "07_landscape: Figures 5, 6 and 12, in small",
        figures=("5-vgg",),
    ),
    Claim(
        20,
        "Explanations deserve small experiments that try to refute them (Rahimi's call for rigour).",
        "06_covariate_shift: What is left",
        "Of the claims above {errors} are common errors, refuted by their numbers. Of the figures behind this table "
        "{holds} hold here, {partly} hold partly and {fails} not.",
    ),
)
