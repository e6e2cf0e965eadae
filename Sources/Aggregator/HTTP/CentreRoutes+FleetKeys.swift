import API
import CentreStorage
import Datasets
import HTTPServing
import HTTPTypes
import Hummingbird
import Logging
import Machine
import Replication

extension CentreRoutes {
  var fleetKeyRoutes: [Route] {
    [
      Route(
        .get, "/api/v1/fleet-key", "The versions of the key that makes record ids, and the offices that hold it.",
        answer: .json(.named("FleetKeyReply"))
      ) { _ in try .json(try await fleetKey()) },
      Route(
        .post, "/api/v1/fleet-key/rotation",
        "Gives the fleet key a new version, which offices that write records get at once; 409 unless present is in "
          + "force.", headers: [.reason], body: .named("FleetKeyRotation"), answer: .json(.named("FleetKeyReply")),
        refusals: [409, 415, 422, 503, 507], admits: .atLeast(.admin), handle: rotate),
      .exportKey { [store = context.store] in try await store.newestFleetKey() },
    ]
  }

  private func fleetKey() async throws -> FleetKeyReply {
    let versions = try await context.store.fleetKeyVersions()
    return FleetKeyReply(
      version: Int(versions.first?.version ?? 0),
      versions: versions.map { .init(version: Int($0.version), createdAt: InstantText.of($0.created)) },
      nodes: try await context.store.fleetKeyHolders().map(\.text))
  }

  private func rotate(_ call: HTTPCall) async throws -> Response {
    let request = try await call.decoded(FleetKeyRotation.self)
    let reason = try call.requiredReason(request.reason)
    let inForce = try await context.store.fleetKeyVersions().first?.version ?? 0
    guard Int(inForce) == request.present else { throw HTTPProblem.otherFleetKey(inForce, call.language) }
    guard inForce < .max else {
      throw HTTPProblem(
        .conflict, "last_version",
        BilingualText(
          id: "Kunci armada sudah pada versi terakhir (255).", en: "The fleet key has its last version (255) already."),
        language: call.language)
    }
    let version = try await call.audited(.fleetKey, "fleet-key/\(inForce + 1)", reason: reason) {
      guard
        let version = try await context.store.rotateFleetKey(
          after: inForce, secret: MachineFacts.randomBytes(32), now: context.now())
      else { throw HTTPProblem.otherFleetKey(inForce, call.language) }
      return version
    }
    await context.hub.documentsChanged()
    call.logger.notice("the fleet key has version \(version) now", metadata: ["reason": "\(reason)"])
    return try .json(try await fleetKey())
  }
}

extension HTTPProblem {
  fileprivate static func otherFleetKey(_ version: UInt8, _ language: Language) -> HTTPProblem {
    HTTPProblem(
      .conflict, "other_version",
      BilingualText(
        id: "Versi kunci armada yang berlaku adalah \(version). Lihat (fleet-key show), lalu putuskan lagi.",
        en: "The fleet key's version in force is \(version). Look (fleet-key show), then decide again."),
      language: language)
  }
}
