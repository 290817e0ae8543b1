"""Forks of our own, without what libraries want done at every fork.

``threading``, ``random``, ``logging`` and others have handlers that renew locks and seeds. A process with one thread
forks into a faithful copy without them, and the memory that they write to, page by page, would be a quarter of what
a clone costs. Forks that student code makes run them as ever.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

_before: list[Callable[[], object]] = []
_in_parent: list[Callable[[], object]] = []
_in_child: list[Callable[[], object]] = []
_plain = False  # whether the present fork goes without them
_register = os.register_at_fork


def collect_handlers() -> None:
    """From now on keep the handlers that modules register, to be able to leave them out. To be called first."""
    os.register_at_fork = _collect
    _register(
        before=lambda: _run(reversed(_before)),
        after_in_parent=lambda: _run(_in_parent),
        after_in_child=lambda: _run(_in_child),
    )


def stop_collecting() -> None:
    """Leave further handlers to Python. Those that were collected stay."""
    os.register_at_fork = _register


def fork() -> int:
    """``os.fork``, without the handlers that were collected where there are no other threads."""
    global _plain
    _plain = _single_threaded()
    try:
        return os.fork()
    finally:
        _plain = False


def _single_threaded() -> bool:
    try:
        return len(os.listdir("/proc/self/task")) == 1
    except OSError:
        return False


def _collect(
    *,
    before: Callable[[], object] | None = None,
    after_in_child: Callable[[], object] | None = None,
    after_in_parent: Callable[[], object] | None = None,
) -> None:
    for handlers, handler in ((_before, before), (_in_parent, after_in_parent), (_in_child, after_in_child)):
        if handler is not None:
            handlers.append(handler)


def _run(handlers: Iterable[Callable[[], object]]) -> None:
    if not _plain:
        for handler in handlers:
            handler()
