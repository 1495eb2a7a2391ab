#define _GNU_SOURCE
#include "CSystemFiles.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

static const int reading = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;

int quloud_open_unnamed(int directory, unsigned int mode) {
    return openat(directory, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, mode);
}

int quloud_open_reading(int directory, const char *name, int flags) {
    int file = openat(directory, name, reading | flags | O_NOATIME);
    // O_NOATIME is for the file's owner and root only.
    if (file < 0 && errno == EPERM) file = openat(directory, name, reading | flags);
    return file;
}

int quloud_open_without_links(const char *path, int flags) {
    struct open_how how;
    memset(&how, 0, sizeof how);
    how.flags = (uint64_t)(reading | flags | O_NOATIME);
    how.resolve = RESOLVE_NO_SYMLINKS;
    long file = syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how);
    if (file < 0 && errno == EPERM) {
        how.flags &= ~(uint64_t)O_NOATIME;
        file = syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how);
    }
    // Old kernels lack the call, and sandboxes may refuse it: then only the last name is guarded.
    if (file < 0 && (errno == ENOSYS || errno == EPERM)) return quloud_open_reading(AT_FDCWD, path, flags);
    return (int)file;
}

int quloud_open_directory_path(int directory, const char *name) {
    return openat(directory, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int quloud_rename_new(int old_directory, const char *old_name, int new_directory, const char *new_name) {
    return renameat2(old_directory, old_name, new_directory, new_name, RENAME_NOREPLACE);
}

int quloud_allocate(int file, long long size) { return fallocate(file, 0, 0, size); }

int quloud_start_writing(int file) { return sync_file_range(file, 0, 0, SYNC_FILE_RANGE_WRITE); }

int quloud_sync_file_system(int file) { return syncfs(file); }

long long quloud_seek_data(int file, long long offset) { return lseek(file, offset, SEEK_DATA); }

long long quloud_seek_hole(int file, long long offset) { return lseek(file, offset, SEEK_HOLE); }

int quloud_file_system_magic(int file, unsigned long long *magic) {
    struct statfs status;
    if (fstatfs(file, &status) != 0) return -1;
    // 32 bits matter; some platforms sign-extend them.
    *magic = (unsigned long long)status.f_type & 0xffffffff;
    return 0;
}

long quloud_list_xattrs(const char *path, char *list, size_t size) { return llistxattr(path, list, size); }

long quloud_get_xattr(const char *path, const char *name, void *value, size_t size) {
    return lgetxattr(path, name, value, size);
}

int quloud_set_xattr(const char *path, const char *name, const void *value, size_t size) {
    return lsetxattr(path, name, value, size, 0);
}

int quloud_set_file_xattr(int file, const char *name, const void *value, size_t size) {
    return fsetxattr(file, name, value, size, 0);
}

void quloud_keep_freed_memory(void) {
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, 64 << 20);
}

long quloud_random(void *bytes, size_t count) { return getrandom(bytes, count, 0); }

const char *quloud_error_name(int code) { return strerrorname_np(code); }
