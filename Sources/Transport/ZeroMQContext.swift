internal import CZeroMQ
internal import Glibc

/// One libzmq context: its I/O thread and every socket that one `SocketThread` uses.
///
/// Never fork a process that has one without exec'ing at once.
final class ZeroMQContext: @unchecked Sendable {
  // Safe because a context is thread safe by libzmq's word (zmq_ctx_new(3)); the counter below is used on the
  // socket thread alone.
  let pointer: UnsafeMutableRawPointer
  private var monitors: UInt64 = 0

  init() throws(TransportError) {
    guard let pointer = zmq_ctx_new() else { throw .zeroMQ(.socket, "cannot make a ZeroMQ context") }
    self.pointer = pointer
    // One: the order of monitor events among connections, which CentreLink relies on, is that of one thread.
    zmq_ctx_set(pointer, ZMQ_IO_THREADS, 1)
    // Closing sockets must not keep the process unless they ask for it with LINGER.
    zmq_ctx_set(pointer, ZMQ_BLOCKY, 0)
  }

  /// A name for a monitor that no other in this context has.
  func monitorEndpoint() -> String {
    monitors += 1
    return "inproc://simpul.monitor.\(monitors)"
  }

  /// Waits for the last linger and ends the I/O thread. Every socket must be closed before.
  func terminate() {
    while zmq_ctx_term(pointer) == -1, zmq_errno() == EINTR {}
  }
}
