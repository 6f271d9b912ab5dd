"""Projects whose files are in volumes, and what is asked about those again and again."""

import os
import pathlib
import re

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


def helpers(daemon):
    """Processes of this supervisor, or of one before it, that work on volumes."""
    found = []
    for directory in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            words = (directory / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"--volume" in words and os.fsencode(daemon.state / "volumes") in words:
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
file = os.open(".", os.O_TMPFILE | os.O_WRONLY, 0o600)
try:
    while True:
        total += os.write(file, block)
except OSError as error:
    tell(total, error)
""",
    "a mapping": """
# A page that gets no room kills who writes to it: a child each.
total = 0
file = os.open("mapped", os.O_CREAT | os.O_RDWR, 0o600)
os.ftruncate(file, 1 << 32)
while True:
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        part = mmap.mmap(file, len(block), offset=total)
        part[:] = block
        part.flush()
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    if status:
        try:
            os.pwrite(file, block, total + (1 << 31))
        except OSError as error:
            tell(total, error)
        break
    total += len(block)
""",
}


def fill(daemon, project, how):
    """Fills a project's directory from inside; bytes that fitted and the name of the error."""
    script = ("import errno, itertools, mmap, os, resource\n"
              "block = b'x' * (1 << 18)\n"
              "def tell(total, error):\n"
              "    print('TOLD', total, errno.errorcode[error.errno])\n" + FILL[how])
    done = daemon.cli("exec", project, "--", "python3", "-c", script)
    found = re.search(r"TOLD (\d+) (\w+)", done.stdout)
    assert found, (done.stdout, done.stderr)
    return int(found[1]), found[2]
