import Datasets
import Replication

/// What the rows of a table said of records that they name: of two rows that give a field of one record different values
/// nobody can say which is meant, for a table may have been sorted.
///
/// Some 50 bytes for each record and 4 for each cell that says something, up to `cellsMax`; of a row that was exported
/// these are the cells that somebody edited.
struct NamedRows: Sendable {
  /// 16 MiB.
  static let cellsMax = 4 << 20
  private static let hashBits: UInt32 = 22
  private static let numberBits: UInt32 = 10
  /// In place of a field's number, for a row that is kept as a whole.
  private static let whole: UInt32 = (1 << numberBits) - 1

  private let cellsMax: Int
  private var numbers: [FieldName: UInt32] = [:]
  /// Where in `blocks` the newest block of a record begins.
  private var newest: [RecordID: UInt32] = [:]
  /// Of each row that said something new of its record: its line, where the block before it begins, plus one (0: none
  /// does), how many cells there are, and the cells.
  private var blocks: [UInt32] = []

  /// - Parameter cellsMax: beyond so many a row is kept as a whole, and a later one of its record that says anything else
  ///   at all is taken for a contradiction.
  init(cellsMax: Int = Self.cellsMax) { self.cellsMax = cellsMax }

  /// The line of a row that gave a field of `record` another value; nil where none did.
  ///
  /// One contradiction in four million passes for none.
  func line(contradicting values: [(name: FieldName, value: Value)], of record: RecordID) -> Int? {
    guard let start = newest[record] else { return nil }
    var given = [Self.whole: Self.cell(of: values)]
    for (name, value) in values {
      if let number = numbers[name] { given[number] = Self.cell(number, value) }
    }
    var found: Int?
    forEachBlock(from: start) { line, cells in
      if cells.contains(where: { given[$0 >> Self.hashBits, default: $0] != $0 }) { found = line }
    }
    return found
  }

  /// Keeps what a row said that was taken; it contradicts none of those before.
  mutating func add(_ values: [(name: FieldName, value: Value)], of record: RecordID, line: Int) {
    let before = newest[record]
    var said: Set<UInt32> = []
    // A thousand rows that say the same are as long to look through as one.
    if let before { forEachBlock(from: before) { said.formUnion($1) } }
    let cells = self.cells(of: values).filter { !said.contains($0) }
    if cells.isEmpty { return }
    newest[record] = UInt32(blocks.count)
    blocks += [UInt32(truncatingIfNeeded: line), before.map { $0 + 1 } ?? 0, UInt32(cells.count)] + cells
  }

  private func forEachBlock(from start: UInt32, _ body: (_ line: Int, _ cells: ArraySlice<UInt32>) -> Void) {
    var next = start + 1
    while next > 0 {
      let start = Int(next) - 1
      let first = start + 3
      body(Int(blocks[start]), blocks[first..<first + Int(blocks[start + 2])])
      next = blocks[start + 1]
    }
  }

  private mutating func cells(of values: [(name: FieldName, value: Value)]) -> [UInt32] {
    guard blocks.count + values.count <= cellsMax else { return [Self.cell(of: values)] }
    var cells: [UInt32] = []
    for (name, value) in values {
      guard let number = number(of: name) else { return [Self.cell(of: values)] }
      cells.append(Self.cell(number, value))
    }
    return cells
  }

  /// Nil when there are more fields than a table has columns.
  private mutating func number(of name: FieldName) -> UInt32? {
    if let number = numbers[name] { return number }
    guard numbers.count < Int(Self.whole) else { return nil }
    let number = UInt32(numbers.count)
    numbers[name] = number
    return number
  }

  private static func cell(_ number: UInt32, _ value: Value) -> UInt32 {
    var hasher = Hasher()
    hasher.combine(value)
    return cell(number, hasher)
  }

  private static func cell(of values: [(name: FieldName, value: Value)]) -> UInt32 {
    var hasher = Hasher()
    for (name, value) in values {
      hasher.combine(name)
      hasher.combine(value)
    }
    return cell(whole, hasher)
  }

  private static func cell(_ number: UInt32, _ hasher: Hasher) -> UInt32 {
    number << hashBits | UInt32(truncatingIfNeeded: hasher.finalize()) & ((1 << hashBits) - 1)
  }
}
