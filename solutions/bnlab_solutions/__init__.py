"""The reference solutions of BNLab: a module per stage, and the only place where answers are written."""

from bnlab_solutions.backward import (
    batchnorm_backward,
    batchnorm_backward_alt,
    batchnorm_backward_steps,
    batchnorm_backward_test,
    batchnorm_forward_steps,
    project_out,
)
from bnlab_solutions.bug_clinic import TestBatchNorm
from bnlab_solutions.covariate_shift import activation_moments, internal_covariate_shift, noisy_batchnorm
from bnlab_solutions.forward import batch_statistics, batchnorm_train
from bnlab_solutions.landscape import (
    effective_smoothness,
    gradient_predictiveness,
    loss_along_gradient,
    lp_normalize,
    lp_normalize_backward,
    theorem_4_1_sides,
)
from bnlab_solutions.networks import BatchNorm
from bnlab_solutions.spatial import (
    layernorm_backward,
    layernorm_forward,
    spatial_batchnorm_backward,
    spatial_batchnorm_forward,
    spatial_groupnorm_backward,
    spatial_groupnorm_forward,
)
from bnlab_solutions.train_test import batchnorm_forward, fold_batchnorm, recalibrate, update_running
from bnlab_solutions.warmup import numerical_gradient, relative_error, standardize

__all__ = [
    "BatchNorm",
    "TestBatchNorm",
    "activation_moments",
    "batch_statistics",
    "batchnorm_backward",
    "batchnorm_backward_alt",
    "batchnorm_backward_steps",
    "batchnorm_backward_test",
    "batchnorm_forward",
    "batchnorm_forward_steps",
    "batchnorm_train",
    "effective_smoothness",
    "fold_batchnorm",
    "gradient_predictiveness",
    "internal_covariate_shift",
    "layernorm_backward",
    "layernorm_forward",
    "loss_along_gradient",
    "lp_normalize",
    "lp_normalize_backward",
    "noisy_batchnorm",
    "numerical_gradient",
    "project_out",
    "recalibrate",
    "relative_error",
    "spatial_batchnorm_backward",
    "spatial_batchnorm_forward",
    "spatial_groupnorm_backward",
    "spatial_groupnorm_forward",
    "standardize",
    "theorem_4_1_sides",
    "update_running",
]
