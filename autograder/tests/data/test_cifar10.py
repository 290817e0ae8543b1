"""CIFAR-10 from a small archive of the same form on a local server."""

from __future__ import annotations

import hashlib
import io
import sys
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from bnlab import cli, data
from bnlab.data.cifar10 import ARCHIVE, FOLDER_VARIABLE, TEST_FILES, TRAIN_FILES, Archive, fetch
from typer.testing import CliRunner

IMAGES = 4  # in each file


def make_archive():
    """(bytes of the archive, records of all files in order: label, then 3·32·32 pixels)."""
    rng, raw = np.random.default_rng(0), io.BytesIO()
    records = rng.integers(0, 256, (6 * IMAGES, 1 + 3 * 32 * 32), np.uint8)
    records[:, 0] %= 10
    with tarfile.open(fileobj=raw, mode="w:gz") as file:
        for index, name in enumerate([*TRAIN_FILES, *TEST_FILES]):
            content = records[index * IMAGES : (index + 1) * IMAGES].tobytes()
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            file.addfile(entry, io.BytesIO(content))
    return raw.getvalue(), records


CONTENT, RECORDS = make_archive()


class Server(ThreadingHTTPServer):
    """Answers every request with ``content``, and cuts it off after ``cut`` bytes."""

    def __init__(self):
        self.content, self.cut, self.status, self.requests = CONTENT, None, 200, 0
        super().__init__(("127.0.0.1", 0), Answer)

    @property
    def archive(self):
        url = f"http://127.0.0.1:{self.server_port}/cifar-10-binary.tar.gz"
        return Archive(url, hashlib.sha256(CONTENT).hexdigest(), images=IMAGES)


class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.requests += 1
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(self.server.content)))
        self.end_headers()
        self.wfile.write(self.server.content[: self.server.cut])

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def load(server, folder, **arguments):
    sizes = {"train": 5 * IMAGES, "test": IMAGES} | arguments
    return data.cifar10(folder, archive=server.archive, **sizes)


def test_images_and_labels_arrive_in_order_and_standardised(server, tmp_path):
    dataset = load(server, tmp_path)
    train, test = RECORDS[: 5 * IMAGES], RECORDS[5 * IMAGES :]
    assert dataset.y_train.tolist() == train[:, 0].tolist()
    assert dataset.y_test.tolist() == test[:, 0].tolist()
    pixels = train[:, 1:].reshape(-1, 3, 32, 32)
    mean, std = (f(axis=(0, 2, 3), keepdims=True) for f in (pixels.mean, pixels.std))
    np.testing.assert_allclose(dataset.x_train, (pixels - mean) / std, atol=1e-5)
    np.testing.assert_allclose(dataset.x_test, (test[:, 1:].reshape(-1, 3, 32, 32) - mean) / std, atol=1e-5)
    assert (dataset.x_train.dtype, dataset.y_train.dtype) == (np.float32, np.int64)


def test_a_part_of_the_images_can_be_had(server, tmp_path):
    dataset = load(server, tmp_path, train=IMAGES + 1, test=2)
    assert dataset.y_train.tolist() == RECORDS[: IMAGES + 1, 0].tolist()
    assert dataset.x_test.shape == (2, 3, 32, 32)
    with pytest.raises(ValueError, match="1 to 20 such images, but 21"):
        load(server, tmp_path, train=21)


def test_a_second_call_downloads_nothing(server, tmp_path, capsys):
    load(server, tmp_path)
    assert "100%" in capsys.readouterr().err  # the progress bar
    load(server, tmp_path)
    assert server.requests == 1
    assert "%" not in capsys.readouterr().err


def test_the_folder_is_the_environments_unless_one_is_given(server, tmp_path, monkeypatch):
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "shared"))
    assert fetch(archive=server.archive).parent == tmp_path / "shared"
    assert fetch(tmp_path / "own", server.archive).parent == tmp_path / "own"


@pytest.mark.parametrize("fault", ["changed", "cut off"])
def test_a_damaged_archive_is_refused_and_can_be_fetched_again(server, tmp_path, fault):
    if fault == "changed":
        server.content = CONTENT[:-1] + b"?"
    else:
        server.cut = len(CONTENT) // 2
    with pytest.raises(data.DataUnavailable, match=r"checksum|could not be downloaded"):
        load(server, tmp_path)
    assert not list(tmp_path.iterdir())
    server.content, server.cut = CONTENT, None
    assert len(load(server, tmp_path).x_train) == 5 * IMAGES


def test_without_a_network_the_message_says_where_to_put_the_file(server, tmp_path):
    server.shutdown()
    server.server_close()
    with pytest.raises(data.DataUnavailable) as caught:
        load(server, tmp_path)
    assert server.archive.url in str(caught.value)
    assert str(tmp_path) in str(caught.value)
    (tmp_path / ARCHIVE.name).write_bytes(CONTENT[:100])
    with pytest.raises(data.DataUnavailable, match="a file of this name lies there"):
        load(server, tmp_path)
    (tmp_path / ARCHIVE.name).write_bytes(CONTENT)
    assert len(load(server, tmp_path).x_train) == 5 * IMAGES


def test_a_page_that_is_missing_is_said_to_be_so(server, tmp_path):
    server.status = 404
    with pytest.raises(data.DataUnavailable, match="could not be downloaded"):
        load(server, tmp_path)


def test_without_pooch_the_message_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(ImportError, match=r'pip install "pooch\[progress\]"'):
        data.cifar10(tmp_path)


def test_the_command_fetches_and_says_where_or_why_not(server, tmp_path, monkeypatch):
    monkeypatch.setattr(cli, "fetch", lambda folder: fetch(folder, server.archive))
    arguments = ["data", "get", "cifar10", "--folder", str(tmp_path)]
    done = CliRunner().invoke(cli.app, arguments)
    assert (done.exit_code, done.stdout) == (0, f"{tmp_path / ARCHIVE.name}\n")
    (tmp_path / ARCHIVE.name).unlink()
    server.status = 500
    done = CliRunner().invoke(cli.app, arguments)
    assert done.exit_code == 1
    assert "could not be downloaded" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_command_lists_all_loaders():
    done = CliRunner().invoke(cli.app, ["data", "list"])
    loaders = {name for name in data.__all__ if callable(getattr(data, name)) and name[0].islower()}
    assert {name for name in loaders if f"{name}()" in done.stdout} == loaders
