"""What a test arranges and looks up by the graph while a person works at the same console."""

from __future__ import annotations

from typing import Any

from tests.services.operator import Operator

STATE = """{
  groups(first: 100) { edges { node {
    id name version pool { name } users(first: 100) { edges { node { name } } }
  } } }
  users(first: 100) { edges { node { id name displayName roles version group { name } } } }
  pools(first: 100) { edges { node { id name group { name } load { devices } } } }
}"""


class Records:
    """Groups, users and pools as the database has them, by name."""

    def __init__(self, operator: Operator) -> None:
        self.operator = operator

    async def groups(self) -> dict[str, tuple[str | None, set[str]]]:
        """Each group's pool and members."""
        found = await self._all("groups")
        return {
            group["name"]: (
                group["pool"] and group["pool"]["name"],
                {edge["node"]["name"] for edge in group["users"]["edges"]},
            )
            for group in found
        }

    async def users(self) -> dict[str, tuple[str | None, set[str]]]:
        """Each user's group and roles."""
        found = await self._all("users")
        return {
            user["name"]: (user["group"] and user["group"]["name"], set(user["roles"]))
            for user in found
        }

    async def id_of(self, kind: str, name: str) -> str:
        """Of one of the "groups", "users" or "pools"."""
        return next(str(one["id"]) for one in await self._all(kind) if one["name"] == name)

    async def on_board(
        self, *names: str, roles: tuple[str, ...] = (), group: str | None = None, **more: Any
    ) -> dict[str, str]:
        """The first password of each."""
        group_id = None if group is None else await self.id_of("groups", group)
        people = [{"name": name, "roles": roles, "group": group_id, **more} for name in names]
        selected = "... on UsersOnBoarded { users { user { name } password } }"
        done = await self.change("onBoardUsers", "OnBoardUsersInput", selected, users=people)
        return {one["user"]["name"]: one["password"] for one in done["users"]}

    async def create_group(self, name: str, pool: str | None = None) -> None:
        pool_id = None if pool is None else await self.id_of("pools", pool)
        await self.change("createGroup", "CreateGroupInput", name=name, pool=pool_id)

    async def create_pool(self, name: str, devices: int = 1) -> None:
        """Of devices that no job holds, of one type.

        The demo's own jobs start whenever they like, so what was free a moment ago may be held
        by now: then others are chosen.
        """
        while True:
            wishes = {"name": name, "devices": await self._free_devices(devices)}
            result = await self._attempt("createPool", "CreatePoolInput", wishes)
            if result["__typename"] != "DevicesBusy":
                assert "message" not in result, result
                return

    async def _free_devices(self, count: int) -> list[str]:
        answer = await self.operator.ask(
            """{ devices(filter: { allocation: [FREE] }, first: 200) { edges { node {
              id pool { isDefault } type { name } jobs { totalCount }
            } } } }"""
        )
        free: dict[str, list[str]] = {}
        for edge in answer["devices"]["edges"]:
            device = edge["node"]
            if device["pool"]["isDefault"] and device["jobs"]["totalCount"] == 0:
                free.setdefault(device["type"]["name"], []).append(device["id"])
        return max(free.values(), key=len)[:count]

    async def edit_group(self, group_name: str, **changes: Any) -> None:
        group = next(one for one in await self._all("groups") if one["name"] == group_name)
        wishes = {"id": group["id"], "version": group["version"], **changes}
        await self.change("editGroup", "EditGroupInput", **wishes)

    async def set_roles(self, name: str, *roles: str) -> None:
        user = next(one for one in await self._all("users") if one["name"] == name)
        wishes = {"id": user["id"], "version": user["version"], "roles": roles}
        await self.change("editUser", "EditUserInput", **wishes)

    async def change(
        self, mutation: str, type_name: str, selected: str = "", **wishes: Any
    ) -> dict[str, Any]:
        """Carry it out; a refusal fails the test."""
        result = await self._attempt(mutation, type_name, wishes, selected)
        assert "message" not in result, result
        return result

    async def _attempt(
        self, mutation: str, type_name: str, wishes: dict[str, Any], selected: str = ""
    ) -> dict[str, Any]:
        answer = await self.operator.ask(
            f"""mutation($wishes: {type_name}!) {{ {mutation}(input: $wishes) {{
              __typename ... on Refusal {{ message }} {selected}
            }} }}""",
            wishes=wishes,
        )
        result: dict[str, Any] = answer[mutation]
        return result

    async def _all(self, kind: str) -> list[dict[str, Any]]:
        answer = await self.operator.ask(STATE)
        return [edge["node"] for edge in answer[kind]["edges"]]
