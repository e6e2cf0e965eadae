import API
import CentreStorage
import Datasets
import HTTPServing
import HTTPTypes
import Hummingbird
import Logging
import Replication
import Settings
import Transport
import Wire

extension CentreRoutes {
  var nodeRoutes: [Route] {
    [
      Route(
        .get, "/api/v1/nodes", "All nodes that were ever invited.",
        query: [
          .init("all", .boolean, "Also the offices of the fleet's files that were never invited: state absent.")
        ], answer: .json(.named("NodesReply")),
        isOfficeAware: true
      ) { call in
        let picture = try await context.pictures.fresh()
        let offices = try call.flag("all") ? picture.offices : picture.known
        let office = call.caller.office
        return try .json(
          NodesReply(nodes: offices.filter { office == nil || $0.node == office }.map { NodeReply($0) }))
      },
      Route(
        .get, "/api/v1/nodes/{node}", "One node.", answer: .json(.named("NodeReply")), isOfficeAware: true
      ) { call in
        let name = try call.node()
        if let office = call.caller.office, office != name {
          throw HTTPProblem.otherOffice(call.caller, language: call.language)
        }
        return try .json(try await node(name, call))
      },
      Route(
        .post, "/api/v1/nodes/{node}/invitation",
        "Makes a one-time invitation and withdraws the open ones. It holds a secret and is shown once. For an office "
          + "that is connected only with replace: whoever uses it takes that machine's place.",
        body: .named("InvitationRequest"), answer: .json(.named("InvitationReply")),
        refusals: [409, 415, 422], admits: .atLeast(.admin), handle: invite),
      Route(
        .post, "/api/v1/nodes/{node}/revocation",
        "Takes back all keys and open invitations of a node, at once.",
        body: .named("RevocationRequest"), answer: .json(.named("NodeReply")), refusals: [415, 422],
        admits: .atLeast(.admin), handle: revoke),
      Route(
        .post, "/api/v1/nodes/{node}/backlog",
        "Lets in what a revoked node had recorded before it joined again; until then it is held in quarantine.",
        headers: [.reason], body: .named("DecisionRequest"), answer: .json(.named("BacklogDecision")),
        refusals: [415, 422], admits: .atLeast(.admin), handle: acceptBacklog),
    ]
  }

  private func acceptBacklog(_ call: HTTPCall) async throws -> Response {
    let node = try call.node()
    let reason = try await call.requiredReasonOfBody()
    guard try await context.store.node(node) != nil else { throw neverInvited(node, call) }
    let (tried, taken) = try await call.audited(.acceptBacklog, node.text, reason: reason) {
      try await context.store.acceptBacklog(of: node, reason: reason, now: context.now())
    }
    await context.hub.quarantineChanged()
    call.logger.notice(
      "backlog accepted", metadata: ["node": "\(node)", "taken": "\(taken)", "reason": "\(reason)"])
    return try .json(BacklogDecision(node: node.text, taken: taken, held: tried - taken))
  }

  private func node(_ name: NodeName, _ call: HTTPCall) async throws -> NodeReply {
    let picture = try await context.pictures.fresh()
    guard let office = picture.office(name), office.state != .absent else { throw neverInvited(name, call) }
    return NodeReply(office)
  }

  /// Of an office that the store does not know: it is in the fleet's files alone, or nowhere.
  private func neverInvited(_ node: NodeName, _ call: HTTPCall) -> HTTPProblem {
    guard context.fleet().profile(of: node) != nil else { return unknownOffice(node.text, call) }
    return HTTPProblem(
      .notFound, "not_invited",
      BilingualText(
        id:
          "Kantor ini belum pernah diundang: pusat tidak punya kunci atau data darinya. Undang: simpulctl nodes invite "
          + "\(node).",
        en: "This office was never invited: the centre has no key and no data of it. Invite it: simpulctl nodes invite "
          + "\(node)."),
      language: call.language)
  }

  /// - Parameter written: as the caller wrote it.
  func unknownOffice(_ written: String, _ call: HTTPCall) -> HTTPProblem {
    HTTPProblem(
      .notFound, "unknown_node", UnknownName.office(written, among: context.fleet().profiles.map(\.node.text)),
      language: call.language)
  }

  // MARK: Invitations

  private func invite(_ call: HTTPCall) async throws -> Response {
    let request = try await call.decoded(WishedInvitation.self, isOptional: true)
    let hours = request.validHours ?? 72
    guard (1...720).contains(hours) else {
      throw HTTPProblem(
        .unprocessableContent, "out_of_range",
        BilingualText(id: "Masa berlaku harus 1 sampai 720 jam.", en: "It must be valid for 1 to 720 hours."),
        language: call.language, field: "valid_hours")
    }
    let node = try await invitable(call, replaces: request.replace ?? false)
    let now = context.now()
    let expires = now.advanced(byMilliseconds: Int64(hours) * 3_600_000)
    let pair = try CurveKeyPair.generate()
    let id: InvitationID
    do {
      id = try await call.audited(.invite, node.text) {
        try await context.store.invite(node, publicKey: pair.publicKey.text, expires: expires, now: now)
      }
    } catch let error as EnrolmentError {
      throw HTTPProblem(error, language: call.language)
    }
    try await context.hub.refreshAuthorised()
    let invitation = Invitation(
      id: id.description, node: node.text, secretKey: pair.secretKey.revealedText,
      publicKey: pair.publicKey.text,
      serverKey: context.serverPublicKey.text, endpoints: await endpoints(), expires: InstantText.of(expires))
    call.logger.notice(
      "invited", metadata: ["node": "\(node)", "hours": "\(hours)", "reason": "\(call.reason ?? "-")"])
    return try .json(
      InvitationReply(node: node.text, invitation: try invitation.text(), expires: invitation.expires))
  }

  /// The office of the path, if it may be invited.
  private func invitable(_ call: HTTPCall, replaces: Bool) async throws -> NodeName {
    guard let node = NodeName(call.parameter("node")), context.fleet().profile(of: node) != nil else {
      throw unknownOffice(call.parameter("node"), call)
    }
    // A session of a key that was taken back ends by itself: it is nobody's machine any more.
    guard !replaces, await context.hub.online()[node] != nil,
      try await context.store.node(node)?.state == .offline
    else { return node }
    throw HTTPProblem(
      .conflict, "online",
      BilingualText(
        id:
          "Kantor ini sedang tersambung. Siapa pun yang memakai undangan baru menggantikan komputernya. Bila itu "
          + "maksudnya: simpulctl nodes invite \(node) --replace.",
        en:
          "This office is connected just now. Whoever uses a new invitation takes its machine's place. If that is what "
          + "you want: simpulctl nodes invite \(node) --replace."),
      language: call.language)
  }

  /// What the settings advertise, else where the socket is found to listen.
  private func endpoints() async -> [String] {
    let replication = context.settings.replication
    if replication.advertise.isEmpty, let bound = await context.boundEndpoint() { return [bound] }
    return replication.destinations.map(\.description)
  }

  // MARK: Revocation

  private func revoke(_ call: HTTPCall) async throws -> Response {
    let node = try call.node()
    let reason = try await call.requiredReasonOfBody()
    guard try await context.store.node(node) != nil else { throw neverInvited(node, call) }
    try await call.audited(.revoke, node.text, reason: reason) {
      // First, so that the node is told why before its key stops working.
      await context.hub.revoked(node)
      try await context.store.revoke(node, now: context.now())
      try await context.hub.refreshAuthorised()
    }
    call.logger.notice("revoked", metadata: ["node": "\(node)", "reason": "\(reason)"])
    return try .json(try await self.node(node, call))
  }
}

/// `InvitationRequest`, whose members may stay away.
private struct WishedInvitation: Decodable {
  let validHours: Int?
  let replace: Bool?
}

extension HTTPProblem {
  fileprivate init(_ error: EnrolmentError, language: Language) {
    switch error {
    case .keyTaken:
      self.init(
        .conflict, "key_taken",
        BilingualText(id: "Kunci ini sudah dipakai; ulangi.", en: "This key is taken; try again."),
        language: language)
    case .notInvitable, .unknownInvitation, .expired, .used, .withdrawn:
      self.init(
        .unprocessableContent, "not_invitable",
        BilingualText(
          id: "Kantor ini tidak dapat diundang (\(error)).", en: "It cannot be invited (\(error))."),
        language: language)
    }
  }
}

extension NodeReply {
  init(_ office: OfficeView) {
    let report = office.report
    self.init(
      node: office.node.text, state: office.state.rawValue,
      backlog: BacklogReply(
        changes: report?.backlogChanges ?? 0, bytes: report?.backlogBytes ?? 0,
        oldest: report?.oldestUnacknowledged.map { InstantText.of($0) }),
      streams: office.streams.map {
        StreamReply(dataset: $0.dataset.text, applied: $0.applied.value, last: $0.last.value)
      })
    title = office.profile?.title.members
    kind = office.profile?.kind
    lastSeen = office.lastSeen.map { InstantText.of($0) }
    clockOffsetMs = report?.clockOffsetMilliseconds
    rttMs = report?.roundTripMilliseconds
    version = office.version
    diskFreeBytes = report?.diskFreeBytes
    newestData = office.newest.map { InstantText.of($0) }
    openConflicts = office.openConflicts
    quarantined = report?.quarantined
  }
}
