"""Which SQLite the program carries, for whoever has to name it."""

from __future__ import annotations

import sqlcipher3.dbapi2 as sqlite

from brokerdesk.db.driver import check_version


def sqlite_version() -> str:
    """The library's version, such as "3.53.4".

    Raises:
        StorageError: it is one that can damage databases.
    """
    check_version()
    return str(sqlite.sqlite_version)
