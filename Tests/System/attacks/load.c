// Not ways out but loads: each takes as much of one thing as it gets.
#include "attack.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long number(int argc, char **argv, int index, long standard) {
    return index < argc ? atol(argv[index]) : standard;
}

static void touch(size_t bytes) {
    char *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) _exit(3);
    for (size_t offset = 0; offset < bytes; offset += 4096) memory[offset] = 1;
}

// argv: seconds. Forks until it cannot, and then goes on trying.
ATTACK(fork_bomb) {
    time_t end = time(NULL) + number(argc, argv, 0, 5);
    long born = 0, refusals = 0;
    while (time(NULL) < end) {
        pid_t child = fork();
        if (child == 0) {
            while (time(NULL) < end)
                if (fork() < 0) usleep(1000);
            _exit(0);
        }
        if (child > 0)
            born++;
        else
            refusals++, usleep(1000);
    }
    printf("born %ld, refused %ld\n", born, refusals);
    return 0;
}

// argv: MiB.
ATTACK(eat_memory) {
    touch((size_t)number(argc, argv, 0, 1024) << 20);
    return escaped("ate it all");
}

// argv: MiB, processes. Each process takes its share and keeps it until all have had theirs.
ATTACK(eat_memory_together) {
    long mebibytes = number(argc, argv, 0, 1024), processes = number(argc, argv, 1, 20);
    for (long index = 0; index < processes; index++)
        if (fork() == 0) {
            touch((size_t)(mebibytes / processes) << 20);
            sleep(10);
            _exit(0);
        }
    int killed = 0;
    for (int status; wait(&status) > 0;) killed += WIFSIGNALED(status);
    printf("killed %d\n", killed);
    return 0;
}

// argv: path, MiB. Fills a file; a tmpfs is memory.
ATTACK(fill_file) {
    if (argc < 1) return broken("usage: PATH [MIB]");
    int file = open(argv[0], O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if (file < 0) return broken("open %s", argv[0]);
    static char block[1 << 20];
    memset(block, 'x', sizeof block);
    for (long index = 0; index < number(argc, argv, 1, 1024); index++)
        if (write(file, block, sizeof block) < 0) return refused("write after %ld MiB", index);
    return escaped("wrote it all");
}

// argv: MiB. System V shared memory, which belongs to no process.
ATTACK(fill_shared_memory) {
    size_t bytes = (size_t)number(argc, argv, 0, 1024) << 20;
    int segment = shmget(IPC_PRIVATE, bytes, IPC_CREAT | 0600);
    if (segment < 0) return refused("shmget");
    char *memory = shmat(segment, NULL, 0);
    if (memory == (void *)-1) return broken("shmat");
    for (size_t offset = 0; offset < bytes; offset += 4096) memory[offset] = 1;
    return escaped("filled it all");
}

static void *spin(void *end) {
    while (time(NULL) < *(time_t *)end) {
    }
    return NULL;
}

// argv: seconds, threads.
ATTACK(burn_processor) {
    time_t end = time(NULL) + number(argc, argv, 0, 3);
    for (long index = 1; index < number(argc, argv, 1, 4); index++) {
        pthread_t thread;
        pthread_create(&thread, NULL, spin, &end);
    }
    spin(&end);
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("used %ld ms\n", usage.ru_utime.tv_sec * 1000 + usage.ru_utime.tv_usec / 1000 +
                                usage.ru_stime.tv_sec * 1000 + usage.ru_stime.tv_usec / 1000);
    return 0;
}

// Opens as many files as it may, in as many processes as it may.
ATTACK(open_many_files) {
    long total = 0;
    for (int process = 0; process < 64 && fork() == 0; process++) {
        long count = 0;
        while (open("/dev/null", O_RDONLY) >= 0) count++;
        total += count;
        usleep(1000);
    }
    printf("opened %ld\n", total);
    usleep(500000);
    return 0;
}

// argv: count. Children that have ended and are not waited for.
ATTACK(make_zombies) {
    long made = 0;
    for (long index = 0; index < number(argc, argv, 0, 10000); index++) {
        pid_t child = fork();
        if (child == 0) _exit(0);
        if (child < 0) break;
        made++;
    }
    printf("zombies %ld\n", made);
    return 0;
}

// argv: count. Orphans, each of which init has to reap.
ATTACK(make_orphans) {
    long made = 0;
    for (long index = 0; index < number(argc, argv, 0, 10000); index++) {
        pid_t child = fork();
        if (child == 0) {
            // The grandchild is init's as soon as the child is gone.
            fork();
            _exit(0);
        }
        if (child < 0) {
            usleep(1000);
            continue;
        }
        made++;
        waitpid(child, NULL, 0);
    }
    printf("orphans %ld\n", made);
    return 0;
}

// argv: MiB.
ATTACK(flood_output) {
    static char block[1 << 16];
    memset(block, 'f', sizeof block);
    for (long index = 0; index < number(argc, argv, 0, 64) * 16; index++)
        for (size_t done = 0; done < sizeof block;) {
            ssize_t count = write(1, block + done, sizeof block - done);
            if (count < 0) return 3;
            done += count;
        }
    return 0;
}

// A daemon that has left its session, ignores what can be ignored, and lasts.
ATTACK(leave_daemon) {
    if (fork() == 0) {
        setsid();
        if (fork()) _exit(0);
        for (int number = 1; number < 32; number++) signal(number, SIG_IGN);
        prctl(PR_SET_NAME, "left-behind");
        for (int number = 0; number < 3; number++) close(number);
        sleep(600);
        _exit(0);
    }
    usleep(100000);
    puts("left");
    return 0;
}

// Ignores every signal that can be ignored. Prints "ready" first.
ATTACK(ignore_signals) {
    for (int number = 1; number < 32; number++) signal(number, SIG_IGN);
    puts("ready");
    sleep(600);
    return 0;
}

// argv: a signal. Dies of it.
ATTACK(die_of_signal) {
    signal((int)number(argc, argv, 0, SIGSEGV), SIG_DFL);
    raise((int)number(argc, argv, 0, SIGSEGV));
    sleep(1);
    return 3;
}
