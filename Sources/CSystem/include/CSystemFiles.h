// Linux file calls that Swift's Glibc module does not show, since it is built without _GNU_SOURCE.
// Each returns -1 and sets errno on failure, as the call that it wraps.
#pragma once
#include <stddef.h>

/// Opens a new file without a name in the file system of `directory`, for writing.
int quloud_open_unnamed(int directory, unsigned int mode);
/// Opens for reading; does not follow a link at `name`, does not wait for a FIFO's writer, and leaves the access time
/// alone where permitted. `flags` are added.
int quloud_open_reading(int directory, const char *name, int flags);
/// As above for an absolute path of which no part may be a symbolic link, where the kernel can tell (5.6).
int quloud_open_without_links(const char *path, int flags);
/// Opens a directory for the `…at` calls only; does not follow a link.
int quloud_open_directory_path(int directory, const char *name);
/// Renames, and fails with EEXIST when the new name is taken.
int quloud_rename_new(int old_directory, const char *old_name, int new_directory, const char *new_name);
int quloud_allocate(int file, long long size);
/// Starts writing dirty pages back; a hint, never durability.
int quloud_start_writing(int file);
int quloud_sync_file_system(int file);
long long quloud_seek_data(int file, long long offset);
long long quloud_seek_hole(int file, long long offset);
/// Magic number of the file system that holds `file`.
int quloud_file_system_magic(int file, unsigned long long *magic);
long quloud_list_xattrs(const char *path, char *list, size_t size);
long quloud_get_xattr(const char *path, const char *name, void *value, size_t size);
int quloud_set_xattr(const char *path, const char *name, const void *value, size_t size);
int quloud_set_file_xattr(int file, const char *name, const void *value, size_t size);
long quloud_random(void *bytes, size_t count);
/// One arena for all threads, out of which blocks of up to 32 MiB come, and of whose free end 64 MiB are kept.
void quloud_keep_freed_memory(void);
/// Symbolic name such as ENOSPC, or NULL.
const char *quloud_error_name(int code);
