"""A running program is called after its script or module, and its arguments are never told."""

from __future__ import annotations

import pytest

from workers import program


@pytest.mark.spec("DEV-4")
@pytest.mark.parametrize(
    ("command_line", "name"),
    [
        ("/usr/bin/python3.11 -u train.py --token s3cret", "train.py"),
        (
            "python -m vllm.entrypoints.openai.api_server --model x",
            "vllm.entrypoints.openai.api_server",
        ),
        ("python -W ignore /home/a/fit.py", "fit.py"),
        ("python3 -c print(1)", "python3"),
        (
            "/opt/conda/bin/python /opt/conda/bin/torchrun --nproc-per-node 8 pretrain.py -x",
            "pretrain.py",
        ),
        ("torchrun --nproc-per-node 8 -m my.trainer", "my.trainer"),
        ("accelerate launch --mixed_precision bf16 tune.py", "tune.py"),
        ("/usr/local/bin/gmx mdrun -v", "gmx"),
        ("/opt/tritonserver/bin/tritonserver --model-repository=/models", "tritonserver"),
        ("torchrun", "torchrun"),
    ],
)
def test_a_program_is_called_after_what_it_runs(command_line, name):
    assert program.name(command_line.split()) == name


def test_a_title_that_a_process_gave_itself_is_its_name():
    assert program.name(["VLLM::EngineCore"]) == "VLLM::EngineCore"
    assert program.name(["ray::train --secret"]) == "ray::train"


def test_a_process_without_a_command_line_has_no_name():
    assert program.name([]) is None
