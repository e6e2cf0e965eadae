internal import CZeroMQ
internal import Glibc

/// Why a connection that TCP had accepted did not become a link.
package enum HandshakeFailure: Sendable, Equatable, CustomStringConvertible {
  /// The centre does not know this node's key: never joined, revoked, or a used invitation.
  case refused
  /// The centre could not check keys just now.
  case undecided
  /// The other end closed during the handshake: the line was cut or the centre was restarting; where it lasts, the
  /// centre's public key is wrong here, or that is no centre.
  case closedByPeer
  /// The other end answered something else than ZMTP 3: another service listens there.
  case foreign
  /// The handshake did not come to an end in time.
  case timedOut
  /// The other end speaks ZeroMQ without CURVE.
  case notEncrypted
  /// The other end's box does not open: at the centre, a node that has the wrong public key of the centre.
  case wrongKey
  /// The other end broke ZMTP; the number is libzmq's ZMQ_PROTOCOL_ERROR_*.
  case protocolError(UInt32)
  /// The connection broke; the words are the system's.
  case broken(String)

  package var description: String {
    switch self {
    case .refused:
      "the centre refused this key: not joined, revoked, or the invitation is used or expired"
    case .undecided: "the centre could not check the key just now"
    case .closedByPeer:
      "closed by the other end during the handshake: the line was cut or the centre was restarting; if it "
        + "goes on, the public key of the centre is wrong at the node, or that is no centre"
    case .foreign: "what answers does not speak ZeroMQ's protocol: another service listens there"
    case .timedOut: "the handshake did not end in time"
    case .notEncrypted: "the other end does not use CURVE encryption"
    case .wrongKey: "the encrypted greeting does not open: the public key of the centre is wrong at the node"
    case .protocolError(let number): "the other end broke the protocol (\(String(number, radix: 16)))"
    case .broken(let words): "the connection broke during the handshake: \(words)"
    }
  }

  /// A short word for metrics.
  package var word: String {
    switch self {
    case .refused: "refused"
    case .undecided: "undecided"
    case .closedByPeer: "closed_by_peer"
    case .foreign: "foreign"
    case .timedOut: "timed_out"
    case .notEncrypted: "not_encrypted"
    case .wrongKey: "wrong_key"
    case .protocolError: "protocol_error"
    case .broken: "broken"
    }
  }

  /// Reads a ZMQ_EVENT_HANDSHAKE_FAILED_*; nil for other events.
  init?(_ event: SocketMonitor.Event) {
    switch event.kind {
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
      self = event.value == 400 ? .refused : .undecided
    case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL:
      switch event.value {
      case UInt32(bitPattern: ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC): self = .wrongKey
      case UInt32(bitPattern: ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH): self = .notEncrypted
      default: self = .protocolError(event.value)
      }
    case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL:
      if event.value == UInt32(bitPattern: EPIPE) || event.value == UInt32(bitPattern: ECONNRESET) {
        self = .closedByPeer
      } else {
        self = .broken(String(cString: zmq_strerror(Int32(bitPattern: event.value))))
      }
    default: return nil
    }
  }

  /// The same with the time since TCP stood taken into account: libzmq's own limit leaves whatever errno was
  /// there. A tenth is allowed for the time until its events are read.
  func after(_ elapsed: Duration, limit: Duration) -> HandshakeFailure {
    switch self {
    case .broken, .closedByPeer: elapsed * 10 >= limit * 9 ? .timedOut : self
    default: self
    }
  }
}
