"""The staff side of BNLab: releases, grading, reports."""

__version__ = "0.1.0"
