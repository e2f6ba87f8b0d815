// Tells Thread Sanitizer what Swift's Mutex does on Linux.
//
// Mutex takes its fast path with atomics that are compiled into our code, which the sanitizer sees. Its slow path is a
// priority-inheriting futex in the uninstrumented libswiftSynchronization: there the kernel hands the lock over, and the
// sanitizer reports every guarded access as a race. This library is preloaded before that one. It forwards the slow path and
// adds the two facts: taking the lock acquires, giving it up releases.
//
// Source of the layout and names: swift 6.3, stdlib/public/Synchronization/Mutex/LinuxImpl.swift.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *

#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"
#define TRY_LOCK_SLOW "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"

// Absent in programs without the sanitizer, into which this library may be loaded as well.
extern void __tsan_acquire(void *address) __attribute__((weak));
extern void __tsan_release(void *address) __attribute__((weak));

SWIFT void nexus_lock_slow(uint32_t thread, SELF self) __asm__(LOCK_SLOW);
SWIFT void nexus_unlock_slow(SELF self) __asm__(UNLOCK_SLOW);
SWIFT bool nexus_try_lock_slow(SELF self) __asm__(TRY_LOCK_SLOW);

SWIFT void nexus_lock_slow(uint32_t thread, SELF self) {
    SWIFT void (*next)(uint32_t, SELF) = dlsym(RTLD_NEXT, LOCK_SLOW);
    next(thread, self);
    if (__tsan_acquire) __tsan_acquire(self);
}

SWIFT void nexus_unlock_slow(SELF self) {
    SWIFT void (*next)(SELF) = dlsym(RTLD_NEXT, UNLOCK_SLOW);
    if (__tsan_release) __tsan_release(self);
    next(self);
}

SWIFT bool nexus_try_lock_slow(SELF self) {
    SWIFT bool (*next)(SELF) = dlsym(RTLD_NEXT, TRY_LOCK_SLOW);
    bool is_taken = next(self);
    if (is_taken && __tsan_acquire) __tsan_acquire(self);
    return is_taken;
}
