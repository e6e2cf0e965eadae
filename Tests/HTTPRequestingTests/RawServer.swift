import Foundation
import Glibc
import TestSupport

/// Answers connections byte for byte as a test says, so that also what no server of a library sends can be sent.
final class RawServer: Sendable {
  /// One connection, in the server's thread.
  struct Connection {
    fileprivate let descriptor: Int32

    /// - Returns: nil at the other end's end.
    func read() -> [UInt8]? {
      var bytes = [UInt8](repeating: 0, count: 65_536)
      let count = recv(descriptor, &bytes, bytes.count, 0)
      return count > 0 ? Array(bytes.prefix(count)) : nil
    }

    /// What comes up to and with `end`.
    func read(upTo end: String) -> String {
      var text = ""
      while !text.hasSuffix(end), let bytes = read() { text += String(decoding: bytes, as: UTF8.self) }
      return text
    }

    /// The other end sees the end of what it is sent, and may still send.
    func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    func send(_ text: String) {
      let bytes = Array(text.utf8)
      var sent = 0
      while sent < bytes.count {
        let count = bytes.withUnsafeBytes {
          Glibc.send(descriptor, $0.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
        }
        if count <= 0 { return }
        sent += count
      }
    }
  }

  /// Held by the thread that accepts too: a descriptor that is closed under it may be another server's by then, whose
  /// connections it would take.
  private final class Ear: Sendable {
    let listener: LoopbackListener

    init() throws { listener = try LoopbackListener() }
  }

  private let ear: Ear

  var url: String { "http://127.0.0.1:\(ear.listener.port)" }

  /// - Parameter serve: called once for each connection, which ends with it.
  init(_ serve: @escaping @Sendable (Connection) -> Void) throws {
    let ear = try Ear()
    self.ear = ear
    Thread.detachNewThread {
      while true {
        let descriptor = accept(ear.listener.descriptor, nil, nil)
        guard descriptor >= 0 else { return }
        Thread.detachNewThread {
          serve(Connection(descriptor: descriptor))
          shutdown(descriptor, Int32(SHUT_RDWR))
          close(descriptor)
        }
      }
    }
  }

  deinit {
    // Wakes accept(2), which close(2) does not.
    shutdown(ear.listener.descriptor, Int32(SHUT_RDWR))
  }
}
