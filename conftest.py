"""For all tests: ``--no-skips`` fails what would be skipped, so that CI leaves nothing out unseen; groups for xdist."""

import json
import os
import tempfile
from pathlib import Path

import pytest


def pytest_addoption(parser):
    parser.addoption("--no-skips", action="store_true", help="fail where a test would be skipped")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if report.skipped and item.config.getoption("--no-skips"):
        report.outcome = "failed"
        report.longrepr = f"skipped, but nothing may be skipped here: {report.longrepr[-1]}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    report = yield
    if report.skipped and collector.config.getoption("--no-skips"):
        report.outcome = "failed"
        report.longrepr = f"skipped, but nothing may be skipped here: {report.longrepr[-1]}"
    return report


# Tests of one xdist_group run in one process. xdist 3.8 would mark them in their names, which pytest 9.2 does not allow
# (and by which --last-failed would not find them); so the processes write down which test is in which group.


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    folder = getattr(node.config, "groups_folder", None)
    if folder is None:
        folder = node.config.groups_folder = tempfile.TemporaryDirectory(prefix="bnlab-groups-")
    node.workerinput["groups"] = folder.name


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session):
    folder = getattr(session.config, "workerinput", {}).get("groups")
    if folder is not None:
        marks = ((item.nodeid, item.get_closest_marker("xdist_group")) for item in session.items)
        scratch = Path(folder, str(os.getpid()))
        scratch.write_text(json.dumps({name: mark.args[0] for name, mark in marks if mark}), encoding="utf-8")
        scratch.replace(Path(folder, "groups.json"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    if config.getoption("dist") != "loadgroup":
        return None
    from xdist.scheduler import LoadScopeScheduling

    class Grouped(LoadScopeScheduling):
        groups = None

        def _split_scope(self, nodeid):
            if self.groups is None:
                self.groups = json.loads(
                    Path(config.groups_folder.name, "groups.json").read_text(encoding="utf-8")
                )
            return self.groups.get(nodeid, nodeid)

    return Grouped(config, log)
