import Datasets
import Synchronization

/// Keeps cursors that hold what a caller may not see, and gives out a random name for each.
///
/// A cursor over the natural key of attendance, say, has a PIN in it. The newest ones are kept; who comes
/// with one that is gone begins the list anew.
package final class CursorVault: Sendable {
  private struct Contents {
    var cursors: [String: String] = [:]
    /// Oldest first.
    var names: [String] = []
  }

  private let countMax: Int
  private let contents = Mutex(Contents())

  package init(countMax: Int = 1_024) { self.countMax = max(1, countMax) }

  /// The name under which `cursor` is kept.
  package func name(of cursor: String) -> String {
    var generator = SystemRandomNumberGenerator()
    let name = RecordID(high: generator.next(), low: generator.next()).description
    contents.withLock { contents in
      if contents.names.count >= countMax { contents.cursors[contents.names.removeFirst()] = nil }
      contents.cursors[name] = cursor
      contents.names.append(name)
    }
    return name
  }

  /// - Returns: nil for a name that was never given out, or too long ago.
  package func cursor(named name: String) -> String? { contents.withLock { $0.cursors[name] } }
}
