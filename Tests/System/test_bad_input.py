"""Bad input gets one clear line and status 125, and nothing is left behind (the census sees to
that after each test)."""

import os
import shutil
import threading

import pytest

pytestmark = pytest.mark.native


def assert_one_clear_line(outcome, *words, hint=True):
    assert outcome.status == 125, outcome
    assert outcome.stdout == ""
    assert len(outcome.errors) == 1, outcome.stderr
    line = outcome.errors[0]
    assert line.startswith("bulkhead: ")
    assert line.isprintable(), line
    assert len(line) < 600, line
    for word in words:
        assert word in line
    if hint:
        assert "(hint: " in line, line


def test_no_command(bulkhead):
    assert_one_clear_line(bulkhead("run"))
    assert_one_clear_line(bulkhead("run", "--"))


def test_an_empty_command(bulkhead):
    assert_one_clear_line(bulkhead.run(""), "empty")


@pytest.mark.parametrize(
    "name", ["a/b", "..", ".", "", "-a", "a-", "A", "a" * 64, "x" * 300, "a b", "ü", "a\nb", "a;b"])
def test_a_bad_name(bulkhead, name):
    assert_one_clear_line(bulkhead.run("true", options=["--name", name]), "name")


@pytest.mark.parametrize("option", ["--memory", "--memory-high", "--swap"])
@pytest.mark.parametrize(
    "size", ["-1", "10GG", "99999999999G", "1e400", "", "M", "1.5.5G", "0x10M", "NaN", "inf",
             "1 G", "\u0661M", "+1G"])
def test_a_bad_size(bulkhead, option, size):
    assert_one_clear_line(bulkhead.run("true", options=[option, size]), option, hint=False)


@pytest.mark.parametrize("cpu", ["0", "-1", "1e400", "NaN", "", "%", "0%", "1000000000", "1,5"])
def test_a_bad_share_of_the_processor(bulkhead, cpu):
    assert_one_clear_line(bulkhead.run("true", options=["--cpu", cpu]), "--cpu", hint=False)


@pytest.mark.parametrize("count", ["0", "-1", "1.5", "", "many", "99999999999999999999"])
def test_a_bad_number_of_processes(bulkhead, count):
    assert_one_clear_line(bulkhead.run("true", options=["--pids", count]), "--pids", hint=False)


@pytest.mark.parametrize("time", ["0", "-1s", "1e400s", "", "s", "10 s", "99999999999999h", "1y"])
def test_a_bad_time(bulkhead, time):
    outcome = bulkhead.run("true", options=["--time-limit", time])
    assert_one_clear_line(outcome, "--time-limit", hint=False)


@pytest.mark.parametrize("identity", ["root", "-1", "4294967295", "65536", "1:", ":1", "1:2:3", ""])
def test_a_bad_user(bulkhead, identity):
    assert_one_clear_line(bulkhead.run("true", options=["--user", identity]), hint=False)


@pytest.mark.parametrize("variable", ["", "=x", "NOVALUE", "=", "\udcff=1"])
def test_a_bad_variable(bulkhead, variable):
    assert_one_clear_line(bulkhead.run("true", options=["--env", variable]), hint=False)


@pytest.mark.parametrize("name", ["a_b!", "-x", "x" * 300, "", "a..b"])
def test_a_bad_hostname(bulkhead, name):
    assert_one_clear_line(bulkhead.run("true", options=["--hostname", name]), hint=False)


@pytest.mark.both
def test_an_unknown_option_gets_the_one_that_was_meant(bulkhead):
    outcome = bulkhead("run", "--memroy", "1G", "--", "true")
    assert_one_clear_line(outcome, "--memroy", "--memory")


def test_an_unknown_command_gets_the_one_that_was_meant(bulkhead):
    outcome = bulkhead("rnu", "true")
    assert outcome.status == 2
    assert len(outcome.errors) == 1
    assert "run" in outcome.errors[0]


@pytest.mark.both
def test_too_little_memory_for_any_program(bulkhead):
    assert_one_clear_line(bulkhead.run("true", options=["--memory", "512"]), "512M")


def test_an_option_without_its_value(bulkhead):
    assert_one_clear_line(bulkhead("run", "--memory"), "--memory", hint=False)


def test_an_option_given_twice(bulkhead):
    outcome = bulkhead.run("true", options=["--memory", "1G", "--memory", "2G"])
    assert_one_clear_line(outcome, "--memory", hint=False)


def test_contradicting_limits(bulkhead):
    outcome = bulkhead.run("true", options=["--memory", "100M", "--memory-high", "200M"])
    assert_one_clear_line(outcome, "--memory-high")


def test_an_argument_that_is_not_utf8(bulkhead):
    outcome = bulkhead.run("true", options=["--name", b"\xff\xfe"])
    assert_one_clear_line(outcome, "UTF-8")


@pytest.mark.parametrize("option", ["--ro", "--rw", "--workdir", "--root"])
def test_a_path_that_does_not_exist(bulkhead, option):
    outcome = bulkhead.run("true", options=[option, "/no/such/path"])
    assert_one_clear_line(outcome, "/no/such/path", hint=False)


@pytest.mark.parametrize("option", ["--ro", "--rw", "--workdir", "--root"])
def test_a_path_that_is_not_utf8(bulkhead, option, tmp_path):
    path = os.fsencode(tmp_path) + b"/\xff\xfe"
    os.mkdir(path)
    outcome = bulkhead.run("true", options=[option, path])
    os.rmdir(path)
    assert_one_clear_line(outcome, "UTF-8", hint=False)


@pytest.mark.parametrize("path", ["", "a\nb", "/" + "x" * 300, "/" + "x/" * 3000])
def test_a_path_that_is_none(bulkhead, path):
    assert_one_clear_line(bulkhead.run("true", options=["--ro", path]), hint=False)


@pytest.mark.parametrize(
    "path", ["/", "/etc", "/usr", "/proc", "/sys", "/dev", "/root/..", "/var", "/proc/self/cwd"])
def test_a_system_directory_as_working_directory(bulkhead, path):
    assert_one_clear_line(bulkhead.run("true", options=["--workdir", path]), hint=False)


def test_a_home_directory_as_working_directory_by_default(bulkhead):
    assert_one_clear_line(bulkhead.run("true", cwd="/root", env={"HOME": "/root"}), "home")


@pytest.mark.both
def test_a_symlinked_working_directory(bulkhead, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    outcome = bulkhead.run("true", options=["--workdir", str(tmp_path / "link")])
    assert_one_clear_line(outcome, "link", hint=False)


@pytest.mark.both
def test_a_working_directory_below_a_symlink(bulkhead, tmp_path):
    (tmp_path / "real/below").mkdir(parents=True)
    (tmp_path / "link").symlink_to("real")
    outcome = bulkhead.run("true", options=["--workdir", str(tmp_path / "link/below")])
    assert_one_clear_line(outcome, "link", hint=False)


@pytest.mark.both
def test_a_working_directory_that_has_been_removed(bulkhead, tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    outcome = bulkhead.start(
        "run", *bulkhead.options, "--", "true", cwd=gone, preexec_fn=lambda: shutil.rmtree(gone))
    assert_one_clear_line(bulkhead.finish(outcome))


@pytest.mark.both
@pytest.mark.repeated
def test_a_working_directory_that_vanishes_and_returns(bulkhead, tmp_path, repetitions):
    # Each run works in the directory or is refused; none sees another one.
    place = tmp_path / "place"
    ended = threading.Event()

    def flicker():
        while not ended.is_set():
            place.mkdir()
            ended.wait(0.002)
            shutil.rmtree(place, ignore_errors=True)

    thread = threading.Thread(target=flicker)
    thread.start()
    try:
        for _ in range(repetitions(15)):
            outcome = bulkhead.run("pwd", options=["--workdir", str(place)], cwd=tmp_path)
            assert outcome.status in (0, 125), outcome
            if outcome.status == 0:
                assert outcome.stdout in (f"{place}\n", "")
            else:
                assert len(outcome.errors) == 1
    finally:
        ended.set()
        thread.join()


@pytest.mark.parametrize(
    "place", ["/", "/proc", "/proc/x", "/sys/fs", "/dev/x", "relative", "/a/../../b", ""])
def test_a_bad_place_for_a_grant(bulkhead, place, tmp_path):
    outcome = bulkhead.run("true", options=["--ro", f"{tmp_path}:{place}"])
    assert_one_clear_line(outcome, hint=False)


def test_two_grants_at_one_place(bulkhead, tmp_path):
    options = ["--ro", f"{tmp_path}:/data", "--rw", f"{tmp_path}:/data"]
    assert_one_clear_line(bulkhead.run("true", options=options), "/data")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json",
        "[]",
        "{",
        '{"defaultAction": "SCMP_ACT_ALLOWW"}',
        '{"defaultAction": 7}',
        '{"defaultAction": "SCMP_ACT_ERRNO", "defaultAction": "SCMP_ACT_ALLOW"}',
        '{"defaultAction": "SCMP_ACT_ERRNO", "unknownKey": 1}',
        '{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": ["no_such_call"],'
        ' "action": "SCMP_ACT_ALLOW"}]}',
        '{"extends": "no-such-profile"}',
        '{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{"names": [], "action": "SCMP_ACT_ALLOW",'
        ' "args": [{"index": 9, "value": 1, "op": "SCMP_CMP_EQ"}]}]}',
        "[" * 100_000,
    ],
)
def test_a_malformed_profile(bulkhead, tmp_path, text):
    profile = tmp_path / "profile.json"
    profile.write_text(text)
    outcome = bulkhead.run("true", options=["--seccomp", str(profile)])
    assert_one_clear_line(outcome, "profile", hint=False)


def test_a_profile_that_contradicts_itself(bulkhead, tmp_path):
    profile = tmp_path / "profile.json"
    profile.write_text(
        '{"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86_64"], "syscalls": ['
        '{"names": ["read"], "action": "SCMP_ACT_ALLOW"},'
        '{"names": ["read"], "action": "SCMP_ACT_KILL_PROCESS"}]}')
    outcome = bulkhead.run("true", options=["--seccomp", str(profile)])
    assert_one_clear_line(outcome, "read", hint=False)


def test_a_profile_that_extends_itself(bulkhead, tmp_path):
    profile = tmp_path / "profile.json"
    profile.write_text(f'{{"extends": "{profile}"}}')
    assert_one_clear_line(bulkhead.run("true", options=["--seccomp", str(profile)]), hint=False)


def test_an_unknown_profile(bulkhead):
    outcome = bulkhead.run("true", options=["--seccomp", "defualt"])
    assert_one_clear_line(outcome, "defualt", hint=False)


@pytest.mark.parametrize("capability", ["CAP_NONE_SUCH", "", "ALL", "cap_sys_admin,cap_chown"])
def test_an_unknown_capability(bulkhead, capability):
    assert_one_clear_line(bulkhead.run("true", options=["--cap", capability]), hint=False)


def test_an_unknown_network(bulkhead):
    assert_one_clear_line(bulkhead.run("true", options=["--network", "bridge"]), "none or host")


def test_a_missing_variables_file(bulkhead):
    outcome = bulkhead.run("true", options=["--env-file", "/no/such/file"])
    assert_one_clear_line(outcome, "/no/such/file", hint=False)


def test_a_variables_file_without_end(bulkhead):
    outcome = bulkhead.run("true", options=["--env-file", "/dev/zero"])
    assert_one_clear_line(outcome, "/dev/zero", hint=False)


@pytest.mark.parametrize(
    "limit", ["", "/", "/:", "/:rbps", "/:rbps=", "/:rbps=-1", "/:bytes=1", "/:rbps=1M,rbps=2M"])
def test_a_bad_io_limit(bulkhead, limit):
    assert_one_clear_line(bulkhead.run("true", options=["--io", limit]), hint=False)


@pytest.mark.both
@pytest.mark.machine
@pytest.mark.parametrize("path", ["/none/such", "/proc"])
def test_an_io_limit_without_a_disk(bulkhead, path):
    assert_one_clear_line(bulkhead.run("true", options=["--io", f"{path}:rbps=1M"]), path, hint=False)


@pytest.mark.both
def test_an_ordinary_user_is_refused(bulkhead):
    outcome = bulkhead.finish(bulkhead.start(
        "run", *bulkhead.options, "--", "true", user=65534, extra_groups=[], cwd="/tmp"))
    assert_one_clear_line(outcome, "root")


def test_text_from_outside_cannot_drive_a_terminal(bulkhead):
    outcome = bulkhead.run("true", options=["--name", "\x1b]0;owned\x07\x1b[2J"])
    assert_one_clear_line(outcome)
    assert "\x1b" not in outcome.stderr


@pytest.mark.both
def test_a_limit_without_a_controller_is_refused_unless_allowed(bulkhead, tmp_path):
    # A cgroup root that is no cgroup at all stands for a host without controllers.
    outcome = bulkhead("run", "--cgroup-parent", str(tmp_path), "--", "true")
    assert_one_clear_line(outcome, hint=False)
