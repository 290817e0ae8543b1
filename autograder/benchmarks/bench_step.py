"""A training step with BN (8-16-32 channels, 16×16 images, batch 64) against PyTorch; one thread each.

    python autograder/benchmarks/bench_step.py
    OPENBLAS_NUM_THREADS=2 python autograder/benchmarks/bench_step.py    # two threads each

Without PyTorch the engine is timed alone. With several threads look at the time on the clock: the time of the
process counts those that wait, too.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import time
from importlib.util import find_spec

import numpy as np
from bnlab import nn
from bnlab_solutions import batchnorm_backward, batchnorm_forward
from bnlab_solutions.fast import fast_batchnorm

WIDTHS, SIZE, BATCH = (8, 16, 32), 16, 64


def teaching(channels):
    return nn.Normalisation(channels, batchnorm_forward, batchnorm_backward)


def numpy_step(norm):
    layers, before, size = [], 3, SIZE
    for width in WIDTHS:
        for _ in range(2):
            layers += [nn.Convolution(before, width, "he"), *norm(width), nn.ReLU()]
            before = width
        layers.append(nn.MaxPool())
        size //= 2
    layers += [nn.Affine(before * size * size, 32, "he"), *norm(32), nn.ReLU(), nn.Affine(32, 10)]
    net, rng = nn.Network(layers), np.random.default_rng(0)
    sgd = nn.SGD(net, 0.1)
    x = rng.standard_normal((3, SIZE, SIZE, BATCH), dtype=np.float32)
    labels = rng.integers(0, 10, BATCH)

    def step():
        net.loss_and_gradient(x, labels)
        sgd.step()

    return step


def torch_step(memory_format):
    import torch

    T = torch.nn
    layers, before, size = [], 3, SIZE
    for width in WIDTHS:
        for _ in range(2):
            layers += [T.Conv2d(before, width, 3, padding=1), T.BatchNorm2d(width), T.ReLU()]
            before = width
        layers.append(T.MaxPool2d(2))
        size //= 2
    layers += [T.Flatten(), T.Linear(before * size * size, 32), T.BatchNorm1d(32), T.ReLU(), T.Linear(32, 10)]
    net = T.Sequential(*layers).to(memory_format=memory_format)
    x = torch.randn(BATCH, 3, SIZE, SIZE).contiguous(memory_format=memory_format)
    labels = torch.randint(0, 10, (BATCH,))
    sgd = torch.optim.SGD(net.parameters(), 0.1)

    def step():
        sgd.zero_grad()
        T.functional.cross_entropy(net(x), labels).backward()
        sgd.step()

    return step


def main(rounds=20):
    steps = {
        "engine, no BN": numpy_step(lambda channels: []),
        "engine, fast BN": numpy_step(lambda channels: [fast_batchnorm(channels)]),
        "engine, teaching BN": numpy_step(lambda channels: [teaching(channels)]),
    }
    if find_spec("torch"):
        import torch

        torch.set_num_threads(int(os.environ["OPENBLAS_NUM_THREADS"]))
        steps["PyTorch NCHW"] = torch_step(torch.contiguous_format)
        steps["PyTorch channels last"] = torch_step(torch.channels_last)
    times = {name: [] for name in steps}
    for _ in range(rounds):  # in turn, so that a busy machine slows all alike; five in a row, as in training
        for name, step in steps.items():
            step()
            for _ in range(5):
                start = time.process_time(), time.perf_counter()
                step()
                times[name].append((time.process_time() - start[0], time.perf_counter() - start[1]))
    print(f"{'ms per step':22} {'CPU: median':>12} {'quarter':>8} {'clock: median':>14} {'quarter':>8}")
    for name, taken in times.items():
        (cpu, clock), (cpu_low, clock_low) = 1e3 * np.percentile(taken, [50, 25], axis=0)
        print(f"{name:22} {cpu:12.2f} {cpu_low:8.2f} {clock:14.2f} {clock_low:8.2f}")


if __name__ == "__main__":
    main()
