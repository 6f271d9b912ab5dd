"""The audit trail as the ledger has it: read from a copy of the state directory, and checked."""

import hashlib
import pathlib
import shutil
import sqlite3
import tempfile


def parse(octets):
    """Canonical bytes, each field `NAME=LENGTH:VALUE` and a newline → {name: value}."""
    fields = {}
    rest = octets
    while rest:
        name, _, rest = rest.partition(b"=")
        length, _, rest = rest.partition(b":")
        count = int(length)
        value, end, rest = rest[:count], rest[count:count + 1], rest[count + 1:]
        assert len(value) == count and end == b"\n", (name, value)
        assert name.decode() not in fields, name
        fields[name.decode()] = value.decode(errors="surrogateescape")
    assert list(fields) == sorted(fields), list(fields)
    return fields


def _rows(state, query):
    # The supervisor has the file to itself: a copy of it and of what SQLite has not taken in yet.
    with tempfile.TemporaryDirectory(dir="/var/tmp") as copy:
        for suffix in ("", "-wal"):
            source = pathlib.Path(state) / f"ledger.db{suffix}"
            if source.exists():
                shutil.copy(source, copy)
        connection = sqlite3.connect(f"{copy}/ledger.db")
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()


def records(daemon):
    """All records in their order, each {name: value}; asserts that they are one chain."""
    found = []
    previous = "0" * 64
    rows = _rows(daemon.state, "SELECT seq, bytes, hash FROM audit ORDER BY seq")
    for number, (sequence, octets, digest) in enumerate(rows, 1):
        fields = parse(octets)
        assert sequence == number == int(fields["BULKHEAD_SEQ"])
        assert fields["BULKHEAD_PREV"] == previous, fields
        previous = hashlib.sha256(octets).hexdigest()
        assert digest.hex() == previous, fields
        found.append(fields)
    return found


def stored(daemon):
    """The canonical bytes of all records that are there, whatever was taken out."""
    return [octets for (octets,) in _rows(daemon.state, "SELECT bytes FROM audit ORDER BY seq")]


def open_sessions(daemon):
    """How many the ledger takes to be open."""
    return _rows(daemon.state, "SELECT count(*) FROM sessions")[0][0]


def events(daemon, *kinds):
    """Those of these kinds; a kind that ends with a dot: all that begin so."""
    return [record for record in records(daemon)
            if any(record["BULKHEAD_EVENT"] == kind
                   or kind.endswith(".") and record["BULKHEAD_EVENT"].startswith(kind)
                   for kind in kinds)]
