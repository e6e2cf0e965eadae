/// Holds what is sent to a rate: a bucket that fills with it, and from which every message takes its size.
///
/// A message may go while anything is in the bucket, and takes what it needs, also below zero: then the next one waits.
struct UplinkPace: Sendable {
  /// The bucket holds so much of a second's worth: what a late timer or a busy store left unused is caught up.
  private static let depthMilliseconds: Double = 500
  /// Per message: the frame of ZeroMQ and CURVE.
  private static let messageBytes: Double = 100
  /// Ethernet, IP and TCP headers: 1,514 bytes carry 1,448.
  private static let headers: Double = 1514.0 / 1448.0

  let bitsPerSecond: Int
  /// Bytes that may go, as of `filled`; below zero after more went than was there.
  private var bytes: Double
  private var filled: MonotonicTime

  init(bitsPerSecond: Int, at now: MonotonicTime) {
    self.bitsPerSecond = max(1, bitsPerSecond)
    filled = now
    bytes = 0
    bytes = depth
  }

  private var bytesPerMillisecond: Double { Double(bitsPerSecond) / 8000 }
  private var depth: Double { bytesPerMillisecond * Self.depthMilliseconds }

  /// A frame takes at most a quarter of a second, so that an incident does not wait longer for one that is on its way.
  var frameBytesMax: Int { Int(min(Double(LinkRate.frameBytesSlow), max(4096, bytesPerMillisecond * 250))) }

  mutating func sent(_ count: Int, at now: MonotonicTime) {
    bytes = present(at: now) - (Double(count) + Self.messageBytes) * Self.headers
    filled = max(filled, now)
  }

  func maySend(at now: MonotonicTime) -> Bool { present(at: now) >= 0 }

  /// When the next message may go.
  func opens(after now: MonotonicTime) -> MonotonicTime {
    let missing = -present(at: now)
    return missing <= 0 ? now : now + .milliseconds(Int64((missing / bytesPerMillisecond).rounded(.up)))
  }

  private func present(at now: MonotonicTime) -> Double {
    let elapsed = Double(now.duration(since: filled).wholeMilliseconds)
    return min(depth, bytes + elapsed * bytesPerMillisecond)
  }
}
