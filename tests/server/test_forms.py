"""No route reads a form: big ones, and ones of many fields, are refused before they are parsed."""

from __future__ import annotations

import psutil
import pytest

from tests.server.console import Console

MULTIPART = "multipart/form-data; boundary=b"
FIELD = b'--b\r\nContent-Disposition: form-data; name="f"\r\n\r\n'


@pytest.mark.spec("T-59", "T-60")
@pytest.mark.parametrize("path", ["/graphql", "/auth/sign-in", "/auth/sign-out"])
async def test_a_form_is_refused_whatever_its_size(console: Console, path: str) -> None:
    process = psutil.Process()
    async with console.operator() as client:
        before = process.memory_info().rss
        for body in (FIELD + b"x\r\n--b--\r\n", FIELD * 100_000, FIELD + b"x" * 50_000_000):
            try:
                answer = await client.post(path, content=body, headers={"Content-Type": MULTIPART})
            except OSError:  # refused while it was being sent
                continue
            assert answer.status_code in (400, 413, 415) or (
                path == "/auth/sign-out" and answer.status_code == 204
            )
        del body
        assert process.memory_info().rss - before < 120 * 2**20
