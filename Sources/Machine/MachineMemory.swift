import Foundation

/// The memory that this process holds.
package enum MachineMemory {
  /// Gives free pages back to the system (malloc_trim(3)); glibc keeps what a large import has used otherwise.
  ///
  /// Takes some milliseconds and holds up other threads that allocate meanwhile: for quiet moments. Does nothing
  /// where the C library has no such function.
  package static func giveBack() {
    typealias Trim = @convention(c) (Int) -> Int32
    // RTLD_DEFAULT (dlsym(3)): where the program itself finds its symbols.
    guard let symbol = dlsym(nil, "malloc_trim") else { return }
    // Safe because malloc_trim has had this signature since glibc 2.0.
    _ = unsafeBitCast(symbol, to: Trim.self)(0)
  }
}
