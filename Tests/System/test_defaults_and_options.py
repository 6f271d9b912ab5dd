"""What a command finds in its sandbox, by default and with each option."""

import os
import stat
import tempfile

import pytest


def lines(outcome):
    assert outcome.status == 0, outcome
    return outcome.stdout.splitlines()


def test_it_is_an_ordinary_user_with_a_home_of_its_own(bulkhead):
    told = lines(bulkhead.shell("id -u; id -g; id -un; echo $HOME; cd && touch file && ls"))
    assert told == ["1000", "1000", "user", "/home/user", "file"]


def test_its_environment_is_built_and_not_inherited(bulkhead):
    told = lines(bulkhead.run("env", env={"SECRET_TOKEN": "hidden", "LD_PRELOAD": "/nowhere.so"}))
    names = {line.split("=")[0] for line in told}
    assert names <= {"PATH", "HOME", "TERM", "LANG", "USER"}
    assert {"PATH", "HOME", "TERM", "LANG"} <= names


def test_it_works_in_the_current_directory(bulkhead, workdir):
    told = lines(bulkhead.shell("pwd; echo made >file; ls"))
    assert told == [str(workdir), "file"]
    # The file is the directory's owner's, not some foreign id's.
    assert (workdir / "file").stat().st_uid == workdir.stat().st_uid
    assert (workdir / "file").read_text() == "made\n"


def test_it_has_processes_of_its_own_only(bulkhead):
    told = lines(bulkhead.shell("echo /proc/[0-9]* | wc -w; cat /proc/1/comm"))
    assert int(told[0]) <= 4
    assert told[1].startswith("bulkhead-init"[:15])


def test_it_has_a_network_of_its_own_with_loopback_up(attack):
    outcome = attack("talk_to_oneself")
    assert outcome.status == 0, outcome


def test_it_has_the_devices_that_programs_need(bulkhead):
    script = ("head -c 4 /dev/zero | wc -c; head -c 4 /dev/urandom | wc -c; echo x >/dev/null;"
              "echo y 2>/dev/null >/dev/full || echo full; ls /dev | sort | tr '\\n' ' '")
    told = lines(bulkhead.shell(script))
    assert told[:3] == ["4", "4", "full"]
    assert set(told[3].split()) <= {
        "core", "fd", "full", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin",
        "stdout", "tty", "urandom", "zero", "console", "mqueue"}


def test_its_temporary_directories_are_private(bulkhead):
    script = "for d in /tmp /var/tmp /dev/shm; do echo $d >$d/mine && cat $d/mine; done"
    assert lines(bulkhead.shell(script)) == ["/tmp", "/var/tmp", "/dev/shm"]
    for directory in ("/tmp", "/var/tmp", "/dev/shm"):
        assert not os.path.exists(f"{directory}/mine")


def test_a_strict_umask_of_the_caller_changes_nothing(bulkhead):
    outcome = bulkhead.run("sh", "-c", "umask; cat /etc/passwd > /dev/null && ls -d /tmp /dev/shm",
                           umask=0o077)
    assert outcome.status == 0, outcome
    assert outcome.stdout.splitlines() == ["0022", "/dev/shm", "/tmp"]


def test_the_system_is_read_only(attack):
    assert "refused" in attack("write_system_files").stdout


def test_a_name_is_its_hostname(bulkhead):
    assert lines(bulkhead.run("uname", "-n", options=["--name", "build-17"])) == ["build-17"]


def test_a_hostname_may_differ_from_the_name(bulkhead):
    options = ["--name", "build-17", "--hostname", "worker"]
    assert lines(bulkhead.run("uname", "-n", options=options)) == ["worker"]


def test_variables_are_set_in_order_and_the_last_wins(bulkhead, tmp_path):
    file = tmp_path / "variables"
    file.write_text("# a comment\nA=from-file\nB=from-file\n")
    options = ["--env-file", str(file), "--env", "A=first", "--env", "A=second", "--env", "C=x=y"]
    assert lines(bulkhead.shell("echo $A $B $C", options=options)) == ["second from-file x=y"]


def test_a_read_only_grant_can_be_read_and_not_written(bulkhead, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    (data / "file").write_text("content\n")
    script = "cat /data/file; echo x 2>&1 >/data/file; echo x 2>/dev/null >/data/new; ls /data"
    outcome = bulkhead.shell(script, options=["--ro", f"{data}:/data"])
    assert outcome.stdout.splitlines()[0] == "content"
    assert "Read-only file system" in outcome.stdout + outcome.stderr
    assert (data / "file").read_text() == "content\n"
    assert sorted(path.name for path in data.iterdir()) == ["file"]


def test_a_writable_grant_can_be_written(bulkhead, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    assert lines(bulkhead.shell("echo made >/data/file", options=["--rw", f"{data}:/data"])) == []
    assert (data / "file").read_text() == "made\n"


def test_a_grant_without_a_place_keeps_its_path(bulkhead, tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    (data / "file").write_text("content\n")
    assert lines(bulkhead.run("cat", str(data / "file"), options=["--ro", str(data)])) == ["content"]


def test_a_single_file_can_be_granted(bulkhead, tmp_path):
    (tmp_path / "file").write_text("content\n")
    (tmp_path / "other").write_text("other\n")
    options = ["--ro", f"{tmp_path}/file:/file"]
    assert lines(bulkhead.shell("cat /file; ls -d /file*", options=options)) == ["content", "/file"]


def test_a_tmpfs_has_the_size_that_was_asked_for(bulkhead):
    script = "head -c 5000000 /dev/zero 2>&1 >/scratch/file; stat -c %s /scratch/file"
    outcome = bulkhead.shell(script, options=["--tmpfs", "/scratch:1M"])
    assert outcome.stdout.splitlines()[-1] == str(1 << 20), outcome


def test_a_workdir_may_be_the_private_tmp(bulkhead):
    told = lines(bulkhead.shell("pwd; echo x >file", options=["--workdir", "/tmp"], cwd="/"))
    assert told == ["/tmp"]
    assert not os.path.exists("/tmp/file")


def test_a_project_below_the_home_of_root_can_be_worked_in(bulkhead):
    with tempfile.TemporaryDirectory(dir="/root") as project:
        told = lines(bulkhead.shell("pwd; echo made >file", cwd=project))
        assert told == [project]
        with open(os.path.join(project, "file")) as file:
            assert file.read() == "made\n"


def test_a_user_and_group_can_be_chosen(bulkhead):
    told = lines(bulkhead.shell("id -u; id -g", options=["--user", "1234:4321"]))
    assert told == ["1234", "4321"]


def test_root_in_a_sandbox_is_root_of_nothing_else(bulkhead, workdir):
    told = lines(bulkhead.shell("id -u; echo x >file; stat -c %u file", options=["--user", "0"]))
    assert told[0] == "0"
    assert (workdir / "file").stat().st_uid == workdir.stat().st_uid


def test_another_root_file_system_replaces_the_hosts(bulkhead, tmp_path, attack_program):
    image = tmp_path / "image"
    for directory in ("proc", "dev", "tmp", "etc", "bin"):
        (image / directory).mkdir(parents=True)
    program = image / "bin/attack"
    program.write_bytes(attack_program.read_bytes())
    program.chmod(0o755)
    (image / "etc/marker").write_text("image\n")
    outcome = bulkhead.run("/bin/attack", "see_host_processes", options=["--root", str(image)])
    assert outcome.status == 0, outcome
    assert "refused" in outcome.stdout


def test_the_hosts_network_is_there_only_when_asked_for(bulkhead):
    script = "ls /sys/class/net 2>/dev/null; cat /proc/net/dev | tail -n +3 | wc -l"
    assert lines(bulkhead.shell("tail -n +3 /proc/net/dev | wc -l")) == ["1"]
    host = len(open("/proc/net/dev", encoding="ascii").readlines()) - 2
    told = lines(bulkhead.shell(script, options=["--network", "host"]))
    assert int(told[-1]) == host


def test_a_capability_holds_inside_only(bulkhead):
    script = "grep CapEff /proc/self/status"
    assert lines(bulkhead.shell(script)) == ["CapEff:\t0000000000000000"]
    told = lines(bulkhead.shell(script, options=["--cap", "net_raw", "--cap", "CAP_CHOWN"]))
    assert told == ["CapEff:\t0000000000002001"]


def test_a_plan_is_printed_and_nothing_is_done(bulkhead, workdir):
    outcome = bulkhead("run", *bulkhead.options, "--plan", "--name", "planned", "--", "touch", "made")
    assert outcome.status == 0, outcome
    assert "planned" in outcome.stdout
    assert str(workdir) in outcome.stdout
    assert not (workdir / "made").exists()


def test_a_record_tells_what_was_used(bulkhead):
    outcome = bulkhead.shell("exit 3", options=["--json", "--name", "recorded"])
    assert outcome.status == 3
    assert outcome.record["name"] == "recorded"


def test_stdin_from_a_directory_is_refused(bulkhead):
    handle = os.open("/", os.O_RDONLY)
    outcome = bulkhead.run("true", input=handle)
    os.close(handle)
    assert outcome.status == 125
    assert len(outcome.errors) == 1


def test_files_of_other_owners_keep_them(bulkhead, workdir):
    # What the owner of the directory does not own is not the sandbox's to change.
    foreign = workdir / "foreign"
    foreign.write_text("foreign\n")
    os.chown(foreign, 4242, 4242)
    os.chmod(foreign, 0o644)
    outcome = bulkhead.shell("echo changed >foreign")
    assert outcome.status != 0
    assert foreign.read_text() == "foreign\n"
    assert stat.S_IMODE(foreign.stat().st_mode) == 0o644


@pytest.mark.machine
def test_the_default_limits_are_in_force(bulkhead):
    script = "for f in memory.max memory.swap.max cpu.max pids.max; do cat /sys/fs/cgroup/$f; done"
    assert lines(bulkhead.shell(script)) == [str(512 << 20), "0", "100000 100000", "256"]


@pytest.mark.machine
def test_limits_that_were_asked_for_are_in_force(bulkhead):
    script = ("for f in memory.max memory.high cpu.max cpu.weight pids.max;"
              "do cat /sys/fs/cgroup/$f; done")
    options = ["--memory", "300M", "--memory-high", "200M", "--cpu", "150%", "--cpu-weight", "50",
               "--pids", "99"]
    told = lines(bulkhead.shell(script, options=options))
    assert told == [str(300 << 20), str(200 << 20), "150000 100000", "50", "99"]


@pytest.mark.machine
def test_an_io_limit_is_in_force_on_the_disk_under_the_path(bulkhead, workdir):
    options = ["--io", f"{workdir}:wbps=1M,riops=100"]
    told = lines(bulkhead.shell("cat /sys/fs/cgroup/io.max", options=options))
    device = os.stat(workdir).st_dev
    assert told == [
        f"{os.major(device)}:{os.minor(device)} rbps=max wbps=1048576 riops=100 wiops=max"]


@pytest.mark.machine
def test_it_lives_in_a_scope_below_the_projects_slice(bulkhead):
    process = bulkhead.start("run", "--name", "where", "--", "sh", "-c", "echo up; sleep 600")
    assert process.stdout.readline() == b"up\n"
    found = [path for path, _, _ in os.walk("/sys/fs/cgroup/bulkhead.slice") if "where" in path]
    process.terminate()
    bulkhead.finish(process)
    assert found
    assert any(path.endswith(".scope") for path in found)
