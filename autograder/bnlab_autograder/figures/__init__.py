"""The figures of the paper and the classic demonstrations, made from the reference solutions.

A figure is a ``Figure`` (``figure.py``): it names its *conditions*, pure functions of plain settings that run in
processes of their own and return plain data; turns their results into *effects*, named numbers; says by
*expectations* what the paper claims about these numbers; and draws itself. Whether a claim holds is computed from
the effects of every seed, never typed.

To add a figure, write in a module of this package

    def trained(*, norm, rate, steps, seed):               # a condition: module level, plain in, dict of plain out
        ...
        return {"losses": history.losses}

    def conditions(settings, seed):                        # a name for each; "quick" and "full" differ in settings
        return {
            norm: condition(trained, norm=norm, rate=settings["rate"], steps=settings["steps"], seed=seed)
            for norm in ("standard", "BN")
        }

    def effects(results, settings):                        # of one seed: {name of condition: what it returned}
        return {"bn_minus_standard_loss": ...}

    def draw(runs, settings):                              # ``runs`` holds such results, an entry for each seed
        fig, ax = bnlab.plots.style.figure(...)
        ...
        return fig

    FIGURES = (
        Figure(
            name="3-vgg", title="…", shows="…", claim="…",
            settings={"quick": {"rate": 0.1, "steps": 600}, "full": {...}},
            conditions=conditions, effects=effects, draw=draw,
            expectations=(Expectation("bn_minus_standard_loss", below=-0.1, says="BN ends with the lower loss"),),
            remark="BN ends {bn_minus_standard_loss:+.2f} away from the standard network.",
        ),
    )

and put the module's name into ``MODULES`` below. ``bnlab figure NAME`` finds it; a test runs every figure with its
settings "tiny", a few seconds of work for all of them together. Equal conditions of several figures run once when these
are made together: ask for the same function with the same arguments (``images.trained_on_images`` is made for
that). Conditions that need no seed leave it out.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module

from bnlab_autograder.figures.figure import Condition, Expectation, Figure, Outcome, condition

__all__ = ["Condition", "Expectation", "Figure", "Outcome", "condition", "find", "registry"]

MODULES = (
    "accuracy",
    "distributions",
    "shift",
    "demos",
    "landscape",
    "landscape_norms",
    "dln",
    "dln_landscape",
    "theory",
)


@cache
def registry() -> dict[str, Figure]:
    """All figures by name: those of the paper by their numbers, then the others by name."""
    modules = [import_module(f"{__name__}.{name}") for name in MODULES]
    figures = [figure for module in modules for figure in module.FIGURES]
    if len({figure.name for figure in figures}) < len(figures):
        raise ValueError("two figures have the same name")
    return {figure.name: figure for figure in sorted(figures, key=_place)}


def find(name: str) -> Figure:
    """The figure of this name; otherwise a LookupError that says what there is."""
    if name not in registry():
        raise LookupError(f"there is no figure {name!r}; there are: {', '.join(registry())}")
    return registry()[name]


def _place(figure: Figure) -> tuple:
    digits = figure.name[: len(figure.name) - len(figure.name.lstrip("0123456789"))]
    return (not digits, int(digits or 0), figure.name if digits else "")
