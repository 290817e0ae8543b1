"""A bank with a course's own mutants in it: those in the folder ``mutants`` of a course folder, with their entries.

The two are copied into one folder, under a digest of what is in them: so a judge, a worker elsewhere and a release
see one bank, as they always do.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bnlab_autograder.assets import Assets
from bnlab_autograder.diagnosis.bank import load_bank

PAGE = "mistakes.md"
KEPT_SECONDS = 30 * 86400


@dataclass(frozen=True)
class WithOwn(Assets):
    """The files of the course, but for the bank and the pages."""

    merged: Path

    @property
    def mutants(self) -> Path:
        return self.merged / "mutants"

    @property
    def pages(self) -> Path:
        return self.merged / "pages"


def with_own(files: Assets, own: Path, private: Path) -> Assets:
    """``files`` with the mutants in the folder ``own``, if there are any. Raises ValueError where they do not fit.

    ``private`` is the folder that keeps the merged bank.
    """
    modules = sorted(own.glob("*.py"))
    if not modules:
        return files
    load_bank(own)  # no draft, nothing without a name
    twice = [path.name for path in modules if (files.mutants / path.name).exists()]
    if twice:
        raise ValueError(f"{own / twice[0]}: BNLab has a mutant of that name; rename it")
    merged = private / "bank" / _digest(files, own)
    if not merged.is_dir():
        merged.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(dir=merged.parent, prefix=".new-"))
        try:
            _merge(files, own, scratch)
            os.rename(scratch, merged)
        except OSError:
            if not merged.is_dir():  # else another run was quicker
                raise
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        for old in merged.parent.iterdir():  # a run that began before may still need its own
            if old != merged and time.time() - old.stat().st_mtime > KEPT_SECONDS:
                shutil.rmtree(old, ignore_errors=True)
    return WithOwn(files.root, merged)


def _merge(files: Assets, own: Path, target: Path) -> None:
    shutil.copytree(files.pages, target / "pages")
    (target / "mutants").mkdir()
    for path in (*files.mutants.glob("*.py"), *own.glob("*.py")):
        shutil.copyfile(path, target / "mutants" / path.name)
    entries = own / PAGE
    if entries.is_file():
        page = target / "pages" / PAGE
        both = (page.read_text(encoding="utf-8").rstrip(), entries.read_text(encoding="utf-8").strip())
        page.write_text("\n\n".join(both) + "\n", encoding="utf-8")


def _digest(files: Assets, own: Path) -> str:
    sha = hashlib.sha256()
    for folder, pattern in ((files.mutants, "*.py"), (own, "*.py"), (files.pages, "*.md"), (own, PAGE)):
        for path in sorted(folder.glob(pattern)):
            sha.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return sha.hexdigest()[:16]
