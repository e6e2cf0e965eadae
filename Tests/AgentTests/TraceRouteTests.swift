import API
import Datasets
import Foundation
import HTTPTypes
import Replication
import RouterSupport
import Testing
import Wire

@testable import Agent
@testable import NodeStorage

@Suite struct TraceRouteTests {
  private static let route = "/api/v1/datasets/population/records/"

  @Test func `a record that waits says where it is, why, and what it waits behind`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      _ = try await client.createPerson(1)
      let id = try await client.createPerson(2)
      let trace = try await client.get(Self.route + "\(id)/trace", language: "en")
      #expect(trace.string("id") == id && trace.string("now") == "recorded")
      #expect(trace.string("why")?.contains("Not connected to the centre since") == true)
      let stage = try #require(trace.list("stages").first)
      #expect(trace.list("stages").count == 1 && stage["stage"] as? String == "recorded")
      #expect(stage["node"] as? String == "kec-lalabata" && stage["stream"] as? String == "population")
      #expect((stage["at"] as? String)?.hasSuffix("+08:00") == true)
      #expect((stage["change"] as? String)?.hasPrefix("kec-lalabata/1.") == true)
      let waiting = try #require(trace.list("waiting").first)
      #expect(waiting["stage"] as? String == "sent" && (waiting["why"] as? String)?.isEmpty == false)
      #expect(
        try await client.get(Self.route + "\(id)/trace").string("why")?.hasPrefix("Tercatat di kantor ini") == true)
    }
  }

  @Test func `a NIK finds what shows it and is never repeated, and several that show it are named`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let id = try await client.createPerson(1)
      let nik = Fixture.nik(1)
      let found = try await client.get(Self.route + "\(nik)/trace")
      #expect(found.string("id") == id && !found.text.contains(nik))
      let missing = try await client.get(Self.route + "\(Fixture.nik(7))/trace")
      #expect(missing.status == .notFound && missing.string("message")?.contains("nik") == true)
      #expect(!missing.text.contains(Fixture.nik(7)))
      for text in ["bukan-id", "1234567890123456"] {
        let wrong = try await client.get(Self.route + "\(text)/trace")
        #expect(wrong.status == .notFound && wrong.string("error") == "unknown_record")
      }
      let other = try await client.createPerson(2, name: "ANI")
      let edited = try await client.send(
        .patch, Self.route + other, #"{"nik": "\#(nik)"}"#, type: "application/json")
      try #require(edited.status == .ok, "\(edited.text)")
      let several = try await client.get(Self.route + "\(nik)/trace")
      #expect(several.status == .conflict && several.string("error") == "ambiguous")
      #expect(several.text.contains(id) && several.text.contains(other) && !several.text.contains(nik))
    }
  }

  @Test func `an event is found by the id that lists hand out, and an unknown one is told how ids look`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let row = #"{"device": "CQZ1", "pin": "7", "time": "2026-11-20T07:29:00+08:00", "status": 0}"#
      try #require(try await client.post("/api/v1/datasets/attendance/records", row).status == .ok)
      let list = try await client.get("/api/v1/datasets/attendance/records", reason: "uji").list("records")
      let id = try #require(list.first?["id"] as? String)
      let path = try #require(id.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
      let trace = try await client.get("/api/v1/datasets/attendance/records/\(path)/trace")
      #expect(trace.string("now") == "recorded", "\(trace.text)")
      // The person's number is masked unless somebody says why he looks.
      #expect(trace.string("id")?.contains(",***,") == true)
      let revealed = try await client.get("/api/v1/datasets/attendance/records/\(path)/trace", reason: "uji")
      #expect(revealed.string("id") == id)
      #expect(trace.list("stages").compactMap { $0["stage"] as? String } == ["recorded"])
      let wrong = try await client.get("/api/v1/datasets/attendance/records/CQZ1/trace", language: "en")
      #expect(wrong.status == .notFound && wrong.string("message")?.contains("device,pin,time,status") == true)
    }
  }

  @Test func `a change that was given up is a remark on a record that lives, and was replaced by nobody`() async throws
  {
    let office = try await Office()
    let definition = try office.store.dataset(Fixture.population).definition
    let record = RecordID(high: 1, low: 7)
    let change = Change(
      record: record, edits: [Change.Edit(field: Fixture.field("alamat"), value: .text("JL. A"), saw: .empty)])
    let own = EntryTrace(
      dot: Fixture.dot("kec-lalabata", 3), time: Timestamp(milliseconds: 2000), isSuspect: false, isSealed: true,
      sealedAt: nil, isAcknowledged: true, acknowledgedAt: nil, visibleAt: nil, isInCopy: false, heldBack: nil,
      discardWords: "salah orang", waitsBehind: 0, waitsBehindLanes: 0, change: change)
    func reply(theirsAt time: Int64?) -> TraceReply {
      var state = RecordState.empty
      let theirs = Change(
        record: record, edits: [Change.Edit(field: Fixture.field("alamat"), value: .text("JL. B"), saw: .empty)],
        affirmation: .empty)
      if let time {
        state.apply(
          theirs, dot: Fixture.dot("disdukcapil", 4), time: Timestamp(milliseconds: time), isSuspect: false)
      }
      let trace = RecordTrace(
        own: [own], ownTotal: 1, state: time == nil ? nil : state, view: nil, isDamaged: false, heldFields: [],
        isRecovered: false,
        position: 9)
      let link = LinkStanding(phase: .established, failure: nil, since: nil)
      let view = NodeTrace(node: own.dot.author.node, definition: definition, link: link, language: .english)
      return view.reply(trace, id: record)
    }
    let title = try #require(definition.field(Fixture.field("alamat"))).title(.english)
    for time in [1000, 3000] as [Int64] {
      let trace = reply(theirsAt: time)
      #expect(trace.now == .delivered && !trace.why.contains("replaced"), "\(trace.why)")
      #expect(trace.why.contains("A change of \(title) was given up") && trace.why.contains("\"salah orang\""))
      #expect(trace.stages.first?.node == (time == 1000 ? "kec-lalabata" : "disdukcapil"))
      // What was delivered is what stands.
      let last = try #require(trace.stages.firstIndex { $0.stage == .delivered })
      #expect(trace.stages[last - 1].node == "disdukcapil", "\(trace.stages)")
    }
    let never = reply(theirsAt: nil)
    #expect(never.now == .discarded && never.why.hasPrefix("A change of \(title) was given up"), "\(never.why)")
  }

  @Test func `what others wrote is delivered, and what replaced an own change is named`() async throws {
    let office = try await Office()
    try await office.application().asking { client in
      let id = try await client.createPerson(1)
      let saved = try await client.send(.patch, Self.route + id, #"{"alamat": "JL. B"}"#, type: "application/json")
      try #require(saved.status == .ok, "\(saved.text)")
      let (record, address) = (Fixture.record(id), Fixture.field("alamat"))
      let saw = try #require(try await office.store.state(Fixture.population, record))
      let edit = Change(
        record: record, edits: [Change.Edit(field: address, value: .text("JL. C"), saw: saw[address].context)],
        affirmation: saw[.lifecycle].context)
      let state = try await office.state(record, after: edit, by: Fixture.dot("disdukcapil", 4), at: 1_795_000_900_000)
      try await office.receive([(record, state)], at: 9)
      let trace = try await client.get(Self.route + "\(id)/trace", language: "en")
      #expect(trace.string("why")?.contains("was replaced by the change disdukcapil/") == true, "\(trace.text)")
      #expect(trace.list("stages").contains { $0["node"] as? String == "disdukcapil" })
    }
  }
}
