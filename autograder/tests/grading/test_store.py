"""The store of results: never half written, never wrong, safe for two runs at once."""

import os
import time

import pytest
from bnlab_autograder.grading.job import CaseResult, CellRun, Verdict
from bnlab_autograder.grading.store import Store

KEY = "ab" + "0" * 62


@pytest.fixture
def verdict():
    cells = [CellRun("c", [{"output_type": "stream", "name": "stdout", "text": "π"}], 1, True, 0.1)]
    return Verdict(cells, [CaseResult("f", "case", True, "says", "eps", inherited=["g"])], tier="A")


def test_what_was_put_in_comes_out(tmp_path, verdict):
    Store(tmp_path).put(KEY, verdict)
    assert Store(tmp_path).get(KEY) == verdict
    assert list(Store(tmp_path).keys()) == [KEY]


def test_an_unknown_key_is_none(tmp_path):
    assert Store(tmp_path).get(KEY) is None


@pytest.mark.parametrize("damage", [b"", b"x", "cut", "bit"])
def test_a_damaged_file_counts_as_absent(tmp_path, verdict, damage):
    store = Store(tmp_path)
    store.put(KEY, verdict)
    path = tmp_path / KEY[:2] / KEY
    raw = path.read_bytes()
    path.write_bytes({"cut": raw[:-3], "bit": raw[:-1] + bytes([raw[-1] ^ 1])}.get(damage, damage))
    assert store.get(KEY) is None
    store.put(KEY, verdict)
    assert store.get(KEY) == verdict


def test_a_full_disk_leaves_nothing_behind(tmp_path, verdict, monkeypatch):
    def no_space(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(OSError, match="No space"):
        Store(tmp_path).put(KEY, verdict)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_pruning_removes_what_has_long_not_been_used(tmp_path, verdict):
    store = Store(tmp_path)
    other = "cd" + KEY[2:]
    store.put(KEY, verdict)
    store.put(other, verdict)
    old = time.time() - 40 * 86400
    os.utime(tmp_path / "ab" / KEY, (old, old))
    os.utime(tmp_path / "cd" / other, (old, old))
    store.get(other)  # used again
    assert store.prune(days=30) == 1
    assert list(store.keys()) == [other]
