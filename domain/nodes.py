"""Nodes: the machines of the cluster, known by their machine id."""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.models import Model


class Node(Model):
    """A machine, as its collector described it last."""

    id = fields.IntField(primary_key=True)
    machine_id = fields.CharField(max_length=64, unique=True)
    host_name = fields.CharField(max_length=253)
    is_demo = fields.BooleanField(default=False)
    addresses: list[str] = fields.JSONField(default=list)
    mac_address = fields.CharField(max_length=17, null=True)
    os_name = fields.CharField(max_length=200, null=True)
    kernel_version = fields.CharField(max_length=200, null=True)
    driver_version = fields.CharField(max_length=80, null=True)
    cuda_version = fields.CharField(max_length=20, null=True)
    collector_version = fields.CharField(max_length=40, null=True)
    cpu_model = fields.CharField(max_length=200, null=True)
    cpu_count = fields.IntField(null=True)
    memory_total_bytes = fields.BigIntField(null=True)
    kubernetes_node = fields.CharField(max_length=253, null=True)
    labels: dict[str, str] = fields.JSONField(default=dict)
    kubernetes: dict[str, Any] | None = fields.JSONField(null=True)
    """What the cluster says of it (domain.kubernetes_nodes); null: it is none of its nodes."""
    booted_at = fields.DatetimeField(null=True)
    first_seen_at = fields.DatetimeField()
    last_seen_at = fields.DatetimeField()
    cordon_reason = fields.CharField(max_length=200, null=True)
    """Why an operator took it and its devices out of service; null: it was not."""
    cordoned_by = fields.CharField(max_length=120, null=True)
    cordoned_at = fields.DatetimeField(null=True)

    class Meta:
        table = "node"
