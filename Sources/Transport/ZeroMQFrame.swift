internal import CZeroMQ

/// One `zmq_msg_t` at an address that does not move, used again for each frame received.
final class ZeroMQFrame: @unchecked Sendable {
  // Safe because it belongs to one link and is used on its socket thread alone.
  let pointer: UnsafeMutablePointer<zmq_msg_t>

  init() {
    pointer = .allocate(capacity: 1)
    zmq_msg_init(pointer)
  }

  deinit {
    zmq_msg_close(pointer)
    pointer.deallocate()
  }

  /// Whether further frames of the same message follow.
  var more: Bool { zmq_msg_more(pointer) != 0 }

  var byteCount: Int { zmq_msg_size(pointer) }

  /// The content, valid until the next frame is received into this.
  var bytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: zmq_msg_data(pointer), count: byteCount)
  }

  /// The one copy out of libzmq.
  func copy() -> [UInt8] {
    let source = bytes
    return [UInt8](unsafeUninitializedCapacity: source.count) { target, count in
      UnsafeMutableRawBufferPointer(target).copyMemory(from: source)
      count = source.count
    }
  }

  /// What the ZAP handler answered as user id for the connection this came by, valid as `bytes` is.
  var userID: UnsafePointer<CChar>? { zmq_msg_gets(pointer, "User-Id") }

  /// The descriptor of the connection this came by, -1 if unknown; what ZMQ_EVENT_DISCONNECTED names later.
  var sourceDescriptor: Int32 { zmq_msg_get(pointer, simpul_zmq_srcfd) }
}
