"""The page as a file: nothing in it acts but its own script, and what it links to exists."""

import re
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest
from bnlab_autograder.curriculum import STAGES
from bnlab_autograder.demo.results import class_of
from bnlab_autograder.report.class_report.gather import anonymous
from bnlab_autograder.report.class_report.page import Places, number, percent, render, signed, write
from bnlab_autograder.report.class_report.report import make
from bnlab_autograder.workspace import Workspace

from .made_up import case, exercise, marks, stage_of, submission

HOSTILE = "</script></pre><img src=x onerror=alert(1)><script>alert(2)</script>\"'&"
VOID = {"meta", "br", "img", "link", "input", "hr"}


class Page(HTMLParser):
    """What a browser makes of a page, as far as tests ask."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.headings, self.unclosed = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.unclosed.append(tag)

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def page_of(stages, report=None, places=None, **more):
    return render(report or make("bn", stages, **more), stages, places)


@pytest.fixture(scope="module")
def nowhere(tmp_path_factory):
    return Places(tmp_path_factory.mktemp("page") / "page.html", None)


@pytest.fixture(scope="module")
def stages():
    return class_of(60, STAGES[1:3], seed=5)


@pytest.fixture(scope="module")
def whole(stages, nowhere):
    return page_of(stages, places=nowhere, earlier=make("then", class_of(50, STAGES[2:4], seed=6)))


@pytest.fixture(scope="module")
def alone(stages, nowhere):
    return page_of(stages[:1], places=nowhere)


def test_what_students_write_is_only_text(nowhere):
    message = f"Look. It raised ValueError: {HOSTILE}."
    students = [
        submission(
            f"{HOSTILE}{k}",
            exercise("f", [case("a", False, message=message)]),
            findings=[("stopped", HOSTILE)],
            answers={
                "f": HOSTILE
                + "\nx = np.sum(y, axis=0) + np.mean(z) ** 2 - w[0] * q.T @ r - t / 3 + u % 4" * 3
            },
            reasons=(HOSTILE,),
            first={"f": 1.0},
        )
        for k in range(2)
    ]
    others = [
        submission(f"s{k}", marks("f", "+"), seconds=99.0 * (k == 0) + 1, answers={"f": f"return {k} + 1"})
        for k in range(40)
    ]
    stages = [stage_of([*students, *others])]
    report = make(HOSTILE, stages, earlier=make(HOSTILE, stages))
    assert report["stages"][0]["alike"]["groups"]  # so that their code is shown there, too
    text = page_of(stages, report, nowhere)
    page = Page(text)
    assert text.count("alert(1)") > 10
    assert len(page.all("script")) == 1
    assert not page.all("img")
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
    assert not page.open
    assert not page.unclosed
    assert "alert" not in text[text.rindex("<script>") :]


def test_the_page_needs_nothing_from_elsewhere(whole):
    page = Page(whole)
    assert not re.search(r"(?:src|href)=.?(?:https?:)?//", whole)
    assert not page.all("link")
    assert not page.all("img")
    assert "@import" not in whole
    assert "url(http" not in whole
    (policy,) = (m["content"] for m in page.all("meta") if m.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy.replace("style-src 'unsafe-inline'", "")


@pytest.mark.parametrize("name", ["whole", "alone"])
def test_the_page_is_well_formed_and_in_order(name, request):
    page = Page(request.getfixturevalue(name))
    assert not page.unclosed
    assert not page.open
    assert page.headings[0] == 1
    assert page.headings.count(1) == 1
    assert all(b <= a + 1 for a, b in zip(page.headings, page.headings[1:], strict=False))
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    inner = [a["href"][1:] for a in page.all("a") if a["href"].startswith("#")]
    assert inner
    assert set(inner) <= set(ids)


@pytest.mark.parametrize("name", ["whole", "alone"])
def test_pictures_have_words_and_tables_captions(name, request):
    page = Page(request.getfixturevalue(name))
    assert page.all("svg")
    assert all(len(svg["aria-label"]) > 40 and svg["role"] == "img" for svg in page.all("svg"))
    assert len(page.all("caption")) == len(page.all("table"))
    assert all(th.get("scope") in ("col", "row") for th in page.all("th"))


def test_the_lecture_names_mistakes_and_links_to_them(alone, stages, nowhere):
    first = make("bn", stages[:1])["stages"][0]["mistakes"][0]
    lecture = alone[alone.index('class="lecture"') :][:3000]
    assert f'<a href="#01_forward-{first["mistake"]}">{first["title"]}</a> ({first["count"]} of' in lecture


def test_links_lead_from_the_page_to_the_notebooks(tmp_path):
    workspace, _ = Workspace.create(tmp_path / "a course", course_id="bn")
    student = "lovelace, ada"
    for place in ("submitted", "autograded"):
        folder = workspace.root / place / student / "02_train_test"
        folder.mkdir(parents=True)
        (folder / "02_train_test.ipynb").write_text("{}")
    stages = [stage_of([submission(student, marks("f", "+-"), answers={"f": "return x"})])]
    path = workspace.root / "reports" / "page.html"
    text = page_of(stages, places=Places(path, workspace))
    write(path, text)
    links = [a["href"] for a in Page(text).all("a") if a["href"].endswith(".ipynb")]
    assert len(set(links)) == 2
    assert all((path.parent / unquote(link)).is_file() for link in links)
    assert "bnlab mutant draft 02_train_test --student &#39;lovelace, ada&#39; --exercise f" in text


def test_an_anonymous_page_has_no_links_commands_or_names(tmp_path):
    one = submission(
        "ada", marks("f", "+-"), answers={"f": "# Ada\nreturn x"}, findings=[("stopped", "ada's cell")]
    )
    hidden = anonymous([stage_of([one])], b"secret")
    text = page_of(hidden, make("bn", hidden, hide_names=True), Places(tmp_path / "page.html", None))
    assert not re.search(r"\bada\b", text, re.IGNORECASE)
    assert "mutant draft" not in text
    assert ".ipynb" not in text


def test_a_class_of_nobody_has_a_page(nowhere):
    page_of([stage_of([], submitted=["ada"])], places=nowhere)
    page_of(
        [stage_of([submission("ada", marks("f", "-", begun=False), status="unreadable")])], places=nowhere
    )


def test_the_page_is_for_its_owner_only(tmp_path):
    path = tmp_path / "reports" / "page.html"
    write(path, "first")
    write(path, "second")
    assert path.read_text() == "second"
    assert path.stat().st_mode & 0o077 == 0
    assert [p.name for p in path.parent.iterdir()] == ["page.html"]


def test_numbers_as_people_read_them():
    assert [number(v) for v in (2.0, 0.5, -0.25, None, 13.333, 100)] == [
        "2",
        "0.5",
        "−0.25",
        "–",
        "13.33",
        "100",
    ]
    assert number(100, 0) == "100"
    assert [percent(v) for v in (0.333, None)] == ["33\xa0%", "–"]
    assert [signed(v) for v in (0.1, -0.1, 0.001, -0.001, None)] == ["+10", "−10", "0", "0", "–"]
