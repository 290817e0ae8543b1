"""Archives that are broken or mean harm: only the entry is refused, and nothing is ever written elsewhere."""

import os
import stat
import struct
import zipfile

import pytest
from bnlab_autograder.lms import archive as reading
from bnlab_autograder.lms.archive import DownloadProblem, opened

from .. import archives
from .conftest import NOTEBOOK, person, work
from .test_systems import codes, statuses

GOOD = {"ada/x.ipynb": work("ada")}


@pytest.mark.parametrize(
    "name",
    [
        "../../evil.ipynb",
        "zoe/../../evil.ipynb",
        "/etc/evil.ipynb",
        "C:/evil.ipynb",
        "..\\..\\evil.ipynb",
        "\\\\server\\evil.ipynb",
        "zoe/con.ipynb",
        "NUL/x.ipynb",
        "zoe/a\x1b[2J.ipynb",
        "zoe/" + "a" * 300 + ".ipynb",
        "zoe/a\0.ipynb",
    ],
)
def test_names_that_climb_or_that_no_system_keeps(collect, course, tmp_path, name):
    inside = sorted(tmp_path.rglob("*"))
    path = archives.write_zip(tmp_path / "a.zip", GOOD)
    add_raw(path, name.encode(), work("evil"))
    done = collect(path, "folder")
    assert statuses(done) == {"ada": "new"}
    assert codes(done) == ["refused"]
    assert "\x1b" not in done.findings[0].text
    outside = [
        one
        for one in sorted(tmp_path.rglob("*"))
        if one not in inside and not one.is_relative_to(course.root)
    ]
    assert outside == [path]


def add_raw(path, name, raw, flags=0, mode=0):
    """Add an entry whose name is any bytes at all."""
    with zipfile.ZipFile(path, "a") as archive:
        filler = f"{'f' * len(name)}"
        info = zipfile.ZipInfo(filler, archives.DOWNLOADED)
        info.external_attr = mode << 16
        archive.writestr(info, raw)
    data = path.read_bytes().replace(filler.encode(), name)
    at = data.rfind(b"PK\x01\x02")
    if flags:
        data = data[: at + 8] + struct.pack("<H", flags) + data[at + 10 :]
        local = data.rfind(b"PK\x03\x04")
        data = data[: local + 6] + struct.pack("<H", flags) + data[local + 8 :]
    path.write_bytes(data)


def test_a_name_in_an_old_code_page_is_refused_and_utf_8_is_understood(collect, tmp_path):
    path = archives.write_zip(tmp_path / "a.zip", GOOD)
    silent = "García López, Zoë/x.ipynb".encode()  # UTF-8 without saying so
    latin = "Nicolás O'Brien-Smith/x.ipynb".encode("latin-1")
    placeholders = {name: b"#" * len(name) for name in (silent, latin)}
    assert len(silent) != len(latin)
    with zipfile.ZipFile(path, "a") as archive:
        for name, raw in ((silent, work("zoe")), (latin, work("nico"))):
            archive.writestr(placeholders[name].decode(), raw)
    data = path.read_bytes()
    for name in sorted(placeholders, key=len, reverse=True):
        data = data.replace(placeholders[name], name)
    path.write_bytes(data)
    done = collect(path, "folder")
    assert statuses(done) == {"ada": "new", "zoe": "new"}
    assert codes(done) == ["refused"]
    assert "not in UTF-8" in done.findings[0].text


@pytest.mark.parametrize("mode", [stat.S_IFLNK | 0o777, stat.S_IFIFO | 0o600, stat.S_IFCHR | 0o600])
def test_links_and_devices_in_a_zip(collect, tmp_path, mode):
    path = archives.write_zip(tmp_path / "a.zip", GOOD)
    add_raw(path, b"zoe/x.ipynb", b"/etc/passwd", mode=mode)
    done = collect(path, "folder")
    assert (statuses(done), codes(done)) == ({"ada": "new"}, ["refused"])


def test_links_and_devices_in_a_folder(collect, tmp_path):
    folder = archives.unpacked(tmp_path / "in", GOOD)
    (tmp_path / "secret.ipynb").write_bytes(work("secret"))
    (folder / "zoe").mkdir()
    (folder / "zoe" / "x.ipynb").symlink_to(tmp_path / "secret.ipynb")
    (folder / "nico").symlink_to(tmp_path)
    os.mkfifo(folder / "ann1.ipynb")
    done = collect(folder, "folder")
    assert (statuses(done), codes(done)) == ({"ada": "new"}, ["refused"] * 3)


def test_a_bomb_is_refused_before_it_grows(collect, tmp_path):
    path = archives.write_zip(tmp_path / "a.zip", {**GOOD, "zoe/x.ipynb": bytes(16 << 20)})
    done = collect(path, "folder")
    assert (statuses(done), codes(done)) == ({"ada": "new"}, ["refused"])
    assert "-fold" in done.findings[0].text


def test_an_entry_that_is_longer_than_it_says(collect, tmp_path):
    path = archives.write_zip(tmp_path / "a.zip", {"ada/x.ipynb": work("ada"), "zoe/x.ipynb": bytes(5000)})
    data = path.read_bytes()
    path.write_bytes(data.replace(struct.pack("<I", 5000), struct.pack("<I", 50)))
    done = collect(path, "folder")
    assert statuses(done) == {"ada": "new", "zoe": "left"}
    assert codes(done) == ["refused"]


@pytest.mark.parametrize(("limit", "value"), [("MAX_BYTES", 1000), ("MAX_TOTAL", 3000)])
def test_too_much(tmp_path, monkeypatch, limit, value):
    """The limits are those of the module; small ones here, so that the test is quick."""
    monkeypatch.setattr(reading, limit, value)
    monkeypatch.setattr(reading.Download, "room", reading.MAX_TOTAL, raising=False)
    path = archives.write_zip(tmp_path / "a.zip", {"a": bytes(range(200)) * 10, "b": bytes(range(200)) * 10})
    with opened(path) as download:
        download.room = reading.MAX_TOTAL
        if limit == "MAX_BYTES":
            assert (len(download.entries), len(download.findings)) == (0, 2)
        else:
            first, second = download.entries
            assert len(b"".join(download.chunks(first))) == 2000
            with pytest.raises(reading.Refused, match="too much in all"):
                b"".join(download.chunks(second))


def test_too_many_entries(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "MAX_ENTRIES", 3)
    path = archives.write_zip(tmp_path / "a.zip", {str(number): b"" for number in range(4)})
    with pytest.raises(DownloadProblem, match="has 4 entries"), opened(path):
        pass
    folder = archives.unpacked(tmp_path / "in", {str(number): b"" for number in range(4)})
    with pytest.raises(DownloadProblem, match="more than 3 files"), opened(folder):
        pass


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_the_same_name_twice(collect, handed_in, tmp_path):
    """Twice the same file is one; two different ones are none."""
    entries = [("ada/x.ipynb", work("a")), ("ada/x.ipynb", work("a")), ("zoe/x.ipynb", work("1"))]
    done = collect(archives.write_zip(tmp_path / "a.zip", [*entries, ("zoe/x.ipynb", work("2"))]), "folder")
    assert (statuses(done), codes(done)) == ({"ada": "new"}, ["duplicate"])
    assert handed_in("ada") == work("a")


def test_a_damaged_entry_costs_only_that(collect, handed_in, tmp_path):
    path = archives.write_zip(tmp_path / "a.zip", {"zoe/x.ipynb": work("zoe"), **GOOD})
    data = bytearray(path.read_bytes())
    data[60] ^= 0xFF
    path.write_bytes(data)
    done = collect(path, "folder")
    assert statuses(done) == {"ada": "new", "zoe": "left"}
    assert codes(done) == ["refused"]


def test_an_encrypted_entry_costs_only_that_and_an_encrypted_archive_is_named(collect, tmp_path):
    path = archives.write_zip(tmp_path / "a.zip", GOOD)
    add_raw(path, b"zoe/x.ipynb", work("zoe"), flags=1)
    assert codes(collect(path, "folder")) == ["refused"]
    only = archives.write_zip(tmp_path / "b.zip", {})
    add_raw(only, b"zoe/x.ipynb", work("zoe"), flags=1)
    with pytest.raises(DownloadProblem, match="is encrypted; unpack it with its password"):
        collect(only, "folder")


def test_what_is_no_usable_archive(collect, tmp_path):
    whole = archives.canvas(tmp_path / "whole.zip", [person("ada")]).read_bytes()
    for name, raw, words in (
        ("cut.zip", whole[: len(whole) // 2], "ends too early"),
        ("empty.zip", b"", "is empty"),
        ("page.zip", b"<!DOCTYPE html><p>Log in", "a web page"),
        ("work.tar.gz", b"\x1f\x8b\x08\x00" + bytes(20), "a gzip archive, not a zip; unpack it"),
        ("x.ipynb", work(), "is no zip"),
    ):
        (tmp_path / name).write_bytes(raw)
        with pytest.raises(DownloadProblem, match=words):
            collect(tmp_path / name, "canvas")
    with pytest.raises(DownloadProblem, match="there is no"):
        collect(tmp_path / "nothing.zip", "canvas")


def test_a_student_id_that_is_no_folder_is_not_used(collect, course, tmp_path):
    """Without a roster the name of a folder is the student id."""
    done = collect(
        archives.unpacked(tmp_path / "in", {"a*b/x.ipynb": work(), "ok/x.ipynb": work()}),
        "folder",
        roster=None,
    )
    assert course.workspace.students() == ["ok"]
    assert codes(done) == ["unmatched"]
    assert not (course.workspace.submitted / "a*b" / NOTEBOOK).exists()
