"""Where to go after signing in: a path of our own, as web/src/session/next.ts has it too.

Whatever a browser could read as another site ("//evil", "/\\evil", "/.//evil", "https:evil", with
tabs or line breaks) leads to the start.
"""

from __future__ import annotations

import re

PATH = re.compile(r"/[\x21-\x5b\x5d-\x7e]*")
MAX_LENGTH = 2000
NOT_AGAIN = ("/sign-in", "/auth")


def safe_next(text: str) -> str:
    path = re.split(r"[?#]", text, maxsplit=1)[0]
    if len(text) > MAX_LENGTH or not PATH.fullmatch(text) or "//" in path:
        return "/"
    if any(path == each or path.startswith(f"{each}/") for each in NOT_AGAIN):
        return "/"
    return text
