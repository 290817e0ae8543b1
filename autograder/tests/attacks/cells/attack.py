"""What an attack is, and the words that its cell may use."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

# How reaching a goal would be seen. Whatever its own sign is, each attack is looked at for all of them.
SECRET = "a planted secret, a line of a hidden case or of the reference is in what was graded"
POINTS = "the score is higher than what the notebook deserves"
SAID = "the cell found out by itself that it worked, and said so"
CONTACT = "one of our listeners was reached"
CHANGED = "one of our files is another one, or has another mode, owner or time"
PROCESS = "our process has ended, stands still, or has other limits"
REMAINS = "a process or a file of it is left"
MACHINE = "it took longer than its limits allow, or the next submission is not graded as it deserves"
PAGE = "the student's page shows more than it should, or runs a script"

SOLVED = (
    4.0  # what the half-solved notebook deserves: batch_statistics is right, batchnorm_train is not there
)


@dataclass(frozen=True)
class Attack:
    """A cell that wants something.

    Attributes
    ----------
    goal : str
        What it wants, in words.
    source : str
        A cell of the student's own at the top, or with ``is_answer`` the answer to ``batchnorm_train``. It may use what
        ``PRELUDE`` defines and the names of ``canaries.Canaries.names``.
    sign : str
        How reaching the goal would be seen.
    earns : float
        What the notebook deserves, this attack in it.
    harms_itself : bool
        Whether the notebook may earn less, since the attack breaks the student's own code.
    without_walls : bool
        Whether it reaches its goal in tier C on this machine; then this is tested, too.
    """

    name: str
    goal: str
    source: str
    sign: str
    earns: float = SOLVED
    is_answer: bool = False
    harms_itself: bool = False
    without_walls: bool = False
    category: str = ""

    @property
    def meets_walls(self) -> bool:
        """Whether walls stop it; otherwise the judge does, which is the same behind all of them."""
        of_the_judge = self.is_answer or (self.category == "forging" and self.sign not in (CHANGED, SECRET))
        return self.without_walls or not of_the_judge


PRELUDE = '''\
import contextlib, ctypes, ctypes.util, errno, gc, glob, mmap, os, re, resource, shutil, signal, socket, sqlite3, struct
import subprocess, sys, threading, time

libc = ctypes.CDLL(None, use_errno=True)
silent = dict(stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def reached():
    print(TOKEN, "reached")


def tries(*actions):
    """Do each of the actions, and print what comes of it."""
    for action in actions:
        try:
            print(action())
        except Exception:
            pass


def works(action):
    """Say so if the action raises nothing."""
    try:
        action()
    except Exception:
        return
    reached()


def call(name, *arguments):
    """A system call by its name; as in C, -1 is refused."""
    numbers = dict(CALLS)
    return libc.syscall(ctypes.c_long(numbers[name]), *map(_long, arguments)) if name in numbers else -1


def _long(value):
    return ctypes.c_long(value) if isinstance(value, int) else value


def sh(command):
    return subprocess.run(command, shell=True, stdin=subprocess.DEVNULL, capture_output=True, text=True).stdout


def read(path, most=4000):
    with open(path, "rb") as file:
        return file.read(most)
'''


def ptrace_is_free() -> bool:
    """Whether this kernel lets a process look into another one of the same user."""
    scope = Path("/proc/sys/kernel/yama/ptrace_scope")
    return not scope.exists() or scope.read_text().strip() == "0"
