package import Datasets

/// The authors and contexts that one encoded thing uses, each written once: most fields of a record share one.
package struct ContextTable: Sendable {
  package private(set) var authors: [Author] = []
  package private(set) var contexts: [Context] = []
  private var authorIndexes: [Author: Int] = [:]
  private var contextIndexes: [Context: Int] = [:]
  /// The context asked for last.
  private var last: Int?

  package init() {}

  package mutating func index(of author: Author) -> Int {
    if let index = authorIndexes[author] { return index }
    authors.append(author)
    authorIndexes[author] = authors.count - 1
    return authors.count - 1
  }

  package mutating func index(of context: Context) -> Int {
    // Most fields share the context of the one before: comparing is cheaper than hashing.
    if let last, contexts[last] == context { return last }
    if let index = contextIndexes[context] {
      last = index
      return index
    }
    for entry in context.entries { _ = index(of: entry.author) }
    contexts.append(context)
    contextIndexes[context] = contexts.count - 1
    last = contexts.count - 1
    return contexts.count - 1
  }

  package func author(at index: UInt64) throws(WireError) -> Author {
    guard index < UInt64(authors.count) else { throw .malformed(what: "author index") }
    return authors[Int(index)]
  }

  package func context(at index: UInt64) throws(WireError) -> Context {
    guard index < UInt64(contexts.count) else { throw .malformed(what: "context index") }
    return contexts[Int(index)]
  }

  fileprivate init(authors: [Author], contexts: [Context]) {
    self.authors = authors
    self.contexts = contexts
  }

  fileprivate func knownIndex(of author: Author) -> Int { authorIndexes[author] ?? 0 }
}

extension ByteWriter {
  /// Authors first, then contexts as pairs of author index and counter.
  package mutating func contextTable(_ table: ContextTable) {
    list(table.authors) { $0.author($1) }
    list(table.contexts) { writer, context in
      writer.list(context.entries) {
        $0.varint(table.knownIndex(of: $1.author))
        $0.sequence($1.counter)
      }
    }
  }
}

extension ByteReader {
  package mutating func contextTable() throws(WireError) -> ContextTable {
    let authors = try list("authors", limit: Limits.authorsMax) { reader throws(WireError) in
      try reader.author()
    }
    let contexts = try list("contexts", limit: Limits.contextsMax) { reader throws(WireError) in
      let entries = try reader.list("context", limit: Limits.authorsMax) {
        reader throws(WireError) -> Context.Entry in
        let index = try reader.varint("author index")
        guard index < UInt64(authors.count) else { throw .malformed(what: "author index") }
        return Context.Entry(author: authors[Int(index)], counter: try reader.sequence("counter"))
      }
      // As they are written; so a hostile order cannot make the building of a context quadratic either.
      guard entries.allSatisfy({ $0.counter > .none }),
        zip(entries, entries.dropFirst()).allSatisfy({ $0.author < $1.author })
      else { throw .malformed(what: "context") }
      return Context(entries)
    }
    return ContextTable(authors: authors, contexts: contexts)
  }
}
