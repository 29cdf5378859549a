"""A small slurmrestd: its answers have the shapes of Slurm's OpenAPI v0.0.41 (Slurm 24.05).

What the product does not read is left out, but for a few fields that show the shapes: numbers come
as `{"set", "infinite", "number"}`, states as lists of flags.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from tests.services.http_peer import Received, answers

TOKEN = "eyJhbGciOiJIUzI1NiJ9.slurm-canary.signature"
USER = "quartermaster"


def _number(value: int) -> dict[str, Any]:
    return {"set": True, "infinite": False, "number": value}


def _node(name: str, gres: str, used: str, *states: str) -> dict[str, Any]:
    return {
        "name": name,
        "hostname": name,
        "state": list(states),
        "cpus": 128,
        "free_mem": _number(900_000),
        "gres": gres,
        "gres_drained": "N/A",
        "gres_used": used,
        "partitions": ["gpu"],
        "version": "24.05.3",
    }


def _job(number: int, *states: str) -> dict[str, Any]:
    return {
        "job_id": number,
        "name": f"train-{number}",
        "job_state": list(states),
        "priority": _number(4294901757),
        "tres_req_str": "cpu=8,mem=64G,node=1,billing=8,gres/gpu=2",
    }


NODES = [
    _node("gpu-1", "gpu:h100:8(S:0-1)", "gpu:h100:3(IDX:0,2-3)", "MIXED"),
    _node("gpu-2", "gpu:h100:8(S:0-1)", "gpu:h100:0(IDX:N/A)", "IDLE", "DRAIN"),
    _node("gpu-3", "gpu:a100:4,shard:a100:8", "gpu:a100:4(IDX:0-3),shard:0", "ALLOCATED"),
    _node("gpu-4", "gpu:2", "gpu:0(IDX:N/A)", "IDLE"),
    _node("cpu-1", "", "", "IDLE"),
]
JOBS = [
    _job(11, "RUNNING"),
    _job(12, "RUNNING", "COMPLETING"),
    _job(13, "PENDING"),
    _job(14, "COMPLETED"),
    _job(15, "PENDING"),
]


class Slurmrestd:
    """`offers`: the versions of its API. `denies`: the controller lets this user see nothing."""

    def __init__(self, *offers: str) -> None:
        self.offers = offers or ("v0.0.40", "v0.0.41")
        self.denies = False
        self.asked = list[str]()

    async def __call__(self, received: Received, writer: asyncio.StreamWriter) -> None:
        self.asked.append(received.target)
        headers = received.headers
        signed = (headers.get("x-slurm-user-name"), headers.get("x-slurm-user-token"))
        if signed != (USER, TOKEN):
            return await answers(401, b"Authentication failure")(received, writer)
        _, _, version, what, *_ = received.target.split("/")
        found = {"ping": {"pings": []}, "nodes": {"nodes": NODES}, "jobs": {"jobs": JOBS}}
        if version not in self.offers or what not in found:
            return await answers(404, b"Unable find requested URL")(received, writer)
        body = {**found[what], **self._rest()}
        return await answers(200, json.dumps(body).encode(), content_type="application/json")(
            received, writer
        )

    def _rest(self) -> dict[str, Any]:
        denied = {
            "description": "canary",
            "error_number": 2002,
            "error": "Access/permission denied",
            "source": "slurm_load_node()",
        }
        release = {"version": {"major": "24", "micro": "3", "minor": "05"}, "release": "24.05.3"}
        return {
            "meta": {"slurm": {**release, "cluster": "hpc"}, "client": {"user": USER}},
            "errors": [denied] if self.denies else [],
            "warnings": [],
        }
