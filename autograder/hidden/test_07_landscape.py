"""Hidden cases of stage 07. Exercises that walk through a network's landscape are asked through their harness."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
from bnlab_autograder.grading.cases import (
    Mismatch,
    another,
    case,
    describe,
    expect_agreement,
    expect_close,
    expect_unchanged,
    returns,
)
from inputs import batch, constants, integers, scale_and_shift, single, upstream

LOSSES, CHANGES, BETA = "losses", "changes", "beta"
EXERCISE = {LOSSES: "loss_along_gradient", CHANGES: "gradient_predictiveness", BETA: "effective_smoothness"}

# --- networks and batches -----------------------------------------------------------------------------------


def bowl(rng, inputs=3, outputs=2, N=7, size=1.0):
    """An affine layer with squared loss: a quadratic. Returns the network, x, y."""
    x, y = batch(rng, N, inputs).T, size * rng.normal(size=(outputs, N))
    parameters = size * rng.normal(size=outputs * (inputs + 1))
    network = {"layers": [["affine", inputs, outputs]], "loss": "squared", "parameters": parameters}
    return network, np.ascontiguousarray(x), y


def hessian_times(x, vector, outputs):
    """The Hessian of a bowl, times a vector in the space of its parameters (W row by row, then the bias)."""
    rows = np.concatenate([x, np.ones((1, x.shape[1]))])
    W, b = vector[: outputs * len(x)].reshape(outputs, -1), vector[outputs * len(x) :]
    moved = np.concatenate([W, b[:, None]], axis=1) @ (2 * rows @ rows.T)
    return np.concatenate([moved[:, :-1].ravel(), moved[:, -1]])


def bowl_gradient(network, x, y):
    """(loss, gradient) of a bowl, by hand."""
    outputs = len(y)
    W = network["parameters"][: outputs * len(x)].reshape(outputs, -1)
    rest = W @ x + network["parameters"][outputs * len(x) :, None] - y
    return (rest**2).sum(), np.concatenate([(2 * rest @ x.T).ravel(), 2 * rest.sum(axis=1)])


def curved(rng, **more):
    """Two layers with tanh, something with a running mean, and cross-entropy."""
    layers = [["affine", 4, 6], ["scale", 6], ["tanh"], ["affine", 6, 3]]
    parameters = rng.normal(size=4 * 6 + 6 + 12 + 6 * 3 + 3)
    network = {"layers": layers, "loss": "cross-entropy", "parameters": parameters, **more}
    return network, np.ascontiguousarray(batch(rng, 8, 4).T) / 2, rng.permutation(np.arange(8) % 3)


def straight(rng):
    """Two layers with nothing between them, so that long steps overflow; x and y as for ``curved``."""
    layers = [["affine", 4, 6], ["affine", 6, 3]]
    return {"layers": layers, "loss": "cross-entropy", "parameters": rng.normal(size=4 * 6 + 6 + 6 * 3 + 3)}


def convolving(rng):
    layers = [["convolution", 2, 3], ["relu"], ["pool"], ["affine", 12, 3]]
    parameters = rng.normal(size=3 * 9 * 2 + 3 + 12 * 3 + 3)
    network = {"layers": layers, "loss": "squared", "parameters": parameters}
    return network, rng.normal(size=(2, 4, 4, 5)), rng.normal(size=(3, 5))


def kink(rng):
    """A unit with a ReLU and one example, so that the line crosses the kink at λ = 1 times the returned length.

    (max(a w + b, 0) + t)² with b = 0 and t = 2 a w: until the kink a parabola, then the gradient is 0.
    """
    a, w = rng.uniform(0.5, 2, size=2)
    network = {"layers": [["affine", 1, 1], ["relu"]], "loss": "squared", "parameters": np.array([w, 0.0])}
    return network, np.array([[a]]), np.array([[-2 * a * w]]), 1 / (6 * (a**2 + 1))


def warm(rng, **more):
    """A network with a running mean far from what its batch has, and with a gradient of another batch."""
    network, x, y = curved(rng)
    return {**network, "seen": 3 * batch(rng, 8, 4).T + 2, **more}, x, y


def lengths(rng, network, x, y, at=(0.003, 0.02, 0.1, 0.4)):
    """Step lengths for which a walk gets somewhere: fractions of 1 / ‖g‖ on a bowl, else as they are."""
    steps = np.array(at)
    if network["layers"][0][0] == "affine" and len(network["layers"]) == 1:
        _, gradient = bowl_gradient(network, x, y)
        bent = hessian_times(x, gradient, len(y))
        steps = 4 * steps * np.linalg.norm(gradient) / np.linalg.norm(bent)
    return steps


# --- asking -------------------------------------------------------------------------------------------------


def walk(course, what, network, x, y, steps):
    """What the exercise makes of copies: an array that it changes is no other call's affair."""
    seen = getattr(course, EXERCISE[what])(*deepcopy((network, x, y, steps)))
    if not isinstance(seen, dict):
        raise Mismatch(f"{what} should not be {describe(seen)}")
    return seen


def agree(student, reference, what, network, x, y, steps, state=None):
    """The value, or with ``state`` that part of the network afterwards, is that of the reference."""
    got, want = (walk(course, what, network, x, y, steps) for course in (student, reference))
    name = state or what
    if state:
        expect_walk(got, what, steps)
    own = {"gradient_predictiveness": lambda: through_changes(student, name, got, network, x, y, steps)}
    expect_close(got.get(name), want[name], name=name, feature=None, inherits=own if what == BETA else None)


def expect_walk(seen, what, steps):
    """A value of the right shape, and enough forward passes: who does nothing leaves every network as it was."""
    expect_close(seen.get(what), np.ones(() if what == BETA else len(steps)), name=what, rtol=np.inf)
    passes = seen.get("forward passes")
    expect_close(passes, np.ones(()), name="forward passes", rtol=np.inf)
    if not passes > len(steps):
        raise Mismatch("a walk takes a forward pass for each step, and one at the beginning")


def through_changes(student, name, got, network, x, y, steps):
    """What the smoothness, or the network afterwards, is with the student's own ``gradient_predictiveness``.

    The length of the gradient may have been taken before or after that call: of two values the one that was got counts.
    """
    with another(student) as course:
        seen = walk(course, CHANGES, network, x, y, steps)
    if name != BETA:
        return seen[name]
    values = []
    for parameters in (network["parameters"], seen["parameters afterwards"]):
        length = np.linalg.norm(gradient_of({**network, "parameters": parameters}, x, y))
        with np.errstate(all="ignore"):
            values.append(np.max(seen[CHANGES] / (steps * length)))
    return next((value for value in values if np.isclose(value, got[BETA], equal_nan=True)), values[0])


def gradient_of(network, x, y):
    from bnlab.nn import network_from

    return network_from(network).loss_and_gradient(x, y)[1]


# --- what the three have in common --------------------------------------------------------------------------


def restored(student, reference, rng, what):
    network, x, y = warm(rng)
    for steps in (np.array([0.01, 0.4, 0.1]), np.array([0.2, 3e13])):
        for state in ("parameters afterwards", "one vector afterwards"):
            agree(student, reference, what, network, x, y, steps, state)


def overflow(student, rng, what):
    _, x, y = curved(rng)
    network = straight(rng)
    steps = np.array([0.1, 1e160, 1e306])
    got = walk(student, what, network, x, y, steps)
    expect_walk(got, what, steps)
    name = "parameters afterwards"
    expect_close(got[name], network["parameters"], name=name, feature=None)


def broken_off(student, reference, rng, what):
    """The third forward pass fails."""
    network, x, y = warm(rng)
    steps = np.array([0.1, 0.4, 0.2, 0.3])
    expect_walk(walk(student, what, network, x, y, steps), what, steps)
    failing = {**network, "fails_at": 3}
    got, want = (walk(course, what, failing, x, y, steps) for course in (student, reference))
    for name in ("parameters afterwards", "gradient afterwards"):
        expect_close(got[name], want[name], name=name, feature=None)


def gradient_and_mode(student, reference, rng, what):
    for mode in ("test", "train"):
        network, x, y = warm(rng, mode=mode)
        for state in ("gradient afterwards", "train mode afterwards"):
            agree(student, reference, what, network, x, y, np.array([0.1, 0.4]), state)


def running_statistics(student, reference, rng, what):
    for make in (warm, curved):
        agree(student, reference, what, *make(rng), np.array([0.1, 0.4]), "running mean afterwards")
    agree(student, reference, what, *warm(rng, update=False), np.array([0.1, 0.4]), "update afterwards")


def train_mode(student, reference, rng, what):
    """Against the student's own walk in a network that is in train mode, whatever that is worth."""
    network, x, y = warm(rng)
    steps = np.array([0.1, 0.4, 0.2])
    want = walk(student, what, network, x, y, steps)
    expect_walk(want, what, steps)
    tests = {**network, "mode": "test"}
    got = walk(student, what, tests, x, y, steps)
    own = {"gradient_predictiveness": lambda: through_changes(student, BETA, got, tests, x, y, steps)}
    expect_close(got[what], want[what], name=what, feature=None, inherits=own if what == BETA else None)


# --- loss_along_gradient ------------------------------------------------------------------------------------


@case(
    topic="a quadratic whose Hessian is known",
    says="On a quadratic the losses along the gradient are not those of the parabola that one can work out. Look at "
    "the sign of the step, at its length, and at where each step starts from.",
)
def test_loss_along_gradient__quadratic(student, reference, rng):
    for sizes in ({}, {"inputs": 4, "outputs": 1, "N": 6}, {"outputs": 3, "size": 0.1}):
        network, x, y = bowl(rng, **sizes)
        loss, gradient = bowl_gradient(network, x, y)
        steps = lengths(rng, network, x, y)
        bent = hessian_times(x, gradient, len(y))
        want = loss - steps * (gradient @ gradient) + steps**2 / 2 * (gradient @ bent)
        expect_close(walk(student, LOSSES, network, x, y, steps)[LOSSES], want, name=LOSSES, feature=None)


@case(
    topic="curved networks",
    says="In a network of several layers the losses along the gradient are off. Look at which gradient you follow at "
    "the second step and at the third.",
)
def test_loss_along_gradient__curved(student, reference, rng):
    for make, steps in (
        (curved, np.array([0.05, 0.2, 0.5, 1.0])),
        (convolving, np.array([1e-5, 1e-4, 1e-3])),
    ):
        agree(student, reference, LOSSES, *make(rng), steps)


@case(
    topic="unsorted, tiny and repeated steps",
    says="With steps in no order, one of them twice and one of them 0, the losses stand in the wrong places. Look at "
    "what a step has to do with the one before it.",
)
def test_loss_along_gradient__any_order(student, reference, rng):
    network, x, y = curved(rng)
    for steps in (np.array([0.5, 1e-9, 0.2, 0.5, 0.0, 1.0]), np.array([1.0, 0.1]), np.array([0.3])):
        agree(student, reference, LOSSES, network, x, y, steps)
    steps, linear = np.array([0.2, 1e306, 0.5]), ({**straight(rng), "overflows": True}, x, y)
    got, want = (walk(course, LOSSES, *linear, steps).get(LOSSES) for course in (student, reference))
    expect_close(got, np.ones(3), name=LOSSES, rtol=np.inf)
    expect_close(got[::2], want[::2], name=f"{LOSSES} beside one that overflows", feature=None)


@case(
    topic="losses that grow beyond all bounds",
    says="For long steps the losses are not what the network says. Look for what you do to a loss before you return "
    "it.",
)
def test_loss_along_gradient__unclipped(student, reference, rng):
    agree(student, reference, LOSSES, *bowl(rng), np.array([1e6]))
    agree(student, reference, LOSSES, *bowl(rng), np.array([30.0, 3e4]))


@case(
    topic="the parameters after a walk",
    says="After the walk the network's parameters are not what they were. Look at what you keep of them, and at how "
    "you put it back.",
)
def test_loss_along_gradient__restored(student, reference, rng):
    restored(student, reference, rng, LOSSES)


@case(
    topic="the parameters after an overflow",
    says="After a walk on which the loss has overflowed the network's parameters are not what they were. Look at "
    "whether you put back a copy, or compute the way back.",
)
def test_loss_along_gradient__overflow(student, reference, rng):
    overflow(student, rng, LOSSES)


@case(
    topic="a walk that breaks off",
    says="When a forward pass on the way raises an error, the network stays where it happened. Look at what is done in "
    "any case, whatever happens on the walk.",
)
def test_loss_along_gradient__broken_off(student, reference, rng):
    broken_off(student, reference, rng, LOSSES)


@case(
    topic="gradient and mode afterwards",
    says="After the walk net.gradient or net.mode is another than before. Look at which calls write to the network.",
)
def test_loss_along_gradient__gradient_and_mode(student, reference, rng):
    gradient_and_mode(student, reference, rng, LOSSES)


@case(
    topic="statistics of the batch, whatever mode the network is in",
    says="For a network in test mode the losses are others than in train mode. Look at which function the walk is "
    "meant to look at.",
)
def test_loss_along_gradient__train_mode(student, reference, rng):
    train_mode(student, reference, rng, LOSSES)


@case(
    topic="running statistics",
    says="The walk has moved the running statistics of the network. Look at what a forward pass in train mode does "
    "besides, and at what the network offers against it.",
)
def test_loss_along_gradient__running_statistics(student, reference, rng):
    running_statistics(student, reference, rng, LOSSES)


# --- gradient_predictiveness --------------------------------------------------------------------------------


@case(
    topic="a quadratic whose Hessian is known",
    says="On a quadratic with Hessian H the change of the gradient should be λ times the length of H g. Look at what "
    "you subtract from what, and at what you take the length of.",
)
def test_gradient_predictiveness__quadratic(student, reference, rng):
    for sizes in ({}, {"inputs": 4, "outputs": 1, "N": 6}, {"outputs": 3, "size": 0.1}):
        network, x, y = bowl(rng, **sizes)
        _, gradient = bowl_gradient(network, x, y)
        steps = lengths(rng, network, x, y)
        want = steps * np.linalg.norm(hessian_times(x, gradient, len(y)))
        expect_close(walk(student, CHANGES, network, x, y, steps)[CHANGES], want, name=CHANGES, feature=None)


@case(
    topic="curved networks, and one with a kink",
    says="In a network of several layers, or with a ReLU, the changes of the gradient are off. Look at whether the "
    "gradient at the beginning is still what it was when you subtract it.",
)
def test_gradient_predictiveness__curved(student, reference, rng):
    agree(student, reference, CHANGES, *curved(rng), np.array([0.05, 0.2, 0.5, 1.0]))
    agree(student, reference, CHANGES, *convolving(rng), np.array([1e-5, 1e-4, 1e-3]))
    network, x, y, reach = kink(rng)
    agree(student, reference, CHANGES, network, x, y, reach * np.array([0.4, 1.2, 2.0]))


@case(
    topic="the same batch all along the line",
    says="With ever smaller steps the change of the gradient should vanish in proportion; yours does not. Look at "
    "whether both gradients are those of the same examples.",
)
def test_gradient_predictiveness__same_batch(student, reference, rng):
    for make in (bowl, curved):
        network, x, y = make(rng)
        agree(student, reference, CHANGES, network, x, y, np.array([0.0, 0.01]))
        near, nearer = (walk(student, CHANGES, network, x, y, np.array([s]))[CHANGES] for s in (1e-4, 1e-5))
        expect_close(near, np.ones(1), name=CHANGES, rtol=np.inf)
        expect_close(10 * nearer, near, name="10 times the change for a tenth of the step", rtol=0.02)
        if not near[0] > 0:
            raise Mismatch("the change for a small step should not be 0")


@case(
    topic="unsorted and repeated steps",
    says="With steps in no order, one of them twice and one of them 0, the changes stand in the wrong places. Look at "
    "which point each gradient is compared with.",
)
def test_gradient_predictiveness__any_order(student, reference, rng):
    network, x, y = curved(rng)
    for steps in (np.array([0.5, 1e-3, 0.2, 0.5, 0.0, 1.0]), np.array([1.0, 0.1]), np.array([0.3])):
        agree(student, reference, CHANGES, network, x, y, steps)


@case(
    topic="changes that grow beyond all bounds",
    says="For long steps the change of the gradient is not what it is. Look for what you do to a gradient or to its "
    "length before you return it.",
)
def test_gradient_predictiveness__unclipped(student, reference, rng):
    agree(student, reference, CHANGES, *bowl(rng), np.array([1e6]))
    agree(student, reference, CHANGES, *bowl(rng), np.array([30.0, 3e4]))


@case(
    topic="the parameters after a walk",
    says="After the walk the network's parameters are not what they were. Look at what you keep of them, and at how "
    "you put it back.",
)
def test_gradient_predictiveness__restored(student, reference, rng):
    restored(student, reference, rng, CHANGES)


@case(
    topic="the parameters after an overflow",
    says="After a walk on which the loss has overflowed the network's parameters are not what they were. Look at "
    "whether you put back a copy, or compute the way back.",
)
def test_gradient_predictiveness__overflow(student, reference, rng):
    overflow(student, rng, CHANGES)


@case(
    topic="a walk that breaks off",
    says="When a forward pass on the way raises an error, the network stays where it happened. Look at what is done in "
    "any case, whatever happens on the walk.",
)
def test_gradient_predictiveness__broken_off(student, reference, rng):
    broken_off(student, reference, rng, CHANGES)


@case(
    topic="gradient and mode afterwards",
    says="After the walk net.gradient or net.mode is another than before. Look at which calls write to the network.",
)
def test_gradient_predictiveness__gradient_and_mode(student, reference, rng):
    gradient_and_mode(student, reference, rng, CHANGES)


@case(
    topic="statistics of the batch, whatever mode the network is in",
    says="For a network in test mode the changes are others than in train mode. Look at which function the walk is "
    "meant to look at.",
)
def test_gradient_predictiveness__train_mode(student, reference, rng):
    train_mode(student, reference, rng, CHANGES)


@case(
    topic="running statistics",
    says="The walk has moved the running statistics of the network. Look at what a forward pass in train mode does "
    "besides, and at what the network offers against it.",
)
def test_gradient_predictiveness__running_statistics(student, reference, rng):
    running_statistics(student, reference, rng, CHANGES)


# --- effective_smoothness -----------------------------------------------------------------------------------


@case(
    topic="a quadratic whose Hessian is known",
    says="On a quadratic with Hessian H the effective smoothness should be the length of H g divided by that of g, "
    "whatever the steps. Look at what you divide by.",
)
def test_effective_smoothness__quadratic(student, reference, rng):
    for sizes in ({}, {"inputs": 4, "outputs": 1, "N": 6}, {"outputs": 3}):
        network, x, y = bowl(rng, **sizes)
        agree(student, reference, BETA, network, x, y, lengths(rng, network, x, y))
        agree(student, reference, BETA, network, x, y, np.array([0.01]))


@case(
    topic="the distance in the space of the parameters",
    says="When the loss has a larger or a smaller gradient and the same curvature, the effective smoothness should "
    "stay; yours moves. Look at how far the network goes in a step of length λ.",
)
def test_effective_smoothness__distance(student, reference, rng):
    network, x, y = bowl(rng)
    steps = lengths(rng, network, x, y)
    for size in (1e-3, 1.0, 1e3):
        scaled = {**network, "parameters": size * network["parameters"]}
        agree(student, reference, BETA, scaled, x, size * y, steps)


@case(
    topic="the largest of all ratios, wherever it stands",
    says="With a kink on the way, or in a curved network, the effective smoothness is not the largest of all ratios. "
    "Look at what you take the largest of, and over what.",
)
def test_effective_smoothness__largest(student, reference, rng):
    one = np.ones((1, 1))
    plains = {"layers": [["affine", 1, 1], ["tanh"]], "loss": "squared", "parameters": np.array([3.0, 0.0])}
    # A slope between two plains comes first: the longest step has neither the largest change nor the largest ratio.
    agree(student, reference, BETA, plains, one, -one, np.array([32.0, 48.0, 20.0, 256.0]))
    network, x, y, reach = kink(rng)
    for order in ((2.0, 1.2, 0.4), (0.4, 2.0, 1.2), (1.2, 0.4, 2.0)):
        agree(student, reference, BETA, network, x, y, reach * np.array(order))
    agree(student, reference, BETA, *curved(rng), np.array([0.5, 0.05, 1.0, 0.2]))


@case(
    topic="small gradients and tiny steps",
    says="With a small gradient and tiny steps the effective smoothness is off. Look for a number that was meant to be "
    "small and is not.",
)
def test_effective_smoothness__tiny(student, reference, rng):
    network, x, y = bowl(rng, size=1e-5)
    agree(student, reference, BETA, network, x, y, np.array([1e-3, 1e-4]))


@case(
    topic="a dead network, whose gradient is zero",
    says="A network from which no gradient comes back gets a smoothness, as if it had been measured. Look at what the "
    "contract says about a gradient of zero.",
)
def test_effective_smoothness__dead(student, reference, rng):
    x, y = np.ascontiguousarray(batch(rng, 6, 3).T), rng.normal(size=(4, 6))
    unit = {"layers": [["affine", 3, 4], ["relu"]], "loss": "squared"}
    weights = rng.normal(size=3 * 4)
    for steps in (np.array([0.1, 0.02, 0.4]), np.array([0.3])):
        alive = {**unit, "parameters": np.concatenate([weights, np.full(4, 50.0)])}
        expect_walk(walk(student, BETA, alive, x, y, steps), BETA, steps)
        dead = {**unit, "parameters": np.concatenate([weights, np.full(4, -50.0)]), "dead": True}
        if walk(student, BETA, dead, x, y, steps).get("beta is nan") != 1:
            raise Mismatch("beta should be nan: where the gradient is zero there is no line to walk along")


@case(
    topic="the parameters after a walk",
    says="After the walk the network's parameters are not what they were. Look at what you keep of them, and at how "
    "you put it back.",
)
def test_effective_smoothness__restored(student, reference, rng):
    restored(student, reference, rng, BETA)


@case(
    topic="gradient and mode afterwards",
    says="After the walk net.gradient or net.mode is another than before. Look at which calls write to the network.",
)
def test_effective_smoothness__gradient_and_mode(student, reference, rng):
    gradient_and_mode(student, reference, rng, BETA)


@case(
    topic="statistics of the batch, whatever mode the network is in",
    says="For a network in test mode the effective smoothness is another than in train mode. Look at each of the "
    "gradients that you use.",
)
def test_effective_smoothness__train_mode(student, reference, rng):
    train_mode(student, reference, rng, BETA)


@case(
    topic="running statistics",
    says="The walk has moved the running statistics of the network. Look at what a forward pass in train mode does "
    "besides, and at what the network offers against it.",
)
def test_effective_smoothness__running_statistics(student, reference, rng):
    running_statistics(student, reference, rng, BETA)


# --- lp_normalize -------------------------------------------------------------------------------------------


def by_sums(x, p):
    """Feature by feature, from plain sums."""
    norms = [
        max(abs(column)) if p == np.inf else (sum(abs(column) ** p) / len(column)) ** (1 / p)
        for column in x.T
    ]
    return (x - x.mean(axis=0)) / np.array(norms)


def expect_norm(student, rng, p):
    for N, D in ((6, 4), (3, 5), (5, 5), (40, 2)):
        for x in (batch(rng, N, D), batch(rng, N, D, spread=1e3) - 500):
            expect_close(student.lp_normalize(x.copy(), p), by_sums(x, p))


@case(
    topic="p = 1",
    says="For the order 1 the output is off. Look at what stands in the denominator: which numbers it averages, over "
    "which axis, and whether the mean has been taken away from them.",
)
def test_lp_normalize__p_one(student, reference, rng):
    expect_norm(student, rng, 1)


@case(
    topic="p = 2",
    says="For the order 2 the output is off. It is not that of BN: look at what stands below, and at the root.",
)
def test_lp_normalize__p_two(student, reference, rng):
    expect_norm(student, rng, 2)


@case(
    topic="p = ∞",
    says="For infinite p the output is off. Look at what becomes of the norm when p grows without end, and at negative "
    "entries.",
)
def test_lp_normalize__infinity(student, reference, rng):
    expect_norm(student, rng, np.inf)
    negative = -np.abs(batch(rng)) - 1
    expect_close(student.lp_normalize(negative.copy(), np.inf), by_sums(negative, np.inf))


@case(
    topic="p = 3, a p that is no whole number, and a large one",
    says="For one of the orders 3, 1.5 and 12 the output is off. Look at the power, at the root, and at the signs "
    "of what you raise to a power.",
)
def test_lp_normalize__p_three(student, reference, rng):
    for p in (3, 1.5, 12):
        expect_norm(student, rng, p)


@case(
    topic="constant features, and one of zeros",
    says="A feature that has the same value in all examples should give 0, also if that value is 0. Look at what you "
    "divide by.",
)
def test_lp_normalize__constant(student, reference, rng):
    x = batch(rng)
    x[:, :2] = constants(rng)[:, :2]
    x[:, 1] = 0
    for p in (1, 2, np.inf):
        got = student.lp_normalize(x.copy(), p)
        expect_close(got, x, name="out", rtol=np.inf)
        expect_close(got[:, :2], np.zeros((6, 2)), name="out of features that do not vary", feature=None)
        expect_close(
            np.minimum(np.ptp(got[:, 2:], axis=0), 0.01), np.full(2, 0.01), name="the spread of others"
        )


@case(
    topic="integers and float32",
    says="Integers or float32 give something else than the same numbers in float64. Look at the arrays that you make.",
)
def test_lp_normalize__types(student, reference, rng):
    """Against the student's own answer for float64, whatever that is worth."""
    for p in (1, 3, np.inf):
        for x in (integers(rng), *single(batch(rng))):
            want = student.lp_normalize(x.astype(np.float64), p)
            expect_close(want, x.astype(np.float64), name="out for float64", rtol=np.inf)
            if not np.ptp(want) > 0:
                raise Mismatch("out should vary")
            got = student.lp_normalize(x.copy(), p)
            expect_close(
                got, want.astype(np.float32) if x.dtype == np.float32 else want, name=f"out for {x.dtype}"
            )


@case(
    topic="whether x is left alone",
    says="The batch has changed after the call; another layer may still need it. Look for operations that work in "
    "place.",
)
def test_lp_normalize__unchanged(student, reference, rng):
    for p in (1, np.inf):

        def compute(course, x, p=p):
            return course.lp_normalize(x, p)

        expect_unchanged(compute, student, reference, given={"x": batch(rng)})


# --- theorem_4_1_sides --------------------------------------------------------------------------------------


def sides(course, dout, y, gamma):
    left, right = returns(
        course.theorem_4_1_sides(dout, y, gamma), 2, "theorem_4_1_sides returns (left, right)"
    )
    return {"left": left, "right": right}


def given(rng, m=6, D=4, spread=1.0):
    gamma, _ = scale_and_shift(rng, D)
    return {"dout": upstream(rng, m, D), "y": batch(rng, m, D, spread=spread), "gamma": gamma}


def one_side(name):
    return lambda course, **arguments: {name: sides(course, **arguments)[name]}


@case(
    topic="the left side",
    says="The left side is not the squared length of the gradient by y. Look at which gradient it is, and at which sum "
    "belongs to one feature.",
)
def test_theorem_4_1_sides__left(student, reference, rng):
    for m, D in ((6, 4), (3, 5), (5, 5)):
        expect_agreement(one_side("left"), student, reference, given=given(rng, m, D), feature=0)


@case(
    topic="the right side",
    says="The right side is off. Look at the factor in front, at each of the two products, and at how y is normalised.",
)
def test_theorem_4_1_sides__right(student, reference, rng):
    for m, D in ((6, 4), (3, 5), (5, 5)):
        expect_agreement(one_side("right"), student, reference, given=given(rng, m, D), feature=0)


@case(
    topic="batches of several sizes",
    says="For some sizes of the batch the right side is off. Look at how the constant depends on m; a measurement "
    "tells more than a page in print.",
)
def test_theorem_4_1_sides__batch_sizes(student, reference, rng):
    for m in (4, 16, 100):
        expect_agreement(one_side("right"), student, reference, given=given(rng, m, 3), feature=0)


@case(
    topic="gamma of both signs and sizes, y of any spread",
    says="With another gamma or another spread of y the sides do not change as they should. Look at what is squared, "
    "and for an eps where none is meant.",
)
def test_theorem_4_1_sides__gamma(student, reference, rng):
    """Against the student's own sides, whatever those are worth."""
    arguments = given(rng, 7)
    own = positive(sides(student, **deepcopy(arguments)), arguments)
    for name, factor, gain in (("gamma", -3.0, 9.0), ("y", 1e-4, 1e8), ("y", 1e3, 1e-6), ("dout", 2.0, 4.0)):
        got = sides(student, **deepcopy(arguments | {name: factor * arguments[name]}))
        for side, value in own.items():
            expect_close(got[side], gain * value, name=f"{side} for {factor:g} times {name}", feature=0)


def positive(sides, arguments):
    """The sides, if they are numbers of about the size of what the theorem compares."""
    D = len(arguments["gamma"])
    scale = (arguments["gamma"] / arguments["y"].std(axis=0)) ** 2 * (arguments["dout"] ** 2).sum(axis=0)
    for name, side in sides.items():
        expect_close(side, np.ones(D), name=name, rtol=np.inf)
        expect_close(np.minimum(np.abs(side) / scale, 1e-3), np.full(D, 1e-3), name=f"the size of {name}")
    return sides


@case(
    topic="that both sides are equal without eps",
    says="Your two sides differ, although without eps they should be equal. Look at which of the two gives way when "
    "the batch grows.",
)
def test_theorem_4_1_sides__equal(student, reference, rng):
    for m in (5, 50):
        arguments = given(rng, m)
        got = positive(sides(student, **deepcopy(arguments)), arguments)
        expect_close(got["right"], got["left"], name="right, measured by your left,", feature=0)


@case(
    topic="whether dout and y are left alone",
    says="An argument has changed after the call. Look for operations that work in place.",
)
def test_theorem_4_1_sides__unchanged(student, reference, rng):
    expect_unchanged(sides, student, reference, given=given(rng))
