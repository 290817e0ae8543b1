"""Functions as students might write them: right but for what a test puts in the place of a part."""

from __future__ import annotations

from string import Template

FORWARD = Template("""
def batchnorm_forward(x, gamma, beta, bn_param):
    mode, eps, momentum = bn_param["mode"], bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    running_mean = bn_param.get("running_mean", np.zeros(x.shape[1]))
    running_var = bn_param.get("running_var", $first_var)
    if mode == "train":
        mu = x.mean(axis=0)
        var = $var
        xhat = (x - mu) / $std
        out = $out
        bn_param["running_mean"] = $new_mean
        bn_param["running_var"] = $new_var
    elif mode == "test":
        xhat = (x - running_mean) / $test_std
        out = $test_out
    else:
        raise ValueError(f"no such mode: {mode}")
    return out, (x, gamma, beta, xhat)
""")
FORWARD_PARTS = {
    "first_var": "np.zeros(x.shape[1])",
    "var": "x.var(axis=0)",
    "std": "np.sqrt(var + eps)",
    "out": "gamma * xhat + beta",
    "new_mean": "momentum * running_mean + (1 - momentum) * mu",
    "new_var": "momentum * running_var + (1 - momentum) * var",
    "test_std": "np.sqrt(running_var + eps)",
    "test_out": "gamma * xhat + beta",
}
SWAPPED = {
    "new_mean": "(1 - momentum) * running_mean + momentum * mu",
    "new_var": "(1 - momentum) * running_var + momentum * var",
}
OUTSIDE = {"std": "(np.sqrt(var) + eps)", "test_std": "(np.sqrt(running_var) + eps)"}

TRAIN = Template("""
def batchnorm_train(x, gamma, beta, eps):
    mu = $mu
    var = $var
    xhat = (x - mu) / $std
    return $out
""")
TRAIN_PARTS = {
    "mu": "x.mean(axis=0)",
    "var": "x.var(axis=0)",
    "std": "np.sqrt(var + eps)",
    "out": "gamma * xhat + beta",
}

BACKWARD = Template("""
_plain_forward = batchnorm_forward

def batchnorm_forward(x, gamma, beta, bn_param):
    out, _ = _plain_forward(x, gamma, beta, bn_param)
    return out, {"x": x, "gamma": gamma, "eps": bn_param.get("eps", 1e-5)}

def batchnorm_backward(dout, cache):
    x, gamma, N = cache["x"], cache["gamma"], len(cache["x"])
    centred = x - x.mean(axis=0)
    inverse = $inverse
    xhat = centred * inverse
    grad = $grad
    dvar = $dvar
    dmu = $dmu
    dx = $dx
    return dx, $dgamma, $dbeta
""")
BACKWARD_PARTS = {
    "inverse": '1 / np.sqrt(x.var(axis=0) + cache["eps"])',
    "grad": "dout * gamma",
    "dvar": "(grad * centred).sum(axis=0) * -0.5 * inverse**3",
    "dmu": "-(grad * inverse).sum(axis=0)",
    "dx": "grad * inverse + dvar * 2 * centred / N + dmu / N",
    "dgamma": "(dout * xhat).sum(axis=0)",
    "dbeta": "dout.sum(axis=0)",
}

LAYER = Template("""
def layernorm_forward(x, gamma, beta, ln_param):
    mu = $mu
    var = ((x - mu) ** 2).sum(axis=1, keepdims=True) / $count
    inverse = $inverse
    xhat = (x - mu) * inverse
    return $out, (xhat, gamma, inverse)
""")
LAYER_PARTS = {
    "mu": "x.mean(axis=1, keepdims=True)",
    "count": "x.shape[1]",
    "inverse": '1 / np.sqrt(var + ln_param["eps"])',
    "out": "gamma * xhat + beta",
}


def forward(**parts: str) -> str:
    return FORWARD.substitute(FORWARD_PARTS | parts)


def train(**parts: str) -> str:
    return TRAIN.substitute(TRAIN_PARTS | parts)


def backward(**parts: str) -> str:
    return BACKWARD.substitute(BACKWARD_PARTS | parts)


def layer(**parts: str) -> str:
    return LAYER.substitute(LAYER_PARTS | parts)


OVERWRITTEN = {"new_mean": "mu", "new_var": "var"}
EPS_IN_BUFFER = "momentum * running_var + (1 - momentum) * (var + eps)"
UNBIASED_BUFFER = "momentum * running_var + (1 - momentum) * x.var(axis=0, ddof=1)"
AVERAGED = {"dgamma": "(dout * xhat).mean(axis=0)", "dbeta": "dout.mean(axis=0)"}

# Exercise, source, and what is wrong with it: a mistake of the bank in another form, or two at once.
ONE = [
    ("batchnorm_train", train(std="np.sqrt(var + eps**2)"), "eps-squared"),
    ("batchnorm_train", train(std="np.maximum(var, eps) ** 0.5"), "eps-as-floor"),
    ("batchnorm_forward", forward(**OUTSIDE), "eps-outside-root"),
    ("batchnorm_forward", forward(test_std=OUTSIDE["test_std"]), "eps-outside-root-in-test"),
    ("batchnorm_forward", forward(std="np.sqrt(var)"), "eps-omitted-in-train"),
    ("batchnorm_forward", forward(**SWAPPED), "momentum-swapped"),
    ("batchnorm_forward", forward(var="x.var(axis=0, ddof=1)"), "unbiased-variance"),
    (
        "batchnorm_forward",
        forward(var="np.einsum('nd,nd->d', x, x) / len(x) - mu * mu"),
        "catastrophic-cancellation",
    ),
    ("batchnorm_forward", forward(std="(var + eps)", test_std="(running_var + eps)"), "divided-by-variance"),
    ("batchnorm_forward", forward(new_var=EPS_IN_BUFFER), "eps-in-running-variance"),
    ("batchnorm_forward", forward(new_var=UNBIASED_BUFFER), "unbiased-running-variance"),
    ("batchnorm_train", train(var="np.sum(x * x, axis=0) / len(x) - mu**2"), "catastrophic-cancellation"),
    (
        "batchnorm_train",
        train(std="np.sqrt(((x - mu) ** 2).sum(axis=0) / (len(x) - 1) + eps)"),
        "unbiased-variance",
    ),
    ("batchnorm_backward", backward(dvar="0"), "variance-treated-as-constant"),
    ("batchnorm_backward", backward(dmu="0"), "mean-treated-as-constant"),
    ("batchnorm_backward", backward(dmu="0", dvar="0"), "statistics-treated-as-constants"),
    ("batchnorm_backward", backward(grad="dout"), "gamma-missing-in-dx"),
    ("layernorm_forward", layer(count="(x.shape[1] - 1)"), "unbiased-variance"),
    ("layernorm_forward", layer(inverse="var**-0.5"), "eps-omitted"),
]
TWO = [
    ("batchnorm_forward", forward(**OUTSIDE, **SWAPPED), {"eps-outside-root", "momentum-swapped"}),
    ("batchnorm_forward", forward(**OUTSIDE, **OVERWRITTEN), {"eps-outside-root", "running-overwritten"}),
    (
        "batchnorm_forward",
        forward(std="np.sqrt(var)", test_std="np.sqrt(running_var)", **SWAPPED),
        {"eps-omitted", "momentum-swapped"},
    ),
    (
        "batchnorm_forward",
        forward(test_std="np.sqrt(running_var)", out="xhat"),
        {"eps-omitted-in-test", "scale-and-shift-forgotten-in-train"},
    ),
    ("batchnorm_train", train(std="np.sqrt(var)", out="gamma * xhat"), {"eps-omitted", "shift-forgotten"}),
    (
        "batchnorm_train",
        train(std="(np.sqrt(var) + eps)", out="xhat"),
        {"eps-outside-root", "scale-and-shift-forgotten"},
    ),
    (
        "batchnorm_backward",
        backward(grad="dout", **AVERAGED),
        {"gamma-missing-in-dx", "parameter-gradients-averaged"},
    ),
    (
        "layernorm_forward",
        layer(inverse="var**-0.5", out="xhat"),
        {"eps-omitted", "scale-and-shift-forgotten"},
    ),
]

# Wrong in ways of which the bank knows nothing.
UNKNOWN = [
    ("standardize", "def standardize(x, axis):\n    return x - x.mean(axis=axis, keepdims=True)"),
    ("relative_error", "def relative_error(a, b):\n    return 0.0"),
    (
        "relative_error",
        "def relative_error(a, b):\n    return np.abs(a - b).max() / (np.abs(a).max() * np.abs(b).max())",
    ),
    ("batch_statistics", "def batch_statistics(x):\n    return np.median(x, axis=0), x.var(axis=0)"),
    ("batch_statistics", "def batch_statistics(x):\n    return x.mean(axis=0)"),
    ("batch_statistics", "def batch_statistics(x):\n    return x.mean(axis=0), x.var(axis=0) + 1e-5"),
    ("batch_statistics", "def batch_statistics(x):\n    return x[1:].mean(axis=0), x[1:].var(axis=0)"),
    ("batch_statistics", "def batch_statistics(x):\n    return undefined"),
    ("batchnorm_train", train(std="np.sqrt(var * eps)")),
    ("batchnorm_train", train(out="gamma * xhat - beta")),
    ("batchnorm_train", train(out="(gamma * xhat + beta).T")),
    ("batchnorm_train", train(out="np.zeros_like(x)")),
    ("batchnorm_train", train(out="None")),
    ("batchnorm_train", train(mu="np.median(x, axis=0)")),
    ("update_running", "def update_running(running, sample, momentum):\n    return (running + sample) / 2"),
    ("batchnorm_forward", forward(new_mean="momentum * running_mean + (1 - momentum) * x.mean()")),
    ("batchnorm_forward", forward(new_mean="momentum * mu + (1 - momentum) * running_mean")),
    ("batchnorm_forward", forward(test_std="np.sqrt(running_var + eps) + eps")),
    ("batchnorm_forward", forward(test_out="gamma * xhat - beta")),
    ("batchnorm_forward", forward(var="2 * x.var(axis=0)")),
    ("batchnorm_forward", forward(out="x")),
    ("batchnorm_forward", forward(out="undefined", test_out="undefined")),
    ("fold_batchnorm", "def fold_batchnorm(W, b, gamma, beta, mean, var, eps):\n    return W, b"),
    (
        "recalibrate",
        "def recalibrate(batches):\n    x = next(iter(batches))\n    return x.mean(axis=0), x.var(axis=0)",
    ),
    ("batchnorm_backward", backward(dx="-(grad * inverse + dvar * 2 * centred / N + dmu / N)")),
    ("batchnorm_backward", backward(dgamma="(dout * x).sum(axis=0)")),
    ("batchnorm_backward", backward(dvar="(grad * centred).sum(axis=0) * -0.5 * inverse**2")),
    ("batchnorm_backward", backward(dx="dout.T")),
    ("batchnorm_backward", backward(dx="undefined")),
    ("project_out", "def project_out(dout, xhat):\n    return dout"),
    ("layernorm_forward", layer(mu="x.mean()")),
    ("layernorm_forward", layer(inverse="1 / np.sqrt(var.mean() + ln_param['eps'])")),
]
