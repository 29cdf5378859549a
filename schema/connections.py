"""The lists that hang on many types: devices, jobs and users, with their filters and orders."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import strawberry

from domain.jobs import JobSource, JobState
from domain.roles import Role
from domain.snapshot import DeviceRow, JobRow, UserRow
from resolvers import devices, jobs, pages, users
from resolvers.context import Info
from schema.relay import connection

strawberry.enum(pages.OrderDirection)
strawberry.enum(devices.DeviceOrderField)
strawberry.enum(jobs.JobOrderField)
strawberry.enum(users.UserOrderField)
strawberry.enum(JobState)
strawberry.enum(JobSource)
strawberry.enum(Role)

DeviceFilter = strawberry.input(devices.DeviceFilter)
DeviceOrder = strawberry.input(devices.DeviceOrder)
JobFilter = strawberry.input(jobs.JobFilter)
JobOrder = strawberry.input(jobs.JobOrder)
UserFilter = strawberry.input(users.UserFilter)
UserOrder = strawberry.input(users.UserOrder)


def devices_of(rows: Callable[[Any, Info], Iterable[DeviceRow]]) -> Any:
    """A connection of the devices that `rows(root, info)` gives."""

    def page(
        root: Any,
        info: Info,
        filter: devices.DeviceFilter | None,
        order_by: devices.DeviceOrder | None,
        wanted: pages.Slice,
    ) -> pages.Page[DeviceRow]:
        return devices.list_devices(info.context, rows(root, info), filter, order_by, wanted)

    return connection(page, filter=DeviceFilter, order_by=DeviceOrder)


def jobs_of(
    rows: Callable[[Any, Info], Iterable[JobRow]],
    belongs: Callable[[Any, JobRow, Info], bool],
) -> Any:
    """A connection of jobs: the active ones that `rows` gives, and ended ones that `belongs`."""

    def page(
        root: Any,
        info: Info,
        filter: jobs.JobFilter | None,
        order_by: jobs.JobOrder | None,
        wanted: pages.Slice,
    ) -> pages.Page[JobRow] | Awaitable[pages.Page[JobRow]]:
        return jobs.list_jobs(
            info.context,
            rows(root, info),
            filter,
            order_by,
            wanted,
            belongs=lambda job: belongs(root, job, info),
        )

    return connection(
        page,
        filter=JobFilter,
        order_by=JobOrder,
        description="Active jobs, unless the filter names other states.",
    )


def users_of(rows: Callable[[Any, Info], Iterable[UserRow]]) -> Any:
    """A connection of the users that `rows(root, info)` gives."""

    def page(
        root: Any,
        info: Info,
        filter: users.UserFilter | None,
        order_by: users.UserOrder | None,
        wanted: pages.Slice,
    ) -> pages.Page[UserRow]:
        return users.list_users(info.context, rows(root, info), filter, order_by, wanted)

    return connection(page, filter=UserFilter, order_by=UserOrder)
