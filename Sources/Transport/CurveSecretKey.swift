/// The secret half of a CURVE key pair. It shows itself to nobody who does not ask for `revealedText`.
package struct CurveSecretKey: Equatable, Sendable, CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  /// The 40 characters of Z85. For the key file, the invitation and libzmq; never for logs.
  package let revealedText: String

  /// Takes surrounding blanks away; throws `invalidKey` for anything but 40 characters of Z85.
  package init(_ text: String) throws(TransportError) {
    guard let checked = Z85.key(text) else {
      throw TransportError(.invalidKey, "a CURVE secret key is 40 characters of Z85 text")
    }
    self.revealedText = checked
  }

  /// Wraps text that libzmq itself produced.
  init(trusted text: String) { self.revealedText = text }

  package var description: String { "***" }
  package var debugDescription: String { "***" }
  /// Nothing, so that `dump` and test failures print no key.
  package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
