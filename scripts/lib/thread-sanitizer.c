// Tells the thread sanitizer about the part of Swift's Mutex that it cannot see.
//
// A Mutex that nobody waits for is locked and unlocked by instructions in our own code, which the sanitizer watches. When
// two threads meet, libswiftSynchronization goes on, and that was built without it: the kernel hands the lock over, and
// every such hand-over would be reported as a race. This library stands in front of it (LD_PRELOAD) and says what
// happened. In a process without the sanitizer it does nothing more than call on.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context))

__attribute__((weak)) void __tsan_acquire(void *address);
__attribute__((weak)) void __tsan_release(void *address);

SWIFT void lock(uint32_t thread, SELF void *mutex) __asm__("$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF");
SWIFT void unlock(SELF void *mutex) __asm__("$s15Synchronization12_MutexHandleV11_unlockSlowyyF");

typedef SWIFT void (*locking)(uint32_t, SELF void *);
typedef SWIFT void (*unlocking)(SELF void *);

SWIFT void lock(uint32_t thread, SELF void *mutex) {
    ((locking)dlsym(RTLD_NEXT, "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"))(thread, mutex);
    if (__tsan_acquire) __tsan_acquire(mutex);
}

SWIFT void unlock(SELF void *mutex) {
    if (__tsan_release) __tsan_release(mutex);
    ((unlocking)dlsym(RTLD_NEXT, "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"))(mutex);
}
