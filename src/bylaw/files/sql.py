"""Reads the tables of a database through SQLAlchemy, in one read-only snapshot where the server offers it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from bylaw.errors import Problem, UsageError
from bylaw.files.csv import visible
from bylaw.files.extras import need
from bylaw.files.sheet import Cells, NumberedPlaces, Sheet

BATCH = 5_000
"""Rows that are fetched at once."""

_SECRETS = re.compile(r"(?i)([?&][a-z_]*(?:password|passwd|pwd|secret|token|key)[a-z_]*=)[^&#]*")
_PASSWORD = re.compile(r"^([^:/]+://[^:/@]*):.*@", re.DOTALL)


def without_password(address: str) -> str:
    """Return a database address as it may be shown: `postgresql+psycopg://reader:***@host/db`."""
    return _SECRETS.sub(r"\1***", _PASSWORD.sub(r"\1:***@", address))


class SqlDatabase:
    """A database that is being read.

    Args:
        address: its address, as SQLAlchemy has it: `postgresql+psycopg://reader@host/db`.

    Raises:
        UsageError: SQLAlchemy or the driver is not installed, the address is none, or nobody answers there.
    """

    def __init__(self, address: str) -> None:
        self._sa = need("sqlalchemy", "sql", "database addresses")
        self._name = without_password(address)
        self._engine = self._created(address)
        try:
            self._connection = self._engine.connect()
            self._inspector = self._sa.inspect(self._connection)
            names = [*self._inspector.get_table_names(), *self._inspector.get_view_names()]
        except self._sa.exc.SQLAlchemyError as cause:
            self._engine.dispose()
            said = str(getattr(cause, "orig", None) or "the database does not answer").strip()
            reason = visible(without_password(said.splitlines()[0]), 300) if said else "no reason is given"
            raise UsageError(f"`{self._name}` cannot be read: {reason}") from None
        self.tables: list[str] = sorted(set(names))

    def _created(self, address: str) -> Any:
        exc = self._sa.exc
        try:
            url = self._sa.make_url(address)
            options: dict[str, Any] = {}
            if url.drivername == "postgresql":
                url = url.set(drivername="postgresql+psycopg")
            if url.get_backend_name() == "postgresql":
                # All tables as they are at one moment, and no way to write.
                options = {
                    "isolation_level": "REPEATABLE READ",
                    "execution_options": {"postgresql_readonly": True},
                }
            return self._sa.create_engine(url, poolclass=self._sa.pool.NullPool, **options)
        except exc.NoSuchModuleError:
            raise UsageError(
                f"`{self._name}` names a kind of database that is not known",
                "such as `postgresql+psycopg://reader@host/database` or `sqlite:///file.db`",
            ) from None
        except ImportError as cause:
            driver = cause.name or "of the database"
            install = "pip install 'bylaw[sql]'" if driver == "psycopg" else f"pip install {driver}"
            raise UsageError(
                f"`{self._name}` needs the driver `{driver}`, which is not installed", install
            ) from None
        except (exc.ArgumentError, ValueError):
            raise UsageError(
                f"`{self._name}` is no database address",
                "such as `postgresql+psycopg://reader@host/database`",
            ) from None

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
        self._engine.dispose()

    def has(self, table: str) -> bool:
        """Whether there is a table of the name, which may name its schema: `records.marks`."""
        schema, _, name = table.rpartition(".")
        try:
            return bool(
                self._inspector.has_table(name, schema=schema or None)
                or name in self._inspector.get_view_names(schema=schema or None)
            )
        except self._sa.exc.SQLAlchemyError:
            return False

    def sheet(self, table: str) -> Sheet:
        """Open a table or view.

        Its rows are numbered by the primary key, if that is one whole number, else in the order of the values
        that are read of them.
        """
        sa = self._sa
        schema, name = (None, table) if table in self.tables else _split(table)
        places = NumberedPlaces(self._name, table)
        problems: list[Problem] = []
        try:
            found = self._inspector.get_columns(name, schema=schema)
            key = self._inspector.get_pk_constraint(name, schema=schema).get("constrained_columns") or []
        except sa.exc.SQLAlchemyError:
            problems.append(Problem(f"table `{visible(table)}` cannot be read", places.header()))
            return Sheet(places, [], lambda _: iter(()), problems)
        names = [str(column["name"]) for column in found]
        numbers = {str(one["name"]) for one in found if isinstance(one["type"], sa.Integer)}
        number_by = key[0] if len(key) == 1 and key[0] in numbers else None

        def rows(wanted: Sequence[int]) -> Iterator[tuple[int, Cells]]:
            # Columns without a type: what the driver gives is taken as it is.
            columns = [sa.column(names[index]) for index in wanted]
            source = sa.table(name, *(sa.column(one) for one in names), schema=schema)
            identity = sa.column(number_by) if number_by else sa.literal_column("0")
            order = [identity] if number_by else columns
            query = sa.select(identity.label("row_number_"), *columns).select_from(source).order_by(*order)
            number = 0
            try:
                streamed = self._connection.execution_options(stream_results=True, yield_per=BATCH)
                for row in streamed.execute(query):
                    number = int(row[0]) if number_by else number + 1
                    yield number, row[1:]
            except sa.exc.SQLAlchemyError:
                message = f"table `{visible(table)}` cannot be read beyond row {number}"
                problems.append(Problem(message, places.header(), "may the reader of the database read it?"))

        header = [(column, places.header()) for column in names]
        return Sheet(places, header, rows, problems, places.header())


def _split(table: str) -> tuple[str | None, str]:
    schema, _, name = table.rpartition(".")
    return schema or None, name
