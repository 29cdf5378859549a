"""What one user may see of the inventory: an operator all of it, others what is theirs.

Who is given such a snapshot can reach nothing else, by whatever path.
"""

from __future__ import annotations

from dataclasses import replace

from domain.roles import Role
from domain.snapshot import Snapshot


def is_operator(snapshot: Snapshot, user_id: int) -> bool:
    """By the roles of now, not those at signing in."""
    user = snapshot.users.get(user_id)
    return user is not None and Role.OPERATOR in user.roles


def visible_to(snapshot: Snapshot, user_id: int) -> Snapshot:
    """Oneself, and with any role one's group, its pool, that pool's devices and one's own jobs.

    Of nodes, those of the devices; of the devices that others' jobs hold, that they are held.
    """
    user = snapshot.users.get(user_id)
    if user is None:
        return replace(
            snapshot, nodes={}, types={}, devices={}, pools={}, groups={}, users={}, jobs={}
        )
    if Role.OPERATOR in user.roles:
        return snapshot
    group = snapshot.groups.get(user.group_id or 0) if user.roles else None
    pool = None if group is None else snapshot.pools.get(group.pool_id or 0)
    jobs = {job.id: job for job in snapshot.jobs_of_user.get(user_id, ())} if user.roles else {}
    devices = {
        device.id: device
        for device in (() if pool is None else snapshot.devices_of_pool.get(pool.id, ()))
    }
    for job in jobs.values():
        devices.update((i, snapshot.devices[i]) for i in job.device_ids if i in snapshot.devices)
    pools = {device.pool_id for device in devices.values()} | ({pool.id} if pool else set())
    return Snapshot(
        nodes={i: snapshot.nodes[i] for i in sorted({d.node_id for d in devices.values()})},
        types={i: snapshot.types[i] for i in sorted({d.type_id for d in devices.values()})},
        devices=dict(sorted(devices.items())),
        pools={i: snapshot.pools[i] for i in sorted(pools)},
        groups={} if group is None else {group.id: group},
        users={user.id: user},
        jobs=jobs,
        enforcement=snapshot.enforcement,
        held_by_others=frozenset(i for i in devices if i in snapshot.jobs_of_device)
        - {i for job in jobs.values() for i in job.device_ids},
    )
