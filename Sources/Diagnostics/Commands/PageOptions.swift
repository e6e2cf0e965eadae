import ArgumentParser
import Datasets

/// Which part of a long list a command shows.
struct PageOptions: ParsableArguments {
  @Option(help: "How many to show, 1 to 1000.")
  var limit = 100

  @Option(help: "Where to go on: what the part before gave as next.")
  var cursor: String?

  func validate() throws {
    guard (1...1000).contains(limit) else {
      throw ValidationError(
        id: "--limit berisi \(limit); beri 1 sampai 1000.", en: "--limit is \(limit); give 1 to 1000.")
    }
  }

  var page: Page { Page(limit: limit, cursor: cursor) }
}

extension Session {
  /// A page of a list: the table, or that there is nothing, and how to see more.
  func print(_ table: TextTable, next: String?) throws {
    if table.rows.isEmpty { try note(language("(tidak ada)", "(none)")) } else { try print(table) }
    guard let next else { return }
    try note(
      language("Masih ada lagi: tambahkan --cursor '\(next)'", "There is more: add --cursor '\(next)'"))
  }
}
