"""The numbers that the notebooks' prose quotes, measured anew: every stage in full length, all its experiments.

    python -m bnlab_autograder.bench.numbers           # about three minutes on two cores
    python -m bnlab_autograder.bench.numbers 04 06

The same words are demanded, and numbers that differ by at most 0.05 + 40%: other processors round differently, and
training runs make much of it. (Tests do the same, to the last digit, for the stages that train nothing.)
Exit status: 1 if something differs by more.
"""

import re
import sys
import time
from concurrent.futures import ProcessPoolExecutor

from bnlab_autograder.curriculum import STAGES, stage_named
from bnlab_autograder.release.answers import SourceProblem
from bnlab_autograder.release.notebook import Source

_NUMBER = re.compile(r"-?\d[\d,]*\.?\d*")


def alike(came: str, written: str) -> bool:
    """Whether two texts have the same words, and about the same numbers."""
    numbers = [[float(one.replace(",", "")) for one in _NUMBER.findall(text)] for text in (came, written)]
    return _NUMBER.sub("", came) == _NUMBER.sub("", written) and all(
        abs(a - b) <= 0.05 + 0.4 * abs(b) for a, b in zip(*numbers, strict=True)
    )


def compare(name: str) -> tuple[list[tuple[str, str]], int, float, str]:
    """What came out and is written where these differ; how many numbers there are, the seconds, what went wrong."""
    begun, source = time.perf_counter(), Source.read(stage_named(name))
    written = source.written
    try:
        far = [pair for pair in zip(source.measured(), written, strict=True) if not alike(*pair)]
        problem = ""
    except SourceProblem as why:
        far, problem = [], str(why)
    return far, len(written), time.perf_counter() - begun, problem


def main(names: list[str]) -> int:
    names = [stage_named(name).name for name in names] or [stage.name for stage in STAGES]
    failed = 0
    with ProcessPoolExecutor(2) as pool:
        for name, (far, count, seconds, problem) in zip(names, pool.map(compare, names), strict=True):
            good = not (far or problem)
            failed += not good
            print(f"{'✓' if good else '✗'} {name:20} {count:3} numbers, {seconds:5.1f} s  {problem}")
            for came, written in far:
                print(f"    came {came}, is written {written}")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
