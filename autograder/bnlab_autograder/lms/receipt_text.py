"""A receipt as a student reads it."""

from __future__ import annotations

import datetime

from bnlab_autograder.curriculum import BY_NAME
from bnlab_autograder.lms.ledger import Receipt

SYSTEMS = {"canvas": "Canvas", "moodle": "Moodle", "gradescope": "Gradescope", "folder": "a folder"}


def text_of(receipt: Receipt, course_id: str) -> str:
    """A short text that can be sent to the student."""
    stage = BY_NAME[receipt.stage]
    lines = [
        f"Receipt for {stage.name}, {stage.title} (course {course_id})",
        "",
        f"student      {receipt.student_id}",
        f"file         {receipt.original_name}",
        f"handed in    {_moment(receipt.submitted_at)}{', late' if receipt.late else ''}",
        f"collected    {_moment(receipt.collected_at)}, from {SYSTEMS.get(receipt.source, receipt.source)}",
        f"attempt      {receipt.attempt}",
        f"SHA-256      {receipt.sha256}",
        "",
        "This is the notebook that is graded, unless you hand in another. To see whether it is the file that you have,",
        "compare the SHA-256; it is the same only if every byte is:",
        "",
        f"    sha256sum {stage.name}.ipynb            (Linux)",
        f"    shasum -a 256 {stage.name}.ipynb        (macOS)",
        f"    Get-FileHash {stage.name}.ipynb         (Windows, PowerShell)",
        "",
        "Opening and saving a notebook changes it, so check the file as you handed it in. Download it again from where",
        "you handed it in if you have changed it since.",
    ]
    return "\n".join(lines) + "\n"


def _moment(when: datetime.datetime | None) -> str:
    return f"{when.astimezone(datetime.UTC):%Y-%m-%d %H:%M:%S} UTC" if when else "time not known"
