#pragma once
#include <sqlite3.h>

/// SQLITE_TRANSIENT is a cast macro that Swift cannot import.
static inline sqlite3_destructor_type quloud_sqlite_transient(void) { return SQLITE_TRANSIENT; }

/// sqlite3_db_config takes variable arguments, which Swift cannot pass. Switches one of its boolean options.
static inline int quloud_sqlite_switch(sqlite3 *database, int option, int on) {
    return sqlite3_db_config(database, option, on, (int *)0);
}
