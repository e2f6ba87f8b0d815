#define _GNU_SOURCE
#include "CProcesses.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif

static int limit(int resource, uint64_t max) {
    if (max == UINT64_MAX) return 0;
    struct rlimit value = {.rlim_cur = max, .rlim_max = max};
    return setrlimit(resource, &value);
}

/// In the child: moves the three descriptors out of the way of 0, 1 and 2 first, so that none overwrites another.
static int place(const struct nexus_spawn *spawn) {
    const int given[3] = {spawn->input, spawn->output, spawn->error};
    int moved[3];
    for (int i = 0; i < 3; i++) {
        moved[i] = fcntl(given[i], F_DUPFD_CLOEXEC, 3);
        if (moved[i] < 0) return -1;
    }
    for (int i = 0; i < 3; i++) {
        if (dup2(moved[i], i) < 0) return -1;
    }
    return 0;
}

/// In the child; only async-signal-safe calls (signal-safety(7)). Returns when something failed, with errno set.
static void become(const struct nexus_spawn *spawn, pid_t parent) {
    if (setpgid(0, 0) != 0) return;
    if (prctl(PR_SET_PDEATHSIG, spawn->death_signal) != 0) return;
    // The parent may have died before prctl; then no signal comes any more.
    if (getppid() != parent) _exit(127);
    for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    if (sigprocmask(SIG_SETMASK, &none, NULL) != 0) return;
    if (spawn->directory && chdir(spawn->directory) != 0) return;
    if (limit(RLIMIT_AS, spawn->memory_max) != 0 || limit(RLIMIT_CORE, spawn->core_max) != 0) return;
    if (place(spawn) != 0) return;
    // Other libraries of this process may have opened descriptors without O_CLOEXEC. Kernels before 5.11 lack this call.
    syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);
    execve(spawn->program, spawn->arguments, spawn->environment);
}

pid_t nexus_start(const struct nexus_spawn *spawn) {
    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0) return -errno;
    const pid_t parent = getpid();
    // No signal handler of the parent may run in the child before it has set its own.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const pid_t pid = fork();
    if (pid == 0) {
        become(spawn, parent);
        const int reason = errno;
        (void)!write(report[1], &reason, sizeof reason);
        _exit(127);
    }
    const int fork_error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(report[1]);
    if (pid < 0) {
        close(report[0]);
        return -fork_error;
    }
    // Ends with nothing when exec succeeds, because the other end is close-on-exec.
    int reason = 0;
    ssize_t count;
    do count = read(report[0], &reason, sizeof reason);
    while (count < 0 && errno == EINTR);
    close(report[0]);
    if (count == 0) return pid;
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {}
    return count == (ssize_t)sizeof reason && reason > 0 ? -reason : -EIO;
}

int nexus_pidfd_open(pid_t pid) {
    const int descriptor = (int)syscall(SYS_pidfd_open, pid, 0);
    return descriptor < 0 ? -errno : descriptor;
}

pid_t nexus_reap(pid_t pid, int *status, int *is_signal) {
    int raw = 0;
    const pid_t ended = waitpid(pid, &raw, WNOHANG);
    if (ended < 0) return -errno;
    if (ended == 0) return 0;
    *is_signal = WIFSIGNALED(raw) ? 1 : 0;
    *status = *is_signal ? WTERMSIG(raw) : WEXITSTATUS(raw);
    return ended;
}

int nexus_eventfd(void) {
    const int descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return descriptor < 0 ? -errno : descriptor;
}

int nexus_pipe(int *read_end, int *write_end) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return -errno;
    *read_end = ends[0];
    *write_end = ends[1];
    return 0;
}
