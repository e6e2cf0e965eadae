import API
import Datasets
import Foundation
import HTTPRequesting
import HTTPTypes
import TestSupport
import Testing

@testable import Diagnostics

/// Numbers of people in every place where one can come to lie, and a walk over everything that can be looked at.
final class PlantedNumbers {
  let fleet: RealFleet
  let registry: RealFleet.Office
  let district: RealFleet.Office
  /// Whose backlog the centre holds back.
  let third: RealFleet.Office
  private(set) var numbers: [String] = []

  init(_ fleet: RealFleet) async throws {
    self.fleet = fleet
    registry = try await fleet.open("disdukcapil")
    district = try await fleet.open("kec-lalabata")
    third = try await fleet.open("kec-ganra")
  }

  /// A new number, noted: a NIK of a man born on 5 May 1968.
  private func number() -> String {
    let number = "731204050568" + String(1_0001 + numbers.count * 7).suffix(4)
    numbers.append(number)
    return number
  }

  /// All planted numbers in `text`.
  func shown(in text: String) -> [String] { numbers.filter(text.contains) }

  // MARK: Planting

  func plant() async throws {
    try await plantRows()
    try await plantFiles()
    try await plantConflict()
    try await plantBacklog()
    try await plantReasons()
    try await fleet.agree([registry, district], on: ["population"])
  }

  private func post(_ fields: [String: JSONValue], at office: RealFleet.Office, source: String? = nil) async throws
    -> IntakeReply
  {
    var fields = fields
    if fields["kode_wilayah"] == nil { fields["kode_wilayah"] = "73.12.04.1001" }
    let answer = try await office.daemon.client.answer(to: try .upsert("population", fields, source: source))
    #expect(shown(in: String(decoding: answer.body, as: UTF8.self)).isEmpty, "an answer to a POST")
    return try APICoding.decoder.decode(IntakeReply.self, from: answer.body)
  }

  /// Rows that are taken, with numbers where they belong and where they do not, and rows that are refused.
  private func plantRows() async throws {
    let taken: [[String: JSONValue]] = [
      ["nik": .string(number()), "no_kk": .string(number()), "nama": "ANDI", "tanggal_lahir": "1968-05-05"],
      ["nik": .string(number()), "nama": "BASO", "catatan_desa": .string(number()), "nik_ibu": .string(number())],
      ["nama": "CICI", "alamat": .string("rumah NIK \(number())")],
    ]
    for row in taken { #expect(try await post(row, at: registry).accepted == 1) }
    // The same number on two people: a duplicate.
    let doubled = number()
    for (name, born) in [("HASANUDDIN", "1968-05-05"), ("MARYAM", "1999-01-01")] {
      _ = try await post(
        ["nik": .string(doubled), "nama": .string(name), "tanggal_lahir": .string(born)], at: registry)
    }
    let refused: [[String: JSONValue]] = [
      ["nama": "DODI", "kode_wilayah": .string(number())], ["nama": "DODI", "nik": .string(number() + "9")],
      ["nama": "DODI", number(): "x"], ["nama": "DODI", "k_" + number(): "x"],
      ["nama": "DODI", "agama": .string(number())],
      ["nama": "DODI", "tanggal_lahir": .string(number())],
    ]
    for row in refused { #expect(try await post(row, at: registry).rejectedTotal == 1, "\(row)") }
  }

  /// Files whose names, directories, headings and cells hold numbers; one brings a value that is held.
  private func plantFiles() async throws {
    let heading = number()
    let files = [
      ("population/\(number()).csv", "nama,kode_wilayah,nik\nEKA,\(number()),1\n"),
      ("population/d\(number())b.csv", "nama,kode_wilayah,\(heading)\nEKA,73.12.04.1001,x\n"),
      ("k\(number())-x.csv", "nama\nEKA\n"), ("population/apa.docx", number()),
    ]
    for (path, text) in files {
      let draft = fleet.layout.samplesDirectory + "/draft.csv"
      try fleet.layout.write(text, to: draft, .english)
      try fleet.layout.move(draft, to: "\(registry.spool)/\(path)", .english)
    }
    let failed = "\(registry.spool)/failed"
    try await eventually("all files are refused") {
      let names = (try? FileManager.default.subpathsOfDirectory(atPath: failed)) ?? []
      return names.filter { $0.hasSuffix(".errors.csv") }.count == files.count
    }
    // The office changes a number that a file gave, and then the file gives another one.
    let source = number()
    let person = number()
    let row: [String: JSONValue] = ["nik": .string(person), "nama": "FARID", "tanggal_lahir": "1968-05-05"]
    _ = try await post(row.merging(["no_kk": .string(number())]) { $1 }, at: registry, source: source)
    let request = APIRequest.records(
      "population", Page(limit: 2), RecordFilter(fields: [FieldAssignment("nik", .string(person))]))
    let found = try await registry.daemon.client.reply(RecordsReply.self, to: request).reply.records
    let record = try #require(found.first)
    _ = try await registry.daemon.client.body(
      of: try .edit(
        "population", record.id, ["no_kk": .string(number())], version: record.version, isCorrection: false))
    let held = try await post(row.merging(["no_kk": .string(number())]) { $1 }, at: registry, source: source)
    #expect(held.rejectedTotal == 1, "\(held)")
  }

  /// Two offices correct one number apart.
  private func plantConflict() async throws {
    let first = number()
    _ = try await post(["nik": .string(first), "nama": "GAFUR", "tanggal_lahir": "1968-05-05"], at: registry)
    try await fleet.agree([registry, district], on: ["population"])
    let records = try await fleet.all("population", at: district.daemon)
    let record = try #require(records.first { $0.fields["nama"] == "GAFUR" }?.id)
    await district.relay.cut(.silent)
    for office in [registry, district] {
      let version = try await office.daemon.record("population", record).version
      _ = try await office.daemon.client.body(
        of: try .edit("population", record, ["nik": .string(number())], version: version, isCorrection: false))
    }
    try await district.relay.heal()
    try await eventually("the conflict is at the centre") {
      try await conflicts().contains { $0.field == "nik" }
    }
  }

  private func conflicts() async throws -> [ConflictReply] {
    let request = APIRequest.conflicts(Page(limit: 100), state: "open", dataset: "population")
    return try await fleet.centre.client.reply(ConflictsReply.self, to: request).reply.conflicts
  }

  /// What an office recorded before its key was taken back waits in quarantine.
  private func plantBacklog() async throws {
    await third.relay.cut(.silent)
    let row: [String: JSONValue] = [
      "nik": .string(number()), "nama": "HARIS", "kode_wilayah": "73.12.07.2001", "catatan_desa": .string(number()),
    ]
    #expect(try await post(row, at: third).accepted == 1)
    let revoked = try await fleet.control(["nodes", "revoke", "kec-ganra", "--reason", "NIK \(number()) hilang"])
    #expect(revoked.end.isSuccess, "\(revoked)")
    await fleet.stop(third)
    try await third.relay.heal()
    try await fleet.joinAgain(third)
    try await fleet.start(third)
    try await eventually("the backlog is held") {
      let request = APIRequest.quarantine(Page(), dataset: nil, node: nil)
      return try await fleet.centre.client.reply(QuarantineReply.self, to: request).reply.quarantine.count == 1
    }
    try await eventually("the office knows") { try await third.daemon.status().heldBack == 1 }
  }

  private func plantReasons() async throws {
    var found: DuplicateReply?
    try await eventually("the duplicate is found") {
      let request = APIRequest.duplicates(Page(), state: "open", dataset: nil)
      found = try await fleet.centre.client.reply(DuplicatesReply.self, to: request).reply.duplicates.first
      return found != nil
    }
    let pair = try #require(found)
    let distinct = try await fleet.control(["duplicates", "distinct", pair.id, "--reason", "KTP \(number())"])
    #expect(distinct.end.isSuccess, "\(distinct)")
    let all = try await fleet.all("population", at: fleet.centre)
    let record = try #require(all.first { $0.fields["nama"] == "CICI" })
    // Of the centre's own edit, in a change's history and so at every office.
    let spoken = number()
    _ = try await ask(
      fleet.layout.centreSocket, "/api/v1/datasets/population/records/\(record.id)", method: .patch,
      reason: "menurut \(spoken)", body: #"{"telepon":"08123456789"}"#)
  }

  // MARK: Asking

  /// The body of an answer; of events, which have no end, the first ones.
  func ask(
    _ socket: String, _ path: String, method: HTTPRequest.Method = .get, reason: String? = nil, body: String? = nil
  ) async throws -> String {
    var request = OutgoingRequest(
      method, url: "http://localhost" + path, socketPath: socket, timeMax: .seconds(60))
    request.headers.set("Simpul-Reason", reason)
    if let body {
      request.headers[.contentType] = "application/json"
      request.body = .bytes(Array(body.utf8))
    }
    let transfer = try await HTTPTransfer.begin(request)
    var bytes: [UInt8] = []
    var pieces = 0
    while let piece = try await transfer.next() {
      bytes += piece
      pieces += 1
      // How the fleet is comes at once; then it goes on for an hour.
      if path.hasSuffix("/events"), pieces == 2 { break }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
