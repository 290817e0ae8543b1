"""Forward + backward of batch normalisation beside PyTorch: one thread, float32, train mode.

    python autograder/benchmarks/bench_norm.py [--json] [--generations 3] [--rounds 6] [--fresh-heap]

Every contender lives in a process of its own and they take turns, a burst of calls each, round after round.
A process counts with the 25th percentile of its calls; where the system happens to place its memory is
worth 10%, so this is repeated with new processes, and the median over these generations is reported.
PyTorch runs in the default layout and channels-last; the ratio is to the better of the two.

The C library hands large freed arrays back to the system or keeps them, depending on what the process did
before; handed back, they cost page faults, up to half of the time of code that allocates. All contenders
run in the state of a process that keeps them; ``--fresh-heap`` leaves the library's default.
"""

import argparse
import json
import multiprocessing
import os
import platform
import sys
import time
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

for library in ("OPENBLAS", "OMP", "MKL", "BLIS", "VECLIB_MAXIMUM"):
    os.environ[f"{library}_NUM_THREADS"] = "1"  # read once, when NumPy loads its BLAS

import numpy as np  # noqa: E402

REPO = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPO / "course"), str(REPO / "solutions")]

SHAPES = {(256, 512): 60, (64, 64, 32, 32): 12}  # shape: calls in a burst
KEEP_HEAP = {
    "MALLOC_MMAP_THRESHOLD_": str(2**30),
    "MALLOC_TRIM_THRESHOLD_": str(2**31),
}  # glibc; others ignore it
GOALS = {("teaching", (256, 512)): 2.5, ("teaching", (64, 64, 32, 32)): 4.0}
GOALS |= {("fast", (256, 512)): 1.6, ("fast", (64, 64, 32, 32)): 1.0}
OURS = ("teaching", "teaching by nodes", "fast")
TORCH = ("torch", "torch channels-last")
ABSENT = {2: {"torch channels-last"}, 4: {"teaching by nodes"}}  # what does not exist for that number of axes


def problem(shape):
    """x, gamma, beta, dout: channels that differ, away from zero."""
    rng = np.random.default_rng(0)
    x, dout = rng.normal(3, 2, shape).astype(np.float32), rng.normal(size=shape).astype(np.float32)
    gamma, beta = rng.uniform(0.5, 1.5, (2, shape[1])).astype(np.float32)
    return x, gamma, beta, dout


def teaching(shape, by_nodes=False):
    """The reference functions as students meet them; ``dx`` in one line, or node by node."""
    import bnlab_solutions as bn

    x, gamma, beta, dout = problem(shape)
    flat = len(shape) == 2
    forward = bn.batchnorm_forward if flat else bn.spatial_batchnorm_forward
    backward = bn.batchnorm_backward_alt if flat else bn.spatial_batchnorm_backward
    backward = bn.batchnorm_backward if by_nodes else backward
    bn_param = {"mode": "train"}

    def step():
        _, cache = forward(x, gamma, beta, bn_param)
        return backward(dout, cache)

    return step


def fast(shape):
    """The second form, in the layout of the engine: channels first, examples last."""
    from bnlab_solutions.fast import ChannelMajorBatchNorm

    x, gamma, beta, dout = problem(shape)
    x, dout = (np.ascontiguousarray(np.moveaxis(a, 0, -1)) for a in (x, dout))
    layer, bn_param = ChannelMajorBatchNorm(), {"mode": "train"}

    def step():
        layer.forward(x, gamma, beta, bn_param)
        return layer.backward(dout)

    return step


def torch_step(shape, channels_last):
    """``torch.nn.functional.batch_norm`` and its gradients."""
    import torch

    torch.set_num_threads(1)
    x, gamma, beta, dout = map(torch.from_numpy, problem(shape))
    if channels_last:
        x, dout = (a.contiguous(memory_format=torch.channels_last) for a in (x, dout))
    inputs = tuple(a.requires_grad_() for a in (x, gamma, beta))
    running_mean, running_var = torch.zeros(shape[1]), torch.ones(shape[1])

    def step():
        out = torch.nn.functional.batch_norm(x, running_mean, running_var, gamma, beta, training=True)
        return torch.autograd.grad(out, inputs, dout)

    return step


def contender(name, connection):
    """A child process: builds a step for each shape on demand and times bursts of it."""
    builders = {
        "teaching": teaching,
        "teaching by nodes": partial(teaching, by_nodes=True),
        "fast": fast,
        "torch": partial(torch_step, channels_last=False),
        "torch channels-last": partial(torch_step, channels_last=True),
    }
    steps = {}
    while (request := connection.recv()) is not None:
        shape, calls = request
        if shape not in steps:
            steps[shape] = builders[name](shape)
            results = [np.array(a) for a in steps[shape]()]
            connection.send([np.moveaxis(a, -1, 0) if a.ndim > 1 and name == "fast" else a for a in results])
            continue
        for _ in range(calls // 2):  # back into the caches
            steps[shape]()
        times = []
        for _ in range(calls):
            start = time.perf_counter()
            steps[shape]()
            times.append(time.perf_counter() - start)
        connection.send(times)


def version_of_torch():
    """The version of PyTorch that is installed here, or None; it is not imported into this process."""
    try:
        return version("torch")
    except PackageNotFoundError:
        return None


def measure(names, rounds):
    """``{(name, shape): seconds of every call}`` of one generation; the contenders must agree."""
    context = multiprocessing.get_context("spawn")
    pipes, children = {}, []
    for name in names:
        pipes[name], far_end = context.Pipe()
        children.append(context.Process(target=contender, args=(name, far_end), daemon=True))
        children[-1].start()
        far_end.close()  # so that the end of the child is the end of the pipe
    seconds = {}
    for shape, calls in SHAPES.items():
        here = [name for name in names if name not in ABSENT[len(shape)]]
        results = {name: ask(pipes[name], (shape, calls)) for name in here}
        for name in here[1:]:
            for got, want in zip(results[name], results[here[0]], strict=True):
                if np.abs(got - want).max() > 1e-4 * np.abs(want).max():
                    raise SystemExit(f"{name} and {here[0]} disagree at {shape}; there is nothing to compare")
        for _ in range(rounds):
            for name in here:
                seconds.setdefault((name, shape), []).extend(ask(pipes[name], (shape, calls)))
    for pipe in pipes.values():
        pipe.send(None)  # no more requests
    for child in children:
        child.join()
    return seconds


def ask(pipe, request):
    """Send a request to a contender and wait for its answer."""
    pipe.send(request)
    try:
        return pipe.recv()
    except EOFError:
        raise SystemExit("a contender has stopped; its own error message stands above") from None


def summary(generations):
    """One row for each contender and shape: milliseconds, ratio to the best of PyTorch, goal."""
    rows = []
    for name, shape in generations[0]:
        each = sorted(np.percentile(seconds[name, shape], 25) * 1e3 for seconds in generations)
        row = {
            "name": name,
            "shape": shape,
            "ms": np.median(each),
            "fastest_ms": each[0],
            "slowest_ms": each[-1],
        }
        rows.append(row)
    for row in rows:
        best = min((r["ms"] for r in rows if r["shape"] == row["shape"] and r["name"] in TORCH), default=None)
        row["ratio"] = row["ms"] / best if best else None
        row["goal"] = GOALS.get((row["name"], row["shape"]))
    return rows


def show(rows, with_torch):
    """The table for a terminal."""
    print("Batch normalisation, forward + backward, train mode, float32, one thread")
    print(f"{'shape':18} {'contender':20} {'ms':>8} {'range':>17} {'/ PyTorch':>10} {'goal':>7}")
    for row in rows:
        ratio = f"{row['ratio']:.2f}" if row["ratio"] else "–"
        goal = f"≤ {row['goal']}" if row["goal"] else ""
        spread = f"{row['fastest_ms']:.3f} – {row['slowest_ms']:.3f}"
        print(f"{row['shape']!s:18} {row['name']:20} {row['ms']:8.3f} {spread:>17} {ratio:>10} {goal:>7}")
    if not with_torch:
        print("PyTorch is not installed here, so there is nothing to compare with:")
        print("    pip install torch --index-url https://download.pytorch.org/whl/cpu")


def main():
    """Parse the command line, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    parser.add_argument("--generations", type=int, default=3, help="how often new processes are started")
    parser.add_argument(
        "--rounds", type=int, default=6, help="how often the contenders of a generation take turns"
    )
    parser.add_argument("--fresh-heap", action="store_true", help="leave the C library's allocator as it is")
    arguments = parser.parse_args()
    if not arguments.fresh_heap:
        os.environ.update(KEEP_HEAP)  # read by each child when it starts
    with_torch = version_of_torch() is not None
    names = OURS + TORCH if with_torch else OURS
    rows = summary([measure(names, arguments.rounds) for _ in range(arguments.generations)])
    if arguments.json:
        about = {"machine": platform.machine(), "numpy": np.__version__, "torch": version_of_torch()}
        about["heap"] = "fresh" if arguments.fresh_heap else "kept"
        print(json.dumps({"schema": "bnlab.bench_norm/1", **about, "rows": rows}, indent=2))
    else:
        show(rows, with_torch)


if __name__ == "__main__":
    main()
