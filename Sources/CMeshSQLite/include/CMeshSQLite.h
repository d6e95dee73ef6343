/*
 * SQLite as a journal, for measuring beside ours: WAL, synchronous FULL, one prepared statement, integer keys.
 *
 * The table is ordered by actor and head, because a journal that cannot be read by actor is none; SQLite also finds a
 * second entry at the same head by that. It does less than ours otherwise: no epochs, no checksums, no chains.
 */
#ifndef CMESH_SQLITE_H
#define CMESH_SQLITE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    sqlite3 *_Nullable database;
    sqlite3_stmt *_Nullable insert;
} cmesh_sqlite;

static inline bool cmesh_sqlite_run(cmesh_sqlite *_Nonnull journal, const char *_Nonnull sql) {
    return sqlite3_exec(journal->database, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static inline bool cmesh_sqlite_open(cmesh_sqlite *_Nonnull journal, const char *_Nonnull path) {
    return sqlite3_open(path, &journal->database) == SQLITE_OK && cmesh_sqlite_run(journal, "PRAGMA journal_mode=WAL")
        && cmesh_sqlite_run(journal, "PRAGMA synchronous=FULL")
        && cmesh_sqlite_run(
            journal, "CREATE TABLE journal(actor INTEGER, head INTEGER, event BLOB, PRIMARY KEY (actor, head)) "
                     "WITHOUT ROWID")
        && sqlite3_prepare_v2(journal->database, "INSERT INTO journal VALUES (?, ?, ?)", -1,
                              &journal->insert, NULL) == SQLITE_OK;
}

static inline bool cmesh_sqlite_insert(cmesh_sqlite *_Nonnull journal, int64_t actor, int64_t head,
                                       const uint8_t *_Nullable event, size_t count) {
    sqlite3_bind_int64(journal->insert, 1, actor);
    sqlite3_bind_int64(journal->insert, 2, head);
    sqlite3_bind_blob64(journal->insert, 3, event, count, SQLITE_STATIC);
    bool is_done = sqlite3_step(journal->insert) == SQLITE_DONE;
    return sqlite3_reset(journal->insert) == SQLITE_OK && is_done;
}

static inline bool cmesh_sqlite_begin(cmesh_sqlite *_Nonnull journal) {
    return cmesh_sqlite_run(journal, "BEGIN IMMEDIATE");
}

static inline bool cmesh_sqlite_commit(cmesh_sqlite *_Nonnull journal) { return cmesh_sqlite_run(journal, "COMMIT"); }

static inline void cmesh_sqlite_close(cmesh_sqlite *_Nonnull journal) {
    sqlite3_finalize(journal->insert);
    sqlite3_close(journal->database);
}

#endif
