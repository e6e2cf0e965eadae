import Datasets
import Foundation

/// TCP ports of 127.0.0.1 that nobody uses.
enum FreePorts {
  /// Different ports; somebody else may take them before they are used, which the daemon then says.
  static func find(_ count: Int) throws(CommandFailure) -> [Int] {
    var descriptors: [Int32] = []
    defer { for descriptor in descriptors { close(descriptor) } }
    var ports: [Int] = []
    for _ in 0..<count {
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      guard descriptor >= 0 else { throw failure() }
      descriptors.append(descriptor)
      ports.append(try bindToFreePort(descriptor))
    }
    return ports
  }

  private static func bindToFreePort(_ descriptor: Int32) throws(CommandFailure) -> Int {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { rebound in
        bind(descriptor, rebound, size) == 0 ? getsockname(descriptor, rebound, &size) : -1
      }
    }
    guard status == 0 else { throw failure() }
    return Int(UInt16(bigEndian: address.sin_port))
  }

  private static func failure() -> CommandFailure {
    CommandFailure(.problem, "no free TCP port on 127.0.0.1", cause: String(cString: strerror(errno)))
  }
}
