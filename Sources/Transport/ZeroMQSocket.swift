internal import CZeroMQ
internal import Glibc

/// One libzmq socket: every call of zmq_* on a socket is in this file.
final class ZeroMQSocket: @unchecked Sendable {
  // Safe because libzmq sockets may be used by one thread at a time, and a socket is made, used and closed on
  // the socket thread of its context alone (tests that make one of their own use it from one task).
  let pointer: UnsafeMutableRawPointer
  private var isClosed = false

  /// What became of one frame to send.
  enum Sent { case accepted, full, unreachable }

  init(_ context: ZeroMQContext, _ kind: Int32) throws(TransportError) {
    guard let pointer = zmq_socket(context.pointer, kind) else {
      throw .zeroMQ(.socket, "cannot make a ZeroMQ socket")
    }
    self.pointer = pointer
  }

  deinit { assert(isClosed, "a ZeroMQ socket was dropped without close()") }

  func close() {
    guard !isClosed else { return }
    isClosed = true
    zmq_close(pointer)
  }

  func set(_ option: Int32, _ value: Int32) throws(TransportError) {
    var value = value
    try set(option, &value, MemoryLayout<Int32>.size)
  }

  func set(_ option: Int32, wide value: Int64) throws(TransportError) {
    var value = value
    try set(option, &value, MemoryLayout<Int64>.size)
  }

  func set(_ option: Int32, _ value: Duration) throws(TransportError) {
    try set(option, value.millisecondsRoundedUp)
  }

  func set(_ option: Int32, _ text: String) throws(TransportError) {
    try set(option, text, text.utf8.count)
  }

  private func set(_ option: Int32, _ value: UnsafeRawPointer, _ byteCount: Int) throws(TransportError) {
    guard zmq_setsockopt(pointer, option, value, byteCount) == 0 else {
      throw .zeroMQ(.option, "libzmq does not take option \(option)")
    }
  }

  func number(_ option: Int32) -> Int32? {
    var value: Int32 = 0
    var byteCount = MemoryLayout<Int32>.size
    return zmq_getsockopt(pointer, option, &value, &byteCount) == 0 ? value : nil
  }

  /// ZMQ_POLLIN and ZMQ_POLLOUT as they are now.
  var readiness: Int32 { number(ZMQ_EVENTS) ?? 0 }

  /// The address that the last bind() took, with the port the kernel chose.
  var lastEndpoint: String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { text in
      var byteCount = text.count
      guard let start = text.baseAddress,
        zmq_getsockopt(pointer, ZMQ_LAST_ENDPOINT, start, &byteCount) == 0
      else { return nil }
      return String(cString: start)
    }
  }

  func bind(_ endpoint: String) throws(TransportError) {
    guard zmq_bind(pointer, endpoint) == 0 else { throw .zeroMQ(.endpoint, "cannot listen on \(endpoint)") }
  }

  func unbind(_ endpoint: String) { zmq_unbind(pointer, endpoint) }

  func connect(_ endpoint: String) throws(TransportError) {
    guard zmq_connect(pointer, endpoint) == 0 else {
      throw .zeroMQ(.endpoint, "cannot connect to \(endpoint)")
    }
  }

  /// Has libzmq report what happens to connections to an inproc PAIR; nil ends it.
  func monitor(_ endpoint: String?, events: Int32) throws(TransportError) {
    guard zmq_socket_monitor(pointer, endpoint, events) == 0 else {
      throw .zeroMQ(.socket, "cannot watch a ZeroMQ socket")
    }
  }

  /// Hands one frame over without waiting. The bytes are copied.
  func send(_ bytes: UnsafeRawBufferPointer, more: Bool = false) -> Sent {
    let flags = more ? ZMQ_DONTWAIT | ZMQ_SNDMORE : ZMQ_DONTWAIT
    while zmq_send(pointer, bytes.baseAddress, bytes.count, flags) == -1 {
      switch zmq_errno() {
      case EINTR: continue
      case EAGAIN: return .full
      default: return .unreachable
      }
    }
    return .accepted
  }

  func send(_ bytes: [UInt8], more: Bool = false) -> Sent {
    bytes.withUnsafeBytes { send($0, more: more) }
  }

  /// Takes one frame without waiting; false when there is none.
  func receive(into frame: ZeroMQFrame) -> Bool {
    while zmq_msg_recv(frame.pointer, pointer, ZMQ_DONTWAIT) == -1 {
      if zmq_errno() != EINTR { return false }
    }
    return true
  }
}
