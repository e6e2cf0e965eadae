import Datasets
import GRDB
import Replication
import Storage
package import Wire

extension NodeStore {
  /// What hello says of this node, gathered in one transaction; notes durably that the incarnation has
  /// spoken.
  ///
  /// - Returns: hello; `softwareVersion` and `report`, which only the session knows, are taken as given.
  package func hello(
    softwareVersion: String, clock: ClockReading, report: NodeReport
  ) async throws -> Hello {
    try await write { transaction in
      try transaction.markSpoken()
      let copy = transaction.cache.copy
      return Hello(
        softwareVersion: softwareVersion, lineage: transaction.lineage(),
        streams: try transaction.helloStreams(),
        cursor: copy.needsRebuild ? nil : copy.cursor, ruleVersion: copy.needsRebuild ? 0 : copy.ruleVersion,
        documents: try transaction.documentHashes(), clock: clock, report: report)
    }
  }
}

extension WriteTransaction {
  /// Marks that hello gives of one stream beside the acknowledged and the sealed one.
  private static let betweenMarksMax = 14

  mutating func markSpoken() throws {
    guard cache.lineage.markSpoken(), let present = cache.lineage.present else { return }
    try database.execute(
      sql: "UPDATE _incarnation SET is_spoken = 1 WHERE generation = ?",
      arguments: [present.incarnation.storedGeneration])
  }

  /// The present incarnation first, then its parents back to the last that a welcome named.
  func lineage() -> [Lineage] {
    var lineage: [Lineage] = []
    let names = Dictionary(
      cache.streams.values.map { ($0.id, $0.dataset) }, uniquingKeysWith: { first, _ in first })
    for member in cache.lineage.members.reversed() {
      guard lineage.count < Limits.parentsMax else { break }
      let ends = member.ends.compactMap { stream, end in
        names[stream].map { Lineage.End(dataset: $0, last: end.last, sealed: end.sealed) }
      }
      lineage.append(
        Lineage(
          incarnation: member.incarnation, parent: member.parent,
          ends: ends.sorted { $0.dataset < $1.dataset }))
      if member.isWelcomed { break }
    }
    return lineage
  }

  fileprivate func helloStreams() throws -> [Hello.Stream] {
    try sortedStreams.sorted { $0.dataset < $1.dataset }.map { stream in
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
        dataset: stream.dataset, earliestKept: stream.earliest, next: stream.last.next, marks: marks)
    }
  }

  fileprivate func documentHashes() throws -> [DocumentHash] {
    try database.documents().map {
      DocumentHash(name: $0.name, hash: EntryChecksum.of(Array($0.text.utf8)))
    }
  }
}
