"""The audit trail as somebody reads it who trusts nothing of ours: from the journal alone, by what
docs/audit.md and RFC 8032 say, without a line of Bulkhead's own reader."""

import base64
import collections
import hashlib
import struct
import subprocess

from harness import ed25519

UNCHAINED = (b"BULKHEAD_HASH", b"BULKHEAD_REPUBLISHED")
CHAINED = (b"MESSAGE", b"MESSAGE_ID", b"PRIORITY", b"SYSLOG_IDENTIFIER", b"OBJECT_PID")


def parse(data):
    """The entries of `journalctl -o export`, each a list of (name, value), all bytes:
    https://systemd.io/JOURNAL_EXPORT_FORMATS/"""
    entries, entry, place = [], [], 0
    while place < len(data):
        end = data.index(b"\n", place)
        name, equals, value = data[place:end].partition(b"=")
        place = end + 1
        if not name and not equals:
            if entry:
                entries.append(entry)
            entry = []
            continue
        if not equals:
            (size,) = struct.unpack_from("<Q", data, place)
            value = data[place + 8:place + 8 + size]
            place += 8 + size + 1
        entry.append((name, value))
    return entries + ([entry] if entry else [])


class Record:
    """One entry of the journal that says it is a record."""

    def __init__(self, entry):
        self.fields = {}
        self.doubled = []
        for name, value in entry:
            if name in self.fields and not name.startswith(b"_"):
                self.doubled.append(name)
            self.fields.setdefault(name, value)

    def __getitem__(self, name):
        """A field's text; None where there is none. `name` without BULKHEAD_, or in full."""
        value = self.fields.get(b"BULKHEAD_" + name.encode(), self.fields.get(name.encode()))
        return None if value is None else value.decode(errors="backslashreplace")

    def __repr__(self):
        return f"{self['SEQ']} {self['EVENT']}: {self['MESSAGE']}"

    @property
    def sequence(self):
        return int(self["SEQ"])

    @property
    def canonical(self):
        return b"".join(
            b"%s=%d:%s\n" % (name, len(value), value)
            for name, value in sorted(self.fields.items())
            if name in CHAINED or name.startswith(b"BULKHEAD_") and name not in UNCHAINED)

    @property
    def is_ours(self):
        """What only journald can say: the supervisor itself has sent it."""
        return (self["_UID"], self["_COMM"]) == ("0", "bulkheadd")


def export(*matches):
    """What the journal has of records, in its order."""
    subprocess.run(["journalctl", "--sync"], check=True)
    return subprocess.run(
        ["journalctl", "--quiet", "--no-pager", "--all", "--output=export", *matches],
        check=True, stdout=subprocess.PIPE).stdout


def records(*matches, ours=True):
    """The records in the journal, in its order; with `ours` without those that others have forged."""
    found = [Record(entry) for entry in parse(export(*matches))]
    return [one for one in found if one["HASH"] and one["SEQ"] and (one.is_ours or not ours)]


def verify(found, *, public=None, last=None, lost=()):
    """Every record exactly once, chained, in order; signed heads are good.

    `lost`: numbers that journald may have lost; None: any. They are marked, and come later than
    their successors. `last`: the last one that there is to be. Returns {number: record}, in the order of the numbers.
    """
    by_chain = collections.defaultdict(list)
    for one in found:
        by_chain[one["CHAIN"]].append(one)
    assert len(by_chain) == 1, {name: len(ones) for name, ones in by_chain.items()}
    numbers = collections.Counter(one.sequence for one in found)
    twice = sorted(number for number, count in numbers.items() if count > 1)
    assert not twice, f"more than once: {twice}: {[o for o in found if o.sequence in twice]}"
    missing = sorted(set(range(1, (last or max(numbers)) + 1)) - set(numbers))
    assert not missing, f"missing of {max(numbers)}: {missing}"
    chain = {one.sequence: one for one in found}
    previous = "0" * 64
    for number in sorted(chain):
        one = chain[number]
        assert not one.doubled, (one, one.doubled)
        assert one["PREV"] == previous, one
        previous = one["HASH"]
        assert previous == hashlib.sha256(one.canonical).hexdigest(), (one, one.canonical)
    check_order(found, lost)
    for one in found:
        if one["EVENT"] == "audit.head" and public:
            check_head(one, public)
    return dict(sorted(chain.items()))


def check_order(found, lost):
    """In their order, but for those that were sent once more because journald had lost them, and
    those are told of."""
    told = set()
    for one in found:
        if one["EVENT"] == "audit.gap":
            for part in one["RANGE"].split(", "):
                first, _, last = part.partition("-")
                told |= set(range(int(first), int(last or first) + 1))
    highest = 0
    for one in found:
        if one.sequence < highest:
            assert one["REPUBLISHED"] == "1", f"{one} is out of order and not marked"
            assert lost is None or one.sequence in lost, f"{one} was not lost"
            assert one.sequence in told, f"{one} came late and no audit.gap tells of it: {told}"
        highest = max(highest, one.sequence)


def public_key(path):
    """The 32 bytes of an Ed25519 key in a PEM file: RFC 8410."""
    lines = path.read_text(encoding="ascii").splitlines()
    return base64.b64decode("".join(lines[1:-1]))[-32:]


def check_head(one, public):
    assert int(one["HEAD_SEQ"]) == one.sequence - 1, one
    assert one["HEAD_HASH"] == one["PREV"], one
    assert one["HEAD_KEY"] == hashlib.sha256(public).hexdigest()[:16], one
    text = (f"bulkhead-head 1 {one['CHAIN']} {one['HEAD_SEQ']} {one['HEAD_HASH']} {one['AT']} "
            f"{one['HEAD_KEY']}")
    assert ed25519.is_good(public, text.encode(), bytes.fromhex(one["SIGNATURE"])), one
