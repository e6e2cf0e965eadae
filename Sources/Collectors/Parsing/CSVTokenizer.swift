/// Cuts the bytes of a table into rows and cells (RFC 4180), with the line on which each row starts.
///
/// It is pulled over a chunk: `next` answers with one event and goes on behind it. What a broken quotation
/// mark swallowed can be read again
/// from the following line, so that one clerk's typing error does not hide the people below it.
struct CSVTokenizer: Sendable {
  enum Event: Equatable {
    /// `cells` has the row.
    case row
    case defect(Defect)
  }

  enum Defect: Equatable {
    case rowTooLarge
    case cellTooLarge
    case tooManyColumns
    case unclosedQuote
  }

  private enum State { case cellStart, unquoted, quoted, quoteInQuoted, skipping }

  static let columnsMax = 1_000
  /// Reading again costs up to a row's bytes each time; a hostile file may not ask for it without end.
  private static let rereadsMax = 32

  private let delimiter: UInt8
  private var state = State.cellStart
  /// The content of the row's cells one after another, and where each ends.
  private var content: [UInt8] = []
  private var ends: [Int] = []
  private var isAfterCR = false
  private var line: Int
  /// The line on which the present row starts.
  private(set) var rowLine: Int
  /// Everything after the row's first line, once a quoted cell went over its end.
  private var afterFirstLine: [UInt8]?
  private var rereads = 0
  private var isDelivered = false

  /// - Parameter isAfterCR: whether an LF that comes first belongs to the line before.
  init(delimiter: UInt8, line: Int, isAfterCR: Bool = false) {
    self.delimiter = delimiter
    self.isAfterCR = isAfterCR
    self.line = line
    rowLine = line
  }

  /// The cells of the row that `next` or `finish` just announced.
  var cells: [String] {
    var cells: [String] = []
    cells.reserveCapacity(ends.count)
    var start = 0
    for end in ends {
      cells.append(start == end ? "" : LossyText.decode(content[start..<end]))
      start = end
    }
    return cells
  }

  /// Whether no cell of the announced row holds anything but blanks and quotation marks.
  var isBlank: Bool { content.allSatisfy { $0 == 0x20 || $0 == 9 } }

  /// The next event in `input` from `index` on, which moves behind it; nil when the input is used up.
  mutating func next(_ input: [UInt8], _ index: inout Int) -> Event? {
    startNextRow()
    var rawStart = index
    while index < input.count {
      if isAfterCR {
        isAfterCR = false
        if input[index] == 10 {
          index += 1
          rawStart = index
          continue
        }
      }
      if state == .skipping {
        skipLine(input, &index)
        rawStart = index
        continue
      }
      if let event = step(input, &index, &rawStart) {
        keepRaw(input[rawStart..<index])
        return event
      }
    }
    keepRaw(input[rawStart..<index])
    return nil
  }

  /// What the end of the input completes.
  mutating func finish() -> Event? {
    startNextRow()
    switch state {
    case .skipping: return nil
    case .quoted: return .defect(.unclosedQuote)
    case .cellStart, .unquoted, .quoteInQuoted:
      guard !ends.isEmpty || !content.isEmpty || state != .cellStart else { return nil }
      ends.append(content.count)
      return deliver()
    }
  }

  /// After a defect: the bytes from the row's second line on, to be read again; nil when the rest of the
  /// present line is skipped instead.
  mutating func recover() -> [UInt8]? {
    let again = afterFirstLine
    clearRow()
    guard let again, rereads < Self.rereadsMax else {
      state = .skipping
      return nil
    }
    rereads += 1
    line = rowLine + 1
    rowLine = line
    return again
  }

  private mutating func step(_ input: [UInt8], _ index: inout Int, _ rawStart: inout Int) -> Event? {
    let byte = input[index]
    switch state {
    case .cellStart:
      if byte == UInt8(ascii: "\"") {
        state = .quoted
        index += 1
      } else {
        state = .unquoted
      }
    case .unquoted:
      if byte == delimiter || byte == 10 || byte == 13 { return endCell(byte, &index) }
      let delimiter = delimiter
      return take(input, &index) { $0 == delimiter || $0 == 10 || $0 == 13 }
    case .quoted:
      if byte == UInt8(ascii: "\"") {
        state = .quoteInQuoted
        index += 1
        return nil
      }
      if byte == 10 { noteLineEndInQuotes(input, index, &rawStart) }
      // A line end is taken alone, so that the count of lines and the copy for reading again start right
      // behind it.
      if byte == 10 { return take(input, &index, only: 1) { _ in false } }
      return take(input, &index) { $0 == UInt8(ascii: "\"") || $0 == 10 }
    case .quoteInQuoted:
      if byte == UInt8(ascii: "\"") {
        state = .quoted
        return take(input, &index, only: 1) { _ in false }
      }
      if byte == delimiter || byte == 10 || byte == 13 { return endCell(byte, &index) }
      state = .unquoted  // "Botto" II: text behind a closing mark is kept.
    case .skipping: break
    }
    return nil
  }

  /// Copies bytes into the cell until `isEnd`, and stops exactly where a limit is passed, however the chunks
  /// are cut.
  private mutating func take(
    _ input: [UInt8], _ index: inout Int, only countMax: Int = .max, until isEnd: (UInt8) -> Bool
  ) -> Event? {
    let cellRoom = ParsingLimits.cellBytesMax - (content.count - (ends.last ?? 0))
    let rowRoom = ParsingLimits.rowBytesMax - content.count
    let stop = index + min(input.count - index, countMax, cellRoom + 1, rowRoom + 1)
    var end = index
    input.withUnsafeBufferPointer { bytes in
      while end < stop, !isEnd(bytes[end]) { end += 1 }
    }
    content += input[index..<end]
    let taken = end - index
    index = end
    if taken > rowRoom { return .defect(.rowTooLarge) }
    if taken > cellRoom {
      return .defect(state == .quoted && afterFirstLine != nil ? .unclosedQuote : .cellTooLarge)
    }
    return nil
  }

  private mutating func endCell(_ byte: UInt8, _ index: inout Int) -> Event? {
    index += 1
    ends.append(content.count)
    state = .cellStart
    if byte == delimiter { return ends.count >= Self.columnsMax ? .defect(.tooManyColumns) : nil }
    isAfterCR = byte == 13
    line += 1
    afterFirstLine = nil
    return deliver()
  }

  private mutating func noteLineEndInQuotes(_ input: [UInt8], _ index: Int, _ rawStart: inout Int) {
    line += 1
    guard afterFirstLine == nil else { return }
    afterFirstLine = []
    rawStart = index + 1
  }

  private mutating func skipLine(_ input: [UInt8], _ index: inout Int) {
    while index < input.count, input[index] != 10, input[index] != 13 { index += 1 }
    guard index < input.count else { return }
    isAfterCR = input[index] == 13
    index += 1
    line += 1
    rowLine = line
    state = .cellStart
  }

  private mutating func keepRaw(_ bytes: ArraySlice<UInt8>) {
    if afterFirstLine != nil { afterFirstLine? += bytes }
  }

  private mutating func deliver() -> Event {
    isDelivered = true
    return .row
  }

  /// The announced row is kept until the next pull, since the caller reads `cells` in between.
  private mutating func startNextRow() {
    guard isDelivered else { return }
    clearRow()
    rowLine = line
  }

  private mutating func clearRow() {
    isDelivered = false
    content.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    afterFirstLine = nil
    state = .cellStart
  }
}
