"""Live progress of grading: what is done, how fast, what remains, who is slow. On the terminal, and as events."""

from __future__ import annotations

import json
import statistics
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.progress_bar import ProgressBar
from rich.table import Table

WINDOW_SECONDS = 30.0  # over which the rate is taken
SLOW_SECONDS = 5.0  # what takes longer, and four times as long as is usual here, is slow
LINE_SECONDS = 10.0  # between two lines of progress where there is no terminal

Tell = Callable[[Mapping[str, Any]], None]


class Meter:
    """What is known about a run while it goes on. Takes its events, and the time of each."""

    def __init__(self, total: int):
        self.total = total
        self._first: float | None = None  # when the first was begun, or was done already
        self.done = self.failed = self.executed = 0
        self._recent: deque[float] = deque()  # when the last submissions were done
        self._running: dict[str, float] = {}  # students whose submission is being judged, since when
        self._seconds: deque[float] = deque(maxlen=200)
        self.slowest: list[tuple[float, str]] = []

    def take(self, event: Mapping[str, Any], now: float) -> None:
        if self._first is None and event["event"] in ("began", "graded"):
            self._first = now
        match event["event"]:
            case "began":
                self._running[event["student"]] = now
            case "graded":
                self._running.pop(event["student"], None)
                self._recent.append(now)
                self.done += 1
                self.failed += event["status"] == "failed"
                if event["executed"]:
                    self.executed += 1
                    self._note(event["seconds"] or 0.0, event["student"])

    def rate(self, now: float) -> float:
        """Submissions per second, lately."""
        while self._recent and now - self._recent[0] > WINDOW_SECONDS:
            self._recent.popleft()
        running = 0.0 if self._first is None else now - self._first
        return len(self._recent) / max(min(WINDOW_SECONDS, running), 0.1)

    def remaining(self, now: float) -> float | None:
        """Seconds until the end, or None if that cannot be told yet."""
        rate = self.rate(now)
        return (self.total - self.done) / rate if rate else None

    def slow(self, now: float) -> list[tuple[float, str]]:
        """How long the slow ones have been running, and whose they are; the slowest first."""
        running = sorted(((now - since, student) for student, since in self._running.items()), reverse=True)
        return [one for one in running if one[0] > self.slow_from]

    @property
    def slow_from(self) -> float:
        return max(SLOW_SECONDS, 4 * statistics.median(self._seconds or [0.0]))

    def _note(self, seconds: float, student: str) -> None:
        self._seconds.append(seconds)
        self.slowest = sorted([*self.slowest, (seconds, student)], reverse=True)[:3]


@contextmanager
def progress(stage: str, total: int, events: Path | None, log: Console) -> Iterator[tuple[Meter, Tell]]:
    """Show events on the terminal ``log``, or as a line now and then where it is none, and append them to a file."""
    with ExitStack() as stack:
        meter, lock = Meter(total), threading.Lock()
        file = stack.enter_context(events.open("a", encoding="utf-8")) if events else None
        if log.is_terminal:
            stack.enter_context(
                Live(
                    get_renderable=lambda: shown(stage, meter, time.monotonic()), console=log, transient=True
                )
            )
        said = time.monotonic()

        def tell(event: Mapping[str, Any]) -> None:
            nonlocal said
            now = time.monotonic()
            with lock:  # a pool tells from threads of its own what has begun
                meter.take(event, now)
                if file is not None:
                    stamped = {"time": round(time.time(), 3), **event}
                    file.write(json.dumps(stamped, ensure_ascii=False) + "\n")
                    file.flush()
            if event["event"] == "warning":
                log.print(f"[yellow]{escape(event['text'])}[/]", highlight=False, soft_wrap=True)
            elif not log.is_terminal and now - said > LINE_SECONDS:
                said = now
                log.print(f"{stage}: {in_words(meter, now)}", highlight=False, soft_wrap=True)

        yield meter, tell


def shown(stage: str, meter: Meter, now: float) -> RenderableType:
    """Two lines for a terminal."""
    line = Table.grid(padding=(0, 1))
    line.add_row(
        f"[bold]{stage}[/]", ProgressBar(meter.total, meter.done, width=30), in_words(meter, now, short=True)
    )
    slow = ", ".join(f"{escape(student)} for {clock(seconds)}" for seconds, student in meter.slow(now)[:4])
    return Group(line, f"[dim]slow: {slow}[/]") if slow else line


def in_words(meter: Meter, now: float, short: bool = False) -> str:
    """Such as "40 of 100, 1 failed, 5.2/s, 12 s left"."""
    parts = [f"{meter.done} of {meter.total}"]
    if meter.failed:
        parts.append(f"[red]{meter.failed} failed[/]" if short else f"{meter.failed} failed")
    remaining = meter.remaining(now)
    if remaining is None:
        parts.append("starting …" if not meter.done else "waiting …")
    elif meter.done < meter.total:
        parts += [f"{meter.rate(now):.1f}/s", f"{clock(remaining)} left"]
    if not short:
        parts += [f"slow: {student} for {clock(seconds)}" for seconds, student in meter.slow(now)[:2]]
    return ", ".join(parts)


def clock(seconds: float) -> str:
    """Such as "8 s", "2:05" or "1:02:05"."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
