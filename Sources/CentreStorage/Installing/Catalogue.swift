import Datasets
import Foundation
import Replication
import Storage
import Wire

/// What is installed: definitions compiled for the writer, and the offices' profiles.
struct Catalogue: Sendable {
  static let empty = Catalogue()

  var datasets: [DatasetName: InstalledDataset] = [:]
  var profiles: [NodeName: NodeProfile] = [:]
  /// By document name, without profiles.
  var texts: [String: String] = [:]
  var profileTexts: [NodeName: String] = [:]
  /// The newest version of the fleet key.
  var fleetKeyVersion: UInt8 = 1

  /// The datasets sorted by name: nothing may depend on a dictionary's order.
  var sorted: [InstalledDataset] { datasets.values.sorted { $0.definition.name < $1.definition.name } }

  /// A node without a profile has only what everybody has.
  func profile(of node: NodeName) -> NodeProfile? {
    profiles[node] ?? Self.plainProfile(of: node)
  }

  /// No record lies in region 00, so rules for the own region give it nothing.
  private static func plainProfile(of node: NodeName) -> NodeProfile? {
    RegionCode("00").map {
      NodeProfile(
        node: node, title: BilingualText(id: node.text, en: node.text), kind: "skpd", region: $0, roles: [])
    }
  }

  /// What a node without a profile may read.
  func readByAnybody(_ definition: DatasetDefinition) -> Access? {
    Self.plainProfile(of: .centre).map { Access(rules: definition.read, profile: $0) }
  }

  func write(_ node: NodeName, _ definition: DatasetDefinition) -> Access? {
    profile(of: node).map { Access(rules: definition.write, profile: $0) }
  }

  func read(_ node: NodeName, _ definition: DatasetDefinition) -> Access? {
    profile(of: node).map { Access(rules: definition.read, profile: $0) }
  }

  /// Everything that `node` may read, by dataset.
  func reading(_ node: NodeName) -> [(definition: DatasetDefinition, read: Access)] {
    sorted.compactMap { dataset in
      guard let access = read(node, dataset.definition), !access.isEmpty else { return nil }
      return (dataset.definition, access)
    }
  }

  func ruleVersion(of node: NodeName) -> UInt64 {
    RuleVersion.of(reading(node).map { ($0.definition.name, $0.read) })
  }

  /// Differs when `node` may write otherwise, begins or ceases to need the fleet key, or that has a new version: it comes
  /// with a welcome.
  func rightsVersion(of node: NodeName) -> UInt64 {
    let writing = sorted.compactMap { dataset in
      write(node, dataset.definition).map { (dataset: dataset.definition.name, read: $0) }
    }
    let rules = RuleVersion.of(writing)
    return writesRecords(node) ? rules ^ (1 << 63) ^ (UInt64(fleetKeyVersion) &* 0x9E37_79B9_7F4A_7C15) : rules
  }

  /// The documents that concern `node`, its profile among them, by name.
  func documents(of node: NodeName) -> [Document] {
    var documents: [Document] = []
    for dataset in sorted {
      let definition = dataset.definition
      let concerns = [read(node, definition), write(node, definition)].contains {
        $0.map { !$0.isEmpty } ?? false
      }
      guard concerns, let text = texts[definition.name.text] else { continue }
      documents.append(Document(name: definition.name.text, text: text))
    }
    if let text = profileTexts[node] { documents.append(Document(name: Document.profileName, text: text)) }
    return documents
  }

  /// Whether `node` makes record ids, and so needs the fleet key.
  func writesRecords(_ node: NodeName) -> Bool {
    sorted.contains { dataset in
      dataset.definition.kind == .record && (write(node, dataset.definition).map { !$0.isEmpty } ?? false)
    }
  }
}

/// The catalogue that new transactions and reads begin with.
///
/// Safe because `catalogue` is read and set only under the lock.
final class CatalogueBox: @unchecked Sendable {
  private let lock = NSLock()
  private var catalogue = Catalogue.empty
  private var feedReaders = FeedReaders(.empty)

  var current: Catalogue { lock.withLock { catalogue } }
  var readers: FeedReaders { lock.withLock { feedReaders } }

  /// A key that came while `new` was being made stays the newest.
  func set(_ new: Catalogue) {
    let readers = FeedReaders(new)
    lock.withLock {
      feedReaders = readers
      let keyVersion = max(new.fleetKeyVersion, catalogue.fleetKeyVersion)
      catalogue = new
      catalogue.fleetKeyVersion = keyVersion
    }
  }

  func fleetKeyRotated(to version: UInt8) {
    lock.withLock { catalogue.fleetKeyVersion = max(version, catalogue.fleetKeyVersion) }
  }
}
