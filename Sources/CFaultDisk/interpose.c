#define _GNU_SOURCE
#include "CFaultDisk.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

// MARK: The calls that these stand in for

/// Declares `real_NAME()`, which finds the next definition once.
#define REAL(result, name, ...)                                                                                        \
    typedef result (*type_##name)(__VA_ARGS__);                                                                        \
    static type_##name real_##name(void) {                                                                             \
        static _Atomic(type_##name) found;                                                                             \
        type_##name function = atomic_load_explicit(&found, memory_order_relaxed);                                     \
        if (!function) {                                                                                               \
            function = (type_##name)dlsym(RTLD_NEXT, #name);                                                           \
            atomic_store_explicit(&found, function, memory_order_relaxed);                                             \
        }                                                                                                              \
        return function;                                                                                               \
    }

REAL(int, openat, int, const char *, int, ...)
REAL(int, close, int)
REAL(int, closedir, DIR *)
REAL(ssize_t, write, int, const void *, size_t)
REAL(ssize_t, pwrite, int, const void *, size_t, off_t)
REAL(ssize_t, writev, int, const struct iovec *, int)
REAL(ssize_t, pwritev, int, const struct iovec *, int, off_t)
REAL(int, ftruncate, int, off_t)
REAL(int, fallocate, int, int, off_t, off_t)
REAL(int, posix_fallocate, int, off_t, off_t)
REAL(int, fsync, int)
REAL(int, fdatasync, int)
REAL(int, syncfs, int)
REAL(int, renameat2, int, const char *, int, const char *, unsigned int)
REAL(int, linkat, int, const char *, int, const char *, int)
REAL(int, symlinkat, const char *, int, const char *)
REAL(int, unlinkat, int, const char *, int)
REAL(int, mkdirat, int, const char *, mode_t)
REAL(int, fchmod, int, mode_t)

// MARK: Which disk a call belongs to

enum { disks_max = 1024, descriptors_max = 1 << 16 };

static struct {
    int number;
    char *folder;
    size_t length;
} disks[disks_max];
static pthread_rwlock_t disks_lock = PTHREAD_RWLOCK_INITIALIZER;
static atomic_int disks_active;
static int last_number;
/// The disk of each open descriptor, 0 for none.
static atomic_int owners[descriptors_max];
static _Atomic(quloud_disk_hook) the_hook;
static _Thread_local int bypassed;

void quloud_disk_set_hook(quloud_disk_hook hook) { atomic_store(&the_hook, hook); }

void quloud_disk_begin_bypass(void) { bypassed++; }
void quloud_disk_end_bypass(void) { bypassed--; }

/// A forked child has one thread, and whatever lock another held at that moment stays locked: nothing of the child is ours.
__attribute__((constructor)) static void leave_children_alone(void) {
    pthread_atfork(NULL, NULL, quloud_disk_begin_bypass);
}

int quloud_disk_register(const char *folder) {
    int number = 0;
    pthread_rwlock_wrlock(&disks_lock);
    for (int i = 0; i < disks_max && !number; i++) {
        if (disks[i].folder) continue;
        disks[i].folder = strdup(folder);
        if (!disks[i].folder) break;
        disks[i].length = strlen(folder);
        number = disks[i].number = ++last_number;
        atomic_fetch_add(&disks_active, 1);
    }
    pthread_rwlock_unlock(&disks_lock);
    return number;
}

void quloud_disk_unregister(int number) {
    pthread_rwlock_wrlock(&disks_lock);
    for (int i = 0; i < disks_max; i++) {
        if (!disks[i].folder || disks[i].number != number) continue;
        free(disks[i].folder);
        disks[i].folder = NULL;
        atomic_fetch_sub(&disks_active, 1);
    }
    pthread_rwlock_unlock(&disks_lock);
}

void quloud_disk_adopt(int descriptor, int disk) {
    if (descriptor >= 0 && descriptor < descriptors_max) atomic_store(&owners[descriptor], disk);
}

static int disk_of(int descriptor) {
    if (descriptor < 0 || descriptor >= descriptors_max || bypassed) return 0;
    return atomic_load_explicit(&owners[descriptor], memory_order_relaxed);
}

static int disk_below(const char *path) {
    int found = 0;
    pthread_rwlock_rdlock(&disks_lock);
    for (int i = 0; i < disks_max && !found; i++) {
        if (!disks[i].folder || strncmp(path, disks[i].folder, disks[i].length) != 0) continue;
        char end = path[disks[i].length];
        if (end == '/' || end == 0) found = disks[i].number;
    }
    pthread_rwlock_unlock(&disks_lock);
    return found;
}

static int disk_at(int descriptor, const char *path) {
    if (!path || bypassed || atomic_load_explicit(&disks_active, memory_order_relaxed) == 0) return 0;
    if (path[0] == '/') return disk_below(path);
    if (descriptor != AT_FDCWD) return disk_of(descriptor);
    char whole[8192];
    if (!getcwd(whole, 4096) || strlen(path) >= 4000) return 0;
    strcat(strcat(whole, "/"), path);
    return disk_below(whole);
}

// MARK: Making calls

static long execute(const struct quloud_disk_call *call) {
    switch (call->kind) {
    case QULOUD_DISK_OPEN: return real_openat()(call->descriptor, call->path, call->flags, call->mode);
    case QULOUD_DISK_CLOSE: return real_close()(call->descriptor);
    case QULOUD_DISK_WRITE:
        if (call->offset < 0) return real_write()(call->descriptor, call->data, call->count);
        return real_pwrite()(call->descriptor, call->data, call->count, call->offset);
    case QULOUD_DISK_RESIZE: return real_ftruncate()(call->descriptor, call->offset);
    case QULOUD_DISK_ALLOCATE: return real_fallocate()(call->descriptor, call->flags, 0, call->offset);
    case QULOUD_DISK_SYNC: return real_fsync()(call->descriptor);
    case QULOUD_DISK_SYNC_DATA: return real_fdatasync()(call->descriptor);
    case QULOUD_DISK_SYNC_ALL: return real_syncfs()(call->descriptor);
    case QULOUD_DISK_RENAME:
        return real_renameat2()(
            call->descriptor, call->path, call->other_descriptor, call->other_path, (unsigned int)call->flags);
    case QULOUD_DISK_LINK:
        return real_linkat()(call->descriptor, call->path, call->other_descriptor, call->other_path, call->flags);
    case QULOUD_DISK_SYMLINK: return real_symlinkat()(call->path, call->other_descriptor, call->other_path);
    case QULOUD_DISK_UNLINK: return real_unlinkat()(call->descriptor, call->path, call->flags);
    case QULOUD_DISK_MAKE_DIRECTORY: return real_mkdirat()(call->descriptor, call->path, call->mode);
    case QULOUD_DISK_MODE: return real_fchmod()(call->descriptor, call->mode);
    default: errno = ENOSYS; return -1;
    }
}

long quloud_disk_execute(const struct quloud_disk_call *call) {
    long result = execute(call);
    return result < 0 ? -errno : result;
}

/// Through the hook when the call belongs to a disk.
static long perform(int disk, struct quloud_disk_call call) {
    quloud_disk_hook hook = disk ? atomic_load(&the_hook) : NULL;
    if (!hook) return execute(&call);
    long result = hook(disk, &call);
    if (result >= 0) return result;
    errno = (int)-result;
    return -1;
}

const int quloud_disk_unnamed_flag = O_TMPFILE;

unsigned int quloud_disk_umask(void) {
    // There is no call that only asks.
    static atomic_int known = -1;
    int mask = atomic_load(&known);
    if (mask >= 0) return (unsigned int)mask;
    pthread_rwlock_wrlock(&disks_lock);
    mode_t now = umask(0);
    umask(now);
    pthread_rwlock_unlock(&disks_lock);
    atomic_store(&known, (int)now);
    return now;
}

#define CALL(...) ((struct quloud_disk_call){__VA_ARGS__})

// MARK: Opening and closing

static int open_at(int directory, const char *path, int flags, mode_t mode) {
    int disk = disk_at(directory, path);
    int file = (int)perform(
        disk, CALL(.kind = QULOUD_DISK_OPEN, .descriptor = directory, .path = path, .flags = flags, .mode = mode));
    // The number may have been closed by a way that is not seen here.
    if (!disk && disk_of(file)) quloud_disk_adopt(file, 0);
    return file;
}

#define MODE_OF(flags, mode)                                                                                           \
    mode_t mode = 0;                                                                                                   \
    if ((flags) & O_CREAT || ((flags) & O_TMPFILE) == O_TMPFILE) {                                                     \
        va_list list;                                                                                                  \
        va_start(list, flags);                                                                                         \
        mode = va_arg(list, mode_t);                                                                                   \
        va_end(list);                                                                                                  \
    }

int open(const char *path, int flags, ...) {
    MODE_OF(flags, mode)
    return open_at(AT_FDCWD, path, flags, mode);
}
int open64(const char *path, int flags, ...) {
    MODE_OF(flags, mode)
    return open_at(AT_FDCWD, path, flags, mode);
}
int openat(int directory, const char *path, int flags, ...) {
    MODE_OF(flags, mode)
    return open_at(directory, path, flags, mode);
}
int openat64(int directory, const char *path, int flags, ...) {
    MODE_OF(flags, mode)
    return open_at(directory, path, flags, mode);
}
int creat(const char *path, mode_t mode) { return open_at(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char *path, mode_t mode) { return open_at(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }

int close(int file) {
    int disk = disk_of(file);
    // Also called while a thread ends, when the address sanitizer takes no new variables on its stack.
    if (!disk) return real_close()(file);
    // Before the number is free for another thread.
    quloud_disk_adopt(file, 0);
    return (int)perform(disk, CALL(.kind = QULOUD_DISK_CLOSE, .descriptor = file));
}

int closedir(DIR *directory) {
    int file = dirfd(directory);
    if (disk_of(file)) quloud_disk_adopt(file, 0);
    return real_closedir()(directory);
}

// MARK: Content

ssize_t write(int file, const void *data, size_t count) {
    int disk = disk_of(file);
    if (!disk) return real_write()(file, data, count);
    return perform(
        disk, CALL(.kind = QULOUD_DISK_WRITE, .descriptor = file, .data = data, .count = count, .offset = -1));
}

ssize_t pwrite(int file, const void *data, size_t count, off_t offset) {
    int disk = disk_of(file);
    if (!disk) return real_pwrite()(file, data, count, offset);
    return perform(
        disk, CALL(.kind = QULOUD_DISK_WRITE, .descriptor = file, .data = data, .count = count, .offset = offset));
}
ssize_t pwrite64(int file, const void *data, size_t count, off_t offset) { return pwrite(file, data, count, offset); }

/// The pieces as one write.
static ssize_t write_vector(int disk, int file, const struct iovec *pieces, int piece_count, off_t offset) {
    size_t total = 0, filled = 0;
    for (int i = 0; i < piece_count; i++) total += pieces[i].iov_len;
    char *whole = malloc(total ? total : 1);
    if (!whole) return -1;
    for (int i = 0; i < piece_count; filled += pieces[i++].iov_len)
        memcpy(whole + filled, pieces[i].iov_base, pieces[i].iov_len);
    ssize_t result = perform(
        disk, CALL(.kind = QULOUD_DISK_WRITE, .descriptor = file, .data = whole, .count = total, .offset = offset));
    free(whole);
    return result;
}

ssize_t writev(int file, const struct iovec *pieces, int count) {
    int disk = disk_of(file);
    return disk ? write_vector(disk, file, pieces, count, -1) : real_writev()(file, pieces, count);
}
ssize_t pwritev(int file, const struct iovec *pieces, int count, off_t offset) {
    int disk = disk_of(file);
    return disk ? write_vector(disk, file, pieces, count, offset) : real_pwritev()(file, pieces, count, offset);
}
ssize_t pwritev64(int file, const struct iovec *pieces, int count, off_t offset) {
    return pwritev(file, pieces, count, offset);
}

int ftruncate(int file, off_t size) {
    return (int)perform(disk_of(file), CALL(.kind = QULOUD_DISK_RESIZE, .descriptor = file, .offset = size));
}
int ftruncate64(int file, off_t size) { return ftruncate(file, size); }

int fallocate(int file, int mode, off_t offset, off_t size) {
    int disk = disk_of(file);
    if (!disk) return real_fallocate()(file, mode, offset, size);
    return (int)perform(
        disk, CALL(.kind = QULOUD_DISK_ALLOCATE, .descriptor = file, .flags = mode, .offset = offset + size));
}
int fallocate64(int file, int mode, off_t offset, off_t size) { return fallocate(file, mode, offset, size); }

int posix_fallocate(int file, off_t offset, off_t size) {
    if (!disk_of(file)) return real_posix_fallocate()(file, offset, size);
    return fallocate(file, 0, offset, size) == 0 ? 0 : errno;
}
int posix_fallocate64(int file, off_t offset, off_t size) { return posix_fallocate(file, offset, size); }

int fchmod(int file, mode_t mode) {
    return (int)perform(disk_of(file), CALL(.kind = QULOUD_DISK_MODE, .descriptor = file, .mode = mode));
}

int fsync(int file) { return (int)perform(disk_of(file), CALL(.kind = QULOUD_DISK_SYNC, .descriptor = file)); }
int fdatasync(int file) { return (int)perform(disk_of(file), CALL(.kind = QULOUD_DISK_SYNC_DATA, .descriptor = file)); }
int syncfs(int file) { return (int)perform(disk_of(file), CALL(.kind = QULOUD_DISK_SYNC_ALL, .descriptor = file)); }

// MARK: Names

int renameat2(int from, const char *old, int to, const char *new, unsigned int flags) {
    int disk = disk_at(to, new);
    if (!disk) disk = disk_at(from, old);
    return (int)perform(
        disk, CALL(
                  .kind = QULOUD_DISK_RENAME, .descriptor = from, .path = old, .other_descriptor = to,
                  .other_path = new, .flags = (int)flags));
}
int renameat(int from, const char *old, int to, const char *new) { return renameat2(from, old, to, new, 0); }
int rename(const char *old, const char *new) { return renameat2(AT_FDCWD, old, AT_FDCWD, new, 0); }

int linkat(int from, const char *old, int to, const char *new, int flags) {
    return (int)perform(
        disk_at(to, new), CALL(
                              .kind = QULOUD_DISK_LINK, .descriptor = from, .path = old, .other_descriptor = to,
                              .other_path = new, .flags = flags));
}
int link(const char *old, const char *new) { return linkat(AT_FDCWD, old, AT_FDCWD, new, 0); }

int symlinkat(const char *target, int directory, const char *name) {
    return (int)perform(
        disk_at(directory, name), CALL(
                                      .kind = QULOUD_DISK_SYMLINK, .path = target, .other_descriptor = directory,
                                      .other_path = name));
}
int symlink(const char *target, const char *path) { return symlinkat(target, AT_FDCWD, path); }

int unlinkat(int directory, const char *path, int flags) {
    return (int)perform(
        disk_at(directory, path),
        CALL(.kind = QULOUD_DISK_UNLINK, .descriptor = directory, .path = path, .flags = flags));
}
int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }
int rmdir(const char *path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }

int mkdirat(int directory, const char *path, mode_t mode) {
    return (int)perform(
        disk_at(directory, path),
        CALL(.kind = QULOUD_DISK_MAKE_DIRECTORY, .descriptor = directory, .path = path, .mode = mode));
}
int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }
