"""What filters deny is named: who, where, which call; whoever floods, restarts or learns."""

import json
import pathlib
import signal
import subprocess
import textwrap
import time

import pytest

from harness.daemon import eventually
from harness.unit import command

pytestmark = pytest.mark.machine

MACHINE = pathlib.Path("/etc/bulkhead/profiles")
# ptrace, which the default refuses with EPERM.
CALL = ("import ctypes, time\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "for _ in range({count}): libc.syscall({number}, 0, 0, 0, 0)\n{then}\n")
STAY = "open('done', 'w').close(); time.sleep(3600)"


def service(name, number=101, count=1, then=STAY):
    program = CALL.format(number=number, count=count, then=then)
    return f"{name}: {json.dumps({'command': ['/usr/bin/python3', '-c', program], 'restart': 'no'})}"


def denials(*matches):
    command("journalctl", "--sync")
    text = command("journalctl", "--quiet", "--all", "--boot", "--output=json",
                   "SYSLOG_IDENTIFIER=bulkheadd", *matches, check=False)
    found = [json.loads(line) for line in text.splitlines()]
    return [each for each in found if "seccomp.denied" in json.dumps(each)]


def start(daemon, project, services, extra=""):
    daemon.configure("projects:\n" + daemon.project(project, services, extra))
    daemon.project_directory(project).chmod(0o777)
    daemon.start()
    return daemon.project_directory(project)


def named(project, *words, after=0):
    def found():
        for each in denials(f"BULKHEAD_PROJECT={project}")[after:]:
            if all(word in json.dumps(each) for word in words):
                return each
        return None
    return eventually(found, f"{project}: {words}")


def test_a_denied_call_is_named_with_project_workload_command_and_call(daemon):
    start(daemon, "denied", service("web"))
    record = named("denied", "ptrace")
    assert record["BULKHEAD_WORKLOAD"] == "web"
    assert record["BULKHEAD_RUN"] == str(daemon.service("denied", "web")["run"])
    assert "python3" in record["MESSAGE"] and "refused" in record["MESSAGE"], record["MESSAGE"]
    assert "default" in record["MESSAGE"]
    assert daemon.call("Health", {"component": "denials"})["components"][0]["ok"]


def test_a_call_that_the_profile_calls_missing_is_no_warning(daemon):
    # clone3, and ptrace.
    start(daemon, "missing", f"{service('web', 435)}\n{service('gdb')}")
    record = named("missing", "clone3")
    assert record["PRIORITY"] == "6" and "as a kernel that has not got it" in record["MESSAGE"], record
    assert named("missing", "ptrace")["PRIORITY"] == "4"


def test_a_flood_is_a_number_and_no_flood_of_records(daemon):
    before = int(command("sh", "-c", "journalctl -q -o cat _TRANSPORT=audit | wc -l"))
    place = start(daemon, "flood", service("web", count=1_000_000))
    named("flood", "ptrace")
    eventually((place / "done").exists, "a million calls are made", seconds=600)
    assert daemon.answers()
    assert len(denials("BULKHEAD_PROJECT=flood")) < 20
    after = int(command("sh", "-c", "journalctl -q -o cat _TRANSPORT=audit | wc -l"))
    assert after - before < 100
    daemon.call("Stop", {"project": "flood", "wait": True})
    named("flood", "more such calls")
    # Each is told of once.
    eventually(lambda: 1_000_000 <= told("flood") < 1_000_100, "all of them are in records")


def told(project):
    return sum(int(each["BULKHEAD_COUNT"]) for each in denials(f"BULKHEAD_PROJECT={project}")
               if each["BULKHEAD_CALL"] == "ptrace")


# A filter of a program's own: refuses each call whose sixth argument is MAGIC, logs getuid, and has
# SECCOMP_FILTER_FLAG_LOG.
OWN = textwrap.dedent("""
    import ctypes, os, struct, sys, time
    libc = ctypes.CDLL(None, use_errno=True)
    MAGIC = 0x5eccc0de
    def install():
        code = [(0x20, 0, 0, 0), (0x15, 0, 1, 102), (6, 0, 0, 0x7ffc0000),
                (0x20, 0, 0, 56), (0x15, 0, 1, MAGIC), (6, 0, 0, 0x50001), (6, 0, 0, 0x7fff0000)]
        code = b"".join(struct.pack("<HBBI", *each) for each in code)
        held = ctypes.create_string_buffer(code)
        program = struct.pack("<HxxxxxxQ", len(code) // 8, ctypes.addressof(held))
        assert libc.prctl(38, 1, 0, 0, 0) == 0
        assert libc.syscall(317, 1, 2, program) == 0, ctypes.get_errno()
    def call(number):
        libc.syscall(number, 0, 0, 0, 0, 0, ctypes.c_long(MAGIC))
""")


def own(name, body):
    return f"{name}: {json.dumps({'command': ['/usr/bin/python3', '-c', OWN + body], 'restart': 'no'})}"


def test_what_a_filter_of_its_own_does_is_never_the_profiles(daemon):
    # Many kinds of its own, before one that the profile refuses.
    start(daemon, "forger", own(
        "web", "install()\nos.getuid()\nfor number in range(41): call(number)\n"
        "time.sleep(3)\nlibc.syscall(101, 0, 0, 0, 0, 0, 0)\n" + STAY))
    record = named("forger", "called ptrace")
    assert record["BULKHEAD_RESULT"] == "refused" and record["BULKHEAD_PROFILE"] == "default"
    eventually((daemon.project_directory("forger") / "done").exists, "all calls are made")
    daemon.call("Stop", {"project": "forger", "wait": True})
    named("forger", "more such calls", "by a filter of its own")
    # Those that the default always allows, and getuid, which was logged.
    for each in denials("BULKHEAD_PROJECT=forger"):
        if each["BULKHEAD_CALL"] in ("getuid", "read", "getpid", "write", "close", "brk"):
            assert each["BULKHEAD_RESULT"].endswith(" by a filter of its own"), each
            assert "BULKHEAD_PROFILE" not in each and "the profile" not in each["MESSAGE"], each


@pytest.mark.parametrize("ending", ["run", "supervisor"])
def test_later_kinds_are_named_too(daemon, ending):
    name = f"many-{ending}"
    refused = (165, 166, 155, 161, 169, 175, 176, 246, 167, 168, 163, 164, 170, 171, 172, 173, 227, 153)
    start(daemon, name, service("web", then=f"for number in {refused}: "
                                "libc.syscall(number, -1, -1, -1, -1, -1)\n"
                                "time.sleep(5)\n"
                                "libc.syscall(321, -1, -1, -1)\n" + STAY))
    eventually((daemon.project_directory(name) / "done").exists, "all calls are made")
    time.sleep(3)
    if ending == "run":
        daemon.call("Stop", {"project": name, "wait": True})
    else:
        # What it has not told is known to it alone.
        daemon.kill(signal.SIGTERM)
    record = named(name, "; new: ")
    assert "bpf" in record["MESSAGE"].partition("; new: ")[2], record["MESSAGE"]


def test_a_call_of_32_bits_has_its_own_name(daemon):
    # exit of i386, which has the number of write.
    program = ("import ctypes, mmap\npage = mmap.mmap(-1, 4096, prot=7)\n"
               "page.write(b'\\xb8\\x01\\0\\0\\0\\xcd\\x80\\xc3')\n"
               "ctypes.CFUNCTYPE(ctypes.c_int)("
               "ctypes.addressof(ctypes.c_char.from_buffer(page)))()\n")
    start(daemon, "old", f"web: {json.dumps({'command': ['/usr/bin/python3', '-c', program], 'restart': 'no'})}")
    record = named("old", "process killed")
    assert record["BULKHEAD_CALL"] == "exit of i386", record["MESSAGE"]
    assert "profile default or a filter of its own" in record["MESSAGE"]
    eventually(lambda: "exit of i386" in json.dumps(daemon.call("Runs", {"project": "old"})),
               "its end has the cause")


def test_the_last_denials_of_a_lost_sandbox_are_told(daemon):
    program = ("import ctypes, os, time\nwhile not os.path.exists('go'): time.sleep(0.1)\n"
               "ctypes.CDLL(None).syscall(169, 0)\nopen('done', 'w').close()\ntime.sleep(600)\n")
    place = start(daemon, "lost", own("web", program))
    daemon.await_ready("lost")
    # The call is made while nobody looks, and the sandbox is gone when somebody does.
    daemon.process.send_signal(signal.SIGSTOP)
    try:
        (place / "go").touch()
        eventually((place / "done").exists, "the call is made")
        group = next(pathlib.Path("/sys/fs/cgroup/bulkhead.slice").rglob("bulkhead-lost.*"))
        (group / "cgroup.kill").write_text("1")
    finally:
        daemon.process.send_signal(signal.SIGCONT)
    named("lost", "reboot")


def test_the_last_denials_of_a_run_are_told(daemon):
    start(daemon, "short", own("web", STAY))
    daemon.await_ready("short")
    # It ends before anybody has a look.
    daemon.cli("exec", "short", "--", "/usr/bin/python3", "-c",
               "import ctypes, os; ctypes.CDLL(None).syscall(169, 0); os._exit(0)")
    record = named("short", "reboot")
    assert record["BULKHEAD_RUN"] and record["BULKHEAD_PROFILE"] == "default", record


# In a cgroup each that is no run's, as those of `bulkhead run` are: 512 kinds of denied call.
CROWD = OWN + textwrap.dedent("""
    def crowd(number):
        with open(f"{sys.argv[1]}/crowd-{number}/cgroup.procs", "w") as file: file.write("0")
        os.setgid(0x70000000); os.setuid(0x70000000)
        install()
        for each in range(512): call(each)
        os._exit(0)
    for number in range(int(sys.argv[2])):
        os.makedirs(f"{sys.argv[1]}/crowd-{number}", exist_ok=True)
        if os.fork() == 0: crowd(number)
        os.wait()
""")


def test_what_had_no_room_is_recorded_and_leaves_room_again(daemon):
    start(daemon, "roomy", service("web"))
    named("roomy", "ptrace")
    slice_ = "/sys/fs/cgroup/bulkhead.slice"
    daemon.process.send_signal(signal.SIGSTOP)
    try:
        # More than the table has room for.
        subprocess.run(["/usr/bin/python3", "-c", CROWD, slice_, "40"], check=True)
    finally:
        daemon.process.send_signal(signal.SIGCONT)
        for each in pathlib.Path(slice_).glob("crowd-*"):
            each.rmdir()

    def uncounted():
        text = command("journalctl", "--quiet", "--boot", "--output=json",
                       "BULKHEAD_EVENT=seccomp.uncounted", check=False)
        return [json.loads(line) for line in text.splitlines()]

    (record,) = eventually(uncounted, "it is recorded")
    assert int(record["BULKHEAD_COUNT"]) > 1_000
    health = daemon.call("Health", {"component": "denials"})["components"][0]
    assert not health["ok"] and "not counted" in health["text"], health
    # What was no run's is forgotten by and by, and there is room again.
    again = "while True: time.sleep(0.5); libc.syscall(169, 0)"
    daemon.configure("projects:\n" + daemon.project("roomy", service("web"))
                     + daemon.project("after", service("web", then=again)))
    daemon.project_directory("after").chmod(0o777)
    daemon.call("ConfigurationApply")
    named("after", "reboot")
    assert len(uncounted()) == 1


def test_a_kernel_that_logs_less_is_told_of(daemon):
    switch = pathlib.Path("/proc/sys/kernel/seccomp/actions_logged")
    before = switch.read_text()
    switch.write_text(before.replace("errno ", ""))
    try:
        start(daemon, "blind", service("web"))

        def unwell():
            health = daemon.call("Health", {"component": "denials"})["components"][0]
            return not health["ok"] and health["text"]
        text = eventually(unwell, "it is unwell")
        assert "errno" in text and "actions_logged" in text, text
    finally:
        switch.write_text(before)


def test_the_next_supervisor_names_too(daemon):
    start(daemon, "again", service("web", then="time.sleep(20)\nlibc.syscall(169, 0)\n" + STAY))
    named("again", "ptrace")
    daemon.kill()
    daemon.process.wait()
    daemon.start()
    named("again", "reboot")


def test_a_learned_profile_names_what_is_new_and_allow_heals_it(daemon):
    name = "denials-test"
    learned = CALL.format(number=39, count=1, then="open('done', 'w').close(); time.sleep(1)")
    daemon.configure("projects: {}\n")
    daemon.start()
    try:
        daemon.cli("profile", "learn", "--force", name, "--", "/usr/bin/python3", "-c", learned)
        # getpgid, which the default allows.
        place = start_more(daemon, "healed", service(
            "web", number=121, then=f"print(ctypes.get_errno())\n{STAY}"), name)
        record = named("healed", "getpgid")
        assert name in record["MESSAGE"]
        daemon.cli("profile", "canary", name)
        seen = len(denials("BULKHEAD_PROJECT=healed"))
        daemon.call("Restart", {"project": "healed", "wait": False})
        named("healed", "getpgid", "allowed for now", after=seen)
        daemon.cli("profile", "enforce", name)
        daemon.cli("profile", "allow", "--reason", "it asks", name, "getpgid")
        (place / "done").unlink(missing_ok=True)
        seen = len(denials("BULKHEAD_PROJECT=healed"))
        daemon.call("Restart", {"project": "healed", "wait": False})
        eventually((place / "done").exists, "it is done")
        time.sleep(3)
        assert "getpgid" not in json.dumps(denials("BULKHEAD_PROJECT=healed")[seen:])
    finally:
        (MACHINE / f"{name}.json").unlink(missing_ok=True)


def start_more(daemon, project, services, profile):
    daemon.configure("projects:\n" + daemon.project(project, services, f"seccomp: {profile}"))
    place = daemon.project_directory(project)
    place.chmod(0o777)
    daemon.call("ConfigurationApply")
    return place


def test_the_kernel_is_well_after_supervisors_that_came_and_went(daemon, repetitions):
    start(daemon, "often", service("web", count=100_000_000))
    for _ in range(repetitions(4)):
        daemon.kill()
        daemon.process.wait()
        daemon.start()
    named("often", "ptrace")
    log = subprocess.run(["dmesg"], stdout=subprocess.PIPE, text=True, check=True).stdout
    assert "BUG:" not in log and "Oops" not in log, log[-3000:]
