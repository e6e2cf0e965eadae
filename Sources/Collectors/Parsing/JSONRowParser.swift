import Datasets

/// Reads one JSON object, or an array of objects element by element; `line` counts elements from 1.
///
/// It finds where elements end without building the document, so that an array of any length passes through.
package struct JSONRowParser: RowParser {
  private enum Phase {
    case start
    /// In the array, before an element or its end; `isFirst` while `]` may come at once.
    case beforeElement(isFirst: Bool)
    case afterElement
    /// In an element of the array, or in the one object.
    case element
    case end
    /// The document is broken: what follows has no place any more.
    case stopped
  }

  private var phase = Phase.start
  private var isArray = false
  private var element: [UInt8] = []
  private var elementNumber = 0
  private var isTooLarge = false
  private var depth = 0
  private var isInString = false
  private var isEscaped = false
  private var markBytes = 0

  package init() {}

  package mutating func push(_ chunk: [UInt8]) -> [ParsedRow] {
    var output: [ParsedRow] = []
    var index = 0
    while index < chunk.count {
      if case .element = phase {
        readElement(chunk, &index, into: &output)
        continue
      }
      between(chunk[index], &index, into: &output)
    }
    return output
  }

  package mutating func finish() -> [ParsedRow] {
    var output: [ParsedRow] = []
    switch phase {
    case .end, .stopped: break
    case .start: stop(.notAnObject, into: &output)
    case .element where depth == 0 && !isInString && !isArray: endElement(into: &output)
    case .beforeElement, .afterElement, .element:
      if case .element = phase {} else { elementNumber += 1 }
      stop(JSONObjectReader.broken(id: "isinya terpotong", en: "it is cut off"), into: &output)
    }
    phase = .stopped
    return output
  }

  private mutating func between(_ byte: UInt8, _ index: inout Int, into output: inout [ParsedRow]) {
    if case .stopped = phase {
      index = .max
      return
    }
    if byte == 0x20 || byte == 10 || byte == 13 || byte == 9 || isMark(byte) {
      index += 1
      return
    }
    switch phase {
    case .start where byte == UInt8(ascii: "["):
      isArray = true
      phase = .beforeElement(isFirst: true)
      index += 1
    case .beforeElement(isFirst: true) where byte == UInt8(ascii: "]"),
      .afterElement where byte == UInt8(ascii: "]"):
      phase = .end
      index += 1
    case .afterElement where byte == UInt8(ascii: ","):
      phase = .beforeElement(isFirst: false)
      index += 1
    case .start, .beforeElement:
      if byte == UInt8(ascii: ",") || byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}")
        || byte == UInt8(ascii: ":")
      {
        elementNumber += 1
        stop(
          JSONObjectReader.broken(id: "koma atau kurung berlebih", en: "a comma or bracket too many"),
          into: &output)
      } else {
        beginElement()
      }
    case .afterElement, .end, .element, .stopped:
      elementNumber += 1
      let isEnd = if case .end = phase { true } else { false }
      stop(
        isEnd
          ? JSONObjectReader.broken(id: "ada teks sesudah akhirnya", en: "there is text after its end")
          : JSONObjectReader.broken(id: "kurang koma atau ]", en: "a comma or ] is missing"), into: &output)
    }
  }

  /// A byte order mark at the very start.
  private mutating func isMark(_ byte: UInt8) -> Bool {
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    guard case .start = phase, markBytes < 3, byte == mark[markBytes] else { return false }
    markBytes += 1
    return true
  }

  private mutating func beginElement() {
    elementNumber += 1
    element.removeAll(keepingCapacity: true)
    isTooLarge = false
    depth = 0
    isInString = false
    isEscaped = false
    phase = .element
  }

  private mutating func readElement(_ chunk: [UInt8], _ index: inout Int, into output: inout [ParsedRow]) {
    let start = index
    while index < chunk.count {
      let byte = chunk[index]
      if isInString {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isInString = false
        }
      } else if byte == UInt8(ascii: "\"") {
        isInString = true
      } else if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") {
        depth += 1
      } else if byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") {
        // Which of the two is checked when the element is read; here only where it ends counts.
        if depth <= 1 {
          if depth == 1 { index += 1 }
          keep(chunk[start..<index])
          endElement(into: &output)
          return
        }
        depth -= 1
      } else if depth == 0, byte == UInt8(ascii: ",") {
        keep(chunk[start..<index])
        endElement(into: &output)
        return
      }
      index += 1
    }
    keep(chunk[start..<index])
  }

  private mutating func keep(_ bytes: ArraySlice<UInt8>) {
    guard !isTooLarge else { return }
    isTooLarge = element.count + bytes.count > ParsingLimits.rowBytesMax
    if isTooLarge { element = [] } else { element += bytes }
  }

  private mutating func endElement(into output: inout [ParsedRow]) {
    phase = isArray ? .afterElement : .end
    if isTooLarge {
      output.append(.problem(RejectedRow(line: elementNumber, problem: .rowTooLarge)))
    } else {
      output.append(ParsedRow(JSONObjectReader.fields(of: element), line: elementNumber))
    }
  }

  private mutating func stop(_ problem: FieldProblem, into output: inout [ParsedRow]) {
    output.append(.problem(RejectedRow(line: max(1, elementNumber), problem: problem)))
    phase = .stopped
  }
}
