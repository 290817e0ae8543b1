"""The reference solutions of BNLab: a module per stage, and the only place where answers are written."""

from bnlab_solutions.backward import (
    batchnorm_backward,
    batchnorm_backward_alt,
    batchnorm_backward_steps,
    batchnorm_backward_test,
    batchnorm_forward_steps,
    project_out,
)
from bnlab_solutions.forward import batch_statistics, batchnorm_train
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
    "batch_statistics",
    "batchnorm_backward",
    "batchnorm_backward_alt",
    "batchnorm_backward_steps",
    "batchnorm_backward_test",
    "batchnorm_forward",
    "batchnorm_forward_steps",
    "batchnorm_train",
    "fold_batchnorm",
    "layernorm_backward",
    "layernorm_forward",
    "numerical_gradient",
    "project_out",
    "recalibrate",
    "relative_error",
    "spatial_batchnorm_backward",
    "spatial_batchnorm_forward",
    "spatial_groupnorm_backward",
    "spatial_groupnorm_forward",
    "standardize",
    "update_running",
]
