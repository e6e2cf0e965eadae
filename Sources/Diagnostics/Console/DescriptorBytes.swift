import Foundation

/// Plain read(2) and write(2): nothing is buffered, so nothing is lost when the program ends.
enum DescriptorBytes {
  struct Failure: Error {
    /// errno.
    let number: Int32
  }

  /// All of `bytes`, however often that takes.
  static func writeAll(_ bytes: [UInt8], to descriptor: Int32) throws(Failure) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let (written, number) = rest.withUnsafeBytes { part in
        let written = write(descriptor, part.baseAddress, part.count)
        return (written, errno)
      }
      if written >= 0 {
        rest = rest.dropFirst(written)
      } else if number != EINTR {
        throw Failure(number: number)
      }
    }
  }

  /// At most `count` bytes, none at the end.
  static func read(_ descriptor: Int32, count: Int) throws(Failure) -> [UInt8] {
    while true {
      var number: Int32 = 0
      let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
        let taken = Foundation.read(descriptor, buffer.baseAddress, buffer.count)
        number = taken < 0 ? errno : 0
        filled = max(0, taken)
      }
      if number == 0 { return bytes }
      if number != EINTR { throw Failure(number: number) }
    }
  }
}
