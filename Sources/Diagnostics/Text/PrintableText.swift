/// Makes texts from files, offices and daemons safe for a terminal.
///
/// A name in a record may hold escape sequences (that move the cursor, rename the window, or worse) or marks that turn the direction of writing
/// and so show one person's value in another's row.
package enum PrintableText {
  /// `text` with every control and direction mark replaced; line ends and tabs become blanks.
  package static func oneLine(_ text: some StringProtocol) -> String {
    guard text.unicodeScalars.contains(where: { replacement(for: $0) != nil }) else { return String(text) }
    var output = String.UnicodeScalarView()
    for scalar in text.unicodeScalars { output.append(replacement(for: scalar) ?? scalar) }
    return String(output)
  }

  private static func replacement(for scalar: Unicode.Scalar) -> Unicode.Scalar? {
    switch scalar.value {
    case 9, 10, 13, 0x2028, 0x2029: " "
    case 0..<0x20, 0x7F..<0xA0, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: "\u{FFFD}"
    default: nil
    }
  }
}
