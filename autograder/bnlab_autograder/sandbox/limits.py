"""What a sandbox may use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Limits:
    """The most that one sandbox may use. All are plain numbers.

    Parameters
    ----------
    cell_seconds, notebook_seconds, call_seconds : float
        Wall time of a cell, of all cells together, and of a call into student code.
    cpu_seconds : float
        CPU time over all processes of the sandbox.
    memory_mb : float
        Memory over all processes of the sandbox. One process alone meets a MemoryError at this size.
    processes : int
        Processes and threads.
    open_files : int
        Open files of a process.
    file_mb, disk_mb : float
        Size of a file, and of all files together.
    output_mb : float
        Output of all cells together.
    answer_mb : float
        What one call may return.
    """

    cell_seconds: float = 60.0
    notebook_seconds: float = 300.0
    call_seconds: float = 10.0
    cpu_seconds: float = 300
    memory_mb: float = 2048
    processes: int = 64
    open_files: int = 256
    file_mb: float = 32
    disk_mb: float = 64
    output_mb: float = 4
    answer_mb: float = 64

    def to_dict(self) -> dict[str, float]:
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, float]) -> Limits:
        return cls(**data)


@dataclass(frozen=True)
class Usage:
    """What a sandbox has used, over all its processes."""

    cpu_seconds: float = 0.0
    peak_memory_mb: float = 0.0
    seconds: float = 0.0
