"""How a report looks: HTML in Jupyter, text elsewhere, and one line in place of a traceback."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from html.parser import HTMLParser

import bnlab_solutions
import nbformat
import pytest
from bnlab.checks import CheckFailed, Report, check, run
from bnlab.checks.panel import WIDTH, Panel
from bnlab.checks.report import FAILED, PASSED, SKIPPED, Item, Mistake
from nbclient import NotebookClient

NASTY = '<script>alert("x")</script> & <b>bold</b>'


def nasty(x):
    raise ValueError(NASTY)


def reports() -> list[Report]:
    def stub(x):
        raise NotImplementedError

    def chatty(x):
        print("!")
        return [v[None] for v in bnlab_solutions.batch_statistics(x)]

    found = [
        run("batch_statistics", f)
        for f in (bnlab_solutions.batch_statistics, nasty, stub, chatty, lambda x: (x, x))
    ]
    return [*found, named(found[-1])]


def named(report: Report, **changed: str) -> Report:
    """The report as it is where the mistake is known."""
    fields = {
        "name": "std-for-variance",
        "title": "The standard deviation for the variance",
        "message": "You return the root of what is asked for. Look at the units of your result.",
        "link": "mistakes.md#std-for-variance",
    }
    return replace(report, mistake=Mistake(**fields | changed))


class Balance(HTMLParser):
    """Every tag that opens is closed, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list) -> None:
        self.seen.add(tag)
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("report", reports())
def test_html_is_whole_and_quiet(report: Report) -> None:
    parser = Balance()
    parser.feed(Panel(report)._repr_html_())
    assert not parser.open
    assert parser.seen <= {"div", "span", "code", "strong", "br", "details", "summary", "ul", "li", "em", "a"}


def test_html_is_escaped() -> None:
    shown = Panel(run("batch_statistics", nasty))._repr_html_()
    assert "<script>" not in shown
    assert "<b>" not in shown
    assert "&lt;script&gt;" in shown
    report = Report(
        "<i>", "00", (Item("value", "<u>", FAILED, "<s>"), Item("value", "<q>", SKIPPED)), ("<a>",), ("<p>",)
    )
    assert not re.search(r"<(i|u|s|q|a|p)>", Panel(report)._repr_html_())


def test_colours_follow_the_theme_and_are_never_alone() -> None:
    for report in reports():
        shown = Panel(report)._repr_html_()
        for colour in re.findall(r"color:([^;\"]+)", shown):
            assert colour.startswith("var(--jp-") or colour in ("inherit", "transparent"), colour
        marks = re.findall(r'<span aria-hidden="true" style="color[^>]*>(.)</span> *<(?:code|strong)', shown)
        assert set(marks) <= set("✓✗·")
        assert 'aria-label="Checks of batch_statistics"' in shown


def test_text_and_html_say_the_same() -> None:
    for report in reports():
        bundle = Panel(report)._repr_mimebundle_()
        assert set(bundle) == {"text/plain", "text/html"}
        assert bundle["text/plain"] == str(Panel(report)) == repr(Panel(report))
        plain = re.sub(r"\s+", " ", bundle["text/plain"])
        said = [*report.notes, *report.topics]
        said += [report.failure.text] if report.failure is not None and not report.unimplemented else []
        for text in said:
            assert text in plain
        assert all(len(line) <= WIDTH for line in bundle["text/plain"].splitlines())


def test_what_a_panel_shows() -> None:
    passed, failed, unbegun, noted, *_ = (str(Panel(report)) for report in reports())
    assert re.match(r"✓ batch_statistics: all \d+ checks passed\n  ✓ ", passed)
    assert "The hidden cases look at: shapes, N ≠ D; a constant feature;" in passed
    assert re.match(r"✗ batch_statistics: to fix \(0 of \d+ checks passed\)\n  ✗ the call", failed)
    assert "more checks not run yet" in failed
    assert unbegun.startswith("· batch_statistics: not implemented yet\n  The hidden cases")
    assert noted.count("Note:") == 2


def test_a_known_mistake_has_its_name_and_a_folded_hint() -> None:
    *_, unknown, known = reports()
    bundle = Panel(known)._repr_mimebundle_()
    plain = re.sub(r"\s+", " ", bundle["text/plain"])
    assert (
        "Looks like: The standard deviation for the variance. You return the root of what is asked for. "
        "Look at the units of your result. See mistakes.md#std-for-variance" in plain
    )
    folded = re.search(
        r"<details><summary[^>]*>What that is[^<]*</summary>(.*?)</details>", bundle["text/html"]
    )
    assert known.mistake.message in folded[1]
    assert 'href="mistakes.md#std-for-variance"' in folded[1]
    assert known.mistake.title in bundle["text/html"].replace(folded[0], "")
    assert "Looks like" not in str(Panel(unknown)) + Panel(unknown)._repr_html_()
    shown = Panel(named(unknown, title="<i>", message="<u>", link='m"<s>'))._repr_html_()
    assert not re.search("<[ius]>", shown)
    assert "m&quot;&lt;s&gt;" in shown


def test_a_report_survives_json() -> None:
    for report in reports():
        assert Report.from_dict(json.loads(json.dumps(report.to_dict()))) == report


def test_outside_jupyter_text_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    check("batch_statistics", bnlab_solutions.batch_statistics)
    assert capsys.readouterr().out.startswith("✓ batch_statistics: all")
    with pytest.raises(
        CheckFailed, match="batch_statistics: the call, and the type of the result: "
    ) as caught:
        check("batch_statistics", nasty)
    assert capsys.readouterr().out.startswith("✗ batch_statistics")
    assert caught.value._render_traceback_() == [
        "batch_statistics is not there yet; first to mend: the call, and the type of the result."
    ]


def test_a_console_without_symbols_still_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    class Ascii:
        written = ""

        def write(self, text: str) -> None:
            text.encode("ascii")
            self.written += text

    console = Ascii()
    monkeypatch.setattr(sys, "stdout", console)
    check("batch_statistics", bnlab_solutions.batch_statistics)
    assert "batch_statistics: all" in console.written


def test_in_jupyter_a_failure_is_a_panel_and_one_line() -> None:
    cells = [
        "from bnlab import check\ndef batch_statistics(x):\n    return x.mean(axis=0), x.std(axis=0)",
        "check('batch_statistics', batch_statistics)",
        "def batch_statistics(x):\n    raise NotImplementedError()",
        "check('batch_statistics', batch_statistics)",
        "def batch_statistics(x):\n    mean = x.mean(0)\n    return mean, x.nothing",
        "check('batch_statistics', batch_statistics)",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, allow_errors=True, timeout=60, kernel_name="python3").execute()
    for cell in notebook.cells[1::2]:
        panel, error = cell.outputs
        assert panel.output_type == "display_data"
        assert panel.data["text/html"].startswith('<div role="group"')
        assert panel.data["text/plain"][0] in "✗·"
        assert error.ename == "CheckFailed"
        assert len(error.traceback) == 1
        assert "Traceback" not in error.traceback[0]
        assert len(error.traceback[0]) < 120
    assert "(line 3: return mean, x.nothing)" in re.sub(
        r"\s+", " ", notebook.cells[5].outputs[0].data["text/plain"]
    )


def test_counts_add_up() -> None:
    for report in reports():
        assert sum(report.count(state) for state in (PASSED, FAILED, SKIPPED)) == len(report.items)
