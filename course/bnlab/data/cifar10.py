"""CIFAR-10, downloaded once."""

from __future__ import annotations

import os
import tarfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bnlab.data.dataset import Dataset, DataUnavailable

__all__ = ["ARCHIVE", "FOLDER_VARIABLE", "Archive", "cifar10", "fetch"]

FOLDER_VARIABLE = "BNLAB_DATA"
CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
SHAPE = (3, 32, 32)
TRAIN_FILES = [f"cifar-10-batches-bin/data_batch_{i}.bin" for i in range(1, 6)]
TEST_FILES = ["cifar-10-batches-bin/test_batch.bin"]


@dataclass(frozen=True)
class Archive:
    """A file on a server, known by its checksum, and how many images each file in it holds."""

    url: str
    sha256: str
    images: int = 10_000

    @property
    def name(self):
        return self.url.rsplit("/", 1)[-1]


# The binary version: the one for Python holds pickles, and unpickling runs code.
ARCHIVE = Archive(
    "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
    "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
)


def cifar10(folder=None, train=50_000, test=10_000, archive=ARCHIVE):
    """60,000 photographs of ten classes; the first call downloads 170 MB, later ones need no network.

    Parameters
    ----------
    folder : path, optional
        Where the archive is kept; otherwise the folder that the environment variable BNLAB_DATA names, or the
        user's cache. An archive that lies there is used.
    train, test : int
        The first so many of the images to train on and of those held out; all take 740 MB of memory.
    archive : Archive
        Where it comes from.

    Returns
    -------
    dataset : Dataset
        x: (N, 3, 32, 32) float32, standardised per channel (about −2 to 2.1); y: (N,) int64 in 0 … 9.

    Raises
    ------
    DataUnavailable
        If it cannot be downloaded, or what arrives is not the archive.
    ImportError
        Without Pooch.
    """
    with tarfile.open(fetch(folder, archive)) as file:
        pixels, y_train = records(file, TRAIN_FILES, archive.images, train)
        table = standardising_table(pixels)
        x_train = looked_up(table, pixels)
        pixels, y_test = records(file, TEST_FILES, archive.images, test)
    return Dataset(
        name="CIFAR-10",
        x_train=x_train,
        y_train=y_train,
        x_test=looked_up(table, pixels),
        y_test=y_test,
        source="A. Krizhevsky (2009), Learning Multiple Layers of Features from Tiny Images, "
        "https://www.cs.toronto.edu/~kriz/cifar.html",
        licence="none named; the authors ask to be cited",
        classes=CLASSES,
    )


def fetch(folder=None, archive=ARCHIVE):
    """The path of the archive, downloaded with a progress bar unless it is there; arguments as for ``cifar10``."""
    try:
        import pooch
        import tqdm  # noqa: F401 (Pooch's progress bar)
        from requests.exceptions import RequestException
    except ImportError as problem:
        raise ImportError(
            'CIFAR-10 is downloaded with Pooch, which is not installed: pip install "pooch[progress]"'
        ) from problem
    folder = Path(folder or os.environ.get(FOLDER_VARIABLE) or pooch.os_cache("bnlab")).expanduser()
    downloader = pooch.HTTPDownloader(progressbar=True, chunk_size=2**16)
    try:
        return Path(
            pooch.retrieve(
                archive.url, f"sha256:{archive.sha256}", archive.name, folder, downloader=downloader
            )
        )
    except RequestException as problem:
        raise DataUnavailable(
            f"{archive.name} could not be downloaded ({type(problem).__name__}). Is there a network? You can "
            f"also fetch {archive.url} elsewhere and put it, as it is, into {folder}"
            + _beside(folder, archive)
        ) from problem
    except ValueError as problem:
        if "hash" not in str(problem):
            raise
        raise DataUnavailable(
            f"what came from {archive.url} is not the archive: its checksum is another. Nothing was kept; try "
            "again, and if it happens again, look at what a browser shows there (a page to log in?)"
        ) from problem


def _beside(folder, archive):
    """A remark on a file of that name whose checksum did not fit."""
    there = (folder / archive.name).exists()
    return (
        " (a file of this name lies there, but its checksum is another: it is incomplete?)" if there else ""
    )


def records(file, names, images, count):
    """The first ``count`` images (N, 3, 32, 32) and labels (N,) of some files of the archive.

    A record is a byte for the label, then the bytes of the pixels, channel by channel and row by row.
    """
    if not 0 < count <= images * len(names):
        raise ValueError(f"CIFAR-10 has 1 to {images * len(names)} such images, but {count} were asked for")
    width = 1 + int(np.prod(SHAPE))
    found = np.empty((count, width), np.uint8)
    for start, name in zip(range(0, count, images), names, strict=False):
        part = found[start : start + images]
        part[...] = np.frombuffer(file.extractfile(name).read(part.size), np.uint8).reshape(part.shape)
    return found[:, 1:].reshape(count, *SHAPE), found[:, 0].astype(np.int64)


def standardising_table(pixels):
    """(3, 256) float32: what each byte becomes in each channel so that mean and standard deviation are 0 and 1."""
    values = np.arange(256)
    table = np.empty((len(SHAPE), 256), np.float32)
    for channel in range(SHAPE[0]):
        share = np.bincount(pixels[:, channel].ravel(), minlength=256) / pixels[:, channel].size
        mean = share @ values
        table[channel] = (values - mean) / np.sqrt(share @ (values - mean) ** 2)
    return table


def looked_up(table, pixels):
    x = np.empty(pixels.shape, np.float32)
    for channel in range(SHAPE[0]):
        np.take(table[channel], pixels[:, channel], out=x[:, channel], mode="clip")
    return x
