#pragma once
#include <stdint.h>
#include <sys/types.h>

/// What a child starts with. All pointers stay the caller's.
struct nexus_spawn {
    /// Absolute or relative path of the program; PATH is not searched.
    const char *program;
    char *const *arguments;
    char *const *environment;
    /// NULL keeps the parent's.
    const char *directory;
    /// Descriptors that become 0, 1 and 2.
    int input, output, error;
    /// The signal that the kernel sends to the child when the calling *thread* ends (prctl(2), PR_SET_PDEATHSIG).
    int death_signal;
    /// Bytes of address space and of core files; UINT64_MAX leaves the parent's limit.
    uint64_t memory_max;
    uint64_t core_max;
};

/// Starts a child in a process group of its own. fork(2) and what follows must run between fork and exec, where Swift code
/// must not run, hence this file.
///
/// Returns the pid, or -errno. When exec fails in the child the child is reaped here and its errno is returned.
pid_t nexus_start(const struct nexus_spawn *spawn);

/// pidfd_open(2), which glibc before 2.36 lacks. The descriptor is close-on-exec. Returns it, or -errno.
int nexus_pidfd_open(pid_t pid);

/// The macros of wait(2) are not imported into Swift. Returns the pid or 0 when it has not ended, or -errno.
/// `is_signal` tells whether `status` is a signal's number or an exit status.
pid_t nexus_reap(pid_t pid, int *status, int *is_signal);

/// eventfd(2) and pipe2(2), which Swift's Glibc does not show. Everything is close-on-exec; the eventfd does not block.
/// Return the descriptor or 0, or -errno.
int nexus_eventfd(void);
int nexus_pipe(int *read_end, int *write_end);
