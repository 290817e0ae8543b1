"""What each mutant costs and by which cases, in its own exercise and in those that rest on it.

``python autograder/tests/hidden/in_process.py [STAGE] [--seeds N]``
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from bnlab_autograder.curriculum import STAGE_OF
from bnlab_autograder.diagnosis.bank import load_bank
from bnlab_autograder.diagnosis.in_process import HiddenCases, lost, run_case

__all__ = ["AUTOGRADER", "POINTS", "WRITTEN", "cases_of", "judge", "lost", "run_case"]

AUTOGRADER = Path(__file__).parents[2]
CASES = HiddenCases(AUTOGRADER / "hidden")
WRITTEN, POINTS, cases_of, judge = CASES.stages, CASES.points, CASES.of, CASES.judge


def main() -> None:
    """Print the table mutant × failed cases, and what differs from seed to seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage", nargs="?", default="")
    parser.add_argument("--seeds", type=int, default=1)
    options = parser.parse_args()
    mutants, variants = load_bank(AUTOGRADER / "mutants"), load_bank(AUTOGRADER / "variants")
    wrong = 0
    for name, entry in mutants.items():
        if entry.exercise not in POINTS or not STAGE_OF[entry.exercise].name.startswith(options.stage):
            continue
        own = judge(entry, 0, [entry.exercise])[entry.exercise]
        others = {
            each: scored
            for each, scored in judge(entry, 0).items()
            if each != entry.exercise and lost(scored)
        }
        print(f"{name:40} {own.max_points - own.points:5.2f} of {own.max_points:5.2f}  {' '.join(lost(own))}")
        for each, scored in others.items():
            print(f"{'':40} also {scored.max_points - scored.points:.2f} in {each}: {' '.join(lost(scored))}")
        for seed in range(1, options.seeds):
            again = judge(entry, seed, [entry.exercise])[entry.exercise]
            if lost(again) != lost(own):
                print(f"{'':40} seed {seed} differs: {' '.join(lost(again))}")
        wrong += (own.points == own.max_points) != (entry.points == "full")
    right = {"reference": None, **variants}
    for name, entry in right.items():
        for seed in range(options.seeds):
            for exercise, scored in judge(entry, seed).items():
                if STAGE_OF[exercise].name.startswith(options.stage) and lost(scored):
                    print(f"{name} loses {exercise}: {' '.join(lost(scored))} (seed {seed})")
                    wrong += 1
    print(f"{wrong} verdicts are wrong")
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
