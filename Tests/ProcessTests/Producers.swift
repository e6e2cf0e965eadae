import API
import Datasets
import Foundation
import TestSupport

@testable import Diagnostics

/// Sends punches until they are acknowledged, as a terminal's gateway does, and remembers which were.
actor PunchProducer {
  private let daemon: DemoDaemon
  /// Tells this producer's punches from others'.
  private let device: String
  private(set) var offered = 0
  private(set) var acknowledged: Set<String> = []

  init(_ daemon: DemoDaemon, device: String) {
    self.daemon = daemon
    self.device = device
  }

  /// Sends `count` more; whoever is not answered asks again with the same rows, which may not double them.
  func send(_ count: Int) async throws {
    let range = offered..<offered + count
    offered += count
    let rows = range.map { Self.row(device: device, $0) + "\n" }.joined()
    let body = APIRequest.Body(contentType: "application/x-ndjson", bytes: Array(rows.utf8))
    try await eventually("an answer to \(count) punches") {
      let request = APIRequest.intake("attendance", body, source: nil)
      guard let reply = try? await daemon.client.reply(IntakeReply.self, to: request).reply else { return false }
      guard reply.accepted == count, reply.rejectedTotal == 0 else { throw TestFailure("\(reply)") }
      return true
    }
    acknowledged.formUnion(range.map { "\(device)/\($0)" })
  }

  static func row(device: String, _ index: Int) -> String {
    let time = time(index)
    return #"{"device":"\#(device)","pin":"\#(index)","time":"\#(time)","status":0}"#
  }
}

extension PunchProducer {
  private static func time(_ index: Int) -> ZonedInstant {
    ZonedInstant(timestamp: Timestamp(milliseconds: 1_790_000_000_000 + Int64(index) * 1000), offsetMinutes: 480)
  }

  /// By which the API names the punch; lists mask the person's number in it.
  static func id(device: String, _ index: Int) -> String { "\(device),\(index),\(time(index)),0" }
}

/// Exports files into an office's spool and waits until each lies in `done/`.
actor FileProducer {
  private let fleet: RealFleet
  private let office: RealFleet.Office
  private let device: String
  private var files = 0
  private(set) var offered = 0
  private(set) var acknowledged: Set<String> = []

  init(_ fleet: RealFleet, _ office: RealFleet.Office, device: String) {
    self.fleet = fleet
    self.office = office
    self.device = device
  }

  func export(_ count: Int) async throws {
    let range = offered..<offered + count
    offered += count
    files += 1
    let name = "export-\(files).ndjson"
    let draft = fleet.layout.samplesDirectory + "/\(device)-\(name)"
    try fleet.layout.write(
      range.map { PunchProducer.row(device: device, $0) + "\n" }.joined(), to: draft, .english)
    try fleet.layout.move(draft, to: "\(office.spool)/attendance/\(name)", .english)
    let done = "\(office.spool)/done/attendance"
    try await eventually("\(name) is done") {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: done)) ?? []
      return names.contains { $0.contains("export-\(files).") }
    }
    acknowledged.formUnion(range.map { "\(device)/\($0)" })
  }
}

/// Registers residents and corrects their addresses, one save at a time, as a clerk does.
actor Clerk {
  private let daemon: DemoDaemon
  private var serial = 0
  /// Addresses whose save was answered, by record.
  private(set) var answered: [String: [String]] = [:]
  /// Addresses whose save was not: they may have been stored or not.
  private(set) var unanswered: [String: [String]] = [:]

  init(_ daemon: DemoDaemon) { self.daemon = daemon }

  /// The fields of a resident of Lalabata.
  static func resident(_ serial: Int) -> [String: JSONValue] {
    let number = String(10_000 + serial).dropFirst()
    return [
      "nik": .string("731204050868\(number)"), "nama": .string("WARGA \(serial)"),
      "tanggal_lahir": .string("1968-08-05"), "kode_wilayah": .string("73.12.04.1001"),
      "jenis_kelamin": .string("L"), "alamat": .string("JL. AWAL"),
    ]
  }

  func work() async throws {
    serial += 1
    let fields = Self.resident(serial)
    try await eventually("resident \(serial) is registered") {
      (try? await daemon.client.reply(
        IntakeReply.self, to: try .upsert("population", fields, source: "loket")
      ).reply.accepted) == 1
    }
    var found: RecordReply?
    try await eventually("resident \(serial) is shown") {
      let request = APIRequest.records(
        "population", Page(limit: 2), RecordFilter(fields: [FieldAssignment("nik", fields["nik"] ?? .null)]))
      found = try? await daemon.client.reply(RecordsReply.self, to: request).reply.records.first
      return found != nil
    }
    guard let found else { return }
    let address = "JL. BARU \(serial)"
    do {
      _ = try await daemon.client.body(
        of: try .edit("population", found.id, ["alamat": .string(address)], version: found.version, isCorrection: false)
      )
      answered[found.id, default: []].append(address)
    } catch {
      unanswered[found.id, default: []].append(address)
    }
  }
}

/// What people at an office do, by hand.
extension RealFleet.Office {
  func punch(_ range: Range<Int>, device: String = "T1") async throws {
    let rows = range.map { PunchProducer.row(device: device, $0) + "\n" }.joined()
    try await take("attendance", rows)
  }

  func take(_ dataset: String, _ rows: String) async throws {
    let body = APIRequest.Body(contentType: "application/x-ndjson", bytes: Array(rows.utf8))
    _ = try await daemon.client.body(of: .intake(dataset, body, source: nil))
  }

  /// Saves from a screen that shows the present record.
  func save(_ fields: [String: JSONValue], of resident: String) async throws {
    let version = try await daemon.record("population", resident).version
    _ = try await daemon.client.body(
      of: try .edit("population", resident, fields, version: version, isCorrection: false))
  }

  /// Registers residents of Lalabata; returns their ids once they are shown.
  func register(_ count: Int, _ fleet: RealFleet) async throws -> [String] {
    for serial in 1...count {
      _ = try await daemon.client.body(of: try .upsert("population", Clerk.resident(serial), source: nil))
    }
    return try await fleet.all("population", at: daemon).map(\.id)
  }
}
