import Logging
import Synchronization

/// Why somebody was not let in over TCP; the words are the label `reason` of `simpul_sign_ins_refused_total`.
package enum SignInRefusal: String, Sendable, CaseIterable {
  /// Neither a token nor a session.
  case noToken = "no_token"
  case unknownToken = "unknown_token"
  case expiredToken = "expired_token"
  case revokedToken = "revoked_token"
  /// At an office: the token is limited to another one.
  case otherOffice = "other_office"
  /// Signed out, over, or its token was revoked.
  case endedSession = "ended_session"
  /// A session's cookie on a request that another site's page made.
  case foreignOrigin = "foreign_origin"
  /// A sign-in link that was used, has expired, or never was.
  case unknownLink = "unknown_link"
}

/// Counts who was not let in, and tells the log of some: a program that tries all night fills no disk.
package final class SignInRefusals: Sendable {
  /// Lines a minute; what goes beyond is told as a number by the next minute's first line.
  static let linesPerMinute = 10

  private struct State {
    var counts: [SignInRefusal: UInt64] = [:]
    /// The minute of the lines counted.
    var minute: Int64 = .min
    var lines = 0
    var unsaid = 0
  }

  private let state = Mutex(State())

  /// All reasons, also those that never were, in the order of their words.
  package var counts: [(reason: String, count: UInt64)] {
    let counts = state.withLock { $0.counts }
    return SignInRefusal.allCases.map { ($0.rawValue, counts[$0] ?? 0) }.sorted { $0.0 < $1.0 }
  }

  /// - Parameters:
  ///   - name: of the token, where one is known by that secret; nothing else that was sent is told.
  ///   - minute: of the wall clock.
  func note(_ refusal: SignInRefusal, name: String?, minute: Int64, logger: Logger) {
    let unsaid = state.withLock { state -> Int? in
      state.counts[refusal, default: 0] += 1
      // Whoever just looks by without a token is nobody's concern.
      guard refusal != .noToken else { return nil }
      if minute != state.minute {
        state.minute = minute
        state.lines = 0
      }
      guard state.lines < Self.linesPerMinute else {
        state.unsaid += 1
        return nil
      }
      state.lines += 1
      defer { state.unsaid = 0 }
      return state.unsaid
    }
    guard let unsaid else { return }
    var metadata: Logger.Metadata = ["reason": "\(refusal.rawValue)", "caller": "\(name ?? "-")"]
    if unsaid > 0 { metadata["unsaid"] = "\(unsaid)" }
    logger.notice("not let in", metadata: metadata)
  }
}

extension PrometheusText {
  /// Who was not let in over TCP, all reasons from the first scrape on.
  package mutating func add(_ refusals: SignInRefusals) {
    add(
      "simpul_sign_ins_refused_total", .counter, "Requests over TCP whose token, session or link did not hold.",
      refusals.counts.map { Sample([("reason", $0.reason)], $0.count) })
  }
}
