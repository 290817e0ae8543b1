"""The visible checks of the notebooks: type → shape → invariant → value, the first failure in one sentence.

A notebook writes ``check("batchnorm_backward", batchnorm_backward, batchnorm_forward=batchnorm_forward)``.
Most checks call nothing but the exercise; a backward pass also needs the forward pass that filled its cache:

============================ =========================
exercise                     helpers
============================ =========================
batchnorm_backward_steps     batchnorm_forward_steps
batchnorm_backward           batchnorm_forward
batchnorm_backward_alt       batchnorm_forward
spatial_batchnorm_backward   spatial_batchnorm_forward
layernorm_backward           layernorm_forward
spatial_groupnorm_backward   spatial_groupnorm_forward
TestBatchNorm                batchnorm_forward, batchnorm_backward,
                             spatial_batchnorm_forward,
                             spatial_batchnorm_backward
every other one              none
============================ =========================

``HELPERS`` is this table. A missing helper is a TypeError, one that is not needed is ignored.

No module here computes an answer. Checks use what is true of every right solution (moments of the output,
exact identities, gradients against the student's own forward pass) and a few tables worked out by hand.
"""

from __future__ import annotations

from bnlab.checks import (
    stage00_warmup,
    stage01_forward,
    stage02_train_test,
    stage03_backward,
    stage04_spatial,
    stage05_networks,
    stage06_covariate_shift,
    stage07_landscape,
    stage08_bug_clinic,
)
from bnlab.checks.exercise import EXERCISES
from bnlab.checks.report import CheckFailed, Report
from bnlab.checks.run import check, observers, run

__all__ = ["HELPERS", "STAGE_MODULES", "CheckFailed", "Report", "check", "observers", "run"]

STAGE_MODULES = (
    stage00_warmup,
    stage01_forward,
    stage02_train_test,
    stage03_backward,
    stage04_spatial,
    stage05_networks,
    stage06_covariate_shift,
    stage07_landscape,
    stage08_bug_clinic,
)
HELPERS: dict[str, tuple[str, ...]] = {name: exercise.helpers for name, exercise in EXERCISES.items()}
