"""What students have written, as it may be shown."""

import re
from html.parser import HTMLParser

import pytest
from bnlab_autograder.grading.harmless import clean_html, clean_markdown, sized_by_numbers
from bnlab_autograder.grading.panel import html
from bnlab_autograder.grading.score import CaseScore, ExerciseScore


@pytest.mark.parametrize(
    "attack",
    [
        "<script>evil()</script>",
        "<SCRIPT src=//evil>",
        "<img src=x onerror=evil()>",
        "<svg><script>evil()</script></svg>",
        "<svg onload=evil()>",
        "<a href='javascript:evil()'>here</a>",
        "<a href=' jav\tascript:evil()'>here</a>",
        "<a href='data:text/html,<script>evil()</script>'>here</a>",
        "<iframe src='javascript:evil()'></iframe>",
        "<form action=evil><button>here</button></form>",
        "<style>body { background: url(javascript:evil()) }</style>",
        "<div style='background:url(javascript:evil())'></div>",
        "<style><style></style>@import 'evil'</style>",
        "<math><mi//xlink:href='data:x,<script>evil()</script>'>",
        "<noscript><p title='</noscript><img src=x onerror=evil()>'>",
    ],
)
def test_scripts_become_text_or_nothing(attack):
    page = Alive()
    page.feed(clean_html(attack))
    assert not page.tags & {"script", "iframe", "form", "button", "style", "math", "noscript"}
    assert not [name for name in page.attributes if name.startswith("on")]
    for value in page.attributes.values():
        assert (
            not re.search(r"evil\(|javascript|^data:text", value or "", re.IGNORECASE)
            or "title" in page.attributes
        )


class Alive(HTMLParser):
    """The tags and attributes that a browser would see."""

    def __init__(self):
        super().__init__()
        self.tags, self.attributes = set(), {}

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes |= dict(attributes)


def test_ordinary_pages_stay_as_they_are():
    for page in (
        '<table class="dataframe"><tbody><tr><td style="color: red;" colspan="2">1</td></tr></tbody></table>',
        '<img src="data:image/png;base64,AAAA" width="10">',
        "<p>$a &lt; b$ <em>and</em> <a href=\"https://example.org\">more</a></p>",
        "<ol><li>one</li></ol><h2>two</h2><details><summary>three</summary></details>",
    ):  # fmt: skip
        assert clean_html(page) == page
    assert clean_html("<style scoped>.dataframe { color: red }</style><b>1</b>") == "<b>1</b>"


def test_links_to_files_that_are_not_beside_the_page_become_text():
    assert clean_html('<a href="mistakes.md#eps">mistakes.md#eps</a>') == "<a>mistakes.md#eps</a>"
    assert 'href="#top"' in clean_html('<a href="#top">up</a>')


@pytest.mark.parametrize("margin", ["margin-top: -90px", "margin: 0 -2em", "MARGIN-TOP: calc(0px - 90px)"])
def test_nothing_can_be_pulled_over_what_stands_before_it(margin):
    shown = clean_html(f'<div style="color: red; {margin}; padding: 1px">8 of 8</div>')
    assert "margin" not in shown.lower()
    assert "color: red" in shown
    assert "padding: 1px" in shown


def test_markdown_is_as_harmless_as_html():
    source = (
        "# Title\n\n*why* $a < b$ <script>evil()</script> <img src=x onerror='evil()'> [x](javascript:evil())"
    )
    page = Alive()
    page.feed(clean_markdown({}, source))
    assert {"h1", "em", "img"} <= page.tags
    assert "script" not in page.tags
    assert "evil" not in str(page.attributes)
    assert "$a &lt; b$" in clean_markdown({}, source)


def test_a_size_is_a_number():
    sizes = {
        "width": "1 onerror=evil()",
        "image/png": {"width": "1 onerror=evil()", "height": 20},
        "other": "x",
    }
    output = {"output_type": "display_data", "data": {}, "metadata": sizes}
    assert sized_by_numbers(output)["metadata"] == {"image/png": {"height": 20}, "other": "x"}
    assert sized_by_numbers({"output_type": "stream", "text": "x"}) == {"output_type": "stream", "text": "x"}


def test_our_own_panel_keeps_its_look():
    cases = [CaseScore("eps", False, 0.0, 1.0, "Look at <eps>."), CaseScore("axis", True, 2.0, 2.0, "")]
    panel = html(ExerciseScore("batchnorm_train", 2.0, 3.0, "partial", cases))
    shown = clean_html(panel)
    assert "&lt;eps&gt;" in shown
    assert shown.count("style=") == panel.count("style=")
    for look in ("border-left:4px solid", "max-width:60em", "<details>", "font-weight:bold"):
        assert look in shown
