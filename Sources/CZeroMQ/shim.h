#ifndef SIMPUL_CZEROMQ_SHIM_H
#define SIMPUL_CZEROMQ_SHIM_H

#include <zmq.h>
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

// zmq.h 4.3 lists these under its draft API, but the library takes them without it (read back in a test).
#ifndef ZMQ_ZAP_ENFORCE_DOMAIN
#define ZMQ_ZAP_ENFORCE_DOMAIN 93
#endif

// Macros that Swift does not import: their values are compound expressions or deprecated.
static const int simpul_zmq_srcfd = 2;

// An eventfd that never blocks and is not inherited by child processes; -1 with errno.
static inline int simpul_eventfd_open(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

// Makes the eventfd readable. A full counter (EAGAIN) is readable already.
static inline void simpul_eventfd_signal(int fd) {
  const uint64_t one = 1;
  while (write(fd, &one, sizeof one) == -1 && errno == EINTR) {
  }
}

// Makes the eventfd unreadable until the next signal.
static inline void simpul_eventfd_drain(int fd) {
  uint64_t count;
  while (read(fd, &count, sizeof count) == -1 && errno == EINTR) {
  }
}

// Names the calling thread; the kernel keeps 15 bytes.
static inline void simpul_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

// The numeric address of the other end of a connected socket; 0, or -1 with errno.
static inline int simpul_peer_address(int fd, char *text, unsigned int text_bytes) {
  struct sockaddr_storage storage;
  socklen_t length = sizeof storage;
  if (getpeername(fd, (struct sockaddr *)&storage, &length) != 0) return -1;
  const void *address = 0;
  if (storage.ss_family == AF_INET) {
    address = &((const struct sockaddr_in *)&storage)->sin_addr;
  } else if (storage.ss_family == AF_INET6) {
    address = &((const struct sockaddr_in6 *)&storage)->sin6_addr;
  } else {
    errno = EAFNOSUPPORT;
    return -1;
  }
  return inet_ntop(storage.ss_family, address, text, text_bytes) == 0 ? -1 : 0;
}

#endif
