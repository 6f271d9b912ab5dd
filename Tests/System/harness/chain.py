"""Records of the audit trail as bulkheadd makes them, chained, hashed and, where wanted, signed; and
entries of a journal in systemd's export format: https://systemd.io/JOURNAL_EXPORT_FORMATS/"""

import hashlib
import pathlib
import re
import secrets
import struct
import subprocess
import tempfile

# In the test machine what tests read of the repository is beside them.
SOURCES = next(each for each in (directory / "Sources/Audit"
                                 for directory in pathlib.Path(__file__).resolve().parents)
               if each.is_dir())
FIRST = 1_795_000_000_000_000  # 2026-11-18T10:40:00Z, in microseconds
UNCHAINED = ("BULKHEAD_HASH", "BULKHEAD_REPUBLISHED")
CHAINED = ("MESSAGE", "MESSAGE_ID", "PRIORITY", "SYSLOG_IDENTIFIER", "OBJECT_PID")


def kinds():
    """{event: (MESSAGE_ID, PRIORITY)}, as the sources have them."""
    words = dict(re.findall(r'case (\w+) = "([^"]+)"', _source("AuditKind.swift")))
    known = re.findall(r'case \.(\w+): \("([0-9a-f]{32})", (\d)\)',
                       _source("AuditKind+Identity.swift"))
    return {words[name]: (identity, priority) for name, identity, priority in known}


def _source(name):
    return (SOURCES / name).read_text()


def octets(value):
    return value if isinstance(value, bytes) else str(value).encode()


def canonical(fields):
    """The bytes that are hashed: Sources/Audit/AuditRecord.swift."""
    result = b""
    for name in sorted(fields, key=str.encode):
        chained = name.startswith("BULKHEAD_") or name in CHAINED
        if chained and name not in UNCHAINED:
            value = octets(fields[name])
            result += b"%s=%d:%s\n" % (name.encode(), len(value), value)
    return result


def digest(fields):
    return hashlib.sha256(canonical(fields)).hexdigest()


class Key:
    """A pair of Ed25519, made and used by the program openssl."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.private, self.public = self.directory / "key.pem", self.directory / "public.pem"
        _openssl("genpkey", "-algorithm", "ed25519", "-out", self.private)
        _openssl("pkey", "-in", self.private, "-pubout", "-out", self.public)
        raw = _openssl("pkey", "-in", self.private, "-pubout", "-outform", "DER")[-32:]
        self.number = hashlib.sha256(raw).hexdigest()[:16]

    def sign(self, text):
        with tempfile.NamedTemporaryFile(dir=self.directory) as message:
            message.write(text.encode())
            message.flush()
            return _openssl("pkeyutl", "-sign", "-inkey", self.private, "-rawin",
                            "-in", message.name).hex()


def _openssl(*words):
    return subprocess.run(["openssl", *map(str, words)], check=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout


class Chain:
    """A chain that grows; each record comes as the dictionary of its fields."""

    def __init__(self, key=None, identity=None, begin=FIRST, step=1_000_000):
        self.key = key
        self.identity = identity or secrets.token_hex(16)
        self.sequence, self.previous = 0, "0" * 64
        self.now, self.step = begin, step
        self.kinds = kinds()

    def add(self, event, message, at=None, **fields):
        """The next record. `fields` by their names without BULKHEAD_, in any case: `project="shop"`."""
        identity, priority = self.kinds.get(event, ("0" * 32, "6"))
        self.now = at if at is not None else self.now + self.step
        self.sequence += 1
        record = {"MESSAGE": message, "MESSAGE_ID": identity, "PRIORITY": priority,
                  "SYSLOG_IDENTIFIER": "bulkheadd", "BULKHEAD_EVENT": event,
                  "BULKHEAD_CHAIN": self.identity, "BULKHEAD_SEQ": str(self.sequence),
                  "BULKHEAD_PREV": self.previous, "BULKHEAD_AT": str(self.now)}
        record |= {f"BULKHEAD_{name.upper()}": value for name, value in fields.items()}
        self.previous = digest(record)
        return record | {"BULKHEAD_HASH": self.previous}

    def head(self):
        """A signed head, with the statement as an anchor has it: (record, line)."""
        at = self.now + self.step
        text = f"bulkhead-head 1 {self.identity} {self.sequence} {self.previous} {at} {self.key.number}"
        signature = self.key.sign(text)
        record = self.add("audit.head", f"record {self.sequence} is signed", at=at,
                          head_seq=str(self.sequence), head_hash=self.previous,
                          head_key=self.key.number, signature=signature)
        return record, f"{text} {signature}"


WRITER = {"_UID": "0", "_PID": "712", "_COMM": "bulkheadd", "_EXE": "/usr/sbin/bulkheadd",
          "_SYSTEMD_UNIT": "bulkhead.service", "_TRANSPORT": "journal",
          "_BOOT_ID": "b7f6d9b7a4d24d2b8f0f6c9c1d8b5a10", "_HOSTNAME": "machine",
          "_MACHINE_ID": "0c1d2e3f405162738495a6b7c8d9e0f1"}


def entry(fields, at=None, **writer):
    """One entry in the export format. `writer`: journald's own fields, where they differ from those of
    bulkheadd: `uid="1000"`; None: there is none."""
    trusted = WRITER | {f"_{name.upper()}": value for name, value in writer.items()}
    when = at if at is not None else int(fields.get("BULKHEAD_AT", FIRST)) + 150
    lines = [b"__REALTIME_TIMESTAMP=%d\n" % when, b"__MONOTONIC_TIMESTAMP=%d\n" % (when - FIRST + 1)]
    for name, value in {**fields, **{n: v for n, v in trusted.items() if v is not None}}.items():
        value = octets(value)
        if all(byte >= 32 and byte != 127 or byte == 9 for byte in value):
            lines.append(name.encode() + b"=" + value + b"\n")
        else:
            lines.append(name.encode() + b"\n" + struct.pack("<Q", len(value)) + value + b"\n")
    return b"".join(lines) + b"\n"


def export(path, entries):
    """Writes what `journalctl -o export` would; an entry is bytes, or a record's fields."""
    text = b"".join(one if isinstance(one, bytes) else entry(one) for one in entries)
    pathlib.Path(path).write_bytes(text)
    return path
