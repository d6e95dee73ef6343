/*
 * SQLite as it is, and the two calls whose last argument no Swift importer can spell: what is bound is copied.
 */
#ifndef CMESH_SQLITE_H
#define CMESH_SQLITE_H

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

static inline int cmesh_sqlite_bind_text(sqlite3_stmt *_Nonnull statement, int place, const char *_Nullable text,
                                         size_t count) {
    return sqlite3_bind_text64(statement, place, text == NULL ? "" : text, count, SQLITE_TRANSIENT, SQLITE_UTF8);
}

static inline int cmesh_sqlite_bind_blob(sqlite3_stmt *_Nonnull statement, int place, const void *_Nullable bytes,
                                         size_t count) {
    return sqlite3_bind_blob64(statement, place, bytes == NULL ? "" : bytes, count, SQLITE_TRANSIENT);
}

#endif
