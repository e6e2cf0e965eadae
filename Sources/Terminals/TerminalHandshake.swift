package import Datasets

/// The settings that a terminal gets when it asks for them.
///
/// Older firmware reads other names than newer: both are sent. Times are in the units of the protocol.
package struct TerminalHandshake: Sendable, Equatable {
  package let serial: TerminalSerial
  /// What the terminal said last that it had sent, and was taken. Newer firmware ignores it, and a terminal whose clock was
  /// set loses its sense: a hint, no more.
  package let stamp: TerminalStamp

  package init(serial: TerminalSerial, stamp: TerminalStamp) {
    self.serial = serial
    self.stamp = stamp
  }

  /// Seconds between two questions for work, 2 to 60.
  private static let pollSeconds = 10
  /// Seconds until a terminal that was not answered tries again, 30 to 300.
  private static let retrySeconds = 30
  /// What keeps a terminal to plain text: later versions encrypt.
  private static let version = "2.2.14"

  package var text: String {
    let newOnly = TerminalStamp.newOnly.text
    return [
      "GET OPTION FROM: \(serial)", "Stamp=\(stamp.text)", "ATTLOGStamp=\(stamp.text)", "OpStamp=\(newOnly)",
      "OPERLOGStamp=\(newOnly)", "PhotoStamp=\(newOnly)", "ATTPHOTOStamp=\(newOnly)", "ErrorDelay=\(Self.retrySeconds)",
      "Delay=\(Self.pollSeconds)",
      "TransTimes=00:00;14:05", "TransInterval=1",
      // Punches alone: of what else a terminal has, most is biometric (UU 27/2022 art. 4).
      "TransFlag=TransData AttLog", "TimeZone=8", "Realtime=1", "Encrypt=None", "ServerVer=\(Self.version)",
      "PushProtVer=\(Self.version)",
    ].joined(separator: "\n") + "\n"
  }
}
