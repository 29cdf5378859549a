"""What people call a running program: its script or module, rather than its interpreter."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath

_INTERPRETER = re.compile(r"(python|pypy)[\d.]*t?$")
_TAKES_VALUE = frozenset({"-W", "-X", "--check-hash-based-pycs"})
_WRAPPERS = frozenset(
    {"torchrun", "accelerate", "deepspeed", "horovodrun", "mpirun", "mpiexec", "srun", "uv", "nsys"}
    | {"torch.distributed.run", "torch.distributed.launch", "accelerate.commands.launch", "env"}
)
"""Programs that only start another one: the job is called after that one."""


def name(command_line: Sequence[str]) -> str | None:
    """The program's name, never its arguments: those may hold secrets. None where there is none."""
    if not command_line:
        return None
    # A process that has set its own title ("VLLM::EngineCore") has it in one piece.
    own = PurePath(command_line[0]).name.split(" ")[0].rstrip(":") or None
    if own is not None and _INTERPRETER.match(own):
        script, arguments = _script(command_line[1:])
        own = script or own
    else:
        arguments = command_line[1:]
    if own in _WRAPPERS:
        return _wrapped(arguments) or own
    return own


def _script(arguments: Sequence[str]) -> tuple[str | None, Sequence[str]]:
    """The script or module of an interpreter's command line, and what follows it."""
    position = 0
    while position < len(arguments):
        argument = arguments[position]
        if argument == "-c":
            return None, []
        if argument == "-m":
            module = arguments[position + 1 : position + 2]
            return (module[0] if module else None), arguments[position + 2 :]
        if not argument.startswith("-"):
            return PurePath(argument).name, arguments[position + 1 :]
        position += 2 if argument in _TAKES_VALUE else 1
    return None, []


def _wrapped(arguments: Sequence[str]) -> str | None:
    for position, argument in enumerate(arguments):
        if argument == "-m" and position + 1 < len(arguments):
            return arguments[position + 1]
        if argument.endswith((".py", ".sh")) and not argument.startswith("-"):
            return PurePath(argument).name
    return None
