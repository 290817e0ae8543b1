"""Hidden cases of stage 04. Each looks at one thing and, as far as it can, passes over what the others look at."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from bnlab_autograder.grading.cases import (
    case,
    expect_agreement,
    expect_close,
    expect_error,
    expect_unchanged,
    leaves_unchanged,
    with_own,
)
from gradients import (
    BATCH,
    BLIND,
    GROUP,
    LAYER,
    SPATIAL,
    Setting,
    backward,
    excusing_forward,
    expect_gradients,
    forward,
    gradients,
    output,
    run,
)
from inputs import FAR, WIDE, batch, buffers, integers, neutral, pattern, scale_and_shift, single, upstream

SHAPE = (2, 4, 3, 5)  # no two axes alike, and C is not 3
FLAT_BACKWARDS = ("batchnorm_backward", "batchnorm_backward_alt")


def as_it_is(slices):
    return slices


def relative(slices):
    """Each row divided by its largest entry: a case about something else passes over a spread that is off."""
    largest = np.abs(slices).max(axis=1, keepdims=True)
    return slices / np.where(largest == 0, 1, largest)


def shapes(slices):
    """Each row without its centre and its size."""
    return pattern(slices, 1)


def expect_scaled(student, norm, plain, gamma, beta, through=lambda scaled: {}):
    """Pass if gamma and beta do to the student's own normalised data what they should.

    through: for the setting with gamma and beta, what ``inherits`` of expect_close should be.
    """
    scaled = replace(plain, gamma=gamma.reshape(plain.gamma.shape), beta=beta.reshape(plain.beta.shape))
    got = output(student, norm, scaled)
    if norm is not LAYER:
        gamma, beta = gamma.reshape(1, -1, 1, 1), beta.reshape(1, -1, 1, 1)
    expect_close(got, gamma * output(student, norm, plain) + beta, feature=1, inherits=through(scaled))


def expect_backward_unchanged(student, norm, name, setting, dout):
    _, cache = forward(student, norm, setting)
    with leaves_unchanged(dout=dout):
        dx = backward(student, name, dout, cache)["dx"]
    expect_close(dx, setting.x, name="dx", rtol=np.inf)


# spatial_batchnorm_forward

RESTS_ON = ("batchnorm_forward", "batch_statistics")


def images(rng, N, C, H, W, *, spread=1.0):
    """(N, C, H, W): channels of different means and standard deviations, channels last in memory."""
    return np.moveaxis(batch(rng, N * H * W, C, spread=spread).reshape(N, H, W, C), -1, 1)


def spatial_setting(rng, shape=SHAPE, *, mode="train", spread=1.0, eps=1e-5, gamma_and_beta=None):
    """Images and warm buffers; gamma 1 and beta 0 unless others are given."""
    C = shape[1]
    gamma, beta = gamma_and_beta if gamma_and_beta is not None else neutral(C)
    bn_param = {"mode": mode, "eps": eps, "momentum": 0.75, **buffers(rng, C, spread=spread)}
    return Setting(images(rng, *shape, spread=spread), gamma, beta, (bn_param,))


def agree_on_images(student, reference, setting, look=as_it_is):
    """Agreement of what ``look`` leaves of the output, a channel in each row."""

    def compute(course, setting):
        return look(rows_of_pixels(output(course, SPATIAL, setting)).T)

    given = {"setting": setting}
    expect_agreement(compute, student, reference, given=given, rests_on=RESTS_ON, feature=0)


@case(
    topic="distinct channels, N ≠ C ≠ H ≠ W",
    says="In train mode, with gamma 1, each channel should be normalised over all images and pixels. Send images "
    "through whose channels differ a lot, and look at which pixels end up in one column, and where they return to.",
)
def test_spatial_batchnorm_forward__channels(student, reference, rng):
    for shape in (SHAPE, (3, 4, 2, 1)):
        agree_on_images(student, reference, spatial_setting(rng, shape, spread=WIDE))
    given = spatial_setting(rng)
    bn_param = given.rest[0] | {key: single(given.rest[0][key])[0] for key in ("running_mean", "running_var")}
    agree_on_images(student, reference, Setting(*single(given.x, given.gamma, given.beta), (bn_param,)))


@case(
    topic="gamma and beta per channel",
    says="Each channel should be multiplied by its own gamma and shifted by its own beta. Look at the axis along which "
    "the two meet the images.",
)
def test_spatial_batchnorm_forward__scale_and_shift(student, reference, rng):
    def through(scaled):
        flat = "batchnorm_forward"
        return {flat: lambda: output(with_own(reference, student, flat), SPATIAL, scaled)}

    for mode in ("train", "test"):
        given = spatial_setting(rng, spread=WIDE, mode=mode)
        agree_on_images(student, reference, given, look=shapes)
        expect_scaled(student, SPATIAL, given, *scale_and_shift(rng, 4), through)


@case(
    topic="a large eps",
    says="With a large eps the output is off. Look at which quantity eps joins, in both modes.",
)
def test_spatial_batchnorm_forward__large_eps(student, reference, rng):
    for eps, mode in ((0.6, "train"), (0.3, "test")):
        agree_on_images(student, reference, spatial_setting(rng, spread=3.0, mode=mode, eps=eps))


@case(
    topic="test mode",
    says="In test mode the running statistics of each channel should be used and left as they are. Look at whose mean "
    "and variance you take there.",
)
def test_spatial_batchnorm_forward__test_mode(student, reference, rng):
    given = {"setting": spatial_setting(rng, mode="test", spread=WIDE)}
    expect_agreement(out_and_buffers, student, reference, given=given, rests_on=RESTS_ON, feature=1)


def out_and_buffers(course, setting):
    """The output, and the running buffers as the call leaves them."""
    out, _ = run(course, SPATIAL, setting.x, setting.gamma, setting.beta, *setting.rest)
    return {"out": out, **{key: setting.rest[0][key] for key in ("running_mean", "running_var")}}


@case(
    topic="running statistics per channel",
    says="After a step in train mode the running statistics are off: each is one number per channel. Look at the shape "
    "of what you write into bn_param, and at how many pixels go into it.",
)
def test_spatial_batchnorm_forward__buffers(student, reference, rng):
    def compute(course, setting):
        return {key: value for key, value in out_and_buffers(course, setting).items() if key != "out"}

    given = {"setting": spatial_setting(rng, (2, 4, 2, 3))}
    rests_on = ("update_running", *RESTS_ON)
    expect_agreement(compute, student, reference, given=given, rests_on=rests_on, feature=None)


@case(
    topic="whether the images are left alone",
    says="The images, gamma or beta have changed after the call. Look for operations that work in place.",
)
def test_spatial_batchnorm_forward__unchanged(student, reference, rng):
    def compute(course, x, gamma, beta):
        bn_param = {"mode": "train", "eps": 0.1, "momentum": 0.75}
        return run(course, SPATIAL, x, gamma, beta, bn_param)[0]

    gamma, beta = scale_and_shift(rng, 4)
    given = {"x": np.ascontiguousarray(images(rng, *SHAPE)), "gamma": gamma, "beta": beta}
    expect_unchanged(compute, student, reference, given=given, rests_on=RESTS_ON)


# spatial_batchnorm_backward


def expect_spatial_gradients(student, reference, rng, given, **how):
    """Right, or right for the student's own forward, or what the student's own flat backward leads to."""
    dout = upstream(rng, *given.x.shape)

    def through(name):
        flat = Setting(rows_of_pixels(given.x), given.gamma, given.beta, given.rest)
        found = gradients(student, BATCH, name, flat, rows_of_pixels(dout))
        return {**found, "dx": images_of_rows(found["dx"], dout.shape)}

    flat = {name: lambda name=name: through(name) for name in FLAT_BACKWARDS}
    name = "spatial_batchnorm_backward"
    expect_gradients(student, reference, rng, SPATIAL, name, given, dout, through=flat, **how)


def rows_of_pixels(images):
    """(N, C, H, W) → (N·H·W, C)."""
    return np.moveaxis(images, 1, -1).reshape(-1, images.shape[1])


def images_of_rows(rows, shape):
    N, C, H, W = shape
    return np.moveaxis(rows.reshape(N, H, W, C), -1, 1)


@case(
    topic="the gradients of gamma and beta",
    says="dgamma or dbeta is off: each is one number per channel, collected over all images and pixels. Look at what "
    "your sums run over, and at whether the upstream gradient is laid out as the images were.",
)
def test_spatial_batchnorm_backward__parameters(student, reference, rng):
    given = spatial_setting(rng, spread=3.0, eps=0.6, gamma_and_beta=scale_and_shift(rng, 4))
    expect_spatial_gradients(student, reference, rng, given, which=("dbeta", "dgamma"))


@case(
    topic="distinct channels, N ≠ C ≠ H ≠ W, a random dout",
    says="With gamma 1 dx is off. Look at whether every pixel of the gradient returns to its place, and at how many "
    "values shared one mean in the forward pass.",
)
def test_spatial_batchnorm_backward__dx(student, reference, rng):
    for shape in (SHAPE, (3, 4, 2, 1)):
        expect_spatial_gradients(student, reference, rng, spatial_setting(rng, shape, **BLIND))


@case(
    topic="gamma of both signs",
    says="dx is off when gamma is away from 1. Look at where the gradient passes gamma on its way back.",
)
def test_spatial_batchnorm_backward__negative_gamma(student, reference, rng):
    given = spatial_setting(rng, **BLIND, gamma_and_beta=scale_and_shift(rng, 4))
    expect_spatial_gradients(student, reference, rng, given)


@case(
    topic="a large eps",
    says="dx is off when eps is large. Look at whether you divide by what the forward pass divided by.",
)
def test_spatial_batchnorm_backward__large_eps(student, reference, rng):
    expect_spatial_gradients(student, reference, rng, spatial_setting(rng, spread=3.0, eps=0.6))


@case(
    topic="whether dout is left alone",
    says="The upstream gradient has changed after the call. Look for operations that work in place.",
)
def test_spatial_batchnorm_backward__unchanged(student, reference, rng):
    given = spatial_setting(rng, gamma_and_beta=scale_and_shift(rng, 4))
    expect_backward_unchanged(student, SPATIAL, "spatial_batchnorm_backward", given, upstream(rng, *SHAPE))


# layernorm_forward


def examples(rng, N=6, D=7, *, spread=1.0):
    """(N, D): examples of different means and standard deviations."""
    return batch(rng, D, N, spread=spread).T


def layer_setting(rng, N=6, D=7, *, spread=1.0, eps=1e-5, gamma_and_beta=None):
    gamma, beta = gamma_and_beta if gamma_and_beta is not None else neutral(D)
    return Setting(examples(rng, N, D, spread=spread), gamma, beta, ({"eps": eps},))


def through_flat(student, rows, eps):
    """What the rows become, normalised one by one, with each of the student's flat functions that could do it."""

    def batchnorm_forward():
        N = len(rows)
        bn_param = {"mode": "train", "eps": eps}
        return student.batchnorm_forward(rows.T.copy(), np.ones(N), np.zeros(N), bn_param)[0].T

    def batch_statistics():
        mean, var = student.batch_statistics(rows.T.copy())
        return ((rows.T - mean) / np.sqrt(var + eps)).T

    return {"batchnorm_forward": batchnorm_forward, "batch_statistics": batch_statistics}


def expect_layer(student, reference, setting, look=as_it_is):
    """The output agrees, or is what the student's own batch norm makes of the turned batch."""

    def through(normalise):
        return lambda: look(setting.gamma * normalise() + setting.beta)

    flat = through_flat(student, setting.x, setting.rest[0]["eps"])
    inherits = {name: through(normalise) for name, normalise in flat.items()}
    got, want = (look(output(course, LAYER, setting)) for course in (student, reference))
    expect_close(got, want, feature=0, inherits=inherits)


@case(
    topic="the centre of each example, N ≠ D",
    says="With gamma 1 and beta 0 every example should be centred at 0 and keep its pattern. Look at which axis your "
    "statistics run over, and at the order of subtracting and dividing.",
)
def test_layernorm_forward__centred(student, reference, rng):
    for D in (7, 3):
        expect_layer(student, reference, layer_setting(rng, 6, D, spread=WIDE), look=relative)
    given = layer_setting(rng)
    in_single = Setting(*single(given.x, given.gamma, given.beta), given.rest)
    expect_layer(student, reference, in_single, look=relative)


@case(
    topic="the spread of each example",
    says="With gamma 1 and beta 0 a widely spread example should get the standard deviation 1. Look at what you divide "
    "by, and at the divisor in your variance.",
)
def test_layernorm_forward__spread(student, reference, rng):
    expect_layer(student, reference, layer_setting(rng, spread=WIDE))


@case(
    topic="gamma and beta per feature",
    says="Each feature should be multiplied by its own gamma and shifted by its own beta. Look at where the two enter, "
    "and along which axis.",
)
def test_layernorm_forward__scale_and_shift(student, reference, rng):
    given = layer_setting(rng, spread=WIDE)
    expect_layer(student, reference, given, look=shapes)
    expect_scaled(student, LAYER, given, *scale_and_shift(rng, 7))


@case(
    topic="a large eps",
    says="With a large eps the output is off. Look at where eps comes from, and at which quantity it joins.",
)
def test_layernorm_forward__large_eps(student, reference, rng):
    for eps in (1.0, 0.3):
        expect_layer(student, reference, layer_setting(rng, spread=3.0, eps=eps))


@case(
    topic="that neither batch-mates nor modes nor earlier calls play a part",
    says="The output of an example should depend on that example alone. Look at what else enters it: other examples, a "
    "mode, or something remembered from an earlier call.",
)
def test_layernorm_forward__no_memory(student, reference, rng):
    given, other = layer_setting(rng, spread=WIDE), layer_setting(rng, spread=WIDE)
    expect_layer(student, reference, given, look=shapes)
    want = output(student, LAYER, given)
    alone = replace(given, x=given.x[2:3])
    flat = through_flat(student, alone.x, 1e-5)
    expect_close(output(student, LAYER, alone), want[2:3], name="out for one example alone", inherits=flat)
    ln_param = {"eps": 1e-5, "momentum": 0.75}
    for mode, each in (("train", other), ("train", given), ("test", given)):
        ln_param["mode"] = mode
        out, _ = run(student, LAYER, each.x.copy(), each.gamma.copy(), each.beta.copy(), ln_param)
        expect_close(out, output(student, LAYER, each), name=f"out in mode {mode}")


@case(
    topic="a large offset",
    says="Moving an example by a large number changes its output, though it should not. Look at which large numbers "
    "your variance subtracts from each other.",
)
def test_layernorm_forward__far_from_zero(student, reference, rng):
    far = examples(rng) + FAR
    agree_with_own_layer(student, reference, far, far - FAR)


@case(
    topic="integers",
    says="Integers should give what equal floats give. Look at the dtype of the arrays that you fill.",
)
def test_layernorm_forward__integers(student, reference, rng):
    x = integers(rng, 7, 6).T
    agree_with_own_layer(student, reference, x, x.astype(np.float64))


def agree_with_own_layer(student, reference, x, plain):
    """Pass if the student's output for ``x`` is the student's own for ``plain``, which should give the same."""
    gamma, beta = neutral(x.shape[1])
    ordinary = Setting(plain, gamma, beta, ({"eps": 0.1},))
    expect_layer(student, reference, ordinary, look=shapes)
    want = output(student, LAYER, ordinary)
    expect_close(output(student, LAYER, replace(ordinary, x=x)), want, inherits=through_flat(student, x, 0.1))


@case(
    topic="whether the batch is left alone",
    says="The batch, gamma or beta have changed after the call. Look for operations that work in place.",
)
def test_layernorm_forward__unchanged(student, reference, rng):
    def compute(course, x, gamma, beta):
        return run(course, LAYER, x, gamma, beta, {"eps": 0.1})[0]

    gamma, beta = scale_and_shift(rng, 7)
    expect_unchanged(
        compute, student, reference, given={"x": examples(rng).copy(), "gamma": gamma, "beta": beta}
    )


# layernorm_backward


def expect_layer_gradients(student, reference, rng, given, **how):
    """Right, or right for the student's own forward, or what the student's own flat backward leads to."""
    dout = upstream(rng, *given.x.shape)

    def through(name):
        return {"dx": turned(student, name, given.x, given.gamma * dout, given.rest[0]["eps"])}

    flat = {name: lambda name=name: through(name) for name in FLAT_BACKWARDS}
    expect_gradients(student, reference, rng, LAYER, "layernorm_backward", given, dout, through=flat, **how)


def turned(student, name, rows, grad, eps):
    """dx of the rows by the student's own batch norm, on the turned batch with neutral parameters."""
    gamma, beta = neutral(len(rows))
    flat = Setting(rows.T.copy(), gamma, beta, ({"mode": "train", "eps": eps},))
    return gradients(student, BATCH, name, flat, grad.T.copy())["dx"].T


@case(
    topic="the gradients of gamma and beta",
    says="dgamma or dbeta is off: they belong to features, not to examples. Look at which examples one gamma meets, "
    "and at the shapes.",
)
def test_layernorm_backward__parameters(student, reference, rng):
    given = layer_setting(rng, spread=3.0, eps=0.6, gamma_and_beta=scale_and_shift(rng, 7))
    expect_layer_gradients(student, reference, rng, given, which=("dbeta", "dgamma"))


@case(
    topic="the input gradient for a random dout, N ≠ D",
    says="With gamma 1 dx is off for a random dout. Look at which entries of an example reach each other, over which "
    "axis your sums run, and at how many values shared one mean.",
)
def test_layernorm_backward__dx(student, reference, rng):
    for D in (7, 5):
        expect_layer_gradients(student, reference, rng, layer_setting(rng, 6, D, **BLIND))


@case(
    topic="gamma that differs between features",
    says="dx is off when gamma differs from feature to feature. Look at whether gamma is one number for everything "
    "that your means run over.",
)
def test_layernorm_backward__gamma_within(student, reference, rng):
    given = layer_setting(rng, **BLIND, gamma_and_beta=scale_and_shift(rng, 7))
    expect_layer_gradients(student, reference, rng, given)


@case(
    topic="a large eps",
    says="dx is off when eps is large. Look at every standard deviation in the backward pass and ask whether it is the "
    "one that the forward pass divided by.",
)
def test_layernorm_backward__large_eps(student, reference, rng):
    for eps in (1.0, 0.3):
        expect_layer_gradients(student, reference, rng, layer_setting(rng, spread=3.0, eps=eps))


@case(
    topic="whether dout is left alone",
    says="The upstream gradient has changed after the call. Look for operations that work in place.",
)
def test_layernorm_backward__unchanged(student, reference, rng):
    given = layer_setting(rng, gamma_and_beta=scale_and_shift(rng, 7))
    expect_backward_unchanged(student, LAYER, "layernorm_backward", given, upstream(rng, 6, 7))


# spatial_groupnorm_forward


def grouped_images(rng, N, C, H, W, G, *, spread=1.0):
    """(N, C, H, W): groups of different means and standard deviations, and channels that differ within each."""
    x = rng.normal(size=(N, G, C // G, H * W)) + 2 * rng.permutation(C).reshape(1, G, C // G, 1)
    x = x.reshape(N * G, -1)
    x = (x - x.mean(axis=1, keepdims=True)) / x.std(axis=1, keepdims=True)
    scale, centre = rng.permutation(np.linspace(0.5, 2, N * G)), rng.permutation(np.linspace(-2, 3, N * G))
    return spread * (x * scale[:, None] + centre[:, None]).reshape(N, C, H, W)


def group_setting(rng, shape=SHAPE, G=2, *, spread=1.0, eps=1e-5, gamma_and_beta=None):
    C = shape[1]
    gamma, beta = gamma_and_beta if gamma_and_beta is not None else neutral(C)
    x = grouped_images(rng, *shape, G, spread=spread)
    return Setting(x, gamma.reshape(1, C, 1, 1), beta.reshape(1, C, 1, 1), (G, {"eps": eps}))


def rows_of_groups(x, G):
    """(N, C, H, W) → (N·G, …), a group of an example in each row."""
    return x.reshape(len(x) * G, -1)


def expect_groups(student, reference, setting, look=as_it_is):
    """The output agrees, or is what the student's own layer norm or batch norm makes of the groups as rows."""
    G, gn_param = setting.rest
    rows, eps = rows_of_groups(setting.x, G), gn_param["eps"]

    def layernorm_forward():
        return output(student, LAYER, Setting(rows, *neutral(rows.shape[1]), ({"eps": eps},)))

    def seen(out):
        return look(rows_of_groups(out, G))

    def through(normalise):
        return lambda: seen(setting.gamma * normalise().reshape(setting.x.shape) + setting.beta)

    flat = {"layernorm_forward": layernorm_forward, **through_flat(student, rows, eps)}
    inherits = {name: through(normalise) for name, normalise in flat.items()}
    got, want = (seen(output(course, GROUP, setting)) for course in (student, reference))
    expect_close(got, want, feature=0, inherits=inherits)


@case(
    topic="groups of neighbouring channels, N ≠ C ≠ H ≠ W",
    says="With gamma 1 and beta 0 each group of neighbouring channels of each image should be centred at 0 and keep "
    "its pattern. Look at which values share a mean, at their number, and at the shape you end with.",
)
def test_spatial_groupnorm_forward__groups(student, reference, rng):
    for shape, G in ((SHAPE, 2), ((3, 6, 2, 1), 3)):
        expect_groups(student, reference, group_setting(rng, shape, G, spread=WIDE), look=relative)
    given = group_setting(rng)
    in_single = Setting(*single(np.asfortranarray(given.x), given.gamma, given.beta), given.rest)
    expect_groups(student, reference, in_single, look=relative)


@case(
    topic="the spread of each group",
    says="With gamma 1 and beta 0 a widely spread group should get the standard deviation 1. Look at what you divide "
    "by, and at how many values your variance counts.",
)
def test_spatial_groupnorm_forward__spread(student, reference, rng):
    expect_groups(student, reference, group_setting(rng, spread=WIDE))


@case(
    topic="gamma and beta per channel, of shape (1, C, 1, 1)",
    says="Each channel should be multiplied by its own gamma and shifted by its own beta, also within a group. Look at "
    "where the two enter, and along which axis.",
)
def test_spatial_groupnorm_forward__scale_and_shift(student, reference, rng):
    given = group_setting(rng, spread=WIDE)
    expect_groups(student, reference, given, look=shapes)
    expect_scaled(student, GROUP, given, *scale_and_shift(rng, 4))


@case(
    topic="G = 1 and G = C",
    says="With one group for all channels, or a group for each, the output is off or the call fails. Look at what your "
    "reshaping does to axes of length one.",
)
def test_spatial_groupnorm_forward__one_or_all(student, reference, rng):
    for G in (1, 4):
        expect_groups(student, reference, group_setting(rng, SHAPE, G, spread=WIDE), look=relative)


@case(
    topic="a number of groups that does not divide the channels",
    says="A number of groups that does not divide the number of channels should raise ValueError. Look at what your "
    "function does with 3 groups of 4 channels.",
)
def test_spatial_groupnorm_forward__impossible(student, reference, rng):
    given = group_setting(rng, SHAPE, 2, spread=WIDE)
    expect_groups(student, reference, given, look=shapes)
    three = replace(given, rest=(3, given.rest[1]))
    expect_error("ValueError", lambda: output(student, GROUP, three), "G = 3 for C = 4")


@case(topic="a large eps", says="With a large eps the output is off. Look at which quantity eps joins.")
def test_spatial_groupnorm_forward__large_eps(student, reference, rng):
    for eps in (1.0, 0.3):
        expect_groups(student, reference, group_setting(rng, spread=3.0, eps=eps))


@case(
    topic="whether the images are left alone",
    says="The images, gamma or beta have changed after the call. Look for operations that work in place, also on "
    "reshaped views.",
)
def test_spatial_groupnorm_forward__unchanged(student, reference, rng):
    def compute(course, x, gamma, beta):
        return run(course, GROUP, x, gamma, beta, 2, {"eps": 0.1})[0]

    setting = group_setting(rng, gamma_and_beta=scale_and_shift(rng, 4))
    given = {"x": setting.x, "gamma": setting.gamma, "beta": setting.beta}
    expect_unchanged(compute, student, reference, given=given)


# spatial_groupnorm_backward


def expect_group_gradients(student, reference, rng, given, **how):
    """Right, or right for the student's own forward, or what the student's own layer or batch norm leads to."""
    dout = upstream(rng, *given.x.shape)
    G, gn_param = given.rest
    rows, grad = rows_of_groups(given.x, G), rows_of_groups(given.gamma * dout, G)

    def through_layer():
        plain = Setting(rows, *neutral(rows.shape[1]), (gn_param,))
        return {"dx": gradients(student, LAYER, "layernorm_backward", plain, grad)["dx"].reshape(dout.shape)}

    def through_batch(name):
        return {"dx": turned(student, name, rows, grad, gn_param["eps"]).reshape(dout.shape)}

    flat = {name: lambda name=name: through_batch(name) for name in FLAT_BACKWARDS}
    flat = {"layernorm_backward": through_layer, **flat}
    expect_gradients(
        student, reference, rng, GROUP, "spatial_groupnorm_backward", given, dout, through=flat, **how
    )


@case(
    topic="the gradients of gamma and beta, of shape (1, C, 1, 1)",
    says="dgamma or dbeta is off: each channel has its own, collected over all images and pixels. Look at what your "
    "sums run over, and at the shapes.",
)
def test_spatial_groupnorm_backward__parameters(student, reference, rng):
    given = group_setting(rng, spread=3.0, eps=0.6, gamma_and_beta=scale_and_shift(rng, 4))
    expect_group_gradients(student, reference, rng, given, which=("dbeta", "dgamma"))


@case(
    topic="the input gradient for a random dout",
    says="With gamma 1 dx is off for a random dout. Look at which values shared a mean in the forward pass, at their "
    "number, and at the shape you end with.",
)
def test_spatial_groupnorm_backward__dx(student, reference, rng):
    for shape, G in ((SHAPE, 2), ((3, 6, 2, 1), 2)):
        expect_group_gradients(student, reference, rng, group_setting(rng, shape, G, **BLIND))


@case(
    topic="gamma that differs within a group",
    says="dx is off when gamma differs from channel to channel. Look at whether gamma is one number for everything "
    "that your means run over.",
)
def test_spatial_groupnorm_backward__gamma_within(student, reference, rng):
    given = group_setting(rng, **BLIND, gamma_and_beta=scale_and_shift(rng, 4))
    expect_group_gradients(student, reference, rng, given)


@case(
    topic="a large eps",
    says="dx is off when eps is large. Look at every standard deviation in the backward pass and ask whether it is the "
    "one that the forward pass divided by.",
)
def test_spatial_groupnorm_backward__large_eps(student, reference, rng):
    for eps in (1.0, 0.3):
        expect_group_gradients(student, reference, rng, group_setting(rng, spread=3.0, eps=eps))


@case(
    topic="G = 1 and G = C",
    says="With one group for all channels, or a group for each, dx is off or the call fails. Look at what your "
    "reshaping does to axes of length one.",
)
def test_spatial_groupnorm_backward__one_or_all(student, reference, rng):
    for G in (4, 1):
        given = group_setting(rng, SHAPE, G, **BLIND)
        with excusing_forward(student, GROUP, given):
            expect_group_gradients(student, reference, rng, given)


@case(
    topic="whether dout is left alone",
    says="The upstream gradient has changed after the call. Look for operations that work in place.",
)
def test_spatial_groupnorm_backward__unchanged(student, reference, rng):
    given = group_setting(rng, gamma_and_beta=scale_and_shift(rng, 4))
    expect_backward_unchanged(student, GROUP, "spatial_groupnorm_backward", given, upstream(rng, *SHAPE))
