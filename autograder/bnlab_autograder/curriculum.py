"""Which stages there are, and which functions each asks for. Points stand in the hidden cases' points files."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Stage:
    """One notebook of the course."""

    name: str
    title: str
    module: str  # the module of bnlab_solutions that holds this stage's functions
    points: float  # automatic points; hand-graded ones come on top
    exercises: tuple[str, ...]
    given: tuple[str, ...] = ()  # functions of the module that students of this stage receive ready-made


STAGES: tuple[Stage, ...] = (
    Stage("00_warmup", "Warm-up", "warmup", 4, ("standardize", "relative_error", "numerical_gradient")),
    Stage("01_forward", "Normalising a batch", "forward", 12, ("batch_statistics", "batchnorm_train")),
    Stage(
        "02_train_test",
        "Training and testing",
        "train_test",
        14,
        ("update_running", "batchnorm_forward", "fold_batchnorm", "recalibrate"),
    ),
    Stage(
        "03_backward",
        "The backward pass",
        "backward",
        20,
        (
            "batchnorm_backward_steps",
            "batchnorm_backward",
            "batchnorm_backward_alt",
            "batchnorm_backward_test",
            "project_out",
        ),
        given=("batchnorm_forward_steps",),
    ),
    Stage(
        "04_spatial",
        "Images, and the relatives of BN",
        "spatial",
        16,
        (
            "spatial_batchnorm_forward",
            "spatial_batchnorm_backward",
            "layernorm_forward",
            "layernorm_backward",
            "spatial_groupnorm_forward",
            "spatial_groupnorm_backward",
        ),
    ),
    Stage("05_networks", "Networks", "networks", 10, ("BatchNorm",)),
    Stage(
        "06_covariate_shift",
        "Internal covariate shift?",
        "covariate_shift",
        12,
        ("activation_moments", "noisy_batchnorm", "internal_covariate_shift"),
    ),
    Stage(
        "07_landscape",
        "The landscape of the loss",
        "landscape",
        12,
        (
            "loss_along_gradient",
            "gradient_predictiveness",
            "effective_smoothness",
            "lp_normalize",
            "theorem_4_1_sides",
        ),
        given=("lp_normalize_backward",),
    ),
    Stage("08_bug_clinic", "The bug clinic", "bug_clinic", 10, ("TestBatchNorm",)),
)
BY_NAME = {stage.name: stage for stage in STAGES}
STAGE_OF = {exercise: stage for stage in STAGES for exercise in stage.exercises}


def stage_named(name: str) -> Stage:
    """The stage called ``name``; a unique prefix such as ``02`` will do. Raises LookupError with what there is."""
    found = [s for s in STAGES if s.name == name] or [s for s in STAGES if s.name.startswith(name)]
    if len(found) != 1:
        raise LookupError(f"there is no stage {name!r}; the stages are: {', '.join(BY_NAME)}")
    return found[0]


def earlier_than(stage: Stage) -> tuple[Stage, ...]:
    """The stages before ``stage``, in order."""
    return STAGES[: STAGES.index(stage)]
