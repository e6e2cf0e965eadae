package import Datasets

/// Reads a table (RFC 4180 and what spreadsheets make of it) whose first known line has the columns'
/// headings.
///
/// Taken in stride: a byte order mark, `;` or a tab for the comma (also announced by Excel's `sep=;`), CR LF,
/// Windows-1252 for UTF-8, title lines
/// above the headings, headings repeated for every family, blank lines and empty cells at the end of a row.
package struct CSVRowParser: RowParser {
  private enum Phase {
    /// The first bytes tell a table from a spreadsheet.
    case opening
    case headings
    case rows(CSVTokenizer, ColumnMap)
    /// The table is refused as a whole and the reason reported: rows are counted and not read.
    case refused(CSVTokenizer)
    /// Nothing can be read any more; the reason has been reported.
    case stopped
  }

  private let definition: DatasetDefinition
  private let regions: RegionTable?
  private var phase = Phase.opening
  private var opening: [UInt8] = []
  private var finder = CSVHeadingFinder()
  private var headings: [String] = []
  /// By which the rows are read; kept beyond the last one, for whoever tells what became of them.
  private var columns: ColumnMap?
  package private(set) var refusedRows = 0

  /// - Parameter regions: where names of kecamatan and desa are looked up.
  package init(definition: DatasetDefinition, regions: RegionTable?) {
    self.definition = definition
    self.regions = regions
  }

  package func heading(of field: String) -> String? { columns?.heading(of: field) }

  package mutating func push(_ chunk: [UInt8]) -> [ParsedRow] {
    var output: [ParsedRow] = []
    read(chunk, into: &output)
    return output
  }

  package mutating func finish() -> [ParsedRow] {
    var output: [ParsedRow] = []
    if case .opening = phase { open(into: &output) }
    if case .headings = phase {
      switch finder.finish() {
      case nil: break
      case .line(let line): takeHeadings(line, rest: [], into: &output)
      case .tooLong(let line): stop(at: line, .noHeading(definition), into: &output)
      case .notText: stop(at: 1, .notCSV, into: &output)
      }
      if case .headings = phase, let line = finder.firstLine {
        stop(at: line, .noHeading(definition), into: &output)
        refusedRows = finder.candidates
      }
    }
    if case .refused(var tokenizer) = phase {
      while let event = tokenizer.finish() {
        refusedRows += event == .row && tokenizer.isBlank ? 0 : 1
        if event == .row { break }
        if let again = tokenizer.recover() { count(again, by: &tokenizer) }
      }
    }
    // Ends: a defect at the end either drops the row or reads again from a later line.
    while case .rows(var tokenizer, let columns) = phase, let event = tokenizer.finish() {
      phase = .rows(tokenizer, columns)
      let isRow = event == .row
      if let again = take(event, into: &output) { read(again, into: &output) }
      if isRow { break }
    }
    phase = .stopped
    return output
  }

  private mutating func read(_ bytes: [UInt8], into output: inout [ParsedRow]) {
    switch phase {
    case .opening:
      opening += bytes
      if opening.count >= 4 { open(into: &output) }
    case .headings: findHeadings(bytes, into: &output)
    case .rows: readRows(bytes, into: &output)
    case .refused(var tokenizer):
      phase = .stopped
      count(bytes, by: &tokenizer)
      phase = .refused(tokenizer)
    case .stopped: break
    }
  }

  private mutating func open(into output: inout [ParsedRow]) {
    // PK: xlsx and ods; D0 CF 11 E0: xls; FF FE and FE FF: UTF-16 ("Unicode text"); %PDF; 1F 8B: gzip;
    // 89 PNG and FF D8: pictures.
    let foreign: [[UInt8]] = [
      [0x50, 0x4B, 3, 4], [0xD0, 0xCF, 0x11, 0xE0], [0xFF, 0xFE], [0xFE, 0xFF], Array("%PDF".utf8), [0x1F, 0x8B],
      [0x89, 0x50, 0x4E, 0x47], [0xFF, 0xD8],
    ]
    if foreign.contains(where: { opening.starts(with: $0) }) {
      stop(at: 1, .notCSV, into: &output)
      return
    }
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let bytes = opening.starts(with: mark) ? Array(opening.dropFirst(3)) : opening
    opening = []
    phase = .headings
    if !bytes.isEmpty { findHeadings(bytes, into: &output) }
  }

  private mutating func findHeadings(_ bytes: [UInt8], into output: inout [ParsedRow]) {
    var index = 0
    while index < bytes.count, case .headings = phase {
      switch finder.next(bytes, &index) {
      case nil: return
      case .line(let line): takeHeadings(line, rest: bytes[index...], into: &output)
      case .tooLong(let line): stop(at: line, .noHeading(definition), into: &output)
      case .notText: stop(at: 1, .notCSV, into: &output)
      }
    }
  }

  /// Begins with the rows if `line` has headings; else it was a title above them.
  private mutating func takeHeadings(
    _ line: CSVHeadingFinder.Line, rest: ArraySlice<UInt8>, into output: inout [ParsedRow]
  ) {
    if line.isFirst, isAttlog(line.cells) {
      refusedRows = finder.candidates
      return refuse(.attlogName, at: line.number, line, rest, into: &output)
    }
    do throws(FieldProblem) {
      let columns = try ColumnMap(header: line.cells, definition: definition, regions: regions)
      guard isHeading(columns, line) else {
        if line.isLastCandidate { refuseWithoutHeadings(line, rest, into: &output) }
        return
      }
      if let refusal = columns.refusal { throw refusal }
      headings = line.cells
      self.columns = columns
      phase = .rows(
        CSVTokenizer(delimiter: line.delimiter, line: line.nextNumber, isAfterCR: finder.isAfterCR), columns)
      readRows(Array(rest), into: &output)
    } catch {
      // Where a row of data stands in the place of headings, what its cells resemble is not what is wrong.
      if Self.isData(line.cells) { return refuseWithoutHeadings(line, rest, into: &output) }
      refuse(error, at: line.number, line, rest, into: &output)
    }
  }

  private static func isData(_ cells: [String]) -> Bool { cells.contains(where: IdentityNumbers.areIn) }

  /// Every line so far was one of data, or a title above it.
  private mutating func refuseWithoutHeadings(
    _ line: CSVHeadingFinder.Line, _ rest: ArraySlice<UInt8>, into output: inout [ParsedRow]
  ) {
    refusedRows = finder.candidates
    refuse(.noHeading(definition), at: finder.firstLine ?? line.number, line, rest, into: &output)
  }

  /// Refuses the table as a whole, and counts the rows behind `line`.
  private mutating func refuse(
    _ problem: FieldProblem, at number: Int, _ line: CSVHeadingFinder.Line, _ rest: ArraySlice<UInt8>,
    into output: inout [ParsedRow]
  ) {
    output.append(.problem(RejectedRow(line: number, problem: problem)))
    var tokenizer = CSVTokenizer(delimiter: line.delimiter, line: line.nextNumber, isAfterCR: finder.isAfterCR)
    count(Array(rest), by: &tokenizer)
    phase = .refused(tokenizer)
  }

  private mutating func count(_ bytes: [UInt8], by tokenizer: inout CSVTokenizer) {
    var input = bytes
    var index = 0
    while let event = tokenizer.next(input, &index) {
      refusedRows += event == .row && tokenizer.isBlank ? 0 : 1
      guard event != .row, let again = tokenizer.recover() else { continue }
      input = again + input[index...]
      index = 0
    }
  }

  /// Whether a terminal's download, which has no headings, was given the name of a table.
  private func isAttlog(_ cells: [String]) -> Bool {
    definition.name.text == SpoolAddress.attlogDataset
      && AttlogColumns(cells.joined(separator: "\t")).punch(layout: .export, swapsStatusAndVerify: false) != nil
  }

  /// Two known headings, or nothing but known ones; one known among others counts only in the first line.
  ///
  /// `Kecamatan;LALABATA` above the table is a title although Kecamatan is a heading.
  private func isHeading(_ columns: ColumnMap, _ line: CSVHeadingFinder.Line) -> Bool {
    let filled = line.cells.count { !$0.isEmpty }
    if columns.recognisedCount > 1 || (columns.recognisedCount > 0 && columns.recognisedCount == filled) {
      return true
    }
    return line.isFirst && columns.recognisedCount > columns.regionNameCount
  }

  private mutating func readRows(_ bytes: [UInt8], into output: inout [ParsedRow]) {
    var input = bytes
    var index = 0
    while case .rows(var tokenizer, let columns) = phase {
      // Taken out of the phase while it works, so that its buffers are not copied.
      phase = .stopped
      let event = tokenizer.next(input, &index)
      phase = .rows(tokenizer, columns)
      guard let event else { return }
      guard let again = take(event, into: &output) else { continue }
      input = again + input[index...]
      index = 0
    }
  }

  /// Reports a row or a defect. Returns bytes that are to be read again.
  private mutating func take(_ event: CSVTokenizer.Event, into output: inout [ParsedRow]) -> [UInt8]? {
    guard case .rows(var tokenizer, var columns) = phase else { return nil }
    phase = .stopped
    defer { if case .stopped = phase { phase = .rows(tokenizer, columns) } }
    switch event {
    case .defect(let defect):
      output.append(.problem(RejectedRow(line: tokenizer.rowLine, problem: Self.problem(of: defect))))
      return tokenizer.recover()
    case .row:
      if tokenizer.isBlank { return nil }
      let line = tokenizer.rowLine
      var cells = tokenizer.cells
      if cells == headings || columns.areHeadings(cells) {
        takeRepeatedHeadings(cells, line: line, &columns, into: &output)
        return nil
      }
      // Spreadsheets pad rows with empty cells.
      while cells.count > columns.columnCount, cells.last == "" { cells.removeLast() }
      guard cells.count == columns.columnCount else {
        let problem = FieldProblem.ragged(expected: columns.columnCount, found: cells.count)
        output.append(.problem(RejectedRow(line: line, problem: problem)))
        return nil
      }
      switch columns.row(line: line, cells: cells) {
      case .success(let row): if !row.fields.isEmpty { output.append(.row(row)) }
      case .failure(let problem): output.append(.problem(RejectedRow(line: line, problem: problem)))
      }
      return nil
    }
  }

  /// Old exports repeat the headings for every family; should they differ, the rows below follow the new
  /// ones.
  private mutating func takeRepeatedHeadings(
    _ cells: [String], line: Int, _ columns: inout ColumnMap, into output: inout [ParsedRow]
  ) {
    guard cells != headings else { return }
    do throws(FieldProblem) {
      columns = try ColumnMap(header: cells, definition: definition, regions: regions)
      self.columns = columns
      headings = cells
    } catch {
      output.append(.problem(RejectedRow(line: line, problem: error)))
    }
  }

  private mutating func stop(at line: Int, _ problem: FieldProblem, into output: inout [ParsedRow]) {
    output.append(.problem(RejectedRow(line: line, problem: problem)))
    phase = .stopped
  }

  private static func problem(of defect: CSVTokenizer.Defect) -> FieldProblem {
    switch defect {
    case .rowTooLarge: .rowTooLarge
    case .cellTooLarge: .cellTooLarge
    case .tooManyColumns: .tooManyColumns
    case .unclosedQuote: .unclosedQuote
    }
  }
}
