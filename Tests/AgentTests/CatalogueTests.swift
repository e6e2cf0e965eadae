import Datasets
import Foundation
import Machine
import NodeStorage
import Sessions
import Testing
import Wire

@testable import Agent

@Suite struct CatalogueTests {
  private let camera = Fixture.dataset("camera")

  @Test func `a definition that cannot be read leaves the last readable one in force, also after a restart`()
    async throws
  {
    let office = try await Office()
    let store = office.context.store
    try await store.storeDocuments([Document(name: "camera", text: "id = \"camera\"\nkind = \"hologram\"\n")])
    let problems = try await office.context.catalogue.install(from: store, fleetKeys: [])
    #expect(problems.map(\.name) == ["camera"])
    #expect(office.context.catalogue.dataset(camera) != nil)
    // A new process knows nothing but the store.
    let restarted = Catalogue()
    let again = try await restarted.install(from: store, fleetKeys: [])
    #expect(again.map(\.name) == ["camera"])
    #expect(restarted.dataset(camera)?.definition == office.context.catalogue.dataset(camera)?.definition)
    #expect(try await store.occurrences(camera).elements.isEmpty)
  }

  @Test func `a withdrawn dataset is out of force at once`() async throws {
    let office = try await Office()
    let store = office.context.store
    #expect(office.context.catalogue.dataset(camera) != nil)
    try await store.storeDocuments([Document(name: "camera", text: "")])
    let problems = try await office.context.catalogue.install(from: store, fleetKeys: [])
    #expect(problems.isEmpty)
    #expect(office.context.catalogue.dataset(camera) == nil)
    #expect(office.context.catalogue.dataset(Fixture.population) != nil)
    await #expect(throws: (any Error).self) { try await store.occurrences(camera) }
  }
}
