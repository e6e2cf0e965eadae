package import Datasets

/// One start of the machine, as the kernel names it.
package struct BootIdentity: Sendable, Equatable {
  /// `/proc/sys/kernel/random/boot_id`.
  package let id: String
  /// The wall clock's idea of when that was; only for people.
  package let startedAt: Timestamp

  package init(id: String, startedAt: Timestamp) {
    self.id = id
    self.startedAt = startedAt
  }
}
