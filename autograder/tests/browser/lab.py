"""A real JupyterLab in a real headless Chromium, for tests and for pictures."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect, sync_playwright

NO_CHROMIUM = "there is no Chromium; install it, on Debian: apt-get install chromium"
SWITCHES = ("--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-background-networking")
START_SECONDS, STOP_SECONDS = 60, 15
PATIENCE = 20_000  # milliseconds that a page may take to show what is expected of it
KERNEL_IS_IDLE = "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
ERRORS = """
    jupyterapp.shell.currentWidget.content.widgets.filter(cell => cell.model.type === "code")
        .flatMap(cell => cell.model.outputs.toJSON()).filter(output => output.output_type === "error")
        .map(output => `${output.ename}: ${output.evalue}`)
"""
LAST_HAS_RUN = """
    jupyterapp.shell.currentWidget.content.widgets
        .findLast(cell => cell.model.type === "code").model.executionCount !== null
"""
FINISHED = re.compile(r"\[\d+\]:")  # the prompt of a cell that has run
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}

# nbgrader's pages load MathJax from the network, and the formgrader waits for its signal.
MATHJAX = "**/ajax/libs/mathjax/**"
MATHJAX_STAND_IN = """
window.MathJax = {Hub: {Config() {}, Configured() {}, Queue() {}, Startup: {signal: {
    Interest(listener) { setTimeout(() => listener("End")); }
}}}};
"""


def chromium() -> str | None:
    """The system's Chromium."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


# The server


class Server:
    """A running JupyterLab; ``token`` lets a browser in."""

    def __init__(self, folder: Path, url: str, token: str, log: Path):
        self.folder, self.url, self.token, self.log = folder, url, token, log

    def errors(self) -> list[str]:
        """What the server has logged as an error so far."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return [line for line in lines if line.startswith(("[E ", "Traceback"))]


@contextmanager
def jupyterlab(folder: Path, home: Path, python: str = sys.executable) -> Iterator[Server]:
    """JupyterLab started in ``folder``, on this machine's own address only, with settings from nowhere but ``home``.

    ``python`` is that of the environment in which it is installed.
    """
    settings = home / "config/lab/user-settings/@jupyterlab/apputils-extension"
    settings.mkdir(parents=True)
    quiet = {"fetchNews": "false", "checkForUpdates": False}  # no question about news, no look at the network
    (settings / "notification.jupyterlab-settings").write_text(json.dumps(quiet), encoding="utf-8")
    token, log = secrets.token_hex(16), home / "server.log"
    command = [
        *(python, "-m", "jupyterlab", "--no-browser", "--allow-root", "--expose-app-in-browser"),
        *("--ServerApp.ip=127.0.0.1", "--ServerApp.port=0", f"--ServerApp.root_dir={folder}"),
    ]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment(home, python) | {"JUPYTER_TOKEN": token},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield Server(folder, _address(process, home / "runtime", log), token, log)
    finally:
        _stop(process)


def environment(home: Path, python: str = sys.executable) -> dict[str, str]:
    """The variables of a person who has switched on the environment of ``python``, and whose home is ``home``."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "PYTHON"))}
    return kept | {
        "HOME": str(home),
        "PATH": f"{Path(python).parent}{os.pathsep}{os.environ['PATH']}",
        "IPYTHONDIR": str(home / "ipython"),
        "JUPYTER_CONFIG_DIR": str(home / "config"),
        "JUPYTER_DATA_DIR": str(home / "data"),
        "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
        "JUPYTER_PLATFORM_DIRS": "1",
    }


def _address(process: subprocess.Popen, runtime: Path, log: Path) -> str:
    """Where the server listens: it says so in a file as soon as it does."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        for path in runtime.glob("jpserver-*.json"):
            try:
                return json.loads(path.read_text(encoding="utf-8"))["url"].rstrip("/")
            except ValueError:  # half written
                continue
        time.sleep(0.05)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text(encoding='utf-8')[-4000:]}")


def _stop(process: subprocess.Popen) -> None:
    """End the server; it ends its kernels first."""
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


# The browser


@contextmanager
def headless() -> Iterator[Browser]:
    """Chromium without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(SWITCHES))
        yield browser
        browser.close()


class Window:
    """A page of its own, which remembers what went wrong in it.

    Parameters
    ----------
    browser, server :
        The window is logged in at ``server``.
    size, scale :
        Width and height in CSS pixels, and how many pixels of the screen make one of those.

    Attributes
    ----------
    errors :
        What the console has reported as an error so far.
    """

    def __init__(self, browser: Browser, server: Server, size=(1280, 900), scale: float = 1):
        self.server = server
        self.errors: list[str] = []
        self.context: BrowserContext = browser.new_context(
            viewport={"width": size[0], "height": size[1]}, device_scale_factor=scale
        )
        self.context.set_default_timeout(PATIENCE)
        self.context.route(MATHJAX, _mathjax)
        self.context.on("console", self._heard)
        self.context.on("weberror", lambda error: self.errors.append(f"not caught: {error.error}"))
        # With the token once, for the cookie of somebody who is logged in.
        self.context.request.get(f"{server.url}/lab?token={server.token}")
        self.page: Page = self.context.new_page()
        expect.set_options(timeout=PATIENCE)

    def visit(self, path: str) -> Page:
        """Open an address of the server."""
        self.page.goto(f"{self.server.url}/{path}")
        return self.page

    def close(self) -> None:
        self.context.close()

    def _heard(self, message) -> None:
        if message.type == "error":
            self.errors.append(f"{message.text} ({message.location.get('url')})")


def _mathjax(route: Route) -> None:
    route.fulfill(content_type="text/javascript", body=MATHJAX_STAND_IN)


class Notebook:
    """A notebook that is open in JupyterLab, with its kernel."""

    def __init__(self, window: Window, path: str):
        self.page = window.visit(f"lab/tree/{path}?reset")  # no tabs of an earlier visit
        self.page.wait_for_function(f"document.querySelector('.jp-Dialog') || {KERNEL_IS_IDLE}")
        question = self.page.get_by_role("dialog").filter(has_text="Select Kernel")
        if question.count():
            question.get_by_role("button", name="Select Kernel").click()
        self.page.wait_for_function(KERNEL_IS_IDLE)

    def cell(self, name: str) -> Locator:
        """A cell by its grade_id."""
        found = """name => jupyterapp.shell.currentWidget?.content?.widgets?.findIndex(
            cell => cell.model.getMetadata("nbgrader")?.grade_id === name) + 1"""
        number = self.page.wait_for_function(found, arg=name).json_value() - 1
        self.page.evaluate("number => jupyterapp.shell.currentWidget.content.scrollToItem(number)", number)
        return self.page.locator(f'.jp-Cell[data-windowed-list-index="{number}"]')

    def run(self, name: str) -> Locator:
        """Run a cell as students do, with the keyboard, and return it."""
        cell = self.cell(name)
        cell.locator(".cm-content").click()
        prompt = cell.locator(".jp-InputPrompt")
        before = prompt.inner_text()
        self.page.keyboard.press("Control+Enter")
        expect(prompt).not_to_have_text(before)
        expect(prompt).to_have_text(FINISHED)
        return cell

    def write(self, name: str, source: str) -> None:
        """Replace what stands in a cell."""
        cell = self.cell(name)
        if "jp-MarkdownCell" in cell.get_attribute("class"):
            cell.dblclick()
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(source)

    def check(self, exercise: str) -> Locator:
        """Run the check of an exercise and return the cell's outputs."""
        return self.run(f"check_{exercise}").locator(".jp-OutputArea-output")

    def answer(self, exercise: str, source: str) -> Locator:
        """Write an answer, run it, and check it."""
        self.write(exercise, source)
        self.run(exercise)
        return self.check(exercise)

    def run_all(self) -> None:
        """Kernel > Restart Kernel and Run All Cells…, and wait for the last cell; none may raise an error."""
        self.page.evaluate("jupyterapp.commands.execute('notebook:clear-all-cell-outputs')")
        self.page.get_by_role("menuitem", name="Kernel", exact=True).click()
        self.page.get_by_role("menuitem", name="Restart Kernel and Run All Cells…").click()
        self.page.get_by_role("dialog").get_by_role("button", name="Confirm Kernel Restart").click()
        self.page.wait_for_function(
            f"{KERNEL_IS_IDLE} && ({LAST_HAS_RUN} || {ERRORS}.length)".replace("\n", " "), timeout=60_000
        )
        errors = self.page.evaluate(ERRORS.strip())
        assert not errors, errors

    def save(self) -> None:
        """With the keyboard; nothing is left unsaved."""
        self.page.keyboard.press("Control+S")
        self.page.wait_for_function("!jupyterapp.shell.currentWidget.context.model.dirty")

    def theme(self, name: str) -> None:
        """Change to one of THEMES."""
        self.page.evaluate(
            "theme => jupyterapp.commands.execute('apputils:change-theme', {theme})", THEMES[name]
        )
        expect(self.page.locator("body")).to_have_attribute("data-jp-theme-name", THEMES[name])

    def validate(self) -> str:
        """What nbgrader's button says."""
        self.page.locator(".jp-NotebookPanel-toolbar").get_by_role("button", name="Validate").click()
        dialog = self.page.get_by_role("dialog").filter(has_text="Validation Results")
        said = dialog.inner_text(timeout=60_000)
        dialog.get_by_role("button", name="Ok").click()
        expect(dialog).to_have_count(0)
        return said
