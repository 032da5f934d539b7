"""Names on disk: a table by normal form and by word, so that finding one does not read all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import sqlite3

Name = tuple[str, str, str, str]
"""Normal form, IRI, text and role; see `lookup`."""

Reading: TypeAlias = Callable[[tuple[type[Exception], ...]], AbstractContextManager[None]]

_TABLES = """
CREATE TABLE names (form TEXT, thing TEXT, text TEXT, role TEXT);
CREATE TABLE words (word TEXT, name INTEGER, PRIMARY KEY (word, name)) WITHOUT ROWID;
"""
_LAST = "\U0010ffff"
_MOST_NEAR = 5000


def write(path: str, names: Iterable[Name]) -> None:
    """Write the names to a new file.

    Raises:
        OSError: There is no room.
    """
    import sqlite3

    connection = sqlite3.connect(path)
    try:
        # The file is moved to its place when it is whole; until then nobody needs a journal.
        connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _TABLES)
        ordered = sorted(set(names))
        connection.executemany("INSERT INTO names VALUES (?, ?, ?, ?)", ordered)
        words = sorted({(word, at) for at, name in enumerate(ordered, 1) for word in name[0].split()})
        connection.executemany("INSERT INTO words VALUES (?, ?)", words)
        connection.execute("CREATE INDEX forms ON names (form)")
        connection.commit()
    except sqlite3.OperationalError as error:
        raise OSError(str(error)) from None
    finally:
        connection.close()


class Index:
    """What `write` wrote.

    Args:
        path: The file.
        reading: Takes care of an error of the kinds that it is given, while the file is read.
    """

    def __init__(self, path: str, reading: Reading) -> None:
        self._path = path
        self._reading = reading

    @cached_property
    def _connection(self) -> sqlite3.Connection:
        import sqlite3
        from urllib.parse import quote

        # Threads may share it: it is only read, and Python's module takes turns.
        return sqlite3.connect(f"file:{quote(self._path)}?mode=ro&immutable=1", uri=True, check_same_thread=False)

    def _rows(self, text: str, values: Sequence[object]) -> list[Name]:
        import sqlite3

        with self._reading((sqlite3.Error, ValueError)):
            return list(self._connection.execute(text, tuple(values)))

    def exact(self, form: str) -> list[Name]:
        """The names with just this form."""
        return self._rows("SELECT * FROM names WHERE form = ? ORDER BY rowid", [form])

    def having(self, words: Sequence[str]) -> Iterator[Name]:
        """The names that have, for each of these, a word that begins so."""
        ranges = " INTERSECT ".join("SELECT name FROM words WHERE word >= ? AND word < ?" for _ in words)
        bounds = [bound for word in words for bound in (word, word + _LAST)]
        yield from self._rows(f"SELECT * FROM names WHERE rowid IN ({ranges}) ORDER BY rowid", bounds)

    def forms(self, near: str) -> list[str]:
        """Forms that begin like this one, for suggestions."""
        start = near[:2]
        rows = "SELECT DISTINCT form FROM names WHERE form >= ? AND form < ? ORDER BY form LIMIT ?"
        return [row[0] for row in self._rows(rows, [start, start + _LAST, _MOST_NEAR])]
