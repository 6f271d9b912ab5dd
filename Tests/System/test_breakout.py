"""Ways out of a sandbox. Each is tried from inside and has to be refused.

The classes of past vulnerabilities are named where they are covered: those of runc, crun,
bubblewrap, flatpak and nsjail.
"""

import ctypes
import hashlib
import os
import pathlib
import re
import shutil
import socket
import subprocess
import threading

import pytest

from harness.attacks import assert_refused
from harness.terminal import Terminal

# renameat2(2), fcntl.h
AT_FDCWD = -100
RENAME_EXCHANGE = 2


@pytest.mark.parametrize(
    "name",
    [
        # processes
        "see_host_processes",
        "signal_everybody",
        "kill_init",
        "trace_init",
        "read_init_files",
        "open_init_links",
        "walk_through_init_root",
        "take_init_descriptors",
        "enter_namespaces",
        # files of the kernel
        "write_proc_sys",
        "write_sys",
        "write_cgroups",
        "use_proc_files",
        "open_devices",
        "open_by_handle",
        # mounts and devices
        "make_devices",
        "mount_file_systems",
        "unmount_file_systems",
        "change_root",
        "use_new_mount_calls",
        "write_system_files",
        # privileges
        "hold_capabilities",
        "gain_capabilities",
        "become_root",
        "report_privilege",
        "make_setuid_file",
        "nest_user_namespace",
        "nest_other_namespaces",
        "rewrite_id_maps",
        "use_inherited_descriptors",
        # the kernel's sharp edges
        "load_modules",
        "load_bpf",
        "watch_with_perf",
        "use_io_uring",
        "use_userfaultfd",
        "use_keyrings",
        "administer_machine",
        "use_x32_calls",
        "use_i386_calls",
        "change_personality",
        # limits
        "raise_resource_limits",
        "raise_priority",
        "hide_from_oom_killer",
        "leave_cgroup",
        # network
        "connect_to_daemons",
        "see_host_interfaces",
        "open_raw_sockets",
        "configure_network",
        # terminal
        "type_into_terminal",
        "find_terminal",
        "steal_terminal",
    ],
)
def test_it_cannot(attack, name):
    assert_refused(attack(name))


@pytest.mark.parametrize(
    "name",
    ["kill_init", "trace_init", "read_init_files", "open_init_links", "make_devices", "mount_file_systems",
     "unmount_file_systems", "change_root", "write_proc_sys", "write_sys", "write_cgroups",
     "load_modules", "administer_machine", "nest_user_namespace", "open_devices",
     "overwrite_running_program", "raise_priority", "open_raw_sockets"],
)
def test_root_in_a_sandbox_cannot_either(attack, name):
    assert_refused(attack(name, options=["--user", "0"]))


@pytest.fixture
def decoy():
    """A process on the host with a number that no sandbox has."""
    process = subprocess.Popen(["sleep", "600"])
    yield process
    process.kill()
    process.wait()


def test_it_cannot_signal_a_host_process(attack, decoy):
    assert_refused(attack("signal_host_process", decoy.pid))
    attack("signal_everybody")
    assert decoy.poll() is None


@pytest.fixture
def secret(tmp_path):
    """A file on the host that any user may read and no sandbox was granted."""
    directory = pathlib.Path("/var/tmp/bulkhead-secret")
    directory.mkdir(mode=0o755)
    file = directory / "secret-4711"
    file.write_text("secret\n")
    file.chmod(0o644)
    yield file
    shutil.rmtree(directory)


def test_it_cannot_find_a_file_that_was_not_granted(attack, secret):
    assert_refused(attack("find_file", secret.name))


def test_it_cannot_read_the_hosts_files_by_name(attack, secret):
    assert_refused(attack("read_files", secret, "/etc/shadow", "/root/.bashrc", "/var/log/dpkg.log",
                          "/boot", "/home/user/../../root/.profile"))


def test_it_cannot_climb_out_by_dots(attack, secret):
    assert_refused(attack("climb_out", str(secret)[1:]))


def test_it_cannot_climb_out_through_descriptors_and_proc(attack, secret):
    # CVE-2024-21626, and /proc/*/root.
    assert_refused(attack("climb_out_of_descriptors", secret))


def test_it_cannot_leave_through_a_symlink(attack, workdir, secret):
    (workdir / "link").symlink_to(secret)
    (workdir / "directory").symlink_to(secret.parent)
    (workdir / "proc").symlink_to(f"/proc/1/root{secret}")
    (workdir / "self").symlink_to(f"/proc/self/root{secret}")
    (workdir / "up").symlink_to("../" * 40 + str(secret)[1:])
    assert_refused(attack("read_files", "link", f"directory/{secret.name}", "proc", "self", "up"))


def test_a_granted_directory_does_not_open_its_parent(attack, tmp_path):
    granted = tmp_path / "outer/granted"
    granted.mkdir(parents=True)
    (tmp_path / "outer/hidden").write_text("hidden\n")
    options = ["--ro", f"{granted}:/granted"]
    assert_refused(attack("read_files", "/granted/../hidden", "/granted/../../outer/hidden",
                          options=options))


def test_a_read_only_grant_cannot_be_changed(attack, tmp_path):
    file = tmp_path / "granted"
    file.write_text("granted\n")
    assert_refused(attack("change_granted_file", "/granted", options=["--ro", f"{file}:/granted"]))
    assert file.read_text() == "granted\n"


def digest(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def test_it_cannot_overwrite_the_program_that_runs_it(attack, bulkhead):
    # CVE-2019-5736.
    init = "/usr/libexec/bulkhead/bulkhead-init"
    if not os.path.exists(init):
        init = str(pathlib.Path(bulkhead.program).parent / "bulkhead-init")
    before = digest(bulkhead.program), digest(init)
    assert_refused(attack("overwrite_running_program"))
    assert (digest(bulkhead.program), digest(init)) == before


def test_a_setuid_file_gives_nothing(attack, attack_program, workdir):
    program = workdir / "setuid"
    shutil.copy(attack_program, program)
    os.chown(program, 0, 0)
    program.chmod(0o6755)
    assert_refused(attack("run_privileged_file", "./setuid"))


def test_a_file_with_capabilities_gives_nothing(attack, attack_program, workdir):
    program = workdir / "capable"
    shutil.copy(attack_program, program)
    # CAP_SYS_ADMIN and CAP_SETUID, permitted and effective: struct vfs_cap_data, version 2.
    value = bytes.fromhex("01000002" + "80002000" + "00000000" * 3)
    os.setxattr(program, "security.capability", value)
    assert_refused(attack("run_privileged_file", "./capable"))


def test_a_setuid_program_of_the_system_gives_nothing(bulkhead):
    outcome = bulkhead.shell("find /usr -xdev -perm -4000 -type f 2>/dev/null | head -1")
    program = outcome.stdout.strip()
    if program:
        outcome = bulkhead.shell(f"{program} </dev/null >/dev/null 2>&1; id -u")
        assert outcome.stdout == "1000\n"
    assert bulkhead.shell("grep NoNewPrivs /proc/self/status").stdout == "NoNewPrivs:\t1\n"


def test_a_file_made_setuid_inside_is_nobodys_outside(bulkhead, workdir):
    # What a sandbox leaves in its directory must not make somebody root on the host.
    bulkhead.shell("cp /usr/bin/env mine; chmod 6777 mine; true", options=["--user", "0"])
    mine = workdir / "mine"
    assert not (mine.exists() and mine.stat().st_uid == 0 and mine.stat().st_mode & 0o6000)


def test_inherited_descriptors_do_not_enter(attack, bulkhead, tmp_path):
    directory = os.open("/", os.O_RDONLY)
    file = os.open(tmp_path, os.O_RDONLY)
    outcome = attack("use_inherited_descriptors", pass_fds=(directory, file))
    os.close(directory)
    os.close(file)
    assert_refused(outcome)


def test_a_working_directory_by_descriptor_is_refused(bulkhead, secret):
    # CVE-2024-21626 from the operator's side: the path of a descriptor.
    handle = os.open("/", os.O_RDONLY)
    for path in (f"/proc/self/fd/{handle}", f"/proc/self/fd/{handle}/var/tmp", "/proc/self/cwd",
                 "/proc/thread-self/root"):
        outcome = bulkhead.run("true", options=["--workdir", path], pass_fds=(handle,))
        assert outcome.status == 125, outcome
    os.close(handle)


@pytest.fixture
def listener():
    """A service on every address of the host."""
    server = socket.create_server(("0.0.0.0", 0), backlog=8)
    yield server.getsockname()[1]
    server.close()


def test_it_cannot_reach_a_host_service_by_address(attack, listener):
    addresses = ["127.0.0.1", "127.0.0.53", "0.0.0.0"]
    told = subprocess.run(["ip", "-4", "-o", "addr"], stdout=subprocess.PIPE, text=True, check=True)
    addresses += re.findall(r"inet ([0-9.]+)", told.stdout)
    assert_refused(attack("connect_by_address", listener, *addresses))


def test_it_cannot_reach_a_host_service_by_abstract_name(attack):
    server = socket.socket(socket.AF_UNIX)
    server.bind("\0bulkhead-abstract")
    server.listen()
    outcome = attack("connect_by_abstract_name", "bulkhead-abstract")
    server.close()
    assert_refused(outcome)


def test_it_cannot_type_into_the_operators_terminal(bulkhead, attack_program):
    # CVE-2017-5226; CVE-2019-10063 for the upper half of the request.
    terminal = Terminal()
    process = terminal.start(
        bulkhead, "run", *bulkhead.options, "--ro", f"{attack_program}:/attack", "--", "/attack",
        "type_into_terminal")
    told = terminal.read_until("refused")
    assert process.wait(timeout=60) == 0
    assert "ESCAPED" not in told
    assert terminal.waiting_input() == 0
    terminal.close()


def test_it_cannot_type_into_the_operators_terminal_through_its_own(bulkhead, attack_program):
    terminal = Terminal()
    process = terminal.start(
        bulkhead, "run", *bulkhead.options, "--tty", "--interactive", "--ro",
        f"{attack_program}:/attack", "--", "/attack", "type_into_terminal")
    # Into its own terminal it may type or not: what counts is the operator's.
    terminal.read_until("TIOC")
    process.wait(timeout=60)
    assert terminal.waiting_input() == 0
    terminal.close()


@pytest.fixture
def hostile_image(tmp_path, attack_program):
    """A root file system whose owner wants the host, and a directory outside that must not change."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("kept\n")
    image = tmp_path / "image"
    (image / "bin").mkdir(parents=True)
    shutil.copy(attack_program, image / "bin/attack")
    return image, outside


@pytest.mark.parametrize("name", ["dev", "proc", "tmp", "etc", "sys", "run", "home", "var"])
def test_a_symlink_in_an_image_does_not_lead_a_mount_outside(bulkhead, hostile_image, name):
    # CVE-2019-18837, CVE-2021-30465, CVE-2025-31133, CVE-2025-52565: the launcher mounts, or makes
    # a file, where a link in the image points.
    image, outside = hostile_image
    for directory in {"dev", "proc", "tmp", "etc"} - {name}:
        (image / directory).mkdir()
    (image / name).symlink_to(outside)
    outcome = bulkhead.run("/bin/attack", "see_host_processes", options=["--root", str(image)])
    assert "ESCAPED" not in outcome.stdout
    assert [path.name for path in outside.iterdir()] == ["kept"]


@pytest.mark.parametrize("device", ["null", "console", "ptmx", "shm", "pts"])
def test_a_symlink_in_an_images_dev_does_not_lead_outside(bulkhead, hostile_image, device):
    # CVE-2025-31133 and CVE-2025-52565: /dev/null and /dev/console as links.
    image, outside = hostile_image
    for directory in ("dev", "proc", "tmp", "etc"):
        (image / directory).mkdir()
    (image / "dev" / device).symlink_to(outside / "kept")
    bulkhead.run("/bin/attack", "see_host_processes", options=["--root", str(image)])
    assert (outside / "kept").read_text() == "kept\n"
    assert [path.name for path in outside.iterdir()] == ["kept"]


def test_a_place_below_a_symlink_in_a_grant_does_not_lead_outside(bulkhead, tmp_path):
    # CVE-2024-45310: making the place for a mount follows a link that the project made.
    outside, data = tmp_path / "outside", tmp_path / "data"
    outside.mkdir()
    data.mkdir()
    (data / "link").symlink_to(outside)
    (data / "absolute").symlink_to("/usr")
    (tmp_path / "file").write_text("x\n")
    for link in ("link", "absolute"):
        options = ["--rw", f"{data}:/data", "--ro", f"{tmp_path}/file:/data/{link}/made"]
        bulkhead.run("true", options=options)
    assert list(outside.iterdir()) == []
    assert not os.path.exists("/usr/made")


@pytest.mark.repeated
def test_a_directory_exchanged_for_a_symlink_leads_nowhere(bulkhead, tmp_path, secret, repetitions):
    # CVE-2021-30465: the race between looking at a path and mounting it.
    place = tmp_path / "place"
    place.mkdir()
    (place / "mine").write_text("mine\n")
    link = tmp_path / "link"
    link.symlink_to(secret.parent)
    ended = threading.Event()
    libc = ctypes.CDLL(None, use_errno=True)

    def exchange():
        while not ended.is_set():
            libc.renameat2(AT_FDCWD, bytes(place), AT_FDCWD, bytes(link), RENAME_EXCHANGE)

    thread = threading.Thread(target=exchange)
    thread.start()
    try:
        for _ in range(repetitions(20)):
            outcome = bulkhead.shell("ls -R .", cwd=tmp_path, options=["--workdir", str(place)])
            assert "secret" not in outcome.stdout
            assert outcome.status in (0, 125), outcome
    finally:
        ended.set()
        thread.join()


def test_system_v_memory_of_the_host_is_not_seen(bulkhead):
    made = subprocess.run(["ipcmk", "--shmem", "4096"], check=True, stdout=subprocess.PIPE)
    try:
        outcome = bulkhead.shell("wc -l </proc/sysvipc/shm")
        assert outcome.stdout == "1\n"
    finally:
        subprocess.run(["ipcrm", "--shmem-id", made.stdout.split()[-1]], check=True)


def test_it_cannot_see_the_hosts_mounts(bulkhead):
    outcome = bulkhead.shell("cat /proc/self/mountinfo")
    for line in outcome.stdout.splitlines():
        fields = line.split()
        # Every mount is the sandbox's own or a part of /usr, /etc or the working directory.
        assert not fields[4].startswith(("/boot", "/root", "/var/lib", "/host", "/old")), line
        options = set(fields[5].split(","))
        assert "nosuid" in options, line


def test_what_was_left_running_is_ended(attack):
    outcome = attack("leave_daemon")
    assert outcome.status == 0
    assert outcome.stdout == "left\n"
