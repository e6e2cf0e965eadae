import API
import Datasets
import Foundation
import HTTPServing
import HTTPTypes
import RouterSupport
import Testing
import Transport
import Wire

@testable import Aggregator
@testable import CentreStorage

@Suite struct NodeRouteTests {
  @Test func `an invitation lets a key pass and enrols one node`() async throws {
    try await Centre.with { centre in
      let response = try await centre.ask(
        .post, "/api/v1/nodes/kec-lalabata/invitation", body: #"{"valid_hours":2}"#)
      #expect(response.status == .ok, "\(response.text)")
      let reply = try response.decoded(InvitationReply.self)
      let invitation = try #require(Invitation(reply.invitation))
      #expect(invitation.node == "kec-lalabata")
      #expect(invitation.serverKey == centre.context.serverPublicKey.text)
      #expect(invitation.endpoints == ["tcp://127.0.0.1:7312"])
      #expect(invitation.expires == InstantText.of(start.advanced(byMilliseconds: 7_200_000)))
      let pair = try CurveKeyPair(secretKey: CurveSecretKey(invitation.secretKey))
      #expect(pair.publicKey.text == invitation.publicKey)
      let id = try #require(InvitationID(invitation.id))
      #expect(try await centre.store.authorisedKeys(now: start)[invitation.publicKey] == id.peerName)
      #expect(try await centre.get("/api/v1/nodes/kec-lalabata", as: NodeReply.self).state == "invited")
      let key = try CurveKeyPair.generate().publicKey.text
      #expect(try await centre.store.enrol(id, publicKey: key, now: start) == Names.node("kec-lalabata"))
      #expect(try await centre.get("/api/v1/nodes/kec-lalabata", as: NodeReply.self).state == "offline")
    }
  }

  @Test(arguments: [
    ("kec-lalabata", #"{"valid_hours":0}"#, 422), ("kec-lalabata", #"{"valid_hours":721}"#, 422),
    ("kec-lalabata", #"{"valid_hours":"x"}"#, 400), ("niemand", "{}", 404), ("scc", "{}", 404),
    ("Nie%20mand", "{}", 404),
  ])
  func `an invitation that cannot be is refused`(node: String, body: String, status: Int) async throws {
    try await Centre.with { centre in
      let response = try await centre.ask(.post, "/api/v1/nodes/\(node)/invitation", body: body)
      #expect(response.status.code == status)
    }
  }

  @Test func `an empty body invites for three days`() async throws {
    try await Centre.with { centre in
      let reply = try await centre.ask(.post, "/api/v1/nodes/bpbd/invitation").decoded(InvitationReply.self)
      #expect(reply.expires == InstantText.of(start.advanced(byMilliseconds: 72 * 3_600_000)))
    }
  }

  @Test func `a revoked node's keys pass no more`() async throws {
    try await Centre.with { centre in
      _ = try await centre.office("kec-lalabata")
      #expect(
        try await centre.ask(.post, "/api/v1/nodes/kec-lalabata/revocation", body: "{}").status.code == 422)
      #expect(
        try await centre.ask(.post, "/api/v1/nodes/bpbd/revocation", body: #"{"reason":"x"}"#).status
          == .notFound)
      let response = try await centre.ask(
        .post, "/api/v1/nodes/kec-lalabata/revocation", body: #"{"reason":"laptop hilang"}"#)
      #expect(try response.decoded(NodeReply.self).state == "revoked")
      #expect(try await centre.store.authorisedKeys(now: start).isEmpty)
    }
  }

  @Test(arguments: ["/revocation", "/backlog"])
  func `an office that was never invited is told from one that is unknown, which has a near name`(order: String)
    async throws
  {
    try await Centre.with { centre in
      let body = #"{"reason":"x"}"#
      let never = try await centre.ask(.post, "/api/v1/nodes/bpbd\(order)", body: body).problem()
      #expect(never.error == "not_invited" && never.message.contains("belum pernah diundang"))
      let unknown = try await centre.ask(.post, "/api/v1/nodes/kec-lalabta\(order)", body: body).problem()
      #expect(unknown.error == "unknown_node" && unknown.message.contains("Maksudnya 'kec-lalabata'?"))
    }
  }

  @Test func `a misspelt office is answered with the nearest name wherever one is asked about`() async throws {
    try await Centre.with { centre in
      try await centre.fill()
      let population = "/api/v1/datasets/population"
      for path in [
        "/api/v1/nodes/kec-lalabta", population + "/digest?node=kec-lalabta",
        population + "/records/\(id(2))/trace?node=kec-lalabta",
      ] {
        let problem = try await centre.ask(.get, path).problem()
        #expect(problem.error == "unknown_node" && problem.message.contains("Maksudnya 'kec-lalabata'?"), "\(path)")
      }
    }
  }

  @Test func `nodes show what they last said and only those that were invited`() async throws {
    try await Centre.with { centre in
      #expect(try await centre.get("/api/v1/nodes", as: NodesReply.self).nodes.isEmpty)
      #expect(try await centre.ask(.get, "/api/v1/nodes/bpbd").problem().error == "not_invited")
      try await centre.fill()
      let seen = start.advanced(byMilliseconds: 5_000)
      let report = NodeReport(
        backlogChanges: 12, backlogBytes: 3_000, oldestUnacknowledged: seen, diskFreeBytes: 1 << 40,
        clockOffsetMilliseconds: -20, roundTripMilliseconds: 7, quarantined: 1)
      try await centre.store.store(
        [NodeSighting(node: Names.node("disdukcapil"), seen: seen, report: report, version: "0.1.0")],
        now: start)
      let nodes = try await centre.get("/api/v1/nodes", as: NodesReply.self).nodes
      #expect(nodes.map(\.node) == ["disdukcapil", "kec-lalabata"])
      let node = try #require(nodes.first)
      #expect(node.state == "offline")
      #expect(node.lastSeen == InstantText.of(seen))
      #expect(node.backlog == BacklogReply(changes: 12, bytes: 3_000, oldest: InstantText.of(seen)))
      #expect(node.streams == [StreamReply(dataset: "population", applied: 2, last: 2)])
      #expect(node.clockOffsetMs == -20)
      #expect(node.rttMs == 7)
      #expect(node.version == "0.1.0")
      #expect(node.openConflicts == 1)
      #expect(node.newestData == InstantText.of(start.advanced(byMilliseconds: 1)))
      _ = try await centre.ask(.post, "/api/v1/nodes/bpbd/invitation")
      let text = try await centre.ask(.get, "/api/v1/nodes/bpbd").text
      #expect(text.contains("\"last_seen\":null"))
      let streams = try await centre.get("/api/v1/streams", as: StreamsReply.self).streams
      #expect(streams.map(\.node) == ["disdukcapil", "kec-lalabata"])
    }
  }

  @Test func `status sums it up`() async throws {
    try await Centre.with { centre in
      try await centre.fill()
      let status = try await centre.get("/api/v1/status", as: StatusReply.self)
      #expect(status.role == "aggregator")
      #expect(status.node == "scc")
      #expect(status.incarnation == centre.store.epoch.description)
      #expect(status.feed?.position == (try await centre.store.feedEnd()))
      #expect(status.openConflicts == 1)
      #expect(status.nodes == ["online": 0, "offline": 2, "fenced": 0, "revoked": 0, "invited": 0])
      #expect(status.summary.contains("0 dari 2 kantor daring"))
      #expect(status.why == nil)
      #expect(try #require(status.storeBytes) > 0)
    }
  }
}

@Suite struct OfficeViewTests {
  private let node = Names.node("bpbd")

  private func entry(_ state: NodeEntry.State, lastSeen: Timestamp? = nil, report: NodeReport? = nil)
    -> NodeEntry
  {
    NodeEntry(
      node: node, state: state, fenceReason: nil, lastSeen: lastSeen, report: report, version: "0.1.0",
      incarnation: nil, cursor: nil)
  }

  private func presence(_ seen: Timestamp) -> SessionHub.Presence {
    SessionHub.Presence(session: 1, since: start, lastSeen: seen, softwareVersion: "0.2.0")
  }

  @Test func `who has a session is online, whatever the store says`() {
    let later = start.advanced(byMilliseconds: 9)
    let view = OfficeView(
      node: node, profile: nil, entry: entry(.offline, lastSeen: start), presence: presence(later))
    #expect(view.state == .online)
    #expect(view.lastSeen == later)
    #expect(view.version == "0.2.0")
    #expect(OfficeView(node: node, profile: nil, entry: nil, presence: nil).state == .absent)
    #expect(OfficeView(node: node, profile: nil, entry: entry(.fenced), presence: nil).state == .fenced)
  }

  private func picture(_ entry: NodeEntry, online: Bool = false, open: Int = 0, held: Int = 0) -> FleetPicture {
    FleetPicture(
      at: start,
      overview: FleetOverview(
        nodes: [entry], newest: [:], openConflicts: open, settledConflicts: 0, quarantined: held, missing: 0,
        feedEnd: 1),
      profiles: [], presences: online ? [node: presence(start)] : [:])
  }

  private func alerts(_ picture: FleetPicture) -> [AlertsReply.Alert] {
    let diagnosis = CentreDiagnosis(
      picture: picture, newestBackup: picture.at, diskFreeBytes: 1 << 40, now: picture.at)
    return AlertsReply(diagnosis.findings, language: .english).alerts
  }

  private func codes(_ picture: FleetPicture) -> [String] { alerts(picture).map { "\($0.severity) \($0.code)" } }

  private func ago(_ milliseconds: Int64) -> Timestamp { start.advanced(byMilliseconds: -milliseconds) }

  @Test func `alerts come after their limits and the worst comes first`() {
    #expect(codes(picture(entry(.offline, lastSeen: ago(599_000)))).isEmpty)
    #expect(codes(picture(entry(.offline, lastSeen: ago(601_000)))) == ["warning node_offline"])
    #expect(
      codes(picture(entry(.offline, lastSeen: ago(86_401_000)), open: 2, held: 1))
        == ["critical node_offline", "warning quarantine", "info conflicts_open"])
    #expect(codes(picture(entry(.fenced))) == ["critical node_fenced"])
    #expect(codes(picture(entry(.revoked))).isEmpty)
    let old = NodeReport(
      backlogChanges: 5, oldestUnacknowledged: ago(3_700_000), diskFreeBytes: 1 << 20,
      clockOffsetMilliseconds: .min)
    #expect(
      codes(picture(entry(.offline, lastSeen: start, report: old), online: true))
        == ["warning backlog_old", "warning clock_off", "warning disk_low"])
    // An office that is offline has a backlog anyway.
    #expect(codes(picture(entry(.offline, lastSeen: start, report: old))).isEmpty)
  }

  @Test func `what was noticed of a disk or a key is an alert of its office`() {
    var overview = FleetOverview(
      nodes: [entry(.offline, lastSeen: start)], newest: [:], openConflicts: 0, settledConflicts: 0, quarantined: 0,
      missing: 0, feedEnd: 1)
    overview.notices = [
      NodeNotice(node: node, code: .unknownHistory, what: BilingualText(id: "a", en: "a"), at: start),
      NodeNotice(node: node, code: .oldKey, what: BilingualText(id: "kunci lama", en: "old key"), at: start, count: 3),
    ]
    let picture = FleetPicture(at: start, overview: overview, profiles: [], presences: [:])
    #expect(codes(picture) == ["critical node_unknown_history", "warning old_key_used"])
    let alerts = alerts(picture)
    #expect(alerts.map(\.subject) == [node.text, node.text])
    #expect(alerts.map(\.what) == ["a", "old key"])
  }

  @Test func `listeners are told the whole once and then what changed`() throws {
    var events = FleetEvents()
    let first = try events.changes(to: picture(entry(.offline, lastSeen: start)))
    #expect(first.map(\.name) == ["node", "conflicts", "quarantine"])
    #expect(first.first?.data.contains(#""state":"offline""#) == true)
    #expect(try events.changes(to: picture(entry(.offline, lastSeen: start))).isEmpty)
    let change = try events.changes(to: picture(entry(.offline), online: true, open: 3))
    #expect(change.map(\.name) == ["node", "conflicts"])
    #expect(change.last?.data == #"{"open":3,"settled":0}"#)
  }

  @Test func `all that may be invited are listed, and a mistyped one is told by its neighbour`() async throws {
    try await Centre.with { centre in
      _ = try await centre.ask(.post, "/api/v1/nodes/bpbd/invitation")
      let known = try await centre.get("/api/v1/nodes", as: NodesReply.self).nodes
      #expect(known.map(\.node) == ["bpbd"])
      let all = try await centre.get("/api/v1/nodes?all=true", as: NodesReply.self).nodes
      #expect(all.count == 38)
      #expect(all.first { $0.node == "kec-lalabata" }?.state == "absent")
      let near = try await centre.ask(.post, "/api/v1/nodes/kec-lalabatta/invitation")
      #expect(near.text.contains("Maksudnya 'kec-lalabata'?"), "\(near.text)")
      let spelt = try await centre.ask(.post, "/api/v1/nodes/Kec-Lalabata/invitation")
      #expect(spelt.status == .notFound && spelt.text.contains("'kec-lalabata'"), "\(spelt.text)")
    }
  }

  @Test func `an unknown dataset is answered with those that there are`() async throws {
    try await Centre.with { centre in
      let answer = try await centre.ask(.get, "/api/v1/datasets/attendence/records")
      #expect(answer.status == .notFound)
      #expect(
        answer.text.contains("'attendance'") && answer.text.contains("camera, link, population"), "\(answer.text)")
    }
  }

  @Test func `an office that is connected is invited only where its machine shall be replaced`() async throws {
    try await Centre.with { centre in
      let office = try await centre.office("kec-lalabata")
      await centre.context.hub.establish(office)
      let path = "/api/v1/nodes/kec-lalabata/invitation"
      let refused = try await centre.ask(.post, path)
      #expect(refused.status == .conflict)
      #expect(refused.text.contains("simpulctl nodes invite kec-lalabata --replace"), "\(refused.text)")
      #expect(try await centre.ask(.post, path, body: #"{"replace":true}"#).status == .ok)
    }
  }
}
