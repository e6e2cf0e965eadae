/* fsync(2) and fdatasync(2) that fail with EIO while a file exists (LD_PRELOAD).
 *
 * FAILSYNC names the file. Each call that failed leaves a line in the file of that name with ".log" behind it: which file
 * was to be synced. What was written stays where it is, as the kernel leaves it: in memory, for programs to read.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int fails(int descriptor) {
  const char *control = getenv("FAILSYNC");
  if (control == NULL || access(control, F_OK) != 0) return 0;
  char link[64], log[4096], name[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, name, sizeof name - 1);
  if (length < 0) length = 0;
  name[length++] = '\n';
  snprintf(log, sizeof log, "%s.log", control);
  int file = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  /* A failure that nobody counts would prove nothing. */
  if (file < 0 || write(file, name, (size_t)length) != length) abort();
  close(file);
  errno = EIO;
  return 1;
}

typedef int (*sync_call)(int);

int fsync(int descriptor) {
  if (fails(descriptor)) return -1;
  return ((sync_call)dlsym(RTLD_NEXT, "fsync"))(descriptor);
}

int fdatasync(int descriptor) {
  if (fails(descriptor)) return -1;
  return ((sync_call)dlsym(RTLD_NEXT, "fdatasync"))(descriptor);
}
