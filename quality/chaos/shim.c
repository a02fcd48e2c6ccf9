/* Faults on the way to the disk, and a wrong clock: preloaded into a process under test.

   Calls that change what is under one folder are numbered from 0 and noted by a letter each; chaos_arm() says at which
   number what goes wrong.  CHAOS_CLOCK is added to the time of day, in seconds. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { NONE, FULL, READONLY, FSYNC, IO, TORN, SHORT };
#define MOST 65536
static char root[PATH_MAX];
static size_t length;
static int kind;
static long at;
static atomic_long count;
static char letters[MOST + 1];

void chaos_arm(const char *folder, int what, long when) {
    strncpy(root, folder, PATH_MAX - 1);
    length = strlen(root);
    kind = what; at = when; atomic_store(&count, 0);
    memset(letters, 0, sizeof letters);
}
const char *chaos_trace(void) { return letters; }

static int under(const char *path) { return length && !strncmp(path, root, length); }

static int watched(int dir, const char *path) {
    if (!length || !path) return 0;
    if (path[0] == '/') return under(path);
    char link[64], full[PATH_MAX];
    ssize_t n;
    if (dir == AT_FDCWD) { if (!getcwd(full, sizeof full)) return 0; return under(full); }
    snprintf(link, sizeof link, "/proc/self/fd/%d", dir);
    if ((n = readlink(link, full, sizeof full - 1)) < 0) return 0;
    full[n] = 0;
    return under(full);
}

static int held(int fd) {
    char link[64], full[PATH_MAX];
    ssize_t n;
    if (!length) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    if ((n = readlink(link, full, sizeof full - 1)) < 0) return 0;
    full[n] = 0;
    return under(full);
}

/* 0: go on; else the number of the error.  Letters: o create, w write, f fsync, r rename, d mkdir, u unlink, c other. */
static int fault(char letter) {
    long n = atomic_fetch_add(&count, 1);
    if (n < MOST) letters[n] = letter;
    switch (kind) {
    case FULL: return n >= at && strchr("owd", letter) ? ENOSPC : 0;
    case READONLY: return n >= at ? EROFS : 0;
    case FSYNC: return n == at && letter == 'f' ? EIO : 0;
    case IO: return n == at ? EIO : 0;
    case TORN: if (n == at && letter != 'w') raise(SIGKILL); return 0;
    }
    return 0;
}
static int torn(void) { return (kind == TORN || kind == SHORT) && atomic_load(&count) == at + 1; }

#define REAL(type, name, ...) static type (*real)(__VA_ARGS__); if (!real) real = dlsym(RTLD_NEXT, #name)
#define REFUSE(letter) do { int e = fault(letter); if (e) { errno = e; return -1; } } while (0)
#define WRITES(flags) ((flags) & (O_CREAT | O_TRUNC) || ((flags) & O_ACCMODE) != O_RDONLY)

#define OPEN(name) \
int name(const char *path, int flags, ...) { \
    REAL(int, name, const char *, int, ...); \
    va_list more; va_start(more, flags); mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(more, mode_t) : 0; va_end(more); \
    if (WRITES(flags) && watched(AT_FDCWD, path)) REFUSE('o'); \
    return real(path, flags, mode); }
OPEN(open) OPEN(open64)
#define OPENAT(name) \
int name(int dir, const char *path, int flags, ...) { \
    REAL(int, name, int, const char *, int, ...); \
    va_list more; va_start(more, flags); mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(more, mode_t) : 0; va_end(more); \
    if (WRITES(flags) && watched(dir, path)) REFUSE('o'); \
    return real(dir, path, flags, mode); }
OPENAT(openat) OPENAT(openat64)

static ssize_t part(size_t size) { return size > 1 ? (ssize_t)(size / 2) : (ssize_t)size; }

ssize_t write(int fd, const void *data, size_t size) {
    REAL(ssize_t, write, int, const void *, size_t);
    if (!held(fd)) return real(fd, data, size);
    REFUSE('w');
    if (!torn()) return real(fd, data, size);
    ssize_t done = real(fd, data, part(size));
    if (kind == TORN) raise(SIGKILL);
    return done;
}
#define PWRITE(name, offset_type) \
ssize_t name(int fd, const void *data, size_t size, offset_type offset) { \
    REAL(ssize_t, name, int, const void *, size_t, offset_type); \
    if (!held(fd)) return real(fd, data, size, offset); \
    REFUSE('w'); \
    if (!torn()) return real(fd, data, size, offset); \
    ssize_t done = real(fd, data, part(size), offset); \
    if (kind == TORN) raise(SIGKILL); \
    return done; }
PWRITE(pwrite, off_t) PWRITE(pwrite64, off64_t)

int fsync(int fd) { REAL(int, fsync, int); if (held(fd)) REFUSE('f'); return real(fd); }
int fdatasync(int fd) { REAL(int, fdatasync, int); if (held(fd)) REFUSE('f'); return real(fd); }
int rename(const char *a, const char *b) {
    REAL(int, rename, const char *, const char *);
    if (watched(AT_FDCWD, b)) REFUSE('r');
    return real(a, b);
}
int renameat(int d, const char *a, int e, const char *b) {
    REAL(int, renameat, int, const char *, int, const char *);
    if (watched(e, b)) REFUSE('r');
    return real(d, a, e, b);
}
int renameat2(int d, const char *a, int e, const char *b, unsigned flags) {
    REAL(int, renameat2, int, const char *, int, const char *, unsigned);
    if (getenv("CHAOS_NO_EXCHANGE")) { errno = EINVAL; return -1; }
    if (watched(e, b)) REFUSE('r');
    return real(d, a, e, b, flags);
}
int link(const char *a, const char *b) {
    REAL(int, link, const char *, const char *);
    if (watched(AT_FDCWD, b)) REFUSE('d');
    return real(a, b);
}
int mkdir(const char *path, mode_t mode) {
    REAL(int, mkdir, const char *, mode_t);
    if (watched(AT_FDCWD, path)) REFUSE('d');
    return real(path, mode);
}
int unlink(const char *path) {
    REAL(int, unlink, const char *);
    if (watched(AT_FDCWD, path)) REFUSE('u');
    return real(path);
}
int unlinkat(int dir, const char *path, int flags) {
    REAL(int, unlinkat, int, const char *, int);
    if (watched(dir, path)) REFUSE('u');
    return real(dir, path, flags);
}
int rmdir(const char *path) {
    REAL(int, rmdir, const char *);
    if (watched(AT_FDCWD, path)) REFUSE('u');
    return real(path);
}
int chmod(const char *path, mode_t mode) {
    REAL(int, chmod, const char *, mode_t);
    if (watched(AT_FDCWD, path)) REFUSE('c');
    return real(path, mode);
}
#define TRUNCATE(name, type) \
int name(int fd, type size) { REAL(int, name, int, type); if (held(fd)) REFUSE('c'); return real(fd, size); }
TRUNCATE(ftruncate, off_t) TRUNCATE(ftruncate64, off64_t)

static long long ahead(void) {
    static int read_; static long long seconds;
    if (!read_) { const char *text = getenv("CHAOS_CLOCK"); seconds = text ? atoll(text) : 0; read_ = 1; }
    return seconds;
}
int clock_gettime(clockid_t clock, struct timespec *now) {
    REAL(int, clock_gettime, clockid_t, struct timespec *);
    int done = real(clock, now);
    if (!done && clock == CLOCK_REALTIME) now->tv_sec += ahead();
    return done;
}
int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    REAL(int, gettimeofday, struct timeval *restrict, void *restrict);
    int done = real(now, zone);
    if (!done && now) now->tv_sec += ahead();
    return done;
}
time_t time(time_t *out) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (out) *out = now.tv_sec;
    return now.tv_sec;
}
