/// How far two words are apart, to find the one that was meant.
package enum EditDistance {
  /// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
  package static func between(_ left: String, _ right: String) -> Int {
    let left = Array(left.utf8)
    let right = Array(right.utf8)
    var beforeLast = [Int](repeating: 0, count: right.count + 1)
    var last = Array(0...right.count)
    for row in left.indices {
      var next = [row + 1]
      next.reserveCapacity(right.count + 1)
      for column in right.indices {
        var cost = min(last[column + 1] + 1, next[column] + 1)
        cost = min(cost, last[column] + (left[row] == right[column] ? 0 : 1))
        if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
          cost = min(cost, beforeLast[column - 1] + 1)
        }
        next.append(cost)
      }
      beforeLast = last
      last = next
    }
    return last[right.count]
  }

  /// The word of `candidates` that `word` most likely stands for; nil when none is near.
  package static func nearest(to word: String, among candidates: some Swift.Sequence<String>) -> String? {
    nearest(to: word, among: candidates, limit: word.utf8.count <= 3 ? 1 : max(2, word.utf8.count / 3))
  }

  /// The word of `candidates` of which `word` can hardly be anything but a slip of the keyboard; nil when there is none.
  ///
  /// Three letters are too few to tell: NIP is no misspelt NIK.
  package static func slip(for word: String, among candidates: some Swift.Sequence<String>) -> String? {
    word.utf8.count <= 3 ? nil : nearest(to: word, among: candidates, limit: word.utf8.count < 8 ? 1 : 2)
  }

  private static func nearest(
    to word: String, among candidates: some Swift.Sequence<String>, limit: Int
  ) -> String? {
    guard word.utf8.count <= 100 else { return nil }
    return candidates.map { (distance: between(word, $0), word: $0) }
      .filter { $0.distance <= limit }
      .min { ($0.distance, $0.word) < ($1.distance, $1.word) }?.word
  }
}
