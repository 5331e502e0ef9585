"""A fake driver of SQL Server. It records the statements, and answers each as an empty database does."""

from collections.abc import Sequence
from types import ModuleType
from typing import Any


class Recorder(ModuleType):
    """The module ``mssql_python``: a DBAPI whose connections record the statements that they execute."""

    paramstyle = "qmark"
    apilevel = "2.0"
    threadsafety = 1
    __version__ = "1.16.0"

    class Error(Exception):
        """The base of the errors of the DBAPI, with the driver's text for an SQLSTATE."""

        def __init__(self, driver_error: str = "") -> None:
            self.driver_error = driver_error
            super().__init__(driver_error)

    class DatabaseError(Error):
        pass

    class InterfaceError(Error):
        pass

    class OperationalError(DatabaseError):
        pass

    class IntegrityError(DatabaseError):
        pass

    class ProgrammingError(DatabaseError):
        pass

    def __init__(self) -> None:
        super().__init__("mssql_python")
        self.statements: list[tuple[str, Sequence[Any]]] = []
        self.connected: list[tuple[str, dict[str, Any]]] = []
        self.error: Exception | None = None
        """The error that every writing statement raises, if it is set."""

    def pooling(self, *, enabled: bool) -> None:
        """Do nothing: SQLAlchemy turns the pool of the driver off."""

    def connect(self, connection_string: str, **options: Any) -> "_Connection":
        self.connected.append((connection_string, options))
        return _Connection(self)


class _Connection:
    autocommit = False

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def cursor(self) -> "_Cursor":
        return _Cursor(self._recorder)

    def setautocommit(self, value: bool) -> None:
        self.autocommit = value

    def commit(self) -> None: ...

    def rollback(self) -> None: ...

    def close(self) -> None: ...


class _Cursor:
    rowcount = 1
    arraysize = 1
    description: Any = None
    messages: tuple[()] = ()

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._rows: list[tuple[Any, ...]] = []

    def execute(self, statement: str, *parameters: Any) -> None:
        sent: Sequence[Any] = (
            parameters[0] if len(parameters) == 1 and isinstance(parameters[0], Sequence) else parameters
        )
        self._recorder.statements.append((statement, sent))
        if self._recorder.error and statement.startswith(("INSERT", "UPDATE", "DELETE")):
            raise self._recorder.error
        self._rows = next((list(rows) for part, rows in _ANSWERS.items() if part in statement), [])
        self.description = [(f"c{at}", None) for at in range(len(self._rows[0]) if self._rows else 30)]

    def executemany(self, statement: str, parameters: Sequence[Any]) -> None:
        for sent in parameters:
            self.execute(statement, sent)

    def fetchone(self) -> tuple[Any, ...] | None:
        return self._rows.pop(0) if self._rows else None

    def fetchall(self) -> list[tuple[Any, ...]]:
        rows, self._rows = self._rows, []
        return rows

    def setinputsizes(self, *_: Any) -> None: ...

    def nextset(self) -> None: ...

    def close(self) -> None: ...


_ANSWERS = {
    "@@version": [("Microsoft SQL Server 2022 (RTM) - 16.0.1000.6 (X64)",)],
    "schema_name()": [("dbo",)],
    "sys.system_views": [("dm_exec_sessions",)],
    "transaction_isolation_level": [("READ COMMITTED",)],
}
"""The answers of a server to the queries of SQLAlchemy, by a part of the query."""
