"""Which walls a command runs student code behind, from what the machine offers and what the user demands."""

from __future__ import annotations

from bnlab_autograder.cli.output import misuse

NO_WALLS = (
    "This machine offers no walls for student code (tier C): "
    "a submission could read the hidden cases or the gradebook."
)


def tier_for(demanded: str | None, trust_students: bool) -> str:
    """The tier to use. Ends the command where the machine offers less than is demanded or safe."""
    from bnlab_autograder.sandbox import probe

    walls = probe()
    if demanded is not None and demanded not in ("A", "B", "C"):
        misuse(f"there is no tier {demanded!r}; the tiers are A, B and C")
    wanted = demanded or walls.tier
    if wanted == "C":
        if not trust_students:
            misuse(NO_WALLS, "Say --trust-students if you know the authors, or see: bnlab doctor")
        return "C"
    if walls.tier > wanted:
        misuse(f"tier {wanted} is demanded, but this machine offers tier {walls.tier}", "See: bnlab doctor")
    return wanted
