package import Datasets
import GRDB
import Replication
import Storage
import Wire

/// What of a definition decides how a record looks: scope field, policies and authorities.
struct DerivationRules: Equatable {
  /// Stands for rules that no definition has: what records were derived by is not known.
  static let unsettled = "unsettled"

  /// One line per fact, sorted: `field nama review ["disdukcapil"] []`.
  let text: String

  init(_ definition: DatasetDefinition) {
    var lines = ["scope \(definition.scope?.text ?? "")"]
    for field in definition.fields {
      var order: [String] = []
      if case .monotone(let declared) = field.policy { order = declared }
      let authority = JSONText.array(field.authority.map(\.text))
      lines.append("field \(field.name) \(field.policy.word) \(authority) \(JSONText.array(order))")
    }
    text = lines.sorted().joined(separator: "\n")
  }

  /// Whether records that were derived by `older` look the same; fields that only came since are in none of them.
  func covers(_ older: String) -> Bool {
    Set(older.split(separator: "\n")).isSubset(of: text.split(separator: "\n"))
  }
}

extension CentreStore {
  private static let rederivedMax = 500

  static let rederivePageSQL =
    "SELECT id FROM record WHERE dataset = ? AND id > ? ORDER BY id LIMIT \(rederivedMax)"

  /// Derives anew what is kept of records beside their states (shown values, scope, conflicts, whether they are hidden)
  /// where policies or authorities have changed since that was done last, a page per transaction. Records that come out
  /// otherwise go to their readers again.
  ///
  /// To be called after every `install`, when the nodes have been told of the definitions: who derives what he gets by
  /// the older rules would not do it again. Interrupted, it begins anew at the next call.
  /// - Returns: how many records came out otherwise.
  @discardableResult
  package func rederive(now: Timestamp) async throws -> Int {
    var count = 0
    for dataset in catalogues.current.sorted {
      let definition = dataset.definition
      let rules = DerivationRules(definition)
      let name = definition.name
      let derived = try await read { database in
        try database.first("SELECT derived FROM dataset WHERE name = ?", [.text(name.text)]) {
          $0.text(0) ?? ""
        }
      }
      guard let derived, derived != rules.text else { continue }
      if definition.kind == .record, !rules.covers(derived) {
        count += try await rederive(dataset, now: now)
      }
      try await write(now: now) { session in
        // Rules that came in meanwhile are still to be followed.
        guard session.catalogue.datasets[name].map({ DerivationRules($0.definition) }) == rules else {
          return
        }
        try session.run(
          "UPDATE dataset SET derived = ? WHERE name = ?", [.text(rules.text), .text(name.text)])
      }
    }
    return count
  }

  private func rederive(_ dataset: InstalledDataset, now: Timestamp) async throws -> Int {
    let name = dataset.definition.name
    var after: [UInt8] = []
    var count = 0
    while true {
      let from = after
      let (last, changed) = try await write(now: now) { session -> (RecordID?, Int) in
        let page = try session.database.rows(Self.rederivePageSQL, [.text(name.text), .blob(from)]) {
          try $0.recordID(0)
        }
        let writer = try session.recordWriter(try session.installed(name))
        return (page.last, try page.count { try writer.rederive($0) })
      }
      count += changed
      guard let last else { return count }
      after = last.bytes
    }
  }
}
