import Datasets
import Storage
import Wire

extension WriteSession {
  /// So many of a stream's newest marks stay as they are: it is there that lines part.
  private static let exactMarks = 64
  /// Before them a mark goes when what is left apart by it is at most this part of the way to the newest: going back
  /// twice as far costs twice the hashing, and the marks of a stream grow with the logarithm of its length.
  private static let holePart: UInt64 = 8
  private static let newMarksMax = 64

  /// Keeps a head that was true once: the end of a batch, or (`isGap`) of a gap, over which nothing can be computed.
  func storeMark(_ row: Int64, _ dataset: DatasetName, _ mark: StreamMark, isGap: Bool = false) throws {
    guard mark.sequence > .none else { return }
    try run(
      """
      INSERT INTO stream_mark (incarnation, dataset, sequence, head, is_gap) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET is_gap = max(is_gap, excluded.is_gap)
      """,
      [
        .integer(row), .text(dataset.text), mark.sequence.stored, .blob(mark.head.bytes),
        .integer(isGap ? 1 : 0),
      ])
    let key = WriterMemory.StreamKey(incarnation: row, dataset: dataset)
    let new = try (memory.newMarks[key] ?? marksSinceThinning(key)) + 1
    memory.newMarks[key] = new
    guard new >= Self.newMarksMax else { return }
    try thinMarks(row, dataset)
    memory.newMarks[key] = 0
  }

  /// A writer that remembers nothing of a stream cannot know; many marks are thinned at once.
  private func marksSinceThinning(_ key: WriterMemory.StreamKey) throws -> Int {
    let count = try first(
      "SELECT count(*) FROM stream_mark WHERE incarnation = ? AND dataset = ?",
      [.integer(key.incarnation), .text(key.dataset.text)]
    ) { Int($0.integer(0)) }
    return count ?? 0 > 2 * Self.newMarksMax ? Self.newMarksMax : 0
  }

  private func thinMarks(_ row: Int64, _ dataset: DatasetName) throws {
    let stream: [StoredValue] = [.integer(row), .text(dataset.text)]
    let marks = try database.rows(Self.marksSQL, stream) {
      (sequence: $0.sequence(0), isGap: $0.integer(1) != 0)
    }
    guard let newest = marks.first?.sequence, marks.count > Self.exactMarks else { return }
    var kept = marks[Self.exactMarks - 1].sequence
    for (mark, older) in zip(marks[Self.exactMarks...], marks[Self.exactMarks...].dropFirst()) {
      let hole = kept.value - older.sequence.value
      if !mark.isGap, hole <= (newest.value - older.sequence.value) / Self.holePart {
        try run(
          "DELETE FROM stream_mark WHERE incarnation = ? AND dataset = ? AND sequence = ?",
          stream + [mark.sequence.stored])
      } else {
        kept = mark.sequence
      }
    }
  }

  static let marksSQL =
    "SELECT sequence, is_gap FROM stream_mark WHERE incarnation = ? AND dataset = ? ORDER BY sequence DESC"
}
