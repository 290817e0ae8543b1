"""Hidden cases of stage 02. Each looks at one thing and, as far as it can, passes over what the others look at."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
from bnlab_autograder.grading.cases import (
    Mismatch,
    case,
    expect_agreement,
    expect_close,
    expect_error,
    expect_unchanged,
    returns,
)
from inputs import (
    ELSEWHERE,
    FAR,
    WIDE,
    batch,
    buffers,
    constants,
    integers,
    neutral,
    pattern,
    read_once,
    scale_and_shift,
    single,
)

# update_running


def updated(course, running, sample, momentum):
    return course.update_running(running, sample, momentum)


def average_and_sample(rng, momentum, D=4):
    return {"running": rng.uniform(1, 2, size=D), "sample": rng.uniform(-4, -3, size=D), "momentum": momentum}


@case(
    topic="the weights of old and new",
    says="The momentum is the weight of the old average, and the sample gets what is missing to one. Look at which "
    "of the two dominates for a momentum near one.",
)
def test_update_running__weights(student, reference, rng):
    given = average_and_sample(rng, 0.9)
    expect_agreement(updated, student, reference, given=given, name="updated", feature=None)


@case(
    topic="another momentum",
    says="Another momentum than 0.9 gives a wrong average. Look at where the argument momentum is used.",
)
def test_update_running__other_momentum(student, reference, rng):
    for momentum, D in ((0.5, 4), (0.5, 5), (0.75, 5), (0.75, 4), (0.1, 7)):
        given = average_and_sample(rng, momentum, D)
        expect_agreement(updated, student, reference, given=given, name="updated", feature=None)


@case(
    topic="whether the arguments are left alone",
    says="The old average or the sample has changed after the call. Look for operations that work in place.",
)
def test_update_running__unchanged(student, reference, rng):
    expect_unchanged(updated, student, reference, given=average_and_sample(rng, 0.75))


# batchnorm_forward

RESTS_ON = ("batch_statistics",)
BUFFERS_REST_ON = ("update_running", "batch_statistics")
KEYS = ("running_mean", "running_var")


def forward(course, x, gamma, beta, bn_param):
    out, _ = returns(
        course.batchnorm_forward(x, gamma, beta, bn_param), 2, "batchnorm_forward returns (out, cache)"
    )
    return out


def forward_pattern(course, **given):
    return pattern(forward(course, **given))


def arguments(x, mode, gamma_and_beta=None, **settings):
    gamma, beta = gamma_and_beta if gamma_and_beta is not None else neutral(x.shape[1])
    return {
        "x": x,
        "gamma": gamma,
        "beta": beta,
        "bn_param": {"mode": mode, "eps": 1e-5, "momentum": 0.9, **settings},
    }


def stored(bn_param, *keys):
    """The running buffers that a call in train mode has left in bn_param."""
    missing = [key for key in keys if key not in bn_param]
    if missing:
        raise Mismatch(f"after a call in train mode bn_param has no {' and no '.join(missing)}")
    return {key: bn_param[key] for key in keys}


def buffers_after(course, **given):
    forward(course, **given)
    return stored(given["bn_param"], *KEYS)


@case(
    topic="the output in train mode",
    says="In train mode every feature should be normalised with mean and variance of the batch itself. Look at "
    "whose statistics you use, over which axis, and at what you divide by.",
)
def test_batchnorm_forward__train_output(student, reference, rng):
    for N, D in ELSEWHERE:
        given = arguments(batch(rng, N, D, spread=WIDE), "train", **buffers(rng, D, spread=WIDE))
        expect_agreement(forward, student, reference, given=given, rests_on=RESTS_ON)


@case(
    topic="a large eps in train mode",
    says="With a large eps the output of train mode is off. Look at where eps comes from, and at which quantity it "
    "joins.",
)
def test_batchnorm_forward__train_eps(student, reference, rng):
    for N, D, spread in ((6, 7, 1.0), (30, 4, 3.0), (7, 6, 1.0)):
        x = batch(rng, N, D, spread=spread)
        given = arguments(x, "train", eps=0.6, **buffers(rng, D, spread=spread))
        expect_agreement(forward, student, reference, given=given, rests_on=RESTS_ON)


@case(
    topic="a large eps in test mode",
    says="With a large eps the output of test mode is off. Look at whether both modes treat eps alike.",
)
def test_batchnorm_forward__test_eps(student, reference, rng):
    for N, D, spread in ((6, 7, 1.0), (30, 4, 3.0), (4, 4, 1.0)):
        x = batch(rng, N, D, spread=spread)
        given = arguments(x, "test", eps=0.3, **buffers(rng, D, spread=spread))
        expect_agreement(forward, student, reference, given=given)


@case(
    topic="gamma and beta away from 1 and 0, in both modes",
    says="In both modes the normalised batch should be multiplied by gamma and then shifted by beta, feature by "
    "feature. Look at where the two enter in each branch.",
)
def test_batchnorm_forward__scale_and_shift(student, reference, rng):
    x, (gamma, beta) = batch(rng, 7, 4, spread=WIDE), scale_and_shift(rng)
    for mode in ("train", "test"):
        settings = {"mode": mode, **buffers(rng, spread=WIDE)}
        plain, scaled = arguments(x, **settings), arguments(x, gamma_and_beta=(gamma, beta), **settings)
        expect_agreement(forward_pattern, student, reference, given=plain, rests_on=RESTS_ON)
        normalised, out = forward(student, **deepcopy(plain)), forward(student, **deepcopy(scaled))
        expect_close(out, gamma * normalised + beta)


@case(
    topic="the running mean with warm buffers",
    says="After a step in train mode the running mean is off. Look at how momentum weighs the old average and the "
    "mean of the batch, and at what is stored.",
)
def test_batchnorm_forward__running_mean(student, reference, rng):
    given = arguments(batch(rng, 5, 5), "train", momentum=0.75, **buffers(rng, 5))
    expect_agreement(
        lambda course, **given: buffers_after(course, **given)["running_mean"],
        student,
        reference,
        given=given,
        rests_on=BUFFERS_REST_ON,
        name="running_mean",
        feature=None,
    )


@case(
    topic="the running variance with warm buffers",
    says="After a step in train mode the running variance is off. Look at which quantity the buffer remembers: "
    "with or without a root, with or without eps, divided by what.",
)
def test_batchnorm_forward__running_var(student, reference, rng):
    given = arguments(batch(rng, 5, 5), "train", momentum=0.5, eps=0.6, **buffers(rng, 5))
    expect_agreement(
        lambda course, **given: buffers_after(course, **given)["running_var"],
        student,
        reference,
        given=given,
        rests_on=BUFFERS_REST_ON,
        name="running_var",
        feature=None,
    )


@case(
    topic="absent buffers, and a dictionary for each layer",
    says="Absent buffers should count as zeros, and every bn_param should keep its own. Look at where the buffers "
    "come from when bn_param has none.",
)
def test_batchnorm_forward__absent_buffers(student, reference, rng):
    layers = [arguments(batch(rng, 5, 5), "train", momentum=0.75) for _ in range(2)]
    zeros = {key: np.zeros(5) for key in KEYS}

    def both_layers(course, layers, **settings):
        for given in layers:
            given["bn_param"].update(deepcopy(settings))
        found = [buffers_after(course, **given) for given in layers]
        return {f"{key} of layer {k + 1}": found[k][key] for k in range(2) for key in KEYS}

    expect_agreement(
        both_layers,
        student,
        reference,
        given={"layers": layers},
        want=both_layers(student, deepcopy(layers), **zeros),
        rests_on=BUFFERS_REST_ON,
        feature=None,
    )
    want = forward(student, **arguments(layers[0]["x"].copy(), "test", **zeros))
    given = arguments(layers[0]["x"], "test")
    expect_agreement(forward, student, reference, given=given, want=want, name="out in test mode")


@case(
    topic="the output in test mode",
    says="In test mode every feature should be normalised with the running mean and the root of the running "
    "variance. Look at whose statistics you use, and at the order of subtracting and dividing.",
)
def test_batchnorm_forward__test_output(student, reference, rng):
    for N, D in ((6, 7), (30, 4), (3, 5)):
        given = arguments(batch(rng, N, D, spread=WIDE), "test", **buffers(rng, D, spread=WIDE))
        expect_agreement(forward, student, reference, given=given)


@case(
    topic="batch-mates in test mode",
    says="In test mode the output for an example changes with the company it is in. Look for statistics of the "
    "batch that still play a part.",
)
def test_batchnorm_forward__batch_mates(student, reference, rng):
    x, settings = batch(rng, 6, 7), {"mode": "test", "eps": 0.3, **buffers(rng, 7)}
    expect_agreement(forward_pattern, student, reference, given=arguments(x, **settings))
    out = forward(student, **deepcopy(arguments(x, **settings)))
    for rows in (slice(0, 1), slice(3, 6)):
        got = forward(student, **deepcopy(arguments(x[rows], **settings)))
        expect_close(got, out[rows], name=f"out for {rows.stop - rows.start} of the 6 examples", feature=None)


@case(
    topic="frozen buffers in test mode",
    says="A call in test mode has changed the running buffers. Look at which branch writes into bn_param.",
)
def test_batchnorm_forward__frozen_in_test(student, reference, rng):
    given = arguments(batch(rng, 5, 5), "test", **buffers(rng, 5))
    expect_agreement(forward_pattern, student, reference, given=given)
    before = deepcopy(given["bn_param"])
    for _ in range(2):
        forward(student, **given)
        given["bn_param"]["mode"] = "test"
    for key in KEYS:
        expect_close(given["bn_param"].get(key), before[key], name=key, feature=None)


@case(
    topic="an unknown mode",
    says="A mode other than train and test should raise ValueError. Look at what your function does with one.",
)
def test_batchnorm_forward__unknown_mode(student, reference, rng):
    x, warm = batch(rng, 5, 5), buffers(rng, 5)
    expect_agreement(forward_pattern, student, reference, given=arguments(x, "test", **warm))
    expect_error(
        "ValueError", lambda: forward(student, **arguments(x, "evaluate", **warm)), "the mode evaluate"
    )


@case(
    topic="settings of zero",
    says="An eps or a momentum of zero is not taken as it is. Look at how you tell a setting that is zero from one "
    "that is absent.",
)
def test_batchnorm_forward__zero_settings(student, reference, rng):
    x, warm = batch(rng, 6, 7), buffers(rng, 7)
    expect_agreement(forward_pattern, student, reference, given=arguments(x, "train", **warm))
    for mode in ("train", "test"):
        given, nearly = (arguments(x, mode, eps=eps, **warm) for eps in (0.0, 2.0**-99))
        want = forward(student, **deepcopy(nearly))
        expect_agreement(forward, student, reference, given=given, want=want, name=f"out in {mode} mode")
    given, nearly = (arguments(x, "train", momentum=momentum, **warm) for momentum in (0.0, 2.0**-60))
    want = buffers_after(student, **deepcopy(nearly))
    expect_agreement(
        buffers_after, student, reference, given=given, want=want, rests_on=BUFFERS_REST_ON, feature=None
    )


@case(
    topic="constant features and a single example in train mode",
    says="In train mode a constant feature, or a batch of a single example, should give beta. Work out what the "
    "formula says there.",
)
def test_batchnorm_forward__no_spread(student, reference, rng):
    for x in (constants(rng, 4), rng.normal(size=(1, 4)) + 3):
        given = arguments(x, "train", scale_and_shift(rng), **buffers(rng))
        expect_agreement(forward, student, reference, given=given, rests_on=RESTS_ON)


@case(
    topic="integers, float32 and a large offset",
    says="Integers, float32 numbers or numbers far from zero give something else than equal or nearer ones. Look "
    "at the dtype of the arrays that you fill, and at how the variance is computed.",
)
def test_batchnorm_forward__kinds_of_numbers(student, reference, rng):
    whole, far = integers(rng, 6, 7), batch(rng, 6, 7) + FAR
    (small,) = single(batch(rng, 6, 7))
    pairs = {
        "integers": (whole, whole.astype(np.float64)),
        "numbers near a million": (far, far - FAR),
        "float32 numbers": (small, small.astype(np.float64)),
    }
    for kind, (x, plain) in pairs.items():
        given = arguments(plain, "train", eps=0.1)
        expect_agreement(forward_pattern, student, reference, given=given, rests_on=RESTS_ON)
        own = output_and_variance(student, **deepcopy(given))
        dtype = np.float32 if x.dtype == np.float32 else np.float64
        want = {f"{name} for {kind}": value.astype(dtype) for name, value in own.items()}
        given = arguments(x, "train", [vector.astype(dtype) for vector in neutral(7)], eps=0.1)
        expect_agreement(
            lambda course, kind=kind, **given: {
                f"{name} for {kind}": value for name, value in output_and_variance(course, **given).items()
            },
            student,
            reference,
            given=given,
            want=want,
            rests_on=BUFFERS_REST_ON,
        )


def output_and_variance(course, **given):
    return {"out": forward(course, **given), **stored(given["bn_param"], "running_var")}


@case(
    topic="whether x, gamma and beta are left alone",
    says="The batch, gamma or beta has changed after the call. Look for operations that work in place.",
)
def test_batchnorm_forward__unchanged(student, reference, rng):
    for mode in ("train", "test"):
        given = arguments(batch(rng, 6, 7), mode, scale_and_shift(rng, 7), eps=0.1)
        bn_param = {**given.pop("bn_param"), **buffers(rng, 7)}
        expect_unchanged(
            lambda course, bn_param=bn_param, **given: forward(course, **given, bn_param=deepcopy(bn_param)),
            student,
            reference,
            given=given,
            rests_on=RESTS_ON,
        )


# fold_batchnorm


def folded(course, **layer):
    W, b = returns(course.fold_batchnorm(*layer.values()), 2, "fold_batchnorm returns (W_folded, b_folded)")
    return {"W_folded": W, "b_folded": b}


def layer(rng, W, gamma_and_beta=None, *, spread=1.0, eps=1e-5):
    D = W.shape[1]
    gamma, beta = gamma_and_beta if gamma_and_beta is not None else scale_and_shift(rng, D)
    mean, var = buffers(rng, D, spread=spread).values()
    b = spread * rng.permutation(np.linspace(1, 3, D))
    return {"W": W, "b": b, "gamma": gamma, "beta": beta, "mean": mean, "var": var, "eps": eps}


def fold_agrees(student, reference, given, *names):
    """Compare these results; by linearity a fold can be read off what the student's own test mode does to rows."""

    def by_probing():
        W, b, gamma, beta, mean, var, eps = given.values()
        settings = {"mode": "test", "eps": eps, "running_mean": mean, "running_var": var}
        rows = [
            forward(student, **deepcopy(arguments(r, gamma_and_beta=(gamma, beta), **settings)))
            for r in (W, np.zeros((1, len(b))), b[None])
        ]
        return {"W_folded": rows[0] - rows[1], "b_folded": rows[2][0]}

    got, want = folded(student, **deepcopy(given)), folded(reference, **given)
    for name in names:
        inherits = {"batchnorm_forward": lambda name=name: by_probing()[name]}
        feature = -1 if name == "W_folded" else None
        expect_close(got[name], want[name], name=name, feature=feature, inherits=inherits)


@case(
    topic="weights with D_in ≠ D_out",
    says="The folded weights are off. Look at which entries of W feed one output feature, and at the factor that "
    "test mode applies to that feature.",
)
def test_fold_batchnorm__weights(student, reference, rng):
    given = layer(rng, rng.normal(size=(3, 5)), spread=WIDE)
    fold_agrees(student, reference, given, "W_folded")


@case(
    topic="the bias",
    says="The folded bias is off. Follow the old bias, the mean and beta through both layers.",
)
def test_fold_batchnorm__bias(student, reference, rng):
    given = layer(rng, rng.normal(size=(4, 4)), spread=WIDE)
    fold_agrees(student, reference, given, "b_folded")


@case(
    topic="a large eps",
    says="With a large eps, or a unit whose variance is 0, the folded layer is off. Look at which quantity eps joins.",
)
def test_fold_batchnorm__large_eps(student, reference, rng):
    given = layer(rng, np.eye(4), neutral(4), eps=0.5)
    given["b"] = np.zeros(4)
    given["var"][rng.integers(4)] = 0
    fold_agrees(student, reference, given, "W_folded", "b_folded")


@case(
    topic="whether the arguments are left alone",
    says="The weights or another array that was handed in has changed after the call. Look for operations that "
    "work in place.",
)
def test_fold_batchnorm__unchanged(student, reference, rng):
    given = layer(rng, rng.normal(size=(4, 4)), eps=0.1)
    expect_unchanged(folded, student, reference, given=given, rests_on=["batchnorm_forward"])


# recalibrate


def statistics(course, batches):
    mean, var = returns(course.recalibrate(batches), 2, "recalibrate returns (mean, var)")
    return {"mean": mean, "var": var}


def pieces(rng, *cuts):
    """Batches of unequal sizes from rows that drift, so that the batches differ."""
    rows = batch(rng, 11, 4) + np.linspace(0, 5, 11)[:, None]
    return np.split(rows, cuts)


def agree_on(name, student, reference, batches):
    expect_agreement(
        lambda course, batches: statistics(course, batches)[name],
        student,
        reference,
        given={"batches": batches},
        rests_on=RESTS_ON,
        name=name,
        feature=None,
    )


@case(
    topic="the mean of batches of unequal size",
    says="The mean should be that of all rows together, a batch of one row among them. Look at how much each batch "
    "counts.",
)
def test_recalibrate__mean(student, reference, rng):
    agree_on("mean", student, reference, pieces(rng, 5, 6, 8))


@case(
    topic="the variance within and between batches",
    says="The variance should be that of all rows together, for several batches and for one. Look at how much each "
    "batch counts, at the spread between the batches, and at what you divide by.",
)
def test_recalibrate__variance(student, reference, rng):
    batches = pieces(rng, 5, 6, 8)
    agree_on("var", student, reference, batches)
    agree_on("var", student, reference, batches[:1])


@case(
    topic="a large offset",
    says="Moving all rows by a large number changes the variance, though it should not. Look at which large numbers "
    "your variance subtracts from each other.",
)
def test_recalibrate__far_from_zero(student, reference, rng):
    far = [rows + FAR for rows in pieces(rng, 5, 8)]
    own = statistics(student, [rows - FAR for rows in far])["var"]
    expect_agreement(
        lambda course, batches: statistics(course, batches)["var"],
        student,
        reference,
        given={"batches": far},
        want=own,
        rests_on=RESTS_ON,
        name="var",
        feature=None,
    )


@case(
    topic="batches that can be read only once",
    says="Batches that come from a generator give something else than the same batches in a list. Look at how "
    "often you walk through them.",
)
def test_recalibrate__read_once(student, reference, rng):
    batches = pieces(rng, 5, 7)
    want = statistics(student, deepcopy(batches))
    got = statistics(student, read_once(student, batches))
    for name in ("mean", "var"):
        expect_close(got[name], want[name], name=name, feature=None)


@case(
    topic="no batch at all, and batches that do not fit",
    says="Where there is no batch, or batches differ in their number of features, there should be a ValueError. Look "
    "at what your function returns for an empty list.",
)
def test_recalibrate__nothing(student, reference, rng):
    batches = pieces(rng, 5, 7)
    expect_close(statistics(student, batches)["mean"], np.ones(4), name="mean", rtol=np.inf)
    expect_error("ValueError", lambda: student.recalibrate([]), "an empty list of batches")
    unequal = [batches[0], batches[1][:, :1]]
    expect_error("ValueError", lambda: student.recalibrate(unequal), "batches of 4 features and of 1")
