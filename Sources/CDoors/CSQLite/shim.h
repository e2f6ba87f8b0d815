#pragma once
#include <sqlite3.h>

// Swift cannot call variadic functions. Text in "double quotes" is a name and never a string, as in PostgreSQL.
static inline int nexus_sqlite_refuse_quoted_strings(sqlite3 *database) {
    int status = sqlite3_db_config(database, SQLITE_DBCONFIG_DQS_DML, 0, (int *)0);
    if (status != SQLITE_OK) return status;
    return sqlite3_db_config(database, SQLITE_DBCONFIG_DQS_DDL, 0, (int *)0);
}
