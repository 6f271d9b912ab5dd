"""Projects whose files are in volumes, and what is asked about those again and again."""

import array
import ctypes
import fcntl
import json
import os
import pathlib

from harness.daemon import eventually

MIB = 1 << 20


def entry(daemon, name, *lines, limits="", path=None):
    """A project's entry below `projects:` with limits of its own, that any host can do."""
    allowed = "" if daemon.on_machine else "allow_unlimited: true"
    limits = ", ".join(part for part in (limits, allowed) if part)
    text = f"  {name}:\n    path: {path or daemon.project_directory(name)}\n"
    text += f"    limits: {{ {limits} }}\n"
    return text + "".join(f"    {line}\n" for line in lines)


def configure(daemon, *entries):
    daemon.configure("projects:\n" + "".join(entries))


def inside(daemon, project, script, check=True):
    """Runs a script in the project's directory, in its sandbox."""
    return daemon.cli("exec", project, "--", "sh", "-c", script, check=check)


def home(daemon, project="shop"):
    return daemon.state / "volumes" / project


def mount_point(daemon, project="shop"):
    return daemon.run / "volumes" / project


def mounted(path):
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        return [line for line in file if line.split()[4] == str(path)]


def loops_of(path):
    """Loop devices that have a file which is in a directory."""
    found = []
    for device in pathlib.Path("/sys/block").glob("loop*/loop/backing_file"):
        try:
            file = device.read_text().strip()
        except OSError:
            continue
        if file.startswith(str(path)):
            found.append(device.parts[3])
    return found


def nothing_is_up(daemon, project="shop"):
    return not mounted(mount_point(daemon, project)) and not loops_of(home(daemon, project)) and \
        not mount_point(daemon, project).exists()


def await_down(daemon, project="shop"):
    eventually(lambda: nothing_is_up(daemon, project),
               f"{project} has no volume up: {mounted(mount_point(daemon, project))} "
               f"{loops_of(home(daemon, project))}")


def helpers(daemon, word=b"--volume"):
    """Processes of this supervisor, or of one before it, that work on volumes."""
    found = []
    for directory in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            words = (directory / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if word in words and {os.fsencode(daemon.state),
                              os.fsencode(daemon.state / "volumes")} & set(words):
            found.append(int(directory.name))
    return found


def reason(daemon, project="shop"):
    """Why the project failed."""
    return daemon.await_phase(project, "failed")["reason"]


# Writes until nothing more fits, and tells the bytes and the error.
FILL = {
    "one file": """
total = 0
file = os.open("one", os.O_CREAT | os.O_WRONLY, 0o600)
try:
    while True:
        total += os.write(file, block)
except OSError as error:
    tell(total, error)
""",
    "many files": """
total = 0
try:
    for number in itertools.count():
        file = os.open(f"many{number}", os.O_CREAT | os.O_WRONLY, 0o600)
        total += os.write(file, block[:65536])
        os.close(file)
except OSError as error:
    tell(total, error)
""",
    "a sparse file": """
total = 0
file = os.open("sparse", os.O_CREAT | os.O_WRONLY, 0o600)
os.ftruncate(file, 1 << 40)
try:
    for number in itertools.count():
        total += os.pwrite(file, block, number << 24)
        os.fsync(file)
except OSError as error:
    tell(total, error)
""",
    "hard links": """
total = 0
os.close(os.open("base", os.O_CREAT | os.O_WRONLY, 0o600))
file = os.open("base", os.O_WRONLY)
for number in range(1000):
    os.link("base", f"link{number}")
try:
    while True:
        total += os.write(file, block)
except OSError as error:
    tell(total, error)
""",
    "a file without a name": """
total = 0
try:
    file = os.open(".", os.O_TMPFILE | os.O_WRONLY, 0o600)
    while True:
        total += os.write(file, block)
except OSError as error:
    tell(total, error)
""",
    "a mapping": """
# A page that gets no room kills who writes to it: a child, which counts where that is seen.
file = os.open("mapped", os.O_CREAT | os.O_RDWR, 0o600)
os.ftruncate(file, 1 << 32)
done = mmap.mmap(-1, 8)
if os.fork() == 0:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for total in itertools.count(len(block), len(block)):
        part = mmap.mmap(file, len(block), offset=total - len(block))
        part[:] = block
        part.flush()
        done[:] = total.to_bytes(8, "little")
os.wait()
total = int.from_bytes(done[:], "little")
try:
    os.pwrite(file, block, total + (1 << 31))
except OSError as error:
    tell(total, error)
""",
}


def is_full(form, how, error):
    """Whether this error is for want of room. Overlays have files without a name since Linux 6.11."""
    # One number, two names.
    if (form, how) == ("overlay", "a file without a name") and error in ("EOPNOTSUPP", "ENOTSUP"):
        return False
    assert error in ("EDQUOT", "ENOSPC"), (form, how, error)
    return True


# Inodes instead of bytes.
FILL_INODES = """
total = 0
try:
    while True:
        os.close(os.open(f"small{total}", os.O_CREAT | os.O_WRONLY, 0o600))
        total += 1
except OSError as error:
    tell(total, error)
"""

# Each way in a process of its own, which leaves nothing open; what it made is removed after it.
FILLER = """
import errno, itertools, json, mmap, os, resource, sys
block = b'x' * (1 << 18)
def tell(total, error):
    print(json.dumps([how, total, errno.errorcode[error.errno]]), flush=True)
for how, script in json.loads(sys.argv[1]).items():
    before = set(os.listdir("."))
    child = os.fork()
    if child == 0:
        exec(script)
        os._exit(0)
    os.waitpid(child, 0)
    if sys.argv[2] != "leave":
        for name in set(os.listdir(".")) - before:
            os.unlink(name)
        os.sync()
"""


def fill_all(daemon, project, scripts, leave=False, seconds=None):
    """Fills a project's directory from inside in all these ways, one after the other.

    Returns by way: how much fitted, and the name of the error."""
    done = daemon.cli("exec", project, "--", "python3", "-c", FILLER, json.dumps(scripts),
                      "leave" if leave else "remove", **({"timeout": seconds} if seconds else {}))
    found = {}
    for line in done.stdout.splitlines():
        how, total, error = json.loads(line)
        found[how] = (total, error)
    assert set(found) == set(scripts), (done.stdout, done.stderr)
    return found


def fill(daemon, project, how):
    """Fills a project's directory from inside; bytes that fitted and the name of the error."""
    return fill_all(daemon, project, {how: FILL[how]}, leave=True)[how]


PROJECT_QUOTA = 2
Q_GETQUOTA = 0x800007
FS_IOC_FSGETXATTR = 0x801C581F


class KernelQuota(ctypes.Structure):
    """struct if_dqblk of quotactl(2): limits in units of 1 KiB, what is used in bytes."""

    _fields_ = [(name, ctypes.c_uint64) for name in (
        "hard_kib", "soft_kib", "bytes", "inodes_hard", "inodes_soft", "inodes", "block_time",
        "inode_time")] + [("valid", ctypes.c_uint32)]


def project_id(path):
    """What a directory's files count for: ioctl_xfs_fsgetxattr(2)."""
    words = array.array("I", [0] * 7)
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.ioctl(descriptor, FS_IOC_FSGETXATTR, words)
    finally:
        os.close(descriptor)
    return words[3]


def kernel_quota(path):
    """What the kernel counts and limits for a directory's project id, asked past bulkheadd."""
    status = os.stat(path)
    with open("/proc/self/mountinfo", encoding="utf-8") as file:
        numbers = f"{os.major(status.st_dev)}:{os.minor(status.st_dev)}"
        device = [line.split(" - ")[1].split()[1] for line in file if line.split()[2] == numbers]
    found = KernelQuota()
    library = ctypes.CDLL(None, use_errno=True)
    if library.quotactl((Q_GETQUOTA << 8) | PROJECT_QUOTA, device[0].encode(), project_id(path),
                        ctypes.byref(found)):
        raise OSError(ctypes.get_errno(), f"quotactl of {device[0]}")
    return found


def quota_of(daemon, project, name):
    """A limit of a project as `quota show` tells it."""
    quotas = daemon.call("QuotaShow", {"project": project})["quotas"]
    found = [each for each in quotas[0]["limits"]
             if each["name"] == name and each.get("workload") is None]
    assert found, quotas
    return found[0]
