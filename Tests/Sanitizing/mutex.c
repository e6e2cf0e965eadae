// Shows the thread sanitizer how Swift's Mutex passes from thread to thread.
//
// Where nobody waits, Mutex locks by atomics that are compiled into the caller, which the sanitizer sees. Where somebody
// does, the kernel hands the lock over (FUTEX_LOCK_PI, futex(2)) within libswiftSynchronization, which is not built with the
// sanitizer: what the next thread reads then looks as if nobody had handed it over. This library stands before that one
// (LD_PRELOAD) and says so.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

// Of the sanitizer's runtime (sanitizer/tsan_interface.h); not there in programs without it.
extern void __tsan_acquire(void *address) __attribute__((weak));
extern void __tsan_release(void *address) __attribute__((weak));

#define SELF __attribute__((swift_context)) void *handle

// Synchronization._MutexHandle, by Swift's calling convention: _lockSlow(_: UInt32) and _unlockSlow().
#define LOCK_SLOW "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK_SLOW "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"
typedef void (*LockSlow)(uint32_t thread, SELF) __attribute__((swiftcall));
typedef void (*UnlockSlow)(SELF) __attribute__((swiftcall));

__attribute__((swiftcall)) void lock_slow(uint32_t thread, SELF) __asm__(LOCK_SLOW);
__attribute__((swiftcall)) void unlock_slow(SELF) __asm__(UNLOCK_SLOW);

__attribute__((swiftcall)) void lock_slow(uint32_t thread, SELF) {
  LockSlow next = (LockSlow)dlsym(RTLD_NEXT, LOCK_SLOW);
  next(thread, handle);
  if (__tsan_acquire) __tsan_acquire(handle);
}

__attribute__((swiftcall)) void unlock_slow(SELF) {
  UnlockSlow next = (UnlockSlow)dlsym(RTLD_NEXT, UNLOCK_SLOW);
  if (__tsan_release) __tsan_release(handle);
  next(handle);
}
