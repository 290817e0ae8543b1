"""A notebook gives the same outputs as with nbclient and a real kernel, but for what is listed here."""

from __future__ import annotations

import os
import re

import nbformat
import pytest
from nbclient import NotebookClient

CELLS = {
    "print": "print('out'); print('more')",
    "both streams": "import sys\nprint('out'); print('err', file=sys.stderr); print('again')",
    "value": "1 + 1",
    "silenced value": "1 + 1;",
    "array": "import numpy as np\nnp.arange(6).reshape(2, 3)",
    "plot": "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([0, 1]);",
    "figure as a value": "fig, ax = plt.subplots(figsize=(2, 2)); ax.plot([1, 2]); plt.close(fig); fig",
    "two plots": "plt.figure(); plt.plot([1]); plt.show(); print('between'); plt.figure(); plt.plot([2]);",
    "rich": "from IPython.display import *\ndisplay(HTML('<b>x</b>'), Markdown('*y*')); Latex('$x$')",
    "representations": "class R:\n def _repr_html_(self): return '<i>r</i>'\n def __repr__(self): return 'R'\nR()",
    "error": "def f(x):\n    return 1 / x\nf(0)",
    "library error": "np.linalg.inv(np.zeros((2, 2)))",
    "syntax error": "def f(:\n    pass",
    "chained error": "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    raise ValueError('new') from e",
    "error after output": "print('before'); raise RuntimeError('after')",
    "exit": "import sys; sys.exit(3)",
    "command": "!echo from the shell; echo to stderr >&2",
    "command's output": "lines = !echo a; echo b\nlines",
    "unknown command": "!no_such_command_here",
    "magic": "%who_ls function",
    "cell magic": "%%capture c\nprint('captured')",
    "captured": "c.stdout",
    "unknown magic": "%no_such_magic",
    "bash": "%%bash\necho in bash",
    "help": "len?",
    "display update": "h = display('first', display_id='d'); h.update('second')",
    "update from afar": "update_display('third', display_id='d')",
    "clear": "from IPython.display import clear_output\nprint('gone'); clear_output(); print('stays')",
    "clear and wait": "for i in range(3):\n    clear_output(wait=True); print(i)",
    "await": "import asyncio\nawait asyncio.sleep(0); 'awaited'",
    "warning": "import warnings; warnings.warn('careful')",
    "progress": "from tqdm import tqdm\nfor i in tqdm(range(2), mininterval=9): pass",
    "carriage return": "for i in range(3): print(f'\\r{i}', end='')",
    "widget": "import ipywidgets; ipywidgets.IntSlider()",
    "history": "Out[3], _, In[3]",
    "input": "input('? ')",
    "logging": "import logging; logging.warning('logged')",
    "json": "JSON({'a': [1, 2]})",
    "svg": "SVG('<svg xmlns=\"http://www.w3.org/2000/svg\"></svg>')",
    "pretty": "{'a': [1] * 40, 'b': (2,) * 40}",
    "empty": "",
    "unicode": "print('γ β σ² — ✓'); 'γ'",
}

OPTIONAL = {"progress": "tqdm", "widget": "ipywidgets"}
DIFFERENT = {
    "input": "the traceback of a kernel's input() has one frame more",
    "widget": "models have random names",
}


@pytest.fixture(scope="module")
def stock():
    """The outputs of one run with nbclient, whose kernel uses the same shell as the sandbox."""
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in CELLS.values()]
    )
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SHELL", "/bin/bash" if os.path.exists("/bin/bash") else "/bin/sh")
        NotebookClient(notebook, allow_errors=True, kernel_name="python3", timeout=60).execute()
    return dict(zip(CELLS, notebook.cells, strict=True))


@pytest.fixture(scope="module")
def ours(best_zygote):
    with best_zygote.spawn() as session:
        return {name: session.run_cell(source) for name, source in CELLS.items()}


def comparable(outputs: list) -> list:
    """Outputs without what differs between any two runs, and with adjacent streams of a kind as one."""
    merged: list = []
    for output in outputs:
        output = dict(output)
        last = merged[-1] if merged else {}
        if output["output_type"] == "stream" and (last.get("output_type"), last.get("name")) == (
            "stream",
            output["name"],
        ):
            last["text"] += output["text"]
        else:
            merged.append(output)
    return [{key: scrub(value) for key, value in output.items()} for output in merged]


def scrub(value):
    if isinstance(value, dict):
        return {key: scrub(item) for key, item in value.items()}
    if isinstance(value, list):
        return [scrub(item) for item in value]
    if not isinstance(value, str):
        return value
    value = re.sub(r"\x1b\[[\d;]*m", "", value)
    value = re.sub(r"(ipykernel_\d+/)?\d{5,}\.py", "N.py", value)
    value = re.sub(r"(File )?/[\w./~-]*site(-packages)?/", "/site/", value)
    value = re.sub(r"~?/[\w./-]*/lib/python3", "/python/lib/python3", value)
    return re.sub(r"\d+\.\d+it/s|\d+:\d+<\d+:\d+|0x[0-9a-f]+", "N", value)


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_gives_what_stock_execution_gives(name, stock, ours):
    if name in OPTIONAL:
        pytest.importorskip(OPTIONAL[name])
    mine, theirs = comparable(ours[name].outputs), comparable(stock[name].outputs)
    if name in DIFFERENT:
        kinds = [sorted(output["output_type"] for output in outputs) for outputs in (mine, theirs)]
        assert kinds[0] == kinds[1]
        return
    assert mine == theirs


def test_cells_are_counted_alike(stock, ours):
    assert [result.execution_count for result in ours.values()] == [
        cell.execution_count for cell in stock.values()
    ]


def test_what_is_printed_past_python_belongs_to_its_cell(session):
    """A kernel notices it only later, and may show it in another cell."""
    result = session.run_cell(
        "import subprocess; subprocess.run(['echo', 'child'])\nimport os; os.write(2, b'raw');"
    )
    assert [(output["name"], output["text"]) for output in result.outputs] == [
        ("stdout", "child\n"),
        ("stderr", "raw"),
    ]


def test_outputs_are_valid(ours):
    cells = [nbformat.v4.new_code_cell("", outputs=result.outputs) for result in ours.values()]
    nbformat.validate(nbformat.from_dict(nbformat.v4.new_notebook(cells=cells)))
