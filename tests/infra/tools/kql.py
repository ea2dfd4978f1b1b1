"""Runs the alerts' queries, as they are deployed, over log lines: KQL on DuckDB (the package duckdb-kql), at a given time."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import duckdb_kql

EVALUATION = timedelta(hours=1)
"""evaluationFrequency of the rules."""

MUTE = {"PT6H": timedelta(hours=6), "P1D": timedelta(days=1)}

_COLUMNS = {
    "AppTraces": {"TimeGenerated": "TIMESTAMP", "Message": "VARCHAR", "_ResourceId": "VARCHAR"},
    "AppRequests": {
        "TimeGenerated": "TIMESTAMP",
        "Success": "BOOLEAN",
        "OperationName": "VARCHAR",
        "_ResourceId": "VARCHAR",
    },
    "StorageTableLogs": {"TimeGenerated": "TIMESTAMP"}
    | dict.fromkeys(
        (
            "AccountName",
            "AuthenticationType",
            "OperationName",
            "StatusCode",
            "Category",
            "RequesterObjectId",
            "CallerIpAddress",
        ),
        "VARCHAR",
    ),
}
_CLOCK = "kqlnow"
"""What duckdb-kql calls the time that a query runs at."""


@dataclass(frozen=True)
class Line:
    """A log line of the function: when (UTC), and the text that reaches AppTraces."""

    at: datetime
    message: str


@dataclass(frozen=True)
class Invocation:
    """An invocation of the function as AppRequests knows it."""

    at: datetime
    success: bool


@dataclass(frozen=True)
class Mail:
    """A mail that a rule would send: when, and the values of its dimensions."""

    at: datetime
    about: tuple[str, ...]


class Workspace:
    """A Log Analytics workspace with the two tables that the queries read."""

    def __init__(self) -> None:
        self._connection = duckdb_kql.connect()
        self._connection.execute("SET threads = 1")
        self._prepared: dict[str, str] = {}
        for table, columns in _COLUMNS.items():
            self._connection.execute(
                f"CREATE TABLE stored_{table} ({', '.join(f'{name} {kind}' for name, kind in columns.items())})"
            )
            self._connection.execute(
                f"CREATE VIEW {table} AS SELECT * FROM stored_{table} "  # noqa: S608 - the names are constants
                "WHERE TimeGenerated BETWEEN getvariable('earliest') AND getvariable('latest')"
            )

    def add(self, component: str, lines: Iterable[Line] = (), invocations: Iterable[Invocation] = ()) -> None:
        """Store what a component sent; Azure writes its resource id in lower case."""
        for line in lines:
            row = [_utc(line.at), line.message, component.lower()]
            self._connection.execute("INSERT INTO stored_AppTraces VALUES (?, ?, ?)", row)
        for call in invocations:
            request = [_utc(call.at), call.success, "BalanceSnapshot", component.lower()]
            self._connection.execute("INSERT INTO stored_AppRequests VALUES (?, ?, ?, ?)", request)

    def add_table_log(self, at: datetime, *values: str) -> None:
        """Store one entry of a table's diagnostic log: the columns after TimeGenerated."""
        marks = ", ".join("?" * (len(values) + 1))
        self._connection.execute(f"INSERT INTO stored_StorageTableLogs VALUES ({marks})", [_utc(at), *values])  # noqa: S608 - question marks

    def rows(self, query: str, now: datetime) -> list[dict[str, Any]]:
        """Return what a query finds when it runs at a time; like Azure, it sees no more than the two days before it."""
        self._connection.execute("SET VARIABLE latest = ?::TIMESTAMP", [_utc(now)])
        self._connection.execute("SET VARIABLE earliest = ?::TIMESTAMP", [_utc(now) - timedelta(days=2)])
        if query not in self._prepared:
            self._prepared[query] = f"query_{len(self._prepared)}"
            self._connection.execute(f"PREPARE {self._prepared[query]} AS {_translated(query)}")
        found = self._connection.execute(f"EXECUTE {self._prepared[query]}({_CLOCK} := getvariable('latest'))")
        columns = [column[0] for column in found.description]
        return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]


@cache
def _translated(query: str) -> Any:
    """Translate a query to SQL; the time it runs at stays a parameter, so that a query is translated once."""
    # duckdb-kql knows no empty datatable; Microsoft's own service checks the whole query.
    query = re.sub(r"union isfuzzy=true\s+\(datatable\(.*\),\s+(?=StorageTableLogs)", "", query)
    return duckdb_kql.to_sql(
        query,
        schema={table: list(columns) for table, columns in _COLUMNS.items()},
        query_now=datetime(2000, 1, 1, tzinfo=UTC),
    )


def mails(
    workspace: Workspace, rule: dict[str, Any], start: datetime, end: datetime, *, mute_is_shared: bool = False
) -> list[Mail]:
    """Return the mails a rule sends when it is evaluated every hour, by the documented rules of log search alerts.

    One alert for each combination of the dimensions. A rule with `autoMitigate` fires once and again only after the condition was
    not met for two evaluations; one with `muteActionsDuration` fires anew when that time is over, which with `mute_is_shared` runs
    for all combinations together: nobody has documented it.
    https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-overview#stateful-alerts
    """
    condition = rule["criteria"]["allOf"][0]
    dimensions = [dimension["name"] for dimension in condition["dimensions"]]
    sent: list[Mail] = []
    last_fired: dict[tuple[str, ...], datetime] = {}
    last_met: dict[tuple[str, ...], datetime] = {}
    now = start
    while now <= end:
        for about in _combinations(workspace.rows(condition["query"], now), dimensions):
            if rule["autoMitigate"]:
                due = about not in last_met or now - last_met[about] > 2 * EVALUATION
            else:
                last = last_fired.get(() if mute_is_shared else about)
                due = last in (None, now) or now - last >= MUTE[rule["muteActionsDuration"]]
            last_met[about] = now
            if due:
                last_fired[() if mute_is_shared else about] = now
                sent.append(Mail(now, about))
        now += EVALUATION
    return sent


def _combinations(rows: list[dict[str, Any]], dimensions: Sequence[str]) -> list[tuple[str, ...]]:
    return sorted({tuple(str(row[name]) for name in dimensions) for row in rows})


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=None)
