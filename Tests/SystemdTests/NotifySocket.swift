import Glibc

/// The service manager's end of `NOTIFY_SOCKET`: a datagram socket with a path in a directory of its own.
struct NotifySocket {
  struct Failure: Error {
    let call: String
    let code: Int32
  }

  let path: String
  private let directory: String
  private let descriptor: Int32

  init() throws {
    var template = Array("/tmp/simpul-notify-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Failure(call: "mkdtemp", code: errno) }
    directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    path = directory + "/notify"
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    guard descriptor >= 0 else { throw Failure(call: "socket", code: errno) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = path.utf8
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let length = socklen_t(MemoryLayout<sockaddr_un>.size)
    let bound = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
    }
    guard bound == 0 else { throw Failure(call: "bind", code: errno) }
  }

  /// The next message, or nil when none is waiting. A datagram is there as soon as its sender's call returned.
  func receive() -> String? {
    var buffer = [UInt8](repeating: 0, count: 4_096)
    let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
    return count < 0 ? nil : String(decoding: buffer.prefix(count), as: UTF8.self)
  }

  func close() {
    Glibc.close(descriptor)
    unlink(path)
    rmdir(directory)
  }
}
