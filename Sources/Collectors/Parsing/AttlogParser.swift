import Datasets

/// Reads the punches of an attendance terminal as rows of the dataset `attendance`.
///
/// Times stay local text, as the terminal wrote them: the row's validation gives them their zone. Nothing of
/// a line is repeated in a problem.
package struct AttlogParser: RowParser {
  /// Which columns follow the time.
  package enum Layout: Sendable {
    /// The body of a push: status, verify, workcode, reserved.
    case push
    /// A USB stick's `attlog.dat`: device id, status, verify, workcode.
    case export
  }

  private let layout: Layout
  private let swapsStatusAndVerify: Bool
  /// The device, when it is known better than any line can say.
  private let device: String?
  /// What the file's name says of the device; a serial number in the first line is better.
  private let fileDevice: String?
  private var serialNumber: String?
  private var lines = LineSplitter(lineBytesMax: ParsingLimits.logLineBytesMax)
  private var isAtFirstLine = true
  /// A lone word after a serial number line: a checksum if nothing follows, else a broken line.
  private var heldLine: Int?

  /// - Parameters:
  ///   - device: the serial number, when it is known (a push names it).
  ///   - fileName: `SERIAL_attlog.dat`; what stands before the underscore is the device unless `device` or a
  /// first line says better.
  ///   - swapsStatusAndVerify: some programs write these two columns the other way round.
  package init(
    layout: Layout, device: String? = nil, fileName: String? = nil, swapsStatusAndVerify: Bool = false
  ) {
    self.layout = layout
    self.device = device
    self.swapsStatusAndVerify = swapsStatusAndVerify
    fileDevice = fileName.flatMap(Self.device(inFileName:))
  }

  /// What stands before `_attlog` in a file's name; nil when nothing does.
  package static func device(inFileName name: String) -> String? {
    let bytes = Array(name.utf8)
    let mark = Array("_attlog".utf8)
    guard bytes.count > mark.count else { return nil }
    for start in 1...(bytes.count - mark.count) {
      let isMark = zip(bytes[start...], mark).allSatisfy { $0 == $1 || $0 | 32 == $1 }
      if isMark, let name = Self.word(String(decoding: bytes[..<start], as: UTF8.self)) { return name }
    }
    return nil
  }

  package mutating func push(_ chunk: [UInt8]) -> [ParsedRow] {
    var complete: [LineSplitter.Line] = []
    lines.push(chunk) { complete.append($0) }
    return complete.flatMap { read($0) }
  }

  package mutating func finish() -> [ParsedRow] {
    var complete: [LineSplitter.Line] = []
    lines.finish { complete.append($0) }
    let rows = complete.flatMap { read($0) }
    heldLine = nil  // A lone last word: the checksum.
    return rows
  }

  private mutating func read(_ line: LineSplitter.Line) -> [ParsedRow] {
    guard !line.isTooLong else { return releaseHeldLine() + [Self.problem(line.number, .notAPunch)] }
    var bytes = line.bytes[...]
    if line.number == 1, bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes = bytes.dropFirst(3) }
    // Ctrl-Z and NUL: what DOS programs and fixed buffers leave at the end.
    while let last = bytes.last, last == 0x1A || last == 0 { bytes.removeLast() }
    if bytes.allSatisfy({ $0 == 0x20 || $0 == 9 }) { return [] }

    let columns = AttlogColumns(LossyText.decode(bytes))
    let isFirst = isAtFirstLine
    isAtFirstLine = false
    if layout == .export, columns.texts.count == 1, let word = Self.word(columns.texts[0]) {
      if isFirst, word.utf8.count >= 5 {
        serialNumber = word
        return []
      }
      // Only those devices that write a serial number first write a checksum last.
      if serialNumber != nil {
        defer { heldLine = line.number }
        return releaseHeldLine()
      }
    }
    return releaseHeldLine() + [row(columns, line: line.number)]
  }

  private mutating func releaseHeldLine() -> [ParsedRow] {
    guard let held = heldLine else { return [] }
    heldLine = nil
    return [Self.problem(held, .notAPunch)]
  }

  private func row(_ columns: AttlogColumns, line: Int) -> ParsedRow {
    guard let punch = columns.punch(layout: layout, swapsStatusAndVerify: swapsStatusAndVerify) else {
      return Self.problem(line, .notAPunch)
    }
    // The first four characters are the year: the time has been read.
    guard punch.time.prefix(4) >= "2000" else { return Self.problem(line, .punchBefore2000) }
    guard let device = device ?? serialNumber ?? fileDevice ?? punch.device else {
      return Self.problem(line, .noDevice)
    }
    var fields: [(name: String, value: RawValue)] = [
      ("device", .text(device)), ("pin", .text(punch.pin)), ("time", .text(punch.time)),
      // Domain rule: a terminal that sends no status means 255, undefined.
      ("status", .text(punch.status ?? "255")),
    ]
    if let verify = punch.verify { fields.append(("verify", .text(verify))) }
    if let workcode = punch.workcode { fields.append(("workcode", .text(workcode))) }
    return .row(IntakeRow(line: line, fields: fields))
  }

  /// A serial number, a checksum: letters, digits and hyphens, at most 32.
  private static func word(_ text: String) -> String? {
    let bytes = text.utf8
    let isWord =
      (1...32).contains(bytes.count)
      && bytes.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"): true
        default: false
        }
      }
    return isWord ? text : nil
  }

  private static func problem(_ line: Int, _ problem: FieldProblem) -> ParsedRow {
    .problem(RejectedRow(line: line, problem: problem))
  }
}
