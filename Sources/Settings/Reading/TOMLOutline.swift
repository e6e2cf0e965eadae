/// Where everything stands in a TOML text: what the parser does not tell.
///
/// TOMLKit gives neither lines nor the order of keys. Worse, it frees nested tables by recursion, so that a
/// file can exhaust the stack, and its assertions stop the process at some malformed keys and times. So the
/// outline is made first: it knows the places, bounds nesting, and refuses what has not TOML's form.
struct TOMLOutline {
  /// A header or an assignment, with the bytes that it takes.
  struct Entry {
    enum Kind: Equatable {
      case header
      case assignment
      /// An assignment within an inline table.
      case inlineAssignment
    }

    let kind: Kind
    let path: SettingPath
    /// From 1.
    let line: Int
    /// From the key's or the bracket's first byte through the value's or the bracket's last.
    let bytes: Range<Int>
    /// The value's bytes; empty for a header.
    let value: Range<Int>
  }

  /// Parts of a path, and levels of brackets in each other.
  static let depthMax = 32
  /// Far more than a fleet's largest file has (2,000), far less than memory minds.
  static let entriesMax = 50_000

  private(set) var entries: [Entry] = []
  /// The index in `entries` of the first that mentions a path, by header, key or dotted prefix.
  private var firstEntries: [SettingPath: Int] = [:]

  /// - Throws: `TOMLScanner.Failure` at the first place that is no TOML or goes beyond the bounds.
  init(_ text: String) throws(TOMLScanner.Failure) {
    var scanner = TOMLScanner(Array(text.utf8))
    entries = try scanner.scan()
    for (index, entry) in entries.enumerated() {
      var path = entry.path
      while !path.parts.isEmpty, firstEntries[path] == nil {
        firstEntries[path] = index
        path = path.parent
      }
    }
  }

  /// The line where `path` is first mentioned, else the line of what is around it.
  func line(of path: SettingPath) -> Int? {
    var path = path
    while !path.parts.isEmpty {
      if let index = firstEntries[path] { return entries[index].line }
      path = path.parent
    }
    return nil
  }

  /// A rank of `path` by its first mention; paths that are never mentioned come last.
  func rank(of path: SettingPath) -> Int { firstEntries[path] ?? Int.max }

  /// The assignment that gives `path` its value.
  func assignment(of path: SettingPath) -> Entry? {
    entries.first { $0.kind != .header && $0.path == path }
  }

  /// The header that opens the table `path`.
  func header(of path: SettingPath) -> Entry? {
    entries.first { $0.kind == .header && $0.path == path }
  }
}
