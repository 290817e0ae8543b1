"""The table of claims: complete, leading somewhere, and measured."""

from __future__ import annotations

import json
import re

import pytest
import typer
from bnlab_autograder import schemas
from bnlab_autograder.assets import assets
from bnlab_autograder.cli import claims
from bnlab_autograder.figures import registry
from bnlab_autograder.figures.claims import CLAIMS, figures_needed
from jsonschema import validate
from typer.testing import CliRunner

pytestmark = pytest.mark.xdist_group("claims")
MEASURED_HERE = [claim for claim in CLAIMS if claim.measure]


def test_there_are_twenty_claims_and_each_is_measured():
    assert sorted(claim.number for claim in CLAIMS) == list(range(1, 21))
    assert all(claim.measure or claim.figures for claim in CLAIMS if claim.number != 20)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: str(claim.number))
def test_a_claim_leads_to_a_heading_of_a_notebook_and_to_figures(claim):
    stage, _, heading = claim.shown.partition(": ")
    source = (assets().assignments / stage / f"{stage}.md").read_text(encoding="utf-8")
    assert heading in re.findall("^#+ +(.+?) *$", source, re.MULTILINE)
    assert set(claim.figures) <= set(registry())


@pytest.mark.parametrize("claim", MEASURED_HERE, ids=lambda claim: str(claim.number))
def test_a_measurement_gives_its_sentence_every_number(claim):
    assert "{" not in claim.says.format_map(claim.measure())


def test_what_comes_out_is_what_the_table_claims():
    """The numbers behind the sentences, with margin."""
    numbers = {claim.number: claim.measure() for claim in MEASURED_HERE}
    assert numbers[1]["undecided"] > 5
    assert 40 < numbers[1]["least_active"] < numbers[1]["most_active"] < 60
    assert numbers[2]["channel"] < 1e-12 < 1 < numbers[2]["pixel"]
    assert numbers[3]["gap"] < 1e-3
    assert numbers[3]["bias"] < 1e-10 < 1 < numbers[3]["without"]
    assert numbers[4]["right"] < 1e-12 < 1 < numbers[4]["wrong"]
    assert numbers[5]["near"] < 5 < 30 < numbers[5]["gaussian"]
    assert 4 < numbers[6]["beyond"] < 5.2
    assert numbers[9]["alone"] == 0
    assert numbers[9]["layer"] < 1e-12
    assert numbers[11]["near"] < 60
    assert numbers[12]["bn"] < 1e-3 < 1 < numbers[12]["high"] - numbers[12]["low"]
    assert numbers[13]["gap"] < 1e-12 < 0.5 < numbers[13]["largest"]
    assert numbers[17]["gap"] < 1e-12
    assert numbers[17]["least"] < 1 < numbers[17]["most"]


def test_bnlab_claims(tmp_path):
    app = typer.Typer()
    claims.register(app)
    page = tmp_path / "claims.md"
    done = CliRunner().invoke(app, ["--json", "--setting", "tiny", "--out", str(page)])
    assert done.exit_code == 0, done.output
    table = json.loads(done.stdout)
    validate(table, schemas.load("claims"))
    assert [one["number"] for one in table["claims"]] == list(range(1, 21))
    text = page.read_text(encoding="utf-8")
    assert all(f"`bnlab figure {name}`" in text for name in figures_needed())
    assert all(one["came_out"] in text for one in table["claims"])
