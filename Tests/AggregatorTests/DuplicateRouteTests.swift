import API
import CentreStorage
import Datasets
import HTTPTypes
import RouterSupport
import Testing

@Suite struct DuplicateRouteTests {
  /// Two records with one number; answers their pair's id.
  private func doubled(_ centre: Centre) async throws -> String {
    var office = try await centre.office("disdukcapil")
    try await centre.apply(
      office,
      try office.batch(
        population,
        [
          edit(id(1), person("HASANUDDIN", nik: "7312040101900001", address: "Jl. A"), at: 0),
          edit(id(2), person("MARYAM", nik: "7312040101900001", address: "Jl. B"), at: 1),
        ]))
    while try await centre.store.searchDuplicates(now: start).hasMore {}
    let list = try await centre.get("/api/v1/duplicates", as: DuplicatesReply.self)
    return try #require(list.duplicates.first).id
  }

  private func path(_ pair: String, _ action: String = "") -> String {
    "/api/v1/duplicates/" + pair.replacing("/", with: "%2F") + action
  }

  @Test func `a pair shows both sides with identifiers masked, revealed with a reason`() async throws {
    try await Centre.with { centre in
      let pair = try await doubled(centre)
      let shown = try await centre.get(path(pair), as: DuplicateReply.self)
      #expect(shown.kind == "same_number")
      #expect(shown.same.contains("nik") && shown.differs.contains("nama"))
      #expect(shown.records.allSatisfy { $0.fields["nik"] != .string("7312040101900001") })
      let revealed = try await centre.get(path(pair), as: DuplicateReply.self, reason: "KTP")
      #expect(revealed.records.allSatisfy { $0.fields["nik"] == .string("7312040101900001") })
    }
  }

  @Test func `a merge and its undo answer with what stands, and refuse what makes no sense`() async throws {
    try await Centre.with { centre in
      let pair = try await doubled(centre)
      let (one, other) = (id(1).description, id(2).description)
      let table: [(String, String, Int, String)] = [
        ("/merge", "{}", 422, "required"),
        ("/merge", #"{"reason":"x","keep":"zz"}"#, 400, "malformed"),
        ("/merge", #"{"reason":"x","take":["nama_lain"]}"#, 400, "malformed"),
        ("/undo", #"{"reason":"x"}"#, 409, "not_merged"),
        ("/distinct", "{}", 422, "required"),
      ]
      for (action, body, status, word) in table {
        let response = try await centre.ask(.post, path(pair, action), body: body)
        #expect(response.status.code == status, "\(action) \(body): \(response.text)")
        #expect(try response.problem().error == word)
      }
      let merged = try await centre.ask(.post, path(pair, "/merge"), body: #"{"reason":"KTP","keep":"\#(other)"}"#)
      #expect(try merged.decoded(DuplicateDecision.self).record == other, "\(merged.text)")
      let followed = try await centre.ask(.get, "/api/v1/datasets/population/records/\(one)")
      #expect(try followed.decoded(RecordReply.self).id == other)
      #expect(followed.headers[.contentLocation] == "/api/v1/datasets/population/records/\(other)")
      let own = try await centre.get("/api/v1/datasets/population/records/\(one)?alias=own", as: RecordReply.self)
      #expect(own.id == one && own.lifecycle == "alias")
      let restored = try await centre.ask(.post, "/api/v1/datasets/population/records/\(one)/restoration", reason: "x")
      #expect(restored.status == .conflict && restored.text.contains("duplicates undo"), "\(restored.text)")
      let twice = try await centre.ask(.post, path(pair, "/merge"), body: #"{"reason":"x"}"#)
      #expect(twice.status == .gone)
      let list = try await centre.get("/api/v1/duplicates?state=merged", as: DuplicatesReply.self)
      #expect(list.duplicates.map(\.decision) == ["KTP"])
      let undone = try await centre.ask(.post, path(pair, "/undo"), body: #"{"reason":"keliru"}"#)
      #expect(try undone.decoded(DuplicateDecision.self).outcome == "undone")
      let back = try await centre.get("/api/v1/datasets/population/records/\(one)", as: RecordReply.self)
      #expect(back.id == one && back.lifecycle == nil)
    }
  }

  @Test func `an undo names what it leaves, because somebody has changed it since the merge`() async throws {
    try await Centre.with { centre in
      let pair = try await doubled(centre)
      let kept = id(1).description
      _ = try await centre.ask(
        .post, path(pair, "/merge"), body: #"{"reason":"KTP","keep":"\#(kept)","take":["alamat","nama"]}"#)
      let record = try await centre.get("/api/v1/datasets/population/records/\(kept)", as: RecordReply.self)
      #expect(record.fields["alamat"] == .string("Jl. B") && record.fields["nama"] == .string("MARYAM"))
      _ = try await centre.store.save(
        population, id(1), values: [(try #require(FieldName("alamat")), .text("Jl. C"))], version: nil, now: start)
      let undone = try await centre.ask(.post, path(pair, "/undo"), body: #"{"reason":"keliru"}"#)
      #expect(try undone.decoded(DuplicateDecision.self).left == ["alamat"], "\(undone.text)")
      let back = try await centre.get("/api/v1/datasets/population/records/\(kept)", as: RecordReply.self)
      #expect(back.fields["alamat"] == .string("Jl. C") && back.fields["nama"] == .string("HASANUDDIN"))
    }
  }

  @Test func `a merged person whom an office enters anew is in question, and one undo decides it`() async throws {
    try await Centre.with { centre in
      let pair = try await doubled(centre)
      let (kept, other) = (id(1).description, id(2).description)
      _ = try await centre.ask(
        .post, path(pair, "/merge"), body: #"{"reason":"KTP","keep":"\#(kept)","take":["alamat"]}"#)
      var office = try await centre.office("kec-lalabata", random: 60)
      try await centre.apply(
        office,
        try office.batch(
          population, [edit(id(2), person("MARYAM", nik: "7312040101900001", address: "Jl. B"), at: 60_000)]))
      while try await centre.store.searchDuplicates(now: start).hasMore {}
      let list = try await centre.get("/api/v1/duplicates", as: DuplicatesReply.self).duplicates
      #expect(list.map(\.id) == [pair] && list.first?.keep == kept, "\(list)")
      let record = try await centre.get("/api/v1/datasets/population/records/\(other)", as: RecordReply.self)
      #expect(record.id == other && record.lifecycle == "alias" && record.conflicts?["lifecycle"] == "open")
      let trace = try await centre.get("/api/v1/datasets/population/records/\(other)/trace", as: TraceReply.self)
      #expect(trace.why.contains("digabung ke \(kept), lalu dicatat"), "\(trace.why)")
      // Neither a second name for both nor a note that the merge would gainsay.
      for (action, body) in [("/distinct", #"{"reason":"x"}"#), ("/merge", #"{"reason":"x","keep":"\#(other)"}"#)] {
        let answer = try await centre.ask(.post, path(pair, action), body: body)
        #expect(try answer.problem().error == "merged", "\(action): \(answer.text)")
      }
      let undone = try await centre.ask(.post, path(pair, "/undo"), body: #"{"reason":"dua orang"}"#)
      #expect(try undone.decoded(DuplicateDecision.self).outcome == "undone", "\(undone.text)")
      let back = try await centre.get("/api/v1/datasets/population/records/\(other)", as: RecordReply.self)
      #expect(back.lifecycle == nil && back.conflicts?["lifecycle"] == nil, "\(back)")
      let first = try await centre.get("/api/v1/datasets/population/records/\(kept)", as: RecordReply.self)
      #expect(first.fields["alamat"] == .string("Jl. A"))
      while try await centre.store.searchDuplicates(now: start).hasMore {}
      #expect(try await centre.get("/api/v1/duplicates", as: DuplicatesReply.self).duplicates.isEmpty)
    }
  }

  @Test func `a merge that the conflict's resolution undid gives back what it took with the word that they are two`()
    async throws
  {
    try await Centre.with { centre in
      let pair = try await doubled(centre)
      let (kept, other) = (id(1).description, id(2).description)
      _ = try await centre.ask(
        .post, path(pair, "/merge"), body: #"{"reason":"KTP","keep":"\#(kept)","take":["alamat","nama"]}"#)
      var office = try await centre.office("kec-lalabata", random: 60)
      try await centre.apply(
        office,
        try office.batch(
          population, [edit(id(2), person("MARYAM", nik: "7312040101900001", address: "Jl. B"), at: 60_000)]))
      let conflict = "/api/v1/conflicts/population%2F\(other)%2Flifecycle"
      let version = try await centre.get(conflict, as: ConflictReply.self).version
      let resolved = try await centre.ask(
        .post, conflict + "/resolution", body: #"{"value":"present","version":"\#(version)","reason":"KTP"}"#)
      #expect(resolved.status == .ok, "\(resolved.text)")
      _ = try await centre.store.save(
        population, id(1), values: [(Names.field("nama"), .text("HASAN"))], version: nil, now: start)
      let apart = try await centre.ask(.post, path(pair, "/distinct"), body: #"{"reason":"dua orang"}"#)
      let decision = try apart.decoded(DuplicateDecision.self)
      #expect(decision.outcome == "distinct" && decision.left == ["nama"], "\(apart.text)")
      let first = try await centre.get("/api/v1/datasets/population/records/\(kept)", as: RecordReply.self)
      #expect(first.fields["alamat"] == .string("Jl. A") && first.fields["nama"] == .string("HASAN"))
    }
  }

  @Test func `a merge that is said again where it was in question hides one again, and still gives back what it took`()
    async throws
  {
    try await Centre.with { centre in
      let pair = try await doubled(centre)
      let (kept, other) = (id(1).description, id(2).description)
      _ = try await centre.ask(
        .post, path(pair, "/merge"), body: #"{"reason":"KTP","keep":"\#(kept)","take":["alamat"]}"#)
      var office = try await centre.office("kec-lalabata", random: 60)
      try await centre.apply(
        office,
        try office.batch(
          population, [edit(id(2), person("MARYAM", nik: "7312040101900001", address: "Jl. B"), at: 60_000)]))
      let again = try await centre.ask(.post, path(pair, "/merge"), body: #"{"reason":"satu orang"}"#)
      #expect(try again.decoded(DuplicateDecision.self).record == kept, "\(again.text)")
      let own = try await centre.get("/api/v1/datasets/population/records/\(other)?alias=own", as: RecordReply.self)
      #expect(own.lifecycle == "alias" && own.conflicts?["lifecycle"] == nil, "\(own)")
      _ = try await centre.ask(.post, path(pair, "/undo"), body: #"{"reason":"dua orang"}"#)
      let first = try await centre.get("/api/v1/datasets/population/records/\(kept)", as: RecordReply.self)
      #expect(first.fields["alamat"] == .string("Jl. A"))
    }
  }

  @Test func `what a merge takes may be named by its title, and a slip is told with the nearest field`() async throws {
    try await Centre.with { centre in
      let pair = try await doubled(centre)
      let slip = try await centre.ask(.post, path(pair, "/merge"), body: #"{"reason":"x","take":["almat"]}"#)
      #expect(slip.status == .badRequest)
      #expect(try slip.problem().message.contains("'almat'. Maksudnya 'alamat'?"), "\(slip.text)")
      let merged = try await centre.ask(.post, path(pair, "/merge"), body: #"{"reason":"KTP","take":["Alamat"]}"#)
      #expect(try merged.decoded(DuplicateDecision.self).taken == ["alamat"], "\(merged.text)")
    }
  }

  @Test func `who looks for a pair that cannot be is told so`() async throws {
    try await Centre.with { centre in
      _ = try await doubled(centre)
      let unknown = [
        "x", "population/1/2", "population/\(id(1))/\(id(9))", "attendance/\(id(1))/\(id(2))",
      ]
      for pair in unknown { #expect(try await centre.ask(.get, path(pair)).status == .notFound, "\(pair)") }
      let one = "population/\(id(1))/\(id(1))"
      let merge = try await centre.ask(.post, path(one, "/merge"), body: #"{"reason":"x"}"#)
      #expect(try merge.problem().error == "same_record")
      let split = try await centre.ask(
        .post, "/api/v1/datasets/population/records/\(id(1))/split",
        body: #"{"node":"kec-lalabata","reason":"x"}"#)
      #expect(try split.problem().error == "not_splittable")
    }
  }
}
