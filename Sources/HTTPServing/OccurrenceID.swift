import Foundation

/// What names an event or sample: the values of its natural key, escaped and joined by commas.
package struct OccurrenceID: Hashable, Sendable, CustomStringConvertible {
  /// In the order of the dataset's key.
  package let key: [String]

  package init(key: [String]) { self.key = key }

  /// - Returns: nil unless `text` names as many values as the key has.
  package init?(_ text: String, keyCount: Int) {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false).map {
      $0.removingPercentEncoding
    }
    let key = parts.compactMap { $0 }
    guard key.count == parts.count, key.count == keyCount else { return nil }
    self.init(key: key)
  }

  package var description: String {
    key.map {
      $0.replacingOccurrences(of: "%", with: "%25").replacingOccurrences(of: ",", with: "%2C")
    }.joined(separator: ",")
  }
}
