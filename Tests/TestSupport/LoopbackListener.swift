import Glibc

/// A port of 127.0.0.1 that the kernel has chosen, with a socket that listens at it.
package struct LoopbackListener: ~Copyable {
  package let descriptor: Int32
  package let port: Int

  /// - Parameter backlog: connections that wait to be taken (listen(2)).
  package init(backlog: Int32 = 16) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw TestFailure("no socket: errno \(errno)") }
    var address = Self.address(port: 0)
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = descriptor
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(descriptor, address, size) == 0 && getsockname(descriptor, address, &size) == 0
      }
    }
    guard isBound, listen(descriptor, backlog) == 0 else {
      let number = errno
      close(descriptor)
      throw TestFailure("no port: errno \(number)")
    }
    port = Int(UInt16(bigEndian: address.sin_port))
  }

  static func address(port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
    return address
  }

  deinit { close(descriptor) }
}

/// A port of this machine at which nobody listened a moment ago.
package struct ClosedPort {
  package let port: Int

  package init() throws {
    let listener = try LoopbackListener()
    port = listener.port
  }
}
