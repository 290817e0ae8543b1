"""What a release says to its students outside the notebook."""

from __future__ import annotations

from collections.abc import Iterable

from bnlab_autograder.curriculum import Stage

README = """\
{heading}
{line}

Install, once, in this folder (Python 3.11 or newer):

    python3 -m venv .venv
    .venv/bin/python -m pip install -r requirements.txt

(On Windows: py -m venv .venv, then .venv\\Scripts\\python -m pip install -r requirements.txt)

Work:

    .venv/bin/jupyter lab {stage}.ipynb

Before you hand in: Kernel > Restart Kernel and Run All Cells. The notebook should run from top to bottom. Then save
it, and hand in {stage}.ipynb under this name. Do not delete, copy or rename the cells that hold exercises, and leave
other files as they are.

If a newer release of this notebook comes out, keep working in this folder and bring your notebook up to date:

    .venv/bin/bnlab upgrade {stage}.ipynb --to PATH_OF_THE_NEW_ZIP

Your answers and your own cells come along, and the notebook as it was is kept.

In this folder:

{files}
"""

ABOUT = {
    "mistakes.md": "mistakes that the checks know by name, explained",
    "previous_stages.py": "functions of the notebooks before this one, ready to use",
    "requirements.txt": "what pip installs",
}


def readme(stage: Stage, version: str, files: Iterable[str]) -> str:
    """``README.txt`` of a release."""
    heading = f"BNLab {stage.name[:2]}: {stage.title} (release {version})"
    listed = {f"{stage.name}.ipynb": "the notebook"}
    for name in files:
        listed[name] = ABOUT.get(
            name, "the library of the course" if name.endswith(".whl") else "used by the notebook"
        )
    width = max(map(len, listed))
    lines = [f"    {name:{width}}  {text}" for name, text in listed.items()]
    return README.format(heading=heading, line="=" * len(heading), stage=stage.name, files="\n".join(lines))


def requirements(wheel: str) -> str:
    """``requirements.txt`` of a release, for pip in the folder of the release."""
    return f"# In this folder: pip install -r requirements.txt\n./{wheel}[lab]\n"
