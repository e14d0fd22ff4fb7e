/* A disk that forgets, fails, fills up or is slow; LD_PRELOADed under a process in a test.
 *
 * DISK_ROOT     only files below this folder are concerned
 * DISK_SHADOW   each fsync copies the file there, to the same place below it: what a power cut
 *               would leave, at the worst
 * DISK_DELAY_US every fsync takes so much longer
 * DISK_EIO      while this file exists, fsync fails
 * DISK_FULL     while this file exists, nothing can be written
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int is_concerned(int fd, char *path) {
    char link[64];
    const char *root = getenv("DISK_ROOT");
    if (!root) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, PATH_MAX - 1);
    if (size <= 0) return 0;
    path[size] = 0;
    struct stat about;
    return !strncmp(path, root, strlen(root)) && !fstat(fd, &about) && S_ISREG(about.st_mode);
}

static int is_set(const char *name) {
    const char *flag = getenv(name);
    return flag && !access(flag, F_OK);
}

static void make_parents(char *path) {
    for (char *at = path + 1; (at = strchr(at, '/')); at++) {
        *at = 0;
        mkdir(path, 0700);
        *at = '/';
    }
}

static void keep(int fd, const char *path) {
    const char *shadow = getenv("DISK_SHADOW");
    if (!shadow) return;
    char target[PATH_MAX * 2], half[PATH_MAX * 2 + 32];
    snprintf(target, sizeof target, "%s%s", shadow, path + strlen(getenv("DISK_ROOT")));
    snprintf(half, sizeof half, "%s.half-%d-%d", target, getpid(), fd);
    make_parents(half);
    int copy = open(half, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    static __thread char block[1 << 16];
    ssize_t (*real)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
    for (off_t at = 0;;) {
        ssize_t got = pread(fd, block, sizeof block, at);
        if (got <= 0) break;
        real(copy, block, got);
        at += got;
    }
    close(copy);
    rename(half, target); /* a kill in the middle leaves the copy of the sync before */
}

static int synced(int fd, const char *name) {
    char path[PATH_MAX];
    int (*real)(int) = dlsym(RTLD_NEXT, name);
    if (!is_concerned(fd, path)) return real(fd);
    const char *delay = getenv("DISK_DELAY_US");
    if (delay) usleep(atoi(delay));
    if (is_set("DISK_EIO")) {
        errno = EIO;
        return -1;
    }
    int result = real(fd);
    if (!result) keep(fd, path);
    return result;
}

int fsync(int fd) { return synced(fd, "fsync"); }
int fdatasync(int fd) { return synced(fd, "fdatasync"); }

static int is_full(int fd) {
    char path[PATH_MAX];
    if (!is_set("DISK_FULL") || !is_concerned(fd, path)) return 0;
    errno = ENOSPC;
    return 1;
}

ssize_t write(int fd, const void *data, size_t size) {
    ssize_t (*real)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
    return is_full(fd) ? -1 : real(fd, data, size);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    ssize_t (*real)(int, const void *, size_t, off64_t) = dlsym(RTLD_NEXT, "pwrite64");
    return is_full(fd) ? -1 : real(fd, data, size, at);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
    ssize_t (*real)(int, const void *, size_t, off_t) = dlsym(RTLD_NEXT, "pwrite");
    return is_full(fd) ? -1 : real(fd, data, size, at);
}
