/*
 * Records what a process does to the files of one folder, in the order in which it happens.
 *
 * Loaded with LD_PRELOAD. RECORDER_FOLDER names the folder, RECORDER_LOG the log. disk_after_cut.py builds from the log
 * what a disk may hold after a power cut at any point: all that was synced, and any part of what was not. What the
 * program writes to its standard output is logged among the rest: that is how one knows what it had acknowledged.
 *
 * A record: u8 kind | u32 file | u64 offset | u64 mark | u32 length | bytes, little-endian. A sync is logged when it
 * has returned and carries in `mark` the position of the log at which it began: only writes before that are safe.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { OPENED = 1, WRITTEN = 2, SYNCED = 3, TRUNCATED = 4, RENAMED = 5, REMOVED = 6, FOLDER_SYNCED = 7, NOTED = 8 };
enum { MOST_DESCRIPTORS = 4096, FOLDER = -2, NOTES = -3 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int log_descriptor = -1;
static uint64_t log_position;
static char folder[PATH_MAX];
static uint32_t next_file = 1;
/* For each descriptor: 0 not ours, FOLDER, NOTES, or the number of the file; and whether each write is synced. */
static int32_t files[MOST_DESCRIPTORS];
static char is_synchronous[MOST_DESCRIPTORS];

#define REAL(name) ({ static __typeof__(&name) real; if (!real) real = dlsym(RTLD_NEXT, #name); real; })

static void put(const void *bytes, size_t count) {
    const char *at = bytes;
    while (count > 0) {
        ssize_t done = REAL(write)(log_descriptor, at, count);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) abort(); /* a log with holes would prove nothing */
        at += done;
        count -= (size_t)done;
        log_position += (uint64_t)done;
    }
}

/* Call with the lock held. */
static void record(uint8_t kind, uint32_t file, uint64_t offset, uint64_t mark, const void *bytes, uint32_t length) {
    char head[25];
    head[0] = (char)kind;
    memcpy(head + 1, &file, 4);
    memcpy(head + 5, &offset, 8);
    memcpy(head + 13, &mark, 8);
    memcpy(head + 21, &length, 4);
    put(head, sizeof head);
    if (length > 0) put(bytes, length);
}

__attribute__((constructor)) static void begin(void) {
    const char *wanted = getenv("RECORDER_FOLDER"), *log = getenv("RECORDER_LOG");
    if (!wanted || !log || !realpath(wanted, folder)) abort();
    log_descriptor = REAL(open)(log, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    if (log_descriptor < 0) abort();
    files[STDOUT_FILENO] = NOTES;
    unsetenv("LD_PRELOAD"); /* children are not recorded */
}

/* The path below the folder, "" for the folder itself, NULL for anything else. */
static const char *below(const char *path, char *buffer) {
    char parent[PATH_MAX], whole[PATH_MAX];
    if (realpath(path, whole) == NULL) { /* not there: resolve its folder */
        const char *slash = strrchr(path, '/');
        if (!slash || slash - path >= PATH_MAX) return NULL;
        memcpy(parent, path, (size_t)(slash - path));
        parent[slash - path] = 0;
        char resolved[PATH_MAX];
        if (!realpath(parent, resolved)) return NULL;
        if (snprintf(whole, sizeof whole, "%s/%s", resolved, slash + 1) >= (int)sizeof whole) return NULL;
    }
    size_t length = strlen(folder);
    if (strncmp(whole, folder, length) != 0 || (whole[length] != '/' && whole[length] != 0)) return NULL;
    strcpy(buffer, whole[length] == 0 ? "" : whole + length + 1);
    return buffer;
}

static int opened(int descriptor, const char *path, int flags) {
    char buffer[PATH_MAX];
    if (descriptor < 0 || descriptor >= MOST_DESCRIPTORS) return descriptor;
    int saved = errno;
    const char *name = below(path, buffer);
    pthread_mutex_lock(&lock);
    files[descriptor] = 0;
    if (name && *name == 0) files[descriptor] = FOLDER;
    else if (name) {
        struct stat status;
        if (fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode)) files[descriptor] = FOLDER;
        else {
            files[descriptor] = (int32_t)next_file++;
            is_synchronous[descriptor] = (flags & O_DSYNC) != 0;
            record(OPENED, (uint32_t)files[descriptor], (flags & O_TRUNC) != 0, 0, name, (uint32_t)strlen(name));
        }
    }
    pthread_mutex_unlock(&lock);
    errno = saved;
    return descriptor;
}

static mode_t mode_of(int flags, va_list arguments) {
    return flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
}

#define OPEN(name)                                                     \
    int name(const char *path, int flags, ...) {                       \
        va_list arguments;                                             \
        va_start(arguments, flags);                                    \
        mode_t mode = mode_of(flags, arguments);                       \
        va_end(arguments);                                             \
        return opened(REAL(name)(path, flags, mode), path, flags);     \
    }
OPEN(open)
OPEN(open64)

int openat(int at, const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    if (at != AT_FDCWD && path[0] != '/') abort(); /* nobody here opens relative to a folder */
    return opened(REAL(openat)(at, path, flags, mode), path, flags);
}

int close(int descriptor) {
    if (descriptor >= 0 && descriptor < MOST_DESCRIPTORS) {
        pthread_mutex_lock(&lock);
        files[descriptor] = 0;
        pthread_mutex_unlock(&lock);
    }
    return REAL(close)(descriptor);
}

static int32_t file_of(int descriptor) {
    return descriptor >= 0 && descriptor < MOST_DESCRIPTORS ? files[descriptor] : 0;
}

/* The write and its record are one step, so that the log has the order of the disk. */
static ssize_t recorded_write(int descriptor, const void *bytes, size_t count, off_t offset, int is_positioned) {
    int32_t file = file_of(descriptor);
    if (file == 0 || file == FOLDER) {
        return is_positioned ? REAL(pwrite)(descriptor, bytes, count, offset) : REAL(write)(descriptor, bytes, count);
    }
    pthread_mutex_lock(&lock);
    off_t at = is_positioned ? offset : lseek(descriptor, 0, SEEK_CUR);
    ssize_t done = is_positioned ? REAL(pwrite)(descriptor, bytes, count, offset)
                                 : REAL(write)(descriptor, bytes, count);
    if (done > 0) {
        if (file == NOTES) record(NOTED, 0, 0, 0, bytes, (uint32_t)done);
        else {
            record(WRITTEN, (uint32_t)file, (uint64_t)at, 0, bytes, (uint32_t)done);
            if (is_synchronous[descriptor]) record(SYNCED, (uint32_t)file, 0, log_position, NULL, 0);
        }
    }
    pthread_mutex_unlock(&lock);
    return done;
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
    return recorded_write(descriptor, bytes, count, 0, 0);
}
ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) {
    return recorded_write(descriptor, bytes, count, offset, 1);
}
ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off_t offset) {
    return recorded_write(descriptor, bytes, count, offset, 1);
}

static ssize_t write_pieces(int descriptor, const struct iovec *pieces, int count, off_t offset, int is_positioned) {
    ssize_t total = 0;
    for (int piece = 0; piece < count; piece++) {
        ssize_t done = recorded_write(descriptor, pieces[piece].iov_base, pieces[piece].iov_len, offset + total,
                                      is_positioned);
        if (done < 0) return total > 0 ? total : done;
        total += done;
        if ((size_t)done < pieces[piece].iov_len) break;
    }
    return total;
}

ssize_t writev(int descriptor, const struct iovec *pieces, int count) {
    return file_of(descriptor) ? write_pieces(descriptor, pieces, count, 0, 0)
                               : REAL(writev)(descriptor, pieces, count);
}
ssize_t pwritev(int descriptor, const struct iovec *pieces, int count, off_t offset) {
    return file_of(descriptor) ? write_pieces(descriptor, pieces, count, offset, 1)
                               : REAL(pwritev)(descriptor, pieces, count, offset);
}
ssize_t pwritev64(int descriptor, const struct iovec *pieces, int count, off_t offset) {
    return pwritev(descriptor, pieces, count, offset);
}

static int recorded_sync(int descriptor, int (*sync)(int)) {
    pthread_mutex_lock(&lock);
    int32_t file = file_of(descriptor);
    uint64_t mark = log_position;
    pthread_mutex_unlock(&lock);
    int status = sync(descriptor);
    if (status == 0 && file != 0 && file != NOTES) {
        pthread_mutex_lock(&lock);
        record(file == FOLDER ? FOLDER_SYNCED : SYNCED, file == FOLDER ? 0 : (uint32_t)file, 0, mark, NULL, 0);
        pthread_mutex_unlock(&lock);
    }
    return status;
}

int fsync(int descriptor) { return recorded_sync(descriptor, REAL(fsync)); }
int fdatasync(int descriptor) { return recorded_sync(descriptor, REAL(fdatasync)); }

static int truncated(int descriptor, off_t size, int status) {
    int32_t file = file_of(descriptor);
    if (status == 0 && file > 0) {
        pthread_mutex_lock(&lock);
        record(TRUNCATED, (uint32_t)file, (uint64_t)size, 0, NULL, 0);
        pthread_mutex_unlock(&lock);
    }
    return status;
}

int ftruncate(int descriptor, off_t size) { return truncated(descriptor, size, REAL(ftruncate)(descriptor, size)); }
int ftruncate64(int descriptor, off_t size) { return ftruncate(descriptor, size); }

/* Room at the end reads as zeros, as after a truncation to the larger size. */
static int allocated(int descriptor, off_t end, int status) {
    struct stat now;
    if (status == 0 && file_of(descriptor) > 0 && fstat(descriptor, &now) == 0 && now.st_size == end) {
        return truncated(descriptor, end, status);
    }
    return status;
}

int fallocate(int descriptor, int mode, off_t offset, off_t length) {
    if (file_of(descriptor) > 0 && mode != 0) abort(); /* holes are not modelled */
    return allocated(descriptor, offset + length, REAL(fallocate)(descriptor, mode, offset, length));
}
int posix_fallocate(int descriptor, off_t offset, off_t length) {
    return allocated(descriptor, offset + length, REAL(posix_fallocate)(descriptor, offset, length));
}
int posix_fallocate64(int descriptor, off_t offset, off_t length) {
    return posix_fallocate(descriptor, offset, length);
}

int rename(const char *from, const char *to) {
    char source[PATH_MAX], target[PATH_MAX], both[2 * PATH_MAX];
    const char *old = below(from, source), *new = below(to, target);
    pthread_mutex_lock(&lock);
    int status = REAL(rename)(from, to);
    if (status == 0 && old && new) {
        int length = snprintf(both, sizeof both, "%s%c%s", old, 0, new);
        record(RENAMED, 0, 0, 0, both, (uint32_t)length);
    }
    pthread_mutex_unlock(&lock);
    return status;
}

int unlink(const char *path) {
    char buffer[PATH_MAX];
    const char *name = below(path, buffer);
    pthread_mutex_lock(&lock);
    int status = REAL(unlink)(path);
    if (status == 0 && name) record(REMOVED, 0, 0, 0, name, (uint32_t)strlen(name));
    pthread_mutex_unlock(&lock);
    return status;
}
