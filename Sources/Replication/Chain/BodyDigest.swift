import Datasets
import Hashing
package import Wire

/// A digest over what entries say, without their seals: two disks of one node may have sealed the same entry differently.
package struct BodyDigest: Sendable {
  /// SHA-256 over the digest before, the kind and the body.
  package private(set) var hash = Hash256.zero

  package init() {}

  package mutating func add(_ kind: Entry.Kind, _ body: ArraySlice<UInt8>) {
    hash = Hash256(SHA256.hash(hash.bytes + [kind.rawValue] + body)) ?? .zero
  }
}
