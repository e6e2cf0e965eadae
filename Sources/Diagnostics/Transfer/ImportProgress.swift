package import Datasets

/// How far an import is, as one line.
package struct ImportProgress: Sendable {
  /// Bytes of the file, nil for a pipe.
  package var bytesTotal: UInt64?
  package var bytesDone: UInt64 = 0
  package var rows = 0

  package init(bytesTotal: UInt64?) { self.bytesTotal = bytesTotal }

  /// `42 %  12.345 baris  8.123 baris/detik  sisa 1 menit`.
  package func line(elapsed: Duration, language: Language) -> String {
    let quantity = Quantity(language: language)
    let age = Age(now: Timestamp(milliseconds: 0), language: language)
    let milliseconds = max(1, Double(elapsed.nanoseconds) / 1_000_000)
    var parts: [String] = []
    if let bytesTotal, bytesTotal > 0 {
      parts.append("\(Int(min(100, Double(bytesDone) / Double(bytesTotal) * 100))) %")
    }
    parts.append(language("\(quantity.count(rows)) baris", "\(quantity.count(rows)) rows"))
    let rate = quantity.count(Int(Double(rows) / milliseconds * 1000))
    parts.append(language("\(rate) baris/detik", "\(rate) rows/s"))
    if let bytesTotal, bytesTotal > bytesDone, bytesDone > 0 {
      let seconds = Double(bytesTotal - bytesDone) / Double(bytesDone) * milliseconds / 1000
      let span = age.text(ofSeconds: UInt64(min(seconds.rounded(.up), 1_000_000_000)))
      parts.append(language("sisa \(span)", "\(span) left"))
    }
    return parts.joined(separator: "  ")
  }
}
