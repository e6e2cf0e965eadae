import Datasets
import NodeStorage
import Replication
import Sessions
import Storage
import Wire

/// What people at an office do, through the very calls of its HTTP interface.
extension Office {
  func does(_ deed: Deed, _ chance: Chance) async {
    guard let store else { return }
    do {
      switch deed {
      case .recordsScan: try await recordsScan(store, chance)
      case .reportsIncident: try await reportsIncident(store, chance)
      case .registersPerson: try await registersPerson(store, chance)
      case .editsPerson: try await changesPerson(store, chance, ["nama", "alamat", "agama"], "\(chance.below(100))")
      case .movesPerson:
        let village = chance.pick(world.files.villages(of: profile)) ?? ""
        try await changesPerson(store, chance, ["kode_wilayah"], village)
      case .deletesPerson: try await setsLifecycle(.deleted, store, chance)
      case .restoresPerson: try await setsLifecycle(.present, store, chance)
      case .resolvesConflict: try await resolvesConflict(store, chance)
      }
    } catch let refusal as EditRefusal {
      world.note("\(name) may not: \(refusal)")
    } catch let refusal as QuarantineReason {
      world.note("\(name) may not: \(refusal.code)")
    } catch is SiblingArrived {
      world.note("\(name) comes too late")
    } catch let error as StoreError where error.code == .notFound || error.code == .full {
      world.note("\(name) \(deed.rawValue): \(error.code)")
    } catch {
      _ = survives(error)
    }
  }

  private func recordsScan(_ store: NodeStore, _ chance: Chance) async throws {
    let number = world.promises.nextNumber()
    let time = ZonedInstant(timestamp: reading().wall, offsetMinutes: 480)
    try await records(
      FleetFiles.attendance, [("device", .text(name.text)), ("pin", .text("\(number)")), ("time", .instant(time))],
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
    world.promises.answered(dataset.name, key, by: name)
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
      kind: .once, fleetKeys: work.catalogue.current.fleetKeys,
      randomID: { RecordID(high: ids.bits() >> 8 | 1, low: ids.bits()) })
    let result = try await store.importRows(dataset.name, rows: [ImportRow(row)], run: run, now: reading())
    world.note("\(name) registers \(number): \(result.created) \(result.changed) \(result.rejected.count)")
    guard let last = result.last, let record = result.records.first else { return }
    world.promises.edited(
      RecordPlace(dataset: dataset.name, record: record),
      Dot(author: Author(node: name, incarnation: store.incarnation), sequence: last))
    appended(dataset.name, lane: dataset.lane, last: last)
  }

  private func somebody(
    _ store: NodeStore, _ chance: Chance
  ) async throws -> (dataset: DatasetDefinition, view: RecordView)? {
    guard let dataset = work?.catalogue.dataset(named: FleetFiles.population) else { return nil }
    let page = try await store.records(dataset.name, RecordQuery(limit: 50))
    return chance.pick(page.elements).map { (dataset, $0) }
  }

  private func changesPerson(
    _ store: NodeStore, _ chance: Chance, _ fields: [String], _ text: String
  ) async throws {
    guard let (dataset, view) = try await somebody(store, chance), let name = chance.pick(fields),
      let field = FieldName(name)
    else { return }
    let saved = try await store.save(
      dataset.name, id: view.id, values: [(field, .text(text))], version: view.version, now: reading())
    took(saved, dataset)
  }

  private func setsLifecycle(_ lifecycle: Lifecycle, _ store: NodeStore, _ chance: Chance) async throws {
    guard let (dataset, view) = try await somebody(store, chance) else { return }
    let saved = try await store.setLifecycle(
      dataset.name, id: view.id, lifecycle, version: view.version, now: reading())
    took(saved, dataset)
  }

  private func resolvesConflict(_ store: NodeStore, _ chance: Chance) async throws {
    guard let (dataset, view) = try await somebody(store, chance), let conflict = chance.pick(view.conflicts),
      let sibling = chance.pick(conflict.siblings)
    else { return }
    let saved = try await store.resolve(
      dataset.name, id: view.id, field: conflict.field, value: sibling.value, version: view.version, reason: nil,
      now: reading())
    took(saved, dataset)
  }

  private func took(_ saved: SavedRecord, _ dataset: DatasetDefinition) {
    guard let dot = saved.dot else { return }
    world.note("\(name) edits \(saved.view.id) as \(dot.sequence)")
    world.promises.edited(RecordPlace(dataset: dataset.name, record: saved.view.id), dot)
    appended(dataset.name, lane: dataset.lane, last: dot.sequence)
  }
}
