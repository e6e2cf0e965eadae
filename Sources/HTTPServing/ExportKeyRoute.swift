import API
package import Datasets
import HTTPTypes
import Replication

extension Route {
  /// `GET /api/v1/export-key`: a key of its own for each export.
  ///
  /// - Parameter newest: the newest fleet key; nil for an office that has none, and so imports no records either.
  package static func exportKey(newest: @escaping @Sendable () async throws -> FleetKey?) -> Route {
    Route(
      .get, "/api/v1/export-key",
      "What the cells of one export are hashed by, so that an import knows which were changed; null without a fleet key.",
      answer: .json(.object([.init("key", .nullable(.string))])), isOfficeAware: true
    ) { _ in
      let salt = (0..<ExportKey.saltBytes).map { _ in UInt8.random(in: .min ... .max) }
      return try .json(ExportKeyReply(key: try await newest().map { ExportKey(of: $0, salt: salt).text }))
    }
  }
}
