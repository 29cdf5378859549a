"""A pytest plugin that notes which requirements each test proves and how the test went.

A run of the whole suite leaves the record in .cache/spec.json, with a fingerprint of the tree that
it was made from; `make spec` reads it.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path
from typing import TypedDict

import pytest

from tests.requirements import REPOSITORY, known

RECORD = REPOSITORY / ".cache" / "spec.json"
PASSED, FAILED, SKIPPED = "passed", "failed", "skipped"
MARK = "spec"


class Record(TypedDict):
    tree: str
    ids: dict[str, list[str]]  # node id of a test → the requirements that it names
    outcomes: dict[str, str]  # node id of a test → passed, failed or skipped


class SpecRecorder:
    """Collects the outcome of each test over its set-up, call and tear-down."""

    def __init__(self) -> None:
        self.tree = tree_fingerprint()
        self.ids: dict[str, list[str]] = {}
        self.outcomes: dict[str, str] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        titles = known()
        for item in items:
            named = [str(name) for mark in item.iter_markers(MARK) for name in mark.args]
            unknown = [name for name in named if name not in titles]
            if unknown:
                raise pytest.UsageError(f"{item.nodeid} names what no document has: {unknown}")
            # Properties travel with the report, also from a process that runs a part of the tests.
            item.user_properties.extend((MARK, name) for name in dict.fromkeys(named))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.outcomes[report.nodeid] = FAILED

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        before = self.outcomes.get(report.nodeid, PASSED)
        self.outcomes[report.nodeid] = report.outcome if before == PASSED else before
        named = [str(value) for name, value in report.user_properties if name == MARK]
        if named:
            self.ids[report.nodeid] = named

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if _is_whole_suite(session.config):
            RECORD.parent.mkdir(exist_ok=True)
            record = Record(tree=self.tree, ids=self.ids, outcomes=self.outcomes)
            RECORD.write_text(json.dumps(record, indent=1))


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(SpecRecorder(), "spec-recorder")


def tree_fingerprint() -> str:
    """A digest of every file of the checkout that git does not ignore."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=REPOSITORY,
        capture_output=True,
        check=True,
    ).stdout
    digest = hashlib.sha256()
    for name in sorted(filter(None, listed.split(b"\0"))):
        path = REPOSITORY / Path(name.decode())
        digest.update(name + b"\0" + (path.read_bytes() if path.is_file() else b"") + b"\0")
    return digest.hexdigest()


def _is_whole_suite(config: pytest.Config) -> bool:
    if hasattr(config, "workerinput"):
        return False  # one of several processes: its reports go to the one that started it
    chosen = config.option.keyword or config.option.markexpr or config.option.collectonly
    return config.args_source is pytest.Config.ArgsSource.TESTPATHS and not chosen
