"""Runs the alerts' queries as deployed over log lines, at a given time: KQL on DuckDB (the package duckdb-kql)."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import duckdb_kql

EVALUATION = timedelta(hours=1)
"""The rules' evaluationFrequency."""

MUTE = {"PT6H": timedelta(hours=6), "P1D": timedelta(days=1)}

_WHO = "AccountName AuthenticationType OperationName StatusCode Category RequesterObjectId CallerIpAddress"
COLUMNS = {
    "AppTraces": {"TimeGenerated": "datetime", "Message": "string", "_ResourceId": "string"},
    "AppRequests": {"TimeGenerated": "datetime", "Success": "bool", "OperationName": "string", "_ResourceId": "string"},
    "StorageTableLogs": {"TimeGenerated": "datetime"} | dict.fromkeys(_WHO.split(), "string"),
}
"""The tables and columns that the queries read, as in Log Analytics."""

_SQL_TYPES = {"datetime": "TIMESTAMP", "string": "VARCHAR", "bool": "BOOLEAN"}


class Workspace:
    """A Log Analytics workspace with the tables that the queries read."""

    def __init__(self) -> None:
        self._connection = duckdb_kql.connect()
        self._connection.execute("SET threads = 1")
        self._prepared: dict[str, str] = {}
        for table, columns in COLUMNS.items():
            typed = ", ".join(f"{name} {_SQL_TYPES[kind]}" for name, kind in columns.items())
            self._connection.execute(f"CREATE TABLE stored_{table} ({typed})")
            self._connection.execute(
                f"CREATE VIEW {table} AS SELECT * FROM stored_{table} "  # noqa: S608 - the names are constants
                "WHERE TimeGenerated BETWEEN getvariable('now')::TIMESTAMP - INTERVAL 2 DAY AND getvariable('now')"
            )

    def add(self, table: str, rows: Iterable[tuple[datetime, *tuple[object, ...]]]) -> None:
        """Store a table's rows: the time, then the values of the other columns."""
        insert = f"INSERT INTO stored_{table} VALUES ({', '.join('?' * len(COLUMNS[table]))})"  # noqa: S608 - names and marks
        self._connection.executemany(insert, [[at.replace(tzinfo=None), *values] for at, *values in rows])

    def rows(self, query: str, now: datetime) -> list[dict[str, Any]]:
        """Return what a query finds when it runs at this time; like Azure, it sees only the two days before it."""
        self._connection.execute("SET VARIABLE now = ?::TIMESTAMP", [now.replace(tzinfo=None)])
        if query not in self._prepared:
            self._prepared[query] = f"query_{len(self._prepared)}"
            self._connection.execute(f"PREPARE {self._prepared[query]} AS {_translated(query)}")
        found = self._connection.execute(f"EXECUTE {self._prepared[query]}(kqlnow := getvariable('now'))")
        columns = [column[0] for column in found.description]
        return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]


@cache
def _translated(query: str) -> Any:
    """Translate a query to SQL. The time stays a parameter, `kqlnow`, so that each query is translated once."""
    # duckdb-kql does not support an empty datatable; Microsoft's own service checks the whole query.
    query = re.sub(r"union isfuzzy=true\s+\(datatable\(.*\),\s+(?=StorageTableLogs)", "", query)
    schema = {table: list(columns) for table, columns in COLUMNS.items()}
    return duckdb_kql.to_sql(query, schema=schema, query_now=datetime(2000, 1, 1, tzinfo=UTC))


def emails(
    workspace: Workspace, rule: dict[str, Any], hours: Iterable[datetime], *, mute_is_shared: bool = False
) -> list[tuple[datetime, tuple[str, ...]]]:
    """Return the emails of a rule that is evaluated at these hours: when, and the values of its dimensions.

    This follows the documented rules of log search alerts: one alert per combination of dimensions. A rule with `autoMitigate`
    fires once, and again only after the condition was not met for two evaluations. One with `muteActionsDuration` fires again
    when that period ends. With `mute_is_shared`, the period covers all combinations together; Azure documents neither way.
    https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-overview#stateful-alerts
    """
    condition = rule["criteria"]["allOf"][0]
    dimensions = [dimension["name"] for dimension in condition["dimensions"]]
    sent = []
    last_fired: dict[tuple[str, ...], datetime] = {}
    last_met: dict[tuple[str, ...], datetime] = {}
    for now in hours:
        rows = workspace.rows(condition["query"], now)
        for about in sorted({tuple(str(row[name]) for name in dimensions) for row in rows}):
            if rule["autoMitigate"]:
                due = about not in last_met or now - last_met[about] > 2 * EVALUATION
            else:
                last = last_fired.get(() if mute_is_shared else about)
                due = last in (None, now) or now - last >= MUTE[rule["muteActionsDuration"]]
            last_met[about] = now
            if due:
                last_fired[() if mute_is_shared else about] = now
                sent.append((now, about))
    return sent
