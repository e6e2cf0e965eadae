/// For each author the highest counter known: what an editor saw, or what a field has absorbed.
///
/// Entries are sorted by author and never zero, so equal contexts have equal bytes.
package struct Context: Hashable, Sendable, CustomStringConvertible {
  /// One author's highest known counter.
  package struct Entry: Hashable, Sendable {
    package let author: Author
    package let counter: Sequence

    package init(author: Author, counter: Sequence) {
      self.author = author
      self.counter = counter
    }
  }

  package private(set) var entries: [Entry]

  package static let empty = Context()

  package init() { entries = [] }

  /// The context that knows exactly `dot` and what its author did before.
  package init(_ dot: Dot) { entries = [Entry(author: dot.author, counter: dot.sequence)] }

  /// The entry-wise maximum of `entries`, in any order.
  package init(_ entries: some Swift.Sequence<Entry>) {
    self.init()
    for entry in entries { raise(entry.author, to: entry.counter) }
  }

  package var isEmpty: Bool { entries.isEmpty }

  /// The highest counter known of `author`, `none` when nothing is.
  package subscript(author: Author) -> Sequence {
    let index = place(of: author)
    return index < entries.count && entries[index].author == author ? entries[index].counter : .none
  }

  /// Where `author` stands, or would stand.
  private func place(of author: Author) -> Int {
    var (low, high) = (0, entries.count)
    while low < high {
      let middle = low + (high - low) / 2
      if entries[middle].author < author { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Whether the change named by `dot` is known or has been replaced by one that saw it.
  package func covers(_ dot: Dot) -> Bool { dot.sequence <= self[dot.author] }

  /// Whether everything that `other` knows is known here.
  package func covers(_ other: Context) -> Bool {
    // Both are sorted: one walk, however long a peer makes them.
    var index = 0
    for entry in other.entries {
      while index < entries.count, entries[index].author < entry.author { index += 1 }
      guard index < entries.count, entries[index].author == entry.author,
        entry.counter <= entries[index].counter
      else { return false }
    }
    return true
  }

  /// Sets `author`'s counter to the greater of the two.
  package mutating func raise(_ author: Author, to counter: Sequence) {
    guard counter > .none else { return }
    if let last = entries.last, last.author < author {
      // Contexts are read in ascending order: a long one from a peer must not cost its square.
      entries.append(Entry(author: author, counter: counter))
      return
    }
    let index = place(of: author)
    if index < entries.count, entries[index].author == author {
      if entries[index].counter < counter { entries[index] = Entry(author: author, counter: counter) }
    } else {
      entries.insert(Entry(author: author, counter: counter), at: index)
    }
  }

  package mutating func insert(_ dot: Dot) { raise(dot.author, to: dot.sequence) }

  /// The entry-wise maximum of both.
  package mutating func formUnion(_ other: Context) {
    if other.entries.isEmpty || covers(other) { return }
    if entries.isEmpty || other.covers(self) {
      self = other
      return
    }
    var merged: [Entry] = []
    merged.reserveCapacity(entries.count + other.entries.count)
    var (mine, theirs) = (entries[...], other.entries[...])
    while let left = mine.first, let right = theirs.first {
      if left.author == right.author {
        merged.append(left.counter < right.counter ? right : left)
        mine.removeFirst()
        theirs.removeFirst()
      } else if left.author < right.author {
        merged.append(mine.removeFirst())
      } else {
        merged.append(theirs.removeFirst())
      }
    }
    entries = merged + mine + theirs
  }

  package func union(_ other: Context) -> Context {
    var result = self
    result.formUnion(other)
    return result
  }

  /// The same without what is known of `authors`.
  package func removing(_ authors: Set<Author>) -> Context {
    var result = self
    result.entries.removeAll { authors.contains($0.author) }
    return result
  }

  /// The entry-wise minimum of both: what both know.
  package func meet(_ other: Context) -> Context {
    Context(entries.map { Entry(author: $0.author, counter: min($0.counter, other[$0.author])) })
  }

  /// Only what is known of one node's own incarnations (the law of own edits needs it).
  package func restricted(to node: NodeName) -> Context {
    var result = self
    result.entries.removeAll { $0.author.node != node }
    return result
  }

  package var description: String {
    "{" + entries.map { "\($0.author):\($0.counter)" }.joined(separator: ", ") + "}"
  }
}
