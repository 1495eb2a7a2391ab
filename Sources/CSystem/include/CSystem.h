// Plain C types only: a system header included here would have its types belong to this module in Swift's eyes.
#pragma once
#include "CSystemFiles.h"

/// Starts `path` as a child that dies with its parent.
///
/// The child gets SIGKILL when the *thread* that called this ends, so call it from a thread that lives as long as the
/// child should. It leads its own process group, starts with an empty signal mask and default signal handlers, reads
/// from /dev/null and writes standard output and error to `output_fd`. No other descriptor is passed on.
///
/// Returns the process id, or a negative errno (also when the program could not be executed).
int quloud_spawn(const char *path, char *const argv[], char *const envp[], int output_fd);

/// An anonymous file in memory, closed at exec. Returns its descriptor, or a negative errno.
int quloud_memory_file(void);
