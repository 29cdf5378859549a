"""The fixtures of every test: real servers, and the record of what each test proves."""

from __future__ import annotations

pytest_plugins = [
    "tests.spec_record",
    "tests.services.loop",
    "tests.services.database",
    "tests.services.locks",
    "tests.services.passwords",
    "tests.services.redis",
    "tests.services.prometheus",
    "tests.services.proxy",
    "tests.services.slapd",
    "tests.services.chromium",
    "tests.services.product",
    "tests.services.operator",
    "tests.services.git_host",
    "tests.services.s3",
    "tests.services.graph",
    "tests.services.kubernetes",
]
