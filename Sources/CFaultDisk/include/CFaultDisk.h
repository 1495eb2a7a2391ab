// Stands between this process and its file calls below some folders, so that a test can log them and make them fail.
//
// The file calls of libc are defined once more (interpose.c) and thereby reach our own code, SQLite and every other library
// alike. Calls that concern no registered folder pass through.
#pragma once
#include <stddef.h>

enum quloud_disk_kind {
    QULOUD_DISK_OPEN,
    QULOUD_DISK_CLOSE,
    QULOUD_DISK_WRITE,
    QULOUD_DISK_RESIZE,
    QULOUD_DISK_ALLOCATE,
    QULOUD_DISK_SYNC,
    QULOUD_DISK_SYNC_DATA,
    QULOUD_DISK_SYNC_ALL,
    QULOUD_DISK_RENAME,
    QULOUD_DISK_LINK,
    QULOUD_DISK_SYMLINK,
    QULOUD_DISK_UNLINK,
    QULOUD_DISK_MAKE_DIRECTORY,
    QULOUD_DISK_MODE,
};

/// One file call. Paths are as the caller gave them, relative to their descriptor.
struct quloud_disk_call {
    int kind;
    int descriptor;
    const char *path;
    int other_descriptor;
    const char *other_path;
    const void *data;
    size_t count;
    /// Of a write, -1 for the descriptor's own position; the size of a RESIZE; the end of an ALLOCATE.
    long long offset;
    int flags;
    unsigned int mode;
};

/// Carries a call out or refuses it. Returns its result, or a negative `errno`.
typedef long (*quloud_disk_hook)(int disk, struct quloud_disk_call *call);

/// One hook for all disks, set before the first is registered.
void quloud_disk_set_hook(quloud_disk_hook hook);
/// From now on calls below `folder`, an absolute path without links, go to the hook. Returns the disk's number, never used
/// again; 0 when there are too many.
int quloud_disk_register(const char *folder);
void quloud_disk_unregister(int disk);
/// Makes the call for real. Returns its result, or a negative `errno`.
long quloud_disk_execute(const struct quloud_disk_call *call);
/// Later calls on `descriptor` belong to `disk`.
void quloud_disk_adopt(int descriptor, int disk);
/// Between `begin` and `end`, this thread's calls pass through.
void quloud_disk_begin_bypass(void);
void quloud_disk_end_bypass(void);
/// O_TMPFILE, which Swift does not see.
extern const int quloud_disk_unnamed_flag;
/// The process's umask, as it was when first asked for.
unsigned int quloud_disk_umask(void);
