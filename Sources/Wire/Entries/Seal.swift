package import Datasets

/// When a change was made, fixed durably before it is first sent; from then on part of the change and of the chain.
///
/// The centre never re-stamps (docs/adr/0006-sealed-time.md).
package struct Seal: Sendable, Equatable {
  /// Why the effective time is not to be trusted; empty is "sure". Unknown bits from newer nodes are kept.
  package struct Suspicion: OptionSet, Sendable, Hashable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// No offset to the centre had been measured since the machine started.
    package static let notMeasured = Suspicion(rawValue: 1)
    /// The wall clock was set between the measurement and the change.
    package static let stepped = Suspicion(rawValue: 2)
    /// The last measurement was too long ago.
    package static let measurementOld = Suspicion(rawValue: 4)
  }

  /// Wall clock plus the last measured offset to the centre.
  package let effective: Timestamp
  package let suspicion: Suspicion
  /// The node's wall clock at recording.
  package let wall: Timestamp
  /// The how-manieth start of the machine since the store was made, from 1; the node knows the boot id behind it.
  package let boot: UInt64
  /// Milliseconds since that start at recording.
  package let uptimeMilliseconds: UInt64

  package init(
    effective: Timestamp, suspicion: Suspicion, wall: Timestamp, boot: UInt64, uptimeMilliseconds: UInt64
  ) {
    self.effective = effective
    self.suspicion = suspicion
    self.wall = wall
    self.boot = boot
    self.uptimeMilliseconds = uptimeMilliseconds
  }

  package var isSuspect: Bool { !suspicion.isEmpty }
}

extension ByteWriter {
  package mutating func seal(_ seal: Seal) {
    byte(seal.suspicion.rawValue)
    timestamp(seal.effective)
    zigzag(seal.wall.millisecondsSince(seal.effective))
    varint(seal.boot)
    varint(seal.uptimeMilliseconds)
  }
}

extension ByteReader {
  package mutating func seal() throws(WireError) -> Seal {
    let suspicion = Seal.Suspicion(rawValue: try byte("seal"))
    let effective = try timestamp("effective time")
    let wall = effective.advanced(byMilliseconds: try zigzag("wall time"))
    guard wall.milliseconds.magnitude <= UInt64(Limits.timestampMillisecondsMax) else {
      throw .malformed(what: "wall time")
    }
    return Seal(
      effective: effective, suspicion: suspicion, wall: wall, boot: try varint("boot"),
      uptimeMilliseconds: try varint("uptime"))
  }
}
