/// Aligned columns for people; whole UTF-8 characters, nothing is cut.
package struct TextTable: Sendable, Equatable {
  package enum Alignment: Sendable {
    case left
    case right
  }

  package struct Column: Sendable, Equatable {
    package var title: String
    package var alignment: Alignment

    package init(_ title: String, _ alignment: Alignment = .left) {
      self.title = title
      self.alignment = alignment
    }
  }

  package struct Cell: Sendable, Equatable, ExpressibleByStringInterpolation {
    package var text: String
    package var style: TextStyle

    package init(_ text: String, _ style: TextStyle = .plain) {
      self.text = PrintableText.oneLine(text)
      self.style = style
    }

    package init(stringLiteral value: String) { self.init(value) }
  }

  private static let gap = "  "

  package var columns: [Column]
  package var rows: [[Cell]]
  /// Without headings the table is a list of names and values.
  package var showsHeadings = true

  package init(_ columns: [Column], rows: [[Cell]] = []) {
    self.columns = columns
    self.rows = rows
  }

  /// Names on the left, values on the right.
  package init(pairs: [(String, Cell)]) {
    columns = [Column(""), Column("")]
    rows = pairs.map { [Cell($0.0, .faint), $0.1] }
    showsHeadings = false
  }

  /// Lines that end with LF; rows with fewer cells than columns are filled with blanks, further cells left out.
  package func text(hasColours: Bool) -> String {
    let headings = columns.map { Cell($0.title, .heading) }
    let lines = showsHeadings ? [headings] + rows : rows
    var widths = columns.map { _ in 0 }
    for line in lines {
      for (index, cell) in line.prefix(columns.count).enumerated() {
        widths[index] = max(widths[index], cell.text.count)
      }
    }
    return lines.map { text(of: $0, widths: widths, hasColours: hasColours) + "\n" }.joined()
  }

  private func text(of line: [Cell], widths: [Int], hasColours: Bool) -> String {
    var output = ""
    // Blanks owed before the next text: a line does not end in blanks.
    var owed = 0
    for (index, column) in columns.enumerated() {
      if index > 0 { owed += Self.gap.count }
      let cell = index < line.count ? line[index] : ""
      let padding = widths[index] - cell.text.count
      if column.alignment == .right { owed += padding }
      if !cell.text.isEmpty {
        output +=
          String(repeating: " ", count: owed) + cell.style.apply(to: cell.text, hasColours: hasColours)
        owed = 0
      } else {
        owed += cell.text.count
      }
      if column.alignment == .left { owed += padding }
    }
    return output
  }
}
