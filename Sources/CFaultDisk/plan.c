// Compiled with QULOUD_FAULT_SHIM into a library for LD_PRELOAD: makes the file calls of a real process fail as the
// environment says.
//
//   QULOUD_FAULTS="sync:eio:after=40;write:enospc:every=100;path=/srv/quloud/blobs"
//
// Each rule is KIND:EFFECT[:OPTION...]; rules and paths are separated by semicolons.
//
//   KIND    open create close write resize allocate sync rename link symlink remove mkdir mode any
//   EFFECT  an errno (eio enospc edquot eintr erofs) or short (half of a write is written)
//   OPTION  after=N   calls of the kind that go through first (0)
//           every=N   then every Nth fails (1)
//           times=N   failures in all (no end)
//           in=TEXT   only calls whose path or open file's path contains TEXT
//   path=   a folder below which calls count; several may be given; without any, "/" (which spares nothing)
//
// QULOUD_FAULT_LOG=FILE gets a line for each failure.
#ifdef QULOUD_FAULT_SHIM
#define _GNU_SOURCE
#include "CFaultDisk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { rules_max = 32, kind_open = QULOUD_DISK_MODE + 1, kind_any, effect_short = -1 };

struct rule {
    int kind, effect;
    long after, every, times;
    const char *in;
    atomic_long seen, struck;
};

static struct rule rules[rules_max];
static int rule_count;
static int log_file = -1;

static const struct {
    const char *name;
    int value;
} kinds[] = {
    {"open", kind_open},
    {"create", QULOUD_DISK_OPEN},
    {"close", QULOUD_DISK_CLOSE},
    {"write", QULOUD_DISK_WRITE},
    {"resize", QULOUD_DISK_RESIZE},
    {"allocate", QULOUD_DISK_ALLOCATE},
    {"sync", QULOUD_DISK_SYNC},
    {"fsync", QULOUD_DISK_SYNC},
    {"rename", QULOUD_DISK_RENAME},
    {"link", QULOUD_DISK_LINK},
    {"symlink", QULOUD_DISK_SYMLINK},
    {"remove", QULOUD_DISK_UNLINK},
    {"unlink", QULOUD_DISK_UNLINK},
    {"mkdir", QULOUD_DISK_MAKE_DIRECTORY},
    {"mode", QULOUD_DISK_MODE},
    {"any", kind_any},
};
static const struct {
    const char *name;
    int value;
} effects[] = {{"eio", EIO},     {"enospc", ENOSPC}, {"edquot", EDQUOT},
               {"eintr", EINTR}, {"erofs", EROFS},   {"short", effect_short}};

static void refuse(const char *part) {
    dprintf(2, "fault shim: QULOUD_FAULTS: \"%s\" is not understood\n", part);
    _exit(64);
}

static int kind_of(const struct quloud_disk_call *call) {
    switch (call->kind) {
    case QULOUD_DISK_OPEN: return call->flags & O_CREAT || (call->flags & O_TMPFILE) == O_TMPFILE ? QULOUD_DISK_OPEN : kind_open;
    case QULOUD_DISK_SYNC_DATA:
    case QULOUD_DISK_SYNC_ALL: return QULOUD_DISK_SYNC;
    default: return call->kind;
    }
}

/// The path of a call for people and for `in=`.
static void describe(const struct quloud_disk_call *call, char *text, size_t size) {
    int names_new = call->kind == QULOUD_DISK_RENAME || call->kind == QULOUD_DISK_LINK || call->kind == QULOUD_DISK_SYMLINK;
    int descriptor = names_new ? call->other_descriptor : call->descriptor;
    const char *path = names_new ? call->other_path : call->path;
    char link[64], folder[PATH_MAX] = "";
    if (descriptor >= 0 && !(path && path[0] == '/')) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
        ssize_t count = readlink(link, folder, sizeof folder - 1);
        folder[count > 0 ? count : 0] = 0;
    }
    snprintf(text, size, "%s%s%s", folder, path && folder[0] ? "/" : "", path ? path : "");
}

static int strikes(struct rule *rule, const struct quloud_disk_call *call, const char *path) {
    if (rule->kind != kind_any && rule->kind != kind_of(call)) return 0;
    if (rule->effect == effect_short && (call->kind != QULOUD_DISK_WRITE || call->count < 2)) return 0;
    if (rule->in && !strstr(path, rule->in)) return 0;
    long seen = atomic_fetch_add(&rule->seen, 1);
    if (seen < rule->after || (seen - rule->after) % rule->every != rule->every - 1) return 0;
    return rule->times < 0 || atomic_fetch_add(&rule->struck, 1) < rule->times;
}

static long carry_out(int disk, struct quloud_disk_call *call) {
    char path[PATH_MAX * 2 + 2];
    describe(call, path, sizeof path);
    int failure = 0;
    for (int i = 0; i < rule_count && !failure; i++) {
        if (!strikes(&rules[i], call, path)) continue;
        failure = rules[i].effect;
        if (log_file >= 0)
            dprintf(log_file, "%s %s\n", failure == effect_short ? "short" : strerrorname_np(failure), path);
    }
    if (failure == effect_short) call->count /= 2;
    // A descriptor is closed whatever closing reports.
    if (call->kind == QULOUD_DISK_CLOSE && failure > 0) quloud_disk_execute(call);
    if (failure > 0) return -failure;
    long result = quloud_disk_execute(call);
    if (call->kind == QULOUD_DISK_OPEN && result >= 0) quloud_disk_adopt((int)result, disk);
    return result;
}

static void add_rule(char *text) {
    if (rule_count == rules_max) refuse(text);
    char *state = NULL;
    char *kind = strtok_r(text, ":", &state), *effect = strtok_r(NULL, ":", &state);
    if (!kind || !effect) refuse(text);
    struct rule *rule = &rules[rule_count++];
    rule->kind = rule->effect = INT_MIN;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kind, kinds[i].name) == 0) rule->kind = kinds[i].value;
    for (size_t i = 0; i < sizeof effects / sizeof *effects; i++)
        if (strcmp(effect, effects[i].name) == 0) rule->effect = effects[i].value;
    if (rule->kind == INT_MIN) refuse(kind);
    if (rule->effect == INT_MIN) refuse(effect);
    rule->every = 1;
    rule->times = -1;
    for (char *option = strtok_r(NULL, ":", &state); option; option = strtok_r(NULL, ":", &state)) {
        if (strncmp(option, "after=", 6) == 0) rule->after = atol(option + 6);
        else if (strncmp(option, "every=", 6) == 0 && atol(option + 6) > 0) rule->every = atol(option + 6);
        else if (strncmp(option, "times=", 6) == 0) rule->times = atol(option + 6);
        else if (strncmp(option, "in=", 3) == 0) rule->in = option + 3;
        else refuse(option);
    }
}

__attribute__((constructor)) static void start(void) {
    const char *plan = getenv("QULOUD_FAULTS");
    if (!plan) return;
    const char *log_path = getenv("QULOUD_FAULT_LOG");
    if (log_path) log_file = open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    int folders = 0;
    char *copy = strdup(plan), *state = NULL;
    for (char *part = strtok_r(copy, ";", &state); part; part = strtok_r(NULL, ";", &state)) {
        char real[PATH_MAX];
        if (strncmp(part, "path=", 5) != 0) add_rule(part);
        else if (++folders && !quloud_disk_register(realpath(part + 5, real) ? real : part + 5)) refuse(part);
    }
    if (folders == 0) quloud_disk_register("");
    quloud_disk_set_hook(carry_out);
}
#endif
