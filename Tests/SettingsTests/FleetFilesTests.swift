import Datasets
import Foundation
import Testing

@testable import Settings

/// The fleet that is shipped: `agents/` of this repository.
@Suite struct FleetFilesTests {
  private static let directory =
    URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path + "/agents"

  private let fleet: FleetDirectory

  init() throws {
    fleet = try FleetDirectory.load(
      directory: Self.directory, datasetsDirectory: Self.directory + "/datasets")
  }

  @Test func `it has 38 offices and its datasets`() {
    #expect(fleet.profiles.count == 38)
    #expect(fleet.profiles.filter { $0.kind == "kecamatan" }.count == 8)
    #expect(
      fleet.datasets.map(\.definition.name.text).starts(with: [
        "attendance", "camera", "link", "population", "site",
      ]))
    #expect(fleet.regions.regions.count == 79)
  }

  @Test func `what the nodes get is the same again`() throws {
    for document in fleet.datasets { #expect(try DefinitionDocument.parse(document.text) == document) }
    for profile in fleet.profiles {
      #expect(try ProfileDocument.parse(ProfileDocument(profile).text).profile == profile)
    }
  }

  @Test func `every authority is an office, and every role of a rule is some office's`() {
    let nodes = Set(fleet.profiles.map(\.node))
    let roles = Set(fleet.profiles.flatMap(\.roles)).union(["*"])
    for document in fleet.datasets {
      for field in document.definition.fields {
        #expect(nodes.isSuperset(of: field.authority), "\(document.definition.name).\(field.name)")
      }
      for rule in document.definition.read + document.definition.write {
        #expect(roles.isSuperset(of: rule.roles), "\(document.definition.name)")
      }
    }
  }
}
