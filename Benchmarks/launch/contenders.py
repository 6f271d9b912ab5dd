"""The command lines that are compared, each with the protection of `bulkhead run` or as near to it
as the program comes."""

import itertools
import json
import os
import shutil
import subprocess

BASE, USER = 0x7FFE0000, 1000
# As in `bulkhead run --plan`.
LINKS = {"bin": "usr/bin", "lib": "usr/lib", "lib64": "usr/lib64", "sbin": "usr/sbin"}
SHOWN = [
    path
    for path in (
        ["/usr"]
        + [
            f"/etc/{name}"
            for name in (
                "alternatives fonts java-11-openjdk java-17-openjdk java-21-openjdk ld.so.cache "
                "protocols services ssl"
            ).split()
        ]
    )
    if os.path.exists(path)
]
MASKED = [
    f"/proc/{name}"
    for name in "acpi asound interrupts kcore keys latency_stats scsi sched_debug timer_list".split()
]
READ_ONLY = [f"/proc/{name}" for name in "bus fs irq sys sysrq-trigger".split()]
ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/home/user",
    "USER": "user",
    "LANG": "C.UTF-8",
    "TERM": "dumb",
}
MEMORY, PIDS = 512 << 20, 256

counter = itertools.count()


def bubblewrap(workdir, filter_file=None):
    command = [shutil.which("bwrap"), "--unshare-all", "--uid", str(USER), "--gid", str(USER)]
    command += ["--hostname", "sandbox", "--die-with-parent", "--new-session", "--cap-drop", "ALL"]
    for link, target in LINKS.items():
        command += ["--symlink", target, f"/{link}"]
    for path in SHOWN:
        command += ["--ro-bind", path, path]
    command += ["--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--tmpfs", "/run"]
    command += ["--dir", "/home/user", "--dir", "/var/tmp", "--bind", workdir, workdir]
    command += ["--chdir", workdir, "--clearenv"]
    for variable, value in ENVIRONMENT.items():
        command += ["--setenv", variable, value]
    if filter_file:
        # bwrap reads the filter from a descriptor; a shell in between would be counted as bwrap's.
        descriptor = os.open(filter_file, os.O_RDONLY)
        os.set_inheritable(descriptor, True)
        command += ["--seccomp", str(descriptor)]
        return lambda *program: [*rewound(descriptor, command), *program]
    return lambda *program: [*command, *program]


def rewound(descriptor, command):
    os.lseek(descriptor, 0, os.SEEK_SET)
    return command


def make_root(directory):
    """A root file system to mount in, for the OCI runtimes."""
    root = f"{directory}/rootfs"
    for path in "proc sys dev tmp run home/user root var/tmp work etc usr".split():
        os.makedirs(f"{root}/{path}")
    for link, target in LINKS.items():
        os.symlink(target, f"{root}/{link}")
    for path in SHOWN:
        if os.path.isdir(path):
            os.makedirs(root + path, exist_ok=True)
        else:
            open(root + path, "w").close()
    return root


def bind(path, at, *options):
    options = ["rbind", "nosuid", "nodev", *options]
    return {"destination": at, "source": path, "type": "bind", "options": options}


def scratch(at):
    options = ["nosuid", "nodev", "mode=1777", "size=256m"]
    return {"destination": at, "type": "tmpfs", "source": "tmpfs", "options": options}


def equal_config(config, workdir, seccomp, limits):
    """A runtime's own `spec` with a user namespace, our filter, no capability and our mounts."""
    process = config["process"]
    process["user"] = {"uid": USER, "gid": USER}
    process["cwd"] = "/work"
    process["env"] = [f"{name}={value}" for name, value in ENVIRONMENT.items()]
    process["capabilities"] = {}
    process["noNewPrivileges"] = True
    process["rlimits"] = [
        {"type": "RLIMIT_CORE", "soft": 0, "hard": 0},
        {"type": "RLIMIT_NOFILE", "soft": 1024, "hard": 16384},
        {"type": "RLIMIT_MEMLOCK", "soft": 8 << 20, "hard": 8 << 20},
    ]
    config["mounts"] = [m for m in config["mounts"] if m["destination"] != "/dev/mqueue"]
    for mount in config["mounts"]:
        # Group 5 of the host means nothing inside.
        mount["options"] = [o for o in mount.get("options", []) if o != "gid=5"]
    config["mounts"] += [bind(path, path, "ro") for path in SHOWN]
    config["mounts"] += [scratch(at) for at in ("/tmp", "/run", "/home/user", "/var/tmp")]
    config["mounts"].append(bind(workdir, "/work", "rw"))
    linux = config["linux"]
    kinds = ["user", "mount", "pid", "ipc", "uts", "network", "cgroup"]
    linux["namespaces"] = [{"type": kind} for kind in kinds]
    maps = [{"containerID": 0, "hostID": BASE, "size": 65536}]
    linux["uidMappings"] = linux["gidMappings"] = maps
    linux["maskedPaths"], linux["readonlyPaths"] = MASKED, READ_ONLY
    linux["seccomp"] = seccomp
    linux.pop("resources", None)
    if limits:
        linux["resources"] = {
            "memory": {"limit": MEMORY, "swap": MEMORY},
            "cpu": {"quota": 100000, "period": 100000},
            "pids": {"limit": PIDS},
        }


def oci(runtime, directory, workdir, *options, seccomp=None, limits=False, equal=True):
    """A bundle for crun or runc, and how to run a program in it."""
    bundle = f"{directory}/{os.path.basename(runtime)}{next(counter)}"
    os.mkdir(bundle)
    root = make_root(bundle)
    subprocess.run([runtime, "spec"], cwd=bundle, check=True, stdout=subprocess.DEVNULL)
    with open(f"{bundle}/config.json") as file:
        config = json.load(file)
    config["process"]["terminal"] = False
    config["root"] = {"path": root, "readonly": True}
    if equal:
        inside = f"{bundle}/work"
        os.mkdir(inside)
        os.chown(inside, BASE + USER, BASE + USER)
        equal_config(config, inside, seccomp, limits)
    else:
        config["mounts"].append(bind("/usr", "/usr", "ro"))

    def command(*program):
        # The program is in the file: written again only for another program.
        if config["process"].get("args") != list(program):
            config["process"]["args"] = list(program)
            with open(f"{bundle}/config.json", "w") as file:
                json.dump(config, file)
        run = [runtime, "--root", f"{bundle}/state", *options, "run", "--bundle", bundle]
        return [*run, f"bench-{os.getpid()}-{next(counter)}"]

    return command


def systemd_run(workdir):
    properties = (
        "User=nobody PrivateUsers=yes PrivateNetwork=yes PrivateTmp=yes PrivateDevices=yes "
        "PrivateIPC=yes ProtectSystem=strict ProtectHome=yes ProtectHostname=yes ProtectClock=yes "
        "ProtectKernelTunables=yes ProtectKernelModules=yes ProtectKernelLogs=yes "
        "ProtectControlGroups=yes ProtectProc=invisible NoNewPrivileges=yes RestrictNamespaces=yes "
        "RestrictRealtime=yes RestrictSUIDSGID=yes LockPersonality=yes CapabilityBoundingSet= "
        "SystemCallFilter=@system-service SystemCallArchitectures=native "
        f"MemoryMax={MEMORY} MemorySwapMax=0 TasksMax={PIDS} CPUQuota=100% "
        f"WorkingDirectory={workdir} ReadWritePaths={workdir}"
    ).split()
    command = [shutil.which("systemd-run"), "--wait", "--quiet", "--collect"]
    for assignment in properties:
        command += ["--property", assignment]
    return lambda *program: [*command, *program]
