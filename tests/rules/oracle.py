"""What the specification refuses a wish for that comes by itself, told from the state alone."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from domain.names import fold_name
from resolvers.ids import parse_id
from tests.rules.operators import Sending
from tests.rules.states import Group, Job, Pool
from tests.rules.wishes import BAD_NAMES, Sight

Input = Mapping[str, Any]

BAD_USER_NAMES = set(BAD_NAMES) - {"x" * 64, "\u00df" * 40}  # which may be longer
BAD_DISPLAY_NAMES = {"x" * 201, "a\x00"}


@dataclass
class Oracle:
    sight: Sight
    jobs: Mapping[int, Job]

    def hindrances(self, sending: Sending) -> set[str]:
        """The refusals of which one is to come; none: it is to be done."""
        if sending.user not in self.sight.state.operators:
            return {"NotAllowed"}
        rules: dict[str, Callable[[Input], Iterable[str | None]]] = {
            "pool.create": self._create_pool,
            "pool.edit": self._edit_pool,
            "pool.move_devices": self._move_devices,
            "pool.delete": self._delete_pools,
            "group.create": self._create_group,
            "group.edit": self._edit_group,
            "group.delete": self._delete_groups,
            "user.on_board": self._on_board,
            "user.edit": lambda input: self._edit_user(input, sending.user),
            "user.delete": lambda input: self._delete_users(input, sending.user),
        }
        return {one for one in rules[sending.action](sending.input) if one is not None}

    def _create_pool(self, input: Input) -> Iterable[str | None]:
        devices = self._known("Device", input["devices"])
        yield _name(input["name"], self.sight.state.pools)
        yield _unknown(devices, input["devices"])
        if "group" in input:
            groups = self._known("Group", [input["group"]])
            yield _unknown(groups, [input["group"]])
            yield "GroupHasPool" if groups - self.sight.groups_without_pool else None
        yield "MixedDeviceTypes" if len(self._types(devices)) > 1 else None
        yield self._elsewhere(devices, {self.sight.default_pool})
        yield self._busy(devices)

    def _edit_pool(self, input: Input) -> Iterable[str | None]:
        pools = self.sight.state.pools
        (id, *_) = [*self._known("Pool", [input["id"]]), None]
        if id is None:
            yield "Unknown"
            return
        if pools[id].is_default:
            yield "DefaultPoolStays"
            return
        add = self._known("Device", input["addDevices"])
        remove = self._known("Device", input["removeDevices"])
        yield "StaleEdit" if input["version"] != pools[id].version else None
        if input["name"] is not None:
            yield _name(input["name"], pools, besides=id)
        yield _unknown(add | remove, [*input["addDevices"], *input["removeDevices"]])
        yield self._elsewhere(add | remove, {id, self.sight.default_pool})
        inside = self._inside(id)
        removed, added = remove & inside, add - inside
        yield self._busy(removed | added)
        yield self._mixed(pools[id], inside - removed, added)

    def _move_devices(self, input: Input) -> Iterable[str | None]:
        devices = self._known("Device", input["devices"])
        pools = self._known("Pool", [input["toPool"]])
        yield _unknown(devices, input["devices"])
        yield _unknown(pools, [input["toPool"]])
        for id in pools:
            moved = devices - self._inside(id)
            yield self._busy(moved)
            yield self._mixed(self.sight.state.pools[id], self._inside(id), moved)

    def _delete_pools(self, input: Input) -> Iterable[str | None]:
        pools = self._known("Pool", input["pools"])
        yield _unknown(pools, input["pools"])
        free = self.sight.own_pools & self.sight.free_pools
        busy = {job.pool for job in self.jobs.values()} | {
            self.sight.state.pool_of[uuid] for job in self.jobs.values() for uuid in job.devices
        }
        yield "ItemsRefused" if pools - free or pools & busy else None

    def _create_group(self, input: Input) -> Iterable[str | None]:
        users = self._known("User", input["users"])
        yield _name(input["name"], self.sight.state.groups)
        yield _unknown(users, input["users"])
        yield "UsersInOtherGroup" if users - self.sight.free_users else None
        if "pool" in input:
            yield from self._pool_to_take(input["pool"])

    def _edit_group(self, input: Input) -> Iterable[str | None]:
        groups = self.sight.state.groups
        (id, *_) = [*self._known("Group", [input["id"]]), None]
        if id is None:
            yield "Unknown"
            return
        add = self._known("User", input["addUsers"])
        remove = self._known("User", input["removeUsers"])
        yield "StaleEdit" if input["version"] != groups[id].version else None
        if input["name"] is not None:
            yield _name(input["name"], groups, besides=id)
        yield _unknown(add | remove, [*input["addUsers"], *input["removeUsers"]])
        added = add - groups[id].users
        yield "UsersInOtherGroup" if added - self.sight.free_users else None
        pool = input.get("pool")
        if pool is not None and self._known("Pool", [pool]) != {groups[id].pool}:
            yield from self._pool_to_take(pool)

    def _delete_groups(self, input: Input) -> Iterable[str | None]:
        groups = self._known("Group", input["groups"])
        yield _unknown(groups, input["groups"])
        yield "ItemsRefused" if any(not self._is_deletable(id) for id in groups) else None

    def _on_board(self, input: Input) -> Iterable[str | None]:
        keys = [fold_name(user.name) for user in self.sight.state.users.values()]
        for person in input["users"]:
            if person["group"] is not None:
                groups = self._known("Group", [person["group"]])
                yield _unknown(groups, [person["group"]])
            if person["name"] in BAD_USER_NAMES or fold_name(person["name"]) in keys:
                yield "ItemsRefused"
            if person["displayName"] in BAD_DISPLAY_NAMES:
                yield "ItemsRefused"
            keys.append(fold_name(person["name"]))

    def _edit_user(self, input: Input, by: int) -> Iterable[str | None]:
        users, operators = self.sight.state.users, self.sight.state.operators
        (id, *_) = [*self._known("User", [input["id"]]), None]
        if id is None:
            yield "Unknown"
            return
        held = users[id].roles
        lost = held - set(held if input["roles"] is None else input["roles"])
        yield "StaleEdit" if input["version"] != users[id].version else None
        yield "OwnRoles" if id == by and lost and not input["confirmOwn"] else None
        yield "LastOperator" if "OPERATOR" in lost and operators == [id] else None
        yield "BadName" if input["displayName"] in BAD_DISPLAY_NAMES else None

    def _delete_users(self, input: Input, by: int) -> Iterable[str | None]:
        users = self._known("User", input["users"])
        yield _unknown(users, input["users"])
        busy = {job.user for job in self.jobs.values()}
        yield "ItemsRefused" if by in users or users & busy else None

    def _pool_to_take(self, pool: str) -> Iterable[str | None]:
        pools = self._known("Pool", [pool])
        yield _unknown(pools, [pool])
        yield "PoolInUse" if pools - self.sight.free_pools else None

    def _known(self, kind: str, ids: Iterable[str]) -> set[int]:
        there: dict[str, Collection[int]] = {
            "Pool": self.sight.state.pools,
            "Group": self.sight.state.groups,
            "User": self.sight.state.users,
            "Device": self.sight.devices,
        }
        parsed = [parse_id(id) for id in ids]
        return {one[1] for one in parsed if one and one[0] == kind and one[1] in there[kind]}

    def _types(self, devices: Iterable[int]) -> set[str]:
        return {self.sight.devices[id].type for id in devices}

    def _inside(self, pool: int) -> set[int]:
        uuids = self.sight.state.pools[pool].devices
        return {id for id, device in self.sight.devices.items() if device.uuid in uuids}

    def _elsewhere(self, devices: Collection[int], allowed: Iterable[int]) -> str | None:
        inside = {id for pool in allowed for id in self._inside(pool)}
        return "DevicesInOtherPool" if set(devices) - inside else None

    def _busy(self, devices: Collection[int]) -> str | None:
        return "DevicesBusy" if any(self.sight.devices[id].is_busy for id in devices) else None

    def _mixed(self, pool: Pool, stay: Collection[int], come: Collection[int]) -> str | None:
        together = self._types([*stay, *come])
        return "MixedDeviceTypes" if not pool.is_default and len(together) > 1 else None

    def _is_deletable(self, id: int) -> bool:
        group: Group = self.sight.state.groups[id]
        return not group.is_default and group.pool is None and not group.users


def _name(name: str, there: Mapping[int, Any], besides: int | None = None) -> str | None:
    if name in BAD_NAMES:
        return "BadName"
    taken = {fold_name(one.name) for id, one in there.items() if id != besides}
    return "NameTaken" if fold_name(name) in taken else None


def _unknown(known: Collection[int], asked: Iterable[str]) -> str | None:
    return "Unknown" if len(known) < len(set(asked)) else None
