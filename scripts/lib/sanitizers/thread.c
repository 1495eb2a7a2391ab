// Tells the thread sanitizer about the part of Swift's Mutex that it cannot see. Linked into every program that is built
// with it.
//
// A Mutex that nobody waits for is locked and unlocked by instructions in our own code, which the sanitizer watches. When
// two threads meet, libswiftSynchronization goes on, and that was built without it: the kernel hands the lock over, and
// every such hand-over would be reported as a race. These functions stand in front of the library's and say what happened.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context))

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

void __tsan_acquire(void *address);
void __tsan_release(void *address);

SWIFT void lock(uint32_t thread, SELF void *mutex) __asm__(LOCK);
SWIFT void unlock(SELF void *mutex) __asm__(UNLOCK);

typedef SWIFT void (*locking)(uint32_t, SELF void *);
typedef SWIFT void (*unlocking)(SELF void *);

SWIFT void lock(uint32_t thread, SELF void *mutex) {
    ((locking)dlsym(RTLD_NEXT, LOCK))(thread, mutex);
    __tsan_acquire(mutex);
}

SWIFT void unlock(SELF void *mutex) {
    __tsan_release(mutex);
    ((unlocking)dlsym(RTLD_NEXT, UNLOCK))(mutex);
}

const char *__tsan_default_suppressions(void) {
    // libnats joins its threads in its own time, and a command does not wait for that when it ends.
    return "thread:natsThread_Create\n";
}
