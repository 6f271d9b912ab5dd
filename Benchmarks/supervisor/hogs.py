"""Programs that take all they can get, one for each kind, and one that says what others feel of it."""

MEMORY_MIB, PIDS, DISK_MIB, OPEN_FILES, LINES_PER_SECOND = 128, 48, 64, 256, 200

# Forty requests a second, each from when it is due: waking up, fresh memory, a file, some
# descriptors. Few enough that an emulated processor has time to spare. Prints microseconds.
PROBE = """
import json, mmap, os, time
taken, count = [], int({seconds} * 40)
began = time.perf_counter() + 0.05
for number in range(count):
    due = began + number / 40
    now = time.perf_counter()
    if now < due:
        time.sleep(due - now)
    else:
        # That it begins late is told by the one before it, which was not ready.
        due = now
    with mmap.mmap(-1, 1 << 16) as fresh:
        for page in range(0, 1 << 16, 4096):
            fresh[page] = 1
    with open("probe", "wb") as file:
        file.write(bytes(4096))
    held = [os.open("probe", os.O_RDONLY) for _ in range(4)]
    os.pread(held[0], 4096, 0)
    for each in held:
        os.close(each)
    os.unlink("probe")
    taken.append((time.perf_counter() - due) * 1e6)
print(json.dumps(taken))
"""

PROGRAMS = {
    "cpu": """
import os
for _ in range(7):
    if os.fork() == 0:
        break
while True:
    pass
""",
    # Children up to the limit, each killed by the kernel, and always a next one.
    "memory": """
import os
while True:
    if os.fork() == 0:
        held = []
        while True:
            held.append(bytearray(b"x" * (1 << 20)))
    os.wait()
""",
    "pids": """
import os, signal, time
while True:
    children = []
    try:
        while True:
            child = os.fork()
            if child == 0:
                time.sleep(1000)
            children.append(child)
    except OSError:
        pass
    for child in children:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
""",
    "disk": """
import os
block = os.urandom(1 << 20)
while True:
    with open("full", "wb", 0) as file:
        try:
            for number in range(%d):
                file.write(block)
                if number %% 16 == 15:
                    os.fsync(file.fileno())
        except OSError:
            pass
    os.unlink("full")
""" % (DISK_MIB + 16),
    "log": """
while True:
    print("a line that says nothing at all, as often as can be")
""",
    "fd": """
import os, socket
while True:
    held = []
    try:
        while True:
            held.append(socket.socketpair())
            for end in held[-1]:
                end.setblocking(False)
                end.send(b"x" * 1024)
    except OSError:
        pass
    for pair in held:
        for end in pair:
            end.close()
""",
}
