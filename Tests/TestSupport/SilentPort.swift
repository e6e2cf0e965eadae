import Glibc

/// A port of this machine at which nobody answers: its queue of connections is full, so that the kernel drops what
/// comes (listen(2), tcp_abort_on_overflow off).
package final class SilentPort {
  package var port: Int { listener.port }
  private let listener: LoopbackListener
  private var clients: [Int32] = []

  package init() throws {
    listener = try LoopbackListener(backlog: 0)
    // One more than the queue holds is enough; a few more do no harm.
    for _ in 0..<4 {
      let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
      var address = LoopbackListener.address(port: listener.port)
      withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          _ = connect(client, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      clients.append(client)
    }
  }

  deinit { for client in clients { close(client) } }
}
