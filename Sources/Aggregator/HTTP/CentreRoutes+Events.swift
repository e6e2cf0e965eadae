import API
import CentreStorage
import Datasets
import HTTPServing
import HTTPTypes
import Hummingbird
import ServiceLifecycle
import Synchronization

/// How a stream of events goes.
struct EventPace: Sendable {
  var pollPeriod = Duration.seconds(1)
  var pollsPerHeartbeat = 15
  /// Then the client connects anew: nothing is held for ever for somebody who forgot a terminal.
  var pollsMax = 3_600
}

/// How many may listen to events at once.
final class EventSeats: Sendable {
  static let countMax = 32

  private let taken = Mutex(0)

  /// - Returns: nil when all are taken.
  func take() -> Seat? {
    let isFree = taken.withLock { taken in
      guard taken < Self.countMax else { return false }
      taken += 1
      return true
    }
    return isFree ? Seat(seats: self) : nil
  }

  /// Given back when nobody holds it any more, also when an answer was never begun.
  final class Seat: Sendable {
    private let seats: EventSeats

    fileprivate init(seats: EventSeats) { self.seats = seats }

    deinit { seats.taken.withLock { $0 -= 1 } }
  }
}

/// What a listener is told when two pictures differ.
struct FleetEvents: Sendable {
  private struct NodeChange: Encodable {
    let node: String
    let state: String
    let lastSeen: String?
  }

  private struct ConflictCounts: Encodable, Equatable {
    let open: Int
    let settled: Int
  }

  private struct QuarantineCount: Encodable, Equatable {
    let held: Int
  }

  private var states: [NodeName: OfficeView.State] = [:]
  private var conflicts: ConflictCounts?
  private var quarantine: QuarantineCount?

  /// The first picture is told as a whole.
  mutating func changes(to picture: FleetPicture) throws -> [ServerEvent] {
    var events: [ServerEvent] = []
    for office in picture.known where states[office.node] != office.state {
      states[office.node] = office.state
      let change = NodeChange(
        node: office.node.text, state: office.state.rawValue,
        lastSeen: office.lastSeen.map { InstantText.of($0) })
      events.append(try ServerEvent("node", change))
    }
    let conflicts = ConflictCounts(
      open: picture.overview.openConflicts, settled: picture.overview.settledConflicts)
    if conflicts != self.conflicts { events.append(try ServerEvent("conflicts", conflicts)) }
    self.conflicts = conflicts
    let quarantine = QuarantineCount(held: picture.overview.quarantined)
    if quarantine != self.quarantine { events.append(try ServerEvent("quarantine", quarantine)) }
    self.quarantine = quarantine
    return events
  }
}

extension CentreRoutes {
  func events(_ call: HTTPCall) async throws -> Response {
    guard let seat = context.eventSeats.take() else {
      throw HTTPProblem(
        .serviceUnavailable, "too_many_listeners",
        BilingualText(
          id: "Terlalu banyak yang mendengarkan; coba lagi nanti.",
          en: "Too many are listening; try again later."),
        language: call.language)
    }
    let (context, pace) = (context, context.eventPace)
    return .events { writer in
      defer { withExtendedLifetime(seat) {} }
      var told = FleetEvents()
      for poll in 0..<pace.pollsMax {
        if Task.isCancelled || Task.isShuttingDownGracefully || !call.isStillWelcome() { return }
        // A store that fails for a moment ends no stream; readiness tells of it.
        if let picture = try? await context.pictures.recent() {
          try await writer.send(try told.changes(to: picture))
        }
        if poll > 0, poll.isMultiple(of: pace.pollsPerHeartbeat) { try await writer.heartbeat() }
        do { try await Task.sleep(for: pace.pollPeriod) } catch { return }
      }
    }
  }
}
