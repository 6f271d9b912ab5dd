"""What a journal has not kept is told of and sent once more: verify has no doubts then."""

import signal
import subprocess

import pytest

from harness import chain, sandbox
from harness.daemon import eventually
from harness.journal_socket import JournalSocket

# Sockets and programs, in no place more than in another; a machine has a journald of its own.
pytestmark = pytest.mark.native

SETTINGS = "global: {audit: {sign_every: %s}}\nprojects: {}\n"


def is_clean(daemon, records):
    done = subprocess.run(
        [sandbox.find_program(), "audit", "verify", "--public-key",
         str(daemon.state / "audit/public.pem"), "--journal",
         str(chain.export(daemon.directory / "export", records))],
        check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, ""), done


def test_the_last_one_is_told_of_with_those_before_it(daemon, socket_directory):
    lost = []

    def loses(record):
        """One in the middle and the last of those that are sent before it is asked what was kept."""
        number = record["BULKHEAD_SEQ"]
        return number in ("3", "5") and number not in lost and not lost.append(number)

    with JournalSocket(socket_directory, loses) as journal:
        journal.wrap(daemon)
        daemon.configure(SETTINGS % "1h")
        daemon.start()

        def again():
            return {each["BULKHEAD_SEQ"] for each in journal.records if "BULKHEAD_REPUBLISHED" in each}
        eventually(lambda: again() >= {"3", "5"}, "they are sent once more")
        daemon.kill(signal.SIGTERM)
        eventually(lambda: journal.records[-1]["BULKHEAD_EVENT"] == "audit.head", "the last head")
        (gap,) = [each for each in journal.records if each["BULKHEAD_EVENT"] == "audit.gap"]
        # What tells of the third is sent before the fifth is.
        assert gap["BULKHEAD_RANGE"] == "3, 5"
        is_clean(daemon, journal.records)
        daemon.start()


def test_a_lost_record_that_a_head_follows_is_signed_for_before_it_is_sent_once_more(
        daemon, socket_directory):
    lost = []

    def loses(record):
        """The second configuration, once: the head that it makes follows it."""
        if record["BULKHEAD_EVENT"] != "configuration.applied" or "BULKHEAD_REPUBLISHED" in record:
            return False
        return seen() and not lost and not lost.append(record)

    with JournalSocket(socket_directory, loses) as journal:
        def seen():
            return [each for each in journal.records
                    if each["BULKHEAD_EVENT"] == "configuration.applied"]

        def again():
            return [each for each in journal.records
                    if lost and each["BULKHEAD_SEQ"] == lost[0]["BULKHEAD_SEQ"]]

        journal.wrap(daemon)
        # Nothing is signed but where there is a reason.
        daemon.configure(SETTINGS % "1h")
        daemon.start()
        eventually(seen, "its records are sent")
        daemon.configure(SETTINGS % "59m")
        daemon.call("ConfigurationApply")
        eventually(again, "it is sent once more")
        records = journal.records[:journal.records.index(again()[0]) + 1]
        number = int(lost[0]["BULKHEAD_SEQ"])
        assert any(each["BULKHEAD_EVENT"] == "audit.head" and int(each["BULKHEAD_HEAD_SEQ"]) >= number
                   for each in records[:number]), "a head follows it"
        is_clean(daemon, records)
        assert [each["BULKHEAD_EVENT"] for each in records[-3:]] == [
            "audit.gap", "audit.head", "configuration.applied"]
