package import Datasets

/// Who is on the other end of a request.
package struct Caller: Sendable, Equatable {
  /// As logs and the audit log name them: a token's name, or `socket`.
  package let name: String
  package let role: Role
  /// The only office whose data they are concerned with; nil is all.
  package let office: NodeName?

  package init(name: String, role: Role, office: NodeName? = nil) {
    self.name = name
    self.role = role
    self.office = office
  }

  /// Whoever may open the admin socket, by the file's mode: full rights (contract.md).
  package static let socket = Caller(name: "socket", role: .admin)
  /// Over TCP, where everybody is admitted: nobody was asked for a token.
  package static let unknown = Caller(name: "network", role: .viewer)
}
