#pragma once
#include <sodium.h>
#include <sys/prctl.h>
#include <sys/resource.h>

// Keeps secrets out of core files and away from other processes of the same user. prctl is variadic, which Swift
// cannot call. Returns 0 when both settings took.
static inline int quloud_forbid_dumps(void) {
    struct rlimit none = {0, 0};
    int limit = setrlimit(RLIMIT_CORE, &none);
    int dumpable = prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    return limit == 0 && dumpable == 0 ? 0 : -1;
}
