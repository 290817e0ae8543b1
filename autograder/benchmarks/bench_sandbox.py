"""What a sandbox costs: python autograder/benchmarks/bench_sandbox.py [TIER ...]

Prints medians: spawn and close, a clone, calls, memory, and a notebook of 20 cells beside nbclient in the same run.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import nbformat
import numpy as np
from bnlab_autograder.sandbox import Session, Zygote, probe
from bnlab_autograder.sandbox.processes import descendants
from bnlab_autograder.sandbox.watchdog import proportional_mb
from nbclient import NotebookClient

FUNCTIONS = "def nothing(): pass\ndef echo(x): return x\ndef total(x): return x.sum()"
PLAIN_CELL = "x = np.arange({0}.0) + 1\nprint(x.sum()); y = [i**2 for i in range(100)]; len(y)"
NOTEBOOK = [
    "import numpy as np\nimport matplotlib.pyplot as plt",
    *(PLAIN_CELL.format(n) for n in range(10, 29)),
]
RICH_NOTEBOOK = [*NOTEBOOK[:-3], "plt.plot([1, 2]);", "plt.imshow(np.eye(5));", "!echo hello"]
SMALL, MEDIUM, LARGE = np.ones(3), np.ones(12_500), np.ones(1_250_000)


def median_ms(action: Callable[[], object], times: int) -> float:
    """Median wall time of ``action`` in ms."""
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - start)
    return 1e3 * statistics.median(seconds)


def spawn_and_close(zygote: Zygote) -> None:
    with zygote.spawn():
        pass


def clone_and_end(session: Session) -> None:
    with session.fork():
        pass


def run_ours(zygote: Zygote, cells: list[str]) -> None:
    with zygote.spawn() as session:
        for source in cells:
            assert session.run_cell(source).ok


def run_stock(cells: list[str]) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
    NotebookClient(notebook, kernel_name="python3").execute()


def memory_mb(session: Session) -> float:
    """Memory of a sandbox, what it shares with the zygote divided among them."""
    return sum(map(proportional_mb, [session.leader, *descendants(session.leader)]))


def report(tier: str) -> None:
    with Zygote(tier) as zygote:
        print(f"tier {tier}: zygote warm in {zygote.info['warm_up_seconds']} s, {zygote.info['rss_mb']} MB")
        print(f"  spawn and close       {median_ms(lambda: spawn_and_close(zygote), 30):8.1f} ms")
        with zygote.spawn() as session, zygote.spawn(), zygote.spawn():
            session.run_cell(FUNCTIONS)
            print(f"  a clone, and its end  {median_ms(lambda: clone_and_end(session), 30):8.1f} ms")
            print(f"  memory, idle          {memory_mb(session):8.1f} MB (of three)")
            with session.fork() as clone:
                student = clone.student
                for name, call in (
                    ("no argument", lambda: student.nothing()),
                    ("3 numbers", lambda: student.echo(SMALL)),
                    ("100 KB in", lambda: student.total(MEDIUM)),
                    ("10 MB in", lambda: student.total(LARGE)),
                ):
                    print(
                        f"  call, {name:15} {1e3 * median_ms(call, 300 if 'MB' not in name else 20):8.1f} µs"
                    )
        for name, cells in (("20 cells", NOTEBOOK), ("with 2 plots and !", RICH_NOTEBOOK)):
            print(f"  {name:21} {median_ms(lambda cells=cells: run_ours(zygote, cells), 7):8.1f} ms")


def main(tiers: list[str]) -> None:
    for tier in tiers or {"A": ["A", "B"], "B": ["B"], "C": ["C"]}[probe().tier]:
        report(tier)
    for name, cells in (("20 cells", NOTEBOOK), ("with 2 plots and !", RICH_NOTEBOOK)):
        print(f"nbclient, {name:18}  {median_ms(lambda cells=cells: run_stock(cells), 3):8.1f} ms")


if __name__ == "__main__":
    main(sys.argv[1:])
