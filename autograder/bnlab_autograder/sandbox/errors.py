"""What can go wrong with a sandbox, from the trusted side's point of view."""

from __future__ import annotations

from typing import Any

MESSAGE_LENGTH = 300

WHY = {
    "exit": "it ended its own process",
    "memory": "it used too much memory",
    "disk": "it wrote too much to disk",
    "output": "it printed too much",
    "cpu": "it used too much CPU time",
    "protocol": "its process sent something that is no answer",
    "killed": "its process was killed",
}


class SandboxError(Exception):
    """Something about a sandbox failed; the base of the other errors."""

    outputs: list[dict[str, Any]]

    def __init__(self, text: str):
        super().__init__(text)
        self.outputs = []  # of a cell, up to the error


class StudentError(SandboxError):
    """Student code raised an exception during a call.

    Attributes
    ----------
    type_name : str
        The exception's type.
    message : str
        Its text, shortened, without paths of this machine.
    where : str or None
        The innermost function of a cell in the traceback, "<module>" outside of a function.
    """

    def __init__(self, type_name: str, message: str, where: str | None = None):
        self.type_name, self.message, self.where = type_name, message[:MESSAGE_LENGTH], where
        super().__init__(f"{type_name}: {self.message}" if self.message else type_name)


class CallTimeout(SandboxError):
    """A cell or a call took longer than allowed. Its process has been killed."""


class Died(SandboxError):
    """The student's process has ended, by itself or because it broke a limit.

    Attributes
    ----------
    reason : str
        One of the keys of ``WHY``.
    text : str
        A sentence for people.
    """

    def __init__(self, reason: str, text: str = ""):
        assert reason in WHY, reason
        self.reason = reason
        self.text = text or f"The code was stopped: {WHY[reason]}."
        super().__init__(self.text)
