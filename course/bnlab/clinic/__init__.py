"""The bug clinic of stage 08: runs tests of batch normalisation on implementations of which some are broken."""

from bnlab.clinic.board import Board, practise
from bnlab.clinic.implementation import FUNCTIONS, Implementation, served
from bnlab.clinic.samples import SAMPLES
from bnlab.clinic.styles import STYLES
from bnlab.clinic.suite import run_tests

__all__ = ["FUNCTIONS", "SAMPLES", "STYLES", "Board", "Implementation", "practise", "run_tests", "served"]
