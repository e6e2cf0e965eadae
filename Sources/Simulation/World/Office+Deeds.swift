import Datasets
import NodeStorage
import Replication
import Sessions
import Storage
import Wire

/// What people at an office do, through the very calls of its HTTP interface.
extension Office {
  func does(_ deed: Deed, _ chance: Chance) async {
    await does { store in
      switch deed {
      case .recordsScan: try await recordsScan(store, FleetFiles.attendance)
      case .takesSample: try await recordsScan(store, FleetFiles.camera)
      case .reportsIncident: try await reportsIncident(store, chance)
      case .registersPerson: try await registersPerson(store, chance)
      case .editsPerson: try await writesField(store, chance, ["nama", "alamat", "agama"], "\(chance.below(100))")
      case .movesPerson:
        let village = chance.pick(world.files.villages(of: profile)) ?? ""
        try await writesField(store, chance, ["kode_wilayah"], village)
      case .deletesPerson: try await setsLifecycle(.deleted, store, chance)
      case .restoresPerson: try await setsLifecycle(.present, store, chance)
      case .resolvesConflict: try await resolvesConflict(store, chance)
      }
    }
  }

  /// Does something at the store, if there is one, and takes its refusals as people do.
  private func does(_ body: (NodeStore) async throws -> Void) async {
    guard let store else { return }
    do { try await body(store) } catch let refusal as EditRefusal {
      world.note("\(name) may not: \(refusal)")
    } catch let refusal as QuarantineReason {
      world.note("\(name) may not: \(refusal.code)")
    } catch is SiblingArrived {
      world.note("\(name) comes too late")
    } catch let error as StoreError where error.code == .notFound || error.code == .full {
      world.note("\(name) does not get to it: \(error.code)")
    } catch {
      _ = survives(error)
    }
  }

  /// Nil where what is done is promised to nobody.
  private var promises: Promises? { isTwin ? nil : world.promises }

  private func recordsScan(_ store: NodeStore, _ dataset: String) async throws {
    let number = world.promises.nextNumber()
    let time = ZonedInstant(timestamp: reading().wall, offsetMinutes: 480)
    try await records(
      dataset, [("device", .text(name.text)), ("pin", .text("\(number)")), ("time", .instant(time))],
      key: "\(name) \(number)", store)
  }

  private func reportsIncident(_ store: NodeStore, _ chance: Chance) async throws {
    // Some are reported by two offices, or twice.
    let number = chance.happens(200) ? chance.below(4) : world.promises.nextNumber()
    try await records(
      FleetFiles.incident, [("nomor", .text("\(number)")), ("uraian", .text("banjir"))], key: "\(number)", store)
  }

  private func records(
    _ dataset: String, _ fields: [(String, Value)], key: String, _ store: NodeStore
  ) async throws {
    guard let dataset = work?.catalogue.dataset(named: dataset) else { return }
    world.promises.attempted(dataset.name, key)
    let row = ValidRow(line: 1, fields: fields.compactMap { field, value in FieldName(field).map { ($0, value) } })
    let result = try await store.record(dataset.name, rows: [row], now: reading())
    guard result.accepted == 1 else { return world.violated("\(name): a sound row is refused: \(result.rejected)") }
    world.note("\(name) \(dataset.name) \(key)")
    promises?.answered(dataset.name, key, by: name)
    if let last = result.last { appended(dataset.name, lane: dataset.lane, last: last) }
  }

  private func registersPerson(_ store: NodeStore, _ chance: Chance) async throws {
    guard let work, let dataset = work.catalogue.dataset(named: FleetFiles.population) else { return }
    // Few numbers, so that two offices register the same person.
    let number = chance.below(12)
    let values: [(String, Value)] = [
      ("nomor", .text("\(number)")), ("nama", .text("ORANG \(number)")),
      ("kode_wilayah", .text(chance.pick(world.files.villages(of: profile)) ?? "")),
    ]
    let row = ValidRow(line: 1, fields: values.compactMap { field, value in FieldName(field).map { ($0, value) } })
    let ids = self.chance
    let run = ImportRun(
      kind: .once, isTyped: true, fleetKeys: work.catalogue.current.fleetKeys,
      randomID: { RecordID(high: ids.bits() >> 8 | 1, low: ids.bits()) })
    let result = try await store.importRows(dataset.name, rows: [ImportRow(row)], run: run, now: reading())
    world.note("\(name) registers \(number): \(result.created) \(result.changed) \(result.rejected.count)")
    guard let last = result.last, let record = result.records.first else { return }
    promises?.edited(
      RecordPlace(dataset: dataset.name, record: record),
      Dot(author: Author(node: name, incarnation: store.incarnation), sequence: last), seen: nil)
    appended(dataset.name, lane: dataset.lane, last: last)
  }

  /// What somebody has on the screen.
  private struct Screen {
    let dataset: DatasetDefinition
    let view: RecordView
    /// The same, as the checks need it.
    let state: RecordState
  }

  private func looks(_ store: NodeStore, _ chance: Chance) async throws -> Screen? {
    guard let dataset = work?.catalogue.dataset(named: FleetFiles.population) else { return nil }
    let page = try await store.records(dataset.name, RecordQuery(limit: 50))
    guard let view = chance.pick(page.elements), let state = try await store.state(dataset.name, view.id) else {
      return nil
    }
    return Screen(dataset: dataset, view: view, state: state)
  }

  /// Somebody looks at a record, thinks for a while, and saves.
  private func changesPerson(
    _ store: NodeStore, _ chance: Chance,
    _ save: @escaping (NodeStore, Screen, RecordVersion) async throws -> SavedRecord?
  ) async throws {
    guard let screen = try await looks(store, chance) else { return }
    planned(after: chance.pick([0, 5000, 20_000, 40_000]) ?? 0) { [unowned self] in
      await does { store in
        var version = screen.view.version
        if world.scenario.mistake == .savesOverUnseen,
          let now = try await store.record(screen.dataset.name, screen.view.id)
        {
          version = now.version
        }
        guard let saved = try await save(store, screen, version), let dot = saved.dot else { return }
        world.note("\(name) edits \(saved.view.id) as \(dot.sequence)")
        promises?.edited(
          RecordPlace(dataset: screen.dataset.name, record: saved.view.id), dot, seen: screen.state)
        appended(screen.dataset.name, lane: screen.dataset.lane, last: dot.sequence)
      }
    }
  }

  private func writesField(_ store: NodeStore, _ chance: Chance, _ fields: [String], _ text: String) async throws {
    guard let field = chance.pick(fields).flatMap({ FieldName($0) }) else { return }
    try await changesPerson(store, chance) { [unowned self] store, screen, version in
      try await store.save(
        screen.dataset.name, id: screen.view.id, values: [(field, .text(text))], version: version, now: reading())
    }
  }

  private func setsLifecycle(_ lifecycle: Lifecycle, _ store: NodeStore, _ chance: Chance) async throws {
    try await changesPerson(store, chance) { [unowned self] store, screen, version in
      try await store.setLifecycle(
        screen.dataset.name, id: screen.view.id, lifecycle, version: version, now: reading())
    }
  }

  private func resolvesConflict(_ store: NodeStore, _ chance: Chance) async throws {
    try await changesPerson(store, chance) { [unowned self] store, screen, version in
      guard let conflict = chance.pick(screen.view.conflicts), let sibling = chance.pick(conflict.siblings) else {
        return nil
      }
      return try await store.resolve(
        screen.dataset.name, id: screen.view.id, field: conflict.field, value: sibling.value, version: version,
        reason: nil, now: reading())
    }
  }
}
