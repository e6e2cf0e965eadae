import Datasets
import GRDB
import Storage
import Wire

/// The node's incarnations, oldest first, and where each begins in every stream.
struct LineageLine: Sendable, Equatable {
  /// Where the parent ended in one stream.
  struct End: Sendable, Equatable {
    let last: Datasets.Sequence
    let sealed: StreamMark
  }

  struct Member: Sendable, Equatable {
    let incarnation: Incarnation
    let parent: Incarnation?
    var isSpoken: Bool
    var isWelcomed: Bool
    /// By stream; a stream that did not exist yet has none.
    let ends: [Int64: End]
  }

  private(set) var members: [Member]

  init(_ members: [Member]) { self.members = members }

  var present: Member? { members.last }

  /// Which incarnation an entry belongs to: the last one that begins at or before it.
  func owner(stream: Int64, _ sequence: Datasets.Sequence) -> Incarnation? {
    for member in members.reversed() where start(of: member, in: stream) <= sequence {
      return member.incarnation
    }
    // Older ones were forgotten, but for the oldest member's parent: up to where it ended, entries are its.
    return members.first?.parent ?? members.first?.incarnation
  }

  /// The last sequence of the incarnation that owns `sequence`; nil when that is the present one.
  func end(stream: Int64, ofOwnerOf sequence: Datasets.Sequence) -> Datasets.Sequence? {
    members.compactMap { member in member.ends[stream]?.last }.filter { $0 >= sequence }.min()
  }

  /// Where the present incarnation begins.
  func presentStart(stream: Int64) -> Datasets.Sequence {
    present.map { start(of: $0, in: stream) } ?? Datasets.Sequence.none.next
  }

  private func start(of member: Member, in stream: Int64) -> Datasets.Sequence {
    (member.ends[stream]?.last ?? .none).next
  }

  mutating func append(_ member: Member) { members.append(member) }
  mutating func removeLast() { if !members.isEmpty { members.removeLast() } }

  /// Whether anything changed.
  mutating func markSpoken() -> Bool {
    guard let last = members.indices.last, !members[last].isSpoken else { return false }
    members[last].isSpoken = true
    return true
  }

  mutating func markWelcomed(_ incarnation: Incarnation) -> Bool {
    guard let index = members.firstIndex(where: { $0.incarnation == incarnation }), !members[index].isWelcomed
    else { return false }
    members[index].isWelcomed = true
    return true
  }

  /// Whether it may own entries of this line: a member, or the one that all members descend from.
  func mayOwn(_ incarnation: Incarnation) -> Bool {
    members.first?.parent == incarnation || members.contains { $0.incarnation == incarnation }
  }

  /// Whether it is of this line, and not the present one.
  func isEarlier(_ incarnation: Incarnation) -> Bool {
    members.dropLast().contains { $0.incarnation == incarnation }
  }

  mutating func removeFirst(_ count: Int) { members.removeFirst(min(count, members.count)) }
}

extension LineageLine {
  static func load(_ database: Database) throws -> LineageLine {
    var ends: [Int64: [Int64: End]] = [:]
    let endRows = try RawStatement(
      database, "SELECT generation, stream, last, sealed, head FROM _incarnation_end")
    while try endRows.step() {
      guard let last = Datasets.Sequence(UInt64(bitPattern: endRows.integer(2))),
        let sealed = Datasets.Sequence(UInt64(bitPattern: endRows.integer(3))),
        let head = Hash256(endRows.blob(4))
      else { throw StoreError(.damaged, "The store's incarnations cannot be read; restore a backup.") }
      ends[endRows.integer(0), default: [:]][endRows.integer(1)] = End(
        last: last, sealed: StreamMark(sequence: sealed, head: head))
    }
    let rows = try RawStatement(
      database,
      """
      SELECT generation, random, parent_generation, parent_random, is_spoken, is_welcomed FROM _incarnation
      ORDER BY generation
      """)
    var members: [Member] = []
    while try rows.step() {
      let parent =
        rows.isNull(2) ? nil : Incarnation(storedGeneration: rows.integer(2), random: rows.integer(3))
      members.append(
        Member(
          incarnation: Incarnation(storedGeneration: rows.integer(0), random: rows.integer(1)),
          parent: parent,
          isSpoken: rows.integer(4) != 0, isWelcomed: rows.integer(5) != 0,
          ends: ends[rows.integer(0)] ?? [:]))
    }
    return LineageLine(members)
  }

  static func insert(_ member: Member, openedAt: Timestamp, _ database: Database) throws {
    let incarnation = member.incarnation
    try database.execute(
      sql: """
        INSERT INTO _incarnation (generation, random, parent_generation, parent_random, opened_ms)
        VALUES (?, ?, ?, ?, ?)
        """,
      arguments: [
        incarnation.storedGeneration, incarnation.storedRandom, member.parent?.storedGeneration,
        member.parent?.storedRandom, openedAt.milliseconds,
      ])
    for (stream, end) in member.ends.sorted(by: { $0.key < $1.key }) {
      try database.execute(
        sql: "INSERT INTO _incarnation_end (generation, stream, last, sealed, head) VALUES (?, ?, ?, ?, ?)",
        arguments: [
          incarnation.storedGeneration, stream, Int64(bitPattern: end.last.value),
          Int64(bitPattern: end.sealed.sequence.value), end.sealed.head.data,
        ])
    }
  }

  static func delete(_ incarnation: Incarnation, _ database: Database) throws {
    for table in ["_incarnation", "_incarnation_end"] {
      try database.execute(
        sql: "DELETE FROM \(table) WHERE generation = ?", arguments: [incarnation.storedGeneration])
    }
  }
}

extension Incarnation {
  init(storedGeneration: Int64, random: Int64) {
    self.init(generation: UInt64(bitPattern: storedGeneration), random: UInt64(bitPattern: random))
  }

  var storedGeneration: Int64 { Int64(bitPattern: generation) }
  var storedRandom: Int64 { Int64(bitPattern: random) }
}
