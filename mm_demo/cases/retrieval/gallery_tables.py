"""The gallery's tables on disk or in a bucket: LanceDB's, each commit whole or not there at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import lancedb
import pyarrow as pa  # type: ignore[import-untyped]

from mm_demo.errors import UserError

MARK, FORMAT = b"mm_demo.gallery", b"1"  # stands in every table: who made it, and how
ALL = 1_000_000_000  # LanceDB answers with ten rows unless told
ATTEMPTS = 5  # at a commit, each with LanceDB's own ten
KEPT = timedelta(minutes=1)  # an old version, for whoever still reads it
REMOTE_FRESHNESS = timedelta(seconds=2)  # looking for a newer version costs a request there
# Without a key, LanceDB lets two writers insert the same row at once.
_KEY = pa.field(
    "id", pa.string(), nullable=False, metadata={"lance-schema:unenforced-primary-key": "true"}
)
_COLUMNS = [_KEY, ("caption", pa.string()), ("source", pa.string()), ("owner", pa.string())]
_COLUMNS += [("width", pa.int32()), ("height", pa.int32())]
PICTURES = pa.schema([*_COLUMNS, ("thumbnail", pa.binary())], metadata={MARK: FORMAT})
BUILT = pa.schema([_KEY], metadata={MARK: FORMAT})


def embeddings_schema(dim: int) -> pa.Schema:
    """Of a model's table: what a hit tells, the model's id, its embedding (dim,) float32."""
    columns = [*_COLUMNS, ("model", pa.string()), ("embedding", pa.list_(pa.float32(), dim))]
    return pa.schema(columns, metadata={MARK: FORMAT})


def embeddings_name(model: str) -> str:
    """The table of a model's embeddings, whatever characters its id has."""
    return "embeddings_" + sha256(model.encode()).hexdigest()[:16]


class Tables:
    """The tables of a place: a folder, or an `s3://` address (credentials as `AWS_*` variables).

    Everything raises UserError: `gallery.read_only`, `gallery.busy`, `gallery.damaged`, `gallery.not_a_folder`,
    `gallery.other_version` (found, expected), `gallery.unreachable`, `disk.cannot_write`, each with
    its `folder`.
    """

    def __init__(self, place: str | Path) -> None:
        self.place = str(place)
        self.remote = "://" in self.place
        self._opened: dict[str, Any] = {}  # LanceDB's annotations are not what it gives

    def get(self, name: str) -> Any:
        """A table, as new as it is on disk; None where there is none yet."""
        if name not in self._opened:
            if not self.remote and not Path(self.place).exists():
                return None
            with self.telling():
                try:
                    table = self._connect().open_table(name)
                except ValueError as error:
                    if "was not found" not in str(error) or self._headless(name):
                        raise
                    return None
                self._check(table)
                self._opened[name] = table
        return self._opened[name]

    def merge(self, name: str, rows: pa.Table) -> tuple[int, int]:
        """Write the rows whose ids are not there yet: once this returns, they are.

        Returns the version that this made, and how many rows were written.
        """
        table = self.get(name)
        with self.telling():
            if table is None:
                table = self._connect().create_table(name, schema=rows.schema, exist_ok=True)
                self._check(table)
                self._opened[name] = table
            merging = table.merge_insert("id").when_not_matched_insert_all()
            for _ in range(ATTEMPTS - 1):
                with passing_conflicts():
                    made = merging.execute(rows)
                    return made.version, made.num_inserted_rows
                table.checkout_latest()
            made = merging.execute(rows)
            return made.version, made.num_inserted_rows

    def read(
        self, name: str, columns: Sequence[str], where: str | None = None, skip: int = 0
    ) -> pa.Table | None:
        """Rows in the order in which they were written, `skip` left out; None without a table."""
        table = self.get(name)
        if table is None:
            return None
        try:
            return self._query(table, columns, where, skip)
        except UserError:  # another process may have tidied up what was being read
            with self.telling():
                table.checkout_latest()
            return self._query(table, columns, where, skip)

    def ids(self, name: str, where: str | None = None) -> list[str]:
        """The ids of a table, in order."""
        rows = self.read(name, ["id"], where)
        return [] if rows is None else rows["id"].to_pylist()

    def delete(self, name: str, where: str) -> None:
        """Delete rows; a table that is not there has none."""
        table = self.get(name)
        if table is not None:
            with self.telling():
                table.delete(where)

    def drop(self, name: str) -> None:
        """Let go of a whole table."""
        self._opened.pop(name, None)
        if name in self.names():
            with self.telling():
                self._connect().drop_table(name)

    def names(self) -> list[str]:
        """All tables."""
        if not self.remote and not Path(self.place).exists():
            return []
        found, token = [], None
        with self.telling():
            connection = self._connect()
            while True:
                page = connection.list_tables(page_token=token)
                found += page.tables
                token = page.page_token
                if not token:
                    return found

    def compact(self) -> None:
        """Join small files, drop deleted rows and old versions; one that others write to is left."""
        for name in self.names():
            table = self.get(name)
            if table is not None:
                with self.telling(), passing_conflicts():
                    table.optimize(cleanup_older_than=KEPT)

    def fragments(self, name: str) -> int:
        """How many pieces a table lies in."""
        table = self.get(name)
        return 0 if table is None else table.stats()["fragment_stats"]["num_fragments"]

    @contextmanager
    def telling(self) -> Iterator[None]:
        """What goes wrong with a table, in words for a person."""
        try:
            yield
        except UserError:
            raise
        except (OSError, RuntimeError, ValueError, pa.ArrowException) as error:
            raise self._told(error) from error

    def _told(self, error: Exception) -> UserError:
        text = str(error)
        if "Permission denied" in text or "Read-only file system" in text:
            return UserError("gallery.read_only", folder=self.place)
        if "No space left" in text:
            return UserError("disk.cannot_write", folder=self.place, reason="No space left")
        if _lost(error):
            return UserError("gallery.busy", folder=self.place)
        if self.remote:
            return UserError("gallery.unreachable", folder=self.place)
        if isinstance(error, FileExistsError | NotADirectoryError):
            return UserError("gallery.not_a_folder", folder=self.place)
        return UserError("gallery.damaged", folder=self.place)

    def _query(self, table: Any, columns: Sequence[str], where: str | None, skip: int) -> pa.Table:
        with self.telling():
            query = table.search().select(list(columns)).limit(ALL)
            if where:
                query = query.where(where)
            return (query.offset(skip) if skip else query).to_arrow()

    def _connect(self) -> lancedb.DBConnection:
        freshness = REMOTE_FRESHNESS if self.remote else timedelta(0)
        return lancedb.connect(self.place, read_consistency_interval=freshness)

    def _headless(self, name: str) -> bool:
        """Whether there is data of a table and nothing that says which of it counts."""
        data = Path(self.place) / f"{name}.lance" / "data"
        return not self.remote and data.is_dir() and any(data.iterdir())

    def _check(self, table: Any) -> None:
        found = (table.schema.metadata or {}).get(MARK, b"?")
        if found != FORMAT:
            raise UserError(
                "gallery.other_version",
                folder=self.place,
                found=found.decode(errors="replace")[:20],
                expected=FORMAT.decode(),
            )


@contextmanager
def passing_conflicts() -> Iterator[None]:
    """Pass over a commit that somebody else's was faster than."""
    try:
        yield
    except RuntimeError as error:
        if not _lost(error):
            raise


def _lost(error: Exception) -> bool:
    """Whether it says that another commit came first."""
    told = str(error).lower()
    return "commit conflict" in told or "concurrent write" in told
