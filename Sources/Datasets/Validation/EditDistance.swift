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
    guard word.utf8.count <= 100 else { return nil }
    let limit = word.utf8.count <= 3 ? 1 : max(2, word.utf8.count / 3)
    return candidates.map { (distance: between(word, $0), word: $0) }
      .filter { $0.distance <= limit }
      .min { ($0.distance, $0.word) < ($1.distance, $1.word) }?.word
  }

  /// The name of `candidates` of which `name` can hardly be anything but a slip of the keyboard: one of its words, of at
  /// least 5 letters, is one letter off (two from 9 letters on), and all others are the same. Nil when there is none.
  ///
  /// Fewer letters are too few to tell: NIP is no misspelt NIK, `nama_anak` none of `nama_ayah`.
  ///
  /// - Parameter lengthMin: of the word, in letters, where more is known than its spelling.
  package static func slip(
    for name: String, among candidates: some Swift.Sequence<String>, lengthMin: Int = 5
  ) -> String? {
    let words = name.split(separator: "_")
    return candidates.filter { candidate in
      let others = candidate.split(separator: "_")
      guard words.count == others.count else { return false }
      let differing = zip(words, others).filter { $0 != $1 }
      guard differing.count == 1, let (word, other) = differing.first else { return false }
      // The candidate's: a letter that was left out makes no word too short to tell.
      let length = other.utf8.count
      return length >= lengthMin && between(String(word), String(other)) <= (length < 9 ? 1 : 2)
    }.min()
  }
}
