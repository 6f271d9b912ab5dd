"""Signed heads are put outside, whatever the outside does; and the key that signs them is one."""

import http.server
import json
import os
import re
import sqlite3
import stat
import subprocess
import threading
import time

import pytest

from harness.daemon import eventually, reap

# Files, programs and sockets, in no place more than in another.
pytestmark = pytest.mark.native

LINE = re.compile(r"bulkhead-head 1 [0-9a-f]{32} \d+ [0-9a-f]{64} \d+ [0-9a-f]{16} [0-9a-f]{128}\n")


def settings(*anchors, extra="sign_every: 1s"):
    return "global:\n  audit:\n    %s\n    anchors: %s\nprojects: {}\n" % (extra, json.dumps(anchors))


def lines(path):
    return path.read_text().splitlines(keepends=True) if path.exists() else []


def health(daemon):
    return daemon.call("Health", {"component": "audit"})["components"][0]


def is_anchored(daemon):
    """Whether its one anchor is well; the component is not where there is no journald."""
    return re.search(r" has record \d+$", health(daemon)["text"])


@pytest.fixture
def outside(tmp_path):
    """A directory where the user nobody may write, and root's files are safe."""
    path = tmp_path / "outside"
    path.mkdir()
    path.chmod(0o755)
    for parent in list(path.parents)[:-2]:
        parent.chmod(parent.stat().st_mode | 0o111)
    return path


class Server:
    """A server on this machine that does with each request what `answer` says, and keeps them."""

    def __init__(self):
        self.bodies, self.answer = [], lambda handler: handler.send_response(204)
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                outer.bodies.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
                outer.answer(self)
                self.end_headers()

            def do_GET(self):
                outer.bodies.append("GET")
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_port}/heads"
        threading.Thread(target=self.http.serve_forever, daemon=True).start()


@pytest.fixture
def server():
    made = Server()
    yield made
    made.http.shutdown()
    made.http.server_close()


def test_heads_are_appended_to_a_file_and_openssl_finds_them_signed(daemon, outside):
    path = outside / "heads"
    daemon.configure(settings({"file": str(path)}))
    daemon.start()
    eventually(lambda: lines(path), "a head in the file")
    assert all(LINE.fullmatch(line) for line in lines(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    signed, _, signature = lines(path)[-1].strip().rpartition(" ")
    (outside / "text").write_text(signed)
    (outside / "signature").write_bytes(bytes.fromhex(signature))
    verify = ["openssl", "pkeyutl", "-verify", "-pubin", "-rawin", "-inkey",
              str(daemon.state / "audit/public.pem"), "-sigfile", str(outside / "signature")]
    assert subprocess.run([*verify, "-in", str(outside / "text")], check=False).returncode == 0
    (outside / "text").write_text(signed.replace("head 1", "head 2"))
    assert subprocess.run([*verify, "-in", str(outside / "text")], check=False).returncode != 0
    assert is_anchored(daemon)


def test_what_is_told_of_anchors_makes_no_head(daemon, outside):
    path = outside / "heads"
    daemon.configure(settings({"file": str(path)}))
    daemon.start()
    eventually(lambda: "are put outside" in daemon.reports(), "it is told")
    count = len(lines(path))
    time.sleep(3)
    assert len(lines(path)) == count
    assert daemon.reports().count("are put outside") == 1


@pytest.mark.parametrize("trick", ["symlink", "others", "writable", "fifo", "directory"])
def test_a_file_that_is_not_roots_alone_gets_nothing(daemon, outside, trick):
    path, victim = outside / "heads", outside / "victim"
    victim.write_text("precious\n")
    if trick == "symlink":
        path.symlink_to(victim)
    elif trick == "fifo":
        os.mkfifo(path)
    elif trick == "directory":
        path.mkdir()
    else:
        path.write_text("mine\n")
        os.chown(path, 65534 if trick == "others" else 0, 0)
        path.chmod(0o666 if trick == "writable" else 0o644)
    daemon.configure(settings({"file": str(path)}))
    daemon.start()
    eventually(lambda: "cannot be put outside" in daemon.reports(), "it is told")
    assert victim.read_text() == "precious\n"
    if trick in ("others", "writable"):
        assert path.read_text() == "mine\n"
    assert not health(daemon)["ok"] and not is_anchored(daemon)
    # It is tried again, and told once.
    time.sleep(3)
    assert daemon.reports().count("cannot be put outside") == 1
    subprocess.run(["rm", "-rf", str(path)], check=True)
    eventually(lambda: lines(path), "the head is there when it can be")
    eventually(lambda: is_anchored(daemon), "and that is told")


def test_a_file_gets_no_more_than_verify_reads(daemon, outside):
    path = outside / "heads"
    path.touch()
    os.truncate(path, 256 << 20)
    daemon.configure(settings({"file": str(path)}))
    daemon.start()
    eventually(lambda: "heads is full: put it away" in daemon.reports(), "it is told")
    assert path.stat().st_size == 256 << 20
    path.rename(outside / "old")
    eventually(lambda: lines(path), "an empty one is begun")
    with open(outside / "old", "ab") as file:
        file.write(b"\n")
    done = subprocess.run(
        [daemon.client, "audit", "verify", "--journal", "/dev/null", "--no-signatures", "--anchors",
         outside / "old"], check=False, capture_output=True, text=True)
    assert done.returncode == 2 and "more than 256 MiB (hint: give the last ones" in done.stderr


def test_half_a_line_is_no_part_of_the_next(daemon, outside):
    path = outside / "heads"
    path.write_text("bulkhead-head 1 half")
    daemon.configure(settings({"file": str(path)}))
    daemon.start()
    eventually(lambda: len(lines(path)) > 1, "a head in the file")
    assert lines(path)[0] == "bulkhead-head 1 half\n"
    assert LINE.fullmatch(lines(path)[1])


def test_a_command_gets_the_line_as_nobody_and_nothing_else(daemon, outside):
    outside.chmod(0o777)
    script = "id -u; env | sort; cat; ls /proc/self/fd | wc -l"
    daemon.configure(settings({"command": f"({script}) > {outside}/got.new; "
                                          f"mv {outside}/got.new {outside}/got"}))
    daemon.start({"SECRET": "hunter2"})
    text = eventually(lambda: (outside / "got").exists() and (outside / "got").read_text(), "it ran")
    assert text.startswith("65534\n") and "hunter2" not in text
    assert any(LINE.fullmatch(line) for line in text.splitlines(keepends=True))


def test_a_command_that_hangs_is_ended_with_its_children_and_holds_nobody_up(daemon, outside):
    other = outside / "heads"
    daemon.configure(settings({"command": "sleep 3217 & sleep 3218"}, {"file": str(other)}))
    daemon.start()
    eventually(lambda: lines(other), "the other anchor has its head")
    assert daemon.call("List")["projects"] == []
    eventually(lambda: "it was not done after 10 s" in daemon.reports(), "it is told", seconds=60)
    # It is not tried again; a try that is under way ends in its time.
    daemon.configure("projects: {}\n")
    daemon.call("ConfigurationApply")
    eventually(lambda: subprocess.run(["pgrep", "-f", "sleep 321[78]"], check=False,
                                      capture_output=True).returncode == 1, "they are gone")
    # Those that the command began have nobody else to reap them here.
    reap("sh", "sleep")


def test_what_a_command_complains_of_is_told_in_one_line(daemon):
    daemon.configure(settings({"command": "printf 'no \\033[2J\\nmore' >&2; exit 3"}))
    daemon.start()
    eventually(lambda: "it ended with status 3: no \\u{1b}[2J" in daemon.reports(), "it is told")
    assert "\x1b" not in daemon.reports()


def test_a_server_gets_heads_and_one_that_fails_gets_the_newest_later(daemon, server):
    server.answer = lambda handler: handler.send_response(503)
    daemon.configure(settings({"url": server.url}))
    daemon.start()
    eventually(lambda: "returned error: 503" in daemon.reports(), "it is told")
    server.answer = lambda handler: handler.send_response(204)
    eventually(lambda: is_anchored(daemon), "it goes on")
    assert all(LINE.fullmatch(body) for body in server.bodies)
    assert daemon.reports().count("cannot be put outside") == 1


def test_a_server_that_redirects_is_not_followed(daemon, server):
    def redirect(handler):
        handler.send_response(302)
        handler.send_header("Location", server.url + "/elsewhere")
    server.answer = redirect
    daemon.configure(settings({"url": server.url}))
    daemon.start()
    eventually(lambda: "the server answered 302" in daemon.reports(), "it is told")
    assert "GET" not in server.bodies


def test_a_server_that_answers_for_ever_is_left(daemon, server):
    def flood(handler):
        handler.send_response(200)
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b"x" * 65536)
        except OSError:
            pass
    server.answer = flood
    daemon.configure(settings({"url": server.url}))
    daemon.start()
    eventually(lambda: "cannot be put outside" in daemon.reports(), "it is told", seconds=60)
    assert daemon.call("List")["projects"] == []


def test_a_slow_server_holds_nobody_up(daemon, server):
    server.answer = lambda handler: time.sleep(30)
    daemon.configure(settings({"url": server.url}))
    daemon.start()
    eventually(lambda: server.bodies, "it was asked")
    assert daemon.call("List")["projects"] == []
    eventually(lambda: "cannot be put outside" in daemon.reports(), "it is told", seconds=60)


def test_anchors_come_and_go_with_the_configuration(daemon, outside):
    daemon.configure("projects: {}\n")
    daemon.start()
    path = outside / "heads"
    daemon.configure(settings({"file": str(path)}))
    daemon.call("ConfigurationApply")
    eventually(lambda: lines(path), "a head in the file")
    daemon.configure("projects: {}\n")
    daemon.call("ConfigurationApply")
    assert "heads" not in health(daemon)["text"]


def test_old_records_are_taken_out_and_the_chain_goes_on(daemon):
    daemon.configure("global: {security: {audit_log_retention_days: 1}}\nprojects: {}\n")
    daemon.start()
    daemon.kill()
    ledger = daemon.state / "ledger.db"
    with sqlite3.connect(ledger) as database:
        # As if they were old, and journald had them.
        database.execute("UPDATE audit SET at = at - 2 * 86400000000")
        last, = database.execute("SELECT max(seq) FROM audit").fetchone()
        database.execute("INSERT OR REPLACE INTO facts VALUES ('audit_confirmed', ?)", (last,))
    database.close()
    daemon.start()
    eventually(lambda: "old records were taken out" in daemon.reports(), "it is told")
    daemon.kill()
    with sqlite3.connect(ledger) as database:
        rows = database.execute("SELECT seq, bytes, hash FROM audit ORDER BY seq").fetchall()
    database.close()
    assert rows[0][0] == last + 1
    numbers = [row[0] for row in rows]
    assert numbers == list(range(last + 1, last + 1 + len(rows)))
    for (_, _, before), (_, text, _) in zip(rows, rows[1:]):
        assert b"BULKHEAD_PREV=64:" + before.hex().encode() in text
    assert any(f"BULKHEAD_RANGE={len(f'1-{last}')}:1-{last}\n".encode() in row[1] for row in rows)


# The key.

def make_key(daemon, **environment):
    return subprocess.run([*daemon.arguments(), "--make-audit-key"], check=False, text=True,
                          capture_output=True, env={**os.environ, **environment})


def test_a_key_that_was_unsealed_is_used_and_no_other_is_made(daemon, tmp_path):
    place = tmp_path / "credentials"
    place.mkdir(mode=0o700)
    key = place / "bulkhead.audit-key"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", str(key)], check=True)
    key.chmod(0o400)
    public = subprocess.run(["openssl", "pkey", "-in", str(key), "-pubout"], check=True,
                            capture_output=True, text=True).stdout
    made = make_key(daemon, CREDENTIALS_DIRECTORY=str(place))
    assert (made.returncode, made.stdout) == (0, public), made
    assert not (daemon.state / "audit/key.pem").exists()
    assert (daemon.state / "audit/public.pem").read_text() == public
    key.chmod(0o444)
    refused = make_key(daemon, CREDENTIALS_DIRECTORY=str(place))
    assert refused.returncode == 1 and "is not root's alone" in refused.stderr
    # Credentials of other things are no key.
    key.unlink()
    assert make_key(daemon, CREDENTIALS_DIRECTORY=str(place)).returncode == 0
    assert (daemon.state / "audit/key.pem").exists()
