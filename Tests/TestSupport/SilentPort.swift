import Glibc

/// A port of this machine at which nobody answers: its queue of connections is full, so that the kernel drops what
/// comes (listen(2), tcp_abort_on_overflow off).
package final class SilentPort {
  package let port: Int
  private var descriptors: [Int32] = []

  package init() throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard listener >= 0 else { throw TestFailure("no silent port: errno \(errno)") }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(listener, address, size) == 0 && getsockname(listener, address, &size) == 0
      }
    }
    guard isBound, listen(listener, 0) == 0 else {
      close(listener)
      throw TestFailure("no silent port: errno \(errno)")
    }
    port = Int(UInt16(bigEndian: address.sin_port))
    descriptors = [listener]
    // One more than the queue holds is enough; a few more do no harm.
    for _ in 0..<4 {
      let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
      withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = connect(client, $0, size) }
      }
      descriptors.append(client)
    }
  }

  deinit { for descriptor in descriptors { close(descriptor) } }
}
