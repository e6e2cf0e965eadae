/// Cuts bytes into lines at LF, CR LF or CR, with their numbers, in bounded memory.
package struct LineSplitter: Sendable {
  package struct Line: Sendable, Equatable {
    /// From 1, also counting blank lines.
    package let number: Int
    /// Without the line end; empty when the line was longer than the limit.
    package let bytes: [UInt8]
    package let isTooLong: Bool
  }

  private let lineBytesMax: Int
  private var current: [UInt8] = []
  private var isTooLong = false
  private var number = 1
  private var isAfterCR = false

  package init(lineBytesMax: Int) { self.lineBytesMax = lineBytesMax }

  package mutating func push(_ chunk: [UInt8], _ each: (Line) -> Void) {
    var index = chunk.startIndex
    while index < chunk.endIndex {
      if isAfterCR {
        isAfterCR = false
        if chunk[index] == 10 {
          index += 1
          continue
        }
      }
      var end = index
      while end < chunk.endIndex, chunk[end] != 10, chunk[end] != 13 { end += 1 }
      append(chunk[index..<end])
      index = end
      guard index < chunk.endIndex else { return }
      isAfterCR = chunk[index] == 13
      index += 1
      endLine(each)
    }
  }

  /// The last line, when it has no line end.
  package mutating func finish(_ each: (Line) -> Void) {
    if !current.isEmpty || isTooLong { endLine(each) }
  }

  private mutating func append(_ bytes: ArraySlice<UInt8>) {
    guard !isTooLong else { return }
    guard current.count + bytes.count <= lineBytesMax else {
      isTooLong = true
      current = []
      return
    }
    current += bytes
  }

  private mutating func endLine(_ each: (Line) -> Void) {
    each(Line(number: number, bytes: current, isTooLong: isTooLong))
    current.removeAll(keepingCapacity: true)
    isTooLong = false
    number += 1
  }
}
