internal import CZeroMQ

/// A CURVE key pair whose halves belong together.
package struct CurveKeyPair: Equatable, Sendable {
  package let publicKey: CurvePublicKey
  package let secretKey: CurveSecretKey

  /// Derives the public half from the secret one; throws `invalidKey` where libzmq cannot.
  package init(secretKey: CurveSecretKey) throws(TransportError) {
    let derived = withUnsafeTemporaryAllocation(of: CChar.self, capacity: Z85.keyCharacters + 1) {
      text -> String? in
      guard let start = text.baseAddress, zmq_curve_public(start, secretKey.revealedText) == 0 else {
        return nil
      }
      return String(cString: start)
    }
    guard let derived else { throw .zeroMQ(.invalidKey, "no public key follows from this CURVE secret key") }
    self.publicKey = CurvePublicKey(trusted: derived)
    self.secretKey = secretKey
  }

  /// Makes a new pair from the system's randomness; throws `invalidKey` if this libzmq has no CURVE.
  package static func generate() throws(TransportError) -> CurveKeyPair {
    let secret = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 2 * (Z85.keyCharacters + 1)) {
      text -> String? in
      guard let start = text.baseAddress else { return nil }
      let second = start + Z85.keyCharacters + 1
      guard zmq_curve_keypair(start, second) == 0 else { return nil }
      return String(cString: second)
    }
    guard let secret else { throw .zeroMQ(.invalidKey, "this libzmq cannot make CURVE keys") }
    return try CurveKeyPair(secretKey: CurveSecretKey(trusted: secret))
  }
}
