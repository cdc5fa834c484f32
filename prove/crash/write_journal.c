/* Preloaded into a server, it writes down what is written to its store and when that was synced, so that a disk can be
 * shown as it was when the power went. WRITE_JOURNAL names the journal, WRITE_JOURNAL_OF the store; its write-ahead
 * log is the same name with -wal.
 *
 * A write is noted after it was done and a sync before it begins and after it has ended: what is noted before a sync's
 * beginning is on the disk at its end, and nothing else is promised.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { NONE = 0, STORE = 'd', LOG = 'w' };
enum { WRITE = 'W', TRUNCATE = 'T', UNLINK = 'U', SYNC_BEGINS = 'b', SYNC_ENDS = 'e' };

struct record {
    char what;
    char file;
    char unused[6];
    uint64_t at_ns;
    uint64_t offset;
    uint64_t length;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int journal = -1;

/* Without its journal a run proves nothing: better no server than one that looks well. */
static void give_up(const char *why) {
    dprintf(2, "write_journal: %s\n", why);
    _exit(70);
}

static char named(const char *path) {
    const char *store = getenv("WRITE_JOURNAL_OF");
    size_t length;
    if (store == NULL || strncmp(path, store, length = strlen(store)) != 0) return NONE;
    if (path[length] == '\0') return STORE;
    return strcmp(path + length, "-wal") == 0 ? LOG : NONE;
}

static char opened(int fd) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return NONE;
    path[length] = '\0';
    return named(path);
}

static void note(char what, char file, uint64_t offset, const void *data, uint64_t length) {
    struct timespec now;
    struct record record = {.what = what, .file = file, .offset = offset, .length = length};
    pthread_mutex_lock(&lock);
    if (journal < 0) {
        journal = syscall(SYS_openat, AT_FDCWD, getenv("WRITE_JOURNAL"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (journal < 0) give_up("cannot open the journal");
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
    record.at_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    struct iovec parts[2] = {{&record, sizeof record}, {(void *)data, data == NULL ? 0 : length}};
    ssize_t whole = (ssize_t)(parts[0].iov_len + parts[1].iov_len);
    if (syscall(SYS_writev, journal, parts, 2) != whole) give_up("cannot write the journal");
    pthread_mutex_unlock(&lock);
}

static ssize_t written(int fd, const void *data, ssize_t length, off_t offset) {
    int error = errno;
    char file = length > 0 ? opened(fd) : NONE;
    if (file != NONE) note(WRITE, file, (uint64_t)offset, data, (uint64_t)length);
    errno = error;
    return length;
}

static int synced(int fd, long number) {
    char file = opened(fd);
    if (file != NONE) note(SYNC_BEGINS, file, 0, NULL, 0);
    int failed = (int)syscall(number, fd);
    int error = errno;
    if (file != NONE && failed == 0) note(SYNC_ENDS, file, 0, NULL, 0);
    errno = error;
    return failed;
}

ssize_t pwrite64(int fd, const void *data, size_t length, off_t offset) {
    return written(fd, data, syscall(SYS_pwrite64, fd, data, length, offset), offset);
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) { return pwrite64(fd, data, length, offset); }

ssize_t write(int fd, const void *data, size_t length) {
    ssize_t done = syscall(SYS_write, fd, data, length);
    int error = errno;
    if (done > 0 && opened(fd) != NONE) written(fd, data, done, lseek(fd, 0, SEEK_CUR) - done);
    errno = error;
    return done;
}

int ftruncate64(int fd, off_t length) {
    int failed = (int)syscall(SYS_ftruncate, fd, length);
    int error = errno;
    char file = failed == 0 ? opened(fd) : NONE;
    if (file != NONE) note(TRUNCATE, file, (uint64_t)length, NULL, 0);
    errno = error;
    return failed;
}

int ftruncate(int fd, off_t length) { return ftruncate64(fd, length); }

int unlink(const char *path) {
    int failed = (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    int error = errno;
    if (failed == 0 && named(path) != NONE) note(UNLINK, named(path), 0, NULL, 0);
    errno = error;
    return failed;
}

int fsync(int fd) { return synced(fd, SYS_fsync); }

int fdatasync(int fd) { return synced(fd, SYS_fdatasync); }
