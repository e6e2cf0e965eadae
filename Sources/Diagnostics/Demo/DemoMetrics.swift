/// Reads the Prometheus text format, as far as the demo needs it.
enum DemoMetrics {
  /// The value of a metric without labels, not negative; nil where there is none.
  static func value(_ name: String, in text: String) -> Double? {
    for line in text.split(whereSeparator: \.isNewline) where !line.hasPrefix("#") {
      let parts = line.split(separator: " ")
      guard parts.count >= 2, parts[0] == name, let value = Double(parts[1]), value.isFinite, value >= 0 else {
        continue
      }
      return min(value, 1e18)
    }
    return nil
  }
}
