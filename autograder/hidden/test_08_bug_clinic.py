"""Hidden cases of stage 08: a bug each, that the student's tests should find. See ``clinic``."""

from __future__ import annotations

from bnlab_autograder.grading.cases import case
from clinic import expect_found

# Mutants of the bank, by case. Names of cases and topics are shown to students, those of mutants are not.
BUGS = {
    "eps_1": "forward_eps_outside_root",
    "eps_2": "forward_eps_omitted_in_test",
    "eps_3": "backward_eps_missing_in_dgamma",
    "train_mode_1": "forward_divides_by_variance",
    "train_mode_2": "forward_ddof_one",
    "train_mode_3": "forward_squares",
    "running_statistics_1": "forward_buffers_overwritten",
    "running_statistics_2": "forward_averages_std",
    "running_statistics_3": "forward_unbiased_buffer",
    "running_statistics_4": "forward_running_var_starts_at_one",
    "test_mode_1": "forward_parenthesis_in_test",
    "test_mode_2": "forward_buffers_updated_after_test",
    "backward_1": "backward_statistics_constant",
    "backward_2": "backward_variance_constant",
    "backward_3": "backward_gamma_twice",
    "arguments_1": "backward_scales_upstream_in_place",
    "arguments_2": "forward_unknown_mode",
    "images_1": "spatial_forward_not_moved_back",
    "images_2": "spatial_forward_per_pixel",
    "images_3": "spatial_backward_channels_not_moved",
}
TOPICS = {bug: name.rpartition("_")[0].replace("_", " ") for name, bug in BUGS.items()}


def find(student, rng, name):
    expect_found(student, rng, TOPICS, BUGS[name])


@case(
    topic="eps",
    says="A bug in how eps enters survived your tests. Compare the output with one that you have worked out, for an "
    "eps that is as large as the variance.",
)
def test_TestBatchNorm__eps_1(student, reference, rng):
    find(student, rng, "eps_1")


@case(
    topic="eps",
    says="A bug in eps survived that shows in one mode only. Try a large eps in each mode.",
)
def test_TestBatchNorm__eps_2(student, reference, rng):
    find(student, rng, "eps_2")


@case(
    topic="eps",
    says="A bug in eps survived that shows in the backward pass only. Check all three gradients with a large eps.",
)
def test_TestBatchNorm__eps_3(student, reference, rng):
    find(student, rng, "eps_3")


@case(
    topic="train mode",
    says="A gross bug in the output of train mode survived. Try features whose standard deviations are far from one.",
)
def test_TestBatchNorm__train_mode_1(student, reference, rng):
    find(student, rng, "train_mode_1")


@case(
    topic="train mode",
    says="A bug in the statistics of train mode survived that fades as batches grow. Try a small batch, and compare "
    "to many digits.",
)
def test_TestBatchNorm__train_mode_2(student, reference, rng):
    find(student, rng, "train_mode_2")


@case(
    topic="train mode",
    says="A bug survived that costs digits when the mean is far larger than the spread. Try an offset of a million.",
)
def test_TestBatchNorm__train_mode_3(student, reference, rng):
    find(student, rng, "train_mode_3")


@case(
    topic="running statistics",
    says="A bug in the running statistics survived. Start from buffers that hold something, and work out by hand what "
    "they should hold after one step.",
)
def test_TestBatchNorm__running_statistics_1(student, reference, rng):
    find(student, rng, "running_statistics_1")


@case(
    topic="running statistics",
    says="A bug in what the running variance averages survived. Start from a variance that is neither 0 nor 1, and "
    "compare after one step.",
)
def test_TestBatchNorm__running_statistics_2(student, reference, rng):
    find(student, rng, "running_statistics_2")


@case(
    topic="running statistics",
    says="A bug in the running variance survived that fades as batches grow. Try a small batch, and compare to many "
    "digits.",
)
def test_TestBatchNorm__running_statistics_3(student, reference, rng):
    find(student, rng, "running_statistics_3")


@case(
    topic="running statistics",
    says="A bug survived that shows only where no buffers are given. Look at both of them after the first step.",
)
def test_TestBatchNorm__running_statistics_4(student, reference, rng):
    find(student, rng, "running_statistics_4")


@case(
    topic="test mode",
    says="A bug in the output of test mode survived. Try running means and variances, gamma and beta that are all away "
    "from 0 and 1.",
)
def test_TestBatchNorm__test_mode_1(student, reference, rng):
    find(student, rng, "test_mode_1")


@case(
    topic="test mode",
    says="A bug survived in what test mode leaves behind. Look at everything in the parameters after a call, or call "
    "twice.",
)
def test_TestBatchNorm__test_mode_2(student, reference, rng):
    find(student, rng, "test_mode_2")


@case(
    topic="backward",
    says="A gross bug in the backward pass survived. Compare its gradients with differences of the forward pass.",
)
def test_TestBatchNorm__backward_1(student, reference, rng):
    find(student, rng, "backward_1")


@case(
    topic="backward",
    says="A bug in dx survived. Check the gradient with an upstream gradient that is random, since that of a sum ends "
    "in zeros here.",
)
def test_TestBatchNorm__backward_2(student, reference, rng):
    find(student, rng, "backward_2")


@case(
    topic="backward",
    says="A bug in the gradients survived that hides behind convenient parameters. Give every feature a gamma of its "
    "own, a negative one among them.",
)
def test_TestBatchNorm__backward_3(student, reference, rng):
    find(student, rng, "backward_3")


@case(
    topic="arguments",
    says="A bug survived that shows in what a call does to its arguments. Copy every array before each of the four "
    "calls, and compare afterwards.",
)
def test_TestBatchNorm__arguments_1(student, reference, rng):
    find(student, rng, "arguments_1")


@case(
    topic="arguments",
    says="A bug survived that shows when a caller misspells something. Look at what the contract says about errors.",
)
def test_TestBatchNorm__arguments_2(student, reference, rng):
    find(student, rng, "arguments_2")


@case(
    topic="images",
    says="A bug in the output for images survived. Try four axes of different lengths, and compare channel by channel.",
)
def test_TestBatchNorm__images_1(student, reference, rng):
    find(student, rng, "images_1")


@case(
    topic="images",
    says="A bug in the statistics of images survived. Think about which numbers share a mean, and try pictures that "
    "are bright on one side.",
)
def test_TestBatchNorm__images_2(student, reference, rng):
    find(student, rng, "images_2")


@case(
    topic="images",
    says="A bug in the backward pass for images survived. Check its gradients, too, with channels that differ.",
)
def test_TestBatchNorm__images_3(student, reference, rng):
    find(student, rng, "images_3")
