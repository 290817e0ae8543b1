"""One warm zygote per tier for all tests of the sandbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from bnlab_autograder.sandbox import Session, Zygote, probe

WALLS = probe()
HOLDING = {"A": ["A", "B"], "B": ["B"], "C": []}[WALLS.tier]


@pytest.fixture(scope="session", params=["A", "B"])
def zygote(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zygote]:
    if request.param not in HOLDING:
        pytest.skip(f"tier {request.param} does not hold here: {' '.join(WALLS.reasons)}")
    with Zygote(request.param, environment={"BNLAB_GRADED": "1"}) as zygote:
        yield zygote


@pytest.fixture(scope="session")
def best_zygote(request: pytest.FixtureRequest) -> Iterator[Zygote]:
    """For what does not depend on the walls."""
    if not HOLDING:
        pytest.skip("no walls hold here")
    with Zygote() as zygote:
        yield zygote


@pytest.fixture
def session(zygote: Zygote) -> Iterator[Session]:
    with zygote.spawn() as session:
        yield session


@pytest.fixture
def printed(session: Session) -> Callable[[str], str]:
    """Runs a cell that must succeed, and returns what it printed."""

    def run(source: str) -> str:
        result = session.run_cell(source)
        assert result.ok, result.outputs
        return "".join(
            output["text"] for output in result.outputs if output["output_type"] == "stream"
        ).strip()

    return run
