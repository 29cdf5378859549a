"""Devices: GPUs and MIG instances, known by their NVML UUID, and their types."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tortoise import fields
from tortoise.models import Model

if TYPE_CHECKING:
    from domain.nodes import Node
    from domain.pools import Pool


def type_name(product: str, mig_profile: str | None) -> str:
    """The product, with the MIG profile where it is an instance's."""
    return product if mig_profile is None else f"{product} MIG {mig_profile}"


class DeviceType(Model):
    """Product name and memory size together; a MIG instance adds its profile."""

    id = fields.IntField(primary_key=True)
    vendor = fields.CharField(max_length=40)
    product = fields.CharField(max_length=120)
    memory_total_bytes = fields.BigIntField(null=True)
    mig_profile = fields.CharField(max_length=40, null=True)
    key = fields.CharField(max_length=240, unique=True)  # the four above, folded into one name

    class Meta:
        table = "device_type"


class Device(Model):
    id = fields.IntField(primary_key=True)
    uuid = fields.CharField(max_length=96, unique=True)
    node_id: int
    node: fields.ForeignKeyRelation[Node] = fields.ForeignKeyField(
        "models.Node", related_name="devices", on_delete=fields.NO_ACTION
    )
    type_id: int
    type: fields.ForeignKeyRelation[DeviceType] = fields.ForeignKeyField(
        "models.DeviceType", related_name="devices", on_delete=fields.NO_ACTION
    )
    pool_id: int
    pool: fields.ForeignKeyRelation[Pool] = fields.ForeignKeyField(
        "models.Pool", related_name="devices", on_delete=fields.NO_ACTION
    )
    pool_type_key = fields.IntField(default=0)
    """The pool's `type_key`: by it the database keeps a pool to one type. 0 in the Default pool."""
    index = fields.IntField()
    serial = fields.CharField(max_length=80, null=True)
    pci_bus_id = fields.CharField(max_length=32, null=True)
    architecture = fields.CharField(max_length=40, null=True)
    vbios_version = fields.CharField(max_length=40, null=True)
    mig_enabled = fields.BooleanField(null=True)
    mig_parent_uuid = fields.CharField(max_length=96, null=True)
    mig_profile = fields.CharField(max_length=40, null=True)
    temperature_slowdown_celsius = fields.FloatField(null=True)
    temperature_shutdown_celsius = fields.FloatField(null=True)
    temperature_memory_max_celsius = fields.FloatField(null=True)
    power_limit_max_watts = fields.FloatField(null=True)
    pcie_generation_max = fields.IntField(null=True)
    pcie_width_max = fields.IntField(null=True)
    nvlink_links = fields.IntField(null=True)
    first_seen_at = fields.DatetimeField()
    last_seen_at = fields.DatetimeField()
    pooled_at = fields.DatetimeField(null=True)
    """When somebody last moved it into its pool; null: it has been there since it was found."""
    missing_since = fields.DatetimeField(null=True)
    """Set when the node's collector no longer lists it; cleared when it is listed again."""

    cordon_reason = fields.CharField(max_length=200, null=True)
    """Why an operator took it out of service (domain/cordon.py); null: it was not."""
    cordoned_by = fields.CharField(max_length=120, null=True)
    cordoned_at = fields.DatetimeField(null=True)

    class Meta:
        table = "device"
