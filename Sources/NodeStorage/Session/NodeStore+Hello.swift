import Datasets
import GRDB
import Replication
import Storage
package import Wire

extension NodeStore {
  /// What hello says of this node, gathered in one transaction; notes durably that the incarnation has
  /// spoken.
  ///
  /// More incarnations than one hello names are told in steps: then it speaks as the last of the step, with the streams
  /// as they were when that one ended, and the welcome says so (`WelcomeOutcome.isStep`).
  /// - Parameter hasAllParents: names all parents that are kept, not only those back to the last that a welcome named: a
  ///   centre that was set back may know none of these.
  /// - Returns: hello; `softwareVersion` and `report`, which only the session knows, are taken as given.
  package func hello(
    softwareVersion: String, clock: ClockReading, report: NodeReport, hasAllParents: Bool = false
  ) async throws -> Hello {
    try await write { transaction in
      let spoken = transaction.cache.lineage.toldByHello(
        all: hasAllParents, countMax: transaction.helloParentsMax)
      if spoken.ends == nil { try transaction.markSpoken() }
      let copy = transaction.cache.copy
      return Hello(
        softwareVersion: softwareVersion, lineage: transaction.lineage(spoken.members),
        streams: try transaction.helloStreams(until: spoken.ends),
        cursor: copy.needsRebuild ? nil : copy.cursor, ruleVersion: copy.needsRebuild ? 0 : copy.ruleVersion,
        documents: try transaction.documentHashes(), clock: clock, report: report)
    }
  }
}

extension LineageLine {
  /// The incarnations that a hello names, oldest first.
  ///
  /// - Returns: `ends`: where the last of them ended, by stream, when they are a step and not up to the present one.
  fileprivate func toldByHello(all: Bool, countMax: Int) -> (members: ArraySlice<Member>, ends: [Int64: End]?) {
    let first = all ? members.startIndex : members.lastIndex(where: \.isWelcomed) ?? members.startIndex
    let told = members[first...]
    if told.count <= countMax { return (told, nil) }
    // The newest, where the centre asks for more: the one that it knows may not be far.
    if all { return (told.suffix(countMax), nil) }
    let step = told.prefix(countMax)
    return (step, members[step.endIndex].ends)
  }
}

extension WriteTransaction {
  /// Marks that hello gives of one stream beside the acknowledged and the sealed one.
  private static let betweenMarksMax = 14
  /// Ends of streams that a hello may hold: with their heads they are half a message's bytes.
  private static let helloEndsMax = 40_000

  fileprivate var helloParentsMax: Int {
    max(2, min(context.limits.helloParentsMax, Self.helloEndsMax / max(1, cache.streams.count)))
  }

  mutating func markSpoken() throws {
    guard cache.lineage.markSpoken(), let present = cache.lineage.present else { return }
    try database.execute(
      sql: "UPDATE _incarnation SET is_spoken = 1 WHERE generation = ?",
      arguments: [present.incarnation.storedGeneration])
  }

  /// Lines of these incarnations, given oldest first, the newest first.
  fileprivate func lineage(_ members: ArraySlice<LineageLine.Member>) -> [Lineage] {
    let names = Dictionary(
      cache.streams.values.map { ($0.id, $0.dataset) }, uniquingKeysWith: { first, _ in first })
    return members.reversed().map { member in
      let ends = member.ends.compactMap { stream, end in
        names[stream].map { Lineage.End(dataset: $0, last: end.last, sealed: end.sealed) }
      }
      return Lineage(
        incarnation: member.incarnation, parent: member.parent, ends: ends.sorted { $0.dataset < $1.dataset })
    }
  }

  /// - Parameter ends: nil for the streams as they are now.
  fileprivate func helloStreams(until ends: [Int64: LineageLine.End]?) throws -> [Hello.Stream] {
    try sortedStreams.sorted { $0.dataset < $1.dataset }.map { stream in
      let last = ends.map { $0[stream.id]?.last ?? .none } ?? stream.last
      var marks: [StreamMark] = []
      for sequence in [stream.acked, stream.sealed] where sequence > .none {
        let mark = try database.mark(of: stream, atOrBefore: sequence)
        if mark.sequence == sequence, marks.last?.sequence != sequence { marks.append(mark.mark) }
      }
      if stream.acked < stream.sealed {
        let between = try database.marks(
          of: stream, from: stream.acked.next, through: stream.sealed.previous, limit: Self.betweenMarksMax)
        marks.append(contentsOf: between.map(\.mark))
        marks.sort { $0.sequence < $1.sequence }
      }
      return Hello.Stream(
        dataset: stream.dataset, earliestKept: stream.earliest, next: last.next,
        marks: marks.filter { $0.sequence <= last })
    }
  }

  fileprivate func documentHashes() throws -> [DocumentHash] {
    try database.documents().map {
      DocumentHash(name: $0.name, hash: EntryChecksum.of(Array($0.text.utf8)))
    }
  }
}
