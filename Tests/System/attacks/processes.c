// Other processes: those of the host, and the sandbox's own init.
#include "attack.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

// Everything in /proc must be init, this process, or an ancestor of it.
ATTACK(see_host_processes) {
    DIR *stream = opendir("/proc");
    if (!stream) return refused("opendir /proc");
    int verdict = REFUSED, count = 0;
    for (struct dirent *entry; (entry = readdir(stream));) {
        int pid = atoi(entry->d_name);
        if (pid <= 0) continue;
        count++;
        if (pid != 1 && pid != getpid() && pid != getppid())
            verdict = escaped("/proc shows process %d", pid);
    }
    closedir(stream);
    errno = ESRCH;
    return verdict ? verdict : refused("/proc shows %d processes, all of this sandbox", count);
}

// argv: the pid of a process on the host, too high to be one in here.
ATTACK(signal_host_process) {
    if (argc != 1) return broken("usage: PID");
    int pid = atoi(argv[0]);
    int verdict = ought_to_fail(kill(pid, SIGKILL), "kill %d", pid);
    long handle = syscall(SYS_pidfd_open, pid, 0);
    return worse(verdict, ought_to_fail(handle, "pidfd_open %d", pid));
}

// The namespace bounds what -1 reaches; the host's decoy process must outlive this.
ATTACK(signal_everybody) {
    signal(SIGTERM, SIG_IGN);
    kill(-1, SIGTERM);
    kill(-getpgrp(), 0);
    errno = EPERM;
    return refused("kill -1 reached nothing outside");
}

// To a user of the same number the kernel says yes and drops the signal: pid_namespaces(7). Were it
// not dropped, this process would be gone with init, or init would be stopped.
ATTACK(kill_init) {
    int killed = kill(1, SIGKILL), stopped = kill(1, SIGSTOP);
    usleep(200000);
    FILE *status = fopen("/proc/1/stat", "re");
    char state = 0;
    if (!status || fscanf(status, "%*d (%*[^)]) %c", &state) != 1) return broken("read init's state");
    fclose(status);
    if (state == 'T' || state == 't' || state == 'Z') return escaped("init is in state %c", state);
    if (killed == 0 || stopped == 0) errno = 0;
    return refused("kill and stop init");
}

ATTACK(trace_init) {
    int verdict = ought_to_fail(ptrace(PTRACE_SEIZE, 1, 0, 0), "ptrace(PTRACE_SEIZE) init");
    verdict = worse(verdict, ought_to_fail(ptrace(PTRACE_ATTACH, 1, 0, 0), "ptrace init"));
    char byte;
    struct iovec here = {&byte, 1}, there = {(void *)0x400000, 1};
    verdict = worse(verdict, ought_to_fail(process_vm_readv(1, &here, 1, &there, 1, 0),
                                           "process_vm_readv of init"));
    verdict = worse(verdict, ought_to_fail(process_vm_writev(1, &here, 1, &there, 1, 0),
                                           "process_vm_writev of init"));
    return verdict;
}

// Some of these can be opened by anybody, and are then refused to be read.
ATTACK(read_init_files) {
    static const char *const names[] = {"mem", "environ", "stack", "syscall", "auxv", "pagemap"};
    int verdict = REFUSED;
    for (size_t index = 0; index < sizeof names / sizeof *names; index++) {
        char path[64], bytes[8];
        snprintf(path, sizeof path, "/proc/1/%s", names[index]);
        int file = open(path, O_RDONLY | O_CLOEXEC);
        // A program that is linked without position independence lies at 4 MiB.
        ssize_t count = file < 0 ? -1 : pread(file, bytes, sizeof bytes, index ? 0 : 0x400000);
        // Nothing is what the kernel gives of the memory of somebody else's process.
        if (count == 0) errno = EACCES;
        verdict = worse(verdict, ought_to_fail(count > 0 ? 0 : -1, "read %s", path));
        if (file >= 0) close(file);
    }
    DIR *maps = opendir("/proc/1/map_files");
    int count = 0;
    while (maps && readdir(maps)) count++;
    if (count > 2) verdict = escaped("list /proc/1/map_files");
    if (maps) closedir(maps);
    return verdict;
}

ATTACK(open_init_links) {
    static const char *const names[] = {"root", "cwd", "exe", "fd/0", "fd/3", "ns/user", "ns/mnt"};
    int verdict = REFUSED;
    for (size_t index = 0; index < sizeof names / sizeof *names; index++) {
        char path[64];
        snprintf(path, sizeof path, "/proc/1/%s", names[index]);
        verdict = worse(verdict, ought_not_to_open(path, O_RDONLY));
    }
    return verdict;
}

ATTACK(walk_through_init_root) {
    int verdict = ought_not_to_open("/proc/1/root/etc/shadow", O_RDONLY);
    verdict = worse(verdict, ought_not_to_open("/proc/1/root/..", O_RDONLY));
    verdict = worse(verdict, ought_not_to_open("/proc/1/cwd/..", O_RDONLY));
    return worse(verdict, ought_not_to_open("/proc/1/task/1/root", O_RDONLY));
}

ATTACK(take_init_descriptors) {
    long handle = syscall(SYS_pidfd_open, 1, 0);
    if (handle < 0) return refused("pidfd_open init");
    int verdict = REFUSED;
    for (int number = 0; number < 16; number++) {
        long taken = syscall(SYS_pidfd_getfd, handle, number, 0);
        if (taken >= 0) verdict = escaped("took init's descriptor %d", number);
    }
    return verdict ? verdict : refused("pidfd_getfd of init");
}

// CVE-2019-5736: the supervisor's own program, written through /proc while it runs.
ATTACK(overwrite_running_program) {
    static const char *const paths[] = {"/proc/1/exe", "/proc/self/exe", "/proc/1/map_files"};
    int verdict = REFUSED;
    for (size_t index = 0; index < sizeof paths / sizeof *paths; index++) {
        verdict = worse(verdict, ought_not_to_open(paths[index], O_WRONLY));
        // The way round ETXTBSY: hold the file by O_PATH, write once its program has ended.
        int handle = open(paths[index], O_PATH | O_CLOEXEC);
        if (handle < 0) continue;
        char again[64];
        snprintf(again, sizeof again, "/proc/self/fd/%d", handle);
        verdict = worse(verdict, ought_not_to_open(again, O_WRONLY));
        close(handle);
    }
    return verdict;
}

// Namespaces entered through another process.
ATTACK(enter_namespaces) {
    static const char *const kinds[] = {"user", "mnt", "pid", "net", "ipc", "uts", "cgroup"};
    int verdict = REFUSED;
    for (size_t index = 0; index < sizeof kinds / sizeof *kinds; index++) {
        char path[64];
        snprintf(path, sizeof path, "/proc/%d/ns/%s", getppid() > 1 ? getppid() : 1,
                 kinds[index]);
        int handle = open(path, O_RDONLY | O_CLOEXEC);
        if (handle < 0) handle = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
        verdict = worse(verdict, ought_to_fail(syscall(SYS_setns, handle, 0), "setns %s",
                                               kinds[index]));
        if (handle >= 0) close(handle);
    }
    return verdict;
}
