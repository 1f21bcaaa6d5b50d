"""Copies the rows of one station, as the eMSP itself stored them, to make a mirror of any size. Only for `emsp_bench`.

PostgreSQL's COPY, without triggers: the rows of one station are taken as text, and number, place and keys exchanged.
"""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
from psycopg import sql

from emsp.bench import places

TABLES = ("ocpi_location", "ocpi_evse", "ocpi_connector", "catalog_offer", "catalog_stationtext")
PARENTS = {"location_id": "ocpi_location", "evse_id": "ocpi_evse", "connector_id": "ocpi_connector"}
CHUNK = 10_000  # stations


def copy_stations(dsn: str, start: int, end: int) -> None:
    """Make the stations from number start up to end, beside the one with the number places.MARK."""
    with psycopg.connect(dsn) as connection:
        connection.execute("set session_replication_role = replica")  # no triggers: foreign keys are right by making
        templates = {table: _Template.read(connection, table) for table in TABLES}
        for first in range(start, end, CHUNK):
            for template in templates.values():
                _copy(connection, template, templates, range(first, min(first + CHUNK, end)))
            connection.commit()
    with psycopg.connect(dsn, autocommit=True) as connection:
        for table in TABLES:
            connection.execute(sql.SQL("vacuum analyze {}").format(sql.Identifier(table)))
        connection.execute("truncate bench_evse")
        connection.execute("insert into bench_evse select n, 'AVAILABLE' from generate_series(0, %s) n", [end])
        connection.execute("vacuum analyze bench_evse")


class _Template:
    """The rows of one station in one table, as COPY writes them. ids: theirs."""

    def __init__(self, table: str, columns: list[str], rows: list[list[str]]) -> None:
        self.table, self.columns, self.rows = table, columns, rows
        self.ids = [row[columns.index("id")] for row in rows]

    @classmethod
    def read(cls, connection: psycopg.Connection[Any], table: str) -> "_Template":
        query = sql.SQL("select * from {} where id < 100 order by id limit 0").format(sql.Identifier(table))
        columns = [column.name for column in connection.execute(query).description or []]
        with connection.cursor().copy(
            sql.SQL("copy (select * from {} where id < 100 order by id) to stdout").format(sql.Identifier(table))
        ) as copy:
            text = b"".join(bytes(piece) for piece in copy).decode()
        return cls(table, columns, [line.split("\t") for line in text.split("\n")[:-1]])

    def named(self) -> dict[str, tuple[str, str, str]]:
        """Of offers: the ids that texts tell, with what stands for them in a copy: how it begins, table and id of a row."""
        place = {name: self.columns.index(name) for name in ("id", "offer_id", "fulfillment_id", "evse_id")}
        found = {row[place["offer_id"]]: ("con-", "catalog_offer", row[place["id"]]) for row in self.rows}
        return found | {row[place["fulfillment_id"]]: ("evse-", "ocpi_evse", row[place["evse_id"]]) for row in self.rows}

    def id_for(self, number: int, own: str) -> int:
        """The id of the copy, for a station, of the row whose id is own."""
        return 100 + number * len(self.rows) + self.ids.index(own)

    def maker(self, row: list[str], templates: dict[str, "_Template"]) -> Callable[[int], str]:
        """A function that gives the copy of a row for a station."""
        north, east = places.point(places.MARK)
        text = "\t".join(
            _held(name, value, bool(self.table == "catalog_offer")) for name, value in zip(self.columns, row, strict=True)
        )
        text = text.replace(f"{north:.6f}", "{north}").replace(f"{east:.6f}", "{east}")
        parents = {
            name: (templates[table], row[self.columns.index(name)])
            for name, table in PARENTS.items()
            if name in self.columns and not (name == "evse_id" and self.table == "ocpi_evse")
        }
        own = row[self.columns.index("id")]
        named = templates["catalog_offer"].named() if self.table == "catalog_stationtext" else {}
        evses = row[self.columns.index("evse_ids")].strip("{}").split(",") if named else []

        def make(number: int) -> str:
            latitude, longitude = places.point(number)
            made = text.replace(f"{places.MARK}", f"{number:07d}")  # first: an id may look like it
            exchanged = {name: str(template.id_for(number, parent)) for name, (template, parent) in parents.items()}
            exchanged |= {"id": str(self.id_for(number, own)), "north": f"{latitude:.6f}", "east": f"{longitude:.6f}"}
            for name, value in exchanged.items():
                made = made.replace(f"{{{name}}}", value)
            for told, (prefix, table, one) in named.items():
                made = made.replace(told, f"{prefix}{templates[table].id_for(number, one)}")
            if evses:
                listed = ",".join(str(templates["ocpi_evse"].id_for(number, one)) for one in evses)
                place = f"({longitude.normalize():f},{latitude.normalize():f})"
                made = made.replace("{evses}", f"{{{listed}}}").replace("{place}", place)
            return made

        return make


def _held(name: str, value: str, is_offer: bool) -> str:
    """The text of a column with what differs between stations named in braces."""
    if name == "id" or (name in PARENTS and value.isdecimal()):
        return f"{{{name}}}"
    if name == "point":
        return "({east},{north})"
    if name in ("place", "evse_ids"):
        return {"place": "{place}", "evse_ids": "{evses}"}[name]
    if is_offer and name == "offer_id":
        return "con-{id}"
    if is_offer and name == "fulfillment_id":
        return "evse-{evse_id}"
    return {"latitude": "{north}", "longitude": "{east}"}.get(name, value) if value != r"\N" else value


def _copy(
    connection: psycopg.Connection[Any], template: _Template, templates: dict[str, _Template], numbers: range
) -> None:
    makers = [template.maker(row, templates) for row in template.rows]

    def lines() -> Iterator[str]:
        for number in numbers:
            for make in makers:
                yield make(number) + "\n"

    with connection.cursor().copy(
        sql.SQL("copy {} from stdin").format(sql.Identifier(template.table))
    ) as copy:
        for line in lines():
            copy.write(line)
